//! DescribeKey, ListKeys, EnableKey, DisableKey, UpdateKeyDescription and GetPublicKey.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_api_kms::{
    DescribeKeyRequest, DescribeKeyResponse, DisableKeyRequest, EnableKeyRequest,
    GetPublicKeyRequest, GetPublicKeyResponse, KeyListEntry, ListKeysRequest, ListKeysResponse,
    UpdateKeyDescriptionRequest,
};
use wharf_records::Record as _;
use wharf_service::{Pages, Place};
use wharf_wire::{Call, Fault};

use super::{find_or_make, grants};
use crate::{
    core::{Core, kept},
    describe,
    fault::{self, KmsFaults},
    names,
    records::Key,
};

pub async fn describe_key(
    core: &Core,
    call: &Call,
    input: DescribeKeyRequest,
) -> Result<DescribeKeyResponse, Fault> {
    grants::check_tokens(core, input.grant_tokens.as_deref())?;
    let found = find_or_make(core, call, input.key_id.as_deref()).await?;
    Ok(DescribeKeyResponse {
        key_metadata: Some(describe::metadata(&found)),
    })
}

pub async fn list_keys(
    core: &Core,
    call: &Call,
    input: ListKeysRequest,
) -> Result<ListKeysResponse, Fault> {
    let place = Place::of(call);
    let size = describe::page_size(input.limit, 100, 1000)?;
    let pages = Pages::<KmsFaults>::new(&core.parts.keyring, call, "kms/ListKeys", "");
    let page = pages.page(input.marker.as_deref(), size)?;
    let prefix = names::scope(&place).prefix(Key::KIND);
    let after = page.after.as_ref().map(|id| format!("{prefix}{id}"));
    let now = core.now();
    let found = core
        .table
        .page::<Key>(&prefix, after, size, |it| {
            it.record.deletion.is_none_or(|it| !it.is_over(now))
        })
        .await?;
    let id = |key: &str| key.strip_prefix(&prefix).map(str::to_owned);
    let ids: Vec<String> = found.records.iter().filter_map(|it| id(&it.key)).collect();
    Ok(ListKeysResponse {
        next_marker: page.next(found.more, ids.last().map(String::as_str)),
        truncated: Some(found.more),
        keys: Some(
            ids.into_iter()
                .map(|id| KeyListEntry {
                    key_arn: Some(names::key_arn(&place, &id)),
                    key_id: Some(id),
                })
                .collect(),
        ),
    })
}

pub async fn enable_key(core: &Core, call: &Call, input: EnableKeyRequest) -> Result<(), Fault> {
    set_enabled(core, call, input.key_id.as_deref(), true).await
}

pub async fn disable_key(core: &Core, call: &Call, input: DisableKeyRequest) -> Result<(), Fault> {
    set_enabled(core, call, input.key_id.as_deref(), false).await
}

async fn set_enabled(
    core: &Core,
    call: &Call,
    key_id: Option<&str>,
    enabled: bool,
) -> Result<(), Fault> {
    let found = core.find_by_id(&Place::of(call), key_id).await?;
    let arn = found.arn();
    let is_whole = found.is_whole();
    core.change(call, &found, |key| {
        kept(key, &arn)?;
        if !is_whole {
            return Err(fault::pending_import(&arn));
        }
        key.enabled = enabled;
        Ok(())
    })
    .await
}

pub async fn update_key_description(
    core: &Core,
    call: &Call,
    input: UpdateKeyDescriptionRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let arn = found.arn();
    let description = input.description.unwrap_or_default();
    core.change(call, &found, |key| {
        kept(key, &arn)?;
        key.description.clone_from(&description);
        Ok(())
    })
    .await
}

pub async fn get_public_key(
    core: &Core,
    call: &Call,
    input: GetPublicKeyRequest,
) -> Result<GetPublicKeyResponse, Fault> {
    grants::check_tokens(core, input.grant_tokens.as_deref())?;
    let found = core.find(&Place::of(call), input.key_id.as_deref()).await?;
    let found = found.usable()?;
    let (key, arn) = (found.key(), found.arn());
    if !key.spec.is_asymmetric() {
        return Err(fault::not_for(&arn, "GetPublicKey"));
    }
    Ok(GetPublicKeyResponse {
        key_id: Some(arn),
        public_key: Some(public_key(key)?),
        customer_master_key_spec: Some(key.spec.name().to_owned()),
        key_spec: Some(key.spec.name().to_owned()),
        key_usage: Some(key.usage.name().to_owned()),
        encryption_algorithms: describe::names_of(key.spec.encryption_algorithms(key.usage)),
        signing_algorithms: describe::names_of(key.spec.signing_algorithms(key.usage)),
        key_agreement_algorithms: describe::names_of(key.spec.agreement_algorithms(key.usage)),
        ..GetPublicKeyResponse::default()
    })
}

/// The public half of an asymmetric key.
///
/// # Errors
/// The record has none.
pub fn public_key(key: &Key) -> Result<Vec<u8>, Fault> {
    let text = key.public_key.as_deref().unwrap_or_default();
    let bytes = BASE64.decode(text).ok().filter(|it| !it.is_empty());
    bytes.ok_or_else(|| fault::internal(&NoPublicKey))
}

#[derive(Debug, thiserror::Error)]
#[error("the record of an asymmetric key has no public key")]
struct NoPublicKey;
