//! EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand and ListKeyRotations.

use wharf_api_kms::{
    DisableKeyRotationRequest, EnableKeyRotationRequest, GetKeyRotationStatusRequest,
    GetKeyRotationStatusResponse, ListKeyRotationsRequest, ListKeyRotationsResponse,
    RotateKeyOnDemandRequest, RotateKeyOnDemandResponse, RotationsListEntry,
};
use wharf_base::{Permit, Timestamp};
use wharf_service::{Pages, Place, transact};
use wharf_store::Compare;
use wharf_wire::{Call, Fault};

use super::create;
use crate::{
    core::{ChangeError, Core, Found, found_family_key, key, material_key, shared_again, usable},
    describe,
    family::Role,
    fault::{self, KmsFaults},
    imported::Lists,
    records::{Cause, Key, Rotated, Schedule, material_id},
    rotation,
    spec::Spec,
};

pub async fn enable_key_rotation(
    core: &Core,
    call: &Call,
    input: EnableKeyRotationRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let found = found.usable()?;
    rotation::supported(found.key(), &found.arn(), "EnableKeyRotation")?;
    found.not_replica()?;
    let given = input.rotation_period_in_days;
    let given = given.and_then(|it| u32::try_from(it).ok());
    core.change_schedule(call, &found, |it| {
        let before = it.map(|it| it.period_days);
        let period = given.or(before).unwrap_or(rotation::DEFAULT_PERIOD);
        if before != Some(period) {
            *it = Some(rotation::schedule(period, call.now));
        }
    })
    .await
}

pub async fn disable_key_rotation(
    core: &Core,
    call: &Call,
    input: DisableKeyRotationRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let found = found.usable()?;
    rotation::supported(found.key(), &found.arn(), "DisableKeyRotation")?;
    found.not_replica()?;
    core.change_schedule(call, &found, |it| *it = None).await
}

pub async fn get_key_rotation_status(
    core: &Core,
    call: &Call,
    input: GetKeyRotationStatusRequest,
) -> Result<GetKeyRotationStatusResponse, Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let (key, arn) = (found.key(), found.arn());
    rotation::supported(key, &arn, "GetKeyRotationStatus")?;
    // A key that waits for deletion is not rotated.
    let schedule = found.schedule().filter(|_| key.deletion.is_none());
    Ok(GetKeyRotationStatusResponse {
        key_rotation_enabled: Some(schedule.is_some()),
        key_id: Some(arn),
        rotation_period_in_days: schedule.and_then(|it| i32::try_from(it.period_days).ok()),
        next_rotation_date: schedule.map(|it| it.next_at),
        on_demand_rotation_start_date: None,
    })
}

pub async fn rotate_key_on_demand(
    core: &Core,
    call: &Call,
    input: RotateKeyOnDemandRequest,
) -> Result<RotateKeyOnDemandResponse, Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let found = found.usable()?;
    let arn = found.arn();
    rotation::supported(found.key(), &arn, "RotateKeyOnDemand")?;
    found.not_replica()?;
    rotation::on_demand(found.materials(), &arn)?;
    if found.key().external.is_some() {
        rotate_imported(core, call, &found).await?;
        return Ok(RotateKeyOnDemandResponse { key_id: Some(arn) });
    }
    rotate(core, &call.permit, &found, Cause::OnDemand, call.now, None).await?;
    Ok(RotateKeyOnDemandResponse { key_id: Some(arn) })
}

/// Makes imported material that waits the one that a key works with, once all its regions have it.
async fn rotate_imported(core: &Core, call: &Call, found: &Found) -> Result<(), Fault> {
    let arn = found.arn();
    transact!(core.table, &call.permit, |tx| {
        let (mut record, mut family) = shared_again(&mut tx, found).await?;
        let mut all = vec![record.clone()];
        if let Some(family) = &family {
            for region in family.regions() {
                let place = Place::new(&found.place.account, region);
                if place != found.place {
                    all.extend(tx.find::<Key>(&key(&place, &found.id)).await?);
                }
            }
        }
        let materials = family
            .as_ref()
            .map_or(&record.materials, |it| &it.materials);
        let now = record.external.as_ref().map(|it| it.at(call.now));
        usable(&record, now.is_some_and(|it| it.is_whole(materials)), &arn)?;
        let role = family.as_ref().map(|it| it.role(&found.place.region));
        if role == Some(Role::Replica) {
            return Err(fault::not_primary(&arn));
        }
        rotation::on_demand(materials, &arn)?;
        let mut lists = Lists::of(&mut record, family.as_mut());
        lists.rotate(call.now, &arn, |number, id| has(&all, number, id, call.now))?;
        match &family {
            Some(family) => tx.put(found_family_key(found, &record), family),
            None => tx.put(&found.stored.key, &record),
        }
    });
    Ok(())
}

/// Whether all regions of a key have a material.
fn has(all: &[Key], number: usize, id: &str, now: Timestamp) -> bool {
    all.iter().all(|it| {
        let external = it.external.as_ref();
        external.is_some_and(|it| it.at(now).has(number, id))
    })
}

