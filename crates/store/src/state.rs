//! The state in memory: every key's live value, its history since the compacted revision, and the
//! order in which things changed. Knows no I/O and no threads.

mod loading;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque, btree_map},
    num::NonZeroU64,
    ops::Bound,
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use wharf_wal::Place;

pub(crate) use self::loading::{Loader, Packing, Ready};
use crate::{
    Entry, LeaseId, Revision, Span,
    accounts::Accounts,
    record::Change,
    tree::{Key, Name, Tree, merged, parts_of, rest_of, split},
    value::{Patterns, Value},
};

/// One value a key had, or, with `version` 0, its absence.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) mod_revision: Revision,
    pub(crate) create_revision: Revision,
    pub(crate) version: u64,
    lease: Option<NonZeroU64>,
    /// Live values always are in memory; replaced ones may be on disk alone.
    pub(crate) value: Option<Value>,
    pub(crate) place: Option<Place>,
}

impl Version {
    /// A value that was written, or is read again, with where it stands on disk.
    pub(crate) fn live(
        [mod_revision, create_revision, version]: [u64; 3],
        lease: Option<LeaseId>,
        value: Value,
        place: Option<Place>,
    ) -> Self {
        Self {
            mod_revision,
            create_revision,
            version,
            lease: lease.and_then(|id| NonZeroU64::new(id.0)),
            value: Some(value),
            place,
        }
    }

    pub(crate) fn lease(&self) -> Option<LeaseId> {
        self.lease.map(|id| LeaseId(id.get()))
    }

    fn tombstone(revision: Revision) -> Self {
        Self {
            mod_revision: revision,
            create_revision: 0,
            version: 0,
            lease: None,
            value: None,
            place: None,
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.version > 0
    }

    pub(crate) fn found(&self, key: String, keys_only: bool) -> Found {
        let value = if keys_only {
            Some(Bytes::new())
        } else {
            self.value.as_ref().map(Value::bytes)
        };
        Found {
            on_disk: if value.is_none() {
                self.place.clone()
            } else {
                None
            },
            entry: Entry {
                key,
                value: value.unwrap_or_default(),
                create_revision: self.create_revision,
                mod_revision: self.mod_revision,
                version: self.version,
                lease: self.lease(),
            },
        }
    }
}

/// An entry whose value may still have to be fetched.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) entry: Entry,
    pub(crate) on_disk: Option<Place>,
}

/// A change as a watch sees it, values perhaps still to be fetched.
#[derive(Debug)]
pub(crate) struct FoundEvent {
    pub(crate) entry: Found,
    pub(crate) deleted: bool,
    pub(crate) previous: Option<Found>,
}

impl FoundEvent {
    fn bytes(&self) -> u64 {
        self.entry.bytes() + self.previous.as_ref().map_or(0, Found::bytes)
    }
}

impl Found {
    fn bytes(&self) -> u64 {
        let value = self
            .on_disk
            .as_ref()
            .map_or(self.entry.value.len() as u64, |p| p.len.into());
        self.entry.key.len() as u64 + value
    }
}

/// A key through time: `older` ascending by revision, all of them below `current`.
#[derive(Debug)]
struct Chain {
    current: Version,
    /// Most keys have none, so that there is room for no more than that.
    older: Option<Box<Older>>,
}

/// What a key was before, ascending by revision.
#[derive(Debug, Default)]
struct Older(Vec<Version>);

impl Chain {
    fn of(current: Version) -> Self {
        Self {
            current,
            older: None,
        }
    }

    fn push(&mut self, version: Version) {
        let old = std::mem::replace(&mut self.current, version);
        self.older.get_or_insert_default().0.push(old);
    }

    fn older(&self) -> &[Version] {
        self.older.as_ref().map_or(&[], |it| &it.0)
    }

    fn older_mut(&mut self) -> &mut [Version] {
        self.older.as_mut().map_or(&mut [], |it| &mut it.0)
    }

    /// Forgets what was replaced before `revision`; how many bytes of values that were in memory.
    fn forget_before(&mut self, revision: Revision) -> usize {
        let Some(Older(older)) = self.older.as_deref_mut() else {
            return 0;
        };
        let gone = older.partition_point(|v| v.mod_revision < revision);
        let gone = older.drain(..gone);
        let bytes = gone
            .map(|old| old.value.as_ref().map_or(0, Value::len))
            .sum();
        if older.is_empty() {
            self.older = None;
        }
        bytes
    }

