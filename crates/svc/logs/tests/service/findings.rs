//! What data protection finds: reports in log groups and buckets, and their count.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_api_logs::{Input, Logs, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_svc_logs::{LogsService, Options};
use wharf_testkit::{Counted, call_at, refused};

use crate::support::{Called, NOW, arn, call, make, open, open_with, put};

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
    let input = FilterLogEventsRequest {
        log_group_name: Some("reports".into()),
        ..Default::default()
    };
    let found = logs.filter_log_events(&call(), input).await.unwrap();
    let events = found.events.unwrap().into_iter();
    let texts = events.map(|it| it.message.unwrap());
    texts.map(|it| serde_json::from_str(&it).unwrap()).collect()
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
    assert_eq!(counted.sums()["LogEventsWithFindings g"], 2.0);
    drop(logs);
    let logs = open(folder.path());
    logs.calling(called.clone());
    logs.follow_all().await.unwrap();
    logs.deliver_once(Timestamp(NOW + 9000)).await;
    assert_eq!(called.take().len(), 1);

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
async fn groups_do_not_report_each_other_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    logs.calling(Arc::new(Called::default()));
    make(&logs, "g", &["s"]).await;
    // Whatever it is, it is found in reports too.
    let mut document: Value =
        serde_json::from_str(&policy(json!({ "CloudWatchLogs": { "LogGroup": "g" } }))).unwrap();
    document["Configuration"] =
        json!({ "CustomDataIdentifier": [{ "Name": "Any", "Regex": "[a-z]+" }] });
    for number in [0, 1] {
        document["Statement"][number]["DataIdentifier"] = json!(["Any"]);
    }
    let input = PutDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
        policy_document: Some(document.to_string()),
    };
    logs.put_data_protection_policy(&call(), input)
        .await
        .unwrap();
    put_at(&logs, 1000, &["some words"]).await;
    let input = FilterLogEventsRequest {
        log_group_name: Some("g".into()),
        ..Default::default()
    };
    let found = logs.filter_log_events(&call(), input).await.unwrap();
    assert_eq!(found.events.unwrap().len(), 2);
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
