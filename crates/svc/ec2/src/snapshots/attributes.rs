//! DescribeSnapshotAttribute, ModifySnapshotAttribute and ResetSnapshotAttribute: who may make volumes of it.

use wharf_api_ec2::types::{
    DescribeSnapshotAttributeRequest, DescribeSnapshotAttributeResult,
    ModifySnapshotAttributeRequest, ResetSnapshotAttributeRequest,
};
use wharf_records::Record as _;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{
    Shared, Snapshot, all_accounts, check_id,
    permission::{self, Change, MAX_ACCOUNTS, PERMISSION},
    shared_key,
};
use crate::{Ec2Service, fault, quota};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSnapshotAttributeRequest,
) -> Result<DescribeSnapshotAttributeResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.snapshot_id.as_deref().unwrap_or_default();
    check_id(id)?;
    let found = service.find::<Snapshot>(call, id).await?;
    let found = found.filter(Snapshot::is_seen);
    let snapshot = found.ok_or_else(|| fault::snapshot_not_found(id))?;
    let mut shown = DescribeSnapshotAttributeResult {
        snapshot_id: Some(snapshot.id.clone()),
        ..DescribeSnapshotAttributeResult::default()
    };
    match input.attribute.as_deref().unwrap_or_default() {
        PERMISSION => shown.create_volume_permissions = Some(permission::to_wire(&snapshot)),
        // Nothing here is sold.
        "productCodes" => shown.product_codes = Some(Vec::new()),
        other => return Err(fault::bad_snapshot_attribute(other)),
    }
    Ok(shown)
}

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifySnapshotAttributeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.snapshot_id.clone().unwrap_or_default();
    check_id(&id)?;
    let change = Change::of(&input)?;
    let _turn = service.counting.take((&call.account, Snapshot::KIND)).await;
    if change.makes_public() {
        let all = service.all::<Snapshot>(call).await?;
        let others = all.iter().filter(|it| it.public && it.id != id);
        if others.count() >= quota::PUBLIC_SNAPSHOTS {
            let (code, most) = ("ResourceLimitExceeded", quota::PUBLIC_SNAPSHOTS);
            return Err(fault::over_quota(code, "public snapshots", most));
        }
    }
    if change.adds_accounts() {
        let what = "accounts that snapshots are shared with";
        let count = |it: &Snapshot| it.shared_with.len();
        let apply = |it: &mut Snapshot| change.apply(it);
        let room = service.require_sharing(call, &id, count, apply, what);
        room.await?;
    }
    let decide = |it: &mut Snapshot| {
        change.check(it)?;
        change.apply(it)
    };
    write(service, call, &id, decide).await
}

pub async fn reset(
    service: &Ec2Service,
    call: &Call,
    input: ResetSnapshotAttributeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.snapshot_id.as_deref().unwrap_or_default();
    check_id(id)?;
    match input.attribute.as_deref().unwrap_or_default() {
        PERMISSION => {}
        other => return Err(fault::bad_snapshot_attribute(other)),
    }
    let nobody = |it: &mut Snapshot| {
        it.public = false;
        it.shared_with.clear();
        Ok(())
    };
    write(service, call, id, nobody).await
}

/// The snapshot and the pointers to it, in one transaction.
async fn write(
    service: &Ec2Service,
    call: &Call,
    id: &str,
    decide: impl Fn(&mut Snapshot) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let key = Ec2Service::key::<Snapshot>(call, id);
    transact!(service.table, &call.permit, |tx| {
        let before = tx.find::<Snapshot>(&key).await?;
        let before = before.filter(Snapshot::is_seen);
        let before = before.ok_or_else(|| fault::snapshot_not_found(id))?;
        let mut snapshot = before.clone();
        decide(&mut snapshot)?;
        let changed = snapshot
            .shared_with
            .symmetric_difference(&before.shared_with);
        if changed.count() > MAX_ACCOUNTS {
            return Err(fault::too_many_permission_changes(MAX_ACCOUNTS));
        }
        let pointer = Shared::of(&snapshot);
        for account in snapshot.shared_with.difference(&before.shared_with) {
            tx.put(shared_key(call, account, id), &pointer);
        }
        for account in before.shared_with.difference(&snapshot.shared_with) {
            tx.delete(shared_key(call, account, id));
        }
        match (before.public, snapshot.public) {
            (false, true) => tx.put(all_accounts(&call.region, id), &pointer),
            (true, false) => tx.delete(all_accounts(&call.region, id)),
            _ => {}
        }
        if snapshot != before {
            tx.put(&key, &snapshot);
        }
    });
    Ok(())
}
