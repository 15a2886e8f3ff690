use serde_json::json;
use wharf_api_ecs::{self as api, Ecs};
use wharf_testkit::ecs::Agent;

use crate::harness::{Harness, call, decode};

#[tokio::test]
async fn the_default_cluster_exists_once_created() {
    let harness = Harness::start().await;
    let missing = harness
        .run(json!({"taskDefinition": "web"}))
        .await
        .unwrap_err();
    assert_eq!(missing.code, "ClusterNotFoundException");
    assert_eq!(missing.message, "Cluster not found.");
    for _ in 0..2 {
        let made = harness
            .ecs
            .create_cluster(&call(), api::CreateClusterRequest::default())
            .await;
        let cluster = made.unwrap().cluster.unwrap();
        assert_eq!(cluster.cluster_name.as_deref(), Some("default"));
        assert_eq!(cluster.status.as_deref(), Some("ACTIVE"));
    }
    let input = decode("DescribeClusters", json!({"clusters": ["default", "none"]}));
    let described = harness.ecs.describe_clusters(&call(), input).await.unwrap();
    assert_eq!(described.clusters.unwrap().len(), 1);
    let failure = described.failures.unwrap().remove(0);
    assert_eq!(failure.reason.as_deref(), Some("MISSING"));
}

#[tokio::test]
async fn clusters_in_use_stay() {
    let harness = Harness::with_cluster().await;
    let agent = Agent::join(&harness, "default").await;
    let delete = || decode("DeleteCluster", json!({"cluster": "default"}));
    let refused = harness
        .ecs
        .delete_cluster(&call(), delete())
        .await
        .unwrap_err();
    assert_eq!(refused.code, "ClusterContainsContainerInstancesException");
    let leave = json!({"cluster": "default", "containerInstance": agent.instance});
    let leave = decode("DeregisterContainerInstance", leave);
    harness
        .ecs
        .deregister_container_instance(&call(), leave)
        .await
        .unwrap();
    let deleted = harness.ecs.delete_cluster(&call(), delete()).await.unwrap();
    assert_eq!(deleted.cluster.unwrap().status.as_deref(), Some("INACTIVE"));
    // What is left of it can be described, but is nothing that has tags.
    let named = || json!({"resourceArn": "arn:aws:ecs:us-east-1:000000000000:cluster/default"});
    let list = decode("ListTagsForResource", named());
    let list = harness.ecs.list_tags_for_resource(&call(), list).await;
    let mut tag = named();
    tag["tags"] = json!([{"key": "a", "value": "1"}]);
    let tag = harness
        .ecs
        .tag_resource(&call(), decode("TagResource", tag))
        .await;
    let mut untag = named();
    untag["tagKeys"] = json!(["a"]);
    let untag = harness
        .ecs
        .untag_resource(&call(), decode("UntagResource", untag))
        .await;
    for refused in [list.unwrap_err(), tag.unwrap_err(), untag.unwrap_err()] {
        assert_eq!(refused.code, "InvalidParameterException");
        assert_eq!(
            refused.message,
            "The specified cluster is inactive. Specify an active cluster and try again."
        );
    }
    let listed = harness
        .ecs
        .list_clusters(&call(), api::ListClustersRequest::default())
        .await;
    assert_eq!(listed.unwrap().cluster_arns.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_cluster_cannot_have_is_refused_by_name() {
    let harness = Harness::with_cluster().await;
    let keys = |name: &str| json!({"managedStorageConfiguration": {name: "a key"}});
    let storage = "configuration.managedStorageConfiguration";
    for (change, what) in [
        (
            json!({"serviceConnectDefaults": {"namespace": "n"}}),
            "serviceConnectDefaults",
        ),
        (json!({"configuration": keys("kmsKeyId")}), storage),
        (
            json!({"configuration": keys("fargateEphemeralStorageKmsKeyId")}),
            storage,
        ),
    ] {
        let text = format!("{what} is not supported by this version of wharf.");
        let mut request = change.clone();
        request["clusterName"] = json!("other");
        let input = decode("CreateCluster", request);
        let created = harness.ecs.create_cluster(&call(), input).await;
        assert_eq!(created.unwrap_err().message, text);
        let mut request = change;
        request["cluster"] = json!("default");
        let input = decode("UpdateCluster", request);
        let updated = harness.ecs.update_cluster(&call(), input).await;
        assert_eq!(updated.unwrap_err().message, text);
    }
    let none = json!({"cluster": "default", "serviceConnectDefaults": {"namespace": ""}});
    let input = decode("UpdateCluster", none);
    let updated = harness.ecs.update_cluster(&call(), input).await.unwrap();
    assert_eq!(updated.cluster.unwrap().service_connect_defaults, None);
}
