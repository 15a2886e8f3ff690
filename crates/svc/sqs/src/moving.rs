//! Move tasks: they take what is in a dead-letter queue to another queue, or back to where it came from, at the
//! rate that was asked for.

use std::{sync::Arc, time::Duration};

use wharf_reconcile::Next;
use wharf_service::Place;

use crate::{
    core::{ChangeError, Core},
    dead_letters::{self, Kept},
    live::{Claim, Live},
    machine::Wanted,
    names::QueueId,
    receiving, reconcile,
    records::{MoveStatus, MoveTask},
    stored::{self, Head},
};

/// Messages moved in one transaction.
const SOME: usize = 10;
/// Why a task failed whose messages have no queue to go to.
const NO_DESTINATION: &str = "AWS.SimpleQueueService.NonExistentQueue";

/// Moves some messages, and says when to go on.
pub async fn step(core: &Core, place: &Place, id: &str, key: &str) -> Result<Next, ChangeError> {
    let Some(task) = core.table.read::<MoveTask>(key).await?.map(|it| it.record) else {
        return Ok(Next::Settled);
    };
    if task.status == MoveStatus::Cancelling {
        return end(core, place, key, 0, MoveStatus::Cancelled, None).await;
    }
    if task.status != MoveStatus::Running {
        return Ok(Next::Settled);
    }
    let now = core.parts.clock.now();
    if let Some(at) = task.next_at.filter(|at| now < *at) {
        return Ok(Next::After(at.since(now)));
    }
    let source = QueueId {
        place: place.clone(),
        name: id.split('/').next().unwrap_or_default().to_owned(),
    };
    let Some(live) = core.find(&source).await? else {
        let why = Some(NO_DESTINATION.to_owned());
        return end(core, place, key, 0, MoveStatus::Failed, why).await;
    };
    let most = task.rate.map_or(SOME, |it| SOME.min(it as usize));
    let mut claim = take(core, &live, most, task.until);
    if claim.asides.is_empty() {
        return end(core, place, key, 0, MoveStatus::Completed, None).await;
    }
    let mut moved = 0;
    while !claim.asides.is_empty() {
        let Some(target) = destination(core, &task, &claim).await? else {
            drop(claim);
            let why = Some(NO_DESTINATION.to_owned());
            return end(core, place, key, moved, MoveStatus::Failed, why).await;
        };
        let goes = going(core, &task, &claim, &target.arn).await?;
        let rest = claim.split(|it| goes.contains(&it.seq));
        moved += claim.asides.len() as u64;
        let call = reconcile::own_call(core, place);
        let anew = |head: Head| Head {
            source: None,
            ..head
        };
        dead_letters::transfer(core, &call, claim, &target, anew, Kept::Nothing).await?;
        claim = rest;
    }
    end(core, place, key, moved, MoveStatus::Running, None).await?;
    Ok(Next::After(Duration::ZERO))
}

/// The oldest messages that were there when the task began.
fn take(core: &Core, live: &Arc<Live>, most: usize, until: u64) -> Claim {
    let mut state = live.state();
    let wanted = Wanted {
        most,
        max_receives: None,
        max_held: usize::MAX,
    };
    let taken = state.machine.begin_receive(wanted, core.now()).received;
    let (ours, later) = taken.into_iter().partition(|it| it.seq <= until);
    state.machine.undo(later, 0);
    state.claim(live, ours)
}

/// Where a message goes: to the task's destination, or to where it came from.
async fn goal(
    core: &Core,
    task: &MoveTask,
    claim: &Claim,
    seq: u64,
) -> Result<Option<String>, ChangeError> {
    if let Some(destination) = &task.destination {
        return Ok(Some(destination.clone()));
    }
    let value = receiving::read(core, &claim.drawer.message(seq)).await?;
    let (_, head, _) = stored::decode(&value).map_err(ChangeError::other)?;
    Ok(head.source)
}

/// The queue that the first of the messages goes to.
async fn destination(
    core: &Core,
    task: &MoveTask,
    claim: &Claim,
) -> Result<Option<Arc<Live>>, ChangeError> {
    let Some(first) = claim.asides.first() else {
        return Ok(None);
    };
    let goal = goal(core, task, claim, first.seq).await?;
    match goal.as_deref().and_then(QueueId::of_arn) {
        Some(id) => core.find(&id).await,
        None => Ok(None),
    }
}

/// The messages that go to a queue.
async fn going(
    core: &Core,
    task: &MoveTask,
    claim: &Claim,
    arn: &str,
) -> Result<Vec<u64>, ChangeError> {
    let mut found = Vec::new();
    for aside in &claim.asides {
        if goal(core, task, claim, aside.seq).await?.as_deref() == Some(arn) {
            found.push(aside.seq);
        }
    }
    Ok(found)
}

/// Writes how far the task came.
async fn end(
    core: &Core,
    place: &Place,
    key: &str,
    moved: u64,
    status: MoveStatus,
    failure: Option<String>,
) -> Result<Next, ChangeError> {
    let permit = reconcile::own_call(core, place).permit;
    let now = core.parts.clock.now();
    let change = |task: &mut MoveTask| {
        task.moved += moved;
        let pause = |rate: u32| Duration::from_millis(moved * 1000 / u64::from(rate.max(1)));
        task.next_at = task.rate.map(|rate| now + pause(rate));
        // One that was cancelled meanwhile stays so.
        if task.status == MoveStatus::Running || !status.is_active() {
            task.status = status;
            task.failure.clone_from(&failure);
        }
        Ok::<_, ChangeError>(())
    };
    core.table
        .change::<MoveTask, _, _>(&permit, key, change)
        .await?;
    Ok(Next::Settled)
}
