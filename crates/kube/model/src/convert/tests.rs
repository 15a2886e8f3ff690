use super::*;

fn resource(group: &str, version: &str, plural: &str) -> std::sync::Arc<Resource> {
    Catalog::built_in()
        .resource(group, version, plural)
        .expect("a resource")
        .clone()
}

#[test]
fn an_event_is_read_in_both_shapes() {
    let (core, events) = (
        resource("", "v1", "events"),
        resource("events.k8s.io", "v1", "events"),
    );
    let sent = json!({
        "kind": "Event", "apiVersion": "events.k8s.io/v1", "metadata": {"name": "e", "namespace": "default"},
        "eventTime": "2026-01-01T00:00:00.000000Z", "reportingController": "c", "reportingInstance": "i", "action": "a",
        "reason": "r", "regarding": {"kind": "Pod", "name": "p"}, "note": "n", "type": "Normal", "deprecatedSource": {},
        "deprecatedFirstTimestamp": null, "deprecatedLastTimestamp": null,
    });
    let stored = to_stored(&events, sent.clone());
    assert_eq!(stored["apiVersion"], "v1");
    assert_eq!(stored["involvedObject"]["name"], "p");
    assert_eq!(
        (&stored["message"], &stored["reportingComponent"]),
        (&json!("n"), &json!("c"))
    );
    assert_eq!(from_stored(&core, stored.clone()), stored);
    assert_eq!(from_stored(&events, stored), sent);
}

#[test]
fn an_autoscaler_keeps_all_in_both_shapes() {
    let (old, new) = (
        resource("autoscaling", "v1", "horizontalpodautoscalers"),
        resource("autoscaling", "v2", "horizontalpodautoscalers"),
    );
    let metrics = json!([
        {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
        {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "c", "target": {"type": "Utilization", "averageUtilization": 7}}},
        {"type": "Pods", "pods": {"metric": {"name": "m"}, "target": {"type": "AverageValue", "averageValue": "5"}}},
        {"type": "Object", "object": {"describedObject": {"kind": "Service", "name": "s"}, "metric": {"name": "m"}, "target": {"type": "Value", "value": "5"}}},
        {"type": "External", "external": {"metric": {"name": "m", "selector": {"matchLabels": {"a": "b"}}}, "target": {"type": "Value", "value": "5"}}},
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}},
    ]);
    let mut stored = json!({
        "kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2", "metadata": {"name": "h"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "maxReplicas": 3, "metrics": metrics,
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 7}}},
        "status": {"currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 9, "averageValue": "0"}}}]},
    });
    conform::object(&new, &mut stored).expect("types");
    let shown = from_stored(&old, stored.clone());
    assert_eq!(shown["apiVersion"], "autoscaling/v1");
    assert_eq!(shown["spec"]["targetCPUUtilizationPercentage"], 50);
    assert_eq!(shown["status"]["currentCPUUtilizationPercentage"], 9);
    let kept = shown["metadata"]["annotations"][METRICS]
        .as_str()
        .expect("an annotation");
    assert!(kept.contains("{\"type\":\"Resource\",\"resource\":{\"name\":\"memory\",\"targetAverageValue\":\"1Gi\"}}"), "{kept}");
    let mut back = to_stored(&old, shown);
    // The map of annotations was empty and is written so no more.
    conform::object(&new, &mut back).expect("types");
    assert_eq!(back, stored);
}

#[test]
fn others_are_left_alone() {
    let pods = resource("", "v1", "pods");
    let pod = json!({"kind": "Pod", "x": 1});
    assert_eq!(from_stored(&pods, to_stored(&pods, pod.clone())), pod);
}
