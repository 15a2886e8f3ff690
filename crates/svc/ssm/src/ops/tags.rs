//! AddTagsToResource, RemoveTagsFromResource and ListTagsForResource, of parameters.

use wharf_api_ssm::{
    AddTagsToResourceRequest, AddTagsToResourceResult, ListTagsForResourceRequest,
    ListTagsForResourceResult, RemoveTagsFromResourceRequest, RemoveTagsFromResourceResult, faults,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    names::{self, key_name},
    tags,
};

pub async fn add(
    core: &Core,
    call: &Call,
    input: AddTagsToResourceRequest,
) -> Result<AddTagsToResourceResult, Fault> {
    let name = named(input.resource_id.as_deref())?;
    let more = tags::given(input.tags)?;
    core.change(call, &Place::of(call), key_name(name), |parameter| {
        tags::RULES.add(&mut parameter.tags, &more)
    })
    .await
    .map_err(no_resource)?;
    Ok(AddTagsToResourceResult::default())
}

pub async fn remove(
    core: &Core,
    call: &Call,
    input: RemoveTagsFromResourceRequest,
) -> Result<RemoveTagsFromResourceResult, Fault> {
    let name = named(input.resource_id.as_deref())?;
    let gone = input.tag_keys.unwrap_or_default();
    core.change(call, &Place::of(call), key_name(name), |parameter| {
        tags::RULES.remove(&mut parameter.tags, &gone)
    })
    .await
    .map_err(no_resource)?;
    Ok(RemoveTagsFromResourceResult::default())
}

pub async fn list(
    core: &Core,
    call: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResult, Fault> {
    let name = named(input.resource_id.as_deref())?;
    let found = core.find(&Place::of(call), key_name(name)).await;
    let found = found.map_err(no_resource)?;
    Ok(ListTagsForResourceResult {
        tag_list: Some(tags::to_wire(&found.record.tags)),
    })
}

fn named(id: Option<&str>) -> Result<&str, Fault> {
    names::plain(id.unwrap_or_default()).map_err(|_| missing())
}

/// Tags are of resources, whatever those are.
fn no_resource(fault: Fault) -> Fault {
    match fault.code.as_ref() {
        "ParameterNotFound" => missing(),
        _ => fault,
    }
}

/// AWS says nothing more.
fn missing() -> Fault {
    faults::invalid_resource_id("")
}
