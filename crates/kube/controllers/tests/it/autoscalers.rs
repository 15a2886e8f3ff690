//! Autoscalers through the scale of whatever they name.

use serde_json::{Value, json};
use wharf_kube_client::{Kind, Object, kind};

use crate::cluster::Cluster;

const DEFINITION: Kind = Kind::known(
    "apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
    false,
);
const SHIP: Kind = Kind::known("example.com", "v1", "Ship", "ships", true);

fn scaler(api: &str, kind: &str, name: &str, least: i64) -> Value {
    json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": {"apiVersion": api, "kind": kind, "name": name}, "minReplicas": least, "maxReplicas": 5,
        },
    })
}

fn told(all: &[Value], name: &str, condition: &str) -> String {
    let scaler = all.iter().find(|it| it.name() == name);
    let found = scaler.and_then(|it| it.condition(condition));
    let told = |it: &Value| format!("{} {}", it.text("/status"), it.text("/reason"));
    found.map(told).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_kept_within_its_bounds() {
    let cluster = Cluster::start().await;
    let labels = json!({"app": "web"});
    let deployment = json!({
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
        },
    });
    cluster.create(&kind::DEPLOYMENT, deployment).await;
    let scalers = kind::HORIZONTAL_POD_AUTOSCALER;
    let made = scaler("apps/v1", "Deployment", "web", 3);
    cluster.create(&scalers, made).await;
    let has_three = |all: &[Value]| all.iter().any(|it| it.integer("/spec/replicas") == Some(3));
    cluster.until(&kind::DEPLOYMENT, has_three).await;
    let has_scaled = |all: &[Value]| told(all, "web", "AbleToScale") == "True SucceededRescale";
    let all = cluster.until(&scalers, has_scaled).await;
    assert_eq!(all[0].integer("/status/desiredReplicas"), Some(3));
    assert!(!all[0].text("/status/lastScaleTime").is_empty());
    let said = |all: &[Value]| {
        let message = "New size: 3; reason: Current number of replicas below Spec.MinReplicas";
        all.iter().any(|it| it.text("/message") == message)
    };
    cluster.until(&kind::EVENT, said).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_has_a_scale_can_be_scaled() {
    let cluster = Cluster::start().await;
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let definition = json!({
        "metadata": {"name": "ships.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "ships", "singular": "ship", "kind": "Ship"},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema},
                "subresources": {"status": {}, "scale": {
                    "specReplicasPath": ".spec.crew", "statusReplicasPath": ".status.crew", "labelSelectorPath": ".status.selector",
                }},
            }],
        },
    });
    let client = &cluster.client;
    client.create(&DEFINITION, "", &definition).await.unwrap();
    let is_served = |all: &[Value]| all[0].has_condition("Established", "True");
    cluster.until(&DEFINITION, is_served).await;
    let ship = json!({
        "apiVersion": "example.com/v1", "kind": "Ship", "metadata": {"name": "ship"}, "spec": {"crew": 9},
    });
    cluster.create(&SHIP, ship).await;
    let made = scaler("example.com/v1", "Ship", "ship", 1);
    cluster.create(&kind::HORIZONTAL_POD_AUTOSCALER, made).await;
    let is_smaller = |all: &[Value]| all[0].integer("/spec/crew") == Some(5);
    cluster.until(&SHIP, is_smaller).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_that_are_none() {
    let cluster = Cluster::start().await;
    let scalers = kind::HORIZONTAL_POD_AUTOSCALER;
    for (kind, name) in [("Deployment", "nowhere"), ("Nothing", "unknown")] {
        let made = scaler("apps/v1", kind, name, 1);
        cluster.create(&scalers, made).await;
        let is_told = |all: &[Value]| told(all, name, "AbleToScale") == "False FailedGetScale";
        cluster.until(&scalers, is_told).await;
    }
}
