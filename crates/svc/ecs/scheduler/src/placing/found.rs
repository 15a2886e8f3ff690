//! The room that a job finds, task by task: what is free, and what Spot tasks give up. Pure.

use std::collections::{BTreeMap, BTreeSet};

use wharf_hosts::Held;
use wharf_placement::{HostIx, ledger};
use wharf_records::{
    ecs::Task,
    hosts::{Claim, Ledger},
};

use crate::{
    interrupt::{Budget, Search},
    view::Region,
};

/// What a job found room on so far.
pub struct Room<'a> {
    region: &'a Region<'a>,
    /// Hosts of its tasks, one for each. A ledger may be long; most jobs are placed without a look at any.
    given: Vec<HostIx>,
    /// Ledgers with the claims of the first so many of them, where that mattered.
    ledgers: BTreeMap<String, Ledger>,
    shown: usize,
    /// Of Spot tasks that give theirs up.
    budget: Budget,
}

impl<'a> Room<'a> {
    pub fn new(region: &'a Region<'a>) -> Self {
        Self {
            region,
            given: Vec::new(),
            ledgers: BTreeMap::new(),
            shown: 0,
            budget: Budget::default(),
        }
    }

    /// A task has what placement found free.
    pub fn give(&mut self, row: HostIx) {
        self.given.push(row);
    }

    /// Has Spot tasks give up theirs.
    pub fn take(
        &mut self,
        search: &mut Search<'_>,
        claim: &Claim,
    ) -> Option<(HostIx, Vec<Held<Task>>)> {
        self.show(claim);
        let ledger = |host: &str| self.ledgers.get(host).or(self.seen(host));
        let used = self.given.iter();
        let used: BTreeSet<String> = used
            .map(|row| self.region.fleet.id(*row).to_owned())
            .collect();
        let taking = search.next(&ledger, &used)?;
        if !self.budget.spend(&taking.from) {
            return None;
        }
        let seen = self.seen(&taking.host)?;
        let ledger = self.ledgers.entry(taking.host);
        let ledger = ledger.or_insert_with(|| seen.clone());
        for task in &taking.from {
            ledger::stopping(ledger, &task.arn);
        }
        self.given.push(taking.row);
        Some((taking.row, taking.from))
    }

    fn seen(&self, host: &str) -> Option<&'a Ledger> {
        self.region.ledgers.get(host).map(|it| &*it.record)
    }

    /// Has ledgers show what was given, by names that nobody has.
    fn show(&mut self, claim: &Claim) {
        for number in self.shown..self.given.len() {
            let host = self.region.fleet.id(self.given[number]);
            if let Some(seen) = self.seen(host) {
                let ledger = self.ledgers.entry(host.to_owned());
                let ledger = ledger.or_insert_with(|| seen.clone());
                let name = format!("given/{number}");
                ledger.claims.insert(&name, claim.clone());
            }
        }
        self.shown = self.given.len();
    }
}
