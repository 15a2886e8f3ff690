//! Forecasts of predictive scaling: what the hours to come need, by what the hours of the last two weeks had.
//!
//! - The load of an hour to come is what the model of seasons (`wharf-seasonal`) holds for usual then: of the hour of the
//!   week once two weeks are known, of the hour of the day once two days are, and else what it was by the median.
//! - The capacity of an hour is its load by what a unit of capacity carries at the target, rounded up.
//! - A forecast reaches 48 hours ahead and is made anew every 6 hours. Hours that were forecast before stay for 30 days,
//!   so that they can be compared with what came.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_seasonal::{Model, Settings};

/// Seconds.
pub const HOUR: i64 = 3600;
/// Seconds that a forecast looks back.
pub const LOOKS_BACK: i64 = 14 * 24 * HOUR;
/// Hours that have a load, without which nothing is forecast.
pub const LEAST_HOURS: usize = 24;
/// Hours that a forecast reaches ahead.
pub const AHEAD: i64 = 48;
/// When it is made anew.
pub const RENEWED_AFTER: Duration = Duration::from_secs(6 * 3600);
/// When it is tried again where there was too little to say anything, or what it asks for was refused.
pub const RETRIED_AFTER: Duration = Duration::from_secs(900);
/// Seconds that hours which are over stay.
pub const SHOWN: i64 = 30 * 24 * HOUR;
/// Digits of a quotient that are its arithmetic's and not the metric's.
const NOISE: f64 = 1e-9;

/// An hour of a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hour {
    /// The second at which it begins.
    pub at: i64,
    pub load: f64,
    pub capacity: u32,
}

/// What a policy of predictive scaling forecast: a record under what is scaled and the policy's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// The policy's uuid.
    pub policy: String,
    /// When its hours were made.
    #[serde(default)]
    pub made_at: Option<Timestamp>,
    /// When that was tried last; `None` if the policy has changed since.
    #[serde(default)]
    pub tried_at: Option<Timestamp>,
    /// Why the last try came to nothing.
    #[serde(default)]
    pub problem: Option<String>,
    #[serde(default)]
    pub hours: Vec<Hour>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Forecast {
    const KIND: &'static str = "forecast";
    const FORMAT: u32 = 1;
}

impl Forecast {
    /// The one that follows `before` of the same policy, by what a try came to.
    pub fn after(
        before: Option<&Self>,
        policy: &str,
        made: Result<Vec<Hour>, NotMade>,
        now: Timestamp,
    ) -> Self {
        let mut after = Self {
            policy: policy.to_owned(),
            made_at: before.and_then(|it| it.made_at),
            tried_at: Some(now),
            problem: None,
            hours: before.map(|it| it.hours.clone()).unwrap_or_default(),
            unknown: before.map_or_else(Unknown::new, |it| it.unknown.clone()),
        };
        match made {
            Ok(hours) => {
                after.hours = continued(&after.hours, hours, now);
                after.made_at = Some(now);
            }
            // What was forecast before holds on.
            Err(problem) => after.problem = Some(problem.to_string()),
        }
        after
    }

    /// Its policy was put: it is made anew. Where other metrics or another target are in its configuration than before,
    /// hours to come are none of the policy any more.
    pub fn policy_was_put(&mut self, before: Option<&Value>, after: &Value, now: Timestamp) {
        const MEASURED: &str = "MetricSpecifications";
        self.tried_at = None;
        if before.is_none_or(|it| it[MEASURED] != after[MEASURED]) {
            self.hours.retain(|it| it.at < hour_of(now));
            (self.made_at, self.problem) = (None, None);
        }
    }

    /// Whether one is to be made. What was tried at a time to come was so while the clock was ahead.
    pub fn is_due(before: Option<&Self>, now: Timestamp) -> bool {
        let Some(before) = before else {
            return true;
        };
        let failed = before.problem.is_some();
        let after = if failed { RETRIED_AFTER } else { RENEWED_AFTER };
        let tried = before.tried_at;
        tried.is_none_or(|it| now < it || now >= it + after)
    }

