//! The tree of a file system, and the roots that clients see of it.

use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Arc,
};

use nix::{
    errno::Errno,
    fcntl::{RenameFlags, renameat2},
};

use super::{
    handle::FileHandle,
    kernel::{self, Stat},
};
use crate::config::AccessPoint;

/// Folders on the way to the root of an access point.
pub const MAX_DEPTH: usize = 4;

/// All files.
pub struct Tree {
    folder: OwnedFd,
    /// Handles are signed with it.
    key: Vec<u8>,
    /// What clients know the file system by; `None`: the number of its device.
    number: Option<u64>,
}

/// What a client sees as `/`.
pub struct Root {
    pub tree: Arc<Tree>,
    pub handle: FileHandle,
    pub identity: (u64, u64),
}

impl Tree {
    pub fn new(folder: OwnedFd, key: Vec<u8>, number: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            folder,
            key,
            number,
        })
    }

    pub fn number(&self) -> Option<u64> {
        self.number
    }

    pub fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The whole of it.
    pub fn root(self: &Arc<Self>) -> io::Result<Root> {
        self.root_at(self.folder())
    }

    fn root_at(self: &Arc<Self>, folder: BorrowedFd<'_>) -> io::Result<Root> {
        Ok(Root {
            tree: self.clone(),
            handle: FileHandle::of(folder)?,
            identity: Stat::of(folder)?.identity(),
        })
    }

    /// The folder of an access point, made if it is not there and that says how.
    pub fn root_of(self: &Arc<Self>, point: &AccessPoint) -> io::Result<Root> {
        let names: Vec<&str> = point.path.split('/').filter(|it| !it.is_empty()).collect();
        let is_plain = |name: &&str| !matches!(*name, "." | "..") && !name.contains('\0');
        if names.len() > MAX_DEPTH || !names.iter().all(is_plain) {
            return Err(missing());
        }
        let mut folder = self.folder.try_clone()?;
        for (at, name) in names.iter().enumerate() {
            let name = CString::new(*name).map_err(io::Error::other)?;
            let flags = libc::O_PATH | libc::O_DIRECTORY;
            let next = match kernel::open_at(folder.as_fd(), &name, flags, 0) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let creation = point.creation.as_ref().ok_or_else(missing)?;
                    let is_last = at + 1 == names.len();
                    make(folder.as_fd(), &name, creation, is_last)?
                }
                // A link or a file.
                Err(error) if error.raw_os_error() == Some(libc::ENOTDIR) => {
                    return Err(missing());
                }
                other => other?,
            };
            folder = next;
        }
        self.root_at(folder.as_fd())
    }
}

/// It is not there, and nobody says how to make it.
fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

/// Folders on the way belong to root and are open to all; the last one is as was said.
fn make(
    folder: BorrowedFd<'_>,
    name: &std::ffi::CStr,
    creation: &crate::config::Creation,
    is_last: bool,
) -> io::Result<OwnedFd> {
    use nix::sys::stat::{Mode, fchmod, mkdirat};
    // Under another name until it is as it is to be: who ends half-way leaves none that looks like it.
    let new = CString::new([b".new-", name.to_bytes()].concat()).map_err(io::Error::other)?;
    match mkdirat(folder, new.as_c_str(), Mode::from_bits_truncate(0o700)) {
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(other) => return Err(other.into()),
    }
    let made = kernel::open_at(folder, &new, libc::O_RDONLY | libc::O_DIRECTORY, 0)?;
    let (uid, gid, mode) = match is_last {
        true => (creation.uid, creation.gid, creation.mode),
        false => (0, 0, 0o755),
    };
    kernel::change_owner(made.as_fd(), Some(uid), Some(gid))?;
    fchmod(&made, Mode::from_bits_truncate(mode & 0o7777))?;
    crate::sync::all(&made);
    let flags = RenameFlags::RENAME_NOREPLACE;
    renameat2(folder, new.as_c_str(), folder, name, flags)?;
    let open = kernel::open_at(folder, c".", libc::O_RDONLY | libc::O_DIRECTORY, 0)?;
    crate::sync::all(open);
    Ok(made)
}
