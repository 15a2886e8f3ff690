//! Indexes of fields: policies, what queries are spared by them, and that they find the same with and without.

use std::time::Duration;

use proptest::prelude::*;
use wharf_api_logs::{Logs, types::*};
use wharf_base::Timestamp;
use wharf_svc_logs::{Limits, LogsService, Options};
use wharf_testkit::{call_at, refused};
use wharf_wire::Call;

use crate::support::{NOW, arn, call, journal, make, make_stream, open, open_over, put};

const MASKS: &str = r#"{"Name": "p", "Version": "2021-06-01", "Statement": [
    {"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
     "Operation": {"Audit": {"FindingsDestination": {}}}},
    {"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
     "Operation": {"Deidentify": {"MaskConfig": {}}}}]}"#;

async fn index(logs: &LogsService, call: &Call, group: &str, fields: &[&str]) {
    let input = PutIndexPolicyRequest {
        log_group_identifier: Some(group.into()),
        policy_document: Some(serde_json::json!({ "Fields": fields }).to_string()),
    };
    logs.put_index_policy(call, input).await.unwrap();
}

async fn asked(logs: &LogsService, group: &str, text: &str) -> GetQueryResultsResponse {
    let input = StartQueryRequest {
        log_group_names: Some(group.split(' ').map(str::to_owned).collect()),
        start_time: Some(NOW / 1000 - 36_000),
        end_time: Some(NOW / 1000 + 7200),
        query_string: Some(text.into()),
        ..Default::default()
    };
    let started = logs.start_query(&call(), input).await.unwrap();
    let input = GetQueryResultsRequest {
        query_id: started.query_id,
        ..Default::default()
    };
    loop {
        let asked = logs.get_query_results(&call(), input.clone()).await;
        let found = asked.unwrap();
        if !matches!(found.status.as_deref(), Some("Running" | "Scheduled")) {
            assert_eq!(found.status.as_deref(), Some("Complete"), "{text}");
            return found;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Values of rows, without pointers and groups.
fn values(found: &GetQueryResultsResponse) -> Vec<Vec<String>> {
    let rows = found.results.iter().flatten();
    rows.map(|row| {
        let shown = row.iter().filter(|it| it.field.as_deref() != Some("@ptr"));
        shown.map(|it| it.value.clone().unwrap()).collect()
    })
    .collect()
}

fn numbers(found: &GetQueryResultsResponse) -> (f64, f64) {
    let of = found.statistics.as_ref().unwrap();
    (
        of.records_scanned.unwrap(),
        of.estimated_records_skipped.unwrap(),
    )
}

async fn lines(logs: &LogsService, call: &Call, group: &str, numbers: std::ops::Range<i64>) {
    let each = numbers.map(|n| {
        (
            NOW - 3_600_000 + n,
            format!(r#"{{"req":"r{n}","ok":{}}}"#, n % 2),
        )
    });
    let lines: Vec<(i64, String)> = each.collect();
    let lines: Vec<(i64, &str)> = lines.iter().map(|(at, it)| (*at, it.as_str())).collect();
    put(logs, call, (group, "s"), &lines).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_pass_over_what_surely_has_no_such_value() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    make(&logs, "other", &["s"]).await;
    lines(&logs, &call(), "other", 0..600).await;
    // From before the policy.
    lines(&logs, &call(), "g", 0..600).await;
    let later = call_at(Timestamp(NOW + 1000));
    index(&logs, &later, "g", &["req"]).await;
    lines(&logs, &later, "g", 600..6000).await;
    let text = "filterIndex req = 'r5000' | display req, ok";
    let before = asked(&logs, "g", text).await;
    assert_eq!(
        (values(&before), numbers(&before)),
        (vec![vec!["r5000".into(), "0".into()]], (6000.0, 0.0))
    );
    logs.index_once().await.unwrap();
    let check = async |logs: &LogsService| {
        let found = asked(logs, "g", text).await;
        assert_eq!(values(&found), [["r5000", "0"]]);
        let (scanned, skipped) = numbers(&found);
        assert_eq!(scanned + skipped, 6000.0);
        // The two blocks from before, that of the value, the last one that is not whole, and now and then one more.
        assert!(scanned < 2.0 * 512.0 + 512.0 + 512.0 + 1024.0, "{scanned}");
        // A filter is as good.
        let found = asked(
            logs,
            "g",
            "filter req in ['r700', 'r5000'] | stats count(*) as n",
        )
        .await;
        assert_eq!(values(&found), [["2"]]);
        assert!(numbers(&found).1 > 2000.0);
        // Of this field nothing is known.
        let found = asked(logs, "g", "filter ok = 1 | stats count(*) as n").await;
        assert_eq!(
            (values(&found), numbers(&found).1),
            (vec![vec!["3000".to_owned()]], 0.0)
        );
        // Groups without the index are not looked at, those with it wholly.
        let found = asked(
            logs,
            "g other",
            "filterIndex req = 'r5' | stats count(*) as n",
        )
        .await;
        assert_eq!(values(&found), [["1"]]);
        let found = asked(logs, "g other", "filter req = 'r5' | stats count(*) as n").await;
        assert_eq!(values(&found), [["2"]]);
    };
    check(&logs).await;
    drop(logs);
    let logs = open(folder.path());
    check(&logs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_go_with_their_events() {
    let folder = tempfile::tempdir().unwrap();
    let events = journal(folder.path());
    let logs = open_over(folder.path(), events.clone(), Options::default());
    make(&logs, "g", &["s"]).await;
    index(&logs, &call(), "g", &["req"]).await;
    lines(&logs, &call(), "g", 0..2000).await;
    logs.index_once().await.unwrap();
    let known = || events.streams("logs-index/", None, 9);
    assert_eq!((known()[0].first, known()[0].end), (0, 3));
    let input = PutRetentionPolicyRequest {
        log_group_name: Some("g".into()),
        retention_in_days: Some(1),
    };
    logs.put_retention_policy(&call(), input).await.unwrap();
    let clock = wharf_base::TestClock::at(Timestamp(NOW - 3_600_000 + 86_400_000 + 1100));
    logs.expire(&clock).await.unwrap();
    assert_eq!(known()[0].first, 2, "the index of what is gone is gone");
    lines(&logs, &call(), "g", 2000..4000).await;
    logs.index_once().await.unwrap();
    let found = asked(
        &logs,
        "g",
        "filterIndex req = 'r3000' | stats count(*) as n",
    )
    .await;
    assert_eq!(values(&found), [["1"]]);
    let input = DeleteLogGroupRequest {
        log_group_name: Some("g".into()),
    };
    logs.delete_log_group(&call(), input).await.unwrap();
    assert!(known().is_empty());
}

/// What an index takes counts for the stream that it is of.
#[tokio::test(flavor = "multi_thread")]
async fn events_go_for_the_bytes_of_their_own_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let events = journal(folder.path());
    let logs = open_over(folder.path(), events.clone(), Options::default());
    make(&logs, "calm", &["s"]).await;
    lines(&logs, &call(), "calm", 0..2000).await;
    let calm = events.streams("logs/", None, 9).remove(0);
    make(&logs, "indexed", &["s"]).await;
    let later = call_at(Timestamp(NOW + 1000));
    lines(&logs, &later, "indexed", 0..2000).await;
    let mut all = events.streams("logs/", None, 9);
    all.retain(|it| it.name != calm.name);
    let name = all[0].name.clone();
    // An index as large as its events.
    let own = name.replacen("logs/", "logs-index/", 1);
    let bytes = vec![7; usize::try_from(all[0].bytes).unwrap()];
    events.append(&own, &[bytes]).await.unwrap();
    let held = |prefix: &str| {
        let found = events.streams(prefix, None, 9).into_iter();
        found.map(|it| it.bytes).sum::<u64>()
    };
    let limits = Limits {
        kept_bytes: held("logs/") + held("logs-index/") - 1,
        ..Limits::default()
    };
    drop(logs);
    let options = Options {
        limits,
        ..Options::default()
    };
    let logs = open_over(folder.path(), events.clone(), options);
    logs.keep_bytes().await.unwrap();
    let first = |name: &str| events.stream(name).unwrap().first;
    assert_eq!(first(&calm.name), 0, "it holds less than its share");
    assert!(first(&name) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    let policies = async || {
        let input = DescribeIndexPoliciesRequest {
            log_group_identifiers: Some(vec![arn("g")]),
            ..Default::default()
        };
        let told = logs.describe_index_policies(&call(), input).await.unwrap();
        let told = told.index_policies.unwrap().into_iter();
        told.map(|it| {
            (
                it.source.unwrap(),
                it.policy_name,
                it.policy_document.unwrap(),
            )
        })
        .collect::<Vec<_>>()
    };
    let fields = async |categories: &[&str]| {
        let input = DescribeFieldIndexesRequest {
            log_group_identifiers: Some(vec!["g".into()]),
            index_categories: Some(categories.iter().map(|it| (*it).to_owned()).collect()),
            ..Default::default()
        };
        let told = logs
            .describe_field_indexes(&call_at(Timestamp(NOW + 60_000)), input)
            .await;
        let told = told.unwrap().field_indexes.unwrap().into_iter();
        told.map(|it| {
            format!(
                "{} {}",
                it.field_index_name.unwrap(),
                it.index_category.unwrap()
            )
        })
        .collect::<Vec<_>>()
    };
    assert!(policies().await.is_empty());
    let account = PutAccountPolicyRequest {
        policy_name: Some("all".into()),
        policy_type: Some("FIELD_INDEX_POLICY".into()),
        policy_document: Some(r#"{"Fields":["a"]}"#.into()),
        selection_criteria: Some(r#"LogGroupNamePrefix IN ["g"]"#.into()),
        ..Default::default()
    };
    logs.put_account_policy(&call(), account.clone())
        .await
        .unwrap();
    let of = |source: &str, name: Option<&str>, document: &str| {
        (
            source.to_owned(),
            name.map(str::to_owned),
            document.to_owned(),
        )
    };
    assert_eq!(
        policies().await,
        [of("ACCOUNT", Some("all"), r#"{"Fields":["a"]}"#)]
    );
    assert_eq!(fields(&[]).await, ["a CUSTOM"]);
    index(&logs, &call(), "g", &["b", "c"]).await;
    assert_eq!(
        policies().await,
        [of("LOG_GROUP", None, r#"{"Fields":["b","c"]}"#)]
    );
    assert_eq!(fields(&[]).await, ["b CUSTOM", "c CUSTOM", "a INACTIVE"]);
    assert_eq!(fields(&["INACTIVE"]).await, ["a INACTIVE"]);
    let overlapping = PutAccountPolicyRequest {
        policy_name: Some("more".into()),
        selection_criteria: Some(r#"LogGroupNamePrefix IN ["g1"]"#.into()),
        ..account
    };
    let refusal = logs.put_account_policy(&call(), overlapping).await;
    refused(
        refusal,
        "InvalidParameterException",
        "The selectionCriteria of two policies of one type cannot overlap.",
    );
    let input = DeleteIndexPolicyRequest {
        log_group_identifier: Some("g".into()),
    };
    logs.delete_index_policy(&call(), input.clone())
        .await
        .unwrap();
    let refusal = logs.delete_index_policy(&call(), input).await;
    refused(
        refusal,
        "ResourceNotFoundException",
        "The specified log group has no field index policy.",
    );
    let input = DeleteAccountPolicyRequest {
        policy_name: Some("all".into()),
        policy_type: Some("FIELD_INDEX_POLICY".into()),
        ..Default::default()
    };
    logs.delete_account_policy(&call(), input).await.unwrap();
    assert!(policies().await.is_empty());
    assert_eq!(fields(&["CUSTOM"]).await, [""; 0]);
}

/// What happens to two groups of which one has indexes.
#[derive(Debug, Clone)]
enum Act {
    Put { count: usize, value: u8 },
    Index(u8),
    NoIndex,
    Mask(bool),
    Transform(bool),
    Make,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (100usize..900, 0u8..4).prop_map(|(count, value)| Act::Put { count, value }),
        2 => (0u8..3).prop_map(Act::Index),
        1 => Just(Act::NoIndex),
        1 => any::<bool>().prop_map(Act::Mask),
        1 => any::<bool>().prop_map(Act::Transform),
        2 => Just(Act::Make),
    ]
}

async fn done(logs: &LogsService, call: &Call, act: &Act, number: i64) {
    for group in ["with", "without"] {
        match act {
            Act::Put { count, value } => {
                let line = |n: usize| match n % 97 {
                    0 => format!(
                        r#"{{"a":{{"b":{value}}},"a.b":"x{value}","mail":"m{value}@b.example"}}"#
                    ),
                    1 => format!("plain {value}"),
                    _ => format!(r#"{{"a":"v{value}","n":{value}.0,"mail":"m{value}@b.example"}}"#),
                };
                let each =
                    (0..*count).map(|n| (NOW - 3_600_000 + number * 1000 + n as i64, line(n)));
                let lines: Vec<(i64, String)> = each.collect();
                let lines: Vec<(i64, &str)> =
                    lines.iter().map(|(at, it)| (*at, it.as_str())).collect();
                put(logs, call, (group, "s"), &lines).await.unwrap();
            }
            Act::Index(which) if group == "with" => {
                let fields = [&["a", "mail"][..], &["n"], &["a.b", "n", "a"]][usize::from(*which)];
                index(logs, call, group, fields).await;
            }
            Act::NoIndex if group == "with" => {
                let input = DeleteIndexPolicyRequest {
                    log_group_identifier: Some(group.into()),
                };
                let _ = logs.delete_index_policy(call, input).await;
            }
            Act::Mask(true) => {
                let input = PutDataProtectionPolicyRequest {
                    log_group_identifier: Some(group.into()),
                    policy_document: Some(MASKS.into()),
                };
                logs.put_data_protection_policy(call, input).await.unwrap();
            }
            Act::Mask(false) => {
                let input = DeleteDataProtectionPolicyRequest {
                    log_group_identifier: Some(group.into()),
                };
                let _ = logs.delete_data_protection_policy(call, input).await;
            }
            Act::Transform(true) => {
                let input = PutTransformerRequest {
                    log_group_identifier: Some(group.into()),
                    transformer_config: Some(vec![
                        Processor {
                            parse_json: Some(ParseJSON::default()),
                            ..Default::default()
                        },
                        Processor {
                            move_keys: Some(MoveKeys {
                                entries: Some(vec![MoveKeyEntry {
                                    source: Some("n".into()),
                                    target: Some("a".into()),
                                    overwrite_if_exists: Some(true),
                                }]),
                            }),
                            ..Default::default()
                        },
                    ]),
                };
                logs.put_transformer(call, input).await.unwrap();
            }
            Act::Transform(false) => {
                let input = DeleteTransformerRequest {
                    log_group_identifier: Some(group.into()),
                };
                let _ = logs.delete_transformer(call, input).await;
            }
            Act::Make => logs.index_once().await.unwrap(),
            Act::Index(_) | Act::NoIndex => {}
        }
    }
}

const QUESTIONS: [&str; 10] = [
    "filter a = 'v1' | stats count(*) as n, max(@timestamp) as last",
    "filter a = 'v1' or n = 2 | stats count(*) as n by a, n | sort a, n",
    "filter n in [1, '3.0'] | stats count(*) as n, min(@timestamp)",
    "filter a.b = 2 | stats count(*) as n",
    "fields a | filter a.b = 'x2' or a.b = 2 | stats count(*) as n",
    "filter mail = 'm1@b.example' | stats count(*) as n",
    "filter mail = '************' | stats count(*) as n",
    "filter a = 1 | stats count(*) as n",
    "filter a = 'v3' and n = 3 | sort @timestamp, @message | display @timestamp, @message | limit 50",
    "filter a != 'v1' | stats count(*) as n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..Default::default() })]
    /// Masks, transformers and policies come and go, before and after events are indexed.
    #[test]
    fn the_same_is_found_with_and_without(acts in prop::collection::vec(act(), 4..16)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let logs = open(folder.path());
            make(&logs, "with", &["s"]).await;
            make(&logs, "without", &["s"]).await;
            index(&logs, &call(), "with", &["a", "n", "mail", "a.b"]).await;
            for (number, act) in (1..).zip(&acts) {
                let call = call_at(Timestamp(NOW + number * 1000));
                done(&logs, &call, act, number).await;
            }
            let late = call_at(Timestamp(NOW + 100_000));
            for step in [Act::Make, Act::Mask(true)] {
                done(&logs, &late, &step, 100).await;
                for text in QUESTIONS {
                    let with = asked(&logs, "with", text).await;
                    let without = asked(&logs, "without", text).await;
                    assert_eq!(values(&with), values(&without), "{text}");
                    let matched = |it: &GetQueryResultsResponse| {
                        it.statistics.as_ref().unwrap().records_matched
                    };
                    assert_eq!(matched(&with), matched(&without), "{text}");
                }
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_can_be_put_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    index(&logs, &call(), "g", &["a"]).await;
    put(&logs, &call(), ("g", "s"), &[(NOW, "{}")])
        .await
        .unwrap();
    for number in 0..101 {
        let of = call_at(Timestamp(NOW + 1000 + number));
        let field = ["b", "c"][(number % 2) as usize];
        index(&logs, &of, "g", &[field]).await;
    }
    let told = async || {
        let input = DescribeIndexPoliciesRequest {
            log_group_identifiers: Some(vec!["g".into()]),
            ..Default::default()
        };
        let told = logs.describe_index_policies(&call(), input).await.unwrap();
        told.index_policies.unwrap().remove(0)
    };
    let before = told().await;
    // The one that stands already stays the same.
    let input = PutIndexPolicyRequest {
        log_group_identifier: Some("g".into()),
        policy_document: before.policy_document.clone(),
    };
    let again = logs
        .put_index_policy(&call_at(Timestamp(NOW + 9000)), input)
        .await
        .unwrap();
    assert_eq!(
        again.index_policy.unwrap().last_update_time,
        before.last_update_time
    );
    assert_eq!(told().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_of_an_account_can_be_put_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    put(&logs, &call(), ("g", "s"), &[(NOW, "{}")])
        .await
        .unwrap();
    for number in 0..501 {
        let input = PutAccountPolicyRequest {
            policy_name: Some("all".into()),
            policy_type: Some("FIELD_INDEX_POLICY".into()),
            policy_document: Some(format!(r#"{{"Fields":["f{}"]}}"#, number % 2)),
            ..Default::default()
        };
        let of = call_at(Timestamp(NOW + 1000 + number));
        logs.put_account_policy(&of, input).await.unwrap();
    }
}

/// A field of events whose name begins with @ has one more in a policy, as with AWS.
#[tokio::test(flavor = "multi_thread")]
async fn fields_with_an_at_are_indexed() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    index(&logs, &call(), "g", &["@@userId"]).await;
    let lines: Vec<(i64, String)> = (0..2000)
        .map(|n| (NOW + n, format!(r#"{{"@userId":"u{n}"}}"#)))
        .collect();
    let lines: Vec<(i64, &str)> = lines.iter().map(|(at, it)| (*at, it.as_str())).collect();
    put(&logs, &call(), ("g", "s"), &lines).await.unwrap();
    logs.index_once().await.unwrap();
    for name in ["@userId", "@@userId"] {
        let text = format!("filterIndex {name} = 'u7' | stats count(*) as n");
        let found = asked(&logs, "g", &text).await;
        assert_eq!(values(&found), [["1"]], "{name}");
        assert!(numbers(&found).1 > 500.0, "{name}");
    }
    let input = DescribeFieldIndexesRequest {
        log_group_identifiers: Some(vec!["g".into()]),
        ..Default::default()
    };
    let told = logs.describe_field_indexes(&call(), input).await.unwrap();
    let told = &told.field_indexes.unwrap()[0];
    assert_eq!(told.field_index_name.as_deref(), Some("@@userId"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_index_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &[]).await;
    make_stream(&logs, &call(), "g", "s").await;
    let rare = CreateLogGroupRequest {
        log_group_name: Some("rare".into()),
        log_group_class: Some("INFREQUENT_ACCESS".into()),
        ..Default::default()
    };
    logs.create_log_group(&call(), rare).await.unwrap();
    for (group, document, code, text) in [
        (
            "g",
            "{",
            "InvalidParameterException",
            "Invalid policy document: EOF while parsing an object at line 1 column 1.",
        ),
        (
            "g",
            r#"{"Fields": []}"#,
            "InvalidParameterException",
            "A field index policy has 1 to 20 fields.",
        ),
        (
            "g",
            r#"{"Fields": ["@log"]}"#,
            "InvalidParameterException",
            "An index of the field @log is not supported by this version of wharf.",
        ),
        (
            "none",
            r#"{"Fields": ["a"]}"#,
            "ResourceNotFoundException",
            "The specified log group does not exist.",
        ),
        (
            "rare",
            r#"{"Fields": ["a"]}"#,
            "InvalidParameterException",
            "Field index policies are not for log groups of the class INFREQUENT_ACCESS.",
        ),
    ] {
        let input = PutIndexPolicyRequest {
            log_group_identifier: Some(group.into()),
            policy_document: Some(document.into()),
        };
        refused(logs.put_index_policy(&call(), input).await, code, text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_protected_stays() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "g", &["s"]).await;
    let protect = async |yes: bool| {
        let input = PutLogGroupDeletionProtectionRequest {
            log_group_identifier: Some(arn("g")),
            deletion_protection_enabled: Some(yes),
        };
        logs.put_log_group_deletion_protection(&call(), input)
            .await
            .unwrap();
    };
    protect(true).await;
    let told = logs
        .describe_log_groups(&call(), DescribeLogGroupsRequest::default())
        .await;
    assert_eq!(
        told.unwrap().log_groups.unwrap()[0].deletion_protection_enabled,
        Some(true)
    );
    let input = DeleteLogGroupRequest {
        log_group_name: Some("g".into()),
    };
    let text = "Cannot delete log group with deletion protection enabled. Disable deletion protection first.";
    refused(
        logs.delete_log_group(&call(), input.clone()).await,
        "ValidationException",
        text,
    );
    let of_stream = DeleteLogStreamRequest {
        log_group_name: Some("g".into()),
        log_stream_name: Some("s".into()),
    };
    refused(
        logs.delete_log_stream(&call(), of_stream.clone()).await,
        "ValidationException",
        "Cannot delete log stream of a log group with deletion protection enabled. Disable deletion protection first.",
    );
    put(&logs, &call(), ("g", "s"), &[(NOW, "still there")])
        .await
        .unwrap();
    protect(false).await;
    logs.delete_log_stream(&call(), of_stream).await.unwrap();
    logs.delete_log_group(&call(), input).await.unwrap();
}
