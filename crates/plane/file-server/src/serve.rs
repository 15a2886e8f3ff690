//! The program that serves a file system.
//!
//! | descriptor | what it is given there |
//! | --- | --- |
//! | 0 | the file system's folder, or its disk, mounted at no place: its files are in [`DATA`] of it |
//! | 1 | a socket: how it begins ([`Begin`]) comes on it, and [`READY`] goes back, or why not |
//! | 2 | the socket that requests of the agent come to |
//!
//! A thread for each connection answers its calls in their order. It knows nothing before the first request; what it is told
//! holds until the next one.

use std::{
    collections::BTreeMap,
    fs::{DirBuilder, File},
    io::{self, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    os::{
        fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd},
        unix::{
            fs::DirBuilderExt as _,
            net::{UnixListener, UnixStream},
        },
    },
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
    sys::resource::{Resource, setrlimit},
};
use parking_lot::Mutex;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use sha2::Sha256;
use wharf_programs::stay;

use crate::{
    config::{Config, Place, Status},
    confine,
    connection::Gate,
    control::{Answer, Begin, MAX_PLACES, Request, receive, send},
    disk::Disk,
    files::{self, Tree},
    nfs::{Server, state::State},
    open::Open,
};

/// The first argument of the program that is this.
pub const ARGUMENT: &str = "serve-file-system";
/// What it is called among processes.
const NAME: &std::ffi::CStr = c"file-server";
/// What it says once it can be asked.
pub const READY: &[u8] = b"ready";
/// Where the files are.
pub const DATA: &str = "data";
/// Is there while somebody has, or had before a start, a lock.
const LOCKED: &str = "/locked";

/// What clients know a disk of the files' own by.
const DISK: u64 = 1;

const DESCRIPTORS: u64 = 65_536 + 4096;
const STACK: usize = 512 << 10;
/// Bytes of the host's disk that files leave to others, and the part of it.
const LEFT: u64 = 256 << 20;
const LEFT_PART: u64 = 100;
/// Files that others can still make, but a twentieth of all at least.
const LEFT_FILES: u64 = 100_000;
/// Between two looks at how much room there is.
const ROOM_LOOK: Duration = Duration::from_millis(100);
/// Between two looks at what the files take: and ten times as long as one takes.
const LOOK: Duration = Duration::from_secs(5);

/// Serves until it is told to end.
pub fn run() -> io::Result<()> {
    // SAFETY: whoever starts this program gives it these three, and nothing else here uses them.
    let (files, mut socket, control) = unsafe {
        (
            OwnedFd::from_raw_fd(0),
            UnixStream::from_raw_fd(1),
            UnixListener::from_raw_fd(2),
        )
    };
    let begun = close_others().and_then(|()| begin(files, &socket));
    let said = match &begun {
        Ok(_) => socket.write_all(READY),
        Err(error) => socket.write_all(error.to_string().as_bytes()),
    };
    let program = begun?;
    said?;
    socket.shutdown(Shutdown::Both)?;
    program.take_requests(&control)
}

/// What whoever started this left open beside is none of its business.
fn close_others() -> io::Result<()> {
    // SAFETY: takes numbers; this program has opened nothing yet.
    Errno::result(unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) })?;
    Ok(())
}

/// How it begins, with what it keeps open.
fn told(socket: &UnixStream) -> io::Result<(Begin, OwnedFd)> {
    let (begin, fds) = receive(socket)?;
    let kept = fds.into_iter().next();
    Ok((begin, kept.ok_or(io::ErrorKind::InvalidInput)?))
}

fn begin(files: OwnedFd, socket: &UnixStream) -> io::Result<Arc<Running>> {
    // Its child is the first process where there is no other to send signals to.
    unshare(CloneFlags::CLONE_NEWPID)?;
    stay()?;
    let (begin, kept) = told(socket)?;
    // SAFETY: a C string that outlives the call.
    unsafe { libc::prctl(libc::PR_SET_NAME, NAME.as_ptr()) };
    // Modes are as clients say.
    nix::sys::stat::umask(nix::sys::stat::Mode::empty());
    // A call that was begun is not left half-way; who asked asks the next program.
    std::panic::set_hook(Box::new(|_| {
        // SAFETY: nothing of this program runs after it. The signal of an abort does not reach a first process.
        unsafe { libc::_exit(134) }
    }));
    nix::unistd::setgroups(&[])?;
    // As many as the machine lets it have.
    let _ = setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS);
    confine::enter(files.as_fd(), begin.on_disk)?;
    // By an open folder of the host's, all of the host's would be found.
    drop(files);
    confine::give_up_rights()?;
    if begin.may_make {
        make_data()?;
    }
    let data = File::open(format!("/{DATA}"))?;
    let (disk, lock) = match begin.on_disk {
        true => (Some(Arc::new(Disk::new(kept)?)), None),
        false => (None, Some(kept)),
    };
    Ok(Arc::new(Running {
        data: data.into(),
        disk,
        _lock: lock,
        began: Mutex::new(None),
        listeners: Mutex::new(BTreeMap::new()),
        open: Arc::default(),
        bytes: AtomicU64::new(0),
        changed: Arc::new(AtomicBool::new(true)),
    }))
}

