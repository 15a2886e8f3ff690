//! Layers through the API: asked for, begun, sent in parts, finished.

use wharf_api_ecr_public::types::*;
use wharf_blobs::Digest;
use wharf_svc_ecr::EcrError;
use wharf_wire::{Call, Fault};

use crate::service::EcrPublicService;

/// The part size that is suggested, and the largest that is taken: 20 MiB.
const PART_BYTES: i64 = 20_971_520;
/// Layers carry no media type of their own; this is what is shown for those of Docker images.
const LAYER_MEDIA_TYPE: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

pub(crate) async fn batch_check_layer_availability(
    service: &EcrPublicService,
    call: &Call,
    input: BatchCheckLayerAvailabilityRequest,
) -> Result<BatchCheckLayerAvailabilityResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let catalog = &service.catalog;
    catalog.repository(&registry, &name).await?;
    let (mut layers, mut failures) = (Vec::new(), Vec::new());
    for text in input.layer_digests.unwrap_or_default() {
        let Ok(digest) = text.parse::<Digest>() else {
            failures.push(failure(text));
            continue;
        };
        let found = catalog.layer(&registry, &name, &digest).await?;
        let availability = match found {
            Some(_) => "AVAILABLE",
            None => "UNAVAILABLE",
        };
        layers.push(Layer {
            layer_digest: Some(text),
            layer_availability: Some(availability.to_owned()),
            layer_size: found.and_then(|layer| i64::try_from(layer.size).ok()),
            media_type: found.map(|_| LAYER_MEDIA_TYPE.to_owned()),
        });
    }
    Ok(BatchCheckLayerAvailabilityResponse {
        layers: Some(layers),
        failures: Some(failures),
    })
}

fn failure(text: String) -> LayerFailure {
    let (code, reason) = match text.as_str() {
        "" => ("MissingLayerDigest", "Missing layer digest"),
        _ => ("InvalidLayerDigest", "Invalid layer digest"),
    };
    LayerFailure {
        layer_digest: Some(text),
        failure_code: Some(code.to_owned()),
        failure_reason: Some(reason.to_owned()),
    }
}

pub(crate) async fn initiate_layer_upload(
    service: &EcrPublicService,
    call: &Call,
    input: InitiateLayerUploadRequest,
) -> Result<InitiateLayerUploadResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let upload = service.catalog.begin_upload(&registry, &name).await?;
    Ok(InitiateLayerUploadResponse {
        upload_id: Some(upload.to_string()),
        part_size: Some(PART_BYTES),
    })
}

/// Parts come one after the other, without gaps.
pub(crate) async fn upload_layer_part(
    service: &EcrPublicService,
    call: &Call,
    input: UploadLayerPartRequest,
) -> Result<UploadLayerPartResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let upload = input.upload_id.unwrap_or_default().to_ascii_lowercase();
    let part = input.layer_part_blob.unwrap_or_default();
    let byte = |at: Option<i64>, parameter| {
        let at = at.and_then(|at| u64::try_from(at).ok());
        at.ok_or_else(|| EcrError::invalid(parameter, "must not be negative"))
    };
    let first = byte(input.part_first_byte, "partFirstByte")?;
    let last = byte(input.part_last_byte, "partLastByte")?;
    let catalog = &service.catalog;
    if last.checked_sub(first).and_then(|n| n.checked_add(1)) != Some(part.len() as u64) {
        let received = catalog.upload_length(&registry, &name, &upload).await?;
        let refused = EcrError::LayerPart {
            upload,
            name,
            account: registry.account,
            received,
        };
        return Err(refused.into());
    }
    let sent = catalog.upload_part(&registry, &name, &upload, first, part.into());
    let received = sent.await?;
    Ok(UploadLayerPartResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        upload_id: Some(upload),
        last_byte_received: i64::try_from(received.saturating_sub(1)).ok(),
    })
}

pub(crate) async fn complete_layer_upload(
    service: &EcrPublicService,
    call: &Call,
    input: CompleteLayerUploadRequest,
) -> Result<CompleteLayerUploadResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let upload = input.upload_id.unwrap_or_default().to_ascii_lowercase();
    let digests = input.layer_digests.unwrap_or_default();
    let one = digests.first().map(String::as_str).unwrap_or_default();
    let invalid = |text| EcrError::invalid("layerDigests", text);
    let digest: Digest = one
        .parse()
        .map_err(|_| invalid("must be a digest of the algorithm sha256 or sha512"))?;
    if digests.iter().any(|other| other != one) {
        return Err(invalid("must all be the digest of this one layer").into());
    }
    let (catalog, permit) = (&service.catalog, &call.permit);
    catalog
        .complete_upload(permit, &registry, &name, &upload, &digest, call.now)
        .await?;
    Ok(CompleteLayerUploadResponse {
        registry_id: Some(registry.account),
        repository_name: Some(name),
        upload_id: Some(upload),
        layer_digest: Some(digest.to_string()),
    })
}
