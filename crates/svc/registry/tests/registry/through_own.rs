//! Pulls through the cache from another registry of the installation.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use wharf_api_ecr::{CreatePullThroughCacheRuleRequest, Ecr};
use wharf_delivery::{Actor, Operations, Request};
use wharf_wire::{Call, Check, Context, Fault};

use crate::{
    support::{Answer, Home, OCI_MANIFEST},
    through::cache_with,
};

const HERE: &str = "000000000000.dkr.ecr.eu-west-1.localhost";
const THERE: &str = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
const ROLE: &str = "arn:aws:iam::000000000000:role/reader";

/// Says yes, unless it is closed, and remembers who asked for what.
#[derive(Default)]
struct Doors {
    closed: Mutex<bool>,
    asked: Mutex<Vec<(Actor, String, String)>>,
}

#[async_trait::async_trait]
impl Operations for Doors {
    async fn call(&self, _: &Actor, _: &Request) -> Result<Value, Fault> {
        unreachable!("nothing is called")
    }

    async fn may(&self, actor: &Actor, region: &str, checks: &[Check]) -> Result<(), Fault> {
        assert_eq!((region, checks.len()), ("us-east-1", 1));
        let asked = (
            actor.clone(),
            checks[0].action.clone(),
            checks[0].resource.clone(),
        );
        self.asked.lock().unwrap().push(asked);
        match *self.closed.lock().unwrap() {
            true => Err(Fault::sender("AccessDeniedException", 400, "not for you")),
            false => Ok(()),
        }
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        Ok(())
    }
}

/// A registry in eu-west-1 whose repositories under `us` are those of us-east-1.
async fn regions(role: Option<&str>) -> (Home, Arc<Doors>) {
    let home = cache_with("http://127.0.0.1:1", None, |_| {}).await;
    let doors = Arc::new(Doors::default());
    home.catalog.calling(doors.clone());
    let context = Context {
        region: "eu-west-1".to_owned(),
        ..home.call().context().clone()
    };
    let call = Call::by_controller(context, home.call().permit);
    let input = CreatePullThroughCacheRuleRequest {
        ecr_repository_prefix: Some("us".to_owned()),
        upstream_registry_url: Some(THERE.to_owned()),
        custom_role_arn: role.map(str::to_owned),
        ..Default::default()
    };
    let made = home
        .ecr()
        .create_pull_through_cache_rule(&call, input)
        .await;
    assert_eq!(made.unwrap().upstream_registry.as_deref(), Some("ecr"));
    (home, doors)
}

async fn get(home: &Home, path: &str) -> Answer {
    home.ask("GET", path).header("host", HERE).send().await
}

#[tokio::test]
async fn images_of_another_region_are_shared_and_not_copied() {
    let (home, doors) = regions(None).await;
    let manifest = home.image("app", "the only layer").await;
    assert_eq!(home.put("app", "1", &manifest).await.status, 201);
    let files = home.files("sha256").len();
    let got = get(&home, "/v2/us/app/manifests/1").await;
    assert_eq!(got.status, 200, "{}", got.message());
    assert_eq!(got.body, manifest.to_string());
    assert_eq!(got.header("content-type"), OCI_MANIFEST);
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let got = get(&home, &format!("/v2/us/app/blobs/{layer}")).await;
    assert_eq!(got.body, "the only layer");
    assert_eq!(home.files("sha256").len(), files);
    let expected = |action: &str| {
        let actor = Actor::Service {
            name: "pullthroughcache.ecr.amazonaws.com".to_owned(),
            account: "000000000000".to_owned(),
            source_arn: "arn:aws:ecr:eu-west-1:000000000000:pull-through-cache-rule/us".to_owned(),
        };
        let arn = "arn:aws:ecr:us-east-1:000000000000:repository/app";
        (actor, format!("ecr:{action}"), arn.to_owned())
    };
    let asked = doors.asked.lock().unwrap().clone();
    assert_eq!(asked[0], expected("BatchGetImage"));
    assert!(
        asked[1..]
            .iter()
            .all(|it| *it == expected("GetDownloadUrlForLayer")),
        "{asked:?}"
    );
    for path in ["app/manifests/2", "nothing/manifests/1"] {
        let missing = get(&home, &format!("/v2/us/{path}")).await;
        assert_eq!(missing.error(), (404, "MANIFEST_UNKNOWN".to_owned()));
    }
}

#[tokio::test]
async fn the_rules_role_must_be_let_in() {
    let (home, doors) = regions(Some(ROLE)).await;
    let manifest = home.image("app", "the only layer").await;
    assert_eq!(home.put("app", "1", &manifest).await.status, 201);
    *doors.closed.lock().unwrap() = true;
    let refused = get(&home, "/v2/us/app/manifests/1").await;
    assert_eq!(refused.error(), (403, "DENIED".to_owned()));
    assert!(
        refused.message().ends_with("not for you"),
        "{}",
        refused.message()
    );
    let asked = doors.asked.lock().unwrap()[0].clone();
    assert!(matches!(asked.0, Actor::Role { arn, .. } if arn == ROLE));
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let refused = get(&home, &format!("/v2/us/app/blobs/{layer}")).await;
    assert_eq!(
        refused.error(),
        (404, "NAME_UNKNOWN".to_owned()),
        "nothing was made"
    );
}
