//! Keys in their order. What keys have in common is kept once: a million messages of a queue begin alike.
//!
//! Keys are `/w1/<cell>/<service>/<account>/<region>/<kind>/<id>`; those that share all but the id lie on one
//! shelf. No name of a shelf begins another, since each ends with its only [`SLASHES`]th slash: so the order
//! of shelves, and of what is on each, is that of whole keys. Keys with fewer slashes lie apart.

mod tails;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, btree_map},
    iter::Peekable,
    ops::Bound,
    sync::Arc,
};

use tails::Tails;

/// Up to the last of so many slashes a key names its shelf.
const SLASHES: usize = 7;

#[derive(Debug)]
pub(crate) struct Tree<T> {
    /// Where in `shelves` each is.
    names: BTreeMap<Arc<str>, usize>,
    shelves: Vec<Shelf<T>>,
    /// Places of `shelves` that are to be filled again.
    free: Vec<usize>,
    /// The shelf that was written last: the next key mostly lies on it too, and the names of shelves begin alike,
    /// so that looking one up compares long texts.
    last: Option<usize>,
    others: OnShelf<T>,
}

#[derive(Debug)]
struct Shelf<T> {
    name: Arc<str>,
    keys: OnShelf<T>,
    /// Others, while a store opens: see [`Tree::push_behind`].
    tails: Tails<T>,
}

impl<T> Shelf<T> {
    fn len(&self) -> usize {
        self.keys.len() + self.tails.len()
    }

    /// Its keys, for who looks for one of them, or for its place.
    fn around(&mut self, key: &str) -> &mut OnShelf<T> {
        self.tails.make_way(&mut self.keys, key);
        &mut self.keys
    }
}

type OnShelf<T> = BTreeMap<Arc<str>, T>;

/// A key that shares its pieces with the tree.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    shelf: Arc<str>,
    rest: Arc<str>,
}

impl Key {
    /// One that no tree has.
    pub(crate) fn of(key: &str) -> Self {
        let (shelf, rest) = split(key).unwrap_or((key, ""));
        Self {
            shelf: shelf.into(),
            rest: rest.into(),
        }
    }

    pub(crate) fn name(&self) -> Name<'_> {
        Name {
            shelf: &self.shelf,
            rest: &self.rest,
        }
    }
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self {
            names: BTreeMap::new(),
            shelves: Vec::new(),
            free: Vec::new(),
            last: None,
            others: BTreeMap::new(),
        }
    }
}

/// A key, in the two pieces in which it is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    shelf: &'a str,
    rest: &'a str,
}

impl<'a> Name<'a> {
    pub(crate) fn whole(key: &'a str) -> Self {
        Self {
            shelf: key,
            rest: "",
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.shelf.len() + self.rest.len()
    }

    pub(crate) fn starts_with(&self, prefix: &str) -> bool {
        match prefix.strip_prefix(self.shelf) {
            Some(beyond) => self.rest.starts_with(beyond),
            None => self.shelf.starts_with(prefix),
        }
    }

    pub(crate) fn to_key(self) -> String {
        let mut key = String::with_capacity(self.len());
        self.write_to(&mut key);
        key
    }

    /// Adds it to a text.
    pub(crate) fn write_to(self, text: &mut String) {
        text.push_str(self.shelf);
        text.push_str(self.rest);
    }
}

impl Ord for Name<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.shelf.as_bytes(), other.shelf.as_bytes());
        let common = a.len().min(b.len());
        let (a, a_more) = a.split_at(common);
        let (b, b_more) = b.split_at(common);
        let others = || b_more.iter().chain(other.rest.as_bytes());
        a.cmp(b).then_with(|| match (a_more, b_more) {
            ([], []) => self.rest.cmp(other.rest),
            // A whole key, as the end of a span is.
            ([], more) if other.rest.is_empty() => self.rest.as_bytes().cmp(more),
            _ => a_more.iter().chain(self.rest.as_bytes()).cmp(others()),
        })
    }
}

impl PartialOrd for Name<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Name<'_> {}

