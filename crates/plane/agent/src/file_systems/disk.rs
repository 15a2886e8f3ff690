//! The disk of a file system: a file of the host with an ext4 in it, sealed or not, which no one but the program that serves it has
//! mounted. So whoever takes that program over finds by its handles what it serves anyhow.
//!
//! The file is sparse and as long as the host's disk is large, so a file system grows until that is full; what is deleted becomes
//! holes again. It is made in milliseconds, and costs less than a megabyte for a disk of 256 GiB. Where the host's disk became much larger,
//! the file system does so when it is next opened.
//!
//! | there is | then |
//! | --- | --- |
//! | `disk.img` | the files are on it |
//! | `data`, of an earlier version or a machine that makes no disks | they are in that folder |
//! | neither | a disk is made, if the file system is new |

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use nix::sys::statvfs::statvfs;
use wharf_container::runtime::{PreparedDisk, is_attached};
use wharf_sealed_file::{hide, is_sealed, seal};

use crate::{
    instances::{Tool, await_detached, hold},
    machine::reserve_of,
    volumes::ready_by,
};

/// No file of an ext4 is longer than twice as much.
const MOST_BYTES: u64 = 8 << 40;
const LEAST_BYTES: u64 = 1 << 30;
/// A disk is made larger when it can be so by this part of it: all of it is checked then.
const GROWTH_PART: u64 = 4;

pub fn image(folder: &Path) -> PathBuf {
    folder.join("disk.img")
}

/// Whether the files lie in a folder rather than on a disk. `makes_disks`: what comes of a new one.
pub fn is_folder(folder: &Path, makes_disks: bool) -> bool {
    !image(folder).exists() && (folder.join("data").exists() || !makes_disks)
}

/// The file of a disk, made if it is not there and `may_make`, and made longer if the host's disk became much larger. Blocks.
///
/// # Errors
/// It is missing, or sealed where it should not be, or not where it should.
pub fn keep(folder: &Path, may_make: bool, sealed: bool) -> io::Result<PathBuf> {
    let image = image(folder);
    let is_there = image.try_exists()?;
    if !is_there && !may_make {
        let text = "its disk is missing on this host";
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    if !is_there {
        make(folder, &image, sealed)?;
    }
    if is_sealed(&image) != sealed {
        let text = "its disk is sealed where it should not be, or is not where it should";
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    let (now, wanted) = (fs::metadata(&image)?.len(), size_of(folder)?);
    if wanted >= now.saturating_add(now / GROWTH_PART) {
        let file = OpenOptions::new().write(true).open(&image)?;
        file.set_len(wanted)?;
        file.sync_all()?;
    }
    Ok(image)
}

fn size_of(folder: &Path) -> io::Result<u64> {
    let host = statvfs(folder)?;
    let total = host.blocks() * host.fragment_size();
    Ok((total >> 20 << 20).clamp(LEAST_BYTES, MOST_BYTES))
}

fn make(folder: &Path, image: &Path, sealed: bool) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let host = statvfs(folder)?;
    let block = host.fragment_size();
    if host.blocks_available() * block < reserve_of(host.blocks() * block) {
        let text = "the disk of its host is full";
        return Err(io::Error::new(io::ErrorKind::StorageFull, text));
    }
    // Before anything of it is there: from then on nobody takes it for one that is not sealed.
    if sealed {
        seal(image)?;
    }
    let fresh = folder.join("disk.new");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)?;
    file.set_len(size_of(folder)?)?;
    file.sync_all()?;
    fs::rename(&fresh, image)?;
    let above = folder.parent().unwrap_or(folder);
    File::open(folder)?.sync_all()?;
    File::open(above)?.sync_all()
}

/// The disk, looked over and mounted at no place, once nobody else has it. A sealed one is shown. Blocks.
pub fn mounted(image: &Path) -> io::Result<PreparedDisk> {
    hold(image, |device| ready_by(image, device, format))
}

/// Of any size in milliseconds: nothing but its first blocks is written, and tables come as they are used.
fn format(device: &Path) -> io::Result<()> {
    let mut format = Tool::named("mkfs.ext4");
    format
        .command
        .args(["-q", "-F", "-m", "0", "-b", "4096", "-i", "16384"])
        .args(["-I", "256", "-J", "size=32", "-G", "64"])
        .args(["-O", "^resize_inode,sparse_super2", "-E"])
        .arg("lazy_itable_init=1,lazy_journal_init=1,nodiscard")
        .arg(device);
    format.run()
}

/// Nobody gets it by its key any more, once nobody has it mounted. Blocks.
pub fn shut(image: &Path) -> io::Result<()> {
    if image.exists() && is_sealed(image) {
        await_detached(image)?;
        hide(image)?;
    }
    Ok(())
}

/// Removes it, and all of its folder.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`] while it is mounted.
pub fn remove(folder: &Path) -> io::Result<()> {
    let image = image(folder);
    if image.try_exists()? {
        if is_attached(&image)? {
            let text = "its disk is still mounted";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
        }
        hide(&image)?;
    }
    wharf_rootdir::remove_tree(folder)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn where_files_lie() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("fs-1");
        assert!(!is_folder(&folder, true) && is_folder(&folder, false));
        fs::create_dir_all(folder.join("data")).unwrap();
        assert!(is_folder(&folder, true));
        let other = dir.path().join("fs-2");
        let missing = keep(&other, false, false).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        let made = keep(&other, true, true).unwrap();
        assert_eq!(made, keep(&other, false, true).unwrap());
        assert!(!is_folder(&other, false));
        let bad = keep(&other, true, false).unwrap_err();
        assert_eq!(bad.kind(), io::ErrorKind::InvalidData);
    }

    /// Like all that mounts, this needs root.
    #[test]
    fn a_disk_is_sparse_and_mounted_once() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("fs-1");
        let image = keep(&folder, true, false).unwrap();
        let disk = mounted(&image).unwrap();
        let file = fs::metadata(&image).unwrap();
        assert!(file.len() >= LEAST_BYTES && file.blocks() * 512 < 32 << 20);
        let busy = remove(&folder).unwrap_err();
        assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
        drop(disk);
        await_detached(&image).unwrap();
        // One that is made longer has a file system as large.
        File::options()
            .write(true)
            .open(&image)
            .unwrap()
            .set_len(file.len() * 2)
            .unwrap();
        drop(mounted(&image).unwrap());
        await_detached(&image).unwrap();
        remove(&folder).unwrap();
        assert!(!folder.exists());
    }
}
