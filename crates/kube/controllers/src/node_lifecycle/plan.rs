//! What a node's silence and its conditions mean: pure.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;

/// How long a node may be silent.
const GRACE: Duration = Duration::from_secs(40);
/// The same before it reported for the first time.
const STARTUP_GRACE: Duration = Duration::from_secs(60);

const CONDITIONS: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// Taints of this controller, by condition, its status, and effect.
const BY_CONDITION: [(&str, &str, &str, &str); 8] = [
    ("Ready", "False", NOT_READY, "NoSchedule"),
    ("Ready", "Unknown", UNREACHABLE, "NoSchedule"),
    ("Ready", "False", NOT_READY, "NoExecute"),
    ("Ready", "Unknown", UNREACHABLE, "NoExecute"),
    (
        "MemoryPressure",
        "True",
        "node.kubernetes.io/memory-pressure",
        "NoSchedule",
    ),
    (
        "DiskPressure",
        "True",
        "node.kubernetes.io/disk-pressure",
        "NoSchedule",
    ),
    (
        "PIDPressure",
        "True",
        "node.kubernetes.io/pid-pressure",
        "NoSchedule",
    ),
    (
        "NetworkUnavailable",
        "True",
        "node.kubernetes.io/network-unavailable",
        "NoSchedule",
    ),
];
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

#[derive(Debug, PartialEq)]
pub enum Health {
    /// And the next report is due in this long.
    Heard(Duration),
    Silent,
}

/// `silence`: since a report was last seen to be new. No clock that somebody sets measures it.
pub fn health(node: &Value, silence: Duration) -> Health {
    let grace = match node.condition("Ready") {
        Some(_) => GRACE,
        None => STARTUP_GRACE,
    };
    match grace.saturating_sub(silence) {
        Duration::ZERO => Health::Silent,
        left => Health::Heard(left),
    }
}

/// A node that is silent, with its conditions unknown; `None` where they are.
pub fn unknown(node: &Value, now: Timestamp) -> Option<Value> {
    let mut conditions = node.list("/status/conditions").to_vec();
    let mut is_changed = false;
    let now = now.iso8601_seconds();
    for kind in CONDITIONS {
        match conditions.iter_mut().find(|it| it.text("/type") == kind) {
            Some(known) if known.text("/status") == "Unknown" => {}
            Some(known) => {
                is_changed = true;
                known["status"] = "Unknown".into();
                known["reason"] = "NodeStatusUnknown".into();
                known["message"] = "Kubelet stopped posting node status.".into();
                known["lastTransitionTime"] = now.as_str().into();
            }
            None => {
                is_changed = true;
                conditions.push(json!({
                    "type": kind, "status": "Unknown", "reason": "NodeStatusNeverUpdated",
                    "message": "Kubelet never posted node status.",
                    "lastHeartbeatTime": node["metadata"]["creationTimestamp"], "lastTransitionTime": now,
                }));
            }
        }
    }
    let mut node = node.clone();
    node["status"]["conditions"] = conditions.into();
    is_changed.then_some(node)
}

/// What becomes of the pods of nodes that are not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emptying {
    /// They stay: no node has a taint that drives them out.
    Nowhere,
    /// Nodes that have such a taint keep one.
    Begun,
    All,
}

/// Whether it has one of the taints by which its condition drives pods out.
fn is_emptied(node: &Value) -> bool {
    let mut taints = node.list("/spec/taints").iter();
    taints.any(|it| {
        it.text("/effect") == "NoExecute" && [NOT_READY, UNREACHABLE].contains(&it.text("/key"))
    })
}

/// Whether it is to be emptied, and nothing drives its pods out yet.
pub fn is_to_be_emptied(node: &Value) -> bool {
    let is_away = ["False", "Unknown"]
        .iter()
        .any(|it| node.has_condition("Ready", it));
    is_away && !is_emptied(node)
}

/// A node with the taints of its conditions; `None` where it has them.
pub fn tainted(node: &Value, emptying: Emptying, now: Timestamp) -> Option<Value> {
    // One that never reported is for no pod yet.
    let is_new = node.condition("Ready").is_none();
    let drives_out = match emptying {
        Emptying::Nowhere => false,
        Emptying::Begun => is_emptied(node),
        Emptying::All => true,
    };
    let wanted = |key: &str, effect: &str| match (key, effect) {
        (UNSCHEDULABLE, _) => node.is_true("/spec/unschedulable"),
        (NOT_READY, "NoSchedule") if is_new => true,
        (NOT_READY | UNREACHABLE, "NoExecute") if !drives_out => false,
        _ => BY_CONDITION.iter().any(|(kind, status, taint, of)| {
            *taint == key && *of == effect && node.has_condition(kind, status)
        }),
    };
    let all = || {
        let by_condition = BY_CONDITION
            .iter()
            .map(|(_, _, key, effect)| (*key, *effect));
        by_condition.chain([(UNSCHEDULABLE, "NoSchedule")])
    };
    let there = node.list("/spec/taints");
    let mut taints: Vec<Value> = there
        .iter()
        .filter(|it| {
            let (key, effect) = (it.text("/key"), it.text("/effect"));
            !all().any(|ours| ours == (key, effect)) || wanted(key, effect)
        })
        .cloned()
        .collect();
    for (key, effect) in all().filter(|(key, effect)| wanted(key, effect)) {
        let has = |it: &Value| it.text("/key") == key && it.text("/effect") == effect;
        if !taints.iter().any(has) {
            let mut taint = json!({"key": key, "effect": effect});
            taint["timeAdded"] = now.iso8601_seconds().into();
            taints.push(taint);
        }
    }
    if taints == there {
        return None;
    }
    let mut node = node.clone();
    match taints.is_empty() {
        true => {
            node["spec"].as_object_mut()?.shift_remove("taints");
        }
        false => node["spec"]["taints"] = taints.into(),
    }
    Some(node)
}
