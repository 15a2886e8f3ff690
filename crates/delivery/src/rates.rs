//! How fast something may be called, where its owner said so. In memory: after a restart a rate begins anew.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use wharf_base::Timestamp;

/// Turns of those who wait, by what they wait for.
#[derive(Debug, Default)]
pub struct Rates {
    of: Mutex<HashMap<String, Rate>>,
}

#[derive(Debug, Default)]
struct Rate {
    /// The first turn that nobody has.
    free_at: Timestamp,
    /// Turns that were given to those who came too early.
    given: HashMap<String, Timestamp>,
}

impl Rates {
    /// Whether `id` may call `of` now; it comes again with the same id after the wait that it is told.
    ///
    /// # Errors
    /// How long it has to wait.
    pub fn take(
        &self,
        of: &str,
        id: &str,
        per_second: u32,
        now: Timestamp,
    ) -> Result<(), Duration> {
        let gap = Duration::from_millis(u64::from(1000_u32.div_ceil(per_second.max(1))));
        let mut all = self.of.lock();
        let rate = all.entry(of.to_owned()).or_default();
        let turn = rate.given.get(id).copied();
        let turn = turn.unwrap_or_else(|| {
            let turn = rate.free_at.max(now);
            rate.free_at = turn + gap;
            turn
        });
        if turn > now {
            rate.given.insert(id.to_owned(), turn);
            return Err(turn.since(now));
        }
        rate.given.remove(id);
        // Nobody waits, and nothing is to be remembered.
        all.retain(|_, it| it.free_at > now || !it.given.is_empty());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_waits_for_a_turn_of_its_own() {
        let (rates, start) = (Rates::default(), Timestamp(0));
        let half = Duration::from_millis(500);
        assert_eq!(rates.take("a", "1", 2, start), Ok(()));
        assert_eq!(rates.take("a", "2", 2, start), Err(half));
        assert_eq!(rates.take("a", "3", 2, start), Err(half * 2));
        assert_eq!(rates.take("b", "1", 2, start), Ok(()), "another's turn");
        assert_eq!(rates.take("a", "2", 2, start), Err(half), "still the same");
        assert_eq!(rates.take("a", "2", 2, start + half), Ok(()));
        assert_eq!(rates.take("a", "3", 2, start + half * 2), Ok(()));
    }

    proptest! {
        #[test]
        fn a_rate_is_held(per_second in 1u32..50, waiting in 1usize..60) {
            let rates = Rates::default();
            let mut waits: Vec<(Timestamp, String)> =
                (0..waiting).map(|it| (Timestamp(0), it.to_string())).collect();
            let mut called = Vec::new();
            while let Some((now, id)) = waits.pop() {
                match rates.take("x", &id, per_second, now) {
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
