//! The process of a session: what it prints, what is typed, how it ends.

use std::{
    collections::VecDeque,
    future::pending,
    io::{self, Read, Write},
    os::fd::{AsRawFd, OwnedFd},
    time::Duration,
};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use tokio::{
    io::unix::AsyncFd,
    time::{Instant, sleep_until},
};
use tokio_util::task::AbortOnDropHandle;
use wharf_container::runtime::{ContainerError, ExecSession};
use wharf_datachannel::handshake::Size;

/// Bytes of one message at most.
const CHUNK: usize = 4096;
/// What is typed and not read yet, in bytes.
const MAX_PENDING: usize = 64 << 10;
/// A process that has ended may leave others that hold its output open; it is closed when nothing
/// came for so long.
const QUIET: Duration = Duration::from_millis(200);

type Stream = AsyncFd<std::fs::File>;

pub struct Process {
    input: Option<Stream>,
    output: Option<Stream>,
    errors: Option<Stream>,
    terminal: bool,
    pending: VecDeque<Vec<u8>>,
    pending_bytes: usize,
    /// Nothing more will be typed.
    input_ends: bool,
    /// Follows the process, and ends it when dropped.
    waiting: AbortOnDropHandle<Result<i32, ContainerError>>,
    code: Option<i32>,
    heard: Instant,
}

/// Something the process did.
#[derive(Debug, PartialEq, Eq)]
pub enum Happened {
    Printed(Vec<u8>),
    /// To standard error, where that comes by itself.
    Complained(Vec<u8>),
    /// It took input, ended, or closed something: look again.
    Changed,
}

impl Process {
    pub fn new(mut session: ExecSession) -> io::Result<Self> {
        let terminal = session.terminal.take();
        let (input, output, errors) = match &terminal {
            Some(main) => (
                Some(stream(main.try_clone()?)?),
                Some(stream(main.try_clone()?)?),
                None,
            ),
            None => {
                let receiver = |pipe: Option<tokio::net::unix::pipe::Receiver>| {
                    pipe.map(|pipe| stream(pipe.into_nonblocking_fd()?))
                        .transpose()
                };
                let stdin = session.stdin.take();
                let stdin = stdin.map(|pipe| stream(pipe.into_nonblocking_fd()?));
                let errors = receiver(session.stderr.take())?;
                (stdin.transpose()?, receiver(session.stdout.take())?, errors)
            }
        };
        let waiting = tokio::spawn(async move { session.wait().await });
        Ok(Self {
            input,
            output,
            errors,
            terminal: terminal.is_some(),
            pending: VecDeque::new(),
            pending_bytes: 0,
            input_ends: false,
            waiting: AbortOnDropHandle::new(waiting),
            code: None,
            heard: Instant::now(),
        })
    }

    /// Whether more may be typed now.
    pub fn has_room(&self) -> bool {
        self.pending_bytes < MAX_PENDING
    }

    pub fn write(&mut self, bytes: Vec<u8>) {
        if self.input.is_some() && !bytes.is_empty() {
            self.pending_bytes += bytes.len();
            self.pending.push_back(bytes);
        }
    }

    /// Nothing more will be typed. A terminal has no end: there it is a key.
    pub fn end_input(&mut self) {
        self.input_ends = true;
        self.close_spent_input();
    }

    pub fn resize(&self, size: Size) {
        let wanted = libc_size(size);
        if let (true, Some(terminal)) = (self.terminal, &self.output) {
            // A terminal that is gone needs no size.
            // SAFETY: the request takes a pointer to a winsize, which outlives the call.
            unsafe {
                nix::libc::ioctl(
                    terminal.as_raw_fd(),
                    nix::libc::TIOCSWINSZ,
                    &raw const wanted,
                )
            };
        }
    }

    /// It has ended and all it printed was taken: its code.
    pub fn over(&self) -> Option<i32> {
        self.code
            .filter(|_| self.output.is_none() && self.errors.is_none())
    }

    /// The next thing that happens; output is left alone unless `may_read`. Dropping the future
    /// loses nothing.
    pub async fn next(&mut self, may_read: bool) -> Happened {
        let quiet = self.heard + QUIET;
        let drained = self.code.is_some() && may_read;
        tokio::select! {
            printed = read(self.output.as_ref()), if may_read => match printed {
                Some(bytes) => self.taken(Happened::Printed(bytes)),
                None => {
                    self.output = None;
                    Happened::Changed
                }
            },
            printed = read(self.errors.as_ref()), if may_read => match printed {
                Some(bytes) => self.taken(Happened::Complained(bytes)),
                None => {
                    self.errors = None;
                    Happened::Changed
                }
            },
            written = write(self.input.as_ref(), self.pending.front()) => {
                self.wrote(written);
                Happened::Changed
            }
            ended = &mut self.waiting, if self.code.is_none() => {
                // A shim that died took the process along.
                self.code = Some(ended.ok().and_then(Result::ok).unwrap_or(137));
                self.heard = Instant::now();
                self.input = None;
                Happened::Changed
            }
            () = sleep_until(quiet), if drained && self.over().is_none() => {
                self.output = None;
                self.errors = None;
                Happened::Changed
            }
            else => pending().await,
        }
    }

    fn taken(&mut self, what: Happened) -> Happened {
        self.heard = Instant::now();
        what
    }

    fn wrote(&mut self, written: Option<usize>) {
        let Some(count) = written else {
            // Nobody reads any more.
            self.input = None;
            self.pending.clear();
            self.pending_bytes = 0;
            return;
        };
        self.pending_bytes = self.pending_bytes.saturating_sub(count);
        if let Some(front) = self.pending.front_mut() {
            front.drain(..count.min(front.len()));
            if front.is_empty() {
                self.pending.pop_front();
            }
        }
        self.close_spent_input();
    }

    fn close_spent_input(&mut self) {
        if self.input_ends && self.pending.is_empty() && !self.terminal {
            self.input = None;
        }
    }
}

fn stream(fd: OwnedFd) -> io::Result<Stream> {
    let flags = OFlag::from_bits_truncate(fcntl(&fd, FcntlArg::F_GETFL)?);
    fcntl(&fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    // SAFETY: a file keeps its one descriptor open for as long as it lives.
    Ok(unsafe { AsyncFd::register(std::fs::File::from(fd)) }?)
}

fn libc_size(size: Size) -> nix::libc::winsize {
    nix::libc::winsize {
        ws_row: size.rows,
        ws_col: size.cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// `None` at the end; a terminal's is an error (EIO). Waits for ever where there is nothing to read.
async fn read(stream: Option<&Stream>) -> Option<Vec<u8>> {
    let Some(stream) = stream else {
        return pending().await;
    };
    let mut buffer = vec![0; CHUNK];
    loop {
        let mut ready = stream.readable().await.ok()?;
        match ready.try_io(|file| file.get_ref().read(&mut buffer)) {
            Ok(Ok(0)) => return None,
            Ok(Ok(count)) => {
                buffer.truncate(count);
                return Some(buffer);
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(Err(_)) => return None,
            Err(_would_block) => {}
        }
    }
}

/// How much was taken; `None` if nobody takes anything any more.
async fn write(stream: Option<&Stream>, bytes: Option<&Vec<u8>>) -> Option<usize> {
    let (Some(stream), Some(bytes)) = (stream, bytes) else {
        return pending().await;
    };
    loop {
        let mut ready = stream.writable().await.ok()?;
        match ready.try_io(|file| file.get_ref().write(bytes)) {
            Ok(Ok(count)) => return Some(count),
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(Err(_)) => return None,
            Err(_would_block) => {}
        }
    }
}
