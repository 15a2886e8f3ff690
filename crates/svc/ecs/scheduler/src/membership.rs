//! Which container instances belong to a capacity provider: those of the clusters that it is associated
//! with whose EC2 instances are in its Auto Scaling group, or were launched for it. An instance's record says so, and
//! placement goes by it.
//!
//! Level-triggered: woken when a provider changes and when instances of its clusters register or go. The
//! group changes without a word to ECS, so it is looked at again from time to time.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use wharf_api_autoscaling::AutoScalingGroupNamesType;
use wharf_base::Permit;
use wharf_reconcile::Next;
use wharf_records::{
    Scope,
    ecs::{CapacityProvider, Instance, InstanceStatus, ProviderStatus},
};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context};

use crate::{
    Scheduler,
    names::{PRINCIPAL, Place},
    state::StepError,
    view::{Held, Region},
};

const PERMIT: Permit = Permit::for_controller("ecs-providers");
/// How often the group of a provider that is in use is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How long a deleted provider is described (spec ecs §1: at least an hour).
const RETENTION: Duration = Duration::from_secs(3600);

/// Brings the instances of one provider in line with its group.
pub async fn provider(scheduler: Arc<Scheduler>, key: String) -> Result<Next, StepError> {
    let fence = scheduler.state.fence()?;
    let Some((scope, _, name)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place {
        account: scope.account.clone(),
        region: scope.region.clone(),
    };
    scheduler.state.up_to_date().await;
    let held: Option<Held<CapacityProvider>> = scheduler
        .state
        .view
        .read(&place, |region| region.providers.get(&name).cloned());
    let managed = held.as_ref().and_then(|it| it.managed.as_deref());
    let in_use = held
        .as_ref()
        .filter(|it| it.status == ProviderStatus::Active && !it.clusters.is_empty());
    let members = match (managed, in_use) {
        (Some(_), _) => launched(&scheduler, &place, &name),
        (None, Some(provider)) => members(&scheduler, &place, provider).await?,
        (None, None) => BTreeSet::new(),
    };
    let none = BTreeSet::new();
    // One that ends is its provider's until it is gone.
    let own = managed.map(|it| BTreeSet::from([it.cluster.clone()]));
    let clusters = own.as_ref().or(in_use.map(|it| &it.clusters));
    let clusters = clusters.unwrap_or(&none);
    let changes = scheduler
        .state
        .view
        .read(&place, |region| changes(region, &name, clusters, &members));
    for change in changes {
        transact!(scheduler.state.table, &PERMIT, |tx| {
            tx.fence(fence.clone());
            let found = tx.find::<Instance>(&change.instance).await?;
            let as_seen = |it: &Instance| it.capacity_provider == change.before;
            if let Some(mut instance) = found.filter(as_seen) {
                instance.capacity_provider.clone_from(&change.after);
                instance.version += 1;
                tx.put(&change.instance, &instance);
            }
        });
    }
    if in_use.is_some() && managed.is_none() {
        return Ok(Next::After(LOOK));
    }
    match held.filter(|it| it.status == ProviderStatus::Inactive) {
        Some(deleted) => forget(&scheduler, fence, &deleted).await,
        None => Ok(Next::Settled),
    }
}

/// A deleted provider is described for a while.
async fn forget(
    scheduler: &Scheduler,
    fence: Compare,
    provider: &Held<CapacityProvider>,
) -> Result<Next, StepError> {
    let until = provider.deleted_at.unwrap_or(provider.created_at) + RETENTION;
    let now = scheduler.state.now();
    if now < until {
        return Ok(Next::After(until.since(now)));
    }
    let txn = Txn::new().when(fence).when(provider.unchanged());
    let txn = txn.delete(&provider.key);
    scheduler.state.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}

/// Ids of the EC2 instances that ECS launched for a provider.
fn launched(scheduler: &Scheduler, place: &Place, provider: &str) -> BTreeSet<String> {
    scheduler.state.view.read(place, |region| {
        let instances = region.managed_of(provider);
        instances.filter_map(|it| it.ec2_instance.clone()).collect()
    })
}

/// Ids of the EC2 instances in a provider's group that are to stay: one that is going gets no more tasks.
async fn members(
    scheduler: &Scheduler,
    place: &Place,
    provider: &CapacityProvider,
) -> Result<BTreeSet<String>, StepError> {
    let Some(autoscaling) = &scheduler.autoscaling else {
        return Ok(BTreeSet::new());
    };
    let now = scheduler.state.now();
    let context = Context::internal(&place.account, &place.region, PRINCIPAL, now);
    let call = Call::by_controller(context, PERMIT);
    let input = AutoScalingGroupNamesType {
        auto_scaling_group_names: Some(vec![provider.group_name.clone()]),
        ..AutoScalingGroupNamesType::default()
    };
    let found = autoscaling.describe_auto_scaling_groups(&call, input).await;
    let found = found.map_err(|fault| StepError::Neighbour {
        action: "describe the Auto Scaling group of a capacity provider",
        fault,
    })?;
    // Another group of the same name is not the provider's.
    let is_ours = |arn: &Option<String>| arn.as_ref() == Some(&provider.group_arn);
    let groups = found.auto_scaling_groups.into_iter().flatten();
    let groups = groups.filter(|group| is_ours(&group.auto_scaling_group_arn));
    let instances = groups.flat_map(|group| group.instances.unwrap_or_default());
    let stays = |it: &wharf_api_autoscaling::Instance| {
        let state = it.lifecycle_state.as_deref().unwrap_or_default();
        state == "InService" || state.starts_with("Pending")
    };
    Ok(instances
        .filter(stays)
        .filter_map(|it| it.instance_id)
        .collect())
}

/// An instance's record that says what is not so any more.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    instance: String,
    before: Option<String>,
    after: Option<String>,
}

fn changes(
    region: &Region,
    provider: &str,
    clusters: &BTreeSet<String>,
    members: &BTreeSet<String>,
) -> Vec<Change> {
    let of_record = |held: &Held<Instance>| {
        let is_member = held.status != InstanceStatus::Inactive
            && clusters.contains(&held.cluster)
            && members.contains(&held.ec2_instance);
        let before = held.capacity_provider.clone();
        let is_ours = before.as_deref() == Some(provider);
        (is_member != is_ours).then(|| Change {
            instance: held.key.clone(),
            before,
            after: is_member.then(|| provider.to_owned()),
        })
    };
    region.instances.values().filter_map(of_record).collect()
}
