//! Freezing a file system that a task has mounted, so that its file is whole while it is read.
//!
//! The mount is in the shim's mount namespace alone; it is reached through `/proc/<pid>/root`. Frozen by `fsfreeze`, the
//! file system has written everything down, its journal is empty, and who writes waits. A file system stays frozen when
//! whoever froze it dies, so a little shell does it: it holds the mount open, ignores signals, also that of a pipe that
//! nobody reads any more, and thaws when its end of a pipe says that the agent let go or is no more. Should both be
//! killed at once, the next agent thaws what it finds ([`thaw_all`]), more than once: what they had begun is frozen
//! only when everything is written.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, PipeWriter},
    os::{
        fd::OwnedFd,
        unix::{
            fs::{MetadataExt as _, OpenOptionsExt as _},
            process::CommandExt as _,
        },
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use nix::{
    fcntl::OFlag,
    sys::stat::{major, minor},
};
use wharf_container::runtime::{mounted_again, mounts_of};

/// Where the programs are.
const PROGRAMS: &str = "/usr/sbin:/sbin:/usr/bin:/bin";

/// On 0 is the mount, on 2 the pipe that ends with the agent.
const SCRIPT: &str = "trap '' INT TERM HUP PIPE; \
    if said=$(fsfreeze -f /proc/self/fd/0 2>&1); \
    then echo frozen; read line <&2; fsfreeze -u /proc/self/fd/0 2>/dev/null; \
    else echo \"$said\"; fi";

/// While it lives, nobody writes to the file system.
pub struct Frozen {
    shell: Child,
    /// Dropped, it tells the shell to thaw.
    hold: Option<PipeWriter>,
}

impl Frozen {
    /// What comes of it, the shell says.
    fn begin(mount: File, programs: &str) -> io::Result<Self> {
        let (told, hold) = io::pipe()?;
        let mut shell = Command::new("/bin/sh");
        shell
            .arg("-c")
            .arg(SCRIPT)
            .env("PATH", programs)
            .process_group(0)
            .stdin(Stdio::from(mount))
            .stdout(Stdio::piped())
            .stderr(Stdio::from(told));
        Ok(Self {
            shell: shell.spawn()?,
            hold: Some(hold),
        })
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.hold = None;
        if let Err(error) = self.shell.wait() {
            tracing::error!(%error, "failed to wait for a file system to be thawed");
        }
    }
}

/// Freezes the file system on the loop device that is over `image`. Blocks until all of it is written.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] if it is mounted nowhere.
pub fn freeze(image: &Path) -> io::Result<Frozen> {
    let mut frozen = Frozen::begin(mounted(image)?, PROGRAMS)?;
    let said = frozen.shell.stdout.take();
    let mut line = String::new();
    if let Some(said) = said {
        BufReader::new(said).read_line(&mut line)?;
    }
    match line.trim() {
        "frozen" => Ok(frozen),
        why => Err(io::Error::other(format!("fsfreeze: {why}"))),
    }
}

/// Thaws what an agent left frozen that was killed with all that it had begun. Nothing is to be frozen meanwhile.
pub fn thaw_all(dir: &Path) -> io::Result<()> {
    let dir = fs::canonicalize(dir)?;
    for (image, device) in devices()? {
        if !image.starts_with(&dir) {
            continue;
        }
        let image_shown = image.display();
        match thaw(&image, device) {
            Ok(true) => {
                tracing::error!(image = %image_shown, "a file system was left frozen; it is thawed");
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(image = %image_shown, %error, "failed to look whether a file system was left frozen");
            }
        }
    }
    Ok(())
}

/// Whether it was frozen.
fn thaw(image: &Path, device: (u64, u64)) -> io::Result<bool> {
    let mount = match mount_of(device) {
        Ok(mount) => OwnedFd::from(mount),
        Err(_) if !is_alive(device) => return Ok(false),
        // Frozen, it stays when the last who had it mounted is gone, and its device and file with it.
        Err(_) => match mounted_again(image, device.1) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other?,
        },
    };
    let mut thaw = Command::new("/bin/sh");
    thaw.args(["-c", "fsfreeze -u /proc/self/fd/0"])
        .env("PATH", PROGRAMS)
        .stdin(Stdio::from(mount))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // It fails where nothing is frozen.
    Ok(thaw.status()?.success())
}

