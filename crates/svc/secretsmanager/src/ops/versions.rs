//! ListSecretVersionIds and UpdateSecretVersionStage.

use wharf_api_secretsmanager::{
    ListSecretVersionIdsRequest, ListSecretVersionIdsResponse, SecretVersionsListEntry,
    UpdateSecretVersionStageRequest, UpdateSecretVersionStageResponse,
};
use wharf_service::{Pages, Place};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, Found},
    fault::SecretFaults,
    records::Version,
    versions,
};

const DEFAULT_PAGE: usize = 100;

pub async fn list_secret_version_ids(
    core: &Core,
    call: &Call,
    input: ListSecretVersionIdsRequest,
) -> Result<ListSecretVersionIdsResponse, Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let with_old = input.include_deprecated.unwrap_or_default();
    let chosen = (found.arn(), with_old);
    let list = "secretsmanager/ListSecretVersionIds";
    let pages = Pages::<SecretFaults>::new(&core.parts.keyring, call, list, &chosen);
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(DEFAULT_PAGE))?;
    let all = found.secret().versions.iter();
    let all = all.filter(|(_, it)| with_old || !it.stages.is_empty());
    let (shown, next_token) = page.cut(all, |(id, _)| id);
    let entry = |(id, it): (&String, &Version)| SecretVersionsListEntry {
        version_id: Some(id.clone()),
        version_stages: (!it.stages.is_empty()).then(|| it.stages.iter().cloned().collect()),
        last_accessed_date: it.accessed_at,
        created_date: Some(it.created_at),
        kms_key_ids: Some(vec![key_of(&found, it)]),
    };
    Ok(ListSecretVersionIdsResponse {
        versions: Some(shown.into_iter().map(entry).collect()),
        next_token,
        arn: Some(found.arn()),
        name: Some(found.name.clone()),
    })
}

/// As AWS names the key of a version: where it was asked for, if that keeps values of its own.
fn key_of(found: &Found, version: &Version) -> String {
    let kept = found.secret().copies.get(&found.shown_at.region);
    let key = kept.unwrap_or(&version.kms_key).clone();
    key.unwrap_or_else(|| "DefaultEncryptionKey".to_owned())
}

pub async fn update_secret_version_stage(
    core: &Core,
    call: &Call,
    input: UpdateSecretVersionStageRequest,
) -> Result<UpdateSecretVersionStageResponse, Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?.usable()?.own()?;
    let stage = input.version_stage.unwrap_or_default();
    let (from, to) = (input.remove_from_version_id, input.move_to_version_id);
    core.change(call, &found, |secret| {
        versions::move_stage(secret, &stage, from.as_deref(), to.as_deref(), call.now)
    })
    .await?;
    Ok(UpdateSecretVersionStageResponse {
        arn: Some(found.arn()),
        name: Some(found.name),
    })
}
