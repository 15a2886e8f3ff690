//! Filter, rank, pick.
//!
//! Nothing walks the fleet that need not, so that a placement costs the same over ten hosts and over
//! ten thousand:
//!
//! - where attributes leave a few hosts only, these alone are looked at ([`Batch::few`]);
//! - without a strategy (or with `random` alone) rows are drawn at random, and walked from a random
//!   one on where that finds none;
//! - spreading and packing look at hosts in the order of their rank and no further than needed
//!   ([`quick`]).
//!
//! Otherwise one pass over the columns ranks the candidates of a whole batch. Spreading over an
//! attribute makes one pick change the rank of every host with the same value, so hosts are kept
//! apart by those values (a *shelf* for each combination): within a shelf ranks are the hosts' own
//! and change only for the host that was picked, and shelves are few. A batch of n can only ever
//! take from the best n of a shelf, so no more are kept.
//!
//! Hosts whose agents' connections are broken rank behind all others, whatever the strategies say:
//! where a fleet has some, tasks that found no other host are placed on them in a second round.

mod quick;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
};

use rand::Rng;

use crate::{
    class::{Shelving, Verdicts},
    demand::{Constraint, Demand, Promised, Strategy},
    fleet::{ACTIVE, CONNECTED, Fleet, Group, HostIx, Members, PRESENT, REACHABLE},
    offer::Feature,
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
    /// The host's operator does not allow it.
    NotAllowed(Feature),
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
            // To ECS, what a node allows is attributes.
            Self::Attribute | Self::NotAllowed(_) => "ATTRIBUTE",
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
    place_after(fleet, demand, &[], count, rng)
}

/// The same for `count` further tasks, where others of their size and group were given these hosts, which do not show it yet.
pub fn place_after(
    fleet: &Fleet,
    demand: &Demand,
    given: &[HostIx],
    count: usize,
    rng: &mut impl Rng,
) -> Placed {
    let mut batch = Batch::new(fleet, demand, rng.random());
    for host in given {
        batch.give(*host);
    }
    let mut hosts;
    if fleet.has_both() {
        batch.round = Round::Reachable;
        hosts = batch.choose(count, rng);
        if hosts.len() < count {
            batch.round = Round::Unreachable;
            let rest = batch.choose(count - hosts.len(), rng);
            hosts.extend(rest);
        }
    } else {
        hosts = batch.choose(count, rng);
    }
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

/// Which hosts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    All,
    Reachable,
    Unreachable,
}

struct Batch<'a> {
    fleet: &'a Fleet,
    demand: &'a Demand,
    round: Round,
    members: Members,
    zones: Vec<u32>,
    /// What classes lack, if anything is asked of them.
    verdicts: Option<Arc<Verdicts>>,
    given: HashMap<HostIx, Given>,
    seed: u32,
}

impl<'a> Batch<'a> {
    fn new(fleet: &'a Fleet, demand: &'a Demand, seed: u32) -> Self {
        Self {
            fleet,
            demand,
            round: Round::All,
            members: Members::of(fleet, &demand.pool),
            zones: demand
                .zones
                .iter()
                .filter_map(|z| fleet.zones.number(z.as_str()))
                .collect(),
            verdicts: fleet.classes.verdicts(demand),
            given: HashMap::new(),
            seed,
        }
    }

