//! Admission webhooks that are hostile, or merely odd. They are pods behind a service, reached through their node.

use std::{convert::Infallible, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use crate::{
    audit::Heard,
    harness::{Harness, read, warnings},
};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const PODS: &str = "/api/v1/namespaces/default/pods";
const HOOKS: &str = "/apis/admissionregistration.k8s.io/v1";

/// What a webhook makes of a request.
pub type Says = fn(&Value) -> Value;

async fn review(
    request: Request<Incoming>,
    says: Says,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let mut response = says(&asked["request"]);
    response["uid"] = asked["request"]["uid"].clone();
    let review =
        json!({"kind": asked["kind"], "apiVersion": asked["apiVersion"], "response": response});
    Ok(Response::new(Full::from(review.to_string())))
}

async fn node(
    mut request: Request<Incoming>,
    says: Says,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let session = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let server = hyper::server::conn::http1::Builder::new();
        let pod = service_fn(move |request| review(request, says));
        let _ = server.serve_connection(session.await.unwrap(), pod).await;
    });
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    for (name, value) in [("connection", "upgrade"), ("upgrade", "tcp")] {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    Ok(response)
}

/// A cluster with a program behind the service `hook`.
pub async fn behind(says: Says) -> Harness {
    serving(Harness::new().await, says).await
}

pub async fn serving(it: Harness, says: Says) -> Harness {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(move |request| node(request, says));
            tokio::spawn(async move {
                let server = hyper::server::conn::http1::Builder::new();
                let served = server.serve_connection(TokioIo::new(stream), service);
                let _ = served.with_upgrades().await;
            });
        }
    });
    it.behind("hook", port).await;
    it
}

/// One with a webhook of one kind about everything in the namespace.
async fn with(kind: &str, says: Says) -> Harness {
    asking(behind(says).await, kind).await
}

