//! Copies of snapshots: in a region, between regions, and of what another account shares.

use wharf_base::Timestamp;
use wharf_wire::{Caller, Context, Fault};

use super::*;

const OTHER: &str = "000000000042";
const WEST: &str = "us-west-2";

fn call_of(account: &str, region: &str) -> wharf_wire::Call {
    let mut cx = Context::internal(account, region, "test", Timestamp(1_700_000_000_000));
    cx.caller = Caller::root(account);
    wharf_wire::Call::by_controller(cx, PERMIT)
}

fn asked(of: &Place) -> CopySnapshotRequest {
    CopySnapshotRequest {
        source_region: Some(of.region.clone()),
        source_snapshot_id: Some(of.id.clone()),
        ..Default::default()
    }
}

impl It {
    async fn copy(&self, of: &Place, account: &str, region: &str) -> Result<Place, Fault> {
        let call = call_of(account, region);
        let made = self.ec2.copy_snapshot(&call, asked(of)).await?;
        Ok(Place {
            account: account.to_owned(),
            region: region.to_owned(),
            id: made.snapshot_id.unwrap(),
        })
    }

    async fn completed(&self, at: &Place) {
        until("the copy is completed", || async {
            let record = self.record(at).await.unwrap();
            record.state == wharf_svc_ec2::snapshots::State::Completed
        })
        .await;
    }

    async fn described(&self, at: &Place) -> wharf_api_ec2::types::Snapshot {
        let call = call_of(&at.account, &at.region);
        let input = DescribeSnapshotsRequest {
            snapshot_ids: Some(vec![at.id.clone()]),
            ..Default::default()
        };
        let shown = self.ec2.describe_snapshots(&call, input).await;
        shown.unwrap().snapshots.unwrap().remove(0)
    }

    async fn full(&self) -> Place {
        let full = self.snapshot(&self.volume().await).await;
        self.complete(&full, &["a", "b", "c"]).await;
        full
    }
}

#[tokio::test]
async fn a_copy_outlives_its_source() {
    let mut it = It::new().await;
    let source = it.full().await;
    let copy = it.copy(&source, ACCOUNT, WEST).await.unwrap();
    it.completed(&copy).await;
    let shown = it.described(&copy).await;
    assert_eq!(shown.progress.as_deref(), Some("100%"));
    assert_eq!(shown.volume_id.as_deref(), Some("vol-ffffffff"));
    assert_eq!(shown.volume_size, Some(1));
    let said = format!("[Copied {} from {REGION}]", source.id);
    assert_eq!(shown.description, Some(said));
    assert_eq!(shown.full_snapshot_size_in_bytes, Some(3 << 20));
    // No host has to do with it.
    assert!(it.told_snapshots().await.is_empty());
    assert_eq!(it.owned(&copy).await, (4, 4));

    it.delete(&source).await;
    it.ec2.restart();
    it.gone(&source).await;
    assert_eq!(it.owned(&copy).await, (4, 4));
    let again = it.copy(&copy, ACCOUNT, REGION).await.unwrap();
    it.completed(&again).await;
    let west = call_of(ACCOUNT, WEST);
    let input = DeleteSnapshotRequest {
        snapshot_id: Some(copy.id.clone()),
        ..Default::default()
    };
    it.ec2.delete_snapshot(&west, input).await.unwrap();
    it.gone(&copy).await;
    assert_eq!(it.owned(&copy).await, (0, 0));
    assert_eq!(it.owned(&again).await, (4, 4));
}

#[tokio::test]
async fn a_source_that_is_deleted_stays_until_its_copies_are_there() {
    let mut it = It::new().await;
    let source = it.full().await;
    let copy = it.copy(&source, ACCOUNT, WEST).await.unwrap();
    it.delete(&source).await;
    it.ec2.restart();
    it.completed(&copy).await;
    it.ec2.restart();
    it.gone(&source).await;
    assert_eq!(it.owned(&copy).await, (4, 4));
}

#[tokio::test]
async fn others_copy_what_is_shared_with_them() {
    let it = It::new().await;
    let source = it.full().await;
    let refused = it.copy(&source, OTHER, WEST).await.unwrap_err();
    assert_eq!(refused.code, "InvalidSnapshot.NotFound");
    let input = ModifySnapshotAttributeRequest {
        snapshot_id: Some(source.id.clone()),
        operation_type: Some("add".to_owned()),
        user_ids: Some(vec![OTHER.to_owned()]),
        ..Default::default()
    };
    it.ec2
        .modify_snapshot_attribute(&call(), input)
        .await
        .unwrap();
    let copy = it.copy(&source, OTHER, WEST).await.unwrap();
    it.completed(&copy).await;
    assert_eq!(it.described(&copy).await.owner_id.as_deref(), Some(OTHER));
    assert_eq!(it.owned(&copy).await, (4, 4));
}

#[tokio::test]
async fn what_is_no_copy() {
    let it = It::new().await;
    let pending = it.snapshot(&it.volume().await).await;
    let call = call_of(ACCOUNT, WEST);
    let with = |change: &dyn Fn(&mut CopySnapshotRequest)| {
        let mut input = asked(&pending);
        change(&mut input);
        input
    };
    for (input, code) in [
        (with(&|_| {}), "IncorrectState"),
        (with(&|it| it.source_region = None), "MissingParameter"),
        (
            with(&|it| it.source_region = Some("a/b".to_owned())),
            "InvalidParameterValue",
        ),
        (
            with(&|it| it.source_region = Some("eu-west-1".to_owned())),
            "InvalidSnapshot.NotFound",
        ),
        (
            with(&|it| it.source_snapshot_id = Some("vol-1".to_owned())),
            "InvalidParameterValue",
        ),
        (
            with(&|it| it.destination_region = Some("eu-west-1".to_owned())),
            "InvalidParameterValue",
        ),
    ] {
        let refused = it
            .ec2
            .copy_snapshot(&call, input.clone())
            .await
            .unwrap_err();
        assert_eq!(refused.code, code, "{input:?}");
    }
}