    /// What stood at `revision`.
    fn at(&self, revision: Revision) -> Option<&Version> {
        if self.current.mod_revision <= revision {
            return Some(&self.current);
        }
        let older = self.older();
        let behind = older.partition_point(|v| v.mod_revision <= revision);
        behind.checked_sub(1).map(|i| &older[i])
    }

    /// The version that the one of `revision` replaced.
    fn before_mut(&mut self, revision: Revision) -> Option<&mut Version> {
        let older = self.older_mut();
        let behind = older.partition_point(|v| v.mod_revision < revision);
        behind.checked_sub(1).map(|i| &mut older[i])
    }
}

impl From<Version> for Box<Chain> {
    fn from(version: Version) -> Self {
        Self::new(Chain::of(version))
    }
}

impl From<Box<Chain>> for Version {
    fn from(chain: Box<Chain>) -> Self {
        chain.current
    }
}

#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) ttl_seconds: u64,
    pub(crate) keys: BTreeSet<Arc<str>>,
}

/// A change of a key.
#[derive(Debug)]
struct Changed {
    revision: Revision,
    key: Key,
    /// There was something of that key before: what there is no need to forget.
    replaces: bool,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) revision: Revision,
    pub(crate) compacted: Revision,
    /// Those that are there now. Apart from the others, since a queue's keys come and go: who looks for the
    /// first would pass all that went before.
    // Boxed: keys mostly come in order, which leaves half of each node of the tree empty.
    keys: Tree<Box<Chain>>,
    patterns: Patterns,
    /// Those that were there, and can still be asked for.
    gone: Tree<Box<Chain>>,
    /// Every change behind the pruned revision, oldest first.
    changes: VecDeque<Changed>,
    /// How many of `changes`, from the front, have had the value they replaced put out of memory.
    evicted: usize,
    /// Bytes of replaced values in memory.
    replaced_bytes: usize,
    /// Bytes of live keys and values.
    pub(crate) live_bytes: u64,
    live_keys: usize,
    /// Whose they are.
    pub(crate) accounts: Accounts,
    pub(crate) leases: HashMap<LeaseId, Lease>,
    /// Those of them that the writer is ending: nothing is put under them any more.
    pub(crate) ending: HashSet<LeaseId>,
    pub(crate) next_lease: u64,
    pub(crate) cursors: BTreeMap<String, Revision>,
    /// Revisions that someone is reading at, and how many are.
    /// Apart from the state's own lock: pinning must not wait for other readers.
    pins: Mutex<BTreeMap<Revision, usize>>,
}

/// A put that is durable.
#[derive(Debug)]
pub(crate) struct Put<'a> {
    pub(crate) revision: Revision,
    pub(crate) key: &'a str,
    /// Of its value.
    pub(crate) bytes: usize,
    pub(crate) lease: Option<LeaseId>,
}

impl State {
    pub(crate) fn current(&self, key: &str) -> Option<&Version> {
        self.keys.get(key).map(|c| &c.current)
    }

    pub(crate) fn get_at(&self, key: &str, at: Revision) -> Option<&Version> {
        self.chain(key)?.at(at).filter(|v| v.is_live())
    }

    fn chain(&self, key: &str) -> Option<&Chain> {
        let found = self.keys.get(key).or_else(|| self.gone.get(key));
        found.map(Box::as_ref)
    }

    fn chain_mut(&mut self, key: &Key) -> Option<&mut Chain> {
        match self.keys.get_mut(key) {
            Some(chain) => Some(chain),
            None => self.gone.get_mut(key).map(Box::as_mut),
        }
    }

