//! The state in memory: every key's live value, its history since the compacted revision, and the
//! order in which things changed. Knows no I/O and no threads.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque, btree_map},
    ops::Bound,
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use wharf_wal::Place;

use crate::{Entry, LeaseId, Revision, Span, record::Change, value::Value};

/// One value a key had, or, with `version` 0, its absence.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) mod_revision: Revision,
    pub(crate) create_revision: Revision,
    pub(crate) version: u64,
    pub(crate) lease: Option<LeaseId>,
    /// Live values always are in memory; replaced ones may be on disk alone.
    pub(crate) value: Option<Value>,
    pub(crate) place: Option<Place>,
}

impl Version {
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

    pub(crate) fn found(&self, key: &str, keys_only: bool) -> Found {
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
                key: key.to_owned(),
                value: value.unwrap_or_default(),
                create_revision: self.create_revision,
                mod_revision: self.mod_revision,
                version: self.version,
                lease: self.lease,
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
    older: Vec<Version>,
}

impl Chain {
    fn of(current: Version) -> Self {
        Self {
            current,
            older: Vec::new(),
        }
    }

    fn push(&mut self, version: Version) {
        let old = std::mem::replace(&mut self.current, version);
        self.older.push(old);
    }

    /// What stood at `revision`.
    fn at(&self, revision: Revision) -> Option<&Version> {
        if self.current.mod_revision <= revision {
            return Some(&self.current);
        }
        let behind = self.older.partition_point(|v| v.mod_revision <= revision);
        behind.checked_sub(1).map(|i| &self.older[i])
    }

