//! The kernel's calls by which mounts are made nowhere and put in their place through descriptors: no path
//! is walked twice, so nobody can put a link in its way in between.

use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    path::Path,
};

use nix::errno::Errno;
pub use wharf_userns::{change, clone_of as copy_of, put};
use wharf_userns::{clone_tree, clone_with_below};

/// Of `linux/mount.h`.
const FSOPEN_CLOEXEC: libc::c_int = 1;
const FSMOUNT_CLOEXEC: libc::c_int = 1;
const FSCONFIG_SET_FLAG: libc::c_int = 0;
const FSCONFIG_SET_STRING: libc::c_int = 1;
const FSCONFIG_CMD_CREATE: libc::c_int = 6;

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
    match whole {
        true => clone_with_below(path),
        false => clone_tree(path),
    }
}

fn owned(descriptor: libc::c_long) -> io::Result<OwnedFd> {
    let descriptor = Errno::result(descriptor)?;
    // SAFETY: the kernel has just given it to us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as i32) })
}
