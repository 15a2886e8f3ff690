//! Filter, rank, pick.
//!
//! Without a strategy (or with `random` alone) a few rows are drawn at random before the fleet is
//! walked, so that a placement costs the same over ten hosts and over ten thousand.
//!
//! A few tasks at a time are mostly placed without walking the fleet either ([`quick`]): the fullest
//! host that fits is found in order of what hosts have left, and a host as good as any to spread to
//! by drawing.
//!
//! Otherwise one pass over the columns ranks the candidates of a whole batch. Spreading over an
//! attribute makes one pick change the rank of every host with the same value, so hosts are kept
//! apart by those values (a *shelf* for each combination): within a shelf ranks are the hosts' own
//! and change only for the host that was picked, and shelves are few. A batch of n can only ever
//! take from the best n of a shelf, so no more are kept.

mod quick;

use std::{
    cell::Cell,
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use rand::Rng;

use crate::{
    demand::{Constraint, Demand, Pool, Strategy},
    fleet::{ACTIVE, CONNECTED, FARGATE, Fleet, HostIx, PRESENT},
    query::HostFacts,
};

/// Rows drawn before the fleet is walked: with a tenth of the hosts eligible, 32 draws miss less
/// than once in twenty-five.
const DRAWS: usize = 32;
/// The API's own limit on strategies.
pub const MAX_STRATEGIES: usize = 5;

/// Why a host was not chosen, in the words of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    Agent,
    Location,
    Attribute,
    Cpu,
    Memory,
    Ports,
    Interfaces,
    MemberOf,
    Distinct,
}

impl Reason {
    /// The text of a RunTask failure.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "AGENT",
            Self::Location => "LOCATION",
            Self::Attribute => "ATTRIBUTE",
            Self::Cpu => "RESOURCE:CPU",
            Self::Memory => "RESOURCE:MEMORY",
            Self::Ports => "RESOURCE:PORTS",
            Self::Interfaces => "RESOURCE:ENI",
            Self::MemberOf => "MemberOf placement constraint unsatisfied.",
            Self::Distinct => "DistinctInstance placement constraint unsatisfied.",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    pub host: HostIx,
    pub reason: Reason,
}

/// The outcome of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placed {
    /// A host for each task placed; shorter than asked for if capacity ran out.
    pub hosts: Vec<HostIx>,
    /// Every host of the pool with what it lacks, only if something could not be placed.
    pub refusals: Vec<Refusal>,
}

/// Chooses hosts for `count` tasks of one shape. Nothing is claimed: the caller commits the choice
/// to the hosts' ledgers and comes back with a newer fleet if one of them moved on meanwhile.
pub fn place(fleet: &Fleet, demand: &Demand, count: usize, rng: &mut impl Rng) -> Placed {
    let mut batch = Batch::new(fleet, demand, rng.random());
    let random = demand.strategies.iter().all(|s| *s == Strategy::Random);
    let hosts = if random {
        batch.draw(count, rng)
    } else {
        batch.quick(count, rng).unwrap_or_else(|| {
            batch.given.clear();
            batch.rank(count)
        })
    };
    let refusals = if hosts.len() < count {
        batch.refusals()
    } else {
        Vec::new()
    };
    Placed { hosts, refusals }
}

/// Why this very host cannot take one such task; `None` if it can. For StartTask, where the caller
/// names the host.
pub fn refusal_of(fleet: &Fleet, demand: &Demand, host: HostIx) -> Option<Reason> {
    Batch::new(fleet, demand, 0).refusal(host)
}

/// What a host was given within this batch.
#[derive(Debug, Clone, Copy, Default)]
struct Given {
    tasks: u32,
}

/// How a host ranks; less is better. The field order is the policy: the strategies from left to
/// right, then chance, then the row, so that equal seeds give equal choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    levels: [u32; MAX_STRATEGIES],
    chance: u32,
    host: HostIx,
}

struct Batch<'a> {
    fleet: &'a Fleet,
    demand: &'a Demand,
    /// Number of the cluster, if the pool is one that has hosts.
    cluster: Option<u32>,
    zones: Vec<u32>,
    /// Verdict per class, found on first use.
    verdicts: Vec<Cell<Verdict>>,
    given: HashMap<HostIx, Given>,
    seed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Unknown,
    Fits,
    Refused(Reason),
}

