//! Pods on Fargate: a pod is one because a profile chose it when it was made, and stays of that profile. Whoever may make pods could
//! otherwise have machines with the role of any profile, and hide a pod from the end of its own.

use serde_json::Value;
use wharf_kube_model::{
    fargate::{self, PROFILE_LABEL, SCHEDULER, is_fargate_node, is_of_fargate},
    status::Status,
    view::text_at,
};

use super::service_account::is_mirror;
use crate::{answer::Fault, call::Call};

/// Why pods but its own do not come to a node, if it is a machine of Fargate. Nodes see to that themselves; this says so early.
pub fn not_for_others(node: &Value) -> Option<String> {
    let name = text_at(node, &["metadata", "name"]);
    is_fargate_node(node)
        .then(|| format!("node \"{name}\" takes the pod of Fargate alone that it was made for"))
}

/// Gives a pod to Fargate, if a profile chooses it. One that would run elsewhere for want of an answer is not made.
/// `node` is the one that it names itself.
pub async fn add(call: &Call, pod: &mut Value, node: Option<&Value>) -> Result<(), Fault> {
    if let Some(why) = node.and_then(not_for_others) {
        return Err(call.forbidden(text_at(pod, &["metadata", "name"]), &why));
    }
    let is_chosen = match &call.cluster.parts.fargate {
        Some(profiles) if !is_mirror(pod) => {
            let active = profiles.active().await.map_err(|error| {
                tracing::warn!(%error, "looking up the Fargate profiles of a cluster failed");
                Status::unavailable("Fargate profiles cannot be looked up now")
            })?;
            fargate::add(pod, call.namespace().unwrap_or_default(), &active)
        }
        _ => false,
    };
    if is_of_fargate(pod) && !is_chosen {
        let why =
            format!("spec.schedulerName: {SCHEDULER} is for pods that a Fargate profile chooses");
        return Err(call.forbidden(text_at(pod, &["metadata", "name"]), &why));
    }
    Ok(())
}

/// Why a pod may not change as it does.
pub fn refusal(resource: (&str, &str), object: &Value, live: Option<&Value>) -> Option<String> {
    let live = live.filter(|it| resource == ("", "pods") && is_of_fargate(it))?;
    let of = |it: &Value| it["metadata"]["labels"].get(PROFILE_LABEL).cloned();
    (of(object) != of(live)).then(|| {
        format!("metadata.labels[{PROFILE_LABEL}]: Forbidden: a pod stays of its Fargate profile")
    })
}
