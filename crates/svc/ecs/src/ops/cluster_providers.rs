//! Which capacity providers a cluster has: PutClusterCapacityProviders, and what CreateCluster and
//! DeleteCluster do about them.
//!
//! A provider's record names the clusters it is associated with, and changes in the transaction that
//! changes theirs. So a provider is deleted only while no cluster has it.

use std::collections::BTreeSet;

use wharf_api_ecs as api;
use wharf_records::{
    Record,
    ecs::{
        AttachmentsStatus, CapacityProvider, Cluster, ClusterStatus, ManagedInstances,
        ProviderStatus, Status, StrategyItem,
    },
};
use wharf_service::{Changes, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe::ClusterParts,
    fault::{self, EcsFaults},
    names::{self, Place},
    ops::clusters::shown,
    provider,
    view::Region,
};

/// Most providers of a cluster.
const MOST: usize = 20;

/// What a call wants a cluster to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Providers {
    pub names: Vec<String>,
    pub strategy: Vec<StrategyItem>,
}

impl Providers {
    /// Whether the providers are there is known only once they are [`attach`]ed.
    pub fn read(
        given: Option<Vec<String>>,
        strategy: Option<&Vec<api::CapacityProviderStrategyItem>>,
    ) -> Result<Self, Fault> {
        let mut names = Vec::new();
        for one in given.unwrap_or_default() {
            let name = names::provider_name(&one).ok_or_else(|| not_found(&one))?;
            if names.iter().all(|known| known != name) {
                names.push(name.to_owned());
            }
        }
        if names.len() > MOST {
            return Err(too_many());
        }
        let strategy = provider::read_strategy(strategy.map_or(&[][..], Vec::as_slice))?;
        match strategy.iter().all(|item| names.contains(&item.provider)) {
            true => Ok(Self { names, strategy }),
            false => Err(fault::invalid(
                "The specified default capacity provider strategy cannot contain a capacity provider \
                 that is not associated with the cluster.",
            )),
        }
    }
}

fn too_many() -> Fault {
    api::faults::limit_exceeded_exception(format!(
        "A cluster can have at most {MOST} capacity providers."
    ))
}

fn not_found(given: &str) -> Fault {
    fault::invalid(format!(
        "The specified capacity provider '{given}' was not found. Specify a valid capacity provider \
         name or full Amazon Resource Name (ARN) and try again."
    ))
}

/// Gives a cluster these providers, and no others: the caller writes the cluster in the same
/// transaction.
pub async fn attach(
    tx: &mut Changes<'_, EcsFaults>,
    place: &Place,
    cluster: &mut Cluster,
    wanted: &Providers,
) -> Result<(), Fault> {
    provider::one_kind(&wanted.strategy, &cluster.managed_providers)?;
    let before: BTreeSet<String> = cluster.capacity_providers.iter().cloned().collect();
    let after: BTreeSet<String> = wanted.names.iter().cloned().collect();
    let changed = before.symmetric_difference(&after);
    for name in changed.filter(|name| !provider::is_fargate(name)) {
        let key = place.scope().key(CapacityProvider::KIND, name);
        let found = tx.find::<CapacityProvider>(&key).await?;
        let attached = after.contains(name);
        match found {
            Some(mut provider) if !attached => {
                provider.clusters.remove(&cluster.name);
                tx.put(&key, &provider);
            }
            Some(mut provider) if may_have(cluster, &provider) => {
                provider.clusters.insert(cluster.name.clone());
                tx.put(&key, &provider);
            }
            None if !attached => {}
            _ => return Err(not_found(name)),
        }
    }
    cluster.capacity_providers.clone_from(&wanted.names);
    cluster.default_strategy.clone_from(&wanted.strategy);
    if cluster.attachments_status.is_some() || !after.is_empty() {
        cluster.attachments_status = Some(AttachmentsStatus::UpdateComplete);
    }
    Ok(())
}

/// One of Managed Instances is for the cluster that it was made for.
fn may_have(cluster: &Cluster, provider: &CapacityProvider) -> bool {
    let is_for_it = |it: &ManagedInstances| it.cluster == cluster.name;
    provider.status == ProviderStatus::Active && provider.managed.as_deref().is_none_or(is_for_it)
}

/// Gives a cluster a provider of Managed Instances that is new: the caller writes both.
pub fn add_managed(cluster: &mut Cluster, name: &str) -> Result<(), Fault> {
    if cluster.capacity_providers.len() >= MOST {
        return Err(too_many());
    }
    cluster.capacity_providers.retain(|it| it != name);
    cluster.capacity_providers.push(name.to_owned());
    cluster.managed_providers.insert(name.to_owned());
    cluster.attachments_status = Some(AttachmentsStatus::UpdateComplete);
    Ok(())
}

