//! Messages as they are stored: a head each, with the content in it if that is small; a larger one lies in
//! parts beside it, since a transaction holds a megabyte at most.
//!
//! ```text
//! format 1 | visible_at 8 | first_received_at 8 | receives 4 | length of head 2 | head | content
//! ```
//! What a receive changes stands first and has a fixed length.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wharf_records::Scope;
use wharf_service::Place;

use crate::{
    machine::{Millis, Seq},
    names::MESSAGES,
    quick_head,
};

const FORMAT: u8 = 1;
const STATE_BYTES: usize = 1 + 8 + 8 + 4;
/// Contents up to here are in the head's record.
pub const INLINE_BYTES: usize = 4 << 10;
/// The others are cut into parts of this size.
pub const PART_BYTES: usize = 256 << 10;

/// What receives change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct State {
    pub visible_at: Millis,
    pub first_received_at: Millis,
    pub receives: u32,
}

/// What never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub id: u128,
    /// `SenderId`
    pub sender: String,
    pub group: Option<String>,
    pub dedup_id: Option<String>,
    /// ARN of the queue that it came from as a dead letter.
    pub source: Option<String>,
    /// The data key that seals the content.
    pub key: Option<String>,
    /// How many parts the content lies in; 0 where it is in this record.
    pub parts: u32,
}

/// The same, borrowed: what is read of each message where there are many.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct HeadRef<'a> {
    pub id: u128,
    #[serde(rename = "sender")]
    _sender: &'a str,
    pub group: Option<&'a str>,
    #[serde(rename = "dedup_id")]
    _dedup_id: Option<&'a str>,
    #[serde(rename = "source")]
    _source: Option<&'a str>,
    pub key: Option<&'a str>,
    pub parts: u32,
}

impl<'a> HeadRef<'a> {
    /// `texts`: group, deduplication id, source and key.
    pub fn new(id: u128, sender: &'a str, texts: [Option<&'a str>; 4], parts: u32) -> Self {
        let [group, dedup_id, source, key] = texts;
        Self {
            id,
            _sender: sender,
            group,
            _dedup_id: dedup_id,
            _source: source,
            key,
            parts,
        }
    }
}

/// A stored value that is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored message is damaged or of a newer format")]
pub struct Unreadable;

/// The value of a message's record.
pub fn encode(state: State, head: &Head, content: &[u8]) -> Bytes {
    let head = rmp_serde::to_vec(head).expect("a head is plain data");
    let length = u16::try_from(head.len()).expect("the parts of a head are bounded");
    let mut out = Vec::with_capacity(STATE_BYTES + 2 + head.len() + content.len());
    write_state(&mut out, state);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(content);
    out.into()
}

fn write_state(out: &mut Vec<u8>, state: State) {
    out.push(FORMAT);
    out.extend_from_slice(&state.visible_at.to_le_bytes());
    out.extend_from_slice(&state.first_received_at.to_le_bytes());
    out.extend_from_slice(&state.receives.to_le_bytes());
}

/// The same message in another state.
pub fn in_state(value: &[u8], state: State) -> Bytes {
    let mut out = Vec::with_capacity(value.len());
    write_state(&mut out, state);
    out.extend_from_slice(value.get(STATE_BYTES..).unwrap_or_default());
    out.into()
}

/// Reads a message's record: its state, its head, and the content if it has no parts.
pub fn decode(value: &[u8]) -> Result<(State, Head, &[u8]), Unreadable> {
    let (state, head, content) = parts(value)?;
    let head = rmp_serde::from_slice(head).map_err(|_| Unreadable)?;
    Ok((state, head, content))
}

/// The same without its content and without a copy.
pub fn decode_ref(value: &[u8]) -> Result<(State, HeadRef<'_>), Unreadable> {
    let (state, head, _) = parts(value)?;
    let head = match quick_head::read(head) {
        Some(head) => head,
        None => rmp_serde::from_slice(head).map_err(|_| Unreadable)?,
    };
    Ok((state, head))
}

/// What a message takes, by the length of its record: a part counts as a whole one.
pub fn bytes(record: usize, parts: u32) -> u32 {
    let parts = usize::try_from(parts).unwrap_or(usize::MAX);
    let bytes = PART_BYTES.saturating_mul(parts).saturating_add(record);
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// State, head and content.
fn parts(value: &[u8]) -> Result<(State, &[u8], &[u8]), Unreadable> {
    let (state, rest) = value.split_at_checked(STATE_BYTES).ok_or(Unreadable)?;
    let number = |at: usize| state[at..at + 8].try_into().map(u64::from_le_bytes);
    if state[0] != FORMAT {
        return Err(Unreadable);
    }
    let receives = state[17..21].try_into().map(u32::from_le_bytes);
    let read = State {
        visible_at: number(1).map_err(|_| Unreadable)?,
        first_received_at: number(9).map_err(|_| Unreadable)?,
        receives: receives.map_err(|_| Unreadable)?,
    };
    let (length, rest) = rest.split_at_checked(2).ok_or(Unreadable)?;
    let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
    let (head, content) = rest.split_at_checked(length).ok_or(Unreadable)?;
    Ok((read, head, content))
}

/// Keys of the records of one drawer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawer {
    pub name: String,
    scope: Scope,
}

