//! Deployments, replica sets, stateful sets, daemon sets, revisions.

use serde_json::Value;

use super::{meta, pod};
use crate::{
    field::{Errors, Path},
    names,
    selector::Labels,
    view::{absent, at, map, member, number, restore, text, text_at},
};

const UNMATCHED: &str = "`selector` does not match template `labels`";

fn part<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

pub fn non_negative(owner: &Value, members: &[&str], path: &Path<'_>, errors: &mut Errors) {
    for name in members {
        if let Some(value) = number(owner, name)
            && value < 0
        {
            errors.invalid(&path.child(name), value, meta::NEGATIVE);
        }
    }
}

pub fn pod_template(object: &Value, errors: &mut Errors) {
    pod::template(object.get("template"), &Path::root("template"), errors);
}

/// The selector of `spec` is there, chooses something and chooses the pods of its template.
fn selector(spec: &Value, kind: &str, path: &Path<'_>, errors: &mut Errors) {
    let own = member(spec, "selector");
    let at_selector = path.child("selector");
    match own {
        // A daemon set's fault is told at its template alone.
        None if kind == "daemonset" => {}
        None => errors.required(&at_selector, ""),
        Some(own) => {
            meta::selector(Some(own), &at_selector, errors);
            let labels = map(own, "matchLabels").is_none_or(|labels| labels.is_empty());
            if labels && absent(own, "matchExpressions") {
                errors.invalid(
                    &at_selector,
                    own.clone(),
                    format!("empty selector is invalid for {kind}"),
                );
            }
        }
    }
    match Labels::of_selector(own) {
        Err(_) => errors.invalid(
            &at_selector,
            own.cloned().unwrap_or_default(),
            "invalid label selector",
        ),
        Ok(labels) => matched(&labels, spec, path, errors),
    }
}

/// Whether a selector that chooses anything chooses the template's labels.
fn matched(labels: &Labels, spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let own = at(spec, &["template", "metadata", "labels"]);
    let chosen = labels.matches(own.and_then(Value::as_object));
    if !labels.is_everything() && !chosen {
        let template = path.child("template");
        let metadata = template.child("metadata");
        errors.invalid(
            &metadata.child("labels"),
            own.cloned().unwrap_or_default(),
            UNMATCHED,
        );
    }
}

/// The template of pods that are kept running.
fn template(spec: &Value, kind: &str, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child("template");
    pod::template(spec.get("template"), &path, errors);
    let path = path.child("spec");
    let pods = at(spec, &["template", "spec"]).unwrap_or(&Value::Null);
    let restart = text(pods, "restartPolicy");
    if restart != "Always" {
        errors.not_supported(&path.child("restartPolicy"), restart, &["Always"]);
    }
    if member(pods, "activeDeadlineSeconds").is_some() {
        errors.forbidden(
            &path.child("activeDeadlineSeconds"),
            format!("activeDeadlineSeconds in {kind} is not Supported"),
        );
    }
}

pub fn replication_controller(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = part(object, "spec");
    non_negative(spec, &["minReadySeconds", "replicas"], &path, errors);
    let set = map(spec, "selector");
    if set.is_none_or(|set| set.is_empty()) {
        errors.required(&path.child("selector"), "");
    }
    if member(spec, "template").is_none() {
        errors.required(&path.child("template"), "");
        return;
    }
    matched(&Labels::of_set(set), spec, &path, errors);
    template(spec, "ReplicationController", &path, errors);
}

pub fn replica_set(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = part(object, "spec");
    non_negative(spec, &["replicas", "minReadySeconds"], &path, errors);
    selector(spec, "deployment", &path, errors);
    template(spec, "ReplicaSet", &path, errors);
}

