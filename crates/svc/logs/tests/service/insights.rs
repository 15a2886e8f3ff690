//! Queries of Logs Insights over a real store and journal.

use std::time::Duration;

use wharf_api_logs::{Input, Logs, types::*};
use wharf_svc_logs::LogsService;
use wharf_testkit::refused;
use wharf_wire::Fault;

use crate::support::{NOW, arn, call, make, make_stream, open, put};

const SECOND: i64 = 1000;

async fn logs_with_lines(folder: &std::path::Path) -> LogsService {
    let logs = open(folder);
    make(&logs, "g", &["a", "b"]).await;
    make(&logs, "h", &["c"]).await;
    let lines: Vec<(i64, String)> = (0..600)
        .map(|n| {
            (
                NOW - 600 * SECOND + n * SECOND,
                format!(
                    r#"{{"n":{n},"level":"{}"}}"#,
                    if n % 3 == 0 { "ERROR" } else { "INFO" }
                ),
            )
        })
        .collect();
    let all: Vec<(i64, &str)> = lines
        .iter()
        .map(|(at, text)| (*at, text.as_str()))
        .collect();
    put(&logs, &call(), ("g", "a"), &all[..400]).await.unwrap();
    put(&logs, &call(), ("g", "b"), &all[400..]).await.unwrap();
    put(&logs, &call(), ("h", "c"), &[(NOW, "plain ERROR")])
        .await
        .unwrap();
    logs
}

fn asking(text: &str) -> StartQueryRequest {
    StartQueryRequest {
        log_group_name: Some("g".into()),
        start_time: Some(NOW / 1000 - 3600),
        end_time: Some(NOW / 1000),
        query_string: Some(text.into()),
        ..Default::default()
    }
}

