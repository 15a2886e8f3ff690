//! Operations as they are sent, one after another in one call.

use wharf_nfs_wire::{
    Op, StateId, Verifier,
    attributes::Kind,
    session::{Channel, NOT_FOR_LAYOUTS, SessionId},
    xdr::Writer,
};

use super::{
    FileHandle,
    attributes::{Setting, Wanted},
};

pub const MINOR_VERSION: u32 = 1;

/// How a file is opened.
#[derive(Debug, Clone, Copy)]
pub enum How<'a> {
    /// The current file.
    Current,
    /// The current file, as it was open before the server began anew.
    Reclaim,
    /// That name in the current folder, made if there is none.
    Make(&'a [u8], &'a Setting),
    /// That name, which must not be there unless these bytes made it.
    MakeNew(&'a [u8], Verifier, &'a Setting),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Access {
    pub read: bool,
    pub write: bool,
}

/// What is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub write: bool,
    pub from: u64,
    /// `u64::MAX`: to the end, wherever it is.
    pub length: u64,
}

impl Range {
    fn kind(self) -> u32 {
        1 + u32::from(self.write)
    }
}

/// Whose locks these are.
#[derive(Debug, Clone, Copy)]
pub enum Locker<'a> {
    /// One that has none in the file, by the file that it has open.
    New {
        open: StateId,
        client: u64,
        owner: &'a [u8],
    },
    Known(StateId),
}

/// Which call of a session this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub slot: u32,
    pub number: u32,
}

#[derive(Debug, Default, Clone)]
pub struct Compound {
    operations: Vec<Op>,
    body: Writer,
}

impl Compound {
    /// The arguments of the call.
    pub fn finish(&self) -> Writer {
        let mut out = Writer::default();
        out.opaque(b"");
        out.u32(MINOR_VERSION);
        out.u32(u32::try_from(self.operations.len()).unwrap_or(u32::MAX));
        out.append(&self.body);
        out
    }

    pub fn operations(&self) -> &[Op] {
        &self.operations
    }

    fn begin(&mut self, op: Op) -> &mut Writer {
        self.operations.push(op);
        self.body.u32(op as u32);
        &mut self.body
    }

    fn state(&mut self, it: StateId) {
        it.write(&mut self.body);
    }

    /// All of the other, after this.
    pub fn then(&mut self, other: &Compound) {
        self.operations.extend(&other.operations);
        self.body.append(&other.body);
    }

    pub fn put_root(&mut self) -> &mut Self {
        self.begin(Op::PutRoot);
        self
    }

    pub fn put(&mut self, handle: &FileHandle) -> &mut Self {
        self.begin(Op::PutHandle).opaque(handle);
        self
    }

    pub fn save(&mut self) -> &mut Self {
        self.begin(Op::Save);
        self
    }

    pub fn lookup(&mut self, name: &[u8]) -> &mut Self {
        self.begin(Op::Lookup).opaque(name);
        self
    }

    pub fn get_handle(&mut self) -> &mut Self {
        self.begin(Op::GetHandle);
        self
    }

    pub fn get_attributes(&mut self, wanted: Wanted) -> &mut Self {
        wanted.write(self.begin(Op::GetAttributes));
        self
    }

    pub fn set_attributes(&mut self, state: StateId, setting: &Setting) -> &mut Self {
        self.begin(Op::SetAttributes);
        self.state(state);
        setting.write(&mut self.body);
        self
    }

    pub fn access(&mut self, mask: u32) -> &mut Self {
        self.begin(Op::Access).u32(mask);
        self
    }

    pub fn read_link(&mut self) -> &mut Self {
        self.begin(Op::ReadLink);
        self
    }

    pub fn remove(&mut self, name: &[u8]) -> &mut Self {
        self.begin(Op::Remove).opaque(name);
        self
    }

    /// From the saved folder to the current.
    pub fn rename(&mut self, from: &[u8], to: &[u8]) -> &mut Self {
        let out = self.begin(Op::Rename);
        out.opaque(from);
        out.opaque(to);
        self
    }

    /// The saved file, in the current folder.
    pub fn link(&mut self, name: &[u8]) -> &mut Self {
        self.begin(Op::Link).opaque(name);
        self
    }

    /// Anything but a file.
    pub fn create(
        &mut self,
        kind: Kind,
        target: &[u8],
        device: (u32, u32),
        name: &[u8],
        setting: &Setting,
    ) -> &mut Self {
        let out = self.begin(Op::Create);
        out.u32(kind as u32);
        match kind {
            Kind::Link => {
                out.opaque(target);
            }
            Kind::Block | Kind::Character => {
                out.u32(device.0);
                out.u32(device.1);
            }
            _ => {}
        }
        out.opaque(name);
        setting.write(out);
        self
    }

