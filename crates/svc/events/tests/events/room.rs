//! What waits and what is archived is bounded for each account.

use serde_json::json;
use wharf_api_events::{
    CreateArchiveRequest, Events as _, PutEventsRequest, PutEventsResultEntry, schema::SERVICE,
};
use wharf_store::{Store, StoreOptions};
use wharf_svc_iam::Mode;
use wharf_testkit::{ACCOUNT, PERMIT, World, call};
use wharf_wire::Check;

use crate::{Home, entry, queue};

/// As users put them: past IAM's gate. The results.
async fn put(home: &Home, bytes: &[usize]) -> Vec<PutEventsResultEntry> {
    let checks = [Check::new("events:PutEvents", "*")];
    let cx = call().context().clone();
    let dispatcher = &home.world.dispatcher;
    let call = dispatcher.admit_from_outside(&SERVICE, cx, &checks).await;
    let entries = bytes
        .iter()
        .map(|bytes| entry("shop", json!({"long": "x".repeat(*bytes)})));
    let input = PutEventsRequest {
        entries: Some(entries.collect()),
        ..PutEventsRequest::default()
    };
    let answer = home.events.put_events(&call.unwrap(), input).await.unwrap();
    answer.entries.unwrap()
}

fn check_full(result: &PutEventsResultEntry, what: &str) {
    assert_eq!(result.error_code.as_deref(), Some("ThrottlingException"));
    let text = format!("Account 000000000000 holds all of the {what} may take");
    let message = result.error_message.as_deref().unwrap();
    assert!(message.starts_with(&text), "{message}");
}

#[tokio::test]
async fn what_waits_is_refused_beyond_the_share() {
    let home = Home::with(World::new(), |it| it.most_waiting = 20_000);
    let targets = (0..3).map(|it| queue(&format!("t{it}")));
    home.rule("all", json!({"source": ["shop"]}), targets.collect())
        .await;
    // Each entry for itself.
    let results = put(&home, &[30_000, 10]).await;
    check_full(&results[0], "20000 bytes that its waiting deliveries");
    assert_eq!(results[1].error_code, None);
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
    assert_eq!(put(&home, &[20_000]).await[0].error_code, None);
    let results = put(&home, &[10]).await;
    check_full(&results[0], "10000 bytes that its archives of events");
}

#[tokio::test]
async fn an_entry_that_crosses_the_share_of_the_store_fails_alone() {
    const SHARE: u64 = 256 << 10;
    let store = Store::in_memory(StoreOptions {
        account_bytes: Some(SHARE),
        ..StoreOptions::default()
    });
    let home = Home::over(World::over(store.clone(), Mode::Enforce));
    let archive = CreateArchiveRequest {
        archive_name: Some("all".to_owned()),
        event_source_arn: Some(format!(
            "arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
        )),
        ..Default::default()
    };
    home.events.create_archive(&call(), archive).await.unwrap();
    home.rule("all", json!({"source": ["shop"]}), vec![queue("t")])
        .await;
    // Some forty kilobytes are left.
    let fill = SHARE - store.held(ACCOUNT).bytes - 41_000;
    let filler = format!("/w1/c0/ssm/{ACCOUNT}/us-east-1/parameter/large");
    let value = vec![b'x'; usize::try_from(fill).unwrap()];
    store.put(&PERMIT, filler, value).await.unwrap();
    let results = put(&home, &[60_000, 1000]).await;
    check_full(&results[0], "256 KiB that its records");
    assert_eq!(results[1].error_code, None);
    let calls = home.calls(1).await;
    let sent = calls[0].1.input.to_string();
    assert!(
        sent.len() < 10_000,
        "the small one was sent: {} bytes",
        sent.len()
    );
}
