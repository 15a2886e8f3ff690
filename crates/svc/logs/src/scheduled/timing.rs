//! Which moment of a scheduled query comes next, and what time its query is about. Pure.

use std::{str::FromStr as _, time::Duration};

use wharf_base::Timestamp;
use wharf_schedule::{Expression, Zone};

use super::record::{ScheduledQuery, When};

/// How far back a query looks that does not say it, in seconds.
const LOOKS_BACK: i64 = 3600;
/// Nobody waits for longer lookbacks, in seconds: what retention keeps for the longest.
pub const LONGEST_OFFSET: i64 = 3653 * 86_400;

/// Why times are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTimes {
    #[error("Invalid scheduleExpression {0}.")]
    Expression(String),
    #[error("Invalid timezone {0}.")]
    Zone(String),
    #[error("scheduleEndTime must be later than scheduleStartTime.")]
    Order,
    #[error("startTimeOffset must be larger than endTimeOffset, and neither may be negative.")]
    Offsets,
}

pub fn check(when: &When, offsets: (Option<i64>, Option<i64>)) -> Result<(), BadTimes> {
    let read = Expression::parse(&when.expression).ok();
    if read.is_none_or(|it| it.is_once()) {
        return Err(BadTimes::Expression(when.expression.clone()));
    }
    if let Some(zone) = &when.zone
        && Zone::from_str(zone).is_err()
    {
        return Err(BadTimes::Zone(zone.clone()));
    }
    if let (Some(start), Some(end)) = (when.start, when.end)
        && end <= start
    {
        return Err(BadTimes::Order);
    }
    let (start, end) = (offsets.0.unwrap_or(LOOKS_BACK), offsets.1.unwrap_or(0));
    match 0 <= end && end < start && start <= LONGEST_OFFSET {
        true => Ok(()),
        false => Err(BadTimes::Offsets),
    }
}

/// The first moment without a run, as of now: of those that have passed the last.
pub fn next(query: &ScheduledQuery, now: Timestamp) -> Option<Timestamp> {
    let when = &query.when;
    let expression = Expression::parse(&when.expression).ok()?;
    let zone = when.zone.as_deref().map_or(Ok(Zone::UTC), Zone::from_str);
    let zone = zone.ok()?;
    let begin = when.start.unwrap_or(query.changed_at);
    let just_before = |at: Timestamp| at - Duration::from_millis(1);
    let after = when.start.map(just_before);
    let after = after.map_or(query.done_until, |it| it.max(query.done_until));
    let until = when.end.map_or(now, |end| end.min(now));
    let passed = expression.last(begin, after, until, zone);
    let next = passed.or_else(|| expression.next(begin, after, zone))?;
    when.end.is_none_or(|end| next <= end).then_some(next)
}

/// What time the query of a moment is about: seconds since 1970, both included.
pub fn about(query: &ScheduledQuery, at: Timestamp) -> (i64, i64) {
    let seconds = at.millis().div_euclid(1000);
    let start = query.start_offset.unwrap_or(LOOKS_BACK);
    let end = query.end_offset.unwrap_or(0);
    (
        seconds.saturating_sub(start).max(0),
        seconds.saturating_sub(end).max(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_iso8601(text).unwrap()
    }

    fn query(expression: &str, zone: Option<&str>) -> ScheduledQuery {
        let made = at("2026-03-28T10:00:30Z");
        ScheduledQuery {
            id: "i".to_owned(),
            name: "n".to_owned(),
            description: None,
            text: String::new(),
            groups: Vec::new(),
            when: When {
                expression: expression.to_owned(),
                zone: zone.map(str::to_owned),
                start: None,
                end: None,
            },
            start_offset: None,
            end_offset: None,
            role: String::new(),
            destination: None,
            enabled: true,
            created_at: made,
            changed_at: made,
            done_until: made,
            last: None,
            unknown: Default::default(),
        }
    }

    #[test]
    fn moments_that_passed_are_made_up_for_once() {
        let mut query = query("cron(0/5 * * * ? *)", None);
        let next =
            |query: &ScheduledQuery, now| next(query, at(now)).map(Timestamp::iso8601_seconds);
        let of = |text: &str| Some(text.to_owned());
        assert_eq!(
            next(&query, "2026-03-28T10:01:00Z"),
            of("2026-03-28T10:05:00Z")
        );
        assert_eq!(
            next(&query, "2026-03-28T12:01:00Z"),
            of("2026-03-28T12:00:00Z")
        );
        query.done_until = at("2026-03-28T12:00:00Z");
        assert_eq!(
            next(&query, "2026-03-28T12:01:00Z"),
            of("2026-03-28T12:05:00Z")
        );
        query.when.end = Some(at("2026-03-28T12:04:00Z"));
        assert_eq!(next(&query, "2026-03-28T12:01:00Z"), None);
        query.when.end = None;
        query.when.start = Some(at("2026-04-01T00:00:00Z"));
        assert_eq!(
            next(&query, "2026-03-28T12:01:00Z"),
            of("2026-04-01T00:00:00Z")
        );
    }

    #[test]
    fn moments_are_those_of_the_zone() {
        // The clocks go forward that night.
        let query = query("cron(0 9 * * ? *)", Some("Europe/Berlin"));
        let found = next(&query, at("2026-03-28T10:01:00Z")).map(Timestamp::iso8601_seconds);
        assert_eq!(found.as_deref(), Some("2026-03-29T07:00:00Z"));
    }

    #[test]
    fn what_a_query_is_about() {
        let mut query = query("rate(1 hour)", None);
        let moment = at("2026-03-28T11:00:00Z");
        let seconds = moment.millis() / 1000;
        assert_eq!(about(&query, moment), (seconds - 3600, seconds));
        query.start_offset = Some(900);
        query.end_offset = Some(300);
        assert_eq!(about(&query, moment), (seconds - 900, seconds - 300));
    }

    #[test]
    fn times_that_are_none() {
        let check = |expression: &str, zone: Option<&str>, offsets| {
            let when = query(expression, zone).when;
            check(&when, offsets).map_err(|it| it.to_string())
        };
        let fine = (None, None);
        assert_eq!(
            check("cron(0 9 * * ? *)", Some("Europe/Berlin"), fine),
            Ok(())
        );
        assert_eq!(check("rate(5 minutes)", None, (Some(60), Some(0))), Ok(()));
        for (expression, zone, offsets) in [
            ("at(2026-11-22T10:00:00)", None, fine),
            ("sometimes", None, fine),
            ("rate(5 minutes)", Some("Mars/Olympus"), fine),
            ("rate(5 minutes)", None, (Some(60), Some(60))),
            ("rate(5 minutes)", None, (Some(i64::MAX), None)),
            ("rate(5 minutes)", None, (None, Some(-1))),
        ] {
            assert!(
                check(expression, zone, offsets).is_err(),
                "{expression} {zone:?} {offsets:?}"
            );
        }
    }
}
