use proptest::prelude::*;

use super::*;

/// A Monday, midnight.
const BEGIN: i64 = 1_795_392_000 - 1_795_392_000 % DAY;

/// Normal noise from a seed, by the sum of twelve even numbers.
struct Noise(u64);

impl Noise {
    fn even(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }
}

fn season(at: i64) -> f64 {
    let turn =
        |cycle: i64| (at.rem_euclid(cycle) as f64 / cycle as f64 * std::f64::consts::TAU).sin();
    100.0 + 40.0 * turn(DAY) + 10.0 * turn(WEEK)
}

fn series(days: i64, period: i64, of: impl FnMut(i64) -> f64) -> Vec<(i64, f64)> {
    let mut of = of;
    (0..days * DAY / period)
        .map(|it| BEGIN + it * period)
        .map(|at| (at, of(at)))
        .collect()
}

fn fit(points: &[(i64, f64)], period: i64, settings: Settings) -> Model {
    let end = points.last().unwrap().0 + period;
    Model::fit(points, period, end, settings).unwrap()
}

/// The part of points that are within the band.
fn within(model: &Model, points: &[(i64, f64)], deviations: f64) -> f64 {
    let inside = points.iter().filter(|(at, value)| {
        let (upper, lower) = model.band(*at, deviations);
        (lower..=upper).contains(value)
    });
    inside.count() as f64 / points.len() as f64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_follows_a_seasonal_series_is_in_its_band_and_a_jump_is_not(
        seed in any::<u64>(),
        noise in 0.5f64..5.0,
        period in prop::sample::select(vec![300i64, 900, 3600]),
        days in prop::sample::select(vec![5i64, 15, 28]),
    ) {
        let mut random = Noise(seed);
        // A week is looked at: of the few points of one day, chance puts a third outside now and then.
        let all = series(days + 7, period, |at| season(at) + noise * random.normal());
        let (known, next) = all.split_at((days * DAY / period) as usize);
        let model = fit(known, period, Settings::default());
        let (two, three) = (within(&model, next, 2.0), within(&model, next, 3.0));
        prop_assert!(two >= 0.75 && three >= 0.9, "{two} {three}");
        // The band is of use: it does not hold what is far from usual.
        let jump: Vec<_> = next.iter().map(|it| (it.0, it.1 + 80.0)).collect();
        let fallen: Vec<_> = next.iter().map(|it| (it.0, it.1 - 80.0)).collect();
        let (above, below) = (within(&model, &jump, 3.0), within(&model, &fallen, 3.0));
        prop_assert!(above <= 0.05 && below <= 0.05, "{above} {below}");
        // More deviations make it wider, evenly about the level.
        let at = next[0].0;
        let (narrow, wide) = (model.band(at, 1.0), model.band(at, 4.0));
        prop_assert!(wide.0 > narrow.0 && wide.1 < narrow.1 && narrow.0 > narrow.1);
    }

    #[test]
    fn outliers_and_gaps_change_little(seed in any::<u64>(), every in 20usize..60) {
        let mut random = Noise(seed);
        let clean = series(15, 300, |at| season(at) + random.normal());
        let mut rough = clean.clone();
        rough.iter_mut().step_by(every).for_each(|it| it.1 += 1000.0);
        rough.retain(|_| random.even() > 0.2);
        let (clean_model, rough_model) = (
            fit(&clean, 300, Settings::default()),
            fit(&rough, 300, Settings::default()),
        );
        let at = BEGIN + 15 * DAY;
        for hour in 0..24 {
            let (a, b) = (clean_model.band(at + hour * HOUR, 3.0), rough_model.band(at + hour * HOUR, 3.0));
            prop_assert!((a.0 - b.0).abs() < 6.0 && (a.1 - b.1).abs() < 6.0, "{a:?} {b:?}");
        }
    }

    #[test]
    fn any_points_come_to_bounds_in_their_order_or_to_nothing(
        points in prop::collection::btree_map(0i64..40 * DAY, any::<f64>(), 0..200),
        period in prop::sample::select(vec![1i64, 60, 420, 3600, 7 * HOUR, DAY]),
        spikes in any::<bool>(),
    ) {
        let points: Vec<_> = points.into_iter().collect();
        let settings = Settings { spikes, ..Settings::default() };
        if let Some(model) = Model::fit(&points, period, 40 * DAY, settings) {
            for at in [0, DAY, 40 * DAY, i64::MAX, i64::MIN] {
                let (upper, lower) = model.band(at, 2.0);
                prop_assert!(upper >= lower, "{upper} {lower}");
            }
        }
    }
}

#[test]
fn too_few_points_say_nothing() {
    let points = series(1, 3600, |_| 1.0);
    let model = |count: usize| Model::fit(&points[..count], 3600, BEGIN + DAY, Settings::default());
    assert!(model(LEAST).is_some() && model(LEAST - 1).is_none());
    let unknown: Vec<_> = points.iter().map(|it| (it.0, f64::NAN)).collect();
    assert_eq!(
        Model::fit(&unknown, 3600, BEGIN + DAY, Settings::default()),
        None
    );
    assert_eq!(Model::fit(&[], 60, 0, Settings::default()), None);
}

