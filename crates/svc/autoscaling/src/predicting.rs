//! Predictive scaling of groups: forecasts are made and kept, and capacity is there before the hour that needs it.
//!
//! Forecasts have workers of their own, of which an account has a share: what takes long for the metrics of one holds up
//! no group, not even its own.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_scaling::{
    self as scaling, Direction, Forecaster as Weighed, Foreseen, Predictive,
    forecast::{self, Forecast, History, Hour, Relation},
};
use wharf_service::{ChangeError, Place, Stored, fence, settled};
use wharf_store::Compare;
use wharf_wire::Fault;

use crate::{
    cloud::Cloud,
    core::Core,
    decision,
    fault::{AutoscalingFaults, invalid},
    names,
    ops::MOST_INSTANCES,
    policy::Rule,
    reconcile::{PERMIT, StepError},
    records::{Group, Policy, Process},
};

/// Seconds of points that a policy is tried on when it is put.
const TRIED_ON: i64 = 3 * forecast::HOUR;
/// Forecasts made at once, and those of an account.
pub const FORECASTS: usize = 8;
pub const FORECASTS_OF_ACCOUNT: usize = 2;
/// When there is another try where an account has its share.
const CROWDED: Duration = Duration::from_millis(500);
/// How long the metrics of a forecast are waited for.
const LONGEST_LOOK: Duration = Duration::from_secs(30);
/// Pages of points that are read: two weeks are in the first.
const MOST_PAGES: usize = 10;

/// Values by the seconds at which they begin.
type Points = Vec<(i64, f64)>;

/// A policy of predictive scaling with its forecast, if one was tried.
pub struct Forecaster {
    name: String,
    uuid: String,
    policy: Predictive,
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

/// Those of a group; one that is disabled forecasts, and changes nothing.
///
/// # Errors
/// The store's.
pub async fn forecasters(
    core: &Core,
    place: &Place,
    group: &Group,
    policies: &[(Policy, Rule)],
) -> Result<Vec<Forecaster>, ChangeError<AutoscalingFaults>> {
    let mut found = Vec::new();
    for (policy, rule) in policies {
        let Rule::Predictive(predictive) = rule else {
            continue;
        };
        let key = names::forecast_key(place, &group.uuid, &policy.name);
        found.push(Forecaster {
            name: policy.name.clone(),
            uuid: policy.uuid.clone(),
            policy: Predictive {
                scales: predictive.scales && policy.enabled,
                ..(**predictive).clone()
            },
            kept: core.table.read::<Forecast>(&key).await?,
        });
    }
    Ok(found)
}

/// Asks for forecasts that are due.
pub fn ask(core: &Core, place: &Place, group: &Group, all: &[Forecaster], now: Timestamp) {
    for it in all {
        if Forecast::is_due(it.of_policy(), now) {
            let policy = names::policy_key(place, &group.uuid, &it.name);
            core.forecasts.wake(policy);
        }
    }
}

/// Makes the forecast of a policy, by its key, if it is due.
///
/// # Errors
/// The store's.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, ..)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    let Some(_share) = core.forecasting.try_take(&place.account) else {
        return Ok(Next::After(CROWDED));
    };
    let Some(policy) = core.table.read::<Policy>(&key).await? else {
        return Ok(Next::Settled);
    };
    let group_key = names::group_key(&place, &policy.record.group);
    let Some(group) = core.table.read::<Group>(&group_key).await? else {
        return Ok(Next::Settled);
    };
    let group = group.record;
    let of_group = names::policy_key(&place, &group.uuid, &policy.record.name) == key;
    let (true, false, Ok(rule)) = (of_group, policy.record.deleting, Rule::of(&policy.record))
    else {
        return Ok(Next::Settled);
    };
    let now = core.now();
    let ruled = [(policy.record.clone(), rule)];
    let all = forecasters(&core, &place, &group, &ruled).await?;
    let due = all.iter().find(|it| Forecast::is_due(it.of_policy(), now));
    let Some(due) = due else {
        return Ok(Next::Settled);
    };
    let made = made(&Cloud::of(&core, &place, &group), &due.policy, now).await;
    if let Err(problem) = &made {
        tracing::info!(
            group = group.name,
            policy = due.name,
            problem,
            "a forecast was not made, will retry"
        );
    }
    let after = Forecast::after(due.of_policy(), &due.uuid, made, now);
    let forecast = names::forecast_key(&place, &group.uuid, &due.name);
    let mut changes = core.table.begin();
    changes.when(policy.unchanged());
    changes.when(match &due.kept {
        Some(kept) => kept.unchanged(),
        None => Compare::absent(&forecast),
    });
    changes.fence(fence::<AutoscalingFaults>(&core.shard)?);
    changes.put(&forecast, &after);
    let done = settled(changes.write(&PERMIT).await);
    core.queue.wake(group_key);
    done
}

async fn made(cloud: &Cloud<'_>, policy: &Predictive, now: Timestamp) -> Result<Vec<Hour>, String> {
    let to = forecast::hour_of(now);
    let look = history(cloud, policy, (to - forecast::LOOKS_BACK, to));
    let looked = timeout(LONGEST_LOOK, look).await;
    let looked = looked.map_err(|_| "Reading the metrics took too long.".to_owned())?;
    let history = looked.map_err(|fault| fault.to_string())?;
    let made = forecast::forecast(&history, policy.relation, policy.target, now);
    made.map_err(|it| it.to_string())
}

