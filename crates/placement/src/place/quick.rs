//! Placing by looking at hosts in the order of their rank, and no further than needed. What is
//! found ranks as what a walk over all hosts would find.
//!
//! Strategies that spread over attributes come first and choose a shelf; within it the one strategy
//! behind them ranks, and there is an order of hosts for each: by what they have left, by the
//! group's tasks on them, or a random one. Hosts come in that order from one stream, are put on
//! their shelves, and the first of the best shelf is taken once the stream has come to its rank. A
//! shelf of a few hosts is filled at once, so that nothing need wait for them to come by.

use std::{cmp::Reverse, collections::BinaryHeap};

use rand::Rng;

use super::{Batch, Counts};
use crate::{
    demand::{Demand, Pool, Strategy},
    fleet::{Fleet, HostIx, provider_pool},
    order::FARGATE_POOL,
};

/// With more shelves than that, finding the best of them costs as much as a walk.
const SHELVES: usize = 256;

/// What ranks the hosts of a shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    Chance,
    /// The group's tasks on the host.
    Tasks,
    Cpu,
    Memory,
}

impl Own {
    /// `None` if strategies stand in another order, or are more.
    fn of(strategies: &[Strategy]) -> Option<Self> {
        let spread = |strategy: &&Strategy| matches!(strategy, Strategy::SpreadAttribute(_));
        let shared = strategies.iter().take_while(spread).count();
        Some(match strategies[shared..] {
            [] | [Strategy::Random] => Self::Chance,
            [Strategy::SpreadHost] => Self::Tasks,
            [Strategy::BinpackCpu] => Self::Cpu,
            [Strategy::BinpackMemory] => Self::Memory,
            _ => return None,
        })
    }
}

/// Hosts that can take a task, the best first.
#[derive(Debug, Default)]
struct Shelf {
    hosts: BinaryHeap<Reverse<Ranked>>,
    /// None is still to come.
    complete: bool,
    /// It had nothing left.
    empty: bool,
}

/// Less is better; equals keep the order in which they came.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ranked {
    level: u32,
    came: usize,
    host: HostIx,
}

impl Ranked {
    fn key(&self) -> (u32, usize) {
        (self.level, self.came)
    }
}

/// The shelves that rank first, all of them equal, into `best`.
fn best_shelves(shelves: &[Shelf], counts: &Counts<'_>, best: &mut Vec<usize>) {
    best.clear();
    let mut least = None;
    for number in (0..shelves.len()).filter(|number| !shelves[*number].empty) {
        let rank = counts.shared(number);
        if least.is_none_or(|least| rank < least) {
            least = Some(rank);
            best.clear();
        }
        if least == Some(rank) {
            best.push(number);
        }
    }
}

