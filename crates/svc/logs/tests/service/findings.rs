//! What data protection finds: reports in log groups and buckets, and their count.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_api_logs::{Input, Logs, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_svc_logs::{LogsService, Options};
use wharf_testkit::{Counted, call_at, refused};

use crate::support::{Called, NOW, arn, call, journal, make, open, open_over, open_with, put};

fn policy(destination: Value) -> String {
    let all = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"];
    json!({ "Name": "p", "Version": "2021-06-01", "Statement": [
        { "DataIdentifier": all, "Operation": { "Audit": { "FindingsDestination": destination } } },
        { "DataIdentifier": all, "Operation": { "Deidentify": { "MaskConfig": {} } } },
    ] })
    .to_string()
}

fn protecting(destination: Value) -> PutDataProtectionPolicyRequest {
    PutDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
        policy_document: Some(policy(destination)),
    }
}

async fn put_at(logs: &LogsService, at: i64, lines: &[&str]) {
    let of = call_at(Timestamp(NOW + at));
    let lines: Vec<(i64, &str)> = lines.iter().map(|it| (NOW + at, *it)).collect();
    put(logs, &of, ("g", "s"), &lines).await.unwrap();
    logs.deliver_once(Timestamp(NOW + at)).await;
}

async fn reports(logs: &LogsService) -> Vec<Value> {
    let mut input = FilterLogEventsRequest {
        log_group_name: Some("reports".into()),
        ..Default::default()
    };
    let mut all = Vec::new();
    loop {
        let found = logs.filter_log_events(&call(), input.clone()).await;
        let found = found.unwrap();
        let events = found.events.unwrap().into_iter();
        let texts = events.map(|it| it.message.unwrap());
        all.extend(texts.map(|it| serde_json::from_str::<Value>(&it).unwrap()));
        if found.next_token.is_none() {
            return all;
        }
        input.next_token = found.next_token;
    }
}

async fn events_of(logs: &LogsService, group: &str) -> usize {
    let input = FilterLogEventsRequest {
        log_group_name: Some(group.into()),
        ..Default::default()
    };
    let found = logs.filter_log_events(&call(), input).await.unwrap();
    found.events.unwrap().len()
}

async fn protect_all(logs: &LogsService, destination: Value) {
    let input = PutAccountPolicyRequest {
        policy_name: Some("all".into()),
        policy_type: Some("DATA_PROTECTION_POLICY".into()),
        policy_document: Some(policy(destination)),
        ..Default::default()
    };
    logs.put_account_policy(&call(), input).await.unwrap();
}

