//! How the host speaks with the first process of a virtual machine while that runs: which volumes it has, and which it is to get
//! or give back. A volume comes as an open device, so neither that process nor the emulator has a right to open any.
//!
//! The first process holds both ends of the pair, so it outlives agents; each takes a copy of the host's end. What one that was
//! killed did not read, the next one throws away. Whoever broke out of the guest may say anything here, to the host about its
//! own volumes alone.

use std::{
    collections::BTreeMap,
    io::{self, IoSlice, IoSliceMut},
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    time::{Duration, Instant, SystemTime},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{
        AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr,
        recv, recvmsg, send, sendmsg, socketpair,
    },
};
use serde::{Deserialize, Serialize};

/// The number that the host's end has in the first process.
pub const HOST_END: i32 = 200;
/// Of a message: some dozens of volumes, each with a few words.
const LONGEST: usize = 32 << 10;
/// Messages that an end of the pair has room for, and more.
const MOST_WAITING: usize = 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// What it has.
    List,
    /// Beside it comes the device. Of a volume that is there already nothing is done.
    Attach { volume: String, bytes: u64 },
    /// The device became as large.
    Grow { volume: String, bytes: u64 },
    /// The guest is asked to let go of it. By force it loses it if it does not.
    Detach { volume: String, force: bool },
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    number: u64,
    pub ask: Ask,
}

/// What there is after what was asked for was begun.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volumes {
    /// Those whose devices it has open.
    pub here: BTreeMap<String, Standing>,
    /// Why a volume did not come, or does not go.
    pub failures: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub state: State,
    pub bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Coming,
    /// The guest has it.
    There,
    Going,
}

#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    number: u64,
    #[serde(flatten)]
    volumes: Volumes,
}

/// The host's end.
pub struct Caller(OwnedFd);

impl Caller {
    pub fn over(end: OwnedFd) -> Self {
        Self(end)
    }

