//! A group: transactions decided one after another against the state and each other, to be made
//! durable together. Nothing of it is visible before that.

use std::{borrow::Cow, collections::HashMap};

use bytes::Bytes;
use wharf_wal::{Encoder, GroupLimits, LANE_BYTES, MAX_FRAME_BYTES, Purpose};

use crate::{
    Compare, Entry, LeaseId, Op, OpResult, Revision, StoreError, Target, Txn, TxnReply,
    accounts::{self, Heeds, Shares},
    record::{Change, encode_record},
    state::State,
    txn::MAX_TXN_WEIGHT,
};

/// What is decided for one sync, in [`Txn::weight`]. Whoever comes waits for the group under way, large as it may be: with
/// more the others wait longer, with less a flood has less of the disk.
pub(crate) const GROUP: GroupLimits = GroupLimits {
    requests: 1024,
    bytes: 1 << 20,
};
const _: () = assert!(GROUP.bytes + 2 * MAX_TXN_WEIGHT < MAX_FRAME_BYTES);
const _: () = assert!(MAX_TXN_WEIGHT < LANE_BYTES);

pub(crate) struct Group<'a> {
    state: &'a State,
    /// Keys written by this group: their new entry, or `None` once deleted.
    written: HashMap<String, Option<Entry>>,
    revision: Revision,
    log: Encoder,
    /// Changes of the transaction at hand.
    scratch: Encoder,
    /// Whether any transaction of it leaves more in the store than there was.
    grows: bool,
}

/// By so much a transaction that makes no key may grow what is there and still counts as one that
/// is needed to give room back: stopping a task adds a reason and some times to its record.
const CHANGE_BYTES: i64 = 4 << 10;

/// What one transaction has written so far.
#[derive(Default)]
struct Effects {
    revision: Revision,
    changes: usize,
    keys: usize,
    /// Keys that were not there before.
    made: usize,
    /// Bytes of live keys and values: more (or, below zero, less) than before.
    balance: i64,
}

impl Effects {
    fn replace(&mut self, key: &str, before: Option<&Entry>, after: Option<usize>) {
        let size = |value: usize| i64::try_from(key.len() + value).unwrap_or(i64::MAX);
        self.balance += after.map_or(0, size) - before.map_or(0, |e| size(e.value.len()));
        self.made += usize::from(before.is_none() && after.is_some());
    }

    fn grows(&self) -> bool {
        self.balance > if self.made > 0 { 0 } else { CHANGE_BYTES }
    }
}

impl<'a> Group<'a> {
    pub(crate) fn new(state: &'a State) -> Self {
        Self {
            state,
            written: HashMap::new(),
            revision: state.revision,
            log: Encoder::new(),
            scratch: Encoder::new(),
            grows: false,
        }
    }

    /// What the group is to the disk.
    pub(crate) fn purpose(&self) -> Purpose {
        if self.grows {
            Purpose::Growth
        } else {
            Purpose::GiveBack
        }
    }

    /// Adds a change that is no transaction's and takes no revision.
    pub(crate) fn note(&mut self, change: Change<'_>) {
        encode_record(&mut self.log, 0, 1);
        change.encode(&mut self.log);
    }

