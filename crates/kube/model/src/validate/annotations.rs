//! Annotations of pods that mean something: forms that came before fields, and what controllers read.

use serde_json::{Map, Value};

use crate::{
    field::{Errors, Path, quoted},
    view::{containers, map, text},
};

const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const MIRROR: &str = "kubernetes.io/config.mirror";
const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_OF_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";

fn of(pod: &Value) -> Option<&Map<String, Value>> {
    map(&pod["metadata"], "annotations")
}

/// Whether a node made the pod from a file of its own.
pub fn is_mirror(pod: &Value) -> bool {
    of(pod).is_some_and(|all| all.contains_key(MIRROR))
}

/// Those of a pod that is about to be, or of a template. `path`: theirs.
pub fn create(pod: &Value, path: &Path<'_>, errors: &mut Errors) {
    for (key, value) in of(pod).into_iter().flatten() {
        if errors.full() {
            return;
        }
        let value = value.as_str().unwrap_or_default();
        if key == DELETION_COST {
            deletion_cost(value, path, errors);
        } else if key == SECCOMP || key.starts_with(SECCOMP_OF_CONTAINER) {
            seccomp(value, &path.child(key), errors);
        } else if let Some(container) = key.strip_prefix(APP_ARMOR) {
            app_armor(pod, container, value, &path.key(key), errors);
        }
    }
}

/// Of a pod that is there, what says how it is confined, and that its node made it, stays. What was wrong before may stay too.
pub fn change(new: &Value, old: &Value, errors: &mut Errors) {
    let metadata = Path::root("metadata");
    let path = metadata.child("annotations");
    let (now, before) = (of(new), of(old));
    let is_fixed = |key: &str| key.starts_with(APP_ARMOR) || key == MIRROR;
    let called = |key: &str| match key {
        MIRROR => "mirror pod annotation",
        _ => "AppArmor annotations",
    };
    let fixed = |all: Option<&Map<String, Value>>| -> Vec<(String, Value)> {
        let all = all
            .into_iter()
            .flatten()
            .filter(|(key, _)| is_fixed(key.as_str()));
        all.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    for (key, value) in fixed(before) {
        if now.and_then(|it| it.get(&key)) != Some(&value) {
            let why = format!("may not remove or update {}", called(key.as_str()));
            errors.forbidden(&path.key(&key), why);
        }
    }
    for (key, _) in fixed(now) {
        if before.is_none_or(|it| !it.contains_key(&key)) {
            errors.forbidden(
                &path.key(&key),
                format!("may not add {}", called(key.as_str())),
            );
        }
    }
    let cost = |all: Option<&Map<String, Value>>| {
        let told = all.and_then(|it| it.get(DELETION_COST));
        told.and_then(Value::as_str).map(str::to_owned)
    };
    if let Some(told) = cost(now)
        && cost(before).is_none_or(|it| is_cost(&it))
    {
        deletion_cost(&told, &path, errors);
    }
}

/// A whole number as it is written without a sign before or noughts at the beginning.
fn is_cost(text: &str) -> bool {
    let is_plain = match text.as_bytes().first() {
        Some(b'0') => text == "0",
        Some(first) => *first == b'-' || first.is_ascii_digit(),
        None => false,
    };
    is_plain && text.parse::<i32>().is_ok()
}

fn deletion_cost(told: &str, path: &Path<'_>, errors: &mut Errors) {
    if !is_cost(told) {
        errors.invalid(&path.key(DELETION_COST), told, "must be a 32bit integer");
    }
}

fn seccomp(profile: &str, path: &Path<'_>, errors: &mut Errors) {
    match profile {
        "runtime/default" | "docker/default" | "unconfined" => {}
        other => match other.strip_prefix("localhost/") {
            Some(file) => super::volume::descending(file, path, errors),
            None => errors.invalid(path, other, "must be a valid seccomp profile"),
        },
    }
}

fn app_armor(pod: &Value, container: &str, profile: &str, path: &Path<'_>, errors: &mut Errors) {
    if !containers(pod).any(|it| text(it, "name") == container) {
        errors.invalid(path, container, "container not found");
    }
    let is_known = matches!(profile, "" | "runtime/default" | "unconfined");
    if !is_known && !profile.starts_with("localhost/") {
        let why = format!("invalid AppArmor profile name: {}", quoted(profile));
        errors.invalid(path, profile, why);
    }
}
