use proptest::prelude::*;
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};

use super::*;

const DAY: i64 = 24 * HOUR;
/// A Monday, midnight.
const BEGIN: i64 = 1_795_392_000 - 1_795_392_000 % DAY;

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

/// Busy by day, and half of it at the weekend.
fn season(at: i64) -> f64 {
    let day = at.rem_euclid(DAY) / HOUR;
    let weekend = (at - BEGIN).rem_euclid(7 * DAY) >= 5 * DAY;
    let load = 100.0 + if (8..18).contains(&day) { 900.0 } else { 0.0 };
    if weekend { load / 2.0 } else { load }
}

fn past(now: i64, hours: i64, of: impl Fn(i64) -> f64) -> History {
    let begin = now - now.rem_euclid(HOUR);
    let load = (1..=hours).rev().map(|it| begin - it * HOUR);
    History {
        load: load.map(|at| (at, of(at))).collect(),
        ..History::default()
    }
}

#[test]
fn two_weeks_say_what_each_hour_of_the_week_needs() {
    let now = BEGIN + 18 * DAY + 100;
    let made = forecast(
        &past(now, 14 * 24, season),
        Relation::Known(0.1),
        10.0,
        moment(now),
    );
    let made = made.unwrap();
    assert_eq!(made.len(), 48);
    // From a Friday, into the weekend.
    for hour in made {
        assert_eq!(hour.load, season(hour.at), "{}", hour.at);
        assert_eq!(hour.capacity, (season(hour.at) / 100.0).ceil() as u32);
    }
}

#[test]
fn a_day_says_little_and_less_than_one_nothing() {
    let now = BEGIN + 3 * DAY;
    let made = |hours| {
        forecast(
            &past(now, hours, season),
            Relation::Known(1.0),
            1.0,
            moment(now),
        )
    };
    assert_eq!(made(23), Err(NoForecast::FewHours(23)));
    let day = made(24).unwrap();
    assert!(day.iter().all(|it| it.load == day[0].load));
    let two = made(48).unwrap();
    assert!(two[10].load > two[2].load);
}

#[test]
fn what_a_unit_carries_is_learned_where_metrics_say_it() {
    let now = BEGIN + 14 * DAY;
    let mut history = past(now, 14 * 24, |at| season(at) * 60.0);
    let hours: Vec<i64> = history.load.iter().map(|it| it.0).collect();
    // Points of five minutes, by which each hour has a mean.
    for (number, at) in hours.iter().enumerate() {
        let capacity = (number % 7 + 1) as f64;
        for part in 0..12 {
            let at_part = at + part * 300;
            history.capacity.push((at_part, capacity));
            history.scaling.push((at_part, season(*at) / capacity));
        }
    }
    let made = forecast(&history, Relation::Learned, 50.0, moment(now)).unwrap();
    for hour in &made {
        assert_eq!(hour.capacity, (season(hour.at) / 50.0).ceil() as u32);
    }
    history.scaling.truncate(12 * 20);
    let refused = forecast(&history, Relation::Learned, 50.0, moment(now));
    assert_eq!(refused, Err(NoForecast::FewTogether(20)));
}

#[test]
fn parts_of_an_hour_add_up_and_the_hour_that_goes_on_does_not_count() {
    let now = BEGIN + 2 * DAY + 1800;
    let mut history = History::default();
    for at in (BEGIN..now).step_by(300) {
        history.load.push((at, 1.0));
    }
    let made = forecast(&history, Relation::Known(1.0), 1.0, moment(now)).unwrap();
    assert!(made.iter().all(|it| it.load == 12.0 && it.capacity == 12));
}

#[test]
fn hours_that_are_over_stay_for_a_month() {
    let hour = |at, load| Hour {
        at,
        load,
        capacity: 1,
    };
    let mut kept = Vec::new();
    for made in 0..200 {
        let now = BEGIN + made * 6 * HOUR;
        let new = (0..48)
            .map(|it| hour(now + it * HOUR, made as f64))
            .collect();
        kept = continued(&kept, new, moment(now));
    }
    let last = BEGIN + 199 * 6 * HOUR;
    assert_eq!(kept.len(), (30 * 24 + 48) as usize);
    assert_eq!(kept[0].at, last - SHOWN);
    assert!(kept.windows(2).all(|it| it[1].at - it[0].at == HOUR));
    // Each as the last forecast had it before it was over.
    let over = kept.iter().find(|it| it.at == last - HOUR).unwrap();
    assert_eq!(over.load, 198.0);
}

