//! What a container finds mounted at the start, made below its root file system before that becomes `/`.
//!
//! Its first process does this, in a mount namespace of its own. An image's author decides where the links of the image
//! point, so each place is resolved with the root file system as `/`, and what is mounted there goes to the descriptor
//! that came of it.

use std::{
    fmt::Display,
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Component, Path},
};

use nix::{
    errno::Errno,
    fcntl::{AT_FDCWD, AtFlags, OFlag, openat},
    sys::stat::{Mode, SFlag, fstat, makedev, mkdirat, mknodat, umask},
    unistd::{Gid, Uid, UnlinkatFlags, fchownat, symlinkat, unlinkat},
};
use wharf_cgroup::Shown;
use wharf_rootdir::RootDir;
use wharf_shim_protocol::Failure;

use crate::{
    bundle::{Bundle, Device, DeviceKind, Mount, MountOptions, NamespaceKind},
    mount_api,
};

/// What the folder of all hierarchies of version 1 is.
const GROUPS_OPTIONS: &str = "mode=755";

/// Links that programs expect, below `/dev`.
const LINKS: [(&str, &str); 5] = [
    ("/proc/kcore", "kcore"),
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
];

/// What every container has: name, major and minor number.
const DEVICES: [(&str, u64, u64); 6] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("tty", 5, 0),
    ("urandom", 1, 9),
    ("random", 1, 8),
];

/// The control groups that a container is shown: folders of the host, each in one of its hierarchy's name, and links beside
/// them. Empty where there is one hierarchy for all, of version 2.
#[derive(Debug, Default)]
pub struct Groups {
    pub shown: Vec<Shown>,
    /// A copy of the mount of the one hierarchy, from the own folder downwards, which is nowhere yet.
    pub unified: Option<OwnedFd>,
}

/// What a container sees of its group `folder`: copied while the process may still walk there, which in a user namespace
/// it may not, nor may the kernel for it. None for a container that sees no groups.
pub fn own_group(bundle: &Bundle, folder: &Path) -> io::Result<Option<OwnedFd>> {
    let mut mounts = bundle.mounts.iter();
    let Some(mount) = mounts.find(|it| it.kind == "cgroup") else {
        return Ok(None);
    };
    let options = MountOptions::of(&mount.options);
    let copy = mount_api::copy(folder, false)?;
    mount_api::change(&copy, options.add, options.take)?;
    Ok(Some(copy))
}

/// A step that failed, for [`Result::map_err`].
pub fn failed<E: Into<io::Error>>(step: impl Display) -> impl FnOnce(E) -> Failure {
    move |error| {
        let error: io::Error = error.into();
        Failure::Runtime {
            detail: format!("cannot {step}: {error}"),
        }
    }
}

/// The root file system, not yet the root of any process.
pub struct Interior<'a> {
    bundle: &'a Bundle,
    groups: &'a Groups,
    root: RootDir,
    /// The `/proc` that was mounted, whatever lies over it by now.
    pub proc: Option<OwnedFd>,
}

impl<'a> Interior<'a> {
    /// `path` is the root file system, a mount of its own.
    pub fn open(bundle: &'a Bundle, groups: &'a Groups, path: &Path) -> Result<Self, Failure> {
        let root = RootDir::open(path).map_err(failed("open the root file system"))?;
        Ok(Self {
            bundle,
            groups,
            root,
            proc: None,
        })
    }

    pub fn root(&self) -> &RootDir {
        &self.root
    }

    /// Everything, in the order of the bundle; then devices and links. What lies over all of `/dev` is left as it is.
    pub fn furnish(&mut self) -> Result<(), Failure> {
        for mount in &self.bundle.mounts {
            self.mount(mount).map_err(failed(format_args!(
                "mount {}",
                mount.destination.display()
            )))?;
        }
        if !self.bundle.has_foreign_dev() {
            self.links().map_err(failed("make links in /dev"))?;
            self.devices()?;
        }
        Ok(())
    }

