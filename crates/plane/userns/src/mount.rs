//! Mounts that are made apart and put in their place when they are ready.

use std::{
    ffi::{CStr, CString},
    fs::File,
    io::{self, Read as _},
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

/// A copy of the mount at `path`, from there on downwards, which is nowhere yet.
pub fn clone_tree(path: &Path) -> io::Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    open_tree(libc::AT_FDCWD, &path, 0)
}

/// As [`clone_tree`], with what is mounted below.
pub fn clone_with_below(path: &Path) -> io::Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    open_tree(libc::AT_FDCWD, &path, libc::AT_RECURSIVE)
}

/// A copy of a mount that is nowhere yet, or of what an open path leads to.
pub fn clone_of(open: impl AsFd) -> io::Result<OwnedFd> {
    open_tree(open.as_fd().as_raw_fd(), c"", libc::AT_EMPTY_PATH)
}

/// As [`clone_with_below`]. Mounts that come or go at either place later do so there alone.
pub fn clone_whole_tree(path: &Path) -> io::Result<OwnedFd> {
    alone(clone_with_below(path)?)
}

/// The same of what is open, a folder or a file of the calling thread's mount namespace.
pub fn clone_whole_tree_at(open: impl AsFd) -> io::Result<OwnedFd> {
    let flags = libc::AT_RECURSIVE | libc::AT_EMPTY_PATH;
    alone(open_tree(open.as_fd().as_raw_fd(), c"", flags)?)
}

fn open_tree(folder: i32, path: &CStr, more: i32) -> io::Result<OwnedFd> {
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | more.cast_unsigned();
    // SAFETY: the path is a C string that outlives the call; a success is a new descriptor of ours.
    owned(unsafe { libc::syscall(libc::SYS_open_tree, folder, path.as_ptr(), flags) })
}

fn alone(mount: OwnedFd) -> io::Result<OwnedFd> {
    let attributes = libc::mount_attr {
        attr_set: 0,
        attr_clr: 0,
        propagation: libc::MS_PRIVATE,
        userns_fd: 0,
    };
    let flags = libc::AT_EMPTY_PATH | libc::AT_RECURSIVE;
    set_attributes(&mount, &attributes, flags)?;
    Ok(mount)
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
    set_attributes(mount, &attributes, libc::AT_EMPTY_PATH)
}

/// As the kernel's call has it.
pub fn set_attributes(
    mount: impl AsFd,
    attributes: &libc::mount_attr,
    flags: i32,
) -> io::Result<()> {
    // SAFETY: the structure has the size given and outlives the call, as does the empty path.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            flags,
            std::ptr::from_ref(attributes),
            size_of::<libc::mount_attr>(),
        )
    })?;
    Ok(())
}

/// Makes owners appear as the user namespace numbers them: what is 0 on disk is its root. The mount
/// is nowhere yet. Fails with EINVAL where the file system cannot.
pub fn map_owners(mount: impl AsFd, user_namespace: impl AsFd) -> io::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_IDMAP,
        attr_clr: 0,
        propagation: 0,
        userns_fd: user_namespace.as_fd().as_raw_fd() as u64,
    };
    set_attributes(mount, &attributes, libc::AT_EMPTY_PATH)
}

/// Puts a mount that is nowhere yet at `target`.
pub fn attach(mount: impl AsFd, target: &Path) -> io::Result<()> {
    let target = CString::new(target.as_os_str().as_bytes())?;
    move_mount(mount, libc::AT_FDCWD, &target, 0)
}

/// The same on what the other descriptor has open.
pub fn put(mount: impl AsFd, place: impl AsFd) -> io::Result<()> {
    let place = place.as_fd().as_raw_fd();
    move_mount(mount, place, c"", libc::MOVE_MOUNT_T_EMPTY_PATH)
}

fn move_mount(mount: impl AsFd, folder: i32, path: &CStr, more: libc::c_uint) -> io::Result<()> {
    // SAFETY: open descriptors, C strings that outlive the call, and a number.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            folder,
            path.as_ptr(),
            libc::MOVE_MOUNT_F_EMPTY_PATH | more,
        )
    })?;
    Ok(())
}

/// A new mount of a file system of that kind, with options of its own and attributes of the mount, which is nowhere yet.
/// Options are names, or names with values after `=`.
pub fn fresh<T: AsRef<str>>(
    kind: &str,
    source: &str,
    options: &[T],
    attributes: u64,
) -> io::Result<OwnedFd> {
    create(&begin(&CString::new(kind)?)?, source, options, attributes)
}

/// As [`fresh`]; the error of an option that is refused has the kernel's reason, and no number any more. The kernel keeps
/// reasons for whoever mounts in these steps, and logs none of them.
pub fn fresh_or_why<T: AsRef<str>>(
    kind: &str,
    source: &str,
    options: &[T],
    attributes: u64,
) -> io::Result<OwnedFd> {
    let context = begin(&CString::new(kind)?)?;
    create(&context, source, options, attributes).map_err(|error| with_reason(error, context))
}

fn create<T: AsRef<str>>(
    context: &OwnedFd,
    source: &str,
    options: &[T],
    attributes: u64,
) -> io::Result<OwnedFd> {
    set(context, c"source", Some(source))?;
    let options = options.iter().map(AsRef::as_ref);
    for option in options.filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some((name, value)) => set(context, &CString::new(name)?, Some(value))?,
            None => set(context, &CString::new(option)?, None)?,
        }
    }
    configure(context, FSCONFIG_CMD_CREATE, None, None)?;
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

/// The error with what the kernel has against the options of this mount: a few messages, of which each read gives one.
fn with_reason(error: io::Error, context: OwnedFd) -> io::Error {
    let (mut messages, mut message) = (File::from(context), [0; 512]);
    let mut reasons = Vec::new();
    while let Ok(length @ 1..) = messages.read(&mut message) {
        // The letter before it says how grave it is.
        if let Some(reason) = String::from_utf8_lossy(&message[..length]).strip_prefix("e ") {
            reasons.push(reason.trim_end().to_owned());
        }
    }
    match reasons.is_empty() {
        true => error,
        false => io::Error::new(error.kind(), format!("{error}: {}", reasons.join("; "))),
    }
}

/// Whether file systems of that kind have an option `name` that takes `value`. Those that look at their options only when
/// they are mounted take any until then, also without a value: of them it is not known, and the answer is no.
///
/// # Errors
/// The kernel has no such file system, or this process may mount none.
pub fn has_option(kind: &CStr, name: &CStr, value: &str) -> io::Result<bool> {
    let context = begin(kind)?;
    let takes_all = set(&context, name, None).is_ok();
    Ok(!takes_all && set(&context, name, Some(value)).is_ok())
}

/// A mount of a file system of that kind, which is to get its options.
fn begin(kind: &CStr) -> io::Result<OwnedFd> {
    // SAFETY: a C string that outlives the call; a success is a new descriptor of ours.
    owned(unsafe { libc::syscall(libc::SYS_fsopen, kind.as_ptr(), FSOPEN_CLOEXEC) })
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

fn owned(descriptor: libc::c_long) -> io::Result<OwnedFd> {
    let descriptor = Errno::result(descriptor)?;
    // SAFETY: the kernel has just given it to us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as i32) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_take_a_value_are_told_from_others() {
        assert!(has_option(c"tmpfs", c"size", "1m").unwrap());
        assert!(!has_option(c"tmpfs", c"size", "much").unwrap());
        assert!(!has_option(c"tmpfs", c"nonsense", "1m").unwrap());
        assert!(has_option(c"nonsense", c"size", "1m").is_err());
    }
}
