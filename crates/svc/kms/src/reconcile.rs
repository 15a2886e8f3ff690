//! Rotates keys when it is time, and destroys those whose waiting period is over.

use std::sync::Arc;

use wharf_base::Permit;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, fence, settled};
use wharf_store::Compare;

use crate::{
    core::{ChangeError, Core, Found, alias_key, material_key},
    fault::KmsFaults,
    names,
    ops::rotation::rotate,
    records::{Cause, External, Grant, Key, Material, material_id},
    rotation,
};

const PERMIT: Permit = Permit::for_controller("kms-reconciler");

/// Records deleted in one transaction; the store takes a few more.
const CHUNK: usize = 100;

type StepError = wharf_service::StepError<KmsFaults>;

/// Wakes the reconciler for a key that changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    if let Some((_, Key::KIND, _)) = Scope::parse(key) {
        core.due.wake(key.to_owned());
    }
    Reach::One
}

/// Does what is due with the key under a key of the store, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, _, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let Some(stored) = core.table.read::<Key>(&key).await? else {
        return Ok(Next::Settled);
    };
    let found = Found {
        place: Place::of_scope(&scope),
        id,
        stored,
        alias: None,
    };
    let now = core.now();
    if let Some(deletion) = found.key().deletion {
        if now < deletion.due_at {
            return Ok(Next::After(deletion.due_at.since(now)));
        }
        let fence = fence(&core.shard)?;
        return settled(destroy(&core, &found, &fence).await);
    }
    if let Some(External {
        present: true,
        valid_to: Some(end),
    }) = found.key().external
    {
        if now < end {
            return Ok(Next::After(end.since(now)));
        }
        let fence = fence(&core.shard)?;
        return settled(expire(&core, &found, fence).await);
    }
    match rotation::next(found.key()) {
        None => Ok(Next::Settled),
        Some(at) if now < at => Ok(Next::After(at.since(now))),
        Some(_) => {
            let fence = Some(fence(&core.shard)?);
            settled(rotate(&core, &PERMIT, &found, Cause::Automatic, now, fence).await)
        }
    }
}

/// Deletes imported material whose time is over.
async fn expire(core: &Core, found: &Found, fence: Compare) -> Result<(), ChangeError> {
    let mut key = found.key().clone();
    key.external.iter_mut().for_each(|it| it.present = false);
    let mut change = core.table.begin();
    change.fence(fence);
    change.when(found.stored.unchanged());
    change.delete(material_key(&found.place, &material_id(&found.id, 0)));
    change.put(&found.stored.key, &key);
    change.write(&PERMIT).await
}

/// Removes a key that is over with all it has, itself last: what a kill leaves is found again. Nobody
/// else sees the key any more.
async fn destroy(core: &Core, found: &Found, fence: &Compare) -> Result<(), ChangeError> {
    let scope = names::scope(&found.place);
    let materials = format!("{}:", found.id);
    let grants = format!("{} ", found.id);
    let mut keys: Vec<String> = Vec::new();
    for (_, it) in core.table.all::<Material>(&scope, &materials).await? {
        keys.push(it.key);
    }
    for (_, it) in core.table.all::<Grant>(&scope, &grants).await? {
        keys.push(it.key);
    }
    let aliases = found.key().aliases.iter();
    keys.extend(aliases.map(|name| alias_key(&found.place, name)));
    for chunk in keys.chunks(CHUNK) {
        remove(core, found, fence, chunk).await?;
    }
    remove(core, found, fence, std::slice::from_ref(&found.stored.key)).await?;
    tracing::info!(key = found.arn(), "destroyed a KMS key");
    Ok(())
}

async fn remove(
    core: &Core,
    found: &Found,
    fence: &Compare,
    keys: &[String],
) -> Result<(), ChangeError> {
    let mut change = core.table.begin();
    change.fence(fence.clone());
    change.when(found.stored.unchanged());
    for key in keys {
        change.delete(key);
    }
    change.write(&PERMIT).await
}
