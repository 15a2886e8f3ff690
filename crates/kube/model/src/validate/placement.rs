//! Where pods may run: affinity, tolerations, spread over topologies.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::meta;
use crate::{
    field::{Errors, Path},
    names,
    view::{absent, items, map, member, number, text, texts},
};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub fn affinity(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let Some(affinity) = member(spec, "affinity") else {
        return;
    };
    let path = path.child("affinity");
    if let Some(node) = member(affinity, "nodeAffinity") {
        let path = path.child("nodeAffinity");
        if let Some(selector) = member(node, REQUIRED) {
            node_selector(selector, &path.child(REQUIRED), errors);
        }
        let preferred = path.child(PREFERRED);
        for (index, term) in items(node, PREFERRED).iter().enumerate() {
            let path = preferred.index(index);
            weight(term, &path, errors);
            let preference = term.get("preference").unwrap_or(&Value::Null);
            node_term(preference, &path.child("preference"), errors, false);
        }
    }
    for name in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = member(affinity, name) else {
            continue;
        };
        let path = path.child(name);
        let required = path.child(REQUIRED);
        for (index, term) in items(pods, REQUIRED).iter().enumerate() {
            pod_term(term, &required.index(index), errors);
        }
        let preferred = path.child(PREFERRED);
        for (index, term) in items(pods, PREFERRED).iter().enumerate() {
            let path = preferred.index(index);
            weight(term, &path, errors);
            let body = term.get("podAffinityTerm").unwrap_or(&Value::Null);
            pod_term(body, &path.child("podAffinityTerm"), errors);
        }
    }
}

fn weight(term: &Value, path: &Path<'_>, errors: &mut Errors) {
    let weight = number(term, "weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        errors.invalid(&path.child("weight"), weight, "must be in the range 1-100");
    }
}

pub fn node_selector(selector: &Value, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child("nodeSelectorTerms");
    if absent(selector, "nodeSelectorTerms") {
        errors.required(&path, "must have at least one node selector term");
    }
    for (index, term) in items(selector, "nodeSelectorTerms").iter().enumerate() {
        if errors.full() {
            return;
        }
        node_term(term, &path.index(index), errors, true);
    }
}