/// What a key of a drawer is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    Message(Seq),
    Part(u128),
    Dedup(String),
}

pub const MESSAGE: &str = "message";
pub const PART: &str = "part";
pub const DEDUP: &str = "dedup";
/// The kinds of records in drawers.
pub const KINDS: [&str; 3] = [MESSAGE, PART, DEDUP];

impl Drawer {
    pub fn new(place: &Place, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            scope: Scope::new(MESSAGES, &place.account, &place.region),
        }
    }

    /// Where the records of a kind are.
    pub fn prefix(&self, kind: &str) -> String {
        self.scope.key(kind, &format!("{}.", self.name))
    }

    pub fn message(&self, seq: Seq) -> String {
        self.scope
            .key(MESSAGE, &format!("{}.{seq:016x}", self.name))
    }

    pub fn part(&self, id: u128, number: u32) -> String {
        let id = format!("{}.{id:032x}.{number:04}", self.name);
        self.scope.key(PART, &id)
    }

    pub fn dedup(&self, name: &str) -> String {
        self.scope.key(DEDUP, &format!("{}.{name}", self.name))
    }

    /// The number of a message, by its key behind [`Drawer::prefix`].
    pub fn number(rest: &str) -> Option<Seq> {
        Seq::from_str_radix(rest, 16).ok()
    }

    /// What the record under a key of this drawer is.
    pub fn holds(&self, key: &str) -> Option<Holds> {
        let (_, kind, id) = Scope::parse(key)?;
        let rest = id.strip_prefix(self.name.as_str())?.strip_prefix('.')?;
        match kind {
            MESSAGE => Some(Holds::Message(Self::number(rest)?)),
            PART => {
                let (id, _) = rest.split_once('.')?;
                Some(Holds::Part(u128::from_str_radix(id, 16).ok()?))
            }
            DEDUP => Some(Holds::Dedup(rest.to_owned())),
            _ => None,
        }
    }
}

/// A deduplication id in use: the message that came first, and until when it counts.
pub fn encode_dedup(seq: Seq, id: u128, until: Millis) -> Bytes {
    let mut out = vec![FORMAT];
    out.extend_from_slice(&seq.to_le_bytes());
    out.extend_from_slice(&until.to_le_bytes());
    out.extend_from_slice(&id.to_le_bytes());
    out.into()
}

/// Reads [`encode_dedup`].
pub fn decode_dedup(value: &[u8]) -> Result<(Seq, u128, Millis), Unreadable> {
    let value: &[u8; 33] = value.try_into().map_err(|_| Unreadable)?;
    let number = |at: usize| value[at..at + 8].try_into().map(u64::from_le_bytes);
    let id = value[17..].try_into().map(u128::from_le_bytes);
    match (value[0], number(1), number(9), id) {
        (FORMAT, Ok(seq), Ok(until), Ok(id)) => Ok((seq, id, until)),
        _ => Err(Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head() -> Head {
        Head {
            id: u128::MAX - 7,
            sender: "AIDA".to_owned(),
            group: Some("g".to_owned()),
            dedup_id: None,
            source: None,
            key: Some("managed".to_owned()),
            parts: 0,
        }
    }

    #[test]
    fn a_new_state_leaves_the_rest() {
        let value = encode(State::default(), &head(), b"content");
        let state = State {
            visible_at: 1,
            first_received_at: 2,
            receives: 3,
        };
        let value = in_state(&value, state);
        assert_eq!(decode(&value), Ok((state, head(), b"content".as_slice())));
        let (same, borrowed) = decode_ref(&value).unwrap();
        assert_eq!((same, borrowed.id, borrowed.parts), (state, head().id, 0));
        assert_eq!(borrowed.group, Some("g"));
        let dedup = encode_dedup(1, 2, 3);
        assert_eq!(decode_dedup(&dedup), Ok((1, 2, 3)));
        assert_eq!(decode_dedup(&value), Err(Unreadable));
    }

    #[test]
    fn keys_say_what_they_are_of() {
        let drawer = Drawer::new(&Place::new("1", "r"), "d");
        for (key, kind, holds) in [
            (drawer.message(0xab), MESSAGE, Holds::Message(0xab)),
            (drawer.part(5, 1), PART, Holds::Part(5)),
            (
                drawer.dedup("a b.c"),
                DEDUP,
                Holds::Dedup("a b.c".to_owned()),
            ),
        ] {
            assert_eq!(drawer.holds(&key), Some(holds));
            assert!(key.starts_with(&drawer.prefix(kind)));
            assert_eq!(Drawer::new(&Place::new("1", "r"), "e").holds(&key), None);
        }
    }

    proptest! {
        #[test]
        fn damaged_values_do_not_panic(mut value in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = decode(&value);
            let _ = decode_ref(&value);
            let _ = decode_dedup(&value);
            if let Some(first) = value.first_mut() {
                *first = FORMAT;
            }
            let _ = decode(&value);
        }
    }
}
