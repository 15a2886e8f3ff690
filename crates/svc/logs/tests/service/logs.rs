//! Groups, streams and their events over a real store and journal.

mod limits;
mod reading;
mod retention;

use std::{collections::BTreeSet, path::Path};

use wharf_api_logs::{Logs, types::*};
use wharf_base::Timestamp;
use wharf_journal::{Journal, JournalOptions};
use wharf_svc_logs::LogsService;
use wharf_testkit::call_at;

use crate::support::{self, NOW, call, make, open, open_over};

/// Events of a stream of `g`, at times after [`NOW`].
async fn put(logs: &LogsService, stream: &str, events: &[(i64, &str)]) -> PutLogEventsResponse {
    let events: Vec<(i64, &str)> = events.iter().map(|(at, text)| (NOW + at, *text)).collect();
    let put = support::put(logs, &call(), ("g", stream), &events).await;
    put.unwrap()
}

async fn filter(
    logs: &LogsService,
    input: FilterLogEventsRequest,
) -> (Vec<String>, FilterLogEventsResponse) {
    let input = FilterLogEventsRequest {
        log_group_name: Some("g".into()),
        ..input
    };
    let reply = logs.filter_log_events(&call(), input).await.unwrap();
    let texts = reply
        .events
        .iter()
        .flatten()
        .map(|event| event.message.clone().unwrap())
        .collect();
    (texts, reply)
}

fn open_with(folder: &Path, limits: wharf_svc_logs::Limits) -> LogsService {
    open_beside(folder, limits).0
}

/// With the journal, which others use as well.
fn open_beside(folder: &Path, limits: wharf_svc_logs::Limits) -> (LogsService, Journal) {
    let journal = JournalOptions {
        segment_bytes: 16 << 10,
        ..JournalOptions::default()
    };
    let journal = Journal::open(&folder.join("journal"), journal).unwrap();
    let options = wharf_svc_logs::Options {
        limits,
        indexes: Some(folder.join("indexes")),
        ..Default::default()
    };
    let logs = open_over(folder, journal.clone(), options);
    (logs, journal)
}

async fn try_put(
    logs: &LogsService,
    at: i64,
    stream: &str,
    text: &str,
) -> Result<PutLogEventsResponse, wharf_wire::Fault> {
    let call = call_at(Timestamp(at));
    support::put(logs, &call, ("g", stream), &[(at, text)]).await
}

/// An event of 300 bytes for each of these milliseconds after [`NOW`], in one request: each request waits for the disk.
async fn put_numbers(logs: &LogsService, stream: &str, numbers: std::ops::Range<i64>) {
    // Noise behind them, which takes its room on disk.
    let noise = || -> String { (0..300).map(|_| rand::random_range(' '..'~')).collect() };
    let texts: Vec<String> = numbers
        .clone()
        .map(|n| format!("{n} {}", noise()))
        .collect();
    let times = numbers.map(|n| NOW + 1 + n);
    let events: Vec<(i64, &str)> = times.zip(texts.iter().map(String::as_str)).collect();
    let call = call_at(Timestamp(NOW + 10_000));
    let put = support::put(logs, &call, ("g", stream), &events).await;
    put.unwrap();
}

#[tokio::test]
async fn all_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    for batch in 0..20 {
        let texts: Vec<String> = (0..100).map(|n| format!("{batch}-{n}")).collect();
        let events: Vec<(i64, &str)> = texts.iter().map(|text| (batch, text.as_str())).collect();
        put(&logs, "s", &events).await;
    }
    let (before, _) = filter(&logs, FilterLogEventsRequest::default()).await;
    drop(logs);
    let logs = open(folder.path());
    let (after, reply) = filter(&logs, FilterLogEventsRequest::default()).await;
    assert_eq!(before.len(), 2000);
    assert_eq!(before, after);
    let ids: BTreeSet<_> = reply
        .events
        .iter()
        .flatten()
        .map(|event| event.event_id.clone().unwrap())
        .collect();
    assert_eq!(ids.len(), 2000);
    let input = DescribeLogStreamsRequest {
        log_group_name: Some("g".into()),
        ..Default::default()
    };
    let streams = logs
        .describe_log_streams(&call(), input)
        .await
        .unwrap()
        .log_streams
        .unwrap();
    assert_eq!(streams[0].first_event_timestamp, Some(NOW));
    assert_eq!(streams[0].last_event_timestamp, Some(NOW + 19));
}

