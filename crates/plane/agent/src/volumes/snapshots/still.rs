//! A volume's file as it is at one moment, whoever writes to the volume.
//!
//! | the volume | what makes it one moment |
//! | --- | --- |
//! | has no device | the file is locked: no device comes over it while it is read |
//! | is mounted | its file system is frozen ([`crate::volumes::freeze`]) |
//! | is the device of an instance, which has it mounted nowhere | nothing was written while it was read, as the kernel counts; else the instance stands still meanwhile ([`crate::volumes::pause`]) |
//! | is the disk of a virtual machine, which has its file | the machine stands still meanwhile: nobody counts what it writes |
//!
//! A disk that can clone files (XFS, Btrfs) has a clone made then, which is read when all goes on. Blocks.

use std::{
    fs::File,
    io,
    os::fd::AsRawFd as _,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use nix::{errno::Errno, libc};
use wharf_container::runtime::{LoopDevice, PauseSwitch, Writes, hold_unattached};

use crate::volumes::{
    freeze::{Freezer, is_in_use},
    pause::pause,
};

/// How long a file system may be frozen: those who write to it wait.
pub const FROZEN_FOR: Duration = Duration::from_secs(30 * 60);
/// … and an instance stand still.
pub const PAUSED_FOR: Duration = Duration::from_secs(60);
/// What requests that are under way take.
pub const SETTLES: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Until when something may stand still: the moment at which reading has to be over.
pub type Until = Option<Instant>;

/// What is known of a volume.
pub struct Still<'a> {
    pub image: &'a Path,
    /// In a folder of the same file system.
    pub clone: &'a Path,
    pub freezer: &'a Freezer,
    /// Of the instance that has it as a device.
    pub switch: Option<PauseSwitch>,
    /// The emulator of a virtual machine has the file itself, and no device is over it.
    pub by_file: bool,
}

impl Still<'_> {
    /// Has `read` read a file that is of one moment. It may be called twice; the last one counts.
    ///
    /// # Errors
    /// Those of `read`; the volume does not come to a stand within bounds, or has just come to be used otherwise.
    pub fn read(&self, mut read: impl FnMut(&File, Until) -> io::Result<()>) -> io::Result<()> {
        match hold_unattached(self.image) {
            Ok(held) => return read(&held, None),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            Err(error) => return Err(error),
        }
        if self.by_file {
            return self.read_file(read);
        }
        match self.freezer.freeze(self.image) {
            Ok(frozen) => {
                let end = Instant::now() + FROZEN_FOR;
                match cloned(self.image, self.clone)? {
                    Some(clone) => {
                        drop(frozen);
                        read(&clone.file, None)
                    }
                    None => read(&File::open(self.image)?, Some(end)),
                }
            }
            // A file system whose last mount has just gone is still being written out, and is waited for.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_in_use(self.image)? => {
                self.read_device(read)
            }
            Err(error) => Err(error),
        }
    }

    fn read_device(&self, mut read: impl FnMut(&File, Until) -> io::Result<()>) -> io::Result<()> {
        let Some(device) = LoopDevice::over(self.image)? else {
            return Err(changed());
        };
        // Most are written to seldom, and then nobody has to wait.
        if let Some(before) = settled(device, Duration::ZERO)? {
            read(&File::open(self.image)?, None)?;
            if settled(device, Duration::ZERO)? == Some(before) && !is_in_use(self.image)? {
                return Ok(());
            }
        }
        let paused = pause(self.switch.clone().ok_or_else(unheld)?)?;
        let end = Instant::now() + PAUSED_FOR;
        let before = settled(device, SETTLES)?.ok_or_else(changed)?;
        let clone = cloned(self.image, self.clone)?;
        if clone.is_none() {
            read(&File::open(self.image)?, Some(end))?;
        }
        // What is written by others than the instance, such as a mount of it that was under way.
        if settled(device, SETTLES)? != Some(before) || is_in_use(self.image)? {
            return Err(changed());
        }
        drop(paused);
        match clone {
            Some(clone) => read(&clone.file, None),
            None => Ok(()),
        }
    }

    /// What the emulator wrote is in the file once it stands still, as it was acknowledged to its guest: no call of it is under way
    /// then.
    fn read_file(&self, mut read: impl FnMut(&File, Until) -> io::Result<()>) -> io::Result<()> {
        let paused = pause(self.switch.clone().ok_or_else(unheld)?)?;
        let end = Instant::now() + PAUSED_FOR;
        check_kept(self.image)?;
        let clone = cloned(self.image, self.clone)?;
        if clone.is_none() {
            read(&File::open(self.image)?, Some(end))?;
        }
        check_kept(self.image)?;
        paused.check()?;
        drop(paused);
        match clone {
            Some(clone) => read(&clone.file, None),
            None => Ok(()),
        }
    }
}

