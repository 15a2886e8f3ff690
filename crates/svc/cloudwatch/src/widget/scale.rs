//! Scales of graphs, pure: where a value is, and at which values and times there are marks.

/// What an axis goes from and to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
}

impl Scale {
    /// Over all values; what is given wins. Never empty, always finite.
    pub fn over(values: impl Iterator<Item = f64>, low: Option<f64>, high: Option<f64>) -> Self {
        let finite = values.filter(|it| it.is_finite());
        let (mut least, mut most) = finite.fold((f64::MAX, f64::MIN), |(least, most), it| {
            (least.min(it), most.max(it))
        });
        if least > most {
            (least, most) = (0.0, 1.0);
        }
        let (mut least, mut most) = (low.unwrap_or(least), high.unwrap_or(most));
        if least >= most {
            // A flat line runs in the middle, and a bound that was given stays.
            let room = (least.abs() * 0.1).max(0.5);
            match (low, high) {
                (Some(_), _) => most = least + room,
                (None, Some(_)) => least = most - room,
                (None, None) => (least, most) = (most - room, least + room),
            }
        }
        let bound = f64::MAX / 4.0;
        Self {
            low: least.clamp(-bound, bound),
            high: most.clamp(-bound, bound),
        }
    }

    /// From 0 at the low end to 1 at the high end; beyond both for what is outside.
    pub fn share(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        match share.is_finite() {
            true => share,
            false => 0.0,
        }
    }

    /// Round values within the scale, about so many.
    pub fn marks(&self, about: usize) -> Vec<f64> {
        let step = step((self.high - self.low) / about.max(1) as f64);
        if !step.is_finite() || step <= 0.0 {
            return Vec::new();
        }
        let first = (self.low / step).ceil();
        let marks = (0..=about * 3).map(|it| (first + it as f64) * step);
        // Zero would else be shown with a sign.
        marks
            .take_while(|it| *it <= self.high)
            .map(|it| if it == 0.0 { 0.0 } else { it })
            .collect()
    }
}

/// The next 1, 2 or 5 of any power of ten.
fn step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let of = [1.0, 2.0, 5.0, 10.0];
    let found = of.into_iter().find(|it| it * power >= least * 0.999_999);
    found.unwrap_or(10.0) * power
}

/// `1.5k`, `20M`, `0.25`
pub fn shown(value: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let size = value.abs();
    if !(1e-6..1e15).contains(&size) && size != 0.0 {
        return format!("{value:.2e}");
    }
    let (unit, name) = UNITS
        .into_iter()
        .find(|it| size >= it.0)
        .unwrap_or((1.0, ""));
    let scaled = value / unit;
    let digits = match scaled.abs() {
        it if it >= 100.0 => 1,
        it if it >= 1.0 || it == 0.0 => 3,
        _ => 6,
    };
    let text = format!("{scaled:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}{name}")
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const TIME_STEPS: [i64; 17] = [
    1,
    5,
    15,
    30,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    30 * DAY,
    90 * DAY,
];

/// Round moments from the first to the last, at most so many, and what is written there: the local time.
pub fn times(from: i64, to: i64, most: usize, zone_minutes: i64) -> Vec<(i64, String)> {
    let most = i64::try_from(most.max(1)).unwrap_or(1);
    let span = (to - from).max(1);
    let step = TIME_STEPS.into_iter().find(|it| span / it < most);
    let step = step.unwrap_or_else(|| (span / most / DAY + 1) * DAY);
    let zone = zone_minutes * MINUTE;
    let first = (from + zone + step - 1).div_euclid(step) * step;
    let moments = (0..=most).map(|it| first + it * step);
    moments
        .take_while(|it| *it <= to + zone)
        .map(|it| (it - zone, moment(it, step)))
        .collect()
}

/// Of a local time: the day where it begins, or where steps are days.
fn moment(local: i64, step: i64) -> String {
    let text = wharf_base::Timestamp::from_millis(local.saturating_mul(1000)).iso8601_seconds();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    match (step >= DAY || local.rem_euclid(DAY) == 0, step < MINUTE) {
        (true, _) => part(5, 10),
        (false, true) => part(11, 19),
        (false, false) => part(11, 16),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(values: &[f64]) -> Scale {
        Scale::over(values.iter().copied(), None, None)
    }

    #[test]
    fn a_scale_is_never_empty() {
        for values in [
            &[][..],
            &[0.0],
            &[7.0, 7.0],
            &[f64::NAN],
            &[f64::MAX, f64::MIN],
            &[-1e300, 1e-300],
            &[5e-324],
        ] {
            let it = scale(values);
            assert!(
                it.low < it.high && (it.high - it.low).is_finite(),
                "{values:?}: {it:?}"
            );
            assert!(it.marks(5).len() <= 20, "{values:?}");
        }
        let given = Scale::over([5.0].into_iter(), Some(9.0), None);
        assert!(given.low == 9.0 && given.high > 9.0);
        let crossed = Scale::over([5.0].into_iter(), Some(9.0), Some(1.0));
        assert!(crossed.low < crossed.high);
    }

    #[test]
    fn marks_are_round() {
        assert_eq!(scale(&[0.0, 97.0]).marks(5), [0.0, 20.0, 40.0, 60.0, 80.0]);
        assert_eq!(scale(&[-1.0, 1.0]).marks(4), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!(
            scale(&[1234.0, 1238.0]).marks(4),
            [1234.0, 1235.0, 1236.0, 1237.0, 1238.0]
        );
        let shares: Vec<f64> = [0.0, 50.0, 200.0]
            .map(|it| scale(&[0.0, 100.0]).share(it))
            .into();
        assert_eq!(shares, [0.0, 0.5, 2.0]);
    }

    #[test]
    fn values_are_short() {
        for (value, wanted) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (1500.0, "1.5k"),
            (20e6, "20M"),
            (123.4, "123.4"),
            (100.0, "100"),
            (-3.0, "-3"),
            (1e20, "1.00e20"),
        ] {
            assert_eq!(shown(value), wanted);
        }
    }

    #[test]
    fn times_are_round_in_their_zone() {
        let at = |hour: i64, minute: i64| hour * HOUR + minute * MINUTE;
        let shown = |from, to, most, zone| -> Vec<String> {
            let all = times(from, to, most, zone);
            assert!(all.len() <= most + 1);
            all.into_iter().map(|it| it.1).collect()
        };
        assert_eq!(
            shown(at(9, 10), at(12, 10), 4, 0),
            ["10:00", "11:00", "12:00"]
        );
        assert_eq!(
            shown(at(9, 10), at(12, 10), 4, 30),
            ["10:00", "11:00", "12:00"]
        );
        assert_eq!(times(at(9, 10), at(12, 10), 4, 30)[0].0, at(9, 30));
        assert_eq!(
            shown(0, 2 * DAY, 5, 0),
            ["01-01", "12:00", "01-02", "12:00", "01-03"]
        );
        assert_eq!(
            shown(0, 20, 5, 0),
            ["01-01", "00:00:05", "00:00:10", "00:00:15", "00:00:20"]
        );
        assert!(!shown(0, 400 * 365 * DAY, 10, 0).is_empty());
    }
}
