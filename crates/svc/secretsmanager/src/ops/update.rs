//! UpdateSecret.

use wharf_api_secretsmanager::{UpdateSecretRequest, UpdateSecretResponse};
use wharf_base::ids;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use super::{replicas, value};
use crate::{
    core::{Content, Core, Found},
    kms,
    records::{Secret, Value},
    versions::{CURRENT, REKEYED},
};

pub async fn update_secret(
    core: &Core,
    call: &Call,
    input: UpdateSecretRequest,
) -> Result<UpdateSecretResponse, Fault> {
    let content = Content::given(input.secret_string, input.secret_binary)?;
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let mut found = found.primary()?.usable()?.own()?;
    if input.kms_key_id.is_some() {
        found = rekey(core, call, found, kms::chosen(input.kms_key_id)).await?;
    }
    let description = input.description;
    let describe = |secret: &mut Secret| {
        if description.is_some() && secret.description != description {
            secret.description.clone_from(&description);
            secret.changed_at = call.now;
        }
    };
    let mut version_id = None;
    match content {
        Some(content) => {
            let version = input.client_request_token.unwrap_or_else(ids::uuid);
            let stages = [CURRENT.to_owned()];
            value::put(core, call, &found, &version, &content, &stages, describe).await?;
            version_id = Some(version);
        }
        None => {
            let describe = |secret: &mut Secret| {
                describe(secret);
                Ok(())
            };
            core.change(call, &found, describe).await?;
        }
    }
    Ok(UpdateSecretResponse {
        arn: Some(found.arn()),
        name: Some(found.name),
        version_id,
    })
}

/// Puts a secret under another key, with the versions that AWS puts under it; older ones stay under theirs.
/// Returns the secret as it is then.
///
/// # Errors
/// The caller may not use both keys; somebody changed the secret meanwhile.
async fn rekey(
    core: &Core,
    call: &Call,
    found: Found,
    key: Option<String>,
) -> Result<Found, Fault> {
    if key == found.secret().kms_key {
        return Ok(found);
    }
    let mut secret = found.secret().clone();
    if key.is_some() {
        // The key is of this region alone, so replicas keep their values themselves from now on.
        for region in &found.secret().replicas {
            if !secret.copies.contains_key(region) {
                replicas::copy_to(core, call, &found, region, None).await?;
                secret.copies.insert(region.clone(), None);
            }
        }
    }
    secret.changed_at = call.now;
    let mut change = core.table.begin();
    change.when(found.stored.unchanged());
    for (id, version) in &mut secret.versions {
        if !REKEYED.iter().any(|it| version.stages.contains(*it)) {
            continue;
        }
        let there = core.table.read::<Value>(&found.slot(id).key()).await?;
        if there.is_none() {
            // A rotation has not given it a value yet.
            continue;
        }
        let content = core.value(call, &found, id).await?;
        let slot = found.slot(id);
        let (value, under) = core.seal(call, &slot, key.as_deref(), &content).await?;
        change.put(slot.key(), &value);
        version.kms_key = under;
    }
    secret.kms_key = key;
    change.put(&found.stored.key, &secret);
    change.write(&call.permit).await?;
    core.find(&found.shown_at, Some(&found.arn())).await
}
