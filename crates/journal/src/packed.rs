//! Blocks of runs as they stand on disk, as they are or packed, and those of the log that came packed.
//!
//! Records of one stream are much alike, and what stands at the same place of each (times, lengths) is more
//! so. So a packed block has its records by columns, under zstd:
//!
//! ```text
//! stored  = form u8 | rest
//! rest    = block                                                form 0, as in the log: (length | bytes)*
//!         | bytes of the block u32 | zstd(lengths)               form 1, of versions before this one
//!         | bytes of the block u32 | filter | zstd(lines)        form 2, with a filter of what stands in it (`filter`)
//! lengths = count | length* | heads | tails
//! lines   = count | 0 | length* | changes | tails
//!         | count | 1 | changes | (tail | line feed)*            of records whose tails have no line feed
//! heads   = the first bytes of all records, then the second …, HEAD_BYTES of them; none of shorter records
//! changes = of heads, each byte less the one before it at the same place of records
//! ```
//!
//! Pure.

use std::{borrow::Cow, cell::RefCell, io, ops::Range};

use memchr::{memchr, memchr_iter};
use parking_lot::Mutex;
use wharf_wal::{DecodeError, Decoder, Encoder};

use crate::{
    MAX_APPEND_BYTES,
    filter::{self, Filter},
};

const PLAIN: u8 = 0;
const PACKED: u8 = 1;
const FILTERED: u8 = 2;
/// What stands before the columns, or the filter.
const PREFIX: usize = 5;
/// Bytes that have the filter of a block, if it has one.
pub(crate) const FILTER_WITHIN: usize = PREFIX + filter::HEADER_BYTES + filter::MOST_BYTES;
/// Bytes at the begin of each record that stand by columns: two times, of an event of a log.
pub const HEAD_BYTES: usize = 16;
/// Higher levels gain a tenth and cost several times as much.
const LEVEL: i32 = 1;
/// A block that does not become so many times smaller stays as it is: reading a part of it costs less.
const WORTH: usize = 2;
/// Bytes of the largest block: of an append whose records have a byte each.
pub(crate) const MAX_BLOCK: usize = 3 * MAX_APPEND_BYTES;

/// Turns blocks into what is stored.
pub(crate) struct Packer {
    zstd: zstd::bulk::Compressor<'static>,
    columns: Encoder,
    zipped: Vec<u8>,
    filter: filter::Builder,
}

/// For those who pack a block here and there, on whatever thread: each is megabytes, and more are of no use than there
/// are processors of a small machine.
static PACKERS: Mutex<Vec<Packer>> = Mutex::new(Vec::new());
const KEPT_PACKERS: usize = 4;

/// Lends a packer for one block.
pub(crate) fn with_packer<T>(pack: impl FnOnce(&mut Packer) -> io::Result<T>) -> io::Result<T> {
    let kept = PACKERS.lock().pop();
    let mut packer = match kept {
        Some(packer) => packer,
        None => Packer::new()?,
    };
    let packed = pack(&mut packer);
    let mut kept = PACKERS.lock();
    if packer.zipped.capacity() <= KEPT_ROOM && kept.len() < KEPT_PACKERS {
        kept.push(packer);
    }
    packed
}