/// What forecasts ask of a group; nothing while that is suspended, as what the clock does.
pub fn foreseen(all: &[Forecaster], group: &Group, now: Timestamp) -> Option<Foreseen> {
    if group.suspends(Process::ScheduledActions) {
        return None;
    }
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
    let pooled = group.pool.as_ref().map_or(0, |it| it.min);
    let most = MOST_INSTANCES.saturating_sub(pooled);
    scaling::foreseen(&weighed, decision::bounds(group), most, now)
}

/// Raises what is below the forecast. Whether it changed the group.
pub fn prepare(group: &mut Group, foreseen: &Foreseen, now: Timestamp) -> bool {
    let raises = foreseen.max > group.max;
    group.max = group.max.max(foreseen.max);
    let to = foreseen.floor.min(group.max);
    if to <= group.desired {
        return raises;
    }
    let what = format!(
        "predictive scaling policy {} forecast a capacity of {}",
        foreseen.by, foreseen.forecast
    );
    decision::scale(group, None, to, Direction::Out, &what, now);
    true
}

async fn history(
    cloud: &Cloud<'_>,
    policy: &Predictive,
    span: (i64, i64),
) -> Result<History, Fault> {
    let of_past = async |queries| -> Result<Points, Fault> {
        match policy.relation {
            Relation::Learned => measured(cloud, queries, span).await,
            Relation::Known(_) => Ok(Vec::new()),
        }
    };
    Ok(History {
        load: measured(cloud, &policy.load, span).await?,
        scaling: of_past(&policy.scaling).await?,
        capacity: of_past(&policy.capacity).await?,
    })
}

async fn measured(
    cloud: &Cloud<'_>,
    queries: &serde_json::Value,
    span: (i64, i64),
) -> Result<Points, Fault> {
    let mut points = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let input = scaling::request(queries, span, token.as_deref());
        let answer = cloud.by_name("cloudwatch", "GetMetricData", input).await?;
        let next = scaling::points(&answer, &mut points);
        token = next.map_err(|many| invalid(many.to_string()))?;
        if token.is_none() {
            break;
        }
    }
    Ok(points)
}

/// Asks for the last hours, so that what CloudWatch refuses is refused when the policy is put.
///
/// # Errors
/// CloudWatch's.
pub async fn try_out(cloud: &Cloud<'_>, policy: &Predictive, now: Timestamp) -> Result<(), Fault> {
    let to = forecast::hour_of(now);
    history(cloud, policy, (to - TRIED_ON, to)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use wharf_scaling::Subject;

    use super::*;
    use crate::plan::a_group;

    /// A policy that raises the maximum, and whose forecast of the first hour is so much.
    fn tides(capacity: u32) -> Forecaster {
        let given = serde_json::json!({
            "Mode": "ForecastAndScale",
            "MaxCapacityBreachBehavior": "IncreaseMaxCapacity",
            "MaxCapacityBuffer": 0,
            "MetricSpecifications": [{ "TargetValue": 5.0, "PredefinedMetricPairSpecification": {
                "PredefinedMetricType": "ASGCPUUtilization" } }],
        });
        let hours = vec![Hour {
            at: 0,
            load: 1.0,
            capacity,
        }];
        let begin = Timestamp::from_millis(0);
        let kept = Stored {
            key: String::new(),
            revision: 1,
            created: 1,
            record: Forecast::after(None, "7", Ok(hours), begin),
        };
        Forecaster {
            name: "tides".to_owned(),
            uuid: "7".to_owned(),
            policy: Predictive::of(&given, Subject::Group("g")).unwrap(),
            kept: Some(kept),
        }
    }

    #[test]
    fn while_the_clock_is_suspended_nothing_is_foreseen() {
        let now = Timestamp::from_millis(0);
        let mut group = a_group();
        let max = group.max;
        let all = [tides(max + 5)];
        let found = foreseen(&all, &group, now).unwrap();
        assert_eq!((found.floor, found.max), (max + 5, max + 5));
        group.suspended.insert(Process::ScheduledActions, now);
        assert_eq!(foreseen(&all, &group, now), None);
    }

    #[test]
    fn capacity_is_raised_and_never_lowered() {
        let now = Timestamp::from_millis(0);
        let foreseen = |floor, max| Foreseen {
            floor,
            max,
            by: "tides".to_owned(),
            forecast: floor,
        };
        let mut group = a_group();
        let max = group.max;
        assert!(prepare(&mut group, &foreseen(4, max), now));
        assert_eq!((group.desired, group.max), (4, max));
        assert_eq!(
            group.cause.as_deref(),
            Some(
                "At 1970-01-01T00:00:00Z predictive scaling policy tides forecast a capacity of 4 changing the desired capacity from 0 to 4."
            )
        );
        assert!(!prepare(&mut group, &foreseen(2, max), now));
        assert!(prepare(&mut group, &foreseen(max + 5, max + 7), now));
        assert_eq!((group.desired, group.max), (max + 5, max + 7));
    }
}
