//! Custom resources: the columns of their definition, else how old they are.

use serde_json::{Value, json};
use wharf_base::clock::Timestamp;

use super::{age, duration, jsonpath::Path, name};
use crate::{
    catalog::Custom,
    view::{number, text},
};

pub fn columns(definition: &Custom) -> Vec<Value> {
    let mut out = vec![super::column("Name")];
    if definition.columns.is_empty() {
        out.push(super::column("Age:date"));
    }
    for column in &definition.columns {
        let description = match text(column, "description") {
            "" => format!(
                "Custom resource definition column (in JSONPath format): {}",
                text(column, "jsonPath")
            ),
            own => own.to_owned(),
        };
        out.push(json!({
            "name": text(column, "name"),
            "type": text(column, "type"),
            "format": text(column, "format"),
            "description": description,
            "priority": number(column, "priority").unwrap_or(0),
        }));
    }
    out
}

pub fn cells(definition: &Custom, object: &Value, now: Timestamp) -> Vec<Value> {
    let mut out = vec![name(object)];
    if definition.columns.is_empty() {
        out.push(age(object, now));
    }
    for column in &definition.columns {
        let value = Path::parse(text(column, "jsonPath"))
            .ok()
            .map(|path| path.find(object).into_iter().cloned().collect::<Vec<_>>())
            .unwrap_or_default();
        out.push(cell(text(column, "type"), &value, now));
    }
    out
}

fn cell(kind: &str, found: &[Value], now: Timestamp) -> Value {
    let Some(first) = found.first() else {
        return Value::Null;
    };
    match (kind, first) {
        // What is behind the point is left out.
        ("integer", Value::Number(number)) => {
            let float = || number.as_f64().map(|it| it as i64);
            number.as_i64().or_else(float).into()
        }
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => first.clone(),
        ("date", Value::String(text)) => match Timestamp::parse_iso8601(text) {
            Some(_) => duration::since(text, now).into(),
            None => "<invalid>".into(),
        },
        ("string", _) => {
            let texts: Vec<String> = found
                .iter()
                .map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
                .collect();
            texts.join(" ").into()
        }
        _ => Value::Null,
    }
}
