//! The service over a real store and journal.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use proptest::prelude::*;
use wharf_api_logs::{Logs, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_journal::{Journal, JournalOptions};
use wharf_store::{Store, StoreOptions};
use wharf_svc_logs::LogsService;
use wharf_testkit::{Counted, call_at};

use crate::support::{self, NOW, call, make, open, open_over};

/// Events of a stream of `g`, at times after [`NOW`].
async fn put(logs: &LogsService, stream: &str, events: &[(i64, &str)]) -> PutLogEventsResponse {
    let events: Vec<(i64, &str)> = events.iter().map(|(at, text)| (NOW + at, *text)).collect();
    let put = support::put(logs, &call(), ("g", stream), &events).await;
    put.unwrap()
}

async fn get(
    logs: &LogsService,
    input: GetLogEventsRequest,
) -> (Vec<String>, GetLogEventsResponse) {
    let input = GetLogEventsRequest {
        log_group_name: Some("g".into()),
        log_stream_name: Some("s".into()),
        ..input
    };
    let reply = logs.get_log_events(&call(), input).await.unwrap();
    let texts = reply
        .events
        .iter()
        .flatten()
        .map(|event| event.message.clone().unwrap())
        .collect();
    (texts, reply)
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

#[tokio::test]
async fn pages_forward_and_backward_end_with_the_same_token() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    put(&logs, "s", &[(0, "a"), (1, "b"), (1, "c")]).await;
    put(&logs, "s", &[(2, "d"), (3, "e")]).await;
    let head = GetLogEventsRequest {
        start_from_head: Some(true),
        limit: Some(2),
        ..Default::default()
    };
    let (texts, reply) = get(&logs, head.clone()).await;
    assert_eq!(texts, ["a", "b"]);
    let next = GetLogEventsRequest {
        next_token: reply.next_forward_token,
        ..head.clone()
    };
    let (texts, reply) = get(&logs, next).await;
    assert_eq!(texts, ["c", "d"]);
    let back = GetLogEventsRequest {
        next_token: reply.next_backward_token.clone(),
        ..head.clone()
    };
    assert_eq!(get(&logs, back).await.0, ["a", "b"]);
    let next = GetLogEventsRequest {
        next_token: reply.next_forward_token,
        ..head.clone()
    };
    let (texts, reply) = get(&logs, next).await;
    assert_eq!(texts, ["e"]);
    let end = reply.next_forward_token.clone();
    let next = GetLogEventsRequest {
        next_token: end.clone(),
        ..head.clone()
    };
    let (texts, reply) = get(&logs, next).await;
    assert_eq!((texts.len(), &reply.next_forward_token), (0, &end));
    // What comes later is read with the token of the end.
    put(&logs, "s", &[(4, "f")]).await;
    let next = GetLogEventsRequest {
        next_token: end,
        ..head
    };
    assert_eq!(get(&logs, next).await.0, ["f"]);
    let (texts, _) = get(
        &logs,
        GetLogEventsRequest {
            limit: Some(2),
            ..Default::default()
        },
    )
    .await;
    assert_eq!(texts, ["e", "f"], "without startFromHead the newest come");
}

/// Of large and small ones in turn, no page is too long, none is left out, and the newest come first.
#[tokio::test]
async fn pages_backward_are_full_and_no_longer() {
    const MOST: usize = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    let (mut all, mut at) = (Vec::new(), 0);
    for round in 0..6 {
        let small = (0..300).map(|it| format!("{round}-{it}"));
        let large = (0..3).map(|it| format!("{round}-{it}-{}", "x".repeat(250_000)));
        let texts: Vec<String> = small.chain(large).collect();
        let events = texts.iter().zip(at..).map(|(text, at)| (at, &**text));
        put(&logs, "s", &events.collect::<Vec<_>>()).await;
        at += texts.len() as i64;
        all.extend(texts);
    }
    let (mut found, mut token) = (Vec::new(), None);
    loop {
        let input = GetLogEventsRequest {
            next_token: token.clone(),
            ..Default::default()
        };
        let (mut page, reply) = get(&logs, input).await;
        if page.is_empty() {
            break;
        }
        let sizes = page.iter().map(|it| it.len() + 26);
        assert!(sizes.sum::<usize>() <= MOST);
        page.append(&mut found);
        found = page;
        token = reply.next_backward_token;
    }
    assert!(found == all, "{} of {}", found.len(), all.len());
}

#[tokio::test]
async fn times_bound_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    put(&logs, "s", &[(0, "a"), (10, "b"), (20, "c")]).await;
    let within = |start, end| GetLogEventsRequest {
        start_time: Some(NOW + start),
        end_time: Some(NOW + end),
        start_from_head: Some(true),
        ..Default::default()
    };
    assert_eq!(
        get(&logs, within(0, 20)).await.0,
        ["a", "b"],
        "the end is exclusive"
    );
    assert_eq!(get(&logs, within(10, 30)).await.0, ["b", "c"]);
    assert_eq!(get(&logs, within(11, 12)).await.0, Vec::<String>::new());
}