/// The name of the shelf that a key lies on, and the rest; `None` for one that lies apart.
pub(crate) fn split(key: &str) -> Option<(&str, &str)> {
    let mut slashes = key.bytes().enumerate().filter(|(_, byte)| *byte == b'/');
    let (at, _) = slashes.nth(SLASHES - 1)?;
    Some(key.split_at(at + 1))
}

/// As [`split`], for a key that mostly lies on the shelf of this name, which is then not looked for. An empty one is no
/// shelf's.
pub(crate) fn split_on<'k>(shelf: &str, key: &'k str) -> Option<(&'k str, &'k str)> {
    match !shelf.is_empty() && key.starts_with(shelf) {
        true => Some(key.split_at(shelf.len())),
        false => split(key),
    }
}

/// A key as [`split`] has it, by its rest as [`rest_of`] has it.
pub(crate) fn parts_of<'k>(key: &'k str, rest: &str) -> Option<(&'k str, &'k str)> {
    let shelf = key.strip_suffix(rest).filter(|it| !it.is_empty())?;
    Some(key.split_at(shelf.len()))
}

/// What of a key its shelf does not say: of one that lies apart, all of it.
pub(crate) fn rest_of(key: &str, parts: Option<(&str, &str)>) -> Arc<str> {
    parts.map_or(key, |(_, rest)| rest).into()
}

impl<T> Tree<T> {
    pub(crate) fn get(&self, key: &str) -> Option<&T> {
        match split(key) {
            Some((shelf, rest)) => self.shelf(shelf)?.keys.get(rest),
            None => self.others.get(key),
        }
    }

    pub(crate) fn get_mut(&mut self, key: &Key) -> Option<&mut T> {
        match self.find(&key.shelf) {
            Some(at) => self.shelves[at].around(&key.rest).get_mut(&key.rest),
            // The name of a shelf is no key of these: it has more slashes.
            None if key.rest.is_empty() => self.others.get_mut(&key.shelf),
            None => None,
        }
    }

    /// Whether there is a key, which was split already.
    pub(crate) fn has(&self, key: &str, parts: Option<(&str, &str)>) -> bool {
        match parts {
            Some((shelf, rest)) => self
                .shelf(shelf)
                .is_some_and(|it| it.keys.contains_key(rest)),
            None => self.others.contains_key(key),
        }
    }

    /// How many keys lie on a shelf.
    pub(crate) fn on_shelf(&self, shelf: &str) -> usize {
        self.find(shelf).map_or(0, |at| self.shelves[at].len())
    }

