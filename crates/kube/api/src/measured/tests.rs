use super::*;

const NOW: Timestamp = Timestamp(1_767_225_600_000);

fn sample(cpu: u64) -> Sample {
    Sample {
        at: NOW,
        window_ms: 10_001,
        nano_cores: cpu,
        working_bytes: 3 << 20,
    }
}

fn pod(running: &[&str]) -> Pod {
    let statuses = running
        .iter()
        .map(|it| json!({"name": it, "state": {"running": {}}}));
    let statuses: Vec<Value> = statuses.collect();
    Pod::of(&json!({
        "metadata": {"name": "p", "namespace": "n", "uid": "u", "labels": {"a": "b"}, "annotations": {"c": "d"}},
        "spec": {"nodeName": "node", "initContainers": [{"name": "side"}], "containers": [{"name": "main"}]},
        "status": {"phase": "Running", "containerStatuses": statuses},
    }))
    .unwrap()
}

fn heard(samples: &[(&str, Sample)]) -> sample::OfNode {
    let of = |(name, it): &(&str, Sample)| ((*name).to_owned(), *it);
    let used: BTreeMap<String, Sample> = samples.iter().map(of).collect();
    sample::OfNode {
        node: None,
        pods: HashMap::from([("u".to_owned(), used)]),
    }
}

#[test]
fn a_pod_is_the_sum_of_containers_that_it_has() {
    let told = heard(&[
        ("main", sample(2_000_000)),
        ("side", sample(7)),
        ("other", sample(9)),
    ]);
    let metrics = of_pod(&pod(&["main"]), Some(&told), NOW).unwrap();
    assert_eq!(
        metrics,
        json!({
            "kind": "PodMetrics", "apiVersion": "metrics.k8s.io/v1beta1",
            "metadata": {
                "name": "p", "namespace": "n", "labels": {"a": "b"}, "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "timestamp": "2026-01-01T00:00:00Z", "window": "10.001s",
            "containers": [
                {"name": "side", "usage": {"cpu": "7n", "memory": "3Mi"}},
                {"name": "main", "usage": {"cpu": "2m", "memory": "3Mi"}},
            ],
        })
    );
}

#[test]
fn half_a_pod_is_none() {
    let told = heard(&[("side", sample(1))]);
    assert!(of_pod(&pod(&["side"]), Some(&told), NOW).is_some());
    assert!(of_pod(&pod(&["main", "side"]), Some(&told), NOW).is_none());
    assert!(of_pod(&pod(&[]), Some(&heard(&[])), NOW).is_none());
    assert!(of_pod(&pod(&[]), None, NOW).is_none());
    let old = Sample {
        at: Timestamp(NOW.0 - 3_600_000),
        ..sample(1)
    };
    assert!(of_pod(&pod(&["main"]), Some(&heard(&[("main", old)])), NOW).is_none());
}

#[test]
fn only_pods_that_run_use_something() {
    let pending = json!({"spec": {"nodeName": "node"}, "status": {"phase": "Pending"}});
    assert!(Pod::of(&pending).is_none());
    assert!(Pod::of(&json!({"spec": {}, "status": {"phase": "Running"}})).is_none());
}
