//! Volumes whose hosts or instances left: woken by changes of a volume, by the end of an instance, and by a timer for as
//! long as a volume's bytes lie on a host.

use std::time::Duration;

use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, encode, hosts::PlaneHost, machine};
use wharf_service::{Stored, fence};
use wharf_store::Txn;

use super::{
    Volume,
    host_limit::{MAX_ON_HOST, has_room},
    life::{AttachmentState, Left},
    moving,
};
use crate::{
    Ec2Service,
    encryption::{owed_by, settle, with_owed},
    fault,
    fault::Ec2Faults,
    instances::{PERMIT, life::State},
    records::{Instance, Pointer},
};

/// Between two looks at whether its host is there.
const LOOK: Duration = Duration::from_secs(60);
/// … at whether its instance has been placed.
const NEXT_LOOK: Duration = Duration::from_secs(1);

pub(super) type Step = Result<Next, wharf_service::StepError<Ec2Faults>>;

pub async fn volume(service: &Ec2Service, scope: &Scope, key: &str) -> Step {
    let Some(stored) = service.table.read::<Volume>(key).await? else {
        return Ok(Next::Settled);
    };
    let (life, now) = (&stored.record.life, service.instances.now());
    if stored.record.metered.is_none() {
        // Of a version that billed no volumes: it is billed from now on.
        let mut record = stored.record.clone();
        record.meter(now);
        if record.metered.is_some() {
            let txn = Txn::new().when(fence(&service.instances.shard)?);
            let txn = txn.when(stored.unchanged()).put(key, encode(&record));
            service.table.commit(&PERMIT, txn).await?;
            // What was written wakes it again.
            return Ok(Next::Settled);
        }
    }
    if let Some(spent) = &life.spent {
        return moving::end(service, scope, &stored, spent).await;
    }
    if let Some(instance) = instance_of(&stored.record)
        && !is_there(service, scope, instance).await?
    {
        let txn = Txn::new().when(fence(&service.instances.shard)?);
        let mut record = stored.record.clone();
        record.life.instance_left();
        record.meter(now);
        let txn = txn.when(stored.unchanged()).put(key, encode(&record));
        let owed = owed_by(service, scope, &stored.record);
        let owed = owed.filter(|_| record.life.attachment.is_none());
        let txn = with_owed(txn, owed.as_ref());
        if service.table.commit(&PERMIT, txn).await? {
            settle(service, owed).await;
        }
        return Ok(Next::Settled);
    }
    if life.ends_unplaced() {
        return left(service, scope, &stored).await;
    }
    if life.awaits_host() {
        return follow(service, scope, &stored).await;
    }
    let Some(host) = &life.host else {
        return Ok(Next::Settled);
    };
    let known = machine::key(PlaneHost::KIND, host);
    let has_host = service.table.read::<PlaneHost>(&known).await?.is_some();
    if life.is_copying() && has_host {
        return match moving::copy(service, scope, &stored).await? {
            Next::Settled => Ok(Next::After(LOOK)),
            sooner => Ok(sooner),
        };
    }
    // Before a host has made anything it may not have come to the network yet.
    let ends = life.deleting || life.is_detaching() || life.moving.is_some();
    let counts = ends || life.made && life.lost.is_none();
    if !counts || has_host {
        return Ok(Next::After(LOOK));
    }
    left(service, scope, &stored).await
}

/// Its host left for good, or none was ever told of it.
async fn left(service: &Ec2Service, scope: &Scope, stored: &Stored<Volume>) -> Step {
    let txn = Txn::new().when(fence(&service.instances.shard)?);
    let txn = txn.when(stored.unchanged());
    let mut record = stored.record.clone();
    let txn = match record.life.host_left() {
        Left::It => {
            record.meter(service.instances.now());
            txn.put(&stored.key, encode(&record))
        }
        Left::Nothing => {
            let mut txn = txn.delete(&stored.key);
            // The snapshot that it was to be made of is needed no more.
            if let Some(used) = record.source_use(scope) {
                txn = txn.delete(used);
            }
            match &record.token_id {
                Some(token) => txn.delete(scope.key(Pointer::KIND, token)),
                None => txn,
            }
        }
    };
    let ends = record.life.attachment.is_none() || record.life.deleting;
    let owed = owed_by(service, scope, &stored.record).filter(|_| ends);
    let txn = with_owed(txn, owed.as_ref());
    if service.table.commit(&PERMIT, txn).await? {
        settle(service, owed).await;
    }
    Ok(Next::Settled)
}

/// One that was made with its instance, or has left another host, comes to the host where that is placed.
async fn follow(service: &Ec2Service, scope: &Scope, stored: &Stored<Volume>) -> Step {
    let attachment = stored.record.life.attachment.as_ref();
    let instance = attachment.map_or("", |it| &it.instance);
    let key = scope.key(Instance::KIND, instance);
    let Some(found) = service.table.read::<Instance>(&key).await? else {
        return Ok(Next::Settled);
    };
    let Some(host) = &found.record.life.host else {
        return Ok(Next::After(NEXT_LOOK));
    };
    let mut record = stored.record.clone();
    let all = service.table.all::<Volume>(scope, "").await?;
    match has_room(
        all.iter().map(|(_, it)| &it.record),
        &host.machine,
        &record.id,
    ) {
        true => record.life.placed(&host.machine),
        false => {
            let why = fault::too_many_volumes_of_host(&host.machine, MAX_ON_HOST);
            record.life.not_placed(&why.message);
            record.meter(service.instances.now());
        }
    }
    let txn = Txn::new().when(fence(&service.instances.shard)?);
    let txn = txn.when(stored.unchanged()).when(found.unchanged());
    let txn = txn.put(&stored.key, encode(&record));
    // Of the two one may have changed meanwhile, and only this one wakes its own key.
    match service.table.commit(&PERMIT, txn).await? {
        true => Ok(Next::Settled),
        false => Ok(Next::After(Duration::ZERO)),
    }
}

/// The instance that may have it, as a device or for its pods; tasks of ECS have volumes of its own.
fn instance_of(volume: &Volume) -> Option<&str> {
    let it = volume.life.attachment.as_ref()?;
    let stays = it.state == AttachmentState::Detaching && it.force;
    let counts = it.is_device || volume.is_users();
    (counts && !stays).then_some(it.instance.as_str())
}

async fn is_there(
    service: &Ec2Service,
    scope: &Scope,
    instance: &str,
) -> Result<bool, wharf_service::StepError<Ec2Faults>> {
    let key = scope.key(Instance::KIND, instance);
    let found = service.table.read::<Instance>(&key).await?;
    Ok(found.is_some_and(|it| it.record.life.state != State::Terminated))
}
