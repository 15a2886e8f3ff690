//! The envelope around every stored value: `{"kind":"task","format":1,"body":{…}}`.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

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

/// The body stays text until kind and format are known to be ours.
#[derive(Deserialize)]
struct EnvelopeIn<'a> {
    kind: String,
    format: u32,
    #[serde(borrow)]
    body: &'a RawValue,
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
    let envelope: EnvelopeIn<'_> = serde_json::from_slice(bytes).map_err(unreadable)?;
    if envelope.kind != T::KIND {
        return Err(RecordError::WrongKind {
            expected: T::KIND,
            found: envelope.kind,
        });
    }
    if envelope.format > T::FORMAT {
        let (found, newest) = (envelope.format, T::FORMAT);
        return Err(RecordError::TooNew {
            kind: T::KIND,
            found,
            newest,
        });
    }
    serde_json::from_str(envelope.body.get()).map_err(unreadable)
}

#[cfg(test)]
mod tests {
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
