//! What is passed on to nodes: logs, sessions, and what is refused before.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{Harness, read};

const PODS: &str = "/api/v1/namespaces/default/pods";

/// A kubelet that says what it was asked, and echoes sessions.
struct Kubelet {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn answer(
    mut request: Request<Incoming>,
    asked: Arc<Mutex<Vec<String>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let secret = request.headers().contains_key("authorization");
    asked
        .lock()
        .push(format!("{} {} {secret}", request.method(), request.uri()));
    if !request.headers().contains_key("upgrade") {
        return Ok(Response::new(Full::new(Bytes::from_static(b"a line\n"))));
    }
    let session = hyper::upgrade::on(&mut request);
    let is_port = request.uri().path().starts_with("/podPort/");
    if request.uri().path().ends_with("/81") {
        let mut refused = Response::new(Full::from("connection refused\n"));
        *refused.status_mut() = StatusCode::BAD_GATEWAY;
        return Ok(refused);
    }
    tokio::spawn(async move {
        let session = session.await.unwrap();
        if is_port {
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server.serve_connection(session, service_fn(of_pod)).await;
            return;
        }
        let mut session = TokioIo::new(session);
        let mut text = [0; 4];
        session.read_exact(&mut text).await.unwrap();
        session.write_all(&text).await.unwrap();
    });
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response
        .headers_mut()
        .insert("connection", "upgrade".parse().unwrap());
    response
        .headers_mut()
        .insert("upgrade", "spdy/3.1".parse().unwrap());
    Ok(response)
}

/// A pod that says what it was asked.
async fn of_pod(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let host = request.headers()["host"].to_str().unwrap_or_default();
    let secret = request.headers().contains_key("authorization");
    let said = format!("{} {host} {} {secret}", request.method(), request.uri());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let said = match body.is_empty() {
        true => said,
        false => format!("{said} {}", String::from_utf8_lossy(&body)),
    };
    Ok(Response::new(Full::from(said)))
}

impl Kubelet {
    async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let told = Arc::clone(&told);
                let service = service_fn(move |request| answer(request, Arc::clone(&told)));
                tokio::spawn(async move {
                    let server = hyper::server::conn::http1::Builder::new();
                    let served = server.serve_connection(TokioIo::new(stream), service);
                    let _ = served.with_upgrades().await;
                });
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> Option<String> {
        self.asked.lock().pop()
    }
}

async fn harness(kubelet: &Kubelet) -> Harness {
    let it = Harness::new().await;
    let account = json!({"metadata": {"name": "default"}});
    it.post("/api/v1/namespaces/default/serviceaccounts", &account)
        .await
        .expect(201);
    it.post("/api/v1/nodes", &json!({"metadata": {"name": "n"}}))
        .await
        .expect(201);
    let status =
        json!({"status": {"daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet.port}}}});
    it.patch("/api/v1/nodes/n/status", "merge-patch+json", &status)
        .await
        .expect(200);
    let pod = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "i"}]}});
    it.post(PODS, &pod).await.expect(201);
    it
}

async fn bind(it: &Harness) {
    let binding = json!({"metadata": {"name": "a"}, "target": {"name": "n"}});
    it.post(&format!("{PODS}/a/binding"), &binding)
        .await
        .expect(201);
}

#[tokio::test]
async fn logs_come_from_the_node() {
    let kubelet = Kubelet::new().await;
    let it = harness(&kubelet).await;
    let uri = format!("{PODS}/a/log?container=c&follow=true&tailLines=3&pretty=1");
    assert_eq!(it.get(&uri).await.expect(204), "");
    bind(&it).await;
    assert_eq!(it.get(&uri).await.expect(200), "a line\n");
    assert_eq!(
        kubelet.asked().unwrap(),
        "GET /containerLogs/default/a/c?follow=true&tailLines=3 false"
    );
    let unnamed = it.get(&format!("{PODS}/a/log")).await;
    assert_eq!(
        unnamed.message(),
        "a container name must be specified for pod a, choose one of: [c d]"
    );
    let other = it.get(&format!("{PODS}/a/log?container=x")).await;
    assert_eq!(other.message(), "container x is not valid for pod a");
    assert_eq!(kubelet.asked(), None);
}

