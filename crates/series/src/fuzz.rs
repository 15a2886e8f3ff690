//! Parsers as functions of any bytes.

use crate::{chunk, frame, tier::Tier};

/// A chunk of a block; what was read is written back as the same points.
pub fn chunk(bytes: &[u8]) {
    for tier in Tier::ALL {
        let mut points = Vec::new();
        if chunk::decode(bytes, tier, |at, it| points.push((at, it))).is_ok() {
            let mut out = wharf_wal::Encoder::new();
            chunk::encode(tier, &points, &mut out);
            let mut count = 0;
            let again = chunk::decode(out.as_slice(), tier, |_, _| count += 1);
            assert!(again.is_ok() && count == points.len());
        }
    }
}

/// A frame of the log.
pub fn frame(bytes: &[u8]) {
    let _ = frame::decode(bytes, |_| ());
}
