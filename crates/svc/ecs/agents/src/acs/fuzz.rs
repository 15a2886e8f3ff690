//! What fuzzing reaches of the messages that agents send.

use super::{
    message::{Ack, FetchedImages, Incoming, StopVerification},
    tcs,
};

/// A frame of an agent, on either of its two connections.
pub fn frame(bytes: &[u8]) {
    let Ok(incoming) = serde_json::from_slice::<Incoming>(tcs::body(bytes)) else {
        return;
    };
    let _ = serde_json::from_value::<Ack>(incoming.message.clone());
    let _ = serde_json::from_value::<StopVerification>(incoming.message.clone());
    let _ = serde_json::from_value::<FetchedImages>(incoming.message.clone());
    let _ = serde_json::from_value::<tcs::HealthReport>(incoming.message.clone());
    let _ = serde_json::from_value::<tcs::StatusReport>(incoming.message);
}
