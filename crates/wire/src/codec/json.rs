//! Bodies in JSON (platform §1). Nulls are absent, unknown members are ignored, absent members are left
//! out.

mod read;
mod write;

use std::cell::Cell;

use serde::de::DeserializeSeed;

use super::Malformed;
use crate::{
    Fault,
    node::{Slot, Struct, View},
    schema::{Location, Member, ServiceSchema, Shape, ShapeIndex},
};
use read::Place;
use write::Value;

/// What members are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// As in the model, all of them: awsJson, and what is stored or logged.
    Model,
    /// By the names of their locations, and only those within the body: restJson.
    Location,
    /// As in the model or as an SDK spells them, and no others: inputs that people write down for later.
    Spelled,
}

/// The shapes, and what their members are called.
#[derive(Clone, Copy)]
struct Scope {
    schema: &'static ServiceSchema,
    names: Names,
}

impl Scope {
    fn shape(self, index: ShapeIndex) -> &'static Shape {
        self.schema.shape(index)
    }

    fn position(self, members: &'static [Member], name: &str) -> Option<usize> {
        let fits = |it: &'static Member| match self.names {
            Names::Spelled => it.name.eq_ignore_ascii_case(name),
            _ => self.name(it) == Some(name),
        };
        members.iter().position(fits)
    }

    /// `None` for a member that is elsewhere.
    fn name(self, member: &'static Member) -> Option<&'static str> {
        match self.names {
            Names::Model | Names::Spelled => Some(member.name),
            Names::Location if member.location == Location::Body => Some(member.location_name),
            Names::Location => None,
        }
    }
}

/// Fills `input` from a body. An empty body is an empty object.
pub fn decode(
    schema: &'static ServiceSchema,
    shape: Option<ShapeIndex>,
    body: &[u8],
    input: &mut dyn Struct,
) -> Result<(), Malformed> {
    let Some(shape) = shape else { return Ok(()) };
    decode_slot(schema, Names::Model, shape, body, Slot::Struct(input))
}

/// The same for a structure, or for a document that is the whole body.
pub(crate) fn decode_slot(
    schema: &'static ServiceSchema,
    names: Names,
    shape: ShapeIndex,
    body: &[u8],
    slot: Slot<'_>,
) -> Result<(), Malformed> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    // serde_json itself refuses nesting deeper than 128.
    let mut reader = serde_json::Deserializer::from_slice(body);
    let budget = Cell::new(super::MAX_ITEMS);
    let schema = Scope { schema, names };
    let place = Place {
        schema,
        budget: &budget,
        shape: schema.shape(shape),
        slot: slot.shorter(),
    };
    place
        .deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|error| Malformed::new(error.to_string()))
}

/// The body of a success.
pub fn encode(
    schema: &'static ServiceSchema,
    shape: Option<ShapeIndex>,
    output: &dyn Struct,
) -> Vec<u8> {
    match shape {
        Some(shape) => encode_view(schema, Names::Model, shape, View::Struct(output)),
        None => b"{}".to_vec(),
    }
}

pub(super) fn encode_view(
    schema: &'static ServiceSchema,
    names: Names,
    shape: ShapeIndex,
    view: View<'_>,
) -> Vec<u8> {
    let schema = Scope { schema, names };
    let value = Value {
        schema,
        shape: schema.shape(shape),
        view,
    };
    serde_json::to_vec(&value).expect("views of plain structs serialise")
}

/// The body of a fault.
pub fn encode_fault(fault: &Fault) -> Vec<u8> {
    let mut body = serde_json::Map::new();
    body.insert("__type".to_owned(), fault.code.as_ref().into());
    body.insert("message".to_owned(), fault.message.as_str().into());
    for (name, value) in &fault.members {
        body.insert((*name).to_owned(), value.clone());
    }
    serde_json::Value::Object(body).to_string().into_bytes()
}

/// A generated value as JSON text, for logs, events and stored copies of what clients see.
pub fn to_value(
    schema: &'static ServiceSchema,
    shape: ShapeIndex,
    value: &dyn Struct,
) -> serde_json::Value {
    let schema = Scope {
        schema,
        names: Names::Model,
    };
    let value = Value {
        schema,
        shape: schema.shape(shape),
        view: View::Struct(value),
    };
    serde_json::to_value(&value).expect("views of plain structs serialise")
}
