//! Blocks of runs as they stand on disk: as they are, or packed.
//!
//! Records of one stream are much alike, and what stands at the same place of each (times, lengths) is more
//! so. So a packed block has its records by columns, under zstd:
//!
//! ```text
//! stored  = form u8 | rest
//! rest    = block                                       form 0, as in the log: (length | bytes)*
//!         | bytes of the block u32 | zstd(columns)      form 1
//! columns = count | length* | heads | tails
//! heads   = the first bytes of all records, then the second …, HEAD_BYTES of them; none of shorter records
//! ```
//!
//! Pure.

use std::io;

use wharf_wal::{DecodeError, Decoder, Encoder};

use crate::MAX_APPEND_BYTES;

const PLAIN: u8 = 0;
const PACKED: u8 = 1;
/// What stands before the columns.
const PREFIX: usize = 5;
/// Bytes at the begin of each record that stand by columns: two times, of an event of a log.
pub const HEAD_BYTES: usize = 16;
/// Higher levels gain a tenth and cost several times as much.
const LEVEL: i32 = 1;
/// A block that does not become so many times smaller stays as it is: reading a part of it costs less.
const WORTH: usize = 2;
/// Bytes of the largest block: of an append whose records have a byte each.
const MAX_BLOCK: usize = 3 * MAX_APPEND_BYTES;

/// Turns blocks into what is stored.
pub(crate) struct Packer {
    zstd: zstd::bulk::Compressor<'static>,
    columns: Encoder,
}

impl Packer {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            zstd: zstd::bulk::Compressor::new(LEVEL)?,
            columns: Encoder::new(),
        })
    }

    /// The packed form of a block; `None` where that is not worth it.
    pub(crate) fn pack(&mut self, block: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let Ok(bytes) = u32::try_from(block.len()) else {
            return Ok(None);
        };
        self.columns.clear();
        if block.len() > MAX_BLOCK || columns(block, &mut self.columns).is_err() {
            return Ok(None);
        }
        let packed = self.zstd.compress(self.columns.as_slice())?;
        if packed.len() * WORTH > block.len() {
            return Ok(None);
        }
        let mut stored = Vec::with_capacity(PREFIX + packed.len());
        stored.push(PACKED);
        stored.extend_from_slice(&bytes.to_le_bytes());
        stored.extend_from_slice(&packed);
        Ok(Some(stored))
    }
}

/// A block as it is.
pub(crate) fn plain(block: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(1 + block.len());
    stored.push(PLAIN);
    stored.extend_from_slice(block);
    stored
}

/// Bytes of the block in what is stored, if it is packed.
pub(crate) fn packed_bytes(stored: &[u8]) -> Option<usize> {
    let (&[PACKED, a, b, c, d], _) = stored.split_first_chunk::<PREFIX>()? else {
        return None;
    };
    Some(u32::from_le_bytes([a, b, c, d]) as usize)
}

/// The block in what is stored. Nothing is allocated beyond what the largest block takes.
pub(crate) fn unpack(stored: Vec<u8>) -> io::Result<Vec<u8>> {
    Ok(unpack_if(stored, |_| true)?.unwrap_or_default())
}

/// What can be seen of a packed block before it is put together.
#[derive(Debug)]
pub struct Glance<'c> {
    count: usize,
    heads: &'c [u8],
    tails: &'c [u8],
}

impl<'c> Glance<'c> {
    /// Byte `at` of each record; `None` beyond [`HEAD_BYTES`], and where a record is shorter than that.
    pub fn column(&self, at: usize) -> Option<&'c [u8]> {
        let is_whole = self.heads.len() == self.count * HEAD_BYTES && at < HEAD_BYTES;
        is_whole.then(|| &self.heads[at * self.count..(at + 1) * self.count])
    }

    /// What stands behind the first [`HEAD_BYTES`] of all records.
    pub fn tails(&self) -> &'c [u8] {
        self.tails
    }
}

