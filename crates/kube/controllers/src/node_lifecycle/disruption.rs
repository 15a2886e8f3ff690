//! How much of a cluster is away, and how fast nodes may be emptied for it: pure.
//!
//! Where no node at all is ready it is rather this side that hears nothing: nobody is driven out then. Where most of a zone is away
//! its nodes are emptied slowly, or not at all if there are few of them.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use serde_json::Value;
use tokio::time::Instant;
use wharf_kube_client::Object;

const REGION: &str = "topology.kubernetes.io/region";
const ZONE: &str = "topology.kubernetes.io/zone";
/// Nodes with this label count for nothing here.
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";

/// In percent: from here on a zone is disrupted, if more than [`FEW`] of its nodes are away.
const DISRUPTED: usize = 55;
const FEW: usize = 2;
/// A zone with more nodes is emptied slowly while it is disrupted, one with fewer not at all.
const LARGE: usize = 50;

/// Between two nodes of a zone that begin to be emptied.
const PAUSE: Duration = Duration::from_secs(10);
/// The same in a large zone that is disrupted.
const LONG_PAUSE: Duration = Duration::from_secs(100);

/// Region and zone.
pub type Zone = (String, String);

pub fn zone(node: &Value) -> Zone {
    let label = |name| node.label(name).unwrap_or_default().to_owned();
    (label(REGION), label(ZONE))
}

/// What of a node counts here: its zone, and whether it is ready. Nothing of one that is to count for nothing.
pub type Standing = Option<(Zone, bool)>;

pub fn standing(node: &Value) -> Standing {
    let counts = node.label(EXCLUDED).is_none();
    counts.then(|| (zone(node), node.has_condition("Ready", "True")))
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Disruption {
    /// By zone: the pause between two of its nodes; `None` if no further one is to be emptied.
    pauses: BTreeMap<Zone, Option<Duration>>,
    is_total: bool,
}

#[derive(Default)]
struct Count {
    ready: usize,
    away: usize,
}

impl Count {
    fn pause(&self) -> Option<Duration> {
        let all = self.ready + self.away;
        // A zone of which nothing is left is emptied as any: others are well.
        let is_disrupted = self.ready > 0 && self.away > FEW && self.away * 100 >= all * DISRUPTED;
        match (is_disrupted, all > LARGE) {
            (false, _) => Some(PAUSE),
            (true, true) => Some(LONG_PAUSE),
            (true, false) => None,
        }
    }
}

impl Disruption {
    pub fn of<'a>(nodes: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut zones: BTreeMap<Zone, Count> = BTreeMap::new();
        for (zone, is_ready) in nodes.into_iter().filter_map(standing) {
            let count = zones.entry(zone).or_default();
            match is_ready {
                true => count.ready += 1,
                false => count.away += 1,
            }
        }
        Self {
            is_total: !zones.is_empty() && zones.values().all(|it| it.ready == 0),
            pauses: zones
                .into_iter()
                .map(|(zone, count)| (zone, count.pause()))
                .collect(),
        }
    }

    /// Whether no node is ready.
    pub fn is_total(&self) -> bool {
        self.is_total
    }

    pub fn pause(&self, zone: &Zone) -> Option<Duration> {
        self.pauses.get(zone).copied().unwrap_or(Some(PAUSE))
    }
}

/// When a node of each zone last began to be emptied, and which it was.
#[derive(Default)]
pub struct Turns(HashMap<Zone, (Instant, String)>);

impl Turns {
    /// Takes the turn of a zone for one of its nodes, which keeps it: what is done with it may fail.
    ///
    /// # Errors
    /// It is another's; it is free in this long.
    pub fn take(
        &mut self,
        zone: Zone,
        node: &str,
        pause: Duration,
        now: Instant,
    ) -> Result<(), Duration> {
        let passed = |last: Instant| now.saturating_duration_since(last);
        if let Some((last, holder)) = self.0.get(&zone) {
            let left = pause.saturating_sub(passed(*last));
            if !left.is_zero() {
                return if holder == node { Ok(()) } else { Err(left) };
            }
        }
        self.0.retain(|_, (last, _)| passed(*last) < LONG_PAUSE);
        self.0.insert(zone, (now, node.to_owned()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(zone: &str, ready: bool) -> Value {
        let ready = if ready { "True" } else { "Unknown" };
        json!({
            "metadata": {"labels": {REGION: "r", ZONE: zone}},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        })
    }

    /// A zone of so many nodes that are ready and that are away.
    fn nodes(zone: &str, ready: usize, away: usize) -> Vec<Value> {
        let ready = (0..ready).map(|_| node(zone, true));
        ready.chain((0..away).map(|_| node(zone, false))).collect()
    }

    fn named(zone: &str) -> Zone {
        ("r".to_owned(), zone.to_owned())
    }

    #[test]
    fn how_fast_a_zone_is_emptied() {
        for (ready, away, want) in [
            (1, 0, Some(PAUSE)),
            (1, 1, Some(PAUSE)),
            // Of few nodes any number may be away.
            (1, 2, Some(PAUSE)),
            (2, 3, None),
            (3, 3, Some(PAUSE)),
            (9, 10, Some(PAUSE)),
            (9, 11, None),
            (22, 28, None),
            (22, 29, Some(LONG_PAUSE)),
            (23, 28, Some(PAUSE)),
            // Others are well.
            (0, 3, Some(PAUSE)),
        ] {
            let all = [nodes("a", ready, away), nodes("b", 1, 0)].concat();
            let disruption = Disruption::of(&all);
            assert!(!disruption.is_total());
            assert_eq!(
                disruption.pause(&named("a")),
                want,
                "{ready} ready, {away} away"
            );
            assert_eq!(disruption.pause(&named("b")), Some(PAUSE));
        }
    }

    #[test]
    fn it_is_total_where_no_node_of_any_zone_is_ready() {
        let new = json!({"metadata": {"name": "n"}});
        let excluded = |ready| {
            let mut node = node("a", ready);
            node["metadata"]["labels"][EXCLUDED] = "".into();
            node
        };
        for (nodes, want) in [
            (vec![], false),
            (nodes("a", 0, 1), true),
            (vec![new], true),
            ([nodes("a", 0, 2), nodes("b", 0, 1)].concat(), true),
            ([nodes("a", 0, 2), nodes("b", 1, 1)].concat(), false),
            (vec![node("a", false), excluded(true)], true),
            (vec![excluded(false)], false),
        ] {
            assert_eq!(Disruption::of(&nodes).is_total(), want, "{nodes:?}");
        }
    }

    #[test]
    fn each_zone_has_turns_of_its_own() {
        let (mut turns, start) = (Turns::default(), Instant::now());
        let mut take = |zone: &str, node: &str, pause, after| {
            let now = start + Duration::from_secs(after);
            turns.take(named(zone), node, pause, now)
        };
        assert_eq!(take("a", "1", PAUSE, 0), Ok(()));
        assert_eq!(take("a", "2", PAUSE, 4), Err(Duration::from_secs(6)));
        assert_eq!(take("b", "3", PAUSE, 4), Ok(()));
        // It is the same turn still.
        assert_eq!(take("a", "1", PAUSE, 5), Ok(()));
        assert_eq!(take("a", "2", PAUSE, 10), Ok(()));
        assert_eq!(take("a", "1", LONG_PAUSE, 20), Err(Duration::from_secs(90)));
        assert_eq!(take("a", "1", LONG_PAUSE, 110), Ok(()));
    }
}
