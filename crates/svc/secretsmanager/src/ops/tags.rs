//! TagResource and UntagResource.

use wharf_api_secretsmanager::{TagResourceRequest, UntagResourceRequest};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, again},
    records::Secret,
    tags,
};

pub async fn tag(core: &Core, call: &Call, input: TagResourceRequest) -> Result<(), Fault> {
    let more = input.tags.unwrap_or_default();
    change(core, call, input.secret_id.as_deref(), |secret| {
        tags::add(&mut secret.tags, &more)
    })
    .await
}

pub async fn untag(core: &Core, call: &Call, input: UntagResourceRequest) -> Result<(), Fault> {
    let gone = input.tag_keys.unwrap_or_default();
    change(core, call, input.secret_id.as_deref(), |secret| {
        secret.tags.retain(|key, _| !gone.contains(key));
        Ok(())
    })
    .await
}

async fn change(
    core: &Core,
    call: &Call,
    secret_id: Option<&str>,
    change: impl Fn(&mut Secret) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let found = core.find(&Place::of(call), secret_id).await?;
    let found = found.primary()?.usable()?;
    transact!(core.table, &call.permit, |tx| {
        let mut secret = again(&mut tx, &found).await?;
        change(&mut secret)?;
        tx.put(&found.stored.key, &secret);
    });
    Ok(())
}
