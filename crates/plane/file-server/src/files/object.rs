//! One object of a tree, found by its handle or its name.

use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nix::errno::Errno;
use wharf_nfs_wire::attributes::Kind;

use super::{
    handle::FileHandle,
    kernel::{self, Stat},
    root::Root,
};

/// Bytes of a name.
pub const MAX_NAME: usize = 255;

/// Found, but not open for reading or writing.
pub struct Object {
    fd: OwnedFd,
    pub handle: FileHandle,
    pub stat: Stat,
}

impl Object {
    /// As root.
    pub fn find(root: &Root, handle: FileHandle) -> io::Result<Self> {
        let fd = handle.open(root.tree.folder(), libc::O_PATH | libc::O_NOFOLLOW)?;
        let stat = Stat::of(fd.as_fd())?;
        Ok(Self { fd, handle, stat })
    }

    pub fn of(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            handle: FileHandle::of(fd.as_fd())?,
            stat: Stat::of(fd.as_fd())?,
            fd,
        })
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub fn is_folder(&self) -> bool {
        self.stat.kind() == Kind::Folder
    }

    /// What it is now.
    pub fn look(&mut self) -> io::Result<Stat> {
        self.stat = Stat::of(self.fd.as_fd())?;
        Ok(self.stat)
    }

    /// A name in it, as who acts.
    pub fn child(&self, name: &CStr) -> io::Result<Self> {
        Self::of(kernel::open_at(self.fd(), name, libc::O_PATH, 0)?)
    }

    /// The folder that it lies in, up to the root.
    pub fn parent(&self, root: &Root) -> io::Result<Self> {
        if self.stat.identity() == root.identity {
            return Err(Errno::ENOENT.into());
        }
        Self::of(kernel::open_at(self.fd(), c"..", libc::O_PATH, 0)?)
    }

    /// Whether it is still below the root at which its handle was had: it may have been renamed out of it. As root.
    pub fn is_below(&self, root: &Root) -> io::Result<()> {
        /// Folders that nobody makes.
        const DEPTH: usize = 1024;
        let top = Stat::of(root.tree.folder())?.identity();
        let (mut at, mut is) = (self.fd.try_clone()?, self.stat.identity());
        for _ in 0..DEPTH {
            if is == root.identity {
                return Ok(());
            }
            if is == top {
                break;
            }
            at = kernel::open_at(at.as_fd(), c"..", libc::O_PATH, 0)?;
            let up = Stat::of(at.as_fd())?.identity();
            if up == is {
                break;
            }
            is = up;
        }
        Err(Errno::ESTALE.into())
    }

    /// Opens it, as root: who acts was asked for before ([`Self::may`]).
    pub fn open(&self, root: &Root, flags: libc::c_int) -> io::Result<OwnedFd> {
        self.handle.open(root.tree.folder(), flags)
    }

    /// Whether who acts may; `wanted` as for access(2).
    pub fn may(&self, wanted: libc::c_int) -> io::Result<()> {
        kernel::may(self.fd(), wanted)
    }

    pub fn target(&self) -> io::Result<Vec<u8>> {
        kernel::read_link(self.fd())
    }
}

/// A name that a client gave.
pub fn name(bytes: &[u8]) -> Result<CString, Errno> {
    match bytes {
        b"" => Err(Errno::EINVAL),
        _ if bytes.len() > MAX_NAME => Err(Errno::ENAMETOOLONG),
        b"." | b".." => Err(Errno::EBADMSG),
        _ if bytes.contains(&b'/') => Err(Errno::EBADMSG),
        _ => CString::new(bytes).map_err(|_| Errno::EBADMSG),
    }
}
