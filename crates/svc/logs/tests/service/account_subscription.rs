//! An account's policy that subscribes to all of its groups.

use std::sync::Arc;

use serde_json::json;
use wharf_api_logs::{Logs, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_svc_logs::{LogsService, Options};
use wharf_testkit::{Counted, call_at};
use wharf_wire::Fault;

use crate::support::{
    self, Called, NOW, delete_policy, make, make_stream, open, open_with, put, unpacked,
};

const POLICY: &str = "SUBSCRIPTION_FILTER_POLICY";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:lines";

async fn put_policy(
    logs: &LogsService,
    name: &str,
    pattern: &str,
    selection: Option<&str>,
    at: i64,
) -> Result<AccountPolicy, Fault> {
    let document = json!({ "DestinationArn": QUEUE, "FilterPattern": pattern });
    support::put_policy(logs, (POLICY, name), document.to_string(), selection, at).await
}

async fn line(logs: &LogsService, group: &str, at: i64, text: &str) {
    let call = call_at(Timestamp(NOW + at));
    put(logs, &call, (group, "s"), &[(NOW + at, text)])
        .await
        .unwrap();
}

/// Groups and texts that went out.
async fn sent(logs: &LogsService, called: &Called) -> Vec<String> {
    called.take();
    logs.deliver_once(Timestamp(NOW)).await;
    let mut all = Vec::new();
    for (_, request) in called.take() {
        let message = unpacked(&request);
        assert_eq!(message["subscriptionFilters"], json!(["p"]));
        let group = message["logGroup"].as_str().unwrap();
        let events = message["logEvents"].as_array().unwrap().iter();
        all.extend(events.map(|it| format!("{group}: {}", it["message"].as_str().unwrap())));
    }
    all.sort();
    all
}

#[tokio::test]
async fn it_is_for_all_groups_but_those_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = (open(folder.path()), Arc::new(Called::default()));
    logs.calling(called.clone());
    for group in ["a", "exempt"] {
        make(&logs, group, &["s"]).await;
        line(&logs, group, 0, "ERROR before").await;
    }
    let infrequent = CreateLogGroupRequest {
        log_group_name: Some("infrequent".into()),
        log_group_class: Some("INFREQUENT_ACCESS".into()),
        ..Default::default()
    };
    let call = call_at(Timestamp(NOW));
    logs.create_log_group(&call, infrequent).await.unwrap();
    make_stream(&logs, &call, "infrequent", "s").await;
    let selection = r#"LogGroupName NOT IN ["exempt"]"#;
    put_policy(&logs, "p", "ERROR", Some(selection), 10)
        .await
        .unwrap();
    make(&logs, "later", &["s"]).await;
    for group in ["a", "exempt", "infrequent", "later"] {
        line(&logs, group, 20, "ERROR one").await;
        line(&logs, group, 20, "fine").await;
    }
    let expected = ["a: ERROR one", "later: ERROR one"];
    assert_eq!(sent(&logs, &called).await, expected);
    assert!(sent(&logs, &called).await.is_empty());

    // A change goes on where it was; a group that was exempt begins.
    for group in ["a", "exempt"] {
        line(&logs, group, 30, "WARN two").await;
    }
    put_policy(&logs, "p", "WARN", None, 40).await.unwrap();
    for group in ["a", "exempt"] {
        line(&logs, group, 50, "WARN three").await;
    }
    let expected = ["a: WARN three", "a: WARN two", "exempt: WARN three"];
    assert_eq!(sent(&logs, &called).await, expected);
    delete_policy(&logs, POLICY, "p", 60).await.unwrap();
    line(&logs, "a", 70, "WARN four").await;
    put_policy(&logs, "p", "WARN", None, 80).await.unwrap();
    line(&logs, "a", 90, "WARN five").await;
    assert_eq!(sent(&logs, &called).await, ["a: WARN five"]);
}

/// By the policy, whichever groups the events come from.
#[tokio::test]
async fn what_it_sends_is_counted_for_the_account() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let options = Options {
        counters: counted.counters.clone(),
        ..Options::default()
    };
    let logs = open_with(folder.path(), options);
    let called = Arc::new(Called::default());
    logs.calling(called.clone());
    put_policy(&logs, "p", "", None, 0).await.unwrap();
    for group in ["a", "b"] {
        make(&logs, group, &["s"]).await;
        line(&logs, group, 10, "one").await;
    }
    assert_eq!(sent(&logs, &called).await, ["a: one", "b: one"]);
    let sums = counted.sums();
    assert_eq!(
        sums["ForwardedLogEvents AccountPolicy SQS p"], 2.0,
        "{sums:?}"
    );
    assert!(!sums.contains_key("ForwardedLogEvents a SQS p"), "{sums:?}");
}

#[tokio::test]
async fn there_is_one_and_it_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, called) = (open(folder.path()), Arc::new(Called::default()));
    logs.calling(called.clone());
    let bad = put_policy(&logs, "p", "{", None, 0).await.unwrap_err();
    assert!(bad.message.contains("Invalid filter pattern"), "{bad:?}");
    let selection = Some(r#"LogGroupNamePrefix IN ["a"]"#);
    let bad = put_policy(&logs, "p", "", selection, 0).await.unwrap_err();
    assert!(bad.message.contains("NOT IN"), "{bad:?}");
    called.refuse(true);
    let bad = put_policy(&logs, "p", "", None, 0).await.unwrap_err();
    assert!(bad.message.starts_with("Could not deliver"), "{bad:?}");
    called.refuse(false);
    // Of two at once, one sees the other.
    let (one, two) = tokio::join!(
        put_policy(&logs, "p", "", None, 0),
        put_policy(&logs, "q", "", None, 0)
    );
    let codes: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0].code, "LimitExceededException");
}
