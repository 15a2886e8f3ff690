//! What a packed block surely has not: a filter of all four bytes that stand side by side behind the heads of its
//! records. Who looks for a text reads it alone, and leaves the block where it lies if one of the text's is missing.
//!
//! ```text
//! filter = sum u32 | last u16 | bytes of the bits u16 | bits
//! ```
//!
//! `sum` is over what follows it, `last` the byte that ends the head of each record, or [`MIXED`]. Each four bytes have
//! one bit: a text has many of them, so that bits may be dense. There are no bits, and nothing is said, where heads end in
//! different bytes and where the block is too small for them. Pure.

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

    /// Reads what stands at the begin of `bytes`; `None` if that is no filter, or says nothing.
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

/// Places of a text's bytes among [`MOST_SLOTS`]; small filters have the low bits of them. They are what stands on disk:
/// others need another form of a block.
fn grams(text: &[u8]) -> impl Iterator<Item = usize> {
    text.windows(GRAM).map(|it| {
        let gram = it.first_chunk().map_or(0, |it| u32::from_le_bytes(*it));
        place(gram) as usize % MOST_SLOTS
    })
}

/// The low bits count.
fn place(gram: u32) -> u32 {
    let mixed = gram.wrapping_mul(0x9e37_79b1);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x85eb_ca77);
    mixed ^ mixed >> 15
}

/// Texts' bytes that are looked at side by side.
const LANES: usize = 16;

