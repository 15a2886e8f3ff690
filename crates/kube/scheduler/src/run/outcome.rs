//! What a pod's status says while no node was found.

use serde_json::{Value, json};
use wharf_base::{Clock, SystemClock};
use wharf_kube_client::{Client, Object, Patch, kind};

use super::NAME;
use crate::pod::Pod;

/// Writes the condition, and the node that is being cleared for the pod, where either changed. That node stays where nothing is said,
/// and an empty one is none.
pub async fn set_condition(client: &Client, pod: &Value, message: &str, nominated: Option<&str>) {
    let now = SystemClock.now().iso8601_seconds();
    let Some(pod) = with_condition(pod, message, nominated, &now) else {
        return;
    };
    // Whoever changed it since makes the next try, or there is none.
    if let Err(error) = client.update_status(&kind::POD, &pod).await {
        tracing::debug!(pod = pod.key(), %error, "failed to say why a pod has no node");
    }
}

/// Says of a pod that it goes for a more important one: who judges its end, as a Job does, need not count it.
pub async fn mark_preempted(client: &Client, pod: &Pod) {
    let patch = Patch::Strategic(json!({
        "metadata": {"uid": pod.uid},
        "status": {"conditions": [{
            "type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler",
            "message": format!("{NAME}: preempting to accommodate a higher priority pod"),
            "lastTransitionTime": SystemClock.now().iso8601_seconds(),
        }]},
    }));
    let (namespace, name) = (&pod.namespace, &pod.name);
    let marked = client
        .patch_at(&kind::POD, namespace, name, "status", &patch)
        .await;
    if let Err(error) = marked {
        tracing::debug!(pod = pod.key(), %error, "failed to say why a pod goes");
    }
}

fn with_condition(pod: &Value, message: &str, nominated: Option<&str>, now: &str) -> Option<Value> {
    let known = pod.condition("PodScheduled");
    let same =
        known.is_some_and(|it| it.text("/status") == "False" && it.text("/message") == message);
    let nominated = nominated.unwrap_or(pod.text("/status/nominatedNodeName"));
    if same && nominated == pod.text("/status/nominatedNodeName") {
        return None;
    }
    let since = known
        .filter(|it| it.text("/status") == "False")
        .map(|it| it["lastTransitionTime"].clone())
        .unwrap_or_else(|| now.into());
    let mut pod = pod.clone();
    let mut conditions = pod.list("/status/conditions").to_vec();
    conditions.retain(|it| it.text("/type") != "PodScheduled");
    conditions.push(json!({
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
        "lastProbeTime": null, "lastTransitionTime": since,
    }));
    pod["status"]["conditions"] = conditions.into();
    if !nominated.is_empty() {
        pod["status"]["nominatedNodeName"] = nominated.into();
    } else if let Some(status) = pod["status"].as_object_mut() {
        status.shift_remove("nominatedNodeName");
    }
    Some(pod)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_that_of_the_first_failure() {
        let pod = json!({"status": {"conditions": [{"type": "Other", "status": "True"}]}});
        let first = with_condition(&pod, "no", None, "t1").unwrap();
        assert_eq!(with_condition(&first, "no", None, "t2"), None);
        let second = with_condition(&first, "still no", Some("n"), "t2").unwrap();
        let condition = second.condition("PodScheduled").unwrap();
        assert_eq!(condition.text("/lastTransitionTime"), "t1");
        assert_eq!(condition.text("/message"), "still no");
        assert_eq!(second.list("/status/conditions").len(), 2);
        assert_eq!(second.text("/status/nominatedNodeName"), "n");
        assert_eq!(with_condition(&second, "still no", None, "t3"), None);
        let given_up = with_condition(&second, "still no", Some(""), "t3").unwrap();
        assert!(given_up.at("/status/nominatedNodeName").is_null());
    }
}
