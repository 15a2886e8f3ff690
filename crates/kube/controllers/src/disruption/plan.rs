//! What a budget allows: pure.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;

use crate::{
    bounds::bound,
    pods::{is_over, is_ready, set_condition},
    runtime::sooner,
};

/// An eviction that was allowed and never came counts no longer after this.
const EVICTION_TIMEOUT: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub struct Plan {
    pub status: Value,
    pub look_after: Option<Duration>,
}

/// `wanted` is how many pods their controllers want.
pub fn plan(budget: &Value, pods: &[Arc<Value>], wanted: i64, now: Timestamp) -> Plan {
    let spec = budget.at("/spec");
    let (least, most) = (spec.at("/minAvailable"), spec.at("/maxUnavailable"));
    let (expected, desired) = if !most.is_null() {
        (wanted, (wanted - bound(most, wanted, true)).max(0))
    } else if least.is_string() {
        (wanted, bound(least, wanted, true))
    } else {
        (pods.len() as i64, least.as_i64().unwrap_or(1))
    };
    let mut disrupted = Map::new();
    let mut look_after = None;
    for (name, at) in budget.map("/status/disruptedPods").into_iter().flatten() {
        let pod = pods.iter().find(|it| it.name() == name);
        let since = at.as_str().and_then(Timestamp::parse_iso8601);
        let (Some(pod), Some(since)) = (pod, since) else {
            continue;
        };
        let left = EVICTION_TIMEOUT.saturating_sub(now.since(since));
        if !pod.is_deleting() && !left.is_zero() {
            disrupted.insert(name.clone(), at.clone());
            look_after = sooner(look_after, Some(left));
        }
    }
    let is_healthy = |pod: &&Arc<Value>| {
        !pod.is_deleting() && !is_over(pod) && !disrupted.contains_key(pod.name()) && is_ready(pod)
    };
    let healthy = pods.iter().filter(is_healthy).count() as i64;
    let allowed = if expected > 0 {
        (healthy - desired).max(0)
    } else {
        0
    };
    let (is_allowed, reason) = match allowed {
        0 => ("False", "InsufficientPods"),
        _ => ("True", "SufficientPods"),
    };
    let mut conditions = budget.list("/status/conditions").to_vec();
    let condition = json!({
        "type": "DisruptionAllowed", "status": is_allowed, "reason": reason, "message": "",
        "observedGeneration": budget.generation(),
    });
    set_condition(&mut conditions, condition, now);
    let mut status = json!({
        "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected,
        "disruptionsAllowed": allowed, "observedGeneration": budget.generation(), "conditions": conditions,
    });
    if !disrupted.is_empty() {
        status["disruptedPods"] = disrupted.into();
    }
    Plan { status, look_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    fn pods(ready: usize, unready: usize) -> Vec<Arc<Value>> {
        let pod = |at: usize| {
            let ready = if at < ready { "True" } else { "False" };
            json!({
                "metadata": {"name": format!("p{at}")},
                "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]},
            })
        };
        (0..ready + unready).map(|it| pod(it).into()).collect()
    }

    #[test]
    fn what_may_be_evicted() {
        for (spec, ready, unready, want) in [
            (json!({"minAvailable": 2}), 3, 0, 1),
            (json!({"minAvailable": 2}), 2, 3, 0),
            (json!({"minAvailable": "50%"}), 4, 0, 2),
            (json!({"maxUnavailable": 1}), 4, 0, 1),
            (json!({"maxUnavailable": 1}), 3, 1, 0),
            (json!({"maxUnavailable": "30%"}), 4, 0, 2),
            (json!({"maxUnavailable": 1}), 0, 0, 0),
        ] {
            let pods = pods(ready, unready);
            let budget = json!({"spec": spec});
            let plan = plan(&budget, &pods, pods.len() as i64, NOW);
            assert_eq!(plan.status["disruptionsAllowed"], want, "{spec}");
        }
    }

    #[test]
    fn an_eviction_on_its_way_counts_for_a_while() {
        let mut budget = json!({"spec": {"minAvailable": 1}});
        budget["status"]["disruptedPods"] =
            json!({"p0": NOW.iso8601_seconds(), "gone": NOW.iso8601_seconds()});
        let pods = pods(2, 0);
        let first = plan(&budget, &pods, 2, NOW);
        assert_eq!(first.status["disruptionsAllowed"], 0);
        assert_eq!(first.status["disruptedPods"].as_object().unwrap().len(), 1);
        assert_eq!(first.look_after, Some(EVICTION_TIMEOUT));
        let later = plan(&budget, &pods, 2, NOW + EVICTION_TIMEOUT);
        assert_eq!(later.status["disruptionsAllowed"], 1);
    }
}