#[test]
fn what_a_policy_forecast_by_other_metrics_is_none_of_its_own() {
    let now = BEGIN + 10 * HOUR + 60;
    let of = |target: f64, mode: &str| serde_json::json!({ "Mode": mode, "MetricSpecifications": [{ "TargetValue": target }] });
    let hours = (BEGIN..BEGIN + 20 * HOUR).step_by(3600).map(|at| Hour {
        at,
        load: 1.0,
        capacity: 7,
    });
    let made = Forecast {
        problem: Some("no points".to_owned()),
        ..Forecast::after(None, "7", Ok(hours.collect()), moment(now))
    };
    let put = |before: Option<&Value>, after: &Value| {
        let mut of = made.clone();
        of.policy_was_put(before, after, moment(now));
        assert!(Forecast::is_due(Some(&of), moment(now)));
        of
    };
    let before = of(50.0, "ForecastOnly");
    let same = put(Some(&before), &of(50.0, "ForecastAndScale"));
    assert_eq!((same.hours.len(), same.made_at), (20, Some(moment(now))));
    for before in [Some(&before), None] {
        let other = put(before, &of(5.0, "ForecastOnly"));
        assert_eq!((other.made_at, other.problem), (None, None));
        // Those that are over stay.
        assert_eq!(other.hours.len(), 10);
        assert_eq!(
            needed_by(&other.hours, moment(now), Duration::from_secs(3600)),
            None
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A week of hours in virtual time, forecast anew every six hours: capacity stands before its hour begins, carries
    /// what is forecast, and most of what comes though days differ.
    #[test]
    fn capacity_is_there_before_the_hour_that_needs_it(
        seed in any::<u64>(),
        buffer in 0u64..=3600,
        noise in 0.0f64..0.1,
        target in 1.0f64..200.0,
    ) {
        let mut random = SmallRng::seed_from_u64(seed);
        let real: Vec<f64> = (0..21 * 24)
            .map(|it| season(BEGIN + it * HOUR) * (1.0 + random.random_range(-noise..=noise)))
            .collect();
        let of = |at: i64| real[((at - BEGIN) / HOUR) as usize];
        let buffer = Duration::from_secs(buffer);
        let mut hours = Vec::new();
        let (mut carried, mut seen) = (0, 0);
        for minute in 0..6 * 24 * 60 {
            let now = BEGIN + 14 * DAY + minute * 60;
            if minute % 360 == 0 {
                let history = past(now, 14 * 24, of);
                let new = forecast(&history, Relation::Known(1.0), target, moment(now)).unwrap();
                hours = continued(&hours, new, moment(now));
            }
            let floor = needed_by(&hours, moment(now), buffer).unwrap();
            let at = |it: i64| hours.iter().find(|hour| hour.at == it).unwrap();
            let this = at(hour_of(moment(now)));
            let soon = at(hour_of(moment(now) + buffer));
            prop_assert!(floor >= this.capacity && floor >= soon.capacity);
            prop_assert!(f64::from(this.capacity) * target >= this.load * (1.0 - 1e-6));
            if minute % 60 == 0 {
                seen += 1;
                carried += u32::from(f64::from(floor) * target * 1.2 >= of(this.at));
            }
        }
        prop_assert!(carried * 10 >= seen * 9, "{} of {}", carried, seen);
    }

    #[test]
    fn whatever_was_measured_makes_no_panic(
        points in prop::collection::vec((-10_000i64..2_000_000, any::<f64>()), 0..400),
        relation in prop_oneof![Just(Relation::Learned), any::<f64>().prop_map(Relation::Known)],
        target in any::<f64>(),
    ) {
        let points: Vec<(i64, f64)> = points.iter().map(|it| (BEGIN + it.0, it.1)).collect();
        let history = History { load: points.clone(), scaling: points.clone(), capacity: points };
        if let Ok(made) = forecast(&history, relation, target, moment(BEGIN + 14 * DAY)) {
            prop_assert_eq!(made.len(), 48);
            prop_assert!(made.iter().all(|it| it.load.is_finite()));
        }
    }
}