impl<'a> Batch<'a> {
    fn new(fleet: &'a Fleet, demand: &'a Demand, seed: u32) -> Self {
        let cluster = match &demand.pool {
            Pool::Cluster(arn) => fleet.clusters.number(arn.as_str()),
            Pool::Fargate => None,
        };
        Self {
            fleet,
            demand,
            cluster,
            zones: demand
                .zones
                .iter()
                .filter_map(|z| fleet.zones.number(z.as_str()))
                .collect(),
            verdicts: vec![Cell::new(Verdict::Unknown); fleet.classes.values().len()],
            given: HashMap::new(),
            seed,
        }
    }

    /// In the pool and ACTIVE: hosts outside are not refused, they are not asked.
    fn in_pool(&self, host: HostIx) -> bool {
        let flags = self.fleet.flags[host.at()];
        let wanted = match self.demand.pool {
            Pool::Cluster(_) => PRESENT | ACTIVE,
            Pool::Fargate => PRESENT | ACTIVE | FARGATE,
        };
        flags & wanted == wanted
            && match self.demand.pool {
                Pool::Cluster(_) => Some(self.fleet.cluster[host.at()]) == self.cluster,
                Pool::Fargate => true,
            }
    }

    /// The first requirement a host of the pool fails, cheapest first.
    fn refusal(&self, host: HostIx) -> Option<Reason> {
        let (fleet, at, claim) = (self.fleet, host.at(), &self.demand.claim);
        if fleet.flags[at] & CONNECTED == 0 {
            return Some(Reason::Agent);
        }
        // `new` drops zones without a host: compare with what was asked, not with what was found.
        if !self.demand.zones.is_empty() && !self.zones.contains(&fleet.zone[at]) {
            return Some(Reason::Location);
        }
        let given = if self.given.is_empty() {
            0
        } else {
            self.given_to(host).tasks
        };
        let times = given.saturating_add(1);
        if claim.cpu.saturating_mul(times) > fleet.cpu[at] {
            return Some(Reason::Cpu);
        }
        if claim.memory.saturating_mul(times) > fleet.memory[at] {
            return Some(Reason::Memory);
        }
        if claim.interfaces.saturating_mul(times) > fleet.interfaces[at] {
            return Some(Reason::Interfaces);
        }
        if !claim.ports.is_empty()
            && (given > 0
                || claim
                    .ports
                    .iter()
                    .any(|p| fleet.taken[at].binary_search(p).is_ok()))
        {
            return Some(Reason::Ports);
        }
        if let Verdict::Refused(reason) = self.class_verdict(fleet.class[at]) {
            return Some(reason);
        }
        self.host_constraints(host, given)
    }

    fn given_to(&self, host: HostIx) -> Given {
        self.given.get(&host).copied().unwrap_or_default()
    }

    fn class_verdict(&self, class: u32) -> Verdict {
        let at = class as usize;
        let known = self.verdicts[at].get();
        if known != Verdict::Unknown {
            return known;
        }
        let attributes = &self.fleet.classes.values()[at];
        let has = |(name, value): &(String, Option<String>)| match attributes.get(name) {
            Some(present) => value.is_none() || present == value,
            None => false,
        };
        let facts = HostFacts {
            attributes,
            agent_connected: true,
            agent_version: "",
            ec2_instance: "",
            registered_at: wharf_base::Timestamp::default(),
            running_tasks: 0,
            groups: &std::collections::BTreeMap::new(),
        };
        let member = |constraint: &Constraint| match constraint {
            Constraint::MemberOf(e) if e.by_class() => e.holds(&facts),
            _ => true,
        };
        let verdict = if !self.demand.attributes.iter().all(has) {
            Verdict::Refused(Reason::Attribute)
        } else if !self.demand.constraints.iter().all(member) {
            Verdict::Refused(Reason::MemberOf)
        } else {
            Verdict::Fits
        };
        self.verdicts[at].set(verdict);
        verdict
    }

