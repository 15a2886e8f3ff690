//! Rotates keys when it is time, and destroys those whose waiting period is over.

use std::{collections::BTreeSet, sync::Arc};

use wharf_base::Permit;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, fence, settled};
use wharf_store::Compare;

use crate::{
    core::{ChangeError, Core, Found, alias_key, material_key},
    family::Role,
    fault::KmsFaults,
    names,
    ops::rotation::rotate,
    records::{Cause, External, Family, Grant, Key, Material, material_id},
    rotation,
};

const PERMIT: Permit = Permit::for_controller("kms-reconciler");

/// Records deleted in one transaction; the store takes a few more.
const CHUNK: usize = 100;

type StepError = wharf_service::StepError<KmsFaults>;

/// Wakes the reconciler for a key that changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    if let Some((_, Key::KIND | Family::KIND, _)) = Scope::parse(key) {
        core.due.wake(key.to_owned());
    }
    Reach::One
}

/// Does what is due with the key under a key of the store, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, kind, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    if kind == Family::KIND {
        // What is shared changed: its primary does what is due, and a replica that lost to this change tries again.
        if let Some(family) = core.table.read::<Family>(&key).await? {
            let Family {
                primary, replicas, ..
            } = family.record;
            for region in std::iter::once(primary).chain(replicas) {
                let member = Place::new(&place.account, region);
                core.due.wake(crate::core::key(&member, &id));
            }
        }
        return Ok(Next::Settled);
    }
    let Some(found) = core.load(place, id).await? else {
        return Ok(Next::Settled);
    };
    let now = core.now();
    // When imported material goes next, also of a key that waits for deletion.
    let mut ends = None;
    if let Some(external) = &found.key().external {
        let leftover = external.leftover(found.materials(), found.pending());
        if !leftover.is_empty() || external.at(now) != *external {
            let fence = fence(&core.shard)?;
            return settled(expire(&core, &found, external, &leftover, fence).await);
        }
        let there = external.materials.iter().filter(|it| it.present);
        ends = there.filter_map(|it| it.valid_to).min();
    }
    if let Some(deletion) = found.key().deletion {
        let Some(due) = deletion.due_at else {
            // The end of the last replica wakes it.
            return Ok(ends.map_or(Next::Settled, |it| Next::After(it.since(now))));
        };
        if now < due {
            let next = ends.map_or(due, |it| it.min(due));
            return Ok(Next::After(next.since(now)));
        }
        let fence = fence(&core.shard)?;
        return settled(destroy(&core, &found, &fence).await);
    }
    if found.key().external.is_some() {
        return Ok(ends.map_or(Next::Settled, |it| Next::After(it.since(now))));
    }
    let schedule = found.schedule();
    let schedule = schedule.filter(|_| found.role() != Some(Role::Replica));
    match rotation::next(found.key(), schedule) {
        None => Ok(Next::Settled),
        Some(at) if now < at => Ok(Next::After(at.since(now))),
        Some(_) => {
            let fence = Some(fence(&core.shard)?);
            settled(rotate(&core, &PERMIT, &found, Cause::Automatic, now, fence).await)
        }
    }
}

/// Deletes imported material whose time is over, and what waited for a rotation and is not the key's any more.
async fn expire(
    core: &Core,
    found: &Found,
    external: &External,
    leftover: &[usize],
    fence: Compare,
) -> Result<(), ChangeError> {
    let mut after = external.at(core.now());
    let both = external.materials.iter().zip(&after.materials).enumerate();
    let over = both.filter(|(_, (before, after))| before.present && !after.present);
    let mut gone: BTreeSet<usize> = over.map(|(number, _)| number).collect();
    gone.extend(leftover);
    let kept = leftover.first().copied().unwrap_or(after.materials.len());
    after.materials.truncate(kept);
    let mut change = core.table.begin();
    change.fence(fence);
    change.when(found.stored.unchanged());
    if let Some(family) = &found.family {
        change.when(family.unchanged());
    }
    for number in gone {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let id = material_id(&found.id, number);
        change.delete(material_key(&found.place, &id));
    }
    let key = Key {
        external: Some(after),
        ..found.key().clone()
    };
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
    // Material that others of its family use as well goes with the last of them.
    let is_last = (found.family.as_ref()).is_none_or(|it| it.record.replicas.is_empty());
    if is_last || found.key().external.is_some() {
        let kept_at = names::scope(&found.material_place());
        for (_, it) in core.table.all::<Material>(&kept_at, &materials).await? {
            keys.push(it.key);
        }
    }
    for (_, it) in core.table.all::<Grant>(&scope, &grants).await? {
        keys.push(it.key);
    }
    let aliases = found.key().aliases.iter();
    keys.extend(aliases.map(|name| alias_key(&found.place, name)));
    for chunk in keys.chunks(CHUNK) {
        remove(core, found, fence, chunk).await?;
    }
    part(core, found, fence).await?;
    tracing::info!(key = found.arn(), "destroyed a KMS key");
    Ok(())
}

/// Removes a key itself, and leaves its family. A primary that waited for this one waits its days from now on.
async fn part(core: &Core, found: &Found, fence: &Compare) -> Result<(), ChangeError> {
    let mut change = core.table.begin();
    change.fence(fence.clone());
    change.when(found.stored.unchanged());
    change.delete(&found.stored.key);
    if let Some(family) = &found.family {
        change.when(family.unchanged());
        let mut shared = family.record.clone();
        if shared.role(&found.place.region) == Role::Primary {
            change.delete(&family.key);
        } else {
            shared.replicas.remove(&found.place.region);
            change.put(&family.key, &shared);
            let primary = Place::new(&found.place.account, &shared.primary);
            let primary_key = crate::core::key(&primary, &found.id);
            let primary = change.find::<Key>(&primary_key).await?;
            if let Some(mut primary) = primary.filter(|_| shared.replicas.is_empty())
                && let Some(deletion) = &mut primary.deletion
            {
                deletion.due_at = Some(core.now() + rotation::days(deletion.days));
                change.put(&primary_key, &primary);
            }
        }
    }
    change.write(&PERMIT).await
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
