//! A compound: operations one after the other, until one fails.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use wharf_nfs_wire::{
    Op, StateId, Status, Verifier,
    attributes::Kind,
    session::SessionId,
    xdr::{Malformed, Reader, Writer},
};

use super::{
    MAX_MESSAGE,
    state::{Class, State},
};
use crate::{
    config::{Permissions, User},
    files::{
        FileHandle, Object, Root, Tree,
        user::{Acting, NOBODY},
    },
};

/// Operations of one compound.
const MAX_OPERATIONS: u32 = 128;
const MAX_TAG: usize = 1024;

/// What all connections share.
pub struct Server {
    pub tree: Arc<Tree>,
    pub state: Mutex<State>,
    /// Another after every start: what was not committed then is written again.
    pub verifier: Verifier,
    /// Called when somebody has a lock.
    pub locked: Box<dyn Fn() + Send + Sync>,
    /// Whether the disk has room for more.
    pub has_room: Box<dyn Fn() -> bool + Send + Sync>,
    /// Called when the disk may have failed; it does not return if it has.
    pub failed: Box<dyn Fn() + Send + Sync>,
    /// Set whenever somebody may change what the files take.
    pub changed: Arc<AtomicBool>,
    /// Random bytes.
    pub random: fn(&mut [u8]) -> std::io::Result<()>,
}

/// Who is at the other end of a connection.
pub struct Client {
    pub server: Arc<Server>,
    pub root: Root,
    /// From where it comes.
    pub address: IpAddr,
    pub class: Class,
    pub permissions: Permissions,
    /// As whom everyone there acts.
    pub user: Option<User>,
}

/// One that is being worked on.
pub struct Compound<'a> {
    pub client: &'a Client,
    pub server: &'a Server,
    pub user: User,
    pub minor: u32,
    current: Option<Object>,
    saved: Option<Object>,
    /// 4.1: in which session and slot, and of which client.
    pub sequence: Option<(SessionId, u32, u64)>,
    /// 4.1: what the last operation left for the next.
    pub current_state: Option<StateId>,
    saved_state: Option<StateId>,
    /// The answer of before, if this call came again.
    pub again: Option<Arc<Vec<u8>>>,
    pub operations: u32,
}

pub type Done = Result<(), Status>;

/// Answers what follows the head of a call.
pub fn answer(
    client: &Client,
    user: User,
    reader: &mut Reader<'_>,
    out: &mut Writer,
) -> Result<(), Malformed> {
    let tag = reader.opaque(MAX_TAG)?;
    let (minor, count) = (reader.u32()?, reader.u32()?);
    let begin = out.len();
    out.u32(0).opaque(tag);
    let counted_at = out.len();
    out.u32(0);
    let end = |out: &mut Writer, status: Status, done: u32| {
        out.put(begin, status.0);
        out.put(counted_at, done);
    };
    if minor > 1 {
        end(out, Status::MINOR_VERS_MISMATCH, 0);
        return Ok(());
    }
    if count > MAX_OPERATIONS {
        end(out, Status::RESOURCE, 0);
        return Ok(());
    }
    let mut compound = Compound {
        client,
        server: &client.server,
        user: acting_user(client, user),
        minor,
        current: None,
        saved: None,
        sequence: None,
        current_state: None,
        saved_state: None,
        again: None,
        operations: count,
    };
    let (mut status, mut done) = (Status::OK, 0);
    while done < count {
        let Ok(number) = reader.u32() else {
            status = Status::BADXDR;
            break;
        };
        status = compound.one(number, done, reader, out);
        done += 1;
        if let Some(again) = &compound.again {
            out.truncate(begin);
            out.fixed(again);
            return Ok(());
        }
        if status != Status::OK {
            break;
        }
    }
    // A handle is stale, too, where its inode cannot be read.
    let may_write = client.permissions.write;
    if matches!(status, Status::IO | Status::STALE) || status == Status::ROFS && may_write {
        (client.server.failed)();
    }
    end(out, status, done);
    compound.end(&out.bytes()[begin..]);
    Ok(())
}