pub fn deployment(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = part(object, "spec");
    non_negative(spec, &["replicas"], &path, errors);
    selector(spec, "deployment", &path, errors);
    template(spec, "ReplicaSet", &path, errors);
    let strategy = part(spec, "strategy");
    let at = path.child("strategy");
    let rolling = at.child("rollingUpdate");
    let update = member(strategy, "rollingUpdate");
    match text(strategy, "type") {
        "Recreate" => {
            if update.is_some() {
                errors.forbidden(
                    &rolling,
                    "may not be specified when strategy `type` is 'Recreate'",
                );
            }
        }
        "RollingUpdate" => match update {
            None => errors.required(&rolling, "this should be defaulted and never be nil"),
            Some(update) => {
                let unavailable = rolling.child("maxUnavailable");
                share(update, "maxUnavailable", &rolling, errors);
                share(update, "maxSurge", &rolling, errors);
                if share_of(update, "maxUnavailable") == 0 && share_of(update, "maxSurge") == 0 {
                    errors.invalid(
                        &unavailable,
                        part(update, "maxUnavailable").clone(),
                        "may not be 0 when `maxSurge` is 0",
                    );
                }
                at_most_all(update, "maxUnavailable", &rolling, errors);
            }
        },
        _ => errors.not_supported(&at, strategy.clone(), &["Recreate", "RollingUpdate"]),
    }
    non_negative(
        spec,
        &[
            "minReadySeconds",
            "revisionHistoryLimit",
            "progressDeadlineSeconds",
        ],
        &path,
        errors,
    );
    if let Some(deadline) = number(spec, "progressDeadlineSeconds")
        && deadline <= number(spec, "minReadySeconds").unwrap_or(0)
    {
        errors.invalid(
            &path.child("progressDeadlineSeconds"),
            deadline,
            "must be greater than minReadySeconds",
        );
    }
}

/// A number of pods or a percentage of them.
pub fn share(owner: &Value, name: &str, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child(name);
    match owner.get(name) {
        Some(Value::String(text)) => errors.invalid_all(&path, text, names::percent(text)),
        Some(Value::Number(value)) if value.as_i64().is_none_or(|value| value < 0) => {
            errors.invalid(&path, value.as_i64(), meta::NEGATIVE);
        }
        _ => {}
    }
}

fn percent_of(owner: &Value, name: &str) -> Option<i64> {
    text(owner, name).strip_suffix('%')?.parse().ok()
}

fn share_of(owner: &Value, name: &str) -> i64 {
    percent_of(owner, name)
        .or_else(|| number(owner, name))
        .unwrap_or(0)
}

pub fn at_most_all(owner: &Value, name: &str, path: &Path<'_>, errors: &mut Errors) {
    if percent_of(owner, name).is_some_and(|percent| percent > 100) {
        errors.invalid(
            &path.child(name),
            part(owner, name).clone(),
            "must not be greater than 100%",
        );
    }
}

pub fn daemon_set(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = part(object, "spec");
    selector(spec, "daemonset", &path, errors);
    template(spec, "DaemonSet", &path, errors);
    non_negative(
        spec,
        &["minReadySeconds", "revisionHistoryLimit"],
        &path,
        errors,
    );
    let strategy = part(spec, "updateStrategy");
    let at = path.child("updateStrategy");
    match text(strategy, "type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let rolling = at.child("rollingUpdate");
            let Some(update) = member(strategy, "rollingUpdate") else {
                errors.required(&rolling, "");
                return;
            };
            share(update, "maxUnavailable", &rolling, errors);
            share(update, "maxSurge", &rolling, errors);
            let (unavailable, surge) = (
                share_of(update, "maxUnavailable"),
                share_of(update, "maxSurge"),
            );
            if unavailable == 0 && surge == 0 {
                errors.required(
                    &rolling.child("maxUnavailable"),
                    "cannot be 0 when maxSurge is 0",
                );
            }
            if unavailable != 0 && surge != 0 {
                errors.invalid(
                    &rolling.child("maxSurge"),
                    part(update, "maxSurge").clone(),
                    "may not be set when maxUnavailable is non-zero",
                );
            }
            at_most_all(update, "maxUnavailable", &rolling, errors);
            at_most_all(update, "maxSurge", &rolling, errors);
        }
        _ => errors.not_supported(&at, strategy.clone(), &["RollingUpdate", "OnDelete"]),
    }
}

/// The pods an owner chose stay those it chooses.
pub fn same_selector(new: &Value, old: &Value, errors: &mut Errors) {
    let (new, old) = (
        at(new, &["spec", "selector"]),
        at(old, &["spec", "selector"]),
    );
    if new != old {
        let path = Path::root("spec");
        errors.immutable(&path.child("selector"), new);
    }
}