impl Batch<'_> {
    /// Hosts for `count` tasks, or `None` if only a walk can tell.
    pub(super) fn quick(&mut self, count: usize, rng: &mut impl Rng) -> Option<Vec<HostIx>> {
        let own = Own::of(&self.demand.strategies)?;
        let mut counts = self.counts();
        if counts.shelves() > SHELVES || self.fleet.is_empty() {
            return None;
        }
        let mut shelves: Vec<Shelf> = (0..counts.shelves())
            .map(|number| self.shelf(number, own, &counts))
            .collect();
        let start = rng.random_range(0..self.fleet.flags.len()) as u32;
        let mut stream = stream(self.fleet, self.demand, own, start);
        // None that is still to come ranks before this level.
        let mut reached = 0;
        let (mut hosts, mut tied) = (Vec::new(), Vec::new());
        while hosts.len() < count {
            best_shelves(&shelves, &counts, &mut tied);
            let first = |shelf: usize| Some((shelves[shelf].hosts.peek()?.0.key(), shelf));
            let best = tied.iter().filter_map(|shelf| first(*shelf)).min();
            let more = tied.iter().any(|shelf| !shelves[*shelf].complete);
            match best {
                Some(((level, _), shelf)) if level <= reached || !more => {
                    let Some(Reverse(best)) = shelves[shelf].hosts.pop() else {
                        break;
                    };
                    self.give(best.host);
                    counts.add(shelf);
                    hosts.push(best.host);
                    if self.refusal(best.host).is_none() {
                        let level = self.level(best.host, own, &counts);
                        let again = Ranked { level, ..best };
                        shelves[shelf].hosts.push(Reverse(again));
                    }
                }
                _ if more => match stream.next() {
                    Some((came, (level, host))) => {
                        reached = level;
                        let shelf = &mut shelves[counts.shelf_of(self.fleet, host)];
                        // Each host comes once, so this one was given nothing by this round.
                        let level = match self.given_to(host).tasks {
                            0 => level,
                            _ => self.level(host, own, &counts),
                        };
                        if !shelf.complete && self.eligible(host) {
                            shelf.hosts.push(Reverse(Ranked { level, came, host }));
                        }
                    }
                    None => shelves.iter_mut().for_each(|shelf| shelf.complete = true),
                },
                _ if tied.is_empty() => break,
                _ => tied.iter().for_each(|shelf| shelves[*shelf].empty = true),
            }
        }
        Some(hosts)
    }

    /// A shelf before anything has come by; one of a few hosts has them all.
    fn shelf(&self, number: usize, own: Own, counts: &Counts<'_>) -> Shelf {
        let classes = counts.shelving.classes[number].iter().copied();
        let fitting = classes.filter(|class| self.class_lacks(*class).is_none());
        let Some(few) = self.fleet.few_of(fitting) else {
            return Shelf::default();
        };
        let start = self.seed as usize % few.len().max(1);
        let ranked = few[start..].iter().chain(&few[..start]).enumerate();
        let hosts: BinaryHeap<_> = ranked
            .filter(|(_, host)| self.eligible(**host))
            .map(|(came, host)| {
                let (host, level) = (*host, self.level(*host, own, counts));
                Reverse(Ranked { level, came, host })
            })
            .collect();
        Shelf {
            complete: true,
            empty: hosts.is_empty(),
            hosts,
        }
    }

    /// A host's rank within its shelf.
    fn level(&self, host: HostIx, own: Own, counts: &Counts<'_>) -> u32 {
        let (given, claim) = (self.given_to(host).tasks, &self.demand.claim);
        let left = |column: &[u32], one: u32| column[host.at()].saturating_sub(one * given);
        match own {
            // Equals take turns.
            Own::Chance => given,
            Own::Tasks => counts.on_host(host) + given,
            Own::Cpu => left(&self.fleet.cpu, claim.cpu),
            Own::Memory => left(&self.fleet.memory, claim.memory),
        }
    }
}

/// All hosts that may do, numbered, in the order of their rank and equals from the row `start` on.
fn stream<'a>(
    fleet: &'a Fleet,
    demand: &Demand,
    own: Own,
    start: u32,
) -> impl Iterator<Item = (usize, (u32, HostIx))> + use<'a> {
    let pool = match &demand.pool {
        Pool::Cluster(arn) => fleet.clusters.number(arn.as_str()),
        Pool::Provider { cluster, provider } => {
            let pool = provider_pool(cluster, provider);
            fleet.clusters.number(pool.as_str())
        }
        Pool::Fargate { .. } => Some(FARGATE_POOL),
    };
    let packed = match own {
        Own::Cpu => Some((&fleet.by_cpu, demand.claim.cpu)),
        Own::Memory => Some((&fleet.by_memory, demand.claim.memory)),
        Own::Chance | Own::Tasks => None,
    };
    let packed = packed.zip(pool);
    let packed = packed.map(|((order, least), pool)| order.at_least(pool, least, start));
    // Hosts without a task of the group, then those with some.
    let group = fleet.group(&demand.group).filter(|_| own == Own::Tasks);
    let without = move |host: &HostIx| group.is_none_or(|g| !g.hosts.contains_key(host));
    let rest = group.and_then(|group| group.rest.as_ref());
    let unpacked = matches!(own, Own::Chance | Own::Tasks) && rest.is_none();
    let all = unpacked.then(|| scattered(fleet.flags.len(), start));
    let rest = rest.map(|rest| rest.range(start..).chain(rest.range(..start)));
    let rest = rest.into_iter().flatten().map(|row| HostIx(*row));
    let all = all.into_iter().flatten().filter(without).chain(rest);
    let with = group.map(|group| group.order.at_least(0, 1, start));
    let unpacked = all.map(|host| (0, host)).chain(with.into_iter().flatten());
    packed.into_iter().flatten().chain(unpacked).enumerate()
}

/// Every row once, from a random one on, neighbours apart.
fn scattered(rows: usize, start: u32) -> impl Iterator<Item = HostIx> {
    let divides = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let golden = rows * 618 / 1000;
    let step = (golden..)
        .find(|step| divides(rows, *step) == 1)
        .unwrap_or(1);
    (0..rows).map(move |number| HostIx(((start as usize + number * step) % rows) as u32))
}
