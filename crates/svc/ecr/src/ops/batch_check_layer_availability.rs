//! BatchCheckLayerAvailability.

use wharf_api_ecr::types::*;
use wharf_blobs::Digest;
use wharf_wire::Call;

use super::registry;
use crate::{catalog::Catalog, error::EcrError};

/// Layers carry no media type of their own; this is what ECR shows for those of Docker images.
const LAYER_MEDIA_TYPE: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

pub(crate) async fn batch_check_layer_availability(
    catalog: &Catalog,
    call: &Call,
    input: BatchCheckLayerAvailabilityRequest,
) -> Result<BatchCheckLayerAvailabilityResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    catalog.repository(&registry, &name).await?;
    let (mut layers, mut failures) = (Vec::new(), Vec::new());
    for text in input.layer_digests.unwrap_or_default() {
        let Ok(digest) = text.parse::<Digest>() else {
            failures.push(failure(text));
            continue;
        };
        let found = catalog.layer(&registry, &name, &digest).await?;
        let availability = if found.is_some() {
            "AVAILABLE"
        } else {
            "UNAVAILABLE"
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
    let (code, reason) = if text.is_empty() {
        ("MissingLayerDigest", "Missing layer digest")
    } else {
        ("InvalidLayerDigest", "Invalid layer digest")
    };
    LayerFailure {
        layer_digest: Some(text),
        failure_code: Some(code.to_owned()),
        failure_reason: Some(reason.to_owned()),
    }
}
