//! DeleteSecret and RestoreSecret.

use std::time::Duration;

use wharf_api_secretsmanager::{
    DeleteSecretRequest, DeleteSecretResponse, RestoreSecretRequest, RestoreSecretResponse,
};
use wharf_base::Permit;
use wharf_service::Place;
use wharf_store::Compare;
use wharf_wire::{Call, Fault};

use crate::{
    copying,
    core::{ChangeError, Core, Found, value_key},
    fault, names,
    records::{Deletion, Secret, value_id},
};

const DAY: u64 = 24 * 3600;
/// Days of the recovery window: the least, the most, and what is taken when none is given.
const WINDOW: std::ops::RangeInclusive<i64> = 7..=30;
const DEFAULT_WINDOW: i64 = 30;

pub async fn delete_secret(
    core: &Core,
    call: &Call,
    input: DeleteSecretRequest,
) -> Result<DeleteSecretResponse, Fault> {
    let place = Place::of(call);
    let forced = input.force_delete_without_recovery.unwrap_or_default();
    if forced && input.recovery_window_in_days.is_some() {
        return Err(fault::parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    let days = input.recovery_window_in_days.unwrap_or(DEFAULT_WINDOW);
    if !WINDOW.contains(&days) {
        return Err(fault::parameter(
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        ));
    }
    let found = core.look(&place, input.secret_id.as_deref()).await?;
    let found = match found {
        Some(found) => found.primary()?.own()?,
        // Who repeats a forced deletion learns that it is done.
        None if forced => return Ok(gone(&place, input.secret_id, call)),
        None => return Err(fault::no_secret()),
    };
    if !forced && found.secret().deletion.is_some() {
        return Err(fault::deleted());
    }
    if !found.secret().replicas.is_empty() {
        let regions: Vec<&str> = found.secret().replicas.iter().map(String::as_str).collect();
        return Err(fault::request(format!(
            "You can't delete secret {} that still has replica regions [{}]",
            found.name,
            regions.join(", ")
        )));
    }
    let seconds = if forced { 0 } else { days.unsigned_abs() * DAY };
    let due_at = call.now + Duration::from_secs(seconds);
    let response = DeleteSecretResponse {
        arn: Some(found.arn()),
        name: Some(found.name.clone()),
        deletion_date: Some(due_at),
    };
    if forced {
        remove(core, &call.permit, &found, None).await?;
        return Ok(response);
    }
    let asked_at = call.now;
    core.change(call, &found, |secret| {
        secret.deletion = Some(Deletion { asked_at, due_at });
        Ok(())
    })
    .await?;
    Ok(response)
}

/// The answer to the forced deletion of what is not there.
fn gone(place: &Place, secret_id: Option<String>, call: &Call) -> DeleteSecretResponse {
    let name = secret_id.unwrap_or_default();
    let arn = match name.starts_with("arn:") {
        true => name.clone(),
        false => names::arn(place, &name, &names::random_suffix()),
    };
    DeleteSecretResponse {
        arn: Some(arn),
        name: Some(name),
        deletion_date: Some(call.now),
    }
}

/// Removes a secret with all its values, unless somebody changed it since it was read.
pub async fn remove(
    core: &Core,
    permit: &Permit,
    found: &Found,
    fence: Option<Compare>,
) -> Result<(), ChangeError> {
    let mut stored = found.stored.clone();
    if stored.record.copying.is_some() {
        copying::clear(core, permit, found, None, fence.as_ref()).await?;
        let Some(cleared) = core.table.read::<Secret>(&stored.key).await? else {
            return Ok(());
        };
        let is_asked = |it: &Secret| {
            it.suffix == stored.record.suffix
                && it.deletion == stored.record.deletion
                && it.replicas.is_empty()
                && copying::is_same(it, &stored.record)
        };
        if !is_asked(&cleared.record) {
            return Err(core.table.conflict(&stored.key));
        }
        stored = cleared;
    }
    let mut change = core.table.begin();
    if let Some(fence) = fence {
        change.fence(fence);
    }
    change.when(stored.unchanged());
    for version in stored.record.versions.keys() {
        let id = value_id(&found.name, &stored.record.suffix, version);
        change.delete(value_key(&found.place, &id));
    }
    change.delete(&found.stored.key);
    change.write(permit).await
}

pub async fn restore_secret(
    core: &Core,
    call: &Call,
    input: RestoreSecretRequest,
) -> Result<RestoreSecretResponse, Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?;
    core.change(call, &found, |secret| {
        secret.deletion = None;
        Ok(())
    })
    .await?;
    Ok(RestoreSecretResponse {
        arn: Some(found.arn()),
        name: Some(found.name),
    })
}
