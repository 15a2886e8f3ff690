//! StartLiveTail over a real store and journal. Time is the test's own once a session runs.

use std::collections::BTreeSet;

use wharf_api_logs::{Logs, types::*};
use wharf_svc_logs::LogsService;
use wharf_wire::{EventStream, Fault};

use crate::support::{self, NOW, arn, call, make, open};

type Tail = EventStream<StartLiveTailResponseStream>;

async fn put(logs: &LogsService, group: &str, stream: &str, texts: &[String]) {
    let events: Vec<(i64, &str)> = texts.iter().map(|text| (NOW, text.as_str())).collect();
    let put = support::put(logs, &call(), (group, stream), &events).await;
    put.unwrap();
}

fn texts(of: &[&str]) -> Vec<String> {
    of.iter().map(|text| (*text).to_owned()).collect()
}

fn of_groups(groups: &[&str]) -> StartLiveTailRequest {
    StartLiveTailRequest {
        log_group_identifiers: Some(groups.iter().map(|group| arn(group)).collect()),
        ..Default::default()
    }
}

/// A session whose beginning was told.
async fn begun(logs: &LogsService, input: StartLiveTailRequest) -> (Tail, LiveTailSessionStart) {
    let mut tail = logs.start_live_tail(&call(), input).await.unwrap();
    let begins = tail.next().await.unwrap().unwrap();
    (tail, begins.session_start.unwrap())
}

/// The texts of the next update, and whether it is a sample.
async fn update(tail: &mut Tail) -> (Vec<LiveTailSessionLogEvent>, bool) {
    let update = tail.next().await.unwrap().unwrap().session_update.unwrap();
    let sampled = update.session_metadata.unwrap().sampled.unwrap();
    (update.session_results.unwrap(), sampled)
}

async fn told(tail: &mut Tail) -> Vec<String> {
    let (events, sampled) = update(tail).await;
    assert!(!sampled);
    events
        .into_iter()
        .filter_map(|event| event.message)
        .collect()
}

async fn refused(logs: &LogsService, input: StartLiveTailRequest) -> Fault {
    let started = logs.start_live_tail(&call(), input).await;
    started.err().expect("it is refused")
}

#[tokio::test]
async fn a_session_tells_what_comes_in_after_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    make(&logs, "h", &["t"]).await;
    make(&logs, "other", &["u"]).await;
    put(&logs, "g", "s", &texts(&["before"])).await;
    let input = StartLiveTailRequest {
        log_event_filter_pattern: Some("-noise".into()),
        ..of_groups(&["g", "h"])
    };
    let (mut tail, begins) = begun(&logs, input).await;
    assert_eq!(begins.log_group_identifiers, Some(vec![arn("g"), arn("h")]));
    assert_eq!(begins.log_event_filter_pattern.as_deref(), Some("-noise"));
    assert!(begins.session_id.is_some() && begins.request_id.is_some());
    put(&logs, "g", "s", &texts(&["a", "noise", "b"])).await;
    put(&logs, "other", "u", &texts(&["elsewhere"])).await;
    put(&logs, "h", "t", &texts(&["c"])).await;
    let (events, sampled) = update(&mut tail).await;
    assert!(!sampled);
    let mut seen: Vec<_> = events
        .iter()
        .map(|event| {
            let group = event.log_group_identifier.as_deref().unwrap();
            (group, event.message.as_deref().unwrap())
        })
        .collect();
    // Streams that got events in the same millisecond come in no order.
    seen.sort_unstable();
    let (g, h) = (arn("g"), arn("h"));
    assert_eq!(seen, [(&*g, "a"), (&*g, "b"), (&*h, "c")]);
    let streams: BTreeSet<_> = events
        .iter()
        .map(|it| it.log_stream_name.as_deref())
        .collect();
    assert_eq!(streams, [Some("s"), Some("t")].into());
    assert_eq!(
        (events[0].timestamp, events[0].ingestion_time),
        (Some(NOW), Some(NOW))
    );
    assert_eq!(told(&mut tail).await, texts(&[]));
    // A stream that is made meanwhile is heard too.
    let input = CreateLogStreamRequest {
        log_group_name: Some("g".into()),
        log_stream_name: Some("new".into()),
    };
    logs.create_log_stream(&call(), input).await.unwrap();
    put(&logs, "g", "new", &texts(&["d"])).await;
    assert_eq!(told(&mut tail).await, ["d"]);
}

#[tokio::test]
async fn streams_are_chosen_by_name_or_by_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["a", "ab", "b"]).await;
    let named = StartLiveTailRequest {
        log_stream_names: Some(texts(&["a"])),
        ..of_groups(&["g"])
    };
    let prefixed = StartLiveTailRequest {
        log_stream_name_prefixes: Some(texts(&["a"])),
        ..of_groups(&["g"])
    };
    let (mut named, _) = begun(&logs, named).await;
    let (mut prefixed, _) = begun(&logs, prefixed).await;
    for stream in ["a", "ab", "b"] {
        put(&logs, "g", stream, &texts(&[stream])).await;
    }
    assert_eq!(told(&mut named).await, ["a"]);
    let mut told = told(&mut prefixed).await;
    told.sort_unstable();
    assert_eq!(told, ["a", "ab"]);
}