#[tokio::test]
async fn events_out_of_order_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    put(&logs, "s", &[(10, "c"), (11, "d")]).await;
    put(&logs, "s", &[(0, "a"), (5, "b")]).await;
    put(&logs, "s", &[(20, "e")]).await;
    let head = GetLogEventsRequest {
        start_from_head: Some(true),
        limit: Some(3),
        ..Default::default()
    };
    let (texts, reply) = get(&logs, head.clone()).await;
    assert_eq!(texts, ["a", "b", "c"]);
    let next = GetLogEventsRequest {
        next_token: reply.next_forward_token,
        ..head
    };
    assert_eq!(get(&logs, next).await.0, ["d", "e"]);
}

#[tokio::test]
async fn streams_are_merged_and_filtered() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["x/1", "x/2", "y"]).await;
    put(&logs, "x/1", &[(0, "ERROR one"), (4, "INFO two")]).await;
    put(&logs, "x/2", &[(2, "ERROR three"), (4, "ERROR four")]).await;
    put(&logs, "y", &[(3, "ERROR five")]).await;
    let (texts, _) = filter(&logs, FilterLogEventsRequest::default()).await;
    assert_eq!(
        texts,
        [
            "ERROR one",
            "ERROR three",
            "ERROR five",
            "INFO two",
            "ERROR four"
        ]
    );
    let errors = FilterLogEventsRequest {
        filter_pattern: Some("ERROR".into()),
        log_stream_name_prefix: Some("x/".into()),
        limit: Some(2),
        ..Default::default()
    };
    let (texts, reply) = filter(&logs, errors.clone()).await;
    assert_eq!(texts, ["ERROR one", "ERROR three"]);
    let next = FilterLogEventsRequest {
        next_token: reply.next_token,
        ..errors.clone()
    };
    let (texts, reply) = filter(&logs, next).await;
    assert_eq!(texts, ["ERROR four"]);
    assert_eq!(reply.next_token, None);
    let named = FilterLogEventsRequest {
        log_stream_names: Some(vec!["y".into()]),
        ..Default::default()
    };
    assert_eq!(filter(&logs, named.clone()).await.0, ["ERROR five"]);
    // Named twice, it has its events once.
    let mut twice = named;
    let names = twice.log_stream_names.as_mut().unwrap();
    names.extend(names.clone());
    assert_eq!(filter(&logs, twice).await.0, ["ERROR five"]);
    let foreign = FilterLogEventsRequest {
        next_token: Some("bm9uc2Vuc2U".into()),
        log_group_name: Some("g".into()),
        ..errors
    };
    let fault = logs.filter_log_events(&call(), foreign).await.unwrap_err();
    assert_eq!(
        fault.to_string(),
        "InvalidParameterException: The specified nextToken is invalid."
    );
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
async fn retention_hides_what_is_older() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    const DAY: i64 = 86_400_000;
    put(&logs, "s", &[(-3 * DAY, "old")]).await;
    put(&logs, "s", &[(0, "new")]).await;
    let retention = PutRetentionPolicyRequest {
        log_group_name: Some("g".into()),
        retention_in_days: Some(1),
    };
    logs.put_retention_policy(&call(), retention).await.unwrap();
    assert_eq!(
        filter(&logs, FilterLogEventsRequest::default()).await.0,
        ["new"]
    );
    let reply = put(&logs, "s", &[(-2 * DAY, "late")]).await;
    let info = reply.rejected_log_events_info.unwrap();
    assert_eq!(info.expired_log_event_end_index, Some(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// Whatever the times, pages joined are all events in the order of time.
    #[test]
    fn pages_join_to_the_whole(batches in prop::collection::vec(prop::collection::vec(0i64..50, 1..20), 1..10), limit in 1i32..7) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let logs = open(folder.path());
            make(&logs, "g", &["s"]).await;
            let mut expected = Vec::new();
            for (number, mut times) in batches.into_iter().enumerate() {
                times.sort_unstable();
                let texts: Vec<String> = (0..times.len()).map(|n| format!("{number:03}-{n:03}")).collect();
                let events: Vec<(i64, &str)> = times.iter().copied().zip(texts.iter().map(String::as_str)).collect();
                put(&logs, "s", &events).await;
                expected.extend(events.iter().map(|(time, text)| (*time, (*text).to_owned())));
            }
            expected.sort();
            let expected: Vec<String> = expected.into_iter().map(|(_, text)| text).collect();
            let mut seen = Vec::new();
            let mut token = None;
            loop {
                let input = GetLogEventsRequest {
                    start_from_head: Some(true), limit: Some(limit), next_token: token.clone(), ..Default::default()
                };
                let (texts, reply) = get(&logs, input).await;
                seen.extend(texts);
                if reply.next_forward_token == token { break; }
                token = reply.next_forward_token;
            }
            assert_eq!(seen, expected);
        });
    }
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
async fn a_stream_that_sends_too_much_is_throttled_and_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let limits = wharf_svc_logs::Limits {
        stream_bytes_a_second: 10_000,
        account_bytes_a_second: 1 << 30,
        ..Default::default()
    };
    let logs = open_with(folder.path(), limits);
    make(&logs, "g", &["noisy", "calm"]).await;
    let mut taken = 0;
    let refused = loop {
        match try_put(&logs, NOW, "noisy", &"x".repeat(5_000)).await {
            Ok(_) => taken += 1,
            Err(fault) => break fault,
        }
        assert!(taken < 1000, "nothing is refused");
    };
    assert!(taken >= 4, "the burst of two seconds: {taken}");
    assert_eq!(
        (refused.code.as_ref(), refused.message.as_str()),
        ("ThrottlingException", "Rate exceeded")
    );
    try_put(&logs, NOW, "calm", "heard").await.unwrap();
}

