//! Names, labels, annotations, owners and finalizers: the metadata of every kind.

use serde_json::Value;

use crate::{
    Resource,
    field::{Errors, Path, quoted},
    names,
    view::{flag, items, map, member, number, text, texts},
};

/// What all annotations of an object may take together.
const MOST_ANNOTATIONS: usize = 256 * 1024;
const LONGEST_MANAGER: usize = 128;
const LONGEST_SUBRESOURCE: usize = 256;

/// The rule for names of a kind.
fn name_rule(resource: &Resource) -> fn(&str) -> Vec<String> {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Namespace") => names::dns_label,
        ("", "Service") => names::dns1035_label,
        ("rbac.authorization.k8s.io" | "apiregistration.k8s.io", _) => names::path_segment,
        ("networking.k8s.io", "IPAddress") => names::canonical_ip,
        _ => names::dns_subdomain,
    }
}

pub fn create(resource: &Resource, object: &Value, errors: &mut Errors) {
    let path = Path::root("metadata");
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    let rule = name_rule(resource);
    let generate = text(metadata, "generateName");
    if !generate.is_empty() {
        let faults = rule(&names::masked(generate));
        errors.invalid_all(&path.child("generateName"), generate, faults);
    }
    let name = text(metadata, "name");
    if name.is_empty() {
        errors.required(&path.child("name"), "name or generateName is required");
    } else {
        errors.invalid_all(&path.child("name"), name, rule(name));
    }
    let namespace = text(metadata, "namespace");
    let at = path.child("namespace");
    match (resource.namespaced, namespace.is_empty()) {
        (true, true) => errors.required(&at, ""),
        (true, false) => errors.invalid_all(&at, namespace, names::dns_label(namespace)),
        (false, false) => errors.forbidden(&at, "not allowed on this type"),
        (false, true) => {}
    }
    common(resource, metadata, &path, errors);
}

/// What is checked of new and changed metadata alike.
fn common(resource: &Resource, metadata: &Value, path: &Path<'_>, errors: &mut Errors) {
    if let Some(generation) = number(metadata, "generation")
        && generation < 0
    {
        errors.invalid(&path.child("generation"), generation, NEGATIVE);
    }
    labels(metadata, "labels", path, errors);
    annotations(metadata, path, errors);
    owners(metadata, &path.child("ownerReferences"), errors);
    finalizers(metadata, &path.child("finalizers"), errors);
    if has_known_finalizers(resource) {
        known_finalizers(metadata, &path.child("finalizers"), errors);
    }
    managers(metadata, &path.child("managedFields"), errors);
}

/// Clients that read objects into types of their own cannot read a list in which one object has another thing here.
const NO_TEXT: &str = "must be a string";
pub const NEGATIVE: &str = "must be greater than or equal to 0";

pub fn update(resource: &Resource, new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::root("metadata");
    let new = new.get("metadata").unwrap_or(&Value::Null);
    let old = old.get("metadata").unwrap_or(&Value::Null);
    if member(old, "deletionTimestamp").is_some() {
        let mut added: Vec<&str> = texts(new, "finalizers")
            .filter(|one| !texts(old, "finalizers").any(|other| other == *one))
            .take(100)
            .collect();
        added.sort_unstable();
        added.dedup();
        if !added.is_empty() {
            let list: Vec<String> = added.iter().map(|one| quoted(one)).collect();
            errors.forbidden(
                &path.child("finalizers"),
                format!("no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}", list.join(", ")),
            );
        }
    }
    if text(new, "resourceVersion").is_empty() {
        errors.invalid(
            &path.child("resourceVersion"),
            "",
            "must be specified for an update",
        );
    }
    let generation = |metadata: &Value| number(metadata, "generation").unwrap_or(0);
    if generation(new) < generation(old) {
        errors.invalid(
            &path.child("generation"),
            generation(new),
            "must not be decremented",
        );
    }
    for name in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        if !crate::view::same(new.get(name), old.get(name)) {
            errors.immutable(&path.child(name), new.get(name));
        }
    }
    common(resource, new, &path, errors);
}

/// The labels that are a member of `owner`.
pub fn labels(owner: &Value, name: &str, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child(name);
    for (key, value) in map(owner, name).into_iter().flatten() {
        if errors.full() {
            return;
        }
        errors.invalid_all(&path, key, names::qualified_name(key));
        match value.as_str() {
            Some(value) => errors.invalid_all(&path, value, names::label_value(value)),
            None => errors.invalid(&path.key(key), value.clone(), NO_TEXT),
        }
    }
}

pub fn annotations(metadata: &Value, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child("annotations");
    let mut size = 0;
    for (key, value) in map(metadata, "annotations").into_iter().flatten() {
        size += key.len() + value.as_str().map_or(0, str::len);
        if !value.is_string() {
            errors.invalid(&path.key(key), value.clone(), NO_TEXT);
        }
        let faults = names::qualified_name(&key.to_lowercase());
        errors.invalid_all(&path, key, faults);
    }
    if size > MOST_ANNOTATIONS {
        errors.too_long(&path, MOST_ANNOTATIONS);
    }
}

