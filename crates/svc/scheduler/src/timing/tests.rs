use proptest::prelude::*;

use super::*;

fn next(schedule: &Schedule) -> Option<Moment> {
    Times::of(schedule)?.next()
}

fn due(schedule: &Schedule, now: Timestamp) -> Option<Moment> {
    let times = Times::of(schedule)?;
    let first = times.next().filter(|it| it.due <= now)?;
    Some(times.last_due(first, now))
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso8601(text).unwrap()
}

fn schedule(expression: &str, created: &str) -> Schedule {
    let created = at(created);
    Schedule {
        kms_key: None,
        sealed: None,
        group: "default".to_owned(),
        name: "s".to_owned(),
        when: When {
            expression: expression.to_owned(),
            zone: "UTC".to_owned(),
            start: None,
            end: None,
            window_minutes: 0,
        },
        target: serde_json::Value::Null,
        description: None,
        enabled: true,
        delete_after: false,
        created_at: created,
        changed_at: created,
        done_until: created - Duration::from_millis(1),
        incarnation: "i".to_owned(),
        token: None,
        unknown: Default::default(),
    }
}

fn moments(mut schedule: Schedule, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(moment) = next(&schedule).filter(|_| found.len() < count) {
        schedule.done_until = moment.at;
        found.push(moment.at.iso8601_seconds());
    }
    found
}

#[test]
fn a_rate_begins_at_once_or_at_its_start() {
    let it = schedule("rate(5 minutes)", "2026-11-22T10:00:00Z");
    assert_eq!(
        moments(it.clone(), 2),
        ["2026-11-22T10:00:00Z", "2026-11-22T10:05:00Z"]
    );
    let mut it = it;
    it.when.start = Some(at("2026-11-23T00:00:00Z"));
    it.when.end = Some(at("2026-11-23T00:09:00Z"));
    assert_eq!(
        moments(it, 5),
        ["2026-11-23T00:00:00Z", "2026-11-23T00:05:00Z"]
    );
}

#[test]
fn dates_bound_a_cron_and_not_a_single_moment() {
    let mut it = schedule("cron(0 0 * * ? *)", "2026-11-22T10:00:00Z");
    it.when.start = Some(at("2026-11-25T00:00:00Z"));
    it.when.end = Some(at("2026-11-26T00:00:00Z"));
    assert_eq!(
        moments(it.clone(), 5),
        ["2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"]
    );
    it.when.expression = "at(2026-11-24T00:00:00)".to_owned();
    assert_eq!(moments(it, 5), ["2026-11-24T00:00:00Z"]);
}

/// EventBridge Scheduler skips moments of a cron that the clock skips; a schedule that has one alone is not lost.
#[test]
fn a_single_moment_that_the_clock_skips_comes_an_hour_later() {
    let mut it = schedule("at(2026-03-29T02:30:00)", "2026-03-28T00:00:00Z");
    it.when.zone = "Europe/Berlin".to_owned();
    assert_eq!(moments(it.clone(), 2), ["2026-03-29T01:30:00Z"]);
    assert_eq!(due(&it, at("2026-03-29T01:29:59Z")), None);
    assert!(due(&it, at("2026-03-29T01:30:00Z")).is_some());
    it.when.expression = "cron(30 2 * * ? *)".to_owned();
    assert_eq!(
        moments(it, 2),
        ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z"]
    );
}

#[test]
fn moments_that_nobody_was_there_for_are_one() {
    let it = schedule("rate(1 minute)", "2026-01-01T00:00:00Z");
    let found = due(&it, at("2026-11-22T10:00:30Z")).unwrap();
    assert_eq!(found.at, at("2026-11-22T10:00:00Z"));
    // One that is rare, and was missed twice.
    let it = schedule("cron(0 0 1 * ? *)", "2026-01-15T00:00:00Z");
    let found = due(&it, at("2026-03-20T00:00:00Z")).unwrap();
    assert_eq!(found.at, at("2026-03-01T00:00:00Z"));
    let it = schedule("at(2026-11-22T10:00:00)", "2026-01-01T00:00:00Z");
    assert_eq!(due(&it, at("2026-11-22T09:59:59Z")), None);
    assert_eq!(
        due(&it, at("2026-11-29T00:00:00Z")).unwrap().at,
        at("2026-11-22T10:00:00Z")
    );
}

#[test]
fn what_is_refused() {
    let ok = When {
        expression: "rate(1 hour)".to_owned(),
        zone: "Europe/Berlin".to_owned(),
        start: Some(Timestamp(5)),
        end: Some(Timestamp(6)),
        window_minutes: 0,
    };
    assert!(check(&ok).is_ok());
    for bad in [
        When {
            expression: "rate(0 hours)".to_owned(),
            ..ok.clone()
        },
        When {
            zone: "CEST".to_owned(),
            ..ok.clone()
        },
        When {
            end: Some(Timestamp(5)),
            ..ok.clone()
        },
    ] {
        assert_eq!(check(&bad).unwrap_err().code, "ValidationException");
    }
}

proptest! {
    #[test]
    fn a_window_is_held_and_the_same_each_time(minutes in 1u32..=1440, created in 0i64..4_000_000_000_000) {
        let mut it = schedule("rate(1 day)", "2026-01-01T00:00:00Z");
        it.changed_at = Timestamp(created);
        it.done_until = Timestamp(created - 1);
        it.when.window_minutes = minutes;
        let moment = next(&it).unwrap();
        prop_assert_eq!(moment.at, Timestamp(created));
        prop_assert!(moment.due >= moment.at);
        prop_assert!(moment.due < moment.at + Duration::from_secs(u64::from(minutes) * 60));
        prop_assert_eq!(next(&it), Some(moment));
    }

    /// Whenever one looks, the moment found is the last one due, and none comes twice.
    #[test]
    fn looks_find_what_is_due(looks in prop::collection::vec(1i64..100_000_000, 1..20)) {
        let mut it = schedule("cron(0 */7 ? * MON-FRI *)", "2026-01-01T00:00:00Z");
        let mut now = it.created_at;
        for ahead in looks {
            now = Timestamp(now.millis() + ahead);
            if let Some(moment) = due(&it, now) {
                prop_assert!(moment.at > it.done_until && moment.at <= now);
                it.done_until = moment.at;
            }
            prop_assert!(next(&it).is_none_or(|it| it.at > now));
        }
    }
}