#[tokio::test]
async fn a_put_that_is_throttled_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let options = wharf_svc_logs::Options {
        limits: wharf_svc_logs::Limits {
            stream_bytes_a_second: 1,
            ..Default::default()
        },
        counters: counted.counters.clone(),
        ..Default::default()
    };
    let logs = support::open_with(folder.path(), options);
    make(&logs, "g", &["s"]).await;
    let mut refused = None;
    for _ in 0..1000 {
        refused = try_put(&logs, NOW, "s", "line").await.err();
        if refused.is_some() {
            break;
        }
    }
    assert_eq!(refused.unwrap().code, "ThrottlingException");
    let sums = counted.sums();
    assert_eq!(sums["ThrottleCount"], 1.0, "{sums:?}");
    assert_eq!(sums["ThrottleCount API PutLogEvents Logs None"], 1.0);
}

/// So many events that they are packed as they come.
#[tokio::test]
async fn many_events_of_one_put_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> = (0..3000)
        .map(|n| format!("GET /item/{n} 200 {}", ["fast", "slow"][n % 2].repeat(20)))
        .collect();
    let times = (0..).map(|n| NOW + n);
    let events: Vec<(i64, &str)> = times.zip(texts.iter().map(String::as_str)).collect();
    for is_put in [true, false] {
        let logs = open(folder.path());
        if is_put {
            make(&logs, "g", &["s"]).await;
            try_put(&logs, NOW, "s", "one before").await.unwrap();
            let call = call_at(Timestamp(NOW + 10_000));
            let put = support::put(&logs, &call, ("g", "s"), &events).await;
            put.unwrap();
            try_put(&logs, NOW + 20_000, "s", "one behind")
                .await
                .unwrap();
        }
        let asked = FilterLogEventsRequest {
            filter_pattern: Some("\"/item/2718 \"".to_owned()),
            ..FilterLogEventsRequest::default()
        };
        let (found, _) = filter(&logs, asked).await;
        assert_eq!(found, [texts[2718].as_str()]);
        let (found, _) = filter(&logs, FilterLogEventsRequest::default()).await;
        assert_eq!(found.len(), 3002);
        assert_eq!(found[0], "one before");
        assert_eq!(found[1..3001], texts);
        assert_eq!(found[3001], "one behind");
    }
}

