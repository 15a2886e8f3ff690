//! Paths resolved inside a folder that somebody else filled.
//!
//! An image's author decides where its symbolic links point. Every path below a root file system
//! is therefore resolved by the kernel with that folder as `/` (`openat2`, RESOLVE_IN_ROOT):
//! neither `..` nor any link leaves it. Changes are made relative to an open parent with calls
//! that do not follow the last component. Nothing here works on path strings of the host.

#![forbid(unsafe_code)]

mod remove;

use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::File,
    io::{self, Read},
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::{Component, Path, PathBuf},
    thread,
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat2, readlinkat},
    sys::stat::{FileStat, Mode, fstat, fstatat, mkdirat},
    unistd::{Gid, Uid, fchownat},
};

pub use remove::remove_tree;

/// Links on the way to one path, as with the kernel.
const MOST_LINKS: usize = 40;

/// How often a path is resolved whose folders are renamed meanwhile, and after how many of these it is waited in between.
const MOST_TRIES: usize = 128;
const TRIES_AT_ONCE: usize = 64;
/// All waits together are as long as one that looks at a file may take.
const BETWEEN_TRIES: Duration = Duration::from_millis(1);

/// Opens something by `openat2` within bounds that it resolves (`RESOLVE_IN_ROOT`, `RESOLVE_BENEATH`). A rename or a mount
/// anywhere makes the kernel unsure about `..`, and it says so (EAGAIN): it is tried again, but no container that renames all
/// the time holds its caller up for ever.
///
/// # Errors
/// What `open` says; EAGAIN only after many tries.
pub fn settled<T>(mut open: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    for before in 1..MOST_TRIES {
        match open() {
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            other => return other,
        }
        if before >= TRIES_AT_ONCE {
            thread::sleep(BETWEEN_TRIES);
        }
    }
    open()
}

/// A folder taken as `/`.
#[derive(Debug)]
pub struct RootDir {
    folder: OwnedFd,
}

/// An open parent and the last component of a path: where something is made or removed.
#[derive(Debug)]
pub struct Place {
    pub parent: OwnedFd,
    pub name: OsString,
}

impl RootDir {
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        Ok(Self {
            folder: nix::fcntl::open(path, flags, Mode::empty())?,
        })
    }

    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Opens what the path means in here; links are followed, inside the root.
    pub fn open_at(&self, path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
        let how = OpenHow::new()
            .flags(flags | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        Ok(settled(|| openat2(&self.folder, path, how))?)
    }

    /// Opens a regular file to be read. What is none is not opened at all: a device that an image has does something by that alone, as
    /// a watchdog which begins to count, and a named pipe holds up.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] for what is no regular file.
    pub fn open_file(&self, path: &Path) -> io::Result<File> {
        let found = self.open_at(path, OFlag::O_PATH)?;
        if fstat(&found)?.st_mode & libc::S_IFMT != libc::S_IFREG {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        // What was looked at, whatever has its name by now.
        File::open(proc_path(found.as_fd()))
    }

    /// A regular file's content, at most `limit` bytes of it.
    pub fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open_file(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The open folder that would hold the path's last component. Missing parents are made with
    /// mode 0755. The root itself has no place: [`io::ErrorKind::InvalidInput`].
    pub fn place(&self, path: &Path) -> io::Result<Place> {
        let clean = clean(path)?;
        let Some(name) = clean.file_name() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the path has no last component",
            ));
        };
        let parent = self.make_folders(clean.parent().unwrap_or(Path::new("")))?;
        Ok(Place {
            parent,
            name: name.to_owned(),
        })
    }

    /// Opens the folder, making it and its parents (mode 0755) where they are missing.
    pub fn make_folders(&self, path: &Path) -> io::Result<OwnedFd> {
        self.make_folders_for(path, 0)
    }

    /// As [`RootDir::make_folders`]; what is made belongs to the user and group `owner`.
    pub fn make_folders_for(&self, path: &Path, owner: u32) -> io::Result<OwnedFd> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY;
        let path = clean(path)?;
        match self.open_at(&path, flags) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        let mut reached = PathBuf::new();
        let mut folder = self.open_at(Path::new("."), flags)?;
        for name in path.iter() {
            reached.push(name);
            folder = match self.open_at(&reached, flags) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    mkdirat(&folder, name, Mode::from_bits_truncate(0o755))?;
                    if owner != 0 {
                        let (uid, gid) = (Uid::from_raw(owner), Gid::from_raw(owner));
                        let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
                        fchownat(&folder, name, Some(uid), Some(gid), flags)?;
                    }
                    self.open_at(&reached, flags)?
                }
                other => other?,
            };
        }
        Ok(folder)
    }

    /// Where something has to be made so that the path leads to it: without the links on its way, which may lead to what is
    /// not there yet. Whoever makes it opens it in here all the same: somebody may change the links meanwhile.
    ///
    /// # Errors
    /// Too many links.
    pub fn meant(&self, path: &Path) -> io::Result<PathBuf> {
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
        let mut rest: VecDeque<OsString> = clean(path)?.iter().map(OsString::from).collect();
        let mut reached = PathBuf::new();
        let mut links = 0;
        while let Some(name) = rest.pop_front() {
            match Path::new(&name).components().next() {
                Some(Component::ParentDir) => {
                    reached.pop();
                    continue;
                }
                Some(Component::Normal(_)) => reached.push(&name),
                _ => continue,
            }
            let target = match self.open_at(&reached, flags) {
                // Of anything but a link there is nothing to read.
                Ok(found) => readlinkat(&found, "").ok(),
                Err(_) => None,
            };
            let Some(target) = target else {
                continue;
            };
            links += 1;
            if links > MOST_LINKS {
                return Err(Errno::ELOOP.into());
            }
            reached.pop();
            let target = Path::new(&target);
            if target.is_absolute() {
                reached.clear();
            }
            for name in target.iter().rev() {
                rest.push_front(name.to_owned());
            }
        }
        Ok(reached)
    }
}

