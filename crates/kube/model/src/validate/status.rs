//! Statuses whose numbers cannot be, whichever controller wrote them.

use serde_json::Value;

use super::apps::non_negative;
use crate::{
    Resource,
    field::{Errors, Path},
    names,
    view::{at, items, number, text},
};

/// Statuses whose numbers cannot be, whatever controller wrote them.
pub fn status(resource: &Resource, new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::root("status");
    let Some(status) = new.get("status") else {
        return;
    };
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Namespace") => {
            let deleted = at(new, &["metadata", "deletionTimestamp"]).is_some();
            let phase = text(status, "phase");
            let at = path.child("Phase");
            if !deleted && phase != "Active" {
                errors.invalid(
                    &at,
                    phase,
                    "may only be 'Active' if `deletionTimestamp` is empty",
                );
            }
            if deleted && phase != "Terminating" {
                errors.invalid(
                    &at,
                    phase,
                    "may only be 'Terminating' if `deletionTimestamp` is not empty",
                );
            }
        }
        ("", "Node") => super::node::amounts(new, errors),
        ("apps", _) | ("", "ReplicationController") => replicas(status, &path, errors),
        ("batch", "Job") => {
            non_negative(status, &["active", "succeeded", "failed"], &path, errors);
        }
        ("autoscaling", _) => non_negative(
            status,
            &["currentReplicas", "desiredReplicas"],
            &path,
            errors,
        ),
        ("", "Service") => {
            let balancer = path.child("loadBalancer");
            let list = balancer.child("ingress");
            let points = status.get("loadBalancer").unwrap_or(&Value::Null);
            for (index, point) in items(points, "ingress").iter().enumerate() {
                let path = list.index(index);
                let (ip, host) = (text(point, "ip"), text(point, "hostname"));
                if !ip.is_empty() {
                    errors.invalid_all(&path.child("ip"), ip, names::ip(ip));
                }
                if !host.is_empty() {
                    errors.invalid_all(&path.child("hostname"), host, names::dns_subdomain(host));
                }
            }
        }
        _ => {}
    }
    let collisions = |object: &Value| {
        object
            .get("status")
            .and_then(|status| number(status, "collisionCount"))
    };
    if let (Some(before), now) = (collisions(old), collisions(new).unwrap_or(0))
        && now < before
    {
        errors.invalid(&path.child("collisionCount"), now, "cannot be decremented");
    }
}

fn replicas(status: &Value, path: &Path<'_>, errors: &mut Errors) {
    const COUNTS: &[&str] = &[
        "observedGeneration",
        "replicas",
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
        "unavailableReplicas",
        "fullyLabeledReplicas",
        "currentReplicas",
        "collisionCount",
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
    ];
    non_negative(status, COUNTS, path, errors);
    let all = number(status, "replicas").unwrap_or(0);
    for name in [
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
        "fullyLabeledReplicas",
        "currentReplicas",
    ] {
        if let Some(count) = number(status, name)
            && count > all
        {
            errors.invalid(
                &path.child(name),
                count,
                "cannot be greater than status.replicas",
            );
        }
    }
    let ready = number(status, "readyReplicas").unwrap_or(0);
    if let Some(available) = number(status, "availableReplicas")
        && available > ready
    {
        errors.invalid(
            &path.child("availableReplicas"),
            available,
            "cannot be greater than readyReplicas",
        );
    }
}