/// Access points have one user; root is nobody for who may not be root.
fn acting_user(client: &Client, said: User) -> User {
    let user = client.user.clone().unwrap_or(said);
    if client.permissions.root {
        return user;
    }
    let no_root = |id: u32| if id == 0 { NOBODY } else { id };
    User {
        gid: match user.uid {
            0 => NOBODY,
            _ => no_root(user.gid),
        },
        uid: no_root(user.uid),
        groups: user.groups.into_iter().filter(|it| *it != 0).collect(),
    }
}

impl Compound<'_> {
    fn one(&mut self, number: u32, at: u32, reader: &mut Reader<'_>, out: &mut Writer) -> Status {
        const ILLEGAL: u32 = 10_044;
        let known = (3..=39).contains(&number) || (self.minor == 1 && (40..=58).contains(&number));
        out.u32(if known { number } else { ILLEGAL });
        let status_at = out.len();
        out.u32(0);
        let op = Op::of_code(number);
        let done = match known {
            false => Err(Status::OP_ILLEGAL),
            true if out.len() > MAX_MESSAGE => Err(Status::RESOURCE),
            true => self
                .in_order(op, at)
                .and_then(|()| self.operation(op, reader, out)),
        };
        let status = done.err().unwrap_or(Status::OK);
        if status != Status::OK {
            // Of these alone something is said besides.
            if status != Status::DENIED {
                out.truncate(status_at + 4);
            }
            if op == Some(Op::SetAttributes) {
                out.u32(0);
            }
            out.put(status_at, status.0);
        }
        status
    }

    /// 4.1: all but a few stand in a session.
    fn in_order(&self, op: Option<Op>, at: u32) -> Done {
        // What makes and ends sessions and clients.
        let alone = matches!(
            op,
            Some(
                Op::BindConnection
                    | Op::ExchangeId
                    | Op::CreateSession
                    | Op::DestroySession
                    | Op::DestroyClient
            )
        );
        match (self.minor, at) {
            (0, _) => Ok(()),
            _ if op == Some(Op::Sequence) => match at {
                0 => Ok(()),
                _ => Err(Status::SEQUENCE_POS),
            },
            (_, 0) if alone && self.operations == 1 => Ok(()),
            (_, 0) if alone => Err(Status::NOT_ONLY_OP),
            (_, 0) => Err(Status::OP_NOT_IN_SESSION),
            _ => Ok(()),
        }
    }

    fn operation(&mut self, op: Option<Op>, args: &mut Reader<'_>, out: &mut Writer) -> Done {
        match op.ok_or(Status::NOTSUPP)? {
            Op::ConfirmOpen
            | Op::Renew
            | Op::SetClient
            | Op::ConfirmClient
            | Op::ReleaseLockOwner
                if self.minor == 1 =>
            {
                // Of the other minor version.
                Err(Status::NOTSUPP)
            }
            Op::Access => self.access(args, out),
            Op::Close => self.close(args, out),
            Op::Commit => self.commit(args, out),
            Op::Create => self.create(args, out),
            Op::GetAttributes => self.get_attributes(args, out),
            Op::GetHandle => self.get_handle(out),
            Op::Link => self.link(args, out),
            Op::Lock => self.lock(args, out),
            Op::TestLock => self.test_lock(args, out),
            Op::Unlock => self.unlock(args, out),
            Op::Lookup => self.lookup(args),
            Op::LookupParent => self.lookup_parent(),
            Op::VerifyNot => self.verify(args, false),
            Op::Open => self.open(args, out),
            Op::ConfirmOpen => self.confirm_open(args, out),
            Op::Downgrade => self.downgrade(args, out),
            Op::PutHandle => self.put_handle(args),
            Op::PutPublic | Op::PutRoot => self.put_root(),
            Op::Read => self.read(args, out),
            Op::ReadFolder => self.read_folder(args, out),
            Op::ReadLink => self.read_link(out),
            Op::Remove => self.remove(args, out),
            Op::Rename => self.rename(args, out),
            Op::Renew => self.renew(args),
            Op::Restore => self.restore_handle(),
            Op::Save => self.save_handle(),
            Op::SecurityOf => self.security_of(args, out),
            Op::SetAttributes => self.set_attributes(args, out),
            Op::SetClient => self.set_client(args, out),
            Op::ConfirmClient => self.confirm_client(args),
            Op::Verify => self.verify(args, true),
            Op::Write => self.write(args, out),
            Op::ReleaseLockOwner => self.release_lock_owner(args),
            Op::BindConnection => self.bind_connection(args, out),
            Op::ExchangeId => self.exchange_id(args, out),
            Op::CreateSession => self.create_session(args, out),
            Op::DestroySession => self.destroy_session(args),
            Op::FreeState => self.free_state(args),
            Op::Security => self.security_without_name(args, out),
            Op::Sequence => self.sequence(args, out),
            Op::TestStates => self.test_states(args, out),
            Op::DestroyClient => self.destroy_client(args),
            Op::ReclaimComplete => self.reclaim_complete(args),
        }
    }

    /// The slot is free again.
    fn end(&mut self, answer: &[u8]) {
        let Some((session, slot, _)) = self.sequence else {
            return;
        };
        let mut state = self.server.state.lock();
        if let Some(session) = state.sessions.get_mut(&session) {
            session.end(slot, answer);
        }
    }

    /// From here on this thread acts as the user.
    pub fn acting(&self) -> Result<Acting, Status> {
        Acting::as_user(&self.user).map_err(|_| Status::SERVERFAULT)
    }

    pub fn writable(&self) -> Done {
        self.server.changed.store(true, Ordering::Relaxed);
        match self.client.permissions.write {
            true => Ok(()),
            false => Err(Status::ROFS),
        }
    }

    /// … and there is room for more.
    pub fn growable(&self) -> Done {
        self.writable()?;
        match (self.server.has_room)() {
            true => Ok(()),
            false => Err(Status::NOSPC),
        }
    }

    pub fn current(&self) -> Result<&Object, Status> {
        self.current.as_ref().ok_or(Status::NOFILEHANDLE)
    }

    pub fn current_mut(&mut self) -> Result<&mut Object, Status> {
        self.current.as_mut().ok_or(Status::NOFILEHANDLE)
    }

    pub fn saved(&self) -> Result<&Object, Status> {
        self.saved.as_ref().ok_or(Status::NOFILEHANDLE)
    }

    pub fn set_current(&mut self, object: Object) {
        self.current = Some(object);
        self.current_state = None;
    }

    /// A folder.
    pub fn folder(&self) -> Result<&Object, Status> {
        let object = self.current()?;
        match object.stat.kind() {
            Kind::Folder => Ok(object),
            Kind::Link => Err(Status::SYMLINK),
            _ => Err(Status::NOTDIR),
        }
    }

    pub fn find(&self, handle: FileHandle) -> Result<Object, Status> {
        Object::find(&self.client.root, handle).map_err(Status::from)
    }

    pub fn save_handle(&mut self) -> Done {
        let handle = self.current()?.handle.clone();
        self.saved = Some(self.find(handle)?);
        self.saved_state = self.current_state;
        Ok(())
    }

    pub fn restore_handle(&mut self) -> Done {
        let saved = self.saved.as_ref().ok_or(Status::RESTOREFH)?;
        let object = self.find(saved.handle.clone())?;
        self.set_current(object);
        self.current_state = self.saved_state;
        Ok(())
    }

    /// 4.1: of the session; 4.0: what was said.
    pub fn client_id(&self, said: u64) -> Result<u64, Status> {
        let id = self.sequence.map_or(said, |(.., id)| id);
        self.server.state.lock().client(id, self.client.class)?;
        Ok(id)
    }

    pub fn session_client(&self) -> Option<u64> {
        self.sequence.map(|(.., id)| id)
    }

    /// A state as it is said; one that says so is the last operation's.
    pub fn state_id(&self, args: &mut Reader<'_>) -> Result<StateId, Status> {
        let id = StateId::read(args)?;
        if self.minor == 1 && id == StateId::CURRENT {
            return self.current_state.ok_or(Status::BAD_STATEID);
        }
        Ok(id)
    }
}

/// How a folder changed: nobody says that nothing else happened meanwhile.
pub fn write_change(out: &mut Writer, before: u64, after: u64) {
    out.bool(false).u64(before).u64(after);
}
