//! What the operator is shown of the machines for Fargate: what there is, what is wanted, and why there is not more.

use wharf_base::Timestamp;
use wharf_hosts::Hosts;
use wharf_wire::Fault;

use super::{
    Pool, PoolMachine, Stage,
    plan::{Held, Status},
};
use crate::Ec2Service;

/// Accounts that are named.
const MOST_ACCOUNTS: usize = 10;

/// The pool as it was at the last look.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolShown {
    pub sizes: Vec<String>,
    pub least: usize,
    pub most: usize,
    /// Who waits for room of Fargate, and those of them for whom no machine is there or on its way.
    pub waiting: usize,
    pub lacking: usize,
    /// Why there are no more machines, where more are wanted.
    pub held: Vec<String>,
    /// The last machine that came to nothing, until one joins.
    pub failure: Option<(String, Timestamp)>,
    /// What is wrong with the maker.
    pub trouble: Option<String>,
    pub machines: Vec<PoolMachineShown>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PoolMachineShown {
    /// `i-…`
    pub id: String,
    pub size: String,
    pub zone: String,
    /// `ordered`, `joined` or `ending`.
    pub state: &'static str,
    pub since: Timestamp,
    /// What is on it.
    pub claims: usize,
    /// Why it ends.
    pub why: Option<String>,
}

impl Pool {
    /// How many machines there were at the last look, who waited, and who lacked one.
    pub fn counts(&self) -> Status {
        self.memory.lock().status.clone()
    }

    fn held(&self) -> Vec<String> {
        let memory = self.memory.lock();
        let status = &memory.status;
        // That its maker is to hear of something is no reason to look for.
        let held = status.held.filter(|it| *it != Held::Wave);
        let mut all: Vec<String> = held.iter().map(ToString::to_string).collect();
        let most = status.most_per_account.unwrap_or(self.terms.most);
        let bounded = status.bounded.iter().take(MOST_ACCOUNTS);
        all.extend(bounded.map(|(account, count)| {
            format!(
                "{count} of account {account} wait: it has as many machines as may be made for one account, {most} (--fargate-pool-most-per-account)"
            )
        }));
        if all.is_empty() && status.unfit > 0 {
            all.push(format!(
                "{} of those who wait need more than a machine of the pool has, or another zone",
                status.unfit
            ));
        }
        all
    }
}

impl Ec2Service {
    /// The machines for Fargate, where the operator has them made or some are left.
    ///
    /// # Errors
    /// The store's.
    pub async fn shown_fargate_pool(&self) -> Result<Option<PoolShown>, Fault> {
        let Some(pool) = self.fargate_pool() else {
            return Ok(None);
        };
        let scope = pool.maker.scope();
        let all = self.table.all::<PoolMachine>(&scope, "").await?;
        let terms = &pool.terms;
        if terms.sizes.is_empty() && all.is_empty() {
            return Ok(None);
        }
        let hosts = &self.instances.parts.hosts;
        let machines = all.iter().map(|(_, stored)| shown(hosts, &stored.record));
        let machines = machines.collect();
        let held = pool.held();
        let memory = pool.memory.lock();
        Ok(Some(PoolShown {
            sizes: terms.sizes.iter().map(ToString::to_string).collect(),
            least: terms.least,
            most: terms.most,
            waiting: memory.status.waiting,
            lacking: memory.status.lacking,
            held,
            failure: memory.failure.clone(),
            trouble: pool.maker.trouble(),
            machines,
        }))
    }
}

fn shown(hosts: &Hosts, it: &PoolMachine) -> PoolMachineShown {
    let host = it.host.as_deref();
    let claims = host
        .and_then(|host| hosts.read(|machines| Some(machines.ledgers().get(host)?.claims.len())));
    PoolMachineShown {
        id: it.id.clone(),
        size: it.size.to_string(),
        zone: it.zone.clone(),
        state: match it.stage {
            Stage::Ordered => "ordered",
            Stage::Joined => "joined",
            Stage::Ending => "ending",
        },
        since: it.joined_at.unwrap_or(it.ordered_at),
        claims: claims.unwrap_or_default(),
        why: it.why.clone(),
    }
}
