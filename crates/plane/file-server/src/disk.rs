//! A disk of the files' own, below which is an image of the host's: how much room there is for both, and whether the disk still takes
//! writes.
//!
//! The image is sparse and as long as the host's disk is large, so what counts is the room of the host. What was written and did not
//! come to the image yet is on its way to that room.
//!
//! A disk fails when the program ends that has it open by its key, or when the host had no room for what was written. Of what the file
//! system itself writes the kernel then reads and writes nothing until it is mounted anew, so the program that serves it ends, rather than
//! have clients fail. Of what files have in them it tells one who asks, once, and takes it for written: see [`crate::sync`].

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::fs::{FileExt as _, OpenOptionsExt as _},
    },
    thread,
    time::{Duration, Instant},
};

use nix::sys::statvfs::{FsFlags, fstatvfs};
use parking_lot::Mutex;

use crate::files::{Stat, room};

/// A file at the root of the disk, out of sight of clients, of one block that is written when something failed.
const PROBE: &str = "/probe";
const BLOCK: usize = 4096;
/// Between two looks: whoever may only read can have it looked.
const PAUSE: Duration = Duration::from_millis(100);

pub struct Disk {
    /// As a name alone: nothing is read or written by it.
    image: OwnedFd,
    probe: File,
    /// When it was last looked whether it takes writes.
    looked: Mutex<Instant>,
}

impl Disk {
    /// With the disk as the root.
    pub fn new(image: OwnedFd) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let probe = options
            .mode(0o600)
            .custom_flags(libc::O_DIRECT | libc::O_NOFOLLOW)
            .open(PROBE)?;
        let looked = Mutex::new(Instant::now());
        let disk = Self {
            image,
            probe,
            looked,
        };
        disk.write_probe()?;
        disk.probe.sync_all()?;
        Ok(disk)
    }

    fn write_probe(&self) -> io::Result<()> {
        let room = [0_u8; 2 * BLOCK];
        let start = room.as_ptr().align_offset(BLOCK);
        let block = room.get(start..start + BLOCK).unwrap_or_default();
        self.probe.write_all_at(block, 0)
    }

    /// Ends the program if its disk takes no writes any more.
    pub fn check(&self) {
        let came = Instant::now();
        let mut looked = self.looked.lock();
        // Somebody else looked meanwhile.
        if *looked > came {
            return;
        }
        thread::sleep(PAUSE.saturating_sub(looked.elapsed()));
        *looked = Instant::now();
        let error = self.write_probe().err().and_then(|it| it.raw_os_error());
        // Not every kernel refuses a write to what it made read-only.
        let flags = fstatvfs(&self.probe).map(|it| it.flags());
        let is_read_only = flags.is_ok_and(|it| it.contains(FsFlags::ST_RDONLY));
        if is_read_only || matches!(error, Some(libc::EIO | libc::EROFS)) {
            // SAFETY: nothing of this program runs after it; what was written and not committed comes again.
            unsafe { libc::_exit(1) }
        }
    }

    /// Whether more may be written; `left`: bytes that others keep of a disk so large.
    pub fn has_room(&self, files: BorrowedFd<'_>, left: impl Fn(u64) -> u64) -> io::Result<bool> {
        let [(free, all), (nodes, _)] = room(files)?;
        let [(host_free, host_all), _] = room(self.image.as_fd())?;
        let blocks = Stat::of(self.image.as_fd())?.raw().st_blocks;
        let there = u64::try_from(blocks).unwrap_or_default() * 512;
        let under_way = all.saturating_sub(free).saturating_sub(there);
        let is_there = host_free.saturating_sub(under_way) > left(host_all);
        Ok(is_there && free > 0 && nodes > 0)
    }
}
