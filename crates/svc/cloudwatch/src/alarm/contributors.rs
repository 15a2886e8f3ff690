//! Alarms on several lines: what each line of a query with GROUP BY means, and what they mean together. The rules are
//! those of one line, for each; a line is in ALARM or OK, never without data, for without data there is none.
//!
//! - The alarm is in ALARM while one of its lines is.
//! - A line that was in ALARM and has no datapoint any more is gone, and counts as OK.
//! - Where there is no line at all, the alarm is what it says of missing data.

use std::collections::BTreeMap;

use wharf_base::{Timestamp, ids};
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{
    alarm::{
        evaluate,
        judge::{Bounds, LOOKED_BEYOND, Rule, judge},
        reason::{self, Looked},
    },
    core::Core,
    fault::validation,
    fetch::Range,
    insights, query,
    query::{Query, Reading, What},
    records::{Alarm, Contributor, MetricRule, Source, StateValue, StoredQuery},
};

/// Characters of an id.
const ID: usize = 16;
/// Bytes of what is kept of the lines of an alarm: its record is one.
pub const MOST_BYTES: usize = 256 << 10;
/// And of one of them: it stands in each message and each item of history that follows from it.
pub const MOST_BYTES_OF_ONE: usize = 16 << 10;
const GONE: &str = "The time series has no datapoints any more.";

/// A line and what was seen of it.
pub struct Seen {
    pub attributes: BTreeMap<String, String>,
    pub looked: Looked,
}

/// What all lines come to.
#[derive(Debug, PartialEq)]
pub struct Together {
    /// By their ids: those that are in ALARM, and those that were.
    pub contributors: BTreeMap<String, Contributor>,
    /// Lines went into ALARM that are too many, or too large, to be kept: for them the alarm itself speaks.
    pub partial: bool,
    /// The alarm's state with its reason; `None` if it stays.
    pub state: Option<(StateValue, String)>,
    pub at: Timestamp,
}

/// The query of an alarm on several lines, and its id.
pub fn grouped(place: &Place, of: &MetricRule) -> Option<Query> {
    let Source::Queries(queries) = &of.source else {
        return None;
    };
    let wire = queries.iter().map(StoredQuery::to_wire).collect();
    let read = query::read(place, wire).ok()?;
    let mut shown = read.iter().filter(|it| it.shown);
    shown.find(|it| by(it).is_some()).cloned()
}

/// What a query is grouped by, if it is.
pub fn by(query: &Query) -> Option<&insights::Query> {
    match &query.what {
        What::Insights(of) if !of.group_by.is_empty() => Some(of),
        _ => None,
    }
}

/// What the data of whole periods mean for each line.
///
/// # Errors
/// The data cannot be read.
pub async fn look(
    core: &Core,
    place: &Place,
    alarm: &Alarm,
    of: &MetricRule,
    asked: &Query,
    now: Timestamp,
) -> Result<Together, Fault> {
    let rule = evaluate::known_rule(of)?;
    let seen = see(core, place, of, (asked, &rule), now).await?;
    Ok(together(&rule, alarm, seen, now))
}

/// Whether there are data of the whole window that the alarm evaluates, of one of its lines.
///
/// # Errors
/// As those of [`look`].
pub async fn is_full(
    core: &Core,
    place: &Place,
    of: &MetricRule,
    asked: &Query,
    now: Timestamp,
) -> Result<bool, Fault> {
    let rule = evaluate::known_rule(of)?;
    let seen = see(core, place, of, (asked, &rule), now).await?;
    Ok(seen.iter().any(|it| it.looked.is_full(rule.periods)))
}