/// That an emulator has the file still. As long as a snapshot is taken none comes after it, so it is the same one.
///
/// # Errors
/// [`changed`]
pub fn check_kept(image: &Path) -> io::Result<()> {
    let is_kept = match hold_unattached(image) {
        Ok(_) => false,
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            LoopDevice::over(image)?.is_none()
        }
        Err(error) => return Err(error),
    };
    is_kept.then_some(()).ok_or_else(changed)
}

/// Who writes is no instance that could be held.
pub fn unheld() -> io::Error {
    let text = "it is written to, and who writes cannot be held";
    io::Error::new(io::ErrorKind::Unsupported, text)
}

/// A clone of the file `image` at `path`; `None` where the disk cannot clone files.
pub fn cloned<'a>(image: &Path, path: &'a Path) -> io::Result<Option<Clone<'a>>> {
    /// Of the kernel's, with the file to be cloned.
    const FICLONE: libc::Ioctl = 0x4004_9409;
    let from = File::open(image)?;
    let into = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    let clone = Clone { file: into, path };
    // SAFETY: two descriptors that outlive the call.
    let cloned = unsafe { libc::ioctl(clone.file.as_raw_fd(), FICLONE, from.as_raw_fd()) };
    match Errno::result(cloned) {
        Ok(_) => Ok(Some(clone)),
        Err(Errno::EOPNOTSUPP | Errno::ENOTTY | Errno::EXDEV | Errno::EINVAL) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// The clone of a volume's file, which goes with this.
pub struct Clone<'a> {
    file: File,
    path: &'a Path,
}

impl Clone<'_> {
    pub fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for Clone<'_> {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(self.path) {
            tracing::warn!(%error, "failed to remove the clone of a volume; it goes with its snapshot");
        }
    }
}

pub fn changed() -> io::Error {
    let text = "what is done with the volume changed while it was read";
    io::Error::new(io::ErrorKind::Interrupted, text)
}

