//! What operations were answered. Each is read in its turn; the first that failed is the last that is there.

use wharf_nfs_wire::{
    MAX_HANDLE, MAX_OWNER, Op, StateId, Status, Verifier,
    attributes::{Kind, Set},
    session::{CONFIRMED, Channel, SessionId},
    xdr::{Malformed, Reader},
};

use super::{
    FileHandle, MAX_NAME, MAX_TARGET,
    attributes::{Attributes, Room, Values},
};

const MAX_TAG: usize = 1024;
/// Entries of one answer to a listing, which are dozens of bytes each.
const MAX_ENTRIES: usize = 16 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("the server says {}", .0.0)]
    Status(Status),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

pub struct Results<'a> {
    read: Reader<'a>,
    left: usize,
    /// Of the whole.
    pub status: Status,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    pub state: StateId,
    /// A file that is removed while it is open stays until it is closed.
    pub keeps_removed: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    pub bytes: u32,
    pub lasting: bool,
    pub verifier: Verifier,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub cookie: u64,
    pub name: Vec<u8>,
    pub number: u64,
    pub kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Listing {
    pub verifier: Verifier,
    pub entries: Vec<Entry>,
    pub is_all: bool,
}

/// A lock that is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub write: bool,
    pub from: u64,
    pub length: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Client {
    pub id: u64,
    pub sequence: u32,
    /// The server knew it, with this verifier.
    pub is_known: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub channel: Channel,
}

/// What a session's call says of the state that the server keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateFlags(pub u32);

impl StateFlags {
    /// Some of it is gone, or to be claimed anew.
    pub fn lost(self) -> bool {
        const EXPIRED_ALL: u32 = 0x8;
        const EXPIRED_SOME: u32 = 0x10;
        const ADMIN_REVOKED: u32 = 0x20;
        const RESTART_RECLAIM: u32 = 0x100;
        self.0 & (EXPIRED_ALL | EXPIRED_SOME | ADMIN_REVOKED | RESTART_RECLAIM) != 0
    }
}

impl<'a> Results<'a> {
    pub fn new(mut read: Reader<'a>, asked: usize) -> Result<Self, Malformed> {
        let status = Status(read.u32()?);
        let _tag = read.opaque(MAX_TAG)?;
        let left = read.u32()? as usize;
        match left <= asked && (status != Status::OK || left == asked) {
            true => Ok(Self { read, left, status }),
            false => Err(Malformed),
        }
    }

    /// The next is of that operation. Its own results are to be read after this.
    fn begin(&mut self, op: Op) -> Result<Status, Malformed> {
        self.left = self.left.checked_sub(1).ok_or(Malformed)?;
        match self.read.u32()? == op as u32 {
            true => Ok(Status(self.read.u32()?)),
            false => Err(Malformed),
        }
    }

    /// The next is a success.
    pub fn done(&mut self, op: Op) -> Result<&mut Self, Problem> {
        if self.left == 0 && self.status != Status::OK {
            return Err(Problem::Status(self.status));
        }
        match self.begin(op)? {
            Status::OK => Ok(self),
            other => Err(Problem::Status(other)),
        }
    }

    fn state(&mut self) -> Result<StateId, Malformed> {
        StateId::read(&mut self.read)
    }

    fn change(&mut self) -> Result<(), Malformed> {
        let _ = (self.read.bool()?, self.read.u64()?, self.read.u64()?);
        Ok(())
    }

    pub fn put(&mut self) -> Result<&mut Self, Problem> {
        self.done(Op::PutHandle)
    }

    pub fn handle(&mut self) -> Result<FileHandle, Problem> {
        self.done(Op::GetHandle)?;
        Ok(self.read.opaque(MAX_HANDLE)?.into())
    }

    fn values(&mut self) -> Result<Values, Problem> {
        self.done(Op::GetAttributes)?;
        Ok(Values::read(&mut self.read)?)
    }

    pub fn attributes(&mut self) -> Result<Attributes, Problem> {
        Ok(self.values()?.file()?)
    }

    pub fn room(&mut self) -> Result<Room, Problem> {
        Ok(self.values()?.room)
    }

