//! Copies of snapshots: in a region, between regions, and of what another account shares.

use wharf_base::Timestamp;
use wharf_svc_ec2::snapshots::{CopyUse, State};
use wharf_wire::{Caller, Context};

use super::*;

const OTHER: &str = "000000000042";
const WEST: &str = "us-west-2";

pub fn call_of(account: &str, region: &str) -> wharf_wire::Call {
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
    pub async fn copy(&self, of: &Place, account: &str, region: &str) -> Result<Place, Fault> {
        let call = call_of(account, region);
        let made = self.ec2.copy_snapshot(&call, asked(of)).await?;
        Ok(Place {
            account: account.to_owned(),
            region: region.to_owned(),
            id: made.snapshot_id.unwrap(),
        })
    }

    pub async fn completed(&self, at: &Place) {
        until("the copy is completed", || async {
            let record = self.record(at).await.unwrap();
            record.state == wharf_svc_ec2::snapshots::State::Completed
        })
        .await;
    }

    pub async fn described(&self, at: &Place) -> wharf_api_ec2::types::Snapshot {
        let call = call_of(&at.account, &at.region);
        let input = DescribeSnapshotsRequest {
            snapshot_ids: Some(vec![at.id.clone()]),
            ..Default::default()
        };
        let shown = self.ec2.describe_snapshots(&call, input).await;
        shown.unwrap().snapshots.unwrap().remove(0)
    }

    /// Where it is said of snapshots that they are being copied.
    async fn words(&self) -> Vec<String> {
        let scope = Scope::new("ec2", ACCOUNT, REGION);
        self.keys(scope.prefix(CopyUse::KIND)).await
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
async fn nothing_is_left_of_copies_that_are_done_deleted_or_failed() {
    let mut it = It::new().await;
    let source = it.full().await;
    let copy = it.copy(&source, ACCOUNT, WEST).await.unwrap();
    it.completed(&copy).await;
    assert_eq!(it.words().await, [""; 0]);

    // One that is deleted while it is under way, and one whose source was lost.
    let begun = it.record(&copy).await.unwrap();
    let under_way = |id: &str, of: &str| {
        let mut record = begun.clone();
        record.id = id.to_owned();
        record.state = State::Pending;
        let origin = record.origin.as_mut().unwrap();
        (origin.id, origin.copied) = (of.to_owned(), 0);
        record
    };
    let put = async |record: &Snapshot| {
        let word = CopyUse {
            account: ACCOUNT.to_owned(),
            region: WEST.to_owned(),
            snapshot: record.id.clone(),
            unknown: Unknown::new(),
        };
        let key = Scope::new("ec2", ACCOUNT, WEST).key(Snapshot::KIND, &record.id);
        let txn = Txn::new().put(key, encode(record));
        let txn = txn.put(record.origin_use().unwrap(), encode(&word));
        it.world.store.txn(&PERMIT, txn).await.unwrap();
    };
    put(&under_way(
        "snap-0123456789abcdef0",
        "snap-0fedcba9876543210",
    ))
    .await;
    until("it fails", || async { it.words().await.is_empty() }).await;
    put(&under_way("snap-0123456789abcdef1", &source.id)).await;
    let input = DeleteSnapshotRequest {
        snapshot_id: Some("snap-0123456789abcdef1".to_owned()),
        ..Default::default()
    };
    let west = call_of(ACCOUNT, WEST);
    it.ec2.delete_snapshot(&west, input).await.unwrap();
    assert_eq!(it.words().await, [""; 0]);
    // What an earlier version left goes with the next start.
    let word = CopyUse {
        account: ACCOUNT.to_owned(),
        region: WEST.to_owned(),
        snapshot: begun.id.clone(),
        unknown: Unknown::new(),
    };
    let txn = Txn::new().put(begun.origin_use().unwrap(), encode(&word));
    it.world.store.txn(&PERMIT, txn).await.unwrap();
    it.ec2.restart();
    until("the old word goes", || async {
        it.words().await.is_empty()
    })
    .await;
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
