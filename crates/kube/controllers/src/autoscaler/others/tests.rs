use std::{collections::BTreeMap, sync::Arc};

use wharf_base::Timestamp;

use super::*;
use crate::autoscaler::limits::Tolerance;

fn pods(ready: usize) -> Vec<Arc<Value>> {
    let pod = |at: usize| {
        Arc::new(json!({
            "metadata": {"name": format!("p{at}"), "namespace": "n"},
            "status": {
                "phase": "Running", "startTime": "2025-01-01T00:00:00Z",
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2025-01-01T00:00:00Z"}],
            },
        }))
    };
    (0..ready).map(pod).collect()
}

/// With four pods that are ready.
fn asked(metric: &Value, found: Found) -> Result<Asks, Unknown> {
    let (pods, none, measured) = (pods(4), BTreeMap::new(), Ok(Vec::new()));
    let by = Weighed {
        current: 4,
        namespace: "n",
        pods: &pods,
        there: 4,
        others: &none,
        measured: &measured,
        tolerance: Tolerance::of(&Value::Null),
        now: Timestamp(1_767_225_600_000),
    };
    weigh(metric, &found, &by)
}

fn values(all: &[&str]) -> Found {
    let value = |(at, it): (usize, &&str)| json!({"describedObject": {"name": format!("p{at}")}, "value": it});
    Ok(all.iter().enumerate().map(value).collect())
}

fn external(target: Value) -> Value {
    let metric = json!({"name": "queue", "selector": {"matchLabels": {"of": "orders"}}});
    json!({"type": "External", "external": {"metric": metric, "target": target}})
}

#[test]
fn values_of_something_outside_are_added_up() {
    let average = external(json!({"type": "AverageValue", "averageValue": "10"}));
    let asks = asked(&average, values(&["50", "21"])).unwrap();
    assert_eq!(
        (asks.replicas, asks.name.as_str()),
        (8, "external metric queue(of=orders)")
    );
    assert_eq!(
        asks.status,
        json!({"type": "External", "external": {
            "metric": {"name": "queue", "selector": {"matchLabels": {"of": "orders"}}}, "current": {"averageValue": "17750m"},
        }})
    );
    // Within the tolerance.
    assert_eq!(asked(&average, values(&["43"])).unwrap().replicas, 4);
    assert_eq!(asked(&average, values(&["0"])).unwrap().replicas, 0);
    let whole = external(json!({"type": "Value", "value": "100m"}));
    let asks = asked(&whole, values(&["200m"])).unwrap();
    assert_eq!(
        (asks.replicas, &asks.status["external"]["current"]),
        (8, &json!({"value": "200m"}))
    );
    assert_eq!(asked(&whole, values(&["105m"])).unwrap().replicas, 4);
}

#[test]
fn an_object_and_pods_have_metrics_of_their_own() {
    let of = json!({"kind": "Ingress", "name": "shop", "apiVersion": "networking.k8s.io/v1"});
    let object = json!({"type": "Object", "object": {
        "describedObject": of, "metric": {"name": "requests"}, "target": {"type": "Value", "value": "1k"},
    }});
    let asks = asked(&object, values(&["500"])).unwrap();
    assert_eq!(
        (asks.replicas, asks.name.as_str()),
        (2, "Ingress metric requests")
    );
    assert_eq!(asks.status["object"]["describedObject"], of);
    let pods = json!({"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "1"}}});
    let asks = asked(&pods, values(&["2", "2", "2", "2"])).unwrap();
    assert_eq!((asks.replicas, asks.name.as_str()), (8, "pods metric hits"));
    assert_eq!(asks.status["pods"]["current"], json!({"averageValue": "2"}));
}

#[test]
fn what_is_not_told_is_not_guessed() {
    let average = external(json!({"type": "AverageValue", "averageValue": "10"}));
    for (found, why) in [
        (values(&[]), "no metrics returned from external metrics API"),
        (values(&["much"]), "a value that cannot be read"),
        (
            Err(Failed::NotServed),
            "the server could not find the requested resource (get queue.external.metrics.k8s.io)",
        ),
        (Err(Failed::Other("no".to_owned())), "no"),
    ] {
        let unknown = asked(&average, found).unwrap_err();
        assert_eq!(unknown.reason, "FailedGetExternalMetric");
        assert_eq!(
            unknown.why,
            format!(
                "unable to get external metric n/queue/of=orders: unable to fetch metrics from external metrics API: {why}"
            )
        );
    }
    let untargeted = external(json!({}));
    assert!(asked(&untargeted, values(&["1"])).is_err());
}
