//! Advisory locks, of `fcntl` and `flock` alike, kept by the server. Which are held is known here too, so that they can be
//! claimed when the server began anew. Where they cannot, the file they were for gives errors until it is closed.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use nix::errno::Errno;
use parking_lot::Mutex;
use wharf_nfs_wire::{Op, StateId};

use super::{Files, opens::Open, tree::Node};
use crate::{
    client::{By, Client, Failed},
    fuse::request::AskedLock,
    nfs::{
        compound::{Compound, Locker, Range},
        results::Held,
    },
};

/// Owners of locks at a time, and ranges of one.
const MAX_OWNERS: usize = 64 << 10;
const MAX_RANGES: usize = 4096;

#[derive(Default)]
pub struct Locks(Mutex<BTreeMap<Key, Arc<Owner>>>);

/// The node, and who has locks in it.
type Key = (u64, Vec<u8>);

struct Owner {
    name: Vec<u8>,
    open: Arc<Open>,
    holds: AtomicBool,
    /// Whoever asks something of the server for it; the keeper does so without.
    turn: Mutex<()>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    state: Option<StateId>,
    ranges: Vec<Span>,
}

/// First and last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: u64,
    to: u64,
    write: bool,
}

const TO_THE_END: u64 = i64::MAX as u64;

impl Span {
    fn range(self) -> Range {
        let length = match self.to >= TO_THE_END {
            true => u64::MAX,
            false => (self.to - self.from).saturating_add(1),
        };
        Range {
            write: self.write,
            from: self.from,
            length,
        }
    }
}

/// What is held after `new` was locked, or unlocked if it is `None` there.
fn put(held: &[Span], from: u64, to: u64, new: Option<bool>) -> Vec<Span> {
    let mut all = Vec::with_capacity(held.len() + 2);
    for span in held {
        if span.to < from || span.from > to {
            all.push(*span);
            continue;
        }
        if span.from < from {
            all.push(Span {
                to: from - 1,
                ..*span
            });
        }
        if span.to > to {
            all.push(Span {
                from: to + 1,
                ..*span
            });
        }
    }
    all.extend(new.map(|write| Span { from, to, write }));
    all
}

impl Locks {
    fn owner(&self, node: u64, name: &[u8]) -> Option<Arc<Owner>> {
        self.0.lock().get(&(node, name.to_vec())).cloned()
    }

    fn owner_or_new(&self, open: &Arc<Open>, name: &[u8]) -> Result<Arc<Owner>, Errno> {
        let mut all = self.0.lock();
        let key = (open.node.number, name.to_vec());
        if let Some(owner) = all.get(&key) {
            return Ok(owner.clone());
        }
        if all.len() >= MAX_OWNERS {
            return Err(Errno::ENOLCK);
        }
        let owner = Arc::new(Owner {
            name: name.to_vec(),
            open: open.clone(),
            holds: AtomicBool::new(false),
            turn: Mutex::default(),
            kept: Mutex::default(),
        });
        all.insert(key, owner.clone());
        Ok(owner)
    }

    fn of_open(&self, open: &Open) -> Vec<Arc<Owner>> {
        let all = self.0.lock();
        let of_it = all.values().filter(|it| it.open.number == open.number);
        of_it.cloned().collect()
    }

    /// The server forgot what it kept of the open file.
    pub fn lose(&self, open: &Open) {
        for owner in self.of_open(open) {
            owner.lose();
        }
    }

    /// Whether what that open file locks is locked for the owner, whose turn it is. One that holds nothing, of another open file,
    /// goes: that file may be closed before long, and what is locked by it then is let go.
    fn is_for(&self, owner: &Arc<Owner>, open: &Open) -> bool {
        if owner.open.number != open.number && !owner.holds.load(Ordering::Acquire) {
            self.forget(owner);
        }
        let all = self.0.lock();
        let known = all.get(&owner.key());
        known.is_some_and(|it| Arc::ptr_eq(it, owner))
    }

    /// In the owner's turn: who waits for that locks by another one.
    fn forget(&self, owner: &Arc<Owner>) {
        let (mut all, key) = (self.0.lock(), owner.key());
        if all.get(&key).is_some_and(|it| Arc::ptr_eq(it, owner)) {
            all.remove(&key);
        }
    }

    pub fn claim(&self, client: &Client, grace: bool) -> Result<(), Failed> {
        let all: Vec<_> = self.0.lock().values().cloned().collect();
        for owner in all {
            match grace {
                true => owner.claim(client)?,
                false => owner.lose(),
            }
        }
        Ok(())
    }
}

impl Owner {
    fn key(&self) -> Key {
        (self.open.node.number, self.name.clone())
    }

