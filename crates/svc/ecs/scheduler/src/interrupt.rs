//! Tasks of FARGATE_SPOT are interrupted where others need their room.
//!
//! A task that is not Spot and finds no room takes that of Spot tasks: they are told to stop in the very transaction that claims
//! their cpu and memory for it, so that nobody else gets the room, nothing is taken without need, and no restart can lose one half.
//! Its node starts it once what was there before has ended. [`room_for`] is pure. EC2 asks for room in another way, see [`run`].

use std::{collections::BTreeSet, sync::Arc};

use tokio_util::sync::CancellationToken;
use wharf_base::Timestamp;
use wharf_hosts::{
    Claimant, Held,
    reclaim::{Candidate, Holder, has_room, plan},
};
use wharf_placement::{Constraint, Demand, HostIx, Reason, Refusal, refusal_of};
use wharf_reconcile::Next;
use wharf_records::{
    Record,
    ecs::{Desired, Instance, InstanceStatus, Launch, Task},
    hosts::{Claim, Ledger, Phase},
};
use wharf_wire::fault::Chain;

use crate::{
    Scheduler, names,
    placing::CLAIMANT,
    provider::FARGATE_SPOT,
    state::StepError,
    task::{self, settle, stop},
    tasks::PERMIT,
    view::Region,
};

/// Most tasks that one transaction interrupts.
pub const MOST_TAKEN: usize = 20;

/// Room on a host, and the tasks that make it.
pub struct Taking {
    pub row: HostIx,
    pub host: String,
    pub from: Vec<Held<Task>>,
}

/// Whether tasks of a provider run in room that nobody else needs.
pub fn is_spot(provider: Option<&str>) -> bool {
    provider == Some(FARGATE_SPOT)
}

/// The Spot tasks whose room one more task gets, as few as possible. `refusals`: every host with what it lacks. `ledger`: that of a
/// host with what was claimed on it so far. None: no host would have room without its Spot tasks.
pub fn room_for<'l>(
    region: &Region,
    demand: &Demand,
    refusals: &[Refusal],
    kept: &dyn Fn(&str) -> Vec<Claim>,
    ledger: &dyn Fn(&str) -> Option<&'l Ledger>,
    used: &BTreeSet<String>,
) -> Option<Taking> {
    let mut sizeless = demand.clone();
    (sizeless.claim.cpu, sizeless.claim.memory) = (0, 0);
    let apart = demand
        .constraints
        .iter()
        .any(|it| matches!(it, Constraint::DistinctInstance));
    let short = refusals
        .iter()
        .filter(|it| matches!(it.reason, Reason::Cpu | Reason::Memory));
    let mut hosts: Vec<(HostIx, &str, &Ledger, Vec<Claim>)> = Vec::new();
    for refusal in short {
        let host = region.fleet.id(refusal.host);
        let Some(ledger) = ledger(host) else {
            continue;
        };
        // Most have none, and need no further look.
        if ledger.claims.of_spot().next().is_none()
            || apart && used.contains(host)
            || refusal_of(region.fleet, &sizeless, refusal.host).is_some()
        {
            continue;
        }
        hosts.push((refusal.host, host, ledger, kept(host)));
    }
    let candidates: Vec<Candidate<'_>> = hosts
        .iter()
        .map(|(_, host, ledger, kept)| Candidate { host, ledger, kept })
        .collect();
    let running: BTreeSet<&str> = hosts
        .iter()
        .flat_map(|(_, host, ..)| region.tasks_on(host))
        .filter(|task| may_be_interrupted(task))
        .map(|task| task.arn.as_str())
        .collect();
    let holder = |name: &str, claim: &Claim| match running.contains(name) {
        true if claim.phase == Phase::Held => Holder::Stops,
        _ => Holder::Stays,
    };
    let taking = plan("", &demand.claim, &candidates, &holder)?;
    let (row, host, ..) = hosts.iter().find(|(_, host, ..)| *host == taking.host)?;
    let of = |name: &String| {
        let mut tasks = region.tasks_on(host);
        tasks.find(|task| task.arn == *name).cloned()
    };
    let from: Option<Vec<Held<Task>>> = taking.from.iter().map(of).collect();
    Some(Taking {
        row: *row,
        host: (*host).to_owned(),
        from: from?,
    })
}

/// Hosts where Spot instances, beside Spot tasks, may stand in the way of a task. EC2 takes their capacity back for who waits.
pub fn beside_instances(
    region: &Region,
    demand: &Demand,
    refusals: &[Refusal],
) -> BTreeSet<String> {
    let mut sizeless = demand.clone();
    (sizeless.claim.cpu, sizeless.claim.memory) = (0, 0);
    let is_instance = |name: &str| Claimant::parse(name).is_some_and(|it| it.kind() != CLAIMANT);
    let hosts = refusals
        .iter()
        .filter(|it| matches!(it.reason, Reason::Cpu | Reason::Memory));
    let hosts = hosts.filter(|it| {
        let ledger = region.ledgers.get(region.fleet.id(it.host));
        let mut spot = ledger.into_iter().flat_map(|it| it.claims.of_spot());
        spot.any(|(name, _)| is_instance(&name))
            && refusal_of(region.fleet, &sizeless, it.host).is_none()
    });
    hosts
        .map(|it| region.fleet.id(it.host).to_owned())
        .collect()
}

fn may_be_interrupted(task: &Task) -> bool {
    task.launch == Launch::Fargate
        && is_spot(task.capacity_provider.as_deref())
        && task.desired == Desired::Running
        && !task.ended
}

/// Whether a Spot task may have room on a host: what was promised to others is theirs.
pub fn leaves_promised(ledger: &Ledger, claim: &Claim, kept: &[Claim]) -> bool {
    kept.is_empty() || has_room(ledger, "", claim, kept)
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
    let Some(place) = claimant.and_then(|it| names::place_of(it.id())) else {
        return Ok(());
    };
    // `arn:…:task/cluster/id`
    let mut parts = name.rsplit('/');
    let (Some(id), Some(cluster)) = (parts.next(), parts.next()) else {
        return Ok(());
    };
    let key = place.scope().key(Task::KIND, &format!("{cluster}:{id}"));
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
