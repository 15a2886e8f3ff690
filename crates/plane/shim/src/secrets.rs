//! Secrets that the shim holds for containers: files in memory, which it never reads itself.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::fs::FileExt,
    },
    rc::Rc,
};

use wharf_shim_protocol::{
    Failure,
    secrets::{SECRETS_LIMIT, add_to},
};

/// The secrets of one container, see [`wharf_shim_protocol::secrets`].
#[derive(Clone)]
pub struct HeldSecrets(Rc<File>);

impl HeldSecrets {
    pub fn new(file: OwnedFd) -> Self {
        Self(Rc::new(file.into()))
    }

    /// In a forked child: adds them to the environment of the program that it becomes, where names of `decided`
    /// keep their values, and closes the file, which no process of a container may have open.
    pub fn take_into(
        &self,
        environment: &mut Vec<String>,
        decided: &[String],
    ) -> Result<(), Failure> {
        let read = self.read();
        // SAFETY: the child ends without dropping the owner of what is closed here.
        unsafe { libc::close(self.0.as_raw_fd()) };
        let added = read.and_then(|bytes| add_to(environment, &bytes, decided));
        added.map_err(|e| Failure::Process {
            step: "read the secrets".to_owned(),
            detail: e.to_string(),
        })
    }

    /// At its place: forked processes share one offset.
    fn read(&self) -> io::Result<Vec<u8>> {
        let len = usize::try_from(self.0.metadata()?.len()).unwrap_or(usize::MAX);
        if len > SECRETS_LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = vec![0; len];
        self.0.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }
}

impl AsFd for HeldSecrets {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