impl Packer {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            zstd: zstd::bulk::Compressor::new(LEVEL)?,
            columns: Encoder::new(),
            zipped: Vec::new(),
            filter: filter::Builder::new(),
        })
    }

    /// The packed form of a block; `None` where that is not worth it.
    pub(crate) fn pack(&mut self, block: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let Ok(bytes) = u32::try_from(block.len()) else {
            return Ok(None);
        };
        let records = match records(block) {
            Ok(records) if block.len() <= MAX_BLOCK => records,
            _ => return Ok(None),
        };
        let mut room = std::mem::take(&mut self.columns);
        room.clear();
        columns(&records, &mut room);
        let packed = self.pack_columns(room.as_slice(), bytes, |filter| {
            records.iter().for_each(|it| filter.add(it));
        });
        self.columns = room;
        packed
    }

    /// The same of columns, of a block that would have so many bytes; `fill` adds its records to the filter.
    pub(crate) fn pack_columns(
        &mut self,
        columns: &[u8],
        bytes: u32,
        fill: impl FnOnce(&mut filter::Builder),
    ) -> io::Result<Option<Vec<u8>>> {
        let (packed, block) = (&mut self.zipped, bytes as usize);
        packed.clear();
        packed.reserve(zstd::zstd_safe::compress_bound(columns.len()));
        self.zstd.compress_to_buffer(columns, packed)?;
        if packed.len() * WORTH > block {
            return Ok(None);
        }
        self.filter.clear();
        fill(&mut self.filter);
        let mut stored = Vec::with_capacity(FILTER_WITHIN + packed.len());
        stored.push(FILTERED);
        stored.extend_from_slice(&bytes.to_le_bytes());
        self.filter.finish(packed.len(), &mut stored);
        stored.extend_from_slice(packed);
        Ok((stored.len() * WORTH <= block).then_some(stored))
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
    let (&[PACKED | FILTERED, a, b, c, d], _) = stored.split_first_chunk::<PREFIX>()? else {
        return None;
    };
    Some(u32::from_le_bytes([a, b, c, d]) as usize)
}

/// Whether a block is packed as this version packs it.
pub(crate) fn is_of_now(stored: &[u8]) -> bool {
    stored.first() == Some(&FILTERED)
}

/// The filter in the first [`FILTER_WITHIN`] bytes of what is stored, if it has one.
pub(crate) fn filter(stored: &[u8]) -> Option<Filter> {
    match stored.split_first_chunk::<PREFIX>()? {
        ([FILTERED, ..], rest) => Filter::read(rest),
        _ => None,
    }
}

/// The block in what is stored. Nothing is allocated beyond what the largest block takes.
pub(crate) fn unpack(stored: Vec<u8>) -> io::Result<Vec<u8>> {
    Ok(unpack_if(stored, |_| true)?.unwrap_or_default())
}

/// What can be seen of a packed block before it is put together.
#[derive(Debug)]
pub struct Glance<'c>(&'c Columns<'c>);

impl<'c> Glance<'c> {
    /// Byte `at` of each record; `None` beyond [`HEAD_BYTES`], and where a record is shorter than that.
    pub fn column(&self, at: usize) -> Option<&'c [u8]> {
        let count = self.0.lengths.len();
        let is_whole = self.0.heads.len() == count * HEAD_BYTES && at < HEAD_BYTES;
        is_whole.then(|| &self.0.heads[at * count..(at + 1) * count])
    }

    /// What stands behind the first [`HEAD_BYTES`] of all records.
    pub fn tails(&self) -> &'c [u8] {
        self.0.tails
    }

    /// Where in [`Glance::tails`] that of each record is.
    pub fn places(&self) -> impl Iterator<Item = Range<usize>> + use<'c> {
        let columns = self.0;
        let mut next = 0;
        columns.lengths.iter().map(move |length| {
            let begin = next;
            let end = begin + length.saturating_sub(HEAD_BYTES);
            next = end + columns.step;
            begin..end
        })
    }

    /// Record `index`, whose tail is at that place; `None` where [`Glance::column`] has none.
    pub fn record(&self, index: usize, place: Range<usize>) -> Option<Vec<u8>> {
        let mut record = Vec::with_capacity(HEAD_BYTES + place.len());
        for at in 0..HEAD_BYTES {
            record.push(*self.column(at)?.get(index)?);
        }
        record.extend_from_slice(self.0.tails.get(place)?);
        Some(record)
    }
}

/// What takes blocks apart, and the room of the columns of one: fresh room for each would be a good part of the work.
struct Unzip {
    zstd: zstd::bulk::Decompressor<'static>,
    columns: Vec<u8>,
}

/// A thread keeps no more room than this, which most blocks take.
const KEPT_ROOM: usize = 1 << 20;

