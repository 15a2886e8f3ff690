//! How full the disk of a task that runs is, and what else it has mounted; what is done with its disk from outside.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::{fd::AsRawFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    sys::{
        stat::{major, minor},
        statvfs::statvfs,
    },
};
use wharf_durable::{self as durable, boot_id};
use wharf_shim_protocol::{ShimState, TaskFolder, record::RECORD_LIMIT};

use super::loops::{LOOP_MAJOR, backing_file, loop_in_sys};

/// How full a task's disk is, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskUsage {
    /// What the task could still write if the node had the room.
    pub free: u64,
    /// What its files hold.
    pub used: u64,
    /// What of the node's own disk they take now: less while something waits to be written, more
    /// after files were deleted.
    pub allocated: u64,
}

/// A disk as it was a moment ago.
#[derive(Debug)]
pub struct SeenDisk {
    pub usage: DiskUsage,
    /// Of its loop device.
    number: u64,
    /// Its file.
    image: PathBuf,
    blocks: u64,
    block: u64,
}

impl SeenDisk {
    /// Of what is free on it, `bytes` are not given out until another number is set: then writing
    /// meets a full disk. A little is always kept, as the file system itself does, for its own tables.
    pub fn hold_back(&self, bytes: u64) -> io::Result<()> {
        const KEPT_BLOCKS: u64 = 4096;
        let kept = KEPT_BLOCKS.min(self.blocks / 50);
        let blocks = (bytes / self.block).max(kept);
        let file = format!("/sys/fs/ext4/loop{}/reserved_clusters", self.number);
        // Open before the look: a file system that ends takes what is open with it.
        let mut file = OpenOptions::new().write(true).open(file)?;
        if backing_file(&loop_in_sys(self.number)).ok().as_ref() != Some(&self.image) {
            let text = "its loop device is another's by now";
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        file.write_all(blocks.to_string().as_bytes())
    }
}

/// The disk of a task that runs.
#[derive(Debug, Clone)]
pub struct TaskDisk {
    folder: TaskFolder,
}

impl TaskDisk {
    pub(super) fn new(folder: TaskFolder) -> Self {
        Self { folder }
    }

    pub fn usage(&self) -> io::Result<DiskUsage> {
        Ok(self.look()?.usage)
    }

    /// How full it is, and what it takes to change how much it gives out.
    pub fn look(&self) -> io::Result<SeenDisk> {
        let root = self.seen_by_shim()?;
        let (seen, number) = (statvfs(&root)?, minor(fs::metadata(&root)?.dev()));
        let block = seen.fragment_size();
        // Disks that are kept do not lie in the task's folder.
        let image = backing_file(&loop_in_sys(number))?;
        Ok(SeenDisk {
            usage: DiskUsage {
                free: seen.blocks_free() * block,
                used: (seen.blocks() - seen.blocks_free()) * block,
                allocated: fs::metadata(&image)?.blocks() * 512,
            },
            number,
            image,
            blocks: seen.blocks(),
            block,
        })
    }

    /// See [`SeenDisk::hold_back`].
    pub fn hold_back(&self, bytes: u64) -> io::Result<()> {
        self.look()?.hold_back(bytes)
    }

    /// Gives the node back what deleted files held.
    pub fn trim(&self) -> io::Result<()> {
        /// `struct fstrim_range`: start, length, least extent.
        const FITRIM: libc::Ioctl = 0xC018_5879;
        let root = File::open(self.seen_by_shim()?)?;
        let mut range = [0_u64, u64::MAX, 0];
        // SAFETY: the kernel reads and writes three numbers, which outlive the call.
        Errno::result(unsafe { libc::ioctl(root.as_raw_fd(), FITRIM, range.as_mut_ptr()) })?;
        Ok(())
    }

