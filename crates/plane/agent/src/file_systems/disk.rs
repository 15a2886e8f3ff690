//! The disk of a file system: a file of the host with an ext4 in it, sealed or not, which no one but the program that serves it has
//! mounted. So whoever takes that program over finds by its handles what it serves anyhow.
//!
//! The file is sparse and as long as the host's disk was large when it was made, so a file system takes more until that is full; what is
//! deleted becomes holes again. It is made in milliseconds. It stays as long as it is: an ext4 that is not mounted cannot be
//! made larger without moving tables, which a loss of power would leave half-way.
//!
//! | there is | then |
//! | --- | --- |
//! | `disk.img` | the files are on it |
//! | `data`, of an earlier version or a machine that makes no disks | they are in that folder |
//! | neither | a disk is made, if the file system is new |

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use nix::sys::statvfs::statvfs;
use wharf_container::runtime::{PreparedDisk, is_attached};
use wharf_sealed_file::{hide, is_sealed, seal};

use crate::{
    instances::{Tool, await_detached, once_free},
    machine::reserve_of,
    volumes::ready_by,
};

/// No file of an ext4 is longer than twice as much.
const MOST_BYTES: u64 = 8 << 40;
const LEAST_BYTES: u64 = 1 << 30;

pub fn image(folder: &Path) -> PathBuf {
    folder.join("disk.img")
}

/// Whether the files lie in a folder rather than on a disk. `makes_disks`: what comes of a new one.
pub fn is_folder(folder: &Path, makes_disks: bool) -> bool {
    !image(folder).exists() && (folder.join("data").exists() || !makes_disks)
}

/// The file of a disk, made if it is not there and `may_make`. Blocks.
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
    Ok(image)
}

fn size_of(folder: &Path) -> io::Result<u64> {
    let host = statvfs(folder)?;
    let total = host.blocks() * host.fragment_size();
    Ok((total >> 20 << 20).clamp(LEAST_BYTES, MOST_BYTES))
}

fn make(folder: &Path, image: &Path, sealed: bool) -> io::Result<()> {
    wharf_durable::private_folder(folder)?;
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
    wharf_durable::put_in_place(&fresh, image)?;
    let above = folder.parent().unwrap_or(folder);
    File::open(above)?.sync_all()
}

/// The disk, looked over and mounted at no place, once nobody else has it. A sealed one is shown. Blocks.
///
/// # Errors
/// Nothing is on it, and it may not be made (`may_make`).
pub fn mounted(image: &Path, may_make: bool) -> io::Result<PreparedDisk> {
    let make = |device: &Path| match may_make {
        true => format(device),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its disk is empty",
        )),
    };
    once_free(|| PreparedDisk::kept_or_ended(image, |device| ready_by(image, device, make)))
}

/// Of any size in milliseconds: nothing but its first blocks is written, and tables come as they are used.
fn format(device: &Path) -> io::Result<()> {
    let mut format = Tool::named("mkfs.ext4");
    format
        .command
        .args(["-q", "-F", "-m", "0", "-b", "4096", "-i", "16384"])
        .args(["-I", "256", "-J", "size=32", "-G", "64"])
        .arg("-E")
        .arg("lazy_itable_init=1,lazy_journal_init=1,nodiscard")
        .arg(device);
    format.run()
}

/// Nobody gets it by its key any more, once nobody has it mounted. Blocks.
pub fn shut(image: &Path) -> io::Result<()> {
    if is_sealed(image) {
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
    // What shows a sealed one may be there without it.
    if image.try_exists()? || is_sealed(&image) {
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
    use std::{fs, os::unix::fs::MetadataExt as _};

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
        assert!(mounted(&image, false).is_err(), "it is empty");
        let disk = mounted(&image, true).unwrap();
        let file = fs::metadata(&image).unwrap();
        assert!(file.len() >= LEAST_BYTES && file.blocks() * 512 < 32 << 20);
        let busy = remove(&folder).unwrap_err();
        assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
        drop(disk);
        await_detached(&image).unwrap();
        // One that lost all that was on it is not made anew.
        drop(mounted(&image, false).unwrap());
        await_detached(&image).unwrap();
        File::create(&image).unwrap().set_len(file.len()).unwrap();
        let empty = mounted(&image, false).unwrap_err();
        assert_eq!(empty.to_string(), "its disk is empty");
        await_detached(&image).unwrap();
        remove(&folder).unwrap();
        assert!(!folder.exists());
    }
}