#[tokio::test]
async fn a_session_is_passed_through() {
    let kubelet = Kubelet::new().await;
    let it = harness(&kubelet).await;
    bind(&it).await;
    let address = it.listen().await;
    let mut stream = tokio::net::TcpStream::connect(address.trim_start_matches("http://"))
        .await
        .unwrap();
    let head = format!(
        "POST {PODS}/a/exec?container=c&command=echo&command=a%20b&stdout=true&tty=false HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer secret\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.unwrap());
    }
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("HTTP/1.1 101"), "{text}");
    stream.write_all(b"ping").await.unwrap();
    let mut echoed = [0; 4];
    stream.read_exact(&mut echoed).await.unwrap();
    assert_eq!(&echoed, b"ping");
    assert_eq!(
        kubelet.asked().unwrap(),
        "POST /exec/default/a/c?output=1&command=echo&command=a+b false"
    );
}

#[tokio::test]
async fn a_session_that_is_none_is_refused() {
    let kubelet = Kubelet::new().await;
    let it = harness(&kubelet).await;
    bind(&it).await;
    let uri = format!("{PODS}/a/exec?container=c&command=x");
    let plain = read(it.send(Method::POST, &uri, "application/json", "").await).await;
    assert_eq!(plain.message(), "Upgrade request required");
    assert_eq!(plain.code, 400);
    let nobody = read(
        it.send_as("nobody", Method::GET, &uri, "application/json", "")
            .await,
    )
    .await;
    assert_eq!(nobody.code, 403);
    assert_eq!(kubelet.asked(), None);
}

#[tokio::test]
async fn a_node_is_reached_through_the_server() {
    let kubelet = Kubelet::new().await;
    let it = harness(&kubelet).await;
    let uri = "/api/v1/nodes/n/proxy/stats/summary?only=cpu";
    let body = it
        .send(Method::GET, uri, "application/json", "")
        .await
        .into_body();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "a line\n");
    assert_eq!(
        kubelet.asked().unwrap(),
        "GET /stats/summary?only=cpu false"
    );
}

async fn said(it: &Harness, method: Method, uri: &str) -> (u16, String) {
    let answer = it.send(method, uri, "application/json", "").await;
    let code = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (code, String::from_utf8_lossy(&body).into_owned())
}

