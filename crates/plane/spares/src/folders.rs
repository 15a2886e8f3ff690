//! Folders that are used again, with what is in them: making one and a file or two in it costs a file system as much as
//! many writes do.
//!
//! Who gives a folder back has closed its files. One of those that stay may still be read by somebody who opened it a
//! moment ago, and is empty then: only what is read in one go, by its name, is kept.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AT_FDCWD, RenameFlags, renameat2},
};
use parking_lot::Mutex;

use crate::{MOST, begin_flush, empty, name};

/// What the names of those begin with that nobody has; the names of those in use do not begin with a dot.
const KEPT: &str = ".spare-";
/// A folder in a kept one.
const FOLDER: &str = "spare";
/// Files of a kept folder.
const FILES: u32 = 2;
/// A folder with more in it was no ordinary one, and is not kept.
const MOST_ENTRIES: usize = 16;

/// The folders of one folder.
#[derive(Debug)]
pub struct SpareFolders {
    dir: PathBuf,
    /// The numbers of those that are kept.
    free: Mutex<Vec<u32>>,
}

impl SpareFolders {
    /// Those of `dir`, which is there. What the process before kept, or had not yet removed, goes.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn open(dir: PathBuf) -> io::Result<Self> {
        let spares = Self {
            dir,
            free: Mutex::default(),
        };
        spares.clear()?;
        Ok(spares)
    }

    /// Removes those that are kept.
    ///
    /// # Errors
    /// Of the file system.
    pub fn clear(&self) -> io::Result<()> {
        let mut free = self.free.lock();
        free.clear();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry
                .file_name()
                .as_encoded_bytes()
                .starts_with(KEPT.as_bytes())
            {
                wharf_rootdir::remove_tree(&entry.path())?;
            }
        }
        Ok(())
    }

    /// A folder for root alone at `path`, a path in the folder of [`SpareFolders::open`].
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], and others of the file system.
    pub fn make(&self, path: &Path) -> io::Result<()> {
        let kept = self.free.lock().pop();
        if let Some(number) = kept {
            match rename(&self.kept(number), path) {
                Ok(()) => return Ok(()),
                // Somebody removed it, or the file system cannot tell whether there is one already.
                Err(Errno::ENOENT | Errno::EINVAL | Errno::ENOSYS) => {}
                Err(error) => {
                    self.free.lock().push(number);
                    return Err(error.into());
                }
            }
        }
        DirBuilder::new().mode(0o700).create(path)
    }

    /// From its return on there is no folder at `path`; one that is not there is gone already.
    ///
    /// # Errors
    /// Of the file system; then the folder may still be there.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        let mut free = self.free.lock();
        let Some(number) = (1..=MOST).find(|number| !free.contains(number)) else {
            drop(free);
            return wharf_rootdir::remove_tree(path);
        };
        let kept = self.kept(number);
        match rename(path, &kept) {
            Ok(()) => {}
            Err(Errno::ENOENT) => return Ok(()),
            // One that is not among `free` was left by a removal that failed.
            Err(_) => {
                drop(free);
                return wharf_rootdir::remove_tree(path);
            }
        }
        match clear_up(&kept) {
            Ok(true) => free.push(number),
            Ok(false) | Err(_) => {
                drop(free);
                wharf_rootdir::remove_tree(&kept)?;
            }
        }
        Ok(())
    }

    fn kept(&self, number: u32) -> PathBuf {
        self.dir.join(format!("{KEPT}{number}"))
    }
}

/// Makes a folder in one that [`SpareFolders::make`] made, if it is not there.
///
/// # Errors
/// Of the file system.
pub fn make_inside(path: &Path) -> io::Result<()> {
    match rename(&path.with_file_name(FOLDER), path) {
        Ok(()) => Ok(()),
        Err(_) => fs::create_dir_all(path),
    }
}

/// Writes a file in a folder that [`SpareFolders::make`] made, safe from the death of the process: as a whole or not.
///
/// # Errors
/// Of the file system.
pub fn write_inside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    for number in 1..=FILES {
        let spare = name(path, number);
        let opened = OpenOptions::new()
            .write(true)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&spare);
        match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => {
                let mut file = opened?;
                file.set_len(0)?;
                file.write_all(bytes)?;
                begin_flush(&file);
                return fs::rename(&spare, path);
            }
        }
    }
    wharf_durable::replace(path, bytes, wharf_durable::Durability::Process)
}

fn rename(from: &Path, to: &Path) -> nix::Result<()> {
    renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::RENAME_NOREPLACE)
}

/// Leaves empty files and one empty folder, under names of their own; whether the folder was one of which that can be said.
fn clear_up(folder: &Path) -> io::Result<bool> {
    let Some(names) = names(folder)? else {
        return Ok(false);
    };
    let (mut files, mut has_folder) = (0, false);
    for found in names {
        let path = folder.join(&found);
        if fs::symlink_metadata(&path)?.is_dir() {
            if !remove_files(&path)? {
                return Ok(false);
            }
            if has_folder {
                fs::remove_dir(&path)?;
            } else if found != FOLDER {
                fs::rename(&path, folder.join(FOLDER))?;
            }
            has_folder = true;
        } else if files < FILES && may_be_kept(&path)? {
            files += 1;
            let spare = name(&path, files);
            fs::rename(&path, &spare)?;
            empty(&spare);
        } else {
            fs::remove_file(&path)?;
        }
    }
    Ok(true)
}

