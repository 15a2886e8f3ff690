//! The agent's end: starts the program of a file system, and tells it what is to be.
//!
//! Files lie on a disk of their own, which the program alone has mounted; those of file systems that earlier versions made, or
//! machines that make no disks, in a folder of the host's. What a program keeps open of the host's is good for nothing else: a lock,
//! or the image of its disk as a name alone, by which it asks how much room there is.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
        unix::{
            fs::OpenOptionsExt as _,
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
    thread,
    time::{Duration, Instant},
};

use nix::errno::Errno;
use wharf_programs::{Program, heard};

use crate::{
    control::{Answer, Begin, Request, receive, send},
    serve::{ARGUMENT, READY},
};

/// What a program may take to begin, and to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// … and to end.
const MOMENT: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);

/// Where the files of a file system lie.
#[derive(Debug, Clone, Copy)]
pub enum Files<'a> {
    Folder(&'a Path),
    Disk {
        /// Of the disk, at no place.
        mount: BorrowedFd<'a>,
        image: &'a Path,
    },
}

/// Starts the program of a file system. What its files lie in is made where it is not there and `may_make`. It listens for
/// requests at `socket`. Blocks.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`] while one runs that does not answer there.
pub fn start(
    program: &Program,
    files: &Files<'_>,
    may_make: bool,
    socket: &Path,
) -> io::Result<()> {
    let (own, kept) = match files {
        Files::Folder(folder) => {
            if may_make {
                wharf_durable::private_folder(folder)?;
            }
            let own = File::open(folder)?;
            // A program of an earlier version has the folder itself locked.
            locked(&own)?;
            let lock = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(folder.join("lock"))?;
            locked(&lock)?;
            (OwnedFd::from(own), lock)
        }
        Files::Disk { mount, image } => {
            let image = OpenOptions::new()
                .read(true)
                .custom_flags(libc::O_PATH)
                .open(image)?;
            (mount.try_clone_to_owned()?, image)
        }
    };
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Some(parent) = socket.parent() {
        wharf_durable::private_folder(parent)?;
    }
    let control = UnixListener::bind(socket)?;
    let (said, theirs) = UnixStream::pair()?;
    said.set_read_timeout(Some(PATIENCE))?;
    let begin = Begin {
        may_make,
        on_disk: matches!(files, Files::Disk { .. }),
    };
    send(&said, &begin, &[kept.as_fd()])?;
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

/// The program has it for as long as it lives; one that was told to end does so in a moment.
fn locked(file: &File) -> io::Result<()> {
    let end = Instant::now() + MOMENT;
    loop {
        // SAFETY: takes a descriptor of ours and a number.
        let locked = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
        match Errno::result(locked) {
            Err(Errno::EWOULDBLOCK) if Instant::now() < end => thread::sleep(LOOK),
            Err(Errno::EWOULDBLOCK) => {
                let text = "a program that served it has not ended yet";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, text));
            }
            other => return other.map(drop).map_err(Into::into),
        }
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
