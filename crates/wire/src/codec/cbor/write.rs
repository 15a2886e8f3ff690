//! Values as CBOR.

use super::{EPOCH, major};
use crate::{
    Document, Fault,
    codec::error,
    node::{Struct, View},
    schema::{Kind, Member, ServiceSchema, Shape, ShapeIndex},
};

const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;
const DOUBLE: u8 = 0xfb;
const OPEN_MAP: u8 = 0xbf;
const BREAK: u8 = 0xff;

pub fn map(length: usize) -> Vec<u8> {
    let mut body = Vec::new();
    head(&mut body, major::MAP, length as u64);
    body
}

pub fn text(body: &mut Vec<u8>, text: &str) {
    head(body, major::TEXT, text.len() as u64);
    body.extend_from_slice(text.as_bytes());
}

fn head(body: &mut Vec<u8>, kind: u8, value: u64) {
    let kind = kind << 5;
    if let Ok(value) = u8::try_from(value) {
        match value {
            0..24 => body.push(kind | value),
            _ => body.extend([kind | 24, value]),
        }
    } else if let Ok(value) = u16::try_from(value) {
        body.push(kind | 25);
        body.extend(value.to_be_bytes());
    } else if let Ok(value) = u32::try_from(value) {
        body.push(kind | 26);
        body.extend(value.to_be_bytes());
    } else {
        body.push(kind | 27);
        body.extend(value.to_be_bytes());
    }
}

/// The body of a fault, with what the modelled exception adds.
pub fn encode_fault_of(schema: &'static ServiceSchema, fault: &Fault) -> Vec<u8> {
    let mut body = vec![OPEN_MAP];
    for it in ["__type", &fault.code, "message", &fault.message] {
        text(&mut body, it);
    }
    if let Some((shape, added)) = error::members(schema, fault) {
        members(schema, schema.members(shape), &added, &mut body);
    }
    body.push(BREAK);
    body
}

pub fn encode_view(schema: &'static ServiceSchema, shape: ShapeIndex, view: &View<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    value(schema, schema.shape(shape), view, &mut body);
    body
}

/// The members that are set, by their names.
fn members(
    schema: &'static ServiceSchema,
    members: &'static [Member],
    from: &dyn Struct,
    to: &mut Vec<u8>,
) {
    for (index, member) in members.iter().enumerate() {
        let view = from.member(index);
        if !matches!(view, View::Absent) {
            text(to, member.name);
            value(schema, schema.shape(member.shape), &view, to);
        }
    }
}

fn value(schema: &'static ServiceSchema, shape: &'static Shape, view: &View<'_>, to: &mut Vec<u8>) {
    match (view, &shape.kind) {
        (View::Absent, _) => to.push(NULL),
        (View::Str(it), _) => text(to, it),
        (View::Bool(it), _) => to.push(if *it { TRUE } else { FALSE }),
        (View::Long(number), _) => long(to, *number),
        (View::Double(number), _) => double(to, *number),
        (View::Blob(bytes), _) => {
            head(to, major::BYTES, bytes.len() as u64);
            to.extend_from_slice(bytes);
        }
        (View::Time(at), _) => {
            head(to, major::TAG, EPOCH);
            match at.millis().rem_euclid(1000) {
                0 => long(to, at.millis() / 1000),
                _ => double(to, at.epoch_seconds()),
            }
        }
        (View::Document(it), _) => document(to, it),
        (View::List(list), Kind::List { member, .. }) => {
            head(to, major::ARRAY, list.len() as u64);
            for index in 0..list.len() {
                value(schema, schema.shape(*member), &list.get(index), to);
            }
        }
        (View::Map(map), Kind::Map { value: of, .. }) => {
            head(to, major::MAP, map.len() as u64);
            for (key, view) in map.entries() {
                text(to, key);
                value(schema, schema.shape(*of), &view, to);
            }
        }
        (View::Struct(it), Kind::Structure { members: all }) => {
            to.push(OPEN_MAP);
            members(schema, all, *it, to);
            to.push(BREAK);
        }
        _ => {
            debug_assert!(false, "value and shape disagree");
            to.push(NULL);
        }
    }
}

fn long(to: &mut Vec<u8>, number: i64) {
    match u64::try_from(number) {
        Ok(number) => head(to, major::UNSIGNED, number),
        Err(_) => head(to, major::NEGATIVE, !number as u64),
    }
}

fn double(to: &mut Vec<u8>, number: f64) {
    to.push(DOUBLE);
    to.extend(number.to_be_bytes());
}

fn document(to: &mut Vec<u8>, it: &Document) {
    match it {
        Document::Null => to.push(NULL),
        Document::Bool(it) => to.push(if *it { TRUE } else { FALSE }),
        Document::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => long(to, number),
            (None, Some(number)) => head(to, major::UNSIGNED, number),
            (None, None) => double(to, number.as_f64().unwrap_or(f64::NAN)),
        },
        Document::String(it) => text(to, it),
        Document::Array(items) => {
            head(to, major::ARRAY, items.len() as u64);
            items.iter().for_each(|it| document(to, it));
        }
        Document::Object(entries) => {
            head(to, major::MAP, entries.len() as u64);
            for (key, it) in entries {
                text(to, key);
                document(to, it);
            }
        }
    }
}
