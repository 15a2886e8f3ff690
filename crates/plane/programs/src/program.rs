//! How a program is begun, at both ends.

use std::{
    ffi::OsStr,
    io::{self, Read as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Command, Stdio},
};

use nix::unistd::{ForkResult, fork, setsid};

use crate::confine;

const MAX_WORDS: u64 = 1024;

/// The file of a program.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub path: PathBuf,
    /// The control group that it is to live in, which is there: not that of who starts it, with which it would end.
    pub group: Option<String>,
}

impl Program {
    /// Begins it, with these as its descriptors 0, 1 and 2. Blocks until it has left whoever started it ([`stay`]).
    ///
    /// # Errors
    /// It cannot be started.
    pub fn begin(
        &self,
        arguments: &[&OsStr],
        [first, second, third]: [Stdio; 3],
    ) -> io::Result<()> {
        let mut child = Command::new(&self.path)
            .args(arguments)
            .args(&self.group)
            .env_clear()
            .current_dir("/")
            .stdin(first)
            .stdout(second)
            .stderr(third)
            .spawn()?;
        // Its own child is the one that stays.
        child.wait().map(drop)
    }
}

/// What a program says before it closes its end: that it is ready, or why not.
///
/// # Errors
/// It says nothing for as long as the socket waits.
pub fn heard(socket: &UnixStream) -> io::Result<Vec<u8>> {
    let mut said = Vec::new();
    socket.take(MAX_WORDS).read_to_end(&mut said)?;
    Ok(said)
}

/// The program goes on as a child of nobody's, which no signal of theirs reaches. With one thread.
///
/// # Errors
/// The kernel refuses.
pub fn stay() -> io::Result<()> {
    // SAFETY: there is one thread. Whoever started this waits for the one that ends here, and has nobody to bury later.
    if let ForkResult::Parent { .. } = unsafe { fork() }? {
        std::process::exit(0);
    }
    setsid()?;
    confine::outlive_others()
}
