//! From a layer's archive to a folder that overlayfs takes as a lower one.
//!
//! Every path is resolved with the folder as `/` (`wharf-rootdir`), so that neither `..` nor links
//! that the archive itself has made lead outside. Whiteouts become what overlayfs expects: a
//! character device 0:0, or the `opaque` attribute.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::{fd::AsFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{AtFlags, OFlag, openat},
    sys::{
        stat::{
            FchmodatFlags, Mode, SFlag, UtimensatFlags, fchmod, fchmodat, makedev, mkdirat,
            mknodat, utimensat,
        },
        time::TimeSpec,
    },
    unistd::{Gid, LinkatFlags, Uid, UnlinkatFlags, fchownat, linkat, symlinkat, unlinkat},
};
use wharf_rootdir::{Place, RootDir};

use super::{
    budget::Meter,
    error::UnpackError,
    tar::{Archive, Entry, Kind},
};

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// Bound on the paths of a layer's folders together, in bytes; a hundred thousand have some megabytes.
const FOLDER_PATHS: usize = 64 << 20;
/// Bookkeeping of an older file system, meaningless here.
const AUFS: &[u8] = b".wh..wh.";

/// Unpacks a whole archive into the (empty) folder, as far as the meter allows. The archive's stream
/// is left where the archive ended.
pub fn unpack<R: Read>(
    folder: &Path,
    archive: &mut Archive<R>,
    meter: &mut Meter,
) -> Result<(), UnpackError> {
    let root = RootDir::open(folder).map_err(failed("open", folder))?;
    // Applied last: what is put into a folder changes its time.
    let (mut folders, mut path_bytes): (Vec<(PathBuf, i64)>, usize) = (Vec::new(), 0);
    while let Some(entry) = archive.next_entry()? {
        meter.entry(entry.size)?;
        if entry.kind == Kind::Folder {
            path_bytes += entry.path.as_os_str().len();
            if path_bytes > FOLDER_PATHS {
                return Err(UnpackError::Damaged(
                    "the paths of its folders are too long",
                ));
            }
            folders.push((entry.path.clone(), entry.mtime));
        }
        add(&root, &entry, archive)?;
    }
    for (path, mtime) in folders {
        // One that a later entry replaced by something else has no time of its own to restore.
        if let Ok(folder) = root.open_at(
            &path,
            OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW,
        ) {
            let time = TimeSpec::new(mtime, 0);
            let itself = wharf_rootdir::proc_path(folder.as_fd());
            let set = utimensat(
                nix::fcntl::AT_FDCWD,
                &itself,
                &time,
                &time,
                UtimensatFlags::FollowSymlink,
            );
            set.map_err(|e| failed("set the time of", &path)(e.into()))?;
        }
    }
    Ok(())
}

