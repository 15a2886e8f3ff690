//! What is to be mounted, and how the program is started that shows it. Whoever mounts gets a mount that is nowhere yet.

use std::{
    ffi::{CStr, CString},
    fs::OpenOptions,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown},
    os::{
        fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

pub use crate::files::ids::Ids;
use crate::serve::{ARGUMENT, MAX_TOLD, READY};

/// What the program may take to find the server's files, and a bit.
const PATIENCE: Duration = Duration::from_secs(45);
const MAX_WORDS: u64 = 1024;

/// A server's files as a task is to see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    pub address: Ipv4Addr,
    pub port: u16,
    /// The folder that is shown, from the server's root.
    pub root: String,
    pub read_only: bool,
    pub tls: Option<Tls>,
    /// Of the task's user namespace, if it has one.
    pub ids: Option<Ids>,
    /// The server takes everybody for one user: then it alone decides what each may do.
    #[serde(default)]
    pub one_user: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The only one that is trusted, as PEM.
    pub certificate: String,
    /// A file whose bytes are sent first over each connection.
    pub greeting: Option<PathBuf>,
}

/// The program that shows it.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub path: PathBuf,
    /// The control group that it is to live in, which is there: not that of who starts it, with which it would end.
    pub group: Option<String>,
}

/// Shows it, by that program, which connects from that network namespace. Blocks until the server has answered.
///
/// # Errors
/// Say why the server's files cannot be had.
pub fn mount(program: &Program, mount: &Mount, network: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let told = serde_json::to_vec(mount).map_err(io::Error::other)?;
    if told.len() as u64 >= MAX_TOLD {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let fuse = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/fuse")?;
    let fuse = OwnedFd::from(fuse);
    let mounted = detached(mount, &fuse)?;
    let (mut own, theirs) = UnixStream::pair()?;
    own.set_read_timeout(Some(PATIENCE))?;
    own.set_write_timeout(Some(PATIENCE))?;
    let mut child = Command::new(&program.path)
        .arg(ARGUMENT)
        .args(&program.group)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(network.try_clone_to_owned()?))
        .stdout(OwnedFd::from(theirs))
        .stderr(Stdio::from(fuse))
        .spawn()?;
    // Its own child is the one that stays.
    child.wait()?;
    // One that has ended says why, rather than that nobody takes what it is told.
    let sent = own
        .write_all(&told)
        .and_then(|()| own.shutdown(Shutdown::Write));
    let mut said = Vec::new();
    (&own).take(MAX_WORDS).read_to_end(&mut said)?;
    if said.is_empty() {
        sent?;
    }
    match said == READY {
        true => Ok(mounted),
        false => Err(io::Error::other(format!(
            "the files of {}:{} cannot be had: {}",
            mount.address,
            mount.port,
            String::from_utf8_lossy(&said)
        ))),
    }
}

/// Of `linux/mount.h`.
const FSOPEN_CLOEXEC: libc::c_int = 1;
const FSMOUNT_CLOEXEC: libc::c_int = 1;
const FSCONFIG_SET_FLAG: libc::c_int = 0;
const FSCONFIG_SET_STRING: libc::c_int = 1;
const FSCONFIG_CMD_CREATE: libc::c_int = 6;

fn detached(mount: &Mount, fuse: &OwnedFd) -> io::Result<OwnedFd> {
    // SAFETY: a C string that outlives the call; a success is a new descriptor of ours.
    let context =
        owned(unsafe { libc::syscall(libc::SYS_fsopen, c"fuse".as_ptr(), FSOPEN_CLOEXEC) })?;
    let number = CString::new(fuse.as_raw_fd().to_string())?;
    for (name, value) in [
        (c"source", c"wharf-shared"),
        (c"fd", &number),
        (c"rootmode", c"40000"),
        (c"user_id", c"0"),
        (c"group_id", c"0"),
    ] {
        configure(&context, FSCONFIG_SET_STRING, Some(name), Some(value))?;
    }
    let flags = [
        (true, c"allow_other"),
        (!mount.one_user, c"default_permissions"),
        (mount.read_only, c"ro"),
    ];
    for (_, flag) in flags.into_iter().filter(|(is_set, _)| *is_set) {
        configure(&context, FSCONFIG_SET_FLAG, Some(flag), None)?;
    }
    configure(&context, FSCONFIG_CMD_CREATE, None, None)?;
    let mut attributes = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
    if mount.read_only {
        attributes |= libc::MOUNT_ATTR_RDONLY;
    }
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
    let descriptor = i32::try_from(descriptor).map_err(io::Error::other)?;
    // SAFETY: the kernel has just given it to us.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
