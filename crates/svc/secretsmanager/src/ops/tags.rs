//! TagResource and UntagResource.

use wharf_api_secretsmanager::{TagResourceRequest, UntagResourceRequest};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{core::Core, tags};

pub async fn tag(core: &Core, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?.usable()?;
    let more = tags::given(input.tags)?;
    core.change(call, &found, |secret| {
        tags::RULES.add(&mut secret.tags, &more)
    })
    .await
}

pub async fn untag(core: &Core, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?.usable()?;
    let gone = input.tag_keys.unwrap_or_default();
    core.change(call, &found, |secret| {
        tags::RULES.remove(&mut secret.tags, &gone)
    })
    .await
}