    /// Hours of a span, if there were any ever.
    ///
    /// # Errors
    /// There is none yet.
    pub fn shown(before: Option<&Self>, span: &std::ops::Range<i64>) -> Result<Shown, NoneYet> {
        let problem = before.and_then(|it| it.problem.clone());
        match before.and_then(|it| Some((it, it.made_at?))) {
            None => Err(problem.map_or(NoneYet::BeingMade, NoneYet::Failed)),
            Some((it, made_at)) => {
                let hours = it.hours.iter().filter(|it| span.contains(&it.at));
                let hours: Vec<Hour> = hours.copied().collect();
                let begin = |it: &Hour| Timestamp::from_millis(it.at.saturating_mul(1000));
                Ok(Shown {
                    made_at,
                    times: hours.iter().map(begin).collect(),
                    loads: hours.iter().map(|it| it.load).collect(),
                    capacities: hours.iter().map(|it| f64::from(it.capacity)).collect(),
                })
            }
        }
    }
}

/// Why a policy has no forecast yet, as users see it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoneYet {
    #[error("It is being made.")]
    BeingMade,
    /// What the last try came to.
    #[error("{0}")]
    Failed(String),
}

/// Hours of a forecast as GetPredictiveScalingForecast has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub made_at: Timestamp,
    pub times: Vec<Timestamp>,
    pub loads: Vec<f64>,
    pub capacities: Vec<f64>,
}

/// How load and capacity belong together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Relation {
    /// A unit of load is so much of the scaling metric for one unit of capacity.
    Known(f64),
    /// As the hours of the past have it.
    Learned,
}

/// Points of the past, by the seconds at which they begin.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    pub load: Vec<(i64, f64)>,
    /// Both are needed only where the relation is learned.
    pub scaling: Vec<(i64, f64)>,
    pub capacity: Vec<(i64, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoForecast {
    #[error("The load metric has data for {0} hours; a forecast needs {LEAST_HOURS} at least.")]
    FewHours(usize),
    #[error(
        "The load, scaling and capacity metrics have data together for {0} hours; a forecast needs {LEAST_HOURS} at least."
    )]
    FewTogether(usize),
}

/// What a try to make a forecast came to, as users see it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotMade {
    #[error("Reading the metrics took too long.")]
    TooLong,
    /// In the words of CloudWatch.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    TooLittle(#[from] NoForecast),
}

/// The hour that a moment is in.
pub fn hour_of(at: Timestamp) -> i64 {
    let seconds = at.millis().div_euclid(1000);
    seconds - seconds.rem_euclid(HOUR)
}

#[derive(Debug, Clone, Copy)]
enum Within {
    Sum,
    Mean,
}

/// One point an hour, of points of any period, in ascending order. What is no number is none.
fn hourly(points: &[(i64, f64)], how: Within) -> Vec<(i64, f64)> {
    let mut known: Vec<(i64, f64)> = points
        .iter()
        .filter(|it| it.1.is_finite())
        .copied()
        .collect();
    known.sort_by_key(|it| it.0);
    let mut hours: Vec<(i64, f64, u32)> = Vec::new();
    for (at, value) in known {
        let hour = at - at.rem_euclid(HOUR);
        match hours.last_mut() {
            Some(it) if it.0 == hour => *it = (hour, it.1 + value, it.2 + 1),
            _ => hours.push((hour, value, 1)),
        }
    }
    let one = |(hour, sum, count): (i64, f64, u32)| match how {
        Within::Sum => (hour, sum),
        Within::Mean => (hour, sum / f64::from(count)),
    };
    hours.into_iter().map(one).collect()
}

/// The 48 hours from the one that `now` is in.
///
/// # Errors
/// Too little is known.
pub fn forecast(
    history: &History,
    relation: Relation,
    target: f64,
    now: Timestamp,
) -> Result<Vec<Hour>, NoForecast> {
    let begin = hour_of(now);
    let of_past = |points: &[(i64, f64)], how| {
        let mut hours = hourly(points, how);
        // The hour that goes on would count as a whole one.
        hours.retain(|it| (begin - LOOKS_BACK..begin).contains(&it.0));
        hours
    };
    let load = of_past(&history.load, Within::Sum);
    let few = NoForecast::FewHours(load.len());
    if load.len() < LEAST_HOURS {
        return Err(few);
    }
    let each = match relation {
        Relation::Known(each) => each,
        Relation::Learned => {
            let scaling = of_past(&history.scaling, Within::Mean);
            let capacity = of_past(&history.capacity, Within::Mean);
            learned(&load, &scaling, &capacity)?
        }
    };
    let model = Model::fit(&load, HOUR, begin, Settings::default()).ok_or(few)?;
    let hours = (0..AHEAD).map(|it| begin + it * HOUR).map(|at| {
        let load = model.usual(at);
        Hour {
            at,
            load,
            capacity: needed(load, each, target),
        }
    });
    Ok(hours.collect())
}

