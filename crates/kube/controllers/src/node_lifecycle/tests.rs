use wharf_kube_client::{Client, Patch};

use super::{
    plan::{NOT_READY, UNREACHABLE},
    *,
};
use crate::runtime::{drive, tests::Cluster};

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
        let silence = Duration::from_secs(silent_for);
        assert_eq!(health(&node, silence), want, "{silent_for}");
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
    let mut it = tainted(&unready, Emptying::All, at(0)).unwrap();
    assert_eq!(
        taints(&it),
        [
            ("own", "NoSchedule"),
            (NOT_READY, "NoSchedule"),
            (NOT_READY, "NoExecute")
        ]
    );
    assert_eq!(tainted(&it, Emptying::All, at(1)), None);
    it["status"]["conditions"][0]["status"] = "Unknown".into();
    let mut it = tainted(&it, Emptying::All, at(2)).unwrap();
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
    let it = tainted(&it, Emptying::All, at(3)).unwrap();
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
    let it = tainted(&new, Emptying::All, at(0)).unwrap();
    assert_eq!(taints(&it), [(NOT_READY, "NoSchedule")]);
    assert_eq!(tainted(&it, Emptying::All, at(1)), None);
}

#[test]
fn pods_leave_when_their_patience_ends() {
    let tainted = tainted(&node("Unknown"), Emptying::All, at(0)).unwrap();
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

#[test]
fn few_nodes_are_emptied_and_none_where_all_are_away() {
    let executes = eviction::drives_out;
    let away = node("Unknown");
    assert!(is_to_be_emptied(&away) && is_to_be_emptied(&node("False")));
    assert!(!is_to_be_emptied(&node("True")) && !is_to_be_emptied(&json!({})));
    for emptying in [Emptying::Nowhere, Emptying::Begun] {
        let it = tainted(&away, emptying, at(0)).unwrap();
        assert_eq!(taints(&it), [(UNREACHABLE, "NoSchedule")], "{emptying:?}");
        assert!(is_to_be_emptied(&it));
    }
    let mut it = tainted(&away, Emptying::All, at(0)).unwrap();
    assert!(executes(&it) && !is_to_be_emptied(&it));
    assert_eq!(tainted(&it, Emptying::Begun, at(1)), None);
    let stays = tainted(&it, Emptying::Nowhere, at(1)).unwrap();
    assert!(!executes(&stays) && is_to_be_emptied(&stays));
    // One that has begun goes on, whatever keeps the node from being ready.
    it["status"]["conditions"][0]["status"] = "False".into();
    let mut it = tainted(&it, Emptying::Begun, at(2)).unwrap();
    assert!(taints(&it).contains(&(NOT_READY, "NoExecute")) && !is_to_be_emptied(&it));
    it["status"]["conditions"][0]["status"] = "True".into();
    let it = tainted(&it, Emptying::Begun, at(3)).unwrap();
    assert!(taints(&it).is_empty());
}

/// A node says that it is ready.
async fn report(client: &Client, name: &str, beat: &str) {
    let ready = json!({"type": "Ready", "status": "True", "lastHeartbeatTime": beat});
    let patch = Patch::Merge(json!({"status": {"conditions": [ready]}}));
    let node = kind::NODE;
    let patched = client.patch_at(&node, "", name, "status", &patch).await;
    patched.unwrap();
}

/// Nodes that said once that they are ready, and nothing since; each with a pod that tolerates nothing but the silence of nodes.
async fn cluster_of(names: &[&str]) -> Cluster {
    let cluster =
        Cluster::start(|context| tokio::spawn(drive(Nodes::new(context), context.stop.clone())));
    for name in names {
        let node = json!({"metadata": {"name": name}, "spec": {}});
        let client = &cluster.client;
        client.create(&kind::NODE, "", &node).await.unwrap();
        report(client, name, "first").await;
        let patient = json!({"key": UNREACHABLE, "operator": "Exists", "tolerationSeconds": 300});
        let pod = json!({
            "metadata": {"name": name}, "spec": {"nodeName": name, "tolerations": [patient]},
        });
        client.create(&kind::POD, "a", &pod).await.unwrap();
    }
    cluster
}

/// Reports of a node until this is aborted.
fn beats(cluster: &Cluster, name: &'static str) -> tokio::task::JoinHandle<()> {
    let client = cluster.client.clone();
    tokio::spawn(async move {
        for beat in 0_u32.. {
            report(&client, name, &beat.to_string()).await;
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    })
}

fn emptied(nodes: &[Value]) -> Vec<&str> {
    let emptied = nodes.iter().filter(|it| eviction::drives_out(it));
    emptied.map(Object::name).collect()
}

fn are_away(nodes: &[Value]) -> bool {
    let mut nodes = nodes.iter();
    nodes.all(|it| it.has_condition("Ready", "Unknown"))
}

#[tokio::test(start_paused = true)]
async fn pods_stay_where_no_node_is_heard() {
    let cluster = cluster_of(&["one", "other"]).await;
    let beating = beats(&cluster, "other");
    cluster
        .until(&kind::NODE, |all| emptied(all) == ["one"])
        .await;
    // Now nobody is heard: what was begun ends.
    beating.abort();
    cluster
        .until(&kind::NODE, |all| are_away(all) && emptied(all).is_empty())
        .await;
    let pods = cluster.list(&kind::POD).await;
    assert!(pods.len() == 2 && !pods.iter().any(Object::is_deleting));
    // The first that is heard again shows that it was not this side.
    report(&cluster.client, "other", "again").await;
    let (_beating, heard) = (beats(&cluster, "other"), Instant::now());
    cluster
        .until(&kind::NODE, |all| emptied(all) == ["one"])
        .await;
    assert!(heard.elapsed() > Duration::from_secs(30), "it had its time");
}

#[tokio::test(start_paused = true)]
async fn nodes_are_emptied_one_after_another() {
    let cluster = cluster_of(&["one", "two", "well"]).await;
    let _beating = beats(&cluster, "well");
    cluster
        .until(&kind::NODE, |all| emptied(all).len() == 1)
        .await;
    let first = Instant::now();
    cluster
        .until(&kind::NODE, |all| emptied(all) == ["one", "two"])
        .await;
    assert!(first.elapsed() > Duration::from_secs(9));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_alone_is_not_emptied() {
    let cluster = cluster_of(&["one"]).await;
    let nodes = cluster.until(&kind::NODE, are_away).await;
    assert!(emptied(&nodes).is_empty());
    let is_shut = |all: &[Value]| taints(&all[0]).contains(&(UNREACHABLE, "NoSchedule"));
    let nodes = cluster.until(&kind::NODE, is_shut).await;
    assert!(emptied(&nodes).is_empty());
}
