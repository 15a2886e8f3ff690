//! Targets that were deregistered go when they may; those of a deleted group at once.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_service::{Stored, fence};
use wharf_store::Txn;

use super::{PERMIT, StepError};
use crate::{
    check::attributes::{DEREGISTRATION_DELAY, GROUP},
    core::Core,
    health::{Fate, fate},
    records::{Health, Target, TargetGroup},
};

/// Records deleted in one transaction: a comparison each stays below the store's 128.
const AT_ONCE: usize = 100;

/// Brings the targets of one group forward.
pub async fn group(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, _, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let group = core.table.read::<TargetGroup>(&key).await?;
    let start = format!("{id}/");
    let targets = core.table.all::<Target>(&scope, &start).await?;
    let healths: BTreeMap<String, Stored<Health>> =
        core.table.all(&scope, &start).await?.into_iter().collect();
    let serving = core.serving().await?;
    let (now, mut wake_at) = (core.now(), None::<Timestamp>);
    let in_use = group
        .as_ref()
        .is_some_and(|it| !it.record.used_by.is_empty());
    let mut gone: Vec<(String, u64)> = Vec::new();
    for (id, target) in &targets {
        let health = healths.get(id);
        let known = health.map(|it| &it.record);
        let delay = group.as_ref().map_or(Duration::ZERO, delay);
        let fate = match &group {
            Some(_) => fate(in_use, &target.record, known, &serving, delay, now),
            None => Some(Fate::Gone),
        };
        let leaves = match fate {
            Some(Fate::Gone) => {
                gone.push((target.key.clone(), target.revision));
                true
            }
            Some(Fate::Until(at)) => {
                wake_at = Some(wake_at.map_or(at, |earlier| earlier.min(at)));
                false
            }
            None => false,
        };
        // Who sends nothing to a target checks nothing: what was said no longer holds.
        if let Some(health) = health.filter(|_| leaves || !in_use) {
            gone.push((health.key.clone(), health.revision));
        }
    }
    let known: std::collections::BTreeSet<&String> = targets.iter().map(|(id, _)| id).collect();
    let orphans = healths.iter().filter(|(id, _)| !known.contains(id));
    gone.extend(orphans.map(|(_, it)| (it.key.clone(), it.revision)));
    for some in gone.chunks(AT_ONCE) {
        let mut txn = Txn::new().when(fence(&core.shard)?);
        for (key, revision) in some {
            txn = txn
                .when(wharf_store::Compare::mod_revision(key, *revision))
                .delete(key);
        }
        if let Some(group) = &group {
            txn = txn.when(group.unchanged());
        }
        if !core.table.commit(&PERMIT, txn).await? {
            return Ok(Next::After(Duration::ZERO));
        }
    }
    Ok(wake_at.map_or(Next::Settled, |at| Next::After(at.since(now))))
}

fn delay(group: &Stored<TargetGroup>) -> Duration {
    let seconds = GROUP.value(&group.record.attributes, DEREGISTRATION_DELAY);
    // Checked when it was set.
    Duration::from_secs(seconds.parse().unwrap_or(300))
}
