//! Periods such as `5m`, and the times that they divide.

use chrono::{DateTime, Datelike, NaiveDate};

const DAY_MS: i64 = 86_400_000;
/// 1970-01-05 was a Monday.
const FIRST_MONDAY_MS: i64 = 4 * DAY_MS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Period {
    Millis(i64),
    /// Whole weeks, from Mondays.
    Weeks(i64),
    /// Whole months of the calendar.
    Months(i64),
}

impl Period {
    /// A count and a unit, short or in full.
    pub fn new(count: f64, unit: &str) -> Option<Self> {
        // At most a thousand years of milliseconds.
        let is_whole = count.fract() == 0.0 && (1.0..=3.2e13).contains(&count);
        let count = is_whole.then_some(count as i64)?;
        let of = |millis: i64| count.checked_mul(millis).map(Self::Millis);
        let months = |each: i64| {
            let all = count.checked_mul(each)?;
            (all <= 12_000).then_some(Self::Months(all))
        };
        match unit.to_ascii_lowercase().as_str() {
            "ms" | "msec" | "millisecond" | "milliseconds" => of(1),
            "s" | "sec" | "second" | "seconds" => of(1000),
            "m" | "min" | "minute" | "minutes" => of(60_000),
            "h" | "hr" | "hour" | "hours" => of(3_600_000),
            "d" | "day" | "days" => of(DAY_MS),
            "w" | "wk" | "week" | "weeks" => (count <= 52_000).then_some(Self::Weeks(count)),
            "mo" | "mon" | "month" | "months" => months(1),
            "q" | "qtr" | "quarter" | "quarters" => months(3),
            "y" | "yr" | "year" | "years" => months(12),
            _ => None,
        }
    }

    /// Its length, if all have the same.
    pub fn millis(self) -> Option<i64> {
        match self {
            Self::Millis(length) => Some(length),
            Self::Weeks(count) => Some(count * 7 * DAY_MS),
            Self::Months(_) => None,
        }
    }

    /// The start of the period that a time is in.
    pub fn floor(self, millis: i64) -> Option<i64> {
        let even = |length: i64, from: i64| {
            let since = millis.checked_sub(from)?;
            since
                .div_euclid(length)
                .checked_mul(length)?
                .checked_add(from)
        };
        match self {
            Self::Millis(length) => even(length, 0),
            Self::Weeks(count) => even(count * 7 * DAY_MS, FIRST_MONDAY_MS),
            Self::Months(count) => {
                let month = month_of(millis)?;
                start_of(month.div_euclid(count) * count)
            }
        }
    }

    /// The start of the next period, or the time itself if one begins with it.
    pub fn ceil(self, millis: i64) -> Option<i64> {
        let floor = self.floor(millis)?;
        if floor == millis {
            return Some(floor);
        }
        match self {
            Self::Millis(length) => floor.checked_add(length),
            Self::Weeks(count) => floor.checked_add(count * 7 * DAY_MS),
            Self::Months(count) => start_of(month_of(floor)? + count),
        }
    }
}

/// Months since year 0.
fn month_of(millis: i64) -> Option<i64> {
    let time = DateTime::from_timestamp_millis(millis)?;
    Some(i64::from(time.year()) * 12 + i64::from(time.month0()))
}

fn start_of(month: i64) -> Option<i64> {
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let month = month.rem_euclid(12) as u32 + 1;
    let day = NaiveDate::from_ymd_opt(year, month, 1)?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::time_text;

    #[test]
    fn units() {
        // Thursday, 2024-08-15 13:47:11.250
        let time = 1_723_729_631_250;
        for (count, unit, floor, ceil) in [
            (
                250.0,
                "ms",
                "2024-08-15 13:47:11.250",
                "2024-08-15 13:47:11.250",
            ),
            (
                5.0,
                "m",
                "2024-08-15 13:45:00.000",
                "2024-08-15 13:50:00.000",
            ),
            (
                1.0,
                "hour",
                "2024-08-15 13:00:00.000",
                "2024-08-15 14:00:00.000",
            ),
            (
                1.0,
                "w",
                "2024-08-12 00:00:00.000",
                "2024-08-19 00:00:00.000",
            ),
            (
                1.0,
                "mo",
                "2024-08-01 00:00:00.000",
                "2024-09-01 00:00:00.000",
            ),
            (
                1.0,
                "q",
                "2024-07-01 00:00:00.000",
                "2024-10-01 00:00:00.000",
            ),
            (
                1.0,
                "y",
                "2024-01-01 00:00:00.000",
                "2025-01-01 00:00:00.000",
            ),
        ] {
            let period = Period::new(count, unit).unwrap();
            assert_eq!(time_text(period.floor(time).unwrap()), floor, "{unit}");
            assert_eq!(time_text(period.ceil(time).unwrap()), ceil, "{unit}");
        }
        for (count, unit) in [
            (0.0, "s"),
            (1.5, "s"),
            (1.0, "fortnight"),
            (1e300, "y"),
            (1e13, "d"),
        ] {
            assert_eq!(Period::new(count, unit), None, "{count}{unit}");
        }
    }

    proptest! {
        #[test]
        fn no_time_is_too_far(time: i64, count in 1u32..100_000, unit in "ms|s|m|h|d|w|mo|q|y") {
            if let Some(period) = Period::new(count.into(), &unit) {
                if let Some(floor) = period.floor(time) {
                    prop_assert!(floor <= time);
                }
                if let Some(ceil) = period.ceil(time) {
                    prop_assert!(ceil >= time);
                }
            }
        }
    }
}