    /// The version that the one of `revision` replaced.
    fn before_mut(&mut self, revision: Revision) -> Option<&mut Version> {
        let behind = self.older.partition_point(|v| v.mod_revision < revision);
        behind.checked_sub(1).map(|i| &mut self.older[i])
    }
}

#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) ttl_seconds: u64,
    pub(crate) keys: BTreeSet<Arc<str>>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) revision: Revision,
    pub(crate) compacted: Revision,
    /// Those that are there now. Apart from the others, since a queue's keys come and go: who looks for the
    /// first would pass all that went before.
    // Boxed: keys mostly come in order, which leaves half of each node of the tree empty.
    keys: BTreeMap<Arc<str>, Box<Chain>>,
    /// Those that were there, and can still be asked for.
    gone: BTreeMap<Arc<str>, Box<Chain>>,
    /// Every change behind the pruned revision, oldest first.
    changes: VecDeque<(Revision, Arc<str>)>,
    /// How many of `changes`, from the front, have had the value they replaced put out of memory.
    evicted: usize,
    /// Bytes of replaced values in memory.
    replaced_bytes: usize,
    /// Bytes of live keys and values.
    pub(crate) live_bytes: u64,
    live_keys: usize,
    pub(crate) leases: HashMap<LeaseId, Lease>,
    pub(crate) next_lease: u64,
    pub(crate) cursors: BTreeMap<String, Revision>,
    /// Revisions that someone is reading at, and how many are.
    /// Apart from the state's own lock: pinning must not wait for other readers.
    pins: Mutex<BTreeMap<Revision, usize>>,
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

    fn chain_mut(&mut self, key: &str) -> Option<&mut Chain> {
        match self.keys.get_mut(key) {
            Some(chain) => Some(chain),
            None => self.gone.get_mut(key).map(Box::as_mut),
        }
    }

    pub(crate) fn live_keys(&self) -> usize {
        self.live_keys
    }

    /// Takes up an entry of a checkpoint; only while loading, in any order of keys.
    pub(crate) fn load(&mut self, key: &str, version: Version) {
        self.live_bytes += size_of_entry(key, version.value.as_ref());
        self.live_keys += 1;
        let key: Arc<str> = key.into();
        if let Some(lease) = version.lease {
            self.attach(lease, &key);
        }
        self.keys.insert(key, Box::new(Chain::of(version)));
    }

    /// Applies a change that is durable. `place` is that of a put's value.
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
            }
            Change::Compact { revision } => self.compact(revision),
        }
    }

    /// While a store opens this runs for all that it holds: the key is looked up once.
    fn put(
        &mut self,
        revision: Revision,
        key: &str,
        value: &[u8],
        lease: Option<LeaseId>,
        place: Option<Place>,
    ) {
        let mut version = Version {
            mod_revision: revision,
            create_revision: revision,
            version: 1,
            lease,
            value: Some(Value::of(value)),
            place,
        };
        self.revision = self.revision.max(revision);
        self.live_bytes += size_of_entry(key, version.value.as_ref());
        let (name, old_lease) = match self.keys.entry(key.into()) {
            btree_map::Entry::Occupied(mut there) => {
                let chain = there.get_mut();
                let old = &chain.current;
                version.create_revision = old.create_revision;
                version.version = old.version.saturating_add(1);
                let old_lease = old.lease;
                self.live_bytes -= size_of_entry(key, old.value.as_ref());
                self.replaced_bytes += old.value.as_ref().map_or(0, Value::len);
                chain.push(version);
                (Arc::clone(there.key()), old_lease)
            }
            btree_map::Entry::Vacant(free) => {
                let chain = match self.gone.remove(key) {
                    Some(mut chain) => {
                        chain.push(version);
                        chain
                    }
                    None => Box::new(Chain::of(version)),
                };
                self.live_keys += 1;
                let name = Arc::clone(free.key());
                free.insert(chain);
                (name, None)
            }
        };
        self.change_lease(&name, old_lease, lease);
        self.changes.push_back((revision, name));
    }

    fn delete(&mut self, revision: Revision, key: &str) {
        let tombstone = Version::tombstone(revision);
        let name = if let Some((name, mut chain)) = self.keys.remove_entry(key) {
            let old = &chain.current;
            let old_lease = old.lease;
            self.live_bytes -= size_of_entry(key, old.value.as_ref());
            self.live_keys -= 1;
            self.replaced_bytes += old.value.as_ref().map_or(0, Value::len);
            chain.push(tombstone);
            self.gone.insert(Arc::clone(&name), chain);
            self.change_lease(&name, old_lease, None);
            name
        } else if let Some((name, chain)) = named_mut(&mut self.gone, key) {
            chain.push(tombstone);
            Arc::clone(name)
        } else {
            return;
        };
        self.revision = self.revision.max(revision);
        self.changes.push_back((revision, name));
    }

    fn change_lease(&mut self, name: &Arc<str>, old: Option<LeaseId>, new: Option<LeaseId>) {
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
    fn attach(&mut self, id: LeaseId, key: &Arc<str>) {
        if let Some(lease) = self.leases.get_mut(&id) {
            lease.keys.insert(Arc::clone(key));
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
        while self
            .changes
            .front()
            .is_some_and(|(revision, _)| *revision <= to)
        {
            let Some((revision, key)) = self.changes.pop_front() else {
                break;
            };
            self.evicted = self.evicted.saturating_sub(1);
            // Borrowed field by field: those of the state are counted below.
            let chain = match self.keys.get_mut(&key) {
                Some(chain) => Some(chain),
                None => self.gone.get_mut(&key),
            };
            let Some(chain) = chain else {
                continue;
            };
            let gone = chain.older.partition_point(|v| v.mod_revision < revision);
            for old in chain.older.drain(..gone) {
                self.replaced_bytes -= old.value.as_ref().map_or(0, Value::len);
            }
            if chain.older.is_empty() {
                chain.older = Vec::new();
                if !chain.current.is_live() && chain.current.mod_revision == revision {
                    self.gone.remove(&key);
                }
            }
        }
    }

    /// Puts replaced values out of memory, oldest first, until at most `budget` bytes are left.
    pub(crate) fn evict(&mut self, budget: usize) {
        while self.replaced_bytes > budget {
            let Some((revision, key)) = self.changes.get(self.evicted) else {
                break;
            };
            self.evicted += 1;
            let chain = match self.keys.get_mut(key) {
                Some(chain) => Some(chain),
                None => self.gone.get_mut(key),
            };
            let replaced = chain.and_then(|c| c.before_mut(*revision));
            if let Some(old) = replaced.filter(|v| v.place.is_some()) {
                self.replaced_bytes -= old.value.take().map_or(0, |v| v.len());
            }
        }
    }

    /// A checkpoint now holds the value that `key` got at `revision`.
    pub(crate) fn relocate(&mut self, key: &str, revision: Revision, place: Place) {
        let Some(chain) = self.chain_mut(key) else {
            return;
        };
        let versions = chain
            .older
            .iter_mut()
            .chain(std::iter::once(&mut chain.current));
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
        mut visit: impl FnMut(&'a Arc<str>, &'a Version) -> bool,
    ) -> Option<Arc<str>> {
        let from: &str = match span {
            Span::Prefix(prefix) => prefix,
            Span::Between { from, .. } => from,
        };
        let start = match after {
            Some(after) if after >= from => Bound::Excluded(after),
            _ => Bound::Included(from),
        };
        let bounds = (start, Bound::Unbounded);
        let mut here = self.keys.range::<str, _>(bounds).peekable();
        // What is gone now was there before.
        let gone = (at < self.revision).then(|| self.gone.range::<str, _>(bounds));
        let mut gone = gone.into_iter().flatten().peekable();
        let mut looked = 0;
        loop {
            let is_gone = match (here.peek(), gone.peek()) {
                (Some((here, _)), Some((gone, _))) => gone < here,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            let next = if is_gone { gone.next() } else { here.next() };
            let (key, chain) = next?;
            let inside = match span {
                Span::Prefix(prefix) => key.starts_with(prefix.as_str()),
                Span::Between { to, .. } => **key < **to,
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
                return Some(Arc::clone(key));
            }
        }
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
        let start = self
            .changes
            .partition_point(|(revision, _)| *revision < from);
        let (mut found, mut bytes) = (Vec::new(), 0);
        let mut seen = None;
        for (looked, (revision, key)) in self.changes.range(start..).enumerate() {
            if let Some(seen) = seen.filter(|s| s != revision)
                && (looked >= most || bytes >= most_bytes)
            {
                return (found, seen);
            }
            seen = Some(*revision);
            if prefixes.iter().any(|prefix| key.starts_with(prefix))
                && let Some(event) = self.event(key, *revision)
            {
                bytes += event.bytes();
                found.push(event);
            }
        }
        (found, self.revision)
    }

    fn event(&self, key: &str, revision: Revision) -> Option<FoundEvent> {
        let chain = self.chain(key)?;
        let now = chain.at(revision)?;
        let before = revision
            .checked_sub(1)
            .and_then(|r| chain.at(r))
            .filter(|v| v.is_live());
        Some(FoundEvent {
            entry: now.found(key, !now.is_live()),
            deleted: !now.is_live(),
            previous: before.map(|v| v.found(key, false)),
        })
    }
}

/// A key as it is kept, and its chain.
fn named_mut<'a>(
    among: &'a mut BTreeMap<Arc<str>, Box<Chain>>,
    key: &str,
) -> Option<(&'a Arc<str>, &'a mut Chain)> {
    let only = (Bound::Included(key), Bound::Included(key));
    let (name, chain) = among.range_mut::<str, _>(only).next()?;
    Some((name, chain))
}

fn size_of_entry(key: &str, value: Option<&Value>) -> u64 {
    (key.len() + value.map_or(0, Value::len)) as u64
}
