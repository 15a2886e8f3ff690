//! What fuzzing reaches of this crate: a segment's bytes as a scan reads them.

use crate::{
    frame::decode_frame,
    later::later_frame_in,
    segment::{SEGMENT_HEADER_BYTES, SegmentHeader},
};

/// Reads a segment, header and frames, and what may follow its last frame.
pub fn segment(bytes: &[u8], magic: [u8; 8]) {
    let Some(header) = SegmentHeader::decode(bytes, magic) else {
        return;
    };
    let (mut at, mut seq) = (SEGMENT_HEADER_BYTES, header.first_seq);
    while let Some(payload) = decode_frame(&bytes[at..], header.salt, seq) {
        at += crate::FRAME_HEADER_BYTES + payload.len();
        seq += 1;
    }
    later_frame_in(&bytes[at..], header.salt, seq);
}