    /// Shelves whose names begin so, those behind one of them if that is given, with how many keys lie on each.
    pub(crate) fn shelves_of<'a>(
        &'a self,
        prefix: &'a str,
        behind: Option<&str>,
    ) -> impl Iterator<Item = (&'a str, usize)> + use<'a, T> {
        let start = behind.map_or(Bound::Included(prefix), Bound::Excluded);
        let shelves = self.names.range::<str, _>((start, Bound::Unbounded));
        let shelves = shelves.take_while(move |(name, _)| name.starts_with(prefix));
        shelves.map(move |(name, at)| (&**name, self.shelves[*at].keys.len()))
    }

    fn find(&self, shelf: &str) -> Option<usize> {
        let is_it = |at: &usize| *self.shelves[*at].name == *shelf;
        let last = self.last.filter(is_it);
        last.or_else(|| self.names.get(shelf).copied())
    }

    fn shelf(&self, shelf: &str) -> Option<&Shelf<T>> {
        let found = self.find(shelf).map(|at| &self.shelves[at]);
        debug_assert!(found.is_none_or(|it| it.tails.is_empty()), "not settled");
        found
    }

    /// The place of a shelf, which is made if it is not there.
    fn shelf_at(&mut self, shelf: &str) -> usize {
        let at = self.find(shelf).unwrap_or_else(|| self.place(shelf));
        self.last = Some(at);
        at
    }

    fn place(&mut self, shelf: &str) -> usize {
        let name = Arc::<str>::from(shelf);
        let made = Shelf {
            name: Arc::clone(&name),
            keys: BTreeMap::new(),
            tails: Tails::default(),
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.shelves[at] = made;
                at
            }
            None => {
                self.shelves.push(made);
                self.shelves.len() - 1
            }
        };
        self.names.insert(name, at);
        at
    }

    /// The place of a key, and the key. One that is free is to be filled: no shelf stays empty.
    pub(crate) fn slot(&mut self, key: &str) -> (Key, btree_map::Entry<'_, Arc<str>, T>) {
        let parts = split(key);
        self.slot_of(parts.map(|(shelf, _)| shelf), rest_of(key, parts))
    }

    /// The same of a key that was split already, `rest` as [`rest_of`] has it.
    pub(crate) fn slot_of(
        &mut self,
        shelf: Option<&str>,
        rest: Arc<str>,
    ) -> (Key, btree_map::Entry<'_, Arc<str>, T>) {
        let Some(shelf) = shelf else {
            let slot = self.others.entry(rest);
            let (shelf, rest) = (Arc::clone(slot.key()), Arc::default());
            return (Key { shelf, rest }, slot);
        };
        let at = self.shelf_at(shelf);
        let Shelf { name, keys, tails } = &mut self.shelves[at];
        tails.make_way(keys, &rest);
        tails.note(&rest);
        let slot = keys.entry(rest);
        let (shelf, rest) = (Arc::clone(name), Arc::clone(slot.key()));
        (Key { shelf, rest }, slot)
    }

    /// Takes up a key that comes right behind others that came so, as most of a log do. One that does not, or that is there,
    /// is given back. Before the tree is read it is to be [settled](Tree::settle); what changes it does that for the keys
    /// around the one in question.
    pub(crate) fn push_behind(
        &mut self,
        shelf: &str,
        rest: Arc<str>,
        value: T,
    ) -> Result<Key, (Arc<str>, T)> {
        let at = self.shelf_at(shelf);
        let Shelf { name, keys, tails } = &mut self.shelves[at];
        let key = Key {
            shelf: Arc::clone(name),
            rest: Arc::clone(&rest),
        };
        tails.push(keys, rest, value).map(|()| key)
    }

    /// Puts what [`Tree::push_behind`] took up where it is looked for.
    pub(crate) fn settle(&mut self) {
        for Shelf { keys, tails, .. } in &mut self.shelves {
            tails.settle(keys);
        }
    }

    /// Puts a value under a key that has none.
    pub(crate) fn insert(&mut self, key: &str, value: T) -> Key {
        let (key, slot) = self.slot(key);
        slot.insert_entry(value);
        key
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<T> {
        self.remove_of(key, split(key))
    }

    /// The same of a key that was split already.
    pub(crate) fn remove_of(&mut self, key: &str, parts: Option<(&str, &str)>) -> Option<T> {
        let Some((shelf, rest)) = parts else {
            return self.others.remove(key);
        };
        let at = self.find(shelf)?;
        let on_it = &mut self.shelves[at];
        let removed = on_it.around(rest).remove(rest);
        if on_it.len() == 0 {
            self.names.remove(shelf);
            self.free.push(at);
            self.last = self.last.filter(|last| *last != at);
        }
        removed
    }

    /// Keys from a bound on, in their order.
    pub(crate) fn from<'a>(
        &'a self,
        start: Bound<&str>,
    ) -> impl Iterator<Item = (Name<'a>, &'a T)> + use<'a, T> {
        let (Bound::Included(key) | Bound::Excluded(key)) = start else {
            unreachable!("a scan begins somewhere");
        };
        let (begun, behind) = match split(key) {
            Some((shelf, rest)) => {
                let rest = start.map(|_| rest);
                let begun = self.shelf(shelf).map(|Shelf { name, keys, .. }| {
                    let on_it = keys.range::<str, _>((rest, Bound::Unbounded));
                    on_it.map(move |(rest, it)| (Name { shelf: name, rest }, it))
                });
                (begun, Bound::Excluded(shelf))
            }
            None => (None, Bound::Included(key)),
        };
        let places = &self.shelves;
        let shelves = self.names.range::<str, _>((behind, Bound::Unbounded));
        let shelves = shelves.flat_map(move |(shelf, at)| {
            let on_it = places[*at].keys.iter();
            on_it.map(move |(rest, it)| (Name { shelf, rest }, it))
        });
        let others = self.others.range::<str, _>((start, Bound::Unbounded));
        let others = others.map(|(key, it)| (Name::whole(key), it));
        merged(begun.into_iter().flatten().chain(shelves), others)
    }
}

