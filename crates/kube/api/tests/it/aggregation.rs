//! Aggregated API servers: who is passed on to them and how, and those that are hostile. They are pods behind a service, reached through
//! their node.

use std::{convert::Infallible, io, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use wharf_kube_api::Body;
use wharf_kube_auth::UserInfo;

use crate::harness::{Harness, read};

const SERVICES: &str = "/apis/apiregistration.k8s.io/v1/apiservices";
const NAME: &str = "v1.a.example.com";
const GROUP: &str = "/apis/a.example.com/v1";
/// Requests to one server at the same time.
const AT_ONCE: usize = 400;

type Page = Response<UnsyncBoxBody<Bytes, io::Error>>;

fn page(code: u16, body: impl Into<Bytes>) -> Page {
    let body = Full::new(body.into()).map_err(|never| match never {});
    let mut page = Response::new(body.boxed_unsync());
    *page.status_mut() = StatusCode::from_u16(code).unwrap();
    page
}

/// The server of `a.example.com/v1`, by the end of the path.
async fn aggregated(mut request: Request<Incoming>) -> Result<Page, Infallible> {
    let path = request.uri().path().to_owned();
    let answer = match path.rsplit('/').next().unwrap_or_default() {
        "v1" if path.starts_with("/openapi") => page(200, r#"{"openapi":"3.0.0"}"#),
        "v2" if path.starts_with("/openapi") => page(200, openapi_v2().to_string()),
        "session" => {
            let session = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let session = TokioIo::new(session.await.unwrap());
                let (mut from, mut to) = tokio::io::split(session);
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
            let mut page = page(101, "");
            for (name, value) in [("connection", "upgrade"), ("upgrade", "websocket")] {
                page.headers_mut().insert(name, value.parse().unwrap());
            }
            page
        }
        "v1" => {
            let things = json!({"name": "things", "singularName": "thing", "kind": "Thing", "namespaced": true, "verbs": ["get", "list"]});
            let list = json!({"kind": "APIResourceList", "groupVersion": "a.example.com/v1", "resources": [things]});
            page(200, list.to_string())
        }
        "away" => {
            let mut page = page(302, "");
            page.headers_mut()
                .insert("location", "https://example.com/".parse().unwrap());
            page
        }
        "slow" => std::future::pending().await,
        "endless" => {
            let frames = futures_util::stream::repeat_with(|| {
                Ok(Frame::data(Bytes::from_static(&[b'x'; 1024])))
            });
            Response::new(StreamBody::new(frames).boxed_unsync())
        }
        _ => {
            let heads = request.headers().iter();
            let heads: Vec<String> = heads
                .map(|(name, value)| format!("{name}={}", value.to_str().unwrap()))
                .collect();
            page(200, json!({"path": path, "heads": heads}).to_string())
        }
    };
    Ok(answer)
}

fn openapi_v2() -> Value {
    let kind = json!([{"group": "a.example.com", "version": "v1", "kind": "Thing"}]);
    let thing = json!({"type": "object", "x-kubernetes-group-version-kind": kind, "properties": {
        "size": {"type": "integer", "description": "How large it is."}}});
    json!({"swagger": "2.0", "paths": {}, "definitions": {
        "com.example.a.v1.Thing": thing,
        "io.k8s.api.core.v1.Pod": {"type": "string"}}})
}

async fn node(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let session = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let server = hyper::server::conn::http1::Builder::new();
        let _ = server
            .serve_connection(session.await.unwrap(), service_fn(aggregated))
            .with_upgrades()
            .await;
    });
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    for (name, value) in [("connection", "upgrade"), ("upgrade", "tcp")] {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    Ok(response)
}

fn service(name: &str, version: &str, group: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {
        "group": group, "version": version, "groupPriorityMinimum": 100, "versionPriority": 10,
        "insecureSkipTLSVerify": true, "service": {"namespace": "default", "name": "things"}}})
}

/// A cluster with an aggregated server behind the service `things`, which is found to answer.
async fn served() -> Harness {
    let it = Harness::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let server = hyper::server::conn::http1::Builder::new();
                let served = server.serve_connection(TokioIo::new(stream), service_fn(node));
                let _ = served.with_upgrades().await;
            });
        }
    });
    it.post(SERVICES, &service(NAME, "v1", "a.example.com"))
        .await
        .expect(201);
    assert_eq!(condition(&it, "ServiceNotFound").await["status"], "False");
    it.get(&format!("{GROUP}/things")).await.expect(503);
    it.behind("things", port).await;
    let condition = condition(&it, "Passed").await;
    assert_eq!(condition["message"], "all checks passed");
    it
}

