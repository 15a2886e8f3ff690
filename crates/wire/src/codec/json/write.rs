//! Values as JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};

use super::Scope;
use crate::{
    codec::text,
    node::View,
    schema::{Kind, Shape, TimestampFormat},
};

/// A value with its shape.
pub struct Value<'a> {
    pub schema: Scope,
    pub shape: &'static Shape,
    pub view: View<'a>,
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (&self.view, &self.shape.kind) {
            (View::Absent, _) => to.serialize_unit(),
            (View::Str(text), _) => to.serialize_str(text),
            (View::Bool(value), _) => to.serialize_bool(*value),
            (View::Long(number), _) => to.serialize_i64(*number),
            (View::Double(number), _) if !number.is_finite() => {
                to.serialize_str(text::unusual(*number))
            }
            (View::Double(number), _) => to.serialize_f64(*number),
            (View::Blob(bytes), _) => to.serialize_str(&BASE64.encode(bytes)),
            (View::Document(document), _) => document.serialize(to),
            (View::Time(at), Kind::Timestamp(Some(TimestampFormat::Iso8601))) => {
                to.serialize_str(&at.iso8601())
            }
            (View::Time(at), Kind::Timestamp(Some(TimestampFormat::HttpDate))) => {
                to.serialize_str(&at.http_date())
            }
            (View::Time(at), _) if at.millis() % 1000 == 0 => to.serialize_i64(at.millis() / 1000),
            (View::Time(at), _) => to.serialize_f64(at.epoch_seconds()),
            (View::List(list), Kind::List { member, .. }) => {
                let shape = self.schema.shape(*member);
                let mut seq = to.serialize_seq(Some(list.len()))?;
                for index in 0..list.len() {
                    seq.serialize_element(&Value {
                        schema: self.schema,
                        shape,
                        view: list.get(index),
                    })?;
                }
                seq.end()
            }
            (View::Map(map), Kind::Map { value, .. }) => {
                let shape = self.schema.shape(*value);
                let mut object = to.serialize_map(Some(map.len()))?;
                for (key, view) in map.entries() {
                    object.serialize_entry(
                        key,
                        &Value {
                            schema: self.schema,
                            shape,
                            view,
                        },
                    )?;
                }
                object.end()
            }
            (View::Struct(value), Kind::Structure { members }) => {
                let mut object = to.serialize_map(None)?;
                for (index, member) in members.iter().enumerate() {
                    let view = value.member(index);
                    if matches!(view, View::Absent) {
                        continue;
                    }
                    let Some(name) = self.schema.name(member) else {
                        continue;
                    };
                    let shape = self.schema.shape(member.shape);
                    object.serialize_entry(
                        name,
                        &Value {
                            schema: self.schema,
                            shape,
                            view,
                        },
                    )?;
                }
                object.end()
            }
            _ => Err(serde::ser::Error::custom("a value and its shape disagree")),
        }
    }
}