pub fn stateful_set(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = part(object, "spec");
    let policies = &["OrderedReady", "Parallel"];
    let policy = text(spec, "podManagementPolicy");
    if policy.is_empty() {
        errors.required(&path.child("podManagementPolicy"), "");
    } else if !policies.contains(&policy) {
        errors.invalid(
            &path.child("podManagementPolicy"),
            policy,
            "must be 'OrderedReady' or 'Parallel'",
        );
    }
    let strategy = part(spec, "updateStrategy");
    let at = path.child("updateStrategy");
    let rolling = at.child("rollingUpdate");
    match (text(strategy, "type"), member(strategy, "rollingUpdate")) {
        ("", _) => errors.required(&at, ""),
        ("OnDelete", Some(update)) => errors.invalid(
            &rolling,
            update.clone(),
            "only allowed for updateStrategy 'RollingUpdate'",
        ),
        ("RollingUpdate", Some(update)) => {
            non_negative(update, &["partition"], &rolling, errors);
            share(update, "maxUnavailable", &rolling, errors);
            if let Some(most) = member(update, "maxUnavailable")
                && share_of(update, "maxUnavailable") == 0
            {
                let path = rolling.child("maxUnavailable");
                errors.invalid(&path, most.clone(), "cannot be 0");
            }
            at_most_all(update, "maxUnavailable", &rolling, errors);
        }
        ("OnDelete" | "RollingUpdate", None) => {}
        _ => errors.invalid(
            &at,
            strategy.clone(),
            "must be 'RollingUpdate' or 'OnDelete'",
        ),
    }
    let retention = part(spec, "persistentVolumeClaimRetentionPolicy");
    let kept = path.child("persistentVolumeClaimRetentionPolicy");
    for name in ["whenDeleted", "whenScaled"] {
        let policy = text(retention, name);
        if !matches!(policy, "Retain" | "Delete") {
            errors.not_supported(&kept.child(name), policy, &["Delete", "Retain"]);
        }
    }
    non_negative(
        spec,
        &["replicas", "minReadySeconds", "revisionHistoryLimit"],
        &path,
        errors,
    );
    non_negative(
        part(spec, "ordinals"),
        &["start"],
        &path.child("ordinals"),
        errors,
    );
    selector(spec, "statefulset", &path, errors);
    with_claims(spec, &path, errors);
}

/// The template may mount the claims that are made for each pod, as if they were volumes.
fn with_claims(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let mut joined = spec.clone();
    let claims: Vec<Value> = crate::view::items(spec, "volumeClaimTemplates")
        .iter()
        .map(|claim| {
            let name = text_at(claim, &["metadata", "name"]);
            serde_json::json!({"name": name, "persistentVolumeClaim": {"claimName": name}})
        })
        .collect();
    if let Some(pods) = joined.pointer_mut("/template/spec")
        && let Some(pods) = pods.as_object_mut()
    {
        let volumes = pods
            .entry("volumes")
            .or_insert_with(|| Value::Array(vec![]));
        if let Value::Array(volumes) = volumes {
            let given = |claim: &Value| {
                volumes
                    .iter()
                    .any(|volume| volume.get("name") == claim.get("name"))
            };
            // A claim hides the volume of its name.
            let more: Vec<Value> = claims.into_iter().filter(|claim| !given(claim)).collect();
            volumes.extend(more);
        }
    }
    template(&joined, "StatefulSet", path, errors);
}

pub fn stateful_set_change(new: &Value, old: &Value, errors: &mut Errors) {
    let (Some(new), Some(old)) = (new.get("spec"), old.get("spec")) else {
        return;
    };
    let mut rest = new.clone();
    for name in [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ] {
        restore(&mut rest, name, old);
    }
    if rest != *old {
        errors.forbidden(&Path::root("spec"), "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
    }
}

pub fn revision(object: &Value, errors: &mut Errors) {
    if member(object, "data").is_none() {
        errors.required(&Path::root("data"), "data is mandatory");
    }
    if let Some(revision) = number(object, "revision")
        && revision < 0
    {
        errors.invalid(&Path::root("revision"), revision, meta::NEGATIVE);
    }
}

pub fn revision_change(new: &Value, old: &Value, errors: &mut Errors) {
    if new.get("data") != old.get("data") {
        errors.immutable(&Path::root("data"), new.get("data"));
    }
}
