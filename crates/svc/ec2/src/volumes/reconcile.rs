//! Volumes whose hosts or instances left: woken by changes of a volume, by the end of an instance, and by a timer for as
//! long as a volume's bytes lie on a host.

use std::time::Duration;

use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, encode, hosts::PlaneHost, machine};
use wharf_service::fence;
use wharf_store::Txn;

use super::{
    Volume,
    life::{AttachmentState, Left, Life},
};
use crate::{
    Ec2Service,
    fault::Ec2Faults,
    instances::{PERMIT, life::State},
    records::{Instance, Pointer},
};

/// Between two looks at whether its host is there.
const LOOK: Duration = Duration::from_secs(60);

pub async fn volume(
    service: &Ec2Service,
    scope: &Scope,
    key: &str,
) -> Result<Next, wharf_service::StepError<Ec2Faults>> {
    let Some(stored) = service.table.read::<Volume>(key).await? else {
        return Ok(Next::Settled);
    };
    let life = &stored.record.life;
    if let Some(instance) = device_of(life)
        && !is_there(service, scope, instance).await?
    {
        let txn = Txn::new().when(fence(&service.instances.shard)?);
        let mut record = stored.record.clone();
        record.life.instance_left();
        let txn = txn.when(stored.unchanged()).put(key, encode(&record));
        service.table.commit(&PERMIT, txn).await?;
        return Ok(Next::Settled);
    }
    let Some(host) = &life.host else {
        return Ok(Next::Settled);
    };
    // Before a host has made anything it may not have come to the network yet.
    let counts = life.deleting || life.is_detaching() || life.made && life.lost.is_none();
    let known = machine::key(PlaneHost::KIND, host);
    if !counts || service.table.read::<PlaneHost>(&known).await?.is_some() {
        return Ok(Next::After(LOOK));
    }
    let txn = Txn::new().when(fence(&service.instances.shard)?);
    let txn = txn.when(stored.unchanged());
    let mut record = stored.record.clone();
    let txn = match record.life.host_left() {
        Left::It => txn.put(key, encode(&record)),
        Left::Nothing => {
            let txn = txn.delete(key);
            match &record.token_id {
                Some(token) => txn.delete(scope.key(Pointer::KIND, token)),
                None => txn,
            }
        }
    };
    service.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}

/// The instance that may have it as a device.
fn device_of(life: &Life) -> Option<&str> {
    let it = life.attachment.as_ref()?;
    let stays = it.state == AttachmentState::Detaching && it.force;
    (it.is_device && !stays).then_some(it.instance.as_str())
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