/// `is_required`: what is only preferred may name values that no label has.
fn node_term(term: &Value, path: &Path<'_>, errors: &mut Errors, is_required: bool) {
    let expressions = path.child("matchExpressions");
    for (index, requirement) in items(term, "matchExpressions").iter().enumerate() {
        let path = expressions.index(index);
        let values = path.child("values");
        let count = items(requirement, "values").len();
        match text(requirement, "operator") {
            "In" | "NotIn" if count == 0 => errors.required(
                &values,
                "must be specified when `operator` is 'In' or 'NotIn'",
            ),
            "Exists" | "DoesNotExist" if count > 0 => errors.forbidden(
                &values,
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
            "Gt" | "Lt" if count != 1 => errors.required(
                &values,
                "must be specified single value when `operator` is 'Lt' or 'Gt'",
            ),
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            other => errors.invalid(
                &path.child("operator"),
                other,
                "not a valid selector operator",
            ),
        }
        let key = text(requirement, "key");
        errors.invalid_all(&path.child("key"), key, names::qualified_name(key));
        for (index, value) in texts(requirement, "values").enumerate() {
            if is_required {
                errors.invalid_all(&values.index(index), value, names::label_value(value));
            }
        }
    }
    let fields = path.child("matchFields");
    for (index, requirement) in items(term, "matchFields").iter().enumerate() {
        let path = fields.index(index);
        let values = path.child("values");
        match text(requirement, "operator") {
            "In" | "NotIn" => {
                if items(requirement, "values").len() != 1 {
                    errors.required(&values, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
                }
            }
            other => errors.invalid(
                &path.child("operator"),
                other,
                "not a valid selector operator",
            ),
        }
        let key = text(requirement, "key");
        if key == "metadata.name" {
            for (index, value) in texts(requirement, "values").enumerate() {
                errors.invalid_all(&values.index(index), value, names::dns_subdomain(value));
            }
        } else {
            errors.invalid(&path.child("key"), key, "not a valid field selector key");
        }
    }
}

fn pod_term(term: &Value, path: &Path<'_>, errors: &mut Errors) {
    for name in ["labelSelector", "namespaceSelector"] {
        meta::selector(member(term, name), &path.child(name), errors);
    }
    for name in texts(term, "namespaces") {
        errors.invalid_all(&path.child("namespace"), name, names::dns_label(name));
    }
    label_keys(term, path, errors);
    let path = path.child("topologyKey");
    let key = text(term, "topologyKey");
    if key.is_empty() {
        errors.required(&path, "can not be empty");
    }
    errors.invalid_all(&path, key, names::qualified_name(key));
}

const NO_SELECTOR: &str = "must not be specified when labelSelector is not set";

/// Keys by which the pod's own labels narrow the selector of a term or of a constraint.
///
/// Into the selector of a pod they are merged by now (`strategy`), into that of a template they are not.
fn label_keys(term: &Value, path: &Path<'_>, errors: &mut Errors) {
    for name in ["matchLabelKeys", "mismatchLabelKeys"] {
        let at = path.child(name);
        if absent(term, name) {
            continue;
        }
        if member(term, "labelSelector").is_none() {
            errors.forbidden(&at, NO_SELECTOR);
            continue;
        }
        for (index, key) in texts(term, name).enumerate() {
            errors.invalid_all(&at.index(index), key, names::qualified_name(key));
        }
    }
    if let Some(selector) = member(term, "labelSelector") {
        chosen_twice(term, selector, path, errors);
    }
    let others: HashSet<&str> = texts(term, "mismatchLabelKeys").collect();
    let at = path.child("matchLabelKeys");
    for (index, key) in texts(term, "matchLabelKeys").enumerate() {
        if others.contains(key) {
            let why = "exists in both matchLabelKeys and mismatchLabelKeys";
            errors.invalid(&at.index(index), key, why);
        }
    }
}

/// A key that the selector has beside what was merged for it. As with upstream the field is that of the term, with the key's index.
fn chosen_twice(term: &Value, selector: &Value, path: &Path<'_>, errors: &mut Errors) {
    let keys = texts(term, "matchLabelKeys").enumerate();
    let keys: HashMap<&str, usize> = keys.map(|(index, key)| (key, index)).collect();
    if keys.is_empty() {
        return;
    }
    let labels = map(selector, "matchLabels").into_iter().flatten();
    let mut chosen: HashSet<&str> = labels.map(|(key, _)| key.as_str()).collect();
    for expression in items(selector, "matchExpressions") {
        let key = text(expression, "key");
        let Some(index) = keys.get(key) else {
            continue;
        };
        if !chosen.insert(key) {
            let why = "exists in both matchLabelKeys and labelSelector";
            errors.invalid(&path.index(*index), key, why);
        }
    }
}

const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

pub fn effect(value: &str, path: &Path<'_>, errors: &mut Errors) {
    if !EFFECTS.contains(&value) {
        errors.not_supported(path, value, EFFECTS);
    }
}

pub fn tolerations(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("tolerations");
    for (index, toleration) in items(spec, "tolerations").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let at = path.child("operator");
        let (key, operator) = (text(toleration, "key"), text(toleration, "operator"));
        if !key.is_empty() {
            errors.invalid_all(&path.child("key"), key, names::qualified_name(key));
        } else if operator != "Exists" {
            errors.invalid(&at, operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        }
        let own = text(toleration, "effect");
        if member(toleration, "tolerationSeconds").is_some() && own != "NoExecute" {
            errors.invalid(
                &path.child("effect"),
                own,
                "effect must be 'NoExecute' when `tolerationSeconds` is set",
            );
        }
        let value = text(toleration, "value");
        match operator {
            "" | "Equal" => {
                let faults = names::label_value(value);
                if !faults.is_empty() {
                    errors.invalid(&at, value, faults.join(";"));
                }
            }
            "Exists" => {
                if !value.is_empty() {
                    errors.invalid(
                        &at,
                        value,
                        "value must be empty when `operator` is 'Exists'",
                    );
                }
            }
            other => errors.not_supported(&at, other, &["Equal", "Exists"]),
        }
        if !own.is_empty() {
            effect(own, &path.child("effect"), errors);
        }
    }
}

/// Tolerations of a pod that is there can become more, and last longer or shorter.
pub fn only_added(new: &Value, old: &Value, path: &Path<'_>, errors: &mut Errors) {
    let shape = |toleration: &Value| {
        ["key", "operator", "value", "effect"].map(|name| text(toleration, name).to_owned())
    };
    let there: HashSet<[String; 4]> = items(new, "tolerations").iter().map(shape).collect();
    let lost = |toleration: &Value| !there.contains(&shape(toleration));
    if items(old, "tolerations").iter().any(lost) {
        errors.forbidden(
            &path.child("tolerations"),
            "existing toleration can not be modified except its tolerationSeconds",
        );
    }
}

pub fn spread(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    const POLICIES: &[&str] = &["Honor", "Ignore"];
    let list = path.child("topologySpreadConstraints");
    let constraints = items(spec, "topologySpreadConstraints");
    let pair = |one: &Value| {
        let kind = text(one, "whenUnsatisfiable");
        (text(one, "topologyKey").to_owned(), kind.to_owned())
    };
    // How many constraints of a pair are still to come.
    let mut coming = HashMap::new();
    for one in constraints {
        *coming.entry(pair(one)).or_insert(0) += 1;
    }
    for (index, one) in constraints.iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let skew = number(one, "maxSkew").unwrap_or(0);
        if skew <= 0 {
            errors.invalid(&path.child("maxSkew"), skew, "must be greater than zero");
        }
        let (key, kind) = pair(one);
        if key.is_empty() {
            errors.required(&path.child("topologyKey"), "can not be empty");
        } else {
            errors.invalid_all(
                &path.child("topologyKey"),
                &key,
                names::qualified_name(&key),
            );
        }
        if !matches!(kind.as_str(), "DoNotSchedule" | "ScheduleAnyway") {
            errors.not_supported(
                &path.child("whenUnsatisfiable"),
                kind.clone(),
                &["DoNotSchedule", "ScheduleAnyway"],
            );
        }
        let shown = format!("{{{key}, {kind}}}");
        if let Some(count) = coming.get_mut(&(key, kind.clone())) {
            *count -= 1;
            if *count > 0 {
                errors.duplicate(&path.child("{topologyKey, whenUnsatisfiable}"), shown);
            }
        }
        if let Some(domains) = number(one, "minDomains") {
            let at = path.child("minDomains");
            if domains <= 0 {
                errors.invalid(&at, domains, "must be greater than zero");
            }
            if kind != "DoNotSchedule" {
                errors.invalid(
                    &at,
                    domains,
                    format!(
                        "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {kind}"
                    ),
                );
            }
        }
        for name in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let policy = text(one, name);
            if !policy.is_empty() && !POLICIES.contains(&policy) {
                errors.not_supported(&path.child(name), policy, POLICIES);
            }
        }
        label_keys(one, &path, errors);
        let selector = member(one, "labelSelector");
        meta::selector(selector, &path.child("labelSelector"), errors);
    }
}
