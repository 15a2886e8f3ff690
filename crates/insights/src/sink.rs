//! What is kept of the events until all were seen.

use std::{cmp::Ordering, collections::HashMap};

use crate::{
    aggregate::Count,
    cost::Halted,
    eval::Scene,
    event::{At, Kept},
    order,
    pattern::Clusters,
    plan::Stats,
    run::within,
    value::Value,
};

/// A row between two commands.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub slots: Vec<Value<'static>>,
    /// `None` once rows are no events any more.
    pub event: Option<Kept>,
}

/// A row with what it is sorted by.
#[derive(Debug)]
pub(crate) struct Entry {
    keys: Vec<Value<'static>>,
    place: Place,
    row: Row,
    bytes: usize,
}

/// Where a row comes if nothing else says so: the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    time: i64,
    at: At,
    /// Of the rows of one event.
    part: u32,
}

impl Place {
    fn order(&self, other: &Self) -> Ordering {
        let newest = (other.time, other.at).cmp(&(self.time, self.at));
        newest.then(self.part.cmp(&other.part))
    }
}

/// The first rows in the order of `sort`.
#[derive(Debug)]
pub(crate) struct Top {
    /// Which keys go from the end.
    descending: Vec<bool>,
    most: usize,
    entries: Vec<Entry>,
    bytes: usize,
    /// Nothing behind it is wanted any more.
    last: Option<(Vec<Value<'static>>, Place)>,
}

pub(crate) fn by_keys(descending: &[bool], a: &[Value<'_>], b: &[Value<'_>]) -> Ordering {
    for ((a, b), descending) in a.iter().zip(b).zip(descending) {
        let order = order::compare(a, b);
        if order != Ordering::Equal {
            return if *descending { order.reverse() } else { order };
        }
    }
    Ordering::Equal
}

impl Top {
    pub fn new(descending: Vec<bool>, most: usize) -> Self {
        Self {
            descending,
            most,
            entries: Vec::new(),
            bytes: 0,
            last: None,
        }
    }

    /// Takes in a row; it is only made if it is wanted.
    pub fn add<'e>(
        &mut self,
        keys: Vec<Value<'e>>,
        scene: &Scene<'e>,
        part: u32,
        row: impl FnOnce() -> Row,
        budget: usize,
    ) -> Result<(), Halted> {
        let place = place(scene, part);
        if let Some((last, behind)) = &self.last {
            let order = by_keys(&self.descending, &keys, last).then_with(|| place.order(behind));
            if order == Ordering::Greater {
                return Ok(());
            }
        }
        self.push(entry(keys, place, row()), budget)
    }

    fn push(&mut self, entry: Entry, budget: usize) -> Result<(), Halted> {
        self.bytes += entry.bytes;
        self.entries.push(entry);
        let is_full = self.entries.len() >= self.most.saturating_mul(2).max(64);
        if is_full || self.bytes > budget && self.entries.len() > self.most {
            self.cut();
        }
        within(self.bytes, budget)
    }

    fn cut(&mut self) {
        let descending = &self.descending;
        let order = |a: &Entry, b: &Entry| {
            by_keys(descending, &a.keys, &b.keys).then_with(|| a.place.order(&b.place))
        };
        if self.entries.len() > self.most {
            if self.most > 0 {
                self.entries.select_nth_unstable_by(self.most - 1, order);
            }
            self.entries.truncate(self.most);
            self.bytes = self.entries.iter().map(|it| it.bytes).sum();
            let last = self.entries.last();
            self.last = last.map(|it| (it.keys.clone(), it.place));
        }
    }

    pub fn join(&mut self, other: Self, budget: usize) -> Result<(), Halted> {
        let mut entries = other.entries.into_iter();
        entries.try_for_each(|entry| self.push(entry, budget))
    }

    pub fn rows(mut self) -> Vec<Row> {
        self.cut();
        sorted(&self.descending, self.entries)
    }
}

