//! A state as it comes from a checkpoint and a log while a store opens.

use std::{collections::HashMap, sync::Arc};

use wharf_wal::Place;

use super::{Chain, State, Version};
use crate::{
    LeaseId, Span,
    tree::{Loading, parts_of, rest_of, split_on},
    value::Patterns,
};

/// What a value and its key take in memory.
#[derive(Debug)]
pub(crate) struct Ready {
    /// As [`rest_of`] has it.
    pub(super) rest: Arc<str>,
    pub(super) chain: Box<Chain>,
}

/// Makes ready what a checkpoint and a log hold, which takes as long as to find the place of each: another thread does
/// that meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Packing {
    patterns: Patterns,
    /// How often shelves that have no pattern were written to: how many keys they have is not known here.
    written: HashMap<Box<str>, usize>,
    /// The shelf of the key before: the next mostly lies on it too.
    shelf: String,
}

impl Packing {
    pub(crate) fn ready(
        &mut self,
        key: &str,
        numbers: [u64; 3],
        lease: Option<LeaseId>,
        value: &[u8],
        place: Option<Place>,
    ) -> Ready {
        let parts = split_on(&self.shelf, key);
        if let Some((shelf, _)) = parts.filter(|(shelf, _)| *shelf != self.shelf) {
            self.shelf.clear();
            self.shelf.push_str(shelf);
        }
        let written = |shelf: &str| match self.written.get_mut(shelf) {
            Some(times) => {
                *times += 1;
                *times
            }
            None => *self.written.entry(shelf.into()).or_insert(1),
        };
        let value = self.patterns.value(parts, written, value);
        let version = Version::live(numbers, lease, value, place);
        Ready {
            rest: rest_of(key, parts),
            chain: version.into(),
        }
    }
}

/// A state that is being read from a checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Loader {
    pub(crate) state: State,
    keys: Loading<Box<Chain>>,
}

impl Loader {
    /// Takes up an entry, in any order of keys; in their own it is fastest. `bytes`: of its value.
    pub(crate) fn load(&mut self, key: &str, bytes: usize, lease: Option<LeaseId>, ready: Ready) {
        let state = &mut self.state;
        let shelf = parts_of(key, &ready.rest).map(|(shelf, _)| shelf);
        let size = (key.len() + bytes) as u64;
        state.live_bytes += size;
        state.live_keys += 1;
        state.accounts.replace(key, shelf, None, Some(size));
        if let Some(lease) = lease {
            state.attach(lease, key);
        }
        self.keys.push(shelf, ready.rest, ready.chain);
    }

    /// The state, with what made its entries ready.
    pub(crate) fn finish(mut self, packing: Packing) -> State {
        self.state.accounts.settle();
        State {
            keys: self.keys.finish(),
            patterns: packing.patterns,
            ..self.state
        }
    }
}

impl State {
    /// Deletes the keys of leases that are not there: nobody else ever would. A snapshot of a version before has them of
    /// leases that ended while it was taken, and a log that was cut at a damage of those whose end was behind that.
    pub(crate) fn delete_unleased(&mut self) {
        let mut keys = Vec::new();
        let all = Span::Prefix(String::new());
        self.scan(&all, None, self.revision, usize::MAX, |key, version| {
            let lease = version.lease();
            if lease.is_some_and(|id| !self.leases.contains_key(&id)) {
                keys.push(key.to_key());
            }
            true
        });
        for key in keys {
            self.delete(self.revision, &key);
        }
    }

    /// What makes the puts of a log ready for this state, while nothing else changes it.
    pub(crate) fn packing(&mut self) -> Packing {
        Packing {
            patterns: std::mem::take(&mut self.patterns),
            ..Packing::default()
        }
    }

    /// Goes on with the patterns by which the log's values were packed; all that [`State::put_ready`] took up is found and
    /// counts from now on.
    pub(crate) fn packed(&mut self, packing: Packing) {
        self.keys.settle();
        self.accounts.settle();
        self.patterns = packing.patterns;
        self.patterns.forget_few(|shelf| self.keys.on_shelf(shelf));
    }
}
