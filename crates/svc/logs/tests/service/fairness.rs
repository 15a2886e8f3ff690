//! One account, one large event, one slow destination hold up nobody else.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_api_logs::{Logs, types::*};
use wharf_base::{TestClock, Timestamp};
use wharf_svc_logs::LogsService;
use wharf_wire::Call;

use crate::support::{Called, NOW, make_stream, open, put, unpacked};

fn call_in(account: &str) -> Call {
    let mut cx = wharf_testkit::context_of(wharf_wire::Caller::root(account));
    cx.now = Timestamp(NOW);
    Call::by_controller(cx, wharf_base::Permit::for_controller("tests"))
}

/// A group with streams whose events go to a queue of that name.
async fn subscribed(logs: &LogsService, call: &Call, streams: &[String], queue: &str) {
    let input = CreateLogGroupRequest {
        log_group_name: Some("g".into()),
        ..Default::default()
    };
    logs.create_log_group(call, input).await.unwrap();
    for stream in streams {
        make_stream(logs, call, "g", stream).await;
    }
    let input = PutSubscriptionFilterRequest {
        log_group_name: Some("g".into()),
        filter_name: Some("f".into()),
        filter_pattern: Some(String::new()),
        destination_arn: Some(format!("arn:aws:sqs:us-east-1:{}:{queue}", call.account)),
        ..Default::default()
    };
    logs.put_subscription_filter(call, input).await.unwrap();
}

#[tokio::test]
async fn an_account_whose_destination_never_answers_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = (open(folder.path()), Arc::new(Called::default()));
    logs.calling(called.clone());
    let (greedy, calm) = (call_in("111111111111"), call_in("222222222222"));
    let streams: Vec<String> = (0..40).map(|it| it.to_string()).collect();
    subscribed(&logs, &greedy, &streams, "stuck").await;
    subscribed(&logs, &calm, &["s".to_owned()], "calm").await;
    called.take();
    called.never_answer("stuck");
    for stream in &streams {
        put(&logs, &greedy, ("g", stream), &[(NOW, "x")])
            .await
            .unwrap();
    }
    let stop = CancellationToken::new();
    let clock = Arc::new(TestClock::at(Timestamp(NOW)));
    let running = tokio::spawn(logs.clone().deliver(clock, stop.clone()));
    put(&logs, &calm, ("g", "s"), &[(NOW, "calm")])
        .await
        .unwrap();
    let mut to = Vec::new();
    let arrives = async {
        while !to.iter().any(|it: &String| it.ends_with("/calm")) {
            let calls = called.take();
            let queue = |it: &serde_json::Value| it["QueueUrl"].as_str().unwrap().to_owned();
            to.extend(calls.iter().map(|(_, it)| queue(&it.input)));
            tokio::task::yield_now().await;
        }
    };
    let arrived = tokio::time::timeout(Duration::from_secs(10), arrives).await;
    assert!(arrived.is_ok(), "{to:?}");
    running.abort();
}

/// Texts that gzip makes no shorter.
fn noise(bytes: usize) -> String {
    let mut state = 1u64;
    let letter = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'!' + ((state >> 33) % 90) as u8)
    };
    (0..bytes).map(letter).collect()
}

#[tokio::test]
async fn an_event_that_is_too_large_is_passed_over_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = (open(folder.path()), Arc::new(Called::default()));
    logs.calling(called.clone());
    let call = call_in("111111111111");
    subscribed(&logs, &call, &["s".to_owned()], "q").await;
    called.take();
    called.take_shorter_than(4000);
    let (large, middling) = (noise(6000), noise(2000));
    let lines = ["first", &middling, &middling, &large, "last"];
    let lines: Vec<(i64, &str)> = lines.iter().map(|it| (NOW, *it)).collect();
    put(&logs, &call, ("g", "s"), &lines).await.unwrap();
    logs.deliver_once(Timestamp(NOW)).await;
    let mut got = Vec::new();
    for (_, request) in called.take() {
        let message = unpacked(&request);
        let events = message["logEvents"].as_array().unwrap().iter();
        got.extend(events.map(|it| it["message"].as_str().unwrap().to_owned()));
    }
    assert_eq!(got, ["first", &middling, &middling, "last"]);
    assert_eq!(logs.dropped().undelivered, 1);
    logs.deliver_once(Timestamp(NOW)).await;
    assert_eq!(called.take(), []);
}

/// What a topic takes is less than a queue does.
#[tokio::test]
async fn a_batch_that_a_topic_does_not_take_is_sent_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = (open(folder.path()), Arc::new(Called::default()));
    logs.calling(called.clone());
    let call = call_in("111111111111");
    subscribed(&logs, &call, &["s".to_owned()], "q").await;
    let input = PutSubscriptionFilterRequest {
        log_group_name: Some("g".into()),
        filter_name: Some("f".into()),
        filter_pattern: Some(String::new()),
        destination_arn: Some("arn:aws:sns:us-east-1:111111111111:t".into()),
        ..Default::default()
    };
    logs.put_subscription_filter(&call, input).await.unwrap();
    called.take();
    // The journal hands out at least one event, however large; a batch of it and its neighbours is longer.
    let large = noise(400_000);
    put(
        &logs,
        &call,
        ("g", "s"),
        &[(NOW, "a"), (NOW, &large), (NOW, "b")],
    )
    .await
    .unwrap();
    logs.deliver_once(Timestamp(NOW)).await;
    let sent = called.take();
    let short = |it: &serde_json::Value| it["Message"].as_str().unwrap().len() <= 256 << 10;
    assert!(!sent.is_empty() && sent.iter().all(|(_, it)| short(&it.input)));
    assert_eq!(logs.dropped().undelivered, 1);
}
