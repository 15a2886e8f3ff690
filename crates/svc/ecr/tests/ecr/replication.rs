//! Replication: images are in other registries as they are here, however often it is cut short.

use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use wharf_api_ecr::{Ecr, types::*};
use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_store::{Range, Txn};
use wharf_svc_ecr::{ImageRef, Reach, Registry};
use wharf_wire::{Call, Check, Context, Denied, Dispatcher, Fault, Gate};

use crate::support::{
    ACCOUNT, Home, NOW, OCI_INDEX, OCI_MANIFEST, PERMIT, by_digest, by_tag, digest_of, said, text,
};

const OTHER: &str = "111111111111";

/// Lets an account do all in its own registries, and others what a policy there is about.
struct Policies;

#[wharf_wire::async_trait]
impl Gate for Policies {
    async fn decide(&self, cx: &Context, checks: &[Check]) -> Result<(), Denied> {
        for check in checks {
            let own = check.resource.split(':').nth(4) == Some(&cx.caller.account);
            let named = |policy: &String| policy.contains(&check.action);
            if !own && !check.resource_policy.as_ref().is_some_and(named) {
                return Err(Denied("no".to_owned()));
            }
        }
        Ok(())
    }
}

pub async fn replicate(home: &Home) -> usize {
    let dispatcher = Dispatcher::new(Arc::new(Policies));
    let done = home.catalog.replicate(&dispatcher, &PERMIT, NOW).await;
    done.unwrap()
}

pub fn to(account: &str, region: &str) -> ReplicationDestination {
    ReplicationDestination {
        region: text(region),
        registry_id: text(account),
    }
}

pub fn rule(
    destinations: Vec<ReplicationDestination>,
    prefixes: &[&str],
    deletes: bool,
) -> ReplicationRule {
    let filter = |it: &&str| RepositoryFilter {
        filter: text(it),
        filter_type: text("PREFIX_MATCH"),
    };
    ReplicationRule {
        destinations: Some(destinations),
        repository_filters: (!prefixes.is_empty()).then(|| prefixes.iter().map(filter).collect()),
        delete_replication: deletes.then_some(DeleteReplication {
            enabled: Some(true),
        }),
    }
}

pub async fn configure(home: &Home, rules: Vec<ReplicationRule>) -> Result<(), Fault> {
    let configuration = ReplicationConfiguration { rules: Some(rules) };
    let input = PutReplicationConfigurationRequest {
        replication_configuration: Some(configuration.clone()),
    };
    home.ecr
        .put_replication_configuration(&home.call(), input)
        .await?;
    let shown = home
        .ecr
        .describe_registry(&home.call(), DescribeRegistryRequest::default())
        .await?;
    assert_eq!(shown.replication_configuration, Some(configuration));
    Ok(())
}

async fn statuses(home: &Home, id: ImageIdentifier) -> Vec<(String, String, Option<String>)> {
    let input = DescribeImageReplicationStatusRequest {
        repository_name: text("app"),
        image_id: Some(id),
        registry_id: None,
    };
    let found = home
        .ecr
        .describe_image_replication_status(&home.call(), input)
        .await;
    let all = found.unwrap().replication_statuses.unwrap().into_iter();
    all.map(|it| (it.region.unwrap(), it.status.unwrap(), it.failure_code))
        .collect()
}

/// The tags of the image there; `None` if it is not.
async fn there(home: &Home, registry: &Registry, manifest: &Value) -> Option<Vec<String>> {
    let reference = ImageRef::Digest(digest_of(manifest));
    match home.catalog.manifest(registry, "app", &reference).await {
        Ok(found) => found.map(|found| {
            assert_eq!(found.manifest, manifest.to_string().into_bytes());
            found.image.tags
        }),
        Err(_) => None,
    }
}

