//! TagResource, UntagResource and ListResourceTags.

use wharf_api_kms::{
    ListResourceTagsRequest, ListResourceTagsResponse, TagResourceRequest, UntagResourceRequest,
};
use wharf_service::{Pages, Place};
use wharf_wire::{Call, Fault};

use crate::{core::Core, describe, fault::KmsFaults, tags};

pub async fn tag_resource(
    core: &Core,
    call: &Call,
    input: TagResourceRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let found = found.kept()?;
    let more = tags::given(input.tags)?;
    core.change(call, &found, |key| tags::RULES.add(&mut key.tags, &more))
        .await
}

pub async fn untag_resource(
    core: &Core,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let found = found.kept()?;
    let gone = input.tag_keys.unwrap_or_default();
    core.change(call, &found, |key| tags::RULES.remove(&mut key.tags, &gone))
        .await
}

pub async fn list_resource_tags(
    core: &Core,
    call: &Call,
    input: ListResourceTagsRequest,
) -> Result<ListResourceTagsResponse, Fault> {
    let place = Place::of(call);
    let found = core.find_by_id(&place, input.key_id.as_deref()).await?;
    let size = describe::page_size(input.limit, 50, 50)?;
    let keyring = &core.parts.keyring;
    let pages = Pages::<KmsFaults>::new(keyring, call, "kms/ListResourceTags", &found.id);
    let page = pages.page(input.marker.as_deref(), size)?;
    let all = tags::to_wire(&found.key().tags);
    let (tags, next_marker) = page.cut(all, |it| it.tag_key.as_deref().unwrap_or_default());
    Ok(ListResourceTagsResponse {
        tags: Some(tags),
        truncated: Some(next_marker.is_some()),
        next_marker,
    })
}
