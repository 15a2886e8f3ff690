//! The disk of an instance: a file of its own size that stays over stops, starts and the agent's end.
//!
//! Unlike a task's disk it has a journal and is flushed, and is looked over before each boot. It is mounted in the
//! shim's mount namespace alone.
//!
//! One that is sealed is shown to the host while its instance runs, and while it is made (`wharf_sealed_file`). A file that is
//! still to become a disk, `disk.new`, is shown where the disk will be, so that it stays shown when it becomes one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use wharf_container::runtime::{PreparedDisk, hold_unattached, is_attached};
use wharf_durable::{put_in_place, remove_file};
use wharf_sealed_file::{Program, hide, is_sealed, open, seal};

use super::tool::{Tool, check_of};
use crate::volumes::Keys;

/// The kernel lets go of a disk shortly after the last process is gone.
const LET_GO: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// No smaller file system holds a root.
const LEAST_BYTES: u64 = 64 << 20;
/// What the node keeps of its own disk, as for tasks' disks at the least.
pub const KEPT_FREE: u64 = 128 << 20;
/// A disk before it is one.
const FRESH: &str = "disk.new";

pub fn image(folder: &Path) -> PathBuf {
    folder.join("disk.img")
}

/// What a sealed disk is opened by.
pub struct Sealer {
    pub keys: Keys,
    pub program: Program,
}

impl Sealer {
    pub fn open(&self, file: &Path) -> io::Result<()> {
        open(&self.program, file, self.keys.own())
    }

    /// Does something with the device of a file that is to become a disk, and is shown from then on.
    pub fn on_device(&self, file: &Path, work: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
        self.open(file)?;
        drop(hold(file, work)?);
        await_detached(file)
    }
}

