//! Schemas of custom resources as OpenAPI has them, as upstream publishes them: `kubectl explain` and clients that check what they
//! send read them.

use serde_json::{Map, Value, json};

use super::Dialect;

const KEEPS: &str = "x-kubernetes-preserve-unknown-fields";
const EMBEDDED: &str = "x-kubernetes-embedded-resource";
const EITHER: &str = "x-kubernetes-int-or-string";
/// What is not said where it is not so.
const FLAGS: [&str; 7] = [
    KEEPS,
    EMBEDDED,
    EITHER,
    "nullable",
    "uniqueItems",
    "exclusiveMinimum",
    "exclusiveMaximum",
];
/// What objects inside of others have in words of their own.
const INSIDE: [(&str, &str); 2] = [
    (
        "apiVersion",
        "apiVersion defines the versioned schema of this representation of an object. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
    ),
    (
        "kind",
        "kind is a string value representing the type of this object. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
    ),
];

fn is(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

/// A schema without what all objects have. It has `properties`, unless clients would take everything else for unknown.
pub fn published(schema: Option<&Value>, dialect: Dialect) -> Value {
    let Some(schema) = schema else {
        return json!({"type": "object"});
    };
    let mut made = schema.clone();
    each(&mut made, &mut without_false);
    match dialect {
        Dialect::V2 if is(schema, KEEPS) => return json!({"type": "object"}),
        Dialect::V2 => {
            plain(&mut made);
            // As with built-in kinds.
            each(&mut made, &mut without_default);
        }
        Dialect::V3 => each(&mut made, &mut unfolded),
    }
    if !made["properties"].is_object() {
        made["properties"] = json!({});
    }
    made
}

/// A schema and all those inside it, each before what is inside.
fn each(schema: &mut Value, act: &mut dyn FnMut(&mut Value)) {
    act(schema);
    for (name, inner) in schema.as_object_mut().into_iter().flatten() {
        match (name.as_str(), inner) {
            ("properties", Value::Object(properties)) => {
                properties.values_mut().for_each(|it| each(it, act));
            }
            ("items" | "additionalProperties", inner) => each(inner, act),
            _ => {}
        }
    }
}

fn without_false(schema: &mut Value) {
    if let Value::Object(object) = schema {
        object.retain(|name, it| *it != Value::Bool(false) || !FLAGS.contains(&name.as_str()));
    }
}

fn without_default(schema: &mut Value) {
    if let Value::Object(object) = schema {
        object.shift_remove("default");
    }
}

/// Tells those who do not know the extension by what they know: a whole number or a text.
fn unfolded(schema: &mut Value) {
    if !is(schema, EITHER) || is_either(&schema["anyOf"]) || is_either(&schema["allOf"][0]["anyOf"])
    {
        return;
    }
    let either = json!([{"type": "integer"}, {"type": "string"}]);
    if !schema["anyOf"].is_array() {
        schema["anyOf"] = either;
        return;
    }
    let own = schema["allOf"].as_array().cloned().unwrap_or_default();
    let all: Vec<Value> = [json!({ "anyOf": either })]
        .into_iter()
        .chain(own)
        .collect();
    schema["allOf"] = all.into();
}

fn is_either(any: &Value) -> bool {
    let any = any.as_array().map(Vec::as_slice);
    matches!(any, Some([a, b]) if a["type"] == "integer" && b["type"] == "string")
}

/// Puts `parts`, which all objects have, into the schema and into those of objects inside it.
pub fn complete(schema: &mut Value, parts: &Map<String, Value>, dialect: Dialect) {
    for (name, part) in parts {
        schema["properties"][name] = part.clone();
    }
    let mut inside = parts.clone();
    for (name, text) in INSIDE {
        if let Some(part) = inside.get_mut(name) {
            part["description"] = text.into();
        }
    }
    each(schema, &mut |it: &mut Value| embedded(it, &inside, dialect));
}

fn embedded(schema: &mut Value, parts: &Map<String, Value>, dialect: Dialect) {
    // Where properties left with what OpenAPI 2 cannot say, these would be all there are.
    if !is(schema, EMBEDDED) || (is(schema, KEEPS) && dialect == Dialect::V2) {
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
    if is(object, EITHER) {
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
    fn what_is_not_so_is_not_said() {
        let schema = json!({"type": "object", "default": {}, "properties": {
            "default": {"type": "string", "nullable": false, "default": "a"},
            "many": {"type": "array", "uniqueItems": false, "items": {"type": "string", EITHER: false}}}});
        let mut properties = json!({"default": {"type": "string", "default": "a"},
            "many": {"type": "array", "items": {"type": "string"}}});
        let three = json!({"type": "object", "default": {}, "properties": properties});
        assert_eq!(published(Some(&schema), Dialect::V3), three);
        properties["default"] = json!({"type": "string"});
        let two = json!({"type": "object", "properties": properties});
        assert_eq!(published(Some(&schema), Dialect::V2), two);
    }

    #[test]
    fn what_is_a_number_or_a_text_is_told_in_words_of_openapi() {
        let either = json!([{"type": "integer"}, {"type": "string"}]);
        let three = |port: Value| {
            let schema = json!({"type": "object", "properties": {"port": port}});
            published(Some(&schema), Dialect::V3)["properties"]["port"].take()
        };
        assert_eq!(
            three(json!({EITHER: true})),
            json!({EITHER: true, "anyOf": either})
        );
        let said = json!({EITHER: true, "anyOf": either, "allOf": [{"pattern": "a"}]});
        assert_eq!(three(said.clone()), said);
        let said = json!({EITHER: true, "allOf": [{"anyOf": either}, {"pattern": "a"}]});
        assert_eq!(three(said.clone()), said);
        let other = json!([{"pattern": "a"}, {"minimum": 1}]);
        let wanted =
            json!({EITHER: true, "anyOf": other, "allOf": [{"anyOf": either}, {"pattern": "b"}]});
        let given = json!({EITHER: true, "anyOf": other, "allOf": [{"pattern": "b"}]});
        assert_eq!(three(given), wanted);
        let two =
            json!({"type": "object", "properties": {"port": {EITHER: true, "anyOf": either}}});
        let two = published(Some(&two), Dialect::V2);
        assert_eq!(two["properties"]["port"], json!({EITHER: true}));
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
