//! The room that a job finds, task by task: what is free, and what Spot tasks give up. Pure.

use std::collections::{BTreeMap, BTreeSet};

use wharf_hosts::Held;
use wharf_placement::{Demand, HostIx, Refusal, ledger};
use wharf_records::{
    ecs::Task,
    hosts::{Claim, Ledger},
};

use crate::{
    interrupt::{self, MOST_TAKEN},
    view::Region,
};

/// What a job found room on so far.
pub struct Room<'a> {
    region: &'a Region<'a>,
    /// What others were promised of a host.
    kept: &'a dyn Fn(&str) -> Vec<Claim>,
    /// Hosts of its tasks, one for each. A ledger may be long; most jobs are placed without a look at any.
    given: Vec<HostIx>,
    /// Ledgers with the claims of the first so many of them, where that mattered.
    ledgers: BTreeMap<String, Ledger>,
    shown: usize,
    /// Spot tasks that give theirs up.
    taken: usize,
}

impl<'a> Room<'a> {
    pub fn new(region: &'a Region<'a>, kept: &'a dyn Fn(&str) -> Vec<Claim>) -> Self {
        Self {
            region,
            kept,
            given: Vec::new(),
            ledgers: BTreeMap::new(),
            shown: 0,
            taken: 0,
        }
    }

    /// Gives a task what placement found free; no Spot task gets what was promised to others.
    pub fn is_free(&mut self, row: HostIx, claim: &Claim, of_spot: bool) -> bool {
        let host = self.region.fleet.id(row);
        let kept = if of_spot {
            (self.kept)(host)
        } else {
            Vec::new()
        };
        if !kept.is_empty() {
            self.show(claim);
            let ledger = self.ledgers.get(host).or(self.seen(host));
            if !ledger.is_some_and(|it| interrupt::leaves_promised(it, claim, &kept)) {
                return false;
            }
        }
        self.given.push(row);
        true
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
        let (region, kept) = (self.region, self.kept);
        let taking = interrupt::room_for(region, demand, refusals, kept, &ledger, &used)?;
        if self.taken + taking.from.len() > MOST_TAKEN {
            return None;
        }
        self.taken += taking.from.len();
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
