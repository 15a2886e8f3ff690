//! Annotations by which parts of the platform tell each other what to do on machines: nobody else may write them.

use serde_json::Value;
use wharf_kube_auth::UserInfo;
use wharf_kube_model::parts::WITHOUT;

use crate::bootstrap;

/// Which network interface a pod gets.
const INTERFACE: &str = "vpc.amazonaws.com/pod-eni";
const INTERFACES: &str = "eks:vpc-resource-controller";

/// Who writes the annotations of a pod anew and does not know of its interface's leaves it as it is.
pub fn keep(user: &UserInfo, resource: (&str, &str), object: &mut Value, live: Option<&Value>) {
    if resource != ("", "pods") || user.name == INTERFACES {
        return;
    }
    let Some(told) = live.and_then(|it| it["metadata"]["annotations"].get(INTERFACE)) else {
        return;
    };
    let Some(metadata) = object["metadata"].as_object_mut() else {
        return;
    };
    let all = metadata.entry("annotations").or_insert(Value::Null);
    if all.is_null() {
        *all = Value::Object(serde_json::Map::new());
    }
    if let Some(all) = all.as_object_mut() {
        all.entry(INTERFACE).or_insert_with(|| told.clone());
    }
}

/// Why the annotations of an object may not become what they are.
pub fn refusal(
    user: &UserInfo,
    resource: (&str, &str),
    object: &Value,
    live: Option<&Value>,
) -> Option<String> {
    let (mark, may) = match resource {
        ("", "pods") => (INTERFACE, user.name == INTERFACES),
        // By one of them nodes hear what their cluster goes without.
        ("", "services") => (WITHOUT, user.name == bootstrap::USER),
        _ => return None,
    };
    let of = |it: &Value| it["metadata"]["annotations"].get(mark).cloned();
    let is_changed = of(object) != live.and_then(of);
    (is_changed && !may)
        .then(|| format!("metadata.annotations[{mark}]: Forbidden: the platform writes it itself"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(name: &str, key: &str, value: &str) -> Value {
        json!({"metadata": {"name": name, "annotations": {key: value}}})
    }

    #[test]
    fn only_who_gives_interfaces_says_which_a_pod_has() {
        let pods = ("", "pods");
        let author = UserInfo::authenticated("author", &["system:masters"]);
        let giver = UserInfo::authenticated(INTERFACES, &[]);
        let plain = json!({"metadata": {"name": "a"}});
        let (one, other) = (with("a", INTERFACE, "1"), with("a", INTERFACE, "2"));
        assert!(refusal(&author, pods, &one, None).is_some());
        assert!(refusal(&author, pods, &other, Some(&one)).is_some());
        assert!(refusal(&author, pods, &plain, Some(&one)).is_some());
        assert_eq!(refusal(&author, pods, &one, Some(&one)), None);
        assert_eq!(refusal(&author, pods, &plain, None), None);
        assert_eq!(refusal(&giver, pods, &one, Some(&plain)), None);
    }

    #[test]
    fn the_interface_of_a_pod_stays_when_its_annotations_are_written_anew() {
        let pods = ("", "pods");
        let author = UserInfo::authenticated("author", &["system:masters"]);
        let one = with("a", INTERFACE, "1");
        for anew in [
            json!({"metadata": {"name": "a"}}),
            json!({"metadata": {"name": "a", "annotations": null}}),
            with("a", "mine", "x"),
        ] {
            let mut kept = anew;
            keep(&author, pods, &mut kept, Some(&one));
            assert_eq!(kept["metadata"]["annotations"][INTERFACE], "1");
            assert_eq!(refusal(&author, pods, &kept, Some(&one)), None);
        }
        let mut other = with("a", INTERFACE, "2");
        keep(&author, pods, &mut other, Some(&one));
        assert!(refusal(&author, pods, &other, Some(&one)).is_some());
        let mut plain = json!({"metadata": {"name": "a"}});
        let giver = UserInfo::authenticated(INTERFACES, &[]);
        keep(&giver, pods, &mut plain, Some(&one));
        assert_eq!(plain["metadata"].get("annotations"), None);
    }

    #[test]
    fn only_the_server_says_what_a_cluster_goes_without() {
        let services = ("", "services");
        let server = UserInfo::authenticated(bootstrap::USER, &["system:masters"]);
        let admin = UserInfo::authenticated("admin", &["system:masters"]);
        let plain = json!({"metadata": {"name": "kubernetes"}});
        let without = with("kubernetes", WITHOUT, "kube-proxy");
        assert_eq!(refusal(&server, services, &without, Some(&plain)), None);
        assert!(refusal(&admin, services, &without, Some(&plain)).is_some());
        assert!(refusal(&admin, services, &plain, Some(&without)).is_some());
        assert_eq!(refusal(&admin, services, &without, Some(&without)), None);
    }
}
