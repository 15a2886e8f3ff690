//! A block: some records of one stream that follow on each other, and its place.
//!
//! ```text
//! block = (length | bytes)*
//! ```

use bytes::Bytes;
use wharf_wal::{DecodeError, Decoder, Encoder};

use crate::{LimitError, MAX_APPEND_BYTES, MAX_APPEND_RECORDS, MAX_RECORD_BYTES};

/// Names a file of the journal: a segment of the log, or a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(u32);

impl FileId {
    const RUN: u32 = 1 << 31;

    pub(crate) fn segment(id: u64) -> Self {
        // Two thousand million segments of megabytes each are more than any disk holds.
        Self(u32::try_from(id).unwrap_or(u32::MAX) & !Self::RUN)
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

/// The records of one append.
pub(crate) fn encode<R: AsRef<[u8]>>(records: &[R]) -> Result<Vec<u8>, LimitError> {
    let count = records.len();
    if count == 0 {
        return Err(LimitError::Empty);
    }
    if count > MAX_APPEND_RECORDS {
        return Err(LimitError::TooManyRecords { count });
    }
    let mut bytes = 0;
    for record in records {
        let len = record.as_ref().len();
        if len > MAX_RECORD_BYTES {
            return Err(LimitError::RecordTooLarge { bytes: len });
        }
        bytes += len;
    }
    if bytes > MAX_APPEND_BYTES {
        return Err(LimitError::AppendTooLarge { bytes });
    }
    // Lengths take at most three bytes each.
    let mut out = Encoder::with_capacity(bytes + 3 * count);
    records.iter().for_each(|r| out.bytes(r.as_ref()));
    Ok(out.into_vec())
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
