//! A blocking netlink socket: batches of requests in, their answers out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, connect, recv, send,
    setsockopt, socket, sockopt,
};

use super::message::{Message, attributes, messages, text, u32_at};
use crate::error::NetworkError;
use crate::socket_option;

pub(crate) const REQUEST: u16 = 1;
pub(crate) const ACK: u16 = 4;
pub(crate) const EXCL: u16 = 0x200;
pub(crate) const REPLACE: u16 = 0x100;
pub(crate) const CREATE: u16 = 0x400;
pub(crate) const DUMP: u16 = 0x300;

const MSG_ERROR: u16 = 2;
const MSG_DONE: u16 = 3;
/// On a part of a dump: the listed things changed meanwhile, the list may be incomplete.
const DUMP_INTERRUPTED: u16 = 0x10;
/// On an error: attributes with the kernel's own words follow.
const ACK_HAS_TLVS: u16 = 0x200;
const ERROR_TEXT: u16 = 1;

/// A bound, not a reservation: large enough for the rules of some ten thousand security groups in
/// one atomic batch.
const SEND_BUFFER: usize = 64 << 20;
const RECEIVE_BUFFER: usize = 1 << 20;
/// The kernel fills at most 32 KiB of a dump at once.
const DATAGRAM: usize = 64 << 10;
/// A list that changes under us at every attempt is given up.
const DUMP_ATTEMPTS: usize = 8;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Family {
    Route,
    Netfilter,
}

/// A request, what it is for (for people), and the refusals that mean it was done already.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) message: Message,
    pub(crate) step: Cow<'static, str>,
    pub(crate) tolerated: &'static [Errno],
}

#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    sequence: u32,
}

