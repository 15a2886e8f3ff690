//! Pipes, forks and the line-wise reports that forked children send to the shim.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::stat::{Mode, SFlag, fchmod, fstat},
    unistd::{ForkResult, fork, pipe2},
};
use serde::{Deserialize, Serialize};
use wharf_shim_protocol::{
    Failure, ProgramUser,
    plan::{NETNS_FD, USERNS_FD},
};

/// Bound on what a child may report, in bytes.
const REPORT_LIMIT: usize = 64 << 10;

/// One line from a child that creates, starts or execs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// The first process of the container, or the exec's, as the host numbers it.
    Process(i32),
    /// Whom the container's program will run as.
    User(ProgramUser),
    Failed(Failure),
}

/// Both ends, closed by any exec.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(pipe2(OFlag::O_CLOEXEC)?)
}

/// A stream of a program's: what it writes, or what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Output,
    Input,
}

/// Lets whoever has this end of a pipe open it once more by its name (`/dev/stdout`), as programs do that log there: the pipe is
/// of the host's root, whom nobody in a user namespace is. Its name lies in `/proc`, where only those find it that may look into
/// the program anyway. What is no pipe stays as it is.
pub fn may_be_reopened(end: impl AsFd, stream: Stream) -> io::Result<()> {
    let kind = SFlag::from_bits_truncate(fstat(&end)?.st_mode) & SFlag::S_IFMT;
    if kind != SFlag::S_IFIFO {
        return Ok(());
    }
    let others = match stream {
        Stream::Output => Mode::S_IWGRP | Mode::S_IWOTH,
        Stream::Input => Mode::S_IRGRP | Mode::S_IROTH,
    };
    Ok(fchmod(end, Mode::S_IRUSR | Mode::S_IWUSR | others)?)
}

pub fn set_nonblocking(fd: impl AsFd) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(fd.as_fd(), FcntlArg::F_GETFL)?);
    fcntl(fd.as_fd(), FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Runs `child` in a forked process, which ends with its return value. Returns the process id.
///
/// Of the shim's descriptors the child keeps `keep`, the standard streams and the task's
/// namespaces: a container that waits to be started must not hold the shim's socket open.
pub fn fork_into(keep: &[BorrowedFd<'_>], child: impl FnOnce() -> i32) -> io::Result<i32> {
    let mut kept: Vec<u32> = keep.iter().map(|fd| fd.as_raw_fd() as u32).collect();
    kept.extend([NETNS_FD as u32, USERNS_FD as u32]);
    kept.sort_unstable();
    // SAFETY: this process has one thread, so the child finds every lock free.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child.as_raw()),
        ForkResult::Child => {
            close_between(&kept);
            let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(1);
            // SAFETY: ends this process without running the parent's destructors a second time.
            unsafe { libc::_exit(code) }
        }
    }
}

/// Closes everything above the standard streams but the (sorted) `kept`. For a forked child that
/// ends without dropping the owners of what is closed here.
pub fn close_between(kept: &[u32]) {
    let mut from = 3;
    for each in kept.iter().copied().filter(|fd| *fd >= 3).chain([u32::MAX]) {
        if each > from {
            // SAFETY: see above; takes numbers.
            unsafe { libc::syscall(libc::SYS_close_range, from, each - 1, 0) };
        }
        from = each.saturating_add(1);
    }
}

/// The writing end, in the child.
#[derive(Debug)]
pub struct Reporter(File);

impl Reporter {
    pub fn new(end: OwnedFd) -> Self {
        Self(end.into())
    }

    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// A second descriptor of the same pipe.
    pub fn share(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// The parent may be gone; the child then goes on regardless.
    pub fn send(&self, report: &Report) {
        if let Ok(mut line) = serde_json::to_vec(report) {
            line.push(b'\n');
            let _ = (&self.0).write_all(&line);
        }
    }
}

/// The reading end, in the shim.
#[derive(Debug)]
pub struct Reports {
    pipe: File,
    pending: Vec<u8>,
    closed: bool,
}

impl Reports {
    pub fn new(end: OwnedFd) -> io::Result<Self> {
        set_nonblocking(&end)?;
        Ok(Self {
            pipe: end.into(),
            pending: Vec::new(),
            closed: false,
        })
    }

    pub fn fd(&self) -> &File {
        &self.pipe
    }

    /// No process holds the other end any more: the program runs, or failed to.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// What has arrived, without waiting.
    pub fn read(&mut self) -> Vec<Report> {
        let mut buffer = [0; 2048];
        while !self.closed {
            match self.pipe.read(&mut buffer) {
                Ok(0) => self.closed = true,
                Ok(n) if self.pending.len() + n <= REPORT_LIMIT => {
                    self.pending.extend_from_slice(&buffer[..n]);
                }
                Ok(_) => self.closed = true,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.closed = true,
            }
        }
        let mut reports = Vec::new();
        while let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            reports.extend(serde_json::from_slice::<Report>(&line));
        }
        reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_arrive_and_the_end_is_seen() {
        let (read, write) = pipe().unwrap();
        let mut reports = Reports::new(read).unwrap();
        assert!(reports.read().is_empty() && !reports.closed());
        let reporter = Reporter::new(write);
        let user = Report::User(ProgramUser {
            uid: 1000,
            gid: 0,
            groups: vec![7, 50],
        });
        reporter.send(&user);
        reporter.send(&Report::Process(7));
        assert_eq!(reports.read(), [user, Report::Process(7)]);
        assert!(!reports.closed());
        drop(reporter);
        assert!(reports.read().is_empty() && reports.closed());
    }
}
