//! The time after its creation in which an alarm is not evaluated, and stays without data. Pure.
//!
//! An alarm has it once: what a later request says of it changes it or ends it while it lasts, and never begins one. It
//! ends early when there are data of the whole window that the alarm evaluates, unless the alarm is to wait for its end.

use std::time::Duration;

use wharf_api_cloudwatch::WarmUpConfiguration;
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{fault::validation, records::WarmUp};

/// Two days.
const MOST_MINUTES: u32 = 2880;

/// The warm-up of an alarm that is created now.
///
/// # Errors
/// It is too long, or not said how long.
pub fn read(given: Option<&WarmUpConfiguration>, now: Timestamp) -> Result<Option<WarmUp>, Fault> {
    let Some(given) = given else {
        return Ok(None);
    };
    let minutes = given.warm_up_period_duration_in_minutes;
    let minutes = minutes.and_then(|it| u32::try_from(it).ok());
    let minutes = minutes.filter(|it| (1..=MOST_MINUTES).contains(it));
    let minutes = minutes.ok_or_else(|| {
        validation(format!(
            "WarmUpPeriodDurationInMinutes must be from 1 to {MOST_MINUTES}."
        ))
    })?;
    Ok(Some(WarmUp {
        minutes,
        is_whole: given.only_start_evaluating_after_warm_up_period_ends == Some(true),
        since: now,
        is_over: false,
    }))
}

/// What becomes of a warm-up by a request that says another, or none.
pub fn changed(wanted: WarmUp, before: Option<&WarmUp>, now: Timestamp) -> WarmUp {
    match before {
        Some(before) => WarmUp {
            since: before.since,
            is_over: left(before, now).is_none(),
            ..wanted
        },
        // It was created without, or its warm-up was ended.
        None => WarmUp {
            is_over: true,
            ..wanted
        },
    }
}

/// How long it may last still; `None` once it is over.
pub fn left(of: &WarmUp, now: Timestamp) -> Option<Duration> {
    // What a clock that was ahead has left counts from now.
    let until = of.since.min(now).millis() + i64::from(of.minutes) * 60_000;
    let until = Timestamp::from_millis(until);
    (!of.is_over && until > now).then(|| until.since(now))
}

pub fn shown(of: &WarmUp) -> WarmUpConfiguration {
    WarmUpConfiguration {
        warm_up_period_duration_in_minutes: i32::try_from(of.minutes).ok(),
        only_start_evaluating_after_warm_up_period_ends: Some(of.is_whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    fn of(minutes: i32, minute: i64) -> WarmUp {
        let given = WarmUpConfiguration {
            warm_up_period_duration_in_minutes: Some(minutes),
            only_start_evaluating_after_warm_up_period_ends: None,
        };
        read(Some(&given), at(minute)).unwrap().unwrap()
    }

    #[test]
    fn it_lasts_from_the_creation_on_and_is_there_once() {
        let minutes = |of: &WarmUp, now| left(of, at(now)).map(|it| it.as_secs() / 60);
        let first = of(30, 100);
        assert_eq!(minutes(&first, 100), Some(30));
        assert_eq!(minutes(&first, 129), Some(1));
        assert_eq!(minutes(&first, 130), None);
        // A clock that was ahead when it was created.
        assert_eq!(minutes(&first, 50), Some(30));
        // It changes while it lasts.
        let longer = changed(of(60, 120), Some(&first), at(120));
        assert_eq!(minutes(&longer, 120), Some(40));
        let shorter = changed(of(10, 120), Some(&first), at(120));
        assert_eq!(minutes(&shorter, 120), None);
        // And never after that, nor if there was none.
        assert_eq!(
            minutes(&changed(of(60, 130), Some(&first), at(130)), 130),
            None
        );
        assert_eq!(minutes(&changed(of(60, 120), None, at(120)), 120), None);
        let early = WarmUp {
            is_over: true,
            ..first
        };
        assert_eq!(
            minutes(&changed(of(60, 120), Some(&early), at(120)), 120),
            None
        );
    }

    #[test]
    fn it_has_a_length() {
        for minutes in [None, Some(0), Some(-1), Some(2881)] {
            let given = WarmUpConfiguration {
                warm_up_period_duration_in_minutes: minutes,
                only_start_evaluating_after_warm_up_period_ends: None,
            };
            let refused = read(Some(&given), at(0)).unwrap_err().message;
            assert!(refused.contains("from 1 to 2880"), "{minutes:?}: {refused}");
        }
        assert_eq!(read(None, at(0)).unwrap(), None);
    }
}