async fn with_address(it: &Harness) {
    bind(it).await;
    let status = json!({"status": {"podIP": "10.1.2.3"}}).to_string();
    let patch = "application/merge-patch+json";
    let uri = format!("{PODS}/a/status");
    read(it.send(Method::PATCH, &uri, patch, &status).await)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_pod_is_reached_through_the_server_and_its_node() {
    let kubelet = Kubelet::new().await;
    let it = harness(&kubelet).await;
    with_address(&it).await;
    let uri = format!("{PODS}/a:8080/proxy/x%2Fy/z?only=cpu");
    let (code, text) = said(&it, Method::POST, &uri).await;
    assert_eq!(
        (code, text.as_str()),
        (200, "POST 10.1.2.3:8080 /x%2Fy/z?only=cpu false")
    );
    assert_eq!(
        kubelet.asked().unwrap(),
        "GET /podPort/default/a/8080 false"
    );
    // Search engines are asked by GET with a body.
    let uri = format!("{PODS}/a:8080/proxy/_search");
    let answer = it.send(Method::GET, &uri, "application/json", "{}").await;
    assert_eq!(
        read(answer).await.value,
        "GET 10.1.2.3:8080 /_search false {}"
    );
    let (code, text) = said(&it, Method::GET, &format!("{PODS}/a:81/proxy/")).await;
    assert_eq!(code, 503);
    assert!(
        text.contains("error trying to reach service: connection refused"),
        "{text}"
    );
}

#[tokio::test]
async fn a_service_is_reached_by_one_of_its_pods() {
    let kubelet = Kubelet::new().await;
    let it = harness(&kubelet).await;
    with_address(&it).await;
    let services = "/api/v1/namespaces/default/services";
    let service =
        json!({"metadata": {"name": "s"}, "spec": {"ports": [{"name": "web", "port": 80}]}});
    it.post(services, &service).await.expect(201);
    let uri = format!("{services}/s:web/proxy/x");
    assert_eq!(said(&it, Method::GET, &uri).await.0, 503);
    let of = |target: serde_json::Value| {
        json!({"metadata": {"name": "s"}, "subsets": [{
            "addresses": [{"ip": "10.1.2.3", "targetRef": target}], "ports": [{"name": "web", "port": 8080}]}]})
    };
    let endpoints = "/api/v1/namespaces/default/endpoints";
    let pod = of(json!({"kind": "Pod", "namespace": "default", "name": "a"}));
    it.post(endpoints, &pod).await.expect(201);
    let (code, text) = said(&it, Method::GET, &uri).await;
    assert_eq!((code, text.as_str()), (200, "GET 10.1.2.3:8080 /x false"));
    let foreign = of(json!({"kind": "Node", "name": "n"}));
    it.put(&format!("{endpoints}/s"), &foreign)
        .await
        .expect(200);
    assert_eq!(said(&it, Method::GET, &uri).await.0, 503);
}

/// Answers that are not read, as those of logs that are followed, leave room for others.
#[tokio::test]
async fn one_user_does_not_take_all_connections_to_nodes() {
    let kubelet = Kubelet::new().await;
    let it = harness(&kubelet).await;
    bind(&it).await;
    let uri = format!("{PODS}/a/log?container=c&follow=true");
    let json = "application/json";
    let mut held = Vec::new();
    let refused = loop {
        let answer = it.send_as("greedy", Method::GET, &uri, json, "").await;
        if answer.status() != StatusCode::OK {
            break answer;
        }
        held.push(answer);
        assert!(held.len() <= 500);
    };
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "1");
    let other = it.send_as("modest", Method::GET, &uri, json, "").await;
    assert_eq!(other.status(), StatusCode::OK);
    drop(held);
    let again = it.send_as("greedy", Method::GET, &uri, json, "").await;
    assert_eq!(again.status(), StatusCode::OK);
}

/// What a kubelet runs or makes a session of needs the right to create, by whatever spelling its path gets there.
#[tokio::test]
async fn a_node_runs_nothing_for_who_may_only_read() {
    let kubelet = Kubelet::new().await;
    let it = harness(&kubelet).await;
    let json = "application/json";
    for path in [
        "n/proxy/exec/default/a/c?command=id",
        "n/proxy/run/default/a/c",
        "n/proxy/attach/default/a/c",
        "n/proxy/portForward/default/a",
        "n/proxy/podPort/default/a/80",
        "n/proxy/vpcPort/10.1.2.3/80",
        "n/proxy//exec/default/a/c",
        "n/proxy/%65xec/default/a/c",
        "n/proxy/%2Fexec/default/a/c",
        // Decoded this is a path below `stats`; as it came, one of a session.
        "n%2Fproxy/stats/exec/default/a/c",
    ] {
        for method in [Method::GET, Method::PUT] {
            let uri = format!("/api/v1/nodes/{path}");
            let answer = read(it.send_as("editor", method, &uri, json, "").await).await;
            assert!(matches!(answer.code, 400..=405), "{path}: {}", answer.code);
            assert_eq!(kubelet.asked(), None, "{path}");
        }
    }
    let uri = "/api/v1/nodes/n/proxy/stats/summary";
    let answer = read(it.send_as("editor", Method::GET, uri, json, "").await).await;
    assert_eq!(answer.code, 200);
}

#[tokio::test]
async fn a_pod_has_no_address_that_means_another() {
    let kubelet = Kubelet::new().await;
    let it = harness(&kubelet).await;
    bind(&it).await;
    for address in ["127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1"] {
        let status = json!({"status": {"podIP": address}}).to_string();
        let uri = format!("{PODS}/a/status");
        let patch = "application/merge-patch+json";
        it.send(Method::PATCH, &uri, patch, &status).await;
        let (code, text) = said(&it, Method::GET, &format!("{PODS}/a:80/proxy/")).await;
        assert_eq!(code, 400, "{address}");
        assert!(text.contains("address not allowed"), "{text}");
        assert_eq!(kubelet.asked(), None);
    }
}
