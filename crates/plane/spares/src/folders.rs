//! Folders that are used again, with what is in them: making one and a file or two in it costs a file system as much as
//! many writes do.
//!
//! Who gives a folder back has closed its files. Somebody may still read one of those that stay, and find it empty, or with
//! the next content: only what is read in one go is kept, and says whose it is.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AT_FDCWD, RenameFlags, renameat2},
};
use parking_lot::Mutex;

use crate::{MOST, begin_anew, begin_flush, empty, is_private, name, private};

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
    numbers: Mutex<Numbers>,
}

/// Of the names that kept folders may have.
#[derive(Debug, Default)]
struct Numbers {
    /// Those that are kept.
    free: Vec<u32>,
    /// Those that are being cleared up, and those of which that failed.
    busy: Vec<u32>,
}

impl Numbers {
    fn next(&mut self) -> Option<u32> {
        let is_taken = |number: &u32| self.free.contains(number) || self.busy.contains(number);
        let number = (1..=MOST).find(|number| !is_taken(number))?;
        self.busy.push(number);
        Some(number)
    }

    fn done(&mut self, number: u32) {
        self.busy.retain(|it| *it != number);
    }
}

impl SpareFolders {
    /// Those of `dir`. What the process before kept, or had not yet removed, goes, but for what cannot be removed now.
    pub fn open(dir: PathBuf) -> Self {
        let spares = Self {
            dir,
            numbers: Mutex::default(),
        };
        // What is there still keeps its number from being used.
        let _ = spares.clear();
        spares
    }

    /// Removes those that are kept, and what is left of others.
    ///
    /// # Errors
    /// Of the file system: the last of those that it has. Those that can go are gone.
    pub fn clear(&self) -> io::Result<()> {
        self.numbers.lock().free.clear();
        let mut last = Ok(());
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.as_encoded_bytes().starts_with(KEPT.as_bytes())
                && let Err(error) = wharf_rootdir::remove_tree(&entry.path())
            {
                last = Err(error);
            }
        }
        last
    }

    /// A folder for root alone at `path`, a path in the folder of [`SpareFolders::open`].
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], and others of the file system.
    pub fn make(&self, path: &Path) -> io::Result<()> {
        let kept = self.numbers.lock().free.pop();
        if let Some(number) = kept {
            match rename(&self.kept(number), path) {
                Ok(()) => return Ok(()),
                // Somebody removed it, or the file system cannot tell whether there is one already.
                Err(Errno::ENOENT | Errno::EINVAL | Errno::ENOSYS) => {}
                Err(error) => {
                    self.numbers.lock().free.push(number);
                    return Err(error.into());
                }
            }
        }
        DirBuilder::new().mode(0o700).create(path)
    }

    /// From its return on there is no folder at `path`, and nothing that was in it takes room; one that is not there is
    /// gone already. Nobody waits for it meanwhile.
    ///
    /// # Errors
    /// Of the file system; then the folder is still at `path`, as far as it was not removed.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        // What may be large first, while the folder has its name.
        if !clear_up(path).unwrap_or(false) {
            return wharf_rootdir::remove_tree(path);
        }
        let Some(number) = self.numbers.lock().next() else {
            return wharf_rootdir::remove_tree(path);
        };
        let renamed = rename(path, &self.kept(number));
        let mut numbers = self.numbers.lock();
        match renamed {
            Ok(()) => {
                numbers.done(number);
                numbers.free.push(number);
                Ok(())
            }
            // Something is left there that could not be removed: the number stays as it is.
            Err(Errno::EEXIST) => {
                drop(numbers);
                wharf_rootdir::remove_tree(path)
            }
            Err(_) => {
                numbers.done(number);
                drop(numbers);
                wharf_rootdir::remove_tree(path)
            }
        }
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
                begin_anew(&file, &file.metadata()?)?;
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
    if is_kept && !is_private(&found) {
        fs::set_permissions(path, private())?;
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
    use std::os::unix::fs::PermissionsExt as _;

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
        let spares = SpareFolders::open(dir.path().to_owned());
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
        let spares = SpareFolders::open(dir.path().to_owned());
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
        let spares = SpareFolders::open(dir.path().to_owned());
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

    /// Needs root: a folder in which something is mounted cannot be removed.
    #[test]
    fn what_cannot_be_removed_is_not_told_to_be_gone() {
        use nix::mount::{MntFlags, MsFlags, mount, umount2};

        let dir = tempfile::tempdir().unwrap();
        let spares = SpareFolders::open(dir.path().to_owned());
        let one = task(&spares, "one");
        fs::create_dir(one.join("logs-a")).unwrap();
        let inside = one.join("logs-a");
        mount(
            Some("none"),
            &inside,
            Some("tmpfs"),
            MsFlags::empty(),
            None::<&str>,
        )
        .unwrap();
        for _ in 0..2 {
            spares.remove(&one).unwrap_err();
        }
        assert_eq!(listed(dir.path()), ["one"]);
        // Under the name of a kept one it keeps nobody from beginning.
        fs::rename(&one, dir.path().join(".spare-1")).unwrap();
        let next = SpareFolders::open(dir.path().to_owned());
        let two = task(&next, "two");
        next.remove(&two).unwrap();
        assert_eq!(listed(dir.path()), [".spare-1"]);
        let three = task(&next, "three");
        next.remove(&three).unwrap();
        assert_eq!(listed(dir.path()), [".spare-1", ".spare-2"]);
        umount2(&dir.path().join(".spare-1/logs-a"), MntFlags::MNT_DETACH).unwrap();
        next.clear().unwrap();
        assert_eq!(listed(dir.path()).len(), 0);
    }

    #[test]
    fn many_make_and_remove_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let spares = SpareFolders::open(dir.path().to_owned());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let spares = &spares;
                scope.spawn(move || {
                    for number in 0..50 {
                        let one = task(spares, &format!("t{thread}-{number}"));
                        assert_eq!(
                            listed(&one).iter().filter(|it| *it == "task.json").count(),
                            0
                        );
                        write_inside(&one.join("task.json"), b"x").unwrap();
                        spares.remove(&one).unwrap();
                        assert!(!one.exists());
                    }
                });
            }
        });
        let kept = listed(dir.path());
        assert!((1..=4).contains(&kept.len()), "{kept:?}");
    }

    #[test]
    fn what_another_process_kept_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let open = || SpareFolders::open(dir.path().to_owned());
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
