//! TagResource, UntagResource and ListTagsForResource.

use wharf_api_application_autoscaling::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, TagResourceRequest,
    TagResourceResponse, UntagResourceRequest, UntagResourceResponse,
};
use wharf_service::{Place, tags::Tags, transact};
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, names, records::Target, tags};

pub async fn tag_resource(
    core: &Core,
    call: &Call,
    input: TagResourceRequest,
) -> Result<TagResourceResponse, Fault> {
    let more = tags::RULES.given(input.tags.unwrap_or_default())?;
    change(core, call, input.resource_arn, |held| {
        tags::RULES.add(held, &more)
    })
    .await?;
    Ok(TagResourceResponse {})
}

pub async fn untag_resource(
    core: &Core,
    call: &Call,
    input: UntagResourceRequest,
) -> Result<UntagResourceResponse, Fault> {
    let gone = input.tag_keys.unwrap_or_default();
    change(core, call, input.resource_arn, |held| {
        tags::RULES.remove(held, &gone)
    })
    .await?;
    Ok(UntagResourceResponse {})
}

pub async fn list_tags_for_resource(
    core: &Core,
    call: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let place = Place::of(call);
    let arn = input.resource_arn.unwrap_or_default();
    let target = match names::target_of_arn(&place, &arn) {
        Some(id) => core.target(&place, &id).await?,
        None => None,
    };
    let target = target.ok_or_else(|| fault::no_resource(&arn))?;
    Ok(ListTagsForResourceResponse {
        tags: Some(target.tags),
    })
}

async fn change(
    core: &Core,
    call: &Call,
    arn: Option<String>,
    change: impl Fn(&mut Tags) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let arn = arn.unwrap_or_default();
    let missing = || fault::no_resource(&arn);
    let id = names::target_of_arn(&place, &arn).ok_or_else(missing)?;
    let key = names::target_key(&place, &id);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Target>(&key).await?;
        let mut target = found.filter(|it| !it.deleting).ok_or_else(missing)?;
        change(&mut target.tags)?;
        tx.put(&key, &target);
    });
    Ok(())
}
