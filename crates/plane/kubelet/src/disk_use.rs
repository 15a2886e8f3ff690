//! What a folder takes of the disk. Looked at within bounds: who fills a folder may put anything into it.

use std::{
    collections::HashSet,
    fs, io,
    os::{fd::AsFd as _, unix::fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use nix::{fcntl::OFlag, sys::statvfs::statvfs};
use wharf_rootdir::{RootDir, proc_path};

/// Of one folder; of more files, the first count.
const MOST_FILES: u64 = 200_000;
/// That wait to be looked into; further ones are not.
const MOST_FOLDERS: usize = 10_000;
/// Of `st_blocks`.
const BLOCK: u64 = 512;

/// Of a machine's disk, what is kept from all that runs there: the control plane and the agent live there.
pub fn reserve_of(total: u64) -> u64 {
    const LEAST: u64 = 128 << 20;
    const MOST: u64 = 2 << 30;
    (total / 10).clamp(LEAST, MOST).min(total / 4)
}

/// A disk, as `df` counts: what is kept for root alone is nobody's. Bytes.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    pub total: u64,
    pub free: u64,
}

impl Room {
    /// # Errors
    /// The file system of `dir` cannot be asked.
    pub fn of(dir: &Path) -> io::Result<Self> {
        let disk = statvfs(dir)?;
        let block = disk.fragment_size();
        let free = disk.blocks_available() * block;
        Ok(Self {
            total: (disk.blocks() - disk.blocks_free()) * block + free,
            free,
        })
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskUse {
    pub bytes: u64,
    pub inodes: u64,
}

impl DiskUse {
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            inodes: self.inodes.saturating_add(other.inodes),
        }
    }
}

/// Counted until it is more than `most` bytes. Links are not followed, and nothing mounted in it is entered.
pub fn of(folder: &Path, most: u64) -> io::Result<DiskUse> {
    each(folder, most, |_, _| {})
}

/// As [`of`]. `tell` hears what each file and folder takes, without what is in it, by its path below the folder; nothing of what is
/// mounted.
pub fn each(folder: &Path, most: u64, mut tell: impl FnMut(&Path, DiskUse)) -> io::Result<DiskUse> {
    let root = RootDir::open(folder)?;
    let device = fs::metadata(folder)?.dev();
    let mut found_so_far = DiskUse::default();
    // Files of several names.
    let mut seen = HashSet::new();
    let mut folders = vec![PathBuf::from(".")];
    while let Some(folder) = folders.pop() {
        let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
        // What goes meanwhile takes nothing.
        let Ok(opened) = root.open_at(&folder, flags) else {
            continue;
        };
        let entries = fs::read_dir(proc_path(opened.as_fd()))?;
        for entry in entries.flatten() {
            if found_so_far.inodes >= MOST_FILES {
                return Ok(found_so_far);
            }
            let Ok(found) = entry.metadata() else {
                continue;
            };
            if found.nlink() > 1 && !found.is_dir() && !seen.insert(found.ino()) {
                continue;
            }
            let part = DiskUse {
                bytes: found.blocks().saturating_mul(BLOCK),
                inodes: 1,
            };
            found_so_far = found_so_far.and(part);
            let path = folder.join(entry.file_name());
            if !found.is_dir() || found.dev() == device {
                tell(path.strip_prefix(".").unwrap_or(&path), part);
            }
            if found_so_far.bytes > most {
                return Ok(found_so_far);
            }
            if found.is_dir() && found.dev() == device && folders.len() < MOST_FOLDERS {
                folders.push(path);
            }
        }
    }
    Ok(found_so_far)
}
