//! A look at the data of an alarm.

use wharf_base::Timestamp;
use wharf_series::Metric;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    alarm::{
        contributors,
        judge::{Bounds, Comparison, LOOKED_BEYOND, Missing, Rule, Verdict, judge},
        reason::{self, Judged, Looked},
        window,
    },
    anomaly,
    core::Core,
    fault::{expression, validation},
    fetch::{self, Range},
    math::{self, Bad, Value},
    query::{self, Query, What},
    records::{Alarm, MetricRule, MetricSource, Source, State, StateValue, StoredQuery},
    stat::Stat,
};

/// The rule of an alarm as it is judged; `None` if it says what this version does not know.
pub fn rule(of: &MetricRule) -> Option<Rule> {
    Some(Rule {
        periods: of.evaluation_periods as usize,
        datapoints: of.datapoints_to_alarm.unwrap_or(of.evaluation_periods) as usize,
        comparison: Comparison::parse(&of.comparison)?,
        missing: Missing::parse(of.treat_missing_data.as_deref())?,
    })
}

/// Seconds of a period: of the metric, or the longest of those that are in the math.
pub fn period(of: &MetricRule) -> i64 {
    periods(of).into_iter().max().unwrap_or(60)
}

/// Of the metric, or of all that say one in the math.
pub fn periods(of: &MetricRule) -> Vec<i64> {
    match &of.source {
        Source::Metric(metric) => vec![i64::from(metric.period)],
        Source::Queries(queries) => {
            let own = |it: &StoredQuery| it.metric.as_ref().map(|it| it.period).or(it.period);
            queries.iter().filter_map(own).map(i64::from).collect()
        }
    }
}

/// Seconds between two looks.
pub fn tick(of: &MetricRule) -> i64 {
    if period(of) < 60 { 10 } else { 60 }
}

/// What a look came to.
#[derive(Debug)]
pub enum Found {
    /// Another state than before.
    Other(State),
    /// The same state, by these datapoints.
    Same(Judged),
    /// Nothing that says more than before.
    Nothing,
}

/// What the data of whole periods mean.
///
/// # Errors
/// The data cannot be read, or an expression comes to nothing.
pub async fn look(
    core: &Core,
    place: &Place,
    alarm: &Alarm,
    of: &MetricRule,
    now: Timestamp,
) -> Result<Found, Fault> {
    let rule = known_rule(of)?;
    Ok(match see(core, place, of, &rule, now).await? {
        Seen::Data(looked) => {
            let verdict = judge(&rule, &looked.breaching(&rule));
            changed(alarm, &rule, &verdict, &looked)
        }
        Seen::TooFew => Found::Nothing,
    })
}

/// Whether there are data of the whole window that an alarm evaluates, by [`Looked::is_full`].
///
/// # Errors
/// As those of [`look`].
pub async fn is_full(
    core: &Core,
    place: &Place,
    of: &MetricRule,
    now: Timestamp,
) -> Result<bool, Fault> {
    let rule = known_rule(of)?;
    let seen = see(core, place, of, &rule, now).await?;
    Ok(matches!(seen, Seen::Data(looked) if looked.is_full(rule.periods)))
}

/// # Errors
/// It says what this version does not know.
pub fn known_rule(of: &MetricRule) -> Result<Rule, Fault> {
    rule(of).ok_or_else(|| validation("The alarm's rule is of another version."))
}

/// What there is to look at.
enum Seen {
    Data(Looked),
    /// Too few samples for the percentile to mean something, and the alarm is to heed that.
    TooFew,
}

async fn see(
    core: &Core,
    place: &Place,
    of: &MetricRule,
    rule: &Rule,
    now: Timestamp,
) -> Result<Seen, Fault> {
    let period = period(of);
    let seconds = now.millis().div_euclid(1000);
    // Periods end with the latest that is whole, wherever that is on the clock. Math is over those of the clock.
    let step = match of.source {
        Source::Metric(_) => tick(of),
        Source::Queries(_) => period,
    };
    let looked_at = rule.periods + LOOKED_BEYOND;
    let window = of.window.as_ref();
    let ends = window::ends(window, (period, step), looked_at, seconds);
    let data = match &of.source {
        Source::Metric(metric) => of_metric(core, place, metric, of, &ends).await?,
        Source::Queries(queries) => {
            let range = Range {
                from: ends[0],
                to: ends[looked_at],
            };
            of_queries(core, place, queries, of.threshold_metric.as_deref(), range).await?
        }
    };
    if data.too_few {
        return Ok(Seen::TooFew);
    }
    // The last point of a period, points being in their order.
    let at = |points: &[(i64, f64)], within: &[i64]| {
        let behind = points.partition_point(|it| it.0 < within[1]);
        let last = behind.checked_sub(1).map(|it| points[it]);
        last.filter(|it| it.0 >= within[0]).map(|it| it.1)
    };
    let bounds = |within: &[i64]| match &data.band {
        None => of.threshold.map(Bounds::Threshold),
        Some((upper, lower)) => Some(Bounds::Band {
            upper: at(upper, within)?,
            lower: at(lower, within)?,
        }),
    };
    let statistic = match &of.source {
        Source::Metric(metric) => Some(metric.statistic.clone()),
        Source::Queries(_) => None,
    };
    Ok(Seen::Data(Looked {
        values: ends.windows(2).map(|it| at(&data.points, it)).collect(),
        bounds: ends.windows(2).map(bounds).collect(),
        times: ends[..looked_at].to_vec(),
        period,
        statistic,
        unit: None,
        at: now,
    }))
}

