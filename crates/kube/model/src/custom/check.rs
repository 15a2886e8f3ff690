//! What a definition's schema may say: it must be structural, and of what this server can hold objects to.

use super::{
    embedded,
    pruned::keeps_all,
    validate::{MAX_STEPS, Walk},
};
use crate::field::{ErrorKind, Errors, Path};
use serde_json::Value;
use std::collections::HashSet;

/// Members upstream does not take in `apiextensions.k8s.io/v1`.
const REFUSED: [&str; 6] = [
    "$ref",
    "definitions",
    "dependencies",
    "patternProperties",
    "additionalItems",
    "id",
];
/// Members a schema in `allOf`, `anyOf`, `oneOf` or `not` may not have, since they belong to the structure, and what they must be.
const STRUCTURE: [(&str, &str); 9] = [
    ("type", "empty"),
    ("additionalProperties", "undefined"),
    ("default", "undefined"),
    ("title", "empty"),
    ("description", "empty"),
    ("nullable", "false"),
    ("x-kubernetes-preserve-unknown-fields", "false"),
    ("x-kubernetes-embedded-resource", "false"),
    ("x-kubernetes-int-or-string", "false"),
];
const LIST_TYPE: &str = "x-kubernetes-list-type";
const LIST_KEYS: &str = "x-kubernetes-list-map-keys";
const MAP_TYPE: &str = "x-kubernetes-map-type";
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

fn is(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

fn present<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get(name).filter(|value| !value.is_null())
}

/// The schemas of a CustomResourceDefinition. Its names, scope and versions are not looked at here.
pub fn check(definition: &Value, errors: &mut Errors) {
    let spec = Path::root("spec");
    let versions = spec.child("versions");
    let all = definition["spec"]["versions"].as_array();
    let all = all.map(Vec::as_slice).unwrap_or_default();
    // Upstream keeps what is the same in all versions once.
    if let Some(schema) = same_in_all(all, "schema") {
        let path = spec.child("validation");
        let path = path.child("openAPIV3Schema");
        if let Some(schema) = present(schema, "openAPIV3Schema") {
            of_version(schema, &path, errors);
            return;
        }
    }
    for (index, version) in all.iter().enumerate() {
        let path = versions.index(index);
        let path = path.child("schema");
        let path = path.child("openAPIV3Schema");
        match present(&version["schema"], "openAPIV3Schema") {
            None => errors.required(&path, "schemas are required"),
            Some(schema) => of_version(schema, &path, errors),
        }
    }
}

/// A member that every version has, and none otherwise than the others.
pub fn same_in_all<'a>(versions: &'a [Value], name: &str) -> Option<&'a Value> {
    let first = present(versions.first()?, name)?;
    let mut others = versions.iter().map(|it| present(it, name));
    others.all(|it| it == Some(first)).then_some(first)
}

fn of_version(schema: &Value, path: &Path<'_>, errors: &mut Errors) {
    if schema.get("type").is_some_and(|kind| kind != "object") {
        let kind = schema["type"].clone();
        errors.invalid(&path.child("type"), kind, "must be object at the root");
    }
    let mut found = Errors::new();
    structural(schema, path, "must not be empty at the root", &mut found);
    metadata(schema, path, &mut found);
    let mut found = found.into_vec();
    // What has no structure at all is not held to one.
    if has_refused(schema) {
        found.retain(|it| it.kind != ErrorKind::Required);
    }
    errors.extend(found);
}

/// Whether a schema has what makes no structure, in itself or below.
fn has_refused(schema: &Value) -> bool {
    let below = |name: &str| schema.get(name).and_then(Value::as_object);
    let properties = below("properties").into_iter().flatten();
    let mut nested = properties
        .map(|(_, it)| it)
        .chain(schema.get("items"))
        .chain(schema.get("additionalProperties"));
    REFUSED.iter().any(|it| is_refused(schema, it)) || nested.any(has_refused)
}

fn is_refused(schema: &Value, name: &str) -> bool {
    present(schema, name)
        .is_some_and(|value| value != "" && value.as_object().is_none_or(|map| !map.is_empty()))
}

/// Of metadata a schema may restrict the names alone.
fn metadata(schema: &Value, path: &Path<'_>, errors: &mut Errors) {
    let Some(metadata) = schema
        .get("properties")
        .and_then(|properties| properties.get("metadata"))
    else {
        return;
    };
    let other = metadata
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    let properties = path.child("properties");
    let path = properties.key("metadata");
    if other
        .into_iter()
        .any(|(name, _)| !matches!(name.as_str(), "name" | "generateName"))
    {
        errors.forbidden(&path, "must not specify anything other than name and generateName, but metadata is implicitly specified");
    }
}