#[tokio::test]
async fn what_is_pushed_is_in_the_other_region_with_all_it_needs() {
    let home = Home::with_app().await;
    let before = home.manifest("app", "before").await;
    home.put("app", Some("before"), &before).await.unwrap();
    configure(
        &home,
        vec![rule(vec![to(ACCOUNT, "eu-west-1")], &["ap"], false)],
    )
    .await
    .unwrap();
    let child = home.manifest("app", "child").await;
    home.put("app", None, &child).await.unwrap();
    let listed = json!({"mediaType": OCI_MANIFEST, "digest": digest_of(&child), "size": child.to_string().len()});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [listed]});
    home.put("app", Some("v1"), &index).await.unwrap();
    home.put("app", Some("v2"), &index).await.unwrap();
    home.create("other").await.unwrap();
    let elsewhere = home.manifest("other", "other").await;
    home.put("other", Some("v1"), &elsewhere).await.unwrap();

    let waiting = vec![("eu-west-1".to_owned(), "IN_PROGRESS".to_owned(), None)];
    assert_eq!(statuses(&home, by_tag("v1")).await, waiting);
    assert_eq!(replicate(&home).await, 2);
    let complete = vec![("eu-west-1".to_owned(), "COMPLETE".to_owned(), None)];
    for id in [by_tag("v2"), by_digest(&digest_of(&child))] {
        assert_eq!(statuses(&home, id).await, complete);
    }
    assert_eq!(statuses(&home, by_tag("before")).await, []);
    let target = Registry::new(ACCOUNT, "eu-west-1");
    assert_eq!(there(&home, &target, &index).await.unwrap(), ["v1", "v2"]);
    assert_eq!(there(&home, &target, &child).await.unwrap(), [""; 0]);
    assert_eq!(there(&home, &target, &before).await, None);
    let layer: wharf_blobs::Digest = child["layers"][0]["digest"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        home.catalog
            .read_layer(&target, "app", &layer)
            .await
            .unwrap()
            .is_some()
    );
    assert!(home.catalog.repository(&target, "other").await.is_err());
    assert_eq!(replicate(&home).await, 0, "nothing is left");

    // A tag that moves here moves there.
    let newer = home.manifest("app", "newer").await;
    home.put("app", Some("v2"), &newer).await.unwrap();
    assert_eq!(replicate(&home).await, 1);
    assert_eq!(there(&home, &target, &newer).await.unwrap(), ["v2"]);
    assert_eq!(there(&home, &target, &index).await.unwrap(), ["v1"]);
}

/// Indexes that list the two before them: as many ways through them as there are numbers, and deeper than a
/// stack is.
#[tokio::test]
async fn indexes_of_indexes_are_each_brought_once() {
    let home = Home::with_app().await;
    let mut images = vec![
        home.manifest("app", "1").await,
        home.manifest("app", "2").await,
    ];
    for image in &images {
        home.put("app", None, image).await.unwrap();
    }
    for _ in 0..60 {
        let listed: Vec<Value> = (images[images.len() - 2..].iter())
            .map(|it| json!({"mediaType": OCI_MANIFEST, "digest": digest_of(it), "size": it.to_string().len()}))
            .collect();
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed});
        home.put("app", None, &index).await.unwrap();
        images.push(index);
    }
    // All but the last were pushed before.
    let rules = vec![rule(vec![to(ACCOUNT, "eu-west-1")], &[], false)];
    configure(&home, rules).await.unwrap();
    home.put("app", Some("top"), images.last().unwrap())
        .await
        .unwrap();
    assert_eq!(replicate(&home).await, 1);
    let target = Registry::new(ACCOUNT, "eu-west-1");
    for image in &images {
        assert!(there(&home, &target, image).await.is_some());
    }
}

