//! Nodes: taints, amounts, and what never changes once it is known.

use std::collections::HashSet;

use serde_json::Value;

use super::{placement, resources};
use crate::{
    field::{ErrorKind, Errors, Path},
    names,
    view::{absent, items, map, restore, text, texts},
};

pub fn node(object: &Value, errors: &mut Errors) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    taints(spec, errors);
    amounts(object, errors);
    let path = Path::root("spec");
    let list = path.child("podCIDRs");
    for (index, cidr) in texts(spec, "podCIDRs").take(100).enumerate() {
        if !names::cidr(cidr).is_empty() {
            errors.invalid(&list.index(index), cidr, "must be a valid CIDR");
        }
    }
}

fn taints(spec: &Value, errors: &mut Errors) {
    let path = Path::root("metadata");
    let list = path.child("taints");
    let mut seen = HashSet::new();
    for (index, taint) in items(spec, "taints").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let (key, effect) = (text(taint, "key"), text(taint, "effect"));
        errors.invalid_all(&path.child("key"), key, names::qualified_name(key));
        let value = text(taint, "value");
        let faults = names::label_value(value);
        if !faults.is_empty() {
            errors.invalid(&path.child("value"), value, faults.join(";"));
        }
        if effect.is_empty() {
            errors.required(&path.child("effect"), "");
        } else {
            placement::effect(effect, &path.child("effect"), errors);
        }
        if !seen.insert((key, effect)) {
            let why = "taints must be unique by key and effect pair".to_owned();
            errors.push(ErrorKind::Duplicate, &path, taint.clone(), why);
        }
    }
}

/// Capacity and what may be given to pods.
pub fn amounts(object: &Value, errors: &mut Errors) {
    let status = object.get("status").unwrap_or(&Value::Null);
    let path = Path::root("status");
    for list in ["capacity", "allocatable"] {
        let path = path.child(list);
        for (name, amount) in map(status, list).into_iter().flatten() {
            resources::amount_of(name, amount, &path.child(name), errors);
        }
    }
}

pub fn change(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let null = Value::Null;
    let (new, old) = (
        new.get("spec").unwrap_or(&null),
        old.get("spec").unwrap_or(&null),
    );
    let mut rest = new.clone();
    for name in ["taints", "unschedulable"] {
        restore(&mut rest, name, old);
    }
    for (name, fault) in [
        (
            "podCIDRs",
            "node updates may not change podCIDR except from \"\" to valid",
        ),
        (
            "providerID",
            "node updates may not change providerID except from \"\" to valid",
        ),
    ] {
        if absent(old, name) {
            restore(&mut rest, name, old);
        } else if new.get(name) != old.get(name) {
            errors.forbidden(&path.child(name), fault);
        }
    }
    restore(&mut rest, "podCIDR", old);
    let nothing = |value: &Value| value.as_object().is_none_or(|members| members.is_empty());
    if rest != *old && !(nothing(&rest) && nothing(old)) {
        errors.forbidden(
            &Path::root("[]"),
            "node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)",
        );
    }
}
