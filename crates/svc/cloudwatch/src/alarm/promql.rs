//! Alarms on PromQL: each series that a query comes to is breaching, and in ALARM once it has been there for long enough.
//! One that is not there any more is OK again once that has lasted. The alarm is in ALARM while one of them is.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_cloudwatch::{AlarmPromQLCriteria, EvaluationCriteria, PutMetricAlarmInput};
use wharf_base::Timestamp;
use wharf_prometheus::Failure;
use wharf_promql::Query;
use wharf_service::{Faults as _, Place};
use wharf_wire::Fault;

use crate::{
    alarm::{
        contributors::{self, MOST_BYTES, MOST_BYTES_OF_ONE, Together},
        reason::number,
    },
    core::Core,
    fault::{CloudwatchFaults, validation},
    records::{Alarm, Contributor, PromQlRule, StateValue},
};

/// Characters of a query.
const LONGEST: usize = 10_000;
/// Seconds for which a series is there, or not, before it counts: a day.
const MOST_SECONDS: u32 = 86_400;
/// Seconds between two looks.
const LONGEST_INTERVAL: u32 = 3600;
/// Bytes that come to what is kept of a series later: a reason, and since when its query asks for the other state.
const LATER: usize = 192;
/// Letters of a number in a reason, beyond which it has an exponent: there are some of hundreds of digits.
const LONGEST_NUMBER: usize = 24;
/// Queries are asked about multiples of that, the shortest time between two looks.
const STEP_MS: i64 = 10_000;

/// What an alarm is to ask in PromQL; `None` if it is on metrics.
///
/// # Errors
/// It is no query that comes to a vector, or more is said than such an alarm heeds.
pub async fn read(
    core: &Core,
    place: &Place,
    input: &PutMetricAlarmInput,
) -> Result<Option<PromQlRule>, Fault> {
    let criteria = input.evaluation_criteria.as_ref();
    let Some(criteria) = criteria.and_then(|it| it.prom_ql_criteria.as_ref()) else {
        return match input.evaluation_interval {
            None => Ok(None),
            Some(_) => Err(validation(
                "EvaluationInterval can be specified with EvaluationCriteria only.",
            )),
        };
    };
    if let Some(name) = beside(input) {
        return Err(validation(format!(
            "The parameters EvaluationCriteria and {name} are mutually exclusive and you have specified both."
        )));
    }
    let query = criteria.query.clone().unwrap_or_default();
    if query.chars().count() > LONGEST {
        return Err(validation(format!(
            "The query has more than {LONGEST} characters."
        )));
    }
    let text = query.clone();
    // Expressions in it are compiled, which takes its time.
    let is_vector = core.compute(&place.account, move || {
        let parsed = Query::parse(&text);
        let parsed = parsed.map_err(|bad| validation(format!("The query is not valid: {bad}.")))?;
        Ok(parsed.is_vector())
    });
    if !is_vector.await? {
        return Err(validation("The query must return a result of vector type."));
    }
    let interval = input.evaluation_interval;
    let interval = interval.and_then(|it| u32::try_from(it).ok());
    let interval = interval.filter(|it| is_interval(*it)).ok_or_else(|| {
        validation(format!(
            "EvaluationInterval must be specified, as 10, 20, 30 or a multiple of 60 that is at most {LONGEST_INTERVAL}."
        ))
    })?;
    Ok(Some(PromQlRule {
        query,
        pending_seconds: period(criteria.pending_period, "PendingPeriod")?,
        recovery_seconds: period(criteria.recovery_period, "RecoveryPeriod")?,
        interval_seconds: interval,
    }))
}

fn is_interval(seconds: u32) -> bool {
    let whole = seconds > 0 && seconds.is_multiple_of(60) && seconds <= LONGEST_INTERVAL;
    whole || [10, 20, 30].contains(&seconds)
}

