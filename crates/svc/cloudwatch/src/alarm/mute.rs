//! When a rule mutes alarms. Pure.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_schedule::{Expression, Zone};

use crate::{math::Bad, records::MuteRule};

const MINUTE: u64 = 60;
const DAY: u64 = 86_400;
/// A window's length, as in AWS.
const SHORTEST: Duration = Duration::from_secs(MINUTE);
const LONGEST: Duration = Duration::from_secs(15 * DAY);

/// Windows in which alarms are muted.
#[derive(Debug, Clone)]
pub struct Windows {
    begins: Expression,
    lasts: Duration,
    zone: Zone,
    start: Option<Timestamp>,
    expire: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Scheduled,
    Active,
    Expired,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::Active => "ACTIVE",
            Self::Expired => "EXPIRED",
        }
    }
}

impl Windows {
    /// # Errors
    /// The schedule says nothing.
    pub fn of(rule: &MuteRule) -> Result<Self, Bad> {
        let zone = match rule.timezone.as_deref() {
            None => Zone::UTC,
            Some(name) => name
                .parse()
                .map_err(|_| Bad(format!("{name} is no time zone")))?,
        };
        Ok(Self {
            begins: begins(&rule.expression)?,
            lasts: lasts(&rule.duration)?,
            zone,
            start: rule.start,
            expire: rule.expire,
        })
    }

    /// The end of the window that a moment is in.
    pub fn muted_until(&self, now: Timestamp) -> Option<Timestamp> {
        if self.start.is_some_and(|it| now < it) || self.is_over(now) {
            return None;
        }
        let lasts = i64::try_from(self.lasts.as_millis()).ok()?;
        let earliest = Timestamp::from_millis(now.millis().checked_sub(lasts)?);
        let began = self.begins.next(earliest, earliest, self.zone)?;
        let until = Timestamp::from_millis(began.millis() + lasts);
        let until = self.expire.map_or(until, |it| it.min(until));
        (began <= now).then_some(until)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.expire.is_some_and(|it| it <= now)
    }

    pub fn status(&self, now: Timestamp) -> Status {
        if self.muted_until(now).is_some() {
            return Status::Active;
        }
        let next = self.begins.next(now, now, self.zone);
        // One that never begins again is over, whether a date says so or not.
        match next.is_none_or(|it| self.is_over(it)) || self.is_over(now) {
            true => Status::Expired,
            false => Status::Scheduled,
        }
    }

    pub fn is_once(&self) -> bool {
        self.begins.is_once()
    }
}

/// `cron(0 2 * * SUN)`, of five fields, or `at(2026-11-22T10:00)`.
fn begins(text: &str) -> Result<Expression, Bad> {
    let bad = || Bad(format!("The schedule expression {text} is not valid"));
    let inside = |kind: &str| {
        let rest = text.strip_prefix(kind)?.strip_prefix('(')?;
        rest.strip_suffix(')')
    };
    let whole = match (inside("at"), inside("cron")) {
        (Some(at), _) => format!("at({at}:00)"),
        (_, Some(fields)) => format!("cron({})", six(fields).ok_or_else(bad)?),
        _ => return Err(bad()),
    };
    Expression::parse(&whole).map_err(|_| bad())
}

/// Five fields of cron as the six of schedules: the week's days count from 0 here, from 1 there, and there one of the
/// two fields of days is a question mark.
fn six(fields: &str) -> Option<String> {
    let known = |it: char| it.is_ascii_alphanumeric() || " *-,".contains(it);
    if !fields.chars().all(known) {
        return None;
    }
    let split: Vec<&str> = fields.split_whitespace().collect();
    let [minutes, hours, day, month, weekday] = split[..] else {
        return None;
    };
    let (day, weekday) = match (day, weekday) {
        (_, "*") => (day, "?".to_owned()),
        ("*", _) => ("?", counted_from_one(weekday)?),
        _ => return None,
    };
    Some(format!("{minutes} {hours} {day} {month} {weekday} *"))
}

fn counted_from_one(weekdays: &str) -> Option<String> {
    let mut out = String::new();
    for part in weekdays.split_inclusive(['-', ',']) {
        let (day, sign) = match part.strip_suffix(['-', ',']) {
            Some(day) => (day, &part[day.len()..]),
            None => (part, ""),
        };
        match day.parse::<u8>() {
            // Sunday is 7 too.
            Ok(number @ 0..=7) => out += &(number % 7 + 1).to_string(),
            Ok(_) => return None,
            Err(_) => out += day,
        }
        out += sign;
    }
    Some(out)
}

/// `PT4H`, `P2DT12H`.
fn lasts(text: &str) -> Result<Duration, Bad> {
    let seconds = seconds(text).ok_or_else(|| Bad(format!("The duration {text} is not valid")))?;
    let lasts = Duration::from_secs(seconds);
    match (SHORTEST..=LONGEST).contains(&lasts) {
        true => Ok(lasts),
        false => Err(Bad(format!(
            "The duration {text} must be from 1 minute (PT1M) to 15 days (P15D)"
        ))),
    }
}

