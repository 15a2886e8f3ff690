//! Events, in the shape they are stored in or in that of their own group.

use serde_json::Value;

use crate::{
    field::{Errors, Path},
    names,
    view::{member, number, text, text_at},
};

/// An event lies in the namespace of what it is about; one about the cluster in `default`.
pub fn event(object: &Value, errors: &mut Errors) {
    let own = text_at(object, &["metadata", "namespace"]);
    let about = member(object, "involvedObject").or_else(|| member(object, "regarding"));
    let namespace = text(about.unwrap_or(&Value::Null), "namespace");
    let agree = if namespace.is_empty() {
        matches!(own, "" | "default")
    } else {
        namespace == own
    };
    if !agree {
        let path = Path::root("involvedObject");
        errors.invalid(
            &path.child("namespace"),
            namespace,
            "does not match event.namespace",
        );
    }
}

/// Of the group `events.k8s.io`, whose writers say who they are and what they did.
pub fn full(object: &Value, errors: &mut Errors) {
    event(object, errors);
    if text(object, "eventTime").is_empty() {
        errors.required(&Path::root("eventTime"), "");
    }
    let kind = text(object, "type");
    if !matches!(kind, "Normal" | "Warning") {
        errors.invalid(
            &Path::root("type"),
            "",
            format!("has invalid value: {kind}"),
        );
    }
    let either = |one: &str, other: &str| {
        let found = text(object, one);
        if found.is_empty() {
            text(object, other).to_owned()
        } else {
            found.to_owned()
        }
    };
    let controller = either("reportingComponent", "reportingController");
    let at = Path::root("reportingController");
    if controller.is_empty() {
        errors.required(&at, "");
    } else {
        errors.invalid_all(&at, &controller, names::qualified_name(&controller));
    }
    for name in ["reportingInstance", "action", "reason"] {
        limited(text(object, name), 128, true, &Path::root(name), errors);
    }
    let message = either("message", "note");
    limited(&message, 1024, false, &Path::root("message"), errors);
    if let Some(series) = member(object, "series") {
        let path = Path::root("series");
        if number(series, "count").unwrap_or(0) < 2 {
            errors.invalid(&path.child("count"), "", "should be at least 2");
        }
        if text(series, "lastObservedTime").is_empty() {
            errors.required(&path.child("lastObservedTime"), "");
        }
    }
}

fn limited(value: &str, most: usize, required: bool, path: &Path<'_>, errors: &mut Errors) {
    if value.is_empty() {
        if required {
            errors.required(path, "");
        }
    } else if value.len() > most {
        errors.invalid(path, "", format!("can have at most {most} characters"));
    }
}
