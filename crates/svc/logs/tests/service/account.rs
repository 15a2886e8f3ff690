//! Policies of an account: what they say about all of its groups.

use serde_json::json;
use wharf_api_logs::{Logs, types::*};
use wharf_base::Timestamp;
use wharf_svc_logs::LogsService;
use wharf_testkit::call_at;
use wharf_wire::Fault;

use crate::support::{NOW, call, delete_policy, make, open, put, put_policy};

const TRANSFORMER: &str = "TRANSFORMER_POLICY";
const PROTECTION: &str = "DATA_PROTECTION_POLICY";

fn masks(identifier: &str) -> String {
    let all = [format!(
        "arn:aws:dataprotection::aws:data-identifier/{identifier}"
    )];
    json!({ "Name": "p", "Version": "2021-06-01", "Statement": [
        { "DataIdentifier": all, "Operation": { "Audit": { "FindingsDestination": {} } } },
        { "DataIdentifier": all, "Operation": { "Deidentify": { "MaskConfig": {} } } },
    ] })
    .to_string()
}

fn words(field: &str) -> String {
    json!([{ "grok": { "match": format!("%{{WORD:{field}}}") } }]).to_string()
}

async fn put_at(logs: &LogsService, group: &str, at: i64, line: &str) {
    let call = call_at(Timestamp(NOW + at));
    put(logs, &call, (group, "s"), &[(NOW + at, line)])
        .await
        .unwrap();
}

async fn read(logs: &LogsService, group: &str) -> Vec<String> {
    let input = GetLogEventsRequest {
        log_group_name: Some(group.into()),
        log_stream_name: Some("s".into()),
        start_from_head: Some(true),
        ..Default::default()
    };
    let found = logs.get_log_events(&call(), input).await.unwrap();
    let events = found.events.unwrap().into_iter();
    events.map(|it| it.message.unwrap()).collect()
}