    pub fn open(&mut self, client: u64, owner: &[u8], access: Access, how: How<'_>) -> &mut Self {
        const NO_DELEGATION: u32 = 0x400;
        const CREATE: u32 = 1;
        const NO_CREATE: u32 = 0;
        let out = self.begin(Op::Open);
        out.u32(0);
        let access = u32::from(access.read) | u32::from(access.write) << 1;
        out.u32(access | NO_DELEGATION);
        out.u32(0);
        out.u64(client);
        out.opaque(owner);
        match how {
            How::Current => {
                out.u32(NO_CREATE);
                out.u32(4);
            }
            How::Reclaim => {
                out.u32(NO_CREATE);
                out.u32(1);
                out.u32(0);
            }
            How::Make(name, setting) => {
                out.u32(CREATE);
                out.u32(0);
                setting.write(out);
                out.u32(0);
                out.opaque(name);
            }
            How::MakeNew(name, verifier, setting) => {
                out.u32(CREATE);
                out.u32(3);
                out.fixed(&verifier);
                setting.write(out);
                out.u32(0);
                out.opaque(name);
            }
        }
        self
    }

    pub fn close(&mut self, state: StateId) -> &mut Self {
        self.begin(Op::Close).u32(0);
        self.state(state);
        self
    }

    pub fn read(&mut self, state: StateId, at: u64, bytes: u32) -> &mut Self {
        self.begin(Op::Read);
        self.state(state);
        self.body.u64(at);
        self.body.u32(bytes);
        self
    }

    /// `lasting`: on the server's disk before it answers.
    pub fn write(&mut self, state: StateId, at: u64, bytes: &[u8], lasting: bool) -> &mut Self {
        self.begin(Op::Write);
        self.state(state);
        self.body.u64(at);
        self.body.u32(if lasting { 2 } else { 0 });
        self.body.opaque(bytes);
        self
    }

    /// All of it.
    pub fn commit(&mut self) -> &mut Self {
        let out = self.begin(Op::Commit);
        out.u64(0);
        out.u32(0);
        self
    }

    pub fn read_folder(&mut self, cookie: u64, verifier: Verifier, bytes: u32) -> &mut Self {
        let out = self.begin(Op::ReadFolder);
        out.u64(cookie);
        out.fixed(&verifier);
        out.u32(bytes);
        out.u32(bytes);
        Wanted::Entry.write(out);
        self
    }

    pub fn lock(&mut self, range: Range, reclaim: bool, locker: Locker<'_>) -> &mut Self {
        let out = self.begin(Op::Lock);
        out.u32(range.kind());
        out.bool(reclaim);
        out.u64(range.from);
        out.u64(range.length);
        match locker {
            Locker::New {
                open,
                client,
                owner,
            } => {
                out.bool(true);
                out.u32(0);
                self.state(open);
                self.body.u32(0);
                self.body.u64(client);
                self.body.opaque(owner);
            }
            Locker::Known(state) => {
                out.bool(false);
                self.state(state);
                self.body.u32(0);
            }
        }
        self
    }

    pub fn test_lock(&mut self, range: Range, client: u64, owner: &[u8]) -> &mut Self {
        let out = self.begin(Op::TestLock);
        out.u32(range.kind());
        out.u64(range.from);
        out.u64(range.length);
        out.u64(client);
        out.opaque(owner);
        self
    }

    pub fn unlock(&mut self, range: Range, state: StateId) -> &mut Self {
        let out = self.begin(Op::Unlock);
        out.u32(range.kind());
        out.u32(0);
        self.state(state);
        self.body.u64(range.from);
        self.body.u64(range.length);
        self
    }

    pub fn free_state(&mut self, state: StateId) -> &mut Self {
        self.begin(Op::FreeState);
        self.state(state);
        self
    }

    /// `verifier`: of this run of the client, `owner`: of the client.
    pub fn exchange_id(&mut self, verifier: Verifier, owner: &[u8]) -> &mut Self {
        let out = self.begin(Op::ExchangeId);
        out.fixed(&verifier);
        out.opaque(owner);
        out.u32(NOT_FOR_LAYOUTS);
        out.u32(0);
        out.u32(0);
        self
    }

    pub fn create_session(&mut self, client: u64, sequence: u32, fore: Channel) -> &mut Self {
        /// Nothing is called back; what is refused is a back channel of nothing.
        const BACK: Channel = Channel {
            request_bytes: 4096,
            response_bytes: 4096,
            cached_bytes: 0,
            operations: 2,
            requests: 1,
        };
        let out = self.begin(Op::CreateSession);
        out.u64(client);
        out.u32(sequence);
        out.u32(0);
        for channel in [fore, BACK] {
            channel.write(out);
        }
        out.u32(0);
        // Callers of nobody.
        out.words(&[0]);
        self
    }

    /// `slots`: that the client uses. `keep`: the answer, in case it has to be given once more.
    pub fn sequence(
        &mut self,
        session: &SessionId,
        turn: Turn,
        slots: u32,
        keep: bool,
    ) -> &mut Self {
        let out = self.begin(Op::Sequence);
        out.fixed(session);
        out.u32(turn.number);
        out.u32(turn.slot);
        out.u32(slots.saturating_sub(1));
        out.bool(keep);
        self
    }

    pub fn reclaim_complete(&mut self) -> &mut Self {
        self.begin(Op::ReclaimComplete).bool(false);
        self
    }

    pub fn destroy_session(&mut self, session: &SessionId) -> &mut Self {
        self.begin(Op::DestroySession).fixed(session);
        self
    }

    pub fn destroy_client(&mut self, client: u64) -> &mut Self {
        self.begin(Op::DestroyClient).u64(client);
        self
    }
}
