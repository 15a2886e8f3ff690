//! The protobuf of an OpenAPI 2 document (`openapi.v2` of gnostic), which kubectl before 1.27 asks for.

use crate::codec::wire::{put_bytes, put_message, put_number};
use serde_json::{Map, Value};

/// What a member becomes: its field's number and shape.
enum Shape {
    Text,
    Flag,
    Texts,
    Message(Fields),
    Messages(Fields),
    /// `name = 1, value = 2` for each member.
    Named(Fields),
    /// In a message of its own around it.
    NamedIn(Fields),
    /// A YAML value in an `Any`.
    Yaml,
    /// A type's name in a `TypeItem`.
    Type,
    /// An object in a message that holds it as field 1.
    Wrapped(Fields),
    Parameters,
    Responses,
}

/// Members of a message; what is not among them is a vendor extension.
type Fields = fn(&str) -> Option<(u32, Shape)>;

fn document_fields(name: &str) -> Option<(u32, Shape)> {
    Some(match name {
        "swagger" => (1, Shape::Text),
        "info" => (2, Shape::Message(info_fields)),
        "paths" => (8, Shape::NamedIn(item_fields)),
        "definitions" => (9, Shape::NamedIn(schema_fields)),
        _ => return None,
    })
}

fn info_fields(name: &str) -> Option<(u32, Shape)> {
    Some(match name {
        "title" => (1, Shape::Text),
        "version" => (2, Shape::Text),
        _ => return None,
    })
}

fn item_fields(name: &str) -> Option<(u32, Shape)> {
    Some(match name {
        "get" => (2, Shape::Message(operation_fields)),
        "put" => (3, Shape::Message(operation_fields)),
        "post" => (4, Shape::Message(operation_fields)),
        "delete" => (5, Shape::Message(operation_fields)),
        "options" => (6, Shape::Message(operation_fields)),
        "head" => (7, Shape::Message(operation_fields)),
        "patch" => (8, Shape::Message(operation_fields)),
        "parameters" => (9, Shape::Parameters),
        _ => return None,
    })
}

fn operation_fields(name: &str) -> Option<(u32, Shape)> {
    Some(match name {
        "tags" => (1, Shape::Texts),
        "operationId" => (5, Shape::Text),
        "produces" => (6, Shape::Texts),
        "consumes" => (7, Shape::Texts),
        "parameters" => (8, Shape::Parameters),
        "responses" => (9, Shape::Responses),
        "schemes" => (10, Shape::Texts),
        _ => return None,
    })
}

fn body_fields(name: &str) -> Option<(u32, Shape)> {
    Some(match name {
        "name" => (2, Shape::Text),
        "in" => (3, Shape::Text),
        "schema" => (5, Shape::Message(schema_fields)),
        _ => return None,
    })
}

fn query_fields(name: &str) -> Option<(u32, Shape)> {
    Some(match name {
        "in" => (2, Shape::Text),
        "description" => (3, Shape::Text),
        "name" => (4, Shape::Text),
        "type" => (6, Shape::Text),
        "uniqueItems" => (20, Shape::Flag),
        _ => return None,
    })
}

fn path_fields(name: &str) -> Option<(u32, Shape)> {
    Some(match name {
        "required" => (1, Shape::Flag),
        "in" => (2, Shape::Text),
        "description" => (3, Shape::Text),
        "name" => (4, Shape::Text),
        "type" => (5, Shape::Text),
        "uniqueItems" => (19, Shape::Flag),
        _ => return None,
    })
}

fn response_fields(name: &str) -> Option<(u32, Shape)> {
    Some(match name {
        "description" => (1, Shape::Text),
        "schema" => (2, Shape::Wrapped(schema_fields)),
        _ => return None,
    })
}

fn schema_fields(name: &str) -> Option<(u32, Shape)> {
    Some(match name {
        "$ref" => (1, Shape::Text),
        "format" => (2, Shape::Text),
        "title" => (3, Shape::Text),
        "description" => (4, Shape::Text),
        "default" => (5, Shape::Yaml),
        "pattern" => (13, Shape::Text),
        "required" => (19, Shape::Texts),
        "additionalProperties" => (21, Shape::Wrapped(schema_fields)),
        "type" => (22, Shape::Type),
        "items" => (23, Shape::Wrapped(schema_fields)),
        "allOf" => (24, Shape::Messages(schema_fields)),
        "properties" => (25, Shape::Wrapped(named_schemas)),
        _ => return None,
    })
}

