//! Values told by another one of their kind: records of a kind say the same words around what differs, and much of
//! that are digests in hexadecimal digits, which take half the room as bytes.
//!
//! ```text
//! length of the value, then tokens until that is reached:
//! 0 n          n bytes as they stand
//! 1 n          2n hexadecimal digits as n bytes
//! 2 n          n bytes of the pattern, from where the value is in it if what came before had the same length there
//! 3 n at:u16   n bytes of the pattern from `at` on
//! ```
//! The kind is two bits of a byte, `n` the other six; 63 says that more of it follows, seven bits a byte.
//!
//! Invariant: what was packed by a pattern comes out of it as it was. Nothing of this is ever on a disk.

/// A longer value is kept as it is: places are two bytes, and the writer has others to serve.
const MAX_BYTES: usize = 8 << 10;
/// Beginnings of so many bytes are looked up.
const BEGINNING: usize = 4;
/// Fewer than these, found elsewhere than expected, take as much room as a token.
const LEAST: usize = 6;
const LEAST_DIGITS: usize = 8;
const LONG_DIGITS: usize = 16;
const SLOTS: usize = 512;
const MORE: usize = 63;

const BYTES: u8 = 0;
const DIGITS: u8 = 1;
const ON: u8 = 2;
const FROM: u8 = 3;

/// A value that others are told by.
#[derive(Debug)]
pub(crate) struct Pattern {
    bytes: Box<[u8]>,
    /// Where beginnings stand, one more than that; 0 for nowhere.
    places: Box<[u16; SLOTS]>,
}

fn slot(beginning: &[u8]) -> usize {
    let word = beginning
        .iter()
        .take(BEGINNING)
        .fold(0, |word, byte| word << 8 | u32::from(*byte));
    (word.wrapping_mul(0x9e37_79b1) >> 23) as usize % SLOTS
}

