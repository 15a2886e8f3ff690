use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso8601(text).unwrap()
}

fn calendar(expression: &str, zone: &str, start: Option<&str>, end: Option<&str>) -> Calendar {
    Calendar::new(expression, Some(zone), start.map(at), end.map(at)).unwrap()
}

#[test]
fn times_are_those_of_the_zone() {
    let morning = calendar("cron(0 8 * * ? *)", "America/New_York", None, None);
    let made = at("2026-03-07T00:00:00Z");
    let first = morning.next(made, made).unwrap();
    assert_eq!(first, at("2026-03-07T13:00:00Z"));
    // The clock goes forward on the eighth.
    assert_eq!(morning.next(made, first), Some(at("2026-03-08T12:00:00Z")));
    let once = calendar("at(2026-07-01T09:00:00)", "Europe/Berlin", None, None);
    assert_eq!(once.next(made, made), Some(at("2026-07-01T07:00:00Z")));
    assert_eq!(once.next(made, at("2026-07-01T07:00:00Z")), None);
}

#[test]
fn a_rate_counts_from_its_start_and_ends() {
    let made = at("2026-01-01T00:00:00Z");
    let (start, end) = ("2026-01-02T00:30:00Z", "2026-01-02T02:30:00Z");
    let hourly = calendar("rate(1 hour)", "UTC", Some(start), Some(end));
    let mut done = made;
    let mut found = Vec::new();
    while let Some(next) = hourly.next(made, done) {
        found.push(next.iso8601_seconds());
        done = next;
    }
    let expected = ["2026-01-02T00:30:00Z", "2026-01-02T01:30:00Z", end];
    assert_eq!(found, expected);
}

#[test]
fn moments_that_nobody_was_there_for_count_once() {
    let made = at("2020-01-01T00:00:00Z");
    let now = at("2026-05-05T05:05:30Z");
    for (expression, expected) in [
        ("rate(1 minute)", "2026-05-05T05:05:00Z"),
        ("cron(0 8 * * ? *)", "2026-05-04T08:00:00Z"),
        ("cron(0 0 29 2 ? *)", "2024-02-29T00:00:00Z"),
        ("at(2021-01-01T00:00:00)", "2021-01-01T00:00:00Z"),
    ] {
        let it = calendar(expression, "UTC", None, None);
        assert_eq!(it.due(made, made, now), Some(at(expected)), "{expression}");
        let done = at(expected);
        assert_eq!(it.due(made, done, now), None, "{expression}, again");
    }
}

#[test]
fn calendars_that_are_none() {
    let read = |expression, zone| Calendar::new(expression, zone, None, None).unwrap_err();
    for bad in [
        "",
        "at(tomorrow)",
        "rate(1 minutes)",
        "cron(* * * * *)",
        "every(day)",
    ] {
        assert_eq!(read(bad, None), BadCalendar::Expression, "{bad}");
    }
    let nowhere = Some("Mars/Olympus");
    let expected = BadCalendar::Zone("Mars/Olympus".into());
    assert_eq!(read("rate(1 minute)", nowhere), expected);
    let day = at("2026-01-01T00:00:00Z");
    let empty = Calendar::new("rate(1 minute)", None, Some(day), Some(day));
    assert_eq!(empty.unwrap_err(), BadCalendar::Reversed);
}

#[test]
fn a_change_moves_what_is_outside() {
    let bounds = Bounds::new(2, 10).unwrap();
    let change = |min, max| Change { min, max };
    for (given, current, expected) in [
        (change(Some(5), None), 3, Ok((5, 10, Some(5)))),
        (change(Some(5), None), 7, Ok((5, 10, None))),
        (change(None, Some(4)), 7, Ok((2, 4, Some(4)))),
        (change(Some(0), Some(0)), 7, Ok((0, 0, Some(0)))),
        (change(None, None), 7, Ok((2, 10, None))),
        (change(Some(11), None), 7, Err(BadBounds::Reversed)),
    ] {
        let found = given.of(bounds, current);
        let found = found.map(|(bounds, set)| (bounds.min(), bounds.max(), set));
        assert_eq!(found, expected, "{given:?} at {current}");
    }
}

proptest! {
    /// What is due is the last of all moments up to now.
    #[test]
    fn due_is_the_last_of_all(
        every in 1_u32..200,
        done in 0_u64..100_000,
        passed in 0_u64..1_000_000,
        start in prop::option::of(0_u64..500_000),
    ) {
        let made = at("2026-01-01T00:00:00Z");
        let later = |it: u64| made + Duration::from_secs(it);
        let unit = if every == 1 { "minute" } else { "minutes" };
        let text = format!("rate({every} {unit})");
        let it = Calendar::new(&text, None, start.map(later), None).unwrap();
        let (done, now) = (later(done), later(done + passed));
        let mut last = None;
        let mut from = done;
        while let Some(next) = it.next(made, from).filter(|it| *it <= now) {
            (last, from) = (Some(next), next);
        }
        prop_assert_eq!(it.due(made, done, now), last);
    }
}

#[test]
fn schedules_of_groups_are_crontabs_or_a_moment() {
    let made = at("2026-11-23T10:00:00Z");
    let of = |fields: &str, zone| Calendar::of_group(Some(fields), zone, None, None);
    let next = |fields: &str, zone| of(fields, zone).unwrap().next(made, made);
    // The 23rd is a Monday.
    assert_eq!(
        next("30 0 1 1,6,12 *", None),
        Some(at("2026-12-01T00:30:00Z"))
    );
    assert_eq!(next("0 9 * * 0", None), Some(at("2026-11-29T09:00:00Z")));
    assert_eq!(next("0 9 * * SAT", None), Some(at("2026-11-28T09:00:00Z")));
    assert_eq!(
        next("0 9 25 * 6", None),
        Some(at("2026-11-25T09:00:00Z")),
        "either day"
    );
    let berlin = next("0 8 * * *", Some("Europe/Berlin"));
    assert_eq!(berlin, Some(at("2026-11-24T07:00:00Z")));
    for bad in [
        "",
        "* * * *",
        "* * * * * *",
        "0 8 ? * *",
        "@daily",
        "61 * * * *",
    ] {
        assert_eq!(of(bad, None).unwrap_err(), BadCalendar::Expression, "{bad}");
    }
    let once = Calendar::of_group(
        None,
        Some("Europe/Berlin"),
        Some(at("2026-12-24T18:00:00Z")),
        None,
    );
    let once = once.unwrap();
    assert_eq!(once.next(made, made), Some(at("2026-12-24T18:00:00Z")));
    assert_eq!(once.next(made, at("2026-12-24T18:00:00Z")), None);
    let neither = Calendar::of_group(None, None, None, None);
    assert_eq!(neither.unwrap_err(), BadCalendar::Never);
}