fn changed(alarm: &Alarm, rule: &Rule, verdict: &Verdict, looked: &Looked) -> Found {
    let Some(after) = verdict.state else {
        return Found::Nothing;
    };
    if after == alarm.state.value {
        return Found::Same(Judged::of(verdict, looked));
    }
    Found::Other(State {
        value: after,
        reason: reason::text(rule, verdict, after, looked),
        reason_data: Some(reason::data(rule, verdict, looked)),
        updated_at: looked.at,
        changed_at: looked.at,
    })
}

/// Values at their times.
type Points = Vec<(i64, f64)>;

struct Data {
    points: Points,
    /// Upper and lower bounds, where those are a band's.
    band: Option<(Points, Points)>,
    /// Too few samples for the percentile to mean something, and the alarm is to heed that.
    too_few: bool,
}

async fn of_metric(
    core: &Core,
    place: &Place,
    source: &MetricSource,
    of: &MetricRule,
    ends: &[i64],
) -> Result<Data, Fault> {
    let stat = Stat::parse(&source.statistic).ok_or_else(|| validation("Unknown statistic"))?;
    let metric = Metric {
        account: place.account.clone(),
        region: place.region.clone(),
        namespace: source.namespace.clone(),
        name: source.name.clone(),
        dimensions: source.dimensions.clone(),
    };
    let _turn = core.reading.take(&place.account).await;
    let mut points = Vec::new();
    for (from, to, period) in window::runs(ends) {
        let span = wharf_series::Span {
            from,
            to,
            period,
            spread: stat.needs_spread(),
        };
        let found = fetch::summaries(core, &[(&metric, source.unit.as_deref())], span).await?;
        points.extend(found.into_iter().next().unwrap_or_default());
    }
    let heeds = of.low_sample_count.as_deref() == Some("ignore");
    let too_few = match stat {
        Stat::Percentile(percent) if heeds => {
            let latest = points.iter().rev().take(of.evaluation_periods as usize);
            let needed = needed(percent);
            latest.into_iter().any(|it| it.1.count < needed)
        }
        _ => false,
    };
    let points = points
        .into_iter()
        .filter_map(|(at, it)| Some((at, stat.of(&it)?)));
    Ok(Data {
        points: points.collect(),
        band: None,
        too_few,
    })
}

/// Samples without which a percentile means little, as AWS documents it.
fn needed(percent: f64) -> f64 {
    let part = percent / 100.0;
    let tail = if part >= 0.5 { 1.0 - part } else { part };
    10.0 / tail.max(f64::EPSILON)
}

/// Whether log events are counted for what an alarm looks at, which may take long.
pub fn counts(place: &Place, of: &MetricRule) -> bool {
    let Source::Queries(queries) = &of.source else {
        return false;
    };
    let wire = queries.iter().map(StoredQuery::to_wire).collect();
    query::read(place, wire).is_ok_and(|it| query::ask_rules(&it))
}

async fn of_queries(
    core: &Core,
    place: &Place,
    queries: &[StoredQuery],
    band: Option<&str>,
    range: Range,
) -> Result<Data, Fault> {
    let wire = queries.iter().map(StoredQuery::to_wire).collect();
    let queries = query::read(place, wire)?;
    let mut values = query::answer(core, place, &queries, range).await?;
    let band = match band.and_then(|it| values.remove(it)) {
        None => None,
        Some(Value::Lines(lines)) => {
            let mut lines = lines.into_iter().map(|it| it.points);
            lines.next().zip(lines.next())
        }
        // It was a band when the alarm was put.
        Some(_) => Some(Default::default()),
    };
    let shown = queries
        .iter()
        .find(|it| it.shown && values.contains_key(&it.id));
    let value = shown.and_then(|it| values.remove(&it.id));
    let points = match value {
        Some(Value::Line(line)) => line.points,
        // An array of one, as a query of Metrics Insights has it.
        Some(Value::Lines(mut lines)) if lines.len() == 1 => lines.remove(0).points,
        _ => Vec::new(),
    };
    Ok(Data {
        points,
        band,
        too_few: false,
    })
}

