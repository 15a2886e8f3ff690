//! `hostPath`: folders and files of a pod's instance. What is wanted is pure; [`Place`] is the instance as this machine has it.
//!
//! Such a pod has the user numbers of its instance, so that owners are the same in both: pods of AWS' nodes have those of their node too.
//! Everything is resolved by the kernel inside the instance's root, whatever links its users have put there.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::fs::MetadataExt as _,
    },
    path::{Path, PathBuf},
    sync::Arc,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, openat},
    sched::{CloneFlags, setns},
    sys::{
        stat::{Mode, SFlag, fstat},
        statvfs::statvfs,
    },
    unistd::{Gid, Uid, fchown, gethostname},
};
use wharf_container::runtime::within;
use wharf_rootdir::{RootDir, proc_path};
use wharf_userns::clone_whole_tree_at;

use crate::{
    disk_use::DiskUse,
    pod::{HostPath, Pod},
};

const MISSING: i32 = Errno::ENOENT as i32;

/// Bytes of an instance's `/etc/hosts`.
const MOST_HOSTS: u64 = 64 << 10;

/// What is to stand at a path of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Anything,
    Folder,
    FolderOrNew,
    File,
    FileOrNew,
    Socket,
    CharacterDevice,
    BlockDevice,
}

impl Wanted {
    /// `None` for a type that nobody knows.
    pub fn of(path: &HostPath) -> Option<Self> {
        Some(match path.kind.as_deref().unwrap_or_default() {
            "" => Self::Anything,
            "Directory" => Self::Folder,
            "DirectoryOrCreate" => Self::FolderOrNew,
            "File" => Self::File,
            "FileOrCreate" => Self::FileOrNew,
            "Socket" => Self::Socket,
            "CharDevice" => Self::CharacterDevice,
            "BlockDevice" => Self::BlockDevice,
            _ => return None,
        })
    }

    fn refuses(self, found: SFlag, path: &Path) -> Option<BadHostPath> {
        let (kind, words) = match self {
            Self::Anything => return None,
            Self::Folder | Self::FolderOrNew => (SFlag::S_IFDIR, "directory"),
            Self::File | Self::FileOrNew => (SFlag::S_IFREG, "file"),
            Self::Socket => (SFlag::S_IFSOCK, "socket"),
            Self::CharacterDevice => (SFlag::S_IFCHR, "character device"),
            Self::BlockDevice => (SFlag::S_IFBLK, "block device"),
        };
        (found != kind).then(|| BadHostPath::OtherType {
            path: path.to_owned(),
            wanted: words,
        })
    }
}