async fn asking(it: Harness, kind: &str) -> Harness {
    let old = json!({"metadata": {"name": "old"}, "data": {"a": "a"}});
    it.post(MAPS, &old).await.expect(201);
    let hook = json!({
        "name": "hook.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
        "clientConfig": {"service": {"namespace": "default", "name": "hook"}},
        "rules": [{"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}],
    });
    let configuration = json!({"metadata": {"name": "a"}, "webhooks": [hook]});
    it.post(
        &format!("{HOOKS}/{kind}webhookconfigurations"),
        &configuration,
    )
    .await
    .expect(201);
    it
}

fn patching(patch: &Value) -> Value {
    json!({"allowed": true, "patchType": "JSONPatch", "patch": BASE64.encode(patch.to_string())})
}

/// Each step doubles the depth of the object.
fn nests(_: &Value) -> Value {
    let deep = (0..60).fold(json!({}), |it, _| json!({"a": it}));
    let mut steps = vec![json!({"op": "add", "path": "/x", "value": deep})];
    let mut depth = 60;
    for _ in 0..12 {
        steps.push(json!({"op": "copy", "from": "/x", "path": "/y"}));
        let path = format!("/x{}", "/a".repeat(depth + 1));
        steps.push(json!({"op": "move", "from": "/y", "path": path}));
        depth = 2 * depth + 1;
    }
    patching(&Value::Array(steps))
}

#[tokio::test]
async fn a_patch_that_nests_without_end_is_refused() {
    let it = with("mutating", nests).await;
    let refused = it.post(MAPS, &json!({"metadata": {"name": "a"}})).await;
    assert_eq!(refused.code, 500);
    let why = refused.message().to_owned();
    assert!(
        why.ends_with("the JSON patch nests the object too deeply"),
        "{why}"
    );
    it.get(&format!("{MAPS}/old")).await.expect(200);
}

fn fattens(request: &Value) -> Value {
    let path = format!("/data/{}", request["uid"].as_str().unwrap());
    patching(&json!([{"op": "add", "path": path, "value": "x".repeat(2 << 20)}]))
}

#[tokio::test]
async fn webhooks_do_not_make_an_object_larger_and_larger() {
    let it = with("mutating", fattens).await;
    let uri = format!("{HOOKS}/mutatingwebhookconfigurations");
    let mut other = it.get(&format!("{uri}/a")).await.expect(200);
    other["metadata"] = json!({"name": "b"});
    it.post(&uri, &other).await.expect(201);
    let object = json!({"metadata": {"name": "a"}, "data": {"a": "b"}});
    let refused = it.post(MAPS, &object).await;
    assert_eq!(refused.code, 500);
    let why = refused.message().to_owned();
    assert!(
        why.ends_with("the object would have more than 3145728 bytes"),
        "{why}"
    );
}

fn usurps(request: &Value) -> Value {
    let metadata = json!({
        "name": "other", "namespace": "kube-system", "uid": "mine", "resourceVersion": "1", "generation": 7,
        "creationTimestamp": "2020-01-01T00:00:00Z", "managedFields": [], "labels": {"by": "hook"},
    });
    match request["kind"]["kind"] == "ConfigMap" && request["operation"] == "UPDATE" {
        true => patching(&json!([{"op": "replace", "path": "/metadata", "value": metadata}])),
        false => json!({"allowed": true}),
    }
}

#[tokio::test]
async fn a_patch_does_not_change_whose_object_it_is() {
    let it = with("mutating", usurps).await;
    let uri = format!("{MAPS}/old");
    let before = it.get(&uri).await.expect(200);
    let patch = json!({"data": {"a": "b"}});
    let after = it.patch(&uri, "merge-patch+json", &patch).await.expect(200);
    assert_eq!(after["metadata"]["labels"], json!({"by": "hook"}));
    for name in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "generation",
    ] {
        assert_eq!(after["metadata"][name], before["metadata"][name], "{name}");
    }
    assert!(
        !after["metadata"]["managedFields"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_ne!(after["metadata"]["resourceVersion"], "1");
}

fn says_why(_: &Value) -> Value {
    json!({"allowed": false, "warnings": ["größer als \"1\"\n"], "status": {"code": 403, "message": "no"}})
}

#[tokio::test]
async fn who_is_refused_hears_the_warnings() {
    let it = with("validating", says_why).await;
    let body = json!({"metadata": {"name": "a"}}).to_string();
    let answer = it.send(Method::POST, MAPS, "application/json", body).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(warnings(&answer), ["größer als \"1\""]);
}

fn says_that_there_is_none(_: &Value) -> Value {
    json!({"allowed": false, "status": {"code": 404, "reason": "NotFound", "message": "no"}})
}

#[tokio::test]
async fn a_refusal_with_the_code_of_absence_is_a_refusal() {
    let it = with("validating", says_that_there_is_none).await;
    let uri = format!("{MAPS}/old");
    let text = "admission webhook \"hook.example.com\" denied the request: no";
    let object = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "old"}, "data": {"c": "b"}});
    let put = it.put(&uri, &object).await;
    assert_eq!((put.code, put.message()), (404, text));
    let applied = it
        .patch(
            &format!("{uri}?fieldManager=me"),
            "apply-patch+yaml",
            &object,
        )
        .await;
    assert_eq!((applied.code, applied.message()), (404, text));
    // As much for what a collection has.
    let deleted = it.delete(MAPS, "").await;
    assert_eq!((deleted.code, deleted.message()), (404, text));
    it.get(&uri).await.expect(200);
}

fn runs_another_command(request: &Value) -> Value {
    match request["operation"] == "CONNECT" {
        true => patching(&json!([{"op": "add", "path": "/command", "value": ["true"]}])),
        false => json!({"allowed": true}),
    }
}

#[tokio::test]
async fn the_options_of_a_session_cannot_be_changed_without_effect() {
    let it = with("mutating", runs_another_command).await;
    let uri = format!("{PODS}/hook/exec?container=c&command=false");
    let refused = read(it.send(Method::POST, &uri, "application/json", "").await).await;
    assert_eq!(refused.code, 500);
    let why = refused.message().to_owned();
    assert!(why.contains("changed the options of a connection"), "{why}");
}

