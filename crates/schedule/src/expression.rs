//! The three forms of an expression.

use std::time::Duration;

use chrono::NaiveDateTime;
use wharf_base::Timestamp;

use crate::{Cron, Zone};

const LOOK_BACK: Duration = Duration::from_secs(86_400);

/// When something happens.
#[derive(Debug, Clone)]
pub enum Expression {
    /// Once, at this time on the wall.
    At(NaiveDateTime),
    /// Again and again, this long apart.
    Rate(Duration),
    Cron(Box<Cron>),
}

/// An expression that AWS would not take. Each service says so in words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the schedule expression is not valid")]
pub struct BadExpression;

impl Expression {
    /// Reads `at(2026-11-22T10:00:00)`, `rate(5 minutes)` or `cron(0 12 ? * MON-FRI *)`.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(text: &str) -> Result<Self, BadExpression> {
        Self::read(text, One::Singular)
    }

    /// The same as EventBridge Scheduler has it, whose documentation knows plurals alone: `rate(1 hours)` too.
    ///
    /// # Errors
    /// It is none of these.
    pub fn of_scheduler(text: &str) -> Result<Self, BadExpression> {
        Self::read(text, One::Either)
    }

    fn read(text: &str, one: One) -> Result<Self, BadExpression> {
        let (kind, rest) = text.split_once('(').ok_or(BadExpression)?;
        let inner = rest.strip_suffix(')').ok_or(BadExpression)?;
        match kind {
            "at" => NaiveDateTime::parse_from_str(inner, "%Y-%m-%dT%H:%M:%S")
                .map(Self::At)
                .map_err(|_| BadExpression),
            "rate" => rate(inner, one).map(Self::Rate),
            "cron" => Ok(Self::Cron(Box::new(Cron::parse(inner)?))),
            _ => Err(BadExpression),
        }
    }

    /// Reads the five fields of a crontab.
    ///
    /// # Errors
    /// It is no such line.
    pub fn crontab(text: &str) -> Result<Self, BadExpression> {
        Ok(Self::Cron(Box::new(Cron::crontab(text)?)))
    }

    /// The first moment after `after`. A rate counts from `begin`, which is its first moment.
    pub fn next(&self, begin: Timestamp, after: Timestamp, zone: Zone) -> Option<Timestamp> {
        match self {
            Self::At(wall) => zone.moment_or_later(*wall).filter(|it| *it > after),
            Self::Rate(every) => {
                if after < begin {
                    return Some(begin);
                }
                let every = i64::try_from(every.as_millis()).ok()?;
                let passed = after.millis().checked_sub(begin.millis())? / every;
                let next = every.checked_mul(passed.checked_add(1)?)?;
                begin.millis().checked_add(next).map(Timestamp::from_millis)
            }
            Self::Cron(cron) => {
                let mut wall = zone.wall(after)?;
                loop {
                    wall = cron.next(wall)?;
                    // A time that the clock skips does not happen; one that it shows again has.
                    if let Some(found) = zone.moment(wall).filter(|it| *it > after) {
                        return Some(found);
                    }
                }
            }
        }
    }

    /// The last moment after `after` that is not after `until`, for who was away for a while.
    pub fn last(
        &self,
        begin: Timestamp,
        after: Timestamp,
        until: Timestamp,
        zone: Zone,
    ) -> Option<Timestamp> {
        // A year of minutes is not gone through one by one; what is rare is looked for further back.
        let mut back = LOOK_BACK;
        loop {
            let from = after.max(until - back);
            let (mut at, mut last) = (from, None);
            while let Some(next) = self.next(begin, at, zone).filter(|it| *it <= until) {
                at = next;
                last = Some(next);
            }
            if last.is_some() || from == after {
                return last;
            }
            back *= 4;
        }
    }

    /// Whether it happens once at most.
    pub fn is_once(&self) -> bool {
        matches!(self, Self::At(_))
    }
}

/// How the unit of one is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum One {
    Singular,
    Either,
}

/// `5 minutes`: a unit is singular for one alone.
fn rate(text: &str, one: One) -> Result<Duration, BadExpression> {
    let (number, unit) = text.split_once(' ').ok_or(BadExpression)?;
    let digits = number.bytes().all(|it| it.is_ascii_digit());
    let number: u32 = number.parse().map_err(|_| BadExpression)?;
    let unit = match (number, unit.strip_suffix('s')) {
        (1, None) => unit,
        (1, Some(singular)) if one == One::Either => singular,
        (2.., Some(singular)) => singular,
        _ => return Err(BadExpression),
    };
    let seconds = match unit {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return Err(BadExpression),
    };
    match digits {
        true => Ok(Duration::from_secs(u64::from(number) * seconds)),
        false => Err(BadExpression),
    }
}

#[cfg(test)]
mod tests;
