//! Files that are written anew instead of being made and removed.
//!
//! A task's records are replaced several times within its first second. Each time a file was made and another removed, and
//! file systems do neither quickly: ext4 without a journal searches for an inode that was not given back lately. So what
//! a replacement takes away, or a removal, is kept under a name of its own, empty, and gets the next content.
//!
//! A replacement is not flushed, but on its way to the disk before it has its name: as file systems see to where a rename
//! replaces a file, and do not where two names are exchanged.

mod folders;

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io::{self, Write as _},
    os::{
        fd::AsRawFd as _,
        unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AT_FDCWD, RenameFlags, renameat2},
};
use parking_lot::Mutex;

pub use self::folders::{SpareFolders, make_inside, write_inside};

/// What one folder keeps. A node removes one record for each that it makes, and replaces a few at once.
const MOST: u32 = 64;

/// Of one writer. Their names end in `.new`, as those of files that a kill left half-written do: whoever reads the folder
/// first removes them.
#[derive(Debug, Default)]
pub struct Spares {
    /// Those of each folder, all but the one that is being written.
    free: Mutex<BTreeMap<PathBuf, Vec<PathBuf>>>,
}

impl Spares {
    /// Replaces the file as a whole, safe from the death of the process: the old or the new.
    pub fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut free = self.free.lock();
        let free = free.entry(folder_of(path)).or_default();
        let spare = free.pop().unwrap_or_else(|| name(path, 1));
        let replaced = write(&spare, bytes).and_then(|()| put(&spare, path));
        // It is the old one now; after a failure it may be half-written, and is written whole the next time.
        if !matches!(replaced, Ok(false)) {
            empty(&spare);
            free.push(spare);
        }
        replaced.map(drop)
    }

    /// One that is not there is removed already.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        let mut free = self.free.lock();
        let free = free.entry(folder_of(path)).or_default();
        let mut names = (1..=MOST).map(|number| name(path, number));
        let removed = match names.find(|it| !free.contains(it)) {
            None => fs::remove_file(path),
            Some(spare) => fs::rename(path, &spare).map(|()| {
                empty(&spare);
                free.push(spare);
            }),
        };
        match removed {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

fn name(path: &Path, number: u32) -> PathBuf {
    path.with_file_name(format!("spare-{number}.new"))
}

/// Nobody is to read any more what is in it. Where this fails, the next content does it.
fn empty(spare: &Path) {
    let opened = OpenOptions::new()
        .write(true)
        .custom_flags(libc::O_NOFOLLOW)
        .open(spare);
    let _ = opened.and_then(|file| file.set_len(0));
}

fn write(spare: &Path, bytes: &[u8]) -> io::Result<()> {
    // Whatever has that name: a link leads out of the folder, and another's file may be open to all.
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(spare)?;
    let found = file.metadata()?;
    if !is_private(&found) {
        file.set_permissions(private())?;
    }
    begin_anew(&file, &found)?;
    file.write_all(bytes)?;
    begin_flush(&file);
    Ok(())
}

fn private() -> Permissions {
    Permissions::from_mode(0o600)
}

/// As it nearly always is: to say it again would write the inode.
fn is_private(found: &Metadata) -> bool {
    found.permissions().mode() & 0o7777 == 0o600
}

/// Empties a file, if it is not empty as a spare one mostly is.
fn begin_anew(file: &File, found: &Metadata) -> io::Result<()> {
    match found.len() {
        0 => Ok(()),
        _ => file.set_len(0),
    }
}

/// Has the kernel write it, and waits for nothing. Best effort, since it is only a machine without power that needs it.
fn begin_flush(file: &File) {
    // SAFETY: an open descriptor and numbers.
    unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE) };
}

/// Gives the spare the file's name; whether that was an exchange.
fn put(spare: &Path, path: &Path) -> io::Result<bool> {
    match renameat2(
        AT_FDCWD,
        spare,
        AT_FDCWD,
        path,
        RenameFlags::RENAME_EXCHANGE,
    ) {
        Ok(()) => Ok(true),
        // Nothing to exchange it with, or a file system that knows no exchange.
        Err(Errno::ENOENT | Errno::EINVAL | Errno::ENOSYS) => {
            fs::rename(spare, path).map(|()| false)
        }
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    pub(crate) fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one.json"), dir.path().join("two.json"));
        let spares = Spares::default();
        spares.replace(&one, b"a long first content").unwrap();
        assert_eq!(names(dir.path()), ["one.json"]);
        let first = fs::metadata(&one).unwrap().ino();
        spares.replace(&one, b"second").unwrap();
        spares.replace(&one, b"third").unwrap();
        assert_eq!(fs::read(&one).unwrap(), b"third");
        assert_eq!(fs::metadata(&one).unwrap().ino(), first);
        assert_eq!(names(dir.path()), ["one.json", "spare-1.new"]);
        let spare = dir.path().join("spare-1.new");
        assert_eq!(fs::read(&spare).unwrap(), b"", "the older content is left");
        spares.remove(&one).unwrap();
        spares.remove(&one).unwrap();
        assert_eq!(names(dir.path()), ["spare-1.new", "spare-2.new"]);
        assert_eq!(
            fs::metadata(dir.path().join("spare-2.new")).unwrap().len(),
            0
        );
        spares.replace(&two, b"of another").unwrap();
        assert_eq!(names(dir.path()), ["spare-1.new", "two.json"]);
        assert_eq!(fs::read(&two).unwrap(), b"of another");
        let mode = fs::metadata(&two).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_lies_where_a_spare_would_is_not_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let (file, spare) = (dir.path().join("a.json"), dir.path().join("spare-1.new"));
        fs::write(&spare, b"another's").unwrap();
        fs::set_permissions(&spare, Permissions::from_mode(0o644)).unwrap();
        Spares::default().replace(&file, b"ours").unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let elsewhere = dir.path().join("elsewhere");
        fs::write(&elsewhere, b"kept").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &spare).unwrap();
        assert!(Spares::default().replace(&file, b"more").is_err());
        assert_eq!(fs::read(&elsewhere).unwrap(), b"kept");
        assert_eq!(fs::read(&file).unwrap(), b"ours");
    }

    #[test]
    fn no_more_are_kept_than_needed() {
        let dir = tempfile::tempdir().unwrap();
        let spares = Spares::default();
        let files: Vec<_> = (0..MOST + 5)
            .map(|n| dir.path().join(format!("{n}.json")))
            .collect();
        for file in &files {
            spares.replace(file, b"x").unwrap();
        }
        for file in &files {
            spares.remove(file).unwrap();
        }
        assert_eq!(names(dir.path()).len(), MOST as usize);
        for file in &files {
            spares.replace(file, b"x").unwrap();
        }
        assert_eq!(names(dir.path()).len(), files.len());
    }
}
