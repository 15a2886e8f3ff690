//! Tasks of FARGATE_SPOT are interrupted where others need their room.
//!
//! A task that is not Spot and finds no room takes that of Spot tasks: they are told to stop in the very transaction that claims
//! their cpu and memory for it, so that nobody else gets the room, nothing is taken without need, and no restart can lose one half.
//! Its node starts it once what was there before has ended. [`search`] is pure. EC2 asks for room in another way, see [`run`].

mod search;

use std::{collections::BTreeSet, sync::Arc};

use tokio_util::sync::CancellationToken;
use wharf_base::Timestamp;
use wharf_hosts::{Claimant, Held, Promises, reclaim::may_have_room};
use wharf_placement::{Demand, HostIx, Reason, Refusal, refusal_of};
use wharf_reconcile::Next;
use wharf_records::{
    ecs::{Instance, InstanceStatus, Launch, Task},
    encode,
    hosts::{Claim, Ledger},
};
use wharf_wire::fault::Chain;

pub use search::Search;

use crate::{
    Scheduler, names,
    provider::FARGATE_SPOT,
    state::StepError,
    task::{self, settle, stop, waiting::CLAIMANT},
    tasks::PERMIT,
    view::Region,
};

/// Most tasks that one transaction interrupts: a host of 16 vCPUs may be full of tasks of a quarter.
const MOST_TAKEN: usize = 64;
/// Most bytes of them, of the MiB a transaction may have.
const MOST_BYTES: usize = 512 * 1024;

/// What one transaction may still interrupt.
#[derive(Debug)]
pub struct Budget {
    tasks: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            tasks: MOST_TAKEN,
            bytes: MOST_BYTES,
        }
    }
}

impl Budget {
    /// Returns whether they may be interrupted too; if not, nothing is spent.
    pub fn spend(&mut self, tasks: &[Held<Task>]) -> bool {
        let bytes = tasks.iter().map(|task| encode(&**task).len()).sum();
        match (
            self.tasks.checked_sub(tasks.len()),
            self.bytes.checked_sub(bytes),
        ) {
            (Some(tasks), Some(bytes)) => {
                *self = Self { tasks, bytes };
                true
            }
            _ => false,
        }
    }
}

/// Whether tasks of a provider run in room that nobody else needs.
pub fn is_spot(provider: Option<&str>) -> bool {
    provider == Some(FARGATE_SPOT)
}

/// Hosts where Spot capacity stands in the way of a task that does not go with a transaction of ECS: that of instances, that of
/// more tasks than one may hold, and interfaces, which are free only once tasks have ended. EC2 takes it back for who waits.
pub fn in_the_way(region: &Region, demand: &Demand, refusals: &[Refusal]) -> BTreeSet<String> {
    let lacks = [Reason::Cpu, Reason::Memory, Reason::Interfaces];
    with_spot(region, demand, refusals, (&lacks, &Promises::new()))
        .map(|row| region.fleet.id(row).to_owned())
        .collect()
}

/// The hosts that lack one of these, and would lack nothing else if all of their Spot capacity went and what was promised were left.
fn with_spot(
    region: &Region,
    demand: &Demand,
    refusals: &[Refusal],
    (lacks, promises): (&[Reason], &Promises),
) -> impl Iterator<Item = HostIx> {
    let mut sizeless = demand.clone();
    (sizeless.claim.cpu, sizeless.claim.memory) = (0, 0);
    if lacks.contains(&Reason::Interfaces) {
        sizeless.claim.interfaces = 0;
    }
    let short = refusals.iter().filter(|it| lacks.contains(&it.reason));
    short.map(|it| it.host).filter(move |row| {
        let host = region.fleet.id(*row);
        let kept = kept(promises, host);
        // Most have none, or not enough, and need no further look.
        let may = region.ledgers.get(host).is_some_and(|it| {
            it.claims.of_spot().next().is_some() && may_have_room(it, "", &demand.claim, kept)
        });
        may && refusal_of(region.fleet, &sizeless, *row).is_none()
    })
}

fn kept<'p>(promises: &'p Promises, host: &str) -> &'p [Claim] {
    promises.get(host).map_or(&[], Vec::as_slice)
}

fn may_be_interrupted(task: &Task) -> bool {
    task.launch == Launch::Fargate && is_spot(task.capacity_provider.as_deref()) && task.is_live()
}

/// Has placement stand back for what others were promised, for otherwise who waited would wait anew.
pub fn leave_promised(region: &Region, demand: &mut Demand, promises: &Promises) {
    for (host, claims) in promises {
        if let Some(row) = region.fleet.row(host) {
            demand.leave(row, claims);
        }
    }
}

/// The task with its notice.
pub fn interrupted(task: &Task, now: Timestamp) -> Task {
    let mut task = task.clone();
    stop::stop(&mut task, &stop::spot_interrupted(), now);
    settle(&mut task, now);
    task
}

/// Brings the ledger of its host in line with an interrupted task.
pub fn follow(ledger: &mut Ledger, task: &Task) -> bool {
    task::claim::follow(ledger, task)
}

/// Interrupts the tasks whose room EC2 needs for instances, until `stop`.
pub async fn run(scheduler: Arc<Scheduler>, stop: CancellationToken) {
    loop {
        let called = tokio::select! {
            () = stop.cancelled() => return,
            called = scheduler.state.hosts.needs().called() => called,
        };
        for name in called {
            if let Err(error) = interrupt(&scheduler, &name).await {
                let error = Chain(&error).to_string();
                tracing::warn!(
                    task = name,
                    error,
                    "failed to interrupt a Spot task; will be retried when the room is asked for again"
                );
            }
        }
    }
}

async fn interrupt(scheduler: &Scheduler, name: &str) -> Result<(), StepError> {
    let claimant = Claimant::parse(name).filter(|it| it.kind() == CLAIMANT);
    let Some(key) = claimant.and_then(|it| names::task_key(it.id())) else {
        return Ok(());
    };
    stop_one(scheduler, &key).await
}

async fn stop_one(scheduler: &Scheduler, key: &str) -> Result<(), StepError> {
    let fence = scheduler.state.fence()?;
    let now = scheduler.state.now();
    let change = |task: &mut Task| {
        if may_be_interrupted(task) {
            stop::stop(task, &stop::spot_interrupted(), now);
        }
    };
    scheduler
        .state
        .change_task(&PERMIT, Some(&fence), key, change)
        .await?;
    tracing::info!(key, "a Spot task is interrupted");
    Ok(())
}

/// Spot tasks of no service leave a machine that is drained; those of services are replaced as all others are.
pub async fn drained(scheduler: Arc<Scheduler>, key: String) -> Result<Next, StepError> {
    let Some(stored) = scheduler.state.table.read::<Instance>(&key).await? else {
        return Ok(Next::Settled);
    };
    if stored.record.status != InstanceStatus::Draining {
        return Ok(Next::Settled);
    }
    scheduler.state.up_to_date().await;
    let tasks = scheduler.state.view.tasks_on(&stored.record.host);
    for task in tasks {
        if task.service.is_none() && may_be_interrupted(&task) {
            stop_one(&scheduler, &task.key).await?;
        }
    }
    Ok(Next::Settled)
}
