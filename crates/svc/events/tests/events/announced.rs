//! What services announce reaches rules of the default bus, once for each change, over an end as well.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_base::{Clock as _, Timestamp};
use wharf_records::Scope;
use wharf_service::{
    Place,
    announce::{Announcement, Announcing},
    platform,
};
use wharf_store::{Event, Txn};
use wharf_testkit::{PERMIT, World, until};
use wharf_wire::Fault;

use crate::{Home, queue};

/// Each change of a record is an event that tells its key.
pub const ANNOUNCING: Announcing = Announcing {
    service: "shop",
    of: announced,
};

fn announced(events: &[&Event], _: Timestamp) -> Vec<Announcement> {
    let all = events.iter().filter_map(|it| {
        let (scope, _, id) = Scope::parse(it.key())?;
        Some(Announcement {
            place: Place::of_scope(&scope),
            source: "aws.shop",
            detail_type: "Changed",
            resources: vec![],
            detail: json!({ "id": id }),
        })
    });
    all.collect()
}

pub async fn change(home: &Home, ids: &[&str]) {
    let scope = Scope::new("shop", "000000000000", "us-east-1");
    let txn = ids
        .iter()
        .fold(Txn::new(), |txn, id| txn.put(scope.key("thing", id), "{}"));
    assert!(home.world.store.txn(&PERMIT, txn).await.unwrap().succeeded);
}

/// The cursor is there: what happens from here on is told.
pub async fn ready(home: &Home) {
    until("the cursor is there", || async {
        let cursors = home.world.store.cursors().await.unwrap();
        cursors.contains_key("events/shop")
    })
    .await;
}

fn told(home: &Home) -> Vec<(String, String)> {
    let calls = home.called.calls.lock();
    let all = calls.iter().map(|(_, it)| {
        let body: Value = serde_json::from_str(it.input["MessageBody"].as_str().unwrap()).unwrap();
        (
            body["detail"]["id"].as_str().unwrap().to_owned(),
            body["id"].as_str().unwrap().to_owned(),
        )
    });
    let mut all: Vec<_> = all.collect();
    all.sort();
    all
}

/// A service that announces nothing must not make the store keep what others changed.
#[tokio::test]
async fn a_silent_service_holds_no_history() {
    let world = World::new();
    // Of a service that is no more.
    let stale = Txn::new().cursor("events/closed", 1);
    assert!(world.store.txn(&PERMIT, stale).await.unwrap().succeeded);
    let home = Home::over(world);
    let store = &home.world.store;
    ready(&home).await;
    let other = Scope::new("other", "000000000000", "us-east-1").key("thing", "a");
    for _ in 0..100 {
        store.put(&PERMIT, &other, "{}").await.unwrap();
    }
    let newest = store.revision().await.unwrap();
    until("the cursor has moved", || async {
        store.compact(&PERMIT, newest).await.unwrap() >= newest
    })
    .await;
}

#[tokio::test]
async fn changes_become_events_once() {
    let home = Home::start();
    home.rule("r", json!({"source": ["aws.shop"]}), vec![queue("q")])
        .await;
    ready(&home).await;
    change(&home, &["a", "b"]).await;
    change(&home, &["c"]).await;
    home.calls(3).await;
    let first = told(&home);
    let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert!(first[0].1 != first[1].1);

    // What changes while nobody runs is told by the next one, and nothing twice, however much of the history
    // others would be rid of.
    let store = home.world.store.clone();
    home.stop.cancel();
    change(&home, &["d"]).await;
    let newest = store.revision().await.unwrap();
    store.compact(&PERMIT, newest).await.unwrap();
    until("all was told or is to be told", || async {
        told(&home).len() >= 3
    })
    .await;
    let before = told(&home).len();
    drop(home);
    let next = Home::over(World::over(store, wharf_svc_iam::Mode::Enforce));
    change(&next, &["e"]).await;
    next.calls(5 - before).await;
    let names: Vec<String> = told(&next).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.last().map(String::as_str), Some("e"));
    assert_eq!(names.len(), 5 - before);
}

/// What comes of a revision needs many transactions, and the server ends between two of them.
#[tokio::test]
async fn a_crash_amid_a_batch_repeats_nothing() {
    const RULES: usize = 100;
    const TARGETS: usize = 5;
    let home = Home::start();
    for rule in 0..RULES {
        let targets = (0..TARGETS).map(|it| queue(&format!("t{it}")));
        let pattern = json!({"source": ["aws.shop"]});
        home.rule(&format!("r{rule}"), pattern, targets.collect())
            .await;
    }
    ready(&home).await;
    // What is written waits to be tried again, under another time than at first.
    *home.called.refusal.lock() = Some(Fault::sender("Unavailable", 503, "not now"));
    let store = home.world.store.clone();
    let began = home.clock.now();
    let parcels = Scope::new("events", "000000000000", "us-east-1").prefix("delivery");
    let mut watch = store.watch(parcels, store.revision().await.unwrap() + 1);
    let ids: Vec<String> = (0..6).map(|it| it.to_string()).collect();
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    change(&home, &named).await;
    watch.next().await.unwrap();
    // It is not dropped: the folder of the store is its own.
    home.stop.cancel();
    let marks = platform::scope("events").key("telling", "shop");
    assert!(
        store.get(&marks).await.unwrap().is_some(),
        "it ended amid the batch"
    );

    let next = Home::over(World::over(store.clone(), wharf_svc_iam::Mode::Enforce));
    next.clock.advance(Duration::from_secs(3600));
    next.calls(ids.len() * RULES * TARGETS).await;
    until("all was told", || async {
        store.get(&marks).await.unwrap().is_none()
    })
    .await;
    // Whatever would be told twice is there by the time that something later arrives.
    change(&next, &["later"]).await;
    until("what is later was told", || async {
        told(&next).iter().filter(|(id, _)| id == "later").count() == RULES * TARGETS
    })
    .await;
    let mut times = std::collections::BTreeSet::new();
    for id in &ids {
        let calls = next.called.calls.lock();
        let of_it = calls.iter().filter_map(|(_, it)| {
            let body: Value = serde_json::from_str(it.input["MessageBody"].as_str()?).ok()?;
            (body["detail"]["id"] == id.as_str()).then_some(body)
        });
        let of_it: Vec<Value> = of_it.collect();
        assert_eq!(of_it.len(), RULES * TARGETS, "{id}");
        times.extend(
            of_it
                .iter()
                .map(|it| it["time"].as_str().unwrap().to_owned()),
        );
    }
    assert_eq!(times, [began.iso8601_seconds()].into());
}
