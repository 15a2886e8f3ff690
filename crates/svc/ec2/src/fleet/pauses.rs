//! When fleets that lack something try again: each try in vain doubles the pause. A fleet that lacks something else than before does
//! not wait for it.
//!
//! Only in memory: after a restart each fleet tries at once.
//!
//! A launch that was written and came to nothing afterwards, as with a machine maker that has no room, was none in vain by that;
//! how long those are waited for their records say ([`after_failures`]).

use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;
use wharf_base::{Timestamp, backoff::doubled};

use super::records::Units;
use crate::{instances::life::State, records::Instance};

/// Pause after a try.
const FIRST: Duration = Duration::from_secs(5);
/// The longest between two.
const LAST: Duration = Duration::from_secs(120);
/// Why instances end that come to nothing.
const IN_VAIN: [&str; 2] = [
    "Server.InternalError",
    "Server.InsufficientInstanceCapacity",
];
/// How long a launch that came to nothing counts.
const COUNTS_FOR: Duration = Duration::from_secs(600);

/// When an instance ended without ever having run, for which nobody asked.
pub fn failed_at(it: &Instance) -> Option<Timestamp> {
    let life = &it.life;
    let is_over = matches!(life.state, State::ShuttingDown | State::Terminated);
    let reason = life.reason.as_ref();
    let failed = reason.is_some_and(|it| IN_VAIN.contains(&it.code.as_str()));
    (is_over && failed && life.run.is_none()).then_some(life.since)
}

/// How long nothing is launched after launches that came to nothing at these times: twice as long for each.
pub fn after_failures(failed: impl Iterator<Item = Timestamp>, now: Timestamp) -> Option<Duration> {
    let recent: Vec<Timestamp> = failed.filter(|it| now < *it + COUNTS_FOR).collect();
    let last = recent.iter().max().copied()?;
    let count = u32::try_from(recent.len()).unwrap_or(u32::MAX);
    let until = last + doubled(FIRST, LAST, count);
    (now < until).then(|| until.since(now))
}

#[derive(Debug)]
struct Pause {
    missing: Units,
    /// Tries in vain, one after another.
    tries: u32,
    until: Instant,
}

/// By the fleet's key.
#[derive(Debug, Default)]
pub struct Pauses(Mutex<BTreeMap<String, Pause>>);

impl Pauses {
    /// How long the same is not to be tried again.
    pub fn left(&self, key: &str, missing: Units) -> Option<Duration> {
        let pauses = self.0.lock();
        let pause = pauses.get(key).filter(|it| it.missing == missing)?;
        let left = pause.until.saturating_duration_since(Instant::now());
        (left > Duration::ZERO).then_some(left)
    }

    /// It was tried; how long to wait now.
    pub fn tried(&self, key: &str, missing: Units, in_vain: bool) -> Duration {
        let mut pauses = self.0.lock();
        let before = pauses.get(key).filter(|it| it.missing == missing);
        let tries = match in_vain {
            true => before.map_or(0, |it| it.tries).saturating_add(1),
            false => 0,
        };
        let pause = doubled(FIRST, LAST, tries);
        let until = Instant::now() + pause;
        let it = Pause {
            missing,
            tries,
            until,
        };
        pauses.insert(key.to_owned(), it);
        pause
    }

    /// It lacks nothing, is not there any more, or there may be room again.
    pub fn forget(&self, key: &str) {
        self.0.lock().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(spot: u32) -> Units {
        Units { on_demand: 0, spot }
    }

    #[test]
    fn launches_that_come_to_nothing_are_waited_for() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let wait = |failed: &[i64], now: i64| {
            let failed = failed.iter().map(|it| at(*it));
            after_failures(failed, at(now)).map(|it| it.as_secs())
        };
        assert_eq!(wait(&[], 100), None);
        assert_eq!(wait(&[100], 101), Some(4));
        assert_eq!(wait(&[100], 105), None);
        assert_eq!(wait(&[100, 106], 106), Some(10));
        assert_eq!(wait(&[106, 100, 90, 80, 70, 60, 50], 106), Some(120));
        // What was long ago is no matter.
        assert_eq!(wait(&[100, 705], 705), Some(5));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_tried_in_vain_is_tried_ever_more_seldom() {
        let pauses = Pauses::default();
        let in_vain = || pauses.tried("a", spot(1), true).as_secs();
        let waits: Vec<u64> = std::iter::repeat_with(in_vain).take(7).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 120, 120]);
        // However often it is woken.
        assert_eq!(pauses.left("a", spot(1)), Some(Duration::from_secs(120)));
        assert_eq!(pauses.left("a", spot(2)), None);
        assert_eq!(pauses.left("b", spot(1)), None);
        tokio::time::advance(LAST).await;
        assert_eq!(pauses.left("a", spot(1)), None);
        assert_eq!(pauses.tried("a", spot(1), false), FIRST);
        pauses.tried("a", spot(1), true);
        assert_eq!(pauses.tried("a", spot(2), true), FIRST);
        pauses.forget("a");
        assert_eq!(pauses.left("a", spot(2)), None);
    }
}