/// # Errors
/// They do not come to one line, or to one and a band.
pub fn checked_queries(
    place: &Place,
    queries: &[StoredQuery],
    of: &MetricRule,
) -> Result<(), Fault> {
    let wire = queries.iter().map(StoredQuery::to_wire).collect();
    let read = query::read(place, wire)?;
    let band = of.threshold_metric.as_deref();
    if let Some(id) = band {
        checked_band(&read, id)?;
    }
    let mut shown = read
        .iter()
        .filter(|it| it.shown && Some(it.id.as_str()) != band);
    let (Some(one), None) = (shown.next(), shown.next()) else {
        return Err(validation(match band {
            None => "Exactly one element of the metrics list should return data.",
            Some(_) => "Exactly two elements of the metrics list should return data.",
        }));
    };
    // Each of its lines is a contributor.
    let grouped = contributors::by(one).is_some();
    if grouped && band.is_some() {
        return Err(validation(
            "An alarm on a query of Metrics Insights with GROUP BY cannot be on an anomaly detection band.",
        ));
    }
    if read.iter().any(|it| it.what.searches()) {
        return Err(validation("SEARCH is not supported on Metric Alarms."));
    }
    // As long a time as the alarm looks at, so that what would be too large then is refused now.
    let looked_at = i64::from(of.evaluation_periods) + LOOKED_BEYOND as i64;
    let range = Range {
        from: 0,
        to: period(of) * looked_at,
    };
    anomaly::checked_bands(&read)?;
    match query::on_nothing(&read, range)?.get(&one.id) {
        Some(Value::Line(_)) => Ok(()),
        Some(Value::Lines(lines)) if lines.len() == 1 || grouped => Ok(()),
        _ => {
            let bad = Bad::new("The expression of an alarm must return a single time series");
            Err(expression(&one.id, &bad))
        }
    }
}

/// # Errors
/// The query of an alarm's bounds is no band, or does not return data.
fn checked_band(queries: &[Query], id: &str) -> Result<(), Fault> {
    let Some(query) = queries.iter().find(|it| it.id == id) else {
        return Err(validation(format!(
            "ThresholdMetricId {id} does not match an element of the metrics list."
        )));
    };
    let is_band = match &query.what {
        What::Math(of) => math::band_of(of).is_some(),
        _ => false,
    };
    match is_band && query.shown {
        true => Ok(()),
        false => Err(validation(format!(
            "ThresholdMetricId {id} must match the Id of an ANOMALY_DETECTION_BAND function that returns data."
        ))),
    }
}

/// The reason of the first state.
const UNCHECKED: &str = "Unchecked: Initial alarm creation";

/// Whether its state is older than the last moment at which it was to be looked at: one that was set since stays until
/// the next, whoever set it. One that was set in the future, by a clock that was ahead then, is as old.
pub fn is_due(alarm: &Alarm, tick: i64, now: Timestamp) -> bool {
    let since = now.millis() - now.millis().rem_euclid(tick * 1000);
    let at = alarm.state.updated_at;
    at.millis() < since || at > now || alarm.state.reason == UNCHECKED
}

/// The first state of an alarm.
pub fn unchecked(now: Timestamp) -> State {
    State {
        value: StateValue::InsufficientData,
        reason: UNCHECKED.to_owned(),
        reason_data: None,
        updated_at: now,
        changed_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_due_each_tick_whatever_the_clock_was() {
        let alarm = |at: i64| -> Alarm {
            let state = State {
                reason: "set".to_owned(),
                ..unchecked(Timestamp::from_millis(at))
            };
            let watches = crate::records::Watches::Alarms("TRUE".to_owned());
            Alarm {
                state,
                ..Alarm::new("a".to_owned(), watches, Timestamp::from_millis(0))
            }
        };
        let now = Timestamp::from_millis(600_000 + 10_000);
        // Before this minute; in it; and a day from now, which the clock showed once.
        let due = [599_999, 600_000, 609_000, 610_000, 610_001, 86_400_000];
        let due = due.map(|at| is_due(&alarm(at), 60, now));
        assert_eq!(due, [true, false, false, false, true, true]);
    }
}
