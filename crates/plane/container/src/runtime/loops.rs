//! Loop devices: how they are put over files, and which files have one.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::AsRawFd,
        unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    sys::stat::{Mode, SFlag, makedev, mknod},
};
use wharf_sealed_file::{below_devices, is_sealed};

/// Of the kernel's loop devices.
pub(super) const LOOP_MAJOR: u64 = 7;
/// Others may take the device that was free a moment ago; so often the next one is tried.
const LOOP_TRIES: u32 = 64;

/// `struct loop_info64` of the kernel.
#[repr(C)]
struct LoopInfo {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    sizelimit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config`.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
}

/// `BLKROSET`
const SET_READ_ONLY: libc::Ioctl = 0x125D;
const LOOP_GET_STATUS64: libc::Ioctl = 0x4C05;
const LOOP_CONFIGURE: libc::Ioctl = 0x4C0A;
const LOOP_CTL_GET_FREE: libc::Ioctl = 0x4C82;
/// The device lets go of its file when the last who uses it closes it.
const LO_FLAGS_AUTOCLEAR: u32 = 4;
/// Past the page cache: what a task writes is cached once, and counts as the task's.
const LO_FLAGS_DIRECT_IO: u32 = 16;

/// Of a device that stays until it is let go.
pub(super) const LONG_LOOP: u32 = LO_FLAGS_DIRECT_IO;

/// Puts a loop device over the file, which goes with its last user.
pub(super) fn attach(file: &File, path: &Path) -> io::Result<(File, u64)> {
    bind_loop(file, path, LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO)
}

pub(super) fn bind_loop(file: &File, path: &Path, flags: u32) -> io::Result<(File, u64)> {
    let control = open_device("/dev/loop-control")?;
    let mut flags = flags;
    for _ in 0..LOOP_TRIES {
        // SAFETY: an ioctl without an argument.
        let number =
            Errno::result(unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE) })? as u64;
        let device = loop_device(number, path)?;
        let config = config_of(file, path, flags);
        // SAFETY: the structure is the kernel's and outlives the call.
        let done = unsafe { libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE, &raw const config) };
        match Errno::result(done) {
            Ok(_) => {
                // Who had it before may have been held back to its end.
                set_read_only(&device, false)?;
                return Ok((device, number));
            }
            // Taken by somebody else meanwhile.
            Err(Errno::EBUSY) => {}
            // Not every file system can do without the page cache.
            Err(Errno::EINVAL) if flags & LO_FLAGS_DIRECT_IO != 0 => flags &= !LO_FLAGS_DIRECT_IO,
            Err(other) => return Err(other.into()),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::ResourceBusy,
        "no loop device stays free",
    ))
}

/// For a device that is kept: the disk below holds writes back as it sees fit, and the kernel would do so once more for the
/// loop device, which takes a third of the rate of small writes. Where it cannot be told so, they are slower.
pub(super) fn take_writes_at_once(number: u64) {
    let path = format!("/sys/block/loop{number}/queue/wbt_lat_usec");
    // To say it takes tens of milliseconds, and it stays said for the next who has the number.
    if fs::read_to_string(&path).is_ok_and(|it| it.trim() == "0") {
        return;
    }
    if let Err(error) = fs::write(&path, "0") {
        tracing::debug!(path, %error, "the kernel holds writes to a loop device back");
    }
}

/// Whether a device takes no writes, beyond what its file allows. The kernel keeps this for the next who has its number.
pub(super) fn set_read_only(device: &File, held: bool) -> io::Result<()> {
    let held = libc::c_int::from(held);
    // SAFETY: the kernel reads one number, which outlives the call.
    Errno::result(unsafe { libc::ioctl(device.as_raw_fd(), SET_READ_ONLY, &raw const held) })?;
    Ok(())
}

fn config_of(file: &File, path: &Path, flags: u32) -> LoopConfig {
    let mut file_name = [0; 64];
    // Shown by `losetup`; the last byte stays zero.
    let name = path.as_os_str().as_bytes();
    let shown = &name[name.len().saturating_sub(63)..];
    file_name[..shown.len()].copy_from_slice(shown);
    LoopConfig {
        fd: file.as_raw_fd() as u32,
        block_size: 0,
        info: LoopInfo {
            device: 0,
            inode: 0,
            rdevice: 0,
            offset: 0,
            sizelimit: 0,
            number: 0,
            encrypt_type: 0,
            encrypt_key_size: 0,
            flags,
            file_name,
            crypt_name: [0; 64],
            encrypt_key: [0; 32],
            init: [0; 2],
        },
        reserved: [0; 8],
    }
}

pub(super) fn open_device(path: impl AsRef<Path>) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_CLOEXEC)
        .open(path)
}

/// Where `/dev` is not the kernel's own, a device that is new has no file there yet.
pub(super) fn loop_device(number: u64, beside: &Path) -> io::Result<File> {
    match open_device(format!("/dev/loop{number}")) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let node = beside.with_extension("loop");
            let device = makedev(LOOP_MAJOR, number);
            mknod(
                &node,
                SFlag::S_IFBLK,
                Mode::from_bits_truncate(0o600),
                device,
            )?;
            let opened = open_device(&node);
            let _ = fs::remove_file(node);
            opened
        }
        other => other,
    }
}

/// Where others find a device, also if `/dev` is not the kernel's own.
pub(super) fn path_of(device: &File, number: u64) -> PathBuf {
    let named = PathBuf::from(format!("/dev/loop{number}"));
    if named.exists() {
        return named;
    }
    PathBuf::from(format!(
        "/proc/{}/fd/{}",
        std::process::id(),
        device.as_raw_fd()
    ))
}

/// Where the host has a device by its number.
pub(super) fn path_of_loop(number: u64) -> PathBuf {
    PathBuf::from(format!("/dev/loop{number}"))
}

pub(super) fn loop_in_sys(number: u64) -> PathBuf {
    PathBuf::from(format!("/sys/dev/block/{LOOP_MAJOR}:{number}"))
}

/// The file below a loop device, by the device's folder in `/sys`.
pub(super) fn backing_file(device: &Path) -> io::Result<PathBuf> {
    let text = fs::read_to_string(device.join("loop/backing_file"))?;
    Ok(PathBuf::from(text.trim_end_matches('\n')))
}

/// Whether a loop device is over the file, or over what shows it.
pub fn is_attached(image: &Path) -> io::Result<bool> {
    Ok(attached_files()?.contains(&file_of_devices(image)?))
}

/// The file that devices of an image are over, as the kernel names it.
///
/// # Errors
/// There is no image.
pub fn file_of_devices(image: &Path) -> io::Result<PathBuf> {
    let file = below_devices(image);
    match (is_sealed(image), file.parent(), file.file_name()) {
        // One whose program has ended cannot be looked at by itself.
        (true, Some(folder), Some(name)) => Ok(fs::canonicalize(folder)?.join(name)),
        _ => fs::canonicalize(file),
    }
}

/// The files that loop devices are over.
pub fn attached_files() -> io::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir("/sys/block")? {
        // Others are no loop devices, or have no file.
        if let Ok(backing) = backing_file(&entry?.path()) {
            files.insert(backing);
        }
    }
    Ok(files)
}

/// The file that a device is over: the number of its file system's device, and its own there.
pub(super) fn file_of(device: &File, image: &Path) -> io::Result<(u64, u64)> {
    let mut info = config_of(device, image, 0).info;
    // SAFETY: the structure is the kernel's and outlives the call.
    Errno::result(unsafe { libc::ioctl(device.as_raw_fd(), LOOP_GET_STATUS64, &raw mut info) })?;
    Ok((info.device, info.inode))
}
