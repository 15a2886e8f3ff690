//! Quotas of namespaces, and limits of what is in them.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::resources;
use crate::{
    field::{Errors, Path},
    names,
    quantity::Quantity,
    view::{at, items, map, text, texts},
};

pub fn quota_resource(name: &str, amount: &Value, path: &Path<'_>, errors: &mut Errors) {
    let faults = names::qualified_name(name);
    if !faults.is_empty() {
        errors.invalid_all(path, name, faults);
    } else if !name.contains('/') && !standard_quota(name) {
        errors.invalid(
            path,
            name,
            "must be a standard resource type or fully qualified",
        );
        errors.invalid(path, name, "must be a standard resource for quota");
    }
    resources::amount_of(name, amount, path, errors);
}

fn standard_quota(name: &str) -> bool {
    let bare = name
        .strip_prefix("requests.")
        .or_else(|| name.strip_prefix("limits."))
        .unwrap_or(name);
    matches!(
        bare,
        "cpu"
            | "memory"
            | "ephemeral-storage"
            | "storage"
            | "pods"
            | "resourcequotas"
            | "services"
            | "replicationcontrollers"
            | "secrets"
            | "persistentvolumeclaims"
            | "configmaps"
            | "services.nodeports"
            | "services.loadbalancers"
    ) || bare.starts_with("hugepages-")
        || name.starts_with("count/")
}

const SCOPES: &[&str] = &[
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
    "VolumeAttributesClass",
];
/// Those that say nothing but that they hold.
const PLAIN_SCOPES: &[&str] = &[
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "Terminating",
];
const OPPOSITES: [(&str, &str); 2] = [
    ("BestEffort", "NotBestEffort"),
    ("Terminating", "NotTerminating"),
];

/// Scopes are of pods, or of claims: what else is limited has none, and what uses no processor or memory can only be counted.
fn fits(scope: &str, name: &str) -> bool {
    let bare = name
        .strip_prefix("requests.")
        .or_else(|| name.strip_prefix("limits."))
        .unwrap_or(name);
    match scope {
        "VolumeAttributesClass" => ["persistentvolumeclaims", "requests.storage"].contains(&name),
        "BestEffort" => name == "pods",
        unknown if !SCOPES.contains(&unknown) => true,
        _ => name == "pods" || matches!(bare, "cpu" | "memory"),
    }
}

/// Whether a scope is not for one of the limits.
fn misfits(spec: &Value, scope: &str) -> bool {
    let mut hard = map(spec, "hard").into_iter().flatten();
    hard.any(|(name, _)| standard_quota(name) && !fits(scope, name))
}

pub fn quota(object: &Value, errors: &mut Errors) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::root("spec");
    let hard = path.child("hard");
    for (name, amount) in map(spec, "hard").into_iter().flatten() {
        quota_resource(name, amount, &hard.key(name), errors);
    }
    let scopes: BTreeSet<&str> = texts(spec, "scopes").collect();
    let at = path.child("scopes");
    let value = || spec.get("scopes").cloned().unwrap_or_default();
    if scopes.iter().any(|scope| !SCOPES.contains(scope)) {
        errors.invalid(&at, value(), "unsupported scope");
    }
    if scopes.iter().any(|scope| misfits(spec, scope)) {
        errors.invalid(&at, value(), "unsupported scope applied to resource");
    }
    for (one, other) in OPPOSITES {
        if scopes.contains(one) && scopes.contains(other) {
            errors.invalid(&at, value(), "conflicting scopes");
        }
    }
    scope_selector(spec, &path.child("scopeSelector"), errors);
}

