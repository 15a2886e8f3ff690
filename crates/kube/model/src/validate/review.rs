//! What a review of access is narrowed to, by fields and by labels.

use serde_json::Value;

use crate::{
    field::{Errors, Path},
    names,
    view::{items, member, text, texts},
};

/// Of `spec.resourceAttributes`.
pub fn selectors(attributes: &Value, path: &Path<'_>, errors: &mut Errors) {
    for name in ["fieldSelector", "labelSelector"] {
        let Some(selector) = member(attributes, name) else {
            continue;
        };
        let path = path.child(name);
        let (raw, list) = (
            text(selector, "rawSelector"),
            items(selector, "requirements"),
        );
        let at = path.child("requirements");
        match (raw.is_empty(), list.is_empty()) {
            (false, false) => errors.invalid(
                &path.child("rawSelector"),
                raw,
                "may not specified at the same time as requirements",
            ),
            (true, true) => {
                let why =
                    format!("when {path} is specified, requirements or rawSelector is required");
                errors.required(&at, &why);
            }
            _ => {}
        }
        for (index, one) in list.iter().enumerate() {
            if errors.full() {
                return;
            }
            requirement(one, name == "labelSelector", &at.index(index), errors);
        }
    }
}

/// An operator that is not known narrows nothing: clients may be newer than the server.
fn requirement(one: &Value, of_labels: bool, path: &Path<'_>, errors: &mut Errors) {
    let (key, at) = (text(one, "key"), path.child("key"));
    if !of_labels && key.is_empty() {
        errors.required(&at, "must be specified");
    }
    let values = path.child("values");
    let none = items(one, "values").is_empty();
    match text(one, "operator") {
        "In" | "NotIn" if none => errors.required(
            &values,
            "must be specified when `operator` is 'In' or 'NotIn'",
        ),
        "Exists" | "DoesNotExist" if !none => errors.forbidden(
            &values,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
        _ => {}
    }
    if of_labels {
        errors.invalid_all(&at, key, names::qualified_name(key));
        for (index, value) in texts(one, "values").enumerate() {
            errors.invalid_all(&values.index(index), value, names::label_value(value));
        }
    }
}