fn structural(schema: &Value, path: &Path<'_>, untyped: &str, errors: &mut Errors) {
    if errors.full() {
        return;
    }
    let kind = schema
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let open = is(schema, "x-kubernetes-int-or-string")
        || is(schema, "x-kubernetes-preserve-unknown-fields");
    if embedded::is_marked(schema) && kind != "object" {
        let (at, why) = (
            path.child("type"),
            "must be object if x-kubernetes-embedded-resource is true",
        );
        match kind {
            "" => errors.required(&at, why),
            kind => errors.invalid(&at, kind, why),
        }
    } else if kind.is_empty() && !open {
        errors.required(&path.child("type"), untyped);
    } else if !kind.is_empty() && !TYPES.contains(&kind) {
        errors.not_supported(&path.child("type"), kind, &TYPES);
    }
    common(schema, path, errors);
    embedded::schema(schema, path, errors);
    let properties = schema.get("properties").and_then(Value::as_object);
    match present(schema, "additionalProperties") {
        Some(others)
            if *others != Value::Bool(true)
                && properties.is_some_and(|properties| !properties.is_empty()) =>
        {
            errors.forbidden(
                &path.child("additionalProperties"),
                "additionalProperties and properties are mutual exclusive",
            );
        }
        Some(values) if values.is_object() => {
            let text = "must not be empty for specified object fields";
            structural(values, &path.child("additionalProperties"), text, errors);
        }
        _ => {}
    }
    let folder = path.child("properties");
    for (name, property) in properties.into_iter().flatten() {
        structural(
            property,
            &folder.key(name),
            "must not be empty for specified object fields",
            errors,
        );
    }
    match present(schema, "items") {
        Some(Value::Array(_)) => errors.forbidden(
            &path.child("items"),
            "items must be a schema object and not an array",
        ),
        Some(items) => structural(
            items,
            &path.child("items"),
            "must not be empty for specified array items",
            errors,
        ),
        None if kind == "array" => errors.required(&path.child("items"), "must be specified"),
        None => {}
    }
    merging(schema, path, errors);
    for name in ["allOf", "anyOf", "oneOf"] {
        let folder = path.child(name);
        for (index, nested) in schema
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            nested_validation(schema, nested, &folder.index(index), errors);
        }
    }
    if let Some(nested) = present(schema, "not") {
        nested_validation(schema, nested, &path.child("not"), errors);
    }
    if let Some(default) = present(schema, "default") {
        let at = path.child("default");
        if !keeps_all(default, Some(schema)) {
            errors.invalid(&at, default.clone(), "must not have unknown fields");
        }
        let patterns = super::Patterns::default();
        let walk = Walk::new(&patterns, MAX_STEPS).below(&at);
        super::validate::value(schema, default, &at, &walk, errors);
    }
}