/// A policy that finds letters, each by all of its identifiers.
fn finding_letters(identifiers: &[&str], destination: Value) -> String {
    let mut document: Value = serde_json::from_str(&policy(destination)).unwrap();
    let custom = identifiers
        .iter()
        .map(|name| json!({ "Name": name, "Regex": "[a-z]" }));
    let custom: Vec<Value> = custom.collect();
    document["Configuration"] = json!({ "CustomDataIdentifier": custom });
    for number in [0, 1] {
        document["Statement"][number]["DataIdentifier"] = json!(identifiers);
    }
    document.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_findings_is_reported_and_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let options = Options {
        counters: counted.counters.clone(),
        ..Options::default()
    };
    let logs = open_with(folder.path(), options);
    let called = Arc::new(Called::default());
    logs.calling(called.clone());
    make(&logs, "g", &["s"]).await;
    let of = call();
    let missing = logs.put_data_protection_policy(
        &of,
        protecting(json!({ "CloudWatchLogs": { "LogGroup": "reports" } })),
    );
    refused(
        missing.await,
        "InvalidParameterException",
        "The log group reports of the FindingsDestination does not exist.",
    );
    make(&logs, "reports", &[]).await;
    put_at(&logs, 0, &["from before: a@b.example"]).await;
    let both = json!({ "CloudWatchLogs": { "LogGroup": "reports" }, "S3": { "Bucket": "b" } });
    let later = call_at(Timestamp(NOW + 1000));
    logs.put_data_protection_policy(&later, protecting(both))
        .await
        .unwrap();
    called.take();
    put_at(
        &logs,
        2000,
        &["to a@b.example, c@d.example", "nothing", "e@f.example"],
    )
    .await;
    let found = reports(&logs).await;
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0],
        json!({
            "auditTimestamp": "2026-01-02T00:00:02Z",
            "resourceArn": format!("{}:*", arn("g")),
            "dataIdentifiers": [{ "name": "EmailAddress", "count": 2,
                "detections": [{ "start": 4, "end": 14 }, { "start": 17, "end": 27 }] }],
        })
    );
    let [(_, request)] = &called.take()[..] else {
        panic!("one object");
    };
    assert_eq!(
        (&*request.operation, &request.input["Bucket"]),
        ("PutObject", &json!("b"))
    );
    let body = request.input["Body"].as_str().unwrap();
    let lines: Vec<Value> = body
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(lines, found);
    let sums = counted.sums();
    assert_eq!(sums["LogEventsWithFindings"], 2.0, "{sums:?}");
    assert_eq!(sums["LogEventsWithFindings g"], 2.0, "{sums:?}");

    // What a bucket does not take it gets later, as the same object.
    called.refuse(true);
    put_at(&logs, 3000, &["x@y.example"]).await;
    called.refuse(false);
    assert_eq!(called.take().len(), 0);
    assert_eq!(counted.sums()["LogEventsWithFindings g"], 3.0);
    assert_eq!(reports(&logs).await.len(), 3);
    drop(logs);
    let logs = open(folder.path());
    logs.calling(called.clone());
    logs.follow_all().await.unwrap();
    logs.deliver_once(Timestamp(NOW + 9000)).await;
    assert_eq!(called.take().len(), 1);
    assert_eq!(
        reports(&logs).await.len(),
        3,
        "the log group has them already"
    );

    // What comes in after the policy is not looked at.
    let input = DeleteDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
    };
    let later = call_at(Timestamp(NOW + 10_000));
    logs.delete_data_protection_policy(&later, input)
        .await
        .unwrap();
    let before = reports(&logs).await.len();
    put_at(&logs, 11_000, &["x@y.example"]).await;
    assert_eq!(reports(&logs).await.len(), before);
    assert!(called.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_gone_silences_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let options = Options {
        counters: counted.counters.clone(),
        ..Options::default()
    };
    let logs = open_with(folder.path(), options);
    let called = Arc::new(Called::default());
    logs.calling(called.clone());
    make(&logs, "g", &["s"]).await;
    make(&logs, "reports", &[]).await;
    let own = json!({ "CloudWatchLogs": { "LogGroup": "reports" } });
    logs.put_data_protection_policy(&call(), protecting(own))
        .await
        .unwrap();
    protect_all(&logs, json!({ "S3": { "Bucket": "b" } })).await;
    let gone = DeleteLogGroupRequest {
        log_group_name: Some("reports".into()),
    };
    logs.delete_log_group(&call(), gone).await.unwrap();
    put_at(&logs, 1000, &["to a@b.example"]).await;
    assert_eq!(called.take().len(), 1);
    assert_eq!(counted.sums()["LogEventsWithFindings g"], 1.0);
    assert_eq!(logs.dropped().undelivered, 0);
    drop(logs);

    // What a destination did not take for a day is passed over, and counted.
    let logs = open(folder.path());
    logs.calling(called.clone());
    logs.follow_all().await.unwrap();
    let later = Timestamp(NOW + 1001 + 86_400_000);
    logs.deliver_once(later).await;
    assert_eq!(logs.dropped().undelivered, 1);
    assert!(called.take().is_empty());
    logs.follow_all().await.unwrap();
    logs.deliver_once(later).await;
    assert_eq!(logs.dropped().undelivered, 1);
}

