//! Freezing a file system that a task has mounted, so that its file is whole while it is read.
//!
//! The mount is in the shim's mount namespace alone; it is reached through `/proc/<pid>/root`. Frozen by `fsfreeze`, the
//! file system has written everything down, its journal is empty, and who writes waits. A file system stays frozen when
//! whoever froze it dies, so a little shell does it: it holds the mount open, ignores signals, also that of a pipe that
//! nobody reads any more, and thaws when its end of a pipe says that the agent let go or is no more. Should both be
//! killed at once, the next agent thaws what it finds ([`Freezer::thaw_all`]), more than once: what they had begun is frozen
//! only when everything is written.

use std::{
    collections::{BTreeMap, BTreeSet},
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
    process::{Command, Stdio},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use nix::{
    fcntl::OFlag,
    sys::stat::{major, minor},
};
use parking_lot::Mutex;
use wharf_container::runtime::{file_of_devices, mounted_again, mounts_of};

/// Where the programs are.
const PROGRAMS: &str = "/usr/sbin:/sbin:/usr/bin:/bin";

/// On 0 is the mount, on 2 the pipe that ends with the agent. What was written before goes to the disk while others
/// still write, so that they stand still for what came since alone.
const SCRIPT: &str = "trap '' INT TERM HUP PIPE; sync -f /proc/self/fd/0 2>/dev/null; echo written; \
    if said=$(fsfreeze -f /proc/self/fd/0 2>&1); \
    then echo frozen; read line <&2; fsfreeze -u /proc/self/fd/0 2>/dev/null; \
    else echo \"$said\"; fi";

/// How long each part may take. Whoever writes without end, or to a disk that hangs, holds up nobody but himself.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub written: Duration,
    pub frozen: Duration,
    pub thawed: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            written: Duration::from_secs(300),
            frozen: Duration::from_secs(20),
            thawed: Duration::from_secs(20),
        }
    }
}

/// Freezes file systems, and knows which are being frozen by it. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Freezer {
    bounds: Bounds,
    /// Files whose shells live, also those that were given up: the kernel does not let go of one that is stuck.
    held: Arc<Mutex<BTreeSet<PathBuf>>>,
}

/// While it lives, nobody writes to the file system.
pub struct Frozen {
    /// What the shell says; it ends with it.
    said: Receiver<String>,
    /// Dropped, it tells the shell to thaw.
    hold: Option<PipeWriter>,
    patience: Duration,
}

impl Frozen {
    /// What comes of it, the shell says. It is waited for by a thread of its own, which then tells `ended`.
    fn begin(
        mount: File,
        programs: &str,
        patience: Duration,
        ended: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
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
        let mut shell = shell.spawn()?;
        // Its ends of the pipes are the shell's alone from here on.
        let (tell, said) = channel();
        let words = shell.stdout.take();
        thread::Builder::new()
            .name("freeze".to_owned())
            .spawn(move || {
                let words = words.map(BufReader::new).into_iter();
                for line in words.flat_map(|it| it.lines().map_while(Result::ok)) {
                    let _ = tell.send(line);
                }
                if let Err(error) = shell.wait() {
                    tracing::error!(%error, "failed to wait for a file system to be thawed");
                }
                ended();
            })?;
        Ok(Self {
            said,
            hold: Some(hold),
            patience,
        })
    }

    fn hears(&self, within: Duration, what: &str) -> io::Result<String> {
        self.said.recv_timeout(within).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                let text = format!(
                    "the file system was not {what} within {} s",
                    within.as_secs()
                );
                io::Error::new(io::ErrorKind::TimedOut, text)
            }
            RecvTimeoutError::Disconnected => io::Error::other("the shell that freezes has ended"),
        })
    }

    /// Waits for nothing: it is thawed as soon as it is frozen.
    fn give_up(mut self) {
        self.hold = None;
        self.patience = Duration::ZERO;
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.hold = None;
        if self.patience.is_zero() {
            return;
        }
        while let Ok(line) = self.said.recv_timeout(self.patience) {
            tracing::debug!(line, "of a file system that is thawed");
        }
    }
}

impl Freezer {
    /// Freezes the file system on the loop device that is over `image`. Blocks until all of it is written, within bounds.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] if it is mounted nowhere; [`io::ErrorKind::TimedOut`]; [`io::ErrorKind::ResourceBusy`]
    /// while one that was given up is not thawed.
    pub fn freeze(&self, image: &Path) -> io::Result<Frozen> {
        let mount = mounted(image)?;
        self.begin(&file_of_devices(image)?, mount, PROGRAMS)
    }

    fn begin(&self, image: &Path, mount: File, programs: &str) -> io::Result<Frozen> {
        if !self.held.lock().insert(image.to_owned()) {
            let text = "its file system is still being frozen or thawed for an earlier snapshot";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
        }
        let (held, path) = (self.held.clone(), image.to_owned());
        let ended = move || {
            held.lock().remove(&path);
        };
        let begun = Frozen::begin(mount, programs, self.bounds.thawed, ended);
        let frozen = match begun {
            Ok(frozen) => frozen,
            Err(error) => {
                self.held.lock().remove(image);
                return Err(error);
            }
        };
        let heard = frozen
            .hears(self.bounds.written, "written out")
            .and_then(|_| frozen.hears(self.bounds.frozen, "frozen"));
        match heard {
            Ok(word) if word == "frozen" => Ok(frozen),
            Ok(why) => Err(io::Error::other(format!("fsfreeze: {why}"))),
            Err(error) => {
                frozen.give_up();
                Err(error)
            }
        }
    }

    /// Whether that one's file system is frozen, or was and is not thawed yet.
    fn has(&self, image: &Path) -> bool {
        self.held.lock().contains(image)
    }
}

impl Freezer {
    /// Thaws what an agent left frozen that was killed with all that it had begun, and nothing of this one's.
    pub fn thaw_all(&self, dir: &Path) -> io::Result<()> {
        let dir = fs::canonicalize(dir)?;
        for (image, device) in devices()? {
            if !image.starts_with(&dir) || self.has(&image) {
                continue;
            }
            let shown = image.display();
            match thaw(&image, device) {
                Ok(true) => {
                    tracing::error!(image = %shown, "a file system was left frozen; thawed it");
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(image = %shown, %error, "failed to look whether a file system was left frozen");
                }
            }
        }
        Ok(())
    }
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
    Ok(devices()?.remove(&file_of_devices(image)?))
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
mod tests;