#[tokio::test]
async fn an_account_has_a_rate_too() {
    let folder = tempfile::tempdir().unwrap();
    let limits = wharf_svc_logs::Limits {
        account_bytes_a_second: 10_000,
        ..Default::default()
    };
    let logs = open_with(folder.path(), limits);
    let streams: Vec<String> = (0..50).map(|n| format!("s{n}")).collect();
    let names: Vec<&str> = streams.iter().map(String::as_str).collect();
    make(&logs, "g", &names).await;
    let mut refused = 0;
    for stream in names {
        let put = try_put(&logs, NOW, stream, &"x".repeat(5_000)).await;
        refused += usize::from(put.is_err_and(|fault| fault.code == "ThrottlingException"));
    }
    assert!(refused >= 30, "{refused}");
}

/// What others keep in the journal is not what logs take.
#[tokio::test]
async fn no_event_goes_for_the_bytes_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let limits = wharf_svc_logs::Limits {
        kept_bytes: 200_000,
        ..Default::default()
    };
    let (logs, journal) = open_beside(folder.path(), limits);
    make(&logs, "g", &["s"]).await;
    try_put(&logs, NOW, "s", "a line").await.unwrap();
    journal
        .append("s3/pack", &[vec![1; 500_000]])
        .await
        .unwrap();
    logs.keep_bytes().await.unwrap();
    let (kept, _) = filter(&logs, FilterLogEventsRequest::default()).await;
    assert_eq!(kept, ["a line"]);
}

/// Beyond the bound the oldest events go, whoever's they are; what came last stays.
#[tokio::test]
async fn the_oldest_events_go_when_there_are_too_many_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let limits = wharf_svc_logs::Limits {
        kept_bytes: 200_000,
        stream_bytes_a_second: 1 << 40,
        account_bytes_a_second: 1 << 40,
        ..Default::default()
    };
    let logs = open_with(folder.path(), limits);
    make(&logs, "g", &["s", "other"]).await;
    try_put(&logs, NOW, "other", "first of all").await.unwrap();
    for first in (0..3000).step_by(10) {
        put_numbers(&logs, "s", first..first + 10).await;
        if first % 100 == 0 {
            logs.keep_bytes().await.unwrap();
        }
    }
    try_put(&logs, NOW + 4000, "other", "last of all")
        .await
        .unwrap();
    logs.keep_bytes().await.unwrap();
    let (kept, _) = filter(&logs, FilterLogEventsRequest::default()).await;
    assert_eq!(kept.last().map(String::as_str), Some("last of all"));
    assert!(
        kept.contains(&"first of all".to_owned()),
        "who holds little keeps it"
    );
    let numbers: Vec<u32> = kept
        .iter()
        .filter_map(|it| it.split(' ').next()?.parse().ok())
        .collect();
    assert!(
        numbers.len() > 20 && numbers.len() < 700,
        "{}",
        numbers.len()
    );
    assert_eq!(numbers.last(), Some(&2999));
    assert!(
        numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "a gap"
    );
    let dropped = logs.dropped();
    assert!(
        dropped.events > 2000 && dropped.bytes > 600_000,
        "{dropped:?}"
    );
}