    fn lose(&self) {
        let mut kept = self.kept.lock();
        kept.state = None;
        if !kept.ranges.is_empty() {
            kept.ranges.clear();
            self.open.lost.store(true, Ordering::Release);
        }
        self.holds.store(false, Ordering::Release);
    }

    fn claim(&self, client: &Client) -> Result<(), Failed> {
        let ranges = {
            let mut kept = self.kept.lock();
            kept.state = None;
            kept.ranges.clone()
        };
        let caller = self.open.by(&By::keeper()).caller;
        for span in ranges {
            let claimed = client.ask_as_keeper(
                &caller,
                |id| self.lock(id, span, true),
                |it| it.put()?.locked(Op::Lock),
            );
            match claimed {
                Ok(Ok(state)) => self.kept.lock().state = state,
                Ok(Err(_)) | Err(Failed::Status(_)) => {
                    self.lose();
                    return Ok(());
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn lock(&self, client: u64, span: Span, reclaim: bool) -> Compound {
        let locker = match self.kept.lock().state {
            Some(state) => Locker::Known(state),
            None => Locker::New {
                open: self.open.state(),
                client,
                owner: &self.name,
            },
        };
        let mut ops = Compound::default();
        ops.put(&self.open.node.handle)
            .lock(span.range(), reclaim, locker);
        ops
    }
}

/// By `flock` an open file has a lock. The kernel's name of it is no use: that is the next one's while it is still being closed here.
/// By `fcntl` a process has it, through whichever of its open files, or an open file; the kernel does not say which.
fn name(lock: &AskedLock) -> Vec<u8> {
    match lock.whole {
        true => [&b"flock"[..], &lock.open.to_be_bytes()].concat(),
        false => name_of_process(lock.owner),
    }
}

fn name_of_process(owner: u64) -> Vec<u8> {
    [&b"fcntl"[..], &owner.to_be_bytes()].concat()
}

impl Files {
    /// Whether it was had; otherwise another has it.
    pub fn lock(&self, by: &By, node: &Node, lock: &AskedLock) -> Result<bool, Failed> {
        if lock.from > lock.to {
            return Err(Errno::EINVAL.into());
        }
        let kind = lock.kind.cast_signed();
        if kind == libc::F_UNLCK {
            let name = name(lock);
            self.unlock(by, node.number, &name, (lock.from, lock.to))?;
            return Ok(true);
        }
        let open = self.opened(lock.open)?;
        loop {
            let owner = self.locks.owner_or_new(&open, &name(lock))?;
            let _turn = owner.turn.lock();
            if self.locks.is_for(&owner, &open) {
                return self.lock_for(&open.by(by), &owner, lock);
            }
        }
    }

    /// In the owner's turn.
    fn lock_for(&self, by: &By, owner: &Owner, lock: &AskedLock) -> Result<bool, Failed> {
        if owner.kept.lock().ranges.len() >= MAX_RANGES {
            return Err(Errno::ENOLCK.into());
        }
        let span = Span {
            from: lock.from,
            to: lock.to,
            write: lock.kind.cast_signed() == libc::F_WRLCK,
        };
        // What is locked is read anew, and what another wrote before it unlocked is seen.
        let locked = self.with_state(&owner.open, by, |_| {
            self.client.ask(
                by,
                true,
                |round| owner.lock(round.client, span, false),
                |it| it.put()?.locked(Op::Lock),
            )
        })?;
        let Ok(state) = locked else { return Ok(false) };
        let mut kept = owner.kept.lock();
        kept.state = state;
        kept.ranges = put(&kept.ranges, span.from, span.to, Some(span.write));
        owner.holds.store(true, Ordering::Release);
        Ok(true)
    }

    /// All that one who closes has locked by `fcntl`.
    pub fn unlock_all(&self, by: &By, node: u64, owner: u64) -> Result<(), Failed> {
        self.unlock(by, node, &name_of_process(owner), (0, TO_THE_END))
    }

    /// All that was locked by a file that is open no more.
    pub(super) fn unlock_by(&self, by: &By, open: &Open) {
        for owner in self.locks.of_open(open) {
            let _turn = owner.turn.lock();
            // What fails goes with the open file.
            let _ = self.unlock_for(by, &owner, (0, TO_THE_END));
            self.locks.forget(&owner);
        }
    }

    fn unlock(&self, by: &By, node: u64, name: &[u8], range: (u64, u64)) -> Result<(), Failed> {
        let Some(owner) = self.locks.owner(node, name) else {
            return Ok(());
        };
        let _turn = owner.turn.lock();
        self.unlock_for(by, &owner, range)
    }

    /// In the owner's turn.
    fn unlock_for(&self, by: &By, owner: &Owner, (from, to): (u64, u64)) -> Result<(), Failed> {
        if !owner.holds.load(Ordering::Acquire) {
            return Ok(());
        }
        // Others see what was written under the lock.
        self.settle(by, &owner.open.node)?;
        let by = owner.open.by(by);
        let span = Span {
            from,
            to,
            write: true,
        };
        let unlocked = self.client.ask(
            &by,
            true,
            |_| {
                let state = owner.kept.lock().state.unwrap_or_default();
                let mut ops = Compound::default();
                ops.put(&owner.open.node.handle).unlock(span.range(), state);
                ops
            },
            |it| it.put()?.state_of(Op::Unlock),
        );
        let mut kept = owner.kept.lock();
        match unlocked {
            Ok(state) => kept.state = Some(state),
            Err(Failed::Status(status)) if status.ends_state() => {
                kept.state = None;
                kept.ranges.clear();
            }
            Err(other) => return Err(other),
        }
        kept.ranges = put(&kept.ranges, from, to, None);
        if kept.ranges.is_empty() {
            owner.holds.store(false, Ordering::Release);
            let state = kept.state.take();
            drop(kept);
            self.free(&by, state);
        }
        Ok(())
    }

    /// The server need not keep it any more. Should it do so all the same, it goes with the file that was open.
    fn free(&self, by: &By, state: Option<StateId>) {
        let Some(state) = state else { return };
        let _ = self.client.ask(
            by,
            true,
            |_| {
                let mut ops = Compound::default();
                ops.free_state(state);
                ops
            },
            |it| it.done(Op::FreeState).map(drop),
        );
    }

    /// Whose lock is in the way: whether it is one of a writer, first and last byte.
    pub fn test_lock(
        &self,
        by: &By,
        node: &Node,
        lock: &AskedLock,
    ) -> Result<Option<(bool, u64, u64)>, Failed> {
        let span = Span {
            from: lock.from,
            to: lock.to.max(lock.from),
            write: lock.kind.cast_signed() == libc::F_WRLCK,
        };
        let owner = name(lock);
        let tested = self.client.ask(
            by,
            false,
            |round| {
                let mut ops = Compound::default();
                ops.put(&node.handle)
                    .test_lock(span.range(), round.client, &owner);
                ops
            },
            |it| it.put()?.locked(Op::TestLock),
        )?;
        let last = |it: Held| it.from.saturating_add(it.length - 1).min(TO_THE_END);
        Ok(match tested {
            Err(it) if it.length > 0 => Some((it.write, it.from.min(TO_THE_END), last(it))),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tree::Tree, *};

    /// The kernel says that a file is closed some time after it was, and may have given its owner's name to another by then.
    #[test]
    fn nothing_is_locked_by_an_open_file_that_another_took_the_place_of() {
        let asked = |open, whole| AskedLock {
            open,
            owner: 7,
            from: 0,
            to: TO_THE_END,
            kind: libc::F_WRLCK.cast_unsigned(),
            whole,
        };
        assert_ne!(name(&asked(1, true)), name(&asked(2, true)));
        // A process has the same locks through all files that it has open.
        let process = name(&asked(1, false));
        assert_eq!(process, name(&asked(2, false)));
        let handle = |of: u8| -> Arc<[u8]> { Arc::from(&[of; 20][..]) };
        let node = Tree::new(handle(0)).tell(handle(1)).unwrap();
        let (old, new) = (Open::lone(1, &node), Open::lone(2, &node));
        let locks = Locks::default();
        let before = locks.owner_or_new(&old, &process).unwrap();
        before.holds.store(true, Ordering::Release);
        let same = locks.owner_or_new(&new, &process).unwrap();
        assert!(Arc::ptr_eq(&before, &same) && locks.is_for(&same, &new));
        // With nothing held, what the new one locks has nothing to do with the old one, whoever waited for its turn meanwhile.
        before.holds.store(false, Ordering::Release);
        assert!(locks.is_for(&before, &old));
        assert!(!locks.is_for(&before, &new) && !locks.is_for(&before, &old));
        let after = locks.owner_or_new(&new, &process).unwrap();
        assert!(locks.is_for(&after, &new) && locks.of_open(&old).is_empty());
        locks.forget(&before);
        assert!(locks.is_for(&after, &new));
    }

    #[test]
    fn ranges_are_cut_and_replaced() {
        let span = |from, to, write| Span { from, to, write };
        let held = put(&[], 10, 19, Some(true));
        assert_eq!(put(&held, 0, 9, None), held);
        assert_eq!(
            put(&held, 12, 14, None),
            [span(10, 11, true), span(15, 19, true)]
        );
        assert_eq!(
            put(&held, 15, TO_THE_END, Some(false)),
            [span(10, 14, true), span(15, TO_THE_END, false)]
        );
        assert!(put(&held, 0, TO_THE_END, None).is_empty());
        assert_eq!(span(5, TO_THE_END, true).range().length, u64::MAX);
        assert_eq!(span(5, 5, true).range().length, 1);
    }
}
