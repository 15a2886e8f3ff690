//! The room that a job finds, task by task: what is free, and what Spot tasks give up. Pure.

use std::collections::{BTreeMap, BTreeSet};

use wharf_hosts::{Held, Promises};
use wharf_placement::{Demand, HostIx, Refusal, ledger};
use wharf_records::{
    ecs::Task,
    hosts::{Claim, Ledger},
};

use crate::{
    interrupt::{self, Budget},
    view::Region,
};

/// What a job found room on so far.
pub struct Room<'a> {
    region: &'a Region<'a>,
    /// What others were promised.
    promises: &'a Promises,
    /// Hosts of its tasks, one for each. A ledger may be long; most jobs are placed without a look at any.
    given: Vec<HostIx>,
    /// Ledgers with the claims of the first so many of them, where that mattered.
    ledgers: BTreeMap<String, Ledger>,
    shown: usize,
    /// Of Spot tasks that give theirs up.
    budget: Budget,
}

impl<'a> Room<'a> {
    pub fn new(region: &'a Region<'a>, promises: &'a Promises) -> Self {
        Self {
            region,
            promises,
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
        demand: &Demand,
        refusals: &[Refusal],
    ) -> Option<(HostIx, Vec<Held<Task>>)> {
        self.show(&demand.claim);
        let ledger = |host: &str| self.ledgers.get(host).or(self.seen(host));
        let used = self.given.iter();
        let used: BTreeSet<String> = used
            .map(|row| self.region.fleet.id(*row).to_owned())
            .collect();
        let (region, promises) = (self.region, self.promises);
        let taking = interrupt::room_for(region, demand, refusals, promises, &ledger, &used)?;
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
