//! A volume that goes to the host of the instance that it was attached to ([`super::life`]): woken by changes of the volume
//! and of the snapshot that carries it.
//!
//! All that is decided is in the two records, and each step is one transaction. While its host is away nothing is sent, so
//! the attachment waits until it is back.

use std::time::Duration;

use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, encode};
use wharf_service::{Stored, fence};
use wharf_store::Txn;

use super::{Volume, reconcile::Step};
use crate::{
    Ec2Service,
    encryption::{Encryption, owed_by, own_call, settle, with_owed},
    instances::PERMIT,
    snapshots::{Snapshot, State},
};

/// Between two looks whether other snapshots of it have been taken.
const NEXT_LOOK: Duration = Duration::from_secs(1);
/// Of a snapshot that carries a volume, whether it does so yet.
const SLOW_LOOK: Duration = Duration::from_secs(60);

/// Brings one forward that is being copied.
pub(super) async fn copy(service: &Ec2Service, scope: &Scope, stored: &Stored<Volume>) -> Step {
    let record = &stored.record;
    let Some(id) = &record.life.kept_in else {
        return begin(service, scope, stored).await;
    };
    let key = scope.key(Snapshot::KIND, id);
    let carrier = service.table.read::<Snapshot>(&key).await?;
    match carrier.as_ref().map(|it| (it.record.state, &it.record)) {
        Some((State::Pending, _)) => return Ok(Next::Settled),
        Some((State::Completed, _)) => {}
        Some((State::Error, it)) => {
            let why = it.reason.as_deref().unwrap_or("unknown");
            return stay(service, scope, stored, why).await;
        }
        None => return stay(service, scope, stored, "its snapshot is gone").await,
    }
    // Its host still has what they are of.
    let all = service.table.all::<Snapshot>(scope, "").await?;
    let mut others = all.iter().map(|(_, it)| &it.record);
    if others.any(|it| it.volume == record.id && it.is_being_taken() && it.origin.is_none()) {
        return Ok(Next::After(NEXT_LOOK));
    }
    let mut left = record.clone();
    left.life.copied();
    put(service, stored, &left, Txn::new()).await?;
    Ok(Next::Settled)
}

/// Has its host send all of it that no snapshot of the account has.
async fn begin(service: &Ec2Service, scope: &Scope, stored: &Stored<Volume>) -> Step {
    let record = &stored.record;
    let call = own_call(service, &scope.account, &scope.region, &record.id);
    let carrier = Snapshot {
        host: record.life.host.clone().unwrap_or_default(),
        encryption: record.encryption.as_ref().map(Encryption::taken_over),
        carries: true,
        ..Snapshot::new(&call, &record.id, record.wanted_gib(), false)
    };
    let mut moved = record.clone();
    moved.life.kept_in = Some(carrier.id.clone());
    let txn = Txn::new().put(scope.key(Snapshot::KIND, &carrier.id), encode(&carrier));
    put(service, stored, &moved, txn).await?;
    Ok(Next::Settled)
}

/// Its host cannot give it: it is there as it was, and nobody has it.
async fn stay(service: &Ec2Service, scope: &Scope, stored: &Stored<Volume>, why: &str) -> Step {
    tracing::warn!(
        volume = stored.record.id,
        why,
        "failed to move a volume to another host; it stays and is attached to nobody"
    );
    let mut stays = stored.record.clone();
    stays.life.stays();
    let owed = owed_by(service, scope, &stored.record);
    let txn = with_owed(Txn::new(), owed.as_ref());
    if put(service, stored, &stays, txn).await? {
        settle(service, owed).await;
    }
    Ok(Next::Settled)
}

async fn put(
    service: &Ec2Service,
    stored: &Stored<Volume>,
    record: &Volume,
    txn: Txn,
) -> Result<bool, wharf_service::StepError<crate::fault::Ec2Faults>> {
    let txn = txn.when(fence(&service.instances.shard)?);
    let txn = txn.when(stored.unchanged());
    let txn = txn.put(&stored.key, encode(record));
    Ok(service.table.commit(&PERMIT, txn).await?)
}

/// Has a snapshot that it has no use for any more be deleted.
pub(super) async fn end(
    service: &Ec2Service,
    scope: &Scope,
    stored: &Stored<Volume>,
    spent: &str,
) -> Step {
    let key = scope.key(Snapshot::KIND, spent);
    let mut txn = Txn::new();
    if let Some(carrier) = service.table.read::<Snapshot>(&key).await? {
        txn = let_go_of(txn, &carrier);
    }
    let mut record = stored.record.clone();
    record.life.spent = None;
    match put(service, stored, &record, txn).await? {
        // What was written wakes it again.
        true => Ok(Next::Settled),
        // Only the snapshot may have changed, whose change does not wake it.
        false => Ok(Next::After(Duration::ZERO)),
    }
}

/// It was never seen or shared: nothing else goes with it.
fn let_go_of(txn: Txn, carrier: &Stored<Snapshot>) -> Txn {
    let mut gone = carrier.record.clone();
    gone.deleting = true;
    txn.when(carrier.unchanged())
        .put(&carrier.key, encode(&gone))
}

/// Looks after a snapshot that carries a volume: it goes with the volume.
pub async fn carrier(service: &Ec2Service, scope: &Scope, stored: &Stored<Snapshot>) -> Step {
    let record = &stored.record;
    let key = scope.key(Volume::KIND, &record.volume);
    let volume = service.table.read::<Volume>(&key).await?;
    let volume = volume.filter(|it| it.record.life.kept_in.as_ref() == Some(&record.id));
    match volume {
        Some(volume) if volume.record.life.is_copying() && record.state != State::Pending => {
            // It has been waiting for this.
            copy(service, scope, &volume).await
        }
        Some(_) => Ok(Next::After(SLOW_LOOK)),
        None => {
            let txn = Txn::new().when(fence(&service.instances.shard)?);
            let txn = let_go_of(txn, stored);
            service.table.commit(&PERMIT, txn).await?;
            Ok(Next::Settled)
        }
    }
}
