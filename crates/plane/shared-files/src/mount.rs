//! What is to be mounted, and how the program is started that shows it. Whoever mounts gets a mount that is nowhere yet.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, Shutdown},
    os::{
        fd::{AsRawFd as _, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::PathBuf,
    time::Duration,
};

use serde::{Deserialize, Serialize};
pub use wharf_programs::Program;
use wharf_programs::{fuse, heard};

pub use crate::files::ids::Ids;
use crate::serve::{ARGUMENT, MAX_TOLD, READY};

/// What the program may take to find the server's files, and a bit.
const PATIENCE: Duration = Duration::from_secs(45);

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

/// Shows it, by that program, which connects from that network namespace. Blocks until the server has answered.
///
/// # Errors
/// Say why the server's files cannot be had.
pub fn mount(program: &Program, mount: &Mount, network: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let told = serde_json::to_vec(mount).map_err(io::Error::other)?;
    if told.len() as u64 >= MAX_TOLD {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let fuse = fuse::device()?;
    let mounted = detached(mount, &fuse)?;
    let (mut own, theirs) = UnixStream::pair()?;
    own.set_read_timeout(Some(PATIENCE))?;
    own.set_write_timeout(Some(PATIENCE))?;
    let network = network.try_clone_to_owned()?;
    let given = [network.into(), OwnedFd::from(theirs).into(), fuse.into()];
    program.begin(&[ARGUMENT.as_ref()], given)?;
    // One that has ended says why, rather than that nobody takes what it is told.
    let sent = own
        .write_all(&told)
        .and_then(|()| own.shutdown(Shutdown::Write));
    let said = heard(&own)?;
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

fn detached(mount: &Mount, fuse: &OwnedFd) -> io::Result<OwnedFd> {
    let mut options = vec![
        format!("fd={}", fuse.as_raw_fd()),
        "rootmode=40000".to_owned(),
        "user_id=0".to_owned(),
        "group_id=0".to_owned(),
    ];
    let flags = [
        (true, "allow_other"),
        (!mount.one_user, "default_permissions"),
        (mount.read_only, "ro"),
    ];
    let set = flags.into_iter().filter(|(is_set, _)| *is_set);
    options.extend(set.map(|(_, flag)| flag.to_owned()));
    let mut attributes = libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
    if mount.read_only {
        attributes |= libc::MOUNT_ATTR_RDONLY;
    }
    wharf_userns::fresh("fuse", "wharf-shared", &options, attributes)
}