/// Gives a key new material, unless somebody changed the key since it was read. What the material
/// before has encrypted can still be decrypted.
///
/// # Errors
/// The library's; somebody was faster; the store's.
pub async fn rotate(
    core: &Core,
    permit: &Permit,
    found: &Found,
    by: Cause,
    now: Timestamp,
    fence: Option<Compare>,
) -> Result<(), ChangeError> {
    let made = crate::material::generate(Spec::Symmetric).map_err(ChangeError::other)?;
    let number = u32::try_from(found.materials().len()).unwrap_or(u32::MAX);
    let rotated = |materials: &mut Vec<Rotated>, schedule: &mut Option<Schedule>| {
        materials.push(Rotated {
            id: create::random_id(),
            at: now,
            by: Some(by),
        });
        if let Some(schedule) = schedule
            && by == Cause::Automatic
        {
            *schedule = rotation::schedule(schedule.period_days, now);
        }
    };
    let place = found.material_place();
    let sealed = core.seal(&place, &found.id, number, &made.secret);
    let mut change = core.table.begin();
    if let Some(fence) = fence {
        change.fence(fence);
    }
    change.when(found.stored.unchanged());
    let id = material_id(&found.id, number);
    change.put(material_key(&place, &id), &sealed);
    match &found.family {
        Some(family) => {
            change.when(family.unchanged());
            let mut shared = family.record.clone();
            rotated(&mut shared.materials, &mut shared.rotation);
            change.put(&family.key, &shared);
        }
        None => {
            let mut key = found.key().clone();
            rotated(&mut key.materials, &mut key.rotation);
            change.put(&found.stored.key, &key);
        }
    }
    change.write(permit).await
}

pub async fn list_key_rotations(
    core: &Core,
    call: &Call,
    input: ListKeyRotationsRequest,
) -> Result<ListKeyRotationsResponse, Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    rotation::supported(found.key(), &found.arn(), "ListKeyRotations")?;
    let size = describe::page_size(input.limit, 100, 1000)?;
    let all = input.include_key_material.as_deref() == Some("ALL_KEY_MATERIAL");
    let keyring = &core.parts.keyring;
    let chosen = (&found.id, all);
    let pages = Pages::<KmsFaults>::new(keyring, call, "kms/ListKeyRotations", &chosen);
    let page = pages.page(input.marker.as_deref(), size)?;
    let waits = waits(core, &found).await?;
    let (shown, next_marker) = page.cut(entries(&found, all, waits), |(at, _)| at);
    Ok(ListKeyRotationsResponse {
        rotations: Some(shown.into_iter().map(|(_, it)| it).collect()),
        truncated: Some(next_marker.is_some()),
        next_marker,
    })
}

const WAITS: &str = "PENDING_ROTATION";
/// Not all regions have it.
const WAITS_FOR_REGIONS: &str = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION";

/// The state of the material that waits for a rotation.
async fn waits(core: &Core, found: &Found) -> Result<&'static str, Fault> {
    let (Some(family), Some(pending)) = (&found.family, found.pending()) else {
        return Ok(WAITS);
    };
    let mut all = Vec::new();
    for region in family.record.regions() {
        let place = Place::new(&found.place.account, region);
        let read = core.table.read::<Key>(&key(&place, &found.id)).await?;
        all.extend(read.map(|it| it.record));
    }
    let number = found.materials().len();
    match has(&all, number, &pending.id, core.now()) {
        true => Ok(WAITS),
        false => Ok(WAITS_FOR_REGIONS),
    }
}

/// A key's materials with their places in the list. The first one came by no rotation; last is what waits for one,
/// with the state that is given.
fn entries(found: &Found, all: bool, waits: &str) -> Vec<(String, RotationsListEntry)> {
    let materials = found.materials();
    let last = materials.len().saturating_sub(1);
    let listed = materials.iter().enumerate();
    let listed = listed.filter(|(_, it)| all || it.by.is_some());
    let had = listed.map(|(at, it)| {
        let state = if at == last { "CURRENT" } else { "NON_CURRENT" };
        let shown = RotationsListEntry {
            rotation_date: it.by.map(|_| it.at),
            rotation_type: it.by.map(|by| cause(by).to_owned()),
            ..entry(found, at, &it.id, state)
        };
        (at, shown)
    });
    let pending = found.pending().filter(|_| all);
    let pending = pending.map(|it| {
        let at = materials.len();
        (at, entry(found, at, &it.id, waits))
    });
    had.chain(pending)
        .map(|(at, shown)| (format!("{at:010}"), shown))
        .collect()
}

/// What is shown of one material; of an imported one, what its region knows of it.
fn entry(found: &Found, number: usize, id: &str, state: &str) -> RotationsListEntry {
    let external = found.key().external.as_ref();
    let known = external.and_then(|it| it.known(number, id));
    let there = known.filter(|it| it.present);
    let import_state = external.map(|_| match there {
        Some(_) => "IMPORTED",
        None => "PENDING_IMPORT",
    });
    RotationsListEntry {
        key_id: Some(found.arn()),
        key_material_id: Some(id.to_owned()),
        key_material_state: Some(state.to_owned()),
        key_material_description: known.and_then(|it| it.description.clone()),
        import_state: import_state.map(str::to_owned),
        expiration_model: there.map(|it| describe::expiration_model(it.valid_to).to_owned()),
        valid_to: there.and_then(|it| it.valid_to),
        ..RotationsListEntry::default()
    }
}

fn cause(by: Cause) -> &'static str {
    match by {
        Cause::Automatic => "AUTOMATIC",
        Cause::OnDemand => "ON_DEMAND",
    }
}