/// Names of the fields that a group's events have beside those of all.
async fn fields(logs: &LogsService, group: &str) -> Vec<String> {
    let input = GetLogGroupFieldsRequest {
        log_group_name: Some(group.into()),
        time: Some(NOW / 1000),
        ..Default::default()
    };
    let found = logs.get_log_group_fields(&call(), input).await.unwrap();
    let names = found.log_group_fields.unwrap().into_iter();
    let mut names: Vec<String> = names
        .map(|it| it.name.unwrap())
        .filter(|it| !it.starts_with('@'))
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn all_groups_are_masked_by_both_policies() {
    let folder = tempfile::tempdir().unwrap();
    {
        let logs = open(folder.path());
        make(&logs, "g", &["s"]).await;
        put_at(&logs, "g", 0, "a@b.example").await;
        put_policy(&logs, (PROTECTION, "p"), masks("EmailAddress"), None, 1)
            .await
            .unwrap();
        let own = PutDataProtectionPolicyRequest {
            log_group_identifier: Some("g".into()),
            policy_document: Some(masks("IpAddress")),
        };
        logs.put_data_protection_policy(&call_at(Timestamp(NOW + 1)), own)
            .await
            .unwrap();
        // One that is made later is masked too.
        make(&logs, "h", &["s"]).await;
        for group in ["g", "h"] {
            put_at(&logs, group, 2, "a@b.example 10.0.0.1").await;
        }
        delete_policy(&logs, PROTECTION, "p", 3).await.unwrap();
        put_at(&logs, "h", 3, "a@b.example").await;
        let again = delete_policy(&logs, PROTECTION, "p", 4).await.unwrap_err();
        assert_eq!(again.code, "ResourceNotFoundException");
    }
    let logs = open(folder.path());
    assert_eq!(
        read(&logs, "g").await,
        ["a@b.example", "*********** ********"]
    );
    assert_eq!(
        read(&logs, "h").await,
        ["*********** 10.0.0.1", "a@b.example"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_groups_own_transformer_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    for group in ["app-one", "app-two", "other"] {
        make(&logs, group, &["s"]).await;
    }
    let selection = Some("LogGroupNamePrefix IN [\"app-\"]");
    put_policy(&logs, (TRANSFORMER, "t"), words("account"), selection, 0)
        .await
        .unwrap();
    let own = PutTransformerRequest {
        log_group_identifier: Some("app-two".into()),
        transformer_config: Some(vec![Processor {
            grok: Some(Grok {
                match_: Some("%{WORD:own}".into()),
                ..Default::default()
            }),
            ..Default::default()
        }]),
    };
    logs.put_transformer(&call(), own).await.unwrap();
    for group in ["app-one", "app-two", "other"] {
        put_at(&logs, group, 1, "word").await;
    }
    assert_eq!(fields(&logs, "app-one").await, ["account"]);
    assert_eq!(fields(&logs, "app-two").await, ["own"]);
    assert_eq!(fields(&logs, "other").await, [""; 0]);
    // What came in under the one before keeps its field.
    put_policy(&logs, (TRANSFORMER, "t"), words("changed"), selection, 2)
        .await
        .unwrap();
    put_at(&logs, "app-one", 2, "word").await;
    assert_eq!(fields(&logs, "app-one").await, ["account", "changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_shown_and_held_against_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let policy = put_policy(&logs, (PROTECTION, "p"), masks("EmailAddress"), None, 0);
    let policy = policy.await.unwrap();
    assert_eq!(policy.policy_type.as_deref(), Some(PROTECTION));
    for (name, prefix) in [("a", "app-"), ("w", "web-")] {
        let selection = format!("LogGroupNamePrefix = {prefix:?}");
        put_policy(&logs, (TRANSFORMER, name), words("a"), Some(&selection), 0)
            .await
            .unwrap();
    }
    let listed = async |of: &str, name: Option<&str>| {
        let input = DescribeAccountPoliciesRequest {
            policy_type: Some(of.into()),
            policy_name: name.map(str::to_owned),
            ..Default::default()
        };
        let found = logs.describe_account_policies(&call(), input).await?;
        Ok::<_, Fault>(found.account_policies.unwrap())
    };
    assert_eq!(listed(PROTECTION, None).await.unwrap(), [policy]);
    let names: Vec<Option<String>> = listed(TRANSFORMER, None)
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.policy_name)
        .collect();
    assert_eq!(names, [Some("a".to_owned()), Some("w".to_owned())]);
    assert_eq!(listed(TRANSFORMER, Some("w")).await.unwrap().len(), 1);
    let none = listed(TRANSFORMER, Some("x")).await.unwrap_err();
    assert_eq!(none.code, "ResourceNotFoundException");

    for (of, name, document, selection, text) in [
        (
            PROTECTION,
            "q",
            masks("EmailAddress"),
            None,
            "Resource limit exceeded",
        ),
        (
            PROTECTION,
            "p",
            masks("EmailAddress"),
            Some("LogGroupNamePrefix = \"a\""),
            "is not for policies",
        ),
        (PROTECTION, "p", masks("Name"), None, "data-identifier/Name"),
        (TRANSFORMER, "b", words("a"), None, "cannot overlap"),
        (
            TRANSFORMER,
            "b",
            words("a"),
            Some("LogGroupNamePrefix IN [\"x\", \"app-one\"]"),
            "cannot overlap",
        ),
        (
            TRANSFORMER,
            "b",
            words("a"),
            Some("LogGroupName NOT IN []"),
            "only LogGroupNamePrefix",
        ),
        (
            TRANSFORMER,
            "b",
            words("a"),
            Some("LogGroupNamePrefix IN []"),
            "only LogGroupNamePrefix",
        ),
        (
            TRANSFORMER,
            "b",
            "[]".to_owned(),
            Some("LogGroupNamePrefix = \"z\""),
            "'transformerConfig' failed to satisfy constraint: Member must have length",
        ),
        (
            TRANSFORMER,
            "b",
            "{".to_owned(),
            Some("LogGroupNamePrefix = \"z\""),
            "Invalid policy document",
        ),
        (
            "OTHER_POLICY",
            "b",
            "{}".to_owned(),
            None,
            "OTHER_POLICY is not supported",
        ),
    ] {
        let put = put_policy(&logs, (of, name), document, selection, 1).await;
        let said = put.unwrap_err().message;
        assert!(said.contains(text), "{name} {selection:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_have_the_bounds_of_the_operations_for_one_group() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let to = |length: usize| {
        let entries = [json!({ "source": "a", "from": "(?s).+", "to": "$0".repeat(length) })];
        json!([{ "parseJSON": {} }, { "substituteString": { "entries": entries } }]).to_string()
    };
    put_policy(&logs, (TRANSFORMER, "t"), to(64), None, 0)
        .await
        .unwrap();
    let refused = put_policy(&logs, (TRANSFORMER, "t"), to(65), None, 1).await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterException");
    let long = format!("{}{}", " ".repeat(31_000), to(1));
    let refused = put_policy(&logs, (TRANSFORMER, "t"), long, None, 1).await;
    assert!(refused.unwrap_err().message.contains("30720"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_policy_again_is_no_further_version() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let mut last = None;
    for at in 0..600 {
        let put = put_policy(&logs, (PROTECTION, "p"), masks("EmailAddress"), None, at);
        last = put.await.unwrap().last_updated_time;
    }
    assert_eq!(last, Some(NOW + 599));
    make(&logs, "g", &["s"]).await;
    put_at(&logs, "g", 700, "to me@x.example").await;
    assert_eq!(read(&logs, "g").await, ["to ************"]);
}

/// Each alone fits, both together do not.
#[tokio::test]
async fn of_two_policies_that_are_put_at_once_one_sees_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    for _ in 0..20 {
        let (one, two) = tokio::join!(
            put_policy(&logs, (TRANSFORMER, "one"), words("a"), None, 0),
            put_policy(&logs, (TRANSFORMER, "two"), words("b"), None, 0)
        );
        assert!(one.is_ok() != two.is_ok());
        let name = if one.is_ok() { "one" } else { "two" };
        delete_policy(&logs, TRANSFORMER, name, 1).await.unwrap();
    }
}

/// Infrequent access has no transformers, delivery no masks either.
#[tokio::test(flavor = "multi_thread")]
async fn policies_are_for_the_classes_that_have_them() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    put_policy(&logs, (PROTECTION, "p"), masks("EmailAddress"), None, 0)
        .await
        .unwrap();
    put_policy(&logs, (TRANSFORMER, "t"), words("word"), None, 0)
        .await
        .unwrap();
    for (class, text, transforms) in [
        ("STANDARD", "***********", true),
        ("INFREQUENT_ACCESS", "***********", false),
        ("DELIVERY", "a@b.example", false),
    ] {
        let input = CreateLogGroupRequest {
            log_group_name: Some(class.into()),
            log_group_class: Some(class.into()),
            ..Default::default()
        };
        logs.create_log_group(&call(), input).await.unwrap();
        crate::support::make_stream(&logs, &call(), class, "s").await;
        put_at(&logs, class, 1, "a@b.example").await;
        assert_eq!(read(&logs, class).await, [text]);
        put_at(&logs, class, 2, "word").await;
        let found = fields(&logs, class).await;
        assert_eq!(found.contains(&"word".to_owned()), transforms, "{class}");
    }
}

/// Versions that no event needs make room for new ones.
#[tokio::test]
async fn policies_are_changed_as_often_as_one_likes() {
    const HOUR_MS: i64 = 3_600_000;
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let change = async |number: i64, at: i64| {
        let document = words(&format!("f{number}"));
        put_policy(&logs, (TRANSFORMER, "t"), document, None, at).await
    };
    for number in 0..500 {
        change(number, number).await.unwrap();
    }
    let full = change(500, 500).await.unwrap_err();
    assert_eq!(full.code, "LimitExceededException");
    change(500, 2 * HOUR_MS).await.unwrap();
}
