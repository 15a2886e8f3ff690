//! Pods on Fargate: who is one, and who is not for having said so.

use std::io;

use async_trait::async_trait;
use serde_json::{Value, json};
use wharf_kube_api::FargateProfiles;
use wharf_kube_model::fargate::{COMPUTE_TYPE, PROFILE_LABEL, Profile, SCHEDULER, Selector};

use crate::harness::Harness;

const PODS: &str = "/api/v1/namespaces/default/pods";

/// Chooses pods of the namespace with the label `on=fargate`.
struct One;

#[async_trait]
impl FargateProfiles for One {
    async fn active(&self) -> io::Result<Vec<Profile>> {
        let labels = [("on".to_owned(), "fargate".to_owned())];
        Ok(vec![Profile {
            name: "one".to_owned(),
            selectors: vec![Selector {
                namespace: "default".to_owned(),
                labels: labels.into(),
            }],
        }])
    }
}

async fn harness() -> Harness {
    let it = Harness::with_fargate(One).await;
    let account = json!({"metadata": {"name": "default"}});
    it.post("/api/v1/namespaces/default/serviceaccounts", &account)
        .await
        .expect(201);
    it
}

fn pod(name: &str, labels: Value, more: Value) -> Value {
    let mut pod = json!({
        "metadata": {"name": name, "labels": labels},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        pod["spec"][key] = value.clone();
    }
    pod
}

#[tokio::test]
async fn a_pod_stays_of_the_profile_that_chose_it() {
    let it = harness().await;
    let chosen = pod("a", json!({"on": "fargate"}), Value::Null);
    let made = it.post(PODS, &chosen).await.expect(201);
    assert_eq!(made["spec"]["schedulerName"], SCHEDULER);
    assert_eq!(made["metadata"]["labels"][PROFILE_LABEL], "one");
    let at = format!("{PODS}/a");
    for label in [json!("other"), Value::Null] {
        let patch = json!({"metadata": {"labels": {PROFILE_LABEL: label}}});
        for at in [&at, &format!("{at}/status")] {
            let refused = it.patch(at, "merge-patch+json", &patch).await;
            let text = "a pod stays of its Fargate profile";
            assert!(refused.message().contains(text), "{refused:?}");
            refused.expect(403);
        }
    }
    let patch = json!({"metadata": {"labels": {"more": "x"}}});
    let more = it.patch(&at, "merge-patch+json", &patch).await;
    assert_eq!(more.expect(200)["metadata"]["labels"]["more"], "x");
}

#[tokio::test]
async fn nobody_is_of_fargate_for_saying_so() {
    let it = harness().await;
    let says = || json!({"schedulerName": SCHEDULER});
    let named = json!({PROFILE_LABEL: "one"});
    let not_there = json!({"on": "fargate", COMPUTE_TYPE: "ec2", PROFILE_LABEL: "one"});
    let mut mirror = pod("a", json!({"on": "fargate", PROFILE_LABEL: "one"}), says());
    mirror["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
    for pod in [
        pod("a", json!({}), says()),
        pod("a", named.clone(), says()),
        pod("a", not_there, says()),
        mirror,
    ] {
        let refused = it.post(PODS, &pod).await;
        let text = "fargate-scheduler is for pods that a Fargate profile chooses";
        assert!(refused.message().contains(text), "{refused:?} {pod}");
        refused.expect(403);
    }
    // Where the label says nothing, it may be anything.
    let elsewhere = it.post(PODS, &pod("b", named, Value::Null)).await;
    assert_eq!(
        elsewhere.expect(201)["spec"]["schedulerName"],
        "default-scheduler"
    );
    let patch = json!({"metadata": {"labels": {PROFILE_LABEL: null}}});
    it.patch(&format!("{PODS}/b"), "merge-patch+json", &patch)
        .await
        .expect(200);
}

#[tokio::test]
async fn nobody_puts_a_pod_onto_a_machine_of_fargate() {
    let it = harness().await;
    let node =
        json!({"metadata": {"name": "fargate-ip-10-0-0-1", "labels": {COMPUTE_TYPE: "fargate"}}});
    it.post("/api/v1/nodes", &node).await.expect(201);
    let there = json!({"nodeName": "fargate-ip-10-0-0-1"});
    let mut mirror = pod("a", json!({}), there.clone());
    mirror["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
    for pod in [pod("a", json!({}), there), mirror] {
        let refused = it.post(PODS, &pod).await;
        assert_eq!(
            refused.message(),
            "pods \"a\" is forbidden: node \"fargate-ip-10-0-0-1\" takes the pod of Fargate alone that it was made for"
        );
        refused.expect(403);
    }
    let elsewhere = json!({"nodeName": "ip-10-0-0-2"});
    let elsewhere = it.post(PODS, &pod("a", json!({}), elsewhere)).await;
    elsewhere.expect(201);
}
