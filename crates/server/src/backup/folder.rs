//! The folder of a backup, and durable copies into it. Everything here blocks.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nix::fcntl::{AT_FDCWD, Flock, FlockArg, RenameFlags, renameat2};
use wharf_durable::{Durability, read_json, replace_json};

use super::{BackupError, FORMAT, HEAD, Head};

const LOCK: &str = "LOCK";
/// A head names the journal's files, at most some tens of thousands.
const MAX_HEAD_BYTES: u64 = 16 << 20;
/// Read and written at a time.
const PIECE_BYTES: usize = 1 << 20;

/// An open backup; nobody else works with it meanwhile.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: PathBuf,
    _lock: Flock<File>,
}

impl Folder {
    /// Opens `dir`, which is made if it is not there and `make` says so.
    pub(crate) fn open(dir: &Path, make: bool) -> Result<Self, BackupError> {
        if make {
            make_dir(dir)?;
            let mut entries = fs::read_dir(dir).map_err(BackupError::io("list", dir))?;
            let own = dir.join(LOCK).exists();
            if !own && entries.next().is_some() {
                return Err(BackupError::Foreign {
                    dir: dir.to_owned(),
                });
            }
        } else if !dir.join(HEAD).exists() {
            return Err(BackupError::Nothing {
                dir: dir.to_owned(),
            });
        }
        let path = dir.join(LOCK);
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(BackupError::io("open", &path))?;
        let lock =
            Flock::lock(lock, FlockArg::LockExclusiveNonblock).map_err(|_| BackupError::InUse {
                dir: dir.to_owned(),
            })?;
        Ok(Self {
            dir: dir.to_owned(),
            _lock: lock,
        })
    }

    pub(crate) fn head(&self) -> Result<Option<Head>, BackupError> {
        let path = self.dir.join(HEAD);
        let head: Option<Head> =
            read_json(&path, MAX_HEAD_BYTES).map_err(BackupError::io("read", path))?;
        match head {
            Some(head) if head.format != FORMAT => Err(BackupError::Format {
                dir: self.dir.clone(),
                found: head.format,
            }),
            other => Ok(other),
        }
    }

    /// From now on this copy counts.
    pub(crate) fn commit(&self, head: &Head) -> Result<(), BackupError> {
        let path = self.dir.join(HEAD);
        replace_json(&path, head, Durability::Machine).map_err(BackupError::io("write", path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn copies(&self) -> PathBuf {
        self.dir.join("copies")
    }

    pub(crate) fn copy(&self, number: u64) -> PathBuf {
        self.copies().join(number.to_string())
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.join("journal")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.dir.join("blobs")
    }
}

pub(crate) fn make_dir(dir: &Path) -> Result<(), BackupError> {
    wharf_durable::private_folder(dir).map_err(BackupError::io("make", dir))
}

pub(crate) fn sync_dir(dir: &Path) -> Result<(), BackupError> {
    let synced = File::open(dir).and_then(|dir| dir.sync_all());
    synced.map_err(BackupError::io("sync", dir))
}

/// A private file at `to`, which appears when it is whole and durable. Returns its bytes.
pub(crate) fn write_file(
    to: &Path,
    write: impl FnOnce(&mut File) -> io::Result<u64>,
) -> Result<u64, BackupError> {
    let unfinished = to.with_added_extension("new");
    let attempt = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        let bytes = write(&mut file)?;
        file.sync_all()?;
        fs::rename(&unfinished, to)?;
        Ok(bytes)
    };
    attempt().map_err(|error| {
        let _ = fs::remove_file(&unfinished);
        BackupError::io("write", to)(error)
    })
}

/// Copies all of `from` and shows each piece to `see`.
pub(crate) fn copy_all(
    from: &mut impl Read,
    to: &mut impl Write,
    mut see: impl FnMut(&[u8]),
) -> io::Result<u64> {
    let mut piece = vec![0; PIECE_BYTES];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            return Ok(bytes);
        }
        see(&piece[..read]);
        to.write_all(&piece[..read])?;
        bytes += read as u64;
    }
}

/// Copies the files below `from`, except those at its top that `leave` names, or whose names begin
/// with one of them and a dot: former ones that were put aside.
pub(crate) fn copy_tree(from: &Path, to: &Path, leave: &[&str]) -> Result<(), BackupError> {
    make_dir(to)?;
    for entry in fs::read_dir(from).map_err(BackupError::io("list", from))? {
        let entry = entry.map_err(BackupError::io("list", from))?;
        let (name, source) = (entry.file_name(), entry.path());
        let kind = entry
            .file_type()
            .map_err(BackupError::io("inspect", &source))?;
        let text = name.to_string_lossy();
        let left = |it: &&str| {
            let rest = text.strip_prefix(*it);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if leave.iter().any(left) || text.ends_with(".new") {
            continue;
        }
        let target = to.join(&name);
        if kind.is_dir() {
            copy_tree(&source, &target, &[])?;
        } else if kind.is_file() {
            let mut file = File::open(&source).map_err(BackupError::io("open", &source))?;
            write_file(&target, |out| copy_all(&mut file, out, |_| ()))?;
        }
    }
    sync_dir(to)
}

/// Puts a folder in the place of the one that is there, in one step; what was there is at `aside` then. It never has the
/// name of `fresh`, under which whoever comes after a kill finds what may be removed.
pub(crate) fn exchange(fresh: &Path, place: &Path, aside: &Path) -> io::Result<()> {
    let above = File::open(place.parent().unwrap_or(place))?;
    fs::rename(fresh, aside)?;
    let flags = RenameFlags::RENAME_EXCHANGE;
    if let Err(error) = renameat2(AT_FDCWD, aside, AT_FDCWD, place, flags) {
        let _ = fs::rename(aside, fresh);
        return Err(error.into());
    }
    above.sync_all()
}

/// Removes what a file or folder of that name holds; fine if there is none.
pub(crate) fn remove(path: &Path) -> Result<(), BackupError> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(BackupError::io("remove", path)(e)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_takes_the_place_of_another_or_stays_where_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let [fresh, place, aside] = ["fresh", "place", "aside"].map(|it| dir.path().join(it));
        fs::create_dir(&fresh).unwrap();
        fs::write(fresh.join("new"), "").unwrap();
        assert!(exchange(&fresh, &place, &aside).is_err());
        assert!(fresh.join("new").exists() && !aside.exists());
        fs::create_dir(&place).unwrap();
        fs::write(place.join("old"), "").unwrap();
        exchange(&fresh, &place, &aside).unwrap();
        assert!(place.join("new").exists() && aside.join("old").exists());
        assert!(!fresh.exists());
    }
}