/// Of each value the first row in the order of `sort`; rows without one all.
#[derive(Debug)]
pub(crate) struct Dedup {
    descending: Vec<bool>,
    first: HashMap<Vec<u8>, Entry>,
    rest: Vec<Entry>,
    bytes: usize,
}

impl Dedup {
    pub fn new(descending: Vec<bool>) -> Self {
        Self {
            descending,
            first: HashMap::new(),
            rest: Vec::new(),
            bytes: 0,
        }
    }

    pub fn add<'e>(
        &mut self,
        of: Option<Vec<u8>>,
        keys: Vec<Value<'e>>,
        scene: &Scene<'e>,
        part: u32,
        row: impl FnOnce() -> Row,
        budget: usize,
    ) -> Result<(), Halted> {
        let place = place(scene, part);
        if let Some(known) = of.as_ref().and_then(|of| self.first.get(of)) {
            let order = by_keys(&self.descending, &keys, &known.keys);
            if order.then_with(|| place.order(&known.place)) != Ordering::Less {
                return Ok(());
            }
        }
        self.put(of, entry(keys, place, row()), budget)
    }

    fn put(&mut self, of: Option<Vec<u8>>, entry: Entry, budget: usize) -> Result<(), Halted> {
        self.bytes += entry.bytes;
        match of {
            Some(of) => {
                self.bytes += of.len();
                if let Some(old) = self.first.insert(of, entry) {
                    self.bytes -= old.bytes;
                }
            }
            None => self.rest.push(entry),
        }
        within(self.bytes, budget)
    }

    pub fn join(&mut self, other: Self, budget: usize) -> Result<(), Halted> {
        for (of, entry) in other.first {
            let is_first = self.first.get(&of).is_none_or(|known| {
                let order = by_keys(&self.descending, &entry.keys, &known.keys);
                order.then_with(|| entry.place.order(&known.place)) == Ordering::Less
            });
            if is_first {
                self.put(Some(of), entry, budget)?;
            }
        }
        let mut rest = other.rest.into_iter();
        rest.try_for_each(|entry| self.put(None, entry, budget))
    }

    pub fn rows(self) -> Vec<Row> {
        let all = self.first.into_values().chain(self.rest);
        sorted(&self.descending, all.collect())
    }
}

fn sorted(descending: &[bool], mut entries: Vec<Entry>) -> Vec<Row> {
    entries.sort_by(|a, b| {
        by_keys(descending, &a.keys, &b.keys).then_with(|| a.place.order(&b.place))
    });
    entries.into_iter().map(|it| it.row).collect()
}

fn entry(keys: Vec<Value<'_>>, place: Place, row: Row) -> Entry {
    let keys: Vec<Value<'static>> = keys.into_iter().map(Value::into_owned).collect();
    let values = keys.iter().chain(&row.slots).map(Value::bytes);
    let event = row.event.as_ref().map_or(0, Kept::bytes);
    Entry {
        bytes: size_of::<Entry>() + values.sum::<usize>() + event,
        keys,
        place,
        row,
    }
}

fn place(scene: &Scene<'_>, part: u32) -> Place {
    let none = At {
        source: 0,
        offset: 0,
    };
    Place {
        time: scene.event.map_or(0, |it| it.timestamp),
        at: scene.event.map_or(none, |it| it.at),
        part,
    }
}

/// The groups of `stats`.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    index: HashMap<Box<[u8]>, usize>,
    groups: Vec<Group>,
    /// The key of the row before, which is often the same, and its group.
    last: (Vec<u8>, usize),
    key: Vec<u8>,
    bytes: usize,
}

#[derive(Debug)]
struct Group {
    by: Vec<Value<'static>>,
    counts: Vec<Count>,
}

const PER_GROUP: usize = 160;

/// What a group is by, and what was counted of it.
pub(crate) type Counted = (Vec<Value<'static>>, Vec<Value<'static>>);

