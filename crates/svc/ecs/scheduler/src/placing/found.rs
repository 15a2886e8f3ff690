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
    /// Ledgers with the claims of its tasks.
    ledgers: BTreeMap<String, Ledger>,
    used: BTreeSet<String>,
    /// Spot tasks that give theirs up.
    taken: usize,
}

impl<'a> Room<'a> {
    pub fn new(region: &'a Region<'a>, kept: &'a dyn Fn(&str) -> Vec<Claim>) -> Self {
        Self {
            region,
            kept,
            ledgers: BTreeMap::new(),
            used: BTreeSet::new(),
            taken: 0,
        }
    }

    /// Claims what placement found free; no Spot task gets what was promised to others.
    pub fn is_free(&mut self, row: HostIx, claim: &Claim, of_spot: bool) -> bool {
        let host = self.region.fleet.id(row);
        let kept = if of_spot {
            (self.kept)(host)
        } else {
            Vec::new()
        };
        let Some(held) = self.region.ledgers.get(host) else {
            return false;
        };
        let ledger = self.ledgers.entry(host.to_owned());
        let ledger = ledger.or_insert_with(|| Ledger::clone(&held.record));
        if !interrupt::leaves_promised(ledger, claim, &kept) {
            return false;
        }
        self.used.insert(host.to_owned());
        let number = self.used.len() + ledger.claims.len();
        ledger
            .claims
            .insert(&format!("chosen/{number}"), claim.clone());
        true
    }

    /// Has Spot tasks give up theirs.
    pub fn take(
        &mut self,
        demand: &Demand,
        refusals: &[Refusal],
    ) -> Option<(HostIx, Vec<Held<Task>>)> {
        let (region, ledgers) = (self.region, &self.ledgers);
        let ledger = |host: &str| {
            let seen = region.ledgers.get(host).map(|it| &*it.record);
            ledgers.get(host).or(seen)
        };
        let taking = interrupt::room_for(region, demand, refusals, self.kept, &ledger, &self.used)?;
        if self.taken + taking.from.len() > MOST_TAKEN {
            return None;
        }
        self.taken += taking.from.len();
        let held = region.ledgers.get(&taking.host)?;
        let ledger = self.ledgers.entry(taking.host.clone());
        let ledger = ledger.or_insert_with(|| Ledger::clone(&held.record));
        for task in &taking.from {
            ledger::stopping(ledger, &task.arn);
        }
        self.is_free(taking.row, &demand.claim, false)
            .then_some((taking.row, taking.from))
    }
}
