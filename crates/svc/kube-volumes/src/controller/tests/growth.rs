//! How a claim that grows tells how far it is.

use wharf_kube_model::growth::{
    FILE_SYSTEM_PENDING, IN_PROGRESS, INFEASIBLE, NODE_PENDING, REFUSED, RESIZING, status,
};

use super::*;

async fn ask(cluster: &Cluster, size: &str) {
    let patch = json!({"spec": {"resources": {"requests": {"storage": size}}}});
    let patch = Patch::Merge(patch);
    let asked = cluster.client.patch(&CLAIM, "a", "c", &patch).await;
    asked.unwrap();
}

/// Once the only claim has this status and goes for this size.
async fn until(cluster: &Cluster, wanted: &str, size: &str) -> Value {
    let is_so = |all: &[_]| {
        status(&all[0]) == wanted && all[0].text("/status/allocatedResources/storage") == size
    };
    cluster.until(&CLAIM, is_so).await.remove(0)
}

async fn capacity(cluster: &Cluster) -> String {
    let volumes = cluster.until(&VOLUME, |all| all.len() == 1).await;
    volumes[0].text("/spec/capacity/storage").to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_grew_leaves_the_rest_to_its_node() {
    let cluster = Cluster::start().await;
    cluster.claim("c").await;
    cluster.bind("c").await;
    ask(&cluster, "8500Mi").await;
    let claim = until(&cluster, NODE_PENDING, "8500Mi").await;
    for kind in [RESIZING, FILE_SYSTEM_PENDING] {
        assert!(claim.has_condition(kind, "True"), "{kind}: {claim}");
    }
    assert_eq!(capacity(&cluster).await, "9Gi");
    cluster
        .until_told("External resizer is resizing volume")
        .await;
    // The volume needs no node to grow again.
    ask(&cluster, "12Gi").await;
    until(&cluster, NODE_PENDING, "12Gi").await;
    assert_eq!(capacity(&cluster).await, "12Gi");
}

#[tokio::test(start_paused = true)]
async fn a_size_that_cannot_be_had_is_given_up_for_a_smaller_one() {
    let cluster = Cluster::start().await;
    *cluster.cloud.largest.lock() = 10;
    cluster.claim("c").await;
    cluster.bind("c").await;
    ask(&cluster, "99Gi").await;
    let claim = until(&cluster, INFEASIBLE, "99Gi").await;
    let said = claim.condition(REFUSED).unwrap();
    assert_eq!(
        said.text("/message"),
        "failed to expand pvc with it is too large"
    );
    cluster
        .until_told("by resizer \"ebs.csi.aws.com\" failed: it is too large")
        .await;
    assert_eq!(capacity(&cluster).await, "3Gi");
    ask(&cluster, "5Gi").await;
    let claim = until(&cluster, NODE_PENDING, "5Gi").await;
    assert!(claim.condition(REFUSED).is_none(), "{claim}");
    assert_eq!(capacity(&cluster).await, "5Gi");
}

/// Who grew the volume was killed before it said so.
#[tokio::test(start_paused = true)]
async fn what_was_begun_is_gone_on_with() {
    let cluster = Cluster::start().await;
    cluster.claim("c").await;
    let volume = cluster.bind("c").await;
    for (_, disk) in cluster.cloud.disks.lock().values_mut() {
        disk.gib = 9;
    }
    let patch = Patch::Merge(json!({"spec": {"capacity": {"storage": "9Gi"}}}));
    let patched = cluster.client.patch(&VOLUME, "", &volume, &patch).await;
    patched.unwrap();
    let patch = Patch::Merge(json!({"status": {
        "allocatedResources": {"storage": "9Gi"}, "allocatedResourceStatuses": {"storage": IN_PROGRESS},
    }}));
    let patched = cluster
        .client
        .patch_at(&CLAIM, "a", "c", "status", &patch)
        .await;
    patched.unwrap();
    // Less is asked for by now: what was begun is done all the same.
    ask(&cluster, "4Gi").await;
    until(&cluster, NODE_PENDING, "9Gi").await;
}
