//! Upstream's protobuf: an envelope with apiVersion and kind around a message whose fields the schema numbers.
//!
//! Messages are written as gogo-protobuf writes them, by field number, with zero values of what is no pointer, so that bytes are
//! upstream's own.

mod encode;

pub use encode::{as_go_has_it, encode, encode_list, watch_frame};

use super::wire::{Reader, Wire};
use super::{DecodeError, json};
use crate::conform;
use crate::schema::{Kind, Node};
use crate::{Catalog, duration};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Number, Value};

const MAGIC: &[u8; 4] = b"k8s\0";
/// Messages in each other: more than any kind has but schemas in custom resource definitions, which JSON bounds alike.
const MAX_DEPTH: usize = 120;

fn failed(message: impl Into<String>) -> DecodeError {
    DecodeError {
        message: message.into(),
    }
}

/// `runtime.Unknown` behind the magic bytes.
#[derive(Default)]
struct Envelope<'a> {
    api_version: &'a str,
    kind: &'a str,
    raw: &'a [u8],
}

fn text(wire: Wire<'_>) -> Result<&str, DecodeError> {
    let Wire::Bytes(bytes) = wire else {
        return Err(failed("proto: wrong wireType for a string"));
    };
    std::str::from_utf8(bytes).map_err(|_| failed("proto: a string is not UTF-8"))
}

fn proto(error: &'static str) -> DecodeError {
    failed(format!("proto: {error}"))
}

fn envelope(bytes: &[u8]) -> Result<Envelope<'_>, DecodeError> {
    let Some(body) = bytes.strip_prefix(MAGIC) else {
        return Err(failed(
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
        ));
    };
    let mut found = Envelope::default();
    let mut fields = Reader::new(body);
    while let Some((number, value)) = fields.field().map_err(proto)? {
        match (number, value) {
            (1, Wire::Bytes(meta)) => {
                let mut meta = Reader::new(meta);
                while let Some((number, value)) = meta.field().map_err(proto)? {
                    match number {
                        1 => found.api_version = text(value)?,
                        2 => found.kind = text(value)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(raw)) => found.raw = raw,
            (3, value) if !text(value)?.is_empty() => {
                return Err(failed("content encoding is not supported"));
            }
            _ => {}
        }
    }
    Ok(found)
}

pub fn decode(
    catalog: &Catalog,
    bytes: &[u8],
    default: Option<(&str, &str)>,
) -> Result<Value, DecodeError> {
    let mut decoder = Decoder { catalog, values: 0 };
    decoder.object(bytes, default, 0)
}

struct Decoder<'a> {
    catalog: &'a Catalog,
    values: usize,
}