/// Many keys taken up, of which those of a shelf come together and mostly in order: they are put there at
/// once, which compares each with its neighbour alone and leaves no room free in the shelf.
#[derive(Debug)]
pub(crate) struct Loading<T> {
    tree: Tree<T>,
    shelf: Arc<str>,
    run: Vec<(Arc<str>, T)>,
}

impl<T> Default for Loading<T> {
    fn default() -> Self {
        Self {
            tree: Tree::default(),
            shelf: Arc::default(),
            run: Vec::new(),
        }
    }
}

impl<T> Loading<T> {
    /// Takes up a key, in the two pieces that [`Tree::slot_of`] has.
    pub(crate) fn push(&mut self, shelf: Option<&str>, rest: Arc<str>, value: T) {
        let Some(shelf) = shelf else {
            self.tree.slot_of(None, rest).1.insert_entry(value);
            return;
        };
        if shelf != &*self.shelf {
            self.shelve();
            self.shelf = shelf.into();
        }
        self.run.push((rest, value));
    }

    fn shelve(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run.is_empty() {
            return;
        }
        let at = self.tree.shelf_at(&self.shelf);
        let keys = &mut self.tree.shelves[at].keys;
        match keys.is_empty() {
            true => *keys = run.into_iter().collect(),
            false => keys.extend(run),
        }
    }

    pub(crate) fn finish(mut self) -> Tree<T> {
        self.shelve();
        self.tree
    }
}

/// Two sequences in the order of their keys as one. No key is in both.
pub(crate) fn merged<'a, T: 'a>(
    one: impl Iterator<Item = (Name<'a>, T)>,
    other: impl Iterator<Item = (Name<'a>, T)>,
) -> impl Iterator<Item = (Name<'a>, T)> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match is_first(&mut one, &mut other) {
        true => one.next(),
        false => other.next(),
    })
}

