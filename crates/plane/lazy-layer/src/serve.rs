//! The program that shows a layer to the kernel, until nobody has it mounted any more.
//!
//! | given | what |
//! | --- | --- |
//! | descriptor 1 | a socket: [`READY`] goes back on it, or why not |
//! | descriptor 2 | `/dev/fuse`, mounted |
//! | the argument | the layer's folder, with [`INDEX`], [`ARCHIVE`] and [`THERE`]; it listens at [`SOCKET`] in it |
//!
//! Before the first request it gives up all that it does not need. Reads of spans that are not there are put aside, not waited
//! for: so however many wait, names and bytes that are there are answered at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, Write as _},
    os::{
        fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
        unix::{
            ffi::OsStringExt as _,
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::resource::{Resource, getrlimit, setrlimit},
};
use parking_lot::Mutex;
use wharf_programs::{confine, fuse, stay};
use wharf_ztoc::{INDEX_LIMIT, Ztoc};

use crate::{
    layer::{Layer, Reading},
    messages::Message,
    wire::{self, Asks},
};

/// The first argument of the program that is this.
pub const ARGUMENT: &str = "serve-lazy-layer";
/// What it says once the layer can be read.
pub const READY: &[u8] = b"ready";
/// The layer's index, locked for as long as the program lives.
pub const INDEX: &str = "index";
/// The decompressed archive, with holes where nothing has come yet.
pub const ARCHIVE: &str = "archive";
/// For each span a byte: 1 if it is in the archive.
pub const THERE: &str = "there";
/// Where the agent connects.
pub const SOCKET: &str = "socket";

/// Requests that are worked on at a time.
const THREADS: usize = 4;
/// How long a read waits while no agent is there. One that was killed is back within seconds; with none for so long the
/// machine's wharf was stopped, and a read that waits can hardly be killed.
const PATIENCE: Duration = Duration::from_secs(120);
/// What it may take of memory: an index as large as any is, as it came and as what is shown of it.
const MOST_MEMORY: u64 = 384 << 20;
/// Seconds of a processor that it may take to begin. Whoever started it has not waited for so long.
const MOST_BEGINNING: u64 = 30;
/// How often that is looked at.
const LOOK: u16 = 1000;

/// Serves until the end. Nothing is printed: descriptor 2 is the kernel's.
///
/// # Errors
/// It cannot begin, which the socket is told too.
pub fn run(folder: &Path) -> io::Result<()> {
    // SAFETY: whoever starts this program gives it these two, and nothing else here uses them.
    let (mut socket, fuse) = unsafe { (UnixStream::from_raw_fd(1), OwnedFd::from_raw_fd(2)) };
    let served = served(folder, &mut socket, fuse);
    if let Err(error) = &served {
        let _ = socket.write_all(error.to_string().as_bytes());
    }
    served
}

fn served(folder: &Path, socket: &mut UnixStream, fuse: OwnedFd) -> io::Result<()> {
    stay()?;
    // What it reads first was written by whoever pushed the image. More of either ends the program.
    setrlimit(Resource::RLIMIT_DATA, MOST_MEMORY, MOST_MEMORY)?;
    let (_, most) = getrlimit(Resource::RLIMIT_CPU)?;
    setrlimit(Resource::RLIMIT_CPU, MOST_BEGINNING.min(most), most)?;
    let fuse = confine::away(&fuse)?;
    // Names of sockets are short.
    std::env::set_current_dir(folder)?;
    let index = File::open(INDEX)?;
    lock(&index)?;
    if index.metadata()?.len() > INDEX_LIMIT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let ztoc = Ztoc::decode(&fs::read(INDEX)?).map_err(io::Error::other)?;
    let name = folder.file_name().unwrap_or_default().to_owned().into_vec();
    let layer = Layer::new(name, ztoc, File::open(ARCHIVE)?, &fs::read(THERE)?)?;
    let _ = fs::remove_file(SOCKET);
    let listener = UnixListener::bind(SOCKET)?;
    confine::shut_out_others(c"lazy-layer")?;
    confine::give_up_rights(false)?;
    let shown = Arc::new(Shown {
        layer,
        fuse,
        waiting: Mutex::default(),
    });
    let begun = Arc::new(Barrier::new(THREADS + 2));
    let ready = Arc::new(AtomicUsize::new(0));
    let start = |work: Box<dyn FnOnce(Vec<u8>) -> io::Result<()> + Send>| {
        let (begun, ready) = (begun.clone(), ready.clone());
        thread::Builder::new().stack_size(256 << 10).spawn(move || {
            // The first memory that a thread asks for takes calls that it needs never again.
            let request = vec![0; wire::LONGEST];
            let confined = confine::allow_calls_of_workers(&CALLS);
            if confined.is_ok() {
                ready.fetch_add(1, Ordering::Relaxed);
            }
            begun.wait();
            if confined.and_then(|()| work(request)).is_err() {
                // Requests that were taken would never be answered, and who waits for them would wait for ever.
                // SAFETY: ends the process.
                unsafe { libc::_exit(1) };
            }
        })
    };
    let mut workers = Vec::new();
    for _ in 0..THREADS {
        let shown = shown.clone();
        workers.push(start(Box::new(move |request| shown.work(request)))?);
    }
    let of_agent = shown.clone();
    start(Box::new(move |buffer| of_agent.listen(&listener, buffer)))?;
    begun.wait();
    if ready.load(Ordering::Relaxed) != THREADS + 1 {
        return Err(io::Error::other("the kernel takes no filter of calls"));
    }
    setrlimit(Resource::RLIMIT_CPU, most, most)?;
    // Where nobody waits any more, that fails.
    socket.write_all(READY)?;
    socket.shutdown(std::net::Shutdown::Both)?;
    for worker in workers {
        let _ = worker.join();
    }
    // The thread that listens ends with the process.
    let waiting = shown.waiting.lock();
    if let Some(agent) = &waiting.agent {
        let _ = Message::OVER.send(agent);
    }
    Ok(())
}

/// What the agent's socket takes beside.
const CALLS: [i64; 8] = [
    libc::SYS_write,
    libc::SYS_ppoll,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_fcntl,
    libc::SYS_clock_nanosleep,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(not(target_arch = "x86_64"))]
    libc::SYS_ppoll,
];