/// The folder of the files: at first everybody may read it.
fn make_data() -> io::Result<()> {
    let (data, making) = (format!("/{DATA}"), "/making");
    if !std::fs::exists(&data)? {
        match DirBuilder::new().mode(0o755).create(making) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => other?,
        }
        std::fs::rename(making, &data)?;
    }
    File::open("/")?.sync_all()
}

struct Running {
    data: OwnedFd,
    /// That the files lie on, if they have one of their own.
    disk: Option<Arc<Disk>>,
    /// Of a folder, which one program has.
    _lock: Option<OwnedFd>,
    /// `None` before the first request.
    began: Mutex<Option<Arc<Gate>>>,
    listeners: Mutex<BTreeMap<Place, Arc<TcpListener>>>,
    open: Arc<Open>,
    bytes: AtomicU64,
    changed: Arc<AtomicBool>,
}

impl Running {
    fn take_requests(self: &Arc<Self>, control: &UnixListener) -> io::Result<()> {
        let measuring = self.clone();
        spawn("measure", move || measuring.measure())?;
        let open = self.open.clone();
        spawn("shut", move || open.keep_time())?;
        loop {
            let (stream, _) = control.accept()?;
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            stream.set_write_timeout(Some(Duration::from_secs(20)))?;
            let answer = match receive::<Request>(&stream) {
                Ok((Request::End, _)) => {
                    // What was written is on the disk before anybody hears that it ended.
                    let _ = nix::unistd::syncfs(&self.data);
                    let _ = send(&stream, &Answer::Status(self.status()), &[]);
                    return Ok(());
                }
                Ok((Request::Be { config, listeners }, fds)) => {
                    self.be(*config, listeners, fds).map(|()| self.status())
                }
                Err(error) => Err(error),
            };
            let answer = match answer {
                Ok(status) => Answer::Status(status),
                Err(error) => Answer::Failed(error.to_string()),
            };
            // Who asked may be gone.
            let _ = send(&stream, &answer, &[]);
        }
    }

    fn status(&self) -> Status {
        Status {
            places: self.listeners.lock().keys().cloned().collect(),
            bytes: self.bytes.load(Ordering::Relaxed),
            connections: self.open.count(),
        }
    }

    fn be(
        self: &Arc<Self>,
        config: Config,
        listeners: Vec<Place>,
        fds: Vec<OwnedFd>,
    ) -> io::Result<()> {
        let mut began = self.began.lock();
        let is_same = began.as_ref().is_some_and(|it| *it.config == config);
        let may_as_before = began.as_ref().is_none_or(|it| {
            (it.config.anonymous, it.config.anonymous_encrypted)
                == (config.anonymous, config.anonymous_encrypted)
        });
        if !is_same {
            *began = Some(Arc::new(self.gate(config, began.as_deref())?));
        }
        let gate = began.clone();
        drop(began);
        if !may_as_before {
            self.open.shut(|_| true);
        }
        let wanted = gate.map(|it| it.config.places.clone()).unwrap_or_default();
        let mut open = self.listeners.lock();
        open.retain(|place, listener| {
            let stays = wanted.contains(place);
            if !stays {
                // SAFETY: a descriptor of ours: who waits there wakes up.
                unsafe { libc::shutdown(listener.as_raw_fd(), libc::SHUT_RDWR) };
            }
            stays
        });
        for (place, fd) in listeners.into_iter().zip(fds) {
            if open.len() >= MAX_PLACES || !wanted.contains(&place) || open.contains_key(&place) {
                continue;
            }
            let listener = Arc::new(TcpListener::from(fd));
            listener.set_nonblocking(false)?;
            open.insert(place, listener.clone());
            let own = self.clone();
            spawn("accept", move || own.accept(&listener))?;
        }
        Ok(())
    }

