//! Authorisation rows, the service's own refusals, and passwords.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use wharf_api_ecr::{Ecr, Input, Routes, types::*};
use wharf_svc_ecr::token;
use wharf_wire::{Call, CallerKind, Check, Context, Denied, Dispatcher, Gate, service::Body};

use crate::support::{ACCOUNT, Home, NOW, PERMIT, call_in, text};

const ARN: &str = "arn:aws:ecr:us-east-1:000000000000:repository/app";

/// Says no to everything and remembers the questions.
#[derive(Default)]
struct Deny(Mutex<Vec<Check>>);

#[wharf_wire::async_trait]
impl Gate for Deny {
    async fn decide(&self, _cx: &Context, checks: &[Check]) -> Result<(), Denied> {
        self.0.lock().unwrap().extend(checks.to_vec());
        Err(Denied("no".to_owned()))
    }
}

#[tokio::test]
async fn every_operation_asks_about_what_it_touches() {
    let home = Home::with_app().await;
    let layer = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let upload = "00000000-0000-0000-0000-000000000000";
    let on_repository = [
        (
            "BatchCheckLayerAvailability",
            json!({"layerDigests": [layer]}),
        ),
        ("BatchDeleteImage", json!({"imageIds": [{"imageTag": "x"}]})),
        ("BatchGetImage", json!({"imageIds": [{"imageTag": "x"}]})),
        (
            "CompleteLayerUpload",
            json!({"uploadId": upload, "layerDigests": [layer]}),
        ),
        ("CreateRepository", json!({})),
        ("DeleteRepository", json!({})),
        ("DeleteRepositoryPolicy", json!({})),
        ("DescribeImages", json!({})),
        ("GetDownloadUrlForLayer", json!({"layerDigest": layer})),
        ("GetRepositoryPolicy", json!({})),
        ("InitiateLayerUpload", json!({})),
        ("ListImages", json!({})),
        (
            "ListImageReferrers",
            json!({"subjectId": {"imageDigest": layer}}),
        ),
        ("PutImage", json!({"imageManifest": "{}"})),
        (
            "PutImageTagMutability",
            json!({"imageTagMutability": "MUTABLE"}),
        ),
        ("SetRepositoryPolicy", json!({"policyText": "{}"})),
        (
            "UploadLayerPart",
            json!({"uploadId": upload, "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": ""}),
        ),
    ];
    for (operation, mut input) in on_repository {
        input["repositoryName"] = json!("app");
        assert_eq!(
            asked(&home, operation, input).await,
            [(format!("ecr:{operation}"), ARN.to_owned())]
        );
    }
    for (operation, input) in [
        ("TagResource", json!({"resourceArn": ARN, "tags": []})),
        ("UntagResource", json!({"resourceArn": ARN, "tagKeys": []})),
        ("ListTagsForResource", json!({"resourceArn": ARN})),
        ("DescribeRepositories", json!({"repositoryNames": ["app"]})),
    ] {
        assert_eq!(
            asked(&home, operation, input).await,
            [(format!("ecr:{operation}"), ARN.to_owned())]
        );
    }
    let every = "arn:aws:ecr:us-east-1:000000000000:repository/*";
    for (operation, resource) in [
        ("DescribeRepositories", every),
        ("GetAuthorizationToken", "*"),
        ("DescribeRegistry", "*"),
    ] {
        let all = [(format!("ecr:{operation}"), resource.to_owned())];
        assert_eq!(asked(&home, operation, json!({})).await, all);
    }
}

async fn asked(home: &Home, operation: &str, input: Value) -> Vec<(String, String)> {
    let deny = Arc::new(Deny::default());
    let routes = Routes(home.ecr.clone());
    let context = call_in("us-east-1").context().clone();
    let body = Body::Json(input.to_string().into());
    let answer = Dispatcher::new(deny.clone())
        .dispatch(&routes, context, operation, body)
        .await;
    let answer = answer.whole().unwrap();
    assert_eq!(
        answer.status,
        400,
        "{operation}: {}",
        String::from_utf8_lossy(&answer.body)
    );
    let checks = std::mem::take(&mut *deny.0.lock().unwrap());
    checks
        .into_iter()
        .map(|check| (check.action, check.resource))
        .collect()
}

