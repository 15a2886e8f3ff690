//! Private files that are either the old or the new, never half of one, and private folders for them. Beside them
//! stands what the kernel says of the machine: which boot of it this is, and how much memory there is to take.

#![forbid(unsafe_code)]

mod memory;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

pub use memory::{Taker, memory};

/// How a replacement must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The death of every process, not that of the machine: enough for what a restart of the
    /// machine makes meaningless, and free of a disk flush on the way to a running container.
    Process,
    /// Power loss as well: flushed before and after the rename.
    Machine,
}

/// This boot of the machine; empty where the kernel does not say. What was written for processes alone
/// ([`Durability::Process`]) may mean nothing in another one.
pub fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

/// Makes a folder, and those above it that are missing, for its owner alone. One that is there keeps its mode.
///
/// # Errors
/// It cannot be made, or something else is there.
pub fn private_folder(path: impl AsRef<Path>) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Replaces `path` by `bytes` through a file beside it whose name ends in `.new`; one that a crash
/// left there is removed first. Only its owner may read the result. One writer at a time.
pub fn replace(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    replaced(path, bytes, durability).map(drop)
}

/// The same. What is written to the file that it returns comes behind `bytes`, and is in the one that the next process
/// finds: it is open before it has its name.
pub fn replaced(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<File> {
    let temporary = temporary(path);
    // Anew, so that it has its mode whatever lay there.
    remove_file(&temporary)?;
    let mut file = OpenOptions::new()
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    let flush = |file: &File| match durability {
        Durability::Machine => file.sync_all(),
        Durability::Process => Ok(()),
    };
    let written = file.write_all(bytes).and_then(|()| flush(&file));
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = renamed {
        // On a full disk a half of one takes room.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    if durability == Durability::Machine {
        sync_above(path)?;
    }
    Ok(file)
}

/// Removes what [`replace`] wrote, and what a crash left beside it. One that is not there is removed already.
///
/// # Errors
/// Something of it is still there.
pub fn remove(path: &Path) -> io::Result<()> {
    remove_file(path)?;
    remove_file(&temporary(path))
}

fn temporary(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}

/// Removes one file. One that is not there is removed already.
///
/// # Errors
/// It is still there.
pub fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Gives a file that is whole the name of the one it takes the place of: after a loss of power the whole of it is there, or what
/// was there before.
///
/// # Errors
/// It cannot be flushed, or cannot have the name.
pub fn put_in_place(fresh: &Path, path: &Path) -> io::Result<()> {
    File::open(fresh)?.sync_all()?;
    fs::rename(fresh, path)?;
    sync_above(path)
}

/// Names in a folder outlive a loss of power once the folder is flushed.
fn sync_above(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

pub fn replace_json<T: Serialize>(
    path: &Path,
    value: &T,
    durability: Durability,
) -> io::Result<()> {
    replace(path, &serde_json::to_vec(value)?, durability)
}

/// The whole file; `None` if there is none. One beyond `limit` bytes is
/// [`io::ErrorKind::InvalidData`].
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let large = "the file is larger than allowed";
        return Err(io::Error::new(io::ErrorKind::InvalidData, large));
    }
    Ok(Some(bytes))
}

/// The value in `path`; `None` if there is no such file. A file beyond `limit` bytes or of another
/// form is [`io::ErrorKind::InvalidData`].
pub fn read_json<T: DeserializeOwned>(path: &Path, limit: u64) -> io::Result<Option<T>> {
    let parse = |bytes: Vec<u8>| {
        serde_json::from_slice(&bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    };
    read(path, limit)?.map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn replaced_whole_and_read_within_bounds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.json");
        assert_eq!(read_json::<Vec<u8>>(&path, 100).unwrap(), None);
        replace_json(&path, &vec![1u8, 2], Durability::Machine).unwrap();
        replace_json(&path, &vec![3u8], Durability::Process).unwrap();
        assert_eq!(read_json::<Vec<u8>>(&path, 100).unwrap(), Some(vec![3]));
        assert_eq!(
            read_json::<Vec<u8>>(&path, 2).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn removed_with_what_a_crash_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.json");
        replace_json(&path, &vec![1u8], Durability::Process).unwrap();
        fs::write(dir.path().join("x.json.new"), "[").unwrap();
        fs::write(dir.path().join("y.json"), "[2]").unwrap();
        for _ in 0..2 {
            remove(&path).unwrap();
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        }
        fs::create_dir(&path).unwrap();
        assert!(remove(&path).is_err());
    }

    #[test]
    fn a_whole_file_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let (fresh, path) = (dir.path().join("disk.new"), dir.path().join("disk"));
        assert!(put_in_place(&fresh, &path).is_err());
        fs::write(&path, b"before").unwrap();
        fs::write(&fresh, b"whole").unwrap();
        put_in_place(&fresh, &path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert!(!fresh.exists());
    }

    #[test]
    fn what_is_appended_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let mut first = replaced(&path, b"one", Durability::Process).unwrap();
        first.write_all(b" two").unwrap();
        assert_eq!(read(&path, 100).unwrap().unwrap(), b"one two");
        replace(&path, b"three", Durability::Process).unwrap();
        first.write_all(b"!").unwrap();
        assert_eq!(read(&path, 100).unwrap().unwrap(), b"three");
        // Where it cannot have its name, nothing is left of it.
        fs::create_dir(dir.path().join("folder")).unwrap();
        assert!(replaced(&dir.path().join("folder"), b"four", Durability::Process).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn folders_are_for_their_owner() {
        let dir = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (above, below) = (dir.path().join("a"), dir.path().join("a/b"));
        private_folder(&below).unwrap();
        assert_eq!((mode(&above), mode(&below)), (0o700, 0o700));
        fs::set_permissions(&below, fs::Permissions::from_mode(0o755)).unwrap();
        private_folder(&below).unwrap();
        assert_eq!(mode(&below), 0o755);
        fs::write(below.join("file"), "").unwrap();
        assert!(private_folder(below.join("file")).is_err());
    }

    #[test]
    fn private_whatever_a_crash_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let left = dir.path().join("key.new");
        fs::write(&left, b"half of a longer one").unwrap();
        fs::set_permissions(&left, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&path, b"whole", Durability::Machine).unwrap();
        assert_eq!(read(&path, 5).unwrap().unwrap(), b"whole");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(!left.exists());
    }
}