    pub fn lease_seconds(&mut self) -> Result<u32, Problem> {
        Ok(self.values()?.lease_seconds.ok_or(Malformed)?)
    }

    pub fn set_attributes(&mut self) -> Result<(), Problem> {
        // Which were set is said of a failure too.
        self.done(Op::SetAttributes)?;
        Set::read(&mut self.read)?;
        Ok(())
    }

    pub fn access(&mut self) -> Result<u32, Problem> {
        self.done(Op::Access)?;
        let _supported = self.read.u32()?;
        Ok(self.read.u32()?)
    }

    pub fn link_target(&mut self) -> Result<&'a [u8], Problem> {
        self.done(Op::ReadLink)?;
        Ok(self.read.opaque(MAX_TARGET)?)
    }

    pub fn removed(&mut self) -> Result<(), Problem> {
        self.done(Op::Remove)?;
        Ok(self.change()?)
    }

    pub fn renamed(&mut self) -> Result<(), Problem> {
        self.done(Op::Rename)?;
        self.change()?;
        Ok(self.change()?)
    }

    pub fn linked(&mut self) -> Result<(), Problem> {
        self.done(Op::Link)?;
        Ok(self.change()?)
    }

    pub fn created(&mut self) -> Result<(), Problem> {
        self.done(Op::Create)?;
        self.change()?;
        Set::read(&mut self.read)?;
        Ok(())
    }

    pub fn opened(&mut self) -> Result<Opened, Problem> {
        const KEEPS_REMOVED: u32 = 8;
        self.done(Op::Open)?;
        let state = self.state()?;
        self.change()?;
        let flags = self.read.u32()?;
        Set::read(&mut self.read)?;
        self.delegation()?;
        Ok(Opened {
            state,
            keeps_removed: flags & KEEPS_REMOVED != 0,
        })
    }

    /// None was asked for. One that comes all the same is never used.
    fn delegation(&mut self) -> Result<(), Malformed> {
        let entry = |read: &mut Reader<'_>| {
            let _ = (read.u32()?, read.u32()?, read.u32()?);
            read.opaque(MAX_OWNER).map(drop)
        };
        match self.read.u32()? {
            0 => Ok(()),
            1 => {
                self.state()?;
                self.read.bool()?;
                entry(&mut self.read)
            }
            2 => {
                self.state()?;
                self.read.bool()?;
                match self.read.u32()? {
                    1 | 2 => drop(self.read.u64()?),
                    _ => return Err(Malformed),
                }
                entry(&mut self.read)
            }
            3 => match self.read.u32()? {
                // Of these it says whether it will tell when there is one.
                1 | 2 => self.read.bool().map(drop),
                _ => Ok(()),
            },
            _ => Err(Malformed),
        }
    }

    pub fn state_of(&mut self, op: Op) -> Result<StateId, Problem> {
        self.done(op)?;
        Ok(self.state()?)
    }

    /// No more than were asked for; and whether the file ends there.
    pub fn bytes(&mut self, most: usize) -> Result<(&'a [u8], bool), Problem> {
        self.done(Op::Read)?;
        let ends = self.read.bool()?;
        Ok((self.read.opaque(most)?, ends))
    }

    pub fn written(&mut self) -> Result<Written, Problem> {
        self.done(Op::Write)?;
        Ok(Written {
            bytes: self.read.u32()?,
            lasting: self.read.u32()? == 2,
            verifier: self.read.fixed()?,
        })
    }

    pub fn committed(&mut self) -> Result<Verifier, Problem> {
        self.done(Op::Commit)?;
        Ok(self.read.fixed()?)
    }

    pub fn listing(&mut self) -> Result<Listing, Problem> {
        self.done(Op::ReadFolder)?;
        let verifier = self.read.fixed()?;
        let mut entries = Vec::new();
        while self.read.bool()? {
            if entries.len() == MAX_ENTRIES {
                return Err(Malformed.into());
            }
            let cookie = self.read.u64()?;
            let name = self.read.opaque(MAX_NAME)?.to_vec();
            let values = Values::read(&mut self.read)?;
            if is_name(&name) {
                entries.push(Entry {
                    cookie,
                    name,
                    number: values.file.number,
                    kind: values.file.kind,
                });
            }
        }
        let is_all = self.read.bool()?;
        Ok(Listing {
            verifier,
            entries,
            is_all,
        })
    }

    /// `Err` within: it is another's.
    pub fn locked(&mut self, op: Op) -> Result<Result<Option<StateId>, Held>, Problem> {
        match self.begin(op)? {
            Status::OK if op == Op::Lock => Ok(Ok(Some(self.state()?))),
            Status::OK => Ok(Ok(None)),
            Status::DENIED => {
                let (from, length) = (self.read.u64()?, self.read.u64()?);
                let write = self.read.u32()? % 2 == 0;
                let _owner = (self.read.u64()?, self.read.opaque(MAX_OWNER)?);
                Ok(Err(Held {
                    write,
                    from,
                    length,
                }))
            }
            other => Err(Problem::Status(other)),
        }
    }

    pub fn client(&mut self) -> Result<Client, Problem> {
        self.done(Op::ExchangeId)?;
        Ok(Client {
            id: self.read.u64()?,
            sequence: self.read.u32()?,
            is_known: self.read.u32()? & CONFIRMED != 0,
        })
    }

    pub fn session(&mut self) -> Result<Session, Problem> {
        self.done(Op::CreateSession)?;
        let id = self.read.fixed()?;
        let _sequence_and_flags = (self.read.u32()?, self.read.u32()?);
        let channel = Channel::read(&mut self.read)?;
        Ok(Session { id, channel })
    }

    pub fn sequence(&mut self) -> Result<StateFlags, Problem> {
        self.done(Op::Sequence)?;
        let _session: SessionId = self.read.fixed()?;
        for _ in 0..4 {
            self.read.u32()?;
        }
        Ok(StateFlags(self.read.u32()?))
    }
}

