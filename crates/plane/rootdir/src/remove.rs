//! Removing a folder that somebody else filled.
//!
//! Containers, and authors of images by links, make folders within folders as deep as they like. What
//! goes down by recursion, as the standard library does, holds an open file for each level and at some
//! thousands of them runs out of files or stack. Here folders found deeper are first moved up to the top,
//! so that never more than two levels are open.

use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use nix::{
    dir::Dir,
    errno::Errno,
    fcntl::{AT_FDCWD, OFlag, openat, renameat},
    sys::stat::Mode,
    unistd::{UnlinkatFlags, unlinkat},
};

/// Names read before what they name is removed: a folder is not changed while it is read.
const NAMES: usize = 1024;

/// Removes the folder at `path` with everything in it; nothing is done where there is none. Links in it
/// are removed, not followed. What stands at `path` itself must be a folder.
///
/// # Errors
/// Of the file system, also where something is mounted inside.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    let top = match open(AT_FDCWD, path) {
        Err(Errno::ENOENT) => return Ok(()),
        other => other?,
    };
    let mut moved = 0;
    loop {
        let names = names(&top)?;
        if names.is_empty() {
            break;
        }
        for name in names {
            if is_folder(&top, &name)? {
                empty(&open(&top, name.as_c_str())?, &top, &mut moved)?;
                gone(unlinkat(&top, name.as_c_str(), UnlinkatFlags::RemoveDir))?;
            }
        }
    }
    drop(top);
    Ok(gone(unlinkat(AT_FDCWD, path, UnlinkatFlags::RemoveDir))?)
}

/// Empties a folder of `top`: the folders in it become folders of `top`.
fn empty(folder: &OwnedFd, top: &OwnedFd, moved: &mut u64) -> io::Result<()> {
    loop {
        let names = names(folder)?;
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            if is_folder(folder, &name)? {
                lift(folder, &name, top, moved)?;
            }
        }
    }
}

/// Moves a folder to `top`, under a name that nothing but an empty folder has.
fn lift(folder: &OwnedFd, name: &CString, top: &OwnedFd, moved: &mut u64) -> io::Result<()> {
    loop {
        let to = format!(".removed-{moved}");
        *moved += 1;
        match renameat(folder, name.as_c_str(), top, to.as_str()) {
            Err(Errno::EEXIST | Errno::ENOTEMPTY | Errno::ENOTDIR) => {}
            other => return Ok(gone(other)?),
        }
    }
}

/// Whether a folder has that name; anything else is removed.
fn is_folder(parent: &OwnedFd, name: &CString) -> io::Result<bool> {
    match unlinkat(parent, name.as_c_str(), UnlinkatFlags::NoRemoveDir) {
        Err(Errno::EISDIR) => Ok(true),
        other => Ok(gone(other).map(|()| false)?),
    }
}

/// Somebody else may have been faster.
fn gone(result: nix::Result<()>) -> nix::Result<()> {
    match result {
        Err(Errno::ENOENT) => Ok(()),
        other => other,
    }
}

fn open<Fd: AsFd, P: ?Sized + nix::NixPath>(parent: Fd, path: &P) -> nix::Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    openat(parent, path, flags, Mode::empty())
}

/// Some of the names in a folder.
fn names(folder: &OwnedFd) -> io::Result<Vec<CString>> {
    let mut again = Dir::from_fd(open(folder, ".")?)?;
    let mut names = Vec::new();
    for entry in again.iter() {
        let entry = entry?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name.to_owned());
            if names.len() == NAMES {
                break;
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, thread};

    use super::*;

    #[test]
    fn depth_costs_neither_stack_nor_files() {
        const DEPTH: usize = 1000;
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir(&tree).unwrap();
        let mut folder = open(AT_FDCWD, &tree).unwrap();
        for _ in 0..DEPTH {
            nix::sys::stat::mkdirat(&folder, "d", Mode::S_IRWXU).unwrap();
            folder = open(&folder, "d").unwrap();
        }
        drop(folder);
        let remove = thread::Builder::new()
            .stack_size(64 << 10)
            .spawn(move || remove_tree(&tree))
            .unwrap();
        remove.join().unwrap().unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn everything_goes_and_nothing_outside() {
        let dir = tempfile::tempdir().unwrap();
        let (tree, kept) = (dir.path().join("tree"), dir.path().join("kept"));
        fs::create_dir_all(tree.join("a/b/c")).unwrap();
        fs::create_dir_all(tree.join(".removed-0/x")).unwrap();
        fs::create_dir_all(tree.join("a/.removed-2/.removed-1")).unwrap();
        fs::write(tree.join(".removed-1"), "").unwrap();
        for number in 0..=NAMES {
            fs::write(tree.join(format!("a/{number}")), "").unwrap();
        }
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("file"), "").unwrap();
        symlink(&kept, tree.join("a/b/link")).unwrap();
        symlink(&kept, tree.join("link")).unwrap();
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
        assert!(kept.join("file").exists());
    }

    #[test]
    fn what_is_no_folder_stays() {
        let dir = tempfile::tempdir().unwrap();
        remove_tree(&dir.path().join("nothing")).unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(remove_tree(&dir.path().join("file")).is_err());
        symlink(dir.path(), dir.path().join("link")).unwrap();
        assert!(remove_tree(&dir.path().join("link")).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
