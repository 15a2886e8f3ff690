//! Statuses whose numbers cannot be, whichever controller wrote them.

use std::{collections::HashSet, net::IpAddr};

use serde_json::Value;

use super::{apps::non_negative, pod::one_of};
use crate::{
    Resource,
    field::{Errors, Path},
    names,
    view::{at, items, map, number, text, text_at},
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
        ("batch", "Job") => super::job_status::status(new, old, &path, errors),
        ("autoscaling", _) => non_negative(
            status,
            &["currentReplicas", "desiredReplicas"],
            &path,
            errors,
        ),
        ("", "Service") => {
            let is_balanced = text_at(new, &["spec", "type"]) == "LoadBalancer";
            balancer(status, is_balanced, &path, errors);
        }
        ("networking.k8s.io", "Ingress") => balancer(status, true, &path, errors),
        ("policy", "PodDisruptionBudget") => {
            conditions(status, &path.child("conditions"), errors);
            let counts = [
                "disruptionsAllowed",
                "currentHealthy",
                "desiredHealthy",
                "expectedPods",
            ];
            non_negative(status, &counts, &path, errors);
        }
        ("", "ResourceQuota") => {
            for list in ["hard", "used"] {
                let path = path.child(list);
                for (name, amount) in map(status, list).into_iter().flatten() {
                    super::quota::quota_resource(name, amount, &path.key(name), errors);
                }
            }
        }
        ("", "PersistentVolumeClaim") => super::storage::claim_status(status, &path, errors),
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

/// Where a load balancer is reached.
fn balancer(status: &Value, may_be: bool, path: &Path<'_>, errors: &mut Errors) {
    let balancer = path.child("loadBalancer");
    let list = balancer.child("ingress");
    let points = status.get("loadBalancer").unwrap_or(&Value::Null);
    let points = items(points, "ingress");
    if !may_be && !points.is_empty() {
        let why = "may only be used when `spec.type` is 'LoadBalancer'";
        return errors.forbidden(&list, why);
    }
    for (index, point) in points.iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let (ip, host) = (text(point, "ip"), text(point, "hostname"));
        if !ip.is_empty() {
            errors.invalid_all(&path.child("ip"), ip, names::ip(ip));
        }
        if host.is_empty() {
            continue;
        }
        let at = path.child("hostname");
        errors.invalid_all(&at, host, names::dns_subdomain(host));
        if host.parse::<IpAddr>().is_ok() {
            errors.invalid(&at, host, "must be a DNS name, not an IP address");
        }
    }
}

/// Conditions of the form that kinds share which came later.
fn conditions(status: &Value, path: &Path<'_>, errors: &mut Errors) {
    const MOST_REASON: usize = 1024;
    const MOST_MESSAGE: usize = 32 * 1024;
    let mut seen = HashSet::new();
    for (index, condition) in items(status, "conditions").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = path.index(index);
        let kind = text(condition, "type");
        if !seen.insert(kind) {
            errors.duplicate(&path, kind);
        }
        if kind.is_empty() {
            errors.required(&path.child("type"), "is required");
        } else {
            errors.invalid_all(&path.child("type"), kind, names::qualified_name(kind));
        }
        one_of(
            condition,
            "status",
            &["False", "True", "Unknown"],
            &path,
            errors,
        );
        if let Some(generation) = number(condition, "observedGeneration").filter(|it| *it < 0) {
            let why = "must be greater than or equal to zero";
            errors.invalid(&path.child("observedGeneration"), generation, why);
        }
        for name in ["lastTransitionTime", "reason"] {
            if text(condition, name).is_empty() {
                errors.required(&path.child(name), "");
            }
        }
        let reason = text(condition, "reason");
        if !reason.is_empty() {
            let at = path.child("reason");
            errors.invalid_all(&at, reason, names::condition_reason(reason));
            if reason.len() > MOST_REASON {
                errors.too_long(&at, MOST_REASON);
            }
        }
        if text(condition, "message").len() > MOST_MESSAGE {
            errors.too_long(&path.child("message"), MOST_MESSAGE);
        }
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
