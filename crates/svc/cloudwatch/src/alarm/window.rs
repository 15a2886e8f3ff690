//! Where the periods that an alarm looks at begin and end: as many seconds as ever before now, or where the clock on a
//! wall begins its minutes, hours, days and weeks. Pure.

use wharf_api_cloudwatch::{EvaluationWindow, SlidingWindow, WallClockWindow};
use wharf_base::Timestamp;
use wharf_schedule::Zone;
use wharf_wire::Fault;

use crate::{
    fault::validation,
    records::{MetricRule, Source, Window},
};

const DAY: i64 = 86_400;
/// Periods that a wall's clock has, in seconds.
const PERIODS: [i64; 5] = [60, 300, 3600, DAY, 7 * DAY];
/// 1970 began on a Thursday, weeks begin on Mondays.
const MONDAY: i64 = 4 * DAY;
/// Distances from UTC are multiples of that.
const STEP: i64 = 300;
/// No clock is further from UTC, in seconds.
const FURTHEST: i64 = 18 * 3600;

/// The clock on a wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    Of(Zone),
    /// Seconds that it is ahead of UTC.
    Ahead(i64),
}

impl Clock {
    const UTC: Self = Self::Ahead(0);

    /// A name of the IANA database, `+05:30`, `Z`, `UTC+05:30` or `GMT-08:00`.
    fn parse(text: &str) -> Option<Self> {
        let offset = text
            .strip_prefix("UTC")
            .or_else(|| text.strip_prefix("GMT"));
        if offset == Some("") || text == "Z" {
            return Some(Self::UTC);
        }
        let offset = offset.unwrap_or(text);
        let (sign, rest) = match offset.split_at_checked(1) {
            Some(("+", rest)) => (1, rest),
            Some(("-", rest)) => (-1, rest),
            _ => return text.parse().ok().map(Self::Of),
        };
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
        let number = |it: &str| it.parse::<i64>().ok().filter(|it| (0..60).contains(it));
        let seconds = number(hours)? * 3600 + number(minutes)? * 60;
        (seconds % STEP == 0 && seconds <= FURTHEST).then_some(Self::Ahead(sign * seconds))
    }

    fn ahead(self, at: i64) -> i64 {
        match self {
            Self::Ahead(seconds) => seconds,
            Self::Of(zone) => {
                let wall = zone.wall(Timestamp::from_millis(at.saturating_mul(1000)));
                wall.map_or(0, |it| it.and_utc().timestamp() - at)
            }
        }
    }

    /// When the period began in which a moment is, in seconds.
    fn begin(self, at: i64, period: i64) -> i64 {
        let ahead = self.ahead(at);
        let anchor = if period == 7 * DAY { MONDAY } else { 0 };
        let shown = at + ahead;
        let began = shown - (shown - anchor).rem_euclid(period);
        // The clock may have been changed since then.
        let then = self.ahead(began - ahead);
        (began - then).min(at)
    }
}

/// What an alarm is to look at.
///
/// # Errors
/// The window is not one of the two, or does not fit the periods; there is no such time zone.
pub fn read(given: Option<&EvaluationWindow>) -> Result<Option<Window>, Fault> {
    let Some(given) = given else {
        return Ok(None);
    };
    match (&given.sliding_window, &given.wall_clock_window) {
        (Some(_), None) => Ok(Some(Window::Sliding)),
        (None, Some(it)) => {
            let timezone = it.timezone.clone();
            if let Some(name) = timezone.as_deref().filter(|it| Clock::parse(it).is_none()) {
                return Err(validation(format!(
                    "The value {name} for parameter Timezone is invalid: it must be a time zone of the IANA database or an offset from UTC that is a multiple of 5 minutes."
                )));
            }
            Ok(Some(Window::WallClock { timezone }))
        }
        _ => Err(validation(
            "Exactly one of SlidingWindow and WallClockWindow must be specified.",
        )),
    }
}

/// Whether a rule may have its window.
///
/// # Errors
/// It may not.
pub fn check(of: &MetricRule, periods: &[i64]) -> Result<(), Fault> {
    let Some(Window::WallClock { timezone }) = &of.window else {
        return Ok(());
    };
    if periods.iter().any(|it| !PERIODS.contains(it)) {
        return Err(validation(
            "The period of an alarm with a WallClockWindow must be one of 60, 300, 3600, 86400 and 604800.",
        ));
    }
    let is_of_math = matches!(of.source, Source::Queries(_));
    let is_utc = clock(timezone.as_deref()) == Clock::UTC;
    // Math and queries are over periods that begin with 1970 in UTC.
    if is_of_math && (!is_utc || periods.contains(&(7 * DAY))) {
        return Err(validation(
            "WallClockWindow with a time zone or a period of a week is not supported by this version of wharf for alarms on Metrics.",
        ));
    }
    Ok(())
}

fn clock(timezone: Option<&str>) -> Clock {
    // It was checked when the alarm was put.
    timezone.and_then(Clock::parse).unwrap_or(Clock::UTC)
}