impl Decoder<'_> {
    fn object(
        &mut self,
        bytes: &[u8],
        default: Option<(&str, &str)>,
        depth: usize,
    ) -> Result<Value, DecodeError> {
        let envelope = envelope(bytes)?;
        let named = !envelope.kind.is_empty();
        let (api_version, kind) = if named {
            (envelope.api_version, envelope.kind)
        } else {
            default.ok_or_else(|| failed("no kind is given"))?
        };
        let schema = self
            .catalog
            .schema(api_version, kind)
            .filter(|schema| in_protobuf(schema.root()));
        let schema = schema.ok_or_else(|| {
            failed(format!(
                "no kind \"{kind}\" is registered for version \"{api_version}\" in protobuf"
            ))
        })?;
        let mut object = Map::new();
        object.insert("kind".into(), kind.into());
        object.insert("apiVersion".into(), api_version.into());
        self.message(schema.root(), envelope.raw, &mut object, depth)?;
        let mut value = Value::Object(object);
        conform::conform(schema.root(), &mut value).map_err(|error| failed(error.message))?;
        Ok(value)
    }

    fn message(
        &mut self,
        node: Node<'_>,
        bytes: &[u8],
        into: &mut Map<String, Value>,
        depth: usize,
    ) -> Result<(), DecodeError> {
        if depth > MAX_DEPTH {
            return Err(failed("proto: messages are nested too deep"));
        }
        let mut fields = Reader::new(bytes);
        while let Some((number, wire)) = fields.field().map_err(proto)? {
            // A field this version does not know is skipped, as protobuf has it.
            let Some(field) = node.fields().find(|field| field.number() == number) else {
                continue;
            };
            if field.inline() {
                let Wire::Bytes(bytes) = wire else {
                    return Err(proto("wrong wireType"));
                };
                self.message(field.node(), bytes, into, depth + 1)?;
                continue;
            }
            match field.node().kind() {
                Kind::List if !field.node().wrapped() => {
                    let Some(item) = field.node().item() else {
                        continue;
                    };
                    let list = into
                        .entry(field.name())
                        .or_insert_with(|| Value::Array(Vec::new()));
                    let Value::Array(list) = list else { continue };
                    self.items(item, wire, list, depth)?;
                }
                Kind::Map => {
                    let Some(item) = field.node().item() else {
                        continue;
                    };
                    let (key, value) = self.entry(item, wire, depth)?;
                    let map = into
                        .entry(field.name())
                        .or_insert_with(|| Value::Object(Map::new()));
                    if let Value::Object(map) = map {
                        map.insert(key, value);
                    }
                }
                _ => {
                    let value = self.value(field.node(), wire, depth)?;
                    into.insert(field.name().to_owned(), value);
                }
            }
        }
        Ok(())
    }

    /// One item of a list, or several numbers packed into one piece.
    fn items(
        &mut self,
        item: Node<'_>,
        wire: Wire<'_>,
        list: &mut Vec<Value>,
        depth: usize,
    ) -> Result<(), DecodeError> {
        if let (Kind::Int32 | Kind::Int64 | Kind::Bool, Wire::Bytes(packed)) = (item.kind(), wire) {
            let mut numbers = Reader::new(packed);
            while let Some(number) = numbers.packed().map_err(proto)? {
                let value = self.value(item, Wire::Varint(number), depth)?;
                list.push(value);
            }
            return Ok(());
        }
        list.push(self.value(item, wire, depth)?);
        Ok(())
    }

    fn entry(
        &mut self,
        item: Node<'_>,
        wire: Wire<'_>,
        depth: usize,
    ) -> Result<(String, Value), DecodeError> {
        let Wire::Bytes(bytes) = wire else {
            return Err(proto("wrong wireType"));
        };
        let mut fields = Reader::new(bytes);
        let (mut key, mut found) = (String::new(), None);
        while let Some((number, wire)) = fields.field().map_err(proto)? {
            match number {
                1 => key = text(wire)?.to_owned(),
                2 => found = Some(self.value(item, wire, depth)?),
                _ => {}
            }
        }
        Ok((key, found.unwrap_or(Value::Null)))
    }

    fn value(
        &mut self,
        node: Node<'_>,
        wire: Wire<'_>,
        depth: usize,
    ) -> Result<Value, DecodeError> {
        self.values += 1;
        if self.values > json::MAX_VALUES {
            return Err(failed(format!(
                "an object has at most {} values",
                json::MAX_VALUES
            )));
        }
        Ok(match (node.kind(), wire) {
            (Kind::Bool, Wire::Varint(value)) => Value::Bool(value != 0),
            (Kind::Int32, Wire::Varint(value)) => Value::from(value as i32),
            (Kind::Int64, Wire::Varint(value)) => Value::from(value as i64),
            (Kind::Double, Wire::Fixed64(bits)) => {
                Number::from_f64(f64::from_bits(bits)).map_or(Value::Null, Value::Number)
            }
            (Kind::String, wire) => Value::from(text(wire)?),
            (Kind::Bytes, Wire::Bytes(bytes)) => Value::from(BASE64.encode(bytes)),
            (Kind::Struct, Wire::Bytes(bytes)) => {
                let mut object = Map::new();
                self.message(node, bytes, &mut object, depth + 1)?;
                Value::Object(object)
            }
            (Kind::List, Wire::Bytes(bytes)) => self.wrapped(node, bytes, depth)?,
            (kind, Wire::Bytes(bytes)) => self.special(kind, bytes, depth)?,
            _ => return Err(proto("wrong wireType")),
        })
    }

    /// A list that is a message: its items are field 1.
    fn wrapped(
        &mut self,
        node: Node<'_>,
        bytes: &[u8],
        depth: usize,
    ) -> Result<Value, DecodeError> {
        let Some(item) = node.item() else {
            return Ok(Value::Null);
        };
        let (mut list, mut fields) = (Vec::new(), Reader::new(bytes));
        while let Some((number, wire)) = fields.field().map_err(proto)? {
            if number == 1 {
                self.items(item, wire, &mut list, depth + 1)?;
            }
        }
        Ok(Value::Array(list))
    }

    /// Messages that are no object in JSON.
    fn special(&mut self, kind: Kind, bytes: &[u8], depth: usize) -> Result<Value, DecodeError> {
        let mut numbers = [0_u64; 4];
        let mut pieces: [&[u8]; 4] = [&[]; 4];
        let mut list = Vec::new();
        let mut fields = Reader::new(bytes);
        while let Some((number, wire)) = fields.field().map_err(proto)? {
            match (number, wire) {
                (number @ 1..4, Wire::Varint(value)) => numbers[number as usize] = value,
                (2, Wire::Bytes(item))
                    if matches!(kind, Kind::SchemaOrArray | Kind::SchemaOrStrings) =>
                {
                    list.push(item)
                }
                (number @ 1..4, Wire::Bytes(piece)) => pieces[number as usize] = piece,
                _ => {}
            }
        }
        let utf8 = |bytes| text(Wire::Bytes(bytes));
        Ok(match kind {
            Kind::Quantity => Value::from(utf8(pieces[1])?),
            Kind::Time | Kind::MicroTime => time(kind, numbers[1] as i64, numbers[2] as i32)?,
            Kind::Duration => Value::from(duration::text(numbers[1] as i64)),
            Kind::IntOrString if numbers[1] == 1 => Value::from(utf8(pieces[3])?),
            Kind::IntOrString => Value::from(numbers[2] as i32),
            Kind::Any | Kind::FieldsV1 | Kind::RawExtension => self.raw(pieces[1], depth)?,
            Kind::SchemaOrBool if pieces[2].is_empty() => Value::Bool(numbers[1] != 0),
            Kind::SchemaOrBool => self.schema(pieces[2], depth)?,
            Kind::SchemaOrArray if list.is_empty() => self.schema(pieces[1], depth)?,
            Kind::SchemaOrArray => Value::Array(
                list.into_iter()
                    .map(|item| self.schema(item, depth))
                    .collect::<Result<_, _>>()?,
            ),
            Kind::SchemaOrStrings if list.is_empty() => self.schema(pieces[1], depth)?,
            Kind::SchemaOrStrings => {
                let texts = list.into_iter().map(|item| utf8(item).map(Value::from));
                Value::Array(texts.collect::<Result<_, _>>()?)
            }
            _ => return Err(proto("wrong wireType")),
        })
    }

    fn schema(&mut self, bytes: &[u8], depth: usize) -> Result<Value, DecodeError> {
        let schema = schema_props(self.catalog).ok_or_else(|| failed("no schema of schemas"))?;
        let mut object = Map::new();
        self.message(schema.root(), bytes, &mut object, depth + 1)?;
        let mut value = Value::Object(object);
        conform::conform(schema.root(), &mut value).map_err(|error| failed(error.message))?;
        Ok(value)
    }

    /// JSON, or an object in an envelope of its own.
    fn raw(&mut self, bytes: &[u8], depth: usize) -> Result<Value, DecodeError> {
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        if bytes.starts_with(MAGIC) {
            return self.object(bytes, None, depth + 1);
        }
        json::decode(bytes).map(|(value, _)| value)
    }
}

fn time(kind: Kind, seconds: i64, nanos: i32) -> Result<Value, DecodeError> {
    if seconds == 0 && nanos == 0 {
        return Ok(Value::Null);
    }
    let nanos = u32::try_from(nanos).map_err(|_| failed("a time's nanoseconds are negative"))?;
    let time = DateTime::<Utc>::from_timestamp(seconds, nanos)
        .ok_or_else(|| failed("a time is out of range"))?;
    let format = if kind == Kind::Time {
        SecondsFormat::Secs
    } else {
        SecondsFormat::Micros
    };
    Ok(Value::from(time.to_rfc3339_opts(format, true)))
}

fn schema_props(catalog: &Catalog) -> Option<crate::Schema> {
    catalog.schema("apiextensions.k8s.io/v1", "JSONSchemaProps")
}

/// Tables and custom resources have no protobuf form.
fn in_protobuf(node: Node<'_>) -> bool {
    node.fields().any(|field| field.number() != 0)
}
