//! A file system of the server's as the kernel asks for it.
//!
//! Everything is asked as the user who asks here, so the server decides. What was written is kept until the server says
//! that it is on its disk ([`bytes`]); opens and locks are claimed anew when it forgot them ([`opens`], [`locks`]).

pub mod bytes;
pub mod folders;
pub mod ids;
pub mod locks;
mod names;
pub mod opens;
pub mod tree;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use nix::errno::Errno;
use parking_lot::Mutex;
use wharf_nfs_wire::{Op, StateId, Verifier};

pub use self::names::New;
use self::{
    folders::Folder,
    ids::{Ids, Translation},
    locks::Locks,
    opens::Open,
    tree::{Node, Tree},
};
use crate::{
    client::{By, Client, Failed},
    keeper::State,
    nfs::{
        FileHandle,
        attributes::{Attributes, Room, Setting, Time, Wanted},
        compound::Compound,
        results::{Problem, Results},
    },
};

/// Files and folders that are open at a time.
const MAX_OPEN: usize = 64 << 10;

pub struct Files {
    pub client: Arc<Client>,
    pub ids: Translation,
    tree: Tree,
    opens: Mutex<BTreeMap<u64, Arc<Open>>>,
    folders: Mutex<BTreeMap<u64, Arc<Folder>>>,
    locks: Locks,
    /// Numbers that are used once.
    next: AtomicU64,
    /// Bytes that are written and not settled.
    unsettled: AtomicUsize,
    verifier: Verifier,
}

impl Files {
    /// `root`: found by [`find_root`]. `verifier`: of this run.
    pub fn new(
        client: Arc<Client>,
        root: FileHandle,
        ids: Option<Ids>,
        verifier: Verifier,
    ) -> Self {
        Self {
            client,
            ids: Translation(ids),
            tree: Tree::new(root),
            opens: Mutex::default(),
            folders: Mutex::default(),
            locks: Locks::default(),
            next: AtomicU64::new(1),
            unsettled: AtomicUsize::new(0),
            verifier,
        }
    }

    pub fn node(&self, number: u64) -> Result<Arc<Node>, Errno> {
        self.tree.node(number)
    }

    pub fn forget(&self, nodes: &[(u64, u64)]) {
        for (number, times) in nodes {
            self.tree.forget(*number, *times);
        }
    }

