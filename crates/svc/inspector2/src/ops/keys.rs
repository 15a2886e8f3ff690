//! GetEncryptionKey, UpdateEncryptionKey and ResetEncryptionKey: the key of KMS that findings in images are under.

use wharf_api_inspector2::*;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{fault, images::ImagesError, service::Inspector2Service};

pub(crate) async fn get_encryption_key(
    it: &Inspector2Service,
    call: &Call,
    input: GetEncryptionKeyRequest,
) -> Result<GetEncryptionKeyResponse, Fault> {
    let key = it.images.encryption_key(&Place::of(call)).await;
    let key = key.map_err(fault::images)?.ok_or_else(|| {
        let scan = input.scan_type.unwrap_or_default();
        fault::no_key(&scan, &input.resource_type.unwrap_or_default())
    })?;
    Ok(GetEncryptionKeyResponse {
        kms_key_id: Some(key),
    })
}

pub(crate) async fn update_encryption_key(
    it: &Inspector2Service,
    call: &Call,
    input: UpdateEncryptionKeyRequest,
) -> Result<UpdateEncryptionKeyResponse, Fault> {
    encrypt(it, call, input.kms_key_id.as_deref()).await?;
    Ok(UpdateEncryptionKeyResponse {})
}

pub(crate) async fn reset_encryption_key(
    it: &Inspector2Service,
    call: &Call,
    _: ResetEncryptionKeyRequest,
) -> Result<ResetEncryptionKeyResponse, Fault> {
    encrypt(it, call, None).await?;
    Ok(ResetEncryptionKeyResponse {})
}

async fn encrypt(it: &Inspector2Service, call: &Call, key: Option<&str>) -> Result<(), Fault> {
    let done = it.images.encrypt(call, &Place::of(call), key).await;
    done.map_err(|error| match error {
        ImagesError::Key(refused) => fault::key(refused),
        other => fault::images(other),
    })
}
