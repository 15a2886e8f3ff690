//! CBOR into inputs. Every length is compared with what is left of the body before anything is made
//! of it; depth and items are counted as in JSON.

use std::borrow::Cow;

use wharf_base::Timestamp;

use super::{EPOCH, major};
use crate::{
    Document,
    codec::{MAX_DEPTH, MAX_ITEMS, Malformed, place_of},
    node::{Slot, Struct},
    schema::{Kind, ServiceSchema, Shape, ShapeIndex},
};

/// The head of an item without a length of its own.
const INDEFINITE: u8 = 31;
const BREAK: u8 = 0xff;

/// Fills `input` from a body. An empty body is an empty structure.
pub fn decode(
    schema: &'static ServiceSchema,
    shape: Option<ShapeIndex>,
    body: &[u8],
    input: &mut dyn Struct,
) -> Result<(), Malformed> {
    let Some(shape) = shape else { return Ok(()) };
    if body.is_empty() {
        return Ok(());
    }
    let mut reader = Reader {
        schema,
        left: body,
        items: MAX_ITEMS,
        depth: 0,
    };
    reader.fill("the body", schema.shape(shape), Slot::Struct(input))?;
    match reader.left {
        [] => Ok(()),
        _ => Err(malformed("bytes follow the body's item")),
    }
}

fn malformed(text: &str) -> Malformed {
    Malformed::new(text)
}

/// The head of an item: its kind, and a number that is a value or a length.
struct Head {
    kind: u8,
    /// `None` where the end is marked instead.
    value: Option<u64>,
    /// The last five bits.
    form: u8,
}