    /// Folders whose names begin so, those behind one of them if that is given, with how many live keys each has.
    pub(crate) fn folders<'a>(
        &'a self,
        prefix: &'a str,
        behind: Option<&str>,
    ) -> impl Iterator<Item = (&'a str, usize)> + use<'a> {
        self.keys.shelves_of(prefix, behind)
    }

    pub(crate) fn live_keys(&self) -> usize {
        self.live_keys
    }

    /// Applies a change that is durable. `place` is that of a put's value. Whose the records are counts from
    /// `accounts.settle` on.
    pub(crate) fn apply(&mut self, revision: Revision, change: &Change<'_>, place: Option<Place>) {
        match *change {
            Change::Put { key, value, lease } => self.put(revision, key, value, lease, place),
            Change::Delete { key } => self.delete(revision, key),
            Change::Cursor { name, revision } => {
                let at = self.cursors.entry(name.to_owned()).or_default();
                *at = revision.max(*at);
            }
            Change::DropCursor { name } => {
                self.cursors.remove(name);
            }
            Change::LeaseGrant { id, ttl_seconds } => {
                self.leases.entry(id).or_insert_with(|| Lease {
                    ttl_seconds,
                    keys: BTreeSet::new(),
                });
                self.next_lease = self.next_lease.max(id.0 + 1);
            }
            Change::LeaseRevoke { id } => {
                self.leases.remove(&id);
                self.ending.remove(&id);
            }
            Change::Compact { revision } => self.compact(revision),
        }
    }

    fn put(
        &mut self,
        revision: Revision,
        key: &str,
        value: &[u8],
        lease: Option<LeaseId>,
        place: Option<Place>,
    ) {
        let parts = split(key);
        let keys = |shelf: &str| self.keys.on_shelf(shelf);
        let packed = self.patterns.value(parts, keys, value);
        let version = Version::live([revision, revision, 1], lease, packed, place);
        let put = Put {
            revision,
            key,
            bytes: value.len(),
            lease,
        };
        self.take_put(&put, parts, rest_of(key, parts), version);
    }

    /// Applies a put of the log whose value and key were made ready. Before the state is read, [`State::packed`] is to be
    /// called.
    pub(crate) fn put_ready(&mut self, put: &Put<'_>, ready: Ready) {
        let Ready { rest, chain } = ready;
        let parts = parts_of(put.key, &rest);
        let (rest, chain) = match parts {
            // Of one that is gone there is more to keep.
            Some((shelf, _)) if !self.gone.has(put.key, parts) => {
                match self.keys.push_behind(shelf, rest, chain) {
                    Ok(name) => return self.take_new(put, shelf, name),
                    Err(there) => there,
                }
            }
            _ => (rest, chain),
        };
        self.take_put(put, parts, rest, chain);
    }

    /// Counts a put of a key that neither is there nor was.
    fn take_new(&mut self, put: &Put<'_>, shelf: &str, name: Key) {
        let size = (put.key.len() + put.bytes) as u64;
        self.revision = self.revision.max(put.revision);
        self.live_bytes += size;
        self.live_keys += 1;
        self.accounts
            .replace(put.key, Some(shelf), None, Some(size));
        self.change_lease(put.key, None, put.lease);
        self.changes.push_back(Changed {
            revision: put.revision,
            key: name,
            replaces: false,
        });
    }

    /// While a store opens this runs for all that it holds: the key is looked up once.
    fn take_put(
        &mut self,
        put: &Put<'_>,
        parts: Option<(&str, &str)>,
        rest: Arc<str>,
        made: impl Into<Version> + Into<Box<Chain>>,
    ) {
        let Put {
            revision,
            key,
            bytes,
            lease,
        } = *put;
        let shelf = parts.map(|(shelf, _)| shelf);
        self.revision = self.revision.max(revision);
        let size = (key.len() + bytes) as u64;
        self.live_bytes += size;
        let (name, slot) = self.keys.slot_of(shelf, rest);
        let (old_lease, replaces) = match slot {
            btree_map::Entry::Occupied(mut there) => {
                let mut version: Version = made.into();
                let chain = there.get_mut();
                let old = &chain.current;
                version.create_revision = old.create_revision;
                version.version = old.version.saturating_add(1);
                let old_lease = old.lease();
                let before = size_of_entry(key, old.value.as_ref());
                self.live_bytes -= before;
                self.accounts.replace(key, shelf, Some(before), Some(size));
                self.replaced_bytes += old.value.as_ref().map_or(0, Value::len);
                chain.push(version);
                (old_lease, true)
            }
            btree_map::Entry::Vacant(free) => {
                let gone = self.gone.remove_of(key, parts);
                let replaces = gone.is_some();
                let chain = match gone {
                    Some(mut chain) => {
                        chain.push(made.into());
                        chain
                    }
                    None => made.into(),
                };
                self.live_keys += 1;
                self.accounts.replace(key, shelf, None, Some(size));
                free.insert(chain);
                (None, replaces)
            }
        };
        self.change_lease(key, old_lease, lease);
        self.changes.push_back(Changed {
            revision,
            key: name,
            replaces,
        });
    }

    fn delete(&mut self, revision: Revision, key: &str) {
        let tombstone = Version::tombstone(revision);
        let name = if let Some(mut chain) = self.keys.remove(key) {
            let old = &chain.current;
            let old_lease = old.lease();
            let before = size_of_entry(key, old.value.as_ref());
            self.live_bytes -= before;
            self.live_keys -= 1;
            let shelf = split(key).map(|(shelf, _)| shelf);
            self.accounts.replace(key, shelf, Some(before), None);
            self.replaced_bytes += old.value.as_ref().map_or(0, Value::len);
            chain.push(tombstone);
            self.change_lease(key, old_lease, None);
            if let Some(shelf) = shelf.filter(|it| self.keys.on_shelf(it) == 0) {
                self.patterns.forget(shelf);
            }
            self.gone.insert(key, chain)
        } else {
            let name = Key::of(key);
            let Some(chain) = self.gone.get_mut(&name) else {
                return;
            };
            chain.push(tombstone);
            name
        };
        self.revision = self.revision.max(revision);
        self.changes.push_back(Changed {
            revision,
            key: name,
            replaces: true,
        });
    }

    fn change_lease(&mut self, name: &str, old: Option<LeaseId>, new: Option<LeaseId>) {
        if old == new {
            return;
        }
        if let Some(lease) = old.and_then(|id| self.leases.get_mut(&id)) {
            lease.keys.remove(name);
        }
        if let Some(id) = new {
            self.attach(id, name);
        }
    }

    /// A lease that is not there yet comes from a checkpoint that was written after its end: the
    /// deletion of the key follows in the log.
    fn attach(&mut self, id: LeaseId, key: &str) {
        if let Some(lease) = self.leases.get_mut(&id) {
            lease.keys.insert(key.into());
        }
    }

    /// The lowest of the durable cursors.
    pub(crate) fn slowest_cursor(&self) -> Option<Revision> {
        self.cursors.values().min().copied()
    }

    /// From now on nothing before `revision` can be asked for.
    pub(crate) fn compact(&mut self, revision: Revision) {
        self.compacted = self.compacted.max(revision.min(self.revision));
        self.prune();
    }

    /// Keeps `revision` readable. Pruning needs the state to itself, so it cannot come between
    /// looking at a state and pinning its revision.
    pub(crate) fn pin(&self, revision: Revision) {
        *self.pins().entry(revision).or_default() += 1;
    }

    /// What was kept goes with the next write.
    pub(crate) fn unpin(&self, revision: Revision) {
        let mut pins = self.pins();
        if let Some(count) = pins.get_mut(&revision) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&revision);
            }
        }
    }

    fn pins(&self) -> MutexGuard<'_, BTreeMap<Revision, usize>> {
        self.pins.lock()
    }

    /// Forgets what is neither behind the compacted revision nor being read.
    pub(crate) fn prune(&mut self) {
        let pinned = self
            .pins()
            .first_key_value()
            .map_or(Revision::MAX, |(r, _)| *r);
        let to = self.compacted.min(pinned);
        while self.changes.front().is_some_and(|it| it.revision <= to) {
            let Some(changed) = self.changes.pop_front() else {
                break;
            };
            self.evicted = self.evicted.saturating_sub(1);
            if !changed.replaces {
                continue;
            }
            let Changed { revision, key, .. } = changed;
            let Some(chain) = self.chain_mut(&key) else {
                continue;
            };
            let bytes = chain.forget_before(revision);
            let is_over = chain.older.is_none()
                && !chain.current.is_live()
                && chain.current.mod_revision == revision;
            self.replaced_bytes -= bytes;
            if is_over {
                self.gone.remove(&key.name().to_key());
            }
        }
    }

    /// Puts replaced values out of memory, oldest first, until at most `budget` bytes are left.
    pub(crate) fn evict(&mut self, budget: usize) {
        while self.replaced_bytes > budget {
            let Some(changed) = self.changes.get(self.evicted) else {
                break;
            };
            self.evicted += 1;
            if !changed.replaces {
                continue;
            }
            let (revision, key) = (changed.revision, changed.key.clone());
            let replaced = self.chain_mut(&key).and_then(|c| c.before_mut(revision));
            if let Some(old) = replaced.filter(|v| v.place.is_some()) {
                let bytes = old.value.take().map_or(0, |v| v.len());
                self.replaced_bytes -= bytes;
            }
        }
    }

    /// A checkpoint now holds the value that `key` got at `revision`.
    pub(crate) fn relocate(&mut self, key: &str, revision: Revision, place: Place) {
        let Some(chain) = self.chain_mut(&Key::of(key)) else {
            return;
        };
        let older = chain.older.iter_mut().flat_map(|it| it.0.iter_mut());
        let versions = older.chain(std::iter::once(&mut chain.current));
        for version in versions.filter(|v| v.mod_revision == revision && v.is_live()) {
            version.place = Some(place.clone());
        }
    }

    /// Calls `visit` for keys of `span` behind `after` that were there at `at`, in order, until it
    /// says stop or `most` keys (there or not) have been looked at. Returns the last key looked at
    /// if there may be more.
    pub(crate) fn scan<'a>(
        &'a self,
        span: &Span,
        after: Option<&str>,
        at: Revision,
        most: usize,
        mut visit: impl FnMut(Name<'a>, &'a Version) -> bool,
    ) -> Option<String> {
        let from: &str = match span {
            Span::Prefix(prefix) => prefix,
            Span::Between { from, .. } => from,
        };
        let start = match after {
            Some(after) if after >= from => Bound::Excluded(after),
            _ => Bound::Included(from),
        };
        let here = self.keys.from(start);
        // What is gone now was there before.
        let gone = (at < self.revision).then(|| self.gone.from(start));
        let mut looked = 0;
        for (key, chain) in merged(here, gone.into_iter().flatten()) {
            let inside = match span {
                Span::Prefix(prefix) => key.starts_with(prefix),
                Span::Between { to, .. } => key < Name::whole(to),
            };
            if !inside {
                return None;
            }
            looked += 1;
            let go_on = match chain.at(at).filter(|v| v.is_live()) {
                Some(version) => visit(key, version),
                None => true,
            };
            if !go_on || looked == most {
                return Some(key.to_key());
            }
        }
        None
    }

    /// The changes from revision `from` on whose keys start with `prefix`. Looks at about `most`
    /// changes and collects about `most_bytes` of values, always at all of a revision, and returns
    /// the last revision it looked at.
    pub(crate) fn changes_from(
        &self,
        prefixes: &[String],
        from: Revision,
        most: usize,
        most_bytes: u64,
    ) -> (Vec<FoundEvent>, Revision) {
        let start = self.changes.partition_point(|it| it.revision < from);
        let (mut found, mut bytes) = (Vec::new(), 0);
        let mut seen = None;
        for (looked, changed) in self.changes.range(start..).enumerate() {
            let (revision, name) = (changed.revision, changed.key.name());
            if let Some(seen) = seen.filter(|s| *s != revision)
                && (looked >= most || bytes >= most_bytes)
            {
                return (found, seen);
            }
            seen = Some(revision);
            if prefixes.iter().any(|prefix| name.starts_with(prefix))
                && let Some(event) = self.event(name.to_key(), revision)
            {
                bytes += event.bytes();
                found.push(event);
            }
        }
        (found, self.revision)
    }

    fn event(&self, key: String, revision: Revision) -> Option<FoundEvent> {
        let chain = self.chain(&key)?;
        let now = chain.at(revision)?;
        let before = revision
            .checked_sub(1)
            .and_then(|r| chain.at(r))
            .filter(|v| v.is_live());
        Some(FoundEvent {
            previous: before.map(|v| v.found(key.clone(), false)),
            entry: now.found(key, !now.is_live()),
            deleted: !now.is_live(),
        })
    }
}

fn size_of_entry(key: &str, value: Option<&Value>) -> u64 {
    (key.len() + value.map_or(0, Value::len)) as u64
}
