//! Mount targets get their interfaces, and are available once their host serves them; what deleted ones have left is cleared
//! away. A file system whose host is gone for good goes when it is deleted. Grants that a kill left behind are given back.

use std::{sync::Arc, time::Duration};

use wharf_base::Permit;
use wharf_datakeys::grants::PendingGrant;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, Stored, fence, settled};
use wharf_wire::Fault;

use crate::{
    core::Core,
    encryption,
    fault::EfsFaults,
    hosts, names, network,
    records::{FileSystem, MountTarget},
};

const PERMIT: Permit = Permit::for_controller("efs");
/// Between two looks for a host that may be gone.
const LOOK: Duration = Duration::from_secs(30);

type StepError = wharf_service::StepError<EfsFaults>;

/// Wakes the reconciler for what changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    let kinds = [FileSystem::KIND, MountTarget::KIND, PendingGrant::KIND];
    if Scope::parse(key).is_some_and(|(_, kind, _)| kinds.contains(&kind)) {
        core.queue.wake(key.to_owned());
    }
    Reach::One
}

pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, kind, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    match kind {
        MountTarget::KIND => mount_target(&core, &place, &key, &id).await,
        PendingGrant::KIND => {
            let grants = encryption::grants(&core).map_err(failed("look for grants"))?;
            grants.look(&key).await
        }
        _ => file_system(&core, &place, &key).await,
    }
}

fn failed(action: &'static str) -> impl Fn(Fault) -> StepError {
    move |fault| StepError::Neighbour { action, fault }
}

async fn mount_target(core: &Core, place: &Place, key: &str, id: &str) -> Result<Next, StepError> {
    // Else what CreateMountTarget is about to make would come after all was removed.
    let _turn = core.turns.take(key).await;
    let Some(stored) = core.table.read::<MountTarget>(key).await? else {
        return Ok(Next::Settled);
    };
    let mut record = stored.record.clone();
    let of = names::file_system_key(place, &record.file_system);
    let file_system = core.table.read::<FileSystem>(&of).await?;
    let Some(file_system) = file_system.filter(|it| it.record.mount_targets.contains_key(id))
    else {
        // It was refused after all.
        return remove(core, place, &stored, None, id).await;
    };
    if record.deleting {
        return remove(core, place, &stored, Some(file_system), id).await;
    }
    let Some(host) = file_system.record.host.clone() else {
        return Ok(Next::Settled);
    };
    if record.interface.is_none() {
        let made = network::create(core, place, id, &record).await;
        record.interface = Some(made.map_err(failed("create a network interface"))?);
        return write(core, &stored, &record).await;
    }
    let Some(interface) = record.interface.clone() else {
        return Ok(Next::Settled);
    };
    if record.attachment.is_none() {
        let attached = network::attach(core, place, &interface.id, &host).await;
        record.attachment = attached.map_err(failed("attach a network interface"))?;
        return write(core, &stored, &record).await;
    }
    let told = file_system.record.mount_targets.get(id);
    if told.is_some_and(|it| it.interface.as_ref() != Some(&interface)) {
        let mut changed = file_system.record.clone();
        if let Some(target) = changed.mount_targets.get_mut(id) {
            target.interface = Some(interface);
        }
        let mut changes = core.table.begin();
        changes.when(stored.unchanged());
        changes.when(file_system.unchanged());
        changes.fence(fence::<EfsFaults>(&core.shard)?);
        changes.put(&of, &changed);
        settled(changes.write(&PERMIT).await)?;
        return Ok(Next::Settled);
    }
    let serves = file_system
        .record
        .reported
        .serving
        .contains(&interface.address);
    if serves && !record.available {
        record.available = true;
        return write(core, &stored, &record).await;
    }
    Ok(Next::Settled)
}

async fn write(
    core: &Core,
    stored: &Stored<MountTarget>,
    record: &MountTarget,
) -> Result<Next, StepError> {
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence::<EfsFaults>(&core.shard)?);
    changes.put(&stored.key, record);
    settled(changes.write(&PERMIT).await)
}

/// The interface goes first: nobody reaches it from then on.
async fn remove(
    core: &Core,
    place: &Place,
    stored: &Stored<MountTarget>,
    file_system: Option<Stored<FileSystem>>,
    id: &str,
) -> Result<Next, StepError> {
    let interfaces = match &stored.record.interface {
        Some(interface) => vec![interface.id.clone()],
        None => {
            let found = network::unwritten(core, place, id, &stored.record).await;
            found.map_err(failed("look for network interfaces"))?
        }
    };
    for interface in &interfaces {
        let gone = network::delete(core, place, interface).await;
        gone.map_err(failed("delete a network interface"))?;
    }
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence::<EfsFaults>(&core.shard)?);
    changes.delete(&stored.key);
    if let Some(file_system) = file_system {
        let mut record = file_system.record.clone();
        record.mount_targets.remove(id);
        changes.when(file_system.unchanged());
        changes.put(&file_system.key, &record);
    }
    // Somebody who changes the file system at the same time wakes it, and not this.
    match changes.write(&PERMIT).await {
        Err(error) if error.is_conflict() => Ok(Next::After(Duration::ZERO)),
        done => settled(done),
    }
}

async fn file_system(core: &Core, place: &Place, key: &str) -> Result<Next, StepError> {
    let Some(stored) = core.table.read::<FileSystem>(key).await? else {
        return Ok(Next::Settled);
    };
    // What its host says may be news for them.
    for target in stored.record.mount_targets.keys() {
        core.queue.wake(names::mount_target_key(place, target));
    }
    if !stored.record.deleting {
        return meter(core, &stored).await;
    }
    let id = Scope::parse(key).map(|(_, _, id)| id).unwrap_or_default();
    let ours = fence::<EfsFaults>(&core.shard)?;
    core.delete_access_points(&PERMIT, place, &id, Some(&ours))
        .await?;
    if let Some(host) = &stored.record.host
        && hosts::is_there(core, host).await
    {
        return Ok(Next::After(LOOK));
    }
    let retired = encryption::retire(core, place, &id, stored.record.encryption.as_ref()).await;
    retired.map_err(failed("retire a grant"))?;
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence::<EfsFaults>(&core.shard)?);
    changes.delete(key);
    settled(changes.write(&PERMIT).await)
}

/// Bills a size that was told of too soon after another, or a file system of a version that billed none.
async fn meter(core: &Core, stored: &Stored<FileSystem>) -> Result<Next, StepError> {
    let mut record = stored.record.clone();
    let later = record.meter(core.now());
    if record == stored.record {
        return Ok(later.map_or(Next::Settled, Next::After));
    }
    let mut changes = core.table.begin();
    changes.when(stored.unchanged());
    changes.fence(fence::<EfsFaults>(&core.shard)?);
    changes.put(&stored.key, &record);
    settled(changes.write(&PERMIT).await)
}