#[tokio::test]
async fn a_check_brings_the_policy_and_tags_of_the_repository() {
    let home = Home::with_app().await;
    let tag = Tag {
        key: text("team"),
        value: text("a"),
    };
    let input = TagResourceRequest {
        resource_arn: text(ARN),
        tags: Some(vec![tag]),
    };
    home.ecr.tag_resource(&home.call(), input).await.unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:*"}]}"#;
    let input = SetRepositoryPolicyRequest {
        repository_name: text("app"),
        policy_text: text(policy),
        ..SetRepositoryPolicyRequest::default()
    };
    home.ecr
        .set_repository_policy(&home.call(), input)
        .await
        .unwrap();
    let input = ListImagesRequest {
        repository_name: text("app"),
        ..ListImagesRequest::default()
    };
    let cx = home.call().context().clone();
    let checks = home
        .ecr
        .authorize(&cx, Input::ListImages(&input))
        .await
        .unwrap();
    assert_eq!(checks[0].resource_policy.as_deref(), Some(policy));
    assert_eq!(checks[0].context["ecr:ResourceTag/team"], ["a"]);
    assert_eq!(checks[0].context["aws:ResourceTag/team"], ["a"]);
    // It shuts root out of all but itself, and others of that too.
    let input = DeleteRepositoryPolicyRequest {
        repository_name: text("app"),
        ..DeleteRepositoryPolicyRequest::default()
    };
    let mut others = cx.clone();
    others.caller.kind = CallerKind::User;
    for (cx, expected) in [(cx, None), (others, Some(policy))] {
        let input = Input::DeleteRepositoryPolicy(&input);
        let checks = home.ecr.authorize(&cx, input).await.unwrap();
        assert_eq!(checks[0].resource_policy.as_deref(), expected);
    }
}

#[tokio::test]
async fn broken_inputs_are_refused_in_ecrs_words() {
    let home = Home::new();
    let routes = Routes(home.ecr.clone());
    let context = call_in("us-east-1").context().clone();
    let body = Body::Json(r#"{"repositoryName":"A"}"#.into());
    let dispatcher = Dispatcher::new(Arc::new(Deny::default()));
    let answer = dispatcher
        .dispatch(&routes, context, "CreateRepository", body)
        .await;
    let answer = answer.whole().unwrap();
    let said: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(said["__type"], "InvalidParameterException");
    let text = said["message"].as_str().unwrap();
    assert!(
        text.starts_with(
            "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must "
        ),
        "{text}"
    );
}

#[tokio::test]
async fn over_tls_the_registry_is_named_as_it_was_reached() {
    let home = Home::new();
    for (endpoint, named) in [
        ("https://10.0.0.1", "https://10.0.0.1"),
        ("https://10.0.0.1:4566/", "https://10.0.0.1:4566"),
        ("http://127.0.0.1:4566", "http://localhost:4566"),
    ] {
        let context = Context {
            endpoint: endpoint.to_owned(),
            ..Context::clone(&call_in("us-east-1"))
        };
        let call = Call::by_controller(context, PERMIT);
        let data = authorization(&home, &call).await;
        assert_eq!(data.proxy_endpoint.as_deref(), Some(named));
    }
}

async fn authorization(home: &Home, call: &Call) -> AuthorizationData {
    let input = GetAuthorizationTokenRequest::default();
    let got = home.ecr.get_authorization_token(call, input).await.unwrap();
    got.authorization_data.unwrap().remove(0)
}

#[tokio::test]
async fn a_password_speaks_for_its_caller() {
    let home = Home::new();
    let call = call_in("eu-west-1");
    let data = authorization(&home, &call).await;
    assert_eq!(
        data.proxy_endpoint.as_deref(),
        Some("http://localhost:4566")
    );
    assert_eq!(data.expires_at, Some(NOW + token::PASSWORD_LIFE));
    let pair = STANDARD.decode(data.authorization_token.unwrap()).unwrap();
    let pair = String::from_utf8(pair).unwrap();
    let bearer =
        token::open_password(&home.world.keyring, pair.strip_prefix("AWS:").unwrap(), NOW).unwrap();
    assert_eq!(bearer.caller, call.caller);
    assert_eq!(bearer.region, "eu-west-1");

    let ids = Some(vec![ACCOUNT.to_owned(), "123456789012".to_owned()]);
    let input = GetAuthorizationTokenRequest { registry_ids: ids };
    let got = home
        .ecr
        .get_authorization_token(&call, input)
        .await
        .unwrap();
    assert_eq!(got.authorization_data.unwrap().len(), 2);
}
