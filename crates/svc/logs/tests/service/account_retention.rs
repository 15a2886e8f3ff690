//! Policies of an account that say how long events are kept.

use std::{pin::pin, sync::mpsc};

use wharf_api_logs::{Logs, types::*};
use wharf_base::{TestClock, Timestamp};
use wharf_svc_logs::LogsService;
use wharf_testkit::{ACCOUNT, call_at, call_of, refused};
use wharf_wire::{Caller, Fault};

use crate::support::{NOW, call, delete_policy, make, make_stream, open, put, put_policy};

const RETENTION: &str = "RETENTION_POLICY";
const DAY: i64 = 86_400_000;

fn keeps(days: &str) -> String {
    format!(r#"{{"retentionInDays": {days}, "enforcementMode": "RETROACTIVE"}}"#)
}

async fn keep(logs: &LogsService, group: &str, days: i32) {
    let input = PutRetentionPolicyRequest {
        log_group_name: Some(group.into()),
        retention_in_days: Some(days),
    };
    logs.put_retention_policy(&call(), input).await.unwrap();
}

/// How long a group's events are kept by what is in effect so many milliseconds after [`NOW`], and which policy says so.
async fn kept(logs: &LogsService, group: &str, at: i64) -> (Option<i32>, Option<String>) {
    let input = DescribeLogGroupsRequest {
        log_group_name_prefix: Some(group.into()),
        ..Default::default()
    };
    let call = call_at(Timestamp(NOW + at));
    let found = logs.describe_log_groups(&call, input).await.unwrap();
    let shown = found.log_groups.unwrap().remove(0);
    (shown.retention_in_days, shown.retention_policy_name)
}

async fn read(logs: &LogsService, group: &str, at: i64) -> usize {
    let call = call_at(Timestamp(NOW + at));
    let input = FilterLogEventsRequest {
        log_group_name: Some(group.into()),
        ..Default::default()
    };
    let filtered = logs.filter_log_events(&call, input).await.unwrap();
    let input = GetLogEventsRequest {
        log_group_name: Some(group.into()),
        log_stream_name: Some("s".into()),
        start_from_head: Some(true),
        ..Default::default()
    };
    let got = logs.get_log_events(&call, input).await.unwrap();
    let got = got.events.unwrap().len();
    assert_eq!(filtered.events.unwrap().len(), got);
    got
}

async fn streams(logs: &LogsService, group: &str) -> usize {
    let input = DescribeLogStreamsRequest {
        log_group_name: Some(group.into()),
        ..Default::default()
    };
    let found = logs.describe_log_streams(&call(), input).await.unwrap();
    found.log_streams.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_has_events_expire_a_day_after_it_was_put_whatever_their_group_says() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "/shop", &["s"]).await;
    make(&logs, "/audit", &["s"]).await;
    for group in ["/shop", "/audit"] {
        keep(&logs, group, 3653).await;
        put(&logs, &call(), (group, "s"), &[(NOW, "one")])
            .await
            .unwrap();
    }
    let shop = Some(r#"LogGroupNamePrefix IN ["/sh"]"#);
    let policy = put_policy(&logs, (RETENTION, "p"), keeps("30"), shop, 0).await;
    let policy = policy.unwrap();
    assert_eq!(
        (policy.policy_document, policy.selection_criteria.as_deref()),
        (Some(keeps("30")), shop)
    );
    let by_policy = (Some(30), Some("p".to_owned()));
    assert_eq!(kept(&logs, "/shop", DAY - 1).await, (Some(3653), None));
    assert_eq!(kept(&logs, "/shop", DAY).await, by_policy);
    assert_eq!(kept(&logs, "/audit", DAY).await, (Some(3653), None));

    // Who reads sees it before anything is deleted.
    assert_eq!(read(&logs, "/shop", 30 * DAY).await, 1);
    assert_eq!(read(&logs, "/shop", 30 * DAY + 1).await, 0);
    assert_eq!(read(&logs, "/audit", 31 * DAY).await, 1);
    logs.expire(&TestClock::at(Timestamp(NOW + 30 * DAY)))
        .await
        .unwrap();
    assert_eq!(streams(&logs, "/shop").await, 1);

    // The next process goes by what was put; and a deletion of the policy brings nothing back.
    drop(logs);
    let logs = open(folder.path());
    logs.expire(&TestClock::at(Timestamp(NOW + 31 * DAY)))
        .await
        .unwrap();
    assert_eq!(streams(&logs, "/shop").await, 0);
    assert_eq!(streams(&logs, "/audit").await, 1);
    delete_policy(&logs, RETENTION, "p", 31 * DAY)
        .await
        .unwrap();
    assert_eq!(kept(&logs, "/shop", 31 * DAY).await, (Some(3653), None));
    make_stream(&logs, &call(), "/shop", "s").await;
    assert_eq!(read(&logs, "/shop", 31 * DAY).await, 0);
    let gone = delete_policy(&logs, RETENTION, "p", 31 * DAY).await;
    assert_eq!(gone.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_counts_and_what_a_group_said_waits() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "/shop", &[]).await;
    let put_at = async |name: &str, days: &str, at: i64| {
        put_policy(&logs, (RETENTION, name), keeps(days), None, at)
            .await
            .unwrap();
    };
    put_at("short", "30", 0).await;
    put_at("long", "\"NEVER_EXPIRE\"", 1).await;
    keep(&logs, "/shop", 1).await;
    let long = (None, Some("long".to_owned()));
    assert_eq!(kept(&logs, "/shop", DAY + 1).await, long);
    // A change waits, too.
    put_at("long", "60", 2 * DAY).await;
    assert_eq!(kept(&logs, "/shop", 3 * DAY - 1).await, long);
    let long = (Some(60), Some("long".to_owned()));
    assert_eq!(kept(&logs, "/shop", 3 * DAY).await, long);
    delete_policy(&logs, RETENTION, "long", 3 * DAY)
        .await
        .unwrap();
    let short = (Some(30), Some("short".to_owned()));
    assert_eq!(kept(&logs, "/shop", 3 * DAY).await, short);
    delete_policy(&logs, RETENTION, "short", 3 * DAY)
        .await
        .unwrap();
    assert_eq!(kept(&logs, "/shop", 3 * DAY).await, (Some(1), None));

    for number in 0..20 {
        put_at(&format!("p{number}"), "30", 4 * DAY).await;
    }
    put_at("p0", "60", 4 * DAY).await;
    let more = put_policy(&logs, (RETENTION, "more"), keeps("30"), None, 4 * DAY).await;
    assert_eq!(more.unwrap_err().code, "LimitExceededException");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_what_would_come_of_it_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    for (group, days) in [("/a", 7), ("/b", 90), ("/c", 3653)] {
        make(&logs, group, &["s"]).await;
        keep(&logs, group, days).await;
    }
    put(&logs, &call(), ("/b", "s"), &[(NOW, "one")])
        .await
        .unwrap();
    let put_dry = async |of: &str, days: &str| {
        let input = PutAccountPolicyRequest {
            policy_name: Some("p".into()),
            policy_type: Some(of.into()),
            policy_document: Some(keeps(days)),
            dry_run: Some(true),
            ..Default::default()
        };
        logs.put_account_policy(&call(), input).await
    };
    let told = put_dry(RETENTION, "90").await.unwrap();
    assert_eq!(told.account_policy, None);
    let told = told.dry_run_result.unwrap();
    let counts = |it: &DryRunResult| {
        [
            it.total_matched_log_groups,
            it.increased_retention_log_group_count,
            it.decreased_retention_log_group_count,
            it.unchanged_retention_log_group_count,
            it.failed_analysis_count,
        ]
        .map(Option::unwrap)
    };
    assert_eq!(counts(&told), [3, 1, 1, 1, 0]);
    let top = told.top_log_groups_impacted.unwrap();
    assert_eq!(top[0].log_group_name.as_deref(), Some("/b"));
    assert_eq!(top[1].current_retention.as_deref(), Some("7"));
    assert_eq!(top[1].proposed_retention.as_deref(), Some("90"));
    assert_eq!(kept(&logs, "/a", 2 * DAY).await, (Some(7), None));
    let refused = put_dry(RETENTION, "7").await.unwrap_err();
    assert_eq!(refused.code, "InvalidParameterException");
    let refused = put_dry("TRANSFORMER_POLICY", "90").await.unwrap_err();
    assert_eq!(
        refused.message,
        "dryRun is only for policies of the type RETENTION_POLICY."
    );

    put_policy(&logs, (RETENTION, "p"), keeps("90"), None, 0)
        .await
        .unwrap();
    let delete_dry = async |name: &str| {
        let input = DeleteAccountPolicyRequest {
            policy_name: Some(name.into()),
            policy_type: Some(RETENTION.into()),
            dry_run: Some(true),
        };
        let call = call_at(Timestamp(NOW + DAY));
        logs.delete_account_policy(&call, input).await
    };
    let told = delete_dry("p").await.unwrap().dry_run_result.unwrap();
    assert_eq!(counts(&told), [3, 1, 1, 1, 0]);
    assert_eq!(
        kept(&logs, "/a", DAY).await.0,
        Some(90),
        "it is there still"
    );
    let none = delete_dry("other").await.unwrap_err();
    assert_eq!(none.code, "ResourceNotFoundException");
}

async fn dry_put(logs: &LogsService, account: &str) -> Result<PutAccountPolicyResponse, Fault> {
    let input = PutAccountPolicyRequest {
        policy_name: Some("p".into()),
        policy_type: Some(RETENTION.into()),
        policy_document: Some(keeps("90")),
        dry_run: Some(true),
        ..Default::default()
    };
    let call = call_of(Caller::root(account));
    logs.put_account_policy(&call, input).await
}

#[test]
fn an_account_has_one_dry_run_at_a_time() {
    // One thread for what takes a while, which is held.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let logs = open(folder.path());
        make(&logs, "/a", &[]).await;
        let (go, gate) = mpsc::channel::<()>();
        let held = tokio::task::spawn_blocking(move || gate.recv());
        let mut first = pin!(dry_put(&logs, ACCOUNT));
        let mut of_other = pin!(dry_put(&logs, "111122223333"));
        tokio::select! {
            biased;
            _ = &mut first => panic!("it did not wait"),
            _ = &mut of_other => panic!("it did not wait"),
            () = std::future::ready(()) => {}
        }
        let text = "A dry run of this account is under way. An account can have one at a time.";
        refused(
            dry_put(&logs, ACCOUNT).await,
            "LimitExceededException",
            text,
        );
        let input = DeleteAccountPolicyRequest {
            policy_name: Some("p".into()),
            policy_type: Some(RETENTION.into()),
            dry_run: Some(true),
        };
        refused(
            logs.delete_account_policy(&call(), input).await,
            "OperationAbortedException",
            text,
        );
        // A put is none.
        put_policy(&logs, (RETENTION, "p"), keeps("90"), None, 0)
            .await
            .unwrap();
        go.send(()).unwrap();
        held.await.unwrap().unwrap();
        let told = first.await.unwrap().dry_run_result.unwrap();
        assert_eq!(told.total_matched_log_groups, Some(1));
        of_other.await.unwrap();
        dry_put(&logs, ACCOUNT).await.unwrap();
        // One that is refused for something else leaves nothing under way either.
        let none = DeleteAccountPolicyRequest {
            policy_name: Some("none".into()),
            policy_type: Some(RETENTION.into()),
            dry_run: Some(true),
        };
        let none = logs.delete_account_policy(&call(), none).await;
        assert_eq!(none.unwrap_err().code, "ResourceNotFoundException");
        dry_put(&logs, ACCOUNT).await.unwrap();
    });
}
