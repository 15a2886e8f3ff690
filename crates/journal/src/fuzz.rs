//! What fuzzing reaches of this crate: frames, blocks, manifests and the footers of runs, as if
//! damage had met their checksums too.

use std::{fs::File, path::PathBuf};

use bytes::Bytes;
use wharf_wal::DataFile;

use crate::{
    block::{self, FileId},
    filter::{self, Filter},
    manifest, packed, record, run,
    state::State,
};

/// Replays a frame of the log over an empty state.
pub fn frame(payload: &[u8]) {
    let Ok(nothing) = File::open("/dev/null") else {
        return;
    };
    let data = DataFile::new(PathBuf::from("/dev/null"), nothing);
    let mut state = State::default();
    let _ = record::decode_frame(payload, |op, at| {
        state.apply(&op, FileId::segment(1), &data, at as u64);
    });
    state.sort_blocks();
}

/// Reads the records of a block behind the first `skip`.
pub fn block(bytes: &[u8], skip: u64) {
    let _ = block::decode(&Bytes::copy_from_slice(bytes), skip, |_| true);
}

/// Takes a packed block apart, and what stands in one when it is unpacked.
pub fn packed(bytes: &[u8]) {
    let _ = packed::unpack(bytes.to_vec());
    packed::columns_of(bytes);
    // With the sum that they ought to have, of as much as they say.
    let long = filter::length(&[&[0; 4], bytes].concat()).unwrap_or_default();
    let covered = bytes.get(..long.saturating_sub(4)).unwrap_or_default();
    let sum = crc32fast::hash(covered).to_le_bytes();
    if let Some(filter) = Filter::read(&[&sum, bytes].concat()) {
        let _ = filter.may_have(bytes);
    }
}

/// Reads a manifest made of these payloads.
pub fn manifest(payloads: &[&[u8]]) {
    let (mut head, mut state) = (None, State::default());
    for payload in payloads {
        if manifest::take_frame(payload, &mut head, &mut state).is_ok_and(|end| end) {
            break;
        }
    }
}

/// Takes up the blocks that the footer of a run of `size` bytes tells of.
pub fn footer(payload: &[u8], size: u64) {
    let mut state = State::default();
    state.add_stream(1, "one", 0);
    let _ = run::read_footer(payload, FileId::run(1), size, &mut |stream, block| {
        state.add_block(stream, block);
    });
    state.sort_blocks();
}