impl Socket {
    /// A socket in the calling thread's network namespace, bound to it for ever.
    pub(crate) fn open(family: Family) -> io::Result<Self> {
        let protocol = match family {
            Family::Route => SockProtocol::NetlinkRoute,
            Family::Netfilter => SockProtocol::NetlinkNetFilter,
        };
        let fd = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            protocol,
        )?;
        // Port 0 is the kernel: datagrams of other processes are refused from here on.
        connect(fd.as_raw_fd(), &NetlinkAddr::new(0, 0))?;
        setsockopt(&fd, sockopt::SndBufForce, &SEND_BUFFER)?;
        setsockopt(&fd, sockopt::RcvBufForce, &RECEIVE_BUFFER)?;
        // Answers without a copy of the request, with the kernel's own words if it has any.
        socket_option::set(fd.as_fd(), libc::SOL_NETLINK, libc::NETLINK_CAP_ACK, 1)?;
        socket_option::set(fd.as_fd(), libc::SOL_NETLINK, libc::NETLINK_EXT_ACK, 1)?;
        Ok(Self { fd, sequence: 0 })
    }

    /// Sends all requests at once. Rtnetlink performs each on its own, whatever became of the
    /// one before; an nf_tables batch is done whole or not at all.
    ///
    /// # Errors
    /// The first refusal that its request does not tolerate.
    pub(crate) fn perform(&mut self, requests: Vec<Request>) -> Result<(), NetworkError> {
        let mut bytes = Vec::new();
        let mut open = BTreeMap::new();
        for request in requests {
            let sequence = self.next_sequence();
            bytes.extend(request.message.numbered(sequence));
            open.insert(sequence, (request.step, request.tolerated));
        }
        self.send(&bytes, open)
    }

    /// As `perform`, for bytes whose first and last message give no answer when all is well. Only
    /// the last of `messages` is acknowledged: thousands of answers would not fit the socket's
    /// buffer, and refusals come unasked.
    pub(crate) fn perform_framed(
        &mut self,
        step: &'static str,
        begin: Message,
        mut messages: Vec<Message>,
        end: Message,
    ) -> Result<(), NetworkError> {
        let Some(last) = messages.pop() else {
            return Ok(());
        };
        let mut bytes = begin.numbered(0);
        for message in messages {
            let sequence = self.next_sequence();
            bytes.extend(message.numbered(sequence));
        }
        let sequence = self.next_sequence();
        bytes.extend(last.acknowledged().numbered(sequence));
        bytes.extend(end.numbered(0));
        let open = BTreeMap::from([(sequence, (Cow::Borrowed(step), &[][..]))]);
        self.send(&bytes, open)
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1).max(1);
        self.sequence
    }

    fn send(
        &mut self,
        bytes: &[u8],
        mut open: BTreeMap<u32, (Cow<'static, str>, &'static [Errno])>,
    ) -> Result<(), NetworkError> {
        let Some((first, _)) = open.values().next().cloned() else {
            return Ok(());
        };
        let failed = |step: &str, source: io::Error| NetworkError::kernel(step, source);
        send(self.fd.as_raw_fd(), bytes, MsgFlags::empty())
            .map_err(|e| failed(&first, e.into()))?;
        let mut refusal = None;
        let mut buffer = vec![0; DATAGRAM];
        // The kernel has queued every answer before `send` returned.
        while let Some(len) = self.receive(&mut buffer).map_err(|e| failed(&first, e))? {
            for received in messages(&buffer[..len]).filter(|r| r.kind == MSG_ERROR) {
                // An answer to no request of ours speaks of the frame around them.
                let (step, tolerated) = open
                    .remove(&received.sequence)
                    .unwrap_or((first.clone(), &[]));
                let Some(error) = refused(received.flags, received.body) else {
                    continue;
                };
                let known = error.raw_os_error().map(Errno::from_raw);
                if refusal.is_none() && !known.is_some_and(|errno| tolerated.contains(&errno)) {
                    refusal = Some(failed(&step, error));
                }
            }
        }
        match (refusal, open.into_values().next()) {
            (Some(error), _) => Err(error),
            (None, Some((step, _))) => Err(failed(&step, io::Error::other("no answer"))),
            (None, None) => Ok(()),
        }
    }

    /// The body of the one message that answers `request`; `None` if there is no such thing.
    pub(crate) fn ask(
        &mut self,
        step: &str,
        request: Message,
    ) -> Result<Option<Vec<u8>>, NetworkError> {
        let failed = |source: io::Error| NetworkError::kernel(step, source);
        let sequence = self.next_sequence();
        send(
            self.fd.as_raw_fd(),
            &request.numbered(sequence),
            MsgFlags::empty(),
        )
        .map_err(|e| failed(e.into()))?;
        let mut buffer = vec![0; DATAGRAM];
        while let Some(len) = self.receive(&mut buffer).map_err(failed)? {
            let Some(received) = messages(&buffer[..len]).find(|r| r.sequence == sequence) else {
                continue;
            };
            if received.kind != MSG_ERROR {
                return Ok(Some(received.body.to_vec()));
            }
            match refused(received.flags, received.body) {
                Some(error) if error.raw_os_error() == Some(libc::ENODEV) => return Ok(None),
                Some(error) => return Err(failed(error)),
                None => {}
            }
        }
        Err(failed(io::Error::other("no answer")))
    }

    /// Sends all requests at once; the bodies of the answers to those whose things are there.
    pub(crate) fn ask_each(
        &mut self,
        step: &str,
        requests: Vec<Message>,
    ) -> Result<Vec<Vec<u8>>, NetworkError> {
        let failed = |source: io::Error| NetworkError::kernel(step, source);
        let mut bytes = Vec::new();
        let mut open = BTreeSet::new();
        for request in requests {
            let sequence = self.next_sequence();
            bytes.extend(request.numbered(sequence));
            open.insert(sequence);
        }
        send(self.fd.as_raw_fd(), &bytes, MsgFlags::empty()).map_err(|e| failed(e.into()))?;
        let mut bodies = Vec::new();
        let mut refusal = None;
        let mut buffer = vec![0; DATAGRAM];
        while let Some(len) = self.receive(&mut buffer).map_err(failed)? {
            for received in messages(&buffer[..len]) {
                if !open.remove(&received.sequence) {
                    continue;
                }
                if received.kind != MSG_ERROR {
                    bodies.push(received.body.to_vec());
                    continue;
                }
                let error = refused(received.flags, received.body);
                let is_trouble = |it: &io::Error| it.raw_os_error() != Some(libc::ENOENT);
                refusal = refusal.or(error.filter(is_trouble));
            }
        }
        match refusal {
            Some(error) => Err(failed(error)),
            None if !open.is_empty() => Err(failed(io::Error::other("no answer"))),
            None => Ok(bodies),
        }
    }

    /// The bodies of all messages that answer `request`, which carries the `DUMP` flags.
    pub(crate) fn dump(
        &mut self,
        step: &'static str,
        request: &Message,
    ) -> Result<Vec<Vec<u8>>, NetworkError> {
        for _ in 0..DUMP_ATTEMPTS {
            if let Some(bodies) = self
                .dump_once(request)
                .map_err(|e| NetworkError::kernel(step, e))?
            {
                return Ok(bodies);
            }
        }
        Err(NetworkError::kernel(
            step,
            io::Error::other("the list kept changing"),
        ))
    }

    /// The same of a list that always changes: what is in it for long is in the answer. And whether it stayed the same.
    pub(crate) fn dump_loosely(
        &mut self,
        step: &'static str,
        request: &Message,
    ) -> Result<(Vec<Vec<u8>>, bool), NetworkError> {
        let read = self.read_list(request);
        read.map_err(|e| NetworkError::kernel(step, e))
    }

    /// `None` if the list changed while it was read.
    fn dump_once(&mut self, request: &Message) -> io::Result<Option<Vec<Vec<u8>>>> {
        let (bodies, whole) = self.read_list(request)?;
        Ok(whole.then_some(bodies))
    }

    /// The list, and whether it stayed the same while it was read.
    fn read_list(&mut self, request: &Message) -> io::Result<(Vec<Vec<u8>>, bool)> {
        let sequence = self.next_sequence();
        send(
            self.fd.as_raw_fd(),
            &request.clone().numbered(sequence),
            MsgFlags::empty(),
        )?;
        let mut bodies = Vec::new();
        let mut whole = true;
        let mut buffer = vec![0; DATAGRAM];
        loop {
            let len = recv(self.fd.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
            for received in messages(&buffer[..len]).filter(|r| r.sequence == sequence) {
                whole &= received.flags & DUMP_INTERRUPTED == 0;
                match received.kind {
                    MSG_DONE => return Ok((bodies, whole)),
                    MSG_ERROR => {
                        let error = refused(received.flags, received.body);
                        return Err(error.unwrap_or_else(|| io::Error::other("no list came")));
                    }
                    _ => bodies.push(received.body.to_vec()),
                }
            }
        }
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match recv(self.fd.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(len) => Ok(Some(len)),
            Err(Errno::EAGAIN) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// The refusal in an error message; `None` for an acknowledgement.
fn refused(flags: u16, body: &[u8]) -> Option<io::Error> {
    let code = u32_at(body, 0).map_or(-libc::EIO, u32::cast_signed);
    if code == 0 {
        return None;
    }
    // With CAP_ACK the copy of the request is its header alone.
    let words = (flags & ACK_HAS_TLVS != 0)
        .then(|| attributes(body.get(4 + super::message::HEADER..).unwrap_or_default()))
        .and_then(|mut attrs| attrs.find(|(kind, _)| *kind == ERROR_TEXT))
        .map(|(_, value)| text(value));
    if let Some(words) = words {
        tracing::debug!(code, words, "netlink refused a request");
    }
    Some(io::Error::from_raw_os_error(code.wrapping_neg()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert!(refused(0, &[0; 20]).is_none());
        let mut body = (-libc::EEXIST).to_ne_bytes().to_vec();
        body.extend([0; 16]);
        assert_eq!(
            refused(0, &body).and_then(|e| e.raw_os_error()),
            Some(libc::EEXIST)
        );
        assert_eq!(
            refused(0, &[]).and_then(|e| e.raw_os_error()),
            Some(libc::EIO)
        );
        assert!(refused(ACK_HAS_TLVS, &[1, 0, 0]).is_some());
        assert!(refused(0, &i32::MIN.to_ne_bytes()).is_some());
    }
}