    /// In the pool and ACTIVE: hosts outside are not refused, they are not asked.
    fn in_pool(&self, host: HostIx) -> bool {
        let wanted = PRESENT | ACTIVE;
        self.fleet.flags[host.at()] & wanted == wanted && self.members.contain(self.fleet, host)
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
        let given = self.given_to(host).tasks;
        let times = given.saturating_add(1);
        let promised = self.promised_of(host);
        if claim.cpu.saturating_mul(times) > fleet.cpu[at].saturating_sub(promised.cpu) {
            return Some(Reason::Cpu);
        }
        if claim.memory.saturating_mul(times) > fleet.memory[at].saturating_sub(promised.memory) {
            return Some(Reason::Memory);
        }
        let interfaces = fleet.interfaces[at].saturating_sub(promised.interfaces);
        if claim.interfaces.saturating_mul(times) > interfaces {
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
        if let Some(reason) = self.class_lacks(fleet.class[at]) {
            return Some(reason);
        }
        self.host_constraints(host, given)
    }

    fn given_to(&self, host: HostIx) -> Given {
        if self.given.is_empty() {
            return Given::default();
        }
        self.given.get(&host).copied().unwrap_or_default()
    }

    fn promised_of(&self, host: HostIx) -> Promised {
        if self.demand.promised.is_empty() {
            return Promised::default();
        }
        self.demand.promised.get(&host).copied().unwrap_or_default()
    }

    fn class_lacks(&self, class: u32) -> Option<Reason> {
        self.verdicts.as_ref()?.refused[class as usize]
    }

    /// The hosts that have what is asked of attributes, if these are few.
    fn few(&self) -> Option<Vec<HostIx>> {
        let verdicts = self.verdicts.as_ref()?;
        self.fleet.few_of(verdicts.fitting.iter().copied())
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
        self.in_pool(host) && self.in_round(host) && self.refusal(host).is_none()
    }

    fn in_round(&self, host: HostIx) -> bool {
        let reachable = self.fleet.flags[host.at()] & REACHABLE != 0;
        match self.round {
            Round::All => true,
            Round::Reachable => reachable,
            Round::Unreachable => !reachable,
        }
    }

    /// Tasks of the group as they are with those given out before this round.
    fn counts(&self) -> Counts<'a> {
        let mut counts = Counts::new(self.fleet, self.demand);
        for (host, given) in &self.given {
            let shelf = counts.shelf_of(self.fleet, *host);
            counts.add_many(shelf, given.tasks);
        }
        counts
    }

    /// Hosts for up to `count` tasks.
    fn choose(&mut self, count: usize, rng: &mut impl Rng) -> Vec<HostIx> {
        let mut strategies = self.demand.strategies.iter();
        let random = strategies.all(|one| *one == Strategy::Random);
        let rows = self.fleet.flags.len();
        match (self.few(), random) {
            (Some(few), true) => self.draw(count, rng, few.len(), |at| few[at]),
            (Some(few), false) => self.rank(count, few.into_iter()),
            (None, true) => self.draw(count, rng, rows, |at| HostIx(at as u32)),
            (None, false) => match self.quick(count, rng) {
                Some(hosts) => hosts,
                None => self.rank(count, self.fleet.rows()),
            },
        }
    }

    fn give(&mut self, host: HostIx) {
        self.given.entry(host).or_default().tasks += 1;
    }