fn scope_selector(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let selector = spec.get("scopeSelector").unwrap_or(&Value::Null);
    let path = path.child("matchExpressions");
    let mut seen = BTreeSet::new();
    for one in items(selector, "matchExpressions") {
        if errors.full() {
            return;
        }
        let (scope, operator) = (text(one, "scopeName"), text(one, "operator"));
        if !SCOPES.contains(&scope) {
            errors.invalid(&path.child("scopeName"), scope, "unsupported scope");
        }
        if misfits(spec, scope) {
            let why = "unsupported scope applied to resource";
            errors.invalid(&path, selector.clone(), why);
        }
        let at_operator = path.child("operator");
        if PLAIN_SCOPES.contains(&scope) && operator != "Exists" {
            let why = "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
            errors.invalid(&at_operator, operator, why);
        }
        let (values, at_values) = (items(one, "values"), path.child("values"));
        match operator {
            "In" | "NotIn" if values.is_empty() => {
                let why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                errors.required(&at_values, why);
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                let why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
                errors.invalid(&at_values, values.to_vec(), why);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => errors.invalid(&at_operator, other, "not a valid selector operator"),
        }
        seen.insert(scope);
    }
    for (one, other) in OPPOSITES {
        if seen.contains(one) && seen.contains(other) {
            let scopes = spec.get("scopes").cloned().unwrap_or_default();
            errors.invalid(&path, scopes, "conflicting scopes");
        }
    }
}

pub fn quota_change(new: &Value, old: &Value, errors: &mut Errors) {
    let null = Value::Null;
    let scopes = |object: &'_ Value| -> BTreeSet<String> {
        texts(object.get("spec").unwrap_or(&null), "scopes")
            .map(str::to_owned)
            .collect()
    };
    if scopes(new) != scopes(old) {
        let path = Path::root("spec");
        errors.immutable(&path.child("scopes"), new.pointer("/spec/scopes"));
    }
}

pub fn limit_range(object: &Value, errors: &mut Errors) {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let path = Path::root("spec");
    let list = path.child("limits");
    let mut seen = HashSet::new();
    for (index, limit) in items(spec, "limits").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let kind = text(limit, "type");
        let faults = names::qualified_name(kind);
        if !faults.is_empty() {
            errors.invalid_all(&path.child("type"), kind, faults);
        } else if !kind.contains('/')
            && !matches!(kind, "Pod" | "Container" | "PersistentVolumeClaim")
        {
            errors.invalid(
                &path.child("type"),
                kind,
                "must be a standard limit type or fully qualified",
            );
        }
        if !seen.insert(kind) {
            errors.duplicate(&path.child("type"), kind);
        }
        limits(limit, kind, &path, errors);
    }
}

fn limits(limit: &Value, kind: &str, path: &Path<'_>, errors: &mut Errors) {
    const LISTS: [&str; 5] = [
        "max",
        "min",
        "default",
        "defaultRequest",
        "maxLimitRequestRatio",
    ];
    let mut keys = BTreeSet::new();
    for list in LISTS {
        let path = path.child(list);
        let given = map(limit, list);
        if kind == "Pod" && list.starts_with("default") {
            if given.is_some_and(|given| !given.is_empty()) {
                errors.forbidden(&path, "may not be specified when `type` is 'Pod'");
            }
            continue;
        }
        for (name, amount) in given.into_iter().flatten() {
            if matches!(kind, "Pod" | "Container") {
                resources::resource(name, amount, &path.key(name), errors);
            } else {
                resources::amount_of(name, amount, &path.key(name), errors);
            }
            keys.insert(name.as_str());
        }
    }
    let amount =
        |list: &str, name: &str| at(limit, &[list, name]).and_then(|one| Quantity::of(one).ok());
    if kind == "PersistentVolumeClaim"
        && amount("min", "storage").is_none()
        && amount("max", "storage").is_none()
    {
        errors.required(
            &path.child("limits"),
            "either minimum or maximum storage value is required, but neither was provided",
        );
    }
    for name in keys {
        // The lower list, its words, the upper one, its words, and which of the two is at fault.
        for (low, low_text, high, high_text, fault) in [
            ("min", "min value", "max", "max value", "min"),
            (
                "min",
                "min value",
                "defaultRequest",
                "default request value",
                "defaultRequest",
            ),
            (
                "defaultRequest",
                "default request value",
                "max",
                "max value",
                "defaultRequest",
            ),
            (
                "defaultRequest",
                "default request value",
                "default",
                "default limit value",
                "defaultRequest",
            ),
            ("min", "min value", "default", "default value", "default"),
            ("default", "default value", "max", "max value", "default"),
        ] {
            if let (Some(lower), Some(upper)) = (amount(low, name), amount(high, name))
                && lower > upper
            {
                let shown = if fault == "default" && low == "default" {
                    upper
                } else if fault == low || fault == "default" {
                    lower
                } else {
                    upper
                };
                let list = path.child(fault);
                errors.invalid(
                    &list.key(name),
                    shown.to_string(),
                    format!("{low_text} {lower} is greater than {high_text} {upper}"),
                );
            }
        }
        if let Some(ratio) = amount("maxLimitRequestRatio", name)
            && ratio < Quantity::from_units(1)
        {
            let list = path.child("maxLimitRequestRatio");
            errors.invalid(
                &list.key(name),
                ratio.to_string(),
                format!("ratio {ratio} is less than 1"),
            );
        }
    }
}