fn lock(file: &File) -> io::Result<()> {
    // SAFETY: takes a descriptor of ours and a number.
    let locked = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    Errno::result(locked)?;
    Ok(())
}

struct Shown {
    layer: Layer,
    fuse: OwnedFd,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// Reads by the kernel's number.
    reads: BTreeMap<u64, Read>,
    /// Spans that the agent was told of, or will be.
    asked: BTreeSet<u32>,
    agent: Option<UnixStream>,
}

#[derive(Clone, Copy)]
struct Read {
    node: u64,
    at: u64,
    bytes: u32,
    span: u32,
    since: Instant,
}

impl Shown {
    /// Until the kernel says that nobody has the layer any more.
    fn work(&self, mut request: Vec<u8>) -> io::Result<()> {
        let mut buffer = Vec::new();
        while let Some(length) = fuse::next(&self.fuse, &mut request)? {
            self.answer(&request[..length], &mut buffer)?;
        }
        Ok(())
    }

    fn answer(&self, request: &[u8], buffer: &mut Vec<u8>) -> io::Result<()> {
        let Some(request) = wire::request(request) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let (id, node, layer) = (request.id, request.node, &self.layer);
        let body = match request.asks {
            Asks::Nothing => return Ok(()),
            Asks::Read { at, bytes } => {
                let (span, since) = (0, Instant::now());
                let read = Read {
                    node,
                    at,
                    bytes,
                    span,
                    since,
                };
                return self.read(id, read, buffer);
            }
            Asks::Interrupt { of } => {
                let found = self.waiting.lock().reads.remove(&of);
                return match found {
                    Some(_) => self.say(of, Err(Errno::EINTR.into())),
                    // Its read is being put aside, or was answered: the kernel knows which.
                    None => self.say(id, Err(Errno::EAGAIN.into())),
                };
            }
            Asks::Lookup { name } => layer.lookup(node, name),
            Asks::Attributes => layer.attributes(node),
            Asks::Link => layer.link(node),
            Asks::Folder { at, bytes } => layer.folder(node, at, bytes),
            Asks::Xattr { name, bytes } => layer.xattr(node, name, bytes),
            Asks::Xattrs { bytes } => layer.xattrs(node, bytes),
            Asks::Room => Ok(layer.room()),
            Asks::Close => Ok(Vec::new()),
            Asks::Init {
                major,
                minor,
                ahead,
                flags,
                more,
            } => wire::init(major, minor, ahead, flags, more).ok_or(Errno::EPROTO.into()),
            Asks::Other => Err(Errno::ENOSYS.into()),
        };
        self.say(id, body.as_deref().map_err(copy))
    }

