//! A block: some records of one stream that follow on each other, and its place.
//!
//! ```text
//! block = (length | bytes)*
//! ```

use std::{io, ops::Range, sync::Arc};

use bytes::Bytes;
use wharf_wal::{DecodeError, Decoder, Encoder, Place};

use crate::{
    JournalError, LimitError, MAX_APPEND_BYTES, MAX_APPEND_RECORDS,
    filter::Filter,
    packed::{self, Glance},
    state::FileState,
};

/// Names a file of the journal: a segment of the log, or a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(u32);

impl FileId {
    const RUN: u32 = 1 << 31;
    const PACKED: u32 = 1 << 30;

    pub(crate) fn segment(id: u64) -> Self {
        // A thousand million segments of megabytes each are more than any disk holds.
        Self(u32::try_from(id).unwrap_or(u32::MAX) & !(Self::RUN | Self::PACKED))
    }

    /// What stands for the blocks of a segment that were packed when they came: as if they were another file.
    pub(crate) fn of_packed(self) -> Self {
        Self(self.0 | Self::PACKED)
    }

    pub(crate) fn run(id: u32) -> Self {
        Self(id | Self::RUN)
    }

    pub(crate) fn as_run(self) -> Option<u32> {
        (self.0 & Self::RUN != 0).then_some(self.0 & !Self::RUN)
    }
}

/// Where a block stands. There are many of these: 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    /// Offset of its first record in the stream.
    pub(crate) first: u64,
    /// Byte of the file.
    pub(crate) position: u64,
    pub(crate) count: u32,
    pub(crate) len: u32,
    pub(crate) crc: u32,
    pub(crate) file: FileId,
}

const _: () = assert!(size_of::<Block>() == 32);

impl Block {
    /// Offset behind its last record.
    pub(crate) fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }
}

/// The records of one append, within its limits, as the block that they become. The room that they
/// took can be used again.
#[derive(Debug, Default)]
pub struct Records {
    block: Encoder,
    count: u32,
    bytes: usize,
}

impl Records {
    pub(crate) fn of<R: AsRef<[u8]>>(records: &[R]) -> Result<Self, LimitError> {
        let count = records.len();
        LimitError::check_count(count)?;
        let bytes = records.iter().map(|it| it.as_ref().len()).sum();
        LimitError::check_append(bytes)?;
        let mut all = Self::with_room(bytes, count);
        records.iter().try_for_each(|it| all.push(it.as_ref()))?;
        Ok(all)
    }

    /// None so far, and room for so many with so many bytes.
    pub fn with_room(bytes: usize, count: usize) -> Self {
        let (bytes, count) = (bytes.min(MAX_APPEND_BYTES), count.min(MAX_APPEND_RECORDS));
        Self {
            // Lengths take at most three bytes each.
            block: Encoder::with_capacity(bytes + 3 * count),
            ..Self::default()
        }
    }

    /// Adds one.
    ///
    /// # Errors
    /// It is too large, or too much for one append; nothing was added.
    pub fn push(&mut self, record: &[u8]) -> Result<(), LimitError> {
        let (count, bytes) = (self.len() + 1, self.bytes + record.len());
        LimitError::check_record(record.len())?;
        LimitError::check_count(count)?;
        LimitError::check_append(bytes)?;
        self.block.bytes(record);
        self.count += 1;
        self.bytes = bytes;
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.count as usize
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Of all records.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The block and how many records it has, which [`Records::give_back`] is to have again.
    pub(crate) fn lend(&mut self) -> Result<(Bytes, u32), LimitError> {
        match self.count {
            0 => Err(LimitError::Empty),
            count => Ok((std::mem::take(&mut self.block).into_vec().into(), count)),
        }
    }

    /// Its room alone, if the records were appended. What somebody else still holds is copied.
    pub(crate) fn give_back(&mut self, block: Bytes, appended: bool) {
        self.block = Encoder::from(Vec::from(block));
        if appended {
            self.block.clear();
            (self.count, self.bytes) = (0, 0);
        }
    }
}

/// The records of one append as a packed block, which the log, and later a run, has as it is.
#[derive(Debug)]
pub struct PackedRecords {
    pub(crate) block: Bytes,
    pub(crate) count: u32,
}

impl PackedRecords {
    pub fn len(&self) -> usize {
        self.count as usize
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Of the packed block.
    pub fn bytes(&self) -> usize {
        self.block.len()
    }
}

/// Bytes of a file that are a block.
#[derive(Debug)]
pub(crate) struct Stored {
    file: FileId,
    place: Place,
    /// They say in which form it is ([`packed`]).
    packs: bool,
}

impl Stored {
    pub(crate) fn new(file: &FileState, block: &Block) -> Self {
        Self {
            file: block.file,
            place: Place {
                file: Arc::clone(&file.data),
                offset: block.position,
                len: block.len,
                crc: block.crc,
            },
            packs: file.packs,
        }
    }

