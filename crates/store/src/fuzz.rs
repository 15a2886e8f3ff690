//! What fuzzing reaches of this crate: frames and checkpoints, as if damage had met their checksums
//! too.

use wharf_wal::encode_frame;

use crate::{checkpoint, record, state::State};

/// Replays a frame of the log over an empty state.
pub fn frame(payload: &[u8]) {
    let mut state = State::default();
    let _ = record::decode_frame(payload, |revision, change, _| {
        state.apply(revision, &change, None);
    });
}

/// Reads a checkpoint or snapshot made of these payloads.
pub fn checkpoint(payloads: &[&[u8]]) {
    let mut bytes = checkpoint::MAGIC.to_vec();
    bytes.extend(7_u32.to_le_bytes());
    for (payload, seq) in payloads.iter().zip(1..) {
        encode_frame(&mut bytes, 7, seq, payload);
    }
    let _ = checkpoint::read(&bytes[..], None);
}