    fn read(&self, id: u64, mut read: Read, buffer: &mut Vec<u8>) -> io::Result<()> {
        let found = self.layer.reading(read.node, read.at, read.bytes);
        let found = match found {
            Ok(Reading::There(range)) => self.layer.read(&range, buffer),
            Ok(Reading::Missing(_)) => {
                let mut waiting = self.waiting.lock();
                // It may have come meanwhile, and with it the last word about it.
                match self.layer.reading(read.node, read.at, read.bytes) {
                    Ok(Reading::Missing(span)) => {
                        read.span = span;
                        waiting.reads.insert(id, read);
                        waiting.ask(span);
                        return Ok(());
                    }
                    Ok(Reading::There(range)) => self.layer.read(&range, buffer),
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        };
        self.say(id, found)
    }

    fn say(&self, id: u64, body: io::Result<&[u8]>) -> io::Result<()> {
        fuse::say(&self.fuse, id, body.map_err(|it| fuse::errno(&it)))
    }

    /// One agent after the other.
    fn listen(&self, listener: &UnixListener, mut buffer: Vec<u8>) -> io::Result<()> {
        let mut since = Instant::now();
        loop {
            let mut ready = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
            match poll(&mut ready, PollTimeout::from(LOOK)) {
                Ok(0) if since.elapsed() > PATIENCE => self.give_up(since)?,
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => {
                    let (agent, _) = listener.accept()?;
                    self.follow(&agent, &mut buffer)?;
                    since = Instant::now();
                }
                Err(other) => return Err(other.into()),
            }
        }
    }

    fn follow(&self, agent: &UnixStream, buffer: &mut Vec<u8>) -> io::Result<()> {
        {
            let mut waiting = self.waiting.lock();
            waiting.agent = Some(agent.try_clone()?);
            for span in waiting.asked.clone() {
                waiting.tell(span);
            }
        }
        while let Ok(message) = Message::receive(agent) {
            let mut waiting = self.waiting.lock();
            if message.is_there() {
                self.layer.came(message.span);
            }
            waiting.asked.remove(&message.span);
            let of_it = |read: &Read| read.span == message.span;
            let ids = waiting.reads.iter().filter(|(_, read)| of_it(read));
            let ids: Vec<u64> = ids.map(|(id, _)| *id).collect();
            let reads: Vec<_> = ids
                .into_iter()
                .filter_map(|id| Some((id, waiting.reads.remove(&id)?)))
                .collect();
            drop(waiting);
            for (id, read) in reads {
                match message.is_there() {
                    true => self.read(id, read, buffer)?,
                    false => self.say(id, Err(Errno::EIO.into()))?,
                }
            }
        }
        self.waiting.lock().agent = None;
        Ok(())
    }

    /// No agent came since then.
    fn give_up(&self, since: Instant) -> io::Result<()> {
        let left = {
            let mut waiting = self.waiting.lock();
            let old = |read: &Read| read.since.max(since).elapsed() > PATIENCE;
            let ids = waiting.reads.iter().filter(|(_, read)| old(read));
            let ids: Vec<u64> = ids.map(|(id, _)| *id).collect();
            for id in &ids {
                waiting.reads.remove(id);
            }
            ids
        };
        for id in left {
            self.say(id, Err(Errno::EIO.into()))?;
        }
        Ok(())
    }
}

impl Waiting {
    fn ask(&mut self, span: u32) {
        if self.asked.insert(span) {
            self.tell(span);
        }
    }

    fn tell(&mut self, span: u32) {
        // One that is gone is noticed where it is read from; the next is told.
        if let Some(agent) = &self.agent {
            let _ = Message::wanted(span).send(agent);
        }
    }
}

fn copy(error: &io::Error) -> io::Error {
    io::Error::from_raw_os_error(error.raw_os_error().unwrap_or(libc::EIO))
}
