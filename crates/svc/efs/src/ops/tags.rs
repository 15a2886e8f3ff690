//! TagResource, UntagResource, ListTagsForResource, and their forerunners CreateTags, DeleteTags and DescribeTags.

use wharf_api_efs::{
    CreateTagsRequest, DeleteTagsRequest, DescribeTagsRequest, DescribeTagsResponse,
    ListTagsForResourceRequest, ListTagsForResourceResponse, TagResourceRequest,
    UntagResourceRequest,
};
use wharf_service::{Place, tags::Tags, transact};
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, names, records::AccessPoint, tagged};

pub async fn tag(core: &Core, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
    let more = tagged::given(input.tags)?;
    let add = |held: &mut Tags| tagged::RULES.add(held, &more);
    change(core, call, input.resource_id, add).await
}

pub async fn untag(core: &Core, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
    let gone = input.tag_keys.unwrap_or_default();
    change(core, call, input.resource_id, |held| {
        tagged::RULES.remove(held, &gone)
    })
    .await
}

pub async fn create(core: &Core, call: &Call, input: CreateTagsRequest) -> Result<(), Fault> {
    let more = tagged::given(input.tags)?;
    let add = |held: &mut Tags| tagged::RULES.add(held, &more);
    change(core, call, input.file_system_id, add).await
}

pub async fn delete(core: &Core, call: &Call, input: DeleteTagsRequest) -> Result<(), Fault> {
    let gone = input.tag_keys.unwrap_or_default();
    change(core, call, input.file_system_id, |held| {
        tagged::RULES.remove(held, &gone)
    })
    .await
}

/// All at once: a resource has at most fifty.
pub async fn list(
    core: &Core,
    call: &Call,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let held = held(core, call, input.resource_id.as_deref()).await?;
    Ok(ListTagsForResourceResponse {
        tags: Some(tagged::to_wire(&held)),
        next_token: None,
    })
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeTagsRequest,
) -> Result<DescribeTagsResponse, Fault> {
    let held = held(core, call, input.file_system_id.as_deref()).await?;
    Ok(DescribeTagsResponse {
        tags: Some(tagged::to_wire(&held)),
        ..Default::default()
    })
}

async fn held(core: &Core, call: &Call, given: Option<&str>) -> Result<Tags, Fault> {
    let place = Place::of(call);
    let id = names::id(&place, given);
    match id.starts_with("fsap-") {
        true => Ok(core.access_point(&place, &id).await?.tags),
        false => Ok(core.file_system(&place, &id).await?.tags),
    }
}

async fn change(
    core: &Core,
    call: &Call,
    given: Option<String>,
    change: impl Fn(&mut Tags) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let id = names::id(&place, given.as_deref());
    transact!(core.table, &call.permit, |tx| {
        if id.starts_with("fsap-") {
            let key = names::access_point_key(&place, &id);
            let found = tx.find::<AccessPoint>(&key).await?;
            let mut point = found.ok_or_else(|| fault::no_access_point(&id))?;
            change(&mut point.tags)?;
            tx.put(&key, &point);
        } else {
            let mut record = core.standing(&mut tx, &place, &id).await?;
            change(&mut record.tags)?;
            tx.put(names::file_system_key(&place, &id), &record);
        }
    });
    Ok(())
}
