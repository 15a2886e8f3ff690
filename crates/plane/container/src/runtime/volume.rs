//! A disk that comes to a task whose shim is there already, and outlives it.
//!
//! Like the task's own disk it is mounted nowhere but in the shim's mount namespace: when the last process of the
//! task is gone, however it ended, so are mount and device.

use std::{
    ffi::CString,
    fs::{self, File},
    io,
    os::{
        fd::{AsFd, AsRawFd},
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, setns, unshare},
    sys::stat::major,
};
use wharf_durable as durable;
use wharf_shim_protocol::{
    ShimState,
    record::{RECORD_LIMIT, boot_id},
};

use super::{PreparedDisk, TaskHandle, disk::LOOP_MAJOR};

impl TaskHandle {
    /// Mounts the disk at `place`, a path as the shim sees it; folders that are missing are made. Blocks.
    ///
    /// # Errors
    /// The shim is gone, or the kernel refuses.
    pub fn mount_disk(&self, disk: &PreparedDisk, place: &Path) -> io::Result<()> {
        let namespace = File::open(self.shim_proc()?.join("ns/mnt"))?;
        let mount = disk.mount().try_clone()?;
        let place = place.to_owned();
        // A thread of its own: it is in another mount namespace from here to its end.
        let work = move || -> io::Result<()> {
            unshare(CloneFlags::CLONE_FS)?;
            setns(namespace.as_fd(), CloneFlags::CLONE_NEWNS)?;
            fs::create_dir_all(&place)?;
            let at = CString::new(place.as_os_str().as_bytes())?;
            // SAFETY: C strings that outlive the call, an open descriptor and numbers.
            let moved = unsafe {
                libc::syscall(
                    libc::SYS_move_mount,
                    mount.as_raw_fd(),
                    c"".as_ptr(),
                    libc::AT_FDCWD,
                    at.as_ptr(),
                    libc::MOVE_MOUNT_F_EMPTY_PATH,
                )
            };
            Errno::result(moved)?;
            Ok(())
        };
        let thread = std::thread::Builder::new().name("mount-disk".to_owned());
        let joined = thread.spawn(work)?.join();
        joined.unwrap_or_else(|_| Err(io::Error::other("the thread that mounts panicked")))
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
