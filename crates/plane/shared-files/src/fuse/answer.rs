//! What the kernel is answered.

use std::time::Duration;

use wharf_programs::fuse::{MAJOR, MINOR, Words, head, is_known};

use super::MOST;
use crate::nfs::attributes::{Attributes, Kind, Room};

const ASYNC_READ: u32 = 1 << 0;
const POSIX_LOCKS: u32 = 1 << 1;
const BIG_WRITES: u32 = 1 << 5;
const FLOCK_LOCKS: u32 = 1 << 10;
const AUTO_INVALIDATE: u32 = 1 << 12;
const ASYNC_DIO: u32 = 1 << 15;
const PARALLEL_LOOKUPS: u32 = 1 << 18;
const MAX_PAGES: u32 = 1 << 22;
/// Requests of no process in particular, such as those that read ahead, that are under way at a time.
const BACKGROUND: u16 = 32;

/// How long the kernel may go by what it was told of a name or a file before it asks anew.
const VALID: Duration = Duration::from_secs(1);

/// How long a name may stand for what it stands for. Who opens a file has to see what was in it when others closed it, its
/// length above all: sendfile goes by the length that the kernel has, and asks for none. A lookup brings it, so each opening
/// begins with one.
fn name_is_valid(kind: Kind) -> Duration {
    match kind {
        Kind::File => Duration::ZERO,
        _ => VALID,
    }
}

/// How the kernel treats what it has in memory of a file that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// It reads it anew.
    Drop,
    Keep,
    /// It has none.
    Bypass,
}

/// What several answers have.
trait Parts {
    fn attributes(&mut self, it: &Attributes);
    fn entry(&mut self, node: u64, it: &Attributes);
    fn opened(&mut self, open: u64, cache: Cache);
}

impl Parts for Words {
    /// Owners are numbers of this machine already.
    fn attributes(&mut self, it: &Attributes) {
        self.u64(it.number);
        self.u64(it.size);
        self.u64(it.used.div_ceil(512));
        for time in [it.accessed, it.modified, it.changed] {
            self.u64(time.seconds.cast_unsigned());
        }
        for time in [it.accessed, it.modified, it.changed] {
            self.u32(time.nanoseconds);
        }
        let (major, minor) = it.device;
        let device = (minor & 0xff) | (major & 0xfff) << 8 | (minor & 0xfff00) << 12;
        for number in [
            it.kind.bits() | it.mode,
            it.links,
            it.user,
            it.group,
            device,
            MOST,
            0,
        ] {
            self.u32(number);
        }
    }

    fn entry(&mut self, node: u64, it: &Attributes) {
        self.u64(node);
        self.u64(0);
        self.u64(name_is_valid(it.kind).as_secs());
        self.u64(VALID.as_secs());
        self.u64(0);
        self.attributes(it);
    }

    fn opened(&mut self, open: u64, cache: Cache) {
        const DIRECT_IO: u32 = 1 << 0;
        const KEEP_CACHE: u32 = 1 << 1;
        self.u64(open);
        self.u32(match cache {
            Cache::Drop => 0,
            Cache::Keep => KEEP_CACHE,
            Cache::Bypass => DIRECT_IO,
        });
        self.u32(0);
    }
}

/// Unasked: what the kernel knows of that node, but for its bytes, is old. Head and body.
pub fn attributes_changed(node: u64) -> Vec<u8> {
    const INVALIDATE: i32 = 2;
    let mut out = Words::default();
    out.0.extend(head(0, -INVALIDATE, 24));
    out.u64(node);
    out.u64(u64::MAX);
    out.u64(0);
    out.0
}

/// `None`: the kernel is too old.
pub fn init(major: u32, minor: u32, flags: u32) -> Option<Vec<u8>> {
    if !is_known(major, minor) {
        return None;
    }
    const USED: u32 = ASYNC_READ
        | POSIX_LOCKS
        | BIG_WRITES
        | FLOCK_LOCKS
        | AUTO_INVALIDATE
        | ASYNC_DIO
        | PARALLEL_LOOKUPS
        | MAX_PAGES;
    let mut out = Words::default();
    out.u32(MAJOR);
    out.u32(MINOR);
    out.u32(4 * MOST);
    out.u32(flags & USED);
    out.u16(BACKGROUND);
    out.u16(BACKGROUND / 4 * 3);
    out.u32(MOST);
    // Times have nanoseconds.
    out.u32(1);
    out.u16(u16::try_from(MOST / 4096).unwrap_or(u16::MAX));
    out.0.resize(64, 0);
    Some(out.0)
}

