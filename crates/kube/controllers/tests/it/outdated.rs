//! What a client is told that comes too late.

use serde_json::json;
use wharf_kube_client::{Patch, kind};

use crate::cluster::Cluster;

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_of_an_object_in_whose_place_is_another_comes_too_late() {
    let cluster = Cluster::start().await;
    let map = json!({"metadata": {"name": "m"}});
    cluster.create(&kind::CONFIG_MAP, map).await;
    let change = json!({"metadata": {"uid": "another"}, "data": {"a": "b"}});
    for patch in [Patch::Merge(change.clone()), Patch::Strategic(change)] {
        let client = &cluster.client;
        let kind = kind::CONFIG_MAP;
        let patched = client.patch(&kind, "default", "m", &patch);
        let refused = patched.await.unwrap_err();
        assert!(refused.is_invalid() && refused.is_outdated(), "{refused:?}");
    }
}
