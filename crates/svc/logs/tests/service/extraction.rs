//! Account policies about the embedded metric format: which groups make metrics.

use std::sync::Arc;

use wharf_api_logs::{Logs, types::*};
use wharf_base::{SystemClock, Timestamp};
use wharf_svc_logs::{LogsService, Options};
use wharf_testkit::{Counted, call_at};
use wharf_wire::Fault;

use crate::support::{self, Called, NOW, call, make, open, open_with, put};

const TYPE: &str = "METRIC_EXTRACTION_POLICY";

async fn put_policy(
    logs: &LogsService,
    name: &str,
    document: &str,
    selection: Option<&str>,
) -> Result<AccountPolicy, Fault> {
    support::put_policy(logs, (TYPE, name), document.to_owned(), selection, 0).await
}

async fn delete(logs: &LogsService, name: &str) -> Result<(), Fault> {
    support::delete_policy(logs, TYPE, name, 0).await
}

async fn listed(logs: &LogsService) -> Vec<AccountPolicy> {
    let input = DescribeAccountPoliciesRequest {
        policy_type: Some(TYPE.into()),
        ..Default::default()
    };
    let found = logs.describe_account_policies(&call(), input).await;
    found.unwrap().account_policies.unwrap()
}

/// Puts an event in the format, and one that is not; the metrics that were made.
async fn metrics_of(logs: &LogsService, called: &Called, group: &str, padding: usize) -> usize {
    let directive = r#"{"Namespace":"shop","Metrics":[{"Name":"time"}]}"#;
    let event = format!(
        r#"{{"_aws":{{"Timestamp":{NOW},"CloudWatchMetrics":[{directive}]}},"time":1,"x":"{}"}}"#,
        "x".repeat(padding)
    );
    let of = call_at(Timestamp(NOW + 1));
    put(logs, &of, (group, "s"), &[(NOW, &event), (NOW, "a line")])
        .await
        .unwrap();
    called.take().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_metrics_are_made_of_the_groups_that_a_policy_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Counted::new(Arc::new(SystemClock));
    let options = Options {
        counters: counted.counters.clone(),
        ..Options::default()
    };
    let logs = open_with(folder.path(), options);
    let called = Arc::new(Called::default());
    logs.calling(called.clone());
    for group in ["app-one", "other"] {
        make(&logs, group, &["s"]).await;
    }
    let selection = r#"LogGroupNamePrefix IN ["app-"]"#;
    let policy = put_policy(&logs, "p", "{}", Some(selection)).await.unwrap();
    assert_eq!(policy.selection_criteria.as_deref(), Some(selection));
    assert_eq!(listed(&logs).await, [policy]);
    // A large put is looked at by another thread.
    for padding in [0, 64 << 10] {
        assert_eq!(metrics_of(&logs, &called, "app-one", padding).await, 0);
        assert_eq!(metrics_of(&logs, &called, "other", padding).await, 1);
    }
    let sums = counted.sums();
    assert_eq!(sums["EMFDisabledErrors app-one"], 2.0, "{sums:?}");
    assert!(!sums.contains_key("EMFDisabledErrors other"));
    assert_eq!(sums["IncomingLogEvents app-one"], 4.0);
    drop(logs);

    let logs = open(folder.path());
    logs.calling(called.clone());
    assert_eq!(metrics_of(&logs, &called, "app-one", 0).await, 0);
    // The other way round: changed in place.
    let selection = r#"LogGroupNamePrefix NOT IN ["app-"]"#;
    put_policy(&logs, "p", "{}", Some(selection)).await.unwrap();
    assert_eq!(metrics_of(&logs, &called, "app-one", 0).await, 1);
    assert_eq!(metrics_of(&logs, &called, "other", 0).await, 0);
    delete(&logs, "p").await.unwrap();
    assert_eq!(metrics_of(&logs, &called, "other", 0).await, 1);
    let again = delete(&logs, "p").await.unwrap_err();
    assert_eq!(again.code, "ResourceNotFoundException");
    assert_eq!(listed(&logs).await, []);
}

#[tokio::test]
async fn policies_that_meet_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let names = r#"LogGroupName IN ["a", "b"]"#;
    put_policy(&logs, "p", "{}", Some(names)).await.unwrap();
    let long = format!(r#"LogGroupName IN ["{}"]"#, "g".repeat(26_000));
    for (name, document, selection, text) in [
        ("q", "{}", None, "cannot overlap"),
        (
            "q",
            "{}",
            Some(r#"LogGroupName IN ["b"]"#),
            "cannot overlap",
        ),
        (
            "q",
            "{}",
            Some(r#"LogGroupName = "c""#),
            "Invalid selectionCriteria",
        ),
        ("q", "{}", Some(long.as_str()), "at most 25600 bytes"),
        (
            "q",
            "[]",
            Some(r#"LogGroupName IN ["c"]"#),
            "Invalid policy document",
        ),
        (
            "q",
            r#"{"a": 1}"#,
            None,
            "policyDocument.a is not supported",
        ),
        (
            "aws/q",
            "{}",
            Some(r#"LogGroupName IN ["c"]"#),
            "cannot start with aws/",
        ),
    ] {
        let refused = put_policy(&logs, name, document, selection).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code, "InvalidParameterException");
        assert!(refused.message.contains(text), "{}", refused.message);
    }
    for name in ["c", "d", "e", "f"] {
        let selection = format!("LogGroupName IN [{name:?}]");
        put_policy(&logs, name, "{}", Some(&selection))
            .await
            .unwrap();
    }
    let full = put_policy(&logs, "g", "{}", Some(r#"LogGroupName IN ["g"]"#)).await;
    assert_eq!(full.unwrap_err().code, "LimitExceededException");
    // Each alone fits, both together do not.
    for name in ["p", "c", "d", "e", "f"] {
        delete(&logs, name).await.unwrap();
    }
    for _ in 0..20 {
        let (one, two) = tokio::join!(
            put_policy(&logs, "one", "{}", None),
            put_policy(&logs, "two", "{}", None)
        );
        assert!(one.is_ok() != two.is_ok());
        delete(&logs, if one.is_ok() { "one" } else { "two" })
            .await
            .unwrap();
    }
}