#[tokio::test]
async fn another_account_has_a_say_in_it() {
    let home = Home::with_app().await;
    configure(&home, vec![rule(vec![to(OTHER, "us-east-1")], &[], false)])
        .await
        .unwrap();
    let image = home.manifest("app", "1").await;
    home.put("app", Some("v1"), &image).await.unwrap();
    assert_eq!(replicate(&home).await, 0);
    let failed = vec![(
        "us-east-1".to_owned(),
        "FAILED".to_owned(),
        text("AccessDenied"),
    )];
    assert_eq!(statuses(&home, by_tag("v1")).await, failed);
    let target = Registry::new(OTHER, "us-east-1");
    assert_eq!(there(&home, &target, &image).await, None);

    let allow = async |actions: &[&str]| {
        let policy = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT},
            "Action": actions, "Resource": "*"}});
        let input = PutRegistryPolicyRequest {
            policy_text: Some(policy.to_string()),
        };
        let context = Context::internal(OTHER, "us-east-1", "test", NOW);
        let call = Call::by_controller(context, PERMIT);
        home.ecr.put_registry_policy(&call, input).await.unwrap();
    };
    // To make the repository is another thing.
    allow(&["ecr:ReplicateImage"]).await;
    home.put("app", Some("v2"), &image).await.unwrap();
    assert_eq!(replicate(&home).await, 0);
    allow(&["ecr:ReplicateImage", "ecr:CreateRepository"]).await;
    home.put("app", Some("v3"), &image).await.unwrap();
    assert_eq!(replicate(&home).await, 1);
    assert_eq!(
        there(&home, &target, &image).await.unwrap(),
        ["v1", "v2", "v3"]
    );
}

#[tokio::test]
async fn deletions_follow_where_the_rule_says_so() {
    let home = Home::with_app().await;
    let rules = vec![
        rule(vec![to(ACCOUNT, "eu-west-1")], &[], true),
        rule(vec![to(ACCOUNT, "eu-west-2")], &[], false),
    ];
    configure(&home, rules).await.unwrap();
    let (one, two) = (
        home.manifest("app", "1").await,
        home.manifest("app", "2").await,
    );
    for tag in ["v1", "v2"] {
        home.put("app", Some(tag), &one).await.unwrap();
    }
    home.put("app", Some("v3"), &two).await.unwrap();
    assert_eq!(replicate(&home).await, 4);
    home.delete("app", vec![by_tag("v1"), by_digest(&digest_of(&two))])
        .await;
    replicate(&home).await;
    let (follows, keeps) = (
        Registry::new(ACCOUNT, "eu-west-1"),
        Registry::new(ACCOUNT, "eu-west-2"),
    );
    assert_eq!(there(&home, &follows, &one).await.unwrap(), ["v2"]);
    assert_eq!(there(&home, &follows, &two).await, None);
    assert_eq!(there(&home, &keeps, &one).await.unwrap(), ["v1", "v2"]);
    assert_eq!(there(&home, &keeps, &two).await.unwrap(), ["v3"]);
    // Deleted and pushed again before anybody looked: it is there.
    home.put("app", Some("v3"), &two).await.unwrap();
    replicate(&home).await;
    home.delete("app", vec![by_digest(&digest_of(&two))]).await;
    home.put("app", Some("v4"), &two).await.unwrap();
    replicate(&home).await;
    assert!(
        there(&home, &follows, &two)
            .await
            .unwrap()
            .contains(&"v4".to_owned())
    );
}

#[tokio::test]
async fn what_comes_by_replication_goes_no_further() {
    let home = Home::with_app().await;
    configure(
        &home,
        vec![rule(vec![to(ACCOUNT, "eu-west-1")], &[], false)],
    )
    .await
    .unwrap();
    let back = PutReplicationConfigurationRequest {
        replication_configuration: Some(ReplicationConfiguration {
            rules: Some(vec![rule(
                vec![to(ACCOUNT, "us-east-1"), to(ACCOUNT, "eu-west-3")],
                &[],
                false,
            )]),
        }),
    };
    let call = crate::support::call_in("eu-west-1");
    home.ecr
        .put_replication_configuration(&call, back)
        .await
        .unwrap();
    let image = home.manifest("app", "1").await;
    home.put("app", Some("v1"), &image).await.unwrap();
    assert_eq!(replicate(&home).await, 1);
    assert_eq!(replicate(&home).await, 0);
    let third = Registry::new(ACCOUNT, "eu-west-3");
    assert_eq!(there(&home, &third, &image).await, None);
}

