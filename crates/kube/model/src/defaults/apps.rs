//! Deployments, replica sets, stateful sets and daemon sets.

use serde_json::Value;

use super::{pod, storage};
use crate::view::{absent, default, existing, items_mut, member, object_mut, text};

pub fn deployment(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    default(spec, "replicas", 1);
    pod::template(spec, "template");
    if let Some(strategy) = object_mut(spec, "strategy") {
        default(strategy, "type", "RollingUpdate");
        if text(strategy, "type") == "RollingUpdate"
            && let Some(update) = object_mut(strategy, "rollingUpdate")
        {
            default(update, "maxUnavailable", "25%");
            default(update, "maxSurge", "25%");
        }
    }
    default(spec, "revisionHistoryLimit", 10);
    default(spec, "progressDeadlineSeconds", 600);
}

pub fn replica_set(object: &mut Value) {
    if let Some(spec) = object_mut(object, "spec") {
        default(spec, "replicas", 1);
        pod::template(spec, "template");
    }
}

pub fn daemon_set(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    pod::template(spec, "template");
    if let Some(strategy) = object_mut(spec, "updateStrategy") {
        default(strategy, "type", "RollingUpdate");
        if text(strategy, "type") == "RollingUpdate"
            && let Some(update) = object_mut(strategy, "rollingUpdate")
        {
            default(update, "maxUnavailable", 1);
            default(update, "maxSurge", 0);
        }
    }
    default(spec, "revisionHistoryLimit", 10);
}

pub fn stateful_set(object: &mut Value) {
    let Some(spec) = object_mut(object, "spec") else {
        return;
    };
    default(spec, "podManagementPolicy", "OrderedReady");
    if let Some(strategy) = object_mut(spec, "updateStrategy") {
        if absent(strategy, "type") {
            strategy["type"] = "RollingUpdate".into();
            object_mut(strategy, "rollingUpdate");
        }
        if text(strategy, "type") == "RollingUpdate"
            && let Some(update) = existing(strategy, "rollingUpdate")
        {
            default(update, "partition", 0);
            default(update, "maxUnavailable", 1);
        }
    }
    if let Some(policy) = object_mut(spec, "persistentVolumeClaimRetentionPolicy") {
        default(policy, "whenDeleted", "Retain");
        default(policy, "whenScaled", "Retain");
    }
    default(spec, "replicas", 1);
    default(spec, "revisionHistoryLimit", 10);
    pod::template(spec, "template");
    for claim in items_mut(spec, "volumeClaimTemplates") {
        if member(claim, "spec").is_some() {
            default(claim, "apiVersion", "v1");
            default(claim, "kind", "PersistentVolumeClaim");
            storage::persistent_volume_claim(claim);
        }
    }
}
