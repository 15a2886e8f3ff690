//! Objects as upstream's protobuf, byte for byte.

use super::super::wire::{put_bytes, put_double, put_message, put_number};
use super::{BASE64, MAGIC, envelope, in_protobuf, schema_props};
use crate::schema::{Kind, Node};
use crate::{Catalog, duration};
use base64::Engine as _;
use chrono::DateTime;
use serde_json::Value;

pub fn encode(catalog: &Catalog, object: &Value) -> Option<Vec<u8>> {
    let api_version = object.get("apiVersion")?.as_str()?;
    let kind = object.get("kind")?.as_str()?;
    let schema = catalog
        .schema(api_version, kind)
        .filter(|schema| in_protobuf(schema.root()))?;
    let mut raw = Vec::new();
    Encoder { catalog }.message(&mut raw, schema.root(), object);
    Some(wrap(api_version, kind, &raw))
}

fn wrap(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 64);
    out.extend_from_slice(MAGIC);
    put_message(&mut out, 1, |meta| {
        put_bytes(meta, 1, api_version.as_bytes());
        put_bytes(meta, 2, kind.as_bytes());
    });
    put_bytes(&mut out, 2, raw);
    put_bytes(&mut out, 3, b"");
    put_bytes(&mut out, 4, b"");
    out
}

pub fn encode_list<'a>(
    catalog: &Catalog,
    head: &Value,
    items: impl Iterator<Item = &'a [u8]>,
) -> Option<Vec<u8>> {
    let api_version = head.get("apiVersion")?.as_str()?;
    let kind = head.get("kind")?.as_str()?;
    let schema = catalog
        .schema(api_version, kind)
        .filter(|schema| in_protobuf(schema.root()))?;
    let number = schema.root().field("items")?.number();
    let mut raw = Vec::new();
    Encoder { catalog }.message(&mut raw, schema.root(), head);
    for item in items {
        put_bytes(&mut raw, number, envelope(item).ok()?.raw);
    }
    Some(wrap(api_version, kind, &raw))
}

/// An event without an envelope of its own behind its length, the object in it with one.
pub fn watch_frame(event: &str, object: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(object.len() + 32);
    put_bytes(&mut body, 1, event.as_bytes());
    put_message(&mut body, 2, |raw| put_bytes(raw, 1, object));
    let mut frame = Vec::with_capacity(body.len() + 4);
    frame.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend_from_slice(&body);
    frame
}

/// Clients get this text as it is, and compare it with one of their own: Go escapes what a page of HTML would take for its own.
pub fn as_go_has_it(json: String) -> String {
    const ESCAPED: [(char, &str); 5] = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ];
    if !json.contains(ESCAPED.map(|(it, _)| it)) {
        return json;
    }
    let mut text = String::with_capacity(json.len() + 64);
    for letter in json.chars() {
        match ESCAPED.iter().find(|(it, _)| *it == letter) {
            Some((_, escaped)) => text.push_str(escaped),
            None => text.push(letter),
        }
    }
    text
}

struct Encoder<'a> {
    catalog: &'a Catalog,
}

impl Encoder<'_> {
    fn message(&self, out: &mut Vec<u8>, node: Node<'_>, object: &Value) {
        let mut fields: Vec<_> = node.fields().filter(|field| field.number() != 0).collect();
        fields.sort_by_key(|field| field.number());
        for field in fields {
            let number = field.number();
            if field.inline() {
                put_message(out, number, |out| self.message(out, field.node(), object));
                continue;
            }
            let value = object.get(field.name()).unwrap_or(&Value::Null);
            match (field.node().kind(), value) {
                (Kind::List, Value::Array(list)) if !field.node().wrapped() => {
                    let Some(item) = field.node().item() else {
                        continue;
                    };
                    list.iter()
                        .for_each(|value| self.value(out, number, item, value));
                }
                (Kind::Map, Value::Object(map)) => {
                    let Some(item) = field.node().item() else {
                        continue;
                    };
                    let mut names: Vec<&String> = map.keys().collect();
                    names.sort();
                    for name in names {
                        put_message(out, number, |entry| {
                            put_bytes(entry, 1, name.as_bytes());
                            self.value(entry, 2, item, &map[name]);
                        });
                    }
                }
                (Kind::List | Kind::Map | Kind::Bytes, Value::Null) => {}
                _ if value.is_null() && field.pointer() => {}
                _ => self.value(out, number, field.node(), value),
            }
        }
    }

    fn value(&self, out: &mut Vec<u8>, number: u32, node: Node<'_>, value: &Value) {
        let text = value.as_str().unwrap_or_default();
        match node.kind() {
            Kind::Bool => put_number(out, number, u64::from(value.as_bool().unwrap_or_default())),
            Kind::Int32 | Kind::Int64 => {
                put_number(out, number, value.as_i64().unwrap_or_default() as u64)
            }
            Kind::Double => put_double(out, number, value.as_f64().unwrap_or_default()),
            Kind::String => put_bytes(out, number, text.as_bytes()),
            Kind::Bytes => put_bytes(out, number, &BASE64.decode(text).unwrap_or_default()),
            Kind::Struct => put_message(out, number, |out| self.message(out, node, value)),
            Kind::List => put_message(out, number, |out| {
                let Some(item) = node.item() else { return };
                value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .for_each(|value| self.value(out, 1, item, value));
            }),
            kind => put_message(out, number, |out| self.special(out, kind, value)),
        }
    }

    fn special(&self, out: &mut Vec<u8>, kind: Kind, value: &Value) {
        let text = value.as_str().unwrap_or_default();
        match kind {
            Kind::Quantity => put_bytes(
                out,
                1,
                if value.is_null() {
                    b"0"
                } else {
                    text.as_bytes()
                },
            ),
            Kind::Time | Kind::MicroTime => {
                if let Ok(time) = DateTime::parse_from_rfc3339(text) {
                    put_number(out, 1, time.timestamp() as u64);
                    put_number(out, 2, u64::from(time.timestamp_subsec_nanos()));
                }
            }
            Kind::Duration => put_number(out, 1, duration::nanos(text).unwrap_or_default() as u64),
            Kind::IntOrString => {
                put_number(out, 1, u64::from(value.is_string()));
                put_number(out, 2, value.as_i64().unwrap_or_default() as u64);
                put_bytes(out, 3, text.as_bytes());
            }
            Kind::SchemaOrBool => {
                put_number(out, 1, u64::from(value.as_bool().unwrap_or(true)));
                self.schema(out, 2, value);
            }
            Kind::SchemaOrArray | Kind::SchemaOrStrings => {
                self.schema(out, 1, value);
                for item in value.as_array().into_iter().flatten() {
                    match item {
                        Value::String(text) => put_bytes(out, 2, text.as_bytes()),
                        _ => self.schema(out, 2, item),
                    }
                }
            }
            _ if value.is_null() => {}
            _ => put_bytes(out, 1, as_go_has_it(value.to_string()).as_bytes()),
        }
    }

    fn schema(&self, out: &mut Vec<u8>, number: u32, value: &Value) {
        if let (Value::Object(_), Some(schema)) = (value, schema_props(self.catalog)) {
            put_message(out, number, |out| self.message(out, schema.root(), value));
        }
    }
}
