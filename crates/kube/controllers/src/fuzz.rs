//! What fuzzing reaches of this crate: the schedules of CronJobs, and what adapters answer of metrics.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use wharf_base::Timestamp;

use crate::autoscaler::{limits::Tolerance, metric::Weighed, others};
pub use crate::cron_job::times;

const MOST: i64 = i32::MAX as i64;

/// The items of an adapter's answer, to any of the kinds of metrics that it may be asked for.
pub fn adapter(body: &[u8], now: Timestamp) {
    let Ok(Value::Array(items)) = serde_json::from_slice(body) else {
        return;
    };
    let (found, nothing) = (Ok(items), BTreeMap::new());
    let pod = |name: &str| {
        Arc::new(json!({
            "metadata": {"namespace": "a", "name": name},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }))
    };
    let pods = ["p", "q"].map(pod);
    let metric = json!({"name": "m", "selector": {"matchLabels": {"l": "v"}}});
    for target in [
        json!({"averageValue": "10m"}),
        json!({"value": "3"}),
        json!({}),
    ] {
        let all = BTreeMap::from([
            ("Pods", json!({"metric": metric, "target": target})),
            ("External", json!({"metric": metric, "target": target})),
            (
                "Object",
                json!({"metric": metric, "target": target, "describedObject": {"kind": "Service", "name": "s"}}),
            ),
        ]);
        for (kind, source) in all {
            let metric = json!({"type": kind, kind.to_lowercase(): source});
            for (current, there) in [(0, 0), (2, 2), (MOST, 1)] {
                let by = Weighed {
                    current,
                    namespace: "a",
                    pods: &pods,
                    there,
                    others: &nothing,
                    measured: &Ok(Vec::new()),
                    tolerance: Tolerance::of(&Value::Null),
                    now,
                };
                let asked = others::weigh(&metric, &found, &by);
                if let Ok(asked) = asked {
                    assert!((0..=MOST).contains(&asked.replicas), "{asked:?}");
                }
            }
        }
    }
}
