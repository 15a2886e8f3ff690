//! Keys of a shelf as a log brings them while a store opens. Mostly each comes right behind one that came before, as the
//! messages of a queue do, and those of several queues, between each other, each behind its own; or a little too late, where
//! several wrote at once. To look for the place of each among a million takes longer than all else that is done with it.
//!
//! Invariants: a tail has a key at least, and its keys are in order; no other key of the shelf lies between them, nor
//! between the last of them and where the tail ends. So what comes there is new, and belongs behind the last.

use std::{ops::Bound, sync::Arc};

use super::OnShelf;

/// More sequences at once are rare, and each is looked at for a key that comes behind none.
const MOST: usize = 16;
/// A key that belongs before no more than so many of a tail is put there.
const NEAR: usize = match cfg!(test) {
    true => 4,
    false => 1024,
};
/// So many keys that come behind no tail may begin one in vain: what has no order is looked up as often for nothing. Each
/// key that comes behind a tail allows for one again. To cut a tail in two costs one more for each [`NEAR`] keys that are
/// copied for that: else a few that come long before its end, again and again, would copy it as often.
const CREDIT: u32 = 64;
/// A key that is there already costs so many: where many are changed, few are to be looked up twice.
const THERE: u32 = 4;
/// Of those beyond, one in so many.
const SELDOM: u32 = 64;

#[derive(Debug)]
pub(super) struct Tails<T> {
    /// The one that took a key last stands first.
    all: Vec<Tail<T>>,
    credit: u32,
    passed: u32,
}

#[derive(Debug)]
struct Tail<T> {
    keys: Vec<(Arc<str>, T)>,
    /// The next key of the shelf behind them, or one that was; `None`: there is none.
    end: Option<Arc<str>>,
}

/// Where a key belongs that comes behind no tail.
enum Place {
    /// It is there already.
    There,
    /// Within a tail, before the key with this number.
    Within(usize, usize),
    /// Outside of all of them, before this key.
    Before(Option<Arc<str>>),
}

impl<T> Tail<T> {
    fn first(&self) -> &str {
        self.keys.first().map_or("", |(first, _)| first.as_ref())
    }

    fn last(&self) -> &str {
        self.keys.last().map_or("", |(last, _)| last.as_ref())
    }

    /// Whether the key comes right behind the last.
    fn takes(&self, key: &str) -> bool {
        self.last() < key && self.end.as_deref().is_none_or(|end| key < end)
    }

    fn spans(&self, key: &str) -> bool {
        self.first() <= key && key <= self.last()
    }

    /// Where a key stands or belongs that it spans, if that is near the end.
    fn near(&self, key: &str) -> Option<Result<usize, usize>> {
        let from = self.keys.len().saturating_sub(NEAR);
        let window = &self.keys[from..];
        if from > 0 && window.first().is_none_or(|(first, _)| *key < **first) {
            return None;
        }
        let found = window.binary_search_by(|(it, _)| (**it).cmp(key));
        Some(found.map(|at| from + at).map_err(|at| from + at))
    }

    /// A key comes to the shelf, but not behind the last of these.
    fn ends_before(&mut self, key: &Arc<str>) {
        if self.takes(key) {
            self.end = Some(Arc::clone(key));
        }
    }
}

impl<T> Default for Tails<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            credit: CREDIT,
            passed: 0,
        }
    }
}

