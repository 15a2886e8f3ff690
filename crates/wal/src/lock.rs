//! One process per folder.
//!
//! The lock is the kernel's (`flock`), so it goes with its holder however that one dies; the pid in
//! the file only serves the message to whoever comes second.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};

const FILE_NAME: &str = "LOCK";

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another handle, in this process or another, has the folder open.
    #[error("{} is in use by process {}", dir.display(), pid.map_or_else(|| "(unknown)".to_owned(), |p| p.to_string()))]
    InUse { dir: PathBuf, pid: Option<u32> },
    #[error("cannot lock {}", dir.display())]
    Io {
        dir: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Held as long as the value lives.
#[derive(Debug)]
pub struct FolderLock {
    _file: Flock<File>,
}

impl FolderLock {
    /// Locks `dir`, which is made if it is not there.
    pub fn acquire(dir: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::Io {
            dir: dir.to_owned(),
            source,
        };
        create_durably(dir).map_err(failed)?;
        // Not truncated on opening: the holder's pid must stay readable for whoever is refused.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.join(FILE_NAME))
            .map_err(failed)?;
        // A short read keeps a foreign file from filling memory.
        let mut holder = String::new();
        let _ = (&mut file).take(16).read_to_string(&mut holder);
        let mut file = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(locked) => locked,
            Err((_, Errno::EWOULDBLOCK)) => {
                return Err(LockError::InUse {
                    dir: dir.to_owned(),
                    pid: holder.trim().parse().ok(),
                });
            }
            Err((_, errno)) => return Err(failed(errno.into())),
        };
        // On a full disk the pid cannot be written; the lock holds all the same.
        let _ = write_pid(&mut file);
        Ok(Self { _file: file })
    }
}

/// Makes the folder, if it is not there, so that it is still there after the power went.
fn create_durably(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(dir)?;
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.rewind()?;
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_holder_is_told_who_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let held = FolderLock::acquire(dir.path()).unwrap();
        match FolderLock::acquire(dir.path()) {
            Err(LockError::InUse { dir: named, pid }) => {
                assert_eq!(named, dir.path());
                assert_eq!(pid, Some(std::process::id()));
            }
            other => panic!("{other:?}"),
        }
        drop(held);
        FolderLock::acquire(dir.path()).unwrap();
    }
}
