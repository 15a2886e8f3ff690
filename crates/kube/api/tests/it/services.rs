//! Addresses and ports of services: given once, and given up.

use serde_json::{Value, json};
use wharf_base::Permit;
use wharf_store::{Compare, Txn};

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
    let fields = &own["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    assert_eq!(fields["f:ipFamilyPolicy"], json!({}));
    assert_eq!(fields["f:clusterIPs"], Value::Null);
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

const ADDRESSES: &str = "/apis/networking.k8s.io/v1/ipaddresses";
const RANGES: &str = "/apis/networking.k8s.io/v1/servicecidrs";

#[tokio::test]
async fn an_address_is_an_object_as_long_as_its_service_has_it() {
    let it = Harness::new().await;
    let own = it.get(&format!("{ADDRESSES}/10.100.0.1")).await.expect(200);
    assert_eq!(own["spec"]["parentRef"]["name"], "kubernetes");
    assert_eq!(
        own["metadata"]["managedFields"][0]["manager"],
        "kube-apiserver"
    );
    let made = it
        .post(SERVICES, &service("a", &json!({})))
        .await
        .expect(201);
    let address = made["spec"]["clusterIP"].as_str().unwrap();
    let at = format!("{ADDRESSES}/{address}");
    let object = it.get(&at).await.expect(200);
    assert_eq!(
        object["spec"],
        json!({"parentRef": {"resource": "services", "namespace": "default", "name": "a"}})
    );
    let kept = it.delete(&at, "").await;
    assert!(
        kept.message()
            .ends_with("the service default/a has this address"),
        "{kept:?}"
    );
    kept.expect(403);
    let external = json!({"spec": {"type": "ExternalName", "externalName": "a.example.com", "clusterIP": null, "clusterIPs": null}});
    let uri = format!("{SERVICES}/a");
    it.patch(&uri, "merge-patch+json", &external)
        .await
        .expect(200);
    it.get(&at).await.expect(404);
    let inside = json!({"spec": {"type": "ClusterIP", "clusterIP": address}});
    it.patch(&uri, "merge-patch+json", &inside)
        .await
        .expect(200);
    it.get(&at).await.expect(200);
    it.delete(&uri, "").await.expect(200);
    it.get(&at).await.expect(404);
}

#[tokio::test]
async fn an_address_that_somebody_keeps_is_no_services() {
    let it = Harness::new().await;
    let kept = json!({
        "metadata": {"name": "10.100.0.9"},
        "spec": {"parentRef": {"group": "example.com", "resource": "gates", "name": "a"}},
    });
    it.post(ADDRESSES, &kept).await.expect(201);
    let asked = service("a", &json!({"clusterIP": "10.100.0.9"}));
    let taken = it.post(SERVICES, &asked).await;
    assert!(
        taken.message().contains("provided IP is already allocated"),
        "{taken:?}"
    );
    taken.expect(422);
    it.delete(&format!("{ADDRESSES}/10.100.0.9"), "")
        .await
        .expect(200);
    it.post(SERVICES, &asked).await.expect(201);
}

#[tokio::test]
async fn addresses_are_of_the_ranges_that_are_ready() {
    let it = Harness::new().await;
    let own = it.get(&format!("{RANGES}/kubernetes")).await.expect(200);
    assert_eq!(own["spec"]["cidrs"], json!(["10.100.0.0/16"]));
    assert_eq!(own["status"]["conditions"][0]["status"], "True");
    it.delete(&format!("{RANGES}/kubernetes"), "")
        .await
        .expect(403);
    let more = json!({"metadata": {"name": "more"}, "spec": {"cidrs": ["10.200.0.0/24"]}});
    it.post(RANGES, &more).await.expect(201);
    let asked = |name: &str, address: &str| service(name, &json!({"clusterIP": address}));
    let early = it.post(SERVICES, &asked("a", "10.200.0.5")).await;
    assert!(
        early
            .message()
            .contains("is not in the valid range. The range of valid IPs is 10.100.0.0/16"),
        "{early:?}"
    );
    let at = format!("{RANGES}/more");
    let held = json!({"metadata": {"finalizers": ["networking.k8s.io/service-cidr-finalizer"]}});
    it.patch(&at, "merge-patch+json", &held).await.expect(200);
    let ready = json!({"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}});
    it.patch(&format!("{at}/status"), "merge-patch+json", &ready)
        .await
        .expect(200);
    it.post(SERVICES, &asked("a", "10.200.0.5"))
        .await
        .expect(201);
    it.get(&format!("{ADDRESSES}/10.200.0.5")).await.expect(200);
    let ending = it.delete(&at, "").await.expect(200);
    assert!(
        ending["metadata"]["deletionTimestamp"].is_string(),
        "{ending}"
    );
    it.post(SERVICES, &asked("b", "10.200.0.6"))
        .await
        .expect(422);
    // What a service has it keeps, and changes of it are taken.
    let patch = json!({"metadata": {"labels": {"a": "b"}}});
    let uri = format!("{SERVICES}/a");
    let changed = it.patch(&uri, "merge-patch+json", &patch).await.expect(200);
    assert_eq!(changed["spec"]["clusterIP"], "10.200.0.5");
}

#[tokio::test]
async fn the_clusters_own_range_gives_addresses_whatever_its_object_says() {
    let it = Harness::new().await;
    let at = format!("{RANGES}/kubernetes");
    let mut own = it.get(&at).await.expect(200);
    own.as_object_mut().unwrap().remove("status");
    own["metadata"]["finalizers"] = json!([]);
    let own = it.put(&at, &own).await.expect(200);
    assert_eq!(own["status"]["conditions"][0]["status"], "True");
    let unready = json!({"status": {"conditions": null}});
    it.patch(&format!("{at}/status"), "merge-patch+json", &unready)
        .await
        .expect(200);
    let made = it.post(SERVICES, &service("a", &json!({}))).await;
    let address = made.expect(201)["spec"]["clusterIP"].clone();
    assert!(
        address.as_str().unwrap().starts_with("10.100."),
        "{address}"
    );
}

#[tokio::test]
async fn a_range_has_no_address_of_a_node_or_a_pod() {
    let it = Harness::new().await;
    let node = json!({
        "metadata": {"name": "n"},
        "status": {"addresses": [{"type": "InternalIP", "address": "172.31.0.9"}]},
    });
    it.post("/api/v1/nodes", &node).await.expect(201);
    let range = |net: &str| json!({"metadata": {"name": "more"}, "spec": {"cidrs": [net]}});
    let refused = it.post(RANGES, &range("172.31.0.0/24")).await;
    let why = "172.31.0.9 is the address of n, one of the nodes";
    assert!(refused.message().ends_with(why), "{refused:?}");
    refused.expect(403);
    for net in ["169.254.0.0/16", "10.0.0.0/8"] {
        it.post(RANGES, &range(net)).await.expect(422);
    }
    it.post(RANGES, &range("172.31.1.0/24")).await.expect(201);
}

#[tokio::test]
async fn addresses_of_before_there_were_objects_get_theirs() {
    let it = Harness::new().await;
    let asked = service("a", &json!({"clusterIP": "10.100.0.9"}));
    it.post(SERVICES, &asked).await.expect(201);
    let root = it.cluster.objects().keys.root().to_owned();
    let object = format!("{root}networking.k8s.io/ipaddresses/10.100.0.9");
    let claim = format!("{root}claims/ip/10.100.0.9");
    let before = Txn::new()
        .when(Compare::present(&object))
        .delete(&object)
        .put(&claim, "");
    let permit = Permit::for_controller("test");
    assert!(it.store.txn(&permit, before).await.unwrap().succeeded);
    let again = Harness::over(it.store.clone()).await;
    let found = again.get(&format!("{ADDRESSES}/10.100.0.9")).await;
    assert_eq!(found.expect(200)["spec"]["parentRef"]["name"], "a");
    assert!(it.store.get(&claim).await.unwrap().is_none());
    let taken = service("b", &json!({"clusterIP": "10.100.0.9"}));
    again.post(SERVICES, &taken).await.expect(422);
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