/// Whether the kernel has the file system of a loop device, mounted or not.
fn is_alive(device: (u64, u64)) -> bool {
    Path::new(&format!("/sys/fs/ext4/loop{}", device.1)).exists()
}

/// The loop device that is over `image`, if there is one.
fn device_of(image: &Path) -> io::Result<Option<(u64, u64)>> {
    Ok(devices()?.remove(&fs::canonicalize(image)?))
}

/// Whether the kernel has a file system on the loop device that is over `image`, mounted or not any more.
pub fn is_in_use(image: &Path) -> io::Result<bool> {
    Ok(device_of(image)?.is_some_and(is_alive))
}

/// The root of the mounted file system, open.
fn mounted(image: &Path) -> io::Result<File> {
    mount_of(device_of(image)?.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?)
}

/// Numbers of the loop devices, by the files that they are over.
fn devices() -> io::Result<BTreeMap<PathBuf, (u64, u64)>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/sys/block")? {
        let folder = entry?.path();
        let (Ok(file), Ok(numbers)) = (
            fs::read_to_string(folder.join("loop/backing_file")),
            fs::read_to_string(folder.join("dev")),
        ) else {
            continue;
        };
        if let Some(device) = numbers_of(numbers.trim()) {
            all.insert(PathBuf::from(file.trim_end_matches('\n')), device);
        }
    }
    Ok(all)
}

fn numbers_of(text: &str) -> Option<(u64, u64)> {
    let (major, minor) = text.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn mount_of(device: (u64, u64)) -> io::Result<File> {
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        let is_process = folder
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.bytes().all(|it| it.is_ascii_digit()));
        if !is_process {
            continue;
        }
        // Processes come and go.
        let Ok(mounts) = fs::read(folder.join("mountinfo")) else {
            continue;
        };
        let whole = mounts_of(&mounts, device).into_iter();
        for mount in whole.filter(|it| it.is_whole) {
            let place = mount.place.strip_prefix("/").unwrap_or(&mount.place);
            let path = folder.join("root").join(place);
            let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
            let opened = fs::OpenOptions::new()
                .read(true)
                .custom_flags(flags.bits())
                .open(path);
            let Ok(opened) = opened else {
                continue;
            };
            // Something else may be mounted over it, or a link lead elsewhere.
            let found = opened.metadata()?.dev();
            if (major(found), minor(found)) == device {
                return Ok(opened);
            }
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt as _, thread, time::Duration};

    use super::*;

    fn until(what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..4000 {
            if is_so() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("{what} never came");
    }

    #[test]
    fn what_is_frozen_when_nobody_listens_any_more_is_thawed() {
        let dir = tempfile::tempdir().unwrap();
        let (program, log) = (dir.path().join("fsfreeze"), dir.path().join("log"));
        let text = format!(
            "#!/bin/sh\necho \"$1\" >>{log}\n[ \"$1\" = -u ] || sleep 0.2\n",
            log = log.display()
        );
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let said = || fs::read_to_string(&log).unwrap_or_default();
        let programs = format!("{}:{PROGRAMS}", dir.path().display());
        let mount = File::open(dir.path()).unwrap();
        let mut frozen = Frozen::begin(mount, &programs).unwrap();
        until("the freezing", || said() == "-f\n");
        // As when the agent is killed.
        drop(frozen.shell.stdout.take());
        drop(frozen);
        assert_eq!(said(), "-f\n-u\n");
    }

    /// Needs root, loop devices and ext4.
    #[test]
    fn what_was_left_frozen_without_a_mount_is_thawed() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        File::create(&image).unwrap().set_len(64 << 20).unwrap();
        crate::volumes::format::ready(&image, &image, "ext4").unwrap();
        let mut left = Command::new("unshare");
        left.args(["-m", "sh", "-ec"])
            .arg("mount -o loop disk.img /mnt; fsfreeze -f /mnt; umount /mnt")
            .current_dir(dir.path());
        assert!(left.status().unwrap().success());
        let device = *devices()
            .unwrap()
            .get(&fs::canonicalize(&image).unwrap())
            .unwrap();
        assert!(is_alive(device) && mount_of(device).is_err());
        // Not that of another, which has the same name elsewhere.
        let other = dir.path().join("other.img");
        File::create(&other).unwrap();
        let refused = mounted_again(&other, device.1).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::NotFound);
        thaw_all(dir.path()).unwrap();
        // Device and file are free again.
        crate::instances::await_detached(&image).unwrap();
        thaw_all(dir.path()).unwrap();
    }
}