/// One that the kernel can be told: a server that sends others would have paths lead elsewhere.
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name != b"." && name != b".." && !name.contains(&b'/') && !name.contains(&0)
}

#[cfg(test)]
mod tests {
    use wharf_nfs_wire::xdr::Writer;

    use super::*;

    fn answer(status: u32, count: u32, words: &[u32]) -> Vec<u8> {
        let mut out = Writer::default();
        out.u32(status).opaque(b"").u32(count);
        for word in words {
            out.u32(*word);
        }
        out.into_bytes()
    }

    fn results(bytes: &[u8], asked: usize) -> Result<Results<'_>, Malformed> {
        Results::new(Reader::new(bytes), asked)
    }

    #[test]
    fn the_first_failure_is_what_all_after_it_are() {
        let bytes = answer(2, 2, &[22, 0, 15, 2]);
        let mut it = results(&bytes, 3).unwrap();
        it.put().unwrap();
        let missing = Problem::Status(Status::NOENT);
        assert_eq!(it.done(Op::Lookup).map(drop), Err(missing));
        assert_eq!(it.handle(), Err(missing));
    }

    #[test]
    fn answers_of_another_form_are_refused() {
        assert!(results(&answer(0, 4, &[]), 3).is_err());
        assert!(results(&answer(0, 1, &[]), 3).is_err());
        let bytes = answer(0, 1, &[15, 0]);
        let mut it = results(&bytes, 1).unwrap();
        assert_eq!(it.put().map(drop), Err(Malformed.into()));
    }

    #[test]
    fn a_lock_that_is_in_the_way() {
        let bytes = answer(10_010, 1, &[12, 10_010, 0, 5, 0, 10, 2, 0, 1, 0]);
        let held = Held {
            write: true,
            from: 5,
            length: 10,
        };
        let mut it = results(&bytes, 1).unwrap();
        assert_eq!(it.locked(Op::Lock), Ok(Err(held)));
    }

    #[test]
    fn names_that_lead_elsewhere_are_left_out() {
        for name in [&b".."[..], b".", b"", b"a/b", b"a\0"] {
            assert!(!is_name(name));
        }
        assert!(is_name(b"...") && is_name("ä b".as_bytes()));
    }
}
