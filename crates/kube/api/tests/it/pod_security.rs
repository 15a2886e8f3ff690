//! Pod Security: what pods of a namespace may ask of their node, by the labels of the namespace.

use http::{Method, Response};
use serde_json::{Value, json};
use wharf_kube_api::Body;

use crate::harness::Harness;

const SPACE: &str = "/api/v1/namespaces/web";
const PODS: &str = "/api/v1/namespaces/web/pods";

/// A cluster with a namespace that has these labels of Pod Security.
async fn harness(labels: &[(&str, &str)]) -> Harness {
    let it = Harness::new().await;
    let space = json!({"metadata": {"name": "web", "labels": named(labels)}});
    it.post("/api/v1/namespaces", &space).await.expect(201);
    let account = json!({"metadata": {"name": "default"}});
    it.post(&format!("{SPACE}/serviceaccounts"), &account)
        .await
        .expect(201);
    it
}

fn named(labels: &[(&str, &str)]) -> Value {
    let all = labels
        .iter()
        .map(|(mode, value)| (format!("pod-security.kubernetes.io/{mode}"), json!(value)));
    Value::Object(all.collect())
}

async fn label(it: &Harness, labels: &[(&str, &str)]) -> Response<Body> {
    let patch = json!({"metadata": {"labels": named(labels)}});
    let kind = "application/merge-patch+json";
    it.send(Method::PATCH, SPACE, kind, patch).await
}

/// The template of a pod that keeps to the level `restricted`.
fn restricted() -> Value {
    json!({
        "metadata": {"labels": {"app": "a"}},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "c", "image": "i", "securityContext": {
                "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
            }}],
        },
    })
}

/// One that keeps to the level `baseline` alone.
fn plain() -> Value {
    json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
}

fn pod(name: &str, template: &Value) -> Value {
    let mut pod = template.clone();
    pod["metadata"]["name"] = name.into();
    pod
}

#[tokio::test]
async fn a_container_for_debugging_is_held_to_the_level() {
    let it = harness(&[("enforce", "restricted")]).await;
    it.post(PODS, &pod("a", &restricted())).await.expect(201);
    let uri = format!("{PODS}/a/ephemeralcontainers");
    let brings = |context: Value| {
        let container = json!({"name": "debug", "image": "busybox", "securityContext": context});
        json!({"spec": {"ephemeralContainers": [container]}})
    };
    let kind = "strategic-merge-patch+json";
    let refused = it.patch(&uri, kind, &brings(json!({}))).await;
    assert!(
        refused
            .message()
            .starts_with("pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\": "),
        "{refused:?}"
    );
    refused.expect(403);
    // The other way to the same: the object as a whole.
    let mut whole = it.get(&format!("{PODS}/a")).await.expect(200);
    whole["spec"]["ephemeralContainers"] =
        brings(json!({"privileged": true}))["spec"]["ephemeralContainers"].clone();
    it.put(&uri, &whole).await.expect(403);
    let own = restricted()["spec"]["containers"][0]["securityContext"].clone();
    it.patch(&uri, kind, &brings(own)).await.expect(200);
}

#[tokio::test]
async fn an_update_is_judged_by_what_it_brings() {
    let it = harness(&[]).await;
    let uri = format!("{PODS}/a");
    it.post(PODS, &pod("a", &plain())).await.expect(201);
    label(&it, &[("enforce", "restricted")]).await;
    // It was there before, and may be marked, told of and deleted.
    let merge = "merge-patch+json";
    let marked = json!({"metadata": {"labels": {"b": "c"}}});
    it.patch(&uri, merge, &marked).await.expect(200);
    let status = json!({"status": {"phase": "Running"}});
    it.patch(&format!("{uri}/status"), merge, &status)
        .await
        .expect(200);
    let image = json!({"spec": {"containers": [{"name": "c", "image": "other"}]}});
    let kind = "strategic-merge-patch+json";
    it.patch(&uri, kind, &image).await.expect(403);
    it.delete(&uri, json!({"gracePeriodSeconds": 0}))
        .await
        .expect(200);
}
