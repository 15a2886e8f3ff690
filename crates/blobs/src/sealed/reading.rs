//! Content out of a file: several records read at once and opened in place.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    os::unix::fs::FileExt,
};

use bytes::Bytes;
use rustix::io::{ReadWriteFlags, preadv2};
use wharf_seal::Keyring;

use super::{
    CHUNK, ContentKey, Damage, OVERHEAD, Purpose, RECORD, Role,
    header::{HEADER_BYTES, key_in},
    position, split,
};

/// Records read at once: what fits a core's second-level cache.
const GROUP: usize = 4;
/// Room that [`read_group`] needs.
pub(crate) const GROUP_BYTES: usize = GROUP * RECORD;
/// Bytes of content that it gives at most.
pub(crate) const GROUP_CONTENT: usize = GROUP * CHUNK;

/// Whether to wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    Waits,
    /// Takes what is in memory, or nothing at all: [`io::ErrorKind::WouldBlock`].
    None,
}

/// Reads content from `at` of a finished file with `size` bytes of it: up to `wanted`, and no more
/// than the records that fit `buffer`. Returns where in the buffer it stands.
pub(crate) fn read_group(
    file: &File,
    key: &ContentKey,
    size: u64,
    at: u64,
    wanted: u64,
    buffer: &mut [u8],
    patience: Patience,
) -> io::Result<std::ops::Range<usize>> {
    let (chunk, last) = (CHUNK as u64, size / CHUNK as u64);
    let first = at / chunk;
    let end = at.saturating_add(wanted).min(size);
    let behind = end.div_ceil(chunk).max(first + 1);
    let records = (behind - first).min((buffer.len() / RECORD) as u64);
    let behind = first + records;
    let bytes = if behind > last {
        (last - first) * RECORD as u64 + size % chunk + OVERHEAD as u64
    } else {
        records * RECORD as u64
    };
    let short = || io::Error::from(Damage::Short);
    let bytes = usize::try_from(bytes).map_err(|_| short())?;
    let buffer = buffer.get_mut(..bytes).ok_or_else(short)?;
    read_exactly(file, buffer, position(first), patience)?;
    let mut filled = 0;
    for (n, record) in (first..behind).enumerate() {
        let role = if record == last {
            Role::Last
        } else {
            Role::Whole
        };
        // Each opens to where the one before ended, a little to the left of where it was read to.
        let (from, to) = (n * RECORD, bytes.min((n + 1) * RECORD));
        filled += key.open(record, role, &mut buffer[filled..to], from - filled)?;
    }
    let skip = usize::try_from(at - first * chunk).map_err(|_| short())?;
    let stop = usize::try_from(end - first * chunk).map_or(filled, |stop| stop.min(filled));
    Ok(skip.min(stop)..stop)
}

/// All of a finished file of `file_bytes` whose content is one record, read in one go and without waiting: its key and the content.
/// `None` says nothing but that who asks has to wait.
pub(crate) fn read_small(
    file: &File,
    file_bytes: u64,
    keyring: &Keyring,
    purpose: &Purpose,
) -> Option<(ContentKey, Bytes)> {
    if file_bytes > position(1) {
        return None;
    }
    // As large as it is, and not a buffer for whole records: it is kept until the slowest client has taken it.
    let mut bytes = vec![0; usize::try_from(file_bytes).ok()?];
    read_exactly(file, &mut bytes, 0, Patience::None).ok()?;
    let key = key_in(bytes.first_chunk()?, keyring, purpose)?;
    let key = key.content_key(None)?;
    let length = key.open(0, Role::Last, &mut bytes, HEADER_BYTES).ok()?;
    bytes.truncate(length);
    Some((key, bytes.into()))
}

/// Opens the last record alone: whether a file of `size` bytes of content really ends there.
pub(crate) fn verify_last(
    file: &File,
    key: &ContentKey,
    size: u64,
    patience: Patience,
) -> io::Result<()> {
    let (last, rest) = (size / CHUNK as u64, size % CHUNK as u64);
    let rest = usize::try_from(rest).map_err(|_| Damage::Short)?;
    let mut record = vec![0; rest + OVERHEAD];
    read_exactly(file, &mut record, position(last), patience)?;
    key.open(last, Role::Last, &mut record, 0)?;
    Ok(())
}

/// Shows all whole records of an unfinished file to `see` in order, as they lie there to `raw` before.
pub(crate) fn each_whole(
    file: &File,
    key: &ContentKey,
    records: u64,
    mut raw: impl FnMut(&[u8]),
    mut see: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut buffer = vec![0; GROUP_BYTES];
    let mut at = 0;
    while at < records {
        let count = (records - at).min(GROUP as u64);
        let bytes = usize::try_from(count).map_err(|_| Damage::Short)? * RECORD;
        read_exactly(file, &mut buffer[..bytes], position(at), Patience::Waits)?;
        raw(&buffer[..bytes]);
        for (n, record) in buffer[..bytes].chunks_exact_mut(RECORD).enumerate() {
            let length = key.open(at + n as u64, Role::Whole, record, 0)?;
            see(&record[..length]);
        }
        at += count;
    }
    Ok(())
}

/// The content of a resting upload's tail, if it is that behind `records` whole ones.
pub(crate) fn read_tail(
    key: &ContentKey,
    tail: &mut [u8],
    records: u64,
) -> Result<Vec<u8>, Damage> {
    let (at, record) = tail.split_first_chunk_mut().ok_or(Damage::Short)?;
    if u64::from_be_bytes(*at) != records {
        // Of a chunk that is whole by now.
        return Ok(Vec::new());
    }
    let length = key.open(records, Role::Tail, record, 0)?;
    Ok(record[..length].to_vec())
}

/// Bytes of content in a tail file whose head is `at` and that has `bytes`, behind `records`.
pub(crate) fn tail_bytes(at: [u8; 8], bytes: u64, records: u64) -> u64 {
    if u64::from_be_bytes(at) != records {
        return 0;
    }
    bytes.saturating_sub(8 + OVERHEAD as u64)
}

/// Whole records of a file of so many bytes; the rest of an unfinished one does not count.
pub(crate) fn whole_records(file_bytes: u64) -> u64 {
    split(file_bytes).map_or(0, |(whole, _)| whole)
}

pub(crate) fn read_exactly(
    file: &File,
    buffer: &mut [u8],
    at: u64,
    patience: Patience,
) -> io::Result<()> {
    if patience == Patience::None {
        let slices = &mut [IoSliceMut::new(buffer)];
        return match preadv2(file, slices, at, ReadWriteFlags::NOWAIT) {
            Ok(read) if read == buffer.len() => Ok(()),
            // Who waits learns what is wrong, if anything is.
            _ => Err(io::ErrorKind::WouldBlock.into()),
        };
    }
    match file.read_exact_at(buffer, at) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(Damage::Short.into()),
        other => other,
    }
}
