//! Content of blobs that are read again and again, as it was decrypted: a layer that many nodes pull, an object that
//! everybody asks for. To read it from here costs neither the copy out of the file nor AES, and no other thread.
//!
//! A blob is known when it is opened for the second time while it is remembered; only then its pieces are kept. So
//! what is read once, as most is, takes no memory. What was not read for a while is given back.
//!
//! A blob is opened before its pieces are asked for: whether it is there, and whether its key opens, is decided there. Of
//! what is read under a lock nothing is kept: where the lock's is the lower of two layers, a wrong lock opens the file too,
//! and what it makes of it is not the content. Pieces are those of the file as it was: once somebody writes
//! to it, what he wrote is read. What the disk alone loses is found when they are gone, or by the scrubber.

use std::{
    fs::{File, Metadata},
    io,
    num::NonZeroUsize,
    os::unix::fs::MetadataExt as _,
    time::{Duration, Instant},
};

use bytes::Bytes;
use lru::LruCache;
use parking_lot::Mutex;
use wharf_durable::{Taker, memory};

use crate::{
    Digest,
    sealed::{CHUNK, GROUP_BYTES, GROUP_CONTENT},
};

/// Blobs that are remembered to have been opened.
const OPENED: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
/// Bytes kept at most on a large machine.
const MOST: usize = 256 << 20;
/// Of what the machine has, or this process may take, kept at most; of small blobs (`small.rs`) as much besides.
const SHARE: u64 = 64;
/// What was not read for so long is given back.
const IDLE: Duration = Duration::from_secs(120);

/// Bytes of content in a piece, but for the last one of a blob.
const PIECE: u64 = GROUP_CONTENT as u64;

/// The file of a blob as it was when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Version {
    digest: Digest,
    inode: u64,
    /// Seconds and nanoseconds, as the kernel has it.
    changed: (i64, i64),
}

impl Version {
    pub(crate) fn of(digest: Digest, file: &File) -> io::Result<Self> {
        Ok(Self::as_found(digest, &file.metadata()?))
    }

