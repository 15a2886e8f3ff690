//! A disk whose files carry the user numbers of another task: it is made of a snapshot of that one's disk.

use std::{io, os::fd::AsFd as _, path::Path};

use nix::{errno::Errno, fcntl::OFlag, sys::stat::fstat};
use wharf_rootdir::{RootDir, proc_path};
use wharf_shim_protocol::ContainerName;
use wharf_userns::{IdRange, map_owners, translation};

use super::PreparedDisk;

impl PreparedDisk {
    /// Has the task that gets this disk find what is on it to be its own, whoever wrote it: the files stay as they are,
    /// and the mount shows their owners as numbers of `range`. What the disk carries is read off the folder that container
    /// `name` writes to, which the shim gives to its root at each start.
    ///
    /// # Errors
    /// The kernel cannot do that with this file system, or the numbers are nobody's.
    pub fn show_as(&self, name: &ContainerName, range: IdRange) -> io::Result<()> {
        let root = RootDir::open(&proc_path(self.mount().as_fd()))?;
        // As `TaskFolder::writable` and the shim's overlay have it.
        let folder = Path::new("containers").join(name.as_str()).join("upper");
        let folder = match root.open_at(&folder, OFlag::O_PATH | OFlag::O_DIRECTORY) {
            Ok(folder) => folder,
            // Nobody wrote to it so far.
            Err(error) if error.raw_os_error() == Some(Errno::ENOENT as i32) => return Ok(()),
            Err(error) => return Err(error),
        };
        let owner = fstat(&folder)?.st_uid;
        // A shim that was killed at its first start may have left it so.
        if owner == 0 {
            return Ok(());
        }
        let carried = IdRange::with(owner).ok_or_else(|| {
            let text = format!("the disk is of the user number {owner}, which no task has");
            io::Error::new(io::ErrorKind::InvalidData, text)
        })?;
        match carried == range {
            true => Ok(()),
            false => map_owners(self.mount(), translation(carried, range)?),
        }
    }
}