/// The first parameter that is of alarms on metrics alone.
fn beside(input: &PutMetricAlarmInput) -> Option<&'static str> {
    let dimensions = input.dimensions.as_ref().is_some_and(|it| !it.is_empty());
    let metrics = input.metrics.as_ref().is_some_and(|it| !it.is_empty());
    let low_samples = &input.evaluate_low_sample_count_percentile;
    let all = [
        ("MetricName", input.metric_name.is_some()),
        ("Namespace", input.namespace.is_some()),
        ("Statistic", input.statistic.is_some()),
        ("ExtendedStatistic", input.extended_statistic.is_some()),
        ("Dimensions", dimensions),
        ("Period", input.period.is_some()),
        ("Unit", input.unit.is_some()),
        ("EvaluationPeriods", input.evaluation_periods.is_some()),
        ("DatapointsToAlarm", input.datapoints_to_alarm.is_some()),
        ("Threshold", input.threshold.is_some()),
        ("ThresholdMetricId", input.threshold_metric_id.is_some()),
        ("ComparisonOperator", input.comparison_operator.is_some()),
        ("TreatMissingData", input.treat_missing_data.is_some()),
        ("EvaluateLowSampleCountPercentile", low_samples.is_some()),
        ("Metrics", metrics),
        ("EvaluationWindow", input.evaluation_window.is_some()),
        ("WarmUpConfiguration", input.warm_up_configuration.is_some()),
    ];
    all.into_iter().find(|it| it.1).map(|it| it.0)
}

fn period(given: Option<i32>, name: &str) -> Result<Option<u32>, Fault> {
    let Some(given) = given else {
        return Ok(None);
    };
    let seconds = u32::try_from(given).ok().filter(|it| *it <= MOST_SECONDS);
    match seconds {
        Some(_) => Ok(seconds),
        None => Err(validation(format!(
            "{name} must be from 0 to {MOST_SECONDS} seconds."
        ))),
    }
}

pub fn shown(rule: &PromQlRule) -> EvaluationCriteria {
    let number = |it: u32| i32::try_from(it).ok();
    EvaluationCriteria {
        prom_ql_criteria: Some(AlarmPromQLCriteria {
            query: Some(rule.query.clone()),
            pending_period: rule.pending_seconds.and_then(number),
            recovery_period: rule.recovery_seconds.and_then(number),
        }),
    }
}

/// The moment that a look is about. It stays for a while: each change of the alarm has it looked at again, and a query that
/// comes to something else at each moment would change the alarm by each look.
fn moment(now: Timestamp) -> Timestamp {
    Timestamp::from_millis(now.millis() - now.millis().rem_euclid(STEP_MS))
}

/// What the query comes to now.
///
/// # Errors
/// It has no answer, or its series cannot be read.
pub async fn look(
    core: &Core,
    place: &Place,
    alarm: &Alarm,
    rule: &PromQlRule,
    now: Timestamp,
) -> Result<Together, Fault> {
    let at = (place.account.as_str(), place.region.as_str());
    let found = core.promql.vector(at, &rule.query, moment(now)).await;
    let found = found.map_err(|failure| fault(&failure))?;
    let (rule, alarm) = (rule.clone(), alarm.clone());
    // There may be thousands of series, with long labels.
    let compared = core.compute(&place.account, move || {
        let found = found.into_iter().map(|(labels, value)| {
            let labels = labels.iter();
            let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
            (labels.collect::<BTreeMap<_, _>>(), value)
        });
        Ok(together(&rule, &alarm, found.collect(), now))
    });
    compared.await
}

fn fault(failure: &Failure) -> Fault {
    match failure.status < 500 {
        true => validation(failure.text.clone()),
        false => CloudwatchFaults::internal(failure),
    }
}

