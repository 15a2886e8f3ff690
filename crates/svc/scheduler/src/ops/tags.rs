//! TagResource, UntagResource and ListTagsForResource, of groups.

use wharf_api_scheduler::{
    ListTagsForResourceInput, ListTagsForResourceOutput, TagResourceInput, TagResourceOutput,
    UntagResourceInput, UntagResourceOutput,
};
use wharf_service::{Place, tags::Tags, transact};
use wharf_wire::{Call, Fault};

use crate::{core::Core, names, records::Group, tags};

pub async fn tag_resource(
    core: &Core,
    call: &Call,
    input: TagResourceInput,
) -> Result<TagResourceOutput, Fault> {
    let more = tags::given(input.tags)?;
    change(core, call, input.resource_arn, |held| {
        tags::RULES.add(held, &more)
    })
    .await?;
    Ok(TagResourceOutput {})
}

pub async fn untag_resource(
    core: &Core,
    call: &Call,
    input: UntagResourceInput,
) -> Result<UntagResourceOutput, Fault> {
    let gone = input.tag_keys.unwrap_or_default();
    change(core, call, input.resource_arn, |held| {
        tags::RULES.remove(held, &gone)
    })
    .await?;
    Ok(UntagResourceOutput {})
}

pub async fn list_tags_for_resource(
    core: &Core,
    call: &Call,
    input: ListTagsForResourceInput,
) -> Result<ListTagsForResourceOutput, Fault> {
    let place = Place::of(call);
    let name = names::group_of_arn(&place, input.resource_arn.as_deref().unwrap_or_default())?;
    let group = core.group(&place, &name).await?;
    let held = group.map(|it| it.tags).unwrap_or_default();
    Ok(ListTagsForResourceOutput {
        tags: Some(tags::to_wire(&held)),
    })
}

async fn change(
    core: &Core,
    call: &Call,
    arn: Option<String>,
    change: impl Fn(&mut Tags) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = names::group_of_arn(&place, arn.as_deref().unwrap_or_default())?;
    let key = names::group_key(&place, &name);
    transact!(core.table, &call.permit, |tx| {
        let now = core.now();
        let found = core.standing_group(&mut tx, &place, &name).await?;
        // The default group has its record from its first tag on.
        let mut group = found.unwrap_or_else(|| Group {
            tags: Tags::new(),
            deleting: false,
            created_at: now,
            changed_at: now,
            token: None,
            unknown: Default::default(),
        });
        change(&mut group.tags)?;
        group.changed_at = now;
        tx.put(&key, &group);
    });
    Ok(())
}
