//! Deletes parameters whose expiration policy is due.

use std::sync::Arc;

use wharf_base::Permit;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, fence, settled};

use crate::{core::Core, fault::SsmFaults, records::Parameter};

const PERMIT: Permit = Permit::for_controller("ssm-reconciler");

type StepError = wharf_service::StepError<SsmFaults>;

/// Wakes the reconciler for a parameter that changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    if let Some((_, Parameter::KIND, _)) = Scope::parse(key) {
        core.expirations.wake(key.to_owned());
    }
    Reach::One
}

/// Deletes the parameter under a key if it is due, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, _, _)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let Some(stored) = core.table.read::<Parameter>(&key).await? else {
        return Ok(Next::Settled);
    };
    let Some(due) = stored.record.expires_at() else {
        return Ok(Next::Settled);
    };
    let now = core.now();
    if now < due {
        return Ok(Next::After(due.since(now)));
    }
    let place = Place::of_scope(&scope);
    let fence = Some(fence(&core.shard)?);
    settled(core.remove(&PERMIT, &place, &stored, fence).await)
}
