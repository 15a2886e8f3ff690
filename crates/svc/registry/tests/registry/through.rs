//! Pulls through the cache from another registry.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_api_ecr::{
    CreatePullThroughCacheRuleRequest, CreateRepositoryCreationTemplateRequest,
    DescribeRepositoriesRequest, Ecr,
};
use wharf_api_secretsmanager::{
    GetSecretValueRequest, GetSecretValueResponse, Input, Secretsmanager,
};
use wharf_blobs::Digest;
use wharf_egress::Egress;
use wharf_svc_ecr::{Config, Outside};
use wharf_wire::{Call, Check, Context, Fault};

use crate::support::{Answer, Home, OCI_INDEX, OCI_MANIFEST, a_tick_later, random};

const DAY: Duration = Duration::from_secs(24 * 3600);
pub const SECRET: &str =
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/up-AbCdEf";

/// One secret, the same for everybody.
struct Secrets(String);

#[async_trait::async_trait]
impl Secretsmanager for Secrets {
    async fn authorize(&self, _: &Context, _: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(Vec::new())
    }

    async fn get_secret_value(
        &self,
        _: &Call,
        input: GetSecretValueRequest,
    ) -> Result<GetSecretValueResponse, Fault> {
        assert_eq!(input.secret_id.as_deref(), Some(SECRET));
        Ok(GetSecretValueResponse {
            secret_string: Some(self.0.clone()),
            ..Default::default()
        })
    }
}

/// A registry whose repositories under `up` are those of the registry at `url`.
pub async fn cache(url: &str, token: Option<&str>) -> Home {
    cache_with(url, token, |_| {}).await
}

pub async fn cache_with(url: &str, token: Option<&str>, change: impl FnOnce(&mut Config)) -> Home {
    let login = json!({"username": "AWS", "accessToken": token.unwrap_or_default()});
    let egress = Egress::to(vec!["127.0.0.0/8".parse().unwrap()]);
    let outside = Outside::new(&egress, Arc::new(Secrets(login.to_string())));
    let home = Home::with(|config| {
        config.outside = Some(outside);
        change(config);
    })
    .await;
    let input = CreatePullThroughCacheRuleRequest {
        ecr_repository_prefix: Some("up".to_owned()),
        upstream_registry_url: Some(url.to_owned()),
        credential_arn: token.map(|_| SECRET.to_owned()),
        ..Default::default()
    };
    let (ecr, call) = (home.ecr(), home.call());
    let made = ecr.create_pull_through_cache_rule(&call, input).await;
    made.unwrap();
    home
}

/// A registry with `app:1`, and a cache in front of it.
pub async fn pair() -> (Home, Home, Value) {
    let upstream = Home::new().await;
    let manifest = upstream.image("app", random(300_000)).await;
    assert_eq!(upstream.put("app", "1", &manifest).await.status, 201);
    let home = cache(
        &format!("http://{}", upstream.address),
        Some(&upstream.password),
    )
    .await;
    upstream.doorman.take_asked();
    (upstream, home, manifest)
}

pub fn digests(manifest: &Value) -> Vec<String> {
    let layers = manifest["layers"].as_array().unwrap().iter();
    let all = layers.chain([&manifest["config"]]);
    all.map(|it| it["digest"].as_str().unwrap().to_owned())
        .collect()
}

/// How often the registry was asked for something.
fn asked(home: &Home, action: &str) -> usize {
    let asked = home.doorman.take_asked();
    asked.iter().filter(|(_, it, _)| it == action).count()
}

