//! When fleets that lack something try again: each try in vain doubles the pause. A fleet that lacks something else than before does
//! not wait for it.
//!
//! Only in memory: after a restart each fleet tries at once.

use std::{collections::BTreeMap, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;
use wharf_base::backoff::doubled;

use super::records::Units;

/// Pause after a try.
const FIRST: Duration = Duration::from_secs(5);
/// The longest between two.
const LAST: Duration = Duration::from_secs(120);

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
