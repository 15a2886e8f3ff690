use super::*;

const NOW: Timestamp = Timestamp(1_767_225_600_000);

fn set(strategy: Value) -> Value {
    json!({
        "metadata": {"name": "d", "namespace": "a", "uid": "d", "generation": 1},
        "spec": {"updateStrategy": strategy, "template": {
            "metadata": {"labels": {"app": "x"}},
            "spec": {"nodeSelector": {"disk": "ssd"}},
        }},
        "status": {},
    })
}

fn node(name: &str, disk: &str, taint: &str) -> (String, Arc<Value>) {
    let mut node = json!({"metadata": {"name": name, "labels": {"disk": disk}}});
    if !taint.is_empty() {
        node["spec"]["taints"] = json!([{"key": taint, "effect": "NoSchedule"}]);
    }
    (name.to_owned(), node.into())
}

fn on(set: &Value, node: &str, hash: &str, ready: bool) -> Arc<Value> {
    let mut pod = pod(set, node, hash);
    pod["metadata"]["name"] = format!("{node}-{hash}").into();
    pod["metadata"]["uid"] = pod["metadata"]["name"].clone();
    pod["spec"]["nodeName"] = node.into();
    let ready = if ready { "True" } else { "False" };
    pod["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]});
    pod.into()
}

fn names(pods: &[Arc<Value>]) -> Vec<&str> {
    pods.iter().map(|it| it.name()).collect()
}

fn decide(set: &Value, nodes: &BTreeMap<String, Arc<Value>>, pods: &[Arc<Value>]) -> Plan {
    decide_waiting(set, nodes, pods, &BTreeMap::new())
}

fn decide_waiting(
    set: &Value,
    nodes: &BTreeMap<String, Arc<Value>>,
    pods: &[Arc<Value>],
    waits: &BTreeMap<String, Duration>,
) -> Plan {
    let observed = Observed {
        set,
        nodes,
        pods,
        hash: "new",
        waits,
    };
    plan(&observed, NOW)
}

#[test]
fn one_on_each_node_that_fits() {
    let set = set(json!({"type": "RollingUpdate"}));
    let nodes = BTreeMap::from([
        node("a", "ssd", ""),
        node("b", "ssd", "own"),
        node("c", "ssd", "node.kubernetes.io/unschedulable"),
        node("d", "hdd", ""),
        node("e", "ssd", ""),
    ]);
    let pods = [
        on(&set, "e", "new", true),
        on(&set, "d", "new", true),
        on(&set, "b", "new", true),
    ];
    let plan = decide(&set, &nodes, &pods);
    assert_eq!(plan.create, ["a", "c"]);
    assert_eq!(
        names(&plan.delete),
        ["d-new"],
        "one that is there stays with a new taint"
    );
    let status = &plan.status;
    assert_eq!(status["desiredNumberScheduled"], 3);
    assert_eq!(status["currentNumberScheduled"], 1);
    assert_eq!(status["numberMisscheduled"], 2);
    assert_eq!(status["numberUnavailable"], 2);
}

#[test]
fn a_pod_is_of_its_node() {
    let pod = pod(&set(json!({})), "a", "h");
    assert_eq!(node_of(&pod), "a");
    assert_eq!(pod.label(HASH_LABEL), Some("h"));
    assert_eq!(pod.list("/spec/tolerations").len(), TOLERATED.len());
}

#[test]
fn old_pods_are_replaced_no_more_at_once_than_allowed() {
    let set = set(json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}));
    let nodes = BTreeMap::from(["a", "b", "c", "d"].map(|it| node(it, "ssd", "")));
    let mut pods: Vec<_> = ["a", "b", "c"].map(|it| on(&set, it, "old", true)).into();
    pods.push(on(&set, "d", "old", false));
    let plan_now = decide(&set, &nodes, &pods);
    assert_eq!(
        names(&plan_now.delete),
        ["a-old", "d-old"],
        "what is down anyway, and one more"
    );
    pods[0] = on(&set, "a", "new", true);
    pods[3] = on(&set, "d", "new", false);
    assert_eq!(names(&decide(&set, &nodes, &pods).delete), ["b-old"]);
}

#[test]
fn with_a_surge_the_new_one_is_up_first() {
    let set = set(
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}),
    );
    let nodes = BTreeMap::from(["a", "b"].map(|it| node(it, "ssd", "")));
    let mut pods = vec![on(&set, "a", "old", true), on(&set, "b", "old", true)];
    let first = decide(&set, &nodes, &pods);
    assert_eq!(
        (first.create, names(&first.delete)),
        (vec!["a".to_owned()], vec![])
    );
    pods.push(on(&set, "a", "new", false));
    let waiting = decide(&set, &nodes, &pods);
    assert!(waiting.create.is_empty() && waiting.delete.is_empty());
    pods[2] = on(&set, "a", "new", true);
    assert_eq!(names(&decide(&set, &nodes, &pods).delete), ["a-old"]);
}

#[test]
fn failed_pods_are_made_anew() {
    let set = set(json!({"type": "RollingUpdate"}));
    let nodes = BTreeMap::from([node("a", "ssd", "")]);
    let ended = |phase: &str| {
        let mut pod = Value::clone(&on(&set, "a", "new", false));
        pod["status"]["phase"] = phase.into();
        [Arc::new(pod)]
    };
    let plan = decide(&set, &nodes, &ended("Failed"));
    assert_eq!((names(&plan.failed), plan.create.len()), (vec!["a-new"], 0));
    assert_eq!(names(&plan.delete), ["a-new"]);
    assert_eq!(decide(&set, &nodes, &[]).create, ["a"]);
    // Where another failed before, it stays for a while; one that ended well does not.
    let left = Duration::from_secs(4);
    let waits = BTreeMap::from([("a".to_owned(), left)]);
    let plan = decide_waiting(&set, &nodes, &ended("Failed"), &waits);
    assert!(plan.delete.is_empty() && plan.failed.is_empty() && plan.create.is_empty());
    assert_eq!(plan.look_after, Some(left));
    let plan = decide_waiting(&set, &nodes, &ended("Succeeded"), &waits);
    assert_eq!(names(&plan.succeeded), ["a-new"]);
    assert_eq!((names(&plan.delete), plan.failed.len()), (vec!["a-new"], 0));
}

#[test]
fn what_ended_goes_from_nodes_that_do_not_fit() {
    let set = set(json!({"type": "RollingUpdate"}));
    let nodes = BTreeMap::from([node("a", "hdd", "")]);
    let waits = BTreeMap::from([("a".to_owned(), Duration::from_secs(4))]);
    for phase in ["Failed", "Succeeded"] {
        let mut pod = Value::clone(&on(&set, "a", "new", false));
        pod["status"]["phase"] = phase.into();
        let plan = decide_waiting(&set, &nodes, &[Arc::new(pod)], &waits);
        assert_eq!(names(&plan.delete), ["a-new"], "{phase}");
        assert!(plan.create.is_empty() && plan.look_after.is_none());
    }
}