fn is_first<'a, T>(
    one: &mut Peekable<impl Iterator<Item = (Name<'a>, T)>>,
    other: &mut Peekable<impl Iterator<Item = (Name<'a>, T)>>,
) -> bool {
    match (one.peek(), other.peek()) {
        (Some((one, _)), Some((other, _))) => one < other,
        (one, _) => one.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown<'a>(of: impl Iterator<Item = (Name<'a>, &'a u32)>) -> Vec<(String, u32)> {
        of.map(|(name, value)| (name.to_key(), *value)).collect()
    }

    fn none_is_empty(tree: &Tree<u32>) -> bool {
        let named = |(name, at): (&Arc<str>, &usize)| {
            let shelf = &tree.shelves[*at];
            shelf.name == *name && shelf.len() > 0 && !tree.free.contains(at)
        };
        tree.names.iter().all(named) && tree.names.len() + tree.free.len() == tree.shelves.len()
    }

    /// Short ones of few letters, so that many share beginnings and slashes lie anywhere.
    fn key() -> impl Strategy<Value = String> {
        "[/ab.]{0,14}|/w1/c0/[ab]/1/r/k/([/ab]{0,3}|[a-d][0-9])|/w1/c0/[ab]/1/[r/]{1,4}"
    }

    #[test]
    fn a_key_is_split_as_one_of_its_shelf_is() {
        let shelf = "/w1/c0/a/1/r/k/";
        for key in [
            "",
            "/k",
            "/w1/c0/a/1/r/k/",
            "/w1/c0/a/1/r/k/x/",
            "/w1/c0/b/1/r/k/x",
        ] {
            for before in ["", shelf] {
                assert_eq!(split_on(before, key), split(key), "{key} after {before}");
            }
            assert_eq!(
                parts_of(key, &rest_of(key, split(key))),
                split(key),
                "{key}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        /// As a log is gone through while a store opens.
        #[test]
        fn what_is_pushed_behind_is_there_once_it_is_settled(
            calls in proptest::collection::vec((key(), any::<Option<u32>>(), any::<bool>()), 0..160),
        ) {
            let (mut tree, mut model) = (Tree::default(), BTreeMap::new());
            for (key, value, mutates) in calls {
                let Some(value) = value else {
                    prop_assert_eq!(tree.remove(&key), model.remove(&key));
                    prop_assert!(none_is_empty(&tree));
                    continue;
                };
                if mutates {
                    prop_assert_eq!(tree.get_mut(&Key::of(&key)), model.get_mut(&key));
                }
                let parts = split(&key);
                let rest = rest_of(&key, parts);
                let pushed = match parts {
                    Some((shelf, _)) => tree.push_behind(shelf, rest, value),
                    None => Err((rest, value)),
                };
                let name = pushed.unwrap_or_else(|(rest, value)| {
                    let (name, slot) = tree.slot_of(parts.map(|(shelf, _)| shelf), rest);
                    slot.insert_entry(value);
                    name
                });
                prop_assert_eq!(name.name().to_key(), key.clone());
                model.insert(key, value);
            }
            tree.settle();
            prop_assert!(none_is_empty(&tree));
            let all: Vec<_> = model.iter().map(|(key, value)| (key.clone(), *value)).collect();
            prop_assert_eq!(shown(tree.from(Bound::Included(""))), all);
            for (key, value) in &model {
                prop_assert_eq!(tree.get(key), Some(value));
            }
        }

        #[test]
        fn it_is_a_map_in_the_order_of_keys(
            calls in proptest::collection::vec((key(), any::<Option<u32>>()), 0..60),
            loaded in proptest::collection::vec((key(), any::<u32>()), 0..60),
            start in key(),
            prefix in key(),
        ) {
            let (mut loading, mut model) = (Loading::default(), BTreeMap::new());
            for (key, value) in loaded {
                let parts = split(&key);
                loading.push(parts.map(|(shelf, _)| shelf), rest_of(&key, parts), value);
                model.insert(key, value);
            }
            let mut tree = loading.finish();
            for (key, value) in calls {
                match value {
                    Some(value) => {
                        tree.insert(&key, value);
                        model.insert(key.clone(), value);
                    }
                    None => {
                        prop_assert_eq!(tree.remove(&key), model.remove(&key));
                        prop_assert!(none_is_empty(&tree));
                    }
                }
                prop_assert_eq!(tree.get(&key), model.get(&key));
                prop_assert_eq!(tree.get_mut(&Key::of(&key)), model.get_mut(&key));
                let (kept, slot) = tree.slot(&key);
                prop_assert_eq!(kept.name().to_key(), key.clone());
                prop_assert_eq!(matches!(slot, btree_map::Entry::Occupied(_)), model.contains_key(&key));
                slot.or_insert(7);
                model.entry(key).or_insert(7);
            }
            prop_assert!(none_is_empty(&tree));
            for bound in [Bound::Included(&*start), Bound::Excluded(&*start)] {
                let all = model.range::<str, _>((bound, Bound::Unbounded));
                let all: Vec<_> = all.map(|(key, value)| (key.clone(), *value)).collect();
                prop_assert_eq!(shown(tree.from(bound)), all);
            }
            for (name, _) in tree.from(Bound::Included("")) {
                let key = name.to_key();
                prop_assert_eq!(name.starts_with(&prefix), key.starts_with(&prefix));
                prop_assert_eq!(name.cmp(&Name::whole(&prefix)), key.cmp(&prefix));
                prop_assert_eq!(name.len(), key.len());
            }
        }
    }
}
