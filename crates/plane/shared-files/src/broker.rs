//! The little that the program needs of the machine and must not be able to reach itself: a process of its own reads it,
//! for as long as the program lives. It is asked for two things, and answers nothing else.
//!
//! | asked | answered |
//! | --- | --- |
//! | the first line of a connection | the bytes of that one file, as they are now |
//! | a process's number | its supplementary groups, which the kernel does not send along |

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::{fd::AsRawFd as _, unix::net::UnixStream},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    errno::Errno,
    unistd::{ForkResult, fork},
};
use parking_lot::Mutex;
use wharf_nfs_wire::rpc::MAX_GROUPS;

use crate::{confine, tls::MAX_GREETING};

const GREETING: u8 = b'g';
const GROUPS: u8 = b'p';
const PATIENCE: Duration = Duration::from_secs(5);
const MAX_ANSWER: usize = MAX_GREETING;
/// What says everything of a process but its groups is well below that.
const MAX_STATUS: u64 = 64 << 10;

pub struct Broker(Mutex<UnixStream>);

impl Broker {
    /// Begins it. While there is one thread.
    pub fn begin(greeting: Option<PathBuf>) -> io::Result<Self> {
        let (own, theirs) = UnixStream::pair()?;
        // SAFETY: there is one thread, so the child may go on as it likes.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let ended = keep_alone(&theirs)
                    .and_then(|()| confine::keep_for_broker())
                    .and_then(|()| serve(theirs, greeting));
                // SAFETY: ends the process, whose copies of what others have must not be put in order.
                unsafe { libc::_exit(i32::from(ended.is_err())) }
            }
            ForkResult::Parent { .. } => {
                own.set_read_timeout(Some(PATIENCE))?;
                own.set_write_timeout(Some(PATIENCE))?;
                Ok(Self(Mutex::new(own)))
            }
        }
    }

    fn ask(&self, kind: u8, number: u32) -> io::Result<Vec<u8>> {
        let mut socket = self.0.lock();
        let [a, b, c, d] = number.to_ne_bytes();
        socket.write_all(&[kind, a, b, c, d])?;
        let mut length = [0; 4];
        socket.read_exact(&mut length)?;
        let length = u32::from_ne_bytes(length) as usize;
        if length > MAX_ANSWER {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut answer = vec![0; length];
        socket.read_exact(&mut answer)?;
        Ok(answer)
    }

    pub fn greeting(&self) -> io::Result<Vec<u8>> {
        match self.ask(GREETING, 0)? {
            none if none.is_empty() => {
                let text = "what is to be said first cannot be read";
                Err(io::Error::other(text))
            }
            greeting => Ok(greeting),
        }
    }

    /// None of a process that has gone.
    pub fn groups(&self, process: u32) -> Vec<u32> {
        let answer = self.ask(GROUPS, process).unwrap_or_default();
        let each = answer.as_chunks().0.iter();
        each.map(|it| u32::from_ne_bytes(*it)).collect()
    }
}

/// Nothing else stays open in it. It ends without looking at what others had.
fn keep_alone(socket: &UnixStream) -> io::Result<()> {
    let own = u32::try_from(socket.as_raw_fd()).map_err(io::Error::other)?;
    for (from, to) in [(0, own.saturating_sub(1)), (own + 1, u32::MAX)] {
        // SAFETY: takes numbers; what is closed is used by nobody in this process any more.
        Errno::result(unsafe { libc::syscall(libc::SYS_close_range, from, to, 0) })?;
    }
    Ok(())
}

/// Until nobody asks any more.
fn serve(mut socket: UnixStream, greeting: Option<PathBuf>) -> io::Result<()> {
    loop {
        let mut asked = [0; 5];
        socket.read_exact(&mut asked)?;
        let [kind, number @ ..] = asked;
        let answer = match kind {
            GREETING => greeting.as_deref().and_then(|it| read_greeting(it).ok()),
            GROUPS => read_groups(u32::from_ne_bytes(number)),
            _ => None,
        };
        let answer = answer.unwrap_or_default();
        let length = u32::try_from(answer.len()).map_err(io::Error::other)?;
        socket.write_all(&length.to_ne_bytes())?;
        socket.write_all(&answer)?;
    }
}

fn read_greeting(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_GREETING as u64 + 1;
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    match bytes.len() <= MAX_GREETING {
        true => Ok(bytes),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn read_groups(process: u32) -> Option<Vec<u8>> {
    let mut text = String::new();
    let file = File::open(format!("/proc/{process}/status")).ok()?;
    file.take(MAX_STATUS).read_to_string(&mut text).ok()?;
    let groups = groups_of(&text).into_iter();
    Some(groups.flat_map(u32::to_ne_bytes).collect())
}

fn groups_of(status: &str) -> Vec<u32> {
    let mut lines = status.lines();
    let line = lines.find_map(|it| it.strip_prefix("Groups:"));
    let words = line.unwrap_or_default().split_ascii_whitespace();
    words
        .filter_map(|it| it.parse().ok())
        .take(MAX_GROUPS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_a_process() {
        assert_eq!(
            groups_of("Name:\tx\nGroups:\t4 27 1000 \nNgid:\t0"),
            [4, 27, 1000]
        );
        assert!(groups_of("Name:\tx\nGroups:\t \n").is_empty());
        assert!(groups_of("").is_empty());
    }
}
