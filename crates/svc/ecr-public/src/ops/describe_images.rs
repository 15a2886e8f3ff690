//! Images and tags as they are listed.

use wharf_api_ecr_public::types::*;
use wharf_blobs::Digest;
use wharf_svc_ecr::{EcrError, Image as Record, Registry, Tagged, image_named};
use wharf_wire::{Call, Fault};

use super::limit;
use crate::service::EcrPublicService;

/// Those named, all or none of them; or all, page by page.
pub(crate) async fn describe_images(
    service: &EcrPublicService,
    call: &Call,
    input: DescribeImagesRequest,
) -> Result<DescribeImagesResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let catalog = &service.catalog;
    let repository = catalog.repository(&registry, &name).await?;
    let (images, next_token) = match input.image_ids {
        Some(ids) if !ids.is_empty() => {
            EcrError::no_page("imageIds", input.next_token.as_deref(), input.max_results)?;
            (named(service, &registry, &name, &ids).await?, None)
        }
        _ => {
            let pages = service.pages(&registry, "images", &repository.id);
            let after = pages.after(input.next_token.as_deref())?;
            let after = after.and_then(|hex| Digest::from_hex(&hex).ok());
            let limit = limit(input.max_results);
            let (found, more) = catalog
                .images(&registry, &name, after.as_ref(), limit)
                .await?;
            let last = found.last().filter(|_| more);
            let token = last.map(|last| pages.token(&last.digest.hex()));
            (found, token)
        }
    };
    let shown = images
        .into_iter()
        .map(|image| show(&registry, &name, image));
    Ok(DescribeImagesResponse {
        image_details: Some(shown.collect()),
        next_token,
    })
}

async fn named(
    service: &EcrPublicService,
    registry: &Registry,
    name: &str,
    ids: &[ImageIdentifier],
) -> Result<Vec<Record>, EcrError> {
    let mut images: Vec<Record> = Vec::new();
    for id in ids {
        let read = image_named(id.image_digest.as_deref(), id.image_tag.as_deref());
        let (reference, pair) =
            read.map_err(|failure| EcrError::invalid("imageIds", failure.reason))?;
        let found = service.catalog.image(registry, name, &reference).await?;
        let agrees = |image: &Record| {
            let digest = pair.as_ref().map(|(_, digest)| digest);
            digest.is_none_or(|digest| image.digest == *digest)
        };
        let image = found.filter(agrees).ok_or_else(|| {
            let null = || "null".to_owned();
            EcrError::ImageNotFound {
                digest: id.image_digest.clone().unwrap_or_else(null),
                tag: id.image_tag.clone().unwrap_or_else(null),
                name: name.to_owned(),
                account: registry.account.clone(),
            }
        })?;
        // Named twice, by two of its tags: shown once.
        if images.iter().all(|shown| shown.digest != image.digest) {
            images.push(image);
        }
    }
    Ok(images)
}

fn show(registry: &Registry, name: &str, image: Record) -> ImageDetail {
    ImageDetail {
        registry_id: Some(registry.account.clone()),
        repository_name: Some(name.to_owned()),
        image_digest: Some(image.digest.to_string()),
        image_tags: (!image.tags.is_empty()).then_some(image.tags),
        image_size_in_bytes: i64::try_from(image.image_size).ok(),
        image_pushed_at: Some(image.pushed_at),
        image_manifest_media_type: Some(image.media_type),
        artifact_media_type: image.artifact_type,
    }
}

pub(crate) async fn describe_image_tags(
    service: &EcrPublicService,
    call: &Call,
    input: DescribeImageTagsRequest,
) -> Result<DescribeImageTagsResponse, Fault> {
    let registry = service.registry(call, input.registry_id.as_deref()).await?;
    let name = input.repository_name.unwrap_or_default();
    let catalog = &service.catalog;
    let repository = catalog.repository(&registry, &name).await?;
    let pages = service.pages(&registry, "tags", &repository.id);
    let after = pages.after(input.next_token.as_deref())?;
    let limit = limit(input.max_results);
    let found = catalog.tagged(&registry, &name, after.as_deref(), limit);
    let (found, end) = found.await?;
    Ok(DescribeImageTagsResponse {
        image_tag_details: Some(found.into_iter().map(show_tag).collect()),
        next_token: end.map(|end| pages.token(&end)),
    })
}

fn show_tag(Tagged { tag, set_at, image }: Tagged) -> ImageTagDetail {
    ImageTagDetail {
        image_tag: Some(tag),
        created_at: Some(set_at),
        image_detail: Some(ReferencedImageDetail {
            image_digest: Some(image.digest.to_string()),
            image_size_in_bytes: i64::try_from(image.image_size).ok(),
            image_pushed_at: Some(image.pushed_at),
            image_manifest_media_type: Some(image.media_type),
            artifact_media_type: image.artifact_type,
        }),
    }
}
