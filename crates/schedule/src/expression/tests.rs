use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso8601(text).unwrap()
}

/// The next moments of an expression, in UTC.
fn next(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let expression = Expression::parse(expression).unwrap();
    let zone: Zone = zone.parse().unwrap();
    let mut after = at(after);
    let mut found = Vec::new();
    for _ in 0..count {
        let Some(moment) = expression.next(at("2026-01-01T00:00:00Z"), after, zone) else {
            break;
        };
        found.push(moment.iso8601_seconds());
        after = moment;
    }
    found
}

#[test]
fn expressions_as_aws_documents_them() {
    for (expression, after, expected) in [
        (
            "at(2026-11-22T10:00:00)",
            "2026-11-22T09:00:00Z",
            vec!["2026-11-22T10:00:00Z"],
        ),
        ("at(2026-11-22T10:00:00)", "2026-11-22T10:00:00Z", vec![]),
        (
            "rate(1 minute)",
            "2025-12-31T00:00:00Z",
            vec!["2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"],
        ),
        (
            "rate(2 days)",
            "2026-01-02T23:00:00Z",
            vec!["2026-01-03T00:00:00Z", "2026-01-05T00:00:00Z"],
        ),
        (
            "cron(0 10 * * ? *)",
            "2026-11-22T10:00:00Z",
            vec!["2026-11-23T10:00:00Z"],
        ),
        (
            "cron(15 12 * * ? *)",
            "2026-11-22T10:00:00Z",
            vec!["2026-11-22T12:15:00Z"],
        ),
        (
            "cron(0 18 ? * MON-FRI *)",
            "2026-11-20T19:00:00Z",
            vec!["2026-11-23T18:00:00Z"],
        ),
        (
            "cron(0 8 1 * ? *)",
            "2026-11-22T00:00:00Z",
            vec!["2026-12-01T08:00:00Z", "2027-01-01T08:00:00Z"],
        ),
        (
            "cron(0/15 * * * ? *)",
            "2026-11-22T10:01:00Z",
            vec!["2026-11-22T10:15:00Z", "2026-11-22T10:30:00Z"],
        ),
        (
            "cron(0/5 8-17 ? * MON-FRI *)",
            "2026-11-20T17:55:00Z",
            vec!["2026-11-23T08:00:00Z"],
        ),
        // The last day of the month, the last Friday, the second Monday, the weekday nearest to the 15th.
        (
            "cron(0 0 L * ? *)",
            "2026-02-01T00:00:00Z",
            vec!["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"],
        ),
        (
            "cron(15 10 ? * 6L 2026-2027)",
            "2026-11-01T00:00:00Z",
            vec!["2026-11-27T10:15:00Z", "2026-12-25T10:15:00Z"],
        ),
        (
            "cron(0 9 ? * 2#2 *)",
            "2026-11-01T00:00:00Z",
            vec!["2026-11-09T09:00:00Z", "2026-12-14T09:00:00Z"],
        ),
        (
            "cron(0 9 15W * ? *)",
            "2026-11-01T00:00:00Z",
            vec!["2026-11-16T09:00:00Z", "2026-12-15T09:00:00Z"],
        ),
        (
            "cron(0 0 1 1 ? 2027)",
            "2026-11-01T00:00:00Z",
            vec!["2027-01-01T00:00:00Z"],
        ),
        (
            "cron(0 0 ? JAN SUN,SAT *)",
            "2026-11-01T00:00:00Z",
            vec!["2027-01-02T00:00:00Z", "2027-01-03T00:00:00Z"],
        ),
        // A day that no month has.
        ("cron(0 0 30 2 ? *)", "2026-11-01T00:00:00Z", vec![]),
    ] {
        let count = expected.len().max(1);
        assert_eq!(
            next(expression, "UTC", after, count),
            expected,
            "{expression}"
        );
    }
}

