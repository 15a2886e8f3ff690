//! Definitions of custom resources: names, versions, columns and subresources. Their schemas are [`crate::custom::check`]'s.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    custom::same_in_all,
    field::{Errors, Path},
    names,
    table::JsonPath,
    view::{at, items, text, text_at, texts},
};

pub fn definition(object: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let group = text(spec, "group");
    let at_group = path.child("group");
    let faults = names::dns_subdomain(group);
    if group.is_empty() {
        errors.required(&at_group, "");
    } else if !faults.is_empty() {
        errors.invalid(&at_group, group, faults.join(","));
    } else if !group.contains('.') {
        errors.invalid(&at_group, group, "should be a domain with at least one dot");
    }
    super::pod::one_of(spec, "scope", &["Cluster", "Namespaced"], &path, errors);
    if spec.get("preserveUnknownFields") == Some(&Value::Bool(true)) {
        errors.invalid(
            &path.child("preserveUnknownFields"),
            true,
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
        );
    }
    versions(spec, &path, errors);
    crate::custom::check(object, errors);
    all_names(spec, &path.child("names"), errors);
    let conversion = spec.get("conversion").unwrap_or(&Value::Null);
    super::webhook::conversion(conversion, &path.child("conversion"), errors);
    let status = object.get("status").unwrap_or(&Value::Null);
    let status_path = Path::root("status");
    let at = status_path.child("storedVersions");
    if texts(status, "storedVersions").next().is_none() {
        let stored = status.get("storedVersions").cloned().unwrap_or_default();
        errors.invalid(&at, stored, "must have at least one stored version");
        return;
    }
    let stores = |it: &&Value| it.get("storage") == Some(&Value::Bool(true));
    for version in items(spec, "versions").iter().filter(stores) {
        let name = text(version, "name");
        if texts(status, "storedVersions").all(|it| it != name) {
            let why = format!("must have the storage version {name}");
            errors.invalid(&at, version.clone(), why);
        }
    }
}

/// What a new definition must say beside.
pub fn new_definition(object: &Value, errors: &mut Errors) {
    let (group, name) = (
        text_at(object, &["spec", "group"]),
        text_at(object, &["metadata", "name"]),
    );
    let plural = text_at(object, &["spec", "names", "plural"]);
    if name != format!("{}.{group}", plural) {
        errors.invalid(
            &Path::root("metadata").child("name"),
            name,
            "must be spec.names.plural+\".\"+spec.group",
        );
    }
    super::approval::check(object, None, errors);
}

fn versions(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let list = path.child("versions");
    let all = items(spec, "versions");
    let mut seen = HashSet::new();
    let (mut unique, mut stored) = (true, 0);
    for (index, version) in all.iter().enumerate() {
        if errors.full() {
            return;
        }
        let path = list.index(index);
        let name = text(version, "name");
        unique &= seen.insert(name);
        stored += usize::from(version.get("storage") == Some(&Value::Bool(true)));
        let faults = names::dns1035_label(name);
        if !faults.is_empty() {
            errors.invalid(&path.child("name"), name, faults.join(","));
        }
        warning(version, &path, errors);
        if same_in_all(all, "subresources").is_none() {
            subresources(version, &path.child("subresources"), errors);
        }
        if same_in_all(all, COLUMNS).is_none() {
            columns(version, &path.child(COLUMNS), errors);
        }
        if same_in_all(all, SELECTABLE).is_none() {
            selectable(version, &path.child(SELECTABLE), errors);
        }
    }
    // Upstream keeps what is the same in all versions once, and the first version's name beside.
    if let Some(first) = all.first() {
        let faults = names::dns1035_label(text(first, "name"));
        if !faults.is_empty() {
            let name = text(first, "name");
            errors.invalid(&path.child("version"), name, faults.join(","));
        }
        if same_in_all(all, "subresources").is_some() {
            subresources(first, &path.child("subresources"), errors);
        }
        if same_in_all(all, COLUMNS).is_some() {
            columns(first, &path.child(COLUMNS), errors);
        }
        if same_in_all(all, SELECTABLE).is_some() {
            selectable(first, &path.child(SELECTABLE), errors);
        }
    }
    if !unique {
        errors.invalid(
            &list,
            spec["versions"].clone(),
            "must contain unique version names",
        );
    }
    if stored != 1 {
        errors.invalid(
            &list,
            spec.get("versions").cloned().unwrap_or_default(),
            "must have exactly one version marked as storage version",
        );
    }
}