/// The median of what a unit of load was of the scaling metric for one unit of capacity.
fn learned(
    load: &[(i64, f64)],
    scaling: &[(i64, f64)],
    capacity: &[(i64, f64)],
) -> Result<f64, NoForecast> {
    let at = |points: &[(i64, f64)], hour: i64| {
        let found = points.binary_search_by_key(&hour, |it| it.0).ok()?;
        Some(points[found].1)
    };
    let mut ratios = Vec::new();
    let mut together = 0;
    for (hour, load) in load {
        let (Some(scaling), Some(capacity)) = (at(scaling, *hour), at(capacity, *hour)) else {
            continue;
        };
        together += 1;
        let ratio = scaling * capacity / load;
        // An hour without load or capacity says nothing of what one carries.
        if *load > 0.0 && ratio.is_finite() && ratio > 0.0 {
            ratios.push(ratio);
        }
    }
    if together < LEAST_HOURS {
        return Err(NoForecast::FewTogether(together));
    }
    ratios.sort_by(f64::total_cmp);
    // Where nothing was ever carried nothing is needed.
    Ok(ratios.get(ratios.len() / 2).copied().unwrap_or_default())
}

/// A cast of a number that is too large is the largest, and of one below nothing is nothing.
fn needed(load: f64, each: f64, target: f64) -> u32 {
    (load * each / target - NOISE).ceil() as u32
}

/// What a new forecast leaves of the one before: hours that are over.
pub fn continued(before: &[Hour], new: Vec<Hour>, now: Timestamp) -> Vec<Hour> {
    let begin = new.first().map_or_else(|| hour_of(now), |it| it.at);
    let kept = hour_of(now) - SHOWN..begin;
    let over = before.iter().filter(|it| kept.contains(&it.at)).copied();
    over.chain(new).collect()
}

/// What is needed from now until so long ahead; `None` where nothing was forecast of it.
pub fn needed_by(hours: &[Hour], now: Timestamp, ahead: Duration) -> Option<u32> {
    let span = hour_of(now)..=hour_of(now + ahead);
    let within = hours.iter().filter(|it| span.contains(&it.at));
    within.map(|it| it.capacity).max()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSpan {
    #[error("StartTime and EndTime are required")]
    Missing,
    #[error("StartTime must be before EndTime")]
    Reversed,
    #[error("StartTime must be within the last 30 days")]
    Early,
    #[error("EndTime must be within 30 days after StartTime")]
    Long,
}

/// The seconds in which hours begin that are shown.
///
/// # Errors
/// The text for the caller.
pub fn shown_span(
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Result<std::ops::Range<i64>, BadSpan> {
    let (Some(start), Some(end)) = (start, end) else {
        return Err(BadSpan::Missing);
    };
    let seconds = |it: Timestamp| it.millis().div_euclid(1000);
    let (start, end) = (seconds(start), seconds(end));
    // A request for the last 30 days is made a moment before it is answered.
    match () {
        () if start >= end => Err(BadSpan::Reversed),
        () if start < hour_of(now) - SHOWN => Err(BadSpan::Early),
        () if end - start > SHOWN + AHEAD * HOUR => Err(BadSpan::Long),
        () => Ok(start..end),
    }
}

/// When what is needed may be something else: an hour begins that was so far ahead.
pub fn next_change(now: Timestamp, ahead: Duration) -> Timestamp {
    let next = hour_of(now + ahead) + HOUR;
    Timestamp::from_millis(next.saturating_mul(1000)) - ahead
}

#[cfg(test)]
mod tests;
