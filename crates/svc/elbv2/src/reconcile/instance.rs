//! Targets go with their instance: its address may be another's soon.

use std::sync::Arc;

use wharf_reconcile::Next;
use wharf_records::Record;
use wharf_service::fence;
use wharf_store::{Compare, Txn};

use super::{PERMIT, StepError};
use crate::{
    config::InstanceLookup,
    core::Core,
    names::{Names as _, Place, split_target},
    records::{Health, Target},
};

/// Targets deleted in one transaction, each with its health: two of the operations that the store takes in one.
const AT_ONCE: usize = 60;

/// Takes an instance that has ended out of all target groups.
pub async fn instance(core: Arc<Core>, (place, id): (Place, String)) -> Result<Next, StepError> {
    if core.parts.instances.find(&place, &id).await? != InstanceLookup::Gone {
        return Ok(Next::Settled);
    }
    // First: one that is registered from here on wakes this again.
    core.as_targets.lock().remove(&(place.clone(), id.clone()));
    let scope = place.scope();
    let targets = core.table.all::<Target>(&scope, "").await?;
    let of_it = targets.into_iter().filter(|(key, target)| {
        let named = split_target(key).map(|(_, own, _)| own);
        target.record.in_vpc && named == Some(id.as_str())
    });
    let of_it: Vec<_> = of_it.collect();
    for some in of_it.chunks(AT_ONCE) {
        let mut txn = Txn::new().when(fence(&core.shard)?);
        for (id, target) in some {
            txn = txn
                .when(Compare::mod_revision(&target.key, target.revision))
                .delete(target.key.clone())
                .delete(scope.key(Health::KIND, id));
        }
        if !core.table.commit(&PERMIT, txn).await? {
            return Ok(Next::After(std::time::Duration::ZERO));
        }
    }
    if !of_it.is_empty() {
        tracing::info!(
            instance = id,
            targets = of_it.len(),
            "targets go with their instance"
        );
    }
    Ok(Next::Settled)
}
