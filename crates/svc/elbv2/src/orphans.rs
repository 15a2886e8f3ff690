//! What deleted load balancers have left: listeners and rules without an owner.

use wharf_base::Permit;
use wharf_service::{Changes, transact};
use wharf_store::{Compare, Txn};

use crate::{
    core::{ChangeError, Core},
    fault::Elbv2Faults,
    names::{self, Names as _, Place},
    records::{Listener, Rule},
    tree::RULES_AT_ONCE,
};

/// Removes everything below a load balancer that is gone.
pub async fn clear_below(
    core: &Core,
    permit: &Permit,
    place: &Place,
    id: &str,
    fence: Option<Compare>,
) -> Result<(), ChangeError> {
    let (scope, start) = (place.scope(), below(id));
    for (id, listener) in core.table.all::<Listener>(&scope, &start).await? {
        clear_listener(core, permit, place, (&id, &listener.key), fence.as_ref()).await?;
    }
    clear_rules(core, permit, place, id, fence.as_ref()).await
}

async fn clear_listener(
    core: &Core,
    permit: &Permit,
    place: &Place,
    (id, key): (&str, &str),
    fence: Option<&Compare>,
) -> Result<(), ChangeError> {
    transact!(core.table, permit, |tx| {
        let Some(stored) = core.table.read(key).await? else {
            return Ok(());
        };
        let txn = core.removal(place, Some((id, &stored)), &[]).await?;
        write(&mut tx, txn, fence);
    });
    Ok(())
}

/// Removes all rules below a listener or load balancer that is gone.
pub async fn clear_rules(
    core: &Core,
    permit: &Permit,
    place: &Place,
    id: &str,
    fence: Option<&Compare>,
) -> Result<(), ChangeError> {
    let (scope, start) = (place.scope(), below(id));
    loop {
        transact!(core.table, permit, |tx| {
            let rules = core.table.all::<Rule>(&scope, &start).await?;
            if rules.is_empty() {
                return Ok(());
            }
            let some: Vec<_> = rules.iter().take(RULES_AT_ONCE).collect();
            let txn = core.removal(place, None, &some).await?;
            write(&mut tx, txn, fence);
        });
    }
}

/// How ids start of what belongs to a load balancer or listener.
fn below(id: &str) -> String {
    format!("{id}/")
}

fn write(tx: &mut Changes<'_, Elbv2Faults>, txn: Txn, fence: Option<&Compare>) {
    tx.join(txn);
    if let Some(fence) = fence {
        tx.fence(fence.clone());
    }
}

/// Removes rules whose listener is gone: left by a server that died while it deleted one.
pub async fn clear_orphans(
    core: &Core,
    permit: &Permit,
    place: &Place,
    id: &str,
    fence: Compare,
) -> Result<(), ChangeError> {
    let (scope, start) = (place.scope(), below(id));
    // Rules first: a rule that is there then had its listener before, so that one whose listener is
    // not found afterwards has lost it.
    let rules = core.table.all::<Rule>(&scope, &start).await?;
    let listeners = core.table.all::<Listener>(&scope, &start).await?;
    let owned = |rule: &str| listeners.iter().any(|(id, _)| id == names::owner(rule));
    let orphans: Vec<_> = rules.iter().filter(|(id, _)| !owned(id)).collect();
    for some in orphans.chunks(RULES_AT_ONCE) {
        let txn = core.removal(place, None, some).await?;
        // What changed meanwhile is left to the next round.
        core.table.commit(permit, txn.when(fence.clone())).await?;
    }
    Ok(())
}
