//! Schemas of custom resources as OpenAPI has them, as upstream publishes them: `kubectl explain` and clients that check what they
//! send read them.

use serde_json::{Map, Value, json};

use super::Dialect;

const KEEPS: &str = "x-kubernetes-preserve-unknown-fields";
const EMBEDDED: &str = "x-kubernetes-embedded-resource";

fn is(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

/// A schema without what all objects have. It has `properties`, unless clients would take everything else for unknown.
pub fn published(schema: Option<&Value>, dialect: Dialect) -> Value {
    let Some(schema) = schema else {
        return json!({"type": "object"});
    };
    let mut made = schema.clone();
    if dialect == Dialect::V2 {
        if is(schema, KEEPS) {
            return json!({"type": "object"});
        }
        plain(&mut made);
    }
    if !made["properties"].is_object() {
        made["properties"] = json!({});
    }
    made
}

/// Puts `parts`, which all objects have, into the schema and into those of objects inside it.
pub fn complete(schema: &mut Value, parts: &Map<String, Value>) {
    for (name, part) in parts {
        schema["properties"][name] = part.clone();
    }
    embedded(schema, parts);
}

fn embedded(schema: &mut Value, parts: &Map<String, Value>) {
    let inner = schema.get_mut("properties").and_then(Value::as_object_mut);
    // Parts have nothing inside.
    for property in inner.into_iter().flat_map(Map::values_mut) {
        embedded(property, parts);
    }
    for name in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(name) {
            embedded(inner, parts);
        }
    }
    // Where properties left with what OpenAPI 2 cannot say, these would be all there are.
    if !is(schema, EMBEDDED) || (is(schema, KEEPS) && schema.get("properties").is_none()) {
        return;
    }
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    for (name, part) in parts {
        schema["properties"][name] = part.clone();
    }
    let mut required = schema["required"].as_array().cloned().unwrap_or_default();
    for name in ["kind", "apiVersion"] {
        if !required.iter().any(|it| it == name) {
            required.push(name.into());
        }
    }
    schema["required"] = required.into();
}

/// A schema with what OpenAPI 2 knows of it.
fn plain(schema: &mut Value) {
    let Value::Object(object) = schema else {
        return;
    };
    for name in ["oneOf", "anyOf", "not", "allOf", "x-kubernetes-validations"] {
        object.shift_remove(name);
    }
    let is = |object: &Map<String, Value>, name: &str| object.get(name) == Some(&Value::Bool(true));
    if is(object, "nullable") {
        // Without a type clients let null through.
        for name in ["nullable", "type", "properties", "items"] {
            object.shift_remove(name);
        }
    }
    if is(object, "x-kubernetes-int-or-string") {
        object.shift_remove("type");
    }
    if is(object, KEEPS) {
        // Clients would call unknown what the server keeps.
        object.shift_remove("properties");
        object.shift_remove("items");
        // Of an object without properties they would check each value, and take null for none.
        if object.get("type").is_some_and(|it| it == "object") {
            object.shift_remove("type");
        }
    }
    // Nor do they know an array of they do not know what.
    if object.get("type").is_some_and(|it| it == "array") && object.get("items").is_none() {
        object.shift_remove("type");
    }
    without_nullable(object);
    for name in ["items", "additionalProperties"] {
        object.get_mut(name).into_iter().for_each(plain);
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        properties.values_mut().for_each(plain);
    }
}

/// To clients null is nothing, so what may be null must not be required.
fn without_nullable(object: &mut Map<String, Value>) {
    let may_be_null = |it: Option<&Value>| it.is_some_and(|it| is(it, "nullable"));
    if may_be_null(object.get("additionalProperties")) {
        object.shift_remove("required");
        return;
    }
    let properties = object.get("properties").cloned().unwrap_or_default();
    let Some(Value::Array(required)) = object.get_mut("required") else {
        return;
    };
    required.retain(|it| !may_be_null(it.as_str().and_then(|name| properties.get(name))));
    if required.is_empty() {
        object.shift_remove("required");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plainly(schema: Value) -> Value {
        let mut schema = schema;
        plain(&mut schema);
        schema
    }

    #[test]
    fn what_clients_of_openapi_2_would_refuse_is_left_out() {
        let keeps = json!({"type": "object", "description": "d", KEEPS: true, "properties": {"a": {"type": "object"}}});
        assert_eq!(plainly(keeps), json!({"description": "d", KEEPS: true}));
        let list = json!({"type": "array", KEEPS: true, "items": {"type": "string"}});
        assert_eq!(plainly(list), json!({KEEPS: true}));
        let nullable = json!({"type": "object", "required": ["a", "b"], "properties": {
            "a": {"type": "string", "nullable": true}, "b": {"type": "string"}}});
        let wanted = json!({"type": "object", "required": ["b"], "properties": {"a": {}, "b": {"type": "string"}}});
        assert_eq!(plainly(nullable), wanted);
        let map = json!({"type": "object", "required": ["a"], "additionalProperties": {"type": "string", "nullable": true}});
        let wanted = json!({"type": "object", "additionalProperties": {}});
        assert_eq!(plainly(map), wanted);
    }
}
