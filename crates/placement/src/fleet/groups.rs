//! How many tasks of which group are on which hosts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fleet, HostIx};
use crate::order::Order;

/// Where the tasks of a group are.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// Tasks by host, none of them 0.
    pub hosts: BTreeMap<HostIx, u32>,
    /// Those hosts by their tasks, in the one pool 0.
    pub order: Order,
    /// Tasks by class.
    pub classes: BTreeMap<u32, u32>,
    /// The rows in use without a task of the group, once most have one: nothing finds them by chance.
    pub rest: Option<BTreeSet<u32>>,
}

impl Group {
    fn add(&mut self, row: HostIx, class: u32, tasks: u32) {
        self.hosts.insert(row, tasks);
        if let Some(rest) = &mut self.rest {
            rest.remove(&row.0);
        }
        self.order.insert(0, tasks, row);
        *self.classes.entry(class).or_default() += tasks;
    }

    fn remove(&mut self, row: HostIx, class: u32) {
        let Some(tasks) = self.hosts.remove(&row) else {
            return;
        };
        if let Some(rest) = &mut self.rest {
            rest.insert(row.0);
        }
        self.order.remove(0, tasks, row);
        if let Some(all) = self.classes.get_mut(&class) {
            *all -= tasks;
            if *all == 0 {
                self.classes.remove(&class);
            }
        }
    }
}

impl Fleet {
    /// Takes over how many tasks of which group are on a host.
    pub fn set_groups(&mut self, row: HostIx, groups: BTreeMap<String, u32>) {
        if self.facts[row.at()].groups == groups {
            return;
        }
        self.take_groups(row);
        let class = self.class[row.at()];
        for (group, tasks) in groups.iter().filter(|(_, tasks)| **tasks > 0) {
            let known = self.by_group.entry(group.clone()).or_default();
            known.add(row, class, *tasks);
            self.balance_rest(group);
        }
        let facts = &mut self.facts[row.at()];
        facts.tasks = groups.values().sum();
        facts.groups = groups;
    }

    /// One more task of a group is on a host.
    pub fn add_to_group(&mut self, row: HostIx, group: &str) {
        let facts = &mut self.facts[row.at()];
        let tasks = facts.groups.entry(group.to_owned()).or_default();
        *tasks += 1;
        facts.tasks += 1;
        let (class, tasks) = (self.class[row.at()], *tasks);
        let known = self.by_group.entry(group.to_owned()).or_default();
        known.remove(row, class);
        known.add(row, class, tasks);
        self.balance_rest(group);
    }

    /// Keeps the rows without a task of a group while they are few.
    fn balance_rest(&mut self, name: &str) {
        let Some(group) = self.by_group.get(name) else {
            self.keep_rest.remove(name);
            return;
        };
        let (with, all) = (group.hosts.len(), self.by_id.len());
        let rest = match group.rest {
            None if with * 2 > all => {
                let without = self.rows().filter(|row| !group.hosts.contains_key(row));
                Some(without.map(|row| row.0).collect())
            }
            Some(_) if with * 4 < all => None,
            _ => return,
        };
        match rest.is_some() {
            true => self.keep_rest.insert(name.to_owned()),
            false => self.keep_rest.remove(name),
        };
        if let Some(group) = self.by_group.get_mut(name) {
            group.rest = rest;
        }
    }

    pub(super) fn each_rest(&mut self, change: impl Fn(&mut BTreeSet<u32>) -> bool) {
        for name in &self.keep_rest {
            let group = self.by_group.get_mut(name);
            if let Some(rest) = group.and_then(|group| group.rest.as_mut()) {
                change(rest);
            }
        }
    }

    /// One task less of a group is on a host.
    pub fn take_from_group(&mut self, row: HostIx, group: &str) {
        let facts = &mut self.facts[row.at()];
        let Some(tasks) = facts.groups.get_mut(group) else {
            return;
        };
        *tasks -= 1;
        facts.tasks -= 1;
        let (class, left) = (self.class[row.at()], *tasks);
        if left == 0 {
            facts.groups.remove(group);
        }
        if let Some(known) = self.by_group.get_mut(group) {
            known.remove(row, class);
            if left > 0 {
                known.add(row, class, left);
            } else if known.hosts.is_empty() {
                self.by_group.remove(group);
            }
            self.balance_rest(group);
        }
    }

    /// Where the tasks of a group are, if there are any.
    pub(crate) fn group(&self, group: &str) -> Option<&Group> {
        self.by_group.get(group)
    }

    pub(super) fn take_groups(&mut self, row: HostIx) -> BTreeMap<String, u32> {
        let facts = &mut self.facts[row.at()];
        facts.tasks = 0;
        let groups = std::mem::take(&mut facts.groups);
        for name in groups.keys() {
            if let Some(group) = self.by_group.get_mut(name) {
                group.remove(row, self.class[row.at()]);
                if group.hosts.is_empty() {
                    self.by_group.remove(name);
                }
                self.balance_rest(name);
            }
        }
        groups
    }
}