    /// The constraints that hosts of one class may answer differently.
    fn host_constraints(&self, host: HostIx, given: u32) -> Option<Reason> {
        let facts = &self.fleet.facts[host.at()];
        self.demand
            .constraints
            .iter()
            .find_map(|constraint| match constraint {
                Constraint::DistinctInstance => {
                    let taken = given > 0 || facts.groups.contains_key(&self.demand.group);
                    taken.then_some(Reason::Distinct)
                }
                Constraint::MemberOf(expression) if expression.by_class() => None,
                Constraint::MemberOf(expression) => {
                    let holds = expression.holds(&self.fleet.facts_of(host));
                    (!holds).then_some(Reason::MemberOf)
                }
            })
    }

    fn eligible(&self, host: HostIx) -> bool {
        self.in_pool(host) && self.refusal(host).is_none()
    }

    fn give(&mut self, host: HostIx) {
        self.given.entry(host).or_default().tasks += 1;
    }

    /// Picks at random.
    fn draw(&mut self, count: usize, rng: &mut impl Rng) -> Vec<HostIx> {
        let rows = self.fleet.flags.len();
        let mut hosts = Vec::new();
        while hosts.len() < count && rows > 0 {
            let drawn = (0..DRAWS)
                .map(|_| HostIx(rng.random_range(0..rows) as u32))
                .find(|host| self.eligible(*host));
            let start = rng.random_range(0..rows);
            let walked = || {
                (start..rows)
                    .chain(0..start)
                    .map(|at| HostIx(at as u32))
                    .find(|h| self.eligible(*h))
            };
            let Some(host) = drawn.or_else(walked) else {
                break;
            };
            self.give(host);
            hosts.push(host);
        }
        hosts
    }

    /// Picks the best by the strategies.
    fn rank(&mut self, count: usize) -> Vec<HostIx> {
        let mut counts = Counts::new(self.fleet, self.demand);
        let mut shelves = self.shelves(&counts, count);
        let mut hosts = Vec::new();
        while hosts.len() < count {
            let tops = shelves.iter().enumerate().filter_map(|(number, shelf)| {
                let Reverse(top) = shelf.ranks.peek()?;
                Some((counts.merge(*top, shelf), number))
            });
            let Some((_, number)) = tops.min() else { break };
            let Some(Reverse(best)) = shelves[number].ranks.pop() else {
                break;
            };
            self.give(best.host);
            counts.add(self.fleet, best.host);
            hosts.push(best.host);
            if self.refusal(best.host).is_none() {
                shelves[number]
                    .ranks
                    .push(Reverse(self.score(best.host, &counts)));
            }
        }
        hosts
    }

    /// The best `count` hosts of each combination of spread values.
    fn shelves(&self, counts: &Counts, count: usize) -> Vec<Shelf> {
        // The worst on top while collecting, so that it can make room for a better one.
        let mut kept: Vec<BinaryHeap<Score>> = vec![BinaryHeap::new(); counts.shelves.len()];
        for host in self.fleet.rows().filter(|host| self.eligible(*host)) {
            let heap = &mut kept[counts.shelf_of(self.fleet.class[host.at()])];
            let score = self.score(host, counts);
            if heap.len() < count {
                heap.push(score);
            } else if let Some(mut worst) = heap.peek_mut()
                && score < *worst
            {
                *worst = score;
            }
        }
        let shelf = |(heap, buckets): (BinaryHeap<Score>, &Vec<Option<u32>>)| Shelf {
            buckets: buckets.clone(),
            ranks: heap.into_iter().map(Reverse).collect(),
        };
        kept.into_iter().zip(&counts.shelves).map(shelf).collect()
    }

    /// A host's own rank: levels that all hosts of its shelf share are left at zero.
    fn score(&self, host: HostIx, counts: &Counts) -> Score {
        let (fleet, at, claim) = (self.fleet, host.at(), &self.demand.claim);
        let given = if self.given.is_empty() {
            0
        } else {
            self.given_to(host).tasks
        };
        let chance = scatter(self.seed, host.0);
        let mut levels = [0; MAX_STRATEGIES];
        for (level, strategy) in levels.iter_mut().zip(&self.demand.strategies) {
            *level = match strategy {
                Strategy::Random => chance,
                Strategy::SpreadHost => counts.on_host(host),
                Strategy::SpreadAttribute(_) => 0,
                Strategy::BinpackCpu => fleet.cpu[at].saturating_sub(claim.cpu * given),
                Strategy::BinpackMemory => fleet.memory[at].saturating_sub(claim.memory * given),
            };
        }
        Score {
            levels,
            chance,
            host,
        }
    }

