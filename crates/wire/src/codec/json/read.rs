//! JSON into inputs: a visitor for each place, so that nothing is built but the input itself.

use std::{cell::Cell, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use wharf_base::Timestamp;

use super::{Names, Scope};
use crate::{
    node::{Slot, Struct},
    schema::{Kind, Member, Shape},
};

/// A place to fill, with the shape of what goes there.
pub struct Place<'a> {
    pub schema: Scope,
    /// Items of lists and maps that the request may still bring.
    pub budget: &'a Cell<u32>,
    pub shape: &'static Shape,
    pub slot: Slot<'a>,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match &self.slot {
            Slot::Document(_) | Slot::Stream(_) => from.deserialize_any(self),
            Slot::Str(_) | Slot::Blob(_) => from.deserialize_str(self),
            Slot::Bool(_) => from.deserialize_bool(self),
            Slot::Int(_) | Slot::Long(_) => from.deserialize_any(self),
            Slot::Double(_) => from.deserialize_any(self),
            Slot::Time(_) => from.deserialize_any(self),
            Slot::List(_) => from.deserialize_seq(self),
            Slot::Map(_) | Slot::Struct(_) => from.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match &self.slot {
            Slot::Document(_) => "any value",
            Slot::Str(_) => "a string",
            Slot::Stream(_) => "a body",
            Slot::Blob(_) => "a string in base 64",
            Slot::Bool(_) => "a boolean",
            Slot::Int(_) | Slot::Long(_) => "an integer",
            Slot::Double(_) => "a number",
            Slot::Time(_) => "a timestamp",
            Slot::List(_) => "a list",
            Slot::Map(_) | Slot::Struct(_) => "an object",
        })
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        match self.slot {
            Slot::Str(to) => text.clone_into(to),
            Slot::Blob(to) => {
                *to = BASE64
                    .decode(text)
                    .map_err(|_| E::custom("a blob is not valid base 64"))?;
            }
            Slot::Time(to) => {
                *to = Timestamp::parse_iso8601(text)
                    .or_else(|| Timestamp::parse_http_date(text))
                    .ok_or_else(|| E::custom(format!("`{text}` is not a timestamp")))?;
            }
            Slot::Double(to) => {
                *to = match text {
                    "NaN" => f64::NAN,
                    "Infinity" => f64::INFINITY,
                    "-Infinity" => f64::NEG_INFINITY,
                    _ => {
                        return Err(E::invalid_type(
                            serde::de::Unexpected::Str(text),
                            &"a number",
                        ));
                    }
                };
            }
            Slot::Document(to) => *to = text.into(),
            _ => return Err(E::invalid_type(serde::de::Unexpected::Str(text), &self)),
        }
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        match self.slot {
            Slot::Bool(to) => *to = value,
            Slot::Document(to) => *to = value.into(),
            _ => return Err(E::invalid_type(serde::de::Unexpected::Bool(value), &self)),
        }
        Ok(())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        let out_of_range = || E::custom(format!("the number {value} is out of range"));
        match self.slot {
            Slot::Int(to) => *to = i32::try_from(value).map_err(|_| out_of_range())?,
            Slot::Long(to) => *to = value,
            Slot::Double(to) => *to = value as f64,
            Slot::Time(to) => {
                *to = Timestamp::from_epoch_seconds(value as f64).ok_or_else(out_of_range)?;
            }
            Slot::Document(to) => *to = value.into(),
            _ => return Err(E::invalid_type(serde::de::Unexpected::Signed(value), &self)),
        }
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        match (i64::try_from(value), self.slot) {
            (Err(_), Slot::Document(to)) => *to = value.into(),
            (Err(_), slot) => return Self { slot, ..self }.visit_f64(value as f64),
            (Ok(value), slot) => return Self { slot, ..self }.visit_i64(value),
        }
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        let out_of_range = || E::custom(format!("the number {value} is out of range"));
        let whole = (value.fract() == 0.0 && value.abs() < 9.0e15).then_some(value as i64);
        match self.slot {
            Slot::Double(to) => *to = value,
            Slot::Time(to) => {
                *to = Timestamp::from_epoch_seconds(value).ok_or_else(out_of_range)?
            }
            Slot::Int(to) => {
                let whole = whole.and_then(|whole| i32::try_from(whole).ok());
                *to = whole.ok_or_else(out_of_range)?;
            }
            Slot::Long(to) => *to = whole.ok_or_else(out_of_range)?,
            Slot::Document(to) => *to = value.into(),
            _ => return Err(E::invalid_type(serde::de::Unexpected::Float(value), &self)),
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        match self.slot {
            Slot::Document(to) => *to = serde_json::Value::Null,
            _ => return Err(E::invalid_type(serde::de::Unexpected::Unit, &self)),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        let list = match self.slot {
            Slot::List(list) => list,
            Slot::Document(to) => {
                let mut items = Vec::new();
                while let Some(item) = from.next_element_seed(DocumentItem {
                    schema: self.schema,
                    budget: self.budget,
                    shape: self.shape,
                })? {
                    items.push(item);
                }
                *to = serde_json::Value::Array(items);
                return Ok(());
            }
            _ => return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
        };
        let Kind::List { member, .. } = &self.shape.kind else {
            return Err(A::Error::custom("the schema has no list here"));
        };
        let shape = self.schema.shape(*member);
        while from
            .next_element_seed(Element {
                schema: self.schema,
                budget: self.budget,
                shape,
                list,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        match (self.slot, &self.shape.kind) {
            (Slot::Struct(target), Kind::Structure { members }) => {
                let name = MemberName {
                    schema: self.schema,
                    members,
                };
                while let Some(found) = from.next_key_seed(name)? {
                    let Some(index) = found else {
                        from.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let shape = self.schema.shape(members[index].shape);
                    from.next_value_seed(MemberPlace {
                        schema: self.schema,
                        budget: self.budget,
                        shape,
                        target,
                        index,
                    })?;
                }
                Ok(())
            }
            (Slot::Map(target), Kind::Map { value, .. }) => {
                let shape = self.schema.shape(*value);
                while let Some(key) = from.next_key::<String>()? {
                    from.next_value_seed(EntryPlace {
                        schema: self.schema,
                        budget: self.budget,
                        shape,
                        target,
                        key,
                    })?;
                }
                Ok(())
            }
            (Slot::Document(to), _) => {
                let mut object = serde_json::Map::new();
                while let Some(key) = from.next_key::<String>()? {
                    let value = from.next_value_seed(DocumentItem {
                        schema: self.schema,
                        budget: self.budget,
                        shape: self.shape,
                    })?;
                    object.insert(key, value);
                }
                *to = serde_json::Value::Object(object);
                Ok(())
            }
            _ => Err(A::Error::custom("an object is not expected here")),
        }
    }
}

/// The name of a member, of which nothing is kept but which one it is; `None` for one that is passed over.
#[derive(Clone, Copy)]
struct MemberName {
    schema: Scope,
    members: &'static [Member],
}

impl<'de> DeserializeSeed<'de> for MemberName {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<usize>, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for MemberName {
    type Value = Option<usize>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Option<usize>, E> {
        let found = self.schema.position(self.members, name);
        match found.is_none() && self.schema.names == Names::Spelled {
            true => Err(E::custom(format!("there is no member `{name}`"))),
            false => Ok(found),
        }
    }
}

/// What may be null: a null leaves the place as it was.
macro_rules! nullable {
    ($name:ident { $($field:ident: $type:ty),* }, $this:ident => $slot:expr) => {
        struct $name<'a> {
            schema: Scope,
            budget: &'a Cell<u32>,
            shape: &'static Shape,
            $($field: $type),*
        }

        impl<'de> DeserializeSeed<'de> for $name<'_> {
            type Value = ();
            fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
                from.deserialize_option(self)
            }
        }

        impl<'de> Visitor<'de> for $name<'_> {
            type Value = ();
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a value or null")
            }
            fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
                Ok(())
            }
            fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
                Ok(())
            }
            fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
                let $this = self;
                let (schema, budget, shape) = ($this.schema, $this.budget, $this.shape);
                Place { schema, budget, shape, slot: $slot }.deserialize(from)
            }
        }
    };
}

