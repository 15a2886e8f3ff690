//! Locks on ranges of files. Pure.

use std::collections::HashMap;

/// Bytes of a file, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub first: u64,
    pub last: u64,
}

impl Range {
    pub const ALL: Self = Self {
        first: 0,
        last: u64::MAX,
    };

    /// As it is on the wire; a length of all ones is up to the end.
    pub fn of(offset: u64, length: u64) -> Option<Self> {
        let last = match length {
            0 => return None,
            u64::MAX => u64::MAX,
            _ => offset.checked_add(length - 1)?,
        };
        Some(Self {
            first: offset,
            last,
        })
    }

    pub fn length(self) -> u64 {
        match self.last {
            u64::MAX => u64::MAX,
            last => last - self.first + 1,
        }
    }

    fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub client: u64,
    pub owner: Vec<u8>,
    pub range: Range,
    pub exclusive: bool,
}

/// By file.
#[derive(Debug, Default)]
pub struct Locks {
    files: HashMap<(u64, u64), Vec<Held>>,
    count: usize,
}

impl Locks {
    pub fn len(&self) -> usize {
        self.count
    }

    /// What keeps an owner from a lock.
    pub fn conflict(&self, file: (u64, u64), wanted: &Held) -> Option<&Held> {
        let own = |it: &Held| it.client == wanted.client && it.owner == wanted.owner;
        self.files.get(&file)?.iter().find(|it| {
            !own(it) && it.range.meets(wanted.range) && (it.exclusive || wanted.exclusive)
        })
    }

    /// Takes a lock that nothing conflicts with; what its owner had of the range is replaced.
    pub fn take(&mut self, file: (u64, u64), wanted: Held) {
        self.release(file, wanted.client, &wanted.owner, wanted.range);
        self.files.entry(file).or_default().push(wanted);
        self.count += 1;
    }

    pub fn release(&mut self, file: (u64, u64), client: u64, owner: &[u8], range: Range) {
        let Some(held) = self.files.get_mut(&file) else {
            return;
        };
        self.count -= held.len();
        let mut rest = Vec::with_capacity(held.len());
        for lock in held.drain(..) {
            let is_own = lock.client == client && lock.owner == owner;
            if !is_own || !lock.range.meets(range) {
                rest.push(lock);
                continue;
            }
            if lock.range.first < range.first {
                let last = range.first - 1;
                let range = Range { last, ..lock.range };
                rest.push(Held {
                    range,
                    ..lock.clone()
                });
            }
            if lock.range.last > range.last {
                let first = range.last + 1;
                let range = Range {
                    first,
                    ..lock.range
                };
                rest.push(Held { range, ..lock });
            }
        }
        self.count += rest.len();
        match rest.is_empty() {
            true => drop(self.files.remove(&file)),
            false => *held = rest,
        }
    }

    /// Whether a release would leave one lock more: both ends of one that it takes the middle of.
    pub fn splits(&self, file: (u64, u64), client: u64, owner: &[u8], range: Range) -> bool {
        let mut held = self.files.get(&file).into_iter().flatten();
        held.any(|it| {
            let is_own = it.client == client && it.owner == owner;
            is_own && it.range.first < range.first && range.last < it.range.last
        })
    }

    pub fn has(&self, file: (u64, u64), client: u64, owner: &[u8]) -> bool {
        let held = self.files.get(&file).into_iter().flatten();
        held.into_iter()
            .any(|it| it.client == client && it.owner == owner)
    }

    pub fn forget(&mut self, client: u64) {
        for held in self.files.values_mut() {
            held.retain(|it| it.client != client);
        }
        self.files.retain(|_, held| !held.is_empty());
        self.count = self.files.values().map(Vec::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: (u64, u64) = (1, 1);

    fn lock(owner: u8, first: u64, last: u64, exclusive: bool) -> Held {
        Held {
            client: 1,
            owner: vec![owner],
            range: Range { first, last },
            exclusive,
        }
    }

    #[test]
    fn owners_share_what_none_has_alone() {
        let mut locks = Locks::default();
        locks.take(FILE, lock(1, 0, 9, false));
        assert_eq!(locks.conflict(FILE, &lock(2, 5, 15, false)), None);
        assert!(locks.conflict(FILE, &lock(2, 9, 9, true)).is_some());
        assert_eq!(locks.conflict(FILE, &lock(2, 10, 15, true)), None);
        assert_eq!(locks.conflict(FILE, &lock(1, 0, 9, true)), None, "its own");
        assert_eq!(locks.conflict((1, 2), &lock(2, 0, 9, true)), None);
    }

    #[test]
    fn a_part_that_is_released_leaves_both_ends() {
        let mut locks = Locks::default();
        locks.take(FILE, lock(1, 0, u64::MAX, true));
        locks.release(
            FILE,
            1,
            &[1],
            Range {
                first: 10,
                last: 19,
            },
        );
        assert_eq!(locks.len(), 2);
        assert!(locks.conflict(FILE, &lock(2, 9, 9, false)).is_some());
        assert!(locks.conflict(FILE, &lock(2, 10, 19, true)).is_none());
        assert!(locks.conflict(FILE, &lock(2, 20, 20, false)).is_some());
        locks.release(FILE, 1, &[1], Range::ALL);
        assert_eq!((locks.len(), locks.has(FILE, 1, &[1])), (0, false));
    }

    #[test]
    fn only_what_leaves_both_ends_splits() {
        let mut locks = Locks::default();
        locks.take(FILE, lock(1, 10, 19, true));
        let splits =
            |owner: u8, first, last| locks.splits(FILE, 1, &[owner], Range { first, last });
        assert!(splits(1, 11, 18));
        for (owner, first, last) in [(1, 10, 18), (1, 11, 19), (1, 0, u64::MAX), (2, 11, 18)] {
            assert!(!splits(owner, first, last), "{owner} {first} {last}");
        }
        assert!(!locks.splits((1, 2), 1, &[1], Range::ALL));
    }

    #[test]
    fn ranges_are_as_on_the_wire() {
        assert_eq!(Range::of(3, 0), None);
        assert_eq!(Range::of(u64::MAX, 2), None);
        let to_end = Range::of(3, u64::MAX).unwrap();
        assert_eq!((to_end.last, to_end.length()), (u64::MAX, u64::MAX));
        assert_eq!(Range::of(3, 4).unwrap(), Range { first: 3, last: 6 });
    }
}
