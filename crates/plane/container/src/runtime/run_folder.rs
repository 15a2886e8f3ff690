//! Where files of tasks lie that say something only while the task's processes live: sockets, bundles, what a shim knows.
//!
//! A task makes and replaces two dozen of them in a few milliseconds. On a disk that costs more than all else that it
//! takes to start a container (a quarter of the whole on ext4 without a journal, where each new inode is searched for
//! among those that were deleted lately), so they are in memory, on a tmpfs of a bounded size that is ours alone. It
//! outlives the agent, since it is the host's mount; with the machine it ends, and so does what it speaks of.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
    mount::{MntFlags, MsFlags, mount, umount2},
    sys::{
        statfs::{TMPFS_MAGIC, statfs},
        statvfs::statvfs,
    },
};
use wharf_durable::{self as durable, Taker, boot_id, memory};
use wharf_shim_protocol::{ShimState, TaskFolder, record::RECORD_LIMIT};

/// A task takes some 60 KiB: room for several thousand.
const MOST_BYTES: u64 = 512 << 20;
/// A small machine gives less.
const PART_OF_MEMORY: u64 = 32;
const LEAST_BYTES: u64 = 16 << 20;
/// Of bytes and of inodes; with less a task begins on disk, so that those that are there can go on.
const KEPT_FREE: u64 = 8;
/// From this kernel on a tmpfs can show its files to a user namespace as owned by root.
const OWNERS_CAN_BE_MAPPED: (u32, u32) = (6, 3);

#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    maps_owners: bool,
    /// New tasks have all on disk, and the log says so.
    is_full: AtomicBool,
    /// The folder of what is on disk: locked while the mount comes and goes.
    tasks: PathBuf,
}

impl RunFolder {
    /// Mounts it if it is not there yet. `tasks` holds the folders of tasks on disk.
    pub fn open(path: &Path, tasks: &Path) -> io::Result<Self> {
        let _lock = lock(tasks)?;
        if let Some(above) = path.parent() {
            fs::create_dir_all(above)?;
        }
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
        let path = fs::canonicalize(path)?;
        if !is_mounted(&path)? {
            let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
            let bytes = size(memory(Taker::Groups).unwrap_or(0));
            // An inode for each four KiB, as many as there can be files with something in them.
            let options = format!("mode=700,size={bytes},nr_inodes={}", bytes / 4096);
            let options = Some(options.as_str());
            mount(Some("wharf"), &path, Some("tmpfs"), flags, options)?;
        }
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Ok(Self {
            path,
            maps_owners: version(&release) >= OWNERS_CAN_BE_MAPPED,
            is_full: AtomicBool::new(false),
            tasks: tasks.to_owned(),
        })
    }

    /// What is in it, task by task; there or not.
    pub fn of(&self, task_id: &str) -> PathBuf {
        self.path.join(task_id)
    }

    /// Removes what tasks left that have no folder on disk any more, which is made first and removed last. One whose shim
    /// lives stays: the folder may be missing for another reason.
    pub fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                continue;
            }
            let state = TaskFolder::new(entry.path()).state();
            let state: io::Result<Option<ShimState>> = durable::read_json(&state, RECORD_LIMIT);
            let lives =
                matches!(state, Ok(Some(it)) if it.boot_id == boot_id() && it.shim.is_alive());
            if !lives && !self.tasks.join(entry.file_name()).exists() {
                tracing::info!(path = %entry.path().display(), "removing what a task left in memory");
                wharf_rootdir::remove_tree(&entry.path())?;
            }
        }
        Ok(())
    }

    /// The place of a new task; `None`: it is to have all on disk.
    pub fn place(&self, task_id: &str, has_user_namespace: bool) -> Option<PathBuf> {
        let roomy = statvfs(&self.path).is_ok_and(|it| {
            it.blocks_available() >= it.blocks() / KEPT_FREE
                && it.files_available() >= it.files() / KEPT_FREE
        });
        self.tell(!roomy);
        (roomy && (self.maps_owners || !has_user_namespace)).then(|| self.of(task_id))
    }

    /// Says once that new tasks begin on disk, and once that they do no more.
    pub fn tell(&self, is_full: bool) {
        if self.is_full.swap(is_full, Ordering::Relaxed) == is_full {
            return;
        }
        let path = self.path.display();
        if is_full {
            tracing::warn!(%path, "the tmpfs for files of tasks is nearly full; new tasks have them on disk, which is slower");
        } else {
            tracing::info!(%path, "the tmpfs for files of tasks has room for new tasks again");
        }
    }

    /// Takes it off the host, with all that is in it.
    pub fn remove(&self) -> io::Result<()> {
        let _lock = lock(&self.tasks)?;
        // As often as it was mounted, should two have been at it.
        while is_mounted(&self.path)? {
            umount2(&self.path, MntFlags::MNT_DETACH)?;
        }
        match fs::remove_dir(&self.path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

/// Of one process at a time: another may start an agent while this one takes the installation down.
fn lock(tasks: &Path) -> io::Result<Flock<File>> {
    let folder = File::open(tasks)?;
    Flock::lock(folder, FlockArg::LockExclusive).map_err(|(_, e): (_, Errno)| e.into())
}

/// One that is not there is not.
fn is_mounted(path: &Path) -> io::Result<bool> {
    let above = path.parent().unwrap_or(path);
    let own = match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        found => found?.dev() != fs::metadata(above)?.dev(),
    };
    Ok(own && statfs(path)?.filesystem_type() == TMPFS_MAGIC)
}

fn size(memory: u64) -> u64 {
    (memory / PART_OF_MEMORY).clamp(LEAST_BYTES, MOST_BYTES)
}

/// Of a kernel's release; 0.0 if it says none.
fn version(release: &str) -> (u32, u32) {
    let mut parts = release.trim().split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next()?.parse().ok();
    next().zip(next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_kernels() {
        assert_eq!(version("6.18.44-fc\n"), (6, 18));
        assert_eq!(version("5.4"), (5, 4));
        assert_eq!(version("6-rc"), (0, 0));
        assert!(version("6.2.16-x") < OWNERS_CAN_BE_MAPPED);
    }

    #[test]
    fn its_size_has_bounds() {
        assert_eq!(size(0), LEAST_BYTES);
        assert_eq!(size(1 << 30), 32 << 20);
        assert_eq!(size(1 << 40), MOST_BYTES);
    }
}
