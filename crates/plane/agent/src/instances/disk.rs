//! The disk of an instance: a file of its own size that stays over stops, starts and the agent's end.
//!
//! Unlike a task's disk it has a journal and is flushed, and is looked over before each boot. It is mounted in the
//! shim's mount namespace alone.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use wharf_container::runtime::{PreparedDisk, is_attached};
use wharf_sealed_file::is_sealed;

use super::tool::{Tool, check_of};

/// The kernel lets go of a disk shortly after the last process is gone.
const LET_GO: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// No smaller file system holds a root.
const LEAST_BYTES: u64 = 64 << 20;
/// What the node keeps of its own disk, as for tasks' disks at the least.
const KEPT_FREE: u64 = 128 << 20;
/// A disk before it is one.
const FRESH: &str = "disk.new";

pub fn image(folder: &Path) -> PathBuf {
    folder.join("disk.img")
}

/// The instance's disk, made at its first boot (`may_make`). Blocks.
pub fn prepare(folder: &Path, bytes: u64, may_make: bool) -> io::Result<PreparedDisk> {
    let image = image(folder);
    if !image.try_exists()? {
        if !may_make {
            let text = format!("{} is missing", image.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        make(folder, bytes)?;
    }
    hold(&image, check)
}

/// The disk, once nobody else has it: the kernel lets go of its file a moment after the device is gone.
pub fn hold(image: &Path, check: impl Fn(&Path) -> io::Result<()>) -> io::Result<PreparedDisk> {
    once_free(|| PreparedDisk::kept_checked(image, &check))
}

/// The same as `open` opens it.
pub fn once_free(open: impl Fn() -> io::Result<PreparedDisk>) -> io::Result<PreparedDisk> {
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

/// The file of a disk that is to be filled, as large as it will be.
pub fn begin(folder: &Path, bytes: u64) -> io::Result<PathBuf> {
    let node = nix::sys::statvfs::statvfs(folder)?;
    if node.blocks_available() * node.fragment_size() < KEPT_FREE {
        let text = "the node's own disk is full";
        return Err(io::Error::new(io::ErrorKind::StorageFull, text));
    }
    let fresh = folder.join(FRESH);
    fs::File::create(&fresh)?.set_len(bytes.max(LEAST_BYTES))?;
    Ok(fresh)
}

/// What was filled becomes the disk, with a file system as large as it is. Blocks.
pub fn end(folder: &Path) -> io::Result<()> {
    let fresh = folder.join(FRESH);
    let mut check = check_of(&fresh);
    check.command.arg("-f");
    check.run()?;
    let mut grow = Tool::named("resize2fs");
    grow.command.arg(&fresh);
    grow.run()?;
    keep(folder, &fresh)
}

fn keep(folder: &Path, fresh: &Path) -> io::Result<()> {
    // Half a disk after a power failure would look like one.
    fs::File::open(fresh)?.sync_all()?;
    fs::rename(fresh, image(folder))?;
    fs::File::open(folder)?.sync_all()
}

fn make(folder: &Path, bytes: u64) -> io::Result<()> {
    let fresh = begin(folder, bytes)?;
    let mut format = Tool::named("mkfs.ext4");
    format
        .command
        .args([
            "-q", "-F", "-m", "0", "-b", "4096", "-i", "16384", "-I", "256",
        ])
        .args(["-O", "^resize_inode,sparse_super2", "-G", "4096", "-E"])
        .arg(
            "lazy_itable_init=1,lazy_journal_init=1,nodiscard,num_backup_sb=0,packed_meta_blocks=1",
        )
        .arg(&fresh);
    format.run()?;
    keep(folder, &fresh)
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

/// Whether this machine can make such disks, by making a small one in `folder`; why not.
pub fn probe(folder: &Path) -> Result<(), String> {
    let probed = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        drop(prepare(folder, LEAST_BYTES, true)?);
        await_detached(&image(folder))?;
        fs::remove_dir_all(folder)
    };
    probed().map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Like all that mounts, this needs root.
    #[test]
    fn a_disk_that_somebody_has_is_not_checked() {
        let dir = tempfile::tempdir().unwrap();
        let held = prepare(dir.path(), LEAST_BYTES, true).unwrap();
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
        drop(prepare(dir.path(), LEAST_BYTES, false).unwrap());
    }
}
