//! How a part tells its supervisor that it works: one byte on a pipe. A pipe that closes without one
//! says that the child ended.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};

use crate::problem::Problem;

/// The parent's end.
pub struct Waiter(File);

/// The child's end, as the parent holds it until the child is started.
pub struct Passed(OwnedFd);

pub fn pair() -> Result<(Waiter, Passed), Problem> {
    let failed = |cause| Problem::caused("cannot make a pipe", cause);
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC).map_err(failed)?;
    fcntl(&read, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(failed)?;
    fcntl(&write, FcntlArg::F_SETFD(FdFlag::empty())).map_err(failed)?;
    Ok((Waiter(File::from(read)), Passed(write)))
}

impl Passed {
    /// The number that goes onto the child's command line.
    pub fn number(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl Waiter {
    /// Whether the child told that it works; false if it ended without, `None` if it still may.
    pub fn told(&self) -> Option<bool> {
        let mut byte = [0; 1];
        match (&self.0).read(&mut byte) {
            Ok(1) => Some(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            _ => Some(false),
        }
    }
}

impl AsFd for Waiter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// In the child: tells the parent, once.
pub fn tell(descriptor: Option<i32>) {
    let Some(number) = descriptor else { return };
    // SAFETY: the number came from the supervisor, which opened the descriptor for this process and
    // uses it for nothing else; it is taken over here exactly once, at start.
    let mut pipe = unsafe { File::from_raw_fd(number) };
    let _ = pipe.write_all(b"r");
}