/// Takes a provider of Managed Instances from its cluster, if nothing there needs it; the caller writes the provider.
pub async fn remove_managed(
    core: &Core,
    call: &Call,
    tx: &mut Changes<'_, EcsFaults>,
    provider: &mut CapacityProvider,
) -> Result<(), Fault> {
    let Some(managed) = provider.managed.clone() else {
        return Ok(());
    };
    let place = Place::of(call);
    let key = place.scope().key(Cluster::KIND, &managed.cluster);
    provider.clusters.clear();
    let Some(mut cluster) = tx.find::<Cluster>(&key).await? else {
        return Ok(());
    };
    let is_it = |item: &StrategyItem| item.provider == provider.name;
    if cluster.default_strategy.iter().any(is_it) {
        return Err(fault::client(format!(
            "The capacity provider cannot be deleted because it is in the default capacity provider \
             strategy of cluster: {}. Remove the capacity provider from the strategy and try again.",
            cluster.name
        )));
    }
    // Those who start tasks compare the cluster, so what is read after it is all there is.
    core.state.up_to_date().await;
    let is_used = |region: &Region| {
        let mut used = all_used(region, &cluster.name);
        used.any(|it| it == provider.name)
    };
    if core.state.view.read(&place, is_used) {
        return Err(api::faults::resource_in_use_exception(
            "The specified capacity provider is in use and cannot be removed.",
        ));
    }
    cluster.capacity_providers.retain(|it| *it != provider.name);
    cluster.managed_providers.remove(&provider.name);
    tx.put(&key, &cluster);
    Ok(())
}

/// Takes its own record from the providers of a cluster that goes; which they were stays visible.
pub async fn detach(
    tx: &mut Changes<'_, EcsFaults>,
    place: &Place,
    cluster: &Cluster,
) -> Result<(), Fault> {
    let nothing = Providers {
        names: Vec::new(),
        strategy: Vec::new(),
    };
    attach(tx, place, &mut cluster.clone(), &nothing).await
}

/// Those that tasks or services of the cluster use.
fn all_used<'a>(region: &'a Region<'a>, cluster: &'a str) -> impl Iterator<Item = String> + 'a {
    let tasks = region
        .tasks_of(cluster)
        .filter(|task| task.last < Status::Stopped);
    let of_tasks = tasks.filter_map(|task| task.capacity_provider.clone());
    let services = region.services_of(cluster);
    let deployments = services.flat_map(|service| &service.deployments);
    let strategies = deployments.flat_map(|one| &one.revision.strategy);
    of_tasks.chain(strategies.map(|item| item.provider.clone()))
}

/// A provider that tasks or services of the cluster use, and that is to go.
fn used(region: &Region, cluster: &str, keep: &[String]) -> bool {
    let mut used = all_used(region, cluster);
    used.any(|provider| !keep.contains(&provider))
}

pub async fn put_cluster_capacity_providers(
    core: &Core,
    call: &Call,
    input: api::PutClusterCapacityProvidersRequest,
) -> Result<api::PutClusterCapacityProvidersResponse, Fault> {
    let strategy = input.default_capacity_provider_strategy.as_ref();
    let wanted = Providers::read(input.capacity_providers, strategy)?;
    let place = Place::of(call);
    let key = core
        .state
        .cluster(call, input.cluster.as_deref())
        .await?
        .key
        .clone();
    let cluster = transact!(core.state.table, &call.permit, |tx| {
        let found = tx.find::<Cluster>(&key).await?;
        let mut cluster = found
            .filter(|cluster| cluster.status == ClusterStatus::Active)
            .ok_or_else(fault::cluster_not_found)?;
        if cluster.attachments_status == Some(AttachmentsStatus::UpdateInProgress) {
            return Err(api::faults::update_in_progress_exception(
                "The specified cluster is in a busy state. Cluster attachments must be in \
                 UPDATE_COMPLETE or UPDATE_FAILED state before they can be updated. Wait and try \
                 again.",
            ));
        }
        // Those who start tasks compare the cluster, so what is read after it is all there is.
        core.state.up_to_date().await;
        let names = &wanted.names;
        let is_used = |region: &Region| used(region, &cluster.name, names);
        if core.state.view.read(&place, is_used) {
            return Err(api::faults::resource_in_use_exception(
                "The specified capacity provider is in use and cannot be removed.",
            ));
        }
        attach(&mut tx, &place, &mut cluster, &wanted).await?;
        tx.put(&key, &cluster);
        cluster
    });
    let parts = ClusterParts {
        attachments: true,
        ..ClusterParts::WRITTEN
    };
    Ok(api::PutClusterCapacityProvidersResponse {
        cluster: Some(shown(core, &place, &cluster, parts).await?),
    })
}