#[test]
fn times_are_those_of_the_wall() {
    let daily = "cron(30 2 * * ? *)";
    // In spring 2:30 does not happen; New York goes from 2:00 to 3:00 on 8 March 2026.
    assert_eq!(
        next(daily, "America/New_York", "2026-03-06T12:00:00Z", 3),
        [
            "2026-03-07T07:30:00Z",
            "2026-03-09T06:30:00Z",
            "2026-03-10T06:30:00Z"
        ]
    );
    // In autumn 1:30 happens twice, and counts once: 1 November 2026.
    assert_eq!(
        next(
            "cron(30 1 * * ? *)",
            "America/New_York",
            "2026-10-31T12:00:00Z",
            2
        ),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
    assert_eq!(
        next(
            "at(2026-03-29T02:30:00)",
            "Europe/Berlin",
            "2026-03-01T00:00:00Z",
            1
        ),
        ["2026-03-29T01:30:00Z"],
        "what happens once happens, at half past three"
    );
    assert_eq!(
        next(
            "at(2026-07-01T12:00:00)",
            "Europe/Berlin",
            "2026-03-01T00:00:00Z",
            1
        ),
        ["2026-07-01T10:00:00Z"]
    );
    assert!("Mars/Olympus".parse::<Zone>().is_err());
}

#[test]
fn what_aws_would_not_take() {
    for text in [
        "",
        "rate",
        "rate()",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(5 seconds)",
        "rate(-5 minutes)",
        "rate(+5 minutes)",
        "rate(5  minutes)",
        "rate(99999999999 days)",
        "at(now)",
        "at(2026-11-22)",
        "at(2026-13-01T00:00:00)",
        "at(2026-11-22T10:00:00Z)",
        "cron()",
        "cron(* * * * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(60 10 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 10 32 * ? *)",
        "cron(0 10 * 13 ? *)",
        "cron(0 10 ? * 8 *)",
        "cron(0 10 * * ? 1969)",
        "cron(0 10 * * ? 2200)",
        "cron(@daily)",
        "cron(0 10 * * ? *",
        "every(1 day)",
        "cron(0 0 * * ? * *)",
        "cron(? 10 * * ? *)",
    ] {
        assert!(Expression::parse(text).is_err(), "{text}");
    }
}

#[test]
fn schedulers_of_one_may_have_plurals() {
    let every = |text: &str| match Expression::of_scheduler(text) {
        Ok(Expression::Rate(every)) => Some(every.as_secs()),
        _ => None,
    };
    for (text, seconds) in [
        ("rate(1 minutes)", Some(60)),
        ("rate(1 hours)", Some(3_600)),
        ("rate(1 day)", Some(86_400)),
        ("rate(2 days)", Some(172_800)),
        ("rate(2 day)", None),
        ("rate(0 hours)", None),
        ("rate(1 hourss)", None),
        ("rate(1 s)", None),
    ] {
        assert_eq!(every(text), seconds, "{text}");
    }
    assert!(Expression::of_scheduler("cron(0 3 ? * MON-FRI *)").is_ok());
}

/// Random expressions against another implementation (`goldens/generate.py`).
#[test]
fn moments_are_those_that_croniter_finds() {
    #[derive(serde::Deserialize)]
    struct Golden {
        expression: String,
        after: String,
        moments: Vec<String>,
    }
    let goldens: Vec<Golden> =
        serde_json::from_str(include_str!("../../goldens/cron.json")).unwrap();
    for it in goldens {
        let found = next(&it.expression, "UTC", &it.after, it.moments.len());
        assert_eq!(found, it.moments, "{} after {}", it.expression, it.after);
    }
}

proptest! {
    /// Whatever the text, it is read or refused, and a search for its time ends.
    #[test]
    fn any_text_is_read_or_refused(text in "(at|rate|cron)\\([0-9A-Z*?/,#LW -]{0,30}\\)", after in 0i64..4_000_000_000_000) {
        if let Ok(it) = Expression::parse(&text) {
            let after = Timestamp::from_millis(after);
            if let Some(found) = it.next(Timestamp::from_millis(0), after, Zone::UTC) {
                prop_assert!(found > after);
            }
        }
    }

    /// Moments of an expression depend on where one looks from only in what is left out.
    #[test]
    fn nothing_lies_between(minute in 0u32..60, step in 1u32..30, hour in 0u32..24, after in 1_500_000_000_000i64..2_500_000_000_000, ahead in 0i64..86_400_000) {
        let it = Expression::parse(&format!("cron({minute}/{step} {hour} * * ? *)")).unwrap();
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let begin = Timestamp::from_millis(0);
        let first = it.next(begin, Timestamp::from_millis(after), zone).unwrap();
        let later = Timestamp::from_millis(after + ahead);
        if later < first {
            prop_assert_eq!(it.next(begin, later, zone), Some(first));
        }
    }

    /// The last moment is the one that going through all of them ends at.
    #[test]
    fn the_last_moment_is_that_of_going_through_all(hour in 0u32..24, weekday in 1u32..8, minutes in 7u32..90, after in 1_700_000_000_000i64..1_800_000_000_000, hours in 0i64..2000) {
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let (after, begin) = (Timestamp::from_millis(after), Timestamp::from_millis(1_600_000_000_000));
        let until = after + Duration::from_secs(hours.unsigned_abs() * 3600);
        for text in [format!("cron(5 {hour} ? * {weekday} *)"), format!("rate({minutes} minutes)")] {
            let it = Expression::parse(&text).unwrap();
            let (mut at, mut last) = (after, None);
            while let Some(next) = it.next(begin, at, zone).filter(|it| *it <= until) {
                at = next;
                last = Some(next);
            }
            prop_assert_eq!(it.last(begin, after, until, zone), last, "{}", text);
        }
    }
}