/// The version before had one place in a stream, for all destinations.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_version_before_told_is_not_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let events = journal(folder.path());
    let logs = open_over(folder.path(), events.clone(), Options::default());
    let called = Arc::new(Called::default());
    logs.calling(called.clone());
    make(&logs, "g", &["s"]).await;
    let bucket = json!({ "S3": { "Bucket": "b" } });
    logs.put_data_protection_policy(&call(), protecting(bucket))
        .await
        .unwrap();
    let lines = [(NOW, "to a@b.example"), (NOW, "to c@d.example")];
    put(&logs, &call(), ("g", "s"), &lines).await.unwrap();
    let stream = &events.streams("logs/", None, 9)[0].name;
    events.set_cursor(stream, "findings", 1).await.unwrap();
    logs.deliver_once(Timestamp(NOW)).await;
    let [(_, request)] = &called.take()[..] else {
        panic!("one object");
    };
    let body = request.input["Body"].as_str().unwrap();
    assert_eq!(body.lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn places_of_destinations_that_no_policy_names_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let events = journal(folder.path());
    let logs = open_over(folder.path(), events.clone(), Options::default());
    logs.calling(Arc::new(Called::default()));
    make(&logs, "g", &["s"]).await;
    // Each a while after the one before: no put can be under way any more that began under that.
    for number in 0..101 {
        let at = number * 4_000_000;
        let bucket = json!({ "S3": { "Bucket": format!("b{number}") } });
        let of = call_at(Timestamp(NOW + at));
        logs.put_data_protection_policy(&of, protecting(bucket))
            .await
            .unwrap();
        put_at(&logs, at + 1, &["to a@b.example"]).await;
        let stream = &events.streams("logs/", None, 9)[0];
        // Rules are kept as long as events are there that came in under them.
        events.trim(&stream.name, stream.end).await.unwrap();
    }
    let stream = &events.streams("logs/", None, 9)[0].name;
    let known = events.cursors(stream);
    assert!(known.len() <= 4, "{known:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_that_are_more_than_one_put_takes_are_all_told() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    logs.calling(Arc::new(Called::default()));
    make(&logs, "g", &["s"]).await;
    make(&logs, "reports", &[]).await;
    let destination = json!({ "CloudWatchLogs": { "LogGroup": "reports" } });
    let input = PutDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
        policy_document: Some(finding_letters(&["A", "B", "C"], destination)),
    };
    logs.put_data_protection_policy(&call(), input)
        .await
        .unwrap();
    let line = "x".repeat(100);
    put_at(&logs, 1000, &vec![line.as_str(); 1000]).await;
    let found = reports(&logs).await;
    assert_eq!(found.len(), 1000);
    assert_eq!(found[999]["dataIdentifiers"][2]["count"], 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_puts_into_a_stream_of_reports_is_found_too() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let options = Options {
        counters: counted.counters.clone(),
        ..Options::default()
    };
    let logs = open_with(folder.path(), options);
    let called = Arc::new(Called::default());
    logs.calling(called.clone());
    make(&logs, "g", &["s"]).await;
    make(&logs, "reports", &[]).await;
    let both = json!({ "CloudWatchLogs": { "LogGroup": "reports" }, "S3": { "Bucket": "b" } });
    protect_all(&logs, both).await;
    put_at(&logs, 1000, &["to a@b.example"]).await;
    assert_eq!(called.take().len(), 1);
    let input = DescribeLogStreamsRequest {
        log_group_name: Some("reports".into()),
        ..Default::default()
    };
    let streams = logs.describe_log_streams(&call(), input).await.unwrap();
    let stream = streams.log_streams.unwrap()[0].log_stream_name.clone();
    let of = call_at(Timestamp(NOW + 2000));
    let lines = [(NOW + 2000, "to c@d.example")];
    put(&logs, &of, ("reports", &stream.unwrap()), &lines)
        .await
        .unwrap();
    logs.deliver_once(Timestamp(NOW + 2000)).await;
    assert_eq!(called.take().len(), 1);
    let sums = counted.sums();
    assert_eq!(sums["LogEventsWithFindings reports"], 1.0, "{sums:?}");
    // Into a log group nothing is told of it: two could report each other for ever.
    assert_eq!(events_of(&logs, "reports").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_after_a_policy_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let events = journal(folder.path());
    let logs = open_over(folder.path(), events.clone(), Options::default());
    let called = Arc::new(Called::default());
    logs.calling(called.clone());
    make(&logs, "g", &["s"]).await;
    let bucket = json!({ "S3": { "Bucket": "b" } });
    logs.put_data_protection_policy(&call(), protecting(bucket))
        .await
        .unwrap();
    put_at(&logs, 1000, &["to a@b.example"]).await;
    let input = DeleteDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
    };
    let later = call_at(Timestamp(NOW + 2000));
    logs.delete_data_protection_policy(&later, input)
        .await
        .unwrap();
    let stream = &events.streams("logs/", None, 9)[0].name;
    for at in [3000, 4000] {
        put_at(&logs, at, &["to c@d.example"]).await;
        let (end, cursors) = (events.end(stream), events.cursors(stream));
        assert!(cursors.values().all(|it| *it == end), "{cursors:?} {end}");
    }
    assert_eq!(called.take().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_do_not_report_each_other_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    logs.calling(Arc::new(Called::default()));
    make(&logs, "g", &["s"]).await;
    // Whatever it is, it is found in reports too.
    let destination = json!({ "CloudWatchLogs": { "LogGroup": "g" } });
    let input = PutDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
        policy_document: Some(finding_letters(&["Any"], destination)),
    };
    logs.put_data_protection_policy(&call(), input)
        .await
        .unwrap();
    put_at(&logs, 1000, &["some words"]).await;
    assert_eq!(events_of(&logs, "g").await, 2);
}

#[tokio::test]
async fn who_has_findings_written_into_a_group_must_be_allowed_to_write_there() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let input = protecting(json!({ "CloudWatchLogs": { "LogGroup": "reports" } }));
    let of = call();
    let checks = logs.authorize(&of, Input::PutDataProtectionPolicy(&input));
    let checks = checks.await.unwrap().into_iter();
    let shown: Vec<(String, String)> = checks
        .map(|it| (it.action.to_string(), it.resource.to_string()))
        .collect();
    assert_eq!(
        shown,
        [
            (
                "logs:PutDataProtectionPolicy".to_owned(),
                format!("{}:*", arn("g"))
            ),
            (
                "logs:PutLogEvents".to_owned(),
                format!("{}:log-stream:*", arn("reports"))
            ),
        ]
    );
}