/// Every member is a schema with a name.
fn named_schemas(_: &str) -> Option<(u32, Shape)> {
    Some((1, Shape::Named(schema_fields)))
}

pub fn document(document: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, document_fields, document, 0);
    out
}

fn message(out: &mut Vec<u8>, fields: Fields, value: &Value, extension: u32) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match fields(name) {
            Some((number, shape)) => field(out, number, &shape, name, value),
            None if extension > 0 && name.starts_with("x-") => {
                put_message(out, extension, |out| {
                    put_bytes(out, 1, name.as_bytes());
                    put_message(out, 2, |out| put_bytes(out, 2, yaml(value).as_bytes()));
                });
            }
            // What kubectl has no use for: security, bounds of numbers.
            None => {}
        }
    }
}

/// JSON is YAML.
fn yaml(value: &Value) -> String {
    value.to_string()
}

fn extension_of(fields: Fields) -> u32 {
    if fields("operationId").is_some() {
        13
    } else if fields("$ref").is_some() {
        31
    } else {
        0
    }
}

fn field(out: &mut Vec<u8>, number: u32, shape: &Shape, name: &str, value: &Value) {
    let text = value.as_str().unwrap_or_default();
    match shape {
        Shape::Text => put_bytes(out, number, text.as_bytes()),
        Shape::Flag => put_number(out, number, u64::from(value.as_bool().unwrap_or_default())),
        Shape::Texts => {
            for text in value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                put_bytes(out, number, text.as_bytes());
            }
        }
        Shape::Yaml => put_message(out, number, |out| put_bytes(out, 2, yaml(value).as_bytes())),
        Shape::Type => put_message(out, number, |out| put_bytes(out, 1, text.as_bytes())),
        Shape::Message(fields) => put_message(out, number, |out| {
            message(out, *fields, value, extension_of(*fields))
        }),
        Shape::Messages(fields) => {
            for value in value.as_array().into_iter().flatten() {
                put_message(out, number, |out| {
                    message(out, *fields, value, extension_of(*fields))
                });
            }
        }
        Shape::Named(fields) => named(out, number, *fields, name, value),
        Shape::NamedIn(fields) => put_message(out, number, |out| {
            let number = if name == "paths" { 2 } else { 1 };
            for (name, value) in value.as_object().into_iter().flatten() {
                named(out, number, *fields, name, value);
            }
        }),
        Shape::Wrapped(fields) if name == "properties" => {
            put_message(out, number, |out| message(out, *fields, value, 0));
        }
        Shape::Wrapped(_) if value.is_boolean() => {
            put_message(out, number, |out| {
                put_number(out, 2, u64::from(value == &Value::Bool(true)))
            });
        }
        Shape::Wrapped(fields) => put_message(out, number, |out| {
            put_message(out, 1, |out| {
                message(out, *fields, value, extension_of(*fields))
            });
        }),
        Shape::Parameters => {
            for parameter in value.as_array().into_iter().flatten() {
                put_message(out, number, |out| {
                    put_message(out, 1, |out| parameter_message(out, parameter))
                });
            }
        }
        Shape::Responses => put_message(out, number, |out| {
            for (code, response) in value.as_object().unwrap_or(&Map::new()) {
                put_message(out, 1, |out| {
                    put_bytes(out, 1, code.as_bytes());
                    put_message(out, 2, |out| {
                        put_message(out, 1, |out| message(out, response_fields, response, 0))
                    });
                });
            }
        }),
    }
}

fn named(out: &mut Vec<u8>, number: u32, fields: Fields, name: &str, value: &Value) {
    put_message(out, number, |out| {
        put_bytes(out, 1, name.as_bytes());
        put_message(out, 2, |out| {
            message(out, fields, value, extension_of(fields))
        });
    });
}

fn parameter_message(out: &mut Vec<u8>, parameter: &Value) {
    match parameter["in"].as_str() {
        Some("body") => put_message(out, 1, |out| message(out, body_fields, parameter, 0)),
        Some("query") => put_message(out, 2, |out| {
            put_message(out, 3, |out| message(out, query_fields, parameter, 0))
        }),
        _ => put_message(out, 2, |out| {
            put_message(out, 4, |out| message(out, path_fields, parameter, 0))
        }),
    }
}
