//! A new named volume starts with what the image has at its mount point, as with Docker.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::{
            ffi::OsStrExt,
            fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink},
        },
    },
    path::{Path, PathBuf},
};

use nix::{
    dir::{Dir, OwningIter},
    fcntl::{AtFlags, OFlag, open},
    sys::stat::{Mode, SFlag, mknod},
    unistd::{Gid, Uid, fchownat},
};
use wharf_rootdir::{RootDir, proc_path};
use wharf_userns::IdRange;

/// Folders within folders. Deeper trees than this are none that an image builder made, and each level
/// holds two descriptors.
const MAX_DEPTH: usize = 256;

/// A folder that is being copied: what is left of it, and where that goes.
struct Level {
    entries: OwningIter,
    to: OwnedFd,
}

/// Fills `volume` from `source` inside the container's root, if the volume is empty and the image
/// has a folder there. On disk the volume has the image's owners: where the root shows them mapped
/// to a range, it is taken off again.
pub fn copy_up(
    rootfs: &Path,
    source: &Path,
    volume: &Path,
    range: Option<IdRange>,
) -> io::Result<()> {
    if fs::read_dir(volume)?.next().is_some() {
        return Ok(());
    }
    let root = RootDir::open(rootfs)?;
    let folder = match root.open_at(source, OFlag::O_RDONLY | OFlag::O_DIRECTORY) {
        Ok(folder) => folder,
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(());
        }
        Err(e) => return Err(e),
    };
    let to = open_itself(volume, OFlag::O_DIRECTORY)?;
    let attributes = fs::metadata(proc_path(folder.as_fd()))?;
    copy_attributes(to.as_fd(), &attributes, range)?;
    copy_folder(folder, to, range)
}

/// On the task's own disk nobody but the shim can make it.
pub fn make_volume(volume: &Path) -> io::Result<()> {
    match fs::metadata(volume) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(volume)?;
            fs::set_permissions(volume, fs::Permissions::from_mode(0o755))
        }
        other => other.map(drop),
    }
}

/// Copies what is in one open folder to another, level by level. From these folders downwards no
/// link is followed on either side: a container that has the volume already may put one there
/// meanwhile.
fn copy_folder(from: OwnedFd, to: OwnedFd, range: Option<IdRange>) -> io::Result<()> {
    let mut levels = vec![Level::new(from, to)?];
    while let Some(level) = levels.last_mut() {
        let Some(entry) = level.entries.next() else {
            levels.pop();
            continue;
        };
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        if let Some(inner) = level.copy(OsStr::from_bytes(name), range)? {
            if levels.len() > MAX_DEPTH {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("its folders are nested deeper than {MAX_DEPTH}"),
                ));
            }
            levels.push(inner);
        }
    }
    Ok(())
}

impl Level {
    fn new(from: OwnedFd, to: OwnedFd) -> io::Result<Self> {
        let entries = Dir::from_fd(from)?.into_iter();
        Ok(Self { entries, to })
    }

    /// Copies an entry; of a folder only itself, and what is in it is the level that comes back.
    fn copy(&self, name: &OsStr, range: Option<IdRange>) -> io::Result<Option<Self>> {
        let from = PathBuf::from(format!("/proc/self/fd/{}", self.entries.as_raw_fd())).join(name);
        let to = proc_path(self.to.as_fd()).join(name);
        let meta = fs::symlink_metadata(&from)?;
        let kind = meta.file_type();
        let made = if kind.is_symlink() {
            symlink(fs::read_link(&from)?, &to)?;
            open_itself(&to, OFlag::empty())?
        } else if kind.is_dir() {
            fs::create_dir(&to)?;
            open_itself(&to, OFlag::O_DIRECTORY)?
        } else if kind.is_file() {
            copy_file(&from, &to)?.into()
        } else {
            let kind = SFlag::from_bits_truncate(meta.mode() & libc::S_IFMT);
            let mode = Mode::from_bits_truncate(meta.mode());
            mknod(&to, kind, mode, meta.rdev())?;
            open_itself(&to, OFlag::empty())?
        };
        copy_attributes(made.as_fd(), &meta, range)?;
        if !kind.is_dir() {
            return Ok(None);
        }
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        Self::new(open(&from, flags, Mode::empty())?, made).map(Some)
    }
}

