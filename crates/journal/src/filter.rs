//! What a packed block surely has not: a filter of all four bytes that stand side by side behind the heads of its
//! records. Who looks for a text reads it alone, and leaves the block where it lies if one of the text's is missing.
//!
//! ```text
//! filter = sum u32 | last u16 | bytes of the bits u16 | bits
//! ```
//!
//! `sum` is over what follows it, `last` the byte that ends the head of each record, or [`MIXED`]. Each four bytes have
//! one bit: a text has many of them, so that bits may be dense. Pure.

use crate::packed::HEAD_BYTES;

/// Bytes that have a bit; shorter texts may be anywhere.
const GRAM: usize = 4;
/// What stands before the bits.
pub(crate) const HEADER_BYTES: usize = 8;
/// Bytes of the bits: half of them are set by a block of a web server's lines.
pub(crate) const MOST_BYTES: usize = 2048;
const LEAST_BYTES: usize = 64;
const MOST_SLOTS: usize = MOST_BYTES * 8;
/// A filter takes no more than such a part of its block.
const PART: usize = 12;
/// Heads end in different bytes.
const MIXED: u16 = 0x100;

/// The filter of a block.
#[derive(Debug, PartialEq, Eq)]
pub struct Filter {
    last: Option<u8>,
    /// A power of two of bytes.
    bits: Vec<u8>,
}

impl Filter {
    /// Whether the text may stand in a record, behind its head.
    pub fn may_have(&self, text: &[u8]) -> bool {
        let slots = self.bits.len() * 8 - 1;
        grams(text).all(|slot| {
            let at = slot & slots;
            self.bits[at / 8] & (1 << (at % 8)) != 0
        })
    }

    /// The byte that ends the head of every record, if it is the same.
    pub fn last_of_heads(&self) -> Option<u8> {
        self.last
    }

    /// Reads what stands at the begin of `bytes`; `None` if that is no filter.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (sum, rest) = bytes.split_first_chunk::<4>()?;
        let [a, b, c, d] = *rest.first_chunk()?;
        let (last, length) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        let length = usize::from(length);
        let bits = rest.get(4..4 + length)?;
        let is_whole = crc32fast::hash(&rest[..4 + length]) == u32::from_le_bytes(*sum);
        (is_whole && length.is_power_of_two()).then(|| Self {
            last: u8::try_from(last).ok(),
            bits: bits.to_vec(),
        })
    }
}

/// Bytes of the filter that `bytes` begin with, its header included.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(6..)?.first_chunk()?;
    Some(HEADER_BYTES + usize::from(u16::from_le_bytes(*length)))
}

/// Places of a text's bytes among [`MOST_SLOTS`].
fn grams(text: &[u8]) -> impl Iterator<Item = usize> {
    text.windows(GRAM).map(|it| {
        let gram = it.first_chunk().map_or(0, |it| u32::from_le_bytes(*it));
        (gram.wrapping_mul(0x9e37_79b1) >> 16) as usize % MOST_SLOTS
    })
}

/// Makes filters, one after another.
#[derive(Debug)]
pub(crate) struct Builder {
    /// A byte for each bit: setting one waits for nothing that was there.
    slots: Box<[u8; MOST_SLOTS]>,
    last: Option<u16>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            slots: Box::new([0; MOST_SLOTS]),
            last: None,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.slots.fill(0);
        self.last = None;
    }

    pub(crate) fn add(&mut self, record: &[u8]) {
        let last = record.get(HEAD_BYTES - 1).copied().map_or(MIXED, u16::from);
        self.last = match self.last {
            Some(before) if before != last => Some(MIXED),
            _ => Some(last),
        };
        for at in grams(record.get(HEAD_BYTES..).unwrap_or_default()) {
            self.slots[at] = 1;
        }
    }

    /// Appends the filter of a block that takes so many bytes beside it.
    pub(crate) fn finish(&mut self, packed: usize, out: &mut Vec<u8>) {
        let mut length = MOST_BYTES;
        while length > LEAST_BYTES {
            let slots = &self.slots[..length * 8];
            let set = slots.iter().filter(|it| **it != 0).count();
            // At half the size at most half of them are set, then.
            if set * 4 > slots.len() && length * PART <= packed {
                break;
            }
            length /= 2;
            let (kept, folded) = self.slots.split_at_mut(length * 8);
            let both = kept.iter_mut().zip(folded.iter());
            both.for_each(|(slot, more)| *slot |= more);
        }
        let begin = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.last.unwrap_or(MIXED).to_le_bytes());
        out.extend_from_slice(&(length as u16).to_le_bytes());
        out.extend(self.slots[..length * 8].chunks_exact(8).map(|it| {
            let bits = it.iter().enumerate();
            bits.fold(0, |byte, (at, bit)| byte | bit << at)
        }));
        let sum = crc32fast::hash(&out[begin + 4..]);
        out[begin..begin + 4].copy_from_slice(&sum.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(records: &[Vec<u8>], packed: usize) -> Vec<u8> {
        let mut builder = Builder::new();
        // What was before leaves nothing behind.
        builder.add(b"another block's head, and tail");
        builder.clear();
        records.iter().for_each(|it| builder.add(it));
        let mut out = Vec::new();
        builder.finish(packed, &mut out);
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn nothing_that_is_there_is_denied(
            records in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..60),
            packed in 0usize..100_000,
            at in any::<[prop::sample::Index; 3]>(),
        ) {
            let bytes = filter(&records, packed);
            prop_assert_eq!(length(&bytes), Some(bytes.len()));
            let read = Filter::read(&bytes).unwrap();
            let record = &records[at[0].index(records.len())];
            if let Some(tail) = record.get(HEAD_BYTES..).filter(|it| !it.is_empty()) {
                let (from, to) = (at[1].index(tail.len()), at[2].index(tail.len()) + 1);
                prop_assert!(read.may_have(&tail[from.min(to)..to]));
            }
            let first = records[0].get(HEAD_BYTES - 1).copied();
            let is_same = records.iter().all(|it| it.get(HEAD_BYTES - 1).copied() == first);
            prop_assert_eq!(read.last_of_heads(), first.filter(|_| is_same));
        }

        #[test]
        fn what_was_bent_is_no_filter(at in any::<prop::sample::Index>(), with in 1u8..) {
            let mut bytes = filter(&[vec![7; 40]], 100);
            let at = at.index(bytes.len());
            bytes[at] ^= with;
            prop_assert_eq!(Filter::read(&bytes), None);
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Filter::read(&bytes);
        }
    }

    #[test]
    fn most_of_what_is_missing_is_denied() {
        let line = |n: u32| {
            format!(
                "................10.0.{}.{} GET /api/v1/items?page={n}",
                n % 7,
                n % 251
            )
        };
        let lines: Vec<Vec<u8>> = (0..1000)
            .map(|n| line(n * 37 % 20_000).into_bytes())
            .collect();
        let bytes = filter(&lines, 27_000);
        assert!(bytes.len() <= HEADER_BYTES + MOST_BYTES);
        let read = Filter::read(&bytes).unwrap();
        for missing in ["UpstreamReset", "POST /api", "ffee-0123-4567"] {
            assert!(!read.may_have(missing.as_bytes()), "{missing}");
        }
        assert!(read.may_have(b"GET /api/v1"));
        assert!(read.may_have(b"abc"), "too short to say");
    }
}