impl Groups {
    pub fn add<'e>(
        &mut self,
        stats: &'e Stats,
        scene: &Scene<'e>,
        slots: &[Value<'e>],
        budget: usize,
    ) -> Result<(), Halted> {
        let by: Vec<Value<'e>> = stats.by.iter().map(|it| it.eval(scene, slots)).collect();
        self.key.clear();
        by.iter().for_each(|it| it.key(&mut self.key));
        let index = match self.last.0 == self.key && !self.groups.is_empty() {
            true => self.last.1,
            false => {
                let index = self.find(stats, by);
                self.last.0.clone_from(&self.key);
                self.last.1 = index;
                index
            }
        };
        let time = scene.event.map_or(0, |it| it.timestamp);
        for (count, what) in self.groups[index].counts.iter_mut().zip(&stats.counts) {
            let value = match &what.of {
                Some(of) => of.eval(scene, slots),
                None => Value::Bool(true),
            };
            let before = count.bytes();
            count.add(value, time);
            self.bytes = (self.bytes + count.bytes()).saturating_sub(before);
            within(self.bytes, budget)?;
        }
        within(self.bytes, budget)
    }

    fn find(&mut self, stats: &Stats, by: Vec<Value<'_>>) -> usize {
        if let Some(index) = self.index.get(self.key.as_slice()) {
            return *index;
        }
        let counts = stats.counts.iter().map(|it| Count::new(it.kind));
        let group = Group {
            by: by.into_iter().map(Value::into_owned).collect(),
            counts: counts.collect(),
        };
        self.insert(self.key.clone().into(), group)
    }

    fn insert(&mut self, key: Box<[u8]>, group: Group) -> usize {
        let index = self.groups.len();
        self.bytes += key.len() + group.bytes();
        self.index.insert(key, index);
        self.groups.push(group);
        index
    }

    fn look(&mut self) {
        let keys: usize = self.index.keys().map(|it| it.len()).sum();
        self.bytes = keys + self.groups.iter().map(Group::bytes).sum::<usize>();
    }

    pub fn join(&mut self, other: Self, budget: usize) -> Result<(), Halted> {
        let mut groups: Vec<Option<Group>> = other.groups.into_iter().map(Some).collect();
        for (key, index) in other.index {
            let Some(group) = groups.get_mut(index).and_then(Option::take) else {
                continue;
            };
            match self.index.get(&key) {
                Some(own) => {
                    let own = &mut self.groups[*own].counts;
                    own.iter_mut()
                        .zip(group.counts)
                        .for_each(|(own, more)| own.join(more));
                }
                None => drop(self.insert(key, group)),
            }
        }
        self.look();
        within(self.bytes, budget)
    }

    /// What the groups are by and what was counted of each: by the latest time if there is one among what they are
    /// by, else by the first of that.
    pub fn sorted(mut self, stats: &Stats) -> impl Iterator<Item = Counted> + use<> {
        if self.groups.is_empty() && stats.by.is_empty() {
            self.find(stats, Vec::new());
        }
        self.groups.sort_by(|a, b| {
            let by_time = stats.times.map(|at| order::compare(&b.by[at], &a.by[at]));
            let by_all = || by_keys(&vec![false; a.by.len()], &a.by, &b.by);
            by_time.unwrap_or(Ordering::Equal).then_with(by_all)
        });
        let groups = self.groups.into_iter();
        groups.map(|it| (it.by, it.counts.iter().map(Count::result).collect()))
    }
}

impl Group {
    fn bytes(&self) -> usize {
        let by: usize = self.by.iter().map(Value::bytes).sum();
        PER_GROUP + by + self.counts.iter().map(Count::bytes).sum::<usize>()
    }
}

/// What the first command that needs all rows keeps of them.
#[derive(Debug)]
pub(crate) enum Sink {
    Top(Top),
    Dedup(Dedup),
    Stats(Groups),
    Pattern(Clusters),
}
