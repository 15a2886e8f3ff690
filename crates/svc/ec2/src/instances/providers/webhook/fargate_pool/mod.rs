//! Fargate's own machines, made by the operator's maker: more when claims of Fargate wait for room, fewer when some have been empty for
//! a while. They belong to the platform: no account sees them as instances, and nothing but what runs on Fargate comes to them.
//!
//! | module | what |
//! | --- | --- |
//! | [`PoolSize`] | what a machine has |
//! | [`records`] | a machine as it is stored |
//! | [`plan`] | what is due; pure |
//! | [`executor`] | what is seen, and what is done |
//! | [`shown`] | what its operator is shown |
//!
//! In: those who wait ([`wharf_hosts::fargate`]), the records, the nodes, the maker's list. Out: records, and what the maker is asked for.
//!
//! Invariants: a machine is a record before its maker hears of it and until that says that nothing is left; its token is for it alone;
//! one that ends was closed in the transaction that saw nothing on it ([`Ledger::closed`](wharf_records::hosts::Ledger)), which every
//! claim of room compares.

mod executor;
pub mod plan;
mod records;
mod shown;
mod size;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use parking_lot::Mutex;
use wharf_base::{Backoff, Timestamp};
use wharf_hosts::{FargateMachine, FargateOffer, Hosts};
use wharf_records::hosts::Capacity;

use self::plan::{Kind, Status, Terms};
use super::{BadPool, Maker};

pub(in crate::instances) use executor::follow;
pub use records::{LearnedSize, PoolMachine, Stage, token_purpose};
pub use shown::{PoolMachineShown, PoolShown};
pub use size::{NoSize, PoolSize};

/// How long none of a size is ordered in a zone after one that came to nothing; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LAST_PAUSE: Duration = Duration::from_secs(300);
/// Letters of the zones of a region.
const ZONES: [&str; 3] = ["a", "b", "c"];

/// What the operator says of the machines for Fargate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolConfig {
    pub sizes: Vec<PoolSize>,
    pub least: u32,
    pub most: u32,
    /// How many may be made for those of one account who wait; where nobody says, a quarter of all is left to others if there are any.
    pub most_per_account: Option<u32>,
    /// How long a machine is empty before it ends.
    pub idle: Duration,
}

impl PoolConfig {
    /// That it makes sense.
    ///
    /// # Errors
    /// It makes none.
    pub fn check(&self) -> Result<(), BadPool> {
        let (least, most) = (self.least, self.most);
        if self.sizes.is_empty() {
            return Err(BadPool::NoSizes);
        }
        if least > most {
            return Err(BadPool::LeastIsMore { least, most });
        }
        match self.most_per_account.filter(|one| *one > most) {
            None => Ok(()),
            Some(one) => Err(BadPool::OneIsMore { one, most }),
        }
    }
}

/// The machines for Fargate, and what is remembered of them.
pub struct Pool {
    maker: Arc<Maker>,
    terms: Terms,
    memory: Mutex<Memory>,
}

/// What is not stored, but for what sizes are: after a restart it is seen anew.
#[derive(Default)]
struct Memory {
    /// Since when machines have been empty, and since when their nodes have been away.
    idle: BTreeMap<String, Timestamp>,
    away: BTreeMap<String, Timestamp>,
    /// As it is stored; `None` until that has been read.
    learned: Option<BTreeMap<PoolSize, Capacity>>,
    refused: BTreeMap<Kind, Refusal>,
    /// Why the last order came to nothing, and when.
    failure: Option<(String, Timestamp)>,
    status: Status,
}

/// What the maker did not make, and when it is asked for that again.
struct Refusal {
    until: Timestamp,
    pause: Backoff,
}