/// Waits until the image is recorded.
pub async fn recorded(home: &Home, name: &str, count: usize) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while home.describe(name).await.len() != count {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{:?}",
            home.describe(name).await
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn same(answer: &Answer, manifest: &Value) {
    assert_eq!(answer.status, 200, "{}", answer.message());
    assert_eq!(answer.body, manifest.to_string().as_bytes());
    let digest = Digest::of(manifest.to_string().as_bytes()).to_string();
    assert_eq!(answer.header("docker-content-digest"), digest);
    assert_eq!(answer.header("content-type"), OCI_MANIFEST);
}

#[tokio::test]
async fn the_first_pull_brings_the_image_and_the_next_is_served_from_here() {
    let (upstream, home, manifest) = pair().await;
    same(&home.get("/v2/up/app/manifests/1").await, &manifest);
    for digest in digests(&manifest) {
        let got = home.get(format!("/v2/up/app/blobs/{digest}")).await;
        assert_eq!(
            (got.status.as_u16(), Digest::of(&got.body).to_string()),
            (200, digest)
        );
    }
    recorded(&home, "up/app", 1).await;
    let image = home.describe("up/app").await.remove(0);
    assert_eq!(image.image_tags, Some(vec!["1".to_owned()]));
    assert_eq!(image.image_size_in_bytes, Some(300_002));
    assert_eq!(image.last_recorded_pull_time, image.image_pushed_at);
    upstream.doorman.take_asked();
    same(&home.get("/v2/up/app/manifests/1").await, &manifest);
    let digest = Digest::of(manifest.to_string().as_bytes());
    same(
        &home.get(format!("/v2/up/app/manifests/{digest}")).await,
        &manifest,
    );
    assert_eq!(upstream.doorman.take_asked(), []);
}

#[tokio::test]
async fn clients_that_ask_by_head_and_digest_are_served_too() {
    let (_upstream, home, manifest) = pair().await;
    let head = home.ask("HEAD", "/v2/up/app/manifests/1").send().await;
    let digest = head.header("docker-content-digest").to_owned();
    assert_eq!(
        head.header("content-length"),
        manifest.to_string().len().to_string()
    );
    same(
        &home.get(format!("/v2/up/app/manifests/{digest}")).await,
        &manifest,
    );
    // One whose tag nobody ever asked for.
    let (_upstream, home, manifest) = pair().await;
    let digest = Digest::of(manifest.to_string().as_bytes());
    same(
        &home.get(format!("/v2/up/app/manifests/{digest}")).await,
        &manifest,
    );
    recorded(&home, "up/app", 1).await;
    assert_eq!(home.describe("up/app").await[0].image_tags, None);
}

#[tokio::test]
async fn a_crowd_asks_upstream_once() {
    let (upstream, home, manifest) = pair().await;
    let paths: Vec<String> = digests(&manifest)
        .iter()
        .map(|digest| format!("/v2/up/app/blobs/{digest}"))
        .collect();
    same(&home.get("/v2/up/app/manifests/1").await, &manifest);
    let crowd = (0..20).map(|n| home.get(&paths[n % 2]));
    for got in futures_util::future::join_all(crowd).await {
        assert_eq!(got.status, 200);
    }
    recorded(&home, "up/app", 1).await;
    assert_eq!(asked(&upstream, "ecr:GetDownloadUrlForLayer"), 2);
    let (upstream, home, manifest) = pair().await;
    let crowd = (0..20).map(|_| home.get("/v2/up/app/manifests/1"));
    for got in futures_util::future::join_all(crowd).await {
        same(&got, &manifest);
    }
    recorded(&home, "up/app", 1).await;
    // Those who came when the manifest was here and its layers were not asked nobody.
    assert_eq!(asked(&upstream, "ecr:BatchGetImage"), 1);
}

#[tokio::test]
async fn a_tag_is_compared_once_a_day_and_kept_while_upstream_cannot_be_asked() {
    let (upstream, mut home, old) = pair().await;
    same(&home.get("/v2/up/app/manifests/1").await, &old);
    recorded(&home, "up/app", 1).await;
    let new = upstream.image("app", "another layer").await;
    assert_eq!(upstream.put("app", "1", &new).await.status, 201);
    same(&home.get("/v2/up/app/manifests/1").await, &old);
    home.clock.advance(DAY);
    home.log_in();
    upstream.doorman.deny("ecr:BatchGetImage");
    same(&home.get("/v2/up/app/manifests/1").await, &old);
    upstream.doorman.allow("ecr:BatchGetImage");
    // The old one is given out until the new one is here.
    same(&home.get("/v2/up/app/manifests/1").await, &old);
    recorded(&home, "up/app", 2).await;
    same(&home.get("/v2/up/app/manifests/1").await, &new);
    // Nothing new: the tag is good for another day.
    home.clock.advance(DAY);
    home.log_in();
    upstream.doorman.take_asked();
    for _ in 0..2 {
        same(&home.get("/v2/up/app/manifests/1").await, &new);
        assert!(asked(&upstream, "ecr:BatchGetImage") <= 1);
    }
    assert_eq!(asked(&upstream, "ecr:BatchGetImage"), 0);
}

#[tokio::test]
async fn of_an_index_comes_what_is_asked_for() {
    let (upstream, home, child) = pair().await;
    let other = upstream.image("app", "for another machine").await;
    assert_eq!(upstream.put("app", "other", &other).await.status, 201);
    let described = |manifest: &Value| {
        let text = manifest.to_string();
        json!({"mediaType": OCI_MANIFEST, "digest": Digest::of(text.as_bytes()), "size": text.len()})
    };
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX,
        "manifests": [described(&child), described(&other)]});
    assert_eq!(upstream.put("app", "all", &index).await.status, 201);
    let got = home.get("/v2/up/app/manifests/all").await;
    assert_eq!(
        (got.status.as_u16(), got.header("content-type")),
        (200, OCI_INDEX)
    );
    assert_eq!(got.body, index.to_string().as_bytes());
    assert_eq!(
        home.describe("up/app").await[0].image_size_in_bytes,
        Some(0)
    );
    let digest = Digest::of(child.to_string().as_bytes());
    same(
        &home.get(format!("/v2/up/app/manifests/{digest}")).await,
        &child,
    );
    recorded(&home, "up/app", 2).await;
    let sizes = home.describe("up/app").await;
    assert!(
        sizes
            .iter()
            .all(|it| it.image_size_in_bytes == Some(300_002)),
        "{sizes:?}"
    );
}

