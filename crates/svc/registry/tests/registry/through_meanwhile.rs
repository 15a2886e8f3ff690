//! What happens while images are on their way from another registry, and what one account may have under way.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::watch;
use wharf_api_ecr::{CreatePullThroughCacheRuleRequest, DeleteRepositoryRequest, Ecr};
use wharf_base::Clock as _;
use wharf_blobs::Digest;
use wharf_svc_ecr::token;
use wharf_wire::{Call, Caller, Context};

use crate::{
    scripted::{Scripted, Seen, say, scripted, scripted_behind},
    support::{Home, OCI_MANIFEST, REGION},
    through::{cache, recorded},
    through_faults::{blob, give_manifest, manifest},
};

const DAY: Duration = Duration::from_secs(24 * 3600);
const ONE: &str = "/v2/up/app/manifests/1";

/// The layers of [`manifest`], whatever it is asked of.
fn give_layer(path: &str) -> Scripted {
    match path.ends_with(&Digest::of(b"{}").to_string()) {
        true => say(200, &[], "{}"),
        false => say(200, &[], "layer"),
    }
}

/// A cache of a registry that gives no layer until the gate is open.
pub async fn slow() -> (Home, watch::Sender<bool>) {
    let (open, gate) = watch::channel(false);
    let answer = |path: &str, _: &str| match path {
        _ if path.ends_with("/manifests/1") => give_manifest(),
        // Another image under each tag.
        _ if path.contains("/manifests/") => {
            let mut it: Value = serde_json::from_str(&manifest()).unwrap();
            it["annotations"] = json!({"of": path});
            say(200, &[("content-type", OCI_MANIFEST)], it.to_string())
        }
        _ => give_layer(path),
    };
    let (upstream, _) = scripted_behind(answer, "/blobs/", gate).await;
    (cache(&format!("http://{upstream}"), None).await, open)
}

/// Whenever they ask: before it is here, as it lands, or after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_ask_for_a_layer_that_is_coming_get_it() {
    for _ in 0..20 {
        let (home, open) = slow().await;
        assert_eq!(home.get(ONE).await.status, 200);
        let asking = (0..40_u64).map(|n| {
            let layer = home.get(blob("layer"));
            async move {
                tokio::time::sleep(Duration::from_micros(100 * n)).await;
                layer.await.body
            }
        });
        let asking = futures_util::future::join_all(asking);
        let opening = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            open.send_replace(true);
        };
        let (got, ()) = tokio::join!(asking, opening);
        assert!(got.iter().all(|it| it == "layer"), "{got:?}");
    }
}

#[tokio::test]
async fn a_tag_that_is_pushed_meanwhile_stays() {
    let (mut home, open) = slow().await;
    assert_eq!(home.get(ONE).await.body, manifest());
    let own = home.image("up/app", "our own").await;
    assert_eq!(home.put("up/app", "1", &own).await.status, 201);
    open.send_replace(true);
    recorded(&home, "up/app", 2).await;
    assert_eq!(home.get(ONE).await.body, own.to_string());
    // The tag is not theirs on the next day either.
    home.clock.advance(DAY);
    home.log_in();
    assert_eq!(home.get(ONE).await.body, own.to_string());
    let digest = Digest::of(manifest().as_bytes());
    let theirs = home.get(format!("/v2/up/app/manifests/{digest}")).await;
    assert_eq!(theirs.body, manifest());
}

#[tokio::test]
async fn a_tag_is_its_clients_also_if_they_push_the_same() {
    let (mut home, open) = slow().await;
    open.send_replace(true);
    assert_eq!(home.get(ONE).await.status, 200);
    recorded(&home, "up/app", 1).await;
    let same = serde_json::from_str(&manifest()).unwrap();
    assert_eq!(home.put("up/app", "1", &same).await.status, 201);
    home.clock.advance(DAY);
    home.log_in();
    home.doorman.take_asked();
    assert_eq!(home.get(ONE).await.body, manifest());
    let asked = home.doorman.take_asked();
    let import = asked.iter().find(|it| it.1.contains("Import"));
    assert_eq!(import, None, "it is not compared any more");
}

#[tokio::test]
async fn a_coming_image_is_for_those_who_may_have_it_brought() {
    let (home, _open) = slow().await;
    assert_eq!(home.get(ONE).await.status, 200);
    home.doorman.deny("ecr:BatchImportUpstreamImage");
    let refused = home.get(ONE).await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
}

#[tokio::test]
async fn a_repository_that_is_deleted_meanwhile_is_not_made_again() {
    let (open, gate) = watch::channel(false);
    let answer = |path: &str, _: &str| match path.contains("/manifests/") {
        true => give_manifest(),
        false => give_layer(path),
    };
    let (upstream, seen) = scripted_behind(answer, "/manifests/", gate).await;
    let home = cache(&format!("http://{upstream}"), None).await;
    home.create("up/app").await;
    let delete = async {
        until(|| !seen.lock().unwrap().is_empty()).await;
        let input = DeleteRepositoryRequest {
            repository_name: Some("up/app".to_owned()),
            ..Default::default()
        };
        let (ecr, call) = (home.ecr(), home.call());
        ecr.delete_repository(&call, input).await.unwrap();
        open.send_replace(true);
    };
    let (got, ()) = tokio::join!(home.get(ONE), delete);
    assert_eq!(got.error(), (404, "NAME_UNKNOWN".to_owned()));
    assert_eq!(home.get("/v2/up/app/tags/list").await.status, 404);
}

