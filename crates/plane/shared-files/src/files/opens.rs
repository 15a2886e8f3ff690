//! Open files: what the server keeps of each, opened anew when it forgot it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use nix::errno::Errno;
use parking_lot::Mutex;
use wharf_nfs_wire::{Op, StateId, rpc::Caller};

use super::{Files, MAX_OPEN, names::access_of, tree::Node};
use crate::{
    client::{By, Client, Failed},
    fuse::answer::Cache,
    nfs::{
        attributes::{Attributes, Wanted},
        compound::{Access, Compound, How},
        results::Opened,
    },
};

/// Times that one that is forgotten is opened anew before whoever asked gets an error.
const MAX_TRIES: u32 = 4;

pub struct Open {
    pub number: u64,
    pub node: Arc<Node>,
    pub access: Access,
    /// Every write goes to the end.
    pub appends: bool,
    /// Its locks are lost: somebody else may have changed what they were to keep.
    pub lost: AtomicBool,
    keeps_removed: bool,
    caller: Caller,
    owner: Vec<u8>,
    state: Mutex<StateId>,
}

impl Open {
    /// As whoever opened it.
    pub fn by(&self, by: &By) -> By {
        By {
            caller: self.caller.clone(),
            patience: by.patience.clone(),
        }
    }

    pub fn state(&self) -> StateId {
        *self.state.lock()
    }

    /// One that the server does not take back is opened anew when it is used next.
    pub fn claim(&self, client: &Client, grace: bool) -> Result<(), Failed> {
        if !grace {
            return Ok(());
        }
        let claimed = client.ask_as_keeper(
            &self.caller,
            |id| {
                let mut ops = Compound::default();
                ops.put(&self.node.handle)
                    .open(id, &self.owner, self.access, How::Reclaim);
                ops
            },
            |it| it.put()?.opened(),
        );
        match claimed {
            Ok(opened) => {
                *self.state.lock() = opened.state;
                Ok(())
            }
            Err(Failed::Status(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

#[cfg(test)]
impl Open {
    /// Of no server.
    pub(super) fn lone(number: u64, node: &Arc<Node>) -> Arc<Self> {
        Arc::new(Self {
            number,
            node: node.clone(),
            access: Access::default(),
            appends: false,
            lost: AtomicBool::default(),
            keeps_removed: false,
            caller: Caller::default(),
            owner: Vec::new(),
            state: Mutex::default(),
        })
    }
}

impl Files {
    pub(super) fn open_owner(&self) -> Vec<u8> {
        [&b"open"[..], &self.unique().to_be_bytes()].concat()
    }

    pub(super) fn has_opens(&self) -> bool {
        !self.opens.lock().is_empty()
    }

    pub(super) fn keeps_removed(&self, node: &Node) -> bool {
        let opens = self.opens.lock();
        let mut of_node = opens.values().filter(|it| it.node.number == node.number);
        of_node.all(|it| it.keeps_removed)
    }

    pub fn opened(&self, number: u64) -> Result<Arc<Open>, Errno> {
        self.opens.lock().get(&number).cloned().ok_or(Errno::EBADF)
    }

    pub(super) fn keep_open(
        &self,
        by: &By,
        node: &Arc<Node>,
        access: Access,
        flags: i32,
        owner: Vec<u8>,
        opened: &Opened,
    ) -> Result<Arc<Open>, Errno> {
        let open = Arc::new(Open {
            number: self.unique(),
            node: node.clone(),
            access,
            appends: flags & libc::O_APPEND != 0,
            lost: AtomicBool::new(false),
            keeps_removed: opened.keeps_removed,
            caller: by.caller.clone(),
            owner,
            state: Mutex::new(opened.state),
        });
        let mut opens = self.opens.lock();
        if opens.len() >= MAX_OPEN {
            return Err(Errno::ENFILE);
        }
        node.opens.fetch_add(1, Ordering::AcqRel);
        opens.insert(open.number, open.clone());
        Ok(open)
    }

    /// And how the kernel treats what it has of it; also whether what it knows of its attributes is old.
    pub fn open(
        &self,
        by: &By,
        node: &Arc<Node>,
        flags: i32,
    ) -> Result<(Arc<Open>, Cache, bool), Failed> {
        if self.opens.lock().len() >= MAX_OPEN {
            return Err(Errno::ENFILE.into());
        }
        self.settle_if_lacking(by, node)?;
        let (access, owner) = (access_of(flags), self.open_owner());
        let (opened, attributes) = self.ask_open(by, node, access, &owner)?;
        let before = node.change_at_open.lock().replace(attributes.change);
        let same = before == Some(attributes.change);
        let open = self.keep_open(by, node, access, flags, owner, &opened)?;
        let cache = match (open.appends, same) {
            // The kernel would write where it believes the end to be.
            (true, _) => Cache::Bypass,
            (false, true) => Cache::Keep,
            (false, false) => Cache::Drop,
        };
        Ok((open, cache, !same))
    }

    fn ask_open(
        &self,
        by: &By,
        node: &Node,
        access: Access,
        owner: &[u8],
    ) -> Result<(Opened, Attributes), Failed> {
        self.client.ask(
            by,
            true,
            |round| {
                let mut ops = Compound::default();
                ops.put(&node.handle)
                    .open(round.client, owner, access, How::Current)
                    .get_attributes(Wanted::File);
                ops
            },
            |it| Ok((it.put()?.opened()?, it.attributes()?)),
        )
    }

    /// Does something by what the server keeps of an open file, which is opened anew if that is gone.
    pub(super) fn with_state<T>(
        &self,
        open: &Open,
        by: &By,
        ask: impl Fn(StateId) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        for _ in 0..MAX_TRIES {
            if open.lost.load(Ordering::Acquire) {
                return Err(Errno::EIO.into());
            }
            let state = open.state();
            match ask(state) {
                Err(Failed::Status(status)) if status.ends_state() => {
                    self.open_anew(open, by, state)?;
                }
                other => return other,
            }
        }
        Err(Errno::EIO.into())
    }

    fn open_anew(&self, open: &Open, by: &By, before: StateId) -> Result<(), Failed> {
        if open.state() != before {
            // Others were here first.
            return Ok(());
        }
        let by = open.by(by);
        let (opened, _) = self.ask_open(&by, &open.node, open.access, &open.owner)?;
        *open.state.lock() = opened.state;
        // Locks by what was forgotten are forgotten too.
        self.locks.lose(open);
        Ok(())
    }

    pub fn close_all(&self, by: &By) {
        let all: Vec<_> = self.opens.lock().keys().copied().collect();
        for open in all {
            let _ = self.close(by, open);
        }
    }

    /// Nobody has it open any more.
    pub fn close(&self, by: &By, number: u64) -> Result<(), Failed> {
        let Some(open) = self.opens.lock().remove(&number) else {
            return Ok(());
        };
        let by = open.by(by);
        let settled = self.settle(&by, &open.node);
        // Those of the open file itself, of which the kernel says nothing.
        self.unlock_by(&by, &open);
        let state = open.state();
        let closed = self.of(
            &by,
            true,
            &open.node.handle,
            |ops| ops.close(state),
            |it| it.state_of(Op::Close).map(drop),
        );
        if open.node.opens.fetch_sub(1, Ordering::AcqRel) == 1 {
            let hidden = open.node.hidden.lock().take();
            if let Some((folder, name)) = hidden {
                let _ = self.remove(&by, &folder, &name);
            }
        }
        settled.and(match closed {
            Err(Failed::Status(status)) if status.ends_state() => Ok(()),
            other => other,
        })
    }
}
