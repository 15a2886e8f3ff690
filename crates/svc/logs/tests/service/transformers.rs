//! Transformers: who sees events as they came, and who sees what became of them.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_api_logs::{Logs, types::*};
use wharf_base::Timestamp;
use wharf_svc_logs::LogsService;
use wharf_testkit::call_at;
use wharf_wire::Fault;

use crate::support::{Called, NOW, arn, call, make, open, put, unpacked};

const LINE: &str = "GET /shirts 200";

fn grok(pattern: &str) -> Processor {
    Processor {
        grok: Some(Grok {
            match_: Some(pattern.into()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn upper(key: &str) -> Processor {
    Processor {
        upper_case_string: Some(UpperCaseString {
            with_keys: Some(vec![key.into()]),
        }),
        ..Default::default()
    }
}

fn transformer(processors: Vec<Processor>) -> PutTransformerRequest {
    PutTransformerRequest {
        log_group_identifier: Some("g".into()),
        transformer_config: Some(processors),
    }
}

/// Method, path and status, the path in capitals.
fn of_requests() -> PutTransformerRequest {
    transformer(vec![
        grok("%{WORD:method} %{NOTSPACE:path} %{INT:status:int}"),
        upper("path"),
    ])
}

fn named() -> GetTransformerRequest {
    GetTransformerRequest {
        log_group_identifier: Some("g".into()),
    }
}

async fn delete(logs: &LogsService, at: i64) -> Result<(), Fault> {
    let input = DeleteTransformerRequest {
        log_group_identifier: Some(arn("g")),
    };
    logs.delete_transformer(&call_at(Timestamp(NOW + at)), input)
        .await
}

async fn logs(folder: &std::path::Path) -> (LogsService, Arc<Called>) {
    let (logs, called) = (open(folder), Arc::new(Called::default()));
    logs.calling(called.clone());
    make(&logs, "g", &["s"]).await;
    (logs, called)
}

/// Puts one line some milliseconds later.
async fn put_at(logs: &LogsService, at: i64, line: &str) {
    let call = call_at(Timestamp(NOW + at));
    put(logs, &call, ("g", "s"), &[(NOW + at, line)])
        .await
        .unwrap();
}

/// The rows of a query, with the names of their fields but for pointers.
async fn asked(logs: &LogsService, text: &str) -> Vec<Vec<(String, String)>> {
    let input = StartQueryRequest {
        log_group_name: Some("g".into()),
        start_time: Some(NOW / 1000 - 60),
        end_time: Some(NOW / 1000 + 60),
        query_string: Some(text.into()),
        ..Default::default()
    };
    let id = logs.start_query(&call(), input).await.unwrap().query_id;
    let input = GetQueryResultsRequest {
        query_id: id,
        ..Default::default()
    };
    let rows = loop {
        let found = logs.get_query_results(&call(), input.clone()).await;
        let found = found.unwrap();
        match found.status.as_deref() {
            Some("Running" | "Scheduled") => tokio::time::sleep(Duration::from_millis(2)).await,
            status => {
                assert_eq!(status, Some("Complete"));
                break found.results.unwrap();
            }
        }
    };
    let shown = |row: Vec<ResultField>| {
        let fields = row
            .into_iter()
            .filter(|it| it.field.as_deref() != Some("@ptr"));
        fields
            .map(|it| (it.field.unwrap(), it.value.unwrap()))
            .collect()
    };
    rows.into_iter().map(shown).collect()
}

async fn values(logs: &LogsService, text: &str) -> Vec<Vec<String>> {
    let rows = asked(logs, text).await.into_iter();
    rows.map(|row| row.into_iter().map(|(_, value)| value).collect())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_see_the_fields_and_readers_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    put_at(&logs, 0, "GET /before 200").await;
    logs.put_transformer(&call_at(Timestamp(NOW + 1)), of_requests())
        .await
        .unwrap();
    put_at(&logs, 1, LINE).await;
    put_at(&logs, 2, "something else").await;
    // The path is in capitals nowhere but in what was made of the event.
    assert_eq!(
        values(
            &logs,
            "filter path = '/SHIRTS' | display @message, method, path, status"
        )
        .await,
        [[LINE, "GET", "/SHIRTS", "200"]]
    );
    assert_eq!(
        values(
            &logs,
            "filter @message like /shirts/ | stats sum(status) as all"
        )
        .await,
        [["200"]]
    );
    assert_eq!(
        values(&logs, "stats count(*) as n, count(path) as paths").await,
        [["3", "1"]]
    );
    assert_eq!(
        values(
            &logs,
            "filter ispresent(@transformationError) | display @message"
        )
        .await,
        [["something else"]]
    );
    let input = GetLogEventsRequest {
        log_group_name: Some("g".into()),
        log_stream_name: Some("s".into()),
        start_from_head: Some(true),
        ..Default::default()
    };
    let events = logs.get_log_events(&call(), input).await.unwrap();
    let texts: Vec<String> = events
        .events
        .unwrap()
        .into_iter()
        .map(|it| it.message.unwrap())
        .collect();
    assert_eq!(texts, ["GET /before 200", LINE, "something else"]);
    let input = FilterLogEventsRequest {
        log_group_name: Some("g".into()),
        filter_pattern: Some("SHIRTS".into()),
        ..Default::default()
    };
    let found = logs.filter_log_events(&call(), input).await.unwrap();
    assert_eq!(found.events.unwrap(), []);
    let input = GetLogGroupFieldsRequest {
        log_group_name: Some("g".into()),
        time: Some(NOW / 1000),
        ..Default::default()
    };
    let fields = logs.get_log_group_fields(&call(), input).await.unwrap();
    let names: Vec<String> = fields
        .log_group_fields
        .unwrap()
        .into_iter()
        .map(|it| it.name.unwrap())
        .collect();
    assert!(names.contains(&"method".to_owned()), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_by_the_transformer_of_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let of = async |logs: &LogsService| {
        values(logs, "display coalesce(a, b, 'none') as it | sort it")
            .await
            .concat()
    };
    {
        let (logs, _) = logs(folder.path()).await;
        put_at(&logs, 0, "zero").await;
        for (at, name) in [(10, "a"), (20, "b")] {
            let put = transformer(vec![grok(&format!("%{{WORD:{name}}}"))]);
            let call = call_at(Timestamp(NOW + at));
            logs.put_transformer(&call, put).await.unwrap();
        }
        put_at(&logs, 10, "one").await;
        put_at(&logs, 19, "two").await;
        put_at(&logs, 20, "three").await;
        delete(&logs, 30).await.unwrap();
        put_at(&logs, 30, "four").await;
        assert_eq!(of(&logs).await, ["none", "none", "one", "three", "two"]);
        assert_eq!(
            delete(&logs, 40).await.unwrap_err().code,
            "ResourceNotFoundException"
        );
        let shown = logs.get_transformer(&call(), named()).await.unwrap();
        assert_eq!(shown, GetTransformerResponse::default());
    }
    // The same after a start, and when another one is made.
    let logs = open(folder.path());
    assert_eq!(of(&logs).await, ["none", "none", "one", "three", "two"]);
    let put = transformer(vec![grok("%{WORD:a}")]);
    logs.put_transformer(&call_at(Timestamp(NOW + 50)), put)
        .await
        .unwrap();
    put_at(&logs, 50, "five").await;
    assert_eq!(
        of(&logs).await,
        ["five", "none", "none", "one", "three", "two"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transformer_is_shown_as_it_was_put() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    logs.put_transformer(&call(), of_requests()).await.unwrap();
    let later = call_at(Timestamp(NOW + 5));
    let shown = logs.get_transformer(&later, named()).await.unwrap();
    assert_eq!(shown.transformer_config, of_requests().transformer_config);
    assert_eq!(
        (shown.creation_time, shown.last_modified_time),
        (Some(NOW), Some(NOW))
    );
    logs.put_transformer(&later, transformer(vec![grok("%{WORD:a}")]))
        .await
        .unwrap();
    let shown = logs.get_transformer(&later, named()).await.unwrap();
    assert_eq!(
        (shown.creation_time, shown.last_modified_time),
        (Some(NOW), Some(NOW + 5))
    );

    let refused = async |input| logs.put_transformer(&call(), input).await.unwrap_err();
    let first = refused(transformer(vec![upper("a")])).await;
    assert_eq!(first.code, "InvalidParameterException");
    assert!(
        first.message.contains("must be a parser"),
        "{}",
        first.message
    );
    let waf = Processor {
        parse_waf: Some(ParseWAF::default()),
        ..Default::default()
    };
    let waf = refused(transformer(vec![waf])).await;
    assert!(waf.message.contains("parseWAF"), "{}", waf.message);
    let nowhere = PutTransformerRequest {
        log_group_identifier: Some("none".into()),
        ..of_requests()
    };
    assert_eq!(refused(nowhere).await.code, "ResourceNotFoundException");
    let input = CreateLogGroupRequest {
        log_group_name: Some("rare".into()),
        log_group_class: Some("INFREQUENT_ACCESS".into()),
        ..Default::default()
    };
    logs.create_log_group(&call(), input).await.unwrap();
    let rare = PutTransformerRequest {
        log_group_identifier: Some("rare".into()),
        ..of_requests()
    };
    assert_eq!(refused(rare).await.code, "InvalidOperationException");
}

#[tokio::test(flavor = "multi_thread")]
async fn processors_are_tried_out() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    let input = TestTransformerRequest {
        transformer_config: of_requests().transformer_config,
        log_event_messages: Some(vec![LINE.into(), "else".into()]),
    };
    let found = logs.test_transformer(&call(), input).await.unwrap();
    let made: Vec<(i64, String)> = found
        .transformed_logs
        .unwrap()
        .into_iter()
        .map(|it| {
            (
                it.event_number.unwrap(),
                it.transformed_event_message.unwrap(),
            )
        })
        .collect();
    let json = r#"{"method":"GET","path":"/SHIRTS","status":200}"#;
    assert_eq!(made, [(1, json.to_owned()), (2, "else".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_look_at_what_they_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    logs.put_transformer(&call(), of_requests()).await.unwrap();
    for (name, on_transformed) in [("made", true), ("came", false)] {
        let filter = PutMetricFilterRequest {
            log_group_name: Some("g".into()),
            filter_name: Some(name.into()),
            filter_pattern: Some("{ $.path = \"/SHIRTS\" }".into()),
            metric_transformations: Some(vec![MetricTransformation {
                metric_name: Some(name.into()),
                metric_namespace: Some("shop".into()),
                metric_value: Some("$.status".into()),
                ..Default::default()
            }]),
            apply_on_transformed_logs: Some(on_transformed),
            ..Default::default()
        };
        logs.put_metric_filter(&call(), filter).await.unwrap();
        let subscription = PutSubscriptionFilterRequest {
            log_group_name: Some("g".into()),
            filter_name: Some(name.into()),
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
    let calls = called.take();
    let metrics: Vec<&Value> = calls
        .iter()
        .map(|(_, it)| &it.input["MetricData"][0])
        .collect();
    assert_eq!(metrics.len(), 1);
    assert_eq!(
        (&metrics[0]["MetricName"], &metrics[0]["Values"]),
        (&json!("made"), &json!([200.0]))
    );

    logs.deliver_once(Timestamp(NOW)).await;
    let mut sent: Vec<(String, String)> = called
        .take()
        .into_iter()
        .map(|(_, request)| {
            let message = unpacked(&request);
            let text = |it: &Value| it.as_str().unwrap().to_owned();
            (
                text(&message["subscriptionFilters"][0]),
                text(&message["logEvents"][0]["message"]),
            )
        })
        .collect();
    sent.sort();
    let made = r#"{"method":"GET","path":"/SHIRTS","status":200}"#;
    assert_eq!(
        sent,
        [
            ("came".to_owned(), LINE.to_owned()),
            ("made".to_owned(), made.to_owned())
        ]
    );

    let shown = logs
        .describe_metric_filters(&call(), DescribeMetricFiltersRequest::default())
        .await
        .unwrap();
    let shown: Vec<Option<bool>> = shown
        .metric_filters
        .unwrap()
        .iter()
        .map(|it| it.apply_on_transformed_logs)
        .collect();
    assert_eq!(shown, [Some(false), Some(true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_was_made_again_has_no_transformer() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    logs.put_transformer(&call(), of_requests()).await.unwrap();
    let input = DeleteLogGroupRequest {
        log_group_name: Some("g".into()),
    };
    logs.delete_log_group(&call(), input).await.unwrap();
    make(&logs, "g", &["s"]).await;
    put_at(&logs, 0, LINE).await;
    assert_eq!(values(&logs, "stats count(path) as paths").await, [["0"]]);
    let shown = logs.get_transformer(&call(), named()).await.unwrap();
    assert_eq!(shown, GetTransformerResponse::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_that_no_event_is_under_go() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, _) = logs(folder.path()).await;
    let put_at = async |at: i64| {
        logs.put_transformer(&call_at(Timestamp(NOW + at)), of_requests())
            .await
    };
    for at in 0..100 {
        put_at(at).await.unwrap();
    }
    assert_eq!(
        put_at(100).await.unwrap_err().code,
        "LimitExceededException"
    );
    let input = PutRetentionPolicyRequest {
        log_group_name: Some("g".into()),
        retention_in_days: Some(1),
    };
    logs.put_retention_policy(&call(), input).await.unwrap();
    put_at(2 * 86_400_000).await.unwrap();
}
