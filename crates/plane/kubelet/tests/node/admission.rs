//! Which pods a node takes.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use wharf_kube_client::{Object as _, Patch, fake::Fake, kind};
use wharf_kubelet::node::OnePod;

use super::{Setup, id, waited_for};

/// Whoever binds a pod may have looked at neither.
#[tokio::test]
async fn pods_that_ask_for_another_node_are_refused() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let registered = async {
        while setup.client.get(&kind::NODE, "", "node").await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), registered).await.unwrap();
    let fits = json!({"containers": [{"name": "a", "image": "x"}], "os": {"name": "linux"},
        "nodeSelector": {"kubernetes.io/os": "linux"}});
    let mut labelled = fits.clone();
    labelled["nodeSelector"] = json!({"disk": "ssd"});
    let mut other = fits.clone();
    other["os"]["name"] = "windows".into();
    let mut elsewhere = fits.clone();
    elsewhere["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["another"]}]}]}}});
    for (name, spec) in [
        ("fits", fits),
        ("labelled", labelled),
        ("other", other),
        ("elsewhere", elsewhere),
    ] {
        setup.named(name, spec).await;
    }
    waited_for(&setup, "fits", |it| it.has_condition("Ready", "True")).await;
    for (name, reason) in [
        ("labelled", "NodeAffinity"),
        ("elsewhere", "NodeAffinity"),
        ("other", "PodOSNotSupported"),
    ] {
        let pod = waited_for(&setup, name, |it| it.text("/status/phase") == "Failed").await;
        assert_eq!(pod.text("/status/reason"), reason, "{name}");
    }
}

/// What is heard of the node tells: no pod waits for an answer of the API.
#[tokio::test]
async fn a_pod_that_asks_for_labels_of_its_node_begins_without_a_question() {
    let fake = Fake::new();
    let setup = Setup {
        client: fake.client(),
        ..Setup::new()
    };
    let _node = setup.node().drop_guard();
    let mut calls: Vec<String> = Vec::new();
    let is_followed = async {
        while !calls.iter().any(|it| it == "WATCH /api/v1/nodes") {
            calls.extend(fake.calls());
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), is_followed).await.unwrap();
    setup
        .create(json!({"containers": [{"name": "a", "image": "x"}], "nodeSelector": {"kubernetes.io/os": "linux"}}))
        .await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    let calls = fake.calls();
    let asked = calls.iter().filter(|it| *it == "GET /api/v1/nodes/node");
    assert_eq!(asked.count(), 0, "{calls:?}");
}

#[tokio::test]
async fn pods_that_do_not_tolerate_a_taint_of_their_node_are_refused() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let taints = json!([{"key": "only", "value": "red", "effect": "NoExecute"}]);
    let tainted = Patch::Merge(json!({"spec": {"taints": taints}}));
    let registered = async {
        let kind = kind::NODE;
        let patch = || setup.client.patch(&kind, "", "node", &tainted);
        while patch().await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), registered).await.unwrap();
    let mut spec = json!({"containers": [{"name": "a", "image": "x"}]});
    let is_decided =
        |it: &Value| it.has_condition("Ready", "True") || it.text("/status/phase") == "Failed";
    // The node hears of its taint while the first pods may come.
    let refused = async {
        for name in (0..8).map(|it| format!("p{it}")) {
            setup.named(&name, spec.clone()).await;
            let pod = waited_for(&setup, &name, is_decided).await;
            if pod.text("/status/phase") == "Failed" {
                return Some(pod);
            }
        }
        None
    };
    let refused = refused.await.unwrap();
    assert_eq!(refused.text("/status/reason"), "TaintToleration");
    spec["tolerations"] = json!([{"key": "only", "operator": "Exists"}]);
    setup.named("tolerates", spec).await;
    waited_for(&setup, "tolerates", |it| it.has_condition("Ready", "True")).await;
}

#[tokio::test]
async fn pods_that_ask_for_more_disk_than_is_left_are_refused() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let asks = |amount: &str| {
        let resources = json!({"requests": {"ephemeral-storage": amount}});
        json!({"containers": [{"name": "a", "image": "x", "resources": resources}]})
    };
    setup.named("first", asks("300Mi")).await;
    waited_for(&setup, "first", |it| it.has_condition("Ready", "True")).await;
    setup.named("second", asks("900Mi")).await;
    let refused = waited_for(&setup, "second", |it| it.text("/status/phase") == "Failed").await;
    assert_eq!(refused.text("/status/reason"), "OutOfephemeral-storage");
    let why = "Pod was rejected: Node didn't have enough resource: ephemeral-storage, requested: 943718400, used: 314572800, capacity: ";
    assert!(refused.text("/status/message").starts_with(why));
}

/// Both were there before the machine was: the address of a machine can be guessed.
#[tokio::test]
async fn a_machine_of_fargate_runs_its_own_pod_alone() {
    let setup = Setup::new();
    let spec = || json!({"containers": [{"name": "a", "image": "x"}]});
    let squatter = setup.named("squatter", spec()).await;
    let own = setup.create(spec()).await;
    let one_pod = OnePod {
        uid: own.uid().to_owned(),
        cpu: 1000,
    };
    let _node = setup.node_for(Some(one_pod)).drop_guard();
    setup
        .wait("its own runs", |it| it.has_condition("Ready", "True"))
        .await;
    let refused = async {
        loop {
            let pod = setup.client.get(&kind::POD, "n", "squatter").await.unwrap();
            if pod.text("/status/phase") == "Failed" {
                return pod;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let refused = timeout(Duration::from_secs(20), refused).await.unwrap();
    let why = "Pod was rejected: the node is a machine of Fargate for another pod";
    assert_eq!(refused.text("/status/message"), why);
    assert!(setup.machine.spec(&id(&squatter), "a").is_none());
    // It asks for nothing, and the machine is its own.
    let spec = setup.machine.spec(&id(&own), "a~r0").unwrap();
    assert!(spec.reserves_cpu);
}

#[tokio::test]
async fn what_cannot_be_had_is_told() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    setup
        .create(json!({"containers": [{"name": "a", "image": "x"}], "hostPID": true}))
        .await;
    let failed = setup
        .wait("it fails", |it| it.text("/status/phase") == "Failed")
        .await;
    assert_eq!(failed.text("/status/reason"), "UnsupportedByNode");
    assert_eq!(
        failed.text("/status/message"),
        "spec.hostPID without hostNetwork is not supported by this node"
    );
}
