//! Predictive scaling of groups: forecasts are made and kept, and capacity is there before the hour that needs it.

use wharf_base::Timestamp;
use wharf_scaling::{
    self as scaling, Direction, Forecaster as Weighed, Foreseen, Predictive,
    forecast::{self, Forecast, History, Relation},
};
use wharf_service::{ChangeError, Place, Stored};
use wharf_wire::Fault;

use crate::{
    cloud::Cloud,
    core::Core,
    decision,
    fault::{AutoscalingFaults, invalid},
    names,
    ops::MOST_INSTANCES,
    policy::Rule,
    records::{Group, Policy, Process},
};

/// Seconds of points that a policy is tried on when it is put.
const TRIED_ON: i64 = 3 * forecast::HOUR;
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

/// The first forecast that was due, with its key and the record that it takes the place of.
pub async fn made<'a>(
    cloud: &Cloud<'_>,
    place: &Place,
    group: &Group,
    all: &'a [Forecaster],
    now: Timestamp,
) -> Option<(String, Option<&'a Stored<Forecast>>, Forecast)> {
    let due = all
        .iter()
        .find(|it| Forecast::is_due(it.of_policy(), now))?;
    let to = forecast::hour_of(now);
    let history = history(cloud, &due.policy, (to - forecast::LOOKS_BACK, to)).await;
    let hours = history.map_err(|fault| fault.to_string());
    let hours = hours.and_then(|history| {
        let Predictive {
            relation, target, ..
        } = due.policy;
        forecast::forecast(&history, relation, target, now).map_err(|it| it.to_string())
    });
    if let Err(problem) = &hours {
        tracing::info!(
            group = group.name,
            policy = due.name,
            problem,
            "a forecast was not made, will retry"
        );
    }
    let key = names::forecast_key(place, &group.uuid, &due.name);
    let after = Forecast::after(due.of_policy(), &due.uuid, hours, now);
    Some((key, due.kept.as_ref(), after))
}

pub fn foreseen(all: &[Forecaster], group: &Group, now: Timestamp) -> Option<Foreseen> {
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

/// Raises what is below the forecast, unless that is suspended as what the clock does. Whether it changed the group.
pub fn prepare(group: &mut Group, foreseen: &Foreseen, now: Timestamp) -> bool {
    if group.suspends(Process::ScheduledActions) {
        return false;
    }
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
    use super::*;
    use crate::plan::a_group;

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
