//! FlatBuffers, as far as an index uses them: tables, strings, numbers, and vectors of bytes and of what offsets lead to.
//!
//! Reading believes no offset. Nothing is allocated, so a small buffer whose offsets lead to one place again and again is for
//! the caller to bound.

use crate::Damaged;

type Read<T> = Result<T, Damaged>;

#[derive(Clone, Copy)]
pub struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    vtable: usize,
    /// Of the vtable, in bytes.
    length: usize,
}

/// What the offsets of a vector lead to.
#[derive(Clone, Copy)]
pub struct Vector<'a> {
    bytes: &'a [u8],
    first: usize,
    pub len: usize,
}

impl<'a> Table<'a> {
    pub fn root(bytes: &'a [u8]) -> Read<Self> {
        Self::lying_at(bytes, size(u32_at(bytes, 0)?)?)
    }

    fn lying_at(bytes: &'a [u8], at: usize) -> Read<Self> {
        let back = i64::from(i32::from_le_bytes(array(bytes, at)?));
        let vtable = i64::try_from(at).ok().and_then(|at| at.checked_sub(back));
        let vtable = vtable.and_then(|it| usize::try_from(it).ok());
        let vtable = vtable.ok_or(Damaged("an offset"))?;
        let length = usize::from(u16::from_le_bytes(array(bytes, vtable)?));
        let end = vtable.checked_add(length);
        if length < 4 || end.is_none_or(|end| end > bytes.len()) {
            return Err(Damaged("a table"));
        }
        Ok(Self {
            bytes,
            at,
            vtable,
            length,
        })
    }

    /// Where the field lies; `None` has its default.
    fn field(&self, slot: usize) -> Read<Option<usize>> {
        let entry = 4 + 2 * slot;
        if entry + 2 > self.length {
            return Ok(None);
        }
        let offset = u16::from_le_bytes(array(self.bytes, self.vtable + entry)?);
        match offset {
            0 => Ok(None),
            _ => (self.at.checked_add(offset.into()))
                .map(Some)
                .ok_or(Damaged("an offset")),
        }
    }

    pub fn i64(&self, slot: usize) -> Read<i64> {
        self.field(slot)?
            .map_or(Ok(0), |at| Ok(i64::from_le_bytes(array(self.bytes, at)?)))
    }

    pub fn u32(&self, slot: usize) -> Read<u32> {
        self.field(slot)?.map_or(Ok(0), |at| u32_at(self.bytes, at))
    }

    pub fn byte(&self, slot: usize, default: u8) -> Read<u8> {
        self.field(slot)?
            .map_or(Ok(default), |at| Ok(array::<1>(self.bytes, at)?[0]))
    }

    fn target(&self, slot: usize) -> Read<Option<usize>> {
        self.field(slot)?
            .map(|at| follow(self.bytes, at))
            .transpose()
    }

    /// A string, or a vector of bytes; empty where there is none.
    pub fn bytes(&self, slot: usize) -> Read<&'a [u8]> {
        self.target(slot)?
            .map_or(Ok(&[][..]), |at| sized(self.bytes, at))
    }

    pub fn table(&self, slot: usize) -> Read<Option<Self>> {
        self.target(slot)?
            .map(|at| Self::lying_at(self.bytes, at))
            .transpose()
    }

    pub fn vector(&self, slot: usize) -> Read<Vector<'a>> {
        let Some(at) = self.target(slot)? else {
            let (first, len) = (0, 0);
            return Ok(Vector {
                bytes: self.bytes,
                first,
                len,
            });
        };
        let len = size(u32_at(self.bytes, at)?)?;
        let first = at + 4;
        let end = len.checked_mul(4).and_then(|it| it.checked_add(first));
        if end.is_none_or(|end| end > self.bytes.len()) {
            return Err(Damaged("a vector"));
        }
        Ok(Vector {
            bytes: self.bytes,
            first,
            len,
        })
    }
}

impl<'a> Vector<'a> {
    pub fn tables(self) -> impl Iterator<Item = Read<Table<'a>>> {
        let at = move |n| follow(self.bytes, self.first + 4 * n);
        (0..self.len).map(move |n| Table::lying_at(self.bytes, at(n)?))
    }

    pub fn strings(self) -> impl Iterator<Item = Read<&'a [u8]>> {
        let at = move |n| follow(self.bytes, self.first + 4 * n);
        (0..self.len).map(move |n| sized(self.bytes, at(n)?))
    }
}

fn follow(bytes: &[u8], at: usize) -> Read<usize> {
    at.checked_add(size(u32_at(bytes, at)?)?)
        .ok_or(Damaged("an offset"))
}

fn sized(bytes: &[u8], at: usize) -> Read<&[u8]> {
    let len = size(u32_at(bytes, at)?)?;
    let found = bytes.get(at + 4..).and_then(|rest| rest.get(..len));
    found.ok_or(Damaged("a string"))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Read<[u8; N]> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found.copied().ok_or(Damaged("an offset"))
}

fn u32_at(bytes: &[u8], at: usize) -> Read<u32> {
    Ok(u32::from_le_bytes(array(bytes, at)?))
}

fn size(number: u32) -> Read<usize> {
    usize::try_from(number).map_err(|_| Damaged("an offset"))
}

/// Writes from front to back: what refers to something is written first, and is told where that lies later.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn at(&self) -> usize {
        self.0.len()
    }

    pub fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    pub fn u16(&mut self, number: u16) {
        self.0.extend(number.to_le_bytes());
    }

    pub fn u32(&mut self, number: u32) {
        self.0.extend(number.to_le_bytes());
    }

    pub fn i64(&mut self, number: i64) {
        self.0.extend(number.to_le_bytes());
    }

    /// Offsets of a table's fields, by slot, within `size` bytes; 0 are not there.
    pub fn vtable(&mut self, size: u16, fields: &[u16]) -> usize {
        self.align(2);
        let at = self.at();
        self.u16(4 + 2 * fields.len() as u16);
        self.u16(size);
        for field in fields {
            self.u16(*field);
        }
        at
    }

    /// Begins a table whose fields are written next.
    pub fn table(&mut self, vtable: usize) -> usize {
        self.align(8);
        let at = self.at();
        self.u32((at - vtable) as u32);
        at
    }

    /// The offset at `from` leads to what is written next.
    pub fn lead_here(&mut self, from: usize) {
        let offset = (self.at() - from) as u32;
        self.0[from..from + 4].copy_from_slice(&offset.to_le_bytes());
    }

    /// The same for a string or a vector of bytes, which is written.
    pub fn string_for(&mut self, from: usize, text: &[u8]) {
        self.align(4);
        self.lead_here(from);
        self.u32(text.len() as u32);
        self.0.extend(text);
        self.0.push(0);
    }

    /// The same for a vector of offsets, all of which lead nowhere yet; where the first one is.
    pub fn vector_for(&mut self, from: usize, len: usize) -> usize {
        self.align(4);
        self.lead_here(from);
        self.u32(len as u32);
        let first = self.at();
        self.0.resize(first + 4 * len, 0);
        first
    }
}