    /// Nobody reads or writes it any more: what waits to be written is dropped, which makes its end
    /// a matter of milliseconds however much that is.
    pub fn abandon(&self) -> io::Result<()> {
        /// `EXT4_IOC_SHUTDOWN`
        const SHUTDOWN: libc::Ioctl = 0x8004_587D;
        let no_log_flush = 2_u32;
        let root = File::open(self.seen_by_shim()?)?;
        // SAFETY: the kernel reads one number, which outlives the call.
        Errno::result(unsafe { libc::ioctl(root.as_raw_fd(), SHUTDOWN, &raw const no_log_flush) })?;
        Ok(())
    }

    /// Its mount is the shim's alone. An open file on it would keep it alive, so none is kept.
    fn seen_by_shim(&self) -> io::Result<PathBuf> {
        let root = seen_by_shim(&self.folder, &self.folder.disk())?;
        if major(fs::metadata(&root)?.dev()) == LOOP_MAJOR {
            Ok(root)
        } else {
            Err(gone("the task has no disk"))
        }
    }
}

/// What a file system holds and has room for, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSystemUsage {
    pub used: u64,
    pub size: u64,
}

/// What is mounted for a task that runs.
#[derive(Debug, Clone)]
pub struct TaskMounts {
    folder: TaskFolder,
}

impl TaskMounts {
    pub(super) fn new(folder: TaskFolder) -> Self {
        Self { folder }
    }

    /// The file system that is mounted at a place, as the task's shim sees it. It may be slow to answer.
    ///
    /// # Errors
    /// The task does not run, or has nothing mounted there.
    pub fn usage_at(&self, place: &Path) -> io::Result<FileSystemUsage> {
        let place = seen_by_shim(&self.folder, place)?;
        let above = place.parent().ok_or_else(|| gone("nothing is mounted"))?;
        if fs::metadata(&place)?.dev() == fs::metadata(above)?.dev() {
            return Err(gone("nothing is mounted there"));
        }
        let seen = statvfs(&place)?;
        let block = seen.fragment_size();
        Ok(FileSystemUsage {
            used: seen.blocks().saturating_sub(seen.blocks_free()) * block,
            size: seen.blocks() * block,
        })
    }
}

/// A path of a task's shim, which has mounts of its own.
fn seen_by_shim(folder: &TaskFolder, path: &Path) -> io::Result<PathBuf> {
    let none = || gone("the task has no shim");
    let state: Option<ShimState> = durable::read_json(&folder.state(), RECORD_LIMIT)?;
    let state = state
        .filter(|state| state.boot_id == boot_id() && state.shim.is_alive())
        .ok_or_else(none)?;
    let below = path.strip_prefix("/").map_err(|_| none())?;
    let root = Path::new("/proc").join(state.shim.pid.to_string());
    Ok(root.join("root").join(below))
}

fn gone(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, what)
}

#[cfg(test)]
mod tests {
    use std::{os::fd::AsRawFd, process::Command};

    use super::{super::PreparedDisk, *};

    /// Needs root, loop devices and ext4.
    #[test]
    fn nothing_is_held_back_of_the_next_who_has_the_device() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(64 << 20).unwrap();
        let made = Command::new("mkfs.ext4").arg("-qF").arg(&image).status();
        assert!(made.unwrap().success());
        let disk = PreparedDisk::kept(&image).unwrap();
        let root = format!("/proc/self/fd/{}", disk.mount().as_raw_fd());
        let number = minor(fs::metadata(root).unwrap().dev());
        let seen = |image: PathBuf| SeenDisk {
            usage: DiskUsage::default(),
            number,
            image,
            blocks: 16 << 10,
            block: 4 << 10,
        };
        let file = format!("/sys/fs/ext4/loop{number}/reserved_clusters");
        let kept = || fs::read_to_string(&file).unwrap().trim().to_owned();
        let before = kept();
        let refused = seen(dir.path().join("other.img")).hold_back(8 << 20);
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(kept(), before);
        seen(image).hold_back(8 << 20).unwrap();
        assert_eq!(kept(), "2048");
    }
}
