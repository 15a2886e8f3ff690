//! Secrets of a container's environment in a file that exists in memory alone.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, BorrowedFd},
};

use nix::{
    fcntl::{FcntlArg, SealFlag, fcntl},
    sys::memfd::{MFdFlags, memfd_create},
};
use wharf_shim_protocol::secrets;
use zeroize::Zeroizing;

/// Written once; given to a task's shim, it lives as long as that.
#[derive(Debug)]
pub struct SecretsFile(File);

impl SecretsFile {
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`]: no environment can hold these, or all are too large.
    pub fn new<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> io::Result<Self> {
        let bytes = secrets::encode(variables).ok_or(io::ErrorKind::InvalidInput)?;
        let bytes = Zeroizing::new(bytes);
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let mut file = File::from(memfd_create("secrets", flags)?);
        file.write_all(&bytes)?;
        let seals = SealFlag::F_SEAL_SEAL
            | SealFlag::F_SEAL_SHRINK
            | SealFlag::F_SEAL_GROW
            | SealFlag::F_SEAL_WRITE;
        fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
        Ok(Self(file))
    }
}

impl AsFd for SecretsFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