/// Whether there were files alone, and not too many.
fn remove_files(folder: &Path) -> io::Result<bool> {
    let Some(names) = names(folder)? else {
        return Ok(false);
    };
    for found in names {
        match fs::remove_file(folder.join(found)) {
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => return Ok(false),
            removed => removed?,
        }
    }
    Ok(true)
}

/// Records, and what was one.
fn may_be_kept(path: &Path) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    let is_record = matches!(
        path.extension().and_then(OsStr::to_str),
        Some("json" | "new")
    );
    let is_kept = is_record && found.is_file() && found.nlink() == 1;
    if is_kept {
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(is_kept)
}

/// In the order of the alphabet; `None` of too many.
fn names(folder: &Path) -> io::Result<Option<Vec<OsString>>> {
    let entries = fs::read_dir(folder)?.take(MOST_ENTRIES + 1);
    let names = entries.map(|it| Ok(it?.file_name()));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok((names.len() <= MOST_ENTRIES).then_some(names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::names as listed;

    fn task(spares: &SpareFolders, name: &str) -> PathBuf {
        let task = spares.dir.join(name);
        spares.make(&task).unwrap();
        task
    }

    fn inodes(folder: &Path) -> Vec<u64> {
        let of = |path: &Path| fs::metadata(path).unwrap().ino();
        let inner = ["task.json", "exit-a.json", "logs-a"];
        let mut all = vec![of(folder)];
        all.extend(inner.map(|it| of(&folder.join(it))));
        all.sort_unstable();
        all
    }

    #[test]
    fn a_folder_is_used_again_with_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let spares = SpareFolders::open(dir.path().to_owned()).unwrap();
        let fill = |task: &Path| {
            write_inside(&task.join("task.json"), b"a task").unwrap();
            make_inside(&task.join("logs-a")).unwrap();
            make_inside(&task.join("logs-a")).unwrap();
            write_inside(&task.join("exit-a.json"), b"an end").unwrap();
        };
        let one = task(&spares, "one");
        fill(&one);
        fs::write(one.join("logs-a/0.log"), "a line").unwrap();
        fs::write(one.join("disk.img"), "a disk").unwrap();
        let before = inodes(&one);
        spares.remove(&one).unwrap();
        spares.remove(&one).unwrap();
        assert_eq!(listed(dir.path()), [".spare-1"]);
        let kept = dir.path().join(".spare-1");
        assert_eq!(listed(&kept), ["spare", "spare-1.new", "spare-2.new"]);
        for file in ["spare-1.new", "spare-2.new"] {
            assert_eq!(fs::read(kept.join(file)).unwrap(), b"");
        }
        let two = task(&spares, "two");
        fill(&two);
        assert_eq!(listed(dir.path()), ["two"]);
        assert_eq!(listed(&two), ["exit-a.json", "logs-a", "task.json"]);
        assert_eq!(listed(&two.join("logs-a")).len(), 0);
        assert_eq!(fs::read(two.join("task.json")).unwrap(), b"a task");
        assert_eq!(inodes(&two), before);
    }

    #[test]
    fn one_that_is_there_is_not_made() {
        let dir = tempfile::tempdir().unwrap();
        let spares = SpareFolders::open(dir.path().to_owned()).unwrap();
        let (one, two) = (task(&spares, "one"), task(&spares, "two"));
        let exists = |task: &Path| {
            let refused = spares.make(task).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        };
        exists(&one);
        spares.remove(&two).unwrap();
        exists(&one);
        let three = task(&spares, "three");
        assert_eq!(listed(dir.path()), ["one", "three"]);
        assert_eq!(
            fs::metadata(three).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn what_is_no_ordinary_folder_goes_with_all_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let spares = SpareFolders::open(dir.path().to_owned()).unwrap();
        let deep = task(&spares, "deep");
        fs::create_dir_all(deep.join("containers/a/upper/b")).unwrap();
        let full = task(&spares, "full");
        for number in 0..=MOST_ENTRIES {
            fs::write(full.join(format!("{number}.json")), "").unwrap();
        }
        let outside = dir.path().join("outside");
        fs::write(&outside, "kept").unwrap();
        let linked = task(&spares, "linked");
        std::os::unix::fs::symlink(&outside, linked.join("a.json")).unwrap();
        fs::hard_link(&outside, linked.join("b.json")).unwrap();
        for task in [deep, full, linked] {
            spares.remove(&task).unwrap();
        }
        assert_eq!(listed(dir.path()), [".spare-1", "outside"]);
        assert_eq!(listed(&dir.path().join(".spare-1")).len(), 0);
        assert_eq!(fs::read(&outside).unwrap(), b"kept");
    }

    #[test]
    fn what_another_process_kept_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let open = || SpareFolders::open(dir.path().to_owned()).unwrap();
        let before = open();
        for number in 0..MOST + 3 {
            task(&before, &format!("t{number}"));
        }
        for number in 0..MOST + 3 {
            before
                .remove(&dir.path().join(format!("t{number}")))
                .unwrap();
        }
        assert_eq!(listed(dir.path()).len(), MOST as usize);
        open();
        assert_eq!(listed(dir.path()).len(), 0);
    }
}
