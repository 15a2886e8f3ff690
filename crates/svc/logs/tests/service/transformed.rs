//! What transformers make, counted for CloudWatch.

use std::{path::Path, sync::Arc};

use serde_json::json;
use wharf_api_logs::{Logs, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_svc_logs::{LogsService, Options};
use wharf_testkit::{ACCOUNT, Counted, call_at};
use wharf_vended::Counters;

use crate::support::{NOW, call, journal, make, open_over, open_with, put, put_policy};

const LINE: &str = "GET /shirts 200";
const HOUR_MS: i64 = 3_600_000;

fn processors() -> Vec<Processor> {
    let match_ = "%{WORD:method} %{NOTSPACE:path} %{INT:status:int}";
    vec![Processor {
        grok: Some(Grok {
            match_: Some(match_.into()),
            ..Default::default()
        }),
        ..Default::default()
    }]
}

fn counting(counters: &Counters) -> Options {
    Options {
        counters: counters.clone(),
        ..Options::default()
    }
}

fn open(folder: &Path, counters: &Counters) -> LogsService {
    open_with(folder, counting(counters))
}

/// With a transformer of the group's own.
async fn transform(logs: &LogsService, group: &str, at: i64) {
    let input = PutTransformerRequest {
        log_group_identifier: Some(group.into()),
        transformer_config: Some(processors()),
    };
    let of = call_at(Timestamp(NOW + at));
    logs.put_transformer(&of, input).await.unwrap();
}

async fn transform_all(logs: &LogsService) {
    let document =
        json!([{ "grok": { "match": "%{WORD:method} %{NOTSPACE:path} %{INT:status:int}" } }]);
    let of = ("TRANSFORMER_POLICY", "all");
    let put = put_policy(logs, of, document.to_string(), None, 0).await;
    put.unwrap();
}

async fn put_at(logs: &LogsService, group: &str, at: i64, lines: &[&str]) {
    let of = call_at(Timestamp(NOW + at));
    let lines: Vec<(i64, &str)> = lines.iter().map(|it| (NOW + at, *it)).collect();
    put(logs, &of, (group, "s"), &lines).await.unwrap();
}

/// Bytes of what becomes of the line.
async fn became(logs: &LogsService) -> f64 {
    let input = TestTransformerRequest {
        transformer_config: Some(processors()),
        log_event_messages: Some(vec![LINE.into()]),
    };
    let tested = logs.test_transformer(&call(), input).await.unwrap();
    let made = tested.transformed_logs.unwrap();
    made[0].transformed_event_message.as_ref().unwrap().len() as f64
}

/// Sums of the metrics of transformers.
fn sums(counted: &Counted) -> Vec<(String, f64)> {
    let sums = counted.sums().into_iter();
    sums.filter(|(name, _)| name.starts_with("Transform"))
        .collect()
}

fn expected(all: &[(&str, f64)]) -> Vec<(String, f64)> {
    let all = all.iter();
    all.map(|(name, sum)| ((*name).to_owned(), *sum)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_events_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let logs = open(folder.path(), &counted.counters);
    make(&logs, "g", &["s"]).await;
    put_at(&logs, "g", 0, &[LINE]).await;
    logs.deliver_once(Timestamp(NOW)).await;
    assert_eq!(sums(&counted), [], "there is no transformer yet");
    transform(&logs, "g", 1000).await;
    put_at(&logs, "g", 2000, &[LINE, "no request", LINE]).await;
    logs.deliver_once(Timestamp(NOW + 2000)).await;
    let bytes = became(&logs).await;
    let all = [
        ("TransformationErrors g", 1.0),
        ("TransformedBytes g", 2.0 * bytes),
        ("TransformedLogEvents g", 2.0),
    ];
    assert_eq!(sums(&counted), expected(&all));
    drop(logs);

    // Started again, it counts what comes then and nothing again.
    let logs = open(folder.path(), &counted.counters);
    logs.follow_all().await.unwrap();
    logs.deliver_once(Timestamp(NOW + 3000)).await;
    assert_eq!(sums(&counted), expected(&all));
    put_at(&logs, "g", 4000, &[LINE]).await;
    logs.deliver_once(Timestamp(NOW + 4000)).await;
    assert_eq!(counted.sums()["TransformedLogEvents g"], 3.0);
    let input = DeleteTransformerRequest {
        log_group_identifier: Some("g".into()),
    };
    let of = call_at(Timestamp(NOW + 5000));
    logs.delete_transformer(&of, input).await.unwrap();
    put_at(&logs, "g", 6000, &[LINE, "no request"]).await;
    logs.deliver_once(Timestamp(NOW + 6000)).await;
    assert_eq!(counted.sums()["TransformedLogEvents g"], 3.0);
    assert_eq!(counted.sums()["TransformationErrors g"], 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accounts_transformer_counts_for_all_of_its_groups_together() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let logs = open(folder.path(), &counted.counters);
    for group in ["g", "h", "own"] {
        make(&logs, group, &["s"]).await;
    }
    transform_all(&logs).await;
    transform(&logs, "own", 0).await;
    for group in ["g", "h", "own"] {
        put_at(&logs, group, 1000, &[LINE]).await;
    }
    logs.deliver_once(Timestamp(NOW + 1000)).await;
    let bytes = became(&logs).await;
    let all = [
        ("TransformedBytes AccountPolicy", 2.0 * bytes),
        ("TransformedBytes own", bytes),
        ("TransformedLogEvents AccountPolicy", 2.0),
        ("TransformedLogEvents own", 1.0),
    ];
    assert_eq!(sums(&counted), expected(&all));
}

/// A kill between the count and the cursor leaves the place behind that was counted up to.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_when_the_process_was_killed_is_not_counted_again() {
    let folder = tempfile::tempdir().unwrap();
    let events = journal(folder.path());
    let counted = Counted::new(Arc::new(SystemClock));
    let logs = open_over(folder.path(), events.clone(), counting(&counted.counters));
    make(&logs, "g", &["s"]).await;
    transform(&logs, "g", 0).await;
    put_at(&logs, "g", 1000, &[LINE, LINE, LINE]).await;
    let stream = events.streams("logs/", None, usize::MAX)[0].name.clone();
    let work = format!("{stream} transformed/counted");
    counted
        .counters
        .together(|counts| counts.reach(ACCOUNT, &work, 2));
    logs.deliver_once(Timestamp(NOW + 1000)).await;
    assert_eq!(counted.sums()["TransformedLogEvents g"], 1.0);
    assert_eq!(events.cursor(&stream, "transformed/counted"), Some(3));
    assert_eq!(counted.counters.reached(ACCOUNT, &work), None);
}

/// The version before left events and no cursors.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_long_ago_are_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let logs = open(folder.path(), &Counters::default());
    make(&logs, "g", &["s"]).await;
    transform(&logs, "g", 0).await;
    put_at(&logs, "g", 1000, &[LINE, LINE]).await;
    logs.deliver_once(Timestamp(NOW + 1000)).await;
    drop(logs);
    let logs = open(folder.path(), &counted.counters);
    logs.follow_all().await.unwrap();
    logs.deliver_once(Timestamp(NOW + 2 * HOUR_MS)).await;
    assert_eq!(sums(&counted), []);
    put_at(&logs, "g", 2 * HOUR_MS, &[LINE]).await;
    logs.deliver_once(Timestamp(NOW + 2 * HOUR_MS)).await;
    assert_eq!(counted.sums()["TransformedLogEvents g"], 1.0);
}