fn common(schema: &Value, path: &Path<'_>, errors: &mut Errors) {
    for name in REFUSED {
        if is_refused(schema, name) {
            errors.forbidden(&path.child(name), format!("{name} is not supported"));
        }
    }
    if is(schema, "uniqueItems") {
        let text =
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        errors.forbidden(&path.child("uniqueItems"), text);
    }
    if schema
        .get("x-kubernetes-validations")
        .and_then(Value::as_array)
        .is_some_and(|rules| !rules.is_empty())
    {
        let text = "rules in CEL are not supported by this server";
        errors.forbidden(&path.child("x-kubernetes-validations"), text);
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
        && let Err(why) = super::pattern::compile(pattern)
    {
        errors.invalid(
            &path.child("pattern"),
            pattern,
            format!("must be a valid regular expression, but isn't: {why}"),
        );
    }
}

/// What says how lists and maps are merged, in upstream's order.
fn merging(schema: &Value, path: &Path<'_>, errors: &mut Errors) {
    let list = list_type(schema);
    if list == Some("set") {
        of_set(&schema["items"], &path.child("items"), errors);
    }
    kind_of_merging(
        schema,
        (MAP_TYPE, "object", &["atomic", "granular"]),
        path,
        errors,
    );
    kind_of_merging(
        schema,
        (LIST_TYPE, "array", &["atomic", "map", "set"]),
        path,
        errors,
    );
    let keys = list_keys(schema);
    let needs_map = "must be map if x-kubernetes-list-map-keys is non-empty";
    match list {
        Some("map") => of_map(schema, path, errors),
        None if !keys.is_empty() => errors.required(&path.child(LIST_TYPE), needs_map),
        Some(other) if !keys.is_empty() => {
            errors.invalid(&path.child(LIST_TYPE), other, needs_map);
        }
        _ => {}
    }
    if list == Some("map") || list == Some("set") {
        told_apart(schema, path, errors);
    }
}

fn list_type(schema: &Value) -> Option<&str> {
    schema.get(LIST_TYPE).and_then(Value::as_str)
}

fn list_keys(schema: &Value) -> &[Value] {
    let keys = schema.get(LIST_KEYS).and_then(Value::as_array);
    keys.map(Vec::as_slice).unwrap_or_default()
}

/// A way to merge is of one type alone, and one of those that there are.
fn kind_of_merging(
    schema: &Value,
    (name, wanted, known): (&str, &str, &[&str]),
    path: &Path<'_>,
    errors: &mut Errors,
) {
    let Some(given) = schema.get(name).and_then(Value::as_str) else {
        return;
    };
    let kind = schema["type"].as_str().unwrap_or_default();
    let why = format!("must be {wanted} if {name} is specified");
    match kind {
        "" => errors.required(&path.child("type"), &why),
        kind if kind != wanted => errors.invalid(&path.child("type"), kind, why),
        _ => {}
    }
    if !known.contains(&given) {
        errors.not_supported(&path.child(name), given, known);
    }
}

/// Items of a list of type map are objects with their keys.
fn of_map(schema: &Value, path: &Path<'_>, errors: &mut Errors) {
    let (keys, at_keys) = (list_keys(schema), path.child(LIST_KEYS));
    if keys.is_empty() {
        let why = "must not be empty if x-kubernetes-list-type is map";
        errors.required(&at_keys, why);
    }
    let at_items = path.child("items");
    let Some(items) = present(schema, "items").filter(|it| it.is_object()) else {
        return;
    };
    let kind = items["type"].as_str().unwrap_or_default();
    if kind != "object" {
        let why = "must be object if parent array's x-kubernetes-list-type is map";
        errors.invalid(&at_items.child("type"), kind, why);
    }
    let properties = at_items.child("properties");
    let mut seen = HashSet::new();
    for key in keys {
        let name = key.as_str().unwrap_or_default();
        match items["properties"].get(name) {
            None => {
                let why = "entries must all be names of item properties";
                errors.invalid(&at_keys, keys.to_vec(), why);
            }
            Some(property) if matches!(property["type"].as_str(), Some("object" | "array")) => {
                let why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                let at = properties.key(name);
                errors.invalid(&at.child("type"), property["type"].clone(), why);
            }
            Some(_) => {}
        }
        if !seen.insert(name) {
            errors.invalid(
                &at_keys,
                keys.to_vec(),
                "must not contain duplicate entries",
            );
        }
    }
}

/// What items of sets and maps are told apart by is always there.
fn told_apart(schema: &Value, path: &Path<'_>, errors: &mut Errors) {
    let (items, at_items) = (&schema["items"], path.child("items"));
    let list = list_type(schema).unwrap_or_default();
    if is(items, "nullable") {
        let why = format!("cannot be nullable when x-kubernetes-list-type is {list}");
        errors.forbidden(&at_items.child("nullable"), why);
    }
    let required = items["required"].as_array().map(Vec::as_slice);
    let required = required.unwrap_or_default();
    let properties = at_items.child("properties");
    let keys = list_keys(schema).iter().filter(|_| list == "map");
    for key in keys {
        let name = key.as_str().unwrap_or_default();
        let Some(property) = items["properties"].get(name) else {
            continue;
        };
        let at = properties.key(name);
        if !required.contains(key) && present(property, "default").is_none() {
            let why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            errors.required(&at.child("default"), why);
        }
        if is(property, "nullable") {
            let why = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            errors.forbidden(&at.child("nullable"), why);
        }
    }
}

/// Items of a set are compared as a whole.
fn of_set(items: &Value, path: &Path<'_>, errors: &mut Errors) {
    let name = match items["type"].as_str() {
        Some("array") => "x-kubernetes-list-type",
        Some("object") => "x-kubernetes-map-type",
        _ => return,
    };
    let kind = items.get(name).and_then(Value::as_str);
    // What is not said is atomic in lists, and not in objects.
    let atomic = match kind {
        None => name == "x-kubernetes-list-type",
        Some(kind) => kind == "atomic",
    };
    if !atomic {
        let why = "must be atomic as item of a list with x-kubernetes-list-type=set";
        errors.invalid(
            &path.child(name),
            items["x-kubernetes-list-type"].clone(),
            why,
        );
    }
}

/// Beside the structure: validations of values whose types the structure gives.
fn nested_validation(owner: &Value, schema: &Value, path: &Path<'_>, errors: &mut Errors) {
    if errors.full() {
        return;
    }
    // The one pattern upstream lets say types: integer or string.
    let int_or_string = is(owner, "x-kubernetes-int-or-string");
    for (name, wanted) in STRUCTURE {
        let set = present(schema, name).is_some_and(|value| value != false && value != "");
        if set && !(int_or_string && name == "type") {
            errors.forbidden(
                &path.child(name),
                format!("must be {wanted} to be structural"),
            );
        }
    }
    common(schema, path, errors);
    let folder = path.child("properties");
    for (name, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        nested_validation(&Value::Null, property, &folder.key(name), errors);
    }
    if let Some(items) = present(schema, "items").filter(|items| items.is_object()) {
        nested_validation(&Value::Null, items, &path.child("items"), errors);
    }
    for name in ["allOf", "anyOf", "oneOf"] {
        let folder = path.child(name);
        for (index, nested) in schema
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
        {
            nested_validation(owner, nested, &folder.index(index), errors);
        }
    }
    if let Some(nested) = present(schema, "not") {
        nested_validation(owner, nested, &path.child("not"), errors);
    }
}