async fn until(condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
}

/// A rule and a password for another account of the registry.
async fn another_account(home: &mut Home, url: &str) {
    let account = "111111111111";
    let context = Context::internal(account, REGION, "test", home.clock.now());
    let call = Call::by_controller(context, home.call().permit.clone());
    let input = CreatePullThroughCacheRuleRequest {
        ecr_repository_prefix: Some("up".to_owned()),
        upstream_registry_url: Some(url.to_owned()),
        ..Default::default()
    };
    let ecr = home.ecr();
    let made = ecr.create_pull_through_cache_rule(&call, input).await;
    made.unwrap();
    let bearer = token::Bearer {
        caller: Caller::root(account),
        region: REGION.to_owned(),
        registry: None,
    };
    let now = home.clock.now();
    (home.password, _) = token::issue_password(home.catalog.keyring(), &bearer, now);
}

#[tokio::test]
async fn one_account_does_not_stop_the_others() {
    let (open, gate) = watch::channel(false);
    let answer = |path: &str, _: &str| match path.contains("/manifests/") {
        true => {
            let mut it: Value = serde_json::from_str(&manifest()).unwrap();
            it["annotations"] = json!({"of": path});
            say(200, &[("content-type", OCI_MANIFEST)], it.to_string())
        }
        false => give_layer(path),
    };
    let (upstream, _) = scripted_behind(answer, "/blobs/", gate).await;
    let url = format!("http://{upstream}");
    let mut home = cache(&url, None).await;
    for n in 0..32 {
        let got = home.get(format!("/v2/up/app/manifests/{n}")).await;
        assert_eq!(got.status, 200, "{n}");
    }
    let refused = home.get("/v2/up/app/manifests/32").await;
    assert_eq!(refused.error(), (429, "TOOMANYREQUESTS".to_owned()));
    // Their layers: as many as may be waited for, and one more.
    let layers = (0..65).map(|n| home.get(blob(&format!("some other {n}"))));
    let (got, ..) = futures_util::future::select_all(layers.map(Box::pin)).await;
    assert_eq!(got.error(), (429, "TOOMANYREQUESTS".to_owned()));

    another_account(&mut home, &url).await;
    let got = home.get("/v2/up/app/manifests/32").await;
    assert_eq!(got.status, 200, "{}", got.message());
    open.send_replace(true);
    home.log_in();
    recorded(&home, "up/app", 32).await;
    assert_eq!(home.get("/v2/up/app/manifests/32").await.status, 200);
}

/// What a registry has under the tag.
#[derive(Clone, Copy, PartialEq)]
enum Now {
    First,
    /// A layer of it is another one.
    Broken,
    TooMany,
}

async fn changing() -> (Home, Arc<Mutex<Now>>, Seen) {
    let now = Arc::new(Mutex::new(Now::First));
    let own = now.clone();
    let (upstream, seen) = scripted(move |path, _| {
        let now = *own.lock().unwrap();
        match path {
            _ if now == Now::TooMany => say(429, &[], ""),
            _ if !path.contains("/manifests/") => give_layer(path),
            _ if now == Now::First => give_manifest(),
            _ => {
                let other = Digest::of(b"other").to_string();
                let broken = manifest().replace(&Digest::of(b"layer").to_string(), &other);
                say(200, &[("content-type", OCI_MANIFEST)], broken)
            }
        }
    })
    .await;
    let mut home = cache(&format!("http://{upstream}"), None).await;
    assert_eq!(home.get(ONE).await.body, manifest());
    recorded(&home, "up/app", 1).await;
    // It counts as coming for a moment more; when the registry is asked again it does no longer.
    home.clock.advance(DAY);
    home.log_in();
    seen.lock().unwrap().clear();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while seen.lock().unwrap().is_empty() {
        assert!(tokio::time::Instant::now() < deadline);
        assert_eq!(home.get(ONE).await.body, manifest());
    }
    (home, now, seen)
}

#[tokio::test]
async fn what_is_here_is_served_while_its_new_image_is_broken() {
    let (mut home, now, seen) = changing().await;
    home.clock.advance(DAY);
    home.log_in();
    *now.lock().unwrap() = Now::Broken;
    let other = Digest::of(b"other").to_string();
    assert_eq!(home.get(ONE).await.body, manifest());
    until(|| seen.lock().unwrap().iter().any(|it| it.0.contains(&other))).await;
    assert_eq!(home.get(ONE).await.body, manifest());
    home.without_uploads().await;
    for _ in 0..3 {
        assert_eq!(home.get(ONE).await.body, manifest());
    }
    assert_eq!(home.describe("up/app").await.len(), 1);
}

#[tokio::test]
async fn a_registry_that_takes_no_more_requests_is_left_alone() {
    let (mut home, now, seen) = changing().await;
    home.clock.advance(DAY);
    home.log_in();
    *now.lock().unwrap() = Now::TooMany;
    seen.lock().unwrap().clear();
    for _ in 0..3 {
        assert_eq!(home.get(ONE).await.body, manifest());
    }
    assert_eq!(seen.lock().unwrap().len(), 1);
}