/// The instance's disk, made at its first boot (`may_make`). Blocks.
pub fn prepare(
    folder: &Path,
    bytes: u64,
    may_make: bool,
    sealer: Option<&Sealer>,
) -> io::Result<PreparedDisk> {
    let image = image(folder);
    if !image.try_exists()? {
        if !may_make {
            let text = format!("{} is missing", image.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        make(folder, bytes, sealer)?;
    }
    check_sealed(&image, sealer)?;
    once_free(|| {
        sealer.map_or(Ok(()), |it| it.open(&image))?;
        PreparedDisk::kept_checked(&image, check)
    })
}

/// What is in the clear is never taken for what is sealed, nor the other way round.
pub fn check_sealed(image: &Path, sealer: Option<&Sealer>) -> io::Result<()> {
    match is_sealed(image) == sealer.is_some() {
        true => Ok(()),
        false => {
            let text = "its disk is sealed where it should not be, or is not where it should";
            Err(io::Error::new(io::ErrorKind::InvalidData, text))
        }
    }
}

/// Returns when no emulator has a disk open that no device is over: it locks what it writes to. Blocks.
pub fn await_unlocked(image: &Path) -> io::Result<()> {
    once_free(|| hold_unattached(image)).map(drop)
}

/// The disk, once nobody else has it: the kernel lets go of its file a moment after the device is gone.
pub fn hold(image: &Path, check: impl Fn(&Path) -> io::Result<()>) -> io::Result<PreparedDisk> {
    once_free(|| PreparedDisk::kept_checked(image, &check))
}

/// The same as `open` opens it.
pub fn once_free<T>(open: impl Fn() -> io::Result<T>) -> io::Result<T> {
    let end = Instant::now() + LET_GO;
    loop {
        match open() {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy && Instant::now() < end => {
                thread::sleep(LOOK_EVERY);
            }
            done => return done,
        }
    }
}

/// The file of a disk that is to be filled, as large as it will be. `sealed`: with what is sealed. Blocks.
pub fn begin(folder: &Path, bytes: u64, sealed: bool) -> io::Result<PathBuf> {
    let fresh = folder.join(FRESH);
    if !sealed {
        // What an agent that was killed began has taken room, and may be written to still: nobody shares a file with that.
        remove_file(&fresh)?;
    }
    let node = nix::sys::statvfs::statvfs(folder)?;
    if node.blocks_available() * node.fragment_size() < KEPT_FREE {
        let text = "the node's own disk is full";
        return Err(io::Error::new(io::ErrorKind::StorageFull, text));
    }
    if sealed {
        // An agent that was killed may have begun one.
        await_detached(&fresh)?;
        hide(&fresh)?;
        // Before anything of it is there: from then on nobody takes it for one that is not sealed.
        seal(&fresh)?;
    }
    fs::File::create(&fresh)?.set_len(bytes.max(LEAST_BYTES))?;
    Ok(fresh)
}

/// Takes away a disk, and what did not become one but has its room.
pub fn remove(folder: &Path) -> io::Result<()> {
    remove_file(&folder.join(FRESH))?;
    remove_file(&image(folder))
}

/// What was filled becomes the disk, with a file system as large as it is. Blocks.
pub fn end(folder: &Path, sealer: Option<&Sealer>) -> io::Result<()> {
    let fresh = folder.join(FRESH);
    match sealer {
        Some(sealer) => sealer.on_device(&fresh, grow)?,
        None => grow(&fresh)?,
    }
    keep(folder, &fresh)
}

fn grow(disk: &Path) -> io::Result<()> {
    let mut check = check_of(disk);
    check.command.arg("-f");
    check.run()?;
    let mut grow = Tool::named("resize2fs").ended_with_agent();
    grow.command.arg(disk);
    grow.run()
}

/// A file that was filled becomes the disk.
pub fn keep(folder: &Path, fresh: &Path) -> io::Result<()> {
    // Half a disk after a power failure would look like one.
    put_in_place(fresh, &image(folder))
}

fn make(folder: &Path, bytes: u64, sealer: Option<&Sealer>) -> io::Result<()> {
    let fresh = begin(folder, bytes, sealer.is_some())?;
    match sealer {
        Some(sealer) => sealer.on_device(&fresh, format)?,
        None => format(&fresh)?,
    }
    keep(folder, &fresh)
}

fn format(disk: &Path) -> io::Result<()> {
    let mut format = Tool::named("mkfs.ext4").ended_with_agent();
    format
        .command
        .args([
            "-q", "-F", "-m", "0", "-b", "4096", "-i", "16384", "-I", "256",
        ])
        .args(["-O", "^resize_inode,sparse_super2", "-G", "4096", "-E"])
        .arg(
            "lazy_itable_init=1,lazy_journal_init=1,nodiscard,num_backup_sb=0,packed_meta_blocks=1",
        )
        .arg(disk);
    format.run()
}

/// Repairs what a machine that lost power left, on a device that is not mounted.
fn check(device: &Path) -> io::Result<()> {
    check_of(device).run()
}

/// Nothing may write to a disk while the kernel does.
///
/// # Errors
/// It is still mounted after a while.
pub fn await_detached(image: &Path) -> io::Result<()> {
    let end = Instant::now() + LET_GO;
    // One that is shown may be so although its file is gone.
    while (image.try_exists()? || is_sealed(image)) && is_attached(image)? {
        if Instant::now() >= end {
            let text = "the disk is still mounted";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
        }
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Has the key of a sealed disk go, once nobody has that any more. Blocks.
pub fn shut(folder: &Path) -> io::Result<()> {
    let image = image(folder);
    if !is_sealed(&image) {
        return Ok(());
    }
    await_detached(&image)?;
    let fresh = folder.join(FRESH);
    if fresh.try_exists()? {
        // It did not become the disk.
        hide(&fresh)?;
    }
    hide(&image)
}

/// Whether this machine can make such disks, by making a small one in `folder`; why not.
pub fn probe(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    drop(prepare(folder, LEAST_BYTES, true, None)?);
    await_detached(&image(folder))?;
    fs::remove_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_an_emulator_has_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let image = image(dir.path());
        let emulator = fs::File::create(&image).unwrap();
        emulator.try_lock().unwrap();
        let (waited, waits) = std::sync::mpsc::channel();
        let of = image.clone();
        let waiting = thread::spawn(move || {
            await_unlocked(&of).unwrap();
            waited.send(()).unwrap();
        });
        assert!(hold_unattached(&image).is_err() && waits.try_recv().is_err());
        drop(emulator);
        waits.recv().unwrap();
        waiting.join().unwrap();
    }

    #[test]
    fn a_disk_that_was_begun_before_is_another_file() {
        use std::os::unix::fs::MetadataExt as _;
        let dir = tempfile::tempdir().unwrap();
        let fresh = begin(dir.path(), LEAST_BYTES, false).unwrap();
        let left = fs::File::options().write(true).open(&fresh).unwrap();
        let fresh = begin(dir.path(), LEAST_BYTES, false).unwrap();
        let (left, now) = (left.metadata().unwrap(), fs::metadata(&fresh).unwrap());
        assert_ne!(left.ino(), now.ino());
        assert_eq!(now.len(), LEAST_BYTES);
        remove(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        remove(dir.path()).unwrap();
    }

    /// Like all that mounts, this needs root.
    #[test]
    fn a_disk_that_somebody_has_is_not_checked() {
        let dir = tempfile::tempdir().unwrap();
        let held = prepare(dir.path(), LEAST_BYTES, true, None).unwrap();
        let image = image(dir.path());
        let busy = |checked: io::Result<PreparedDisk>| {
            assert_eq!(checked.unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        };
        busy(PreparedDisk::kept_checked(&image, |_| {
            panic!("it is mounted")
        }));
        drop(held);

        // Nor while another looks it over, as one that an agent began which was killed meanwhile.
        let again = hold(&image, |device| {
            assert!(device.exists());
            busy(PreparedDisk::kept_checked(&image, |_| {
                panic!("it is being checked")
            }));
            check(device)
        });
        drop(again.unwrap());
        drop(prepare(dir.path(), LEAST_BYTES, false, None).unwrap());
    }
}
