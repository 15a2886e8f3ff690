//! What every operation and loop of the service works with, and the ways they change the store.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{SeedableRng, rngs::SmallRng};
use wharf_base::{Permit, Timestamp, ids};
use wharf_hosts::Hosts;
use wharf_reconcile::{Queue, Shard};
use wharf_records::{
    ecs::{Cluster, ClusterStatus, Task},
    hosts::Ledger,
};
pub use wharf_service::{MAX_TRIES, Stored};
use wharf_service::{Table, Turns, transact};
use wharf_store::{Compare, LeaseId};
use wharf_svc_ecs_exec::Sessions;
use wharf_wire::{Call, Fault};

use crate::{
    acs::hub::Hub,
    config::Parts,
    fault::{self, EcsFaults},
    names::{self, Place},
    services,
    task::{claim, settle},
    view::{Held, View},
};

/// How long a client token is remembered at least.
const TOKEN_TTL: Duration = Duration::from_secs(24 * 3600);
/// Tokens of so long a time share a lease: SDKs send one with every call, and a lease of its own
/// would cost each of them a write more.
const TOKENS_TOGETHER: Duration = Duration::from_secs(15 * 60);

/// Changes of a service with fewer tasks are looked at at once.
const MANY_TASKS: u32 = 100;
/// Of others they are gathered so long, for each of its tasks: several times what a look at one takes.
const GATHERING_A_TASK: Duration = Duration::from_micros(10);
const LONGEST_GATHERING: Duration = Duration::from_millis(250);

pub struct Core {
    pub parts: Parts,
    pub table: Table<EcsFaults>,
    /// The machines, and the turns of those who claim room on them.
    pub hosts: Hosts,
    pub view: Arc<View>,
    pub hub: Hub,
    /// Sessions of ECS Exec.
    pub exec: Sessions,
    /// Keys of tasks, of container instances and of services whose reconcilers should look.
    pub tasks: Arc<Queue<String>>,
    pub instances: Arc<Queue<String>>,
    pub services: Arc<Queue<String>>,
    /// Services whose tasks found no place, with the times in a row; more room wakes them.
    starving: Mutex<BTreeMap<String, u32>>,
    /// Services with many tasks, and how long changes of each are gathered before the next look.
    gathering: Mutex<HashMap<String, Duration>>,
    pub shard: Shard,
    /// The lease of the client tokens of this time, and until when it is given to further ones.
    token_lease: tokio::sync::Mutex<Option<(LeaseId, Timestamp)>>,
    /// Who changes a host's ledger, or a family, waits here for its turn: compare-and-swap alone would
    /// be correct, but a hundred writers of one record would starve each other. Locks are shared by hash.
    turns: Turns,
    seed: AtomicU64,
}

/// What seals a task's credentials seed.
pub const CREDENTIALS_CONTEXT: &str = "ecs task credentials";

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<EcsFaults>;

