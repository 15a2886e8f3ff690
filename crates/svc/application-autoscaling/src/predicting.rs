//! Predictive scaling: forecasts are made and kept, and capacity is there before the hour that needs it.
//!
//! Forecasts have workers of their own, of which an account has a share: what takes long for the metrics of one holds up
//! no target, not even its own.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_scaling::{
    self as scaling, Forecaster as Weighed, Foreseen, Predictive,
    forecast::{self, History, Hour, Relation},
};
use wharf_service::{Place, Stored, fence, settled};
use wharf_store::Compare;
use wharf_wire::Fault;

use crate::{
    activity,
    core::Core,
    fault::ScalingFaults,
    names,
    neighbours::{Neighbours, Points},
    policy::Rule,
    reconcile::{PERMIT, StepError},
    records::{Forecast, Policy},
    work::Work,
};

/// Tasks of a service, as AWS has it.
const MOST_TASKS: u32 = 5000;
/// Seconds of points that a policy is tried on when it is put.
const TRIED_ON: i64 = 3 * forecast::HOUR;
/// Forecasts made at once, and those of an account.
pub const FORECASTS: usize = 8;
pub const FORECASTS_OF_ACCOUNT: usize = 2;
/// When there is another try where an account has its share.
const CROWDED: Duration = Duration::from_millis(500);
/// How long the metrics of a forecast are waited for.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

/// A policy of predictive scaling with its forecast, if one was tried.
pub struct Forecaster {
    name: String,
    uuid: String,
    policy: Box<Predictive>,
    kept: Option<Stored<Forecast>>,
}

impl Forecaster {
    /// The last forecast, unless it is that of a policy of the same name that is gone.
    fn of_policy(&self) -> Option<&Forecast> {
        let kept = self.kept.as_ref().map(|it| &it.record);
        kept.filter(|it| it.policy == self.uuid)
    }

    pub fn next_change(&self, now: Timestamp) -> Timestamp {
        forecast::next_change(now, self.policy.buffer)
    }
}

async fn forecasters(
    core: &Core,
    place: &Place,
    target: &str,
    policies: &[Stored<Policy>],
) -> Result<Vec<Forecaster>, StepError> {
    let mut found = Vec::new();
    for stored in policies.iter().filter(|it| !it.record.deleting) {
        let Ok(Rule::Predictive(policy)) = Rule::of(&stored.record) else {
            continue;
        };
        let name = stored.record.name.clone();
        let key = names::forecast_key(place, target, &name);
        let kept = core.table.read::<Forecast>(&key).await?;
        found.push(Forecaster {
            name,
            uuid: stored.record.uuid.clone(),
            policy,
            kept,
        });
    }
    Ok(found)
}

impl Work<'_> {
    pub async fn forecasters(
        &self,
        policies: &[Stored<Policy>],
    ) -> Result<Vec<Forecaster>, StepError> {
        forecasters(self.core, self.place, self.id, policies).await
    }

    /// Asks for forecasts that are due.
    pub fn ask_forecasts(&self, all: &[Forecaster]) {
        for it in all {
            if Forecast::is_due(it.of_policy(), self.now) {
                let policy = names::policy_key(self.place, self.id, &it.name);
                self.core.forecasts.wake(policy);
            }
        }
    }

    pub fn foreseen(&self, all: &[Forecaster]) -> Option<Foreseen> {
        let weighed: Vec<Weighed<'_>> = all
            .iter()
            .filter_map(|it| {
                Some(Weighed {
                    name: &it.name,
                    policy: &it.policy,
                    hours: &it.of_policy()?.hours,
                })
            })
            .collect();
        let bounds = self.stored.record.bounds();
        scaling::foreseen(&weighed, bounds, MOST_TASKS, self.now)
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
        self.begin(foreseen.floor, cause, |_, _| {}).await?;
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
        return Ok(Next::After(CROWDED));
    };
    let Some(policy) = core.table.read::<Policy>(&key).await? else {
        return Ok(Next::Settled);
    };
    let now = core.now();
    let all = forecasters(&core, &place, target, std::slice::from_ref(&policy)).await?;
    let due = all.iter().find(|it| Forecast::is_due(it.of_policy(), now));
    let Some(due) = due else {
        return Ok(Next::Settled);
    };
    let made = made(&core, &place, target, &due.policy, now).await;
    if let Err(problem) = &made {
        tracing::info!(
            resource = policy.record.resource,
            policy = due.name,
            problem,
            "a forecast was not made, will retry"
        );
    }
    let after = Forecast::after(due.of_policy(), &due.uuid, made, now);
    let forecast = names::forecast_key(&place, target, &due.name);
    let mut changes = core.table.begin();
    changes.when(policy.unchanged());
    changes.when(match &due.kept {
        Some(kept) => kept.unchanged(),
        None => Compare::absent(&forecast),
    });
    changes.fence(fence::<ScalingFaults>(&core.shard)?);
    changes.put(&forecast, &after);
    let done = settled(changes.write(&PERMIT).await);
    core.queue.wake(names::target_key(&place, target));
    done
}

async fn made(
    core: &Core,
    place: &Place,
    target: &str,
    policy: &Predictive,
    now: Timestamp,
) -> Result<Vec<Hour>, String> {
    let look = history(core, place, target, policy, now);
    let looked = timeout(LONGEST_LOOK, look).await;
    let looked = looked.map_err(|_| "Reading the metrics took too long.".to_owned())?;
    let history = looked.map_err(|fault| fault.to_string())?;
    let made = forecast::forecast(&history, policy.relation, policy.target, now);
    made.map_err(|it| it.to_string())
}

/// What the metrics of a policy were in the last two weeks.
async fn history(
    core: &Core,
    place: &Place,
    target: &str,
    policy: &Predictive,
    now: Timestamp,
) -> Result<History, Fault> {
    let to = forecast::hour_of(now);
    read(core, place, target, policy, (to - forecast::LOOKS_BACK, to)).await
}

async fn read(
    core: &Core,
    place: &Place,
    target: &str,
    policy: &Predictive,
    span: (i64, i64),
) -> Result<History, Fault> {
    let neighbours = Neighbours::of(core, place, target);
    let of_past = async |queries| -> Result<Points, Fault> {
        match policy.relation {
            Relation::Learned => neighbours.measured(queries, span).await,
            Relation::Known(_) => Ok(Vec::new()),
        }
    };
    Ok(History {
        load: neighbours.measured(&policy.load, span).await?,
        scaling: of_past(&policy.scaling).await?,
        capacity: of_past(&policy.capacity).await?,
    })
}

/// Asks for the last hours, so that what CloudWatch refuses is refused when the policy is put.
///
/// # Errors
/// CloudWatch's.
pub async fn try_out(
    core: &Core,
    place: &Place,
    target: &str,
    policy: &Predictive,
) -> Result<(), Fault> {
    let to = forecast::hour_of(core.now());
    let span = (to - TRIED_ON, to);
    read(core, place, target, policy, span).await.map(drop)
}
