//! The supervisor's side.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{
        resource::{Resource, getrlimit},
        socket::{
            AddressFamily, MsgFlags, SockFlag, SockType, SockaddrLike, SockaddrStorage,
            getsockname, getsockopt, socketpair, sockopt,
        },
    },
};

use super::{END, HOLD, LET_GO, MOST_DESCRIPTORS, MOST_HELD, MOST_NAME, SETTLE, SOCKETS, packet};
use crate::problem::Problem;

/// Packets that are read in a row, so that a part that floods does not keep the supervisor from
/// its other work.
const AT_A_TIME: usize = 64;
/// Packets of a part that has ended: more than its connection can hold.
const MOST_LEFT: usize = 4096;

/// Sockets that are held for a part, and the connection to its process.
pub struct Store {
    held: BTreeMap<Box<[u8]>, Held>,
    most: usize,
    channel: Option<OwnedFd>,
    /// Said of this process that something was refused.
    complained: bool,
}

struct Held {
    socket: OwnedFd,
    /// The process that runs now handed it over.
    current: bool,
}

/// The part's end, as the supervisor holds it until the process is started.
pub struct Passed(OwnedFd);

impl Passed {
    /// The number that goes onto the process's command line.
    pub fn number(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl AsFd for Passed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Why a message is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Malformed,
    NotListening,
    Full,
}

impl Store {
    /// Holds no more than half of what this process may have open.
    pub fn new() -> Self {
        let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1024, 1024));
        let half = usize::try_from(soft / 2).unwrap_or(usize::MAX);
        Self::holding(MOST_HELD.min(half))
    }

    /// Holds these from the start, for a part that hands none over itself.
    pub fn keeping(sockets: Vec<TcpListener>) -> Self {
        let mut store = Self::new();
        for (number, socket) in sockets.into_iter().enumerate() {
            let held = Held {
                socket: socket.into(),
                current: true,
            };
            store
                .held
                .insert(number.to_string().into_bytes().into(), held);
        }
        store
    }

    pub(super) fn holding(most: usize) -> Self {
        Self {
            held: BTreeMap::new(),
            most,
            channel: None,
            complained: false,
        }
    }

    /// Makes the connection to a process that is about to start, with all that is held in it.
    ///
    /// # Errors
    /// No sockets are to be had.
    pub fn pass(&mut self) -> Result<Passed, Problem> {
        self.hear_out();
        let failed = |cause| Problem::caused("cannot make a pair of sockets", cause);
        let flags = SockFlag::SOCK_CLOEXEC;
        let (own, passed) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags).map_err(failed)?;
        fcntl(&passed, FcntlArg::F_SETFD(FdFlag::empty())).map_err(failed)?;
        if let Err(error) = self.hand_over(own.as_fd()) {
            // The next process could listen nowhere as long as they are held.
            eprintln!("wharf: held sockets cannot be handed over ({error}) and are closed");
            self.held.clear();
        }
        for held in self.held.values_mut() {
            held.current = false;
        }
        self.complained = false;
        self.channel = Some(own);
        Ok(Passed(passed))
    }

    fn hand_over(&self, channel: BorrowedFd<'_>) -> nix::Result<()> {
        let numbers: Vec<RawFd> = self.held.values().map(|it| it.socket.as_raw_fd()).collect();
        for some in numbers.chunks(MOST_DESCRIPTORS) {
            packet::send(channel, &[SOCKETS], some, MsgFlags::MSG_DONTWAIT)?;
        }
        packet::send(channel, &[END], &[], MsgFlags::MSG_DONTWAIT)
    }

    /// The connection, to be waited on.
    pub fn channel(&self) -> Option<BorrowedFd<'_>> {
        self.channel.as_ref().map(AsFd::as_fd)
    }

    /// Follows what the process says, some messages at a time.
    pub fn listen(&mut self) {
        self.read(AT_A_TIME);
    }

    /// Follows what a process said before it ended.
    fn hear_out(&mut self) {
        self.read(MOST_LEFT);
        self.channel = None;
    }

    fn read(&mut self, most: usize) {
        for _ in 0..most {
            let Some(channel) = &self.channel else { return };
            let mut buffer = [0; 1 + MOST_NAME];
            match packet::receive(channel.as_fd(), &mut buffer) {
                Ok(Some(packet)) => {
                    let bytes = &buffer[..packet.length.min(buffer.len())];
                    if let Err(refused) = self.follow(bytes, packet.whole, packet.descriptors) {
                        self.refuse(refused);
                    }
                }
                Err(Errno::EAGAIN) => return,
                // Said once if the process ended before it read all; what it sent is still there.
                Err(Errno::ECONNRESET | Errno::EINTR) => {}
                Ok(None) | Err(_) => self.channel = None,
            }
        }
    }

    /// Says so once; who speaks nonsense is heard no more.
    fn refuse(&mut self, refused: Refused) {
        if !std::mem::replace(&mut self.complained, true) {
            eprintln!("wharf: a part's socket is not held: {}", refused.text());
        }
        if refused == Refused::Malformed {
            self.channel = None;
        }
    }

    /// Follows one message; descriptors that are not kept are closed.
    pub(super) fn follow(
        &mut self,
        bytes: &[u8],
        whole: bool,
        descriptors: Vec<OwnedFd>,
    ) -> Result<(), Refused> {
        let (kind, name) = bytes
            .split_first()
            .filter(|_| whole)
            .ok_or(Refused::Malformed)?;
        let mut descriptors = descriptors.into_iter();
        match (*kind, name, descriptors.next(), descriptors.next()) {
            (HOLD, [_, ..], Some(socket), None) => self.hold(name, socket),
            (LET_GO, [_, ..], None, None) => {
                self.held.remove(name);
                Ok(())
            }
            (SETTLE, [], None, None) => {
                self.held.retain(|_, held| held.current);
                Ok(())
            }
            _ => Err(Refused::Malformed),
        }
    }

    fn hold(&mut self, name: &[u8], socket: OwnedFd) -> Result<(), Refused> {
        if !listens(&socket) {
            return Err(Refused::NotListening);
        }
        if self.held.len() >= self.most && !self.held.contains_key(name) {
            return Err(Refused::Full);
        }
        let current = true;
        self.held.insert(name.into(), Held { socket, current });
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.held.keys();
        names
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect()
    }
}

impl Refused {
    fn text(self) -> &'static str {
        match self {
            Self::Malformed => "the message makes no sense",
            Self::NotListening => "it does not listen for TCP connections",
            Self::Full => "too many are held",
        }
    }
}

/// Closing any other descriptor might take arbitrarily long, and holding it is of no use.
fn listens(socket: &OwnedFd) -> bool {
    let stream = getsockopt(socket, sockopt::SockType).is_ok_and(|it| it == SockType::Stream);
    let name = getsockname::<SockaddrStorage>(socket.as_raw_fd());
    let family = name.ok().and_then(|it| it.family());
    let internet = matches!(family, Some(AddressFamily::Inet | AddressFamily::Inet6));
    stream && internet && getsockopt(socket, sockopt::AcceptConn).unwrap_or(false)
}