/// Pure. `found` are the series that are there, with their values.
pub fn together(
    rule: &PromQlRule,
    alarm: &Alarm,
    found: Vec<(BTreeMap<String, String>, f64)>,
    now: Timestamp,
) -> Together {
    let (pending, recovery) = (
        rule.pending_seconds.unwrap_or(0),
        rule.recovery_seconds.unwrap_or(0),
    );
    let mut all = alarm.contributors.clone();
    all.retain(|_, it| !contributors::is_over(it));
    let kept: usize = all.values().map(at_most).sum();
    let mut room = MOST_BYTES.saturating_sub(kept);
    let (mut partial, mut alarming) = (false, 0);
    let mut there = BTreeSet::new();
    for (attributes, value) in found {
        let id = contributors::id(&attributes);
        if let Some(known) = all.get_mut(&id) {
            if known.state == StateValue::Alarm {
                known.otherwise_since = None;
            } else if has_lasted(known, pending, now) {
                turn(known, StateValue::Alarm, returned(pending, value), now);
            }
        } else {
            let mut new = Contributor {
                attributes,
                state: StateValue::Ok,
                reason: String::new(),
                changed_at: now,
                told: StateValue::Ok,
                otherwise_since: None,
            };
            if has_lasted(&mut new, pending, now) {
                turn(&mut new, StateValue::Alarm, returned(pending, value), now);
            }
            let bytes = at_most(&new);
            if bytes <= room.min(MOST_BYTES_OF_ONE) {
                room -= bytes;
                all.insert(id.clone(), new);
            } else {
                partial = true;
                alarming += usize::from(new.state == StateValue::Alarm);
            }
        }
        there.insert(id);
    }
    for (_, it) in all.iter_mut().filter(|it| !there.contains(it.0)) {
        if it.state != StateValue::Alarm {
            it.otherwise_since = None;
        } else if has_lasted(it, recovery, now) {
            turn(it, StateValue::Ok, gone(recovery), now);
        }
    }
    let in_alarm = all.values().filter(|it| it.state == StateValue::Alarm);
    alarming += in_alarm.count();
    let state = match alarming {
        0 => (
            StateValue::Ok,
            "No time series evaluated to ALARM".to_owned(),
        ),
        count => (
            StateValue::Alarm,
            format!("{count} time series evaluated to ALARM"),
        ),
    };
    Together {
        contributors: all,
        partial,
        state: Some(state),
        at: now,
    }
}

/// Whether the query has asked for another state of a series for so many seconds; it does now.
fn has_lasted(of: &mut Contributor, seconds: u32, now: Timestamp) -> bool {
    // What a clock that was ahead has left counts from now.
    let since = of.otherwise_since.map_or(now, |it| it.min(now));
    of.otherwise_since = Some(since);
    now.since(since).as_secs() >= u64::from(seconds)
}

fn turn(of: &mut Contributor, state: StateValue, reason: String, now: Timestamp) {
    of.state = state;
    of.reason = reason;
    of.changed_at = now;
    of.otherwise_since = None;
}

/// Bytes of a series as the record has it, now and later.
fn at_most(of: &Contributor) -> usize {
    contributors::weight(of) + LATER.saturating_sub(of.reason.len())
}

fn returned(seconds: u32, value: f64) -> String {
    let shown = number(value);
    let value = match shown.len() > LONGEST_NUMBER {
        true => format!("{value:e}"),
        false => shown,
    };
    format!(
        "The query has returned the time series for {seconds} seconds or longer. The most recent value: [{value}]."
    )
}

