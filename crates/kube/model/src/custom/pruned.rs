//! Whether a value keeps all it has when fields are dropped that its schema does not know.

use serde_json::Value;

use super::embedded;

const HEAD: [&str; 3] = ["apiVersion", "kind", "metadata"];

fn is(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

/// `schema` is none where fields may be anything and have no schema of their own.
pub fn keeps_all(value: &Value, schema: Option<&Value>) -> bool {
    let preserves = schema.is_some_and(|it| is(it, "x-kubernetes-preserve-unknown-fields"));
    match value {
        Value::Object(object) => {
            let Some(schema) = schema else {
                return object.is_empty();
            };
            let embedded = embedded::is_marked(schema);
            object.iter().all(|(name, member)| {
                let property = schema.get("properties").and_then(|it| it.get(name));
                match (property, schema.get("additionalProperties")) {
                    _ if embedded && HEAD.contains(&name.as_str()) => true,
                    (Some(property), _) => keeps_all(member, Some(property)),
                    (None, Some(others @ Value::Object(_))) => keeps_all(member, Some(others)),
                    // Where there may be no others they are refused, and not dropped.
                    (None, Some(Value::Bool(_))) => keeps_all(member, None),
                    (None, _) => preserves,
                }
            })
        }
        Value::Array(list) => {
            let items = schema.and_then(|it| it.get("items"));
            list.iter().all(|it| match preserves {
                // Without a schema of their own, items are kept as what they are in.
                true if items.is_none() => true,
                _ => keeps_all(it, items),
            })
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_no_schema_knows_is_not_kept() {
        let text = json!({"type": "string"});
        let object = json!({"type": "object", "properties": {"a": text}});
        let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"o": object}});
        let map = json!({"type": "object", "additionalProperties": object});
        let list = json!({"type": "array", "items": object});
        let embedded = json!({"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": object}});
        for (value, schema, expected) in [
            (json!("x"), &text, true),
            (json!({"a": "x"}), &object, true),
            (json!({"b": "x"}), &object, false),
            (json!({"b": {"c": 1}, "o": {"a": "x"}}), &open, true),
            (json!({"o": {"b": "x"}}), &open, false),
            (json!({"any": {"a": "x"}}), &map, true),
            (json!({"any": {"b": "x"}}), &map, false),
            (json!([{"a": "x"}, {"b": "x"}]), &list, false),
            (
                json!({"kind": "K", "metadata": {"x": 1}, "spec": {"a": ""}}),
                &embedded,
                true,
            ),
            (json!({"kind": "K", "status": {}}), &embedded, false),
        ] {
            assert_eq!(keeps_all(&value, Some(schema)), expected, "{value}");
        }
    }
}
