//! Metrics of log events: by filters, and embedded in them.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use wharf_api_logs::{Logs, types::*};
use wharf_base::Timestamp;
use wharf_delivery::Actor;
use wharf_svc_logs::LogsService;
use wharf_testkit::{ACCOUNT, call_at};

use crate::support::{Called, NOW, call, make, open, put};

/// Metrics with their values and counts that were put since the last look.
fn put_since(called: &Called) -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    for (actor, request) in called.take() {
        assert!(matches!(actor, Actor::Account { account, .. } if account == ACCOUNT));
        assert_eq!(
            (&*request.service, &*request.operation, &*request.region),
            ("cloudwatch", "PutMetricData", "us-east-1")
        );
        for datum in request.input["MetricData"].as_array().unwrap() {
            assert_eq!(datum["Timestamp"].as_f64().unwrap() % 60.0, 0.0);
            let dimensions = datum["Dimensions"].as_array().unwrap().iter();
            let dimensions = dimensions.map(|it| {
                format!(
                    " {}={}",
                    it["Name"].as_str().unwrap(),
                    it["Value"].as_str().unwrap()
                )
            });
            let (namespace, name) = (
                request.input["Namespace"].as_str().unwrap(),
                datum["MetricName"].as_str().unwrap(),
            );
            let name = format!("{namespace}/{name}{}", dimensions.collect::<String>());
            found.push((name, datum["Values"].clone(), datum["Counts"].clone()));
        }
    }
    found
}

fn filter(name: &str, pattern: &str, value: &str) -> PutMetricFilterRequest {
    PutMetricFilterRequest {
        log_group_name: Some("g".into()),
        filter_name: Some(name.into()),
        filter_pattern: Some(pattern.into()),
        metric_transformations: Some(vec![MetricTransformation {
            metric_name: Some(format!("{name}s")),
            metric_namespace: Some("shop".into()),
            metric_value: Some(value.into()),
            ..Default::default()
        }]),
        ..Default::default()
    }
}

async fn logs(folder: &std::path::Path) -> (LogsService, Arc<Called>) {
    let called = Arc::new(Called::default());
    let logs = open(folder);
    logs.calling(called.clone());
    make(&logs, "g", &["s"]).await;
    (logs, called)
}