fn gone(seconds: u32) -> String {
    format!("The query has not returned the time series for {seconds} seconds or longer.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Watches;

    const HOUR: i64 = 1_795_392_000_000;

    fn rule(pending: u32, recovery: u32) -> PromQlRule {
        PromQlRule {
            query: "up == 0".to_owned(),
            pending_seconds: Some(pending),
            recovery_seconds: Some(recovery),
            interval_seconds: 10,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(HOUR + second * 1000)
    }

    fn series(name: &str) -> (BTreeMap<String, String>, f64) {
        (BTreeMap::from([("job".to_owned(), name.to_owned())]), 7.0)
    }

    /// What becomes of an alarm at a look, and how many of its series are in ALARM.
    fn look(
        of: &PromQlRule,
        alarm: &mut Alarm,
        names: &[&str],
        second: i64,
    ) -> (StateValue, usize) {
        let found = names.iter().map(|it| series(it)).collect();
        let made = together(of, alarm, found, at(second));
        assert!(!made.partial);
        alarm.contributors = made.contributors;
        // Their actions are taken.
        alarm
            .contributors
            .values_mut()
            .for_each(|it| it.told = it.state);
        let alarming = alarm.contributors.values();
        let alarming = alarming.filter(|it| it.state == StateValue::Alarm).count();
        (made.state.unwrap().0, alarming)
    }

    fn alarm() -> Alarm {
        let watches = Watches::PromQl(Box::new(rule(0, 0)));
        Alarm::new("a".to_owned(), watches, at(0))
    }

    #[test]
    fn a_series_is_in_alarm_once_it_was_there_for_the_pending_period() {
        use StateValue::{Alarm as A, Ok as O};
        let (rule, mut alarm) = (rule(20, 30), alarm());
        assert_eq!(look(&rule, &mut alarm, &[], 0), (O, 0));
        assert_eq!(look(&rule, &mut alarm, &["a", "b"], 10), (O, 0));
        // One that is not there for a moment begins again.
        assert_eq!(look(&rule, &mut alarm, &["a"], 20), (O, 0));
        assert_eq!(look(&rule, &mut alarm, &["a", "b"], 30), (A, 1));
        assert_eq!(look(&rule, &mut alarm, &["a", "b"], 50), (A, 2));
        // And stays so until it was not there for the recovery period.
        assert_eq!(look(&rule, &mut alarm, &["b"], 60), (A, 2));
        assert_eq!(look(&rule, &mut alarm, &["a", "b"], 80), (A, 2));
        assert_eq!(look(&rule, &mut alarm, &["b"], 90), (A, 2));
        assert_eq!(look(&rule, &mut alarm, &[], 120), (A, 1));
        assert_eq!(look(&rule, &mut alarm, &[], 150), (O, 0));
        assert_eq!(look(&rule, &mut alarm, &[], 160), (O, 0));
        assert_eq!(
            alarm.contributors.len(),
            0,
            "nothing is kept of what is over"
        );
    }

    #[test]
    fn without_periods_a_series_is_what_the_query_says() {
        use StateValue::{Alarm as A, Ok as O};
        let (rule, mut alarm) = (rule(0, 0), alarm());
        assert_eq!(look(&rule, &mut alarm, &["a"], 0), (A, 1));
        let one = alarm.contributors.values().next().unwrap();
        assert_eq!(
            one.reason,
            "The query has returned the time series for 0 seconds or longer. The most recent value: [7.0]."
        );
        assert_eq!(look(&rule, &mut alarm, &[], 10), (O, 0));
    }

    #[test]
    fn a_clock_that_was_ahead_holds_no_series_back() {
        let (rule, mut alarm) = (rule(20, 30), alarm());
        look(&rule, &mut alarm, &["a"], 100_000);
        look(&rule, &mut alarm, &["a"], 0);
        assert_eq!(look(&rule, &mut alarm, &["a"], 20), (StateValue::Alarm, 1));
    }

    #[test]
    fn what_is_kept_does_not_grow_out_of_its_bound() {
        let (rule, mut alarm) = (rule(20, 30), alarm());
        let all = || (0..5000).map(|it| (series(&it.to_string()).0, f64::MIN_POSITIVE / -3.0));
        let mut seen = 0;
        for (second, found) in [
            (0, all().collect()),
            (20, all().collect()),
            (30, Vec::new()),
        ] {
            let made = together(&rule, &alarm, found, at(second));
            let bytes = serde_json::to_vec(&made.contributors).unwrap().len();
            assert!(bytes <= MOST_BYTES, "{bytes} after {second} seconds");
            seen = made.contributors.len();
            alarm.contributors = made.contributors;
        }
        assert!(seen > 500, "{seen}");
        let one = alarm.contributors.values().next().unwrap();
        assert_eq!(one.state, StateValue::Alarm);
        assert!(one.reason.len() <= LATER, "{}", one.reason);
    }

    #[test]
    fn an_alarm_knows_of_more_series_than_it_keeps() {
        let (rule, alarm) = (rule(0, 0), alarm());
        let large = |it: u32| series(&format!("{it}{}", "x".repeat(10_000)));
        let made = together(&rule, &alarm, (0..100).map(large).collect(), at(0));
        assert!(made.partial && made.contributors.len() < 100);
        let (state, reason) = made.state.unwrap();
        assert_eq!(state, StateValue::Alarm);
        assert_eq!(reason, "100 time series evaluated to ALARM");
    }
}
