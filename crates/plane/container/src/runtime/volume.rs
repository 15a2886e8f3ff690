//! A disk that comes to a task whose shim is there already, and outlives it.
//!
//! Like the task's own disk it is mounted nowhere but in the shim's mount namespace: when the last process of the
//! task is gone, however it ended, so are mount and device.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    path::{Path, PathBuf},
};

use nix::{
    sched::{CloneFlags, setns, unshare},
    sys::stat::{SFlag, fstat, major},
};
use wharf_durable::{self as durable, boot_id};
use wharf_shim_protocol::{ShimState, record::RECORD_LIMIT};
use wharf_userns::attach;

use super::{PreparedDisk, TaskHandle, loops::LOOP_MAJOR};

/// Of a list of mounts: those of some thousand.
const MOUNTS_LIMIT: u64 = 1 << 20;

impl TaskHandle {
    /// Mounts the disk at `place`, a path as the shim sees it; folders that are missing are made. Blocks.
    ///
    /// # Errors
    /// The shim is gone, or the kernel refuses.
    pub fn mount_disk(&self, disk: &PreparedDisk, place: &Path) -> io::Result<()> {
        self.attach_at(disk.mount().try_clone()?, true, place)
    }

    /// As [`TaskHandle::mount_disk`], for a copy of what another container has, a folder or a file, that is mounted nowhere yet.
    ///
    /// # Errors
    /// The shim is gone, or the kernel refuses.
    pub fn mount_tree(&self, tree: OwnedFd, place: &Path) -> io::Result<()> {
        let kind = SFlag::from_bits_truncate(fstat(&tree)?.st_mode) & SFlag::S_IFMT;
        self.attach_at(tree, kind == SFlag::S_IFDIR, place)
    }

    fn attach_at(&self, mount: OwnedFd, is_folder: bool, place: &Path) -> io::Result<()> {
        let namespace = File::open(self.shim_proc()?.join("ns/mnt"))?;
        let place = place.to_owned();
        within(namespace, move || {
            make_place(&place, is_folder)?;
            attach(&mount, &place)
        })
    }

    /// Whether a disk is mounted at `place`, a path as the shim sees it.
    ///
    /// # Errors
    /// The shim is gone.
    pub fn has_disk_at(&self, place: &Path) -> io::Result<bool> {
        let root = self.shim_proc()?.join("root");
        let seen = |path: &Path| -> io::Result<Option<u64>> {
            let below = path.strip_prefix("/").unwrap_or(path);
            match fs::metadata(root.join(below)) {
                Ok(found) => Ok(Some(found.dev())),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(e),
            }
        };
        let Some(above) = place.parent() else {
            return Ok(false);
        };
        let (here, above) = (seen(place)?, seen(above)?);
        Ok(here.is_some_and(|device| major(device) == LOOP_MAJOR) && here != above)
    }

    /// Whether something is mounted at `place`, a path as the shim sees it.
    ///
    /// # Errors
    /// The shim is gone.
    pub fn has_mount_at(&self, place: &Path) -> io::Result<bool> {
        let all = File::open(self.shim_proc()?.join("mountinfo"))?;
        let mut text = String::new();
        all.take(MOUNTS_LIMIT).read_to_string(&mut text)?;
        Ok(is_among(&text, place))
    }

    /// By what path this process sees what the shim has at `place`.
    ///
    /// # Errors
    /// The shim is gone.
    pub fn seen(&self, place: &Path) -> io::Result<PathBuf> {
        let below = place.strip_prefix("/").unwrap_or(place);
        Ok(self.shim_proc()?.join("root").join(below))
    }

    fn shim_proc(&self) -> io::Result<PathBuf> {
        let state: Option<ShimState> = durable::read_json(&self.folder.state(), RECORD_LIMIT)?;
        let state = state.filter(|it| it.boot_id == boot_id() && it.shim.is_alive());
        let shim = state.ok_or_else(|| {
            let text = "the task has no shim";
            io::Error::new(io::ErrorKind::NotFound, text)
        })?;
        Ok(Path::new("/proc").join(shim.shim.pid.to_string()))
    }
}

/// Runs `work` on a thread of its own, which is in another mount namespace from there to its end. Blocks.
///
/// # Errors
/// The namespace cannot be entered, or the work failed.
pub fn within<T: Send + 'static>(
    namespace: impl AsFd + Send + 'static,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let work = move || {
        unshare(CloneFlags::CLONE_FS)?;
        setns(namespace.as_fd(), CloneFlags::CLONE_NEWNS)?;
        work()
    };
    let thread = std::thread::Builder::new().name("mount".to_owned());
    let joined = thread.spawn(work)?.join();
    joined.unwrap_or_else(|_| Err(io::Error::other("the thread that mounts panicked")))
}

/// What something is mounted over, of the kind that it wants.
fn make_place(place: &Path, is_folder: bool) -> io::Result<()> {
    if is_folder {
        return fs::create_dir_all(place);
    }
    if let Some(above) = place.parent() {
        fs::create_dir_all(above)?;
    }
    File::options().create(true).append(true).open(place)?;
    Ok(())
}

/// Whether a list of mounts, as the kernel gives it, has one at `place`. Pure.
fn is_among(mounts: &str, place: &Path) -> bool {
    let mut places = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    places.any(|it| Path::new(it) == place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_mounts_are_told_whole() {
        let mounts = "36 35 98:0 /mnt1 /data/volumes/logs rw,noatime master:1 - ext3 /dev/root rw\n\
            37 35 0:5 / /data/volumes/hosts ro - overlay overlay rw\nnonsense\n";
        for (place, expected) in [
            ("/data/volumes/logs", true),
            ("/data/volumes/hosts", true),
            ("/data/volumes", false),
            ("/mnt1", false),
        ] {
            assert_eq!(is_among(mounts, Path::new(place)), expected, "{place}");
        }
    }
}