#[tokio::test]
async fn a_group_made_again_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    put(&logs, "s", &[(0, "old")]).await;
    let delete = DeleteLogGroupRequest {
        log_group_name: Some("g".into()),
    };
    logs.delete_log_group(&call(), delete.clone())
        .await
        .unwrap();
    let gone = logs.delete_log_group(&call(), delete).await.unwrap_err();
    assert_eq!(
        gone.to_string(),
        "ResourceNotFoundException: The specified log group does not exist."
    );
    make(&logs, "g", &["s"]).await;
    assert_eq!(
        filter(&logs, FilterLogEventsRequest::default()).await.0,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn faults_have_their_texts() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    let again = CreateLogGroupRequest {
        log_group_name: Some("g".into()),
        ..Default::default()
    };
    let fault = logs.create_log_group(&call(), again).await.unwrap_err();
    assert_eq!(
        fault.to_string(),
        "ResourceAlreadyExistsException: The specified log group already exists"
    );
    for (name, is_taken) in [
        ("aws/", false),
        ("aws/x", false),
        ("aws", true),
        ("/aws/x", true),
    ] {
        let create = CreateLogGroupRequest {
            log_group_name: Some(name.into()),
            ..Default::default()
        };
        let refused = logs.create_log_group(&call(), create).await.err();
        let text = "InvalidParameterException: Log group names cannot start with aws/.";
        let expected = (!is_taken).then(|| text.to_owned());
        assert_eq!(refused.map(|it| it.to_string()), expected, "{name}");
    }
    let missing = CreateLogStreamRequest {
        log_group_name: Some("no".into()),
        log_stream_name: Some("s".into()),
    };
    let fault = logs.create_log_stream(&call(), missing).await.unwrap_err();
    assert_eq!(
        fault.to_string(),
        "ResourceNotFoundException: The specified log group does not exist."
    );
    let retention = PutRetentionPolicyRequest {
        log_group_name: Some("g".into()),
        retention_in_days: Some(2),
    };
    let fault = logs
        .put_retention_policy(&call(), retention)
        .await
        .unwrap_err();
    assert!(
        fault.message.contains("Value '2' at 'retentionInDays'"),
        "{fault}"
    );
    let pattern = FilterLogEventsRequest {
        log_group_name: Some("g".into()),
        filter_pattern: Some("{ $.a".into()),
        ..Default::default()
    };
    assert_eq!(
        logs.filter_log_events(&call(), pattern)
            .await
            .unwrap_err()
            .code,
        "InvalidParameterException"
    );
}

#[tokio::test]
async fn a_token_fits_its_list_and_filters_only() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    for name in ["/a", "/b"] {
        let input = CreateLogGroupRequest {
            log_group_name: Some(name.to_owned()),
            ..Default::default()
        };
        logs.create_log_group(&call(), input).await.unwrap();
    }
    let list = async |token: Option<&str>, prefix: Option<&str>| {
        let input = DescribeLogGroupsRequest {
            next_token: token.map(str::to_owned),
            log_group_name_prefix: prefix.map(str::to_owned),
            limit: Some(1),
            ..Default::default()
        };
        logs.describe_log_groups(&call(), input).await
    };
    let token = list(None, None).await.unwrap().next_token.unwrap();
    let second = list(Some(&token), None).await.unwrap();
    assert_eq!(second.log_groups.unwrap().len(), 1);
    // The digest of a list and a name in base64, as tokens once were.
    let forged = "WyJ4IiwiL2EiXQ";
    for (token, prefix) in [(token.as_str(), Some("/")), (forged, None)] {
        let fault = list(Some(token), prefix).await.unwrap_err();
        assert_eq!(fault.message, "The specified nextToken is invalid.");
    }
}
