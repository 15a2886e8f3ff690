//! Sockets inside the network namespaces of VPCs.
//!
//! A socket belongs for ever to the namespace of the thread that made it. One thread therefore
//! enters namespaces on behalf of the others and makes sockets there; connecting, reading and
//! writing happen on the workers like with any socket.

use std::{
    collections::HashMap,
    fs::File,
    io,
    net::IpAddr,
    os::{
        fd::{AsFd, FromRawFd, OwnedFd},
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

struct Ask {
    path: Arc<Path>,
    ipv6: bool,
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
                    let _ = ask.answer.send(entered.make(&ask.path, ask.ipv6));
                }
            })?;
        Ok(Self { asks })
    }

    /// A TCP socket in that namespace, not blocking.
    pub async fn tcp(&self, origin: &Origin, peer: IpAddr) -> Made {
        match origin {
            Origin::Host => stream_socket(peer.is_ipv6()),
            Origin::Namespace(path) => {
                let (answer, made) = oneshot::channel();
                let ask = Ask {
                    path: Arc::clone(path),
                    ipv6: peer.is_ipv6(),
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

fn stream_socket(ipv6: bool) -> Made {
    let family = if ipv6 { libc::AF_INET6 } else { libc::AF_INET };
    // SAFETY: socket(2) takes no pointers; a result that is not negative is a descriptor that
    // nobody else owns.
    let fd = unsafe {
        libc::socket(
            family,
            libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC,
            0,
        )
    };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: see above.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A namespace by what identifies it in the kernel: a path may come to name another one.
type Identity = (u64, u64);

/// State of the thread: where it is, and the namespaces it knows.
#[derive(Default)]
struct Entered {
    current: Option<Identity>,
    known: HashMap<PathBuf, (Identity, File)>,
}

impl Entered {
    fn make(&mut self, path: &Path, ipv6: bool) -> Made {
        let metadata = std::fs::metadata(path)?;
        let identity = (metadata.dev(), metadata.ino());
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
        stream_socket(ipv6)
    }

    /// Knowing where one already is lets a process without privileges use its own namespace.
    fn whereabouts(&mut self) -> Option<Identity> {
        if self.current.is_none() {
            let own = std::fs::metadata("/proc/thread-self/ns/net").ok()?;
            self.current = Some((own.dev(), own.ino()));
        }
        self.current
    }
}
