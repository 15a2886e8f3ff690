//! Subscriptions: what is sent, from where on, and again after failures and starts.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::Value;
use wharf_api_logs::{Logs, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_delivery::Actor;
use wharf_svc_logs::{LogsService, Options};
use wharf_testkit::Counted;

use crate::support::{Called, NOW, arn, call, make, make_stream, open, open_with, put, unpacked};

const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:lines";

fn subscription(name: &str, pattern: &str) -> PutSubscriptionFilterRequest {
    PutSubscriptionFilterRequest {
        log_group_name: Some("g".into()),
        filter_name: Some(name.into()),
        filter_pattern: Some(pattern.into()),
        destination_arn: Some(QUEUE.into()),
        ..Default::default()
    }
}

/// Messages since the last look.
fn sent(called: &Called) -> Vec<Value> {
    let calls = called.take().into_iter();
    calls
        .map(|(actor, request)| {
            let Actor::Service {
                name, source_arn, ..
            } = actor
            else {
                panic!("{actor:?}");
            };
            assert_eq!(
                (name.as_str(), source_arn),
                ("logs.amazonaws.com", arn("g"))
            );
            assert_eq!(
                (&*request.service, &*request.operation),
                ("sqs", "SendMessage")
            );
            unpacked(&request)
        })
        .collect()
}

/// Texts by filter and stream.
fn texts(called: &Called) -> Vec<(String, String, Vec<String>)> {
    let messages = sent(called).into_iter();
    messages
        .map(|it| {
            assert_eq!(
                (&it["messageType"], &it["owner"], &it["logGroup"]),
                (&"DATA_MESSAGE".into(), &"000000000000".into(), &"g".into())
            );
            let events = it["logEvents"].as_array().unwrap().iter();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let texts = events.map(|event| text(&event["message"])).collect();
            (
                text(&it["subscriptionFilters"][0]),
                text(&it["logStream"]),
                texts,
            )
        })
        .collect()
}

async fn logs(folder: &std::path::Path) -> (LogsService, Arc<Called>) {
    let (logs, called) = (open(folder), Arc::new(Called::default()));
    logs.calling(called.clone());
    (logs, called)
}

async fn deliver(logs: &LogsService) {
    logs.deliver_once(Timestamp(NOW)).await;
}

#[tokio::test]
async fn what_matches_from_then_on_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    make(&logs, "g", &["s"]).await;
    put(&logs, &call(), ("g", "s"), &[(NOW, "ERROR before")])
        .await
        .unwrap();
    logs.put_subscription_filter(&call(), subscription("f", "ERROR"))
        .await
        .unwrap();
    let control = sent(&called);
    assert_eq!(
        (control.len(), &control[0]["messageType"]),
        (1, &"CONTROL_MESSAGE".into())
    );
    put(
        &logs,
        &call(),
        ("g", "s"),
        &[(NOW, "ERROR one"), (NOW, "fine"), (NOW, "ERROR two")],
    )
    .await
    .unwrap();
    // A stream that is made later is sent from its start.
    make_stream(&logs, &call(), "g", "t").await;
    put(&logs, &call(), ("g", "t"), &[(NOW, "ERROR three")])
        .await
        .unwrap();
    deliver(&logs).await;
    let of = |stream: &str, texts: &[&str]| {
        (
            "f".to_owned(),
            stream.to_owned(),
            texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(),
        )
    };
    let mut found = texts(&called);
    found.sort();
    assert_eq!(
        found,
        [
            of("s", &["ERROR one", "ERROR two"]),
            of("t", &["ERROR three"])
        ]
    );
    deliver(&logs).await;
    assert_eq!(texts(&called), []);

    let named = DeleteSubscriptionFilterRequest {
        log_group_name: Some("g".into()),
        filter_name: Some("f".into()),
    };
    logs.delete_subscription_filter(&call(), named.clone())
        .await
        .unwrap();
    put(&logs, &call(), ("g", "s"), &[(NOW, "ERROR four")])
        .await
        .unwrap();
    deliver(&logs).await;
    assert_eq!(texts(&called), []);
    let again = logs
        .delete_subscription_filter(&call(), named)
        .await
        .unwrap_err();
    assert_eq!(again.code, "ResourceNotFoundException");
}