/// Has all that was written reach the file; what was written so far, if nothing is under way then.
pub fn settled(device: LoopDevice, patience: Duration) -> io::Result<Option<Writes>> {
    let end = Instant::now() + patience;
    loop {
        device.flush()?;
        let writes = device.writes()?;
        if writes.under_way == 0 {
            return Ok(Some(writes));
        }
        if Instant::now() >= end {
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        os::unix::fs::FileExt as _,
        process::{Child, Command},
    };

    use super::*;

    /// A group with a program that writes the next number to the beginning of a device, and when that is there to a place
    /// behind it, without end.
    struct Writer {
        group: wharf_cgroup::Group,
        program: Child,
    }

    const BEHIND: u64 = 32 << 10;

    impl Writer {
        fn begin(to: &Path, name: &str) -> Self {
            let name = format!("/wharf-still-{name}-{}", std::process::id());
            let hierarchies = wharf_cgroup::Hierarchies::detect().unwrap();
            let group = hierarchies.group(&name).unwrap();
            group.create(&wharf_cgroup::Limits::default()).unwrap();
            let script = "n=100000; while :; do n=$((n+1)); for at in 0 8; do \
                printf '%06d%4090s' $n . | dd of=\"$0\" bs=4096 seek=$at conv=notrunc,fsync 2>/dev/null; done; done";
            let mut program = Command::new("/bin/sh");
            program.args(["-c", script]).arg(to);
            let program = program.spawn().unwrap();
            group.attach(program.id().cast_signed()).unwrap();
            Self { group, program }
        }
    }

    impl Drop for Writer {
        fn drop(&mut self) {
            let _ = self.group.kill();
            let _ = self.program.wait();
            let _ = self.group.kill_and_remove();
        }
    }

    fn number(file: &File, at: u64) -> u32 {
        let mut digits = [0; 6];
        file.read_exact_at(&mut digits, at).unwrap();
        std::str::from_utf8(&digits).unwrap().parse().unwrap_or(0)
    }

    /// Needs root, loop devices and control groups.
    #[test]
    fn what_is_read_is_of_one_moment_whoever_writes() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("disk.img");
        std::fs::write(&image, vec![b'0'; 1 << 20]).unwrap();
        let device = LoopDevice::bind(&image).unwrap();
        let still = |switch| Still {
            image: &image,
            clone: Box::leak(dir.path().join("clone").into_boxed_path()),
            freezer: Box::leak(Box::default()),
            switch,
            by_file: false,
        };
        let mut reads = 0;
        let mut read = |file: &File, _: Until| {
            let first = number(file, 0);
            thread::sleep(Duration::from_millis(100));
            reads += 1;
            let behind = number(file, BEHIND);
            io::Result::Ok((first, behind))
        };
        let mut once = |still: &Still<'_>| {
            let mut numbers = (0, 0);
            still.read(|file, until| {
                numbers = read(file, until)?;
                Ok(())
            })?;
            io::Result::Ok(numbers)
        };
        // Nobody writes, so nobody has to stand still.
        assert_eq!(once(&still(None)).unwrap(), (0, 0));
        let writer = Writer::begin(&device.path(), "device");
        let end = Instant::now() + Duration::from_secs(20);
        while number(&File::open(&image).unwrap(), BEHIND) < 100_003 {
            assert!(Instant::now() < end, "nothing is written");
            thread::sleep(LOOK_EVERY);
        }
        let refused = once(&still(None)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::Unsupported);
        let before = number(&File::open(&image).unwrap(), BEHIND);
        let (first, behind) = once(&still(writer.group.pause_switch())).unwrap();
        assert!(before <= behind, "{before} {behind}");
        assert!((behind..=behind + 1).contains(&first), "{first} {behind}");
        // It goes on.
        while number(&File::open(&image).unwrap(), 0) <= first {
            assert!(Instant::now() < end, "it stands still");
            thread::sleep(LOOK_EVERY);
        }
        drop(writer);
        device.let_go(&image).unwrap();
        while LoopDevice::over(&image).unwrap().is_some() {
            thread::sleep(LOOK_EVERY);
        }
        // No device comes over a file that is read.
        let bound = |_: &File, _| {
            let busy = LoopDevice::bind(&image).unwrap_err();
            assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
            Ok(())
        };
        still(None).read(bound).unwrap();
        LoopDevice::bind(&image).unwrap().let_go(&image).unwrap();
    }

    /// Needs root and control groups.
    #[test]
    fn a_file_that_an_emulator_has_is_read_while_that_stands_still() {
        let dir = tempfile::tempdir().unwrap();
        let (image, clone) = (dir.path().join("disk.img"), dir.path().join("clone"));
        std::fs::write(&image, vec![b'0'; 1 << 20]).unwrap();
        let emulator = File::open(&image).unwrap();
        emulator.try_lock().unwrap();
        let freezer = Freezer::default();
        let still = |switch| Still {
            image: &image,
            clone: &clone,
            freezer: &freezer,
            switch,
            by_file: true,
        };
        let nobody = still(None).read(|_, _| panic!("it may be written to"));
        assert_eq!(nobody.unwrap_err().kind(), io::ErrorKind::Unsupported);
        let writer = Writer::begin(&image, "file");
        let end = Instant::now() + Duration::from_secs(20);
        let now = || number(&File::open(&image).unwrap(), BEHIND);
        while now() < 100_003 {
            assert!(Instant::now() < end, "nothing is written");
            thread::sleep(LOOK_EVERY);
        }
        let mut numbers = (0, 0);
        let read = still(writer.group.pause_switch()).read(|file, _| {
            let first = number(file, 0);
            thread::sleep(Duration::from_millis(100));
            numbers = (first, number(file, BEHIND));
            Ok(())
        });
        read.unwrap();
        let (first, behind) = numbers;
        assert!((behind..=behind + 1).contains(&first), "{first} {behind}");
        while now() <= behind {
            assert!(Instant::now() < end, "it stands still");
            thread::sleep(LOOK_EVERY);
        }
        // What was written after somebody had it go on would be in what is read; a clone was made before.
        let (switch, mut is_clone) = (writer.group.pause_switch().unwrap(), false);
        let spoiled = still(Some(switch.clone())).read(|_, until| {
            is_clone = until.is_none();
            switch.set(false)
        });
        assert_eq!(spoiled.is_err(), !is_clone);
        drop(writer);
        // What follows an emulator that has ended may be another.
        check_kept(&image).unwrap();
        drop(emulator);
        let ended = check_kept(&image).unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::Interrupted);
        still(None).read(|_, _| Ok(())).unwrap();
    }
}
