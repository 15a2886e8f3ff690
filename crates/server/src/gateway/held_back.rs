//! Answers that are held back: those of calls that were refused for a limit, while their account is refused again and
//! again.
//!
//! SDKs wait by themselves before they ask again. A client that does not, asks as fast as it is answered, and its
//! refused calls take more of the processors than all that are served. So an account has a burst of refusals, and
//! some a second, that are answered at once; further ones wait a moment, and their connections with them. Who is
//! refused once in a while notices nothing.
//!
//! Nothing of a call is held meanwhile but its answer and its connection. Of each account, and of all, a bounded number
//! waits at once; beyond, answers go without a wait.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::time::sleep;
use wharf_base::bucket::{Bucket, Rate};

use super::source::Source;

/// Refusals that are answered at once: a tool with some threads whose SDK tries again stays below it.
const AT_ONCE: Rate = Rate::new(50.0, 10.0);
/// A client with one connection then has ten refusals a second; it is long beside what any of them takes, and nobody
/// who waits for it takes the server for a dead one.
const WAIT: Duration = Duration::from_millis(100);
/// Answers of one account that wait at once.
const MOST_OF_ONE: usize = 64;
/// Answers of all.
const MOST: usize = 1024;
/// Accounts, and addresses of who has none, that are known at once. Those that were refused nothing lately are forgotten.
const MOST_SOURCES: usize = 4096;

/// What is held back, of all accounts.
#[derive(Default)]
pub struct HeldBack {
    refusals: Mutex<Refusals>,
    /// Since the start.
    in_all: AtomicU64,
}

impl HeldBack {
    /// A call of `source` was refused: waits as long as its answer is held back.
    pub async fn wait(&self, source: Source) {
        if let Some(held) = self.hold(source) {
            sleep(held.wait).await;
        }
    }

    /// Answers that waited, or do, since the start.
    pub fn in_all(&self) -> u64 {
        self.in_all.load(Ordering::Relaxed)
    }

    fn hold(&self, source: Source) -> Option<Held<'_>> {
        let now = tokio::time::Instant::now().into_std();
        let wait = self.refusals.lock().refused(&source, now)?;
        self.in_all.fetch_add(1, Ordering::Relaxed);
        Some(Held {
            of: self,
            source,
            wait,
        })
    }
}

/// An answer that waits; it counts until it is dropped.
struct Held<'a> {
    of: &'a HeldBack,
    source: Source,
    wait: Duration,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.of.refusals.lock().released(&self.source);
    }
}

/// Decides what is held back, and for how long.
#[derive(Default)]
struct Refusals {
    sources: HashMap<Source, OfOne>,
    held: usize,
}

struct OfOne {
    at_once: Bucket<Instant>,
    held: usize,
}

impl Refusals {
    /// How long the answer to a refused call waits, and counts as one that does until it is released; `None` if it goes
    /// at once.
    fn refused(&mut self, source: &Source, now: Instant) -> Option<Duration> {
        if self.sources.len() >= MOST_SOURCES && !self.sources.contains_key(source) {
            self.sources
                .retain(|_, it| it.held > 0 || !it.at_once.is_full(now));
            if self.sources.len() >= MOST_SOURCES {
                return None;
            }
        }
        let own = self.sources.entry(source.clone()).or_insert_with(|| OfOne {
            at_once: Bucket::full(AT_ONCE, now),
            held: 0,
        });
        if own.at_once.take(now) || own.held >= MOST_OF_ONE || self.held >= MOST {
            return None;
        }
        own.held += 1;
        self.held += 1;
        Some(WAIT)
    }

    fn released(&mut self, source: &Source) {
        if let Some(own) = self.sources.get_mut(source) {
            own.held -= 1;
            self.held -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BURST: usize = AT_ONCE.burst as usize;

    fn account(number: usize) -> Source {
        Source::Account(format!("{number:012}"))
    }

    /// How many of so many refusals at one moment wait.
    fn waiting(refusals: &mut Refusals, of: &Source, asked: usize, now: Instant) -> usize {
        (0..asked)
            .filter(|_| refusals.refused(of, now).is_some())
            .count()
    }

    #[test]
    fn a_burst_is_answered_at_once_and_so_is_who_is_refused_now_and_then() {
        let (mut refusals, begun) = (Refusals::default(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        assert_eq!(waiting(&mut refusals, &account(1), BURST, at(0)), 0);
        assert_eq!(waiting(&mut refusals, &account(1), 3, at(0)), 3);
        assert_eq!(waiting(&mut refusals, &account(2), BURST, at(0)), 0);
        // Ten a second go at once from then on, and it has its burst again after a while.
        assert_eq!(waiting(&mut refusals, &account(1), 12, at(1000)), 2);
        assert_eq!(waiting(&mut refusals, &account(1), BURST, at(10_000)), 0);
        for second in 20..200 {
            assert_eq!(
                waiting(&mut refusals, &account(3), 10, at(second * 1000)),
                0
            );
        }
    }

    #[test]
    fn few_wait_at_once() {
        let (mut refusals, now) = (Refusals::default(), Instant::now());
        let asked = BURST + 2 * MOST_OF_ONE;
        let first = waiting(&mut refusals, &account(0), asked, now);
        assert_eq!(first, MOST_OF_ONE, "the others go at once");
        let others: usize = (1..40)
            .map(|it| waiting(&mut refusals, &account(it), asked, now))
            .sum();
        assert_eq!(first + others, MOST);
        refusals.released(&account(0));
        assert_eq!(waiting(&mut refusals, &account(0), 9, now), 1);
    }

    #[test]
    fn few_accounts_are_remembered() {
        let (mut refusals, now) = (Refusals::default(), Instant::now());
        for number in 0..MOST_SOURCES {
            assert_eq!(waiting(&mut refusals, &account(number), 1, now), 0);
        }
        let next = account(MOST_SOURCES);
        assert_eq!(waiting(&mut refusals, &next, 2 * BURST, now), 0);
        assert_eq!(refusals.sources.len(), MOST_SOURCES);
        let later = now + Duration::from_secs(60);
        assert_eq!(waiting(&mut refusals, &next, BURST + 1, later), 1);
        assert_eq!(refusals.sources.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_wait_is_made_to() {
        let held = HeldBack::default();
        let begun = tokio::time::Instant::now();
        for _ in 0..BURST {
            held.wait(account(1)).await;
        }
        assert_eq!((begun.elapsed(), held.in_all()), (Duration::ZERO, 0));
        for _ in 0..BURST {
            held.wait(account(1)).await;
        }
        // Each second waiting gives ten that do not wait.
        assert!(begun.elapsed() >= WAIT * (BURST as u32 / 2 - 1));
        let in_all = u32::try_from(held.in_all()).unwrap();
        assert!(in_all >= BURST as u32 / 2 - 1 && begun.elapsed() >= WAIT * in_all);
        assert_eq!(held.refusals.lock().held, 0);
    }
}