/// How many bytes both begin with: a word at a time, since much is the same for long.
fn common(one: &[u8], other: &[u8]) -> usize {
    let (words, _) = one.as_chunks::<8>();
    let (others, _) = other.as_chunks::<8>();
    let mut same = 0;
    for (a, b) in words.iter().zip(others) {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return same + differ.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    let rest = one[same..].iter().zip(&other[same..]);
    same + rest.take_while(|(a, b)| a == b).count()
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

impl Pattern {
    /// `None` if the value is too long for one.
    pub(crate) fn of(value: &[u8]) -> Option<Self> {
        if value.len() > MAX_BYTES {
            return None;
        }
        let mut places = Box::new([0; SLOTS]);
        for (beginning, at) in value.windows(BEGINNING).zip(1..) {
            places[slot(beginning)] = at;
        }
        Some(Self {
            bytes: value.into(),
            places,
        })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `value` as what differs; `None` if that would hardly be shorter.
    pub(crate) fn pack(&self, value: &[u8]) -> Option<Vec<u8>> {
        if value.len() > MAX_BYTES {
            return None;
        }
        let mut out = Vec::with_capacity(value.len() / 2);
        number(&mut out, value.len());
        // Of the value all before `told` is told; in the pattern it is at `there`.
        let (mut told, mut at, mut there) = (0, 0, 0);
        while at < value.len() {
            let rest = &value[at..];
            let expected = self.bytes.get(there..).unwrap_or_default();
            let (length, from) = match common(rest, expected) {
                few if few < BEGINNING => self.elsewhere(rest),
                length => (length, None),
            };
            if length == 0 {
                // No part of a digest is like one of another.
                let digits = rest.iter().take_while(|it| is_digit(**it)).count();
                let passed = if digits < LONG_DIGITS { 1 } else { digits };
                (at, there) = (at + passed, there + passed);
                continue;
            }
            differs(&mut out, &value[told..at]);
            match from {
                None => token(&mut out, ON, length),
                Some(from) => {
                    token(&mut out, FROM, length);
                    out.extend(from.to_le_bytes());
                    there = usize::from(from);
                }
            }
            (at, there) = (at + length, there + length);
            told = at;
        }
        differs(&mut out, &value[told..]);
        (out.len() < value.len() * 3 / 4).then_some(out)
    }

    /// How much of the pattern `rest` begins with, and where that is; nothing if it is too little.
    fn elsewhere(&self, rest: &[u8]) -> (usize, Option<u16>) {
        let known = match rest.len() < LEAST {
            true => 0,
            false => self.places[slot(rest)],
        };
        let Some(from) = known.checked_sub(1) else {
            return (0, None);
        };
        match common(rest, &self.bytes[usize::from(from)..]) {
            few if few < LEAST => (0, None),
            length => (length, Some(from)),
        }
    }

    /// The value that was packed.
    pub(crate) fn unpack(&self, packed: &[u8]) -> Vec<u8> {
        let mut input = Input(packed);
        let length = input.number();
        let mut out = Vec::with_capacity(length.min(MAX_BYTES));
        let mut there = 0;
        while let (true, Some((kind, length))) = (out.len() < length, input.token()) {
            match kind {
                BYTES => {
                    out.extend_from_slice(input.take(length));
                    there += length;
                }
                DIGITS => {
                    const OF: &[u8; 16] = b"0123456789abcdef";
                    for byte in input.take(length) {
                        out.push(OF[usize::from(byte >> 4)]);
                        out.push(OF[usize::from(byte & 15)]);
                    }
                    there += 2 * length;
                }
                kind => {
                    if kind == FROM {
                        let at = input.take(2);
                        there = at
                            .iter()
                            .rev()
                            .fold(0, |at, byte| at << 8 | usize::from(*byte));
                    }
                    let end = there + length;
                    out.extend_from_slice(self.bytes.get(there..end).unwrap_or_default());
                    there = end;
                }
            }
        }
        out
    }
}

/// The length of the value that was packed.
pub(crate) fn length(packed: &[u8]) -> usize {
    Input(packed).number()
}

/// What is in no pattern: runs of digits apart.
fn differs(out: &mut Vec<u8>, bytes: &[u8]) {
    let (mut told, mut at) = (0, 0);
    while at < bytes.len() {
        let run = bytes[at..].iter().take_while(|it| is_digit(**it)).count();
        if run < LEAST_DIGITS {
            at += run.max(1);
            continue;
        }
        plain(out, &bytes[told..at]);
        let pairs = run / 2;
        token(out, DIGITS, pairs);
        let value = |digit: u8| match digit {
            b'0'..=b'9' => digit - b'0',
            _ => digit - b'a' + 10,
        };
        let run = bytes[at..at + 2 * pairs].chunks_exact(2);
        out.extend(run.map(|pair| value(pair[0]) << 4 | value(pair[1])));
        at += 2 * pairs;
        told = at;
    }
    plain(out, &bytes[told..]);
}

fn plain(out: &mut Vec<u8>, bytes: &[u8]) {
    if !bytes.is_empty() {
        token(out, BYTES, bytes.len());
        out.extend_from_slice(bytes);
    }
}

fn token(out: &mut Vec<u8>, kind: u8, length: usize) {
    let few = length.min(MORE);
    // It has six bits.
    out.push(kind << 6 | few as u8);
    if few == MORE {
        number(out, length - MORE);
    }
}

fn number(out: &mut Vec<u8>, mut number: usize) {
    while number > 127 {
        out.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn number(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0);
        while let [byte] = self.take(1) {
            number |= usize::from(byte & 127) << shift;
            shift += 7;
            if byte & 128 == 0 || shift > 28 {
                break;
            }
        }
        number
    }

    fn token(&mut self) -> Option<(u8, usize)> {
        let [byte] = self.take(1) else { return None };
        let few = usize::from(byte & 63);
        let more = if few == MORE { self.number() } else { 0 };
        Some((byte >> 6, few + more))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn image(number: u32, tag: &str) -> String {
        let digest = |of: u32| {
            format!(
                "sha256:{:064x}",
                u128::from(of).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
            )
        };
        format!(
            r#"{{"kind":"image","format":1,"body":{{"digest":"{}","repository":"team/app-{number}","media_type":"application/vnd.oci.image.manifest.v1+json","artifact_type":null,"manifest_size":{},"tags":["{tag}"],"blobs":["{}","{}"],"children":[],"subject":null}}}}"#,
            digest(number),
            500 + number % 7,
            digest(1),
            digest(number / 3 + 99),
        )
    }

    #[test]
    fn records_of_a_kind_take_a_fraction_of_their_room() {
        let pattern = Pattern::of(image(7, "v1").as_bytes()).unwrap();
        for number in [7, 8, 1234] {
            let value = image(number, &format!("v{number}.7"));
            let packed = pattern.pack(value.as_bytes()).unwrap();
            assert_eq!(pattern.unpack(&packed), value.as_bytes());
            assert_eq!(length(&packed), value.len());
            assert!(
                packed.len() * 3 < value.len(),
                "{} of {}",
                packed.len(),
                value.len()
            );
        }
        assert_eq!(
            pattern.pack(b"something else, which has no part in it"),
            None
        );
        let long = vec![b'a'; MAX_BYTES + 1];
        assert!(Pattern::of(&long).is_none());
        assert_eq!(pattern.pack(&long), None);
    }

    /// Pieces that come again, digits and whatever else.
    fn value() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"\"repository\":".to_vec()),
            Just(b",\"tags\":[".to_vec()),
            "[0-9a-f]{0,200}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..9),
        ];
        proptest::collection::vec(piece, 0..20).prop_map(|it| it.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn what_was_packed_comes_out_as_it_was(one in value(), other in value()) {
            let pattern = Pattern::of(&one).unwrap();
            for value in [&one, &other] {
                if let Some(packed) = pattern.pack(value) {
                    prop_assert!(packed.len() < value.len());
                    prop_assert_eq!(length(&packed), value.len());
                    prop_assert_eq!(&pattern.unpack(&packed), value);
                }
            }
        }
    }
}