impl fmt::Debug for Pool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    /// That of a maker. Where the operator has none any more it empties.
    pub(super) fn of(maker: Arc<Maker>) -> Self {
        let config = &maker.parts.config;
        let count = |of: u32| usize::try_from(of).unwrap_or(usize::MAX);
        let pool = config.pool.clone().unwrap_or_else(|| PoolConfig {
            sizes: Vec::new(),
            least: 0,
            most: 0,
            most_per_account: None,
            idle: Duration::ZERO,
        });
        let region = maker.parts.home.region.as_str();
        let named = config.zones.iter().filter_map(|it| it.strip_prefix(region));
        let mut zones: Vec<String> = named.map(str::to_owned).collect();
        if zones.is_empty() {
            zones = ZONES.map(str::to_owned).to_vec();
        }
        let terms = Terms {
            sizes: pool.sizes,
            least: count(pool.least),
            most: count(pool.most),
            most_per_account: pool.most_per_account.map(count),
            idle: pool.idle,
            join_within: config.join_within,
            zones,
        };
        Self {
            maker,
            terms,
            memory: Mutex::default(),
        }
    }

    /// Who lacks room waits for it from now on, if there may be machines.
    pub(super) fn offer(&self, hosts: &Hosts) {
        self.offer_with(hosts, self.terms.most > 0);
    }

    /// What there may be more of, or is on its way.
    fn offer_with(&self, hosts: &Hosts, grows: bool) {
        if self.terms.sizes.is_empty() {
            return;
        }
        let memory = self.memory.lock();
        let learned = memory.learned.as_ref();
        let machine = |size: &PoolSize| {
            let known = learned.and_then(|it| it.get(size)).cloned();
            FargateMachine {
                capacity: known.unwrap_or_else(|| size.capacity()),
                architecture: size.architecture.clone(),
            }
        };
        hosts.fargate().offer(FargateOffer {
            machines: self.terms.sizes.iter().map(machine).collect(),
            zones: self.terms.zones.iter().cloned().collect(),
            grows,
            held: memory.status.closed,
            most_per_account: memory.status.most_per_account.unwrap_or(self.terms.most),
            bounded: memory.status.bounded.keys().cloned().collect(),
        });
    }
}

impl Memory {
    /// The maker has none of that size in that zone, or made nothing of it: it is asked for another later, for others at once. `least`:
    /// how long that lasts at least.
    fn refuse(&mut self, kind: Kind, (why, least): (&str, Duration), now: Timestamp) {
        let refusal = self.refused.entry(kind).or_insert_with(|| Refusal {
            until: now,
            pause: Backoff::new(FIRST_PAUSE, LAST_PAUSE, 2.0),
        });
        // Those that come to nothing together count once.
        let pause = match refusal.until <= now {
            true => refusal.pause.wait(),
            false => Duration::ZERO,
        };
        refusal.until = refusal.until.max(now + pause.max(least));
        self.failure = Some((why.to_owned(), now));
    }

    /// One of that size has come to be there.
    fn joined(&mut self, kind: &Kind) {
        self.refused.remove(kind);
        self.failure = None;
    }

    /// Until when what was refused is not asked for.
    fn refused(&self) -> BTreeMap<Kind, Timestamp> {
        let all = self.refused.iter();
        all.map(|(kind, it)| (kind.clone(), it.until)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_may_say() {
        let config = |least, most| PoolConfig {
            sizes: vec!["4vcpu,16gib".parse().unwrap()],
            least,
            most,
            most_per_account: None,
            idle: Duration::from_secs(600),
        };
        assert_eq!(config(0, 10).check(), Ok(()));
        assert_eq!(config(3, 3).check(), Ok(()));
        assert!(config(4, 3).check().is_err());
        let for_one = |most_per_account| PoolConfig {
            most_per_account: Some(most_per_account),
            ..config(0, 3)
        };
        assert_eq!(for_one(3).check(), Ok(()));
        assert!(for_one(4).check().is_err());
        let none = PoolConfig {
            sizes: Vec::new(),
            ..config(0, 10)
        };
        assert!(none.check().is_err());
    }

    #[test]
    fn what_is_refused_is_asked_for_later_each_time() {
        let kind = |zone: &str| -> Kind { ("4vcpu,16gib".parse().unwrap(), zone.to_owned()) };
        let mut memory = Memory::default();
        let mut now = Timestamp(0);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            memory.refuse(kind("a"), ("no power", Duration::ZERO), now);
            let until = memory.refused[&kind("a")].until;
            pauses.push(until.since(now));
            // Another of its wave.
            memory.refuse(kind("a"), ("no power", Duration::ZERO), now);
            assert_eq!(memory.refused[&kind("a")].until, until);
            now = until;
        }
        // Each up to a fifth longer or shorter.
        assert!(pauses[0] <= FIRST_PAUSE.mul_f64(1.2) && pauses[7] >= LAST_PAUSE.mul_f64(0.8));
        assert_eq!(memory.failure.as_ref().unwrap().0, "no power");
        memory.refuse(kind("b"), ("it is full", plan::REFUSED_FOR), now);
        assert_eq!(memory.refused()[&kind("b")], now + plan::REFUSED_FOR);
        memory.joined(&kind("a"));
        assert_eq!(memory.refused().len(), 1);
        assert!(memory.failure.is_none());
        memory.refuse(kind("a"), ("no power", Duration::ZERO), now);
        assert!(memory.refused[&kind("a")].until.since(now) <= FIRST_PAUSE.mul_f64(1.2));
    }
}
