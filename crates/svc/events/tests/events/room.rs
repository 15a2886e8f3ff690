//! What waits and what is archived is bounded for each account.

use std::sync::Arc;

use serde_json::json;
use wharf_api_events::{Client, CreateArchiveRequest, Events as _, PutEventsRequest};
use wharf_testkit::{World, call};
use wharf_wire::Fault;

use crate::{Home, entry, queue};

/// As users put it: past IAM's gate.
async fn put(home: &Home, bytes: usize) -> Result<(), Fault> {
    let client = Client::new(Arc::new(home.events.clone()), home.world.dispatcher.clone());
    let input = PutEventsRequest {
        entries: Some(vec![entry("shop", json!({"long": "x".repeat(bytes)}))]),
        ..PutEventsRequest::default()
    };
    client.put_events(&call(), input).await.map(|_| ())
}

fn check_full(done: Result<(), Fault>, what: &str) {
    let full = done.unwrap_err();
    assert_eq!((&*full.code, full.status), ("LimitExceededException", 400));
    let text = format!("Account 000000000000 holds all of the {what} may take");
    assert!(full.message.starts_with(&text), "{full}");
}

#[tokio::test]
async fn what_waits_is_refused_beyond_the_share() {
    let home = Home::with(World::new(), |it| it.most_waiting = 20_000);
    let targets = (0..3).map(|it| queue(&format!("t{it}")));
    home.rule("all", json!({"source": ["shop"]}), targets.collect())
        .await;
    check_full(
        put(&home, 30_000).await,
        "20000 bytes that its waiting deliveries",
    );
    put(&home, 10).await.unwrap();
    home.calls(1).await;
}

#[tokio::test]
async fn what_is_archived_is_refused_beyond_the_share() {
    let home = Home::with(World::new(), |it| it.most_archived = 10_000);
    let archive = CreateArchiveRequest {
        archive_name: Some("all".to_owned()),
        event_source_arn: Some(
            "arn:aws:events:us-east-1:000000000000:event-bus/default".to_owned(),
        ),
        ..Default::default()
    };
    home.events.create_archive(&call(), archive).await.unwrap();
    put(&home, 20_000).await.unwrap();
    check_full(
        put(&home, 10).await,
        "10000 bytes that its archives of events",
    );
}
