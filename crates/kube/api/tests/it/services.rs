//! Addresses and ports of services: given once, and given up.

use serde_json::{Value, json};

use crate::harness::Harness;

const SERVICES: &str = "/api/v1/namespaces/default/services";

fn service(name: &str, spec: &Value) -> Value {
    let mut service = json!({"metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}});
    for (key, value) in spec.as_object().unwrap() {
        service["spec"][key] = value.clone();
    }
    service
}

#[tokio::test]
async fn the_server_is_a_service() {
    let it = Harness::new().await;
    let own = it.get(&format!("{SERVICES}/kubernetes")).await.expect(200);
    assert_eq!(own["spec"]["clusterIP"], "10.100.0.1");
    let slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes";
    let slice = it.get(slices).await.expect(200);
    assert_eq!(slice["endpoints"][0]["addresses"], json!(["10.0.0.5"]));
    let version = &slice["metadata"]["resourceVersion"];
    // Nothing changed, so nothing is written when the server starts again.
    let again = Harness::over(it.store.clone()).await;
    assert_eq!(
        again.get(slices).await.expect(200)["metadata"]["resourceVersion"],
        *version
    );
}

#[tokio::test]
async fn names_have_a_service_in_clusters_of_before_too() {
    let it = Harness::new().await;
    let names = "/api/v1/namespaces/kube-system/services/kube-dns";
    let own = it.get(names).await.expect(200);
    assert_eq!(own["spec"]["clusterIP"], "10.100.0.10");
    it.delete(names, "").await.expect(200);
    let again = Harness::over(it.store.clone()).await;
    let made = again.get(names).await.expect(200);
    assert_eq!(made["spec"]["clusterIP"], "10.100.0.10");
    assert_ne!(made["metadata"]["uid"], own["metadata"]["uid"]);
    let third = Harness::over(it.store.clone()).await;
    assert_eq!(third.get(names).await.expect(200), made);
}

#[tokio::test]
async fn an_address_is_free_when_its_service_is_gone() {
    let it = Harness::new().await;
    let asked = json!({"clusterIP": "10.100.0.9"});
    it.post(SERVICES, &service("a", &asked)).await.expect(201);
    let taken = it.post(SERVICES, &service("b", &asked)).await;
    assert!(
        taken.message().contains("provided IP is already allocated"),
        "{taken:?}"
    );
    taken.expect(422);
    it.delete(&format!("{SERVICES}/a"), "").await.expect(200);
    it.post(SERVICES, &service("b", &asked)).await.expect(201);
}

#[tokio::test]
async fn a_port_of_nodes_goes_with_the_type() {
    let it = Harness::new().await;
    let made = it
        .post(SERVICES, &service("a", &json!({"type": "NodePort"})))
        .await
        .expect(201);
    let port = made["spec"]["ports"][0]["nodePort"].clone();
    assert!(port.is_u64(), "{made}");
    let patch = json!({"spec": {"type": "ClusterIP", "ports": null}});
    let uri = format!("{SERVICES}/a");
    let patch = json!({"spec": {"type": patch["spec"]["type"], "ports": [{"port": 80}]}});
    let changed = it.patch(&uri, "merge-patch+json", &patch).await.expect(200);
    assert!(changed["spec"]["ports"][0]["nodePort"].is_null());
    assert_eq!(changed["spec"]["clusterIP"], made["spec"]["clusterIP"]);
    let other = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": port}]});
    it.post(SERVICES, &service("b", &other)).await.expect(201);
}

#[tokio::test]
async fn many_at_once_get_one_each() {
    let it = std::sync::Arc::new(Harness::new().await);
    let mut all = tokio::task::JoinSet::new();
    for at in 0..40 {
        let it = std::sync::Arc::clone(&it);
        all.spawn(async move {
            let made = it
                .post(
                    SERVICES,
                    &service(&format!("s{at}"), &json!({"type": "NodePort"})),
                )
                .await;
            let spec = made.expect(201)["spec"].clone();
            (
                spec["clusterIP"].to_string(),
                spec["ports"][0]["nodePort"].to_string(),
            )
        });
    }
    let (addresses, ports): (std::collections::HashSet<_>, std::collections::HashSet<_>) =
        all.join_all().await.into_iter().unzip();
    assert_eq!((addresses.len(), ports.len()), (40, 40));
}