#[test]
fn a_constant_series_has_no_width_and_zero_no_bound_below() {
    let model = fit(&series(20, 900, |_| 7.1), 900, Settings::default());
    assert_eq!(model.band(BEGIN + 20 * DAY + 1234, 2.0), (7.1, 7.1));
    let mut random = Noise(1);
    let counts = fit(
        &series(5, 300, |_| random.normal().max(0.0)),
        300,
        Settings::default(),
    );
    assert_eq!(counts.band(BEGIN, 3.0).1, 0.0);
    let mut random = Noise(1);
    let signed = fit(
        &series(5, 300, |_| random.normal()),
        300,
        Settings::default(),
    );
    assert!(signed.band(BEGIN, 3.0).1 < -2.0);
}

/// Most minutes have nothing, some have something: that is no anomaly.
#[test]
fn a_sparse_series_has_room_for_what_it_has_at_times() {
    let mut random = Noise(2);
    let points = series(5, 300, |_| if random.even() < 0.1 { 5.0 } else { 0.0 });
    let model = fit(&points, 300, Settings::default());
    let (upper, _) = model.band(BEGIN + 5 * DAY, 3.0);
    assert!((5.0..20.0).contains(&upper), "{upper}");
    // Once in a day is no habit.
    let points = series(5, 300, |at| if at.rem_euclid(DAY) == 0 { 5.0 } else { 0.0 });
    let model = fit(&points, 300, Settings::default());
    assert!(model.band(BEGIN + 5 * DAY + 12 * HOUR, 3.0).0 < 5.0);
}

#[test]
fn what_lasts_becomes_normal_as_fast_as_is_wanted() {
    let mut random = Noise(3);
    let end = BEGIN + 10 * DAY;
    // It has been higher for a day and a half.
    let points = series(10, 300, |at| {
        let more = if at >= end - 36 * HOUR { 500.0 } else { 0.0 };
        100.0 + more + random.normal()
    });
    let upper = |adapts: i64| {
        let settings = Settings {
            adapts,
            ..Settings::default()
        };
        fit(&points, 300, settings).band(end, 2.0).0
    };
    let (fast, normal, slow) = (upper(12 * HOUR), upper(2 * DAY), upper(7 * DAY));
    assert!(
        fast > 580.0 && normal > 580.0 && slow < 300.0,
        "{fast} {normal} {slow}"
    );
}

#[test]
fn stricter_filters_make_narrower_bands() {
    let mut random = Noise(4);
    let points = series(5, 300, |_| {
        let wide = if random.even() < 0.05 { 5.0 } else { 1.0 };
        wide * random.normal()
    });
    let width = |outliers: f64| {
        let settings = Settings {
            outliers,
            ..Settings::default()
        };
        let (upper, lower) = fit(&points, 300, settings).band(BEGIN, 1.0);
        upper - lower
    };
    assert!(width(3.0) < width(4.0) && width(4.0) < width(8.0));
}

#[test]
fn spikes_of_most_days_are_expected_if_they_are_said_to_be() {
    let mut random = Noise(5);
    // A job runs at ten past three.
    let of = |at: i64| {
        if at.rem_euclid(DAY) == 3 * HOUR + 600 {
            300.0
        } else {
            20.0
        }
    };
    let points = series(10, 300, |at| of(at) + random.normal());
    let at = BEGIN + 10 * DAY + 3 * HOUR + 600;
    let upper = |spikes: bool| {
        let settings = Settings {
            spikes,
            ..Settings::default()
        };
        fit(&points, 300, settings).band(at, 2.0).0
    };
    assert!(upper(false) < 100.0 && upper(true) > 300.0);
    // Other hours are as they were.
    let settings = Settings {
        spikes: true,
        ..Settings::default()
    };
    assert!(fit(&points, 300, settings).band(at + 4 * HOUR, 2.0).0 < 40.0);
}

#[test]
fn hours_are_those_of_the_wall() {
    // It is low until nine in Berlin, in winter and in summer: the clock changed on 2026-10-25.
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    let end = Timestamp::parse_iso8601("2026-10-31T00:00:00Z")
        .unwrap()
        .millis()
        / 1000;
    let at = |it: i64| end - 14 * DAY + it * 300;
    let of = |at: i64| {
        if wall(zone, at).rem_euclid(DAY) < 9 * HOUR {
            1.0
        } else {
            100.0
        }
    };
    let points: Vec<_> = (0..14 * 288).map(|it| (at(it), of(at(it)))).collect();
    // About half past seven of UTC, the middle of an hour, is half past eight on the wall now; in summer it was nine.
    let level = |zone: Zone| {
        let settings = Settings {
            zone,
            ..Settings::default()
        };
        let model = Model::fit(&points, 300, end, settings).unwrap();
        model.band(end + 7 * HOUR + 1800 - 150, 1e-9).0.round()
    };
    assert_eq!((level(zone), level(Zone::UTC)), (1.0, 100.0));
}
