//! Scheduled actions: when one is due, and what it makes of a target.

use std::{str::FromStr as _, time::Duration};

use wharf_base::Timestamp;
use wharf_schedule::{Expression, Zone};

use crate::{BadBounds, Bounds};

/// The times of a scheduled action.
#[derive(Debug, Clone)]
pub struct Calendar {
    expression: Expression,
    zone: Zone,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCalendar {
    #[error("Invalid schedule expression. Only cron, rate and at expressions are supported.")]
    Expression,
    #[error("A start time or a recurrence must be given.")]
    Never,
    #[error("Invalid time zone: {0}")]
    Zone(String),
    #[error("The end time must be after the start time.")]
    Reversed,
}

/// The bounds that a scheduled action sets; `None` leaves one as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub min: Option<u32>,
    pub max: Option<u32>,
}

impl Calendar {
    /// # Errors
    /// An expression or a zone that is none, or an end before the start.
    pub fn new(
        expression: &str,
        zone: Option<&str>,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
    ) -> Result<Self, BadCalendar> {
        let read = Expression::parse(expression).map_err(|_| BadCalendar::Expression)?;
        Self::of(read, zone, start, end)
    }

    /// That of a scheduled action of a group: five fields of a crontab, or else its start alone.
    ///
    /// # Errors
    /// As [`Calendar::new`]; there is neither.
    pub fn of_group(
        recurrence: Option<&str>,
        zone: Option<&str>,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
    ) -> Result<Self, BadCalendar> {
        let read = match (recurrence, start) {
            (Some(fields), _) => Expression::crontab(fields),
            (None, Some(start)) => Expression::parse(&format!("at({})", wall(start))),
            (None, None) => return Err(BadCalendar::Never),
        };
        let zone = zone.filter(|_| recurrence.is_some());
        Self::of(read.map_err(|_| BadCalendar::Expression)?, zone, start, end)
    }

    fn of(
        expression: Expression,
        zone: Option<&str>,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
    ) -> Result<Self, BadCalendar> {
        let zone = match zone {
            Some(name) => Zone::from_str(name).map_err(|_| BadCalendar::Zone(name.to_owned()))?,
            None => Zone::UTC,
        };
        if let (Some(start), Some(end)) = (start, end)
            && end <= start
        {
            return Err(BadCalendar::Reversed);
        }
        Ok(Self {
            expression,
            zone,
            start,
            end,
        })
    }

    /// The first moment after `done`, up to which all was carried out; `None` if none will come. A rate
    /// counts from its start, or else from `made`.
    pub fn next(&self, made: Timestamp, done: Timestamp) -> Option<Timestamp> {
        let begin = self.start.unwrap_or(made);
        // Dates bound what repeats; a single moment says itself when it is.
        let bounded = !self.expression.is_once();
        let after = match self.start.filter(|_| bounded) {
            Some(start) => done.max(start - INSTANT),
            None => done,
        };
        let at = self.expression.next(begin, after, self.zone)?;
        let over = bounded && self.end.is_some_and(|end| at > end);
        Some(at).filter(|_| !over)
    }

    /// The moment to carry out at `now`: the last of those that have come. Bounds that were to hold in
    /// between are not made up for, since the next moment has replaced them.
    pub fn due(&self, made: Timestamp, done: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let first = self.next(made, done).filter(|it| *it <= now)?;
        // A year of minutes is not gone through one by one; what is rare is looked for further back.
        let mut back = LOOK_BACK;
        loop {
            let from = first.max(now - back);
            let mut last = None;
            let mut at = from - INSTANT;
            while let Some(next) = self.next(made, at).filter(|it| *it <= now) {
                (last, at) = (Some(next), next);
            }
            match last {
                Some(_) => return last,
                None if from == first => return Some(first),
                None => back *= 4,
            }
        }
    }
}

/// A moment on a clock of UTC, as `at()` has it.
fn wall(at: Timestamp) -> String {
    let mut text = at.iso8601_seconds();
    text.truncate(text.len().saturating_sub(1));
    text
}

const INSTANT: Duration = Duration::from_millis(1);
const LOOK_BACK: Duration = Duration::from_secs(86_400);

impl Change {
    /// The new bounds, and the capacity to set where the current one is outside of them.
    ///
    /// # Errors
    /// The maximum would be below the minimum.
    pub fn of(self, bounds: Bounds, current: u32) -> Result<(Bounds, Option<u32>), BadBounds> {
        let bounds = bounds.with(self.min, self.max)?;
        Ok((bounds, bounds.correction(current)))
    }
}

#[cfg(test)]
mod tests;
