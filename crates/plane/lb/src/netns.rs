//! Sockets inside the network namespaces of VPCs.
//!
//! A socket belongs for ever to the namespace of the thread that made it. One thread therefore
//! enters namespaces on behalf of the others and makes sockets there; connecting, reading and
//! writing happen on the workers like with any socket.

use std::{
    collections::HashMap,
    fmt,
    fs::{File, Metadata},
    io,
    net::IpAddr,
    os::{
        fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
        unix::fs::MetadataExt,
    },
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use nix::sched::{CloneFlags, setns};
use tokio::sync::{mpsc, oneshot};

/// The namespace in which a load balancer listens and from which it reaches its targets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The one this process is in.
    Host,
    /// The one found at this path.
    Namespace(Arc<Path>),
}

/// Asks that may wait; more than one connection attempt a target a worker is rare.
const QUEUE: usize = 1024;

type Made = io::Result<OwnedFd>;

#[derive(Debug, Clone, Copy)]
struct Kind {
    datagrams: bool,
    ipv6: bool,
}

struct Ask {
    path: Arc<Path>,
    kind: Kind,
    answer: oneshot::Sender<Made>,
}

/// Makes sockets in namespaces.
#[derive(Clone)]
pub struct Sockets {
    asks: mpsc::Sender<Ask>,
}

impl Sockets {
    /// Starts the thread that enters namespaces; it ends with the last handle.
    pub fn start() -> io::Result<Self> {
        let (asks, mut waiting) = mpsc::channel::<Ask>(QUEUE);
        thread::Builder::new()
            .name("lb-sockets".to_owned())
            .spawn(move || {
                let mut entered = Entered::default();
                while let Some(ask) = waiting.blocking_recv() {
                    // An asker that went away drops the socket with the answer.
                    let _ = ask.answer.send(entered.make(&ask.path, ask.kind));
                }
            })?;
        Ok(Self { asks })
    }

    /// A TCP socket in that namespace, not blocking.
    pub async fn tcp(&self, origin: &Origin, peer: IpAddr) -> Made {
        self.make(origin, false, peer.is_ipv6()).await
    }

    /// A UDP socket in that namespace, not blocking.
    pub async fn udp(&self, origin: &Origin, peer: IpAddr) -> Made {
        self.make(origin, true, peer.is_ipv6()).await
    }

    async fn make(&self, origin: &Origin, datagrams: bool, ipv6: bool) -> Made {
        let kind = Kind { datagrams, ipv6 };
        match origin {
            Origin::Host => new_socket(kind),
            Origin::Namespace(path) => {
                let (answer, made) = oneshot::channel();
                let ask = Ask {
                    path: Arc::clone(path),
                    kind,
                    answer,
                };
                let gone = |_| io::Error::other("the thread that opens sockets has ended");
                self.asks
                    .send(ask)
                    .await
                    .map_err(|_| io::Error::other("the thread that opens sockets has ended"))?;
                made.await.map_err(gone)?
            }
        }
    }
}

fn new_socket(kind: Kind) -> Made {
    let family = if kind.ipv6 {
        libc::AF_INET6
    } else {
        libc::AF_INET
    };
    let type_ = match kind.datagrams {
        true => libc::SOCK_DGRAM,
        false => libc::SOCK_STREAM,
    };
    // SAFETY: socket(2) takes no pointers; a result that is not negative is a descriptor that
    // nobody else owns.
    let fd = unsafe { libc::socket(family, type_ | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: see above.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A namespace by what identifies it in the kernel, device and inode: a path may come to name
/// another one. No other namespace gets the same as long as a socket of it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// Of the namespace that the origin names now.
    pub fn of(origin: &Origin) -> io::Result<Self> {
        match origin {
            Origin::Host => Self::at(Path::new("/proc/thread-self/ns/net")),
            Origin::Namespace(path) => Self::at(path),
        }
    }

    /// Of the namespace in which a socket is for ever. Needs to be privileged there.
    pub fn of_socket(socket: &OwnedFd) -> io::Result<Self> {
        /// Linux 4.14 and newer; takes no argument.
        const SIOCGSKNS: libc::Ioctl = 0x894c;
        // SAFETY: the descriptor is open, and this request reads and writes no memory of ours.
        let fd = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCGSKNS) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel just made it and nobody else knows it.
        let namespace = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
        Ok(namespace.metadata()?.into())
    }

    fn at(path: &Path) -> io::Result<Self> {
        Ok(std::fs::metadata(path)?.into())
    }
}

impl From<Metadata> for Identity {
    fn from(metadata: Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.device, self.inode)
    }
}

/// State of the thread: where it is, and the namespaces it knows.
#[derive(Default)]
struct Entered {
    current: Option<Identity>,
    known: HashMap<PathBuf, (Identity, File)>,
}

impl Entered {
    fn make(&mut self, path: &Path, kind: Kind) -> Made {
        let identity = Identity::at(path)?;
        if self.known.get(path).map(|(known, _)| *known) != Some(identity) {
            self.known.retain(|path, _| path.exists());
            let file = File::open(path)?;
            self.known.insert(path.to_owned(), (identity, file));
        }
        if self.whereabouts() != Some(identity) {
            let (_, file) = &self.known[path];
            setns(file.as_fd(), CloneFlags::CLONE_NEWNET)?;
            self.current = Some(identity);
        }
        new_socket(kind)
    }

    /// Knowing where one already is lets a process without privileges use its own namespace.
    fn whereabouts(&mut self) -> Option<Identity> {
        if self.current.is_none() {
            self.current = Identity::of(&Origin::Host).ok();
        }
        self.current
    }
}