pub fn attributes(it: &Attributes) -> Vec<u8> {
    let mut out = Words::default();
    out.u64(VALID.as_secs());
    out.u64(0);
    out.attributes(it);
    out.0
}

pub fn entry(node: u64, it: &Attributes) -> Vec<u8> {
    let mut out = Words::default();
    out.entry(node, it);
    out.0
}

pub fn created(node: u64, it: &Attributes, open: u64, cache: Cache) -> Vec<u8> {
    let mut out = Words::default();
    out.entry(node, it);
    out.opened(open, cache);
    out.0
}

pub fn opened(open: u64, cache: Cache) -> Vec<u8> {
    let mut out = Words::default();
    out.opened(open, cache);
    out.0
}

pub fn written(bytes: usize) -> Vec<u8> {
    let mut out = Words::default();
    out.u32(u32::try_from(bytes).unwrap_or(u32::MAX));
    out.u32(0);
    out.0
}

pub fn room(it: &Room) -> Vec<u8> {
    const BLOCK: u32 = 4096;
    let blocks = |bytes: u64| bytes / u64::from(BLOCK);
    let mut out = Words::default();
    for number in [
        blocks(it.bytes_total),
        blocks(it.bytes_free),
        blocks(it.bytes_available),
        it.files_total,
        it.files_free,
    ] {
        out.u64(number);
    }
    for number in [BLOCK, 255, BLOCK] {
        out.u32(number);
    }
    out.0.resize(80, 0);
    out.0
}

/// A lock that is in the way, or that none is.
pub fn lock(held: Option<(bool, u64, u64)>) -> Vec<u8> {
    let mut out = Words::default();
    let (kind, from, to) = match held {
        None => (libc::F_UNLCK, 0, 0),
        Some((true, from, to)) => (libc::F_WRLCK, from, to),
        Some((false, from, to)) => (libc::F_RDLCK, from, to),
    };
    out.u64(from);
    out.u64(to);
    out.u32(kind.cast_unsigned());
    out.u32(0);
    out.0
}

/// Entries of a folder, as many as there is room for.
pub struct Entries {
    out: Words,
    room: usize,
}

impl Entries {
    pub fn new(room: usize) -> Self {
        Self {
            out: Words::default(),
            room,
        }
    }

    /// `next`: where the listing goes on after it. `kind`: as the upper bits of a mode. Whether there was room.
    pub fn push(&mut self, number: u64, next: u64, kind: u32, name: &[u8]) -> bool {
        let bytes = (24 + name.len()).next_multiple_of(8);
        if self.out.0.len() + bytes > self.room {
            return false;
        }
        let end = self.out.0.len() + bytes;
        self.out.u64(number);
        self.out.u64(next);
        self.out.u32(u32::try_from(name.len()).unwrap_or(u32::MAX));
        self.out.u32(kind >> 12);
        self.out.0.extend(name);
        self.out.0.resize(end, 0);
        true
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.out.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_the_sizes_that_the_kernel_awaits() {
        let it = Attributes::default();
        assert_eq!(init(7, 45, u32::MAX).unwrap().len(), 64);
        assert!(init(7, 12, 0).is_none() && init(6, 99, 0).is_none());
        assert_eq!(attributes(&it).len(), 104);
        assert_eq!(entry(2, &it).len(), 128);
        assert_eq!(created(2, &it, 3, Cache::Keep).len(), 144);
        assert_eq!(opened(1, Cache::Drop).len(), 16);
        assert_eq!((written(1).len(), room(&Room::default()).len()), (8, 80));
        assert_eq!((lock(None).len(), attributes_changed(5).len()), (24, 40));
        assert_eq!(head(9, libc::EIO, 0)[4..8], (-libc::EIO).to_ne_bytes());
        assert_eq!(attributes_changed(5)[4..8], 2_i32.to_ne_bytes());
    }

    #[test]
    fn entries_end_where_the_room_does() {
        let mut entries = Entries::new(64);
        assert!(entries.push(1, 1, libc::S_IFDIR, b"."));
        assert!(entries.push(2, 2, libc::S_IFREG, b"12345678"));
        assert!(!entries.push(3, 3, libc::S_IFREG, b"x"));
        let bytes = entries.into_bytes();
        assert_eq!(bytes.len(), 64);
        assert_eq!(bytes[20..24], 4_u32.to_ne_bytes());
    }
}
