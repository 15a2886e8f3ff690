//! Events, in the shape they are stored in or in that of their own group.

use serde_json::Value;

use crate::{
    field::{Errors, Path},
    names,
    view::{member, number, text, text_at},
};

/// What holds of every event. One without a time of its own is of the old sort, and lies in the namespace of what it is about, or about
/// the cluster in `default`; others tell who says it.
pub fn event(object: &Value, errors: &mut Errors) {
    let own = text_at(object, &["metadata", "namespace"]);
    let about = member(object, "involvedObject").or_else(|| member(object, "regarding"));
    let namespace = text(about.unwrap_or(&Value::Null), "namespace");
    let is_old = text(object, "eventTime").is_empty();
    let agree = match (namespace, is_old) {
        ("", true) => matches!(own, "" | "default"),
        ("", false) => matches!(own, "default" | "kube-system"),
        (namespace, true) => namespace == own,
        (_, false) => true,
    };
    if !agree {
        let path = Path::root("involvedObject");
        errors.invalid(
            &path.child("namespace"),
            namespace,
            "does not match event.namespace",
        );
    }
    if !is_old {
        said(object, errors);
    }
}

/// The value of a field, which has another name in the shape of the other group.
fn either<'a>(object: &'a Value, one: &str, other: &str) -> &'a str {
    match text(object, one) {
        "" => text(object, other),
        found => found,
    }
}

fn said(object: &Value, errors: &mut Errors) {
    let controller = either(object, "reportingComponent", "reportingController");
    let at = Path::root("reportingController");
    if controller.is_empty() {
        errors.required(&at, "");
    }
    errors.invalid_all(&at, controller, names::qualified_name(controller));
    for name in ["reportingInstance", "action", "reason"] {
        limited(text(object, name), 128, true, &Path::root(name), errors);
    }
    let message = either(object, "message", "note");
    limited(message, 1024, false, &Path::root("message"), errors);
}

/// Of the group `events.k8s.io`, whose events have a time and nothing of the old sort.
pub fn full(object: &Value, errors: &mut Errors) {
    event(object, errors);
    if let Some(series) = member(object, "series") {
        let path = Path::root("series");
        if number(series, "count").unwrap_or(0) < 2 {
            errors.invalid(&path.child("count"), "", "should be at least 2");
        }
        if text(series, "lastObservedTime").is_empty() {
            errors.required(&path.child("lastObservedTime"), "");
        }
    }
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
    for (name, told) in [
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
    ] {
        if !either(object, name, told).is_empty() {
            errors.invalid(&Path::root(name), "", "needs to be unset");
        }
    }
    let count = number(object, "count").or_else(|| number(object, "deprecatedCount"));
    if count.unwrap_or(0) != 0 {
        errors.invalid(&Path::root("count"), "", "needs to be unset");
    }
    let source = member(object, "source").or_else(|| member(object, "deprecatedSource"));
    let source = source.unwrap_or(&Value::Null);
    if !text(source, "component").is_empty() || !text(source, "host").is_empty() {
        errors.invalid(&Path::root("source"), "", "needs to be unset");
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
