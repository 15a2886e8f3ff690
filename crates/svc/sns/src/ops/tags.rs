//! TagResource, UntagResource, ListTagsForResource.

use wharf_api_sns::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, TagResourceRequest,
    TagResourceResponse, UntagResourceRequest, UntagResourceResponse, faults,
};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    names::TopicId,
    records::Topic,
    tags::{RULES, given, to_wire},
};

fn no_resource() -> Fault {
    faults::resource_not_found_exception("Resource does not exist")
}

pub async fn tag(
    core: &Core,
    call: &Call,
    input: TagResourceRequest,
) -> Result<TagResourceResponse, Fault> {
    let id = TopicId::given(input.resource_arn.as_deref())?;
    let tags = given(input.tags)?;
    let key = id.key();
    let changed = core.table.change(&call.permit, &key, |topic: &mut Topic| {
        RULES.add(&mut topic.tags, &tags)
    });
    changed.await?.ok_or_else(no_resource)?;
    Ok(TagResourceResponse {})
}

pub async fn untag(
    core: &Core,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<UntagResourceResponse, Fault> {
    let id = TopicId::given(input.resource_arn.as_deref())?;
    let keys = input.tag_keys.unwrap_or_default();
    let key = id.key();
    let changed = core.table.change(&call.permit, &key, |topic: &mut Topic| {
        RULES.remove(&mut topic.tags, &keys)
    });
    changed.await?.ok_or_else(no_resource)?;
    Ok(UntagResourceResponse {})
}

pub async fn list(
    core: &Core,
    _: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let id = TopicId::given(input.resource_arn.as_deref())?;
    let found = core.table.read::<Topic>(&id.key()).await?;
    let topic = found.ok_or_else(no_resource)?.record;
    Ok(ListTagsForResourceResponse {
        tags: Some(to_wire(&topic.tags)),
    })
}