fn failed(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> UnpackError {
    let path = path.to_owned();
    move |source| UnpackError::Entry { step, path, source }
}

fn add<R: Read>(
    root: &RootDir,
    entry: &Entry,
    archive: &mut Archive<R>,
) -> Result<(), UnpackError> {
    let step = |step| failed(step, &entry.path);
    let is_root = entry.path.components().all(|part| {
        matches!(
            part,
            std::path::Component::RootDir
                | std::path::Component::CurDir
                | std::path::Component::ParentDir
        )
    });
    if is_root {
        if entry.kind != Kind::Folder {
            return Err(UnpackError::Damaged("the root is no folder"));
        }
        return set_root_attributes(root, entry).map_err(step("set attributes of"));
    }
    let place = root.place(&entry.path).map_err(step("find the place of"))?;
    let name = place.name.as_bytes().to_vec();
    if name.starts_with(WHITEOUT) {
        return whiteout(place, &name).map_err(step("hide"));
    }
    clear(&place, entry.kind).map_err(step("replace"))?;
    match entry.kind {
        Kind::File => {
            let mut file = create_file(&place).map_err(step("make"))?;
            let copied = io::copy(&mut archive.data(), &mut file).map_err(step("write"))?;
            if copied != entry.size {
                return Err(UnpackError::Damaged("it ends within an entry"));
            }
        }
        Kind::Folder => make_folder(&place).map_err(step("make"))?,
        Kind::SymbolicLink => {
            let made = symlinkat(&entry.link, &place.parent, place.name.as_os_str());
            made.map_err(|e| step("make")(e.into()))?;
        }
        Kind::HardLink => {
            // Of the target only the parent is followed, so a link to a link is what it says.
            let target = root
                .place(&entry.link)
                .map_err(step("find the target of"))?;
            let (from, to) = (target.name.as_os_str(), place.name.as_os_str());
            let made = linkat(
                &target.parent,
                from,
                &place.parent,
                to,
                LinkatFlags::empty(),
            );
            made.map_err(|e| step("link")(e.into()))?;
            // It shares the attributes of what it links to.
            return Ok(());
        }
        Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => {
            make_node(&place, entry).map_err(step("make"))?
        }
    }
    set_attributes(&place, entry).map_err(step("set attributes of"))
}

fn whiteout(mut place: Place, name: &[u8]) -> io::Result<()> {
    if name == OPAQUE {
        let parent = wharf_rootdir::proc_path(place.parent.as_fd());
        return set_xattr(&parent, "trusted.overlay.opaque", b"y", true);
    }
    if name.starts_with(AUFS) {
        return Ok(());
    }
    let hidden = &name[WHITEOUT.len()..];
    if hidden.is_empty() || hidden == b"." || hidden == b".." {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a whiteout of nothing",
        ));
    }
    place.name = OsStr::from_bytes(hidden).to_owned();
    // Something of that name in the same layer came later in the author's mind.
    if place.stat()?.is_none() {
        mknodat(
            &place.parent,
            place.name.as_os_str(),
            SFlag::S_IFCHR,
            Mode::empty(),
            makedev(0, 0),
        )?;
    }
    Ok(())
}

/// Makes room: a later entry replaces an earlier one, but folders are merged.
fn clear(place: &Place, kind: Kind) -> io::Result<()> {
    let Some(stat) = place.stat()? else {
        return Ok(());
    };
    let is_folder = stat.st_mode & libc::S_IFMT == libc::S_IFDIR;
    if is_folder && kind == Kind::Folder {
        return Ok(());
    }
    if is_folder {
        return wharf_rootdir::remove_tree(&place.proc_path());
    }
    Ok(unlinkat(
        &place.parent,
        place.name.as_os_str(),
        UnlinkatFlags::NoRemoveDir,
    )?)
}

fn create_file(place: &Place) -> io::Result<File> {
    let flags =
        OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    Ok(openat(
        &place.parent,
        place.name.as_os_str(),
        flags,
        Mode::from_bits_truncate(0o600),
    )?
    .into())
}

