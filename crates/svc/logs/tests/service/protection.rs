//! Data protection policies: who sees stars.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_api_logs::{Logs, types::*};
use wharf_base::Timestamp;
use wharf_svc_logs::LogsService;
use wharf_testkit::call_at;

use crate::support::{Called, NOW, arn, call, make, open, put, unpacked};

const LINE: &str = r#"{"who":"a@b.example","ms":7}"#;
const MASKED: &str = r#"{"who":"***********","ms":7}"#;

fn policy(identifier: &str) -> String {
    let all = [format!(
        "arn:aws:dataprotection::aws:data-identifier/{identifier}"
    )];
    json!({ "Name": "p", "Version": "2021-06-01", "Statement": [
        { "DataIdentifier": all, "Operation": { "Audit": { "FindingsDestination": {} } } },
        { "DataIdentifier": all, "Operation": { "Deidentify": { "MaskConfig": {} } } },
    ] })
    .to_string()
}

async fn protect(logs: &LogsService, at: i64) {
    let input = PutDataProtectionPolicyRequest {
        log_group_identifier: Some(arn("g")),
        policy_document: Some(policy("EmailAddress")),
    };
    let call = call_at(Timestamp(NOW + at));
    logs.put_data_protection_policy(&call, input).await.unwrap();
}

async fn logs(folder: &std::path::Path) -> (LogsService, Arc<Called>) {
    let (logs, called) = (open(folder), Arc::new(Called::default()));
    logs.calling(called.clone());
    make(&logs, "g", &["s"]).await;
    (logs, called)
}

async fn put_at(logs: &LogsService, at: i64, line: &str) {
    let call = call_at(Timestamp(NOW + at));
    put(logs, &call, ("g", "s"), &[(NOW + at, line)])
        .await
        .unwrap();
}

async fn read(logs: &LogsService, unmask: bool) -> Vec<String> {
    let input = GetLogEventsRequest {
        log_group_name: Some("g".into()),
        log_stream_name: Some("s".into()),
        start_from_head: Some(true),
        unmask: Some(unmask),
        ..Default::default()
    };
    let found = logs.get_log_events(&call(), input).await.unwrap();
    let events = found.events.unwrap().into_iter();
    events.map(|it| it.message.unwrap()).collect()
}

async fn filtered(logs: &LogsService, pattern: &str, unmask: bool) -> usize {
    let input = FilterLogEventsRequest {
        log_group_name: Some("g".into()),
        filter_pattern: Some(pattern.into()),
        unmask: Some(unmask),
        ..Default::default()
    };
    let found = logs.filter_log_events(&call(), input).await.unwrap();
    found.events.unwrap().len()
}

