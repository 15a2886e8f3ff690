//! Where the tasks of a job have the room of Spot tasks. Pure.
//!
//! A job may have many tasks, and there may be many hosts that are full: they are sifted once, and what would be taken of each is
//! known until something is.

use std::collections::{BTreeMap, BTreeSet};

use wharf_hosts::{
    Held, Promises,
    reclaim::{Candidate, Cost, Holder, on_host},
};
use wharf_placement::{Constraint, Demand, HostIx, Reason, Refusal};
use wharf_records::{
    ecs::Task,
    hosts::{Claim, Ledger, Phase},
};

use super::{kept, may_be_interrupted, with_spot};
use crate::view::Region;

/// Room on a host, and the tasks that make it.
pub struct Taking {
    pub row: HostIx,
    pub host: String,
    pub from: Vec<Held<Task>>,
}

/// The hosts that may come to have room for tasks of one shape.
pub struct Search<'a> {
    region: &'a Region<'a>,
    demand: &'a Demand,
    promises: &'a Promises,
    /// No two of them on one host.
    apart: bool,
    /// Those whose agents are connected, and the others: of a host that cannot be told, the task that is to run there is as lost as
    /// those that are to stop.
    rows: [Vec<HostIx>; 2],
    /// What would be taken of each that was looked at.
    found: BTreeMap<HostIx, Option<(Cost, Vec<String>)>>,
}

impl<'a> Search<'a> {
    /// `refusals`: every host with what it lacks.
    pub fn new(
        region: &'a Region<'a>,
        demand: &'a Demand,
        refusals: &[Refusal],
        promises: &'a Promises,
    ) -> Self {
        let lacks = [Reason::Cpu, Reason::Memory];
        let rows = with_spot(region, demand, refusals, (&lacks, promises));
        let (near, far) = rows.partition(|row| region.fleet.is_reachable(*row));
        let mut constraints = demand.constraints.iter();
        Self {
            region,
            demand,
            promises,
            apart: constraints.any(|it| matches!(it, Constraint::DistinctInstance)),
            rows: [near, far],
            found: BTreeMap::new(),
        }
    }

    /// The Spot tasks whose room one more task gets, as few as possible. `ledger`: that of a host with what was claimed on it so
    /// far; between two calls only that of the host that was found may change. `used`: hosts that have one of the job's tasks.
    /// None: no host would have room without its Spot tasks.
    pub fn next<'l>(
        &mut self,
        ledger: &dyn Fn(&str) -> Option<&'l Ledger>,
        used: &BTreeSet<String>,
    ) -> Option<Taking> {
        let (region, claim) = (self.region, &self.demand.claim);
        for rows in &self.rows {
            let mut best: Option<(Cost, &str, HostIx)> = None;
            for row in rows {
                let host = region.fleet.id(*row);
                if self.apart && used.contains(host) {
                    continue;
                }
                let found = self.found.entry(*row).or_insert_with(|| {
                    let ledger = ledger(host)?;
                    let kept = kept(self.promises, host);
                    of_host(region, claim, &Candidate { host, ledger, kept })
                });
                if let Some((cost, _)) = found {
                    let this = (*cost, host, *row);
                    best = Some(best.map_or(this, |best| best.min(this)));
                }
            }
            if let Some((_, host, row)) = best {
                let (_, names) = self.found.remove(&row).flatten()?;
                let tasks = region.tasks_on(host);
                return Some(Taking {
                    row,
                    host: host.to_owned(),
                    from: tasks
                        .filter(|it| names.contains(&it.arn))
                        .cloned()
                        .collect(),
                });
            }
        }
        None
    }
}

fn of_host(
    region: &Region,
    claim: &Claim,
    candidate: &Candidate<'_>,
) -> Option<(Cost, Vec<String>)> {
    let tasks = region.tasks_on(candidate.host);
    let tasks = tasks.filter(|task| may_be_interrupted(task));
    let running: BTreeSet<&str> = tasks.map(|task| task.arn.as_str()).collect();
    let holder = |name: &str, claim: &Claim| match running.contains(name) {
        true if claim.phase == Phase::Held => Holder::Stops,
        _ => Holder::Stays,
    };
    let (cost, taking) = on_host("", claim, candidate, &holder)?;
    Some((cost, taking.from))
}
