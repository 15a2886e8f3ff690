//! What stands between a provisioner and an object: what its owner was told of, and how long to wait until it is tried again.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use parking_lot::Mutex;
use wharf_kube_client::{Recorder, Ref};
use wharf_reconcile::Next;

/// Between two tries of what is refused again and again.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Between the first two looks at what takes its time, which is often done at once …
const FIRST_LOOK: Duration = Duration::from_millis(500);
/// … and between two at what takes long.
const LONGEST_LOOK: Duration = Duration::from_secs(30);
/// Warnings of one object that are known as told.
const MOST_TEXTS: usize = 32;

/// Of objects, by their uids.
#[derive(Default)]
pub struct Standings(Mutex<HashMap<String, Standing>>);

#[derive(Default)]
struct Standing {
    /// What was warned of.
    texts: HashSet<String>,
    /// Refusals in a row.
    refusals: u32,
    /// Looks in a row at what takes its time.
    looks: u32,
}

impl Standings {
    /// Warns of what was not warned of already.
    pub fn warn(&self, recorder: &Recorder, about: Ref, reason: &str, text: &str) {
        let mut standings = self.0.lock();
        let known = &mut standings.entry(about.uid.clone()).or_default().texts;
        if known.len() >= MOST_TEXTS {
            known.clear();
        }
        if known.insert(text.to_owned()) {
            recorder.warning(about, reason, text);
        }
    }

    /// When to ask again for what was refused: `first`, then twice as late each time.
    pub fn later(&self, uid: &str, first: Duration) -> Next {
        let mut standings = self.0.lock();
        let refusals = &mut standings.entry(uid.to_owned()).or_default().refusals;
        grown(refusals, first, LONGEST_WAIT)
    }

    /// When to look again at what takes its time: twice as late each time, for each look is one at all that its account has.
    pub fn look_again(&self, uid: &str) -> Next {
        let mut standings = self.0.lock();
        let looks = &mut standings.entry(uid.to_owned()).or_default().looks;
        grown(looks, FIRST_LOOK, LONGEST_LOOK)
    }

    /// What was wrong is no more.
    pub fn is_well(&self, uid: &str) {
        self.0.lock().remove(uid);
    }
}

fn grown(times: &mut u32, first: Duration, longest: Duration) -> Next {
    let wait = first.saturating_mul(1 << (*times).min(8));
    *times = times.saturating_add(1);
    Next::After(wait.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_again_and_again_is_asked_for_less_and_less() {
        let standings = Standings::default();
        let first = Duration::from_secs(30);
        let wait = || match standings.later("u", first) {
            Next::After(wait) => wait.as_secs(),
            other => panic!("{other:?}"),
        };
        let waits: Vec<u64> = (0..12).map(|_| wait()).collect();
        assert_eq!(waits[..5], [30, 60, 120, 240, 300]);
        assert!(waits[5..].iter().all(|it| *it == 300));
        standings.is_well("u");
        assert!(standings.0.lock().is_empty());
        assert_eq!(wait(), 30);
    }
}
