//! `metrics.k8s.io`: what nodes say their pods use.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use wharf_base::{Clock, SystemClock};
use wharf_kube_auth::UserInfo;
use wharf_kube_model::{
    Catalog,
    codec::{self, MediaType},
};

use crate::harness::{Harness, read};

const GROUP: &str = "/apis/metrics.k8s.io/v1beta1";

/// A kubelet that answers everything with this, and counts.
async fn kubelet(body: String) -> (u16, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (body, counted) = (body.clone(), Arc::clone(&counted));
            let service = service_fn(move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
                let body = Bytes::from(body.clone());
                async move { Ok::<_, Infallible>(Response::new(Full::new(body))) }
            });
            tokio::spawn(async move {
                let server = hyper::server::conn::http1::Builder::new();
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (port, asked)
}

fn part(name: &str, cpu: u64) -> Value {
    let now = SystemClock.now().iso8601();
    json!({
        "name": name,
        "cpu": {"time": now, "usageNanoCores": cpu, "windowMilliseconds": 10_000},
        "memory": {"time": now, "workingSetBytes": 5 << 20},
    })
}

async fn node(it: &Harness, name: &str, port: u16) {
    let node = json!({"metadata": {"name": name, "labels": {"team": name}}});
    it.post("/api/v1/nodes", &node).await.expect(201);
    let status = json!({"status": {"daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}});
    let uri = format!("/api/v1/nodes/{name}/status");
    it.patch(&uri, "merge-patch+json", &status)
        .await
        .expect(200);
}

async fn pod(it: &Harness, name: &str, node: &str) -> String {
    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}]},
    });
    let made = it.post(pods, &pod).await.expect(201);
    let status = json!({"status": {
        "phase": "Running",
        "containerStatuses": [{
            "name": "c", "image": "i", "imageID": "i", "ready": true, "restartCount": 0, "state": {"running": {}},
        }],
    }});
    let uri = format!("{pods}/{name}/status");
    it.patch(&uri, "merge-patch+json", &status)
        .await
        .expect(200);
    made["metadata"]["uid"].as_str().unwrap().to_owned()
}