#[tokio::test]
async fn streams_silent_for_the_longest_go_when_there_are_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let limits = wharf_svc_logs::Limits {
        kept_streams: 40,
        ..Default::default()
    };
    let logs = open_with(folder.path(), limits);
    let names: Vec<String> = (0..60).map(|n| format!("s{n:02}")).collect();
    make(
        &logs,
        "g",
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    for (n, name) in names.iter().enumerate() {
        try_put(&logs, NOW + n as i64, name, "here").await.unwrap();
    }
    logs.keep_streams().await.unwrap();
    let input = DescribeLogStreamsRequest {
        log_group_name: Some("g".into()),
        ..Default::default()
    };
    let left = logs.describe_log_streams(&call(), input).await.unwrap();
    let left: Vec<String> = left
        .log_streams
        .into_iter()
        .flatten()
        .filter_map(|stream| stream.log_stream_name)
        .collect();
    assert_eq!(left, names[22..], "the last 38");
    assert_eq!(logs.dropped().streams, 22);
    let gone = try_put(&logs, NOW + 100, "s00", "late").await.unwrap_err();
    assert_eq!(gone.code, "ResourceNotFoundException");
}

/// After a start, what retention and listings need is read from the saved indexes.
#[tokio::test]
async fn retention_works_from_saved_indexes_and_removes_empty_streams() {
    const DAY: i64 = 86_400_000;
    let folder = tempfile::tempdir().unwrap();
    let clock = wharf_base::TestClock::at(Timestamp(NOW + 10 * DAY));
    let logs = open_with(folder.path(), wharf_svc_logs::Limits::default());
    make(&logs, "g", &["ended", "silent", "alive"]).await;
    for first in (0..1500).step_by(50) {
        put_numbers(&logs, "ended", first..first + 50).await;
    }
    try_put(&logs, NOW + 10 * DAY, "alive", "now")
        .await
        .unwrap();
    logs.save_indexes().await.unwrap();
    drop(logs);
    let logs = loop {
        // The writers' threads end a moment after the last handle.
        if let Ok(store) = Store::open(&folder.path().join("store"), StoreOptions::default()) {
            drop(store);
            break open_with(folder.path(), wharf_svc_logs::Limits::default());
        }
    };
    assert_eq!(logs.indexes_known(), 2);
    let input = PutRetentionPolicyRequest {
        log_group_name: Some("g".into()),
        retention_in_days: Some(3),
    };
    logs.put_retention_policy(&call(), input).await.unwrap();
    logs.expire(&clock).await.unwrap();
    let input = DescribeLogStreamsRequest {
        log_group_name: Some("g".into()),
        ..Default::default()
    };
    let left = logs.describe_log_streams(&call(), input).await.unwrap();
    let left: Vec<String> = left
        .log_streams
        .into_iter()
        .flatten()
        .filter_map(|stream| stream.log_stream_name)
        .collect();
    assert_eq!(left, ["alive"]);
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

/// However many streams there are, a page has what was asked for, and the first look at each does not use it up.
#[tokio::test]
async fn pages_of_many_streams_are_full() {
    const STREAMS: usize = 100;
    const EVENTS: i64 = 2000;
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    support::make(&logs, "g", &[]).await;
    for number in 0..STREAMS {
        let name = format!("s{number:03}");
        support::make_stream(&logs, &call(), "g", &name).await;
        let text = |at: i64| format!("10.0.0.7 GET /items/{at} of {name}, all the same");
        let texts: Vec<String> = (0..EVENTS).map(text).collect();
        let events: Vec<(i64, &str)> = texts
            .iter()
            .zip(0..)
            .map(|(text, at)| (NOW - EVENTS + at, &**text))
            .collect();
        support::put(&logs, &call(), ("g", &name), &events)
            .await
            .unwrap();
    }
    let mut input = FilterLogEventsRequest {
        filter_pattern: Some("GET".into()),
        limit: Some(1500),
        ..Default::default()
    };
    for page in 0..3 {
        let (texts, reply) = filter(&logs, input.clone()).await;
        assert_eq!(texts.len(), 1500, "page {page}");
        let first = page * 1500 / STREAMS;
        assert!(texts[0].contains(&format!("/items/{first} of s000")));
        input.next_token = reply.next_token;
    }
    // Of one that is in few of them as many are found, whatever was passed over.
    input.next_token = None;
    input.filter_pattern = Some("\"/items/1999 of\"".into());
    let mut found = Vec::new();
    for _ in 0..10 {
        let (texts, reply) = filter(&logs, input.clone()).await;
        found.extend(texts);
        input.next_token = reply.next_token;
        if input.next_token.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), STREAMS);
}