fn owners(metadata: &Value, path: &Path<'_>, errors: &mut Errors) {
    let mut controller: Option<String> = None;
    for owner in items(metadata, "ownerReferences") {
        if errors.full() {
            return;
        }
        let api_version = text(owner, "apiVersion");
        let version = api_version
            .split_once('/')
            .map_or(api_version, |(_, version)| version);
        if version.is_empty() || api_version.matches('/').count() > 1 {
            errors.invalid(
                &path.child("apiVersion"),
                api_version,
                "version must not be empty",
            );
        }
        for name in ["kind", "name", "uid"] {
            if text(owner, name).is_empty() {
                errors.invalid(&path.child(name), "", "must not be empty");
            }
        }
        if api_version == "v1" && text(owner, "kind") == "Event" {
            errors.invalid(
                path,
                owner.clone(),
                "/v1, Kind=Event is disallowed from being an owner",
            );
        }
        if flag(owner, "controller") == Some(true) {
            let this = format!("{}/{}", text(owner, "kind"), text(owner, "name"));
            match &controller {
                None => controller = Some(this),
                // Told once: the value of the error is the whole list.
                Some(first) => {
                    errors.invalid(
                        path,
                        metadata["ownerReferences"].clone(),
                        format!("Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"),
                    );
                    return;
                }
            }
        }
    }
}

/// Whether upstream checks the metadata of a kind by the rules of its own kinds, and not by those of all.
fn has_known_finalizers(resource: &Resource) -> bool {
    resource.custom.is_none()
        && !matches!(
            resource.group.as_str(),
            "admissionregistration.k8s.io"
                | "apiextensions.k8s.io"
                | "apiregistration.k8s.io"
                | "coordination.k8s.io"
        )
}

fn known_finalizers(metadata: &Value, path: &Path<'_>, errors: &mut Errors) {
    const KNOWN: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
    for (index, one) in texts(metadata, "finalizers").enumerate() {
        if !one.contains('/') && !KNOWN.contains(&one) {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid(&path.index(index), one, why);
        }
    }
}

fn finalizers(metadata: &Value, path: &Path<'_>, errors: &mut Errors) {
    const ORPHAN: &str = "orphan";
    const FOREGROUND: &str = "foregroundDeletion";
    for one in texts(metadata, "finalizers") {
        if errors.full() {
            return;
        }
        errors.invalid_all(path, one, names::qualified_name(one));
    }
    let has = |name: &str| texts(metadata, "finalizers").any(|one| one == name);
    if has(ORPHAN) && has(FOREGROUND) {
        errors.invalid(
            path,
            metadata["finalizers"].clone(),
            format!("finalizer {ORPHAN} and {FOREGROUND} cannot be both set"),
        );
    }
}

fn managers(metadata: &Value, path: &Path<'_>, errors: &mut Errors) {
    for (index, entry) in items(metadata, "managedFields").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = path.index(index);
        let operation = text(entry, "operation");
        if !matches!(operation, "Apply" | "Update") {
            errors.invalid(
                &path.child("operation"),
                operation,
                "must be `Apply` or `Update`",
            );
        }
        let kind = text(entry, "fieldsType");
        if !kind.is_empty() && kind != "FieldsV1" {
            errors.invalid(&path.child("fieldsType"), kind, "must be `FieldsV1`");
        }
        field_manager(text(entry, "manager"), &path.child("manager"), errors);
        if text(entry, "subresource").len() > LONGEST_SUBRESOURCE {
            errors.too_long(&path.child("subresource"), LONGEST_SUBRESOURCE);
        }
    }
}

/// The `fieldManager` of a request, or a manager's name in an object.
pub fn field_manager(name: &str, path: &Path<'_>, errors: &mut Errors) {
    if name.len() > LONGEST_MANAGER {
        errors.too_long(path, LONGEST_MANAGER);
        return;
    }
    let odd = name
        .char_indices()
        .filter(|(_, c)| c.is_control() || (c.is_whitespace() && *c != ' '));
    for (at, c) in odd {
        errors.invalid(
            path,
            name,
            format!("invalid character U+{:04X} (at position {at})", c as u32),
        );
    }
}

/// A LabelSelector.
pub fn selector(selector: Option<&Value>, path: &Path<'_>, errors: &mut Errors) {
    let Some(selector) = selector else {
        return;
    };
    labels(selector, "matchLabels", path, errors);
    let expressions = path.child("matchExpressions");
    for (index, expression) in items(selector, "matchExpressions").iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = expressions.index(index);
        let values = path.child("values");
        let none = items(expression, "values").is_empty();
        match text(expression, "operator") {
            "In" | "NotIn" if none => errors.required(
                &values,
                "must be specified when `operator` is 'In' or 'NotIn'",
            ),
            "Exists" | "DoesNotExist" if !none => errors.forbidden(
                &values,
                "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => errors.invalid(
                &path.child("operator"),
                other,
                "not a valid selector operator",
            ),
        }
        let key = text(expression, "key");
        errors.invalid_all(&path.child("key"), key, names::qualified_name(key));
        for (index, value) in texts(expression, "values").enumerate() {
            errors.invalid_all(&values.index(index), value, names::label_value(value));
        }
    }
}