fn seconds(text: &str) -> Option<u64> {
    let text = text.strip_prefix('P')?;
    let (days, times) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((days, times)) => (days, times),
        None => (text, ""),
    };
    let mut whole = 0u64;
    let mut some = false;
    for (part, units) in [
        (days, &[('D', DAY)][..]),
        (times, &[('H', 3600), ('M', MINUTE), ('S', 1)][..]),
    ] {
        let mut rest = part;
        for (unit, seconds) in units {
            if let Some((number, behind)) = rest.split_once(*unit) {
                let digits = number.bytes().all(|it| it.is_ascii_digit());
                let number: u64 = number.parse().ok().filter(|_| digits)?;
                whole = whole.checked_add(number.checked_mul(*seconds)?)?;
                rest = behind;
                some = true;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    some.then_some(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_iso8601(text).unwrap()
    }

    fn rule(expression: &str, duration: &str) -> MuteRule {
        MuteRule {
            description: None,
            expression: expression.to_owned(),
            duration: duration.to_owned(),
            timezone: None,
            targets: Default::default(),
            start: None,
            expire: None,
            changed_at: Timestamp::from_millis(0),
            tags: Default::default(),
            unknown: Default::default(),
        }
    }

    fn windows(expression: &str, duration: &str) -> Windows {
        Windows::of(&rule(expression, duration)).unwrap()
    }

    #[test]
    fn durations_as_iso_8601_writes_them() {
        for (text, wanted) in [
            ("PT1M", Some(60)),
            ("PT4H", Some(4 * 3600)),
            ("P2DT12H", Some(60 * 3600)),
            ("P15D", Some(15 * 86_400)),
            ("PT90S", Some(90)),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("4H", None),
            ("PT-4H", None),
            ("PT4", None),
            ("PT1M1H", None),
            ("P99999999999999999999D", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
        assert!(lasts("PT59S").is_err() && lasts("P15DT1S").is_err());
    }

    #[test]
    fn windows_come_again_by_the_clock_of_their_zone() {
        // 2026-11-22 is a Sunday.
        let weekly = windows("cron(0 2 * * SUN)", "PT4H");
        assert_eq!(weekly.muted_until(at("2026-11-22T01:59:59Z")), None);
        assert_eq!(
            weekly.muted_until(at("2026-11-22T02:00:00Z")),
            Some(at("2026-11-22T06:00:00Z"))
        );
        assert_eq!(
            weekly.muted_until(at("2026-11-22T05:59:59Z")),
            Some(at("2026-11-22T06:00:00Z"))
        );
        assert_eq!(weekly.muted_until(at("2026-11-22T06:00:00Z")), None);
        assert_eq!(weekly.muted_until(at("2026-11-23T03:00:00Z")), None);
        // By numbers the week begins with 0.
        for days in ["0", "7", "SUN", "0-1", "SUN,MON"] {
            let same = windows(&format!("cron(0 2 * * {days})"), "PT4H");
            assert!(
                same.muted_until(at("2026-11-22T03:00:00Z")).is_some(),
                "{days}"
            );
        }
        let tokyo = MuteRule {
            timezone: Some("Asia/Tokyo".to_owned()),
            ..rule("cron(0 9 * * *)", "PT1H")
        };
        let tokyo = Windows::of(&tokyo).unwrap();
        assert_eq!(
            tokyo.muted_until(at("2026-11-22T00:30:00Z")),
            Some(at("2026-11-22T01:00:00Z"))
        );
        assert_eq!(
            (weekly.status(at("2026-11-22T03:00:00Z")), weekly.is_once()),
            (Status::Active, false)
        );
        assert_eq!(weekly.status(at("2026-11-22T07:00:00Z")), Status::Scheduled);
    }

    #[test]
    fn one_window_opens_once_and_dates_bound_all() {
        let once = windows("at(2026-11-22T10:00)", "PT30M");
        let states = [
            "2026-11-22T09:59:59Z",
            "2026-11-22T10:00:00Z",
            "2026-11-22T10:30:00Z",
        ];
        let states = states.map(|it| once.status(at(it)));
        assert_eq!(states, [Status::Scheduled, Status::Active, Status::Expired]);
        assert!(once.is_once());
        let bound = MuteRule {
            start: Some(at("2026-11-22T00:00:00Z")),
            expire: Some(at("2026-11-23T02:30:00Z")),
            ..rule("cron(0 2 * * *)", "PT1H")
        };
        let bound = Windows::of(&bound).unwrap();
        let until = |it: &str| bound.muted_until(at(it));
        assert_eq!(until("2026-11-21T02:10:00Z"), None);
        assert_eq!(
            until("2026-11-22T02:10:00Z"),
            Some(at("2026-11-22T03:00:00Z"))
        );
        assert_eq!(
            until("2026-11-23T02:10:00Z"),
            Some(at("2026-11-23T02:30:00Z"))
        );
        assert_eq!(until("2026-11-23T02:30:00Z"), None);
        assert_eq!(bound.status(at("2026-11-22T12:00:00Z")), Status::Scheduled);
        assert_eq!(bound.status(at("2026-11-23T02:30:00Z")), Status::Expired);
    }

    #[test]
    fn schedules_that_say_nothing_are_refused() {
        for text in [
            "",
            "rate(5 minutes)",
            "cron(0 2 * *)",
            "cron(0 2 * * SUN *)",
            "cron(0 2 1 * SUN)",
            "cron(0/5 2 * * *)",
            "cron(0 2 ? * SUN)",
            "cron(0 2 * * 8)",
            "cron(61 2 * * *)",
            "at(2026-11-22)",
            "at(2026-13-22T10:00)",
            "at(2026-11-22T10:00",
        ] {
            assert!(Windows::of(&rule(text, "PT1H")).is_err(), "{text}");
        }
        let nowhere = MuteRule {
            timezone: Some("Mars/Olympus".to_owned()),
            ..rule("cron(0 2 * * *)", "PT1H")
        };
        assert!(Windows::of(&nowhere).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(expression in "(cron|at)\\([0-9*,A-Z -]{0,20}\\)", duration in "P[0-9DTHMS]{0,10}", now in any::<i64>()) {
            if let Ok(windows) = Windows::of(&rule(&expression, &duration)) {
                let now = Timestamp::from_millis(now);
                if let Some(until) = windows.muted_until(now) {
                    prop_assert!(until > now);
                }
                let _ = windows.status(now);
            }
        }
    }
}
