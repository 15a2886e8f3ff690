//! Which report waits for the next one, so that both are told as one. Pure.
//!
//! A container that is given another image ends and begins again within moments, and nobody is helped by a report of the middle of it. It
//! would be in the way of who changes the image of a pod and then writes its status, as upstream's conformance test "should run through the
//! lifecycle of Pods and PodStatus" does within about ten milliseconds: that finds the pod ready, and writes by the version that it read.
//! That a report is a patch, which leaves alone what others write, does not help there: the pod would be found unready, and any report
//! makes another version of it. Upstream's kubelet has such moments for a second, in which it looks at its containers once and tells what
//! it then finds.

use std::time::Duration;

use serde_json::Value;
use wharf_kube_client::Object as _;

/// For so long at most a report waits: one of a container that is long in ending, or whose image is long in coming, is of use.
pub const LONGEST: Duration = Duration::from_secs(1);

/// Containers, and what the status says of them.
const LISTS: [(&str, &str); 2] = [
    ("/spec/containers", "/containerStatuses"),
    ("/spec/initContainers", "/initContainerStatuses"),
];

/// Whether the status `own` of a pod would be told while a container is between two images: by `pod`, as the API has it, it ran with
/// another than the one that is asked for, and neither runs with that nor says what keeps it from it. Of a pod that is to go nothing waits.
pub fn is_between_images(pod: &Value, own: &Value) -> bool {
    let told = pod.at("/status");
    let between = |of: &Value, statuses: &str| {
        let (name, image) = (of.text("/name"), of.text("/image"));
        let ran_another = named(told, statuses, name)
            .is_some_and(|it| it.at("/state/running").is_object() && it.text("/image") != image);
        ran_another && named(own, statuses, name).is_none_or(|it| !is_through(it, image))
    };
    !pod.is_deleting()
        && LISTS.iter().any(|(containers, statuses)| {
            let mut all = pod.list(containers).iter();
            all.any(|it| between(it, statuses))
        })
}

fn named<'a>(status: &'a Value, statuses: &str, name: &str) -> Option<&'a Value> {
    let mut all = status.list(statuses).iter();
    all.find(|it| it.text("/name") == name)
}

/// Whether a container runs with an image, will not, or waits for longer.
fn is_through(status: &Value, image: &str) -> bool {
    let waits_for = status.text("/state/waiting/reason");
    match waits_for {
        "" if status.at("/state/running").is_object() => status.text("/image") == image,
        "" => status.at("/state/terminated").is_object(),
        "ContainerCreating" | "PodInitializing" => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(image: &str, state: &Value) -> Value {
        json!({"containerStatuses": [{"name": "a", "image": image, "state": state}]})
    }

    fn pod(image: &str, status: Value) -> Value {
        json!({"metadata": {}, "spec": {"containers": [{"name": "a", "image": image}]}, "status": status})
    }

    #[test]
    fn from_the_change_of_an_image_to_the_container_that_runs_with_it() {
        let running = json!({"running": {}});
        let waits = |reason: &str| json!({"waiting": {"reason": reason}});
        let changed = pod("x:2", status("x:1", &running));
        for (image, state, expected) in [
            ("x:1", running.clone(), true),
            ("x:1", waits("ContainerCreating"), true),
            ("x:2", waits("ContainerCreating"), true),
            ("x:2", running.clone(), false),
            ("x:2", waits("ErrImagePull"), false),
            ("x:2", waits("CreateContainerError"), false),
            ("x:1", waits("CrashLoopBackOff"), false),
            ("x:1", json!({"terminated": {"exitCode": 0}}), false),
        ] {
            let own = status(image, &state);
            assert_eq!(is_between_images(&changed, &own), expected, "{own}");
        }
        // It was told already that it does not run, or it asks for no other.
        for told in [
            pod("x:2", status("x:1", &waits("ContainerCreating"))),
            pod("x:2", status("x:2", &running)),
            pod("x:2", Value::Null),
        ] {
            let own = status("x:2", &waits("ContainerCreating"));
            assert!(!is_between_images(&told, &own), "{told}");
        }
        let mut deleted = changed;
        deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        assert!(!is_between_images(&deleted, &status("x:1", &running)));
    }

    #[test]
    fn sidecars_are_containers() {
        let of = |image: &str, told: &str| {
            json!({
                "spec": {"initContainers": [{"name": "a", "image": image}]},
                "status": {"initContainerStatuses": [{"name": "a", "image": told, "state": {"running": {}}}]},
            })
        };
        let own = |pod: &Value| pod["status"].clone();
        let (same, changed) = (of("x:1", "x:1"), of("x:2", "x:1"));
        assert!(!is_between_images(&same, &own(&same)));
        assert!(is_between_images(&changed, &own(&changed)));
    }
}
