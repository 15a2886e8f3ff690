//! The envelope around every stored value: `{"kind":"task","format":1,"body":{…}}`.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use bytes::Bytes;
use serde::{
    Deserializer as _, Serialize,
    de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, Visitor},
};

/// Members a newer version wrote; kept and written back untouched.
pub type Unknown = BTreeMap<String, serde_json::Value>;

/// A stored kind.
pub trait Record: Serialize + DeserializeOwned {
    /// The kind as it stands in the value and in its key.
    const KIND: &'static str;
    /// The newest format this version writes and reads. Raised only for a change that an older
    /// reader would misread; a new optional member needs no new format.
    const FORMAT: u32;
}

/// A stored value that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("the stored {expected} is no readable value")]
    Unreadable {
        expected: &'static str,
        #[source]
        cause: serde_json::Error,
    },
    #[error("expected a stored {expected}, found a {found}")]
    WrongKind {
        expected: &'static str,
        found: String,
    },
    #[error("the stored {kind} has format {found}; this version reads up to {newest}")]
    TooNew {
        kind: &'static str,
        found: u32,
        newest: u32,
    },
}

#[derive(Serialize)]
struct EnvelopeOut<'a, T> {
    kind: &'static str,
    format: u32,
    body: &'a T,
}

/// What a stored value turned out to be.
enum Found<T> {
    Record(T),
    WrongKind(String),
    TooNew(u32),
}

/// Reads an envelope in one go: kind and format stand before the body, so by then it is known
/// whether the body is ours.
struct EnvelopeVisitor<T>(PhantomData<T>);

impl<'de, T: Record> Visitor<'de> for EnvelopeVisitor<T> {
    type Value = Found<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "a stored {}", T::KIND)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<T>, A::Error> {
        let (mut kind, mut format): (Option<String>, Option<u32>) = (None, None);
        let mut record = None;
        while let Some(member) = map.next_key::<String>()? {
            match (member.as_str(), &kind, format) {
                ("kind", ..) => kind = Some(map.next_value()?),
                ("format", ..) => format = Some(map.next_value()?),
                ("body", Some(kind), Some(format)) if kind == T::KIND && format <= T::FORMAT => {
                    record = Some(map.next_value()?);
                }
                ("body", None, _) | ("body", _, None) => {
                    return Err(A::Error::custom("the body stands before kind and format"));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let kind = kind.ok_or_else(|| A::Error::missing_field("kind"))?;
        let format = format.ok_or_else(|| A::Error::missing_field("format"))?;
        match record {
            _ if kind != T::KIND => Ok(Found::WrongKind(kind)),
            _ if format > T::FORMAT => Ok(Found::TooNew(format)),
            Some(record) => Ok(Found::Record(record)),
            None => Err(A::Error::missing_field("body")),
        }
    }
}

/// The stored form of `record`.
///
/// # Panics
/// Never for the kinds of this crate: they hold only string-keyed maps, which JSON can express.
pub fn encode<T: Record>(record: &T) -> Bytes {
    let envelope = EnvelopeOut {
        kind: T::KIND,
        format: T::FORMAT,
        body: record,
    };
    serde_json::to_vec(&envelope)
        .expect("records hold only string-keyed maps")
        .into()
}

/// Reads a stored value; refuses another kind and a format newer than this version's.
pub fn decode<T: Record>(bytes: &[u8]) -> Result<T, RecordError> {
    let unreadable = |cause| RecordError::Unreadable {
        expected: T::KIND,
        cause,
    };
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let found = input
        .deserialize_map(EnvelopeVisitor::<T>(PhantomData))
        .map_err(unreadable)?;
    input.end().map_err(unreadable)?;
    let (kind, newest) = (T::KIND, T::FORMAT);
    match found {
        Found::Record(record) => Ok(record),
        Found::WrongKind(found) => Err(RecordError::WrongKind {
            expected: kind,
            found,
        }),
        Found::TooNew(found) => Err(RecordError::TooNew {
            kind,
            found,
            newest,
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Lamp {
        bright: bool,
        #[serde(flatten)]
        unknown: Unknown,
    }

    impl Record for Lamp {
        const KIND: &'static str = "lamp";
        const FORMAT: u32 = 2;
    }

    #[test]
    fn unknown_members_survive() {
        let newer = br#"{"kind":"lamp","format":2,"body":{"bright":true,"colour":{"r":1}}}"#;
        let lamp: Lamp = decode(newer).unwrap();
        assert_eq!(encode(&lamp).as_ref(), newer);
    }

    #[test]
    fn refuses_what_it_cannot_mean() {
        let check = |text: &str| decode::<Lamp>(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            check(r#"{"kind":"tap","format":1,"body":{}}"#),
            "expected a stored lamp, found a tap"
        );
        assert_eq!(
            check(r#"{"kind":"lamp","format":3,"body":{}}"#),
            "the stored lamp has format 3; this version reads up to 2"
        );
        assert_eq!(check("not json"), "the stored lamp is no readable value");
    }
}
