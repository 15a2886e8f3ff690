//! What crosses the wire between this agent and a control plane (spec ecs-agent.md §2–§4).
//!
//! The shapes of the two websockets stand in no public model, so they are written here by hand.
//! Unknown members are ignored and `null` means absent, because either side may be newer.

pub mod acs;
pub mod docker;
pub mod payload;
pub mod tcs;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// One websocket frame: `{"type":"<Shape>","message":{…}}`.
#[derive(Debug, Deserialize)]
pub struct Frame<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub message: &'a RawValue,
}

/// A frame that could not be understood. It gets no acknowledgement.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    #[error("the frame is not of the form {{\"type\", \"message\"}}")]
    Frame(#[source] serde_json::Error),
    #[error("{kind} is malformed")]
    Message {
        kind: &'static str,
        source: serde_json::Error,
    },
    #[error("{kind} lacks {member}")]
    Missing {
        kind: &'static str,
        member: &'static str,
    },
    #[error("{0} has more than it may")]
    TooMuch(&'static str),
}

/// The text of a frame.
pub fn frame(kind: &str, message: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Out<'a, M> {
        r#type: &'a str,
        message: &'a M,
    }
    serde_json::to_string(&Out {
        r#type: kind,
        message,
    })
    .expect("the shapes of this module have text keys and cannot fail to serialize")
}

/// Reads `null` as the default value: Go peers print empty lists and maps that way.
pub(crate) fn nullable<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}
