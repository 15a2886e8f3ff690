//! Objects of the API within custom resources: their heads are held to what every object's is.

use serde_json::{Map, Value};

use crate::{
    field::{Errors, Path},
    names,
    validate::meta,
};

const EMBEDDED: &str = "x-kubernetes-embedded-resource";

pub fn is_marked(schema: &Value) -> bool {
    schema.get(EMBEDDED) == Some(&Value::Bool(true))
}

/// What a definition may say of such an object.
pub fn schema(schema: &Value, path: &Path<'_>, errors: &mut Errors) {
    if !is_marked(schema) {
        return;
    }
    let set = |name: &str| schema.get(name).filter(|it| !it.is_null());
    if set("additionalProperties").is_some() {
        errors.forbidden(
            &path.child("additionalProperties"),
            "must not be used if x-kubernetes-embedded-resource is set",
        );
    }
    let properties = set("properties").and_then(Value::as_object);
    let folder = path.child("properties");
    for (name, wanted) in [
        ("kind", "string"),
        ("apiVersion", "string"),
        ("metadata", "object"),
    ] {
        let Some(property) = properties.and_then(|it| it.get(name)) else {
            continue;
        };
        let kind = property["type"].as_str().unwrap_or_default();
        if kind != wanted {
            let at = folder.key(name);
            errors.invalid(&at.child("type"), kind, format!("must be {wanted}"));
        }
    }
    let preserves = schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    if !preserves && properties.is_none_or(Map::is_empty) {
        errors.required(
            &folder,
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        );
    }
    if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
        errors.invalid(
            &path.child(EMBEDDED),
            true,
            "must be false if x-kubernetes-int-or-string is true",
        );
    }
}

/// What is wrong with the head of such an object.
pub fn object(object: &Map<String, Value>, path: &Path<'_>, errors: &mut Errors) {
    const EMPTY: &str = "must not be empty";
    for name in ["apiVersion", "kind"] {
        let at = path.child(name);
        match object.get(name) {
            None => errors.required(&at, EMPTY),
            Some(Value::String(text)) if text.is_empty() => errors.invalid(&at, "", EMPTY),
            Some(Value::String(text)) if name == "kind" => {
                let faults = names::dns1035_label(&text.to_lowercase());
                if !faults.is_empty() {
                    let faults = faults.join(",");
                    let why = format!("may have mixed case, but should otherwise match: {faults}");
                    errors.invalid(&at, text.as_str(), why);
                }
            }
            Some(Value::String(text)) => {
                if text.matches('/').count() > 1 {
                    let why = format!("unexpected GroupVersion string: {text}");
                    errors.invalid(&at, text.as_str(), why);
                }
            }
            Some(other) => errors.invalid(&at, other.clone(), "must be a string"),
        }
    }
    if let Some(metadata) = object.get("metadata").filter(|it| it.is_object()) {
        let at = path.child("metadata");
        meta::labels(metadata, "labels", &at, errors);
        meta::annotations(metadata, &at, errors);
    }
}
