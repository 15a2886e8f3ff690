//! A file with a chunk for each series that has points in one stretch of time of one tier. Written once, never
//! changed.
//!
//! ```text
//! magic | chunks, by ascending series | pages of the index | first series of each page | tail
//! entry of a page: series u32 | last point i64 | offset u64 | bytes u32 | crc u32    (little endian)
//! ```
//! Each page ends with its checksum. In memory is the first series of each page.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use wharf_wal::{DataFile, Disk, Encoder, Output, Place, ReplaceError};

use crate::{
    chunk::{self, Point},
    tier::Tier,
};

const MAGIC: &[u8; 8] = b"wharfsb\x01";
const ENTRY_BYTES: usize = 28;
/// Entries of a page.
const PAGE: usize = 128;
const TAIL_BYTES: usize = 8 + 4 + 4 + 4 + 8;

/// Where the points of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub series: u32,
    /// When the last of them is.
    pub last: i64,
    offset: u64,
    bytes: u32,
    crc: u32,
}

/// What a block is about; its name, as it were.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Of {
    pub tier: Tier,
    /// The beginning of the stretch.
    pub from: i64,
    pub id: u64,
}

#[derive(Debug)]
pub struct Block {
    pub of: Of,
    pub file: Arc<DataFile>,
    pub bytes: u64,
    /// Series.
    pub entries: u32,
    index_at: u64,
    firsts: Vec<u32>,
}

pub fn path(dir: &Path, id: u64) -> PathBuf {
    dir.join(name(id))
}

fn name(id: u64) -> String {
    format!("{id:016x}.block")
}

/// The id in a file's name.
pub fn id_of(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_suffix(".block")?, 16).ok()
}

impl Block {
    pub fn open(dir: &Path, of: Of) -> io::Result<Self> {
        let path = path(dir, of.id);
        let file = File::open(&path)?;
        Self::read(DataFile::new(path, file), of)
    }

    fn read(file: Arc<DataFile>, of: Of) -> io::Result<Self> {
        let damaged = || {
            let text = format!("{} is damaged at its end", file.path().display());
            io::Error::new(io::ErrorKind::InvalidData, text)
        };
        let bytes = file.len()?;
        let tail_at = bytes.checked_sub(TAIL_BYTES as u64).ok_or_else(damaged)?;
        let mut tail = [0; TAIL_BYTES];
        file.read_exact_at(&mut tail, tail_at)?;
        let index_at = u64_at(&tail, 0);
        let (pages, entries, crc) = (u32_at(&tail, 8), u32_at(&tail, 12), u32_at(&tail, 16));
        let index_bytes = index_bytes(entries);
        let at = index_at.checked_add(index_bytes).ok_or_else(damaged)?;
        let fits = at.checked_add(u64::from(pages) * 4) == Some(tail_at)
            && pages as usize == (entries as usize).div_ceil(PAGE)
            && &tail[20..] == MAGIC;
        if !fits {
            return Err(damaged());
        }
        let mut firsts = vec![0; pages as usize * 4];
        file.read_exact_at(&mut firsts, at)?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&tail[..16]);
        hasher.update(&firsts);
        if hasher.finalize() != crc {
            return Err(damaged());
        }
        Ok(Self {
            of,
            bytes,
            entries,
            index_at,
            firsts: (0..pages as usize)
                .map(|at| u32_at(&firsts, at * 4))
                .collect(),
            file,
        })
    }

    /// All of the file, whatever became of its name.
    pub fn reader(&self) -> impl Read + '_ {
        Reader { block: self, at: 0 }
    }

    /// Whether it may hold points from `from` until before `to`.
    pub fn touches(&self, from: i64, to: i64) -> bool {
        self.of.from < to && from < self.of.from + self.of.tier.stretch()
    }

    /// The page that a series stands in if it is there.
    pub fn page_of(&self, series: u32) -> Option<usize> {
        self.firsts
            .partition_point(|it| *it <= series)
            .checked_sub(1)
    }

    pub fn pages(&self) -> usize {
        self.firsts.len()
    }

    pub fn page(&self, page: usize) -> io::Result<Vec<Entry>> {
        let count = (self.entries as usize - page * PAGE).min(PAGE);
        let mut bytes = vec![0; count * ENTRY_BYTES + 4];
        let at = self.index_at + (page * (PAGE * ENTRY_BYTES + 4)) as u64;
        self.file.read_exact_at(&mut bytes, at)?;
        let (entries, crc) = bytes.split_at(count * ENTRY_BYTES);
        if crc32fast::hash(entries) != u32_at(crc, 0) {
            let text = format!("{} is damaged at byte {at}", self.file.path().display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(entries.chunks_exact(ENTRY_BYTES).map(Entry::read).collect())
    }

    /// Shows the points of an entry.
    pub fn points(&self, entry: &Entry, see: impl FnMut(i64, crate::Summary)) -> io::Result<()> {
        let place = Place {
            file: Arc::clone(&self.file),
            offset: entry.offset,
            len: entry.bytes,
            crc: entry.crc,
        };
        let bytes = place.read()?;
        chunk::decode(&bytes, self.of.tier, see).map_err(|error| {
            let text = format!("a chunk of {} {error}", self.file.path().display());
            io::Error::new(io::ErrorKind::InvalidData, text)
        })
    }
}

struct Reader<'a> {
    block: &'a Block,
    at: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.block.bytes - self.at).unwrap_or(usize::MAX);
        let piece = into.len().min(left);
        self.block.file.read_exact_at(&mut into[..piece], self.at)?;
        self.at += piece as u64;
        Ok(piece)
    }
}

