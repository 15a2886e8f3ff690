//! File systems on volumes: made when nothing was ever written to one, checked before each mount.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    unistd::{Whence, lseek64},
};
use wharf_container::runtime::PreparedDisk;

use crate::instances::{Tool, await_detached, check_of};

/// Where the superblock of ext2 and its successors has its magic number.
const EXT_MAGIC_AT: u64 = 1024 + 56;
/// Where it says how many times it was mounted since it was last checked.
const EXT_MOUNTS_AT: u64 = 1024 + 52;
/// A file system ends with a whole group of blocks or a little before its device does.
const LEAST_GROWTH: u64 = 256 << 20;
const EXT_MAGIC: [u8; 2] = [0x53, 0xef];

/// Has the volume in the file `image` a file system that is sound. Only `device`, which is over that file and which
/// nobody else has, is written to. Blocks.
pub fn ready(image: &Path, device: &Path, filesystem: &str) -> io::Result<()> {
    ready_by(image, device, |device| make(device, filesystem))
}

/// The same with a file system that `make` makes on the device.
pub fn ready_by(
    image: &Path,
    device: &Path,
    make: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let begun = mark(image);
    let file = File::open(image)?;
    // What is in the file itself may be sealed.
    let seen = File::open(device)?;
    // One that was mounted once is never made anew, whatever a loss of power left of the mark.
    if (begun.try_exists()? || is_blank(&file)?) && !was_mounted(&seen)? {
        // Half a file system after a kill would pass for one.
        File::create(&begun)?.sync_all()?;
        sync_folder_of(image)?;
        make(device)?;
        File::open(device)?.sync_all()?;
        file.sync_all()?;
        fs::remove_file(&begun)?;
        return sync_folder_of(image);
    }
    if !has_magic(&seen)? {
        return Err(foreign());
    }
    let grows = bytes_of(&seen)? + LEAST_GROWTH < file.metadata()?.len();
    let mut check = check_of(device);
    check.command.args(grows.then_some("-f"));
    check.run()?;
    if !grows {
        return Ok(());
    }
    // Made of a smaller snapshot. Cut short, it is taken up by the next check.
    let mut grow = Tool::named("resize2fs");
    grow.command.arg(device);
    grow.run()
}

/// Whether a file system that an instance made is fit to be mounted by this machine: one that is not is the instance's to
/// repair. `begun` has what the check uses count as the instance's. Blocks.
pub fn check(device: &Path, begun: impl FnOnce(i32) -> io::Result<()>) -> io::Result<()> {
    if !has_magic(&File::open(device)?)? {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let checked = check_of(device).run_as(begun);
    checked.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn foreign() -> io::Error {
    let text = "it holds no file system that this machine can mount";
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// The size that the file system has, by its superblock.
fn bytes_of(file: &File) -> io::Result<u64> {
    let word = |at: u64| {
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 1024 + at)?;
        io::Result::Ok(u64::from(u32::from_le_bytes(bytes)))
    };
    let is_64_bits = word(96)? & 0x80 != 0;
    let high = if is_64_bits { word(336)? << 32 } else { 0 };
    let blocks = high | word(4)?;
    // At most 64 KiB.
    Ok(blocks << (10 + word(24)?.min(6)))
}

fn has_magic(file: &File) -> io::Result<bool> {
    let mut magic = [0; 2];
    file.read_exact_at(&mut magic, EXT_MAGIC_AT)?;
    Ok(magic == EXT_MAGIC)
}

/// Whether it holds a file system that was mounted since it was made.
fn was_mounted(file: &File) -> io::Result<bool> {
    let mut mounts = [0; 2];
    file.read_exact_at(&mut mounts, EXT_MOUNTS_AT)?;
    Ok(has_magic(file)? && mounts != [0; 2])
}

fn sync_folder_of(image: &Path) -> io::Result<()> {
    let folder = image.parent().unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()
}

/// There while a file system is being made.
fn mark(image: &Path) -> PathBuf {
    image.with_extension("formatting")
}

/// A file without any data.
fn is_blank(file: &File) -> io::Result<bool> {
    match lseek64(file, 0, Whence::SeekData) {
        Ok(_) => Ok(false),
        Err(Errno::ENXIO) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn make(device: &Path, filesystem: &str) -> io::Result<()> {
    let kind = match filesystem {
        "ext3" | "ext4" => filesystem,
        other => {
            let text = format!("this machine makes no file system {other}");
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
    };
    let mut format = Tool::named("mkfs.ext4");
    format
        .command
        .args(["-q", "-F", "-t", kind, "-m", "0", "-E"])
        .arg("lazy_itable_init=1,lazy_journal_init=1,nodiscard")
        .arg(device);
    format.run()
}

/// Whether this machine can make and mount volumes, by making a small one in `folder`; why not. Blocks.
pub fn probe(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let image = folder.join("probe.img");
    await_detached(&image)?;
    File::create(&image)?.set_len(64 << 20)?;
    let sound = |device: &Path| ready(&image, device, "ext4");
    drop(PreparedDisk::kept_checked(&image, sound)?);
    await_detached(&image)?;
    fs::remove_dir_all(folder)
}