    fn mount(&mut self, mount: &Mount) -> io::Result<()> {
        let options = MountOptions::of(&mount.options);
        let at = mount.destination.as_path();
        match mount.kind.as_str() {
            "bind" => {
                let copy = mount_api::copy(&mount.source, options.whole)?;
                mount_api::change(&copy, options.add, options.take)?;
                let place = if is_folder(&copy)? {
                    self.mount_point(at)?
                } else {
                    self.file(at)?
                };
                mount_api::put(&copy, place)?;
                if at == Path::new("/proc") {
                    self.proc = Some(copy);
                }
                Ok(())
            }
            "cgroup" if self.groups.shown.is_empty() => self.unified_groups(at, &options),
            "cgroup" => self.groups(at, &options),
            kind => {
                let source = mount.source.to_str().ok_or(Errno::EINVAL)?;
                let made = mount_api::fresh(kind, source, &options.own, options.add)?;
                let is_kernels = matches!(kind, "proc" | "sysfs");
                let place = if is_kernels {
                    self.plain_folder(at)?
                } else {
                    self.mount_point(at)?
                };
                mount_api::put(&made, place)?;
                if kind == "proc" {
                    self.proc = Some(made);
                }
                Ok(())
            }
        }
    }

    /// A folder, made where it is missing: there where links on the way lead, inside the root.
    fn mount_point(&self, at: &Path) -> io::Result<OwnedFd> {
        self.root.make_folders(&self.root.meant(at)?)
    }

    /// A folder that no link leads to: what guards files of the kernel goes by their paths.
    fn plain_folder(&self, at: &Path) -> io::Result<OwnedFd> {
        self.root.make_folders(at)?;
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
        self.root.open_at(at, flags)
    }

    /// A file, made where it is missing: there where a link at its place leads.
    fn file(&self, at: &Path) -> io::Result<OwnedFd> {
        match self.root.open_at(at, OFlag::O_PATH) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        let place = self.root.place(&self.root.meant(at)?)?;
        let flags = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let mode = Mode::from_bits_truncate(0o644);
        openat(&place.parent, place.name.as_os_str(), flags, mode)?;
        self.root.open_at(at, OFlag::O_PATH)
    }

