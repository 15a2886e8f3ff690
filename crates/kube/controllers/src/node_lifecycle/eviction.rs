//! Which pods a node's taints drive out, and when: pure.

use std::time::Duration;

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::Object;

use crate::pods::is_over;

#[derive(Debug, PartialEq)]
pub enum Fate {
    Stays,
    LeavesIn(Duration),
    Leaves,
}

fn driving(node: &Value) -> impl Iterator<Item = &Value> {
    let taints = node.list("/spec/taints").iter();
    taints.filter(|it| it.text("/effect") == "NoExecute")
}

pub fn drives_out(node: &Value) -> bool {
    driving(node).next().is_some()
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let (key, effect) = (toleration.text("/key"), toleration.text("/effect"));
    let exists = toleration.text("/operator") == "Exists";
    (effect.is_empty() || effect == "NoExecute")
        && (key == taint.text("/key") || key.is_empty() && exists)
        && (exists || toleration.text("/value") == taint.text("/value"))
}

/// What the node's taints mean for one of its pods: it stays as long as its least patient toleration of them.
pub fn fate(pod: &Value, node: &Value, now: Timestamp) -> Fate {
    if pod.is_deleting() || is_over(pod) {
        return Fate::Stays;
    }
    let mut least: Option<Duration> = None;
    for taint in driving(node) {
        let tolerations = pod.list("/spec/tolerations").iter();
        let mut tolerating = tolerations.filter(|it| tolerates(it, taint)).peekable();
        if tolerating.peek().is_none() {
            return Fate::Leaves;
        }
        let patience = tolerating
            .filter_map(|it| it.integer("/tolerationSeconds"))
            .min();
        let Some(patience) = patience else {
            continue;
        };
        let patience = Duration::from_secs(patience.max(0) as u64);
        let since = Timestamp::parse_iso8601(taint.text("/timeAdded")).unwrap_or(now);
        let left = patience.saturating_sub(now.since(since));
        least = Some(least.map_or(left, |it| it.min(left)));
    }
    match least {
        None => Fate::Stays,
        Some(Duration::ZERO) => Fate::Leaves,
        Some(left) => Fate::LeavesIn(left),
    }
}
