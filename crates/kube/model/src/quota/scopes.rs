//! Scopes of quotas: which pods and claims they count.

use serde_json::{Value, json};

use crate::{
    strategy::qos_class,
    view::{items, member, number_at, text, text_at, texts},
};

/// A scope and how it is asked for.
pub struct Scope<'a> {
    name: &'a str,
    operator: &'a str,
    values: Vec<&'a str>,
}

pub fn of_quota(quota: &Value) -> impl Iterator<Item = Scope<'_>> {
    let spec = quota.get("spec").unwrap_or(&Value::Null);
    let plain = texts(spec, "scopes").map(|name| Scope {
        name,
        operator: "Exists",
        values: Vec::new(),
    });
    let selector = spec.get("scopeSelector").unwrap_or(&Value::Null);
    let selected = items(selector, "matchExpressions").iter().map(|it| Scope {
        name: text(it, "scopeName"),
        operator: text(it, "operator"),
        values: texts(it, "values").collect(),
    });
    plain.chain(selected)
}

pub fn includes_pod(scope: &Scope<'_>, pod: &Value) -> bool {
    let spec = &pod["spec"];
    let ends = number_at(spec, &["activeDeadlineSeconds"]).is_some_and(|it| it >= 0);
    match scope.name {
        "Terminating" => ends,
        "NotTerminating" => !ends,
        "BestEffort" => qos_class(pod) == "BestEffort",
        "NotBestEffort" => qos_class(pod) != "BestEffort",
        "PriorityClass" => {
            let class = Some(text_at(spec, &["priorityClassName"])).filter(|it| !it.is_empty());
            let is_listed = class.is_some_and(|it| scope.values.contains(&it));
            match scope.operator {
                "In" => is_listed,
                "NotIn" => !is_listed,
                "DoesNotExist" => class.is_none(),
                _ => class.is_some(),
            }
        }
        "CrossNamespacePodAffinity" => reaches_other_namespaces(spec),
        _ => false,
    }
}

/// By the classes that it has, asks for or is on its way to.
pub fn includes_claim(scope: &Scope<'_>, claim: &Value) -> bool {
    if scope.name != "VolumeAttributesClass" {
        return false;
    }
    let classes = [
        &["spec", "volumeAttributesClassName"][..],
        &["status", "currentVolumeAttributesClassName"],
        &[
            "status",
            "modifyVolumeStatus",
            "targetVolumeAttributesClassName",
        ],
    ];
    let classes = classes.into_iter().map(|it| text_at(claim, it));
    let classes: Vec<&str> = classes.filter(|it| !it.is_empty()).collect();
    let is_listed = |it: &&str| scope.values.contains(it);
    match scope.operator {
        "In" => classes.iter().any(is_listed),
        "NotIn" => classes.is_empty() || !classes.iter().all(is_listed),
        "DoesNotExist" => classes.is_empty(),
        _ => !classes.is_empty(),
    }
}

fn reaches_other_namespaces(spec: &Value) -> bool {
    let affinity = member(spec, "affinity").cloned().unwrap_or(json!({}));
    ["podAffinity", "podAntiAffinity"].iter().any(|kind| {
        let it = &affinity[*kind];
        let required = items(it, "requiredDuringSchedulingIgnoredDuringExecution").iter();
        let preferred = items(it, "preferredDuringSchedulingIgnoredDuringExecution").iter();
        let mut terms = required.chain(preferred.map(|it| &it["podAffinityTerm"]));
        terms.any(|it| {
            !items(it, "namespaces").is_empty() || member(it, "namespaceSelector").is_some()
        })
    })
}
