//! Handles: the kernel's own, with a signature.

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use nix::errno::Errno;
use sha2::Sha256;
use wharf_nfs_wire::MAX_HANDLE;

const SIGNATURE: usize = 16;
const KIND: usize = 4;
/// What the kernel may say.
const MOST: usize = MAX_HANDLE - SIGNATURE - KIND;

/// A file or folder, as the kernel finds it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileHandle {
    kind: i32,
    bytes: Vec<u8>,
}

/// As the kernel has it.
#[repr(C)]
struct Raw {
    length: u32,
    kind: i32,
    bytes: [u8; MOST],
}

impl FileHandle {
    /// Of what is open.
    pub fn of(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let mut raw = Raw {
            length: u32::try_from(MOST).unwrap_or_default(),
            kind: 0,
            bytes: [0; MOST],
        };
        let mut mount: libc::c_int = 0;
        // SAFETY: the pointers are to what outlives the call; the kernel writes `length` bytes at most.
        let done = unsafe {
            libc::syscall(
                libc::SYS_name_to_handle_at,
                fd.as_raw_fd(),
                c"".as_ptr(),
                &raw mut raw,
                &raw mut mount,
                libc::AT_EMPTY_PATH,
            )
        };
        Errno::result(done)?;
        let bytes = raw.bytes.get(..raw.length as usize);
        Ok(Self {
            kind: raw.kind,
            bytes: bytes.unwrap_or_default().to_vec(),
        })
    }

    /// Opens it anew. `on`: anything of the same file system.
    pub fn open(&self, on: BorrowedFd<'_>, flags: libc::c_int) -> io::Result<OwnedFd> {
        let mut raw = Raw {
            length: u32::try_from(self.bytes.len()).unwrap_or_default(),
            kind: self.kind,
            bytes: [0; MOST],
        };
        raw.bytes[..self.bytes.len()].copy_from_slice(&self.bytes);
        let flags = flags | libc::O_CLOEXEC | libc::O_NOCTTY | libc::O_NONBLOCK;
        // SAFETY: the kernel reads as many bytes as `length` says, which are there.
        let fd = unsafe {
            libc::syscall(
                libc::SYS_open_by_handle_at,
                on.as_raw_fd(),
                &raw mut raw,
                flags,
            )
        };
        let fd = i32::try_from(Errno::result(fd)?).map_err(io::Error::other)?;
        // SAFETY: a success is a new descriptor.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    /// As clients have it. `root`: where it was had.
    pub fn signed(&self, key: &[u8], root: &Self) -> Vec<u8> {
        let mut bytes = self.signature(key, root);
        bytes.truncate(SIGNATURE);
        bytes.extend(self.kind.to_be_bytes());
        bytes.extend(&self.bytes);
        bytes
    }

    /// What a client shows; `None` if it was not had at that root.
    pub fn read(shown: &[u8], key: &[u8], root: &Self) -> Option<Self> {
        let (signature, rest) = shown.split_at_checked(SIGNATURE)?;
        let (kind, bytes) = rest.split_first_chunk::<KIND>()?;
        if bytes.len() > MOST {
            return None;
        }
        let handle = Self {
            kind: i32::from_be_bytes(*kind),
            bytes: bytes.to_vec(),
        };
        let mac = handle.mac(key, root);
        mac.verify_truncated_left(signature).ok()?;
        Some(handle)
    }

    fn signature(&self, key: &[u8], root: &Self) -> Vec<u8> {
        self.mac(key, root).finalize().into_bytes().to_vec()
    }

    fn mac(&self, key: &[u8], root: &Self) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("keys of any length fit");
        for handle in [root, self] {
            mac.update(&handle.kind.to_be_bytes());
            mac.update(&(handle.bytes.len() as u64).to_be_bytes());
            mac.update(&handle.bytes);
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use super::*;

    #[test]
    fn a_handle_is_good_at_the_root_where_it_was_had() {
        let folder = tempfile::tempdir().unwrap();
        let fd = std::fs::File::open(folder.path()).unwrap();
        let Ok(handle) = FileHandle::of(fd.as_fd()) else {
            // A file system without handles.
            return;
        };
        let other = FileHandle {
            kind: 1,
            bytes: vec![1, 2],
        };
        let shown = handle.signed(b"key", &other);
        assert_eq!(
            FileHandle::read(&shown, b"key", &other),
            Some(handle.clone())
        );
        assert_eq!(FileHandle::read(&shown, b"key", &handle), None);
        assert_eq!(FileHandle::read(&shown, b"yek", &other), None);
        for at in 0..shown.len() {
            let mut changed = shown.clone();
            changed[at] ^= 1;
            assert_eq!(FileHandle::read(&changed, b"key", &other), None, "{at}");
            assert_eq!(FileHandle::read(&shown[..at], b"key", &other), None);
        }
    }
}