fn request(method: Method, uri: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(uri);
    let body = Full::default().map_err(|never: Infallible| match never {});
    request.body(body.boxed_unsync()).unwrap()
}

async fn asked(it: &Harness, user: &str, request: Request<Body>) -> Response<Body> {
    let user = UserInfo::authenticated(user, &[]);
    it.cluster.serve(request, &user).await
}

/// The condition of the server, once it has this reason.
async fn condition(it: &Harness, reason: &str) -> Value {
    let found = async {
        loop {
            let object = it.get(&format!("{SERVICES}/{NAME}")).await.expect(200);
            let condition = &object["status"]["conditions"][0];
            if condition["reason"] == reason {
                return condition.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), found).await;
    found.expect("a condition within its time")
}

#[tokio::test]
async fn requests_are_passed_on_with_who_asks() {
    let it = served().await;
    let uri = format!("{GROUP}/namespaces/default/things/x?a=b");
    let mut asking = request(Method::GET, &uri);
    for (name, value) in [
        ("authorization", "Bearer secret"),
        ("x-remote-user", "root"),
        ("impersonate-user", "root"),
    ] {
        asking.headers_mut().insert(name, value.parse().unwrap());
    }
    let answer = read(asked(&it, "jane", asking).await).await.expect(200);
    assert_eq!(
        answer["path"],
        "/apis/a.example.com/v1/namespaces/default/things/x"
    );
    let heads = answer["heads"].to_string();
    assert!(
        heads.contains("x-remote-user=jane") && !heads.contains("root"),
        "{heads}"
    );
    assert!(heads.contains("host=things.default.svc:443") && !heads.contains("secret"));
    let asking = request(Method::GET, &uri);
    read(asked(&it, "nobody", asking).await).await.expect(403);
}

#[tokio::test]
async fn its_kinds_are_told_with_the_others() {
    let it = served().await;
    let groups = it.get("/apis").await.expect(200);
    let groups = groups["groups"].as_array().unwrap();
    assert!(groups.iter().any(|it| it["name"] == "a.example.com"));
    let group = it.get("/apis/a.example.com").await.expect(200);
    assert_eq!(
        group["preferredVersion"]["groupVersion"],
        "a.example.com/v1"
    );
    let list = it.get(GROUP).await.expect(200);
    assert_eq!(list["resources"][0]["name"], "things");
    let mut asking = request(Method::GET, "/apis");
    let form = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    asking.headers_mut().insert("accept", form.parse().unwrap());
    let all = read(asked(&it, "admin", asking).await).await.expect(200);
    let all = all["items"].as_array().unwrap();
    let found = all
        .iter()
        .find(|it| it["metadata"]["name"] == "a.example.com");
    let version = &found.unwrap()["versions"][0];
    assert_eq!(version["freshness"], "Current");
    assert_eq!(version["resources"][0]["responseKind"]["kind"], "Thing");
    let index = it.get("/openapi/v3").await.expect(200);
    let url = index["paths"]["apis/a.example.com/v1"]["serverRelativeURL"].as_str();
    let document = it.get(url.unwrap()).await.expect(200);
    assert_eq!(document["openapi"], "3.0.0");
    let document = it.get("/openapi/v2").await.expect(200);
    let thing = &document["definitions"]["com.example.a.v1.Thing"];
    assert_eq!(
        thing["properties"]["size"]["description"],
        "How large it is."
    );
    let pod = &document["definitions"]["io.k8s.api.core.v1.Pod"];
    assert_eq!(pod["type"], "object");
    it.delete(&format!("{SERVICES}/{NAME}"), "")
        .await
        .expect(200);
    it.get(&format!("{GROUP}/things")).await.expect(404);
    it.get("/apis/a.example.com").await.expect(404);
}

#[tokio::test]
async fn a_hostile_one_hurts_nobody_else() {
    let it = served().await;
    let asking = request(Method::GET, &format!("{GROUP}/away"));
    let answer = asked(&it, "jane", asking).await;
    assert_eq!(answer.status(), 502);
    assert!(answer.headers().get("location").is_none());
    // Read as far as its client likes.
    let asking = request(Method::GET, &format!("{GROUP}/endless"));
    let mut endless = asked(&it, "jane", asking).await;
    endless.frame().await.unwrap().unwrap();
    drop(endless);
    it.get(&format!("{GROUP}/a/../b")).await.expect(400);
    let path = format!("{GROUP}/slow");
    let slow = (0..AT_ONCE).map(|_| asked(&it, "jane", request(Method::GET, &path)));
    let mut slow: Vec<_> = slow.map(Box::pin).collect();
    let all = futures_util::future::join_all(slow.iter_mut());
    let waited = tokio::time::timeout(Duration::from_millis(500), all).await;
    assert!(waited.is_err());
    let refused = request(Method::GET, &format!("{GROUP}/things"));
    read(asked(&it, "joe", refused).await).await.expect(429);
    it.get("/api/v1/namespaces/default").await.expect(200);
}

/// Asked by a part of the server itself.
async fn asked_own(it: &Harness, uri: &str) -> Response<Body> {
    let user = UserInfo::authenticated("system:kube-controller-manager", &[]);
    let asking = request(Method::GET, uri);
    it.cluster.serve_own(asking, &user).await
}

#[tokio::test]
async fn parts_of_the_server_are_not_led_astray() {
    let it = served().await;
    let groups = read(asked_own(&it, "/apis").await).await.expect(200);
    assert!(!groups.to_string().contains("a.example.com"));
    let group = asked_own(&it, "/apis/a.example.com").await;
    read(group).await.expect(404);
    // What is asked by name all the same is little.
    let endless = asked_own(&it, &format!("{GROUP}/endless")).await;
    let read = http_body_util::Limited::new(endless.into_body(), 2 << 20).collect();
    assert!(read.await.unwrap_err().is::<io::Error>());
    let begun = std::time::Instant::now();
    let slow = asked_own(&it, &format!("{GROUP}/slow")).await;
    assert_eq!(slow.status(), 504);
    assert!(begun.elapsed() < Duration::from_secs(30));
    // A kind of this server's own in that group is told to them as any other.
    let schema = json!({"openAPIV3Schema": {"type": "object"}});
    let version = json!({"name": "v1", "served": true, "storage": true, "schema": schema});
    let definition = json!({"metadata": {"name": "bolts.a.example.com"}, "spec": {
        "group": "a.example.com", "scope": "Namespaced", "versions": [version],
        "names": {"plural": "bolts", "singular": "bolt", "kind": "Bolt", "listKind": "BoltList"}}});
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    it.post(definitions, &definition).await.expect(201);
    let list = asked_own(&it, GROUP).await;
    let list = crate::harness::read(list).await.expect(200);
    assert_eq!(list["resources"][0]["name"], "bolts");
    let group = asked_own(&it, "/apis/a.example.com").await;
    crate::harness::read(group).await.expect(200);
}

/// Asks for a session as clients of HTTP/1.1 do.
async fn session(address: &str, what: &str) -> tokio::net::TcpStream {
    use tokio::io::AsyncWriteExt;

    let host = address.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "GET {GROUP}/slow HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: {what}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// A client of its own, whose session an aggregated server has taken.
async fn in_session(it: &Harness) -> tokio::io::DuplexStream {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (mut client, server) = tokio::io::duplex(4096);
    let cluster = it.cluster.clone();
    let serve = service_fn(move |request: Request<Incoming>| {
        let cluster = cluster.clone();
        async move {
            let request = request.map(|body| body.map_err(io::Error::other).boxed_unsync());
            let user = UserInfo::authenticated("jane", &[]);
            Ok::<_, Infallible>(cluster.serve(request, &user).await)
        }
    });
    tokio::spawn(async move {
        let http = hyper::server::conn::http1::Builder::new();
        let served = http.serve_connection(TokioIo::new(server), serve);
        let _ = served.with_upgrades().await;
    });
    let head = format!(
        "GET {GROUP}/session HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    client.write_all(b"ping").await.unwrap();
    let mut heard = [0; 4];
    client.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"ping");
    client
}

#[tokio::test]
async fn sessions_take_places_and_give_them_back() {
    let it = served().await;
    // All but one are requests, which take less.
    let path = format!("{GROUP}/slow");
    let slow = (1..AT_ONCE).map(|_| asked(&it, "jane", request(Method::GET, &path)));
    let mut slow: Vec<_> = slow.map(Box::pin).collect();
    let all = futures_util::future::join_all(slow.iter_mut());
    let waited = tokio::time::timeout(Duration::from_millis(500), all).await;
    assert!(waited.is_err());
    let things = format!("{GROUP}/things");
    let code = async || {
        let answer = asked(&it, "joe", request(Method::GET, &things)).await;
        answer.status().as_u16()
    };
    for _ in 0..3 {
        assert_eq!(code().await, 200);
        let client = in_session(&it).await;
        assert_eq!(code().await, 429);
        drop(client);
        let given_back = async {
            while code().await != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let given_back = tokio::time::timeout(Duration::from_secs(20), given_back).await;
        given_back.expect("a place that is given back");
    }
}

#[tokio::test]
async fn one_that_fails_is_told_and_comes_back_by_itself() {
    let it = served().await;
    let endpoints = "/api/v1/namespaces/default/endpoints/things";
    let known = it.get(endpoints).await.expect(200);
    let mut gone = known.clone();
    gone["subsets"] = json!([]);
    it.put(endpoints, &gone).await.expect(200);
    let found = condition(&it, "MissingEndpoints").await;
    assert_eq!(found["status"], "False");
    it.get(&format!("{GROUP}/things")).await.expect(503);
    let mut back = it.get(endpoints).await.expect(200);
    back["subsets"] = known["subsets"].clone();
    it.put(endpoints, &back).await.expect(200);
    condition(&it, "Passed").await;
    it.get(&format!("{GROUP}/things")).await.expect(200);
    // Its node is away: nothing that it stands on changes.
    let at = "/api/v1/nodes/n/status";
    let node = it.get("/api/v1/nodes/n").await.expect(200);
    let away = json!({"status": {"daemonEndpoints": {"kubeletEndpoint": {"Port": 1}}}});
    it.patch(at, "merge-patch+json", &away).await.expect(200);
    let service = "/api/v1/namespaces/default/services/things";
    let touched = json!({"metadata": {"annotations": {"a": "b"}}});
    it.patch(service, "merge-patch+json", &touched)
        .await
        .expect(200);
    let found = condition(&it, "FailedDiscoveryCheck").await;
    let message = found["message"].as_str().unwrap();
    assert!(
        message.starts_with("failing or missing response from https://things.default.svc:443/apis/a.example.com/v1: "),
        "{message}"
    );
    let status = json!({"status": {"daemonEndpoints": node["status"]["daemonEndpoints"]}});
    it.patch(at, "merge-patch+json", &status).await.expect(200);
    condition(&it, "Passed").await;
}

#[tokio::test]
async fn sessions_of_other_protocols_are_refused() {
    use tokio::io::AsyncReadExt;

    let it = served().await;
    let address = it.listen().await;
    let mut smuggled = session(&address, "h2c").await;
    let mut answer = [0; 12];
    smuggled.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
}

#[tokio::test]
async fn a_query_that_two_would_read_in_two_ways_is_not_passed_on() {
    let it = served().await;
    for query in [
        "fieldSelector=&fieldSelector=metadata.name%3Dmine",
        "watch=0&watch=1",
        "a;b",
        "a=%zz",
    ] {
        let asking = request(Method::DELETE, &format!("{GROUP}/things?{query}"));
        read(asked(&it, "jane", asking).await).await.expect(400);
    }
}

#[tokio::test]
async fn bad_ones_are_not_let_in() {
    let it = Harness::new().await;
    let changed = |path: &str, value: Value| {
        let mut object = service(NAME, "v1", "a.example.com");
        *object.pointer_mut(path).unwrap() = value;
        object
    };
    let mut local = service(NAME, "v1", "a.example.com");
    local["spec"]["insecureSkipTLSVerify"] = false.into();
    local["spec"]["service"] = Value::Null;
    for (object, code, says) in [
        (service("v1.apps", "v1", "apps"), 403, "answers for apps/v1"),
        (
            service("x", "v1", "a.example.com"),
            422,
            "must be `spec.version",
        ),
        (
            changed("/spec/service", Value::Null),
            422,
            "local APIServices may not have insecureSkipTLSVerify",
        ),
        (local, 403, "without a service"),
        (
            changed("/spec/versionPriority", json!(0)),
            422,
            "less than 1000",
        ),
        (
            changed("/spec/groupPriorityMinimum", json!(20_001)),
            422,
            "less than 20000",
        ),
        (
            changed("/spec/service/name", json!("")),
            422,
            "spec.service.name",
        ),
        (changed("/spec/group", json!("A_b")), 422, "spec.group"),
    ] {
        let answer = it.post(SERVICES, &object).await;
        assert!(answer.message().contains(says), "{}", answer.value);
        answer.expect(code);
    }
    let known = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
    let known = it.get(known).await.expect(200);
    assert_eq!(known["data"]["requestheader-client-ca-file"], "front");
    assert_eq!(
        known["data"]["requestheader-allowed-names"],
        r#"["front-proxy-client"]"#
    );
}
