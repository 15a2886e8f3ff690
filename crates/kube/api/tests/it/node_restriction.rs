//! What a node may not write, though its authorizer lets it.

use http::Method;
use serde_json::{Value, json};
use wharf_kube_auth::UserInfo;

use crate::harness::{Answer, Harness, read};

const PODS: &str = "/api/v1/namespaces/default/pods";

/// Two nodes, and a pod on each.
async fn harness() -> Harness {
    let it = Harness::new().await;
    let account = json!({"metadata": {"name": "default"}});
    it.post("/api/v1/namespaces/default/serviceaccounts", &account)
        .await
        .expect(201);
    for node in ["own", "other"] {
        it.post("/api/v1/nodes", &json!({"metadata": {"name": node}}))
            .await
            .expect(201);
        let name = format!("on-{node}");
        let pod = json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
        it.post(PODS, &pod).await.expect(201);
        let binding = json!({"metadata": {"name": name}, "target": {"kind": "Node", "name": node}});
        it.post(&format!("{PODS}/{name}/binding"), &binding)
            .await
            .expect(201);
    }
    it
}

/// What the node `own` hears.
async fn asked(it: &Harness, method: Method, uri: &str, body: &Value) -> Answer {
    let user = UserInfo::authenticated("system:node:own", &["system:nodes"]);
    let kind = match method {
        Method::PATCH => "application/merge-patch+json",
        _ => "application/json",
    };
    read(it.send_by(&user, method, uri, kind, body).await).await
}

#[track_caller]
fn is_refused(answer: Answer, why: &str) {
    assert_eq!(answer.message(), why);
    answer.expect(403);
}

#[tokio::test]
async fn a_node_changes_no_other_node() {
    let it = harness().await;
    let status = json!({"status": {"phase": "Running"}});
    let patch = |node: &str| format!("/api/v1/nodes/{node}/status");
    let refused = asked(&it, Method::PATCH, &patch("other"), &status).await;
    is_refused(
        refused,
        "nodes \"other\" is forbidden: node \"own\" is not allowed to modify node \"other\"",
    );
    asked(&it, Method::PATCH, &patch("own"), &status)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_node_takes_no_label_that_others_trust() {
    let it = harness().await;
    let of = |key: &str| json!({"metadata": {"labels": {key: "x"}}});
    let uri = "/api/v1/nodes/own";
    let key = "node-restriction.kubernetes.io/team";
    let refused = asked(&it, Method::PATCH, uri, &of(key)).await;
    is_refused(
        refused,
        "nodes \"own\" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/team",
    );
    asked(&it, Method::PATCH, uri, &of("team"))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_node_comes_with_no_label_that_others_trust() {
    let it = Harness::new().await;
    let key = "node-restriction.kubernetes.io/team";
    let node = json!({"metadata": {"name": "own", "labels": {key: "x"}}});
    let refused = asked(&it, Method::POST, "/api/v1/nodes", &node).await;
    is_refused(
        refused,
        "nodes \"own\" is forbidden: node \"own\" is not allowed to set the following labels: node-restriction.kubernetes.io/team",
    );
}

#[tokio::test]
async fn a_node_renews_its_own_lease_alone() {
    let it = harness().await;
    let lease = json!({"metadata": {"name": "other"}});
    let leases =
        |namespace: &str| format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases");
    for (namespace, why) in [
        (
            "kube-node-lease",
            "can only access node lease with the same name as the requesting node",
        ),
        (
            "default",
            "can only access leases in the \"kube-node-lease\" system namespace",
        ),
    ] {
        let refused = asked(&it, Method::POST, &leases(namespace), &lease).await;
        let why = format!("leases.coordination.k8s.io \"other\" is forbidden: {why}");
        is_refused(refused, &why);
    }
}

#[tokio::test]
async fn a_node_changes_no_pod_of_another() {
    let it = harness().await;
    let status = json!({"status": {"phase": "Running"}});
    let uri = format!("{PODS}/on-other/status");
    let refused = asked(&it, Method::PATCH, &uri, &status).await;
    is_refused(
        refused,
        "pods \"on-other\" is forbidden: node \"own\" can only update pod status for pods with spec.nodeName set to itself",
    );
    let uri = format!("{PODS}/on-other");
    let refused = asked(&it, Method::DELETE, &uri, &json!({})).await;
    is_refused(
        refused,
        "pods \"on-other\" is forbidden: node \"own\" can only delete pods with spec.nodeName set to itself",
    );
    let uri = format!("{PODS}/on-own/status");
    asked(&it, Method::PATCH, &uri, &status).await.expect(200);
}

#[tokio::test]
async fn a_pod_that_a_node_tells_of_names_nothing_of_the_cluster() {
    let it = harness().await;
    let node = it.get("/api/v1/nodes/own").await.expect(200);
    let pod = |more: Value| {
        let mut pod = json!({
            "metadata": {
                "name": "mirror",
                "annotations": {"kubernetes.io/config.mirror": "x"},
                "ownerReferences": [{
                    "apiVersion": "v1", "kind": "Node", "name": "own", "controller": true,
                    "uid": node["metadata"]["uid"],
                }],
            },
            "spec": {"nodeName": "own", "containers": [{"name": "c", "image": "i"}]},
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            pod["spec"][key] = value.clone();
        }
        pod
    };
    for (more, what) in [
        (
            json!({"serviceAccountName": "default"}),
            "a service account",
        ),
        (
            json!({"volumes": [{"name": "v", "secret": {"secretName": "s"}}]}),
            "secrets",
        ),
        (json!({"imagePullSecrets": [{"name": "s"}]}), "secrets"),
        (
            json!({"volumes": [{"name": "v", "configMap": {"name": "s"}}]}),
            "configmaps",
        ),
        (
            json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "s"}}]}),
            "persistentvolumeclaims",
        ),
    ] {
        let refused = asked(&it, Method::POST, PODS, &pod(more)).await;
        let why = format!(
            "pods \"mirror\" is forbidden: node \"own\" can not create pods that reference {what}"
        );
        is_refused(refused, &why);
    }
    asked(&it, Method::POST, PODS, &pod(json!({})))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_node_gets_tokens_for_its_own_pods() {
    let it = harness().await;
    let uri = "/api/v1/namespaces/default/serviceaccounts/default/token";
    let reference = async |name: &str| {
        let pod = it.get(&format!("{PODS}/{name}")).await.expect(200);
        json!({"kind": "Pod", "apiVersion": "v1", "name": name, "uid": pod["metadata"]["uid"]})
    };
    let (own, other) = (reference("on-own").await, reference("on-other").await);
    let mut nameless = own.clone();
    nameless["uid"] = "".into();
    for (bound, why) in [
        (Value::Null, "node requested token not bound to a pod"),
        (
            nameless,
            "node requested token with a pod binding without a uid",
        ),
        (
            other,
            "node requested token bound to a pod scheduled on a different node",
        ),
    ] {
        let request = json!({"spec": {"audiences": ["x"], "boundObjectRef": bound}});
        let refused = asked(&it, Method::POST, uri, &request).await;
        let why = format!("serviceaccounts \"default\" is forbidden: {why}");
        is_refused(refused, &why);
    }
    let request = json!({"spec": {"audiences": ["x"], "boundObjectRef": own}});
    asked(&it, Method::POST, uri, &request).await.expect(201);
}
