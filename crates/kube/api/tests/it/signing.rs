//! Requests for certificates: what is taken, who decides, and what stays as it was.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

use crate::harness::{Harness, read};

const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

fn request() -> Value {
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::default().serialize_request(&key);
    json!({
        "metadata": {"name": "a"},
        "spec": {
            "request": STANDARD.encode(made.unwrap().pem().unwrap()), "signerName": "example.com/a",
            "usages": ["client auth"], "username": "root", "groups": ["system:masters"],
        },
        "status": {"conditions": [{"type": "Approved", "status": "True"}]},
    })
}

#[tokio::test]
async fn a_request_is_read_and_says_who_asks() {
    let it = Harness::new().await;
    let made = it.post(REQUESTS, &request()).await.expect(201);
    assert_eq!(made["spec"]["username"], "admin");
    assert_eq!(made["spec"]["groups"], json!(["system:authenticated"]));
    assert_eq!(made["status"], json!({}));
    let mut other = request();
    other["metadata"]["name"] = "b".into();
    other["spec"]["request"] = STANDARD.encode("x").into();
    let refused = it.post(REQUESTS, &other).await;
    assert!(
        refused
            .message()
            .ends_with("PEM block type must be CERTIFICATE REQUEST")
    );
    refused.expect(422);
    let uri = format!("{REQUESTS}/a");
    let patch = json!({"spec": {"usages": ["any"]}, "metadata": {"labels": {"a": "b"}}});
    let patched = it.patch(&uri, "merge-patch+json", &patch).await.expect(200);
    assert_eq!(patched["spec"], made["spec"]);
    assert_eq!(patched["metadata"]["labels"], json!({"a": "b"}));
}

#[tokio::test]
async fn it_is_approved_once_and_signed_once() {
    let it = Harness::new().await;
    it.post(REQUESTS, &request()).await.expect(201);
    let uri = format!("{REQUESTS}/a");
    let condition =
        |kind: &str| json!({"status": {"conditions": [{"type": kind, "status": "True"}]}});
    let approval = format!("{uri}/approval");
    let approved = it
        .patch(&approval, "merge-patch+json", &condition("Approved"))
        .await
        .expect(200);
    assert!(approved["status"]["conditions"][0]["lastUpdateTime"].is_string());
    for kind in ["Denied", "Other"] {
        let refused = it
            .patch(&approval, "merge-patch+json", &condition(kind))
            .await;
        assert!(refused.message().contains("may not remove a condition"));
        refused.expect(422);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = |text: &str| json!({"status": {"certificate": STANDARD.encode(text)}});
    let pem = CertificateParams::default()
        .self_signed(&key)
        .unwrap()
        .pem();
    let status = format!("{uri}/status");
    let kind = "merge-patch+json";
    it.patch(&status, kind, &certificate("x")).await.expect(422);
    it.patch(&status, kind, &certificate(&pem))
        .await
        .expect(200);
    let other = CertificateParams::new(["b".to_owned()]).unwrap();
    let other = other.self_signed(&key).unwrap().pem();
    let refused = it.patch(&status, kind, &certificate(&other)).await;
    assert!(
        refused
            .message()
            .contains("may not modify existing certificate content")
    );
}

#[tokio::test]
async fn who_may_not_approve_for_a_signer_does_not() {
    let it = Harness::new().await;
    it.post(REQUESTS, &request()).await.expect(201);
    for (subresource, verb, body) in [
        (
            "approval",
            "approve",
            json!({"status": {"conditions": [{"type": "Approved", "status": "True"}]}}),
        ),
        (
            "status",
            "sign",
            json!({"status": {"conditions": [{"type": "Failed", "status": "True"}]}}),
        ),
    ] {
        let uri = format!("{REQUESTS}/a/{subresource}");
        let kind = "application/merge-patch+json";
        let answer = it
            .send_as("onlooker", Method::PATCH, &uri, kind, &body)
            .await;
        let answer = read(answer).await;
        let why =
            format!("user not permitted to {verb} requests with signerName \"example.com/a\"");
        assert!(answer.message().ends_with(&why), "{}", answer.message());
        answer.expect(403);
    }
}
