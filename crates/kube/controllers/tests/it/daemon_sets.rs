//! Rollouts of daemon sets: node by node, and back without touching what was not reached yet.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_kube_client::{Object, Patch, kind};

use crate::{cluster::Cluster, node};

fn set(image: &str) -> Value {
    json!({
        "metadata": {"name": "agent"},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": {
                "metadata": {"labels": {"app": "agent"}},
                "spec": {"containers": [{"name": "c", "image": image}]},
            },
        },
    })
}

async fn roll_to(cluster: &Cluster, template: Value) {
    let patch = Patch::Strategic(json!({"spec": {"template": template}}));
    let client = &cluster.client;
    let name = "agent";
    client
        .patch(&kind::DAEMON_SET, "default", name, &patch)
        .await
        .unwrap();
}

fn uids_of<'a>(pods: &'a [Value], image: &str) -> BTreeSet<&'a str> {
    let of_image = pods
        .iter()
        .filter(|it| it.text("/spec/containers/0/image") == image);
    of_image.map(|it| it.uid()).collect()
}

fn is_ready(pod: &Value) -> bool {
    pod.has_condition("Ready", "True")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_goes_back_without_needless_restarts() {
    let cluster = Cluster::start().await;
    let mut nodes = Vec::new();
    for name in ["n1", "n2", "n3"] {
        nodes.push(node::join(&cluster, name).await);
    }
    cluster.create(&kind::DAEMON_SET, set("one")).await;
    let all_run = |pods: &[Value]| pods.len() == 3 && pods.iter().all(is_ready);
    cluster.until(&kind::POD, all_run).await;

    roll_to(&cluster, set("missing")["spec"]["template"].clone()).await;
    let broken = cluster
        .until(&kind::POD, |pods| uids_of(pods, "missing").len() == 1)
        .await;
    let kept = uids_of(&broken, "one");
    assert_eq!(kept.len(), 2, "one at a time");
    cluster
        .until(&kind::DAEMON_SET, |all| {
            all[0]["status"]["updatedNumberScheduled"] == 1
                && all[0]["status"]["numberUnavailable"] == 1
        })
        .await;

    // As `kubectl rollout undo` does: what the revision before holds, as it is.
    let revisions = cluster.list(&kind::CONTROLLER_REVISION).await;
    assert_eq!(revisions.len(), 2);
    let before = revisions.iter().find(|it| it["revision"] == 1).unwrap();
    let patch = Patch::Strategic(before["data"].clone());
    let client = &cluster.client;
    client
        .patch(&kind::DAEMON_SET, "default", "agent", &patch)
        .await
        .unwrap();
    let healed = cluster
        .until(&kind::POD, |pods| {
            all_run(pods) && uids_of(pods, "one").len() == 3
        })
        .await;
    assert!(kept.is_subset(&uids_of(&healed, "one")));
    let found = cluster
        .until(&kind::CONTROLLER_REVISION, |all| {
            all.len() == 2 && all.iter().any(|it| it["revision"] == 3)
        })
        .await;
    let newest = found.iter().find(|it| it["revision"] == 3).unwrap();
    assert_eq!(newest.name(), before.name(), "the same one, as the newest");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_takes_as_many_nodes_at_once_as_it_may() {
    let cluster = Cluster::start().await;
    let mut nodes = Vec::new();
    for name in ["n1", "n2", "n3", "n4"] {
        nodes.push(node::join(&cluster, name).await);
    }
    let mut wanted = set("one");
    wanted["spec"]["updateStrategy"] =
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%"}});
    cluster.create(&kind::DAEMON_SET, wanted).await;
    cluster
        .until(&kind::POD, |pods| {
            pods.len() == 4 && pods.iter().all(is_ready)
        })
        .await;
    roll_to(&cluster, set("missing")["spec"]["template"].clone()).await;
    let pods = cluster
        .until(&kind::POD, |pods| uids_of(pods, "missing").len() == 2)
        .await;
    assert_eq!(uids_of(&pods, "one").len(), 2);
    roll_to(&cluster, set("two")["spec"]["template"].clone()).await;
    cluster
        .until(&kind::POD, |pods| {
            uids_of(pods, "two").len() == 4 && pods.len() == 4 && pods.iter().all(is_ready)
        })
        .await;
}