#[tokio::test]
async fn what_a_filter_does_not_select_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    make(&logs, "g", &["s"]).await;
    let of = |region: &str| PutSubscriptionFilterRequest {
        field_selection_criteria: Some(format!("@aws.region = '{region}'")),
        ..subscription("f", "")
    };
    logs.put_subscription_filter(&call(), of("eu-west-1"))
        .await
        .unwrap();
    assert_eq!(sent(&called).len(), 1, "the control message");
    put(&logs, &call(), ("g", "s"), &[(NOW, "one")])
        .await
        .unwrap();
    deliver(&logs).await;
    assert_eq!(sent(&called).len(), 0);
    // What was passed over is not sent when the filter is for others.
    logs.put_subscription_filter(&call(), of("us-east-1"))
        .await
        .unwrap();
    assert_eq!(sent(&called).len(), 1, "the control message");
    put(&logs, &call(), ("g", "s"), &[(NOW, "two")])
        .await
        .unwrap();
    deliver(&logs).await;
    let wanted = ("f".to_owned(), "s".to_owned(), vec!["two".to_owned()]);
    assert_eq!(texts(&called), [wanted]);
}

#[tokio::test]
async fn what_failed_is_sent_again_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    {
        let (logs, called) = logs(folder.path()).await;
        make(&logs, "g", &["s"]).await;
        logs.put_subscription_filter(&call(), subscription("f", ""))
            .await
            .unwrap();
        put(&logs, &call(), ("g", "s"), &[(NOW, "one")])
            .await
            .unwrap();
        deliver(&logs).await;
        called.take();
        called.refuse(true);
        put(&logs, &call(), ("g", "s"), &[(NOW, "two")])
            .await
            .unwrap();
        deliver(&logs).await;
        assert_eq!(texts(&called), []);
    }
    let (logs, called) = logs(folder.path()).await;
    logs.follow_all().await.unwrap();
    deliver(&logs).await;
    assert_eq!(
        texts(&called),
        [("f".to_owned(), "s".to_owned(), vec!["two".to_owned()])]
    );
}

#[tokio::test]
async fn after_a_day_a_destination_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    make(&logs, "g", &["s"]).await;
    logs.put_subscription_filter(&call(), subscription("f", ""))
        .await
        .unwrap();
    called.take();
    called.refuse_as(Some("AccessDeniedException"));
    put(&logs, &call(), ("g", "s"), &[(NOW, "old")])
        .await
        .unwrap();
    logs.deliver_once(Timestamp(NOW + 86_400_001)).await;
    called.refuse(false);
    put(&logs, &call(), ("g", "s"), &[(NOW, "new")])
        .await
        .unwrap();
    deliver(&logs).await;
    assert_eq!(
        texts(&called),
        [("f".to_owned(), "s".to_owned(), vec!["new".to_owned()])]
    );
}

/// It is there, and takes the rest in its time.
#[tokio::test]
async fn a_destination_that_is_asked_too_often_is_not_given_up() {
    let folder = tempfile::tempdir().unwrap();
    {
        let (logs, called) = logs(folder.path()).await;
        make(&logs, "g", &["s"]).await;
        logs.put_subscription_filter(&call(), subscription("f", ""))
            .await
            .unwrap();
        called.refuse(true);
        put(&logs, &call(), ("g", "s"), &[(NOW, "old")])
            .await
            .unwrap();
        logs.deliver_once(Timestamp(NOW + 86_400_001)).await;
    }
    let (logs, called) = logs(folder.path()).await;
    logs.follow_all().await.unwrap();
    logs.deliver_once(Timestamp(NOW + 2 * 86_400_000)).await;
    assert_eq!(
        texts(&called),
        [("f".to_owned(), "s".to_owned(), vec!["old".to_owned()])]
    );
}

#[tokio::test]
async fn much_is_sent_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    make(&logs, "g", &["s"]).await;
    logs.put_subscription_filter(&call(), subscription("f", ""))
        .await
        .unwrap();
    called.take();
    let long = "x".repeat(1000);
    let lines: Vec<(i64, &str)> = (0..700).map(|_| (NOW, long.as_str())).collect();
    put(&logs, &call(), ("g", "s"), &lines).await.unwrap();
    deliver(&logs).await;
    let parts: Vec<usize> = texts(&called)
        .iter()
        .map(|(_, _, texts)| texts.len())
        .collect();
    assert!(
        parts.len() > 3 && parts.iter().sum::<usize>() == 700,
        "{parts:?}"
    );
}

