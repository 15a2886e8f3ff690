//! The machine's own disk: opened once, and locked for as long as the emulator has it open. So two of them never write to one disk,
//! whoever started them.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// An emulator that was killed lets go of it shortly after; who looks at it on the host, too.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The lock is that of the open file, which the emulator inherits: it goes when the last who has that is gone.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`] if somebody else keeps it.
pub fn open(path: &Path) -> io::Result<File> {
    open_within(path, PATIENCE)
}

fn open_within(path: &Path, patience: Duration) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let end = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() < end => thread::sleep(LOOK_EVERY),
            Err(TryLockError::WouldBlock) => {
                let text = "somebody else has it open";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        os::fd::AsFd as _,
        process::{Command, Stdio},
    };

    use super::*;

    #[test]
    fn one_has_it_until_all_that_inherited_it_are_gone() {
        let path = std::env::temp_dir().join(format!("wharf-guest-disk-{}", std::process::id()));
        File::create(&path).unwrap();
        let first = open(&path).unwrap();
        let busy = || open_within(&path, Duration::ZERO).unwrap_err().kind();
        assert_eq!(busy(), io::ErrorKind::ResourceBusy);
        // Its emulator, which outlives who started it.
        let mut heir = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(first.as_fd().try_clone_to_owned().unwrap())
            .spawn()
            .unwrap();
        drop(first);
        assert_eq!(busy(), io::ErrorKind::ResourceBusy);
        drop(heir.stdin.take());
        heir.wait().unwrap();
        open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
    }
}
