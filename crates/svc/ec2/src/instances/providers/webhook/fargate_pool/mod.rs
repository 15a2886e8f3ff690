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

use self::plan::{Status, Terms};
use super::{BadPool, Maker};

pub(in crate::instances) use executor::follow;
pub use records::{PoolMachine, Stage, token_purpose};
pub use shown::{PoolMachineShown, PoolShown};
pub use size::{NoSize, PoolSize};

/// How long nothing is ordered after an order that came to nothing; twice as long after each further one.
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
        match least <= most {
            true => Ok(()),
            false => Err(BadPool::LeastIsMore { least, most }),
        }
    }
}

/// The machines for Fargate, and what is remembered of them.
pub struct Pool {
    maker: Arc<Maker>,
    terms: Terms,
    memory: Mutex<Memory>,
}

/// What is not stored: after a restart it is seen anew.
struct Memory {
    /// Since when machines have been empty, and since when their nodes have been away.
    idle: BTreeMap<String, Timestamp>,
    away: BTreeMap<String, Timestamp>,
    learned: BTreeMap<PoolSize, Capacity>,
    refused: BTreeMap<(PoolSize, String), Timestamp>,
    pause: Backoff,
    paused: Option<Timestamp>,
    /// Why the last order came to nothing, and when.
    failure: Option<(String, Timestamp)>,
    status: Status,
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
            idle: pool.idle,
            join_within: config.join_within,
            zones,
        };
        let memory = Memory {
            idle: BTreeMap::new(),
            away: BTreeMap::new(),
            learned: BTreeMap::new(),
            refused: BTreeMap::new(),
            pause: Backoff::new(FIRST_PAUSE, LAST_PAUSE, 2.0),
            paused: None,
            failure: None,
            status: Status::default(),
        };
        Self {
            maker,
            terms,
            memory: Mutex::new(memory),
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
        let machine = |size: &PoolSize| FargateMachine {
            capacity: (memory.learned.get(size).cloned()).unwrap_or_else(|| size.capacity()),
            architecture: size.architecture.clone(),
        };
        hosts.fargate().offer(FargateOffer {
            machines: self.terms.sizes.iter().map(machine).collect(),
            zones: self.terms.zones.iter().cloned().collect(),
            grows,
        });
    }
}

impl Memory {
    /// An order came to nothing.
    fn failed(&mut self, why: &str, now: Timestamp) {
        self.paused = Some(now + self.pause.wait());
        self.failure = Some((why.to_owned(), now));
    }

    /// The maker has none of that size in that zone.
    fn lacks_room(&mut self, size: &PoolSize, zone: &str, why: &str, now: Timestamp) {
        let until = now + plan::REFUSED_FOR;
        self.refused.retain(|_, it| now < *it);
        self.refused.insert((size.clone(), zone.to_owned()), until);
        self.failure = Some((why.to_owned(), now));
    }

    fn joined(&mut self) {
        self.pause.reset();
        self.paused = None;
        self.failure = None;
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
            idle: Duration::from_secs(600),
        };
        assert_eq!(config(0, 10).check(), Ok(()));
        assert_eq!(config(3, 3).check(), Ok(()));
        assert!(config(4, 3).check().is_err());
        let none = PoolConfig {
            sizes: Vec::new(),
            ..config(0, 10)
        };
        assert!(none.check().is_err());
    }
}
