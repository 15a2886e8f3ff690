//! What fuzzing reaches of this crate: frames and checkpoints, as if damage had met their checksums
//! too.

use std::fs::File;

use wharf_wal::{DataFile, encode_frame};

use crate::{
    checkpoint,
    state::State,
    writer::{apply_frame, ready_frame, replay_frame},
};

/// Applies a frame of the log to an empty state, as its writer does and as a store that opens does: both come to the
/// same.
pub fn frame(payload: &[u8]) {
    let mut written = State::default();
    let applied = apply_frame(&mut written, payload, None);
    // Values get their places in it, which are not read.
    let file = File::open("/dev/null").expect("every system has it");
    let file = DataFile::new("/dev/null".into(), file);
    let mut opened = State::default();
    let mut packing = opened.packing();
    let ready = ready_frame(&mut packing, payload, &file, 0);
    let replayed = replay_frame(&mut opened, payload, ready);
    opened.packed(packing);
    let of = |state: &State| (state.revision, state.live_keys(), state.live_bytes);
    assert_eq!(of(&opened), of(&written));
    assert_eq!(replayed.is_ok(), applied.is_ok());
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
