//! What streams and accounts may send, and what of events and streams is kept.

use std::sync::Arc;

use wharf_api_logs::{Logs, types::*};
use wharf_base::SystemClock;
use wharf_testkit::Counted;

use super::{filter, open_beside, open_with, put_numbers, try_put};
use crate::support::{self, NOW, call, make};

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
