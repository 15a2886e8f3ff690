//! A node whose pods run by its word alone.

use serde_json::{Value, json};
use wharf_base::{Clock, SystemClock};
use wharf_kube_client::{Client, Delete, Informer, Object, Patch, Selection, kind};

use crate::cluster::Cluster;

pub async fn join(cluster: &Cluster, name: &str) -> Informer {
    let node = json!({
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
    });
    cluster.client.create(&kind::NODE, "", &node).await.unwrap();
    let now = SystemClock.now().iso8601_seconds();
    let status = json!({
        "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
        "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
        "conditions": [{
            "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "",
            "lastHeartbeatTime": now, "lastTransitionTime": now,
        }],
    });
    let client = &cluster.client;
    let patch = Patch::Merge(json!({"status": status}));
    client
        .patch_at(&kind::NODE, "", name, "status", &patch)
        .await
        .unwrap();
    let selection = Selection {
        fields: format!("spec.nodeName={name}"),
        ..Selection::default()
    };
    let stop = cluster.stop.clone();
    let informer = Informer::start(client.clone(), kind::POD, selection, &[], stop);
    let client = client.clone();
    informer.subscribe(move |change| {
        let (client, pod) = (client.clone(), Value::clone(change.object()));
        tokio::spawn(async move { carry_on(&client, pod).await });
    });
    informer
}

async fn carry_on(client: &Client, mut pod: Value) {
    if pod.is_deleting() {
        let now = Delete {
            grace_seconds: Some(0),
            ..Delete::of_uid(pod.uid())
        };
        let _ = client
            .delete(&kind::POD, pod.namespace(), pod.name(), &now)
            .await;
        return;
    }
    if pod.text("/status/phase") != "Pending" {
        return;
    }
    let now = SystemClock.now().iso8601_seconds();
    // What ends by itself says so in its image.
    let image = pod.text("/spec/containers/0/image");
    // Of what cannot be pulled nothing is heard.
    if image == "missing" {
        return;
    }
    let phase = match image {
        "true" => "Succeeded",
        "false" => "Failed",
        _ => "Running",
    };
    let ready = if phase == "Running" { "True" } else { "False" };
    let mut conditions = pod.list("/status/conditions").to_vec();
    conditions.push(json!({"type": "Ready", "status": ready, "lastTransitionTime": now}));
    pod["status"]["phase"] = phase.into();
    pod["status"]["podIP"] = "10.0.0.9".into();
    pod["status"]["podIPs"] = json!([{"ip": "10.0.0.9"}]);
    pod["status"]["conditions"] = conditions.into();
    // Who changed it meanwhile makes the next news of it.
    let _ = client.update_status(&kind::POD, &pod).await;
}
