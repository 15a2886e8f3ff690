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
    if Expression::parse(&when.expression).is_err() {
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
    match Expression::parse(&when.expression) {
        Ok(Expression::Rate(_)) => now - Duration::from_millis(1),
        _ => now,
    }
}

/// The first moment that was not carried out; `None` if none will come.
pub fn next(schedule: &Schedule) -> Option<Moment> {
    let when = &schedule.when;
    let expression = Expression::parse(&when.expression).ok()?;
    let zone = Zone::from_str(&when.zone).ok()?;
    let begin = when.start.unwrap_or(schedule.changed_at);
    let mut after = schedule.done_until;
    // Dates bound what repeats; a single moment says itself when it is.
    let bounded = !expression.is_once();
    if let Some(start) = when.start.filter(|_| bounded) {
        after = after.max(start - Duration::from_millis(1));
    }
    let at = expression.next(begin, after, zone)?;
    if bounded && when.end.is_some_and(|end| at > end) {
        return None;
    }
    Some(Moment {
        at,
        due: at + within(schedule, at),
    })
}

/// The last moment that is due at `now`, if any is: those that nobody was there for are not made up for
/// one by one.
pub fn due(schedule: &Schedule, now: Timestamp) -> Option<Moment> {
    let first = next(schedule).filter(|it| it.due <= now)?;
    // Whoever was away for a year of minutes does not go through them all; what is rare is looked for
    // further back.
    let mut back = LOOK_BACK;
    loop {
        let from = first.at.max(now - back);
        if let Some(last) = last_between(schedule, from, now) {
            return Some(last);
        }
        if from == first.at {
            return Some(first);
        }
        back *= 4;
    }
}

const LOOK_BACK: Duration = Duration::from_secs(86_400);

/// The last moment after `from` that is due at `now`.
fn last_between(schedule: &Schedule, from: Timestamp, now: Timestamp) -> Option<Moment> {
    let mut looked = Schedule {
        done_until: from,
        ..schedule.clone()
    };
    let mut last = None;
    while let Some(moment) = next(&looked).filter(|it| it.due <= now) {
        looked.done_until = moment.at;
        last = Some(moment);
    }
    last
}

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