    /// The block. Blocks.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        let bytes = self.place.read()?;
        if self.packs {
            packed::unpack(bytes)
        } else {
            Ok(bytes)
        }
    }

    /// The filter of a packed block that has one. Blocks.
    fn filter(&self) -> io::Result<Option<Filter>> {
        if !self.packs {
            return Ok(None);
        }
        let mut bytes = vec![0; packed::FILTER_WITHIN.min(self.place.len as usize)];
        self.place
            .file
            .read_exact_at(&mut bytes, self.place.offset)?;
        Ok(packed::filter(&bytes))
    }

    /// As [`packed::unpack_if`]. Blocks.
    fn read_if(&self, passes: impl FnOnce(&Glance<'_>) -> bool) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.place.read()?;
        match self.packs {
            true => packed::unpack_if(bytes, passes),
            false => Ok(Some(bytes)),
        }
    }

    /// What names it among all of a journal, if reading it again costs more than keeping it: files' names are not used
    /// twice.
    pub(crate) fn worth_keeping(&self) -> Option<(FileId, u64)> {
        self.packs.then_some((self.file, self.place.offset))
    }

    /// The bytes as they are, if they are a packed block, else the block.
    pub(crate) fn read_packed(&self) -> io::Result<Result<Vec<u8>, Vec<u8>>> {
        let bytes = self.place.read()?;
        Ok(match self.packs {
            true if packed::packed_bytes(&bytes).is_some() => Ok(bytes),
            true => Err(packed::unpack(bytes)?),
            false => Err(bytes),
        })
    }
}

/// A block of a stream on disk, to be read as a whole and taken apart by who reads it.
#[derive(Debug)]
pub struct StoredBlock {
    stored: Stored,
    first: u64,
    count: u32,
}

impl StoredBlock {
    pub(crate) fn new(stored: Stored, block: &Block) -> Self {
        Self {
            stored,
            first: block.first,
            count: block.count,
        }
    }

    /// Bytes of it, about: on disk it may be packed, and is a few times larger then.
    pub fn bytes(&self) -> usize {
        let on_disk = self.stored.place.len as usize;
        match self.stored.packs {
            true => on_disk * 4,
            false => on_disk,
        }
    }

    /// Offset behind its last record.
    pub fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    /// How many records it has.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// What stands in it. Blocks.
    pub fn read(&self) -> Result<Vec<u8>, JournalError> {
        self.stored.read().map_err(unread)
    }

    /// What says which texts are surely not in it, of some blocks that are packed. Blocks.
    pub fn filter(&self) -> Result<Option<Filter>, JournalError> {
        self.stored.filter().map_err(unread)
    }

    /// Offset of its first record.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// What stands in it; `None` for one that is packed and does not pass, which is found out before it is put together.
    /// Blocks.
    pub fn read_if(
        &self,
        passes: impl FnOnce(&Glance<'_>) -> bool,
    ) -> Result<Option<Vec<u8>>, JournalError> {
        self.stored.read_if(passes).map_err(unread)
    }

    /// The records in what was read: the offset of each, and where it stands.
    pub fn records<'b>(
        &self,
        read: &'b [u8],
    ) -> impl Iterator<Item = (u64, Range<usize>)> + use<'b> {
        let mut input = Decoder::new(read);
        (self.first..).map_while(move |offset| {
            let record = input.bytes().ok()?.len();
            let end = input.position();
            Some((offset, end - record..end))
        })
    }
}

fn unread(error: io::Error) -> JournalError {
    JournalError::Read {
        reason: error.to_string(),
    }
}

/// Passes over the first `skip` records and hands the others to `take`, until that says stop.
pub(crate) fn decode(
    block: &Bytes,
    skip: u64,
    mut take: impl FnMut(Bytes) -> bool,
) -> Result<(), DecodeError> {
    let mut input = Decoder::new(block);
    let mut index = 0;
    while !input.is_empty() {
        let record = input.bytes()?;
        if index >= skip && !take(block.slice_ref(record)) {
            return Ok(());
        }
        index += 1;
    }
    Ok(())
}
