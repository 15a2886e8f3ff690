//! Policies and targets go, with all that was made for them.

use wharf_base::Permit;
use wharf_scaling::alarms::Side;
use wharf_service::{ChangeError, Place, Stored};
use wharf_store::Compare;
use wharf_wire::Fault;

use crate::{
    alarms,
    core::Core,
    fault::ScalingFaults,
    names,
    neighbours::Neighbours,
    records::{Policy, PolicyKind, Target},
};

/// Records that go in one transaction.
const BATCH: usize = 50;

/// In whose right something is written.
pub struct Right<'a> {
    pub permit: &'a Permit,
    /// A reconciler's.
    pub fence: Option<Compare>,
}

/// Why it is not gone yet.
#[derive(Debug)]
pub enum Left {
    Change(ChangeError<ScalingFaults>),
    /// CloudWatch did not delete an alarm, or change one.
    Alarm(Fault),
}

impl From<ChangeError<ScalingFaults>> for Left {
    fn from(error: ChangeError<ScalingFaults>) -> Self {
        Self::Change(error)
    }
}

/// A policy that was marked as deleted: its alarms go first, and those of users lose the action that it was.
///
/// # Errors
/// The store's, or CloudWatch's.
pub async fn policy(
    core: &Core,
    place: &Place,
    target: &str,
    stored: &Stored<Policy>,
    right: &Right<'_>,
) -> Result<(), Left> {
    let policy = &stored.record;
    match policy.kind {
        PolicyKind::TargetTracking => {
            let neighbours = Neighbours::of(core, place, target);
            for side in [Side::High, Side::Low] {
                let deleted = neighbours.delete_alarm(&alarms::name(policy, side)).await;
                deleted.map_err(Left::Alarm)?;
            }
        }
        PolicyKind::Step => {
            let arn = names::policy_arn(place, &policy.uuid, &policy.resource, &policy.name);
            let detached = core.parts.alarms.detach(place, &arn).await;
            detached.map_err(Left::Alarm)?;
        }
        PolicyKind::Predictive => {}
    }
    core.readings
        .forget_policy(&names::target_key(place, target), &policy.uuid);
    let forecast = names::forecast_key(place, target, &policy.name);
    delete(core, &[stored.key.clone(), forecast], right).await?;
    Ok(())
}

/// A target that was marked as deleted.
///
/// # Errors
/// The store's, or CloudWatch's.
pub async fn target(
    core: &Core,
    place: &Place,
    id: &str,
    stored: &Stored<Target>,
    right: &Right<'_>,
) -> Result<(), Left> {
    for it in core.policies(place, id).await? {
        policy(core, place, id, &it, right).await?;
    }
    let scheduled = core.scheduled(place, id).await?;
    let mut keys: Vec<String> = scheduled.into_iter().map(|it| it.key).collect();
    keys.push(stored.key.clone());
    for batch in keys.chunks(BATCH) {
        delete(core, batch, right).await?;
    }
    core.forget(&stored.key);
    Ok(())
}

async fn delete(
    core: &Core,
    keys: &[String],
    right: &Right<'_>,
) -> Result<(), ChangeError<ScalingFaults>> {
    let mut changes = core.table.begin();
    if let Some(fence) = &right.fence {
        changes.fence(fence.clone());
    }
    keys.iter().for_each(|it| changes.delete(it));
    changes.write(right.permit).await
}
