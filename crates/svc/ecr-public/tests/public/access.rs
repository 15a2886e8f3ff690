//! Who may do what: rows of authorisation, policies of repositories, other accounts.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wharf_api_ecr_public::Routes;
use wharf_svc_ecr::token;
use wharf_svc_ecr_public::EcrPublicService;
use wharf_testkit::context;
use wharf_wire::{Check, Context, Denied, Dispatcher, Gate, service::Body};

use crate::support::{HOME, Home, OTHER};

const ARN: &str = "arn:aws:ecr-public::000000000000:repository/app";

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

async fn checks(home: &Home, operation: &str, input: Value) -> Vec<Check> {
    let deny = Arc::new(Deny::default());
    let routes = Routes(Arc::new(EcrPublicService::new(home.catalog.clone())));
    let body = Body::Json(input.to_string().into());
    let dispatcher = Dispatcher::new(deny.clone());
    let answer = dispatcher.dispatch(&routes, context(), operation, body);
    assert_eq!(answer.await.whole().unwrap().status, 400);
    std::mem::take(&mut *deny.0.lock().unwrap())
}

async fn asked(home: &Home, operation: &str, input: Value) -> Vec<(String, String)> {
    let checks = checks(home, operation, input).await;
    checks
        .into_iter()
        .map(|it| (it.action, it.resource))
        .collect()
}

#[tokio::test]
async fn every_operation_asks_about_what_it_touches() {
    let home = Home::new();
    home.create("app").await;
    let layer = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let upload = "00000000-0000-0000-0000-000000000000";
    for (operation, mut input) in [
        (
            "BatchCheckLayerAvailability",
            json!({"layerDigests": [layer]}),
        ),
        ("BatchDeleteImage", json!({"imageIds": [{"imageTag": "x"}]})),
        (
            "CompleteLayerUpload",
            json!({"uploadId": upload, "layerDigests": [layer]}),
        ),
        ("CreateRepository", json!({})),
        ("DeleteRepository", json!({})),
        ("DeleteRepositoryPolicy", json!({})),
        ("DescribeImageTags", json!({})),
        ("DescribeImages", json!({})),
        ("GetRepositoryCatalogData", json!({})),
        ("GetRepositoryPolicy", json!({})),
        ("InitiateLayerUpload", json!({})),
        ("PutImage", json!({"imageManifest": "{}"})),
        ("PutRepositoryCatalogData", json!({"catalogData": {}})),
        ("SetRepositoryPolicy", json!({"policyText": "{}"})),
        (
            "UploadLayerPart",
            json!({"uploadId": upload, "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": ""}),
        ),
    ] {
        input["repositoryName"] = json!("app");
        let row = [(format!("ecr-public:{operation}"), ARN.to_owned())];
        assert_eq!(asked(&home, operation, input).await, row);
    }
    let registry = "arn:aws:ecr-public::000000000000:registry/000000000000";
    let every = "arn:aws:ecr-public::000000000000:repository/*";
    for (operation, input, resource) in [
        ("TagResource", json!({"resourceArn": ARN, "tags": []}), ARN),
        (
            "UntagResource",
            json!({"resourceArn": ARN, "tagKeys": []}),
            ARN,
        ),
        ("ListTagsForResource", json!({"resourceArn": ARN}), ARN),
        (
            "DescribeRepositories",
            json!({"repositoryNames": ["app"]}),
            ARN,
        ),
        ("DescribeRepositories", json!({}), every),
        ("DescribeRegistries", json!({}), registry),
        ("GetRegistryCatalogData", json!({}), registry),
        ("PutRegistryCatalogData", json!({}), registry),
    ] {
        let row = [(format!("ecr-public:{operation}"), resource.to_owned())];
        assert_eq!(asked(&home, operation, input).await, row);
    }
    let token = [
        "ecr-public:GetAuthorizationToken",
        "sts:GetServiceBearerToken",
    ];
    let row = token.map(|action| (action.to_owned(), "*".to_owned()));
    assert_eq!(asked(&home, "GetAuthorizationToken", json!({})).await, row);
}

#[tokio::test]
async fn rows_bring_tags_and_policies() {
    let home = Home::new();
    let tags = json!([{"Key": "team", "Value": "a"}]);
    let create = json!({"repositoryName": "app", "tags": tags});
    let found = checks(&home, "CreateRepository", create.clone()).await;
    let actions: Vec<_> = found.iter().map(|it| it.action.as_str()).collect();
    assert_eq!(
        actions,
        ["ecr-public:CreateRepository", "ecr-public:TagResource"]
    );
    assert!(
        found
            .iter()
            .all(|it| it.context["aws:RequestTag/team"] == ["a"]),
        "{found:?}"
    );
    home.ask("CreateRepository", create).await.unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"ecr-public:*"}]}"#;
    let set = json!({"repositoryName": "app", "policyText": policy});
    home.ask("SetRepositoryPolicy", set).await.unwrap();
    let found = checks(&home, "DescribeImages", json!({"repositoryName": "app"})).await;
    assert_eq!(found[0].context["aws:ResourceTag/team"], ["a"]);
    assert_eq!(found[0].context["ecr-public:ResourceTag/team"], ["a"]);
    assert_eq!(found[0].resource_policy.as_deref(), Some(policy));
    let found = checks(&home, "GetAuthorizationToken", json!({})).await;
    assert_eq!(
        found[1].context["sts:AWSServiceName"],
        ["ecr-public.amazonaws.com"]
    );
}

#[tokio::test]
async fn another_account_does_what_the_policy_lets_it() {
    let home = Home::new();
    home.create("app").await;
    let put = json!({"registryId": HOME, "repositoryName": "app"});
    let denied = home
        .ask_from(OTHER, "InitiateLayerUpload", put.clone())
        .await;
    let (code, text) = denied.unwrap_err();
    assert_eq!(code, "AccessDeniedException");
    assert!(
        text.contains("ecr-public:InitiateLayerUpload on resource: "),
        "{text}"
    );
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr-public:InitiateLayerUpload",
    }]});
    let set = json!({"repositoryName": "app", "policyText": policy.to_string()});
    home.ask("SetRepositoryPolicy", set).await.unwrap();
    home.ask_from(OTHER, "InitiateLayerUpload", put)
        .await
        .unwrap();
    // Of its own it has none of that name.
    let own = home
        .ask_from(
            OTHER,
            "InitiateLayerUpload",
            json!({"repositoryName": "app"}),
        )
        .await;
    let text =
        "The repository with name 'app' does not exist in the registry with id '111122223333'";
    assert_eq!(
        own.unwrap_err(),
        ("RepositoryNotFoundException".to_owned(), text.to_owned())
    );
}

#[tokio::test]
async fn a_password_is_for_the_gallery_alone() {
    let home = Home::new();
    let given = home.ask("GetAuthorizationToken", json!({})).await.unwrap();
    let data = &given["authorizationData"];
    assert!(data["expiresAt"].is_number(), "{data}");
    let pair = data["authorizationToken"].as_str().unwrap();
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let pair = String::from_utf8(STANDARD.decode(pair).unwrap()).unwrap();
    let password = pair.strip_prefix("AWS:").unwrap();
    let (keyring, now) = (home.catalog.keyring(), context().now);
    let bearer = token::open_public_password(keyring, password, now).unwrap();
    assert_eq!(bearer.caller.account, HOME);
    assert!(token::open_password(keyring, password, now).is_err());
}