#[tokio::test]
async fn of_too_many_events_a_sample_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s", "t"]).await;
    let (mut tail, _) = begun(&logs, of_groups(&["g"])).await;
    let many: Vec<String> = (0..9000).map(|n| n.to_string()).collect();
    for stream in ["s", "t", "s"] {
        put(&logs, "g", stream, &many).await;
    }
    let (events, sampled) = update(&mut tail).await;
    assert!(sampled);
    assert_eq!(events.len(), 500);
    let of = |name: &str| {
        let of = |event: &&LiveTailSessionLogEvent| event.log_stream_name.as_deref() == Some(name);
        events.iter().filter(of).count()
    };
    assert!(
        of("s") > of("t") && of("t") > 100,
        "{} and {}",
        of("s"),
        of("t")
    );
    // Of one stream in its order.
    put(&logs, "g", "t", &many[..500]).await;
    assert_eq!(told(&mut tail).await, many[..500]);
}

#[tokio::test]
async fn large_events_are_told_as_a_sample() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s", "t"]).await;
    let (mut tail, _) = begun(&logs, of_groups(&["g"])).await;
    let large = vec!["x".repeat(250_000); 4];
    for _ in 0..5 {
        put(&logs, "g", "s", &large).await;
        put(&logs, "g", "t", &large).await;
    }
    let (events, sampled) = update(&mut tail).await;
    assert!(sampled);
    let bytes: usize = events
        .iter()
        .flat_map(|event| &event.message)
        .map(String::len)
        .sum();
    assert!((500_000..=2 << 20).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn what_was_removed_meanwhile_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s", "t"]).await;
    let (mut tail, _) = begun(&logs, of_groups(&["g"])).await;
    put(&logs, "g", "s", &texts(&["gone"])).await;
    put(&logs, "g", "t", &texts(&["here"])).await;
    let input = DeleteLogStreamRequest {
        log_group_name: Some("g".into()),
        log_stream_name: Some("s".into()),
    };
    logs.delete_log_stream(&call(), input).await.unwrap();
    assert_eq!(told(&mut tail).await, ["here"]);
}

#[tokio::test]
async fn a_session_ends_after_three_hours() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    let (mut tail, _) = begun(&logs, of_groups(&["g"])).await;
    tokio::time::pause();
    let mut updates = 0;
    let ended = loop {
        match tail.next().await.unwrap() {
            Ok(_) => updates += 1,
            Err(ended) => break ended,
        }
    };
    assert_eq!(ended.code, "SessionTimeoutException");
    assert_eq!(updates, 3 * 60 * 60 - 1);
}

#[tokio::test]
async fn an_account_has_fifteen_sessions_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    let mut tails = Vec::new();
    for _ in 0..15 {
        tails.push(begun(&logs, of_groups(&["g"])).await);
    }
    let fault = refused(&logs, of_groups(&["g"])).await;
    assert_eq!(fault.code, "LimitExceededException");
    drop(tails.pop());
    begun(&logs, of_groups(&["g"])).await;
}

#[tokio::test]
async fn what_cannot_be_tailed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    make(&logs, "h", &["s"]).await;
    let rare = CreateLogGroupRequest {
        log_group_name: Some("rare".into()),
        log_group_class: Some("INFREQUENT_ACCESS".into()),
        ..Default::default()
    };
    logs.create_log_group(&call(), rare).await.unwrap();
    let named = |input: StartLiveTailRequest| StartLiveTailRequest {
        log_stream_names: Some(texts(&["s"])),
        ..input
    };
    for (input, code, words) in [
        (
            of_groups(&["none"]),
            "ResourceNotFoundException",
            "does not exist",
        ),
        (
            of_groups(&["rare"]),
            "InvalidOperationException",
            "STANDARD",
        ),
        (
            named(of_groups(&["g", "h"])),
            "InvalidParameterException",
            "one log group",
        ),
        (
            StartLiveTailRequest {
                log_stream_name_prefixes: Some(texts(&["s"])),
                ..named(of_groups(&["g"]))
            },
            "InvalidParameterException",
            "mutually exclusive",
        ),
        (
            StartLiveTailRequest {
                log_event_filter_pattern: Some("{ $.a = ".into()),
                ..of_groups(&["g"])
            },
            "InvalidParameterException",
            "filter pattern",
        ),
        (
            StartLiveTailRequest {
                log_group_identifiers: Some(texts(&["g"])),
                ..Default::default()
            },
            "InvalidParameterException",
            "ARN",
        ),
    ] {
        let fault = refused(&logs, input).await;
        assert_eq!(fault.code, code, "{fault}");
        assert!(fault.message.contains(words), "{fault}");
    }
}
