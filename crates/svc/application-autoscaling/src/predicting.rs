//! Predictive scaling: forecasts are made and kept, and capacity is there before the hour that needs it.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_scaling::{self as scaling, Forecaster, Foreseen, forecast, forecasting::CROWDED};
use wharf_service::{ChangeError, Place, Stored, fence, settled};
use wharf_store::Compare;

use crate::{
    activity,
    core::Core,
    fault::ScalingFaults,
    names,
    neighbours::Neighbours,
    policy::Rule,
    reconcile::{PERMIT, StepError},
    records::{Forecast, Policy, Target},
    work::Work,
};

/// Tasks of a service, as AWS has it.
const MOST_TASKS: u32 = 5000;

/// The policies of a target that forecast, with what they forecast last.
///
/// # Errors
/// The store's.
pub async fn forecasters(
    core: &Core,
    place: &Place,
    target: &str,
    policies: &[Stored<Policy>],
) -> Result<Vec<Forecaster>, ChangeError<ScalingFaults>> {
    let mut found = Vec::new();
    for stored in policies.iter().filter(|it| !it.record.deleting) {
        let policy = &stored.record;
        let Ok(Rule::Predictive(predictive)) = Rule::of(policy) else {
            continue;
        };
        let key = names::forecast_key(place, target, &policy.name);
        let kept = core.table.read::<Forecast>(&key).await?;
        let kept = kept.map(|it| it.record);
        found.push(Forecaster::new(
            &policy.name,
            &policy.uuid,
            *predictive,
            kept,
        ));
    }
    Ok(found)
}

/// What forecasts ask for now.
pub fn foreseen(all: &[Forecaster], target: &Target, now: Timestamp) -> Option<Foreseen> {
    scaling::foreseen(all, target.bounds(), MOST_TASKS, now)
}

impl Work<'_> {
    pub async fn forecasters(
        &self,
        policies: &[Stored<Policy>],
    ) -> Result<Vec<Forecaster>, StepError> {
        Ok(forecasters(self.core, self.place, self.id, policies).await?)
    }

    /// Asks for forecasts that are due.
    pub fn ask_forecasts(&self, all: &[Forecaster]) {
        for it in all {
            if it.is_due(self.now) {
                let policy = names::policy_key(self.place, self.id, &it.name);
                self.core.forecasts.wake(policy);
            }
        }
    }

    pub fn foreseen(&self, all: &[Forecaster]) -> Option<Foreseen> {
        foreseen(all, &self.stored.record, self.now)
    }

    /// Raises what is below the forecast, unless scaling out is suspended. Whether anything was written.
    pub async fn prepare(&self, foreseen: &Foreseen, desired: u32) -> Result<bool, StepError> {
        let target = &self.stored.record;
        if target.suspended.scale_out {
            return Ok(false);
        }
        let Foreseen {
            by, forecast, max, ..
        } = foreseen;
        let cause = format!("predictive scaling policy {by} forecast a capacity of {forecast}");
        if *max > target.max {
            let range = activity::range(None, Some(*max));
            let order = self.core.order(self.now);
            let begun = activity::begun(&target.resource, format!("Setting {range}"), cause, order);
            let text = format!("Successfully set {range}");
            let ended = begun.1.ended(activity::SUCCESSFUL, text, self.now);
            self.write(|changes, target| {
                target.max = *max;
                activity::put(changes, self.place, self.id, &(begun.0, ended));
            })
            .await?;
            return Ok(true);
        }
        if desired >= foreseen.floor || self.was_refused(foreseen.floor) {
            return Ok(false);
        }
        let change = (desired, foreseen.floor);
        self.begin(change, cause, |_, _| {}).await?;
        Ok(true)
    }

    /// Whether ECS refused a count so lately that it is not asked again. What was refused at a time to come was so while
    /// the clock was ahead.
    fn was_refused(&self, count: u32) -> bool {
        let refused = self.stored.record.refused;
        let refused = refused.filter(|it| it.count == count && it.at <= self.now);
        refused.is_some_and(|it| self.now < it.at + forecast::RETRIED_AFTER)
    }
}

/// Makes the forecast of a policy, by its key, if it is due.
///
/// # Errors
/// The store's.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, _, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    let Some(target) = names::owner(&id) else {
        return Ok(Next::Settled);
    };
    let Some(_share) = core.forecasting.try_take(&place.account) else {
        return Ok(Next::Deferred(CROWDED));
    };
    let Some(policy) = core.table.read::<Policy>(&key).await? else {
        return Ok(Next::Settled);
    };
    let now = core.now();
    let (false, Ok(Rule::Predictive(predictive))) =
        (policy.record.deleting, Rule::of(&policy.record))
    else {
        return Ok(Next::Settled);
    };
    let (name, uuid) = (&policy.record.name, &policy.record.uuid);
    let forecast = names::forecast_key(&place, target, name);
    let kept = core.table.read::<Forecast>(&forecast).await?;
    let unchanged = match &kept {
        Some(kept) => kept.unchanged(),
        None => Compare::absent(&forecast),
    };
    let forecaster = Forecaster::new(name, uuid, *predictive, kept.map(|it| it.record));
    if !forecaster.is_due(now) {
        return Ok(Next::Settled);
    }
    let after = forecaster
        .make(&Neighbours::of(&core, &place, target), now)
        .await;
    let mut changes = core.table.begin();
    changes.when(policy.unchanged());
    changes.when(unchanged);
    changes.fence(fence::<ScalingFaults>(&core.shard)?);
    changes.put(&forecast, &after);
    let done = settled(changes.write(&PERMIT).await);
    core.queue.wake(names::target_key(&place, target));
    done
}