fn all_names(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let names = spec.get("names").unwrap_or(&Value::Null);
    let mut label = |shown: &str, value: &str, at: &Path<'_>, before: &str| {
        let faults = names::dns1035_label(value);
        if !faults.is_empty() {
            errors.invalid(at, shown, format!("{before}{}", faults.join(",")));
        }
    };
    const MIXED: &str = "may have mixed case, but should otherwise match: ";
    for name in ["plural", "singular", "kind", "listKind"] {
        let value = text(names, name);
        if !value.is_empty() {
            let before = if name.to_lowercase().ends_with("kind") {
                MIXED
            } else {
                ""
            };
            let checked = if before.is_empty() {
                value.to_owned()
            } else {
                value.to_lowercase()
            };
            label(value, &checked, &path.child(name), before);
        }
    }
    for list in ["shortNames", "categories"] {
        let path = path.child(list);
        for (index, value) in texts(names, list).take(100).enumerate() {
            label(value, value, &path.index(index), "");
        }
    }
    for name in ["plural", "singular", "kind", "listKind"] {
        if text(names, name).is_empty() {
            errors.required(&path.child(name), "");
        }
    }
    let kind = text(names, "kind");
    if !kind.is_empty() && kind == text(names, "listKind") {
        errors.invalid(
            &path.child("listKind"),
            kind,
            "kind and listKind may not be the same",
        );
    }
}

/// What clients of a version hear that is on its way out.
fn warning(version: &Value, path: &Path<'_>, errors: &mut Errors) {
    const MOST: usize = 256;
    let Some(Value::String(text)) = version.get("deprecationWarning") else {
        return;
    };
    let path = path.child("deprecationWarning");
    if version.get("deprecated") != Some(&Value::Bool(true)) {
        let why = "can only be set for deprecated versions";
        errors.invalid(&path, text.as_str(), why);
        return;
    }
    if text.len() > MOST {
        let why = format!("must be <= {MOST} characters long");
        errors.invalid(&path, text.as_str(), why);
    }
    if text.is_empty() {
        errors.invalid(&path, "", "must not be empty");
    }
    if let Some(at) = text.find(|it: char| it.is_control()) {
        let why = format!(
            "must only contain printable UTF-8 characters; non-printable character found at index {at}"
        );
        errors.invalid(&path, text.as_str(), why);
    }
}

const SELECTABLE: &str = "selectableFields";

/// Fields that field selectors may ask for: texts, numbers and flags that the schema knows.
fn selectable(version: &Value, path: &Path<'_>, errors: &mut Errors) {
    const MOST: usize = 8;
    let mut seen = HashSet::new();
    for (index, one) in items(version, SELECTABLE).iter().enumerate() {
        let path = path.index(index);
        let json = text(one, "jsonPath");
        let at_json = path.child("jsonPath");
        if json.is_empty() {
            errors.required(&at_json, "");
            continue;
        }
        if json.starts_with(".metadata.") || json == ".metadata" {
            errors.invalid(&path, json, "must not point to fields in metadata");
            continue;
        }
        let schema = at(version, &["schema", "openAPIV3Schema"]);
        let names = json.strip_prefix('.').map(|it| it.split('.'));
        let found = names.and_then(|mut names| {
            names.try_fold(schema?, |schema, name| at(schema, &["properties", name]))
        });
        let Some(found) = found else {
            let why = "is an invalid path: does not refer to a valid field";
            errors.invalid(&at_json, json, why);
            continue;
        };
        if !["string", "boolean", "integer"].contains(&text(found, "type")) {
            let why = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
            errors.invalid(&path, json, why);
        }
        if !seen.insert(json) {
            errors.duplicate(&path, json);
        }
    }
    if seen.len() > MOST {
        errors.too_many(path, seen.len(), MOST);
    }
}

