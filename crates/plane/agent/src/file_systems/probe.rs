//! Whether this machine can keep file systems, and whether its tasks can mount them.

use std::{fs, io, os::fd::AsRawFd as _, path::Path};

use nix::{errno::Errno, libc};

/// What tasks that mount file systems ask of a container instance, and those that do as their role.
pub const CAPABILITIES: [&str; 2] = ["ecs.capability.efs", "ecs.capability.efsAuth"];

/// Whether the disk below `folder` finds files again by their handles.
///
/// # Errors
/// It does not.
pub fn keeps(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    has_handles(&fs::File::open(folder)?)
}

#[repr(C)]
struct Handle {
    length: u32,
    kind: i32,
    bytes: [u8; 112],
}

fn has_handles(folder: &fs::File) -> io::Result<()> {
    let mut handle = Handle {
        length: 112,
        kind: 0,
        bytes: [0; 112],
    };
    let mut mount: libc::c_int = 0;
    let at = libc::AT_EMPTY_PATH;
    let folder = folder.as_raw_fd();
    // SAFETY: the pointers are to what outlives the call; the kernel writes `length` bytes at most.
    let done = unsafe {
        libc::syscall(
            libc::SYS_name_to_handle_at,
            folder,
            c"".as_ptr(),
            &raw mut handle,
            &raw mut mount,
            at,
        )
    };
    Errno::result(done)?;
    // SAFETY: the kernel reads what it wrote.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_open_by_handle_at,
            folder,
            &raw mut handle,
            libc::O_PATH | libc::O_CLOEXEC,
        )
    };
    let fd = i32::try_from(Errno::result(fd)?).map_err(io::Error::other)?;
    // SAFETY: a descriptor of ours that nobody else knows.
    Errno::result(unsafe { libc::close(fd) })?;
    Ok(())
}

/// Whether what a program shows can be mounted here.
pub fn can_mount() -> bool {
    let fuse = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/fuse");
    fuse.is_ok()
}
