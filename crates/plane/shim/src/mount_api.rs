//! The kernel's calls by which mounts are made nowhere and put in their place through descriptors: no path
//! is walked twice, so nobody can put a link in its way in between.

use std::{
    ffi::{CStr, CString},
    io,
    os::{
        fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
};

use nix::errno::Errno;

/// Of `linux/mount.h`.
const FSOPEN_CLOEXEC: libc::c_int = 1;
const FSMOUNT_CLOEXEC: libc::c_int = 1;
const FSCONFIG_SET_FLAG: libc::c_int = 0;
const FSCONFIG_SET_STRING: libc::c_int = 1;
const FSCONFIG_CMD_CREATE: libc::c_int = 6;
const BETWEEN_DESCRIPTORS: libc::c_uint =
    libc::MOVE_MOUNT_F_EMPTY_PATH | libc::MOVE_MOUNT_T_EMPTY_PATH;

/// A new mount of a file system of that kind, with options of its own and attributes of the mount.
pub fn fresh(kind: &str, source: &str, options: &[String], attributes: u64) -> io::Result<OwnedFd> {
    let kind = CString::new(kind)?;
    // SAFETY: a C string that outlives the call; a success is a new descriptor of ours.
    let context = owned(unsafe { libc::syscall(libc::SYS_fsopen, kind.as_ptr(), FSOPEN_CLOEXEC) })?;
    set(&context, c"source", Some(source))?;
    for option in options.iter().filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some((name, value)) => set(&context, &CString::new(name)?, Some(value))?,
            None => set(&context, &CString::new(option.as_str())?, None)?,
        }
    }
    configure(&context, FSCONFIG_CMD_CREATE, None, None)?;
    // SAFETY: an open descriptor and numbers; a success is a new descriptor of ours.
    owned(unsafe {
        libc::syscall(
            libc::SYS_fsmount,
            context.as_raw_fd(),
            FSMOUNT_CLOEXEC,
            attributes,
        )
    })
}

fn set(context: &OwnedFd, name: &CStr, value: Option<&str>) -> io::Result<()> {
    let value = value.map(CString::new).transpose()?;
    let command = match value {
        Some(_) => FSCONFIG_SET_STRING,
        None => FSCONFIG_SET_FLAG,
    };
    configure(context, command, Some(name), value.as_deref())
}

fn configure(
    context: &OwnedFd,
    command: libc::c_int,
    name: Option<&CStr>,
    value: Option<&CStr>,
) -> io::Result<()> {
    let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: C strings that outlive the call, or null; an open descriptor and numbers.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_fsconfig,
            context.as_raw_fd(),
            command,
            pointer(name),
            pointer(value),
            0,
        )
    })?;
    Ok(())
}

/// A copy of the mount at `path`, from there on downwards, which is nowhere yet; with all mounts below it if `whole`.
pub fn copy(path: &Path, whole: bool) -> io::Result<OwnedFd> {
    open_tree(
        libc::AT_FDCWD,
        &CString::new(path.as_os_str().as_bytes())?,
        if whole { libc::AT_RECURSIVE } else { 0 },
    )
}

/// A copy of a mount that is nowhere yet, or of what an open path leads to.
pub fn copy_of(mount: impl AsFd) -> io::Result<OwnedFd> {
    open_tree(mount.as_fd().as_raw_fd(), c"", libc::AT_EMPTY_PATH)
}

fn open_tree(folder: libc::c_int, path: &CStr, more: libc::c_int) -> io::Result<OwnedFd> {
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | more as libc::c_uint;
    // SAFETY: a C string that outlives the call and numbers; a success is a new descriptor of ours.
    owned(unsafe { libc::syscall(libc::SYS_open_tree, folder, path.as_ptr(), flags) })
}

/// Attributes of a mount, not of those below it.
pub fn change(mount: impl AsFd, add: u64, take: u64) -> io::Result<()> {
    if (add, take) == (0, 0) {
        return Ok(());
    }
    let attributes = libc::mount_attr {
        attr_set: add,
        attr_clr: take,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the structure has the size given and outlives the call, as does the empty path.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    })?;
    Ok(())
}

/// Puts a mount that is nowhere yet on what the other descriptor has open.
pub fn put(mount: impl AsFd, place: impl AsFd) -> io::Result<()> {
    // SAFETY: open descriptors, empty C strings that outlive the call, and a number.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            place.as_fd().as_raw_fd(),
            c"".as_ptr(),
            BETWEEN_DESCRIPTORS,
        )
    })?;
    Ok(())
}

fn owned(descriptor: libc::c_long) -> io::Result<OwnedFd> {
    let descriptor = Errno::result(descriptor)?;
    // SAFETY: the kernel has just given it to us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as i32) })
}
