//! Namespaces, leases, priorities, runtimes, bindings.

use serde_json::Value;

use super::{meta, placement, resources};
use crate::{
    field::{Errors, Path},
    names,
    view::{at, flag, member, number, same, text, text_at, texts},
};

pub fn namespace(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let path = path.child("finalizers");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    for name in texts(spec, "finalizers") {
        errors.invalid_all(&path, name, names::qualified_name(name));
        let known = matches!(name, "kubernetes" | "orphan" | "foregroundDeletion");
        if !name.contains('/') && !known {
            errors.invalid(
                &path,
                name,
                "name is neither a standard finalizer name nor is it fully qualified",
            );
        }
    }
}

pub fn lease(object: &Value, errors: &mut Errors) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::root("spec");
    if let Some(seconds) = number(spec, "leaseDurationSeconds")
        && seconds <= 0
    {
        errors.invalid(
            &path.child("leaseDurationSeconds"),
            seconds,
            "must be greater than 0",
        );
    }
    if let Some(times) = number(spec, "leaseTransitions")
        && times < 0
    {
        errors.invalid(
            &path.child("leaseTransitions"),
            times,
            "must be greater than or equal to 0",
        );
    }
}

pub fn new_priority(object: &Value, errors: &mut Errors) {
    const HIGHEST: i64 = 1_000_000_000;
    const SYSTEM: [(&str, i64); 2] = [
        ("system-node-critical", 2_000_001_000),
        ("system-cluster-critical", 2_000_000_000),
    ];
    let name = text_at(object, &["metadata", "name"]);
    let value = number(object, "value").unwrap_or(0);
    if name.starts_with("system-") {
        let fault = match SYSTEM.iter().find(|(known, _)| *known == name) {
            None => Some(format!("{name} is not a known system priority class")),
            Some((_, expected)) if *expected != value => {
                Some(format!("value of {name} PriorityClass must be {expected}"))
            }
            Some(_) if flag(object, "globalDefault") == Some(true) => Some(format!(
                "globalDefault of {name} PriorityClass must be false"
            )),
            Some(_) => None,
        };
        if let Some(fault) = fault {
            errors.forbidden(
                &Path::root("metadata").child("name"),
                format!("priority class names with 'system-' prefix are reserved for system use only. error: {fault}"),
            );
        }
    } else if value > HIGHEST {
        errors.forbidden(
            &Path::root("value"),
            format!("maximum allowed value of a user defined priority is {HIGHEST}"),
        );
    }
    let policy = text(object, "preemptionPolicy");
    let known = ["PreemptLowerPriority", "Never"];
    if !policy.is_empty() && !known.contains(&policy) {
        errors.not_supported(&Path::root("preemptionPolicy"), policy, &known);
    }
}

pub fn priority_change(new: &Value, old: &Value, errors: &mut Errors) {
    if number(new, "value") != number(old, "value") {
        errors.forbidden(&Path::root("value"), "may not be changed in an update.");
    }
    if !same(new.get("preemptionPolicy"), old.get("preemptionPolicy")) {
        errors.immutable(&Path::root("preemptionPolicy"), new.get("preemptionPolicy"));
    }
}

pub fn runtime(object: &Value, errors: &mut Errors) {
    let handler = text(object, "handler");
    errors.invalid_all(&Path::root("handler"), handler, names::dns_label(handler));
    let overhead = at(object, &["overhead", "podFixed"]).and_then(Value::as_object);
    let path = Path::root("overhead");
    let path = path.child("limits");
    for (name, amount) in overhead.into_iter().flatten() {
        resources::resource(name, amount, &path.key(name), errors);
    }
    if let Some(scheduling) = member(object, "scheduling") {
        let path = Path::root("scheduling");
        meta::labels(scheduling, "nodeSelector", &path, errors);
        placement::tolerations(scheduling, &path, errors);
    }
}

pub fn runtime_change(new: &Value, old: &Value, errors: &mut Errors) {
    if new.get("handler") != old.get("handler") {
        errors.immutable(&Path::root("handler"), new.get("handler"));
    }
}

pub fn binding(binding: &Value, errors: &mut Errors) {
    let path = Path::root("target");
    let target = member(binding, "target").unwrap_or(&Value::Null);
    let kind = text(target, "kind");
    if !matches!(kind, "" | "Node") {
        errors.not_supported(&path.child("kind"), kind, &["Node", "<empty>"]);
    }
    if text(target, "name").is_empty() {
        errors.required(&path.child("name"), "");
    }
}
