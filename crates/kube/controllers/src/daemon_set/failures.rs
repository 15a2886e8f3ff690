//! Daemon pods that fail over and over, as on a node that refuses them: each stays for twice as long as the one before it.
//!
//! Kept for as long as the server runs, as upstream does: after a start the first one goes at once.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::Value;
use wharf_base::{Timestamp, backoff::doubled};
use wharf_kube_client::Object;

use crate::runtime::Key;

/// How long the next failed pod stays after one that was deleted; twice as long each time.
const FIRST: Duration = Duration::from_secs(1);
const MOST: Duration = Duration::from_secs(15 * 60);
/// Where none failed for this long, the next goes at once.
const FORGOTTEN: Duration = Duration::from_secs(30 * 60);

/// By their sets.
#[derive(Default)]
pub struct Failures(Mutex<HashMap<Key, OfSet>>);

/// Of one set as it is now: what another template did says nothing of this one.
#[derive(Default)]
struct OfSet {
    uid: String,
    generation: i64,
    nodes: HashMap<String, Failure>,
}

struct Failure {
    count: u32,
    /// When the last one was deleted.
    at: Timestamp,
}

impl OfSet {
    fn is_of(&self, set: &Value) -> bool {
        self.uid == set.uid() && self.generation == set.generation()
    }
}

impl Failures {
    /// For how long a failed pod stays yet on each node where another was deleted.
    pub fn waits(&self, set: &Value, now: Timestamp) -> BTreeMap<String, Duration> {
        let all = self.0.lock();
        let Some(own) = all.get(&Key::of(set)).filter(|it| it.is_of(set)) else {
            return BTreeMap::new();
        };
        let left = |it: &Failure| {
            let whole = doubled(FIRST, MOST, it.count);
            whole.saturating_sub(now.since(it.at))
        };
        let waits = own.nodes.iter().map(|(node, it)| (node.clone(), left(it)));
        waits.filter(|(_, left)| !left.is_zero()).collect()
    }

    /// A failed pod of a node is about to be deleted.
    pub fn note(&self, set: &Value, node: &str, now: Timestamp) {
        let mut all = self.0.lock();
        let own = all.entry(Key::of(set)).or_default();
        if !own.is_of(set) {
            *own = OfSet {
                uid: set.uid().to_owned(),
                generation: set.generation(),
                nodes: HashMap::new(),
            };
        }
        own.nodes.retain(|_, it| now.since(it.at) <= FORGOTTEN);
        let failure = Failure { count: 0, at: now };
        let failure = own.nodes.entry(node.to_owned()).or_insert(failure);
        failure.count = failure.count.saturating_add(1);
        failure.at = now;
    }

    /// The set is gone.
    pub fn forget(&self, key: &Key) {
        self.0.lock().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    fn set(generation: i64) -> Value {
        json!({"metadata": {"name": "d", "namespace": "a", "uid": "u", "generation": generation}})
    }

    #[test]
    fn the_wait_doubles_to_a_quarter_of_an_hour() {
        let (it, set) = (Failures::default(), set(1));
        let mut now = NOW;
        assert!(it.waits(&set, now).is_empty());
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            it.note(&set, "n", now);
            let wait = Duration::from_secs(seconds);
            assert_eq!(
                it.waits(&set, now),
                BTreeMap::from([("n".to_owned(), wait)])
            );
            now = now + wait;
            assert!(it.waits(&set, now).is_empty(), "{seconds}");
        }
        it.note(&set, "n", now + FORGOTTEN + FIRST);
        let again = it.waits(&set, now + FORGOTTEN + FIRST);
        assert_eq!(again["n"], FIRST);
    }

    #[test]
    fn another_node_another_template_and_another_set_begin_anew() {
        let it = Failures::default();
        it.note(&set(1), "n", NOW);
        it.note(&set(1), "n", NOW);
        it.note(&set(1), "m", NOW);
        let waits = it.waits(&set(1), NOW);
        assert_eq!((waits["n"], waits["m"]), (FIRST * 2, FIRST));
        assert!(it.waits(&set(2), NOW).is_empty());
        let mut other = set(1);
        other["metadata"]["uid"] = "v".into();
        assert!(it.waits(&other, NOW).is_empty());
        it.note(&set(2), "n", NOW);
        assert_eq!(it.waits(&set(2), NOW)["n"], FIRST);
        it.forget(&Key::new("a", "d"));
        assert!(it.waits(&set(2), NOW).is_empty());
    }
}