    /// Each hierarchy of version 1 from the container's own group downwards, in a folder of all.
    fn groups(&self, at: &Path, options: &MountOptions) -> io::Result<()> {
        let all = [GROUPS_OPTIONS.to_owned()];
        let attributes = options.add & !libc::MOUNT_ATTR_RDONLY;
        let folder = mount_api::fresh("tmpfs", "tmpfs", &all, attributes)?;
        // First: kernels before 6.15 mount nothing on what is nowhere yet.
        mount_api::put(&folder, self.mount_point(at)?)?;
        for shown in &self.groups.shown {
            let name = shown.name.as_str();
            let group = match mount_api::copy(&shown.folder, false) {
                // The way to it is the host's root's alone: whoever is that no more mounts the hierarchy anew.
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                    match mount_api::fresh("cgroup", "cgroup", &shown.options, options.add) {
                        // Nothing is limited in it: what manages services keeps it to itself.
                        Err(_) if shown.options.iter().any(|it| it.starts_with("name=")) => {
                            continue;
                        }
                        made => made?,
                    }
                }
                copy => {
                    let copy = copy?;
                    mount_api::change(&copy, options.add, options.take)?;
                    copy
                }
            };
            mkdirat(&folder, name, Mode::from_bits_truncate(0o755))?;
            // Of controllers that are mounted together, each is found by its name.
            for one in name.split(',').filter(|one| *one != name) {
                symlinkat(name, &folder, one)?;
            }
            let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let place = openat(&folder, name, flags, Mode::empty())?;
            mount_api::put(group, place)?;
        }
        mount_api::change(&folder, options.add, options.take)
    }

    fn unified_groups(&self, at: &Path, options: &MountOptions) -> io::Result<()> {
        let place = self.mount_point(at)?;
        match (
            mount_api::fresh::<&str>("cgroup2", "cgroup", &[], options.add),
            &self.groups.unified,
        ) {
            (Err(_), Some(copy)) => mount_api::put(copy, place),
            (made, _) => mount_api::put(made?, place),
        }
    }

    fn links(&self) -> nix::Result<()> {
        let dev = self.root.make_folders(Path::new("/dev")).map_err(errno)?;
        for (to, name) in LINKS {
            if name != "kcore" || Path::new(to).exists() {
                symlinkat(to, &dev, name)?;
            }
        }
        match unlinkat(&dev, "ptmx", UnlinkatFlags::NoRemoveDir) {
            Err(Errno::ENOENT) => {}
            other => other?,
        }
        symlinkat("pts/ptmx", &dev, "ptmx")
    }

    /// Those of the bundle and those of every container. Nobody can make any in a user namespace: there the host's are
    /// shown.
    fn devices(&self) -> Result<(), Failure> {
        let wanted = &self.bundle.linux.devices;
        let path_of = |name: &str| Path::new("/dev").join(name);
        let default = DEVICES.map(|(name, major, minor)| Device {
            path: path_of(name),
            kind: DeviceKind::Char,
            major,
            minor,
            source: None,
            file_mode: 0o666,
            uid: 0,
            gid: 0,
        });
        let default = default
            .iter()
            .filter(|one| wanted.iter().all(|it| it.path != one.path));
        // Terminals are those of the container's own `/dev/pts`.
        let wanted = wanted.iter().filter(|it| it.path != path_of("ptmx"));
        let shows = self.bundle.joins(NamespaceKind::User).is_some();
        let before = umask(Mode::empty());
        let made = wanted.chain(default).try_for_each(|device| {
            let made = if !is_in_dev(&device.path) {
                Err(io::ErrorKind::InvalidInput.into())
            } else if shows {
                self.show(device)
            } else {
                self.make(device)
            };
            made.map_err(failed(format_args!("make {}", device.path.display())))
        });
        umask(before);
        made
    }

    fn make(&self, device: &Device) -> io::Result<()> {
        let place = self.root.place(&device.path)?;
        let kind = kind_of(device);
        let mode = Mode::from_bits_truncate(device.file_mode);
        let name = place.name.as_os_str();
        let number = makedev(device.major, device.minor);
        mknodat(&place.parent, name, kind, mode, number)?;
        if (device.uid, device.gid) != (0, 0) {
            let (uid, gid) = (Uid::from_raw(device.uid), Gid::from_raw(device.gid));
            let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
            fchownat(&place.parent, name, Some(uid), Some(gid), flags)?;
        }
        Ok(())
    }

    fn show(&self, device: &Device) -> io::Result<()> {
        let source = device.source.as_ref().unwrap_or(&device.path);
        let copy = mount_api::copy(source, false)?;
        if !is_device(&copy, device)? {
            let text = format!("{} is another device", source.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        mount_api::put(copy, self.file(&device.path)?)
    }
}

/// Names below `/dev`, and no way back.
fn is_in_dev(path: &Path) -> bool {
    path.strip_prefix("/dev").is_ok_and(|below| {
        let mut parts = below.components();
        below != Path::new("") && parts.all(|part| matches!(part, Component::Normal(_)))
    })
}

fn kind_of(device: &Device) -> SFlag {
    match device.kind {
        DeviceKind::Char => SFlag::S_IFCHR,
        DeviceKind::Block => SFlag::S_IFBLK,
    }
}

fn is_device(found: impl AsFd, device: &Device) -> io::Result<bool> {
    let found = fstat(found.as_fd())?;
    let kind = SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT;
    Ok(kind == kind_of(device) && found.st_rdev == makedev(device.major, device.minor))
}

fn errno(error: io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

fn is_folder(mount: &OwnedFd) -> io::Result<bool> {
    let mode = SFlag::from_bits_truncate(fstat(mount.as_fd())?.st_mode);
    Ok(mode & SFlag::S_IFMT == SFlag::S_IFDIR)
}

/// Hides a path, or makes it read-only, in the process's root: nothing of the image is below `/proc` and `/sys`.
pub fn guard(bundle: &Bundle) -> Result<(), Failure> {
    for path in &bundle.linux.readonly_paths {
        make_read_only(path).map_err(failed(format_args!("protect {}", path.display())))?;
    }
    let mut covers = Covers::default();
    for path in &bundle.linux.masked_paths {
        covers
            .hide(path)
            .map_err(failed(format_args!("hide {}", path.display())))?;
    }
    Ok(())
}

const GUARDED: u64 = libc::MOUNT_ATTR_RDONLY
    | libc::MOUNT_ATTR_NOSUID
    | libc::MOUNT_ATTR_NODEV
    | libc::MOUNT_ATTR_NOEXEC;

fn open_path(path: &Path) -> io::Result<Option<OwnedFd>> {
    match openat(
        AT_FDCWD,
        path,
        OFlag::O_PATH | OFlag::O_CLOEXEC,
        Mode::empty(),
    ) {
        Err(Errno::ENOENT) => Ok(None),
        other => Ok(Some(other?)),
    }
}

/// What is not there needs no protection.
fn make_read_only(path: &Path) -> io::Result<()> {
    let Some(place) = open_path(path)? else {
        return Ok(());
    };
    let copy = mount_api::copy(path, true)?;
    mount_api::change(&copy, GUARDED, 0)?;
    mount_api::put(copy, place)
}

/// What is laid over hidden folders and files; one for all of a kind.
#[derive(Default)]
struct Covers {
    /// Lies over one already: only what is mounted somewhere can be copied by every kernel.
    folder: Option<OwnedFd>,
    file: Option<OwnedFd>,
}

impl Covers {
    fn hide(&mut self, path: &Path) -> io::Result<()> {
        let Some(place) = open_path(path)? else {
            return Ok(());
        };
        if !is_folder(&place)? {
            let null = match &self.file {
                Some(null) => null,
                None => self.file.insert(null()?),
            };
            return mount_api::put(mount_api::copy_of(null)?, place);
        }
        match &self.folder {
            Some(cover) => mount_api::put(mount_api::copy_of(cover)?, place),
            None => {
                let options = ["ro".to_owned()];
                let cover = mount_api::fresh("tmpfs", "tmpfs", &options, GUARDED)?;
                mount_api::put(&cover, place)?;
                self.folder = Some(cover);
                Ok(())
            }
        }
    }
}

fn null() -> io::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
    let null = openat(AT_FDCWD, "/dev/null", flags, Mode::empty())?;
    check_null(&null)?;
    Ok(null)
}

/// Whether it is the device and nothing that somebody put in its place.
pub fn check_null(null: impl AsFd) -> io::Result<()> {
    let found = fstat(null.as_fd())?;
    let is_device = SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT == SFlag::S_IFCHR;
    if is_device && found.st_rdev == makedev(1, 3) {
        return Ok(());
    }
    let text = "/dev/null is another device";
    Err(io::Error::new(io::ErrorKind::InvalidData, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_in_dev_alone() {
        for (path, expected) in [
            ("/dev/sda", true),
            ("/dev/net/tun", true),
            ("/dev", false),
            ("/dev/", false),
            ("/device", false),
            ("/dev/../etc/x", false),
            ("/dev/a/../../etc/x", false),
            ("dev/a", false),
        ] {
            assert_eq!(is_in_dev(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn a_device_is_known_by_its_number() {
        let null = |major, kind| Device {
            path: "/dev/nothing".into(),
            kind,
            major,
            minor: 3,
            source: Some("/dev/null".into()),
            file_mode: 0o666,
            uid: 0,
            gid: 0,
        };
        let found = open_path(Path::new("/dev/null")).unwrap().unwrap();
        assert!(is_device(&found, &null(1, DeviceKind::Char)).unwrap());
        assert!(!is_device(&found, &null(2, DeviceKind::Char)).unwrap());
        assert!(!is_device(&found, &null(1, DeviceKind::Block)).unwrap());
    }
}
