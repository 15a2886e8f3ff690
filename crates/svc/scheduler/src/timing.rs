//! Which moment of a schedule comes next. Pure.

use std::{str::FromStr as _, time::Duration};

use sha2::{Digest as _, Sha256};
use wharf_base::Timestamp;
use wharf_schedule::{Expression, Zone};
use wharf_wire::Fault;

use crate::{
    fault,
    records::{Schedule, When},
};

/// A moment of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// As the expression has it.
    pub at: Timestamp,
    /// When it is carried out: within the flexible window after it.
    pub due: Timestamp,
}

/// The times of a request.
///
/// # Errors
/// The text for the caller.
pub fn check(when: &When) -> Result<(), Fault> {
    if Expression::of_scheduler(&when.expression).is_err() {
        return Err(fault::invalid(format!(
            "Invalid Schedule Expression {}.",
            when.expression
        )));
    }
    if Zone::from_str(&when.zone).is_err() {
        return Err(fault::invalid(format!(
            "Invalid ScheduleExpressionTimezone {}.",
            when.zone
        )));
    }
    if let (Some(start), Some(end)) = (when.start, when.end)
        && end <= start
    {
        return Err(fault::invalid(
            "The EndDate you specify must be later than the StartDate.",
        ));
    }
    Ok(())
}

/// Up to when a schedule that is made now has nothing to do. A rate's first moment is now.
pub fn done_at_first(when: &When, now: Timestamp) -> Timestamp {
    match Expression::of_scheduler(&when.expression) {
        Ok(Expression::Rate(_)) => now - Duration::from_millis(1),
        _ => now,
    }
}

/// What a schedule's times are read into, once for all that is asked of them.
pub struct Times<'a> {
    schedule: &'a Schedule,
    expression: Expression,
    zone: Zone,
}

impl<'a> Times<'a> {
    /// `None` for a record whose times cannot be read.
    pub fn of(schedule: &'a Schedule) -> Option<Self> {
        let when = &schedule.when;
        Some(Self {
            schedule,
            expression: Expression::of_scheduler(&when.expression).ok()?,
            zone: Zone::from_str(&when.zone).ok()?,
        })
    }

    /// The first moment that was not carried out; `None` if none will come.
    pub fn next(&self) -> Option<Moment> {
        self.after(self.schedule.done_until)
    }

    fn after(&self, mut after: Timestamp) -> Option<Moment> {
        let when = &self.schedule.when;
        let begin = when.start.unwrap_or(self.schedule.changed_at);
        // Dates bound what repeats; a single moment says itself when it is.
        let bounded = !self.expression.is_once();
        if let Some(start) = when.start.filter(|_| bounded) {
            after = after.max(start - Duration::from_millis(1));
        }
        let at = self.expression.next(begin, after, self.zone)?;
        if bounded && when.end.is_some_and(|end| at > end) {
            return None;
        }
        Some(Moment {
            at,
            due: at + within(self.schedule, at),
        })
    }

    /// The last moment that is due at `now`, of which `first` is the first: those that nobody was there
    /// for are not made up for one by one.
    pub fn last_due(&self, first: Moment, now: Timestamp) -> Moment {
        // Whoever was away for a year of minutes does not go through them all; what is rare is looked
        // for further back.
        let mut back = LOOK_BACK;
        loop {
            let from = first.at.max(now - back);
            if let Some(last) = self.last_between(from, now) {
                return last;
            }
            if from == first.at {
                return first;
            }
            back *= 4;
        }
    }

    /// The last moment after `from` that is due at `now`.
    fn last_between(&self, mut from: Timestamp, now: Timestamp) -> Option<Moment> {
        let mut last = None;
        while let Some(moment) = self.after(from).filter(|it| it.due <= now) {
            from = moment.at;
            last = Some(moment);
        }
        last
    }
}

const LOOK_BACK: Duration = Duration::from_secs(86_400);

/// How far into its window a moment is carried out: the same each time it is asked.
fn within(schedule: &Schedule, at: Timestamp) -> Duration {
    let window = u64::from(schedule.when.window_minutes) * 60_000;
    if window == 0 {
        return Duration::ZERO;
    }
    let digest = Sha256::new()
        .chain_update(&schedule.incarnation)
        .chain_update(at.millis().to_be_bytes())
        .finalize();
    let mut number = [0; 8];
    number.copy_from_slice(&digest[..8]);
    Duration::from_millis(u64::from_be_bytes(number) % window)
}

#[cfg(test)]
mod tests;
