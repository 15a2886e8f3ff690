//! Brings targets forward: finishes the change under way, carries out schedules, keeps the count in its range, heeds
//! alarms, and keeps the alarms of policies as they should be. Its writes compare the shard's lease.

use std::{sync::Arc, time::Duration};

use wharf_base::Permit;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach, fence};

use crate::{
    activity,
    core::Core,
    fault::ScalingFaults,
    names,
    records::{Activity, Policy, Scheduled, Target},
    work::Work,
};

pub static PERMIT: Permit = Permit::for_controller("application-autoscaling");
/// The key of the sweep of old activities: no key of a record.
pub const SWEEP: &str = "sweep";
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// Old activities that go in one transaction.
const BATCH: usize = 100;
/// Changes of a target in one look.
const MOST_STEPS: usize = 32;

pub type StepError = wharf_service::StepError<ScalingFaults>;

/// Wakes the reconciler for what changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    let Some((scope, kind, id)) = Scope::parse(key) else {
        return Reach::One;
    };
    if kind == Target::KIND {
        core.queue.wake(key.to_owned());
    }
    if kind == Policy::KIND || kind == Scheduled::KIND {
        let place = Place::of_scope(&scope);
        if let Some(target) = names::owner(&id) {
            core.queue.wake(names::target_key(&place, target));
        }
    }
    Reach::One
}

/// Brings a target forward, and says when to look again.
pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    if key == SWEEP {
        return sweep(&core).await;
    }
    match Scope::parse(&key) {
        Some((scope, _, id)) => bring(&core, &Place::of_scope(&scope), &id).await,
        None => Ok(Next::Settled),
    }
}

/// The same in turn, for whoever has something new for it.
pub async fn bring(core: &Core, place: &Place, id: &str) -> Result<Next, StepError> {
    let key = names::target_key(place, id);
    let _turn = core.turns.take(&key).await;
    for _ in 0..MOST_STEPS {
        let Some(stored) = core.table.read::<Target>(&key).await? else {
            core.forget(&key);
            return Ok(Next::Settled);
        };
        let work = Work {
            core,
            place,
            id,
            stored: &stored,
            now: core.now(),
        };
        match work.step().await {
            Ok(Some(next)) => return Ok(next),
            Ok(None) => {}
            // Somebody came between: what they wrote is read.
            Err(StepError::Change(error)) if error.is_conflict() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Next::After(Duration::ZERO))
}

/// Removes activities of more than six weeks ago, and those of a target that has too many.
async fn sweep(core: &Core) -> Result<Next, StepError> {
    let before = core.now().millis() - activity::KEPT_DAYS * 86_400_000;
    let mut old = Vec::new();
    let (mut of, mut seen) = (None, 0);
    for (scope, id, stored) in core.table.everywhere::<Activity>(names::SERVICE).await? {
        // Those of a target are side by side, the latest first.
        let target = Some((scope, names::owner(&id).unwrap_or_default().to_owned()));
        if of != target {
            (of, seen) = (target, 0);
        }
        seen += 1;
        if stored.record.started_at.millis() < before || seen > activity::MOST_KEPT {
            old.push(stored.key);
        }
    }
    for batch in old.chunks(BATCH) {
        let mut changes = core.table.begin();
        changes.fence(fence::<ScalingFaults>(&core.shard)?);
        batch.iter().for_each(|key| changes.delete(key));
        changes.write(&PERMIT).await?;
    }
    Ok(Next::After(SWEEP_EVERY))
}
