//! Conditions of a deployment's status.

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;

pub const CREATED: &str = "NewReplicaSetCreated";
pub const FOUND: &str = "FoundNewReplicaSet";
pub const UPDATED: &str = "ReplicaSetUpdated";
pub const AVAILABLE: &str = "NewReplicaSetAvailable";
pub const TIMED_OUT: &str = "ProgressDeadlineExceeded";
pub const FAILED: &str = "ReplicaSetCreateError";
pub const PAUSED: &str = "DeploymentPaused";
pub const RESUMED: &str = "DeploymentResumed";

pub fn progressing(status: &str, reason: &str, message: &str) -> Value {
    json!({"type": "Progressing", "status": status, "reason": reason, "message": message})
}

pub fn available(is_available: bool) -> Value {
    match is_available {
        true => json!({
            "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
            "message": "Deployment has minimum availability.",
        }),
        false => json!({
            "type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable",
            "message": "Deployment does not have minimum availability.",
        }),
    }
}

pub fn get<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    let mut conditions = status.list("/conditions").iter();
    conditions.find(|it| it.text("/type") == kind)
}

/// Sets a condition where its status or reason is another.
pub fn set(status: &mut Value, condition: Value, now: Timestamp) {
    let known = get(status, condition.text("/type"));
    let same = |part: &str| known.is_some_and(|it| it.text(part) == condition.text(part));
    if same("/status") && same("/reason") {
        return;
    }
    put(status, condition, now);
}

/// Sets a condition with the time of now; that of its status stays where the status does.
pub fn put(status: &mut Value, mut condition: Value, now: Timestamp) {
    let now = Value::from(now.iso8601_seconds());
    let kind = condition.text("/type").to_owned();
    let known = get(status, &kind).filter(|it| it.text("/status") == condition.text("/status"));
    let since = known.map_or(now.clone(), |it| it["lastTransitionTime"].clone());
    condition["lastUpdateTime"] = now;
    condition["lastTransitionTime"] = since;
    remove(status, &kind);
    let mut conditions = status.list("/conditions").to_vec();
    conditions.push(condition);
    status["conditions"] = conditions.into();
}

pub fn remove(status: &mut Value, kind: &str) {
    if let Some(Value::Array(conditions)) = status.get_mut("conditions") {
        conditions.retain(|it| it.text("/type") != kind);
    }
}
