//! Removes secrets whose recovery window is over and copies that did not come to their end, and rotates others in time.

use std::sync::Arc;

use wharf_base::Permit;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, fence, settled};

use crate::{
    copying,
    core::{Core, Found},
    fault::SecretFaults,
    ops,
    records::Secret,
    rotating,
};

pub const PERMIT: Permit = Permit::for_controller("secretsmanager-reconciler");

type StepError = wharf_service::StepError<SecretFaults>;

/// Wakes the reconciler for a secret that changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    if let Some((_, Secret::KIND, _)) = Scope::parse(key) {
        core.changed.wake(key.to_owned());
    }
    Reach::One
}

/// Does what is due for the secret under a key, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, _, name)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let Some(stored) = core.table.read::<Secret>(&key).await? else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    let found = Found {
        name,
        shown_at: place.clone(),
        place,
        stored,
    };
    let Some(copying) = &found.secret().copying else {
        return due(&core, &found).await;
    };
    let now = core.now();
    if copying.until <= now {
        // Clearing writes the secret, which wakes this loop for what else is due.
        let fence = fence(&core.shard)?;
        return settled(copying::clear(&core, &PERMIT, &found, None, Some(&fence)).await);
    }
    let left = copying.until.since(now);
    Ok(match due(&core, &found).await? {
        Next::Settled => Next::After(left),
        Next::After(wait) => Next::After(wait.min(left)),
        Next::Deferred(wait) => Next::Deferred(wait.min(left)),
    })
}

/// Removes and rotates.
async fn due(core: &Core, found: &Found) -> Result<Next, StepError> {
    let Some(deletion) = found.secret().deletion else {
        return rotating::look(core, found).await;
    };
    let now = core.now();
    if now < deletion.due_at {
        return Ok(Next::After(deletion.due_at.since(now)));
    }
    settled(ops::delete::remove(core, &PERMIT, found, Some(fence(&core.shard)?)).await)
}