/// A value within a document, which costs as much as an item of a list.
struct DocumentItem<'a> {
    schema: Scope,
    budget: &'a Cell<u32>,
    shape: &'static Shape,
}

impl<'de> DeserializeSeed<'de> for DocumentItem<'_> {
    type Value = serde_json::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        spend::<D::Error>(self.budget)?;
        let mut value = serde_json::Value::Null;
        let Self {
            schema,
            budget,
            shape,
        } = self;
        let slot = Slot::Document(&mut value);
        Place {
            schema,
            budget,
            shape,
            slot,
        }
        .deserialize(from)?;
        Ok(value)
    }
}

/// One more item of a list or map; too many come from no honest client.
fn spend<E: serde::de::Error>(budget: &Cell<u32>) -> Result<(), E> {
    let left = budget.get().checked_sub(1);
    budget.set(left.ok_or_else(|| E::custom("the request has too many list items"))?);
    Ok(())
}

nullable!(Element { list: &'a mut dyn crate::node::List }, it => {
    spend::<D::Error>(it.budget)?;
    it.list.push()
});
nullable!(EntryPlace { target: &'a mut dyn crate::node::Map, key: String }, it => {
    spend::<D::Error>(it.budget)?;
    it.target.insert(it.key)
});
nullable!(MemberPlace { target: &'a mut dyn Struct, index: usize }, it => it
    .target
    .member_mut(it.index)
    .ok_or_else(|| D::Error::custom("the schema has more members than the structure"))?);
