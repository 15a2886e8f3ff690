//! TagQueue, UntagQueue, ListQueueTags.

use wharf_api_sqs::{
    ListQueueTagsRequest, ListQueueTagsResult, TagQueueRequest, UntagQueueRequest,
};
use wharf_wire::{Call, Fault};

use super::attributes::change;
use crate::{core::Core, tags::RULES};

pub async fn tag_queue(core: &Core, call: &Call, input: TagQueueRequest) -> Result<(), Fault> {
    let given = RULES.given(input.tags.unwrap_or_default())?;
    change(core, call, input.queue_url.as_deref(), |_, queue| {
        RULES.add(&mut queue.tags, &given)
    })
    .await
}

pub async fn untag_queue(core: &Core, call: &Call, input: UntagQueueRequest) -> Result<(), Fault> {
    let keys = input.tag_keys.unwrap_or_default();
    change(core, call, input.queue_url.as_deref(), |_, queue| {
        RULES.remove(&mut queue.tags, &keys)
    })
    .await
}

pub async fn list_queue_tags(
    core: &Core,
    call: &Call,
    input: ListQueueTagsRequest,
) -> Result<ListQueueTagsResult, Fault> {
    let live = core.asked(call, input.queue_url.as_deref()).await?;
    let tags = live.record().tags.clone();
    Ok(ListQueueTagsResult {
        tags: Some(tags.into_iter().collect())
            .filter(|it: &std::collections::BTreeMap<_, _>| !it.is_empty()),
    })
}