    /// Picks at random among `rows` hosts.
    fn draw(
        &mut self,
        count: usize,
        rng: &mut impl Rng,
        rows: usize,
        host: impl Fn(usize) -> HostIx,
    ) -> Vec<HostIx> {
        let mut hosts = Vec::new();
        while hosts.len() < count && rows > 0 {
            let drawn = (0..DRAWS)
                .map(|_| host(rng.random_range(0..rows)))
                .find(|host| self.eligible(*host));
            let start = rng.random_range(0..rows);
            let walked = || {
                (start..rows)
                    .chain(0..start)
                    .map(&host)
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

    /// Picks the best of `rows` by the strategies.
    fn rank(&mut self, count: usize, rows: impl Iterator<Item = HostIx>) -> Vec<HostIx> {
        let mut counts = self.counts();
        let mut shelves = self.shelves(&counts, count, rows);
        let mut hosts = Vec::new();
        while hosts.len() < count {
            let tops = shelves.iter().enumerate().filter_map(|(number, ranks)| {
                let Reverse(top) = ranks.peek()?;
                Some((counts.merge(*top, number), number))
            });
            let Some((_, number)) = tops.min() else { break };
            let Some(Reverse(best)) = shelves[number].pop() else {
                break;
            };
            self.give(best.host);
            counts.add(number);
            hosts.push(best.host);
            if self.refusal(best.host).is_none() {
                let again = self.score(best.host, &counts);
                shelves[number].push(Reverse(again));
            }
        }
        hosts
    }

    /// The best `count` hosts of each combination of spread values.
    fn shelves(
        &self,
        counts: &Counts,
        count: usize,
        rows: impl Iterator<Item = HostIx>,
    ) -> Vec<BinaryHeap<Reverse<Score>>> {
        // The worst on top while collecting, so that it can make room for a better one.
        let mut kept: Vec<BinaryHeap<Score>> = vec![BinaryHeap::new(); counts.shelves()];
        for host in rows.filter(|host| self.eligible(*host)) {
            let heap = &mut kept[counts.shelf_of(self.fleet, host)];
            let score = self.score(host, counts);
            if heap.len() < count {
                heap.push(score);
            } else if let Some(mut worst) = heap.peek_mut()
                && score < *worst
            {
                *worst = score;
            }
        }
        let ranks = |heap: BinaryHeap<Score>| heap.into_iter().map(Reverse).collect();
        kept.into_iter().map(ranks).collect()
    }

    /// A host's own rank: levels that all hosts of its shelf share are left at zero.
    fn score(&self, host: HostIx, counts: &Counts) -> Score {
        let (fleet, at, claim) = (self.fleet, host.at(), &self.demand.claim);
        let given = self.given_to(host).tasks;
        let chance = scatter(self.seed, host.0);
        let mut levels = [0; MAX_STRATEGIES];
        for (level, strategy) in levels.iter_mut().zip(&self.demand.strategies) {
            *level = match strategy {
                Strategy::Random => chance,
                Strategy::SpreadHost => counts.on_host(host) + given,
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

/// Tasks of the group, per host and per value of each spread attribute.
struct Counts<'a> {
    shelving: Arc<Shelving>,
    /// Before the batch.
    group: Option<&'a Group>,
    /// Tasks in each bucket, for each strategy that spreads over an attribute.
    tasks: Vec<Option<Vec<u32>>>,
}

impl<'a> Counts<'a> {
    fn new(fleet: &'a Fleet, demand: &Demand) -> Self {
        let shelving = fleet.classes.shelving(demand);
        let empty = |values: &Option<usize>| values.map(|values| vec![0; values]);
        let mut counts = Self {
            tasks: shelving.values.iter().map(empty).collect(),
            group: fleet.group(&demand.group),
            shelving,
        };
        let spread = counts.tasks.iter().any(Option::is_some);
        let group = counts.group.filter(|_| spread);
        for (class, tasks) in group.into_iter().flat_map(|group| &group.classes) {
            counts.add_many(
                counts.shelving.shelf_of_class[*class as usize] as usize,
                *tasks,
            );
        }
        for (host, tasks) in &demand.going {
            counts.take_many(counts.shelf_of(fleet, *host), *tasks);
        }
        counts
    }

    /// Before the batch.
    fn on_host(&self, host: HostIx) -> u32 {
        let known = self.group.and_then(|group| group.hosts.get(&host));
        known.copied().unwrap_or(0)
    }

    fn shelf_of(&self, fleet: &Fleet, host: HostIx) -> usize {
        self.shelving.shelf_of_class[fleet.class[host.at()] as usize] as usize
    }

    fn shelves(&self) -> usize {
        self.shelving.shelves.len()
    }

    /// Tasks that share the shelf's values, for each strategy that spreads over an attribute.
    fn shared(&self, shelf: usize) -> [Option<u32>; MAX_STRATEGIES] {
        let mut shared = [None; MAX_STRATEGIES];
        let buckets = self.shelving.shelves[shelf].iter().zip(&self.tasks);
        for ((bucket, tasks), shared) in buckets.zip(&mut shared) {
            if let (Some(bucket), Some(tasks)) = (bucket, tasks) {
                *shared = Some(tasks[*bucket as usize]);
            }
        }
        shared
    }

    /// The rank of a host among those of all shelves.
    fn merge(&self, mut own: Score, shelf: usize) -> Score {
        for (shared, level) in self.shared(shelf).into_iter().zip(&mut own.levels) {
            *level = shared.unwrap_or(*level);
        }
        own
    }

    fn add(&mut self, shelf: usize) {
        self.add_many(shelf, 1);
    }

    fn add_many(&mut self, shelf: usize, more: u32) {
        let buckets = self.shelving.shelves[shelf].iter();
        for (bucket, tasks) in buckets.zip(&mut self.tasks) {
            if let (Some(bucket), Some(tasks)) = (bucket, tasks) {
                tasks[*bucket as usize] += more;
            }
        }
    }

    fn take_many(&mut self, shelf: usize, fewer: u32) {
        let buckets = self.shelving.shelves[shelf].iter();
        for (bucket, tasks) in buckets.zip(&mut self.tasks) {
            if let (Some(bucket), Some(tasks)) = (bucket, tasks) {
                let left = &mut tasks[*bucket as usize];
                *left = left.saturating_sub(fewer);
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
