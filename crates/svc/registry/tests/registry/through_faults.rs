//! Pulls through the cache from a registry that does as it is told: challenges, redirects, wrong bytes.

use std::sync::{Arc, Mutex};

use serde_json::json;
use wharf_blobs::Digest;

use crate::{
    scripted::{Scripted, say, scripted},
    support::{Home, OCI_MANIFEST},
    through::{cache, cache_with, recorded},
};

pub fn manifest() -> String {
    let described =
        |bytes: &[u8]| json!({"mediaType": "x", "digest": Digest::of(bytes), "size": bytes.len()});
    json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": described(b"{}"), "layers": [described(b"layer")]})
    .to_string()
}

pub fn give_manifest() -> Scripted {
    say(200, &[("content-type", OCI_MANIFEST)], manifest())
}

pub fn blob(content: &str) -> String {
    format!("/v2/up/app/blobs/{}", Digest::of(content.as_bytes()))
}

#[tokio::test]
async fn a_token_is_fetched_where_the_challenge_says_and_layers_where_redirects_lead() {
    let (storage, elsewhere) = scripted(|path, _| match path {
        "/config" => say(200, &[], "{}"),
        _ => say(200, &[], "layer"),
    })
    .await;
    let at = Arc::new(Mutex::new(String::new()));
    let own = at.clone();
    // Pages that say the same in words are longer than small layers.
    let page = "x".repeat(1500);
    let (upstream, seen) = scripted(move |path, shown| {
        let realm = format!("{}/token", own.lock().unwrap());
        let challenge = format!("Bearer realm=\"{realm}\",service=\"s\"");
        match path {
            _ if path.starts_with("/token") => say(200, &[], r#"{"token":"ticket"}"#),
            _ if shown != "Bearer ticket" => {
                say(401, &[("www-authenticate", &challenge)], page.clone())
            }
            _ if path.contains("/manifests/") => give_manifest(),
            _ if path.ends_with(&Digest::of(b"{}").to_string()) => say(
                307,
                &[("location", &format!("http://{storage}/config"))],
                page.clone(),
            ),
            _ => say(
                302,
                &[("location", &format!("http://{storage}/layer"))],
                page.clone(),
            ),
        }
    })
    .await;
    *at.lock().unwrap() = format!("http://{upstream}");
    let home = cache(&format!("http://{upstream}"), Some("key")).await;
    assert_eq!(home.get("/v2/up/app/manifests/1").await.body, manifest());
    recorded(&home, "up/app", 1).await;
    assert_eq!(home.get(blob("layer")).await.body, "layer");
    // The login went to the realm alone, the ticket to the registry alone.
    let seen = seen.lock().unwrap().clone();
    let tokens: Vec<_> = seen
        .iter()
        .filter(|(path, _)| path.contains("/token"))
        .collect();
    assert_eq!(tokens.len(), 1, "{seen:?}");
    assert_eq!(
        tokens[0].0,
        "GET /token?service=s&scope=repository%3Aapp%3Apull"
    );
    assert_eq!(tokens[0].1, "Basic QVdTOmtleQ==");
    let others = seen.iter().filter(|(path, _)| !path.contains("/token"));
    assert!(
        others.clone().all(|(_, shown)| !shown.starts_with("Basic")),
        "{seen:?}"
    );
    let elsewhere = elsewhere.lock().unwrap().clone();
    assert_eq!(elsewhere.len(), 2, "{elsewhere:?}");
    assert!(
        elsewhere.iter().all(|(_, shown)| shown.is_empty()),
        "{elsewhere:?}"
    );
}

#[tokio::test]
async fn a_login_goes_nowhere_that_only_a_redirect_names() {
    let at = Arc::new(Mutex::new(String::new()));
    let own = at.clone();
    let (storage, elsewhere) = scripted(move |path, _| {
        let realm = format!("Bearer realm=\"{}/token\"", own.lock().unwrap());
        match path {
            "/token" => say(200, &[], r#"{"token":"ticket"}"#),
            _ => say(401, &[("www-authenticate", &realm)], ""),
        }
    })
    .await;
    *at.lock().unwrap() = format!("http://{storage}");
    let (upstream, _) = scripted(move |path, _| match path {
        _ if path.contains("/manifests/") => give_manifest(),
        _ => say(307, &[("location", &format!("http://{storage}/it"))], ""),
    })
    .await;
    let home = cache(&format!("http://{upstream}"), Some("key")).await;
    assert_eq!(home.get("/v2/up/app/manifests/1").await.status, 200);
    let refused = home.get(blob("layer")).await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
    let elsewhere = elsewhere.lock().unwrap().clone();
    assert!(!elsewhere.is_empty());
    for (path, shown) in elsewhere {
        assert_eq!((path.as_str(), shown.as_str()), ("GET /it", ""));
    }
}

/// Clients ask so before they push, and go on only where the answer is 200 or 404.
#[tokio::test]
async fn where_nothing_can_be_brought_pushes_go_on() {
    for (status, got) in [(401, 403), (403, 403), (404, 404), (500, 502)] {
        let (upstream, _) = scripted(move |_, _| say(status, &[], "")).await;
        let home = cache(&format!("http://{upstream}"), None).await;
        home.create("up/app").await;
        let path = "/v2/up/app/manifests/1";
        let head = home.ask("HEAD", path).send().await;
        assert_eq!(head.status, 404, "{status}");
        assert_eq!(home.get(path).await.status, got, "{status}");
        let image = home.image("up/app", "our own").await;
        assert_eq!(home.put("up/app", "1", &image).await.status, 201);
    }
    let (upstream, seen) = scripted(|_, _| say(404, &[], "")).await;
    let home = cache(&format!("http://{upstream}"), None).await;
    home.create("up/app").await;
    let unknown = (404, "BLOB_UNKNOWN".to_owned());
    assert_eq!(home.get(blob("layer")).await.error(), unknown);
    seen.lock().unwrap().clear();
    home.doorman.deny("ecr:BatchImportUpstreamImage");
    assert_eq!(home.get(blob("layer")).await.error(), unknown);
    let head = home.ask("HEAD", "/v2/up/app/manifests/1").send().await;
    assert_eq!(head.status, 404);
    assert!(seen.lock().unwrap().is_empty());
}

async fn refused(
    answer: impl Fn(&str, &str) -> Scripted + Send + Sync + 'static,
) -> (u16, String, String, Home) {
    let (upstream, _) = scripted(answer).await;
    let home = cache(&format!("http://{upstream}"), None).await;
    let refused = home.get("/v2/up/app/manifests/1").await;
    let (status, code) = refused.error();
    (status, code, refused.message(), home)
}

#[tokio::test]
async fn what_an_upstream_says_wrongly_is_refused_and_makes_nothing() {
    let many = "x".repeat((4 << 20) + 1);
    type Case = (
        Box<dyn Fn(&str) -> Scripted + Send + Sync>,
        u16,
        &'static str,
        &'static str,
    );
    let cases: Vec<Case> = vec![
        (
            Box::new(|_| say(401, &[], "")),
            403,
            "DENIED",
            "it answers 401",
        ),
        (
            Box::new(|_| say(401, &[("www-authenticate", "Basic realm=\"x\"")], "")),
            403,
            "DENIED",
            "the rule has none",
        ),
        (
            Box::new(|_| say(403, &[], "")),
            403,
            "DENIED",
            "it answers 403",
        ),
        (
            Box::new(|_| say(404, &[], "")),
            404,
            "MANIFEST_UNKNOWN",
            "Requested image not found",
        ),
        (
            Box::new(|_| say(429, &[], "")),
            429,
            "TOOMANYREQUESTS",
            "no more requests",
        ),
        (
            Box::new(|_| say(500, &[], "")),
            502,
            "UNKNOWN",
            "it answers 500",
        ),
        (
            Box::new(|_| say(302, &[("location", "/again")], "")),
            502,
            "UNKNOWN",
            "without end",
        ),
        (
            Box::new(|_| say(302, &[], "")),
            502,
            "UNKNOWN",
            "to nowhere",
        ),
        (
            Box::new(|_| say(302, &[("location", "http://169.254.169.254/")], "")),
            403,
            "DENIED",
            "--allow-egress",
        ),
        (
            Box::new(|_| say(200, &[], "{}")),
            502,
            "UNKNOWN",
            "cannot be taken",
        ),
        (
            Box::new(|_| say(200, &[("content-type", "text/html")], "<html>")),
            502,
            "UNKNOWN",
            "cannot be taken",
        ),
        (
            Box::new(move |_| say(200, &[], many.clone())),
            502,
            "UNKNOWN",
            "longer than",
        ),
    ];
    for (answer, status, code, text) in cases {
        let (found_status, found_code, message, home) = refused(move |path, _| answer(path)).await;
        assert_eq!(
            (found_status, found_code.as_str()),
            (status, code),
            "{message}"
        );
        assert!(message.contains(text), "{message}");
        assert_eq!(
            home.get("/v2/up/app/tags/list").await.status,
            404,
            "no repository was made"
        );
    }
}

#[tokio::test]
async fn a_manifest_must_be_the_one_of_its_digest() {
    let (upstream, _) = scripted(|_, _| give_manifest()).await;
    let home = cache(&format!("http://{upstream}"), None).await;
    let refused = home
        .get(format!("/v2/up/app/manifests/{}", Digest::of(b"other")))
        .await;
    assert_eq!(refused.error(), (502, "UNKNOWN".to_owned()));
    let good = Digest::of(manifest().as_bytes());
    assert_eq!(
        home.get(format!("/v2/up/app/manifests/{good}"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_layer_that_is_another_one_is_never_served() {
    let right = Arc::new(Mutex::new(false));
    let now = right.clone();
    let (upstream, _) = scripted(move |path, _| match path {
        _ if path.contains("/manifests/") => give_manifest(),
        _ if path.ends_with(&Digest::of(b"{}").to_string()) => say(200, &[], "{}"),
        _ if *now.lock().unwrap() => say(200, &[], "layer"),
        _ => say(200, &[], "LAYER"),
    })
    .await;
    let home = cache(&format!("http://{upstream}"), None).await;
    assert_eq!(home.get("/v2/up/app/manifests/1").await.status, 200);
    let refused = home.get(blob("layer")).await;
    assert_eq!(refused.error(), (502, "UNKNOWN".to_owned()));
    assert!(
        refused.message().contains("cannot be taken"),
        "{}",
        refused.message()
    );
    home.without_uploads().await;
    assert!(home.describe("up/app").await.is_empty());
    // The next pull brings it.
    *right.lock().unwrap() = true;
    assert_eq!(home.get(blob("layer")).await.body, "layer");
    assert_eq!(home.get("/v2/up/app/manifests/1").await.status, 200);
    recorded(&home, "up/app", 1).await;
}

#[tokio::test]
async fn a_layer_longer_than_its_manifest_says_is_not_taken() {
    let (upstream, _) = scripted(|path, _| match path {
        _ if path.contains("/manifests/") => give_manifest(),
        _ => say(200, &[], "x".repeat(1 << 20)),
    })
    .await;
    let home = cache(&format!("http://{upstream}"), None).await;
    assert_eq!(home.get("/v2/up/app/manifests/1").await.status, 200);
    assert_eq!(home.get(blob("layer")).await.status, 502);
    home.without_uploads().await;
}

#[tokio::test]
async fn a_repository_that_is_full_takes_no_more() {
    let (upstream, _) = scripted(|path, _| match path {
        _ if path.contains("/manifests/") => give_manifest(),
        _ if path.ends_with(&Digest::of(b"{}").to_string()) => say(200, &[], "{}"),
        _ => say(200, &[], "layer"),
    })
    .await;
    let url = format!("http://{upstream}");
    let home = cache_with(&url, None, |config| config.repository_bytes = 4).await;
    assert_eq!(home.get("/v2/up/app/manifests/1").await.status, 200);
    assert_eq!(
        home.get(blob("layer")).await.error(),
        (403, "DENIED".to_owned())
    );
}

#[tokio::test]
async fn an_account_that_is_full_takes_no_more() {
    let (upstream, _) = scripted(|path, _| match path {
        _ if path.contains("/manifests/") => give_manifest(),
        _ if path.ends_with(&Digest::of(b"{}").to_string()) => say(200, &[], "{}"),
        _ => say(200, &[], "layer"),
    })
    .await;
    let url = format!("http://{upstream}");
    let home = cache_with(&url, None, |config| config.account_bytes = 4).await;
    assert_eq!(home.get("/v2/up/app/manifests/1").await.status, 200);
    assert_eq!(
        home.get(blob("layer")).await.error(),
        (403, "DENIED".to_owned())
    );
}
