//! Roles and who has them.

use serde_json::Value;

use super::meta;
use crate::{
    field::{Errors, Path},
    names,
    view::{absent, items, member, text},
};

const GROUP: &str = "rbac.authorization.k8s.io";

pub fn role(object: &Value, errors: &mut Errors) {
    rules(object, true, errors);
}

pub fn cluster_role(object: &Value, errors: &mut Errors) {
    rules(object, false, errors);
    let Some(aggregation) = member(object, "aggregationRule") else {
        return;
    };
    let path = Path::root("aggregationRule");
    let list = path.child("clusterRoleSelectors");
    if absent(aggregation, "clusterRoleSelectors") {
        errors.required(
            &list,
            "at least one clusterRoleSelector required if aggregationRule is non-nil",
        );
    }
    for (index, selector) in items(aggregation, "clusterRoleSelectors")
        .iter()
        .enumerate()
    {
        let at = list.index(index);
        let before = errors.len();
        meta::selector(Some(selector), &at, errors);
        if errors.len() == before
            && let Err(fault) = crate::selector::Labels::of_selector(Some(selector))
        {
            errors.invalid(&at, selector.clone(), fault.to_string());
        }
    }
}

fn rules(object: &Value, namespaced: bool, errors: &mut Errors) {
    let list = Path::root("rules");
    for (index, rule) in items(object, "rules").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        if absent(rule, "verbs") {
            errors.required(
                &path.child("verbs"),
                "verbs must contain at least one value",
            );
        }
        if !absent(rule, "nonResourceURLs") {
            let at = path.child("nonResourceURLs");
            let urls = &rule["nonResourceURLs"];
            if namespaced {
                errors.invalid(
                    &at,
                    urls.clone(),
                    "namespaced rules cannot apply to non-resource URLs",
                );
            }
            if ["apiGroups", "resources", "resourceNames"]
                .iter()
                .any(|name| !absent(rule, name))
            {
                errors.invalid(
                    &at,
                    urls.clone(),
                    "rules cannot apply to both regular resources and non-resource URLs",
                );
            }
            continue;
        }
        for (name, fault) in [
            (
                "apiGroups",
                "resource rules must supply at least one api group",
            ),
            (
                "resources",
                "resource rules must supply at least one resource",
            ),
        ] {
            if absent(rule, name) {
                errors.required(&path.child(name), fault);
            }
        }
    }
}

pub fn binding(object: &Value, errors: &mut Errors) {
    bound(object, &["Role", "ClusterRole"], errors);
}

pub fn cluster_binding(object: &Value, errors: &mut Errors) {
    bound(object, &["ClusterRole"], errors);
}

fn bound(object: &Value, kinds: &[&str], errors: &mut Errors) {
    let path = Path::root("roleRef");
    let role = object.get("roleRef").unwrap_or(&Value::Null);
    if text(role, "apiGroup") != GROUP {
        errors.not_supported(&path.child("apiGroup"), text(role, "apiGroup"), &[GROUP]);
    }
    let kind = text(role, "kind");
    if !kinds.contains(&kind) {
        errors.not_supported(&path.child("kind"), kind, kinds);
    }
    let name = text(role, "name");
    if name.is_empty() {
        errors.required(&path.child("name"), "");
    } else {
        errors.invalid_all(&path.child("name"), name, names::path_segment(name));
    }
    let namespaced = kinds.len() == 2;
    let list = Path::root("subjects");
    for (index, one) in items(object, "subjects").iter().enumerate() {
        if errors.full() {
            return;
        }
        subject(one, namespaced, &list.index(index), errors);
    }
}

fn subject(subject: &Value, namespaced: bool, path: &Path<'_>, errors: &mut Errors) {
    let name = text(subject, "name");
    if name.is_empty() {
        errors.required(&path.child("name"), "");
    }
    let group = text(subject, "apiGroup");
    let at = path.child("apiGroup");
    match text(subject, "kind") {
        "ServiceAccount" => {
            if !name.is_empty() {
                errors.invalid_all(&path.child("name"), name, names::dns_subdomain(name));
            }
            if !group.is_empty() {
                errors.not_supported(&at, group, &[""]);
            }
            if !namespaced && absent(subject, "namespace") {
                errors.required(&path.child("namespace"), "");
            }
        }
        "User" | "Group" => {
            if group != GROUP {
                errors.not_supported(&at, group, &[GROUP]);
            }
        }
        other => errors.not_supported(
            &path.child("kind"),
            other,
            &["ServiceAccount", "User", "Group"],
        ),
    }
}

pub fn binding_change(new: &Value, old: &Value, errors: &mut Errors) {
    if new.get("roleRef") != old.get("roleRef") {
        errors.invalid(
            &Path::root("roleRef"),
            new.get("roleRef").cloned().unwrap_or_default(),
            "cannot change roleRef",
        );
    }
}
