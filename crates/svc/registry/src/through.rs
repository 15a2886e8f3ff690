//! What is pulled here and is to be had from an upstream registry: brought before it is given out, for
//! those who may have it brought (`ecr:BatchImportUpstreamImage`, and `ecr:CreateRepository` for the
//! first image of a repository).

use std::sync::Arc;

use http::{Method, Response, StatusCode};
use wharf_blobs::Digest;
use wharf_svc_ecr::{Brought, Due, ImageRef};

use crate::{answer::Refusal, asked::Asked, body::Body, manifests};

/// Brings the image, which is due. What is here and could not be compared is good enough; `None` if
/// that is all there is to give.
pub(crate) async fn image(
    asked: &Asked<'_>,
    name: &str,
    reference: &ImageRef,
    due: Due,
) -> Result<Option<Arc<Brought>>, Refusal> {
    let (registry, cached) = (&asked.registry, due.cached);
    match bring(asked, name, reference, due).await {
        Err(refusal) if cached => {
            tracing::info!(
                repository = registry.repository_arn(name),
                why = refusal.message,
                "a tag could not be compared with its upstream registry; what is here is served"
            );
            Ok(None)
        }
        // So clients ask before they push, and go on only if the image is there or is not.
        Err(refusal) if asked.parts.method == Method::HEAD && cannot_be_had(&refusal) => {
            Err(Refusal::manifest_unknown())
        }
        brought => brought,
    }
}

/// Not for this caller, or not from this registry.
fn cannot_be_had(refusal: &Refusal) -> bool {
    matches!(
        refusal.status,
        StatusCode::FORBIDDEN | StatusCode::BAD_GATEWAY
    )
}

async fn bring(
    asked: &Asked<'_>,
    name: &str,
    reference: &ImageRef,
    due: Due,
) -> Result<Option<Arc<Brought>>, Refusal> {
    let (catalog, registry) = (asked.catalog, &asked.registry);
    // Also for one that is coming: its layers may have to be brought for this caller.
    let call = asked.may("BatchImportUpstreamImage", name).await?;
    if let Some(coming) = catalog.coming_image(registry, name, reference) {
        return Ok(Some(coming));
    }
    if due.makes {
        asked.may_create(name).await?;
    }
    let brought = catalog.bring_image(&call, registry, name, reference, due);
    Ok(brought.await?)
}

/// The manifest of an image whose layers may still be coming.
pub(crate) fn answer(brought: &Brought, is_head: bool) -> Response<Body> {
    let answer = manifests::described(&brought.media_type, &brought.digest);
    match is_head {
        true => answer.sized(brought.manifest.len() as u64),
        false => answer.body(brought.manifest.clone()),
    }
}

/// Brings a layer that the repository does not have, or has damaged, for those who may have it brought
/// and if it is to be had. It may also have come by itself meanwhile: whoever found none looks again.
pub(crate) async fn layer(asked: &Asked<'_>, name: &str, digest: &Digest) -> Result<(), Refusal> {
    let (catalog, registry) = (asked.catalog, &asked.registry);
    if !catalog.is_layer_due(registry, name, digest).await? {
        return Ok(());
    }
    let call = match asked.may("BatchImportUpstreamImage", name).await {
        Err(refusal) if refusal.status == StatusCode::FORBIDDEN => return Ok(()),
        admitted => admitted?,
    };
    let brought = catalog.bring_layer(&call, registry, name, digest).await;
    match brought.map_err(Refusal::from) {
        Err(refusal) if refusal.status == StatusCode::NOT_FOUND => Ok(()),
        brought => brought,
    }
}