impl Entry {
    fn read(bytes: &[u8]) -> Self {
        Self {
            series: u32_at(bytes, 0),
            last: u64_at(bytes, 4) as i64,
            offset: u64_at(bytes, 12),
            bytes: u32_at(bytes, 20),
            crc: u32_at(bytes, 24),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.series.to_le_bytes());
        out.extend_from_slice(&self.last.to_le_bytes());
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&self.bytes.to_le_bytes());
        out.extend_from_slice(&self.crc.to_le_bytes());
    }
}

fn index_bytes(entries: u32) -> u64 {
    let pages = (entries as usize).div_ceil(PAGE);
    (entries as usize * ENTRY_BYTES + pages * 4) as u64
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(four)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

/// A block under way.
pub struct Writing<'a> {
    out: &'a mut Output,
    tier: Tier,
    offset: u64,
    index: Vec<Entry>,
    chunk: Encoder,
}

impl Writing<'_> {
    /// The points of the next series, which comes after those before.
    pub fn put(&mut self, series: u32, points: &[Point]) -> io::Result<()> {
        let Some((last, _)) = points.last() else {
            return Ok(());
        };
        self.chunk.clear();
        chunk::encode(self.tier, points, &mut self.chunk);
        let bytes = self.chunk.as_slice();
        self.index.push(Entry {
            series,
            last: *last,
            offset: self.offset,
            bytes: u32::try_from(bytes.len()).map_err(io::Error::other)?,
            crc: crc32fast::hash(bytes),
        });
        self.out.write_all(bytes)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        for page in self.index.chunks(PAGE) {
            let mut bytes = Vec::with_capacity(PAGE * ENTRY_BYTES + 4);
            page.iter().for_each(|it| it.write(&mut bytes));
            let crc = crc32fast::hash(&bytes);
            bytes.extend_from_slice(&crc.to_le_bytes());
            self.out.write_all(&bytes)?;
        }
        let firsts = self.index.chunks(PAGE).map(|page| page[0].series);
        let firsts: Vec<u8> = firsts.flat_map(u32::to_le_bytes).collect();
        self.out.write_all(&firsts)?;
        let mut tail = Vec::with_capacity(TAIL_BYTES);
        tail.extend_from_slice(&self.offset.to_le_bytes());
        tail.extend_from_slice(&(firsts.len() as u32 / 4).to_le_bytes());
        tail.extend_from_slice(&(self.index.len() as u32).to_le_bytes());
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&tail);
        hasher.update(&firsts);
        tail.extend_from_slice(&hasher.finalize().to_le_bytes());
        tail.extend_from_slice(MAGIC);
        self.out.write_all(&tail)
    }
}