async fn cluster() -> (Harness, Arc<AtomicUsize>) {
    let it = Harness::new().await;
    let account = json!({"metadata": {"name": "default"}});
    it.post("/api/v1/namespaces/default/serviceaccounts", &account)
        .await
        .expect(201);
    let (a, b) = (pod(&it, "a", "one").await, pod(&it, "b", "two").await);
    let told = json!({
        "node": part("", 900_000_000),
        "pods": [
            {"podRef": {"uid": a}, "containers": [part("c", 250_000_000), part("stranger", 1)]},
            // It has no such pod.
            {"podRef": {"uid": b}, "containers": [part("c", 999)]},
        ],
    });
    let (port, asked) = kubelet(told.to_string()).await;
    node(&it, "one", port).await;
    let (port, _) = kubelet("[".to_owned()).await;
    node(&it, "two", port).await;
    (it, asked)
}

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|it| it["metadata"]["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn pods_and_nodes_are_measured_by_their_nodes() {
    let (it, asked) = cluster().await;
    let all = it.get(&format!("{GROUP}/pods")).await.expect(200);
    assert_eq!(all["kind"], "PodMetricsList");
    assert_eq!(names(&all), ["a"], "{all}");
    let measured = &all["items"][0];
    assert_eq!(
        measured["containers"],
        json!([{"name": "c", "usage": {"cpu": "250m", "memory": "5Mi"}}])
    );
    assert_eq!(measured["window"], "10s");
    assert_eq!(measured["metadata"]["labels"], json!({"app": "a"}));
    let namespaced = format!("{GROUP}/namespaces/default/pods");
    for (selector, expected) in [("app%3Da", 1), ("app%3Db", 0), ("app+notin+(a)", 0)] {
        let uri = format!("{namespaced}?labelSelector={selector}");
        let chosen = it.get(&uri).await.expect(200);
        assert_eq!(names(&chosen).len(), expected, "{selector}");
    }
    let one = it.get(&format!("{namespaced}/a")).await.expect(200);
    assert_eq!(one["kind"], "PodMetrics");
    let unknown = it.get(&format!("{namespaced}/b")).await;
    assert_eq!(
        unknown.message(),
        "podmetrics.metrics.k8s.io \"default/b\" not found"
    );
    let unknown = it.get(&format!("{namespaced}/z")).await;
    assert_eq!(unknown.message(), "pods \"z\" not found");
    let nodes = it.get(&format!("{GROUP}/nodes")).await.expect(200);
    assert_eq!(names(&nodes), ["one"]);
    assert_eq!(nodes["items"][0]["usage"]["cpu"], "900m");
    let unknown = it.get(&format!("{GROUP}/nodes/two")).await;
    assert_eq!(
        unknown.message(),
        "nodemetrics.metrics.k8s.io \"two\" not found"
    );
    // All of it was asked of the node once.
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// Controllers of upstream ask for protobuf, and tell by a number how long was measured.
#[tokio::test]
async fn they_are_told_in_protobuf_too() {
    let (it, _) = cluster().await;
    let catalog = Catalog::built_in();
    for path in ["nodes", "nodes/one", "pods", "namespaces/default/pods/a"] {
        let uri = format!("{GROUP}/{path}");
        let mut said = it.get(&uri).await.expect(200);
        let body = Full::new(Bytes::new()).map_err(|never| match never {});
        let request = Request::get(&uri)
            .header("accept", "application/vnd.kubernetes.protobuf")
            .body(body.boxed_unsync())
            .unwrap();
        let user = UserInfo::authenticated("admin", &[]);
        let answer = it.cluster.serve(request, &user).await;
        assert_eq!(answer.status(), 200, "{path}");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let decoded = codec::decode(&catalog, MediaType::Protobuf, &bytes, None).unwrap();
        let mut told = decoded.value;
        // Each was made for its answer.
        for value in [&mut said, &mut told] {
            let items = value.get_mut("items").and_then(Value::as_array_mut);
            for item in items.into_iter().flatten() {
                let item = item.as_object_mut().unwrap();
                item.retain(|key, _| !["kind", "apiVersion"].contains(&key.as_str()));
                item["metadata"]["creationTimestamp"] = Value::Null;
            }
            value["metadata"]["creationTimestamp"] = Value::Null;
        }
        assert_eq!(told, said, "{path}");
        // Field 3, a message of 6 bytes whose field 1 is 10^10 nanoseconds.
        let window = [0x1a, 6, 8, 0x80, 0xc8, 0xaf, 0xa0, 0x25];
        assert!(bytes.windows(window.len()).any(|it| it == window), "{path}");
    }
}

#[tokio::test]
async fn a_node_that_says_too_much_is_absent() {
    let it = Harness::new().await;
    let mut told = json!({"node": part("", 1)}).to_string();
    told.extend(std::iter::repeat_n(' ', 4 << 20));
    let (port, asked) = kubelet(told).await;
    node(&it, "loud", port).await;
    let nodes = it.get(&format!("{GROUP}/nodes")).await.expect(200);
    assert!(names(&nodes).is_empty());
    // It is left alone for a while.
    it.get(&format!("{GROUP}/nodes/loud")).await.expect(404);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn they_are_read_and_nothing_else() {
    let (it, _) = cluster().await;
    let nodes = format!("{GROUP}/nodes");
    it.get(&format!("{nodes}?watch=1")).await.expect(405);
    it.post(&nodes, &json!({"metadata": {"name": "n"}}))
        .await
        .expect(405);
    it.delete(&format!("{nodes}/one"), "").await.expect(405);
    let refused = it
        .send_as("nobody", Method::GET, &nodes, "application/json", "")
        .await;
    read(refused).await.expect(403);
}

#[tokio::test]
async fn discovery_tells_of_them() {
    let it = Harness::new().await;
    let list = it.get(GROUP).await.expect(200);
    let kinds: Vec<&str> = list["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["NodeMetrics", "PodMetrics"]);
    let groups = it.get("/apis").await.expect(200);
    let groups = groups["groups"].as_array().unwrap();
    let group = groups.iter().find(|it| it["name"] == "metrics.k8s.io");
    assert_eq!(group.unwrap()["preferredVersion"]["version"], "v1beta1");
    it.get("/openapi/v3/apis/metrics.k8s.io/v1beta1")
        .await
        .expect(200);
}

#[tokio::test]
async fn tables_have_sums() {
    let (it, _) = cluster().await;
    let body = Full::new(Bytes::new()).map_err(|never| match never {});
    let request = Request::get(format!("{GROUP}/pods"))
        .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
        .body(body.boxed_unsync())
        .unwrap();
    let user = UserInfo::authenticated("admin", &[]);
    let table = read(it.cluster.serve(request, &user).await)
        .await
        .expect(200);
    let columns = table["columnDefinitions"].as_array().unwrap().iter();
    let columns: Vec<&str> = columns.map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(columns, ["Name", "cpu", "memory", "Window"]);
    assert_eq!(
        table["rows"][0]["cells"],
        json!(["a", "250m", "5Mi", "10s"])
    );
}
