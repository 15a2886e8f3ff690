//! A file system of a task's own, of a fixed size: everything its containers write beside their
//! images, so that a task can fill no disk but this one.
//!
//! It is an ext4 image in a sparse file behind a loop device. It is mounted nowhere on the host: the
//! mount is handed to the task's shim as a descriptor, and lives in the shim's mount namespace. When
//! the last process of the task is gone, however it ended, so are mount and device; the file goes
//! with the task's folder.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    unistd::{Whence, lseek64},
};
use wharf_sealed_file::below_devices;

use super::{
    disk_lock::lock_image,
    loops::{attach, file_of, loop_device, path_of, take_writes_at_once},
    superblock::check_is_alone,
};

/// A formatted disk that no task has yet. Dropping it leaves its file alone.
#[derive(Debug)]
pub struct PreparedDisk {
    image: PathBuf,
    mount: OwnedFd,
    kept: bool,
}

impl PreparedDisk {
    /// A copy of the formatted file `template` at `image`, ready to be mounted. Blocks for some
    /// milliseconds.
    pub fn make(template: &Path, image: &Path) -> io::Result<Self> {
        let made = copy_sparse(template, image)
            .and_then(|file| attach(&file, image))
            .and_then(|(device, number)| {
                let mount = mount_detached(&device, number, &SHORT_LIVED, 0)?;
                look_ahead_little(number);
                Ok(mount)
            });
        match made {
            Ok(mount) => Ok(Self {
                image: image.to_owned(),
                mount,
                kept: false,
            }),
            Err(error) => {
                let _ = fs::remove_file(image);
                Err(error)
            }
        }
    }

    /// The disk in the file `image`, which stays where it is and outlives the task: what is written to it is
    /// flushed when the task's last process ends. Blocks for some milliseconds.
    ///
    /// # Errors
    /// [`io::ErrorKind::ResourceBusy`] while it is mounted: two mounts of one file would destroy what is on it.
    pub fn kept(image: &Path) -> io::Result<Self> {
        Self::kept_checked(image, |_| Ok(()))
    }