/// Rows of a query: values with their names, pointers too.
async fn asked(logs: &LogsService, text: &str) -> Vec<Vec<(String, String)>> {
    let input = StartQueryRequest {
        log_group_name: Some("g".into()),
        start_time: Some(NOW / 1000 - 60),
        end_time: Some(NOW / 1000 + 60),
        query_string: Some(text.into()),
        ..Default::default()
    };
    let input = GetQueryResultsRequest {
        query_id: logs.start_query(&call(), input).await.unwrap().query_id,
        ..Default::default()
    };
    loop {
        let found = logs.get_query_results(&call(), input.clone()).await;
        let found = found.unwrap();
        if found.status.as_deref() == Some("Complete") {
            let row = |row: Vec<ResultField>| {
                let each = row.into_iter();
                each.map(|it| (it.field.unwrap(), it.value.unwrap()))
                    .collect()
            };
            return found.results.unwrap().into_iter().map(row).collect();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_stars_unless_they_may_see_more() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    put_at(&logs, 0, LINE).await;
    protect(&logs, 1).await;
    put_at(&logs, 1, LINE).await;
    // What came in before the policy is not masked, as with AWS.
    assert_eq!(read(&logs, false).await, [LINE, MASKED]);
    assert_eq!(read(&logs, true).await, [LINE, LINE]);
    // Nobody finds out by asking.
    assert_eq!(filtered(&logs, "\"a@b.example\"", false).await, 1);
    assert_eq!(filtered(&logs, "\"a@b.example\"", true).await, 2);
    assert_eq!(filtered(&logs, "\"***\"", false).await, 1);

    let found = asked(&logs, "filter who = 'a@b.example' | stats count(*) as n").await;
    assert_eq!(found, [[("n".to_owned(), "1".to_owned())]]);
    let found = asked(&logs, "filter @message like '****' | display @message, who").await;
    let (pointer, shown) = found[0].split_last().unwrap();
    assert_eq!(
        shown,
        [
            ("@message".to_owned(), MASKED.to_owned()),
            ("who".to_owned(), "***********".to_owned())
        ]
    );
    for (unmask, who) in [(false, "***********"), (true, "a@b.example")] {
        let input = GetLogRecordRequest {
            log_record_pointer: Some(pointer.1.clone()),
            unmask: Some(unmask),
        };
        let record = logs.get_log_record(&call(), input).await.unwrap();
        assert_eq!(record.log_record.unwrap()["who"], who);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_masked_stays_masked() {
    let folder = tempfile::tempdir().unwrap();
    {
        let (logs, _) = logs(folder.path()).await;
        protect(&logs, 0).await;
        put_at(&logs, 0, LINE).await;
        let named = DeleteDataProtectionPolicyRequest {
            log_group_identifier: Some("g".into()),
        };
        let later = call_at(Timestamp(NOW + 1));
        logs.delete_data_protection_policy(&later, named.clone())
            .await
            .unwrap();
        let again = logs.delete_data_protection_policy(&later, named).await;
        assert_eq!(again.unwrap_err().code, "ResourceNotFoundException");
        put_at(&logs, 1, LINE).await;
        assert_eq!(read(&logs, false).await, [MASKED, LINE]);
    }
    let logs = open(folder.path());
    assert_eq!(read(&logs, false).await, [MASKED, LINE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_shown_as_it_was_put() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    let named = || GetDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
    };
    let shown = logs.get_data_protection_policy(&call(), named()).await;
    assert_eq!(shown.unwrap().policy_document, None);
    let status = async || {
        let all = DescribeLogGroupsRequest::default();
        let groups = logs.describe_log_groups(&call(), all).await.unwrap();
        let groups = groups.log_groups.unwrap();
        groups[0].data_protection_status.clone()
    };
    assert_eq!(status().await, None);
    protect(&logs, 5).await;
    let shown = logs
        .get_data_protection_policy(&call(), named())
        .await
        .unwrap();
    assert_eq!(shown.policy_document, Some(policy("EmailAddress")));
    assert_eq!(shown.last_updated_time, Some(NOW + 5));
    assert_eq!(status().await.as_deref(), Some("ACTIVATED"));
    let input = PutDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
        policy_document: Some(policy("Name")),
    };
    let refused = logs
        .put_data_protection_policy(&call(), input)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "InvalidParameterException");
    assert!(
        refused.message.contains("data-identifier/Name"),
        "{}",
        refused.message
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_transformers_see_stars() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    protect(&logs, 0).await;
    let transformer = PutTransformerRequest {
        log_group_identifier: Some("g".into()),
        transformer_config: Some(vec![Processor {
            parse_json: Some(ParseJSON {
                destination: Some("all".into()),
                ..Default::default()
            }),
            ..Default::default()
        }]),
    };
    logs.put_transformer(&call(), transformer).await.unwrap();
    let filter = PutMetricFilterRequest {
        log_group_name: Some("g".into()),
        filter_name: Some("f".into()),
        filter_pattern: Some("{ $.ms = * }".into()),
        metric_transformations: Some(vec![MetricTransformation {
            metric_name: Some("ms".into()),
            metric_namespace: Some("shop".into()),
            metric_value: Some("$.ms".into()),
            dimensions: Some([("Who".to_owned(), "$.who".to_owned())].into()),
            ..Default::default()
        }]),
        ..Default::default()
    };
    logs.put_metric_filter(&call(), filter).await.unwrap();
    for on_transformed in [true, false] {
        let subscription = PutSubscriptionFilterRequest {
            log_group_name: Some("g".into()),
            filter_name: Some(on_transformed.to_string()),
            filter_pattern: Some("".into()),
            destination_arn: Some("arn:aws:sqs:us-east-1:000000000000:lines".into()),
            apply_on_transformed_logs: Some(on_transformed),
            ..Default::default()
        };
        logs.put_subscription_filter(&call(), subscription)
            .await
            .unwrap();
    }
    called.take();
    put_at(&logs, 0, LINE).await;
    let (_, metric) = called.take().pop().unwrap();
    let dimension = &metric.input["MetricData"][0]["Dimensions"][0];
    assert_eq!(dimension, &json!({ "Name": "Who", "Value": "***********" }));
    logs.deliver_once(Timestamp(NOW)).await;
    let mut sent: Vec<Value> = Vec::new();
    for (_, request) in called.take() {
        let message = unpacked(&request);
        sent.push(message["logEvents"][0]["message"].clone());
    }
    assert_eq!(
        sent,
        [json!(format!("{{\"all\":{MASKED}}}")), json!(MASKED)]
    );
}

#[tokio::test]
async fn a_query_unmasks_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    protect(&logs, 0).await;
    put_at(&logs, 1, LINE).await;
    let value = async |text: &str| {
        let rows = asked(&logs, text).await;
        let found = rows[0].iter().find(|(name, _)| name == "it");
        found.map(|(_, value)| value.clone())
    };
    let masked = "***********";
    for (text, expected) in [
        ("fields @message as it", MASKED),
        ("fields unmask(@message) as it", LINE),
        ("fields who as it", masked),
        ("fields unmask(who) as it", "a@b.example"),
        ("fields unmask(ms) as it", "7"),
        (
            "filter unmask(who) = 'a@b.example' | fields who as it",
            masked,
        ),
        ("fields unmask(who) as it | sort ms", "a@b.example"),
    ] {
        assert_eq!(value(text).await.as_deref(), Some(expected), "{text}");
    }
    assert!(asked(&logs, "filter who = 'a@b.example'").await.is_empty());
}

/// Retention may be made longer while the events are there still.
#[tokio::test]
async fn a_policy_is_kept_while_events_are_on_disk_that_came_in_under_it() {
    const DAY_MS: i64 = 86_400_000;
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    protect(&logs, 0).await;
    put_at(&logs, 1, LINE).await;
    let input = PutRetentionPolicyRequest {
        log_group_name: Some("g".into()),
        retention_in_days: Some(1),
    };
    logs.put_retention_policy(&call(), input).await.unwrap();
    for number in 0..2 {
        protect(&logs, 3 * DAY_MS + number).await;
    }
    let input = DeleteRetentionPolicyRequest {
        log_group_name: Some("g".into()),
    };
    logs.delete_retention_policy(&call(), input).await.unwrap();
    assert_eq!(read(&logs, false).await, [MASKED]);
}

/// Versions that no event needs make room for new ones.
#[tokio::test]
async fn a_policy_is_changed_as_often_as_one_likes() {
    const HOUR_MS: i64 = 3_600_000;
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    for number in 0..100 {
        protect(&logs, number).await;
    }
    let another = async |at: i64| {
        let input = PutDataProtectionPolicyRequest {
            log_group_identifier: Some(arn("g")),
            policy_document: Some(policy("EmailAddress")),
        };
        let call = call_at(Timestamp(NOW + at));
        logs.put_data_protection_policy(&call, input).await
    };
    assert_eq!(
        another(100).await.unwrap_err().code,
        "LimitExceededException"
    );
    another(2 * HOUR_MS).await.unwrap();
    put_at(&logs, 2 * HOUR_MS + 1, LINE).await;
    for number in 2..100 {
        another(2 * HOUR_MS + number).await.unwrap();
    }
    let later = another(9 * HOUR_MS).await;
    assert_eq!(read(&logs, false).await, [MASKED]);
    later.unwrap();
}
