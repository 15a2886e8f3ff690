//! UpdateSecret.

use std::collections::BTreeMap;

use wharf_api_secretsmanager::{UpdateSecretRequest, UpdateSecretResponse};
use wharf_base::ids;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::value;
use crate::{
    copying::{self, Copying},
    core::{Content, Core, Found, again},
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
    let before = found.secret();
    // A key is of this region alone, so replicas keep their values themselves from now on.
    let regions = before.replicas.iter().filter(|_| key.is_some());
    let regions = regions.filter(|it| !before.copies.contains_key(*it));
    let copying = Copying::new(regions.cloned(), None, call.now);
    if copying.regions.is_empty() {
        sealed_anew(core, call, &found, key, None).await?;
    } else {
        copying::begin(core, call, &found, &copying).await?;
        let work = async {
            for region in &copying.regions {
                let copies = copying::sealed(core, call, &found, region, None).await?;
                copying::write(core, call, &found, &copying, &copies).await?;
            }
            sealed_anew(core, call, &found, key, Some(&copying)).await
        };
        let done = work.await;
        copying::ended(core, call, &found, &copying, done).await?;
    }
    core.find(&found.shown_at, Some(&found.arn())).await
}

/// The labelled versions under another key, with the replicas that have values of their own now.
async fn sealed_anew(
    core: &Core,
    call: &Call,
    found: &Found,
    key: Option<String>,
    copying: Option<&Copying>,
) -> Result<(), Fault> {
    let (mut values, mut keys) = (Vec::new(), BTreeMap::new());
    for (id, version) in &found.secret().versions {
        if !REKEYED.iter().any(|it| version.stages.contains(*it)) {
            continue;
        }
        let there = core.table.read::<Value>(&found.slot(id).key()).await?;
        if there.is_none() {
            // A rotation has not given it a value yet.
            continue;
        }
        let content = core.value(call, found, id).await?;
        let slot = found.slot(id);
        let (value, under) = core.seal(call, &slot, key.as_deref(), &content).await?;
        values.push((slot.key(), value));
        keys.insert(id.clone(), under);
    }
    transact!(core.table, &call.permit, |tx| {
        let mut secret = again(&mut tx, found).await?;
        let stands = copying.is_none_or(|it| it.stands(&secret));
        // A replica came that would need values.
        let is_new = copying.is_none() && secret.replicas != found.secret().replicas;
        if !stands || is_new || !copying::is_same(&secret, found.secret()) {
            return Err(core.table.conflict(&found.stored.key).into());
        }
        for (key, value) in &values {
            tx.put(key, value);
        }
        for (id, under) in &keys {
            if let Some(version) = secret.versions.get_mut(id) {
                version.kms_key.clone_from(under);
            }
        }
        if let Some(copying) = copying {
            let copied = copying.regions.iter().map(|it| (it.clone(), None));
            secret.copies.extend(copied);
            secret.copying = None;
        }
        secret.kms_key.clone_from(&key);
        secret.changed_at = call.now;
        tx.put(&found.stored.key, &secret);
    });
    Ok(())
}
