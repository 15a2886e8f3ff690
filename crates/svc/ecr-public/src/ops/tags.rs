//! Tags of repositories.

use wharf_api_ecr_public::types::*;
use wharf_service::tags::Tags;
use wharf_svc_ecr::{EcrError, Repository as Record, TAGS};
use wharf_wire::{Call, Fault};

use crate::{authorize::parse_arn, service::EcrPublicService};

pub(super) fn read_tags(tags: Option<Vec<Tag>>) -> Result<Tags, EcrError> {
    let pair = |tag: Tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
    TAGS.given(tags.into_iter().flatten().map(pair))
}

pub(crate) async fn tag_resource(
    service: &EcrPublicService,
    call: &Call,
    input: TagResourceRequest,
) -> Result<TagResourceResponse, Fault> {
    let (registry, name) = parse_arn(input.resource_arn.as_deref())?;
    let tags = read_tags(input.tags)?;
    let change = |repository: &mut Record| TAGS.add(&mut repository.tags, &tags);
    let catalog = &service.catalog;
    catalog
        .update_repository(&call.permit, &registry, &name, change)
        .await?;
    Ok(TagResourceResponse::default())
}

/// Keys that are not there are passed over.
pub(crate) async fn untag_resource(
    service: &EcrPublicService,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<UntagResourceResponse, Fault> {
    let (registry, name) = parse_arn(input.resource_arn.as_deref())?;
    let keys = input.tag_keys.unwrap_or_default();
    let change = |repository: &mut Record| TAGS.remove(&mut repository.tags, &keys);
    let catalog = &service.catalog;
    catalog
        .update_repository(&call.permit, &registry, &name, change)
        .await?;
    Ok(UntagResourceResponse::default())
}

pub(crate) async fn list_tags_for_resource(
    service: &EcrPublicService,
    _: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let (registry, name) = parse_arn(input.resource_arn.as_deref())?;
    let repository = service.catalog.repository(&registry, &name).await?;
    let show = |(key, value)| Tag {
        key: Some(key),
        value: Some(value),
    };
    Ok(ListTagsForResourceResponse {
        tags: Some(repository.tags.into_iter().map(show).collect()),
    })
}