impl Core {
    pub fn new(parts: Parts) -> Self {
        let hosts = Hosts::new(parts.store.clone());
        let home_account = parts.config.home_account.clone();
        Self {
            view: Arc::new(View::new(hosts.clone(), home_account)),
            hosts,
            table: Table::new(parts.store.clone()),
            parts,
            hub: Hub::default(),
            exec: Sessions::default(),
            tasks: Arc::default(),
            instances: Arc::default(),
            services: Arc::default(),
            starving: Mutex::default(),
            gathering: Mutex::default(),
            shard: Shard::new("/w1/c0/ecs/shard/0"),
            token_lease: tokio::sync::Mutex::default(),
            turns: Turns::default(),
            seed: AtomicU64::new(rand::random()),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// Waits until the view shows everything written so far.
    pub async fn up_to_date(&self) {
        self.hosts.up_to_date().await;
        let newest = wharf_service::newest(&self.parts.store).await;
        self.view.reach(newest).await;
    }

    /// Takes note whether a service's tasks found a place; returns how long to wait before another
    /// try.
    pub fn starved(&self, service: &str, still: bool) -> Duration {
        let mut starving = self.starving.lock().unwrap_or_else(PoisonError::into_inner);
        if !still {
            starving.remove(service);
            return Duration::ZERO;
        }
        let tries = starving.entry(service.to_owned()).or_default();
        let pause = services::execute::pause(*tries);
        *tries = tries.saturating_add(1);
        pause
    }

    /// Takes note of how many tasks a look at a service had to go through: looks cost what they see, so
    /// that a service of many tasks, of which one changes every moment, is looked at less often.
    pub fn looked_at(&self, service: &str, tasks: usize) {
        let mut gathering = self.gathering();
        match gathered_for(tasks) {
            Some(pause) => gathering.insert(service.to_owned(), pause),
            None => gathering.remove(service),
        };
    }

    /// Something of a service has changed.
    pub fn wake_service(&self, service: String) {
        match self.gathering().get(&service) {
            Some(pause) => self.services.wake_after(service, *pause),
            None => self.services.wake(service),
        }
    }

    fn gathering(&self) -> MutexGuard<'_, HashMap<String, Duration>> {
        self.gathering
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// There may be room where there was none.
    pub fn wake_starving(&self) {
        let starving = self.starving.lock().unwrap_or_else(PoisonError::into_inner);
        for service in starving.keys() {
            self.services.wake(service.clone());
        }
    }

    /// Whether a task has that definition, or a service may still start one of it.
    pub async fn uses_definition(&self, place: &Place, arn: &str) -> bool {
        self.up_to_date().await;
        self.view.read(place, |region| {
            let mut tasks = region.tasks.values();
            tasks.any(|task| task.definition == arn) || region.uses_definition(arn)
        })
    }

    /// A generator of its own for one placement.
    pub fn rng(&self) -> SmallRng {
        SmallRng::seed_from_u64(self.seed.fetch_add(1, Ordering::Relaxed))
    }

    /// The ACTIVE cluster meant by a name or ARN.
    pub async fn cluster(&self, call: &Call, given: Option<&str>) -> Result<Held<Cluster>, Fault> {
        let cluster = self.any_cluster(call, given).await?;
        match cluster.status {
            ClusterStatus::Active => Ok(cluster),
            ClusterStatus::Inactive => Err(fault::cluster_not_found()),
        }
    }

    /// The cluster meant, INACTIVE ones included.
    pub async fn any_cluster(
        &self,
        call: &Call,
        given: Option<&str>,
    ) -> Result<Held<Cluster>, Fault> {
        let name = names::cluster_name(given)?;
        self.up_to_date().await;
        let found = self.view.read(&Place::of(call), |region| {
            region.clusters.get(&name).cloned()
        });
        found.ok_or_else(fault::cluster_not_found)
    }

    /// Changes one task, settles it, and moves its host's ledger along in the same transaction.
    /// Returns the task as it is afterwards; `None` if there is none.
    pub async fn change_task(
        &self,
        permit: &Permit,
        fence: Option<&Compare>,
        key: &str,
        mut change: impl FnMut(&mut Task),
    ) -> Result<Option<Task>, ChangeError> {
        let mut turn = None;
        let changed = transact!(self.table, permit, |tx| {
            if let Some(fence) = fence {
                tx.fence(fence.clone());
            }
            let Some(before) = tx.find::<Task>(key).await? else {
                return Ok(None);
            };
            let mut task = before.clone();
            change(&mut task);
            settle(&mut task, self.now());
            if task == before {
                return Ok(Some(task));
            }
            tx.put(key, &task);
            if claim::moves(&before, &task) {
                if turn.is_none() {
                    turn = Some(self.turn(&task.host).await);
                }
                let ledger_key = Ledger::key(&task.host);
                if let Some(mut ledger) = tx.find::<Ledger>(&ledger_key).await?
                    && claim::follow(&mut ledger, &task)
                {
                    tx.put(ledger_key, &ledger);
                }
            }
            task
        });
        Ok(Some(changed))
    }

    /// The lease under which a client token is remembered.
    pub async fn token_lease(&self, permit: &Permit) -> Result<LeaseId, ChangeError> {
        let mut current = self.token_lease.lock().await;
        if let Some((lease, until)) = *current
            && self.now() < until
        {
            return Ok(lease);
        }
        let ttl = TOKEN_TTL + TOKENS_TOGETHER;
        let lease = self.parts.store.lease_grant(permit, ttl).await?;
        *current = Some((lease, self.now() + TOKENS_TOGETHER));
        Ok(lease)
    }

    /// A fresh seed for a task's credential ids, sealed: who knows the ids can read the keys.
    pub fn credentials_seed(&self) -> String {
        self.parts
            .keyring
            .seal_token(ids::uuid().as_bytes(), CREDENTIALS_CONTEXT)
    }

    /// The task of that ARN, STOPPED ones included while they are remembered.
    pub async fn task_by_arn(&self, arn: &str) -> Result<Option<Stored<Task>>, Fault> {
        match names::task_key(arn) {
            Some(key) => Ok(self.table.read(&key).await?),
            None => Ok(None),
        }
    }

    pub async fn turn(&self, of: &str) -> tokio::sync::MutexGuard<'_, ()> {
        self.turns.take(of).await
    }
}

/// Every try was lost to another writer.
pub fn conflict(key: &str) -> ChangeError {
    ChangeError::conflict(key)
}

/// How long changes of a service with so many tasks are gathered; `None`: they are not.
fn gathered_for(tasks: usize) -> Option<Duration> {
    let tasks = u32::try_from(tasks).unwrap_or(u32::MAX);
    let pause = GATHERING_A_TASK.saturating_mul(tasks);
    (tasks >= MANY_TASKS).then(|| pause.min(LONGEST_GATHERING))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_with_many_tasks_are_looked_at_less_often() {
        let millis = |tasks| gathered_for(tasks).map(|pause| pause.as_millis());
        assert_eq!(millis(0), None);
        assert_eq!(millis(99), None);
        assert_eq!(millis(100), Some(1));
        assert_eq!(millis(2_500), Some(25));
        assert_eq!(millis(usize::MAX), Some(250));
    }
}