    /// Adds a deletion of these keys of a lease, together with its end if they are the last.
    pub(crate) fn delete_leased<'k>(
        &mut self,
        keys: impl ExactSizeIterator<Item = &'k str>,
        ended: Option<LeaseId>,
    ) -> Revision {
        let count = keys.len() + usize::from(ended.is_some());
        let revision = if keys.len() == 0 {
            0
        } else {
            self.revision + 1
        };
        encode_record(&mut self.log, revision, count);
        for key in keys {
            Change::Delete { key }.encode(&mut self.log);
        }
        if let Some(id) = ended {
            Change::LeaseRevoke { id }.encode(&mut self.log);
        }
        self.revision = self.revision.max(revision);
        self.revision
    }

    pub(crate) fn bytes(&self) -> usize {
        self.log.len()
    }

    pub(crate) fn into_log(self) -> Vec<u8> {
        self.log.into_vec()
    }

    /// Decides a transaction whose limits have been checked. On an error it has no effect. Returns
    /// whether it wrote anything beside the reply. `shares`: what accounts may have, and what of that is heeded. `has_reserve`:
    /// what it adds is no growth, since it gives room back in the end.
    pub(crate) fn decide(
        &mut self,
        txn: &Txn,
        shares: &Shares,
        heeds: Heeds,
        has_reserve: bool,
    ) -> Result<(TxnReply, bool), StoreError> {
        let failed = txn.compare.iter().find(|c| !self.holds(c));
        let branch = if failed.is_none() {
            &txn.then
        } else {
            &txn.or_else
        };
        self.check_leases(branch)?;
        if heeds != Heeds::Nothing {
            self.check_shares(branch, shares, heeds)?;
        }
        let current = match failed {
            None => Vec::new(),
            Some(_) => txn.compare.iter().map(|c| self.get(&c.key)).collect(),
        };
        let mut effects = Effects {
            revision: self.revision + 1,
            ..Effects::default()
        };
        self.scratch.clear();
        let results = branch.iter().map(|op| self.run(op, &mut effects)).collect();
        let wrote = effects.changes > 0;
        self.grows |= effects.grows() && !has_reserve;
        if wrote {
            // Moving a cursor alone takes no revision: see Op::Cursor.
            let revision = if effects.keys > 0 {
                effects.revision
            } else {
                0
            };
            encode_record(&mut self.log, revision, effects.changes);
            self.log.raw(self.scratch.as_slice());
            self.revision = self.revision.max(revision);
        }
        let conflict = failed.map(|c| c.key.clone());
        let succeeded = conflict.is_none();
        Ok((
            TxnReply {
                succeeded,
                revision: self.revision,
                results,
                current,
                conflict,
            },
            wrote,
        ))
    }

    fn check_leases(&self, branch: &[Op]) -> Result<(), StoreError> {
        for op in branch {
            if let Op::Put {
                lease: Some(id), ..
            } = op
                && (!self.state.leases.contains_key(id) || self.state.ending.contains(id))
            {
                return Err(StoreError::LeaseNotFound(*id));
            }
        }
        Ok(())
    }

    /// Whether each account has room for what is added to it. What this group has written before does not count: an
    /// account may have so much more than its share as one group holds.
    fn check_shares(&self, branch: &[Op], shares: &Shares, heeds: Heeds) -> Result<(), StoreError> {
        // Few, mostly one. What is put is more than what is added.
        let mut puts: Vec<(&str, u64)> = Vec::new();
        for op in branch {
            let Op::Put { key, value, .. } = op else {
                continue;
            };
            let Some(account) = self.state.accounts.owner(key) else {
                continue;
            };
            let size = accounts::size(key, value.len());
            match puts.iter_mut().find(|(it, _)| *it == account) {
                Some((_, bytes)) => *bytes += size,
                None => puts.push((account, size)),
            }
        }
        for (account, bytes) in puts {
            let held = self.state.accounts.held(account).bytes;
            if let Some(share) = shares.of_account(account)
                && held.saturating_add(bytes) > share
            {
                self.check_share(branch, account, held, share, heeds)?;
            }
        }
        Ok(())
    }

    /// The same of one account, exactly.
    fn check_share(
        &self,
        branch: &[Op],
        account: &str,
        held: u64,
        share: u64,
        heeds: Heeds,
    ) -> Result<(), StoreError> {
        let mut effects = Effects::default();
        for op in branch {
            let (key, after) = match op {
                Op::Put { key, value, .. } => (key, Some(value.len())),
                Op::Delete { key } => (key, None),
                Op::Get { .. } | Op::Cursor { .. } | Op::DropCursor { .. } => continue,
            };
            if self.state.accounts.owner(key) == Some(account) {
                effects.replace(key, self.get(key).as_ref(), after);
            }
        }
        if effects.balance <= 0 {
            return Ok(());
        }
        let made = accounts::RECORD_BYTES * effects.made as u64;
        let more = u64::try_from(effects.balance).unwrap_or(0) + made;
        // A little change of what is there has the reserve too, and no more than that: it may be made again and again.
        let room = match heeds == Heeds::Reserve || !effects.grows() {
            true => accounts::with_reserve(share),
            false => share,
        };
        match held.saturating_add(more) > room {
            true => Err(accounts::full(account, share)),
            false => Ok(()),
        }
    }

    fn run(&mut self, op: &Op, effects: &mut Effects) -> OpResult {
        match op {
            Op::Get { key } => OpResult::Get {
                entry: self.get(key),
            },
            Op::Put { key, value, lease } => {
                let previous = self.get(key);
                effects.keys += 1;
                effects.changes += 1;
                effects.replace(key, previous.as_ref(), Some(value.len()));
                Change::Put {
                    key,
                    value,
                    lease: *lease,
                }
                .encode(&mut self.scratch);
                let entry = successor(previous.as_ref(), key, value, *lease, effects.revision);
                self.written.insert(key.clone(), Some(entry));
                OpResult::Put { previous }
            }
            Op::Delete { key } => {
                let previous = self.get(key);
                if previous.is_some() {
                    effects.keys += 1;
                    effects.changes += 1;
                    effects.replace(key, previous.as_ref(), None);
                    Change::Delete { key }.encode(&mut self.scratch);
                    self.written.insert(key.clone(), None);
                }
                OpResult::Delete { previous }
            }
            Op::Cursor { name, revision } => {
                effects.changes += 1;
                Change::Cursor {
                    name,
                    revision: *revision,
                }
                .encode(&mut self.scratch);
                OpResult::Cursor
            }
            Op::DropCursor { name } => {
                effects.changes += 1;
                Change::DropCursor { name }.encode(&mut self.scratch);
                OpResult::Cursor
            }
        }
    }

    fn get(&self, key: &str) -> Option<Entry> {
        match self.written.get(key) {
            Some(entry) => entry.clone(),
            None => self
                .state
                .current(key)
                .map(|v| v.found(key.to_owned(), false).entry),
        }
    }

    fn holds(&self, compare: &Compare) -> bool {
        match self.written.get(&compare.key) {
            Some(Some(e)) => holds(
                compare,
                Some((
                    e.version,
                    e.create_revision,
                    e.mod_revision,
                    e.lease,
                    e.value.as_ref(),
                )),
            ),
            Some(None) => holds(compare, None),
            None => {
                let found = self.state.current(&compare.key);
                let found = found.and_then(|it| Some((it, it.value.as_ref()?)));
                // It may have to be unpacked.
                let value = match &compare.target {
                    Target::Value(_) => found.map(|(_, value)| value.get()).unwrap_or_default(),
                    _ => Cow::default(),
                };
                let fields = found.map(|(it, _)| {
                    let lease = it.lease();
                    (
                        it.version,
                        it.create_revision,
                        it.mod_revision,
                        lease,
                        &*value,
                    )
                });
                holds(compare, fields)
            }
        }
    }
}

