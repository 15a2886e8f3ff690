//! The agent's end: starts the program of a file system, and tells it what is to be.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io,
    os::{
        fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
        unix::{
            fs::{DirBuilderExt as _, PermissionsExt as _},
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
    time::Duration,
};

use nix::errno::Errno;
use wharf_programs::{Program, heard};

use crate::{
    control::{Answer, Request, receive, send},
    serve::{ARGUMENT, DATA, READY},
};

/// What a program may take to begin, and to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts the program of the file system in `folder`, which is made if it is not there and `may_make`. It listens for requests
/// at `socket`. Blocks.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`] while one runs that does not answer there.
pub fn start(program: &Program, folder: &Path, may_make: bool, socket: &Path) -> io::Result<()> {
    if may_make {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
        make_data(folder)?;
    }
    let own = File::open(folder)?;
    locked(&own)?;
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Some(parent) = socket.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)?;
    }
    let control = UnixListener::bind(socket)?;
    let (said, theirs) = UnixStream::pair()?;
    said.set_read_timeout(Some(PATIENCE))?;
    let given = [
        own.into(),
        OwnedFd::from(theirs).into(),
        OwnedFd::from(control).into(),
    ];
    program.begin(&[ARGUMENT.as_ref()], given)?;
    let words = heard(&said)?;
    match words == READY {
        true => Ok(()),
        false => Err(io::Error::other(format!(
            "the program that serves it said: {}",
            String::from_utf8_lossy(&words)
        ))),
    }
}

/// The folder of the files: at first everybody may read it, whatever the mask of who starts the program.
fn make_data(folder: &Path) -> io::Result<()> {
    let (data, making) = (folder.join(DATA), folder.join("making"));
    if !data.try_exists()? {
        match DirBuilder::new().mode(0o755).create(&making) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => other?,
        }
        fs::set_permissions(&making, Permissions::from_mode(0o755))?;
        fs::rename(&making, &data)?;
    }
    File::open(folder)?.sync_all()
}

/// The program has it for as long as it lives.
fn locked(folder: &File) -> io::Result<()> {
    // SAFETY: takes a descriptor of ours and a number.
    let locked = unsafe { libc::flock(folder.as_fd().as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    match Errno::result(locked) {
        Err(Errno::EWOULDBLOCK) => {
            let text = "a program that served it has not ended yet";
            Err(io::Error::new(io::ErrorKind::ResourceBusy, text))
        }
        other => other.map(drop).map_err(Into::into),
    }
}

/// Asks the program that listens at `socket`. Blocks.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] and [`io::ErrorKind::ConnectionRefused`] where none runs.
pub fn ask(socket: &Path, request: &Request, fds: &[BorrowedFd<'_>]) -> io::Result<Answer> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    send(&stream, request, fds)?;
    Ok(receive(&stream)?.0)
}