async fn see(
    core: &Core,
    place: &Place,
    of: &MetricRule,
    (asked, rule): (&Query, &Rule),
    now: Timestamp,
) -> Result<Vec<Seen>, Fault> {
    let query = by(asked).ok_or_else(|| validation("The alarm's query has no GROUP BY."))?;
    let period = evaluate::period(of);
    let seconds = now.millis().div_euclid(1000);
    let to = seconds - seconds.rem_euclid(period);
    let looked_at = rule.periods + LOOKED_BEYOND;
    let from = to - period * looked_at as i64;
    let times: Vec<i64> = (0..looked_at as i64).map(|it| from + it * period).collect();
    let _turn = core.reading.take(&place.account).await;
    let mut reading = Reading::new(core, place, Range { from, to });
    let measured = reading.measured(query, period).await?;
    let lines = core.compute(&place.account, {
        let query = query.clone();
        move || Ok(query.grouped(measured))
    });
    let seen = lines.await?.into_iter().map(|(values, points)| {
        let at = |moment: &i64| {
            let found = points.iter().rev();
            let mut found = found.filter(|it| (*moment..*moment + period).contains(&it.0));
            found.next().map(|it| it.1)
        };
        let looked = Looked {
            values: times.iter().map(at).collect(),
            bounds: vec![of.threshold.map(Bounds::Threshold); times.len()],
            times: times.clone(),
            period,
            statistic: None,
            unit: None,
            at: now,
        };
        Seen {
            attributes: query.group_by.iter().cloned().zip(values).collect(),
            looked,
        }
    });
    Ok(seen.collect())
}

/// Bytes of a line as it is written down.
pub fn weight(of: &Contributor) -> usize {
    serde_json::to_vec(of).map_or(0, |it| it.len()) + ID + 8
}

/// The id of a line: the same for the same attributes.
pub fn id(attributes: &BTreeMap<String, String>) -> String {
    let digest = ids::uuid_of(format!("{attributes:?}").as_bytes());
    digest.chars().filter(|it| *it != '-').take(ID).collect()
}

/// Pure.
pub fn together(rule: &Rule, alarm: &Alarm, seen: Vec<Seen>, now: Timestamp) -> Together {
    let mut contributors = alarm.contributors.clone();
    contributors.retain(|_, it| !is_over(it));
    let kept: usize = contributors.values().map(weight).sum();
    let mut room = MOST_BYTES.saturating_sub(kept);
    let mut partial = false;
    let (mut all, mut alarming) = (0, 0);
    let mut there = std::collections::BTreeSet::new();
    // Without a datapoint that can be judged there is no line.
    let seen = seen.into_iter();
    for line in seen.filter(|it| it.looked.values.iter().any(Option::is_some)) {
        let id = id(&line.attributes);
        let verdict = judge(rule, &line.looked.breaching(rule));
        let before = contributors.get(&id).map_or(StateValue::Ok, |it| it.state);
        let after = match verdict.state {
            Some(StateValue::Alarm) => StateValue::Alarm,
            Some(_) => StateValue::Ok,
            None => before,
        };
        all += 1;
        alarming += usize::from(after == StateValue::Alarm);
        if before != after {
            let known = contributors.get(&id);
            let after = Contributor {
                attributes: line.attributes,
                state: after,
                reason: reason::of_contributor(rule, &verdict, after, &line.looked),
                changed_at: now,
                told: known.map_or(StateValue::Ok, |it| it.told),
                otherwise_since: None,
            };
            let bytes = weight(&after);
            if known.is_some() {
                contributors.insert(id.clone(), after);
            } else if bytes <= room.min(MOST_BYTES_OF_ONE) {
                room -= bytes;
                contributors.insert(id.clone(), after);
            } else {
                partial = true;
            }
        }
        there.insert(id);
    }
    for (id, it) in &mut contributors {
        if it.state == StateValue::Alarm && !there.contains(id) {
            it.state = StateValue::Ok;
            GONE.clone_into(&mut it.reason);
            it.changed_at = now;
        }
    }
    let state = match (all, alarming) {
        (0, _) => {
            let verdict = judge(rule, &vec![None; rule.periods + LOOKED_BEYOND]);
            let reason = |after| reason::without_lines(rule, &verdict, after);
            verdict.state.map(|after| (after, reason(after)))
        }
        (_, 0) => Some((StateValue::Ok, evaluated(all, all, StateValue::Ok))),
        _ => Some((
            StateValue::Alarm,
            evaluated(alarming, all, StateValue::Alarm),
        )),
    };
    Together {
        contributors,
        partial,
        state,
        at: now,
    }
}

fn evaluated(of: usize, all: usize, to: StateValue) -> String {
    format!("{of} out of {all} time series evaluated to {}", to.name())
}

/// Nothing is owed about it any more, and nothing is coming.
pub fn is_over(it: &Contributor) -> bool {
    it.state == StateValue::Ok && it.told == StateValue::Ok && it.otherwise_since.is_none()
}

#[cfg(test)]
mod tests;
