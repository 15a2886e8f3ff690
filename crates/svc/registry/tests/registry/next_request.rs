//! What changes between two pulls counts with the next one: nothing of who may do what, and of what there is, is kept.

use http::Request;
use http_body_util::{BodyExt, Empty};
use serde_json::json;
use wharf_api_ecr::{
    CreatePullThroughCacheRuleRequest, DeletePullThroughCacheRuleRequest, DeleteRepositoryRequest,
    Ecr, SetRepositoryPolicyRequest,
};
use wharf_base::Clock;
use wharf_registry::{Peer, Standing};
use wharf_svc_ecr::token;
use wharf_wire::Caller;

use crate::{
    support::{ACCOUNT, Home, REGION, random},
    through::cache,
};

fn peer() -> Peer {
    Peer {
        address: None,
        task: None,
        origin: None,
        secure: false,
    }
}

#[tokio::test]
async fn a_password_is_opened_once_for_a_request() {
    let home = Home::new().await;
    let layer = home.push_layer("app", "content").await;
    let path = format!("/v2/app/blobs/{layer}");
    let request = |token: &str| {
        let request = Request::get(&path).header("authorization", format!("Bearer {token}"));
        request.body(Empty::<bytes::Bytes>::new()).unwrap()
    };
    let mut known = request(&home.password);
    assert_eq!(home.api.standing(&mut known), Standing::Proven);
    // Whoever would open it again would find nothing.
    known.headers_mut().remove("authorization");
    let answer = home.api.handle(known, peer()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.into_body().collect().await.unwrap().to_bytes(),
        "content"
    );
    let mut unknown = request("none of ours");
    assert_eq!(home.api.standing(&mut unknown), Standing::Nothing);
    assert_eq!(home.api.handle(unknown, peer()).await.status(), 401);
    // Also where nobody asked what stands behind it.
    let answer = home.api.handle(request(&home.password), peer()).await;
    assert_eq!(answer.status(), 200);
    // One that ended since is no password.
    home.clock.advance(token::PASSWORD_LIFE);
    let mut over = request(&home.password);
    assert_eq!(home.api.standing(&mut over), Standing::Nothing);
    assert_eq!(home.api.handle(over, peer()).await.status(), 403);
}

#[tokio::test]
async fn an_address_is_opened_once_for_a_request() {
    let home = Home::new().await;
    let layer = home.push_layer("app", "content").await;
    let registry = wharf_svc_ecr::Registry::new(ACCOUNT, REGION);
    let id = home.catalog.repository(&registry, "app").await.unwrap().id;
    let (keyring, now) = (home.catalog.keyring(), home.clock.now());
    let given = token::issue_download(keyring, &registry, &id, &layer, now);
    let request = || {
        let uri = format!("/v2/app/blobs/{layer}?wharf-token={given}");
        let request = Request::get(uri).body(Empty::<bytes::Bytes>::new());
        request.unwrap()
    };
    let mut known = request();
    assert_eq!(home.api.standing(&mut known), Standing::Proven);
    assert_eq!(home.api.handle(known, peer()).await.status(), 200);
    home.clock.advance(token::DOWNLOAD_LIFE);
    let mut over = request();
    assert_eq!(home.api.standing(&mut over), Standing::Nothing);
    assert_eq!(home.api.handle(over, peer()).await.status(), 403);
}

#[tokio::test]
async fn what_may_no_longer_be_done_is_refused_at_once() {
    let home = Home::new().await;
    let image = home.image("app", "content").await;
    assert_eq!(home.put("app", "1", &image).await.status, 201);
    let layer = image["layers"][0]["digest"].as_str().unwrap();
    let paths = ["/v2/app/manifests/1", &format!("/v2/app/blobs/{layer}")];
    let all = async |status: u16| {
        for path in paths {
            for method in ["GET", "HEAD"] {
                let answer = home.ask(method, path).send().await;
                assert_eq!(answer.status.as_u16(), status, "{method} {path}");
            }
        }
    };
    all(200).await;
    for action in [
        "BatchGetImage",
        "GetDownloadUrlForLayer",
        "BatchCheckLayerAvailability",
    ] {
        home.doorman.deny(&format!("ecr:{action}"));
    }
    all(403).await;
    for action in [
        "BatchGetImage",
        "GetDownloadUrlForLayer",
        "BatchCheckLayerAvailability",
    ] {
        home.doorman.allow(&format!("ecr:{action}"));
    }
    all(200).await;
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "ecr:*"}],
    });
    let input = SetRepositoryPolicyRequest {
        repository_name: Some("app".to_owned()),
        policy_text: Some(policy.to_string()),
        ..SetRepositoryPolicyRequest::default()
    };
    let (ecr, call) = (home.ecr(), home.call());
    ecr.set_repository_policy(&call, input).await.unwrap();
    all(403).await;
    let deleted = DeleteRepositoryRequest {
        repository_name: Some("app".to_owned()),
        force: Some(true),
        ..DeleteRepositoryRequest::default()
    };
    ecr.delete_repository(&call, deleted).await.unwrap();
    all(404).await;
    // One of the same name has nothing of it, and nothing of its policy.
    home.create("app").await;
    all(404).await;
    let image = home.image("app", "content").await;
    assert_eq!(home.put("app", "1", &image).await.status, 201);
    all(200).await;
}

