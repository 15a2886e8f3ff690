//! Carries out moments that have come, and takes groups down.

use std::{sync::Arc, time::Duration};

use wharf_base::{Permit, Timestamp, ids};
use wharf_delivery::Policy;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, Stored, fence, settled};

use crate::{
    core::Core,
    courier::Errand,
    fault::SchedulerFaults,
    metered, names,
    records::{Group, Schedule},
    target,
    timing::{Moment, Times},
};

const PERMIT: Permit = Permit::for_controller("scheduler");
/// Nobody waits longer at once: the clock on the wall may be set.
const LONGEST: Duration = Duration::from_secs(600);
/// Schedules of a group that go in one transaction.
const BATCH: usize = 50;

type StepError = wharf_service::StepError<SchedulerFaults>;

/// Wakes the reconciler for what changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    let kind = Scope::parse(key).map(|(_, kind, _)| kind);
    if kind.is_some_and(|kind| kind == Schedule::KIND || kind == Group::KIND) {
        core.queue.wake(key.to_owned());
    }
    Reach::One
}

/// Brings a schedule or a group forward, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, kind, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    match kind == Group::KIND {
        true => group(&core, &place, &key, &id).await,
        false => schedule(&core, &place, &key).await,
    }
}

async fn schedule(core: &Core, place: &Place, key: &str) -> Result<Next, StepError> {
    let Some(stored) = core.table.read::<Schedule>(key).await? else {
        return Ok(Next::Settled);
    };
    if !stored.record.enabled {
        return Ok(Next::Settled);
    }
    let now = core.now();
    let times = Times::of(&stored.record);
    let coming = times.and_then(|it| it.next().map(|first| (it, first)));
    let Some((times, coming)) = coming else {
        return finish(core, &stored).await;
    };
    if coming.due > now {
        return Ok(Next::After(coming.due.since(now).min(LONGEST)));
    }
    let moment = times.last_due(coming, now);
    carry_out(core, place, &stored, moment, now).await
}

/// Moves the schedule on and gives its target a parcel, in one transaction.
async fn carry_out(
    core: &Core,
    place: &Place,
    stored: &Stored<Schedule>,
    moment: Moment,
    now: Timestamp,
) -> Result<Next, StepError> {
    let mut schedule = stored.record.clone();
    schedule.done_until = moment.at;
    let target = target::read(&schedule.target).map_err(StepError::other)?;
    let policy: Policy = target::policy(&target);
    let arn = names::schedule_arn(place, &schedule.group, &schedule.name);
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence::<SchedulerFaults>(&core.shard)?);
    changes.put(&stored.key, &schedule);
    let late = now.since(moment.due);
    let is_missed = late > Duration::from_secs(policy.max_age_seconds.into());
    // No call is refused here: a target that takes nothing would fill the store of all.
    let is_full = || core.outbox.room(&place.account).take(0).is_err();
    let dropped = match is_missed {
        true => Some("it is older than the maximum event age of its target"),
        false if is_full() => Some("its account has as much waiting as it may"),
        false => None,
    };
    if let Some(why) = dropped {
        tracing::warn!(schedule = arn, at = %moment.at, why, "an invocation was missed and is dropped");
    } else {
        let id = format!("{}/{}", schedule.incarnation, moment.at.millis());
        let errand = Errand {
            schedule_arn: arn.clone(),
            region: place.region.clone(),
            at: moment.at,
            execution: ids::uuid(),
            target: schedule.target,
            sealed: schedule.sealed,
        };
        core.outbox.put(&mut changes, place, &id, errand, policy);
    }
    let written = changes.write(&PERMIT).await;
    if written.is_ok() {
        core.counts.carried_out(late);
        if dropped.is_some() {
            metered::missed(&core.parts.counters, &arn);
        }
    }
    settled(written)
}

/// A schedule without further moments.
async fn finish(core: &Core, stored: &Stored<Schedule>) -> Result<Next, StepError> {
    if !stored.record.delete_after {
        return Ok(Next::Settled);
    }
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence::<SchedulerFaults>(&core.shard)?);
    changes.delete(&stored.key);
    settled(changes.write(&PERMIT).await)
}

async fn group(core: &Core, place: &Place, key: &str, name: &str) -> Result<Next, StepError> {
    let Some(stored) = core.table.read::<Group>(key).await? else {
        return Ok(Next::Settled);
    };
    if !stored.record.deleting {
        return Ok(Next::Settled);
    }
    let prefix = names::scope(place).prefix(Schedule::KIND)
        + &wharf_records::escape(&names::schedule_id(name, ""));
    let found = core
        .table
        .page::<Schedule>(&prefix, None, BATCH, |_| true)
        .await?;
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence::<SchedulerFaults>(&core.shard)?);
    for schedule in &found.records {
        changes.delete(&schedule.key);
    }
    if !found.more {
        changes.delete(key);
    }
    let settled = settled(changes.write(&PERMIT).await)?;
    Ok(match found.more {
        true => Next::After(Duration::ZERO),
        false => settled,
    })
}
