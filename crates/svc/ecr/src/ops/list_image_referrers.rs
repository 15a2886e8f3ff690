//! ListImageReferrers: what names an image as its subject.

use wharf_api_ecr::types::*;
use wharf_blobs::Digest;
use wharf_wire::Call;

use super::{DIGEST, registry};
use crate::{
    catalog::{Catalog, Referrer},
    error::EcrError,
    page::{self, pages},
};

/// The model's default and bound of `maxResults`.
const MAX_REFERRERS: usize = 50;

pub(crate) async fn list_image_referrers(
    catalog: &Catalog,
    call: &Call,
    input: ListImageReferrersRequest,
) -> Result<ListImageReferrersResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let subject = input
        .subject_id
        .and_then(|id| id.image_digest)
        .unwrap_or_default();
    let subject: Digest = subject
        .parse()
        .map_err(|_| EcrError::invalid("subjectId", DIGEST))?;
    let filter = input.filter.unwrap_or_default();
    let kinds = filter.artifact_types.unwrap_or_default();
    let status = filter
        .artifact_status
        .unwrap_or_else(|| "ACTIVE".to_owned());
    let id = catalog.repository(&registry, &name).await?.id;
    let listing = pages(
        catalog,
        &registry,
        "referrers",
        &[&id, &subject.hex(), &kinds.join(" "), &status],
    );
    let last = page::after(&listing, input.next_token.as_deref())?;
    let after = last.as_deref().and_then(|last| Digest::from_hex(last).ok());
    let asked = input
        .max_results
        .and_then(|asked| usize::try_from(asked).ok());
    let limit = asked.unwrap_or(MAX_REFERRERS).clamp(1, MAX_REFERRERS);
    let (found, end) = catalog
        .referrers(&registry, &name, &subject, after.as_ref(), limit)
        .await?;
    let wanted = |referrer: &Referrer| {
        let kind = referrer.image.artifact_type.as_ref();
        let fits = referrer.image.status.fits(&status);
        fits && (kinds.is_empty() || kind.is_some_and(|kind| kinds.contains(kind)))
    };
    Ok(ListImageReferrersResponse {
        referrers: Some(found.into_iter().filter(wanted).map(show).collect()),
        next_token: end.map(|end| listing.token(&end.hex())),
    })
}

fn show(referrer: Referrer) -> ImageReferrer {
    ImageReferrer {
        digest: Some(referrer.image.digest.to_string()),
        media_type: Some(referrer.image.media_type),
        artifact_type: referrer.image.artifact_type,
        size: i64::try_from(referrer.image.manifest_size).ok(),
        annotations: Some(referrer.annotations),
        artifact_status: Some(referrer.image.status.name().to_owned()),
    }
}
