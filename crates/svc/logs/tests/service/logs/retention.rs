//! Retention hides what is older at once, and takes it away later.

use wharf_api_logs::{Logs, types::*};
use wharf_base::Timestamp;
use wharf_store::{Store, StoreOptions};

use super::{filter, open_with, put, put_numbers, try_put};
use crate::support::{NOW, call, make, open};

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
