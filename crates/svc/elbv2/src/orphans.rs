//! What deleted load balancers have left: listeners and rules without an owner.

use wharf_base::Permit;
use wharf_records::Scope;
use wharf_service::Stored;
use wharf_store::Compare;

use crate::{
    core::{ChangeError, Core},
    names::{self, Names as _, Place},
    records::{Listener, Rule},
    tree::Removal,
};

/// Tries before the reconciler's next round takes over.
const TRIES: usize = 8;

/// Removes everything below a load balancer that is gone.
pub async fn clear_below(
    core: &Core,
    permit: &Permit,
    place: &Place,
    id: &str,
    fence: Option<Compare>,
) -> Result<(), ChangeError> {
    for _ in 0..TRIES {
        let (listeners, rules) = below(core, &place.scope(), id).await?;
        if clear(core, permit, place, &listeners, &rules, fence.clone()).await? {
            return Ok(());
        }
    }
    Err(ChangeError::conflict(id))
}

type Below = (Vec<(String, Stored<Listener>)>, Vec<(String, Stored<Rule>)>);

/// Rules first: a rule that is there then had its listener before, so that one whose listener is
/// not found afterwards has lost it.
async fn below(core: &Core, scope: &Scope, id: &str) -> Result<Below, ChangeError> {
    let start = format!("{id}/");
    let rules = core.table.all(scope, &start).await?;
    Ok((core.table.all(scope, &start).await?, rules))
}

async fn clear(
    core: &Core,
    permit: &Permit,
    place: &Place,
    listeners: &[(String, Stored<Listener>)],
    rules: &[(String, Stored<Rule>)],
    fence: Option<Compare>,
) -> Result<bool, ChangeError> {
    for (id, stored) in listeners {
        let removal = Removal {
            place,
            listener: Some((id, stored)),
            rules: vec![],
        };
        if !core.remove(permit, removal, fence.clone(), None).await? {
            return Ok(false);
        }
    }
    let removal = Removal {
        place,
        listener: None,
        rules: rules.iter().collect(),
    };
    core.remove(permit, removal, fence, None).await
}

/// Removes rules whose listener is gone: left by a server that died while it deleted one.
pub async fn clear_orphans(
    core: &Core,
    permit: &Permit,
    place: &Place,
    id: &str,
    fence: Compare,
) -> Result<(), ChangeError> {
    let (listeners, rules) = below(core, &place.scope(), id).await?;
    let owned = |rule: &str| listeners.iter().any(|(id, _)| id == names::owner(rule));
    let orphans: Vec<_> = rules.iter().filter(|(id, _)| !owned(id)).collect();
    let removal = Removal {
        place,
        listener: None,
        rules: orphans,
    };
    core.remove(permit, removal, Some(fence), None).await?;
    Ok(())
}
