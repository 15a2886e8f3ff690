//! What a cluster goes without.

use serde_json::{Value, json};
use wharf_kube_model::parts::{Part, WITHOUT};

use crate::harness::Harness;

const METRICS: &str = "/apis/metrics.k8s.io/v1beta1";
const NAMES: &str = "/api/v1/namespaces/kube-system/services/kube-dns";
const OWN: &str = "/api/v1/namespaces/default/services/kubernetes";

#[tokio::test]
async fn a_cluster_goes_without_and_has_it_back() {
    let it = Harness::new().await;
    it.get(METRICS).await.expect(200);
    let all = [Part::MetricsServer, Part::CoreDns, Part::KubeProxy].into();
    it.cluster.go_without(all).await.unwrap();
    it.get(METRICS).await.expect(404);
    it.get(&format!("{METRICS}/nodes")).await.expect(404);
    let groups = it.get("/apis").await.expect(200);
    let mut groups = groups["groups"].as_array().unwrap().iter();
    assert!(!groups.any(|it| it["name"] == "metrics.k8s.io"));
    let own = it.get(OWN).await.expect(200);
    let told = &own["metadata"]["annotations"][WITHOUT];
    assert_eq!(told, "coredns,kube-proxy,metrics-server");
    // Who takes names away says so; what somebody has put there since stays.
    it.get(NAMES).await.expect(200);
    it.delete(NAMES, "").await.expect(200);
    it.cluster.go_without([Part::CoreDns].into()).await.unwrap();
    it.get(NAMES).await.expect(404);
    it.get(&format!("{METRICS}/nodes")).await.expect(200);
    // Who brings names back makes their service; somebody else's may have its address by then.
    let other = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "other"},
        "spec": {"clusterIP": "10.100.0.10", "ports": [{"port": 53}]},
    });
    it.post("/api/v1/namespaces/default/services", &other)
        .await
        .expect(201);
    it.cluster.go_without([].into()).await.unwrap();
    it.get(NAMES).await.expect(404);
    let own = it.get(OWN).await.expect(200);
    assert_eq!(own["metadata"]["annotations"][WITHOUT], Value::Null);
}

#[tokio::test]
async fn a_driver_goes_with_its_part() {
    const DRIVER: &str = "/apis/storage.k8s.io/v1/csidrivers/efs.csi.aws.com";
    let it = Harness::new().await;
    let has = it.get(DRIVER).await.expect(200);
    assert_eq!(has["spec"]["attachRequired"], false);
    assert_eq!(has["spec"]["fsGroupPolicy"], "ReadWriteOnceWithFSType");
    it.cluster.go_without([Part::EfsCsi].into()).await.unwrap();
    it.get(DRIVER).await.expect(404);
    it.cluster.go_without([].into()).await.unwrap();
    it.get(DRIVER).await.expect(200);
}
