//! Where a pod runs, among its labels: since 1.35 it has the zone and the region of its node there.

use serde_json::{Map, Value};

pub const ZONE: &str = "topology.kubernetes.io/zone";
pub const REGION: &str = "topology.kubernetes.io/region";

/// Those of a node's labels that its pods have as well, whatever theirs said before.
pub fn of_node(labels: &Map<String, Value>) -> impl Iterator<Item = (&'static str, &Value)> {
    let keys = [ZONE, REGION].into_iter();
    keys.filter_map(move |key| Some((key, labels.get(key)?)))
}