    fn refusals(&self) -> Vec<Refusal> {
        let asked = self.fleet.rows().filter(|host| self.in_pool(*host));
        asked
            .filter_map(|host| {
                Some(Refusal {
                    host,
                    reason: self.refusal(host)?,
                })
            })
            .collect()
    }
}

/// Hosts with the same value of every attribute the demand spreads over.
struct Shelf {
    /// Bucket of each strategy that spreads over an attribute.
    buckets: Vec<Option<u32>>,
    ranks: BinaryHeap<Reverse<Score>>,
}

/// Tasks of the group, per host and per value of each spread attribute.
struct Counts {
    hosts: Vec<u32>,
    /// Tasks in each bucket, for each strategy that spreads over an attribute.
    tasks: Vec<Option<Vec<u32>>>,
    /// The shelf of each class.
    shelf_of_class: Vec<u32>,
    /// Buckets of each shelf, strategy by strategy.
    shelves: Vec<Vec<Option<u32>>>,
}

impl Counts {
    fn new(fleet: &Fleet, demand: &Demand) -> Self {
        let strategies = || demand.strategies.iter().take(MAX_STRATEGIES);
        let mut values: Vec<HashMap<_, u32>> = vec![HashMap::new(); strategies().count()];
        let mut numbers = HashMap::new();
        let mut shelf_of_class = Vec::new();
        for attributes in fleet.classes.values() {
            let bucket = |(strategy, known): (&Strategy, &mut HashMap<_, u32>)| match strategy {
                Strategy::SpreadAttribute(name) => {
                    let next = known.len() as u32;
                    // Hosts without the attribute share one bucket.
                    Some(*known.entry(attributes.get(name)).or_insert(next))
                }
                _ => None,
            };
            let buckets: Vec<Option<u32>> = strategies().zip(&mut values).map(bucket).collect();
            let next = numbers.len() as u32;
            shelf_of_class.push(*numbers.entry(buckets).or_insert(next));
        }
        let mut shelves = vec![Vec::new(); numbers.len()];
        for (buckets, number) in numbers {
            shelves[number as usize] = buckets;
        }
        let empty = |(strategy, known): (&Strategy, &HashMap<_, u32>)| match strategy {
            Strategy::SpreadAttribute(_) => Some(vec![0; known.len()]),
            _ => None,
        };
        let tasks = strategies().zip(&values).map(empty).collect();
        let hosts = vec![0; fleet.flags.len()];
        let mut counts = Self {
            hosts,
            tasks,
            shelf_of_class,
            shelves,
        };
        for (row, tasks) in fleet.group(&demand.group) {
            counts.add_many(fleet, row, tasks);
        }
        counts
    }

    fn on_host(&self, host: HostIx) -> u32 {
        self.hosts[host.at()]
    }

    fn shelf_of(&self, class: u32) -> usize {
        self.shelf_of_class[class as usize] as usize
    }

    /// The rank of a host among those of all shelves.
    fn merge(&self, mut own: Score, shelf: &Shelf) -> Score {
        let shared = shelf.buckets.iter().zip(&self.tasks).zip(&mut own.levels);
        for ((bucket, tasks), level) in shared {
            if let (Some(bucket), Some(tasks)) = (bucket, tasks) {
                *level = tasks[*bucket as usize];
            }
        }
        own
    }

    fn add(&mut self, fleet: &Fleet, host: HostIx) {
        self.add_many(fleet, host, 1);
    }

    fn add_many(&mut self, fleet: &Fleet, host: HostIx, more: u32) {
        self.hosts[host.at()] += more;
        let shelf = self.shelf_of(fleet.class[host.at()]);
        for (bucket, tasks) in self.shelves[shelf].iter().zip(&mut self.tasks) {
            if let (Some(bucket), Some(tasks)) = (bucket, tasks) {
                tasks[*bucket as usize] += more;
            }
        }
    }
}

/// A number per host and seed that looks random (the finaliser of MurmurHash3).
fn scatter(seed: u32, host: u32) -> u32 {
    let mut x = seed ^ host.wrapping_mul(0x9e37_79b9);
    x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
    x ^ (x >> 16)
}

#[cfg(test)]
mod tests;