    fn gate(&self, config: Config, before: Option<&Gate>) -> io::Result<Gate> {
        let ticket_key = unhex(&config.ticket_key)?;
        let server = match before {
            Some(before) => before.server.clone(),
            None => Arc::new(self.server(&ticket_key)?),
        };
        let certificate = CertificateDer::from_pem_slice(config.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(config.private_key.as_bytes());
        let (certificate, key) = (
            certificate.map_err(io::Error::other)?,
            key.map_err(io::Error::other)?,
        );
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .map_err(io::Error::other)?;
        Ok(Gate {
            server,
            config: Arc::new(config),
            ticket_key,
            tls: Arc::new(tls),
        })
    }

    fn server(&self, key: &[u8]) -> io::Result<Server> {
        // Handles outlive this program; so their key does.
        let mut handles = Hmac::<Sha256>::new_from_slice(key).map_err(io::Error::other)?;
        handles.update(b"handles");
        let handles = handles.finalize().into_bytes().to_vec();
        // Below a disk is now this device and then that: clients know by the number that it is the same.
        let number = self.disk.as_ref().map(|_| DISK);
        let tree = Tree::new(self.data.try_clone()?, handles, number);
        let (mut boot, mut verifier) = ([0; 4], [0; 8]);
        random(&mut boot)?;
        random(&mut verifier)?;
        let had_locks = std::fs::exists(LOCKED)?;
        let has_lock = AtomicBool::new(had_locks);
        let (room, disk) = (tree.clone(), self.disk.clone());
        let has_room = move || match &disk {
            Some(disk) => disk.has_room(room.folder(), left).unwrap_or(true),
            None => has_room(&room),
        };
        let looked = Mutex::new((Instant::now(), has_room()));
        let failing = self.disk.clone();
        Ok(Server {
            tree,
            state: Mutex::new(State::new(u32::from_be_bytes(boot), had_locks)),
            verifier,
            locked: Box::new(move || {
                if !has_lock.swap(true, Ordering::Relaxed) {
                    // Without it, who comes first after a start has what another would reclaim.
                    let _ = File::create(LOCKED).and_then(|it| it.sync_all());
                }
            }),
            has_room: Box::new(move || {
                let mut looked = looked.lock();
                if looked.0.elapsed() > ROOM_LOOK {
                    *looked = (Instant::now(), has_room());
                }
                looked.1
            }),
            failed: Box::new(move || {
                if let Some(disk) = &failing {
                    disk.check();
                }
            }),
            changed: self.changed.clone(),
            random,
        })
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        loop {
            match listener.accept() {
                Ok((stream, _)) => self.let_in(stream),
                Err(error) => match error.raw_os_error() {
                    // It is shut.
                    Some(libc::EINVAL | libc::EBADF) => return,
                    Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM) => {
                        thread::sleep(Duration::from_millis(100));
                    }
                    _ => {}
                },
            }
        }
    }

    fn let_in(self: &Arc<Self>, stream: TcpStream) {
        let Some(gate) = self.began.lock().clone() else {
            return;
        };
        // One too many ends here.
        let Some(place) = self.open.begin(&stream) else {
            return;
        };
        // Who is not let in, or leaves, is told by the end of the connection; so is who finds no thread.
        let _ = spawn("connection", move || {
            let _ = gate.serve(stream, &place);
        });
    }

    /// What the files take, for as long as the program runs.
    fn measure(&self) {
        loop {
            let began = Instant::now();
            if self.changed.swap(false, Ordering::Relaxed) {
                let mut pause = || thread::sleep(Duration::from_millis(1));
                match files::usage(self.data.as_fd(), &mut pause) {
                    Ok(bytes) => self.bytes.store(bytes, Ordering::Relaxed),
                    Err(_) => self.changed.store(true, Ordering::Relaxed),
                }
            }
            thread::sleep(LOOK.max(began.elapsed() * 10));
        }
    }
}

fn has_room(tree: &Tree) -> bool {
    // Where nobody knows, the disk says it with each write.
    files::room(tree.folder()).map_or(true, |[(free, all), (files, all_files)]| {
        let has_files = all_files == 0 || files > LEFT_FILES.min(all_files / 2).max(all_files / 20);
        free > left(all) && has_files
    })
}

/// Bytes of a host's disk of that size that others keep.
fn left(all: u64) -> u64 {
    LEFT.max(all / LEFT_PART)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name(name.to_owned());
    thread.stack_size(STACK).spawn(work).map(drop)
}

fn random(bytes: &mut [u8]) -> io::Result<()> {
    // SAFETY: the kernel writes as many bytes as there are.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    match usize::try_from(Errno::result(got)?) == Ok(bytes.len()) {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn unhex(text: &str) -> io::Result<Vec<u8>> {
    const LEAST_KEY: usize = 16;
    let key = hex::decode(text).ok().filter(|key| key.len() >= LEAST_KEY);
    key.ok_or_else(|| io::Error::other("a key is no hexadecimal number, or too short"))
}