    fn unique(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Of this run of the client and this number alone.
    fn unique_verifier(&self) -> Verifier {
        let own = u64::from_be_bytes(self.verifier);
        own.wrapping_add(self.unique()).to_be_bytes()
    }

    /// A time by which what was made is known again: this one of the clock, and a part of a second that nobody else has.
    fn mark(&self) -> Time {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = i64::try_from(now.unwrap_or_default().as_secs());
        let own = u64::from_be_bytes(self.unique_verifier()) % 1_000_000_000;
        Time {
            seconds: seconds.unwrap_or_default(),
            nanoseconds: u32::try_from(own).unwrap_or_default(),
        }
    }

    /// Asks for something of one file.
    fn of<T>(
        &self,
        by: &By,
        keep: bool,
        handle: &FileHandle,
        build: impl Fn(&mut Compound) -> &mut Compound,
        read: impl Fn(&mut Results<'_>) -> Result<T, Problem>,
    ) -> Result<T, Failed> {
        self.client.ask(
            by,
            keep,
            |_| {
                let mut ops = Compound::default();
                ops.put(handle);
                build(&mut ops);
                ops
            },
            |it| read(it.put()?),
        )
    }

    pub fn attributes(&self, by: &By, node: &Node) -> Result<Attributes, Failed> {
        self.settle_if_lacking(by, node)?;
        self.of(
            by,
            false,
            &node.handle,
            |ops| ops.get_attributes(Wanted::File),
            |it| it.attributes(),
        )
    }

    pub fn set_attributes(
        &self,
        by: &By,
        node: &Node,
        open: Option<&Open>,
        setting: &Setting,
    ) -> Result<Attributes, Failed> {
        let setting = self.ids.set(*setting);
        let ask = |by: &By, state: StateId| {
            self.of(
                by,
                false,
                &node.handle,
                |ops| {
                    ops.set_attributes(state, &setting)
                        .get_attributes(Wanted::File)
                },
                |it| {
                    it.set_attributes()?;
                    it.attributes()
                },
            )
        };
        if setting.size.is_some() {
            // What is written anew after a server that began anew must not come back beyond the end.
            self.settle(by, node)?;
        }
        match open.filter(|it| setting.size.is_some() && it.access.write) {
            Some(open) => {
                let by = open.by(by);
                self.with_state(open, &by, |state| ask(&by, state))
            }
            None => ask(by, StateId::ANONYMOUS),
        }
    }

    pub fn access(&self, by: &By, node: &Node, mask: u32) -> Result<(), Failed> {
        const READ: u32 = 1;
        const LOOKUP: u32 = 2;
        const MODIFY: u32 = 4;
        const EXTEND: u32 = 8;
        const EXECUTE: u32 = 32;
        let mask = mask.cast_signed();
        let (allowed, attributes) = self.of(
            by,
            false,
            &node.handle,
            |ops| {
                ops.access(READ | LOOKUP | MODIFY | EXTEND | EXECUTE)
                    .get_attributes(Wanted::File)
            },
            |it| Ok((it.access()?, it.attributes()?)),
        )?;
        let is_folder = attributes.kind == crate::nfs::attributes::Kind::Folder;
        let execute = if is_folder { LOOKUP } else { EXECUTE };
        let each = [
            (libc::R_OK, READ),
            (libc::W_OK, MODIFY | EXTEND),
            (libc::X_OK, execute),
        ];
        let denied = each
            .iter()
            .any(|(asked, needed)| mask & asked != 0 && allowed & needed == 0);
        match denied {
            true => Err(Errno::EACCES.into()),
            false => Ok(()),
        }
    }

    pub fn room(&self, by: &By, node: &Node) -> Result<Room, Failed> {
        self.of(
            by,
            false,
            &node.handle,
            |ops| ops.get_attributes(Wanted::Room),
            |it| it.room(),
        )
    }
}

impl State for Files {
    fn claim(&self, client: &Client, grace: bool) -> Result<(), Failed> {
        let opens: Vec<_> = self.opens.lock().values().cloned().collect();
        for open in &opens {
            open.claim(client, grace)?;
            open.node.may_lack.store(true, Ordering::Release);
        }
        self.locks.claim(client, grace)
    }
}

/// The folder that is shown: a path from the server's root.
pub fn find_root(client: &Client, by: &By, path: &str) -> Result<FileHandle, Failed> {
    let names: Vec<_> = path.split('/').filter(|it| !it.is_empty()).collect();
    /// Of one call: servers take a few operations.
    const STEP: usize = 8;
    let mut from: Option<FileHandle> = None;
    let steps: Vec<_> = names.chunks(STEP).collect();
    for step in steps.iter().copied().chain([&[][..]]) {
        let handle = client.ask(
            by,
            false,
            |_| {
                let mut ops = Compound::default();
                match &from {
                    None => ops.put_root(),
                    Some(handle) => ops.put(handle),
                };
                for name in step {
                    ops.lookup(name.as_bytes());
                }
                ops.get_handle().get_attributes(Wanted::File);
                ops
            },
            |it| {
                it.done(if from.is_none() {
                    Op::PutRoot
                } else {
                    Op::PutHandle
                })?;
                for _ in step {
                    it.done(Op::Lookup)?;
                }
                let handle = it.handle()?;
                Ok((handle, it.attributes()?))
            },
        )?;
        if handle.1.kind != crate::nfs::attributes::Kind::Folder {
            return Err(Errno::ENOTDIR.into());
        }
        from = Some(handle.0);
    }
    from.ok_or(Errno::EIO.into())
}
