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
        ("apps", kind) | ("", kind @ "ReplicationController") => {
            replicas(kind, status, &path, errors);
        }
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

/// Of what there are no more than of others; what is not told is none.
fn replicas(kind: &str, status: &Value, path: &Path<'_>, errors: &mut Errors) {
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
    let count = |name: &str| number(status, name).unwrap_or(0);
    let (of_all, of_ready): (&[&str], &[&str]) = match kind {
        "Deployment" => (
            &["updatedReplicas", "readyReplicas", "availableReplicas"],
            &["availableReplicas"],
        ),
        "ReplicaSet" | "ReplicationController" => (
            &["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
            &["availableReplicas"],
        ),
        "StatefulSet" => (
            &[
                "readyReplicas",
                "currentReplicas",
                "updatedReplicas",
                "availableReplicas",
            ],
            &["availableReplicas"],
        ),
        _ => (&[], &[]),
    };
    for (names, most, owner) in [
        (of_all, "replicas", "status.replicas"),
        (of_ready, "readyReplicas", "readyReplicas"),
    ] {
        for name in names.iter().filter(|it| count(it) > count(most)) {
            let why = format!("cannot be greater than {owner}");
            errors.invalid(&path.child(name), count(name), why);
        }
    }
}