/// Why a path of a node cannot be had; what stands there instead, in upstream's words.
#[derive(Debug, thiserror::Error)]
pub enum BadHostPath {
    #[error("hostPath of an unknown type")]
    UnknownType,
    #[error("hostPath type check failed: {} does not exist", .0.display())]
    Missing(PathBuf),
    #[error("hostPath type check failed: {} is not a {wanted}", .path.display())]
    OtherType { path: PathBuf, wanted: &'static str },
    #[error("the instance's processes")]
    Processes(#[source] io::Error),
    #[error("{}", .path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// The volumes of a pod that are paths of its node.
pub fn of(pod: &Pod) -> impl Iterator<Item = (&str, &HostPath)> {
    let all = pod.spec.volumes.iter();
    all.filter_map(|it| Some((it.name.as_str(), it.host_path.as_ref()?)))
}

/// The folder of a process in `/proc`, open from the time on at which it was known to run: it stays with that process, whoever has its
/// number later.
#[derive(Debug, Clone)]
pub struct FirstProcess {
    folder: Arc<OwnedFd>,
    number: i32,
}

impl FirstProcess {
    /// # Errors
    /// There is none of that number.
    pub fn open(number: i32) -> io::Result<Self> {
        let path = format!("/proc/{number}");
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let folder = nix::fcntl::open(Path::new(&path), flags, Mode::empty())?;
        Ok(Self {
            folder: Arc::new(folder),
            number,
        })
    }

    fn path(&self) -> PathBuf {
        proc_path(self.folder.as_fd())
    }

    /// What is taken of the file system of its root. Blocks.
    ///
    /// # Errors
    /// It has ended.
    pub fn disk_use(&self) -> io::Result<DiskUse> {
        let seen = statvfs(&self.path().join("root"))?;
        let blocks = seen.blocks().saturating_sub(seen.blocks_free());
        Ok(DiskUse {
            bytes: blocks.saturating_mul(seen.fragment_size()),
            inodes: seen.files().saturating_sub(seen.files_free()),
        })
    }
}

/// An instance that runs: its first process, and how its numbers begin.
#[derive(Debug, Clone)]
pub struct Place {
    pub first_process: FirstProcess,
    /// Where its network is kept: whose a process is is known by it.
    pub network: PathBuf,
    /// What its root is on this machine.
    pub owner: u32,
}

impl Place {
    /// What is at a path of the instance, as a mount that is nowhere yet. Blocks.
    pub fn open(&self, path: &HostPath) -> Result<OwnedFd, BadHostPath> {
        let wanted = Wanted::of(path).ok_or(BadHostPath::UnknownType)?;
        let at = Path::new(&path.path);
        let process = self.process().map_err(BadHostPath::Processes)?;
        let failed = |source: io::Error| match source.raw_os_error() {
            Some(MISSING) => BadHostPath::Missing(at.to_owned()),
            _ => BadHostPath::Io {
                path: at.to_owned(),
                source,
            },
        };
        let root = RootDir::open(&process.join("root")).map_err(failed)?;
        let found = found(&root, at, wanted, self.owner).map_err(failed)?;
        let kind = fstat(&found).map_err(|e| failed(e.into()))?.st_mode;
        let kind = SFlag::from_bits_truncate(kind) & SFlag::S_IFMT;
        if let Some(why) = wanted.refuses(kind, at) {
            return Err(why);
        }
        let namespace = File::open(process.join("ns/mnt")).map_err(failed)?;
        within(namespace, move || clone_whole_tree_at(&found)).map_err(failed)
    }

    /// What its own programs read where they ask for names. Blocks.
    pub fn hosts(&self) -> io::Result<String> {
        let read = self.read(Path::new("/etc/hosts"), MOST_HOSTS)?;
        String::from_utf8(read).map_err(io::Error::other)
    }

    /// What its kernel goes by now, whoever named it. Blocks.
    pub fn host_name(&self) -> io::Result<String> {
        let namespace = File::open(self.process()?.join("ns/uts"))?;
        let read = move || {
            setns(&namespace, CloneFlags::CLONE_NEWUTS)?;
            gethostname()?
                .into_string()
                .map_err(|_| io::Error::other("it is no text"))
        };
        // A thread of its own, which ends in that namespace.
        let thread = std::thread::Builder::new().name("host-name".to_owned());
        let joined = thread.spawn(read)?.join();
        joined.unwrap_or_else(|_| Err(io::Error::other("the thread that reads it panicked")))
    }

    /// What a file of the instance holds. Blocks.
    pub fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        RootDir::open(&self.process()?.join("root"))?.read(path, most)
    }

    /// Its first process, as this machine numbers it, for whoever is to share namespaces with it: it runs now. Blocks.
    pub fn number(&self) -> io::Result<i32> {
        self.process()?;
        Ok(self.first_process.number)
    }

    /// Its folder in `/proc`, while it runs and is in the instance's network.
    fn process(&self) -> io::Result<PathBuf> {
        let process = self.first_process.path();
        let of = |path: &Path| std::fs::metadata(path).map(|it| (it.dev(), it.ino()));
        if of(&process.join("ns/net"))? != of(&self.network)? {
            return Err(io::Error::other("the instance has no first process"));
        }
        Ok(process)
    }
}

/// What stands at `path`, made where that is wanted. A parent of a file is not made, as upstream has it.
fn found(root: &RootDir, path: &Path, wanted: Wanted, owner: u32) -> io::Result<OwnedFd> {
    let there = root.open_at(path, OFlag::O_PATH);
    let is_missing = there
        .as_ref()
        .is_err_and(|e| e.raw_os_error() == Some(MISSING));
    match wanted {
        Wanted::FolderOrNew if is_missing => root.make_folders_for(path, owner),
        Wanted::FileOrNew if is_missing => {
            let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
                return there;
            };
            let above = root.open_at(above, OFlag::O_PATH | OFlag::O_DIRECTORY)?;
            let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
            match openat(&above, name, flags, Mode::from_bits_truncate(0o644)) {
                Ok(file) => fchown(
                    &file,
                    Some(Uid::from_raw(owner)),
                    Some(Gid::from_raw(owner)),
                )?,
                // Another pod was faster.
                Err(Errno::EEXIST) => {}
                Err(error) => return Err(error.into()),
            }
            root.open_at(path, OFlag::O_PATH)
        }
        _ => there,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn host_path(path: &str, kind: &str) -> HostPath {
        HostPath {
            path: path.to_owned(),
            kind: Some(kind.to_owned()),
        }
    }

    #[test]
    fn what_stands_at_a_path_is_held_to_its_type() {
        let dir = tempfile::tempdir().unwrap();
        let owner = Uid::current().as_raw();
        fs::create_dir(dir.path().join("folder")).unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        symlink("/folder", dir.path().join("link")).unwrap();
        let root = RootDir::open(dir.path()).unwrap();
        let check = |path: &str, kind: &str| -> Result<(), String> {
            let wanted = Wanted::of(&host_path(path, kind)).ok_or("unknown")?;
            let at = Path::new(path);
            let found = found(&root, at, wanted, owner).map_err(|e| e.to_string())?;
            let kind = SFlag::from_bits_truncate(fstat(&found).unwrap().st_mode) & SFlag::S_IFMT;
            match wanted.refuses(kind, at) {
                Some(why) => Err(why.to_string()),
                None => Ok(()),
            }
        };
        for (path, kind, expected) in [
            ("/folder", "", Ok(())),
            ("/folder", "Directory", Ok(())),
            ("/link", "Directory", Ok(())),
            ("/file", "File", Ok(())),
            ("/file", "Directory", Err("/file is not a directory")),
            ("/folder", "File", Err("/folder is not a file")),
            ("/folder", "FileOrCreate", Err("/folder is not a file")),
            ("/file", "Socket", Err("/file is not a socket")),
            (
                "/file",
                "CharDevice",
                Err("/file is not a character device"),
            ),
            ("/file", "BlockDevice", Err("/file is not a block device")),
            ("/none", "", Err("No such file")),
            ("/none", "Directory", Err("No such file")),
            ("/new/deep", "DirectoryOrCreate", Ok(())),
            ("/new/file", "FileOrCreate", Ok(())),
            ("/nowhere/file", "FileOrCreate", Err("No such file")),
            ("/../../etc/passwd", "File", Err("No such file")),
            ("/file", "Fifo", Err("unknown")),
        ] {
            match (check(path, kind), expected) {
                (Ok(()), Ok(())) => {}
                (Err(why), Err(text)) => assert!(why.contains(text), "{path}: {why}"),
                (found, _) => panic!("{path} {kind}: {found:?}"),
            }
        }
        assert!(dir.path().join("new/deep").is_dir());
        assert!(dir.path().join("new/file").is_file());
        assert!(!dir.path().join("nowhere").exists());
    }

    /// What the instance's users lead to with links is theirs.
    #[test]
    fn links_lead_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        symlink("/etc", dir.path().join("away")).unwrap();
        symlink("/proc/self/root", dir.path().join("magic")).unwrap();
        let root = RootDir::open(dir.path()).unwrap();
        for path in ["/away/passwd", "/magic/etc/passwd"] {
            let found = found(&root, Path::new(path), Wanted::Anything, 0);
            assert!(found.is_err(), "{path}");
        }
    }

    #[test]
    fn a_process_of_something_else_is_none_of_the_instance() {
        let place = Place {
            first_process: FirstProcess::open(std::process::id().cast_signed()).unwrap(),
            network: PathBuf::from("/dev/null"),
            owner: 0,
        };
        let why = place.open(&host_path("/", "")).unwrap_err();
        let why = wharf_base::Chain(&why).to_string();
        assert_eq!(
            why,
            "the instance's processes: the instance has no first process"
        );
    }

    /// Its number may be another's.
    #[test]
    fn a_process_that_ended_is_none() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let place = Place {
            first_process: FirstProcess::open(child.id().cast_signed()).unwrap(),
            network: PathBuf::from("/proc/self/ns/net"),
            owner: 0,
        };
        assert!(place.process().is_ok());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(place.process().is_err());
        assert!(FirstProcess::open(-1).is_err());
    }
}