#[tokio::test]
async fn what_was_pushed_here_is_never_replaced() {
    let (upstream, mut home, theirs) = pair().await;
    home.create("up/app").await;
    let own = home.image("up/app", "our own").await;
    assert_eq!(home.put("up/app", "1", &own).await.status, 201);
    upstream.doorman.take_asked();
    home.clock.advance(DAY);
    home.log_in();
    same(&home.get("/v2/up/app/manifests/1").await, &own);
    // Nor is what was pushed over what came from there.
    assert_eq!(upstream.put("app", "2", &theirs).await.status, 201);
    same(&home.get("/v2/up/app/manifests/2").await, &theirs);
    recorded(&home, "up/app", 2).await;
    assert_eq!(home.put("up/app", "2", &own).await.status, 201);
    home.clock.advance(DAY);
    home.log_in();
    upstream.doorman.take_asked();
    same(&home.get("/v2/up/app/manifests/2").await, &own);
    assert_eq!(upstream.doorman.take_asked(), []);
}

#[tokio::test]
async fn those_who_may_not_import_get_what_is_here() {
    let (_upstream, mut home, manifest) = pair().await;
    for action in ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"] {
        home.doorman.deny(action);
        let refused = home.get("/v2/up/app/manifests/1").await;
        assert_eq!(refused.error(), (403, "DENIED".to_owned()));
        assert_eq!(refused.message(), format!("no {action} for you"));
        home.doorman.allow(action);
    }
    assert_eq!(
        home.get("/v2/up/app/tags/list").await.status,
        404,
        "no repository was made"
    );
    home.doorman.take_asked();
    same(&home.get("/v2/up/app/manifests/1").await, &manifest);
    let arn = "arn:aws:ecr:us-east-1:000000000000:repository/up/app";
    let asked: Vec<_> = home
        .doorman
        .take_asked()
        .into_iter()
        .map(|it| (it.1, it.2))
        .collect();
    let expected = [
        "ecr:BatchGetImage",
        "ecr:BatchImportUpstreamImage",
        "ecr:CreateRepository",
    ];
    assert_eq!(
        asked,
        expected.map(|action| (action.to_owned(), arn.to_owned()))
    );
    recorded(&home, "up/app", 1).await;
    home.clock.advance(DAY);
    home.log_in();
    home.doorman.deny("ecr:BatchImportUpstreamImage");
    same(&home.get("/v2/up/app/manifests/1").await, &manifest);
    let digest = Digest::of(b"not here");
    let refused = home.get(format!("/v2/up/app/blobs/{digest}")).await;
    assert_eq!(refused.error(), (404, "BLOB_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn layers_that_the_disk_lost_come_again() {
    let (upstream, home, manifest) = pair().await;
    same(&home.get("/v2/up/app/manifests/1").await, &manifest);
    recorded(&home, "up/app", 1).await;
    let digest = manifest["layers"][0]["digest"].as_str().unwrap();
    let path = format!("/v2/up/app/blobs/{digest}");
    let file = || {
        let mut files = home.files("sha256").into_iter();
        let of_digest = |it: &std::path::PathBuf| it.display().to_string().contains(&digest[7..]);
        files.find(of_digest).unwrap()
    };
    upstream.doorman.take_asked();
    a_tick_later().await;
    std::fs::write(file(), b"").unwrap();
    assert_eq!(Digest::of(&home.get(&path).await.body).to_string(), digest);
    std::fs::remove_file(file()).unwrap();
    assert_eq!(Digest::of(&home.get(&path).await.body).to_string(), digest);
    assert_eq!(asked(&upstream, "ecr:GetDownloadUrlForLayer"), 2);
    assert_eq!(home.get(&path).await.status, 200);
    assert_eq!(asked(&upstream, "ecr:GetDownloadUrlForLayer"), 0);
}

#[tokio::test]
async fn repositories_are_made_by_their_template() {
    let (_upstream, home, manifest) = pair().await;
    let template = CreateRepositoryCreationTemplateRequest {
        prefix: Some("up".to_owned()),
        applied_for: Some(vec!["PULL_THROUGH_CACHE".to_owned()]),
        image_tag_mutability: Some("IMMUTABLE".to_owned()),
        ..Default::default()
    };
    let (ecr, call) = (home.ecr(), home.call());
    let made = ecr.create_repository_creation_template(&call, template);
    made.await.unwrap();
    same(&home.get("/v2/up/app/manifests/1").await, &manifest);
    let named = DescribeRepositoriesRequest {
        repository_names: Some(vec!["up/app".to_owned()]),
        ..Default::default()
    };
    let described = ecr.describe_repositories(&call, named);
    let repositories = described.await.unwrap().repositories.unwrap();
    assert_eq!(
        repositories[0].image_tag_mutability.as_deref(),
        Some("IMMUTABLE")
    );
}

#[tokio::test]
async fn what_upstream_does_not_have_makes_nothing() {
    let (_upstream, home, _) = pair().await;
    for path in ["app/manifests/nothing", "nothing/manifests/1"] {
        let missing = home.get(format!("/v2/up/{path}")).await;
        assert_eq!(missing.error(), (404, "MANIFEST_UNKNOWN".to_owned()));
    }
    let strange = home.get("/v2/up/app/manifests/.hidden").await;
    assert_eq!(strange.error(), (404, "NAME_UNKNOWN".to_owned()));
    let elsewhere = home.get("/v2/upper/app/manifests/1").await;
    assert_eq!(elsewhere.error(), (404, "NAME_UNKNOWN".to_owned()));
    assert_eq!(home.get("/v2/up/app/tags/list").await.status, 404);
}
