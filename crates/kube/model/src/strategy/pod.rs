//! Pods: class of service, gates, and the narrow changes of their subresources.

use serde_json::{Map, Value, json};

use super::{keep_all_but, label_keys};
use crate::{
    quantity::Quantity,
    view::{at, existing, items, items_mut, map, object_mut, remove, restore, text},
};

pub fn create(object: &mut Value) {
    label_keys::merge(object);
    let class = qos_class(object);
    let gated = !items(
        object.get("spec").unwrap_or(&Value::Null),
        "schedulingGates",
    )
    .is_empty();
    if let Some(status) = object_mut(object, "status") {
        if gated {
            status["conditions"] = json!([{
                "type": "PodScheduled", "status": "False", "lastProbeTime": null, "lastTransitionTime": null,
                "reason": "SchedulingGated",
                "message": "Scheduling is blocked due to non-empty scheduling gates",
            }]);
        }
        status["qosClass"] = class.into();
    }
}

/// Guaranteed when every container has limits of processor and memory that are its requests too, BestEffort when none says any.
pub fn qos_class(pod: &Value) -> &'static str {
    let Some(spec) = pod.get("spec") else {
        return "BestEffort";
    };
    // What the pod says as a whole stands above what its containers say.
    let own = spec.get("resources").filter(|resources| {
        let says = |list| map(resources, list).is_some_and(|it| !it.is_empty());
        says("limits") || says("requests")
    });
    let bodies: Vec<&Value> = match own {
        Some(resources) => vec![resources],
        None => items(spec, "containers")
            .iter()
            .chain(items(spec, "initContainers"))
            .map(|container| container.get("resources").unwrap_or(&Value::Null))
            .collect(),
    };
    let amount = |resources: &Value, list: &str, name: &str| {
        at(resources, &[list, name])
            .and_then(|amount| Quantity::of(amount).ok())
            .filter(|amount| !amount.is_zero() && !amount.is_negative())
    };
    let mut any = false;
    let mut guaranteed = true;
    for resources in &bodies {
        for name in ["cpu", "memory"] {
            let (limit, request) = (
                amount(resources, "limits", name),
                amount(resources, "requests", name),
            );
            any |= limit.is_some() || request.is_some();
            guaranteed &= limit.is_some() && request.is_none_or(|request| Some(request) == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

/// The status of a pod: neither spec, owners, class of service nor the time of deletion change with it.
pub fn status(old: &Value, new: &mut Value) {
    restore(new, "spec", old);
    let (Some(was), Some(metadata)) = (old.get("metadata"), existing(new, "metadata")) else {
        return;
    };
    restore(metadata, "ownerReferences", was);
    if let (Some(was), Some(status)) = (old.get("status"), existing(new, "status")) {
        restore(status, "qosClass", was);
    }
}

pub fn ephemeral_containers(old: &Value, new: &mut Value) {
    let containers = new.pointer("/spec/ephemeralContainers").cloned();
    keep_all_but(old, new, &["metadata"]);
    if let Some(spec) = object_mut(new, "spec") {
        match containers {
            Some(containers) => spec["ephemeralContainers"] = containers,
            None => remove(spec, "ephemeralContainers"),
        }
    }
}

/// Only resources and their policies change, of containers that are there.
pub fn resize(old: &Value, new: &mut Value) {
    let sent = new.get("spec").cloned().unwrap_or_default();
    keep_all_but(old, new, &["metadata"]);
    let Some(spec) = existing(new, "spec") else {
        return;
    };
    for list in ["containers", "initContainers"] {
        for container in items_mut(spec, list) {
            let name = text(container, "name").to_owned();
            let wanted = items(&sent, list)
                .iter()
                .find(|wanted| text(wanted, "name") == name);
            if let Some(wanted) = wanted {
                restore(container, "resources", wanted);
                restore(container, "resizePolicy", wanted);
            }
        }
    }
    if map(&sent, "resources").is_some_and(|resources| !Map::is_empty(resources)) {
        restore(spec, "resources", &sent);
    }
}
