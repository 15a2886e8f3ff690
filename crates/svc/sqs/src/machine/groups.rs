//! The message groups of a FIFO queue: the line of each, and which of them have something to receive.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::Seq;

#[derive(Debug, Default)]
pub struct Groups {
    all: HashMap<Arc<str>, Group>,
    /// Groups with something to receive, by their oldest message.
    ready: BTreeSet<(Seq, Arc<str>)>,
    /// How many are locked.
    in_flight: usize,
}

#[derive(Debug, Default)]
struct Group {
    /// Its messages in order.
    line: BTreeSet<Seq>,
    /// Of them, those that are held or busy: while there are any, nobody gets another.
    locked: usize,
    /// Its entry among the ready ones.
    listed: Option<Seq>,
}

impl Groups {
    /// Adds a message to a group; returns the name that all messages of the group share.
    pub fn join(&mut self, name: Arc<str>, seq: Seq) -> Arc<str> {
        let group = self.all.entry(name);
        let name = group.key().clone();
        group.or_default().line.insert(seq);
        name
    }

    pub fn leave(&mut self, group: Option<&Arc<str>>, seq: Seq) {
        if let Some(group) = group.and_then(|name| self.all.get_mut(name)) {
            group.line.remove(&seq);
        }
    }

    pub fn lock(&mut self, group: Option<&Arc<str>>) {
        if let Some(group) = group.and_then(|name| self.all.get_mut(name)) {
            self.in_flight += usize::from(group.locked == 0);
            group.locked += 1;
        }
    }

    /// Groups with messages that are held or busy.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub fn unlock(&mut self, group: Option<&Arc<str>>) {
        if let Some(group) = group.and_then(|name| self.all.get_mut(name)) {
            self.in_flight -= usize::from(group.locked == 1);
            group.locked = group.locked.saturating_sub(1);
        }
    }

    /// Lists a group among the ready ones, or no more; forgets one that is empty.
    pub fn refresh(&mut self, name: Option<&Arc<str>>, is_ready: impl Fn(Seq) -> bool) {
        let Some((name, group)) = name.and_then(|it| Some((it, self.all.get_mut(it)?))) else {
            return;
        };
        let first = group.line.first().copied();
        let head = first.filter(|seq| group.locked == 0 && is_ready(*seq));
        if head != group.listed {
            if let Some(before) = group.listed {
                self.ready.remove(&(before, name.clone()));
            }
            if let Some(seq) = head {
                self.ready.insert((seq, name.clone()));
            }
            group.listed = head;
        }
        if group.line.is_empty() {
            self.all.remove(name);
        }
    }

    /// Lists all that have something to receive, where none is listed yet.
    pub fn list(&mut self, is_ready: impl Fn(Seq) -> bool) {
        let listed = self.all.iter_mut().filter_map(|(name, group)| {
            let first = group.line.first().copied();
            group.listed = first.filter(|seq| group.locked == 0 && is_ready(*seq));
            Some((group.listed?, name.clone()))
        });
        self.ready = listed.collect();
    }

    /// Up to `most` messages of the group whose oldest message is the oldest of all: from that one on,
    /// without a gap.
    pub fn first(&self, most: usize, is_ready: impl Fn(Seq) -> bool) -> Vec<Seq> {
        let Some(group) = self.ready.first().and_then(|(_, it)| self.all.get(it)) else {
            return Vec::new();
        };
        let line = group.line.iter().copied();
        line.take_while(|seq| is_ready(*seq)).take(most).collect()
    }
}