impl Place {
    /// What stands here, links not followed; `None` if nothing does.
    pub fn stat(&self) -> io::Result<Option<FileStat>> {
        match fstatat(
            &self.parent,
            self.name.as_os_str(),
            AtFlags::AT_SYMLINK_NOFOLLOW,
        ) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::ENOENT) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// A path that names this place to calls without an `…at` form, through the open parent.
    pub fn proc_path(&self) -> PathBuf {
        proc_path(self.parent.as_fd()).join(&self.name)
    }
}

/// `/proc/self/fd/N`.
pub fn proc_path(fd: BorrowedFd<'_>) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()))
}

/// Without `/` in front, `.` and `..`: `..` is taken as going up in the text, never above the root,
/// as the author of the path meant it.
fn clean(path: &Path) -> io::Result<PathBuf> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => {
                if name.as_encoded_bytes().contains(&0) {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidInput,
                        "a path with a zero byte",
                    ));
                }
                clean.push(name);
            }
            Component::ParentDir => {
                clean.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Ok(clean)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::symlink,
        sync::atomic::{AtomicBool, Ordering},
        time::Instant,
    };

    use nix::sys::stat::{SFlag, makedev, mknod};

    use super::*;

    #[test]
    fn links_stay_inside() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        fs::write(&outside, "secret").unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("etc")).unwrap();
        fs::write(root.join("outside"), "inner").unwrap();
        symlink(&outside, root.join("etc/absolute")).unwrap();
        symlink("../../outside", root.join("etc/relative")).unwrap();
        symlink("/", root.join("up")).unwrap();
        let root_dir = RootDir::open(&root).unwrap();
        // An absolute link means the same path inside, which does not exist there.
        assert!(root_dir.read(Path::new("/etc/absolute"), 99).is_err());
        assert_eq!(
            root_dir.read(Path::new("/etc/relative"), 99).unwrap(),
            b"inner"
        );
        assert_eq!(
            root_dir.read(Path::new("../../outside"), 3).unwrap(),
            b"inn"
        );
        // Folders are made behind the link's target inside the root.
        root_dir.make_folders(Path::new("/up/new/er")).unwrap();
        assert!(root.join("new/er").is_dir());
        assert!(!Path::new("/new/er").exists());
    }

    /// Like all that makes nodes of devices, this needs root.
    #[test]
    fn what_is_no_file_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        // Of no driver: to open it would fail in another way.
        let device = makedev(511, 7);
        mknod(&dir.path().join("device"), SFlag::S_IFCHR, mode, device).unwrap();
        mknod(&dir.path().join("pipe"), SFlag::S_IFIFO, mode, 0).unwrap();
        symlink("device", dir.path().join("link")).unwrap();
        let root = RootDir::open(dir.path()).unwrap();
        for name in ["device", "pipe", "link", ""] {
            let refused = root.read(Path::new(name), 9).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidInput, "{name}");
        }
    }

    #[test]
    fn a_kernel_that_is_never_sure_is_asked_so_often_alone() {
        let mut tries = 0;
        let unsure = settled(|| {
            tries += 1;
            Err::<(), _>(Errno::EAGAIN)
        });
        assert_eq!((unsure, tries), (Err(Errno::EAGAIN), MOST_TRIES));
        let mut left = MOST_TRIES;
        let late = settled(|| {
            left -= 1;
            if left == 0 { Ok(()) } else { Err(Errno::EINTR) }
        });
        assert_eq!(late, Ok(()));
        let mut tries = 0;
        let gone = settled(|| {
            tries += 1;
            Err::<(), _>(Errno::ENOENT)
        });
        assert_eq!((gone, tries), (Err(Errno::ENOENT), 1));
    }

    /// Renames anywhere count: the kernel has one lock for all of them.
    #[test]
    fn who_renames_all_the_time_holds_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("root/a/b")).unwrap();
        let root = RootDir::open(&dir.path().join("root")).unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|threads| {
            for name in ["x", "y"] {
                let (one, other) = (dir.path().join(name), dir.path().join(format!("{name}2")));
                fs::create_dir(&one).unwrap();
                let done = &done;
                threads.spawn(move || {
                    while !done.load(Ordering::Relaxed) {
                        fs::rename(&one, &other).unwrap();
                        fs::rename(&other, &one).unwrap();
                    }
                });
            }
            let began = Instant::now();
            for _ in 0..100 {
                match root.open_at(Path::new("a/../a/../a/b"), OFlag::O_PATH) {
                    Ok(_) => {}
                    Err(error) => assert_eq!(error.raw_os_error(), Some(Errno::EAGAIN as i32)),
                }
            }
            done.store(true, Ordering::Relaxed);
            assert!(began.elapsed() < Duration::from_secs(60));
        });
    }

    #[test]
    fn places_do_not_follow_the_last_component() {
        let dir = tempfile::tempdir().unwrap();
        symlink("/etc/passwd", dir.path().join("link")).unwrap();
        let root = RootDir::open(dir.path()).unwrap();
        let stat = root
            .place(Path::new("link"))
            .unwrap()
            .stat()
            .unwrap()
            .unwrap();
        assert_eq!(stat.st_mode & libc::S_IFMT, libc::S_IFLNK);
        assert!(
            root.place(Path::new("a/b"))
                .unwrap()
                .stat()
                .unwrap()
                .is_none()
        );
        assert!(root.place(Path::new("/..")).is_err());
    }

    #[test]
    fn what_a_link_leads_to_is_made_inside() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("usr/etc")).unwrap();
        let links = [
            ("/usr/etc", "etc"),
            ("../run/systemd/stub.conf", "usr/etc/resolv.conf"),
            ("../../../../new", "away"),
            ("/var/log/./deep/", "log"),
            ("loop", "loop"),
        ];
        for (to, at) in links {
            symlink(to, root.join(at)).unwrap();
        }
        let root_dir = RootDir::open(&root).unwrap();
        for (path, expected) in [
            ("/etc/resolv.conf", "usr/run/systemd/stub.conf"),
            ("/etc/hosts", "usr/etc/hosts"),
            ("/away/below", "new/below"),
            ("/log", "var/log/deep"),
            ("/a/../b", "b"),
            ("/", ""),
        ] {
            assert_eq!(
                root_dir.meant(Path::new(path)).unwrap(),
                Path::new(expected),
                "{path}"
            );
        }
        assert!(root_dir.meant(Path::new("/loop/x")).is_err());
        for path in ["/log", "/away/below"] {
            let meant = root_dir.meant(Path::new(path)).unwrap();
            root_dir.make_folders(&meant).unwrap();
        }
        assert!(root.join("var/log/deep").is_dir() && root.join("new/below").is_dir());
        assert!(!dir.path().join("new").exists());
    }

    #[test]
    fn a_named_pipe_is_no_file() {
        let dir = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&dir.path().join("fifo"), Mode::S_IRWXU).unwrap();
        assert!(
            RootDir::open(dir.path())
                .unwrap()
                .read(Path::new("fifo"), 10)
                .is_err()
        );
    }
}