    pub(crate) fn as_found(digest: Digest, found: &Metadata) -> Self {
        Self {
            digest,
            inode: found.ino(),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    pub(crate) fn digest(&self) -> &Digest {
        &self.digest
    }

    #[cfg(test)]
    pub(crate) fn example(digest: Digest, inode: u64) -> Self {
        let changed = (1, 0);
        Self {
            digest,
            inode,
            changed,
        }
    }
}

/// The pieces of one folder's blobs.
#[derive(Debug)]
pub(crate) struct Hot {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    opened: LruCache<Digest, ()>,
    pieces: LruCache<(Version, u64), Piece>,
    /// Of the pieces' buffers.
    bytes: usize,
}

#[derive(Debug)]
struct Piece {
    content: Bytes,
    read: Instant,
}

impl Default for Hot {
    fn default() -> Self {
        Self::with_most(part_of_memory(MOST))
    }
}

/// Bytes that may be kept: `most`, or less on a small machine.
pub(crate) fn part_of_memory(most: usize) -> usize {
    let share = memory(Taker::Process).map(|bytes| bytes / SHARE);
    let share = share.and_then(|bytes| usize::try_from(bytes).ok());
    share.map_or(most, |bytes| bytes.min(most))
}

impl Hot {
    fn with_most(most: usize) -> Self {
        let kept = Kept {
            opened: LruCache::new(OPENED),
            pieces: LruCache::unbounded(),
            bytes: 0,
        };
        Self {
            most,
            kept: Mutex::new(kept),
        }
    }

    /// Notes that a blob of `size` bytes was opened. Whether its pieces are to be kept: not those of a small one,
    /// which costs little, nor those of one that would leave no room for others.
    pub(crate) fn is_hot(&self, of: &Version, size: u64) -> bool {
        if size < CHUNK as u64 || size > (self.most / 2) as u64 {
            return false;
        }
        self.kept.lock().opened.put(of.digest, ()).is_some()
    }

    /// What is kept of `start..end` from its start: to the end of its piece at most.
    pub(crate) fn content(&self, of: &Version, start: u64, end: u64) -> Option<Bytes> {
        let within = start % PIECE;
        let mut kept = self.kept.lock();
        let piece = kept.pieces.get_mut(&(*of, start - within))?;
        let stop = (within + end.checked_sub(start)?).min(piece.content.len() as u64);
        let (from, to) = (usize::try_from(within).ok()?, usize::try_from(stop).ok()?);
        if from >= to {
            return None;
        }
        piece.read = Instant::now();
        Some(piece.content.slice(from..to))
    }

    /// Keeps what was read at `at` of a blob of `size` bytes, if it is a whole piece, and gives back what was not read
    /// for the longest time.
    pub(crate) fn keep(&self, of: &Version, size: u64, at: u64, content: &Bytes) {
        if !at.is_multiple_of(PIECE) || content.len() as u64 != within_piece(at, size) {
            return;
        }
        let mut kept = self.kept.lock();
        // It is what was read from here, or another reader came first.
        if kept.pieces.contains(&(*of, at)) {
            return;
        }
        // A short one would keep a whole buffer.
        let content = if is_short(content) {
            Bytes::copy_from_slice(content)
        } else {
            content.clone()
        };
        let read = Instant::now();
        kept.bytes += weight(&content);
        kept.pieces.put((*of, at), Piece { content, read });
        while kept.bytes > self.most {
            kept.drop_oldest();
        }
    }

    /// Gives back what was not read lately.
    pub(crate) fn drop_idle(&self, now: Instant) {
        let mut kept = self.kept.lock();
        while let Some((_, piece)) = kept.pieces.peek_lru()
            && now.saturating_duration_since(piece.read) >= IDLE
        {
            kept.drop_oldest();
        }
    }
}

impl Kept {
    fn drop_oldest(&mut self) {
        let oldest = self.pieces.pop_lru();
        self.bytes -= oldest.map_or(self.bytes, |(_, piece)| weight(&piece.content));
    }
}

/// Bytes from `start` to `end`, or to the end of the piece before: so that what is read are whole pieces.
pub(crate) fn within_piece(start: u64, end: u64) -> u64 {
    end.saturating_sub(start).min(PIECE - start % PIECE)
}

/// Bytes of memory that a piece holds.
fn weight(content: &Bytes) -> usize {
    if is_short(content) {
        content.len()
    } else {
        GROUP_BYTES
    }
}

fn is_short(content: &Bytes) -> bool {
    content.len() < GROUP_CONTENT / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(n: u8) -> Version {
        Version::example(Digest::of(&[n]), 1)
    }

    const SIZE: u64 = 2 * PIECE + 7;

    fn whole(n: u8) -> Bytes {
        Bytes::from(vec![n; GROUP_CONTENT])
    }

    fn kept(hot: &Hot, n: u8) -> Option<Bytes> {
        hot.content(&version(n), 0, SIZE)
    }

    #[test]
    fn a_blob_is_hot_when_it_is_opened_again() {
        let hot = Hot::with_most(8 * GROUP_BYTES);
        assert!(!hot.is_hot(&version(1), SIZE));
        assert!(hot.is_hot(&version(1), SIZE));
        assert!(!hot.is_hot(&version(2), SIZE));
        // Small ones and large ones never are.
        for (n, size) in [(3, 10), (4, 5 * GROUP_BYTES as u64)] {
            assert!(!hot.is_hot(&version(n), size));
            assert!(!hot.is_hot(&version(n), size));
        }
    }

    #[test]
    fn what_was_not_read_for_the_longest_time_goes_first() {
        let hot = Hot::with_most(2 * GROUP_BYTES);
        hot.keep(&version(1), SIZE, 0, &whole(1));
        hot.keep(&version(2), SIZE, 0, &whole(2));
        assert_eq!(kept(&hot, 1), Some(whole(1)));
        hot.keep(&version(3), SIZE, 0, &whole(3));
        assert_eq!(kept(&hot, 2), None);
        assert_eq!(kept(&hot, 1), Some(whole(1)));
        assert_eq!(kept(&hot, 3), Some(whole(3)));
        assert_eq!(hot.kept.lock().bytes, 2 * GROUP_BYTES);
    }

    #[test]
    fn a_file_that_was_written_to_has_nothing_kept() {
        let hot = Hot::with_most(2 * GROUP_BYTES);
        hot.keep(&version(1), SIZE, 0, &whole(1));
        for other in [
            Version {
                inode: 2,
                ..version(1)
            },
            Version {
                changed: (1, 1),
                ..version(1)
            },
        ] {
            assert_eq!(hot.content(&other, 0, SIZE), None);
        }
        assert_eq!(kept(&hot, 1), Some(whole(1)));
    }

    #[test]
    fn a_piece_that_is_kept_again_counts_once() {
        let hot = Hot::with_most(2 * GROUP_BYTES);
        for _ in 0..5 {
            hot.keep(&version(1), SIZE, 0, &whole(1));
            hot.keep(
                &version(1),
                SIZE,
                2 * PIECE,
                &Bytes::from_static(b"the end"),
            );
        }
        assert_eq!(hot.kept.lock().bytes, GROUP_BYTES + 7);
        assert_eq!(hot.kept.lock().pieces.len(), 2);
    }

    #[test]
    fn only_whole_pieces_are_kept_and_any_part_is_read() {
        let hot = Hot::with_most(8 * GROUP_BYTES);
        hot.keep(&version(1), SIZE, 0, &whole(1).slice(1..));
        hot.keep(&version(1), SIZE, 1, &whole(1));
        hot.keep(&version(1), SIZE, PIECE, &whole(1).slice(..7));
        assert_eq!(hot.kept.lock().pieces.len(), 0);
        hot.keep(&version(1), SIZE, PIECE, &whole(1));
        let content = |start, end| {
            hot.content(&version(1), start, end)
                .map(|found| found.len())
        };
        assert_eq!(content(0, SIZE), None);
        assert_eq!(content(PIECE, SIZE), Some(GROUP_CONTENT));
        assert_eq!(content(PIECE + 1, SIZE), Some(GROUP_CONTENT - 1));
        assert_eq!(content(PIECE + 1, PIECE + 3), Some(2));
        assert_eq!(content(PIECE + 3, PIECE + 3), None);
        assert_eq!(content(PIECE + 3, PIECE + 1), None);
        assert_eq!(content(2 * PIECE, SIZE), None);
    }

    #[test]
    fn what_nobody_reads_is_given_back() {
        let hot = Hot::with_most(2 * GROUP_BYTES);
        hot.keep(&version(1), SIZE, 0, &whole(1));
        hot.drop_idle(Instant::now());
        assert_eq!(hot.kept.lock().pieces.len(), 1);
        hot.drop_idle(Instant::now() + 2 * IDLE);
        assert_eq!(hot.kept.lock().pieces.len(), 0);
        assert_eq!(hot.kept.lock().bytes, 0);
    }
}