impl<T> Tails<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many keys they have.
    pub(super) fn len(&self) -> usize {
        self.all.iter().map(|it| it.keys.len()).sum()
    }

    /// Takes up a key that is new and comes behind a tail, or near its end, or begins one. It is given back if it is there, or
    /// is one of many that come in no order: the caller then [makes way](Tails::make_way) for it. `keys`: the others of the shelf.
    pub(super) fn push(
        &mut self,
        keys: &mut OnShelf<T>,
        key: Arc<str>,
        value: T,
    ) -> Result<(), (Arc<str>, T)> {
        if let Some(at) = self.all.iter().position(|it| it.takes(&key)) {
            self.all[at].keys.push((key, value));
            self.took(at);
            return Ok(());
        }
        if let Some(at) = self.all.iter().position(|it| it.spans(&key))
            && let Some(found) = self.all[at].near(&key)
        {
            let Err(number) = found else {
                return Err((key, value));
            };
            self.all[at].keys.insert(number, (key, value));
            self.took(at);
            return Ok(());
        }
        if !self.may_begin(keys, &key) {
            return Err((key, value));
        }
        match self.place(keys, &key) {
            Place::There => {
                self.credit = self.credit.saturating_sub(THERE);
                return Err((key, value));
            }
            Place::Within(at, number) => {
                if !self.split(at, number) {
                    return Err((key, value));
                }
                self.all[at].keys.push((key, value));
            }
            Place::Before(end) => {
                let keys = vec![(key, value)];
                self.all.insert(0, Tail { keys, end });
            }
        }
        while self.all.len() > MOST {
            let oldest = self.all.pop().map(|it| it.keys);
            merge(keys, oldest.unwrap_or_default());
        }
        Ok(())
    }

    fn took(&mut self, at: usize) {
        self.credit = (self.credit + 1).min(CREDIT);
        self.all[..=at].rotate_right(1);
    }

    fn may_begin(&mut self, keys: &OnShelf<T>, key: &str) -> bool {
        let last = keys.last_key_value();
        let is_last = last.is_none_or(|(last, _)| **last < *key);
        if is_last && self.all.iter().all(|it| it.last() < key) {
            return true;
        }
        if self.credit > 0 {
            self.credit -= 1;
            return true;
        }
        self.passed = self.passed.wrapping_add(1);
        self.passed.is_multiple_of(SELDOM)
    }

    fn place(&self, keys: &OnShelf<T>, key: &str) -> Place {
        let behind = keys.range::<str, _>((Bound::Included(key), Bound::Unbounded));
        let next = behind.map(|(next, _)| next).next();
        if next.is_some_and(|next| **next == *key) {
            return Place::There;
        }
        if let Some(at) = self.all.iter().position(|it| it.spans(key)) {
            let there = &self.all[at].keys;
            return match there.binary_search_by(|(it, _)| (**it).cmp(key)) {
                Ok(_) => Place::There,
                Err(number) => Place::Within(at, number),
            };
        }
        let firsts = self.all.iter().filter_map(|it| it.keys.first());
        let firsts = firsts.map(|(first, _)| first).filter(|it| ***it > *key);
        Place::Before(firsts.chain(next).min().cloned())
    }

    /// Makes two tails of one, if that does not cost too much. The first of them ends with the first key of the other.
    fn split(&mut self, at: usize, number: usize) -> bool {
        let tail = &mut self.all[at];
        let cost = u32::try_from((tail.keys.len() - number) / NEAR).unwrap_or(u32::MAX);
        let Some(left) = self.credit.checked_sub(cost) else {
            return false;
        };
        self.credit = left;
        let later = tail.keys.split_off(number);
        let end = later.first().map(|(first, _)| Arc::clone(first));
        let end = std::mem::replace(&mut tail.end, end);
        self.all.insert(at + 1, Tail { keys: later, end });
        true
    }

    /// A key comes to the shelf that is in no tail.
    pub(super) fn note(&mut self, key: &Arc<str>) {
        self.all.iter_mut().for_each(|it| it.ends_before(key));
    }

    /// For who looks for a key, or puts it there: what lies around it is where it is looked for.
    pub(super) fn make_way(&mut self, keys: &mut OnShelf<T>, key: &str) {
        if let Some(at) = self.all.iter().position(|it| it.spans(key)) {
            merge(keys, self.all.remove(at).keys);
        }
    }

    /// Puts all of them where they are looked for.
    pub(super) fn settle(&mut self, keys: &mut OnShelf<T>) {
        // An open store has none: nothing is kept for them.
        let mut all = std::mem::take(&mut self.all);
        all.sort_unstable_by(|a, b| a.first().cmp(b.first()));
        // None lies within another.
        let mut tails = all.into_iter().map(|it| it.keys);
        let mut run = tails.next().unwrap_or_default();
        tails.for_each(|it| run.extend(it));
        merge(keys, run);
    }
}

