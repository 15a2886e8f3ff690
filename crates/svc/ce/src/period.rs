//! The periods of a report: days, months and hours of UTC. Pure.

use std::fmt;

use time::{Date, OffsetDateTime, Time};
use wharf_api_ce::types::DateInterval;
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{fault, ledger::KEPT_MONTHS};

pub(crate) const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// How far back reports by the hour and of single tasks go.
const RECENT: i64 = 14 * DAY;
/// The longest time that a report covers.
const MOST_DAYS: i64 = 500;
/// How far ahead a report may end.
const MONTHS_AHEAD: i32 = 14;

/// A month of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month(i32);

impl Month {
    pub fn of(millis: i64) -> Self {
        let at = OffsetDateTime::from_unix_timestamp(millis.div_euclid(1_000));
        let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Self(at.year() * 12 + i32::from(u8::from(at.month())) - 1)
    }

    /// `2026-03`
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let (year, month): (i32, i32) = (year.parse().ok()?, month.parse().ok()?);
        ((0..=9_999).contains(&year) && (1..=12).contains(&month))
            .then_some(Self(year * 12 + month - 1))
    }

    /// The months from this one to the last, both with them; there is none if that comes before.
    pub fn to(self, last: Self) -> impl Iterator<Item = Self> + use<> {
        (self.0..=last.0).map(Self)
    }

    pub fn minus(self, months: i32) -> Self {
        Self((self.0 - months).max(0))
    }

    /// Its first moment, in milliseconds since 1970.
    pub fn start(self) -> i64 {
        let month = u8::try_from(self.0.rem_euclid(12) + 1).ok();
        let month = month.and_then(|it| time::Month::try_from(it).ok());
        let first =
            month.and_then(|it| Date::from_calendar_date(self.0.div_euclid(12), it, 1).ok());
        let first = first.map_or(OffsetDateTime::UNIX_EPOCH, |it| {
            it.with_time(Time::MIDNIGHT).assume_utc()
        });
        first.unix_timestamp() * 1_000
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:04}-{:02}",
            self.0.div_euclid(12),
            self.0.rem_euclid(12) + 1
        )
    }
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Granularity {
    Hourly,
    Daily,
    Monthly,
    /// One period is all.
    Whole,
}

impl Granularity {
    /// # Errors
    /// There is no such one.
    pub fn named(name: Option<&str>) -> Result<Self, Fault> {
        match name.unwrap_or_default() {
            "HOURLY" => Ok(Self::Hourly),
            "DAILY" => Ok(Self::Daily),
            "MONTHLY" => Ok(Self::Monthly),
            other => Err(fault::invalid(format!(
                "The granularity {other} is invalid."
            ))),
        }
    }
}

/// What a report covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Periods {
    by: Granularity,
    /// Where each period begins, and where the last one ends.
    pub cuts: Vec<i64>,
}

impl Periods {
    /// Those of a request.
    ///
    /// # Errors
    /// The time is no such time, ends before it begins, or is further back than anything is kept.
    pub fn of(
        asked: Option<&DateInterval>,
        by: Granularity,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let (start, end) = interval(asked, by == Granularity::Hourly)?;
        let now = now.millis();
        if start < Month::of(now).minus(KEPT_MONTHS - 1).start() {
            return Err(fault::unavailable(format!(
                "Data is available for the last {} months.",
                KEPT_MONTHS - 1
            )));
        }
        if by == Granularity::Hourly && start < now - now.rem_euclid(DAY) - RECENT {
            return Err(fault::invalid(
                "Hourly data is available for the last 14 days.",
            ));
        }
        if Month::of(end - 1) > Month::of(now).minus(-MONTHS_AHEAD) {
            return Err(fault::invalid(format!(
                "A report ends {MONTHS_AHEAD} months from now at the latest."
            )));
        }
        let mut cuts = vec![start];
        match by {
            Granularity::Hourly => cuts.extend((start..end).step_by(HOUR as usize).skip(1)),
            Granularity::Daily => cuts.extend((start..end).step_by(DAY as usize).skip(1)),
            Granularity::Monthly => {
                let months = Month::of(start).to(Month::of(end - 1));
                cuts.extend(months.skip(1).map(Month::start));
            }
            Granularity::Whole => {}
        }
        cuts.push(end);
        Ok(Self { by, cuts })
    }

    /// The months that it touches.
    pub fn months(&self) -> impl Iterator<Item = Month> + use<> {
        let (first, last) = (self.cuts[0], self.cuts[self.cuts.len() - 1]);
        Month::of(first).to(Month::of(last - 1))
    }

    /// How a period is written.
    pub fn written(&self, index: usize) -> DateInterval {
        let text = |at: i64| {
            let text = Timestamp(at).iso8601_seconds();
            match self.by {
                Granularity::Hourly => text,
                _ => text[..10].to_owned(),
            }
        };
        DateInterval {
            start: Some(text(self.cuts[index])),
            end: Some(text(self.cuts[index + 1])),
        }
    }

    pub fn count(&self) -> usize {
        self.cuts.len() - 1
    }

    /// What was used in a period is no longer changed by what is used now.
    pub fn is_final(&self, index: usize, now: Timestamp) -> bool {
        self.cuts[index + 1] <= Month::of(now.millis()).start()
    }

    /// # Errors
    /// It begins further back than single tasks are told apart.
    pub fn of_resources(&self, now: Timestamp) -> Result<(), Fault> {
        let now = now.millis();
        if self.cuts[0] < now - now.rem_euclid(DAY) - RECENT {
            return Err(fault::invalid(
                "Resource level data is available for the last 14 days.",
            ));
        }
        Ok(())
    }
}

/// Start and end in milliseconds since 1970.
fn interval(asked: Option<&DateInterval>, hours: bool) -> Result<(i64, i64), Fault> {
    let empty = DateInterval::default();
    let asked = asked.unwrap_or(&empty);
    let moment = |name: &str, text: &str| {
        let whole = match text.len() {
            10 => format!("{text}T00:00:00Z"),
            _ if hours => text.to_owned(),
            _ => String::new(),
        };
        let at = Timestamp::parse_iso8601(&whole).map(Timestamp::millis);
        at.filter(|at| at % HOUR == 0).ok_or_else(|| {
            let forms = if hours {
                "yyyy-MM-dd, or a full hour as yyyy-MM-ddTHH:mm:ssZ"
            } else {
                "yyyy-MM-dd"
            };
            fault::invalid(format!(
                "{name} time {text} is invalid. Valid format is: {forms}."
            ))
        })
    };
    let text = |it: &Option<String>| it.clone().unwrap_or_default();
    let (start, end) = (
        moment("Start", &text(&asked.start))?,
        moment("End", &text(&asked.end))?,
    );
    if start >= end {
        return Err(fault::invalid(
            "Start date (and hour) should be before end date (and hour)",
        ));
    }
    if end - start > MOST_DAYS * DAY {
        return Err(fault::invalid(format!(
            "A report covers {MOST_DAYS} days at most."
        )));
    }
    Ok((start, end))
}
