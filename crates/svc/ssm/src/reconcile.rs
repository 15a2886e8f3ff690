//! Carries out the policies of parameters: writes down which are due, which is what events tell of, and
//! deletes parameters whose expiration was.

use std::sync::Arc;

use wharf_base::Permit;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, fence, settled};

use crate::{core::Core, fault::SsmFaults, policies, records::Parameter};

const PERMIT: Permit = Permit::for_controller("ssm-reconciler");

type StepError = wharf_service::StepError<SsmFaults>;

/// Wakes the reconciler for a parameter that changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    if let Some((_, Parameter::KIND, _)) = Scope::parse(key) {
        core.expirations.wake(key.to_owned());
    }
    Reach::One
}

/// Does what is due for the parameter under a key, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, _, _)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let Some(stored) = core.table.read::<Parameter>(&key).await? else {
        return Ok(Next::Settled);
    };
    let expiration = stored.record.current.expiration.as_ref();
    if expiration.is_some_and(|it| it.carried_out) {
        let place = Place::of_scope(&scope);
        let fence = Some(fence(&core.shard)?);
        return settled(core.remove(&PERMIT, &place, &stored, fence).await);
    }
    let now = core.now();
    let mut changed = stored.record.clone();
    let next = policies::carry_out(&mut changed.current, now);
    if changed != stored.record {
        let mut changes = core.table.begin();
        changes.fence(fence(&core.shard)?);
        changes.when(stored.unchanged());
        changes.put(&key, &changed);
        // What was written wakes the key again.
        return settled(changes.write(&PERMIT).await);
    }
    Ok(next.map_or(Next::Settled, |it| Next::After(it.since(now))))
}
