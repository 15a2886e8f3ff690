//! What is told of requests whose client goes away, or that are not let in.

use std::{future::Future, sync::Arc, task::Poll};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_kube_api::{Audit, AuditRecord, Origin};
use wharf_kube_auth::UserInfo;

use crate::harness::Harness;

#[derive(Default)]
pub struct Heard(Mutex<Vec<Value>>);

impl Audit for Heard {
    fn heard(&self, record: &AuditRecord<'_>) {
        if record.is_recorded() {
            self.0.lock().push(record.event());
        }
    }
}

impl Heard {
    /// Those of one user, once there are any.
    pub async fn of(&self, user: &str) -> Vec<Value> {
        let wait = async {
            loop {
                let all = self.0.lock().clone();
                let own = all.into_iter().filter(|it| it["user"]["username"] == user);
                let own: Vec<Value> = own.collect();
                if !own.is_empty() {
                    return own;
                }
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(std::time::Duration::from_secs(20), wait).await;
        waited.expect("nothing was told")
    }
}

#[tokio::test]
async fn a_request_is_told_of_though_its_client_has_gone() {
    let heard = Arc::new(Heard::default());
    let it = Harness::with_audit(heard.clone()).await;
    let map = json!({"metadata": {"name": "kept"}}).to_string();
    let body = Full::new(Bytes::from(map)).map_err(|never| match never {});
    let request = Request::builder()
        .method(Method::POST)
        .uri("/api/v1/namespaces/default/configmaps")
        .header("content-type", "application/json")
        .body(body.boxed_unsync())
        .unwrap();
    let user = UserInfo::authenticated("jane", &[]);
    {
        // Looked at once, and dropped as with its connection.
        let mut asked = Box::pin(it.cluster.serve(request, &user));
        std::future::poll_fn(|cx| {
            assert!(asked.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    let told = heard.of("jane").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["verb"], "create");
    assert_eq!(told[0]["responseStatus"]["code"], 201);
    let kept = "/api/v1/namespaces/default/configmaps/kept";
    it.get(kept).await.expect(200);
}

#[tokio::test]
async fn somebody_who_proves_nothing_is_told_of_without_a_name() {
    let heard = Arc::new(Heard::default());
    let it = Harness::with_audit(heard.clone()).await;
    let request = Request::get("/api/v1/namespaces/default/secrets/word")
        .header("authorization", "Bearer guessed")
        .body(())
        .unwrap();
    let source = "10.1.2.3".parse().unwrap();
    it.cluster
        .unproven(&request, source, false, StatusCode::UNAUTHORIZED);
    // What the server makes at its start is told of as well.
    let told = heard.0.lock().clone().into_iter();
    let told = told.filter(|it| it["sourceIPs"] == json!(["10.1.2.3"]));
    let told: Vec<Value> = told.collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["user"], json!({}));
    assert_eq!(told[0]["verb"], "get");
    assert_eq!(told[0]["objectRef"]["name"], "word");
    assert_eq!(told[0]["responseStatus"]["code"], 401);
    let message = "Authentication failed, attempted: bearer";
    assert_eq!(told[0]["responseStatus"]["message"], message);
    assert!(!told[0].to_string().contains("guessed"));
}

#[tokio::test]
async fn a_refused_impersonation_is_told_of() {
    let heard = Arc::new(Heard::default());
    let it = Harness::with_audit(heard.clone()).await;
    let request = Request::get("/api/v1/nodes/n").body(()).unwrap();
    let wanted = UserInfo::authenticated("system:node:n", &["system:nodes"]);
    let origin = Origin {
        source: "10.1.2.3".parse().unwrap(),
        impersonator: Some(UserInfo::authenticated("jane", &[])),
    };
    let who = (&wanted, &origin);
    it.cluster
        .refused(&request, who, StatusCode::FORBIDDEN, "no rule");
    let told = heard.of("jane").await;
    assert_eq!(told[0]["impersonatedUser"]["username"], "system:node:n");
    assert_eq!(told[0]["responseStatus"]["code"], 403);
    assert_eq!(told[0]["objectRef"]["resource"], "nodes");
    assert_eq!(
        told[0]["annotations"]["authorization.k8s.io/decision"],
        "forbid"
    );
}