    /// Takes no longer than `patience`, whatever the other end does.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`], and what the other end says makes no sense.
    pub fn ask(
        &self,
        ask: Ask,
        device: Option<BorrowedFd<'_>>,
        patience: Duration,
    ) -> io::Result<Volumes> {
        let end = Instant::now() + patience;
        let mut bytes = vec![0; LONGEST];
        for _ in 0..MOST_WAITING {
            if self.receive(&mut bytes)?.is_none() {
                break;
            }
        }
        // No agent before this one said the same number.
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let number = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        let asked = serde_json::to_vec(&Asked { number, ask })?;
        let raw: Vec<RawFd> = device.iter().map(|it| it.as_raw_fd()).collect();
        let rights = [ControlMessage::ScmRights(&raw)];
        let rights = if raw.is_empty() { &[][..] } else { &rights[..] };
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        let parts = [IoSlice::new(&asked)];
        sendmsg::<UnixAddr>(self.0.as_raw_fd(), &parts, rights, flags, None)?;
        loop {
            let length = self.receive(&mut bytes)?;
            if let Some(length) = length {
                let said = read(&bytes[..length])?;
                if said.number == number {
                    return Ok(said.volumes);
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(late());
            }
            if length.is_some() {
                continue;
            }
            let mut ends = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
            match poll(
                &mut ends,
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX),
            ) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// A message that is there; descriptors beside it come to nobody.
    fn receive(&self, bytes: &mut [u8]) -> io::Result<Option<usize>> {
        match recv(self.0.as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => Ok(Some(length)),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }
}

fn late() -> io::Error {
    let text = "the first process of the virtual machine does not answer";
    io::Error::new(io::ErrorKind::TimedOut, text)
}

/// What makes no sense is not repeated: it may be long.
fn read(said: &[u8]) -> io::Result<Answer> {
    serde_json::from_slice(said).map_err(|_| {
        let text = "what the first process of the virtual machine says makes no sense";
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

/// The pair: the first process's own end, and the host's.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::Unix, SockType::SeqPacket);
    Ok(socketpair(family, kind, None, SockFlag::SOCK_CLOEXEC)?)
}

/// Puts the host's end where agents look for it, for as long as this process lives.
pub fn keep(host: OwnedFd) -> io::Result<()> {
    // SAFETY: takes numbers; the first is a descriptor of ours, and nobody has the second.
    Errno::result(unsafe { libc::dup3(host.as_raw_fd(), HOST_END, libc::O_CLOEXEC) })?;
    Ok(())
}

/// What is asked next, with the device beside it; one that makes no sense is nothing. Blocks.
pub fn hear(own: &OwnedFd) -> io::Result<Option<(Asked, Option<OwnedFd>)>> {
    let mut bytes = vec![0; LONGEST];
    let mut room = nix::cmsg_space!([RawFd; 1]);
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<UnixAddr>(own.as_raw_fd(), &mut parts, Some(&mut room), flags)?;
    let length = message.bytes;
    let mut device = None;
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(all) = control {
            for raw in all {
                // SAFETY: the kernel just made it for this process.
                device = Some(unsafe { OwnedFd::from_raw_fd(raw) });
            }
        }
    }
    if length == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let asked = serde_json::from_slice(&bytes[..length]).ok();
    Ok(asked.map(|asked| (asked, device)))
}

/// An answer that nobody takes is lost: it will be asked again.
pub fn answer(own: &OwnedFd, asked: &Asked, volumes: Volumes) {
    let answer = Answer {
        number: asked.number,
        volumes,
    };
    if let Ok(said) = serde_json::to_vec(&answer) {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        let _ = send(own.as_raw_fd(), &said, flags);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{Read as _, Seek as _, Write as _},
        thread,
    };

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    fn listed(name: &str) -> Volumes {
        let standing = Standing {
            state: State::There,
            bytes: 1 << 30,
        };
        Volumes {
            here: BTreeMap::from([(name.to_owned(), standing)]),
            failures: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_asked_is_answered_and_devices_come_along() {
        let (own, host) = pair().unwrap();
        let answering = thread::spawn(move || {
            let (asked, device) = hear(&own).unwrap().unwrap();
            assert_eq!(asked.ask, Ask::List);
            assert!(device.is_none());
            // An answer to somebody before, and one that has nothing to do with it.
            answer(&own, &Asked { number: 7, ..asked }, listed("vol-old"));
            let (asked, device) = hear(&own).unwrap().unwrap();
            let expected = Ask::Attach {
                volume: "vol-1".to_owned(),
                bytes: 5,
            };
            assert_eq!(asked.ask, expected);
            let mut said = String::new();
            File::from(device.unwrap())
                .read_to_string(&mut said)
                .unwrap();
            assert_eq!(said, "hello");
            answer(&own, &asked, listed("vol-1"));
            own
        });
        let caller = Caller::over(host);
        let none = caller.ask(Ask::List, None, Duration::from_millis(1));
        assert_eq!(none.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let mut file = tempfile();
        file.write_all(b"hello").unwrap();
        file.rewind().unwrap();
        let ask = Ask::Attach {
            volume: "vol-1".to_owned(),
            bytes: 5,
        };
        let said = caller.ask(ask, Some(file.as_fd()), SOON).unwrap();
        assert_eq!(said, listed("vol-1"));
        let own = answering.join().unwrap();
        drop(caller);
        assert!(hear(&own).is_err());
    }

    #[test]
    fn what_makes_no_sense_is_nothing() {
        let (own, host) = pair().unwrap();
        send(host.as_raw_fd(), b"nonsense", MsgFlags::empty()).unwrap();
        assert!(hear(&own).unwrap().is_none());
        send(own.as_raw_fd(), b"{}", MsgFlags::empty()).unwrap();
        let caller = Caller::over(host);
        // What was there before is thrown away.
        let none = caller.ask(Ask::List, None, Duration::from_millis(1));
        assert_eq!(none.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let (asked, _) = hear(&own).unwrap().unwrap();
        answer(&own, &asked, Volumes::default());
    }

    #[test]
    fn an_end_that_says_more_and_more_is_not_listened_to_for_ever() {
        let (own, host) = pair().unwrap();
        // A blocking end: it says the next as soon as there is room, until nobody is there any more.
        let saying = thread::spawn(move || {
            let flags = MsgFlags::MSG_NOSIGNAL;
            while send(
                own.as_raw_fd(),
                b"{\"number\":7,\"here\":{},\"failures\":{}}",
                flags,
            )
            .is_ok()
            {}
        });
        let caller = Caller::over(host);
        let none = caller.ask(Ask::List, None, Duration::from_millis(50));
        assert_eq!(none.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(caller);
        saying.join().unwrap();
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_not_repeated() {
        let error = read(b"{\"number\":7,\"here\":{\"vol-1\":{\"state\":\"secret\",\"bytes\":1}}}");
        let error = error.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(!error.to_string().contains("secret"));
    }

    /// Of nobody else's.
    fn tempfile() -> File {
        let flags = nix::sys::memfd::MFdFlags::MFD_CLOEXEC;
        File::from(nix::sys::memfd::memfd_create(c"device", flags).unwrap())
    }
}
