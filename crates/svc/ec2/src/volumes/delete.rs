//! DeleteVolume: at once where no host has anything of it, else when its host has removed it.

use wharf_api_ec2::types::DeleteVolumeRequest;
use wharf_service::transact;
use wharf_wire::{Call, CallerKind, Fault};

use super::{Volume, check_manages, roots::is_root};
use crate::{
    Ec2Service,
    encryption::{owed_by, settle},
    fault,
    records::{Entity as _, Pointer},
};

/// The service that made a volume may delete it as it is attached: its host removes it when nothing has it mounted.
pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteVolumeRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.volume_id.as_deref().unwrap_or_default();
    // Its instance has it for as long as it is there.
    if is_root(service, call, id).await? {
        return Err(fault::volume_in_use(id));
    }
    let key = Ec2Service::key::<Volume>(call, id);
    let over = transact!(service.table, &call.permit, |tx| {
        let Some(mut volume) = tx.find::<Volume>(&key).await? else {
            return Err(Volume::missing(id));
        };
        check_manages(call, &volume)?;
        let is_its_own = call.caller.kind == CallerKind::Service && !volume.is_users();
        if volume.life.attachment.is_some() && !is_its_own {
            return Err(fault::volume_in_use(id));
        }
        // The moment up to which it is billed is written down before the record goes.
        volume.life.deleting = true;
        volume.meter(call.now);
        tx.put(&key, &volume);
        volume.life.host.is_none()
    });
    match over {
        true => remove(service, call, &key).await,
        false => Ok(()),
    }
}

/// Removes one that no host has. Should the server die before, the reconciler does.
async fn remove(service: &Ec2Service, call: &Call, key: &str) -> Result<(), Fault> {
    let scope = Ec2Service::scope(call);
    let owed = transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<Volume>(key).await?;
        let found = found.filter(|it| it.life.deleting && it.life.host.is_none());
        let mut owed = None;
        if let Some(volume) = &found {
            tx.delete(key);
            if let Some(used) = volume.source_use(&scope) {
                tx.delete(used);
            }
            if let Some(token_id) = &volume.token_id {
                tx.delete(Ec2Service::key::<Pointer>(call, token_id));
            }
            owed = owed_by(service, &scope, volume);
            if let Some(it) = &owed {
                tx.join(it.written());
            }
        }
        owed
    });
    settle(service, owed).await;
    Ok(())
}
