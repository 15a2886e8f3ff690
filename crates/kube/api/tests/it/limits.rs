//! Limit ranges and quotas of a namespace, where what is there asks for more than it did.

use serde_json::{Value, json};

use crate::harness::Harness;

const SPACE: &str = "/api/v1/namespaces/default";

async fn harness() -> Harness {
    let it = Harness::new().await;
    let account = json!({"metadata": {"name": "default"}});
    it.post(&format!("{SPACE}/serviceaccounts"), &account)
        .await
        .expect(201);
    it
}

async fn limit(it: &Harness, name: &str, limit: Value) {
    let range = json!({"metadata": {"name": name}, "spec": {"limits": [limit]}});
    it.post(&format!("{SPACE}/limitranges"), &range)
        .await
        .expect(201);
}

/// A container with these requests and limits of CPU.
fn container(name: &str, requests: &str, limits: &str) -> Value {
    json!({"name": name, "image": "i", "resources": {
        "requests": {"cpu": requests}, "limits": {"cpu": limits},
    }})
}

async fn pod(it: &Harness, containers: Value) {
    let pod = json!({"metadata": {"name": "a"}, "spec": {"containers": containers}});
    it.post(&format!("{SPACE}/pods"), &pod).await.expect(201);
}

/// What is said to the first container's resize.
async fn resized(it: &Harness, requests: &str, limits: &str) -> (u16, String) {
    let wanted = json!({"spec": {"containers": [container("c", requests, limits)]}});
    let uri = format!("{SPACE}/pods/a/resize");
    let answer = it.patch(&uri, "strategic-merge-patch+json", &wanted).await;
    (answer.code, answer.message().to_owned())
}

fn refused(why: &str) -> (u16, String) {
    (403, format!("pods \"a\" is forbidden: {why}"))
}

#[tokio::test]
async fn a_pod_is_not_resized_past_its_limits() {
    let it = harness().await;
    let most = json!({"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "100m"}});
    limit(&it, "each", most).await;
    pod(
        &it,
        json!([container("c", "200m", "500m"), container("d", "1", "1")]),
    )
    .await;
    assert_eq!(
        resized(&it, "200m", "2").await,
        refused("maximum cpu usage per Container is 1, but limit is 2")
    );
    assert_eq!(
        resized(&it, "50m", "500m").await,
        refused("minimum cpu usage per Container is 100m, but request is 50m")
    );
    assert_eq!(resized(&it, "400m", "1").await.0, 200);

    // What came later is not held against what is not resized.
    limit(&it, "all", json!({"type": "Pod", "max": {"cpu": "1500m"}})).await;
    let uri = format!("{SPACE}/pods/a");
    let marked = json!({"metadata": {"labels": {"b": "c"}}});
    it.patch(&uri, "merge-patch+json", &marked)
        .await
        .expect(200);
    assert_eq!(
        resized(&it, "500m", "1").await,
        refused("maximum cpu usage per Pod is 1500m, but limit is 2")
    );
    assert_eq!(resized(&it, "300m", "500m").await.0, 200);
}

#[tokio::test]
async fn a_pod_is_not_resized_past_a_quota() {
    let it = harness().await;
    let quota = json!({"metadata": {"name": "q"}, "spec": {"hard": {"requests.cpu": "1"}}});
    let quotas = format!("{SPACE}/resourcequotas");
    it.post(&quotas, &quota).await.expect(201);
    let status = json!({"status": {"hard": {"requests.cpu": "1"}, "used": {"requests.cpu": "0"}}});
    it.patch(&format!("{quotas}/q/status"), "merge-patch+json", &status)
        .await
        .expect(200);
    pod(&it, json!([container("c", "600m", "2")])).await;
    assert_eq!(
        resized(&it, "1200m", "2").await,
        refused(
            "exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1"
        )
    );
    assert_eq!(resized(&it, "1", "2").await.0, 200);
    let counted = it.get(&format!("{quotas}/q")).await.expect(200);
    assert_eq!(counted["status"]["used"]["requests.cpu"], "1");
}

#[tokio::test]
async fn a_claim_does_not_grow_past_its_limits() {
    let it = harness().await;
    let most = json!({"type": "PersistentVolumeClaim", "max": {"storage": "2Gi"}});
    limit(&it, "claims", most).await;
    let class =
        json!({"metadata": {"name": "grows"}, "provisioner": "p", "allowVolumeExpansion": true});
    it.post("/apis/storage.k8s.io/v1/storageclasses", &class)
        .await
        .expect(201);
    let claim = |size: &str| {
        json!({"metadata": {"name": "a"}, "spec": {
            "storageClassName": "grows", "accessModes": ["ReadWriteOnce"], "volumeName": "v",
            "resources": {"requests": {"storage": size}},
        }})
    };
    let claims = format!("{SPACE}/persistentvolumeclaims");
    let why = "persistentvolumeclaims \"a\" is forbidden: \
        maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi";
    let refused = it.post(&claims, &claim("3Gi")).await;
    assert_eq!(refused.message(), why);
    refused.expect(403);
    it.post(&claims, &claim("1Gi")).await.expect(201);
    let (uri, merge) = (format!("{claims}/a"), "merge-patch+json");
    let bound = json!({"status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}});
    it.patch(&format!("{uri}/status"), merge, &bound)
        .await
        .expect(200);
    let grows = |size: &str| json!({"spec": {"resources": {"requests": {"storage": size}}}});
    let refused = it.patch(&uri, merge, &grows("3Gi")).await;
    assert_eq!(refused.message(), why);
    refused.expect(403);
    it.patch(&uri, merge, &grows("2Gi")).await.expect(200);
    // What cannot be had may be asked for no more, down to what is there.
    it.patch(&uri, merge, &grows("1536Mi")).await.expect(200);
    let refused = it.patch(&uri, merge, &grows("1Gi")).await;
    let why =
        "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity";
    assert!(refused.message().contains(why), "{}", refused.message());
    refused.expect(422);
}