#[tokio::test]
async fn filters_are_checked_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    make(&logs, "g", &["s"]).await;
    let refused = async |input: PutSubscriptionFilterRequest| {
        logs.put_subscription_filter(&call(), input)
            .await
            .unwrap_err()
    };
    let lambda = PutSubscriptionFilterRequest {
        destination_arn: Some("arn:aws:lambda:us-east-1:000000000000:function:f".into()),
        ..subscription("f", "")
    };
    let fault = refused(lambda).await;
    assert!(
        fault.code == "InvalidParameterException" && fault.message.contains("lambda"),
        "{fault:?}"
    );
    assert!(
        refused(subscription("f", "{"))
            .await
            .message
            .contains("Invalid filter pattern")
    );
    called.refuse(true);
    let fault = refused(subscription("f", "")).await;
    assert!(
        fault.message.starts_with("Could not deliver test message"),
        "{}",
        fault.message
    );
    called.refuse(false);
    for name in ["b", "a"] {
        logs.put_subscription_filter(&call(), subscription(name, ""))
            .await
            .unwrap();
    }
    assert_eq!(
        refused(subscription("c", "")).await.code,
        "LimitExceededException"
    );
    logs.put_subscription_filter(&call(), subscription("a", "changed"))
        .await
        .unwrap();
    let input = DescribeSubscriptionFiltersRequest {
        log_group_name: Some("g".into()),
        ..Default::default()
    };
    let found = logs
        .describe_subscription_filters(&call(), input)
        .await
        .unwrap()
        .subscription_filters
        .unwrap();
    let shown: Vec<(&str, &str)> = found
        .iter()
        .map(|it| {
            (
                it.filter_name.as_deref().unwrap(),
                it.filter_pattern.as_deref().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [("a", "changed"), ("b", "")]);
}

/// A FIFO queue drops what has the same word of deduplication.
#[tokio::test]
async fn batches_of_filters_and_ends_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = logs(folder.path()).await;
    make(&logs, "g", &["s"]).await;
    for name in ["one", "two"] {
        let queue = format!("{QUEUE}.fifo");
        let mut input = subscription(name, "");
        input.destination_arn = Some(queue);
        logs.put_subscription_filter(&call(), input).await.unwrap();
    }
    called.take();
    let mut words = std::collections::BTreeSet::new();
    for _ in 0..2 {
        put(&logs, &call(), ("g", "s"), &[(NOW, "line")])
            .await
            .unwrap();
        deliver(&logs).await;
        for (_, request) in called.take() {
            let word = request.input["MessageDeduplicationId"].as_str().unwrap();
            assert!(word.len() <= 128, "{word}");
            assert!(words.insert(word.to_owned()), "{word}");
        }
    }
    assert_eq!(words.len(), 4);
}

#[tokio::test]
async fn what_comes_in_and_goes_on_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let options = Options {
        counters: counted.counters.clone(),
        ..Options::default()
    };
    let (logs, called) = (
        open_with(folder.path(), options),
        Arc::new(Called::default()),
    );
    logs.calling(called.clone());
    make(&logs, "g", &["s"]).await;
    let of = call();
    let subscribed = logs.put_subscription_filter(&of, subscription("f", "ERROR"));
    subscribed.await.unwrap();
    called.take();
    let events = [(NOW, "ERROR one"), (NOW, "fine"), (NOW, "ERROR two")];
    put(&logs, &call(), ("g", "s"), &events).await.unwrap();
    // What is too old is not taken, so it did not come in.
    let old = [(NOW - 15 * 86_400_000, "ERROR old")];
    put(&logs, &call(), ("g", "s"), &old).await.unwrap();
    deliver(&logs).await;
    let [(_, request)] = &called.take()[..] else {
        panic!("one message");
    };
    let body = request.input["MessageBody"].as_str().unwrap();
    let bytes = BASE64.decode(body).unwrap().len();
    let came_in = 3.0 * 26.0 + 9.0 + 4.0 + 9.0;
    let expected = [
        ("IncomingLogEvents", 3.0),
        ("IncomingLogEvents g", 3.0),
        ("IncomingBytes", came_in),
        ("IncomingBytes g", came_in),
        ("ForwardedLogEvents g SQS f", 2.0),
        ("ForwardedBytes g SQS f", bytes as f64),
    ];
    counted.are(&expected).await;
    called.refuse(true);
    put(&logs, &call(), ("g", "s"), &[(NOW, "ERROR three")])
        .await
        .unwrap();
    deliver(&logs).await;
    // The queue said that it is asked too often.
    let sums = counted.sums();
    assert_eq!(sums["DeliveryThrottling g SQS f"], 1.0, "{sums:?}");
    assert_eq!(sums["ForwardedLogEvents g SQS f"], 2.0, "{sums:?}");
    assert!(!sums.contains_key("DeliveryErrors g SQS f"), "{sums:?}");
}
