use super::{
    plan::{NOT_READY, UNREACHABLE},
    *,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_767_225_600_000 + seconds * 1000)
}

fn node(ready: &str) -> Value {
    json!({
        "metadata": {"name": "n", "uid": "n", "creationTimestamp": "2026-01-01T00:00:00Z"}, "spec": {},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    })
}

#[test]
fn silence() {
    for (node, silent_for, want) in [
        (node("True"), 0, Health::Heard(Duration::from_secs(40))),
        (node("True"), 39, Health::Heard(Duration::from_secs(1))),
        (node("True"), 40, Health::Silent),
        (json!({}), 40, Health::Heard(Duration::from_secs(20))),
    ] {
        assert_eq!(health(&node, at(0), at(silent_for)), want, "{silent_for}");
    }
}

#[test]
fn a_silent_node_is_unknown_once() {
    let silent = unknown(&node("True"), at(50)).unwrap();
    let ready = silent.condition("Ready").unwrap();
    assert_eq!(ready.text("/status"), "Unknown");
    assert_eq!(
        ready.text("/message"),
        "Kubelet stopped posting node status."
    );
    let never = silent.condition("DiskPressure").unwrap();
    assert_eq!(never.text("/reason"), "NodeStatusNeverUpdated");
    assert_eq!(unknown(&silent, at(60)), None);
}

fn taints(node: &Value) -> Vec<(&str, &str)> {
    let taints = node.list("/spec/taints").iter();
    taints
        .map(|it| (it.text("/key"), it.text("/effect")))
        .collect()
}

#[test]
fn taints_follow_conditions() {
    let mut unready = node("False");
    unready["spec"]["taints"] = json!([{"key": "own", "effect": "NoSchedule"}]);
    let mut it = tainted(&unready, at(0)).unwrap();
    assert_eq!(
        taints(&it),
        [
            ("own", "NoSchedule"),
            (NOT_READY, "NoSchedule"),
            (NOT_READY, "NoExecute")
        ]
    );
    assert_eq!(tainted(&it, at(1)), None);
    it["status"]["conditions"][0]["status"] = "Unknown".into();
    let mut it = tainted(&it, at(2)).unwrap();
    assert_eq!(
        taints(&it),
        [
            ("own", "NoSchedule"),
            (UNREACHABLE, "NoSchedule"),
            (UNREACHABLE, "NoExecute")
        ]
    );
    it["status"]["conditions"][0]["status"] = "True".into();
    it["spec"]["unschedulable"] = true.into();
    let it = tainted(&it, at(3)).unwrap();
    assert_eq!(
        taints(&it),
        [
            ("own", "NoSchedule"),
            ("node.kubernetes.io/unschedulable", "NoSchedule")
        ]
    );
}

#[test]
fn a_node_that_never_reported_is_for_no_pod() {
    let new = json!({"metadata": {"name": "n"}, "spec": {}});
    let it = tainted(&new, at(0)).unwrap();
    assert_eq!(taints(&it), [(NOT_READY, "NoSchedule")]);
    assert_eq!(tainted(&it, at(1)), None);
}

#[test]
fn pods_leave_when_their_patience_ends() {
    let tainted = tainted(&node("Unknown"), at(0)).unwrap();
    let pod = |tolerations: Value| json!({"spec": {"tolerations": tolerations}});
    let patient = |seconds: i64| json!({"key": UNREACHABLE, "operator": "Exists", "tolerationSeconds": seconds});
    for (tolerations, want) in [
        (json!([]), Fate::Leaves),
        (json!([{"operator": "Exists"}]), Fate::Stays),
        (
            json!([patient(300)]),
            Fate::LeavesIn(Duration::from_secs(290)),
        ),
        (json!([patient(10)]), Fate::Leaves),
        (
            json!([patient(300), patient(20)]),
            Fate::LeavesIn(Duration::from_secs(10)),
        ),
        (
            json!([{"key": UNREACHABLE, "operator": "Exists", "effect": "NoSchedule"}]),
            Fate::Leaves,
        ),
    ] {
        assert_eq!(
            fate(&pod(tolerations.clone()), &tainted, at(10)),
            want,
            "{tolerations}"
        );
    }
    assert_eq!(fate(&pod(json!([])), &node("True"), at(10)), Fate::Stays);
}