    /// The same after `check` of the device, which nobody else writes to meanwhile: it is told the device's path.
    ///
    /// # Errors
    /// See [`PreparedDisk::kept`]; also while a check that an earlier agent began goes on, and for a file system that
    /// leads to another device.
    pub fn kept_checked(
        image: &Path,
        check: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<Self> {
        Self::kept_by(image, check, &LONG_LIVED)
    }

    /// The same with a file system that takes nothing more once what files have in them could not be written: what was not
    /// synced is nobody's.
    ///
    /// # Errors
    /// See [`PreparedDisk::kept_checked`].
    pub fn kept_or_ended(
        image: &Path,
        check: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<Self> {
        let [first, second, third] = LONG_LIVED;
        Self::kept_by(image, check, &[first, second, third, "data_err=abort"])
    }

    fn kept_by(
        image: &Path,
        check: impl FnOnce(&Path) -> io::Result<()>,
        options: &[&str],
    ) -> io::Result<Self> {
        let file = lock_image(image)?;
        let (device, number) = attach(&file, &below_devices(image))?;
        take_writes_at_once(number);
        check_is_alone(&device)?;
        check(&path_of(&device, number))?;
        check_is_alone(&device)?;
        let mount = mount_detached(&device, number, options, libc::MOUNT_ATTR_NODEV)?;
        Ok(Self {
            image: image.to_owned(),
            mount,
            kept: true,
        })
    }

    /// The disk in the file `image` once more, which others have mounted from the loop device of that number: all of them
    /// see one file system.
    ///
    /// # Errors
    /// The device is over that file no more, as when the last who had it mounted went meanwhile.
    pub fn shared(image: &Path, number: u64) -> io::Result<Self> {
        Ok(Self {
            mount: mounted_again(image, number)?,
            image: image.to_owned(),
            kept: true,
        })
    }

    pub(super) fn is_kept(&self) -> bool {
        self.kept
    }

    /// The file becomes the task's, unless it is kept.
    pub(super) fn move_to(&mut self, image: PathBuf) -> io::Result<()> {
        if self.kept {
            return Ok(());
        }
        fs::rename(&self.image, &image)?;
        self.image = image;
        Ok(())
    }

    pub(super) fn mount(&self) -> &OwnedFd {
        &self.mount
    }
}

/// Its mount, which is at no place.
impl AsFd for PreparedDisk {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.mount.as_fd()
    }
}

/// The first thing that a task writes has the kernel make the tables of all groups of an empty disk, 160 of 20 GiB, in
/// case it should want them: 1.6 ms, for a task that mostly fills one. Best effort, since it is only slower without.
fn look_ahead_little(number: u64) {
    let groups = format!("/sys/fs/ext4/loop{number}/mb_prefetch");
    let _ = fs::write(groups, "4");
}

/// The file system on a loop device over `image` that is alive although nothing has it mounted, at no place: one that
/// was frozen when its last mount went can be thawed by it.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] if the device is over another file, of the same path in another mount namespace.
pub fn mounted_again(image: &Path, number: u64) -> io::Result<OwnedFd> {
    let device = loop_device(number, image)?;
    let file = fs::metadata(below_devices(image))?;
    if file_of(&device, image)? != (file.dev(), file.ino()) {
        return Err(io::ErrorKind::NotFound.into());
    }
    mount_detached(&device, number, &LONG_LIVED, libc::MOUNT_ATTR_NODEV)
}

/// Copies only what is not a hole; the copy has the same length.
fn copy_sparse(from: &Path, to: &Path) -> io::Result<File> {
    let from = File::open(from)?;
    let to = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(to)?;
    let length = from.metadata()?.len();
    to.set_len(length)?;
    let mut buffer = vec![0; 64 << 10];
    let mut at = 0;
    loop {
        let start = match lseek64(&from, at, Whence::SeekData) {
            // Only holes follow.
            Err(Errno::ENXIO) => return Ok(to),
            other => other?,
        };
        at = lseek64(&from, start, Whence::SeekHole)?;
        let (mut next, end) = (start as u64, at as u64);
        while next < end {
            let want = buffer.len().min((end - next) as usize);
            from.read_exact_at(&mut buffer[..want], next)?;
            to.write_all_at(&buffer[..want], next)?;
            next += want as u64;
        }
    }
}

/// Shims hold namespaces at 10 and 11, the agent has some dozens of descriptors.
const LEAST_FD: libc::c_int = 64;

/// Nothing on a task's disk has to outlive the machine's own end, so nothing is flushed for that, and
/// inode tables are written as they are used.
const SHORT_LIVED: [&str; 2] = ["noinit_itable", "nobarrier"];

/// One that is kept gives back to the machine what is deleted on it. Its superblock may come from elsewhere: what it says
/// of errors must not end the machine.
const LONG_LIVED: [&str; 3] = ["noinit_itable", "discard", ERRORS];
pub(super) const ERRORS: &str = "errors=remount-ro";

/// Mounts the device, at no place. Blocks of a disk that is kept may come from elsewhere: with
/// `MOUNT_ATTR_NODEV`, a device node among them opens nothing.
pub(super) fn mount_detached(
    device: &File,
    number: u64,
    options: &[&str],
    attributes: u64,
) -> io::Result<OwnedFd> {
    let source = path_of(device, number);
    let source = source.to_str().ok_or(io::ErrorKind::InvalidInput)?;
    let mount = wharf_userns::fresh("ext4", source, options, attributes).map_err(|error| {
        let text = format!("cannot mount /dev/loop{number}: {error}");
        io::Error::new(error.kind(), text)
    })?;
    // Beyond the numbers that a shim gives to descriptors of its own.
    // SAFETY: takes numbers; a success is a new descriptor.
    let fd = unsafe { libc::fcntl(mount.as_raw_fd(), libc::F_DUPFD_CLOEXEC, LEAST_FD) };
    // SAFETY: as above.
    Ok(unsafe { OwnedFd::from_raw_fd(Errno::result(fd)?) })
}
