//! DescribeImages: those named, all or none of them; or all that the filter lets through.

use wharf_api_ecr::types::*;
use wharf_blobs::Digest;
use wharf_wire::Call;

use super::{
    describe_image_scan_findings::{show_status, show_summary},
    limit, not_found, read_image_id, registry,
};
use crate::{
    catalog::{Catalog, Registry},
    error::EcrError,
    page::{self, pages},
    records,
};

/// Images read at once.
const SCAN: usize = 200;

pub(crate) async fn describe_images(
    catalog: &Catalog,
    call: &Call,
    input: DescribeImagesRequest,
) -> Result<DescribeImagesResponse, EcrError> {
    let registry = registry(call, input.registry_id.clone());
    let name = input.repository_name.clone().unwrap_or_default();
    let id = catalog.repository(&registry, &name).await?.id;
    if let Some(ids) = input.image_ids.as_deref().filter(|ids| !ids.is_empty()) {
        EcrError::no_page("imageIds", input.next_token.as_deref(), input.max_results)?;
        let filter = input.filter.clone().unwrap_or_default();
        return named(catalog, &registry, &name, ids, &filter).await;
    }
    listed(catalog, &registry, &name, &id, input).await
}

async fn named(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    ids: &[ImageIdentifier],
    filter: &DescribeImagesFilter,
) -> Result<DescribeImagesResponse, EcrError> {
    let mut details: Vec<ImageDetail> = Vec::new();
    for id in ids {
        let (reference, pair) =
            read_image_id(id).map_err(|failure| EcrError::invalid("imageIds", failure.reason))?;
        let found = catalog.image(registry, name, &reference).await?;
        let agrees = |image: &records::Image| {
            pair.as_ref()
                .is_none_or(|(_, digest)| image.digest == *digest)
        };
        let image = found
            .filter(agrees)
            .ok_or_else(|| not_found(registry, name, id))?;
        let tagged = filter.tag_status.as_deref().unwrap_or("ANY");
        // Where nothing is said of it, those that are named are shown whatever became of them.
        let status = filter.image_status.as_deref().unwrap_or("ANY");
        if !fits(&image, tagged, status) {
            continue;
        }
        // Named twice, by two of its tags: shown once.
        let digest = Some(image.digest.to_string());
        if details.iter().all(|shown| shown.image_digest != digest) {
            details.push(show(catalog, registry, name, image).await?);
        }
    }
    Ok(DescribeImagesResponse {
        image_details: Some(details),
        next_token: None,
    })
}

async fn listed(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    id: &str,
    input: DescribeImagesRequest,
) -> Result<DescribeImagesResponse, EcrError> {
    let filter = input.filter.unwrap_or_default();
    let status = filter.tag_status.unwrap_or_else(|| "ANY".to_owned());
    let image_status = filter.image_status.unwrap_or_else(|| "ACTIVE".to_owned());
    let listing = pages(catalog, registry, "details", &[id, &status, &image_status]);
    let last = page::after(&listing, input.next_token.as_deref())?;
    let mut after = last.as_deref().and_then(|last| Digest::from_hex(last).ok());
    let limit = limit(input.max_results);
    let mut details = Vec::new();
    let mut more = true;
    while more {
        let (images, further) = catalog.images(registry, name, after.as_ref(), SCAN).await?;
        more = further;
        for image in images {
            let shown = fits(&image, &status, &image_status);
            if shown && details.len() == limit {
                let next_token = after.map(|after| listing.token(&after.hex()));
                return Ok(DescribeImagesResponse {
                    image_details: Some(details),
                    next_token,
                });
            }
            after = Some(image.digest);
            if shown {
                details.push(show(catalog, registry, name, image).await?);
            }
        }
    }
    Ok(DescribeImagesResponse {
        image_details: Some(details),
        next_token: None,
    })
}

fn fits(image: &records::Image, tag_status: &str, image_status: &str) -> bool {
    image.has_tag_status(tag_status) && image.status.fits(image_status)
}

async fn show(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    image: records::Image,
) -> Result<ImageDetail, EcrError> {
    let scan = catalog.scan_of(registry, name, &image.digest).await?;
    let scan = scan.map(|it| it.of(image.status));
    Ok(ImageDetail {
        image_scan_status: scan.as_ref().map(show_status),
        image_scan_findings_summary: scan.as_ref().and_then(show_summary),
        registry_id: Some(registry.account.clone()),
        repository_name: Some(name.to_owned()),
        image_digest: Some(image.digest.to_string()),
        image_tags: (!image.tags.is_empty()).then_some(image.tags),
        image_size_in_bytes: i64::try_from(image.image_size).ok(),
        image_pushed_at: Some(image.pushed_at),
        image_manifest_media_type: Some(image.media_type),
        artifact_media_type: image.artifact_type,
        last_recorded_pull_time: image.last_pull,
        subject_manifest_digest: image.subject.map(|subject| subject.to_string()),
        image_status: Some(image.status.name().to_owned()),
        last_archived_at: image.archived_at,
        last_activated_at: image.activated_at,
    })
}