/// The same, unless it is packed and does not pass.
pub(crate) fn unpack_if(
    mut stored: Vec<u8>,
    passes: impl FnOnce(&Glance<'_>) -> bool,
) -> io::Result<Option<Vec<u8>>> {
    match stored.first() {
        Some(&PLAIN) => {
            stored.drain(..1);
            Ok(Some(stored))
        }
        Some(&PACKED) => {
            let bytes = packed_bytes(&stored).filter(|bytes| *bytes <= MAX_BLOCK);
            let bytes = bytes.ok_or_else(|| damaged(DecodeError::BadNumber))?;
            // The count comes on top of what the block has.
            let columns = zstd::bulk::decompress(&stored[PREFIX..], bytes + 10)?;
            let columns = Columns::read(&columns).map_err(damaged)?;
            match passes(&columns.glance()) {
                true => Ok(Some(columns.rows(bytes).map_err(damaged)?)),
                false => Ok(None),
            }
        }
        Some(&tag) => Err(damaged(DecodeError::UnknownTag(tag))),
        None => Err(damaged(DecodeError::Truncated)),
    }
}

fn columns(block: &[u8], out: &mut Encoder) -> Result<(), DecodeError> {
    let mut records = Vec::new();
    let mut input = Decoder::new(block);
    while !input.is_empty() {
        records.push(input.bytes()?);
    }
    out.number(records.len() as u64);
    for record in &records {
        out.number(record.len() as u64);
    }
    for at in 0..HEAD_BYTES {
        for byte in records.iter().filter_map(|it| it.get(at)) {
            out.u8(*byte);
        }
    }
    for tail in records.iter().filter_map(|it| it.get(HEAD_BYTES..)) {
        out.raw(tail);
    }
    Ok(())
}

fn damaged(error: DecodeError) -> io::Error {
    let text = format!("a packed block {error}");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// The records of a block by columns.
struct Columns<'c> {
    lengths: Vec<usize>,
    /// Heads, then tails.
    rest: &'c [u8],
    heads_bytes: usize,
}

impl<'c> Columns<'c> {
    fn read(columns: &'c [u8]) -> Result<Self, DecodeError> {
        let mut input = Decoder::new(columns);
        let count = input.count(1)?;
        let mut lengths = Vec::with_capacity(count);
        for _ in 0..count {
            let length = usize::try_from(input.number()?).map_err(|_| DecodeError::BadNumber)?;
            lengths.push(length);
        }
        let rest = &columns[input.position()..];
        let mut each = lengths.iter();
        match each.try_fold(0usize, |sum, it| sum.checked_add(*it)) {
            Some(all) if all == rest.len() => Ok(Self {
                heads_bytes: lengths.iter().map(|it| HEAD_BYTES.min(*it)).sum(),
                lengths,
                rest,
            }),
            _ => Err(DecodeError::BadNumber),
        }
    }

    fn glance(&self) -> Glance<'c> {
        Glance {
            count: self.lengths.len(),
            heads: &self.rest[..self.heads_bytes],
            tails: self.tails(),
        }
    }

    fn tails(&self) -> &'c [u8] {
        &self.rest[self.heads_bytes..]
    }

    /// The block, of so many bytes.
    fn rows(&self, bytes: usize) -> Result<Vec<u8>, DecodeError> {
        let mut block = Encoder::with_capacity(bytes);
        let mut tails = self.tails();
        // Where each record begins in the block.
        let mut begins = Vec::with_capacity(self.lengths.len());
        for length in &self.lengths {
            block.number(*length as u64);
            begins.push(block.len());
            let head = HEAD_BYTES.min(*length);
            let (tail, behind) = tails.split_at(length - head);
            block.raw(&[0; HEAD_BYTES][..head]);
            block.raw(tail);
            tails = behind;
        }
        let mut block = block.into_vec();
        let mut heads = self.rest.iter();
        for at in 0..HEAD_BYTES {
            let long = begins.iter().zip(&self.lengths).filter(|(_, it)| **it > at);
            for ((begin, _), byte) in long.zip(&mut heads) {
                block[begin + at] = *byte;
            }
        }
        match block.len() == bytes {
            true => Ok(block),
            false => Err(DecodeError::BadNumber),
        }
    }
}

/// For fuzzing.
pub(crate) fn columns_of(bytes: &[u8]) {
    if let Ok(columns) = Columns::read(bytes) {
        let _ = columns.rows(bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(records: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Encoder::new();
        records.iter().for_each(|it| out.bytes(it));
        out.into_vec()
    }

    fn there_and_back(block: &[u8]) -> Option<usize> {
        let stored = Packer::new().unwrap().pack(block).unwrap();
        let back = unpack(stored.clone().unwrap_or_else(|| plain(block))).unwrap();
        assert_eq!(back, block);
        stored.map(|it| it.len())
    }

    #[test]
    fn lines_become_many_times_smaller_and_noise_stays() {
        let line = |n: u64| {
            let mut line = (1_763_900_000_000 + n * 37).to_le_bytes().to_vec();
            line.extend_from_slice(&1_763_900_000_000_u64.to_le_bytes());
            let path = n * 7919 % 500;
            line.extend_from_slice(
                format!("10.0.{}.7 GET /api/v1/items?page={path} 200", n % 9).as_bytes(),
            );
            line
        };
        let lines = block(&(0..3000).map(line).collect::<Vec<_>>());
        let packed = there_and_back(&lines).unwrap();
        assert!(packed * 8 < lines.len(), "{packed} of {}", lines.len());
        let noise: Vec<u8> = (0..4096).map(|_| rand::random()).collect();
        assert_eq!(there_and_back(&block(&[noise])), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn every_block_comes_back(
            records in proptest::collection::vec(proptest::collection::vec(0u8..3, 0..40), 0..60),
        ) {
            there_and_back(&block(&records));
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(0u8..40, 0..200), size in 0usize..400) {
            let _ = Columns::read(&bytes).and_then(|it| it.rows(size));
            let _ = unpack(bytes);
        }

        #[test]
        fn what_was_bent_is_refused_or_has_its_size(at in 0usize..200, with in 1u8..) {
            let block = block(&vec![b"all the same, all the same".to_vec(); 50]);
            let mut stored = Packer::new().unwrap().pack(&block).unwrap().unwrap();
            let at = at % stored.len();
            stored[at] ^= with;
            let bytes = packed_bytes(&stored);
            if let Ok(back) = unpack(stored) {
                prop_assert!(bytes.is_none_or(|bytes| bytes == back.len()));
            }
        }
    }
}