#[tokio::test]
async fn a_rule_counts_from_the_next_pull_on() {
    let upstream = Home::new().await;
    let image = upstream.image("app", random(1000)).await;
    assert_eq!(upstream.put("app", "1", &image).await.status, 201);
    let url = format!("http://{}", upstream.address);
    let home = cache(&url, Some(&upstream.password)).await;
    let manifest = "/v2/new/app/manifests/1";
    let layer = image["layers"][0]["digest"].as_str().unwrap();
    let blob = format!("/v2/new/app/blobs/{layer}");
    assert_eq!(home.get(manifest).await.status, 404);
    assert_eq!(home.get(&blob).await.status, 404);
    let (ecr, call) = (home.ecr(), home.call());
    let made = CreatePullThroughCacheRuleRequest {
        ecr_repository_prefix: Some("new".to_owned()),
        upstream_registry_url: Some(url.clone()),
        credential_arn: Some(crate::through::SECRET.to_owned()),
        ..CreatePullThroughCacheRuleRequest::default()
    };
    ecr.create_pull_through_cache_rule(&call, made)
        .await
        .unwrap();
    // A repository that somebody made has no layers of its own.
    home.create("new/app").await;
    assert_eq!(home.get(&blob).await.status, 200);
    assert_eq!(home.get(manifest).await.status, 200);
    let gone = DeletePullThroughCacheRuleRequest {
        ecr_repository_prefix: Some("new".to_owned()),
        ..DeletePullThroughCacheRuleRequest::default()
    };
    ecr.delete_pull_through_cache_rule(&call, gone)
        .await
        .unwrap();
    let other = upstream.image("app", random(1000)).await;
    assert_eq!(upstream.put("app", "2", &other).await.status, 201);
    assert_eq!(home.get("/v2/new/app/manifests/2").await.status, 404);
    let layer = other["layers"][0]["digest"].as_str().unwrap();
    let blob = format!("/v2/new/app/blobs/{layer}");
    assert_eq!(home.get(blob).await.status, 404);
}

#[tokio::test]
async fn a_rule_is_its_own_accounts() {
    let upstream = Home::new().await;
    let image = upstream.image("app", random(1000)).await;
    assert_eq!(upstream.put("app", "1", &image).await.status, 201);
    let url = format!("http://{}", upstream.address);
    let mut home = cache(&url, Some(&upstream.password)).await;
    assert_eq!(home.get("/v2/up/app/manifests/1").await.status, 200);
    let bearer = token::Bearer {
        caller: Caller::root("123456789012"),
        region: REGION.to_owned(),
        registry: None,
    };
    let now = home.clock.now();
    (home.password, _) = token::issue_password(home.catalog.keyring(), &bearer, now);
    assert_eq!(home.get("/v2/up/app/manifests/1").await.status, 404);
}

#[tokio::test]
async fn a_layer_that_is_damaged_in_its_middle_comes_again() {
    let upstream = Home::new().await;
    let image = upstream.image("app", random(1_500_000)).await;
    assert_eq!(upstream.put("app", "1", &image).await.status, 201);
    let url = format!("http://{}", upstream.address);
    let home = cache(&url, Some(&upstream.password)).await;
    home.create("up/app").await;
    let layer = image["layers"][0]["digest"].as_str().unwrap();
    let path = format!("/v2/up/app/blobs/{layer}");
    let whole = home.get(&path).await.body;
    let named = |it: &std::path::PathBuf| it.display().to_string().contains(&layer[7..]);
    let file = home.files("sha256").into_iter().find(named).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[700_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    // Nobody knew: the answer breaks off where it is damaged, and that is noted.
    let request = Request::get(&path).header("authorization", format!("Bearer {}", home.password));
    let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
    let answer = home.api.handle(request, peer()).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.into_body().collect().await.is_err());
    assert_eq!(home.get(&path).await.body, whole);
}