fn make_folder(place: &Place) -> io::Result<()> {
    match mkdirat(
        &place.parent,
        place.name.as_os_str(),
        Mode::from_bits_truncate(0o755),
    ) {
        Err(Errno::EEXIST) | Ok(()) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

fn make_node(place: &Place, entry: &Entry) -> io::Result<()> {
    let kind = match entry.kind {
        Kind::CharDevice => SFlag::S_IFCHR,
        Kind::BlockDevice => SFlag::S_IFBLK,
        _ => SFlag::S_IFIFO,
    };
    let device = makedev(entry.major.into(), entry.minor.into());
    Ok(mknodat(
        &place.parent,
        place.name.as_os_str(),
        kind,
        Mode::from_bits_truncate(0o600),
        device,
    )?)
}

fn set_attributes(place: &Place, entry: &Entry) -> io::Result<()> {
    let name = place.name.as_os_str();
    let (uid, gid) = (Uid::from_raw(entry.uid), Gid::from_raw(entry.gid));
    fchownat(
        &place.parent,
        name,
        Some(uid),
        Some(gid),
        AtFlags::AT_SYMLINK_NOFOLLOW,
    )?;
    if entry.kind != Kind::SymbolicLink {
        // Just made by us and no link; nobody else works in this folder.
        fchmodat(
            &place.parent,
            name,
            Mode::from_bits_truncate(entry.mode),
            FchmodatFlags::FollowSymlink,
        )?;
    }
    // After the owner: a change of owner takes file capabilities away.
    for (key, value) in &entry.xattrs {
        if is_welcome(key) {
            set_xattr(&place.proc_path(), key, value, false)?;
        }
    }
    let time = TimeSpec::new(entry.mtime, 0);
    Ok(utimensat(
        &place.parent,
        name,
        &time,
        &time,
        UtimensatFlags::NoFollowSymlink,
    )?)
}

fn set_root_attributes(root: &RootDir, entry: &Entry) -> io::Result<()> {
    let folder = root.open_at(Path::new("."), OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
    nix::unistd::fchown(
        &folder,
        Some(Uid::from_raw(entry.uid)),
        Some(Gid::from_raw(entry.gid)),
    )?;
    Ok(fchmod(&folder, Mode::from_bits_truncate(entry.mode))?)
}

/// File capabilities and the author's own; `trusted.` would speak to overlayfs itself, and the
/// rest belongs to the node.
fn is_welcome(key: &str) -> bool {
    key == "security.capability" || key.starts_with("user.")
}

fn set_xattr(path: &Path, key: &str, value: &[u8], follow: bool) -> io::Result<()> {
    let path = std::ffi::CString::new(path.as_os_str().as_bytes())?;
    let key = std::ffi::CString::new(key)?;
    let set = if follow {
        libc::setxattr
    } else {
        libc::lsetxattr
    };
    // SAFETY: two C strings and a buffer with its length, all outliving the call.
    let result = unsafe {
        set(
            path.as_ptr(),
            key.as_ptr(),
            value.as_ptr().cast(),
            value.len(),
            0,
        )
    };
    match Errno::result(result) {
        // Links and nodes cannot have `user.` attributes, nor can every file system.
        Err(Errno::EOPNOTSUPP | Errno::EPERM) if !follow => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    };

    use super::*;
    use crate::image::budget::{Budget, UnpackLimits};

    struct Tar(tar::Builder<Vec<u8>>);

    impl Tar {
        fn new() -> Self {
            Self(tar::Builder::new(Vec::new()))
        }

        /// Writes the name into the header as it is, however hostile.
        fn raw(mut self, name: &str, kind: tar::EntryType, link: &str, data: &[u8]) -> Self {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
            header.set_entry_type(kind);
            header.set_size(data.len() as u64);
            header.set_mode(if kind == tar::EntryType::Directory {
                0o750
            } else {
                0o640
            });
            header.set_uid(1000);
            header.set_gid(1001);
            header.set_mtime(1234);
            header.set_cksum();
            self.0.append(&header, data).unwrap();
            self
        }

        fn file(self, name: &str, data: &[u8]) -> Self {
            self.raw(name, tar::EntryType::Regular, "", data)
        }

        fn link(self, name: &str, target: &str) -> Self {
            self.raw(name, tar::EntryType::Symlink, target, b"")
        }

        fn folder(self, name: &str) -> Self {
            self.raw(name, tar::EntryType::Directory, "", b"")
        }

        fn unpack(self, into: &Path) -> Result<(), UnpackError> {
            let bytes = self.0.into_inner().unwrap();
            fs::create_dir_all(into).unwrap();
            let limits = UnpackLimits {
                entries: 20,
                bytes: 1000,
                free_percent: 0,
                ..UnpackLimits::default()
            };
            let mut meter = Budget::new(limits, into.to_owned()).meter(bytes.len() as u64);
            unpack(into, &mut Archive::new(&bytes[..]), &mut meter)
        }
    }

    #[test]
    fn attributes_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("layer");
        Tar::new()
            .folder("./")
            .folder("d")
            .file("d/f", b"data")
            .link("d/l", "f")
            .raw("d/h", tar::EntryType::Link, "d/f", b"")
            .raw("d/p", tar::EntryType::Fifo, "", b"")
            .unpack(&root)
            .unwrap();
        let meta = fs::metadata(root.join("d/f")).unwrap();
        assert_eq!(
            (
                meta.uid(),
                meta.gid(),
                meta.mtime(),
                meta.permissions().mode() & 0o7777
            ),
            (1000, 1001, 1234, 0o640)
        );
        assert_eq!(meta.nlink(), 2);
        assert_eq!(fs::metadata(root.join("d")).unwrap().mtime(), 1234);
        assert_eq!(fs::read_link(root.join("d/l")).unwrap(), Path::new("f"));
        assert!(
            fs::symlink_metadata(root.join("d/p"))
                .unwrap()
                .file_type()
                .is_fifo()
        );
        assert_eq!(
            fs::metadata(&root).unwrap().permissions().mode() & 0o777,
            0o750
        );
    }

    #[test]
    fn whiteouts_become_overlays_own() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("layer");
        Tar::new()
            .folder("d")
            .file("d/.wh.gone", b"")
            .file("d/.wh..wh..opq", b"")
            .file(".wh..wh.plnk", b"")
            .unpack(&root)
            .unwrap();
        let gone = fs::symlink_metadata(root.join("d/gone")).unwrap();
        assert!(gone.file_type().is_char_device() && gone.rdev() == 0);
        let path = std::ffi::CString::new(root.join("d").as_os_str().as_bytes()).unwrap();
        let mut value = [0u8; 4];
        // SAFETY: C strings and a buffer with its length.
        let len = unsafe {
            libc::getxattr(
                path.as_ptr(),
                c"trusted.overlay.opaque".as_ptr(),
                value.as_mut_ptr().cast(),
                4,
            )
        };
        assert_eq!((len, value[0]), (1, b'y'));
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
        assert!(
            Tar::new()
                .file(".wh.", b"")
                .unpack(&dir.path().join("nothing"))
                .is_err()
        );
        assert!(
            Tar::new()
                .file(".wh...", b"")
                .unpack(&dir.path().join("parent"))
                .is_err()
        );
    }

    #[test]
    fn hostile_paths_stay_inside() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "kept").unwrap();
        let root = dir.path().join("layer");
        let target = outside.display().to_string();
        Tar::new()
            .file("../../outside/a", b"x")
            .file("/abs", b"x")
            .link("rel-link", "../outside")
            .file("rel-link/c", b"x")
            .link("over", &format!("{target}/kept"))
            .file("over", b"replaced the link")
            .file("rel-link/.wh.kept", b"")
            .unpack(&root)
            .unwrap();
        assert_eq!(fs::read_to_string(outside.join("kept")).unwrap(), "kept");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(root.join("outside/a")).unwrap(), "x");
        assert!(root.join("abs").exists() && root.join("outside/c").exists());
        assert_eq!(
            fs::read_to_string(root.join("over")).unwrap(),
            "replaced the link"
        );
        // An absolute link means a place inside, and one that is not there is no parent.
        let through = Tar::new()
            .link("abs-link", &target)
            .file("abs-link/b", b"x");
        assert!(through.unpack(&dir.path().join("absolute")).is_err());
        // A hard link cannot reach outside either, whatever it goes through.
        let link = |target: &str| {
            Tar::new()
                .link("out", &outside.display().to_string())
                .raw("h", tar::EntryType::Link, target, b"")
                .unpack(&dir.path().join("links"))
        };
        assert!(link("out/kept").is_err());
        assert!(link("../outside/kept").is_err());
    }

    #[test]
    fn bounds_hold() {
        let dir = tempfile::tempdir().unwrap();
        let many = (0..21).fold(Tar::new(), |tar, n| tar.file(&format!("f{n}"), b""));
        assert!(matches!(
            many.unpack(&dir.path().join("a")),
            Err(UnpackError::TooManyEntries(20))
        ));
        let large = Tar::new().file("f", &[0; 1001]);
        assert!(matches!(
            large.unpack(&dir.path().join("b")),
            Err(UnpackError::TooLarge(1000))
        ));
        assert!(!dir.path().join("b/f").exists());
    }

    #[test]
    fn later_entries_replace_earlier_ones() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("layer");
        Tar::new()
            .folder("x")
            .file("x/y", b"1")
            .file("x", b"file now")
            .file("z", b"1")
            .folder("z")
            .file("z/w", b"2")
            .unpack(&root)
            .unwrap();
        assert_eq!(fs::read_to_string(root.join("x")).unwrap(), "file now");
        assert_eq!(fs::read_to_string(root.join("z/w")).unwrap(), "2");
    }
}