#[tokio::test]
async fn a_tag_that_may_not_move_there_is_told() {
    let home = Home::with_app().await;
    let immutable = CreateRepositoryCreationTemplateRequest {
        prefix: text("ROOT"),
        image_tag_mutability: text("IMMUTABLE"),
        applied_for: Some(vec!["REPLICATION".to_owned()]),
        ..Default::default()
    };
    let call = crate::support::call_in("eu-west-1");
    home.ecr
        .create_repository_creation_template(&call, immutable)
        .await
        .unwrap();
    configure(
        &home,
        vec![rule(vec![to(ACCOUNT, "eu-west-1")], &[], false)],
    )
    .await
    .unwrap();
    for (content, expected) in [("1", 1), ("2", 0)] {
        let image = home.manifest("app", content).await;
        home.put("app", Some("v1"), &image).await.unwrap();
        assert_eq!(replicate(&home).await, expected);
    }
    let failed = vec![(
        "eu-west-1".to_owned(),
        "FAILED".to_owned(),
        text("ImageTagAlreadyExists"),
    )];
    assert_eq!(statuses(&home, by_tag("v1")).await, failed);
}

#[tokio::test]
async fn configurations_that_cannot_be_are_refused() {
    let home = Home::new();
    let own = vec![rule(vec![to(ACCOUNT, "us-east-1")], &[], false)];
    let (code, why) = said(configure(&home, own).await.unwrap_err());
    assert_eq!(code, "InvalidParameterException");
    assert!(why.contains("replicationConfiguration"), "{why}");
    configure(&home, Vec::new()).await.unwrap();
}

async fn backfill(home: &Home, region: &str) -> Result<StartReplicationBackfillResponse, Fault> {
    let input = StartReplicationBackfillRequest {
        destination: Some(to(ACCOUNT, region)),
        registry_id: None,
    };
    home.ecr
        .start_replication_backfill(&home.call(), input)
        .await
}

async fn results(
    home: &Home,
    id: &str,
    token: Option<String>,
) -> DescribeReplicationBackfillResultsResponse {
    let input = DescribeReplicationBackfillResultsRequest {
        replication_backfill_id: text(id),
        max_results: Some(50),
        next_token: token,
        ..Default::default()
    };
    let described = home
        .ecr
        .describe_replication_backfill_results(&home.call(), input)
        .await;
    described.unwrap()
}

/// Does not answer, as a registry of another installation may not, and tells that it was asked.
struct Silent(UnboundedSender<()>);

#[wharf_wire::async_trait]
impl Gate for Silent {
    async fn decide(&self, _: &Context, _: &[Check]) -> Result<(), Denied> {
        self.0.send(()).unwrap();
        std::future::pending().await
    }
}

#[tokio::test]
async fn an_account_whose_images_never_arrive_keeps_no_others_waiting() {
    let home = Home::with_app().await;
    let rules = vec![rule(vec![to(ACCOUNT, "eu-west-1")], &[], false)];
    configure(&home, rules).await.unwrap();
    let image = home.manifest("app", "a").await;
    home.put("app", Some("v1"), &image).await.unwrap();
    let (asked, mut asks) = unbounded_channel();
    let dispatcher = Dispatcher::new(Arc::new(Silent(asked)));
    let look_to = |reach: Reach, key: &str| {
        let (catalog, dispatcher) = (home.catalog.clone(), dispatcher.clone());
        let key = key.to_owned();
        tokio::spawn(async move {
            catalog
                .replicate_registry(&dispatcher, &PERMIT, reach, &key, NOW)
                .await
        })
    };
    let look = |key: &str| look_to(Reach::Here, key);
    let own = home.catalog.registries().await.unwrap().remove(0);
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(look(&own));
        asks.recv().await.unwrap();
    }
    // Its share is taken: it comes again.
    assert!(matches!(look(&own).await.unwrap(), Next::Deferred(_)));
    let others = Scope::new("ecr", OTHER, "us-east-1").key("any", "");
    assert_eq!(look(&others).await.unwrap(), Next::Settled);
    // What goes to other installations has places of its own.
    let elsewhere = look_to(Reach::Elsewhere, &own).await.unwrap();
    assert_eq!(elsewhere, Next::Settled);
    held.iter().for_each(|it| it.abort());
}