/// The same of the first [`LANES`] bytes, in any order. They are computed all together, which compilers make vectors of.
fn places(piece: &[u8; LANES + GRAM - 1]) -> [u32; LANES] {
    let mut places = [0; LANES];
    for (at, place) in places.iter_mut().enumerate() {
        // Neighbours have none of their bytes in common: what lies side by side is read as one.
        let from = at / GRAM + at % GRAM * GRAM;
        *place = u32::from_le_bytes([
            piece[from],
            piece[from + 1],
            piece[from + 2],
            piece[from + 3],
        ]);
    }
    places.map(place)
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
        self.add_heads(record.get(HEAD_BYTES - 1).copied());
        self.add_tail(record.get(HEAD_BYTES..).unwrap_or_default());
    }

    /// Of records whose heads all end in that byte, or in different ones.
    pub(crate) fn add_heads(&mut self, last: Option<u8>) {
        let last = last.map_or(MIXED, u16::from);
        self.last = match self.last {
            Some(before) if before != last => Some(MIXED),
            _ => Some(last),
        };
    }

    /// What stands behind the head of a record.
    pub(crate) fn add_tail(&mut self, tail: &[u8]) {
        let mut rest = tail;
        while let Some(piece) = rest.first_chunk() {
            for at in places(piece) {
                self.slots[at as usize % MOST_SLOTS] = 1;
            }
            rest = &rest[LANES..];
        }
        for at in grams(rest) {
            self.slots[at] = 1;
        }
    }

    /// Appends the filter of a block that takes so many bytes beside it.
    pub(crate) fn finish(&mut self, packed: usize, out: &mut Vec<u8>) {
        let is_said = self.last.is_some_and(|it| it != MIXED);
        let mut length = match is_said && LEAST_BYTES * PART <= packed {
            true => MOST_BYTES,
            false => 0,
        };
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
            form in any::<Option<u8>>(),
            packed in 0usize..100_000,
            at in any::<[prop::sample::Index; 3]>(),
        ) {
            let mut records = records;
            if let Some(form) = form {
                records.iter_mut().for_each(|it| it.resize(it.len().max(HEAD_BYTES), 3));
                records.iter_mut().for_each(|it| it[HEAD_BYTES - 1] = form);
            }
            let bytes = filter(&records, packed);
            prop_assert_eq!(length(&bytes), Some(bytes.len()));
            prop_assert!(bytes.len() <= HEADER_BYTES + packed / PART);
            let first = records[0].get(HEAD_BYTES - 1).copied();
            let is_same = records.iter().all(|it| it.get(HEAD_BYTES - 1).copied() == first);
            let read = Filter::read(&bytes);
            let is_said = is_same && first.is_some() && packed >= LEAST_BYTES * PART;
            prop_assert_eq!(read.is_some(), is_said);
            let Some(read) = read else { return Ok(()) };
            let record = &records[at[0].index(records.len())];
            if let Some(tail) = record.get(HEAD_BYTES..).filter(|it| !it.is_empty()) {
                let (from, to) = (at[1].index(tail.len()), at[2].index(tail.len()) + 1);
                prop_assert!(read.may_have(&tail[from.min(to)..to]));
            }
            prop_assert_eq!(read.last_of_heads(), first);
        }

        #[test]
        fn pieces_have_the_places_of_their_bytes(text in proptest::collection::vec(any::<u8>(), 0..90)) {
            let mut builder = Builder::new();
            builder.add_tail(&text);
            let mut slots = [0; MOST_SLOTS];
            grams(&text).for_each(|at| slots[at] = 1);
            prop_assert!(*builder.slots == slots);
        }

        #[test]
        fn what_was_bent_is_no_filter(at in any::<prop::sample::Index>(), with in 1u8..) {
            let mut bytes = filter(&[vec![7; 40]], 1000);
            prop_assert!(Filter::read(&bytes).is_some());
            let at = at.index(bytes.len());
            bytes[at] ^= with;
            prop_assert_eq!(Filter::read(&bytes), None);
        }

        #[test]
        fn hostile_bytes_never_panic(
            rest in proptest::collection::vec(any::<u8>(), 0..200),
            long in 0u16..220,
        ) {
            let mut rest = rest;
            if let Some(length) = rest.get_mut(2..4) {
                length.copy_from_slice(&long.to_le_bytes());
            }
            for length in 0..rest.len() {
                let sum = crc32fast::hash(&rest[..length]).to_le_bytes();
                let bytes = [&sum[..], &rest].concat();
                if let Some(filter) = Filter::read(&bytes) {
                    let _ = filter.may_have(&rest);
                }
            }
        }
    }

    /// What lies on disks says the same for ever: other places of bits, or another order of them, are another form.
    #[test]
    fn a_filter_of_this_version_stands_as_ever() {
        let records = ["GET /items/7", "GET /items/12 200", "quick brown fox"];
        let head = [0; HEAD_BYTES];
        let records = records.map(|it| [&head[..], it.as_bytes()].concat());
        let bytes = filter(&records, 1000);
        #[rustfmt::skip]
        const GOLDEN: [u8; HEADER_BYTES + LEAST_BYTES] = [
            0x63, 0x4c, 0xad, 0x2b, 0x00, 0x00, 0x40, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x02, 0x18, 0x04, 0x00, 0x01, 0x01, 0x04, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x50, 0x00, 0x04, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x20, 0x8a, 0x00, 0x00, 0x02, 0x00, 0x00, 0x01, 0x00,
            0x00, 0x06, 0x01, 0x00, 0x00, 0x00, 0x00, 0x40,
        ];
        assert_eq!(bytes, GOLDEN);
        let read = Filter::read(&GOLDEN).unwrap();
        assert_eq!(read.last_of_heads(), Some(0));
        for there in ["items", "GET /items/12 200", "own", "brown"] {
            assert!(read.may_have(there.as_bytes()), "{there}");
        }
        for missing in ["POST", "items/8", "foxes"] {
            assert!(!read.may_have(missing.as_bytes()), "{missing}");
        }
    }

    /// Also in the smallest filter, which has the fewest bits of a place.
    #[test]
    fn each_of_four_bytes_counts() {
        for at in 0..GRAM {
            let places: std::collections::HashSet<usize> = (0..=u8::MAX)
                .flat_map(|byte| {
                    let mut text = *b"GET ";
                    text[at] = byte;
                    grams(&text).collect::<Vec<_>>()
                })
                .map(|place| place % (LEAST_BYTES * 8))
                .collect();
            assert!(places.len() > 150, "byte {at}: {} places", places.len());
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