/// What stands at the path, a link too: to name it, not to read it.
fn open_itself(path: &Path, more: OFlag) -> io::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | more;
    Ok(open(path, flags, Mode::empty())?)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<File> {
    let mut from = File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(from)?;
    // Its owner and mode come with its attributes, when nobody can write to it any more unseen.
    let mut to = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    io::copy(&mut from, &mut to)?;
    Ok(to)
}

fn copy_attributes(
    to: BorrowedFd<'_>,
    meta: &fs::Metadata,
    range: Option<IdRange>,
) -> io::Result<()> {
    let on_disk = |id| range.and_then(|range| range.inside(id)).unwrap_or(id);
    let uid = Uid::from_raw(on_disk(meta.uid()));
    let gid = Gid::from_raw(on_disk(meta.gid()));
    fchownat(to, "", Some(uid), Some(gid), AtFlags::AT_EMPTY_PATH)?;
    if !meta.file_type().is_symlink() {
        fs::set_permissions(proc_path(to), meta.permissions())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::FileTypeExt, thread};

    use nix::sys::stat::mkdirat;

    use super::*;

    /// `copy_up` of the folder `from` in a root, with a stack that recursion would soon fill.
    fn copied(root: &Path, volume: &Path) -> io::Result<()> {
        let (root, volume) = (root.to_owned(), volume.to_owned());
        let copy = move || copy_up(&root, Path::new("/from"), &volume, None);
        let run = thread::Builder::new().stack_size(64 << 10).spawn(copy);
        run.unwrap().join().unwrap()
    }

    /// A root whose `/from` has so many folders in each other, and an empty volume.
    fn nested(depth: usize) -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let (root, volume) = (dir.path().join("root"), dir.path().join("volume"));
        fs::create_dir_all(root.join("from")).unwrap();
        fs::create_dir(&volume).unwrap();
        let mut folder = open_itself(&root.join("from"), OFlag::O_DIRECTORY).unwrap();
        for _ in 0..depth {
            mkdirat(&folder, "d", Mode::S_IRWXU).unwrap();
            folder = open_itself(&proc_path(folder.as_fd()).join("d"), OFlag::O_DIRECTORY).unwrap();
        }
        (dir, root, volume)
    }

    #[test]
    fn everything_comes_as_it_is() {
        let (_dir, root, volume) = nested(2);
        let from = root.join("from");
        fs::write(from.join("d/file"), "content").unwrap();
        fs::set_permissions(from.join("d/file"), fs::Permissions::from_mode(0o4751)).unwrap();
        fs::set_permissions(from.join("d/d"), fs::Permissions::from_mode(0o1777)).unwrap();
        symlink("/nowhere", from.join("d/d/link")).unwrap();
        nix::unistd::mkfifo(&from.join("fifo"), Mode::from_bits_truncate(0o622)).unwrap();
        copied(&root, &volume).unwrap();
        let mode = |name: &str| {
            let meta = fs::symlink_metadata(volume.join(name)).unwrap();
            meta.mode() & 0o7777
        };
        assert_eq!(
            fs::read_to_string(volume.join("d/file")).unwrap(),
            "content"
        );
        assert_eq!(
            (mode("d/file"), mode("d"), mode("d/d")),
            (0o4751, 0o700, 0o1777)
        );
        let link = fs::read_link(volume.join("d/d/link")).unwrap();
        assert_eq!(link, Path::new("/nowhere"));
        let kind = fs::symlink_metadata(volume.join("fifo")).unwrap();
        assert!(kind.file_type().is_fifo());

        // What has something in it is left alone.
        fs::remove_file(volume.join("d/file")).unwrap();
        copied(&root, &volume).unwrap();
        assert!(!volume.join("d/file").exists());
    }

    #[test]
    fn depth_costs_no_stack_and_has_an_end() {
        let (_dir, root, volume) = nested(MAX_DEPTH);
        copied(&root, &volume).unwrap();
        let (_dir, root, volume) = nested(MAX_DEPTH + 1);
        let error = copied(&root, &volume).unwrap_err();
        assert_eq!(error.to_string(), "its folders are nested deeper than 256");
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let (dir, root, volume) = nested(1);
        let outside = dir.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(root.join("from/d/file"), "content").unwrap();
        symlink(&outside, volume.join("d")).unwrap();
        let read = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let from = open(&root.join("from"), read, Mode::empty()).unwrap();
        let to = open_itself(&volume, OFlag::O_DIRECTORY).unwrap();
        assert!(copy_folder(from, to, None).is_err());
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }
}
