//! How fast something may be called, where its owner said so. In memory: after a restart a rate begins anew.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use wharf_base::Timestamp;

/// Turns of those who wait, by what they wait for.
#[derive(Debug, Default)]
pub struct Rates {
    all: Mutex<All>,
}

#[derive(Debug, Default)]
struct All {
    of: HashMap<String, Rate>,
    /// When turns that nobody came for were last dropped.
    swept: Timestamp,
}

/// Who has not come this long after its turn does not come again.
const LATEST: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Rate {
    /// The first turn that nobody has.
    free_at: Timestamp,
    /// Turns that were given to those who came too early.
    given: HashMap<String, Timestamp>,
}

impl Rate {
    fn is_used(&self, now: Timestamp) -> bool {
        self.free_at > now || !self.given.is_empty()
    }
}

/// Between two of so many a second.
pub fn gap(per_second: u32) -> Duration {
    Duration::from_millis(u64::from(1000_u32.div_ceil(per_second.max(1))))
}

impl Rates {
    /// Whether `id` may call `of` now; it comes again with the same id after the wait that it is told. A turn after `last` is of no use to it and
    /// stays for others.
    ///
    /// # Errors
    /// How long it has to wait.
    pub fn take(
        &self,
        of: &str,
        id: &str,
        gap: Duration,
        now: Timestamp,
        last: Timestamp,
    ) -> Result<(), Duration> {
        let mut all = self.all.lock();
        if now.since(all.swept) >= LATEST {
            all.swept = now;
            let is_due = |turn: &Timestamp| now.since(*turn) < LATEST;
            all.of.retain(|_, rate| {
                rate.given.retain(|_, turn| is_due(turn));
                rate.is_used(now)
            });
        }
        let rate = all.of.entry(of.to_owned()).or_default();
        let turn = rate.given.get(id).copied();
        let turn = match turn {
            Some(turn) => turn,
            None => {
                let turn = rate.free_at.max(now);
                if turn > last {
                    return Err(turn.since(now));
                }
                rate.free_at = turn + gap;
                turn
            }
        };
        if turn > now {
            rate.given.insert(id.to_owned(), turn);
            return Err(turn.since(now));
        }
        rate.given.remove(id);
        // Nobody waits, and nothing is to be remembered.
        if !rate.is_used(now) {
            all.of.remove(of);
        }
        Ok(())
    }

    /// `id` does not come again.
    pub fn forget(&self, of: &str, id: &str) {
        if let Some(rate) = self.all.lock().of.get_mut(of) {
            rate.given.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEVER: Timestamp = Timestamp(i64::MAX);

    #[test]
    fn each_waits_for_a_turn_of_its_own() {
        let (rates, start) = (Rates::default(), Timestamp(0));
        let half = Duration::from_millis(500);
        assert_eq!(rates.take("a", "1", gap(2), start, NEVER), Ok(()));
        assert_eq!(rates.take("a", "2", gap(2), start, NEVER), Err(half));
        assert_eq!(rates.take("a", "3", gap(2), start, NEVER), Err(half * 2));
        assert_eq!(
            rates.take("b", "1", gap(2), start, NEVER),
            Ok(()),
            "another's turn"
        );
        assert_eq!(
            rates.take("a", "2", gap(2), start, NEVER),
            Err(half),
            "still the same"
        );
        assert_eq!(rates.take("a", "2", gap(2), start + half, NEVER), Ok(()));
        assert_eq!(
            rates.take("a", "3", gap(2), start + half * 2, NEVER),
            Ok(())
        );
    }

    #[test]
    fn a_turn_that_is_of_no_use_is_not_taken() {
        let (rates, start) = (Rates::default(), Timestamp(0));
        let (second, last) = (gap(1), start + gap(1) * 2);
        assert_eq!(rates.take("a", "1", second, start, last), Ok(()));
        assert_eq!(rates.take("a", "2", second, start, last), Err(second));
        assert_eq!(rates.take("a", "3", second, start, last), Err(second * 2));
        for id in ["4", "5", "6"] {
            let wait = rates.take("a", id, second, start, last);
            assert_eq!(wait, Err(second * 3), "nobody moved it");
        }
        assert_eq!(rates.all.lock().of["a"].given.len(), 2);
        rates.forget("a", "2");
        rates.forget("a", "3");
        rates.forget("b", "1");
        assert!(rates.all.lock().of["a"].given.is_empty());
    }

    #[test]
    fn turns_that_nobody_came_for_are_dropped() {
        let (rates, start) = (Rates::default(), Timestamp(0));
        for of in ["a", "b"] {
            assert_eq!(rates.take(of, "1", gap(1), start, NEVER), Ok(()));
            assert_eq!(rates.take(of, "gone", gap(1), start, NEVER), Err(gap(1)));
        }
        assert_eq!(rates.take("b", "2", gap(1), start + LATEST, NEVER), Ok(()));
        assert_eq!(rates.all.lock().of.len(), 2, "they may come still");
        let later = start + LATEST * 3;
        assert_eq!(rates.take("b", "3", gap(1), later, NEVER), Ok(()));
        let all = rates.all.lock();
        assert_eq!(all.of.len(), 1);
        assert!(all.of["b"].given.is_empty());
    }

    proptest! {
        #[test]
        fn a_rate_is_held(per_second in 1u32..50, waiting in 1usize..60) {
            let rates = Rates::default();
            let mut waits: Vec<(Timestamp, String)> =
                (0..waiting).map(|it| (Timestamp(0), it.to_string())).collect();
            let mut called = Vec::new();
            while let Some((now, id)) = waits.pop() {
                match rates.take("x", &id, gap(per_second), now, NEVER) {
                    Ok(()) => called.push(now),
                    Err(wait) => waits.insert(0, (now + wait, id)),
                }
                waits.sort_by(|a, b| b.cmp(a));
            }
            called.sort();
            prop_assert_eq!(called.len(), waiting);
            for window in called.windows(per_second as usize + 1) {
                let took = window[per_second as usize].since(window[0]);
                prop_assert!(took >= Duration::from_secs(1), "{:?}", took);
            }
        }
    }
}