const COLUMNS: &str = "additionalPrinterColumns";

fn columns(version: &Value, path: &Path<'_>, errors: &mut Errors) {
    for (index, one) in items(version, COLUMNS).iter().enumerate() {
        column(one, &path.index(index), errors);
    }
}

fn column(column: &Value, path: &Path<'_>, errors: &mut Errors) {
    const TYPES: &[&str] = &["boolean", "date", "integer", "number", "string"];
    const FORMATS: &[&str] = &[
        "byte",
        "date",
        "date-time",
        "double",
        "float",
        "int32",
        "int64",
        "password",
    ];
    if text(column, "name").is_empty() {
        errors.required(&path.child("name"), "");
    }
    let kind = text(column, "type");
    let choices = format!("must be one of {}", TYPES.join(","));
    if kind.is_empty() {
        errors.required(&path.child("type"), &choices);
    } else if !TYPES.contains(&kind) {
        errors.invalid(&path.child("type"), kind, choices);
    }
    let format = text(column, "format");
    if !format.is_empty() && !FORMATS.contains(&format) {
        errors.invalid(
            &path.child("format"),
            format,
            format!("must be one of {}", FORMATS.join(",")),
        );
    }
    let json = text(column, "jsonPath");
    let at = path.child("JSONPath");
    if json.is_empty() {
        errors.required(&at, "");
    } else if !json.starts_with('.') {
        errors.invalid(&at, json, "must be a simple json path starting with .");
    } else if let Err(fault) = JsonPath::parse(json) {
        errors.invalid(&at, json, fault.to_string());
    }
}

fn subresources(version: &Value, path: &Path<'_>, errors: &mut Errors) {
    let Some(scale) = at(version, &["subresources", "scale"]) else {
        return;
    };
    for (name, below, fault) in [
        (
            "specReplicasPath",
            &[".spec."] as &[&str],
            "should be a json path under .spec",
        ),
        (
            "statusReplicasPath",
            &[".status."],
            "should be a json path under .status",
        ),
        (
            "labelSelectorPath",
            &[".spec.", ".status."],
            "should be a json path under either .spec or .status",
        ),
    ] {
        let value = text(scale, name);
        let shown = format!("scale.{name}");
        let at = path.child(&shown);
        if value.is_empty() {
            if name != "labelSelectorPath" {
                errors.required(&at, "");
            }
        } else if !value.starts_with('.') {
            errors.invalid(&at, value, "must be a simple json path starting with .");
        } else if !below.iter().any(|start| value.starts_with(start)) {
            errors.invalid(&at, value, fault);
        }
    }
}

pub fn change(new: &Value, old: &Value, errors: &mut Errors) {
    super::approval::check(new, Some(old), errors);
    let path = Path::root("spec");
    let (Some(spec), Some(was)) = (new.get("spec"), old.get("spec")) else {
        return;
    };
    let names = path.child("names");
    let established = items(old.get("status").unwrap_or(&Value::Null), "conditions")
        .iter()
        .any(|one| text(one, "type") == "Established" && text(one, "status") == "True");
    for (member, at, always) in [
        (&["scope"] as &[&str], path.child("scope"), false),
        (&["names", "kind"], names.child("kind"), false),
        (&["group"], path.child("group"), true),
        (&["names", "plural"], names.child("plural"), true),
    ] {
        let (new, old) = (crate::view::at(spec, member), crate::view::at(was, member));
        if new != old && (always || established) {
            errors.immutable(&at, new);
        }
    }
    let status = Path::root("status");
    let list = status.child("storedVersions");
    let there: HashSet<&str> = items(spec, "versions")
        .iter()
        .map(|version| text(version, "name"))
        .collect();
    let stored = new.get("status").unwrap_or(&Value::Null);
    for (index, version) in texts(stored, "storedVersions").take(100).enumerate() {
        if !there.contains(version) {
            errors.invalid(&list.index(index), version, format!("missing from spec.versions; {version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {version} and removes {version} from status.storedVersions"));
        }
    }
}