/// Puts keys, in their order, to others. None of them is there.
fn merge<T>(keys: &mut OnShelf<T>, run: Vec<(Arc<str>, T)>) {
    match keys.len() <= run.len() {
        // At once: each is compared with its neighbour alone, and no room is left free. What is there is gone through for
        // that, so this must not be done for a few.
        true => keys.append(&mut run.into_iter().collect()),
        false => keys.extend(run),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(tails: &mut Tails<u32>, keys: &mut OnShelf<u32>, key: &str) -> bool {
        tails.push(keys, key.into(), 0).is_ok()
    }

    #[test]
    fn sequences_that_come_between_each_other_have_a_tail_each() {
        let (mut tails, mut keys) = (Tails::default(), OnShelf::new());
        for number in 10..40 {
            for queue in ["d", "a", "c", "b"] {
                assert!(push(&mut tails, &mut keys, &format!("{queue}.{number}")));
            }
        }
        assert_eq!((tails.all.len(), tails.len(), keys.len()), (4, 120, 0));
        tails.settle(&mut keys);
        assert_eq!((tails.len(), keys.len()), (0, 120));
    }

    #[test]
    fn what_comes_a_little_too_late_is_put_where_it_belongs() {
        let (mut tails, mut keys) = (Tails::default(), OnShelf::new());
        for key in ["10", "12", "14", "11", "13", "19", "17", "15", "18"] {
            assert!(push(&mut tails, &mut keys, key), "{key}");
        }
        assert_eq!((tails.all.len(), tails.len()), (1, 9));
        assert!(!push(&mut tails, &mut keys, "15"));
        // Before more than are near: there are two from then on.
        assert!(push(&mut tails, &mut keys, "105"));
        assert_eq!((tails.all.len(), tails.len()), (2, 10));
        tails.settle(&mut keys);
        let found: Vec<&str> = keys.keys().map(|it| &**it).collect();
        let all = ["10", "105", "11", "12", "13", "14", "15", "17", "18", "19"];
        assert_eq!(found, all);
    }

    #[test]
    fn a_long_tail_is_not_cut_far_before_its_end() {
        let (mut tails, mut keys) = (Tails::default(), OnShelf::new());
        for number in 0..1000 {
            assert!(push(&mut tails, &mut keys, &format!("{number:04}")));
        }
        assert!(!push(&mut tails, &mut keys, "0000.5"));
        assert_eq!((tails.all.len(), tails.len()), (1, 1000));
        assert!(push(&mut tails, &mut keys, "0900.5"));
        assert_eq!((tails.all.len(), tails.len()), (2, 1001));
        // What is given back is put elsewhere.
        tails.make_way(&mut keys, "0000.5");
        assert_eq!((tails.len(), keys.len()), (99, 902));
    }

    #[test]
    fn what_is_there_is_not_taken_up() {
        let (mut tails, mut keys) = (Tails::default(), OnShelf::new());
        for key in ["a.1", "a.2", "c.1"] {
            assert!(push(&mut tails, &mut keys, key));
        }
        for key in ["c.1", "a.2", "a.1"] {
            assert!(!push(&mut tails, &mut keys, key), "{key} in a tail");
        }
        tails.make_way(&mut keys, "a.1");
        assert_eq!((tails.len(), keys.len()), (0, 3));
        for key in ["c.1", "a.2", "a.1"] {
            assert!(!push(&mut tails, &mut keys, key), "{key} elsewhere");
        }
        assert!(push(&mut tails, &mut keys, "b.1"));
        // Somebody else puts one behind it.
        keys.insert("b.3".into(), 0);
        tails.note(&"b.3".into());
        assert!(push(&mut tails, &mut keys, "b.2"));
        assert!(!push(&mut tails, &mut keys, "b.3"));
        assert_eq!((tails.all.len(), tails.len()), (1, 2));
    }

    #[test]
    fn what_has_no_order_is_seldom_looked_up_in_vain() {
        let (mut tails, mut keys) = (Tails::default(), OnShelf::new());
        let mut taken = 0;
        for number in (0..10_000).rev() {
            let key = format!("{number:05}");
            match push(&mut tails, &mut keys, &key) {
                true => taken += 1,
                false => {
                    tails.make_way(&mut keys, &key);
                    tails.note(&key.as_str().into());
                    keys.insert(key.into(), 0);
                }
            }
            assert!(tails.all.len() <= MOST);
        }
        assert!(taken < 10_000 / SELDOM + 2 * CREDIT, "{taken}");
        tails.settle(&mut keys);
        assert_eq!(keys.len(), 10_000);
    }
}
