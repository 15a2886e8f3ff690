//! Looks for a frame behind the one that a log ends with.
//!
//! A frame may begin at any byte, and the bytes may be a client's: full of lengths that reach to the end,
//! each of which would have a checksum taken of nearly everything. But checksums are linear: that of a
//! payload follows from those of all bytes up to its two ends, so one pass over the bytes and a bounded
//! amount of work for each of them are enough.

use std::iter;

use crc32fast::Hasher;

use crate::frame::{FRAME_HEADER_BYTES, MAX_FRAME_BYTES};

/// A damaged frame rarely takes more than its neighbours with it.
const LOOK_AHEAD: u64 = 1 << 20;
/// Bytes between two checksums that are kept.
const STEP: usize = 256;

/// Whether a valid frame with a sequence number soon after `seq` starts anywhere in `bytes`: then
/// what stands before it had been acknowledged, since a frame is written only when the one before
/// it is durable.
pub(crate) fn later_frame_in(bytes: &[u8], salt: u32, seq: u64) -> bool {
    let Some(last_start) = bytes.len().checked_sub(FRAME_HEADER_BYTES) else {
        return false;
    };
    let sums = Checksums::of(bytes);
    (0..=last_start).any(|at| sums.frame_at(at, salt, seq))
}

/// Checksums of the first bytes, whose number is a multiple of [`STEP`].
struct Checksums<'a> {
    bytes: &'a [u8],
    kept: Vec<u32>,
}

impl<'a> Checksums<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut sum = Hasher::new();
        let further = bytes.chunks_exact(STEP).map(|step| {
            sum.update(step);
            sum.clone().finalize()
        });
        let kept = iter::once(0).chain(further).collect();
        Self { bytes, kept }
    }

    /// Of the bytes before `end`.
    fn before(&self, end: usize) -> u32 {
        let mut sum = Hasher::new_with_initial(self.kept[end / STEP]);
        sum.update(&self.bytes[end - end % STEP..end]);
        sum.finalize()
    }

    /// Whether a frame that follows soon on `seq` starts at byte `at`, behind which there is a header.
    fn frame_at(&self, at: usize, salt: u32, seq: u64) -> bool {
        let header = &self.bytes[at..at + FRAME_HEADER_BYTES];
        let [l0, l1, l2, l3, c0, c1, c2, c3, s @ ..] = header else {
            return false;
        };
        let found = <[u8; 8]>::try_from(s).map_or(0, u64::from_le_bytes);
        let len = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
        let start = at + FRAME_HEADER_BYTES;
        let follows = found > seq && found - seq <= LOOK_AHEAD;
        if !follows || len > MAX_FRAME_BYTES || len > self.bytes.len() - start {
            return false;
        }
        let mut sum = Hasher::new_with_initial(salt);
        sum.update(&header[..4]);
        sum.update(s);
        let head = sum.finalize();
        let whole = match len {
            0 => head,
            // With `after(c, n)` for a checksum `c` after `n` zeros, the payload alone has
            // `before(end) ^ after(before(start), len)`, and behind the head `after(head, len)` more.
            _ => {
                let mut sum = Hasher::new_with_initial(head ^ self.before(start));
                let end = self.before(start + len);
                sum.combine(&Hasher::new_with_initial_len(end, len as u64));
                sum.finalize()
            }
        };
        whole == u32::from_le_bytes([*c0, *c1, *c2, *c3])
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;
    use crate::frame::{decode_frame, encode_frame};

    const SALT: u32 = 0x5eed_5a17;

    /// The same, checksum by checksum.
    fn slowly(bytes: &[u8], seq: u64) -> bool {
        (0..bytes.len()).any(|at| {
            let mut near = seq + 1..seq + 40;
            near.any(|later| decode_frame(&bytes[at..], SALT, later).is_some())
        })
    }

    proptest! {
        #[test]
        fn it_is_found_wherever_it_lies(
            before in prop::collection::vec(any::<u8>(), 0..700),
            payload in prop::collection::vec(any::<u8>(), 0..700),
            behind in prop::collection::vec(any::<u8>(), 0..40),
            later in 1u64..40,
            damage in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = before.clone();
            encode_frame(&mut bytes, SALT, 7 + later, &payload);
            let frame = before.len()..bytes.len();
            if let Some(damage) = damage {
                bytes[frame.start + damage.index(frame.len())] ^= 0x10;
            }
            bytes.extend(behind);
            let found = later_frame_in(&bytes, SALT, 7);
            prop_assert_eq!(found, slowly(&bytes, 7));
            prop_assert_eq!(found, damage.is_none());
        }
    }

    #[test]
    fn only_frames_that_follow_count() {
        let mut bytes = vec![1, 2, 3];
        encode_frame(&mut bytes, SALT, 7, b"payload");
        assert!(later_frame_in(&bytes, SALT, 6));
        assert!(!later_frame_in(&bytes, SALT, 7));
        assert!(!later_frame_in(&bytes, SALT + 1, 6));
        assert!(!later_frame_in(&bytes[..bytes.len() - 1], SALT, 6));
        assert!(!later_frame_in(&[], SALT, 6));
        let mut far = Vec::new();
        encode_frame(&mut far, SALT, 8 + LOOK_AHEAD, b"payload");
        assert!(!later_frame_in(&far, SALT, 7));
        encode_frame(&mut far, SALT, 8, b"");
        assert!(later_frame_in(&far, SALT, 7));
    }

    /// Checksum by checksum this reads half a tebibyte.
    #[test]
    fn bytes_full_of_headers_do_not_hold_a_start_up() {
        const BYTES: usize = 4 << 20;
        let mut bytes = Vec::with_capacity(BYTES);
        while bytes.len() < BYTES {
            let len = (BYTES - bytes.len() - FRAME_HEADER_BYTES) as u32;
            bytes.extend(len.to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend(8_u64.to_le_bytes());
        }
        let begun = Instant::now();
        assert!(!later_frame_in(&bytes, SALT, 7));
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}
