//! Reads the head of a stored message where it has the form that [`stored::encode`](crate::stored::encode) gives it, without
//! what makes any form readable: a queue is loaded by reading those of all its messages. Pure.
//!
//! Invariant: what is read here `rmp_serde` reads alike; all else is left to it.

use crate::stored::HeadRef;

/// An array of seven.
const HEAD: u8 = 0x97;
const NOTHING: u8 = 0xc0;
/// Sixteen bytes, as a number of 128 bits is written.
const ID: [u8; 2] = [0xc4, 16];
const TEXT_8: u8 = 0xd9;
const TEXT_16: u8 = 0xda;

/// `None`: it has another form, or is damaged.
pub fn read(bytes: &[u8]) -> Option<HeadRef<'_>> {
    let mut input = Input(bytes);
    let [HEAD, one, other] = *input.take::<3>()? else {
        return None;
    };
    if [one, other] != ID {
        return None;
    }
    let id = u128::from_be_bytes(*input.take()?);
    let sender = input.text()??;
    let [group, dedup_id, source, key] =
        [input.text()?, input.text()?, input.text()?, input.text()?];
    let [parts] = *input.take::<1>()?;
    // A larger number has more bytes, and a message seldom so many parts.
    let is_whole = parts < 0x80 && input.0.is_empty();
    is_whole.then(|| HeadRef::new(id, sender, [group, dedup_id, source, key], parts.into()))
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    /// A text, or what says that there is none.
    fn text(&mut self) -> Option<Option<&'a str>> {
        let [kind] = *self.take::<1>()?;
        let length = match kind {
            NOTHING => return Some(None),
            0xa0..=0xbf => usize::from(kind & 0x1f),
            TEXT_8 => usize::from(u8::from_be_bytes(*self.take()?)),
            TEXT_16 => usize::from(u16::from_be_bytes(*self.take()?)),
            _ => return None,
        };
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stored::Head;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-zé]{0,40}", "[a-z]{250,300}"]
    }

    prop_compose! {
        fn head()(
            id in any::<u128>(),
            sender in text(),
            [group, dedup_id, source, key] in [0, 1, 2, 3].map(|_| proptest::option::of(text())),
            parts in prop_oneof![0..3_u32, 120..140_u32, any::<u32>()],
        ) -> Head {
            Head { id, sender, group, dedup_id, source, key, parts }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn it_is_what_is_read_of_any_form(head in head()) {
            let bytes = rmp_serde::to_vec(&head).unwrap();
            let expected: HeadRef<'_> = rmp_serde::from_slice(&bytes).unwrap();
            let read = read(&bytes);
            prop_assert_eq!(read.is_some(), head.parts < 128);
            prop_assert!(read.is_none_or(|it| it == expected));
        }

        #[test]
        fn damage_is_read_alike_or_not_at_all(
            head in head(),
            at: prop::sample::Index,
            byte: u8,
            length: prop::sample::Index,
        ) {
            let mut bytes = rmp_serde::to_vec(&head).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(length.index(bytes.len()) + 1);
            if let Some(read) = read(&bytes) {
                let expected: HeadRef<'_> = rmp_serde::from_slice(&bytes).unwrap();
                prop_assert_eq!(read, expected);
            }
        }
    }
}
