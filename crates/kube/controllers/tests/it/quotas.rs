//! Quotas: nobody takes more than there is, and what goes is free again.

use serde_json::{Value, json};
use wharf_kube_client::{Delete, Object, kind};

use crate::cluster::Cluster;

fn quota(hard: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}})
}

fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{
            "name": "c", "image": "i", "resources": {"requests": {"cpu": "100m"}},
        }]},
    })
}

fn used(name: &'static str, amount: &'static str) -> impl Fn(&[Value]) -> bool {
    move |all| {
        let used = all[0].map("/status/used").and_then(|it| it.get(name));
        used.is_some_and(|it| it == amount)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_creations_do_not_overdraw() {
    let cluster = Cluster::start().await;
    let hard = json!({"pods": "3", "requests.cpu": "1", "count/deployments.apps": "1"});
    cluster.create(&kind::RESOURCE_QUOTA, quota(hard)).await;
    cluster
        .until(&kind::RESOURCE_QUOTA, used("count/deployments.apps", "0"))
        .await;
    let creations = (0..16).map(|number| {
        let client = cluster.client.clone();
        let pod = pod(&format!("p{number}"));
        tokio::spawn(async move { client.create(&kind::POD, "default", &pod).await })
    });
    let mut made = Vec::new();
    for creation in creations.collect::<Vec<_>>() {
        match creation.await.unwrap() {
            Ok(pod) => made.push(pod),
            Err(error) => {
                assert!(error.is_forbidden(), "{error}");
                let why = "exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3";
                assert!(error.to_string().contains(why), "{error}");
            }
        }
    }
    assert_eq!(made.len(), 3);
    cluster
        .until(&kind::RESOURCE_QUOTA, used("requests.cpu", "300m"))
        .await;
    // One that goes makes room for another.
    let gone = &made[0];
    let deleted = cluster
        .client
        .delete(
            &kind::POD,
            "default",
            gone.name(),
            &Delete::of_uid(gone.uid()),
        )
        .await;
    deleted.unwrap();
    cluster
        .until(&kind::RESOURCE_QUOTA, used("pods", "2"))
        .await;
    cluster.create(&kind::POD, pod("again")).await;
    cluster
        .until(&kind::RESOURCE_QUOTA, used("requests.cpu", "300m"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_to_be_said_and_what_grows() {
    let cluster = Cluster::start().await;
    let hard = json!({"limits.cpu": "1", "services.nodeports": "1", "configmaps": "3"});
    cluster.create(&kind::RESOURCE_QUOTA, quota(hard)).await;
    cluster
        .until(&kind::RESOURCE_QUOTA, used("services.nodeports", "0"))
        .await;
    let refused = cluster
        .client
        .create(&kind::POD, "default", &pod("a"))
        .await;
    let refused = refused.unwrap_err().to_string();
    let why = "pods \"a\" is forbidden: failed quota: q: must specify limits.cpu for: c";
    assert!(refused.contains(why), "{refused}");
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"},
        "spec": {"selector": {"app": "x"}, "ports": [{"port": 80, "name": "a"}]},
    });
    let mut service = cluster.create(&kind::SERVICE, service).await;
    service["spec"]["type"] = "NodePort".into();
    let mut service = cluster
        .client
        .update(&kind::SERVICE, &service)
        .await
        .unwrap();
    let quotas = cluster.list(&kind::RESOURCE_QUOTA).await;
    assert_eq!(quotas[0].at("/status/used/services.nodeports"), "1");
    service["spec"]["ports"]
        .as_array_mut()
        .unwrap()
        .push(json!({"port": 81, "name": "b"}));
    let refused = cluster.client.update(&kind::SERVICE, &service).await;
    let refused = refused.unwrap_err().to_string();
    let why = "exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1";
    assert!(refused.contains(why), "{refused}");
    // A type that takes no ports gives them back.
    service["spec"]["type"] = "ClusterIP".into();
    cluster
        .client
        .update(&kind::SERVICE, &service)
        .await
        .unwrap();
    cluster
        .until(&kind::RESOURCE_QUOTA, used("services.nodeports", "0"))
        .await;
}
