//! Brings one task forward by its plan ([`crate::task::plan`]): woken by a change of the task, and by
//! timers.

use std::{sync::Arc, time::Duration};

use wharf_base::{Permit, Timestamp};
use wharf_reconcile::Next;
use wharf_records::ecs::{DefinitionStatus, Launch, Status, Task};
use wharf_store::{Compare, Txn};

use crate::{
    Scheduler, interfaces, names,
    state::StepError,
    task::{self, Action, stop},
    volumes,
};

pub(crate) const PERMIT: Permit = Permit::for_controller("ecs-reconciler");
/// Actions performed for a task before others get their turn.
const MAX_STEPS: usize = 8;

/// See [`has_just_stopped`].
const JUST_STOPPED: Duration = Duration::from_secs(60);

/// Brings one task forward.
pub async fn task(scheduler: Arc<Scheduler>, key: String) -> Result<Next, StepError> {
    for _ in 0..MAX_STEPS {
        let fence = scheduler.state.fence()?;
        let Some(stored) = scheduler.state.table.read::<Task>(&key).await? else {
            return Ok(Next::Settled);
        };
        if has_just_stopped(&stored.record, scheduler.state.now()) {
            finish_definition(&scheduler, &fence, &stored.record).await?;
        }
        let plan = task::plan(&stored.record, scheduler.state.now());
        let Some(action) = plan.action else {
            return Ok(until(&scheduler, plan.wake_at));
        };
        match action {
            // Settling is part of every change.
            Action::Stop(_) if stored.record.waiting.is_some() => {
                let why = bound_of(&scheduler, &stored.record).map(stop::no_further_machine);
                let now = scheduler.state.now();
                let end = |task: &mut Task| {
                    if let Some(why) = why.as_ref().filter(|_| task.waiting.is_some()) {
                        stop::stop(task, why, now);
                    }
                };
                scheduler
                    .state
                    .change_task(&PERMIT, Some(&fence), &key, end)
                    .await?;
            }
            Action::Become(_) | Action::Stop(_) | Action::MarkSpot => {
                scheduler
                    .state
                    .change_task(&PERMIT, Some(&fence), &key, |_| {})
                    .await?;
            }
            Action::CreateInterface => {
                interfaces::create(&scheduler, &fence, &key, &stored.record).await?
            }
            Action::DeleteInterface(id) => {
                interfaces::delete(&scheduler, &stored.record, &id).await?;
                let gone = |task: &mut Task| task::plan::interface_deleted(task, &id);
                scheduler
                    .state
                    .change_task(&PERMIT, Some(&fence), &key, gone)
                    .await?;
            }
            Action::AbandonInterface => {
                interfaces::abandon(&scheduler, &stored.record).await?;
                let gone = task::plan::interface_abandoned;
                scheduler
                    .state
                    .change_task(&PERMIT, Some(&fence), &key, gone)
                    .await?;
            }
            Action::CreateVolume => {
                volumes::create(&scheduler, &fence, &key, &stored.record).await?
            }
            Action::ReleaseVolume(id) => {
                volumes::release(&scheduler, &stored.record, &id).await?;
                let gone = |task: &mut Task| task::plan::volume_released(task, &id);
                scheduler
                    .state
                    .change_task(&PERMIT, Some(&fence), &key, gone)
                    .await?;
            }
            Action::AbandonVolume => {
                volumes::abandon(&scheduler, &stored.record).await?;
                let gone = task::plan::volume_abandoned;
                scheduler
                    .state
                    .change_task(&PERMIT, Some(&fence), &key, gone)
                    .await?;
            }
            Action::Forget => {
                finish_definition(&scheduler, &fence, &stored.record).await?;
                let txn = Txn::new().when(fence).when(stored.unchanged()).delete(&key);
                scheduler.state.table.commit(&PERMIT, txn).await?;
            }
        }
    }
    Ok(Next::After(Duration::ZERO))
}

/// How many machines of Fargate may be made for a task's account, if that is why it waits.
fn bound_of(scheduler: &Scheduler, task: &Task) -> Option<usize> {
    let place = names::place_of(&task.arn).filter(|_| task.launch == Launch::Fargate)?;
    scheduler.state.hosts.fargate().bound_of(&place.account)
}

/// Whether it ended so lately that nobody may have looked after what it leaves behind. Older ones
/// are looked at once more when they are forgotten.
fn has_just_stopped(task: &Task, now: Timestamp) -> bool {
    let at = task.stopped_at.unwrap_or(task.created_at);
    task.last == Status::Stopped && now.since(at) < JUST_STOPPED
}

/// A definition that waits for its deletion goes with the last task that used it.
async fn finish_definition(
    scheduler: &Scheduler,
    fence: &Compare,
    ended: &Task,
) -> Result<(), StepError> {
    let Some(place) = names::place_of(&ended.arn) else {
        return Ok(());
    };
    let Some(stored) = scheduler
        .state
        .definition_of(&place, &ended.definition)
        .await?
    else {
        return Ok(());
    };
    if stored.record.status != DefinitionStatus::DeleteInProgress {
        return Ok(());
    }
    if !scheduler
        .state
        .uses_definition(&place, &ended.definition)
        .await
    {
        let txn = Txn::new()
            .when(fence.clone())
            .when(stored.unchanged())
            .delete(&stored.key);
        scheduler.state.table.commit(&PERMIT, txn).await?;
    }
    Ok(())
}

fn until(scheduler: &Scheduler, at: Option<Timestamp>) -> Next {
    at.map_or(Next::Settled, |at| {
        Next::After(at.since(scheduler.state.now()))
    })
}
