//! Placing a few tasks without walking the fleet. What is found is as good as what a walk would find;
//! where that cannot be known at once, nothing is, and the fleet is walked.

use rand::Rng;

use super::{Batch, Counts, DRAWS};
use crate::{
    demand::{Pool, Strategy},
    fleet::HostIx,
    order::{FARGATE_POOL, Order},
};

/// Larger batches are placed by one walk.
const FEW: usize = 4;
/// Hosts looked at in order before the fleet is walked.
const LOOKS: usize = 64;

impl Batch<'_> {
    /// Hosts for `count` tasks, or `None` if only a walk can tell.
    pub(super) fn quick(&mut self, count: usize, rng: &mut impl Rng) -> Option<Vec<HostIx>> {
        if count > FEW || self.fleet.is_empty() {
            return None;
        }
        match self.demand.strategies.as_slice() {
            [Strategy::BinpackCpu] => self.pack(count, rng, Resource::Cpu),
            [Strategy::BinpackMemory] => self.pack(count, rng, Resource::Memory),
            [Strategy::SpreadHost]
            | [Strategy::SpreadAttribute(_)]
            | [Strategy::SpreadAttribute(_), Strategy::SpreadHost] => self.spread(count, rng),
            _ => None,
        }
    }

    /// Each task goes where least is left after it; a host that was given one of the batch has
    /// less left than before, so it is compared too.
    fn pack(
        &mut self,
        count: usize,
        rng: &mut impl Rng,
        resource: Resource,
    ) -> Option<Vec<HostIx>> {
        let mut hosts: Vec<HostIx> = Vec::new();
        for _ in 0..count {
            let again = hosts
                .iter()
                .filter(|host| self.refusal(**host).is_none())
                .min_by_key(|host| (self.left(**host, resource), **host))
                .copied();
            let fresh = self.fullest(rng, resource)?;
            let best = match again {
                Some(again) if self.left(again, resource) <= self.left(fresh, resource) => again,
                _ => fresh,
            };
            self.give(best);
            hosts.push(best);
        }
        Some(hosts)
    }

    /// What is left on a host after what the batch gave it.
    fn left(&self, host: HostIx, resource: Resource) -> u32 {
        let given = self.given_to(host).tasks;
        let (column, claim) = match resource {
            Resource::Cpu => (&self.fleet.cpu, self.demand.claim.cpu),
            Resource::Memory => (&self.fleet.memory, self.demand.claim.memory),
        };
        column[host.at()].saturating_sub(claim.saturating_mul(given))
    }

    /// The fullest host that fits and was given nothing yet, any of them where several are equal.
    fn fullest(&self, rng: &mut impl Rng, resource: Resource) -> Option<HostIx> {
        let (order, claim): (&Order, u32) = match resource {
            Resource::Cpu => (&self.fleet.by_cpu, self.demand.claim.cpu),
            Resource::Memory => (&self.fleet.by_memory, self.demand.claim.memory),
        };
        let pool = match self.demand.pool {
            Pool::Cluster(_) => self.cluster?,
            Pool::Fargate => FARGATE_POOL,
        };
        let fits = |host: &HostIx| self.is_fresh(*host);
        let mut rows = order.at_least(pool, claim).take(LOOKS);
        let (left, first) = rows.find(|(_, host)| fits(host))?;
        let start = rng.random_range(0..self.fleet.flags.len()) as u32;
        let mut equals = order.exactly(pool, left, start).take(LOOKS);
        Some(equals.find(fits).unwrap_or(first))
    }

    fn is_fresh(&self, host: HostIx) -> bool {
        self.given_to(host).tasks == 0 && self.eligible(host)
    }

    /// A host without a task of the group, where the values spread over have the fewest: none can
    /// be better.
    fn spread(&mut self, count: usize, rng: &mut impl Rng) -> Option<Vec<HostIx>> {
        let mut counts = Counts::new(self.fleet, self.demand);
        let by_host = self.demand.strategies.contains(&Strategy::SpreadHost);
        let rows = self.fleet.flags.len();
        let mut hosts = Vec::new();
        for _ in 0..count {
            let least = counts.least();
            let drawn = (0..DRAWS)
                .map(|_| HostIx(rng.random_range(0..rows) as u32))
                .find(|host| {
                    let shelf = counts.shelf_of(self.fleet.class[host.at()]);
                    counts.shared(shelf) == least
                        && (!by_host || counts.on_host(*host) == 0)
                        && self.eligible(*host)
                })?;
            self.give(drawn);
            counts.add(self.fleet, drawn);
            hosts.push(drawn);
        }
        Some(hosts)
    }
}

#[derive(Debug, Clone, Copy)]
enum Resource {
    Cpu,
    Memory,
}

impl Counts {
    /// Tasks of the group that share a shelf's first spread value.
    fn shared(&self, shelf: usize) -> u32 {
        let pairs = self.shelves[shelf].iter().zip(&self.tasks);
        let counted =
            pairs.filter_map(|(bucket, tasks)| Some(tasks.as_ref()?[(*bucket)? as usize]));
        counted.into_iter().next().unwrap_or(0)
    }

    /// The fewest that any shelf has.
    fn least(&self) -> u32 {
        let shelves = 0..self.shelves.len();
        shelves.map(|shelf| self.shared(shelf)).min().unwrap_or(0)
    }
}