type Fields<'a> = (u64, Revision, Revision, Option<LeaseId>, &'a [u8]);

fn holds(compare: &Compare, stored: Option<Fields<'_>>) -> bool {
    let relation = compare.relation;
    let (version, create, modified, lease) =
        stored.map_or((0, 0, 0, None), |(v, c, m, l, _)| (v, c, m, l));
    match &compare.target {
        Target::Version(given) => relation.holds(&version, given),
        Target::CreateRevision(given) => relation.holds(&create, given),
        Target::ModRevision(given) => relation.holds(&modified, given),
        Target::Lease(given) => relation.holds(&lease, given),
        // As in etcd: what is not there has no value that anything could be said about.
        Target::Value(given) => {
            stored.is_some_and(|(.., value)| relation.holds(value, given.as_ref()))
        }
    }
}

/// The entry that a put makes of the one before it.
fn successor(
    previous: Option<&Entry>,
    key: &str,
    value: &Bytes,
    lease: Option<LeaseId>,
    revision: Revision,
) -> Entry {
    Entry {
        key: key.to_owned(),
        value: value.clone(),
        create_revision: previous.map_or(revision, |p| p.create_revision),
        mod_revision: revision,
        version: previous.map_or(1, |p| p.version.saturating_add(1)),
        lease,
    }
}
