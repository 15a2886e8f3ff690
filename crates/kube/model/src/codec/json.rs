//! JSON in: of bounded depth and size, fields given twice told by their path.

use super::{DecodeError, syntax};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::{Cell, RefCell};
use std::fmt;

/// Values in an object, each member of a list or map included. An object of the size that is stored at most has fewer; a body of
/// empty lists would take a hundred times its own length.
pub const MAX_VALUES: usize = 400_000;
/// Duplicates told of one object; upstream tells as many.
const MAX_DUPLICATES: usize = 100;
const LONGEST_PATH: usize = 1024;

/// The value, and the paths of fields given twice.
pub fn decode(bytes: &[u8]) -> Result<(Value, Vec<String>), DecodeError> {
    decode_within(bytes, MAX_VALUES)
}

/// The same of so many values at most.
pub fn decode_within(
    bytes: &[u8],
    most_values: usize,
) -> Result<(Value, Vec<String>), DecodeError> {
    let state = State {
        most_values,
        values: Cell::new(0),
        duplicates: RefCell::default(),
    };
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let value = Seed {
        state: &state,
        path: Path::Root,
    }
    .deserialize(&mut input)
    .map_err(|error| error_text(bytes, &error))?;
    input.end().map_err(|error| error_text(bytes, &error))?;
    Ok((value, state.duplicates.into_inner()))
}

/// Go's words for what is no JSON; what is too much of it Go does not refuse.
fn error_text(bytes: &[u8], error: &serde_json::Error) -> DecodeError {
    let message = syntax::error(bytes).map_or_else(|| error.to_string(), |it| it.to_string());
    DecodeError { message }
}

/// A path as it is told: names are as long as a client wants them.
pub fn shortened(mut path: String) -> String {
    if path.len() > LONGEST_PATH {
        let end = (0..=LONGEST_PATH)
            .rev()
            .find(|end| path.is_char_boundary(*end))
            .unwrap_or_default();
        path.truncate(end);
        path.push('…');
    }
    path
}

struct State {
    most_values: usize,
    values: Cell<usize>,
    duplicates: RefCell<Vec<String>>,
}

/// Where a value is; written out only when there is something to tell.
#[derive(Clone, Copy)]
pub enum Path<'a> {
    Root,
    Field(&'a Self, &'a str),
    Item(&'a Self, usize),
    /// Of a map, whose keys Go's own paths leave out.
    Key(&'a Self, &'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) | Self::Key(Self::Root, name) => f.write_str(name),
            Self::Field(parent, name) | Self::Key(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

struct Seed<'a> {
    state: &'a State,
    path: Path<'a>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        let values = self.state.values.get() + 1;
        let most = self.state.most_values;
        if values > most {
            return Err(D::Error::custom(format!(
                "an object has at most {most} values"
            )));
        }
        self.state.values.set(values);
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Seed {
            state: self.state,
            path: Path::Item(&self.path, list.len()),
        })? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let path = Path::Field(&self.path, &name);
            let value = members.next_value_seed(Seed {
                state: self.state,
                path,
            })?;
            let twice = map.contains_key(&name);
            let mut duplicates = self.state.duplicates.borrow_mut();
            if twice && duplicates.len() < MAX_DUPLICATES {
                let message = format!("duplicate field \"{}\"", shortened(path.to_string()));
                if !duplicates.contains(&message) {
                    duplicates.push(message);
                }
            }
            drop(duplicates);
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}
