//! A span's bytes, decompressed from its checkpoint on.

use miniz_oxide::inflate::{
    TINFLStatus,
    core::{
        BlockBoundaryState, DecompressorOxide, decompress,
        inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF as FLAT,
    },
};

use crate::{Damaged, MOST_OF_SPAN, WINDOW, ztoc::Ztoc};

/// What follows the end of a stream of gzip: a checksum and a length, neither of which proves anything here.
pub(crate) const TRAILER: usize = 8;
const BROKEN: Damaged = Damaged("what a span holds cannot be decompressed");
/// What the last span may hold beyond the archive's last block: padding.
const PADDING: usize = MOST_OF_SPAN as usize;
/// By how much it is let grow at a time.
const MORE: usize = 64 << 10;

impl Ztoc {
    /// What the span holds, of compressed bytes that were compared with its digest; of the last one with all that follows the
    /// archive.
    ///
    /// # Errors
    /// It holds something else than the index says.
    pub fn inflate(&self, number: usize, compressed: &[u8]) -> Result<Vec<u8>, Damaged> {
        let span = self.spans.get(number).ok_or(BROKEN)?;
        let is_last = number + 1 == self.spans.len();
        if !self.is_compressed {
            return Ok(compressed.to_vec());
        }
        let wanted = usize::try_from(span.plain.end - span.plain.start).map_err(|_| BROKEN)?;
        let mut out = match span.window {
            Some(at) => self
                .checkpoints
                .get(at..at + WINDOW)
                .ok_or(BROKEN)?
                .to_vec(),
            None => vec![0; WINDOW],
        };
        let (mut state, mut rest) = match (span.bits, compressed) {
            (0, all) => (DecompressorOxide::new(), all),
            (bits, [first, rest @ ..]) => {
                let state = BlockBoundaryState {
                    num_bits: bits,
                    bit_buf: first >> (8 - bits),
                    ..BlockBoundaryState::default()
                };
                (DecompressorOxide::from_block_boundary_state(&state), rest)
            }
            (_, []) => return Err(BROKEN),
        };
        let mut filled = WINDOW;
        out.resize(WINDOW + wanted, 0);
        loop {
            let (status, taken, made) = decompress(&mut state, rest, &mut out, filled, FLAT);
            rest = rest.get(taken..).ok_or(BROKEN)?;
            filled += made;
            let is_enough = filled - WINDOW >= wanted;
            match status {
                _ if is_enough && !is_last => break,
                // The end of a stream, behind which another may begin.
                TINFLStatus::Done => {
                    rest = rest.get(TRAILER..).unwrap_or_default();
                    let Some(header) = header(rest) else {
                        break;
                    };
                    rest = &rest[header..];
                    state = DecompressorOxide::new();
                }
                TINFLStatus::HasMoreOutput if out.len() < WINDOW + wanted + PADDING => {
                    out.resize(out.len() + MORE, 0);
                }
                _ => return Err(BROKEN),
            }
        }
        if filled - WINDOW < wanted {
            return Err(BROKEN);
        }
        out.truncate(filled);
        out.drain(..WINDOW);
        Ok(out)
    }
}

/// The length of the header of gzip that the bytes begin with.
pub(crate) fn header(bytes: &[u8]) -> Option<usize> {
    const CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let [0x1f, 0x8b, 8, flags, ..] = bytes else {
        return None;
    };
    let mut at = 10;
    if flags & EXTRA != 0 {
        let length = u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
        at += 2 + usize::from(length);
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            at += bytes.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & CHECKSUM != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}