#[tokio::test]
async fn filters_count_what_is_put() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    logs.put_metric_filter(&call(), filter("error", "ERROR", "1"))
        .await
        .unwrap();
    let mut sized = filter("size", "{ $.ms = * }", "$.ms");
    sized.metric_transformations.as_mut().unwrap()[0].dimensions =
        Some(BTreeMap::from([("Path".to_owned(), "$.path".to_owned())]));
    logs.put_metric_filter(&call(), sized).await.unwrap();
    let events = [
        (NOW, "ERROR one"),
        (NOW, "fine"),
        (NOW + 1, "ERROR two"),
        (NOW + 2, r#"{"ms":7,"path":"/a"}"#),
        (NOW + 3, r#"{"ms":7}"#),
        // Too far ahead: rejected, and not counted.
        (NOW + 3 * 3_600_000, "ERROR later"),
    ];
    put(&logs, &call(), ("g", "s"), &events).await.unwrap();
    assert_eq!(
        put_since(&called),
        [
            ("shop/errors".to_owned(), json!([1.0]), json!([2.0])),
            ("shop/sizes Path=/a".to_owned(), json!([7.0]), json!([1.0])),
        ]
    );
    // Nobody takes metrics: the events are kept all the same.
    called.refuse(true);
    put(&logs, &call(), ("g", "s"), &[(NOW, "ERROR three")])
        .await
        .unwrap();
    called.refuse(false);
    let delete = DeleteMetricFilterRequest {
        log_group_name: Some("g".into()),
        filter_name: Some("error".into()),
    };
    logs.delete_metric_filter(&call(), delete.clone())
        .await
        .unwrap();
    put(&logs, &call(), ("g", "s"), &[(NOW, "ERROR four")])
        .await
        .unwrap();
    assert_eq!(put_since(&called), []);
    let again = logs
        .delete_metric_filter(&call(), delete)
        .await
        .unwrap_err();
    assert_eq!(again.code, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_filter_is_for_groups_of_the_accounts_and_regions_that_it_selects() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    let with = |name: &str, criteria: &str| PutMetricFilterRequest {
        field_selection_criteria: Some(criteria.to_owned()),
        ..filter(name, "ERROR", "1")
    };
    let here = format!(r#"@aws.region = "us-east-1" AND @aws.account IN ["{ACCOUNT}"]"#);
    for (name, criteria) in [("here", &*here), ("there", r#"@aws.region = "eu-west-1""#)] {
        logs.put_metric_filter(&call(), with(name, criteria))
            .await
            .unwrap();
    }
    put(&logs, &call(), ("g", "s"), &[(NOW, "ERROR")])
        .await
        .unwrap();
    let counted = ("shop/heres".to_owned(), json!([1.0]), json!([1.0]));
    assert_eq!(put_since(&called), [counted]);
    let all = DescribeMetricFiltersRequest::default();
    let shown = logs.describe_metric_filters(&call(), all).await.unwrap();
    let shown = shown.metric_filters.unwrap();
    assert_eq!(shown[0].field_selection_criteria.as_ref(), Some(&here));
    let bad = with("bad", "@aws.region = here");
    let refused = logs.put_metric_filter(&call(), bad).await;
    assert_eq!(
        refused.unwrap_err().message,
        r#"Invalid fieldSelectionCriteria: a text in quotation marks is expected at "here"."#
    );
}

#[tokio::test]
async fn a_minute_without_matches_has_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    let mut with_default = filter("error", "ERROR", "1");
    with_default.metric_transformations.as_mut().unwrap()[0].default_value = Some(0.0);
    logs.put_metric_filter(&call(), with_default).await.unwrap();
    let at = |millis: i64| call_at(Timestamp(NOW + millis));
    put(&logs, &at(0), ("g", "s"), &[(NOW, "fine")])
        .await
        .unwrap();
    logs.send_defaults(Timestamp(NOW + 59_999)).await;
    assert_eq!(put_since(&called), []);
    logs.send_defaults(Timestamp(NOW + 60_000)).await;
    assert_eq!(
        put_since(&called),
        [("shop/errors".to_owned(), json!([0.0]), json!([1.0]))]
    );
    // One that had a match has none, nor has one without events.
    put(&logs, &at(60_000), ("g", "s"), &[(NOW, "fine")])
        .await
        .unwrap();
    put(&logs, &at(61_000), ("g", "s"), &[(NOW, "ERROR")])
        .await
        .unwrap();
    put(&logs, &at(62_000), ("g", "s"), &[(NOW, "fine")])
        .await
        .unwrap();
    assert_eq!(
        put_since(&called),
        [("shop/errors".to_owned(), json!([1.0]), json!([1.0]))]
    );
    logs.send_defaults(Timestamp(NOW + 240_000)).await;
    assert_eq!(put_since(&called), []);
}

#[tokio::test]
async fn events_may_be_metrics_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    let event = format!(
        r#"{{"_aws":{{"Timestamp":{NOW},"CloudWatchMetrics":[{{"Namespace":"shop","Dimensions":[["service"]],"Metrics":[{{"Name":"time","Unit":"Milliseconds"}}]}}]}},"service":"web","time":100}}"#
    );
    put(&logs, &call(), ("g", "s"), &[(NOW, &event), (NOW, &event)])
        .await
        .unwrap();
    assert_eq!(
        put_since(&called),
        [(
            "shop/time service=web".to_owned(),
            json!([100.0]),
            json!([2.0])
        )]
    );
}

#[tokio::test]
async fn filters_are_listed_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    make(&logs, "h", &[]).await;
    for name in ["b", "a", "c"] {
        logs.put_metric_filter(&call(), filter(name, "", "1"))
            .await
            .unwrap();
    }
    let other = PutMetricFilterRequest {
        log_group_name: Some("h".into()),
        ..filter("b", "", "2")
    };
    logs.put_metric_filter(&call(), other).await.unwrap();
    let listed = async |input: DescribeMetricFiltersRequest| {
        let found = logs.describe_metric_filters(&call(), input).await.unwrap();
        let each = found.metric_filters.unwrap().into_iter();
        let names: Vec<String> = each
            .map(|it| format!("{}/{}", it.log_group_name.unwrap(), it.filter_name.unwrap()))
            .collect();
        (names, found.next_token)
    };
    assert_eq!(
        listed(DescribeMetricFiltersRequest::default()).await.0,
        ["g/a", "g/b", "h/b", "g/c"]
    );
    let one = DescribeMetricFiltersRequest {
        limit: Some(3),
        ..Default::default()
    };
    let (names, token) = listed(one.clone()).await;
    assert_eq!(names, ["g/a", "g/b", "h/b"]);
    let next = DescribeMetricFiltersRequest {
        next_token: token,
        ..one
    };
    assert_eq!(listed(next).await, (vec!["g/c".to_owned()], None));
    let of = DescribeMetricFiltersRequest {
        metric_namespace: Some("shop".into()),
        metric_name: Some("bs".into()),
        ..Default::default()
    };
    assert_eq!(listed(of).await.0, ["g/b", "h/b"]);
    let groups = logs
        .describe_log_groups(&call(), DescribeLogGroupsRequest::default())
        .await
        .unwrap();
    let counts: Vec<i32> = groups
        .log_groups
        .unwrap()
        .iter()
        .map(|it| it.metric_filter_count.unwrap())
        .collect();
    assert_eq!(counts, [3, 1]);
    for (pattern, value, text) in [
        ("{", "1", "Invalid filter pattern"),
        ("", "$.a", "Invalid metric transformation"),
    ] {
        let fault = logs
            .put_metric_filter(&call(), filter("x", pattern, value))
            .await
            .unwrap_err();
        assert_eq!(fault.code, "InvalidParameterException");
        assert!(fault.message.contains(text), "{}", fault.message);
    }
    for n in 3..100 {
        logs.put_metric_filter(&call(), filter(&format!("n{n}"), "", "1"))
            .await
            .unwrap();
    }
    let full = logs
        .put_metric_filter(&call(), filter("one-more", "", "1"))
        .await
        .unwrap_err();
    assert_eq!(full.code, "LimitExceededException");
    logs.put_metric_filter(&call(), filter("a", "changed", "1"))
        .await
        .unwrap();
}

/// A message of many columns is told many times over.
#[tokio::test]
async fn a_filter_is_tried_on_as_much_as_one_put_takes() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    let test_with = async |pattern: &str, messages: &[&str]| {
        let input = TestMetricFilterRequest {
            filter_pattern: Some(pattern.into()),
            log_event_messages: Some(messages.iter().map(|it| (*it).to_owned()).collect()),
        };
        logs.test_metric_filter(&call(), input).await
    };
    let test = async |messages: &[&str]| test_with("[ip, ..., bytes]", messages).await;
    let matches = test(&["short", "10.0.0.1 GET 42"]).await.unwrap();
    let matches = matches.matches.unwrap();
    assert_eq!(matches.len(), 1);
    assert_eq!(matches[0].event_number, Some(2));
    let values = matches[0].extracted_values.as_ref().unwrap();
    assert_eq!((&*values["$ip"], &*values["$bytes"]), ("10.0.0.1", "42"));
    let many = "a ".repeat(300_000);
    let refused = test(&[many.as_str(), many.as_str()]).await.unwrap_err();
    assert_eq!(
        refused.message,
        "The log event messages have at most 1048576 bytes together."
    );
    // Each word is a column, and each path has the whole text once more.
    let too_much =
        "The values that the filter pattern extracts take more than 8388608 bytes together.";
    let refused = test(&[many.as_str()]).await.unwrap_err();
    assert_eq!(
        (&*refused.code, &*refused.message),
        ("InvalidParameterException", too_much)
    );
    let nested = |levels: usize| {
        let text = format!("\"{}\"", "x".repeat(1_000_000));
        (0..levels).fold(text, |inner, _| format!(r#"{{"a":{inner}}}"#))
    };
    let paths = |levels: usize| {
        let paths = (1..=levels).map(|it| format!("${} EXISTS", ".a".repeat(it)));
        format!("{{ {} }}", paths.collect::<Vec<_>>().join(" && "))
    };
    let matches = test_with(&paths(8), &[nested(8).as_str()]).await.unwrap();
    let values = matches.matches.unwrap().remove(0).extracted_values.unwrap();
    assert_eq!(values.len(), 8);
    let refused = test_with(&paths(9), &[nested(9).as_str()])
        .await
        .unwrap_err();
    assert_eq!(refused.message, too_much);
}