thread_local! {
    /// Made once a thread, for it is large.
    static UNZIP: RefCell<Option<Unzip>> = const { RefCell::new(None) };
}

/// Shows what `packed` holds, which is at most so much.
fn unzip<T>(packed: &[u8], most: usize, see: impl FnOnce(&[u8]) -> io::Result<T>) -> io::Result<T> {
    // Taken out: whoever sees it may take another block apart.
    let mut unzip = match UNZIP.take() {
        Some(unzip) => unzip,
        None => Unzip {
            zstd: zstd::bulk::Decompressor::new()?,
            columns: Vec::new(),
        },
    };
    unzip.columns.clear();
    unzip.columns.reserve(most);
    let unzipped = unzip.zstd.decompress_to_buffer(packed, &mut unzip.columns);
    let seen = unzipped.and_then(|size| match size <= most {
        true => see(&unzip.columns),
        false => Err(damaged(DecodeError::BadNumber)),
    });
    if unzip.columns.capacity() <= KEPT_ROOM {
        UNZIP.set(Some(unzip));
    }
    seen
}

/// The same, unless it is packed and does not pass.
pub(crate) fn unpack_if(
    mut stored: Vec<u8>,
    passes: impl FnOnce(&Glance<'_>) -> bool,
) -> io::Result<Option<Vec<u8>>> {
    let form = match stored.first() {
        Some(&PLAIN) => {
            stored.drain(..1);
            return Ok(Some(stored));
        }
        Some(form @ &(PACKED | FILTERED)) => *form,
        Some(&tag) => return Err(damaged(DecodeError::UnknownTag(tag))),
        None => return Err(damaged(DecodeError::Truncated)),
    };
    let bytes = packed_bytes(&stored).filter(|bytes| *bytes <= MAX_BLOCK);
    let bytes = bytes.ok_or_else(|| damaged(DecodeError::BadNumber))?;
    let mut packed = &stored[PREFIX..];
    if form == FILTERED {
        let behind = filter::length(packed).and_then(|it| packed.get(it..));
        packed = behind.ok_or_else(|| damaged(DecodeError::Truncated))?;
    }
    // The count, and in what form tails are, come on top of what the block has.
    unzip(packed, bytes + 11, |columns| {
        let columns = match form {
            PACKED => Columns::read(columns),
            _ => Columns::read_lines(columns),
        };
        let columns = columns.map_err(damaged)?;
        match passes(&Glance(&columns)) {
            true => Ok(Some(columns.rows(bytes).map_err(damaged)?)),
            false => Ok(None),
        }
    })
}

fn records(block: &[u8]) -> Result<Vec<&[u8]>, DecodeError> {
    let mut records = Vec::new();
    let mut input = Decoder::new(block);
    while !input.is_empty() {
        records.push(input.bytes()?);
    }
    Ok(records)
}

/// What stands before the columns: how many records there are, and how long each is where line feeds do not tell.
pub(crate) fn begin_columns(
    out: &mut Encoder,
    are_lines: bool,
    lengths: impl ExactSizeIterator<Item = usize>,
) {
    out.number(lengths.len() as u64);
    out.u8(u8::from(are_lines));
    if !are_lines {
        lengths.for_each(|it| out.number(it as u64));
    }
}

fn columns(records: &[&[u8]], out: &mut Encoder) {
    let are_lines = records.iter().all(|it| {
        let tail = it.get(HEAD_BYTES..);
        tail.is_some_and(|it| memchr(b'\n', it).is_none())
    });
    begin_columns(out, are_lines, records.iter().map(|it| it.len()));
    match are_lines {
        true => out.raw(&changes(records)),
        false => {
            for at in 0..HEAD_BYTES {
                let mut before = 0u8;
                for byte in records.iter().filter_map(|it| it.get(at)) {
                    out.u8(byte.wrapping_sub(before));
                    before = *byte;
                }
            }
        }
    }
    for tail in records.iter().filter_map(|it| it.get(HEAD_BYTES..)) {
        out.raw(tail);
        if are_lines {
            out.u8(b'\n');
        }
    }
}

/// The changes of heads that all records have whole: each record is looked at once.
fn changes(records: &[&[u8]]) -> Vec<u8> {
    let count = records.len();
    let mut changes = vec![0; count * HEAD_BYTES];
    let mut before = [0u8; HEAD_BYTES];
    let heads = records
        .iter()
        .filter_map(|it| it.first_chunk::<HEAD_BYTES>());
    for (index, head) in heads.enumerate() {
        put_changes(&mut changes, index, &before, head);
        before = *head;
    }
    changes
}

/// Puts the changes of the head of record `index` into those of all records, which are zeros so far.
pub(crate) fn put_changes(
    changes: &mut [u8],
    index: usize,
    before: &[u8; HEAD_BYTES],
    head: &[u8; HEAD_BYTES],
) {
    let count = changes.len() / HEAD_BYTES;
    const HALF: usize = HEAD_BYTES / 2;
    // The second half, when an event came in, is the same for all of a put.
    for half in [0..HALF, HALF..HEAD_BYTES] {
        if before[half.clone()] != head[half.clone()] {
            for at in half {
                changes[at * count + index] = head[at].wrapping_sub(before[at]);
            }
        }
    }
}

fn damaged(error: DecodeError) -> io::Error {
    let text = format!("a packed block {error}");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// The records of a block by columns.
#[derive(Debug)]
struct Columns<'c> {
    lengths: Vec<usize>,
    heads: Cow<'c, [u8]>,
    tails: &'c [u8],
    /// Bytes between two tails.
    step: usize,
}

impl<'c> Columns<'c> {
    /// Of form 1.
    fn read(columns: &'c [u8]) -> Result<Self, DecodeError> {
        let mut input = Decoder::new(columns);
        let count = input.count(1)?;
        let lengths = lengths(&mut input, count)?;
        let (heads, tails) = split(&columns[input.position()..], &lengths)?;
        Ok(Self {
            lengths,
            heads: Cow::Borrowed(heads),
            tails,
            step: 0,
        })
    }

    /// Of form 2.
    fn read_lines(columns: &'c [u8]) -> Result<Self, DecodeError> {
        let mut input = Decoder::new(columns);
        let count = input.count(1)?;
        let (lengths, changes, tails, step) = match input.u8()? {
            0 => {
                let lengths = lengths(&mut input, count)?;
                let (changes, tails) = split(&columns[input.position()..], &lengths)?;
                (lengths, changes, tails, 0)
            }
            1 => {
                let rest = &columns[input.position()..];
                let heads = count.checked_mul(HEAD_BYTES);
                let (changes, tails) = heads
                    .and_then(|it| rest.split_at_checked(it))
                    .ok_or(DecodeError::Truncated)?;
                let (mut lengths, mut next) = (Vec::with_capacity(count), 0);
                for end in memchr_iter(b'\n', tails) {
                    lengths.push(HEAD_BYTES + end - next);
                    next = end + 1;
                }
                if lengths.len() != count || next != tails.len() {
                    return Err(DecodeError::BadNumber);
                }
                (lengths, changes, tails, 1)
            }
            _ => return Err(DecodeError::BadNumber),
        };
        let mut heads = changes.to_vec();
        let mut rest = heads.as_mut_slice();
        for at in 0..HEAD_BYTES {
            let long = match step {
                1 => count,
                _ => lengths.iter().filter(|it| **it > at).count(),
            };
            let (column, behind) = rest.split_at_mut(long);
            let mut before = 0u8;
            for byte in column {
                before = byte.wrapping_add(before);
                *byte = before;
            }
            rest = behind;
        }
        Ok(Self {
            lengths,
            heads: Cow::Owned(heads),
            tails,
            step,
        })
    }

    /// The block, of so many bytes.
    fn rows(&self, bytes: usize) -> Result<Vec<u8>, DecodeError> {
        let mut block = Encoder::with_capacity(bytes);
        let mut tails = self.tails;
        // Where each record begins in the block.
        let mut begins = Vec::with_capacity(self.lengths.len());
        for length in &self.lengths {
            block.number(*length as u64);
            begins.push(block.len());
            let head = HEAD_BYTES.min(*length);
            let (tail, behind) = tails.split_at(length - head);
            block.raw(&[0; HEAD_BYTES][..head]);
            block.raw(tail);
            tails = &behind[self.step..];
        }
        let mut block = block.into_vec();
        let mut heads = self.heads.iter();
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

fn lengths(input: &mut Decoder<'_>, count: usize) -> Result<Vec<usize>, DecodeError> {
    let mut lengths = Vec::with_capacity(count);
    for _ in 0..count {
        let length = usize::try_from(input.number()?).map_err(|_| DecodeError::BadNumber)?;
        lengths.push(length);
    }
    Ok(lengths)
}

/// Heads and tails of records of such lengths, if they are just these.
fn split<'c>(rest: &'c [u8], lengths: &[usize]) -> Result<(&'c [u8], &'c [u8]), DecodeError> {
    let mut each = lengths.iter();
    match each.try_fold(0usize, |sum, it| sum.checked_add(*it)) {
        Some(all) if all == rest.len() => {
            Ok(rest.split_at(lengths.iter().map(|it| HEAD_BYTES.min(*it)).sum()))
        }
        _ => Err(DecodeError::BadNumber),
    }
}

/// For fuzzing.
pub(crate) fn columns_of(bytes: &[u8]) {
    for columns in [Columns::read(bytes), Columns::read_lines(bytes)] {
        let _ = columns.and_then(|it| it.rows(bytes.len()));
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

    /// As versions before this one stored it.
    fn as_before(records: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Encoder::new();
        out.number(records.len() as u64);
        records.iter().for_each(|it| out.number(it.len() as u64));
        for at in 0..HEAD_BYTES {
            let bytes = records.iter().filter_map(|it| it.get(at));
            bytes.for_each(|it| out.u8(*it));
        }
        let tails = records.iter().filter_map(|it| it.get(HEAD_BYTES..));
        tails.for_each(|it| out.raw(it));
        let mut stored = vec![PACKED];
        stored.extend_from_slice(&(block(records).len() as u32).to_le_bytes());
        stored.extend(zstd::bulk::compress(out.as_slice(), LEVEL).unwrap());
        stored
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

    /// What lies on disks is read as it was written; a column elsewhere is another form.
    #[test]
    fn a_block_of_this_version_is_read_as_ever() {
        let records: Vec<Vec<u8>> = (0..9u8)
            .map(|n| [&[n; HEAD_BYTES][..], b"item", &[b'a' + n]].concat())
            .collect();
        // Of a filter that says nothing the sum is not asked for.
        #[rustfmt::skip]
        const GOLDEN: &[u8] = &[
            FILTERED, 198, 0, 0, 0,
            0, 0, 0, 0, 0, 1, 0, 0,
            0x28, 0xb5, 0x2f, 0xfd, 0x20, 0xc8, 0x45, 0x03, 0x00, 0xa4, 0x03, 0x09, 0x01, 0x00, 0x01, 0x00,
            0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00,
            0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x69, 0x74, 0x65,
            0x6d, 0x61, 0x0a, 0x69, 0x74, 0x65, 0x6d, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x0a, 0x69,
            0x74, 0x65, 0x6d, 0x69, 0x0a, 0x16, 0x00, 0x40, 0x04, 0xdc, 0x81, 0xc6, 0x80, 0x08, 0xb8, 0x9b,
            0xd2, 0x3c, 0x70, 0x18, 0x38, 0x0c, 0x1c, 0x06, 0x0e, 0x03, 0x87, 0x81, 0xc3, 0xc0, 0x61, 0xe0,
            0x30, 0x70, 0x18, 0x38, 0x0c, 0x1c, 0x06, 0x0e, 0x03, 0x87, 0x81, 0xc3, 0xc0, 0x61, 0x17, 0x10,
            0x01,
        ];
        assert_eq!(unpack(GOLDEN.to_vec()).unwrap(), block(&records));
        assert_eq!(filter(GOLDEN), None);
        assert_eq!(FILTERED, 2);
    }

    fn alike() -> Vec<Vec<u8>> {
        let line = |n: u64| {
            let mut record = (1000 + n).to_le_bytes().to_vec();
            record.extend_from_slice(&[7, 0, 0, 0, 0, 0, 0, 0]);
            record.extend_from_slice(format!("GET /items/{} 200", n * n * 7919).as_bytes());
            record
        };
        (0..400).map(line).collect()
    }

    /// Neither filter nor anything else makes a block larger than it was, and a filter that says nothing has no bits.
    #[test]
    fn small_blocks_and_mixed_ones_have_no_filter() {
        for count in 1..60u8 {
            let record = |n: u8| [&[n; HEAD_BYTES - 1], &[0][..], b"all the same"].concat();
            let records: Vec<_> = (0..count).map(record).collect();
            let block = block(&records);
            if let Some(size) = there_and_back(&block) {
                assert!(size * WORTH <= block.len(), "{size} of {}", block.len());
            }
        }
        let mut records = alike();
        let stored = Packer::new()
            .unwrap()
            .pack(&block(&records))
            .unwrap()
            .unwrap();
        assert!(filter(&stored).is_some());
        records[7][HEAD_BYTES - 1] = 1;
        let mixed = Packer::new()
            .unwrap()
            .pack(&block(&records))
            .unwrap()
            .unwrap();
        assert_eq!(filter(&mixed), None);
        assert!(mixed.len() < stored.len());
        assert_eq!(unpack(mixed).unwrap(), block(&records));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn every_block_comes_back(
            records in proptest::collection::vec(proptest::collection::vec(9u8..12, 0..40), 0..60),
            least in 0usize..20,
        ) {
            // With and without records that are shorter than a head, and line feeds in tails.
            let records: Vec<Vec<u8>> = records.into_iter().filter(|it| it.len() >= least).collect();
            let lines = records.iter().map(|it| {
                let (head, tail) = it.split_at(HEAD_BYTES.min(it.len()));
                [head.to_vec(), tail.iter().map(|it| it.max(&11)).copied().collect()].concat()
            });
            for records in [lines.collect(), records] {
                let block = block(&records);
                there_and_back(&block);
                prop_assert_eq!(unpack(as_before(&records)).unwrap(), block);
            }
        }

        #[test]
        fn a_glance_shows_each_record(
            records in proptest::collection::vec(proptest::collection::vec(9u8..12, HEAD_BYTES..90), 40..60),
            noise in any::<[u8; 8]>(),
        ) {
            let mut records = records;
            records.push([&[7; HEAD_BYTES], noise.as_slice()].concat());
            let block = block(&records);
            for stored in [Packer::new().unwrap().pack(&block).unwrap(), Some(as_before(&records))] {
                let Some(stored) = stored else { continue };
                let seen = unpack_if(stored.clone(), |it| {
                    let places: Vec<_> = it.places().collect();
                    assert_eq!(places.len(), records.len());
                    for (index, (place, record)) in places.into_iter().zip(&records).enumerate() {
                        assert_eq!(&it.tails()[place.clone()], &record[HEAD_BYTES..]);
                        assert_eq!(it.record(index, place).as_ref(), Some(record));
                    }
                    false
                });
                prop_assert_eq!(seen.unwrap(), None);
                if let Some(filter) = filter(&stored) {
                    prop_assert!(records.iter().all(|it| filter.may_have(&it[HEAD_BYTES..])));
                }
            }
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(0u8..40, 0..200), size in 0usize..400) {
            let _ = Columns::read(&bytes).and_then(|it| it.rows(size));
            let _ = Columns::read_lines(&bytes).and_then(|it| it.rows(size));
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