/// Says of a configuration that a destination is a registry of another installation.
async fn put_elsewhere(home: &Home, name: &str) {
    let all = home.world.store.all(Range::prefix("/w1/")).await.unwrap();
    let all = all.entries.into_iter().filter_map(|it| {
        let value: Value = serde_json::from_slice(&it.value).ok()?;
        Some((it.key, value))
    });
    let is_it = |it: &Value| it["kind"] == "replication" && it["body"]["rules"].is_array();
    let found: Vec<_> = all.filter(|(_, it)| is_it(it)).collect();
    let [(key, value)] = &found[..] else {
        panic!("{found:?}");
    };
    let mut body = value["body"].clone();
    body["elsewhere"][name] = json!("https://far.example");
    // A body stands behind its kind and format.
    let (kind, format) = (&value["kind"], &value["format"]);
    let text = format!(r#"{{"kind":{kind},"format":{format},"body":{body}}}"#);
    let txn = Txn::new().put(key, text.into_bytes());
    home.world.store.txn(&PERMIT, txn).await.unwrap();
}

#[tokio::test]
async fn what_goes_to_other_installations_takes_no_place_of_what_stays_here() {
    let home = Home::with_app().await;
    let destinations = vec![to(ACCOUNT, "eu-west-1"), to(OTHER, "eu-far-1")];
    configure(&home, vec![rule(destinations, &[], false)])
        .await
        .unwrap();
    put_elsewhere(&home, &format!("{OTHER}.eu-far-1")).await;
    let image = home.manifest("app", "a").await;
    home.put("app", Some("v1"), &image).await.unwrap();
    let dispatcher = Dispatcher::new(Arc::new(Policies));
    let own = home.catalog.registries().await.unwrap().remove(0);
    for (reach, expected) in [
        (Reach::Here, ["IN_PROGRESS", "COMPLETE"]),
        // There is no secret with its login.
        (Reach::Elsewhere, ["FAILED", "COMPLETE"]),
    ] {
        let next = home
            .catalog
            .replicate_registry(&dispatcher, &PERMIT, reach, &own, NOW)
            .await;
        assert_eq!(next, Next::Settled);
        // `eu-far-1` comes first.
        let mut all = statuses(&home, by_tag("v1")).await;
        all.sort();
        let found: Vec<String> = all.into_iter().map(|(_, status, _)| status).collect();
        assert_eq!(found, expected);
    }
}

async fn go_on(home: &Home) {
    let dispatcher = Dispatcher::new(Arc::new(Policies));
    let went = home
        .catalog
        .go_on_with_backfills(&dispatcher, &PERMIT, NOW)
        .await;
    went.unwrap();
}

#[tokio::test]
async fn a_backfill_brings_what_was_pushed_before() {
    let home = Home::with_app().await;
    let missing = backfill(&home, "eu-west-1").await.unwrap_err();
    assert_eq!(missing.code, "InvalidParameterException");
    // More than one stretch.
    let mut images = Vec::new();
    for n in 0..60 {
        let image = home.manifest("app", &n.to_string()).await;
        let tag = format!("v{n}");
        home.put("app", Some(&tag), &image).await.unwrap();
        images.push(image);
    }
    let rules = vec![rule(vec![to(ACCOUNT, "eu-west-1")], &["app"], false)];
    configure(&home, rules).await.unwrap();
    home.create("other").await.unwrap();
    let after = home.manifest("app", "after").await;
    home.put("app", Some("after"), &after).await.unwrap();
    assert_eq!(replicate(&home).await, 1);

    let started = backfill(&home, "eu-west-1").await.unwrap();
    assert_eq!(started.status.as_deref(), Some("PREPARING"));
    let twice = backfill(&home, "eu-west-1").await.unwrap_err();
    assert_eq!(twice.code, "ReplicationBackfillInProgressException");
    let id = started.replication_backfill_id.unwrap();
    go_on(&home).await;
    let progress = results(&home, &id, None).await.progress.unwrap();
    assert_eq!(progress.total_replication_count, Some(60));
    for _ in 0..2 {
        go_on(&home).await;
    }
    let shown = results(&home, &id, None).await;
    assert_eq!(shown.status.as_deref(), Some("COMPLETE"));
    assert_eq!(
        shown.progress.unwrap().completed_replication_count,
        Some(60)
    );
    assert_eq!(shown.results.unwrap().len(), 50);
    let rest = results(&home, &id, shown.next_token).await;
    assert_eq!((rest.results.unwrap().len(), rest.next_token), (10, None));
    let target = Registry::new(ACCOUNT, "eu-west-1");
    for image in &images {
        assert!(there(&home, &target, image).await.is_some());
    }
    assert_eq!(statuses(&home, by_tag("v7")).await[0].1, "COMPLETE");
    // Nothing is missing now.
    let again = backfill(&home, "eu-west-1").await.unwrap();
    let id = again.replication_backfill_id.unwrap();
    for _ in 0..4 {
        go_on(&home).await;
    }
    let shown = results(&home, &id, None).await;
    assert_eq!(shown.status.as_deref(), Some("COMPLETE"));
    assert_eq!(shown.progress.unwrap().total_replication_count, Some(0));
    let input = ListReplicationBackfillsRequest::default();
    let listed = home
        .ecr
        .list_replication_backfills(&home.call(), input)
        .await;
    assert_eq!(listed.unwrap().backfills.unwrap().len(), 2);
}

#[tokio::test]
async fn a_stopped_backfill_goes_no_further() {
    let home = Home::with_app().await;
    let image = home.manifest("app", "1").await;
    home.put("app", Some("v1"), &image).await.unwrap();
    let rules = vec![rule(vec![to(ACCOUNT, "eu-west-1")], &[], false)];
    configure(&home, rules).await.unwrap();
    let id = backfill(&home, "eu-west-1").await.unwrap();
    let id = id.replication_backfill_id.unwrap();
    go_on(&home).await;
    let input = StopReplicationBackfillRequest {
        replication_backfill_id: text(&id),
        registry_id: None,
    };
    let stopped = home
        .ecr
        .stop_replication_backfill(&home.call(), input.clone())
        .await;
    assert_eq!(stopped.unwrap().status.as_deref(), Some("STOPPING"));
    go_on(&home).await;
    let shown = results(&home, &id, None).await;
    assert_eq!(shown.status.as_deref(), Some("STOPPED"));
    let target = Registry::new(ACCOUNT, "eu-west-1");
    assert_eq!(there(&home, &target, &image).await, None);
    let again = home
        .ecr
        .stop_replication_backfill(&home.call(), input.clone())
        .await;
    assert_eq!(
        again.unwrap_err().code,
        "ReplicationBackfillInvalidStatusException"
    );
    let input = StopReplicationBackfillRequest {
        replication_backfill_id: text("00000000-0000-0000-0000-000000000000"),
        ..input
    };
    let missing = home
        .ecr
        .stop_replication_backfill(&home.call(), input)
        .await;
    assert_eq!(
        missing.unwrap_err().code,
        "ReplicationBackfillNotFoundException"
    );
}