/// Where so many periods begin and end, ascending: one moment more than there are periods, in seconds. The last is not
/// after now; what slides ends with a whole `step`.
pub fn ends(
    window: Option<&Window>,
    (period, step): (i64, i64),
    count: usize,
    now: i64,
) -> Vec<i64> {
    let mut found = Vec::with_capacity(count + 1);
    if let Some(Window::WallClock { timezone }) = window {
        let clock = clock(timezone.as_deref());
        let mut at = now;
        for _ in 0..=count {
            let began = clock.begin(at, period);
            found.push(began);
            at = began - 1;
        }
        found.reverse();
        return found;
    }
    let to = now - now.rem_euclid(step);
    found.extend((0..=count as i64).rev().map(|it| to - it * period));
    found
}

/// Periods that are as long as each other, one after another: from, to and how long each is.
pub fn runs(ends: &[i64]) -> Vec<(i64, i64, i64)> {
    let mut runs: Vec<(i64, i64, i64)> = Vec::new();
    for pair in ends.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        match runs.last_mut() {
            Some(run) if run.2 == to - from => run.1 = to,
            _ => runs.push((from, to, to - from)),
        }
    }
    runs
}

pub fn shown(of: &Window) -> EvaluationWindow {
    match of {
        Window::Sliding => EvaluationWindow {
            sliding_window: Some(SlidingWindow::default()),
            wall_clock_window: None,
        },
        Window::WallClock { timezone } => EvaluationWindow {
            sliding_window: None,
            wall_clock_window: Some(WallClockWindow {
                timezone: timezone.clone(),
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        Timestamp::parse_iso8601(text).unwrap().millis() / 1000
    }

    fn on_the_wall(timezone: &str, period: i64, count: usize, now: &str) -> Vec<String> {
        let timezone = Some(timezone.to_owned());
        let window = Window::WallClock { timezone };
        let ends = ends(Some(&window), (period, 60), count, at(now));
        let shown = ends.iter().map(|it| Timestamp::from_millis(it * 1000));
        shown.map(|it| it.iso8601_seconds()).collect()
    }

    #[test]
    fn periods_begin_as_the_clock_on_the_wall_says() {
        assert_eq!(
            on_the_wall("UTC", 3600, 2, "2026-11-22T10:17:05Z"),
            [
                "2026-11-22T08:00:00Z",
                "2026-11-22T09:00:00Z",
                "2026-11-22T10:00:00Z"
            ]
        );
        assert_eq!(
            on_the_wall("Asia/Kolkata", 3600, 1, "2026-11-22T10:17:05Z"),
            ["2026-11-22T08:30:00Z", "2026-11-22T09:30:00Z"]
        );
        assert_eq!(
            on_the_wall("GMT-08:00", 86_400, 1, "2026-11-22T07:59:59Z"),
            ["2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z"]
        );
        // A Sunday: the week of the Monday before has not ended.
        assert_eq!(
            on_the_wall("Z", 604_800, 1, "2026-11-22T10:00:00Z"),
            ["2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z"]
        );
        // At the moment itself a period is over.
        assert_eq!(
            on_the_wall("Z", 300, 1, "2026-11-22T10:05:00Z"),
            ["2026-11-22T10:00:00Z", "2026-11-22T10:05:00Z"]
        );
    }

    #[test]
    fn days_are_as_long_as_they_are_where_clocks_change() {
        // On 29 March 2026 and 25 October 2026.
        let days = on_the_wall("Europe/Berlin", 86_400, 2, "2026-03-30T12:00:00Z");
        assert_eq!(
            days,
            [
                "2026-03-27T23:00:00Z",
                "2026-03-28T23:00:00Z",
                "2026-03-29T22:00:00Z"
            ]
        );
        let seconds: Vec<i64> = days.iter().map(|it| at(it)).collect();
        let lengths = runs(&seconds).into_iter().map(|it| it.2);
        assert_eq!(lengths.collect::<Vec<_>>(), [86_400, 82_800]);
        assert_eq!(
            on_the_wall("Europe/Berlin", 86_400, 1, "2026-10-26T12:00:00Z"),
            ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"]
        );
        // Hours go on one after another, whatever the clock shows.
        let hours = on_the_wall("Europe/Berlin", 3600, 4, "2026-10-25T03:10:00Z");
        let seconds: Vec<i64> = hours.iter().map(|it| at(it)).collect();
        assert_eq!(runs(&seconds), [(seconds[0], seconds[4], 3600)]);
    }

    #[test]
    fn what_slides_ends_with_its_step() {
        for window in [None, Some(&Window::Sliding)] {
            let found = ends(window, (300, 60), 2, 1_000_000_030);
            assert_eq!(found, [999_999_420, 999_999_720, 1_000_000_020]);
            assert_eq!(runs(&found), [(999_999_420, 1_000_000_020, 300)]);
        }
    }

    #[test]
    fn clocks() {
        for (text, wanted) in [
            ("+05:30", Some(Clock::Ahead(19_800))),
            ("-08:00", Some(Clock::Ahead(-28_800))),
            ("UTC+05:30", Some(Clock::Ahead(19_800))),
            ("GMT-08:00", Some(Clock::Ahead(-28_800))),
            ("Z", Some(Clock::UTC)),
            ("UTC", Some(Clock::UTC)),
            ("+01:05", Some(Clock::Ahead(3900))),
            ("+01:03", None),
            ("+19:00", None),
            ("Europe/Atlantis", None),
            ("", None),
        ] {
            assert_eq!(Clock::parse(text), wanted, "{text}");
        }
        assert!(matches!(
            Clock::parse("America/New_York"),
            Some(Clock::Of(_))
        ));
    }
}
