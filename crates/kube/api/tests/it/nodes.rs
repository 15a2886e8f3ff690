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
    tokio::spawn(async move {
        let mut session = TokioIo::new(session.await.unwrap());
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
    assert_eq!(it.get(&uri).await.expect(200), "");
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