fn says_that_it_is_there(request: &Value) -> Value {
    match request["resource"]["resource"] == "configmaps" {
        true => {
            json!({"allowed": false, "status": {"code": 409, "reason": "AlreadyExists", "message": request["name"]}})
        }
        false => json!({"allowed": true}),
    }
}

#[tokio::test]
async fn a_webhook_that_says_a_name_is_taken_is_not_asked_about_other_names() {
    let it = with("validating", says_that_it_is_there).await;
    let made = json!({"metadata": {"generateName": "a-"}});
    let refused = it.post(MAPS, &made).await;
    assert_eq!(refused.code, 409);
    let applied = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "new"}});
    let uri = format!("{MAPS}/new?fieldManager=me");
    let refused = it.patch(&uri, "apply-patch+yaml", &applied).await;
    let text = "admission webhook \"hook.example.com\" denied the request: new";
    assert_eq!((refused.code, refused.message()), (409, text));
}

#[tokio::test]
async fn a_cluster_has_a_bound_of_webhooks() {
    let it = Harness::new().await;
    let hook = |at: usize| {
        json!({
            "name": format!("h{at}.example.com"), "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "clientConfig": {"service": {"namespace": "default", "name": "hook"}},
        })
    };
    let all = |name: &str, count: usize| {
        let hooks: Vec<Value> = (0..count).map(hook).collect();
        json!({"metadata": {"name": name}, "webhooks": hooks})
    };
    let (mutating, validating) = (
        format!("{HOOKS}/mutatingwebhookconfigurations"),
        format!("{HOOKS}/validatingwebhookconfigurations"),
    );
    let mut made = it.post(&mutating, &all("a", 299)).await.expect(201);
    let refused = it.post(&validating, &all("a", 202)).await;
    assert_eq!(refused.code, 403);
    let why = refused.message().to_owned();
    assert!(why.ends_with("a cluster has at most 500 webhooks"), "{why}");
    it.post(&validating, &all("a", 200)).await.expect(201);
    // Its own are not counted twice.
    made["webhooks"] = all("a", 300)["webhooks"].clone();
    it.put(&format!("{mutating}/a"), &made).await.expect(200);
}

fn labels(request: &Value) -> Value {
    let mut answer = match request["kind"]["kind"] == "ConfigMap" {
        true => {
            patching(&json!([{"op": "add", "path": "/metadata/labels", "value": {"by": "hook"}}]))
        }
        false => json!({"allowed": true}),
    };
    answer["auditAnnotations"] = json!({"why": "because"});
    answer
}

#[tokio::test]
async fn the_audit_log_tells_what_webhooks_did() {
    let heard = Arc::new(Heard::default());
    let it = serving(Harness::with_audit(heard.clone()).await, labels).await;
    let it = asking(it, "mutating").await;
    let uri = format!("{HOOKS}/mutatingwebhookconfigurations");
    let mut other = it.get(&format!("{uri}/a")).await.expect(200);
    other["metadata"] = json!({"name": "b"});
    other["webhooks"][0]["clientConfig"]["service"]["name"] = "gone".into();
    other["webhooks"][0]["failurePolicy"] = "Ignore".into();
    it.post(&uri, &other).await.expect(201);
    let map = json!({"metadata": {"name": "m"}});
    let made = it.send_as("jane", Method::POST, MAPS, "application/json", &map);
    read(made.await).await.expect(201);
    let told = heard.of("jane").await;
    let notes = &told[0]["annotations"];
    let at = |round: &str| format!("webhook.admission.k8s.io/{round}");
    assert_eq!(
        notes[format!("mutation.{}", at("round_0_index_0"))],
        r#"{"configuration":"a","webhook":"hook.example.com","mutated":true}"#
    );
    assert_eq!(
        notes[format!("failed-open.mutating.{}", at("round_0_index_1"))],
        "hook.example.com"
    );
    assert_eq!(notes["hook.example.com/why"], "because");
}