/// Gives back the room of a block that no manifest names. What cannot be removed is at the next start.
pub fn remove(dir: &Path, disk: &Disk, of: Of) {
    let path = path(dir, of.id);
    match disk.remove(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "removing a block of metrics failed, the next start will");
        }
        _ => {}
    }
}

/// Writes a block; it is durable when this returns.
pub fn write(
    dir: &Path,
    disk: &Disk,
    of: Of,
    fill: impl FnOnce(&mut Writing<'_>) -> io::Result<()>,
) -> io::Result<Block> {
    let work = |out: &mut Output| {
        out.write_all(MAGIC)?;
        let mut writing = Writing {
            out,
            tier: of.tier,
            offset: MAGIC.len() as u64,
            index: Vec::new(),
            chunk: Encoder::new(),
        };
        fill(&mut writing)?;
        writing.finish()
    };
    let written = disk
        .replace(dir, &name(of.id), work, |_| Ok(()))
        .map_err(|error: ReplaceError| io::Error::from(error))
        .and_then(|_| Block::open(dir, of));
    if written.is_err() {
        remove(dir, disk, of);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Summary;

    fn find(block: &Block, series: u32) -> io::Result<Option<Entry>> {
        let Some(page) = block.page_of(series) else {
            return Ok(None);
        };
        let entries = block.page(page)?;
        Ok(entries.into_iter().find(|it| it.series == series))
    }

    fn of(id: u64) -> Of {
        Of {
            tier: Tier::Minute,
            from: 0,
            id,
        }
    }

    #[test]
    fn points_are_found_by_their_series() {
        let dir = tempfile::tempdir().unwrap();
        let ids: Vec<u32> = (0..1000).map(|n| n * 3 + 1).collect();
        let block = write(dir.path(), &Disk::default(), of(7), |out| {
            ids.iter()
                .try_for_each(|id| out.put(*id, &[(60, Summary::one(f64::from(*id)))]))
        });
        let block = block.unwrap();
        assert_eq!((block.entries, block.pages()), (1000, 8));
        for id in 0..3010 {
            let found = find(&block, id).unwrap();
            assert_eq!(found.is_some(), ids.contains(&id), "{id}");
            if let Some(entry) = found {
                let mut seen = Vec::new();
                block
                    .points(&entry, |at, it| seen.push((at, it.sum)))
                    .unwrap();
                assert_eq!(seen, [(60, f64::from(id))]);
            }
        }
        assert_eq!(id_of("0000000000000007.block"), Some(7));
    }

    #[test]
    fn damage_anywhere_is_found_and_never_read() {
        let dir = tempfile::tempdir().unwrap();
        let disk = Disk::default();
        let put =
            |out: &mut Writing<'_>| (0..3).try_for_each(|n| out.put(n, &[(60, Summary::one(1.5))]));
        drop(write(dir.path(), &disk, of(1), put).unwrap());
        let path = path(dir.path(), 1);
        let good = std::fs::read(&path).unwrap();
        for at in MAGIC.len()..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            std::fs::write(&path, &bad).unwrap();
            let read = Block::open(dir.path(), of(1)).and_then(|block| {
                for id in 0..3 {
                    let entry = find(&block, id)?.ok_or_else(|| io::Error::other("lost"))?;
                    block.points(&entry, |at, it| assert_eq!((at, it.sum), (60, 1.5)))?;
                }
                Ok(())
            });
            assert!(read.is_err(), "byte {at}");
        }
    }
}
