//! One look at a target: what is to be done, in its order, and the transactions that write it down.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_scaling::{Decision, Foreseen};
use wharf_service::{Changes, Place, Stored, fence};
use wharf_wire::Fault;

use crate::{
    activity, alarms,
    calendar::calendar,
    core::Core,
    decision,
    fault::ScalingFaults,
    moving::LONGEST_WAIT,
    names::Resource,
    neighbours::{Neighbours, Seen},
    policy::Rule,
    reconcile::{PERMIT, StepError},
    records::{Policy, Target, Unscaled},
    takedown::{self, Left, Right},
};

/// How often it is seen whether a service and the alarms of its policies are still there.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How often it is seen whether the tasks of a change are there.
const WAIT: Duration = Duration::from_secs(1);

/// One look at a target.
pub struct Work<'a> {
    pub core: &'a Core,
    pub place: &'a Place,
    pub id: &'a str,
    pub stored: &'a Stored<Target>,
    pub now: Timestamp,
}

pub fn neighbour(action: &'static str) -> impl FnOnce(Fault) -> StepError {
    move |fault| StepError::Neighbour { action, fault }
}

impl Work<'_> {
    /// One change at most; `None` if there may be more to do.
    pub async fn step(&self) -> Result<Option<Next>, StepError> {
        let target = &self.stored.record;
        if target.deleting {
            self.take_down().await?;
            return Ok(Some(Next::Settled));
        }
        let Some(resource) = Resource::parse(&target.resource) else {
            return Ok(Some(Next::Settled));
        };
        if let Some(moving) = target.moving.as_ref().filter(|it| !it.set) {
            self.set(&resource, moving).await?;
            return Ok(None);
        }
        let seen = self.neighbours().see(&resource).await;
        let (desired, running) = match seen.map_err(neighbour("looking at a service"))? {
            Seen::Active {
                desired, running, ..
            } => (desired, running),
            Seen::Draining => return Ok(Some(Next::After(WAIT))),
            Seen::Gone => {
                self.write(|_, target| target.deleting = true).await?;
                return Ok(None);
            }
        };
        if let Some(moving) = &target.moving
            && let Some((status, text)) = self.outcome(moving, desired, running)
        {
            self.end(moving, status, text).await?;
            return Ok(None);
        }
        let scheduled = self.core.scheduled(self.place, self.id).await?;
        if let Some((scheduled, at)) = self.due(&scheduled) {
            self.carry_out(scheduled, at, desired).await?;
            return Ok(None);
        }
        if target.range_changed {
            self.correct(desired).await?;
            return Ok(None);
        }
        let policies = self.core.policies(self.place, self.id).await?;
        let forecasters = self.forecasters(&policies).await?;
        self.ask_forecasts(&forecasters);
        let foreseen = self.foreseen(&forecasters);
        if let Some(foreseen) = &foreseen
            && self.prepare(foreseen, desired).await?
        {
            return Ok(None);
        }
        if self.heed(&policies, desired, foreseen.as_ref()).await? {
            return Ok(None);
        }
        self.keep_alarms(&policies).await?;
        let wait = if target.moving.is_some() {
            WAIT
        } else {
            LOOK_EVERY
        };
        let changes = forecasters.iter().map(|it| it.next_change(self.now));
        let next = scheduled
            .iter()
            .filter_map(|it| {
                calendar(&it.record)?.next(it.record.changed_at, self.done(&it.record))
            })
            .chain(changes)
            .min();
        let next = next.map_or(wait, |it| it.since(self.now).min(wait));
        Ok(Some(Next::After(next)))
    }

    pub fn neighbours(&self) -> Neighbours<'_> {
        Neighbours::of(self.core, self.place, self.id)
    }

    /// One transaction that changes the target as it was read.
    pub async fn write(
        &self,
        change: impl FnOnce(&mut Changes<'_, ScalingFaults>, &mut Target),
    ) -> Result<(), StepError> {
        let mut changes = self.core.table.begin();
        changes.when(self.stored.unchanged());
        changes.fence(fence::<ScalingFaults>(&self.core.shard)?);
        let mut target = self.stored.record.clone();
        change(&mut changes, &mut target);
        changes.put(&self.stored.key, &target);
        Ok(changes.write(&PERMIT).await?)
    }

    /// Whether the words of alarms came to a change that was written.
    async fn heed(
        &self,
        policies: &[Stored<Policy>],
        desired: u32,
        foreseen: Option<&Foreseen>,
    ) -> Result<bool, StepError> {
        let readings = self.core.readings.of(&self.stored.key, self.now);
        let mut ruled = Vec::new();
        for stored in policies.iter().filter(|it| !it.record.deleting) {
            match Rule::of(&stored.record) {
                Ok(rule) => ruled.push((stored.record.clone(), rule)),
                Err(fault) => {
                    tracing::warn!(policy = stored.record.name, error = %fault, "failed to read a scaling policy, it is ignored")
                }
            }
        }
        let target = &self.stored.record;
        let Some(weighed) = decision::weigh(target, desired, foreseen, &ruled, &readings, self.now)
        else {
            return Ok(false);
        };
        let written = match weighed.decision {
            Decision::Scale { to, cooldowns, .. } => {
                self.begin((desired, to), weighed.cause, |_, target| {
                    target.set_cooldowns(cooldowns);
                    target.heeded.retain(|_, at| *at + LONGEST_WAIT > self.now);
                    target.heeded.extend(weighed.heeded);
                })
                .await?;
                true
            }
            Decision::Not { why, .. } => {
                let unscaled = Unscaled {
                    policy: weighed.policy,
                    code: why.code().to_owned(),
                };
                let is_told = target.unscaled.as_ref() == Some(&unscaled);
                if !is_told {
                    let words = "Attempting to scale due to alarm triggered".to_owned();
                    let begun = activity::begun(
                        &target.resource,
                        words,
                        weighed.cause,
                        self.core.order(self.now),
                    );
                    let reason =
                        activity::reason(why, Foreseen::bounds(foreseen, target.bounds()), desired);
                    let text = format!("Failed to scale. Reason: {}", reason.code);
                    let mut ended = begun.1.ended(activity::FAILED, text, self.now);
                    ended.not_scaled = Some(reason);
                    self.write(|changes, target| {
                        activity::put(changes, self.place, self.id, &(begun.0, ended));
                        target.unscaled = Some(unscaled);
                    })
                    .await?;
                }
                !is_told
            }
            Decision::Cooling { .. } | Decision::Quiet => false,
        };
        self.core.readings.weighed(&self.stored.key, &readings);
        Ok(written)
    }

    async fn keep_alarms(&self, policies: &[Stored<Policy>]) -> Result<(), StepError> {
        let right = self.right()?;
        for stored in policies.iter().filter(|it| it.record.deleting) {
            left(takedown::policy(self.core, self.place, self.id, stored, &right).await)?;
        }
        let key = &self.stored.key;
        let last = self.core.repaired.lock().get(key).copied();
        if last.is_some_and(|it| it <= self.now && self.now.since(it) < LOOK_EVERY) {
            return Ok(());
        }
        for stored in policies.iter().filter(|it| !it.record.deleting) {
            if let Ok(Rule::Tracking(tracking)) = Rule::of(&stored.record) {
                let wanted = alarms::wanted(self.place, &stored.record, &tracking);
                let repaired = self.neighbours().repair_alarms(&wanted).await;
                repaired.map_err(neighbour("repairing the alarms of a policy"))?;
            }
        }
        self.core.repaired.lock().insert(key.clone(), self.now);
        Ok(())
    }

    async fn take_down(&self) -> Result<(), StepError> {
        let right = self.right()?;
        left(takedown::target(self.core, self.place, self.id, self.stored, &right).await)
    }

    fn right(&self) -> Result<Right<'static>, StepError> {
        Ok(Right {
            permit: &PERMIT,
            fence: Some(fence::<ScalingFaults>(&self.core.shard)?),
        })
    }
}

fn left(done: Result<(), Left>) -> Result<(), StepError> {
    done.map_err(|left| match left {
        Left::Change(error) => StepError::Change(error),
        Left::Alarm(fault) => neighbour("deleting or changing an alarm of a policy")(fault),
    })
}
