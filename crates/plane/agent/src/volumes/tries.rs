//! Work on many things, each of which is tried again by itself after pauses that grow. Pure but for the pauses' jitter.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;
use wharf_base::Backoff;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How far each is, by its id. One that nothing is known of is due.
#[derive(Default)]
pub struct Tries(BTreeMap<String, Try>);

struct Try {
    failures: u32,
    pauses: Backoff,
    is: Is,
}

enum Is {
    UnderWay,
    Again(Instant),
    Over,
}

impl Tries {
    pub fn is_due(&self, id: &str, now: Instant) -> bool {
        match self.0.get(id).map(|it| &it.is) {
            Some(Is::Again(at)) => *at <= now,
            Some(Is::UnderWay | Is::Over) => false,
            None => true,
        }
    }

    pub fn begin(&mut self, id: &str) {
        self.of(id).is = Is::UnderWay;
    }

    /// It will be tried again.
    pub fn again(&mut self, id: &str, now: Instant) {
        let of_it = self.of(id);
        of_it.is = Is::Again(now + of_it.pauses.wait());
    }

    /// It went wrong once more; how often it has.
    pub fn failed(&mut self, id: &str) -> u32 {
        let of_it = self.of(id);
        of_it.failures = of_it.failures.saturating_add(1);
        of_it.failures
    }

    /// How often it went wrong so far.
    pub fn failures(&self, id: &str) -> u32 {
        self.0.get(id).map_or(0, |it| it.failures)
    }

    /// Nothing is left to be done, for as long as it is known.
    pub fn end(&mut self, id: &str) {
        self.of(id).is = Is::Over;
    }

    /// As if it had never been tried.
    pub fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// Forgets those that are not known any more, once nobody is at them.
    pub fn keep(&mut self, is_known: impl Fn(&str) -> bool) {
        self.0
            .retain(|id, it| is_known(id) || matches!(it.is, Is::UnderWay));
    }

    /// When to look again. What is due and not begun waits for something else than time.
    pub fn next(&self, now: Instant) -> Instant {
        let later = self.0.values().filter_map(|it| match it.is {
            Is::Again(at) if at > now => Some(at),
            _ => None,
        });
        later.min().unwrap_or(now + LONGEST_PAUSE)
    }

    fn of(&mut self, id: &str) -> &mut Try {
        self.0.entry(id.to_owned()).or_insert_with(|| Try {
            failures: 0,
            pauses: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, 2.0),
            is: Is::UnderWay,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_tried_again_by_itself() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        let after = |millis| now + Duration::from_millis(millis);
        assert!(tries.is_due("a", now));
        assert_eq!(tries.next(now), now + LONGEST_PAUSE);
        tries.begin("a");
        assert!(!tries.is_due("a", after(100_000)));
        tries.again("a", now);
        assert!(!tries.is_due("a", after(300)) && tries.is_due("a", after(700)));
        assert!((after(300)..after(700)).contains(&tries.next(now)));
        // It may wait for something else: no reason to look all the time.
        assert_eq!(tries.next(after(700)), after(700) + LONGEST_PAUSE);
        tries.again("a", now);
        assert!(!tries.is_due("a", after(700)));
        assert!(tries.is_due("b", now));
        tries.end("b");
        assert!(!tries.is_due("b", after(100_000)));
        tries.begin("c");
        tries.keep(|id| id == "a");
        assert!(tries.is_due("b", now));
        assert!(!tries.is_due("a", now) && !tries.is_due("c", now));
        assert_eq!((tries.failed("a"), tries.failed("a")), (1, 2));
        tries.forget("a");
        assert!(tries.is_due("a", now));
        assert_eq!(tries.failed("a"), 1);
    }
}
