//! Alarms call policies: what they come to is written into the group. The reconciler does the rest.

use wharf_scaling::readings::{Alarmed, Reading};
use wharf_service::{Place, fence, transact};
use wharf_wire::Fault;

use crate::{
    core::Core,
    decision,
    fault::{AutoscalingFaults, invalid},
    names,
    policy::Rule,
    predicting,
    reconcile::{PERMIT, StepError},
    records::{Group, Member, Policy, Process},
};

/// When this returns, what follows from the word is written down.
///
/// # Errors
/// There is no such policy; a fault of ours, after which the same may be said again.
pub async fn alarmed(core: &Core, place: &Place, alarmed: Alarmed) -> Result<(), Fault> {
    let unknown = || invalid(format!("There is no scaling policy {}.", alarmed.policy));
    let named = names::policy_of_arn(&alarmed.policy).filter(|it| it.place == *place);
    let named = named.ok_or_else(unknown)?;
    let key = names::group_key(place, &named.group);
    let _turn = core.turns.take(&key).await;
    let group = core.group(place, &named.group).await?;
    let policy_key = names::policy_key(place, &group.uuid, &named.name);
    let policy = core.table.read::<Policy>(&policy_key).await?;
    let policy = policy.filter(|it| it.record.uuid == named.uuid && !it.record.deleting);
    let policy = policy.ok_or_else(unknown)?.record;
    if group.suspends(Process::AlarmNotification) || !policy.enabled || group.deleting {
        return Ok(());
    }
    let reading = Reading::of(&policy.uuid, alarmed);
    core.readings.hear(&key, reading, core.now());
    if let Err(error) = weigh(core, place, &key).await {
        tracing::warn!(group = named.group, policy = named.name, %error, "scaling by an alarm failed, it is retried when the alarm calls again");
        let text = "The Auto Scaling group cannot be scaled now.";
        return Err(Fault::sender("ServiceUnavailable", 503, text));
    }
    Ok(())
}

async fn weigh(core: &Core, place: &Place, key: &str) -> Result<(), StepError> {
    let readings = transact!(core.table, &PERMIT, |tx| {
        let now = core.now();
        let Some(mut group) = tx.find::<Group>(key).await? else {
            core.readings.forget(key);
            return Ok(());
        };
        let policies = rules(core, place, &group).await?;
        let members = core.members(place, &group.uuid).await?;
        let members: Vec<Member> = members.into_iter().map(|it| it.record).collect();
        let forecasters = predicting::forecasters(core, place, &group, &policies).await?;
        let foreseen = predicting::foreseen(&forecasters, &group, now);
        let readings = core.readings.of(key, now);
        let weighed = decision::decided(
            &group,
            &members,
            &policies,
            &readings,
            foreseen.as_ref(),
            now,
        );
        if let Some(weighed) = weighed
            && decision::heed(&mut group, &policies, &weighed, now)
        {
            tx.fence(fence::<AutoscalingFaults>(&core.shard)?);
            tx.put(key, &group);
        }
        readings
    });
    core.readings.weighed(key, &readings);
    Ok(())
}

/// Policies that can be read, those that are to go left out.
pub async fn rules(
    core: &Core,
    place: &Place,
    group: &Group,
) -> Result<Vec<(Policy, Rule)>, StepError> {
    let mut ruled = Vec::new();
    for stored in core.policies(place, &group.uuid).await? {
        if stored.record.deleting {
            continue;
        }
        match Rule::of(&stored.record) {
            Ok(rule) => ruled.push((stored.record, rule)),
            Err(fault) => {
                tracing::warn!(policy = stored.record.name, error = %fault, "failed to read a scaling policy, it is ignored")
            }
        }
    }
    Ok(ruled)
}
