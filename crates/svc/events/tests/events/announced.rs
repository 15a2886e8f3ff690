//! What services announce reaches rules of the default bus, once for each change, over an end as well.

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_records::Scope;
use wharf_service::{
    Place,
    announce::{Announcement, Announcing},
};
use wharf_store::{Event, Txn};
use wharf_testkit::{PERMIT, World, until};

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

async fn change(home: &Home, ids: &[&str]) {
    let scope = Scope::new("shop", "000000000000", "us-east-1");
    let txn = ids
        .iter()
        .fold(Txn::new(), |txn, id| txn.put(scope.key("thing", id), "{}"));
    assert!(home.world.store.txn(&PERMIT, txn).await.unwrap().succeeded);
}

/// The cursor is there: what happens from here on is told.
async fn ready(home: &Home) {
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