struct Reader<'a> {
    schema: &'static ServiceSchema,
    left: &'a [u8],
    /// Items that the body may still bring.
    items: u32,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], Malformed> {
        let taken = usize::try_from(length)
            .ok()
            .and_then(|it| self.left.split_at_checked(it));
        let (taken, left) = taken.ok_or_else(|| malformed("the body ends within an item"))?;
        self.left = left;
        Ok(taken)
    }

    fn head(&mut self) -> Result<Head, Malformed> {
        let first = self.take(1)?[0];
        let (kind, form) = (first >> 5, first & 31);
        let value = match form {
            0..24 => Some(u64::from(form)),
            24..28 => {
                let bytes = self.take(1 << (form - 24))?;
                Some(
                    bytes
                        .iter()
                        .fold(0, |all, byte| all << 8 | u64::from(*byte)),
                )
            }
            INDEFINITE if (major::BYTES..=major::MAP).contains(&kind) => None,
            _ => return Err(malformed("an item has no valid head")),
        };
        Ok(Head { kind, value, form })
    }

    /// One more item of a list or map; too many come from no honest client.
    fn spend(&mut self) -> Result<(), Malformed> {
        let left = self.items.checked_sub(1);
        self.items = left.ok_or_else(|| malformed("the request has too many list items"))?;
        Ok(())
    }

    /// Whether another item of a list or map follows: `left` counts down those of a known number.
    fn another(&mut self, left: &mut Option<u64>) -> Result<bool, Malformed> {
        match left {
            Some(0) => return Ok(false),
            Some(count) => *count -= 1,
            None if self.left.first() == Some(&BREAK) => {
                self.take(1)?;
                return Ok(false);
            }
            None => {}
        }
        self.spend()?;
        Ok(true)
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        if self.depth == MAX_DEPTH {
            return Err(malformed("the request is nested too deep"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// A text or a blob that comes in pieces or whole.
    fn bytes(&mut self, head: &Head) -> Result<Cow<'a, [u8]>, Malformed> {
        if let Some(length) = head.value {
            return self.take(length).map(Cow::Borrowed);
        }
        let mut whole = Vec::new();
        while self.left.first() != Some(&BREAK) {
            let piece = self.head()?;
            let length = piece.value.filter(|_| piece.kind == head.kind);
            let length = length.ok_or_else(|| malformed("a text has a piece of another kind"))?;
            whole.extend_from_slice(self.take(length)?);
        }
        self.take(1)?;
        Ok(Cow::Owned(whole))
    }

    fn text(&mut self, head: &Head) -> Result<Cow<'a, str>, Malformed> {
        let no_text = |_| malformed("a text is not UTF-8");
        Ok(match self.bytes(head)? {
            Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).map_err(no_text)?),
            Cow::Owned(bytes) => {
                Cow::Owned(String::from_utf8(bytes).map_err(|_| malformed("a text is not UTF-8"))?)
            }
        })
    }

    fn key(&mut self) -> Result<Cow<'a, str>, Malformed> {
        let head = self.head()?;
        match head.kind {
            major::TEXT => self.text(&head),
            _ => Err(malformed("a name is not a text")),
        }
    }

    /// Whether what comes is null or undefined, which is taken.
    fn null(&mut self) -> bool {
        let null = matches!(self.left.first(), Some(0xf6 | 0xf7));
        if null {
            self.left = &self.left[1..];
        }
        null
    }

    fn fill(&mut self, name: &str, shape: &'static Shape, slot: Slot<'_>) -> Result<(), Malformed> {
        self.deeper(|it| it.fill_here(name, shape, slot))
    }

    fn fill_here(
        &mut self,
        name: &str,
        shape: &'static Shape,
        slot: Slot<'_>,
    ) -> Result<(), Malformed> {
        let expected = |kind: &str| Malformed::new(format!("{name} should be {kind}"));
        if let Slot::Document(to) = slot {
            *to = self.document()?;
            return Ok(());
        }
        let head = self.head()?;
        match (slot, head.kind) {
            (Slot::Str(to), major::TEXT) => *to = self.text(&head)?.into_owned(),
            (Slot::Blob(to), major::BYTES) => *to = self.bytes(&head)?.into_owned(),
            (Slot::Bool(to), major::OTHER) if matches!(head.form, 20 | 21) => *to = head.form == 21,
            (Slot::Int(to), _) => {
                let number = self.whole(&head).and_then(|it| i32::try_from(it).ok());
                *to = number.ok_or_else(|| expected("an integer"))?;
            }
            (Slot::Long(to), _) => *to = self.whole(&head).ok_or_else(|| expected("an integer"))?,
            (Slot::Double(to), _) => {
                *to = self.number(&head).ok_or_else(|| expected("a number"))?
            }
            (Slot::Time(to), kind) => {
                let head = match (kind, head.value) {
                    (major::TAG, Some(EPOCH)) => self.head()?,
                    _ => head,
                };
                let seconds = self.number(&head).and_then(Timestamp::from_epoch_seconds);
                *to = seconds.ok_or_else(|| expected("a timestamp"))?;
            }
            (Slot::List(list), major::ARRAY) => self.list(name, shape, &head, list)?,
            (Slot::Map(map), major::MAP) => self.map(name, shape, &head, map)?,
            (Slot::Struct(to), major::MAP) => self.structure(shape, &head, to)?,
            (slot, _) => return Err(expected(kind_of(&slot))),
        }
        Ok(())
    }

    fn list(
        &mut self,
        name: &str,
        shape: &'static Shape,
        head: &Head,
        list: &mut dyn crate::node::List,
    ) -> Result<(), Malformed> {
        let Kind::List { member, .. } = &shape.kind else {
            return Err(malformed("the schema has no list here"));
        };
        let (shape, mut left) = (self.schema.shape(*member), head.value);
        while self.another(&mut left)? {
            if !self.null() {
                self.fill(name, shape, list.push())?;
            }
        }
        Ok(())
    }

    fn map(
        &mut self,
        name: &str,
        shape: &'static Shape,
        head: &Head,
        map: &mut dyn crate::node::Map,
    ) -> Result<(), Malformed> {
        let Kind::Map { value, .. } = &shape.kind else {
            return Err(malformed("the schema has no map here"));
        };
        let (shape, mut left) = (self.schema.shape(*value), head.value);
        while self.another(&mut left)? {
            let key = self.key()?.into_owned();
            if !self.null() {
                self.fill(name, shape, map.insert(key))?;
            }
        }
        Ok(())
    }

    fn structure(
        &mut self,
        shape: &'static Shape,
        head: &Head,
        to: &mut dyn Struct,
    ) -> Result<(), Malformed> {
        let Kind::Structure { members } = &shape.kind else {
            return Err(malformed("the schema has no structure here"));
        };
        let mut left = head.value;
        while self.another(&mut left)? {
            let key = self.key()?;
            let Some(index) = members.iter().position(|it| it.name == key) else {
                self.skip()?;
                continue;
            };
            if !self.null() {
                let slot = place_of(to, index)?;
                let member = &members[index];
                self.fill(member.name, self.schema.shape(member.shape), slot)?;
            }
        }
        Ok(())
    }

    /// An integer, or a float that is one.
    fn whole(&mut self, head: &Head) -> Option<i64> {
        match (head.kind, head.value?) {
            (major::UNSIGNED, value) => i64::try_from(value).ok(),
            (major::NEGATIVE, value) => i64::try_from(value).ok().map(|it| !it),
            _ => {
                let number = self.number(head)?;
                (number.fract() == 0.0 && number.abs() < 9.0e15).then_some(number as i64)
            }
        }
    }

    fn number(&mut self, head: &Head) -> Option<f64> {
        let bits = head.value?;
        match (head.kind, head.form) {
            (major::UNSIGNED, _) => Some(bits as f64),
            (major::NEGATIVE, _) => Some(-1.0 - bits as f64),
            (major::OTHER, 25) => Some(half(bits as u16)),
            (major::OTHER, 26) => Some(f64::from(f32::from_bits(bits as u32))),
            (major::OTHER, 27) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// An item that nothing here reads.
    fn skip(&mut self) -> Result<(), Malformed> {
        self.deeper(|it| {
            let head = it.head()?;
            match head.kind {
                major::BYTES | major::TEXT => it.bytes(&head).map(drop),
                major::ARRAY | major::MAP => {
                    let mut left = head.value;
                    while it.another(&mut left)? {
                        if head.kind == major::MAP {
                            it.skip()?;
                        }
                        it.skip()?;
                    }
                    Ok(())
                }
                major::TAG => it.skip(),
                _ => Ok(()),
            }
        })
    }

    /// An item of any kind, as JSON has it.
    fn document(&mut self) -> Result<Document, Malformed> {
        self.deeper(|it| {
            let head = it.head()?;
            Ok(match head.kind {
                major::TEXT => it.text(&head)?.into_owned().into(),
                major::ARRAY => {
                    let (mut items, mut left) = (Vec::new(), head.value);
                    while it.another(&mut left)? {
                        items.push(it.document()?);
                    }
                    Document::Array(items)
                }
                major::MAP => {
                    let (mut entries, mut left) = (serde_json::Map::new(), head.value);
                    while it.another(&mut left)? {
                        let key = it.key()?.into_owned();
                        entries.insert(key, it.document()?);
                    }
                    Document::Object(entries)
                }
                major::OTHER if matches!(head.form, 20 | 21) => (head.form == 21).into(),
                major::OTHER if matches!(head.form, 22 | 23) => Document::Null,
                major::UNSIGNED => head.value.into(),
                major::NEGATIVE if let Some(number) = it.whole(&head) => number.into(),
                _ => match it.number(&head) {
                    Some(number) => number.into(),
                    None => return Err(malformed("a document has an item that JSON has not")),
                },
            })
        })
    }
}

fn kind_of(slot: &Slot<'_>) -> &'static str {
    match slot {
        Slot::Str(_) => "a text",
        Slot::Blob(_) | Slot::Stream(_) => "a blob",
        Slot::Bool(_) => "a boolean",
        Slot::Int(_) | Slot::Long(_) => "an integer",
        Slot::Double(_) => "a number",
        Slot::Time(_) => "a timestamp",
        Slot::List(_) => "a list",
        Slot::Map(_) | Slot::Struct(_) => "a map",
        Slot::Document(_) => "a value",
    }
}

/// A number of 16 bits.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 31, f64::from(bits & 0x3ff));
    let value = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -value } else { value }
}
