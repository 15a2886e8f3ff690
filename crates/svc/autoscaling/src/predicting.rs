//! Predictive scaling of groups: forecasts are made and kept, and capacity is there before the hour that needs it.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_scaling::{
    self as scaling, Direction, Forecaster, Foreseen, Predictive, forecast::Forecast,
    forecasting::CROWDED,
};
use wharf_service::{ChangeError, Place, fence, settled};
use wharf_store::Compare;

use crate::{
    cloud::Cloud,
    core::Core,
    decision,
    fault::AutoscalingFaults,
    names,
    ops::MOST_INSTANCES,
    policy::Rule,
    reconcile::{PERMIT, StepError},
    records::{Group, Policy, Process},
};

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
        let kept = core.table.read::<Forecast>(&key).await?;
        found.push(forecaster(policy, predictive, kept.map(|it| it.record)));
    }
    Ok(found)
}

fn forecaster(policy: &Policy, predictive: &Predictive, kept: Option<Forecast>) -> Forecaster {
    let predictive = Predictive {
        scales: predictive.scales && policy.enabled,
        ..predictive.clone()
    };
    Forecaster::new(&policy.name, &policy.uuid, predictive, kept)
}

/// Asks for forecasts that are due.
pub fn ask(core: &Core, place: &Place, group: &Group, all: &[Forecaster], now: Timestamp) {
    for it in all {
        if it.is_due(now) {
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
        return Ok(Next::Deferred(CROWDED));
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
    let (true, false, Ok(Rule::Predictive(predictive))) =
        (of_group, policy.record.deleting, Rule::of(&policy.record))
    else {
        return Ok(Next::Settled);
    };
    let now = core.now();
    let forecast = names::forecast_key(&place, &group.uuid, &policy.record.name);
    let kept = core.table.read::<Forecast>(&forecast).await?;
    let unchanged = match &kept {
        Some(kept) => kept.unchanged(),
        None => Compare::absent(&forecast),
    };
    let forecaster = forecaster(&policy.record, &predictive, kept.map(|it| it.record));
    if !forecaster.is_due(now) {
        return Ok(Next::Settled);
    }
    let after = forecaster
        .make(&Cloud::of(&core, &place, &group), now)
        .await;
    let mut changes = core.table.begin();
    changes.when(policy.unchanged());
    changes.when(unchanged);
    changes.fence(fence::<AutoscalingFaults>(&core.shard)?);
    changes.put(&forecast, &after);
    let done = settled(changes.write(&PERMIT).await);
    core.queue.wake(group_key);
    done
}

/// What forecasts ask of a group; nothing while that is suspended, as what the clock does.
pub fn foreseen(all: &[Forecaster], group: &Group, now: Timestamp) -> Option<Foreseen> {
    if group.suspends(Process::ScheduledActions) {
        return None;
    }
    let pooled = group.pool.as_ref().map_or(0, |it| it.min);
    let most = MOST_INSTANCES.saturating_sub(pooled);
    scaling::foreseen(all, decision::bounds(group), most, now)
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

#[cfg(test)]
mod tests {
    use wharf_scaling::{Subject, forecast::Hour};

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
        let kept = Forecast::after(None, "7", Ok(hours), begin);
        let policy = Predictive::of(&given, Subject::Group("g")).unwrap();
        Forecaster::new("tides", "7", policy, Some(kept))
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