async fn results(logs: &LogsService, id: &str) -> GetQueryResultsResponse {
    let input = GetQueryResultsRequest {
        query_id: Some(id.into()),
        ..Default::default()
    };
    loop {
        let found = logs
            .get_query_results(&call(), input.clone())
            .await
            .unwrap();
        if !matches!(found.status.as_deref(), Some("Running" | "Scheduled")) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn asked(logs: &LogsService, input: StartQueryRequest) -> GetQueryResultsResponse {
    let id = logs
        .start_query(&call(), input)
        .await
        .unwrap()
        .query_id
        .unwrap();
    results(logs, &id).await
}

/// Values of rows, without pointers.
fn values(found: &GetQueryResultsResponse) -> Vec<Vec<String>> {
    let rows = found.results.iter().flatten();
    rows.map(|row| {
        let shown = row.iter().filter(|it| it.field.as_deref() != Some("@ptr"));
        shown.map(|it| it.value.clone().unwrap()).collect()
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_read_groups_and_count() {
    let folder = tempfile::tempdir().unwrap();
    let logs = logs_with_lines(folder.path()).await;
    let found = asked(
        &logs,
        asking("filter level = 'ERROR' | stats count(*) as n, max(n) as most by bin(5m) | sort n"),
    )
    .await;
    assert_eq!(found.status.as_deref(), Some("Complete"));
    let all: f64 = values(&found)
        .iter()
        .map(|row| row[1].parse::<f64>().unwrap())
        .sum();
    assert_eq!(all, 200.0);
    let statistics = found.statistics.unwrap();
    assert_eq!(statistics.records_scanned, Some(600.0));
    assert_eq!(statistics.records_matched, Some(200.0));
    assert_eq!(statistics.log_groups_scanned, Some(1.0));
    assert!(statistics.bytes_scanned.unwrap() > 600.0 * 20.0);

    let both = StartQueryRequest {
        log_group_name: None,
        log_group_identifiers: Some(vec![arn("g"), "h".into()]),
        ..asking("filter @message like /ERROR/ | stats count(*) by @log | sort @log")
    };
    let of = |name: &str| format!("{}:{name}", wharf_testkit::ACCOUNT);
    assert_eq!(
        values(&asked(&logs, both).await),
        [[of("g"), "200".into()], [of("h"), "1".into()]]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_selects_groups_and_they_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let logs = logs_with_lines(folder.path()).await;
    for group in ["shop/web", "shop/db", "shop/rare"] {
        let class = (group == "shop/rare").then(|| "INFREQUENT_ACCESS".to_owned());
        let input = CreateLogGroupRequest {
            log_group_name: Some(group.into()),
            log_group_class: class,
            ..Default::default()
        };
        logs.create_log_group(&call(), input).await.unwrap();
        make_stream(&logs, &call(), group, "s").await;
        let event = [(NOW - SECOND, "one")];
        put(&logs, &call(), (group, "s"), &event).await.unwrap();
    }
    let with = |selection: &str| StartQueryRequest {
        log_group_name: None,
        ..asking(&format!(
            "SOURCE logGroups({selection}) | stats count(*) as n by @log | sort @log"
        ))
    };
    let of = |name: &str| vec![format!("{}:{name}", wharf_testkit::ACCOUNT), "1".to_owned()];
    let found = asked(&logs, with("namePrefix: ['shop/']")).await;
    assert_eq!(values(&found), [of("shop/db"), of("shop/web")]);
    let found = asked(
        &logs,
        with("namePrefix: ['shop/'], class: ['INFREQUENT_ACCESS']"),
    )
    .await;
    assert_eq!(values(&found), [of("shop/rare")]);
    assert_eq!(values(&asked(&logs, with("")).await).len(), 4);
    let both = StartQueryRequest {
        log_group_name: Some("g".into()),
        ..with("")
    };
    let text = "Log groups must not be given for a query that begins with SOURCE.";
    let refusal = logs.start_query(&call(), both).await;
    refused(refusal, "InvalidParameterException", text);
    let refusal = logs
        .start_query(&call(), with("namePrefix: ['nobody']"))
        .await;
    refused(
        refusal,
        "ResourceNotFoundException",
        "SOURCE selects no log group.",
    );

    let started = logs
        .start_query(&call(), with("namePrefix: ['shop/']"))
        .await;
    let input = ListLogGroupsForQueryRequest {
        query_id: started.unwrap().query_id,
        ..Default::default()
    };
    let told = logs
        .list_log_groups_for_query(&call(), input)
        .await
        .unwrap();
    assert_eq!(
        told.log_group_identifiers,
        Some(vec![arn("shop/db"), arn("shop/web")])
    );
}

/// What would be decided of a request: actions and groups.
async fn checks(logs: &LogsService, input: Input<'_>) -> Vec<String> {
    let checks = logs.authorize(&call(), input).await.unwrap();
    let shown = checks.into_iter().map(|it| {
        let group = it.resource.rsplit_once(":log-group:");
        format!("{} {}", it.action, group.map_or("", |(_, name)| name))
    });
    shown.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_selects_groups_must_be_allowed_to_read_each() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    for group in ["shop/web", "shop/db", "other"] {
        make(&logs, group, &[]).await;
    }
    let with = |rest: &str| StartQueryRequest {
        log_group_name: None,
        ..asking(&format!("source logGroups(namePrefix: ['shop/']) | {rest}"))
    };
    let plain = with("fields @message");
    let of_start = [
        "logs:StartQuery *:*",
        "logs:StartQuery shop/db:*",
        "logs:StartQuery shop/web:*",
    ];
    assert_eq!(checks(&logs, Input::StartQuery(&plain)).await, of_start);
    let unmasking = with("fields unmask(@message)");
    let of_rows = ["logs:Unmask shop/db:*", "logs:Unmask shop/web:*"];
    assert_eq!(
        checks(&logs, Input::StartQuery(&unmasking)).await,
        [&of_start[..], &of_rows].concat()
    );
    let results = |started: StartQueryResponse| GetQueryResultsRequest {
        query_id: started.query_id,
        ..Default::default()
    };
    let asked = results(logs.start_query(&call(), unmasking).await.unwrap());
    let of_results = checks(&logs, Input::GetQueryResults(&asked)).await;
    assert_eq!(of_results[1..], of_rows);
    let asked = results(logs.start_query(&call(), plain).await.unwrap());
    assert_eq!(checks(&logs, Input::GetQueryResults(&asked)).await.len(), 1);

    for number in 0..99 {
        make(&logs, &format!("shop/{number}"), &[]).await;
    }
    let text = "SOURCE selects more than 100 log groups. Name them more closely by namePrefix.";
    let refusal = logs.start_query(&call(), with("fields @message")).await;
    refused(refusal, "InvalidParameterException", text);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_whole_seconds_and_ends_included() {
    let folder = tempfile::tempdir().unwrap();
    let logs = logs_with_lines(folder.path()).await;
    let input = StartQueryRequest {
        start_time: Some(NOW / 1000 - 600 + 10),
        end_time: Some(NOW / 1000 - 600 + 12),
        ..asking("fields n | sort n")
    };
    assert_eq!(values(&asked(&logs, input).await), [["10"], ["11"], ["12"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_point_at_their_events_and_come_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let logs = logs_with_lines(folder.path()).await;
    let limited = StartQueryRequest {
        limit: Some(7),
        ..asking("fields @message, @logStream")
    };
    let id = logs
        .start_query(&call(), limited)
        .await
        .unwrap()
        .query_id
        .unwrap();
    let found = results(&logs, &id).await;
    let rows = found.results.unwrap();
    assert_eq!(rows.len(), 7);
    let field = |name: &str| {
        rows[0]
            .iter()
            .find(|it| it.field.as_deref() == Some(name))
            .unwrap()
            .value
            .clone()
    };
    assert_eq!(field("@message").unwrap(), r#"{"n":599,"level":"INFO"}"#);
    let pointer = |text: Option<String>| GetLogRecordRequest {
        log_record_pointer: text,
        ..Default::default()
    };
    let record = logs
        .get_log_record(&call(), pointer(field("@ptr")))
        .await
        .unwrap()
        .log_record
        .unwrap();
    assert_eq!(
        (record["n"].as_str(), record["level"].as_str()),
        ("599", "INFO")
    );
    assert_eq!(record["@timestamp"], (NOW - SECOND).to_string());
    assert_eq!(record["@logStream"], "b");
    let fault = logs
        .get_log_record(&call(), pointer(Some("x".into())))
        .await
        .unwrap_err();
    assert_eq!(fault.code, "InvalidParameterException");

    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let page = GetQueryResultsRequest {
            query_id: Some(id.clone()),
            max_items: Some(3),
            next_token: token,
        };
        let page = logs.get_query_results(&call(), page).await.unwrap();
        seen.extend(page.results.unwrap());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, rows);
    // A stream that was made again has other events.
    let input = || DeleteLogStreamRequest {
        log_group_name: Some("g".into()),
        log_stream_name: Some("b".into()),
    };
    logs.delete_log_stream(&call(), input()).await.unwrap();
    crate::support::make_stream(&logs, &call(), "g", "b").await;
    let fault = logs
        .get_log_record(&call(), pointer(field("@ptr")))
        .await
        .unwrap_err();
    assert_eq!(fault.code, "ResourceNotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_query_is_said_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let logs = logs_with_lines(folder.path()).await;
    let fault = |input| async { logs.start_query(&call(), input).await.unwrap_err() };
    let bad: Fault = fault(asking("fields a | fildes b")).await;
    assert_eq!(bad.code, "MalformedQueryException");
    let (name, value) = &bad.members[0];
    assert_eq!(*name, "queryCompileError");
    assert_eq!(
        value["location"],
        serde_json::json!({ "startCharOffset": 11, "endCharOffset": 17 })
    );
    let none = StartQueryRequest {
        log_group_name: None,
        ..asking("")
    };
    assert_eq!(fault(none.clone()).await.code, "InvalidParameterException");
    let both = StartQueryRequest {
        log_group_names: Some(vec!["g".into()]),
        ..asking("")
    };
    assert_eq!(fault(both).await.code, "InvalidParameterException");
    let unknown = StartQueryRequest {
        log_group_names: Some(vec!["g".into(), "nope".into()]),
        ..none
    };
    let unknown = fault(unknown).await;
    assert_eq!(unknown.code, "ResourceNotFoundException");
    assert!(
        unknown.message.contains("'nope' does not exist"),
        "{}",
        unknown.message
    );
    let backwards = StartQueryRequest {
        end_time: Some(0),
        ..asking("")
    };
    assert_eq!(fault(backwards).await.code, "InvalidParameterException");
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_listed_and_run_again_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let id = {
        let logs = logs_with_lines(folder.path()).await;
        let id = logs
            .start_query(&call(), asking("stats count(*) as n"))
            .await
            .unwrap()
            .query_id
            .unwrap();
        results(&logs, &id).await;
        let stopped = logs
            .stop_query(
                &call(),
                StopQueryRequest {
                    query_id: Some(id.clone()),
                },
            )
            .await;
        assert_eq!(stopped.unwrap_err().code, "InvalidParameterException");
        id
    };
    let logs = open(folder.path());
    assert_eq!(values(&results(&logs, &id).await), [["600"]]);
    let listed = |status: Option<&str>| DescribeQueriesRequest {
        log_group_name: Some("g".into()),
        status: status.map(Into::into),
        ..Default::default()
    };
    let all = logs
        .describe_queries(&call(), listed(Some("Complete")))
        .await
        .unwrap()
        .queries
        .unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].query_id.as_ref(), Some(&id));
    assert_eq!(all[0].query_string.as_deref(), Some("stats count(*) as n"));
    assert!(
        logs.describe_queries(&call(), listed(Some("Failed")))
            .await
            .unwrap()
            .queries
            .unwrap()
            .is_empty()
    );
    // After a week it is forgotten.
    let later = wharf_base::Timestamp(NOW + 8 * 86_400_000);
    logs.expire_queries(later).await.unwrap();
    assert!(
        logs.describe_queries(&call(), listed(None))
            .await
            .unwrap()
            .queries
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_so_many_queries_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let logs = logs_with_lines(folder.path()).await;
    let mut ids = Vec::new();
    let refused = loop {
        match logs.start_query(&call(), asking("stats count(*)")).await {
            Ok(started) => ids.push(started.query_id.unwrap()),
            Err(fault) => break Some(fault),
        }
        if ids.len() > 3000 {
            break None;
        }
    };
    // On a fast machine they end as fast as they come; those that were taken all come to their end.
    if let Some(fault) = refused {
        assert_eq!(fault.code, "LimitExceededException");
        assert!(ids.len() >= 100);
    }
    for id in ids {
        assert_eq!(values(&results(&logs, &id).await), [["600"]]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_a_group() {
    let folder = tempfile::tempdir().unwrap();
    let logs = logs_with_lines(folder.path()).await;
    put(&logs, &call(), ("g", "b"), &[(NOW, "plain")])
        .await
        .unwrap();
    let of = |time: Option<i64>| GetLogGroupFieldsRequest {
        log_group_name: Some("g".into()),
        time,
        ..Default::default()
    };
    let found = logs
        .get_log_group_fields(&call(), of(None))
        .await
        .unwrap()
        .log_group_fields
        .unwrap();
    let percent = |name: &str| {
        found
            .iter()
            .find(|it| it.name.as_deref() == Some(name))
            .and_then(|it| it.percent)
    };
    assert_eq!(
        (percent("@message"), percent("level"), percent("nope")),
        (Some(100), Some(99), None)
    );
    let long_ago = logs
        .get_log_group_fields(&call(), of(Some(1_000_000)))
        .await
        .unwrap();
    assert_eq!(long_ago.log_group_fields, Some(vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_keep_what_is_to_be_filled_in() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let parameter = |name: &str| QueryParameter {
        name: Some(name.to_owned()),
        default_value: Some("ERROR".to_owned()),
        description: None,
    };
    let put = |parameters: Vec<QueryParameter>| PutQueryDefinitionRequest {
        name: Some("by level".into()),
        query_string: Some("filter level = '{{level}}'".into()),
        parameters: Some(parameters),
        ..Default::default()
    };
    let twice = put(vec![parameter("level"), parameter("level")]);
    let refused = logs.put_query_definition(&call(), twice).await;
    assert_eq!(
        refused.unwrap_err().message,
        "The query parameter level is given twice."
    );
    logs.put_query_definition(&call(), put(vec![parameter("level")]))
        .await
        .unwrap();
    let all = DescribeQueryDefinitionsRequest::default();
    let shown = logs.describe_query_definitions(&call(), all).await.unwrap();
    let shown = shown.query_definitions.unwrap().remove(0);
    assert_eq!(shown.parameters, Some(vec![parameter("level")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let put = |name: &str, id: Option<&String>, token: Option<&str>| PutQueryDefinitionRequest {
        name: Some(name.into()),
        query_string: Some("fields @message".into()),
        query_definition_id: id.cloned(),
        client_token: token.map(Into::into),
        log_group_names: Some(vec!["g".into()]),
        ..Default::default()
    };
    let made = logs
        .put_query_definition(&call(), put("one", None, Some("t")))
        .await
        .unwrap();
    let again = logs
        .put_query_definition(&call(), put("one", None, Some("t")))
        .await
        .unwrap();
    assert_eq!(made, again);
    let id = made.query_definition_id.unwrap();
    logs.put_query_definition(&call(), put("two", Some(&id), None))
        .await
        .unwrap();
    let unknown = logs
        .put_query_definition(&call(), put("x", Some(&"nope".to_owned()), None))
        .await;
    assert_eq!(unknown.unwrap_err().code, "ResourceNotFoundException");
    let listed = |prefix: &str| DescribeQueryDefinitionsRequest {
        query_definition_name_prefix: Some(prefix.into()),
        ..Default::default()
    };
    let found = logs
        .describe_query_definitions(&call(), listed("tw"))
        .await
        .unwrap()
        .query_definitions
        .unwrap();
    assert_eq!((found.len(), found[0].name.as_deref()), (1, Some("two")));
    assert_eq!(
        found[0].log_group_names.as_deref(),
        Some(&["g".to_owned()][..])
    );
    assert!(
        logs.describe_query_definitions(&call(), listed("on"))
            .await
            .unwrap()
            .query_definitions
            .unwrap()
            .is_empty()
    );
    let delete = || DeleteQueryDefinitionRequest {
        query_definition_id: Some(id.clone()),
    };
    logs.delete_query_definition(&call(), delete())
        .await
        .unwrap();
    let gone = logs.delete_query_definition(&call(), delete()).await;
    assert_eq!(gone.unwrap_err().code, "ResourceNotFoundException");
}
