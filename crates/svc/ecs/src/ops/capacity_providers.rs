//! Create, update and delete capacity providers over Auto Scaling groups and of Managed Instances (spec ecs §7).

use wharf_api_autoscaling::{
    AutoScalingGroup, AutoScalingGroupNamesType, CreateOrUpdateTagsType, Tag,
};
use wharf_api_ecs as api;
use wharf_base::Arn;
use wharf_records::{
    Record, Unknown,
    ecs::{
        CapacityProvider, Cluster, ClusterStatus, ManagedScaling, ProviderGroup, ProviderStatus,
        ProviderUpdate, Tags,
    },
};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, fault,
    names::{self, PRINCIPAL, Place},
    ops::{cluster_providers, managed_providers},
    provider, tags,
};

const BAD_GROUP: &str = "The specified Auto Scaling group ARN is not valid. Specify a valid Auto \
                         Scaling group ARN and try again.";

/// What says that ECS may manage a group.
const MANAGED_TAG: &str = "AmazonECSManaged";

pub async fn create_capacity_provider(
    core: &Core,
    call: &Call,
    input: api::CreateCapacityProviderRequest,
) -> Result<api::CreateCapacityProviderResponse, Fault> {
    let name = input.name.unwrap_or_default();
    check_name(&name)?;
    let tags = tags::read(input.tags.as_ref())?;
    if let Some(asked) = input.managed_instances_provider {
        if input.auto_scaling_group_provider.is_some() {
            return Err(fault::invalid(
                "The capacity provider can have only one type. Specify an Auto Scaling group provider or a Managed \
                 Instances provider.",
            ));
        }
        let cluster = input.cluster.as_deref();
        return create_managed(core, call, (name, cluster, tags), asked).await;
    }
    if input.cluster.is_some_and(|it| !it.is_empty()) {
        return Err(fault::invalid(
            "The cluster can be specified for Managed Instances capacity providers only.",
        ));
    }
    let asked = input.auto_scaling_group_provider.ok_or_else(|| {
        fault::invalid(
            "The capacity provider type is missing. Specify an Auto Scaling group provider.",
        )
    })?;
    let place = Place::of(call);
    let arn = asked.auto_scaling_group_arn.clone().unwrap_or_default();
    let mut wanted = fresh(&place, call, &name, tags);
    set(&mut wanted, Settings::of(asked))?;
    let group = group(core, call, &arn).await?;
    check_weights(&group)?;
    check_protection(&wanted, &group)?;
    wanted.group_arn = group.auto_scaling_group_arn.unwrap_or_default();
    wanted.group_name = group.auto_scaling_group_name.unwrap_or_default();
    mark(core, call, &wanted).await?;

    let scope = place.scope();
    let key = scope.key(CapacityProvider::KIND, &name);
    let owner = scope.key(ProviderGroup::KIND, &wanted.group_name);
    transact!(core.state.table, &call.permit, |tx| {
        let before = tx.find::<CapacityProvider>(&key).await?;
        check_absent(before.as_ref())?;
        if tx.find::<ProviderGroup>(&owner).await?.is_some() {
            return Err(fault::client(
                "The specified Auto Scaling group ARN is already being used by another capacity \
                 provider. Specify a unique Auto Scaling group ARN and try again.",
            ));
        }
        let group = ProviderGroup {
            provider: name.clone(),
            unknown: Unknown::new(),
        };
        tx.put(&owner, &group);
        tx.put(&key, &wanted);
    });
    Ok(api::CreateCapacityProviderResponse {
        capacity_provider: Some(describe::provider(&wanted, true)),
    })
}

/// One without clusters that has nothing yet.
fn fresh(place: &Place, call: &Call, name: &str, tags: Tags) -> CapacityProvider {
    CapacityProvider {
        name: name.to_owned(),
        arn: place.capacity_provider(name),
        status: ProviderStatus::Active,
        update: None,
        update_reason: None,
        group_arn: String::new(),
        group_name: String::new(),
        scaling: ManagedScaling::default(),
        termination_protection: false,
        draining: true,
        managed: None,
        clusters: Default::default(),
        tags,
        created_at: call.now,
        deleted_at: None,
        unknown: Unknown::new(),
    }
}

/// That a name may be given to a new provider.
fn check_absent(before: Option<&CapacityProvider>) -> Result<(), Fault> {
    // Its policy and hook are still on the group of before, or its instances are still there.
    if before.is_some_and(|it| it.update == Some(ProviderUpdate::DeleteInProgress)) {
        return Err(api::faults::update_in_progress_exception(
            "The specified capacity provider is being deleted. Wait and try again.",
        ));
    }
    match before.is_some_and(|it| it.status == ProviderStatus::Active) {
        true => Err(fault::client(
            "The specified capacity provider already exists. To change the configuration of an \
             existing capacity provider, update the capacity provider.",
        )),
        false => Ok(()),
    }
}

/// One of Managed Instances, which its cluster has from the beginning.
async fn create_managed(
    core: &Core,
    call: &Call,
    (name, cluster, tags): (String, Option<&str>, Tags),
    asked: api::CreateManagedInstancesProviderConfiguration,
) -> Result<api::CreateCapacityProviderResponse, Fault> {
    if !core.scaling.is_working() {
        return Err(fault::unsupported("managedInstancesProvider"));
    }
    let invalid = || fault::invalid("The cluster provided is invalid");
    let cluster = cluster.filter(|it| !it.is_empty()).ok_or_else(invalid)?;
    let cluster = core.state.cluster(call, Some(cluster)).await?;
    let place = Place::of(call);
    let managed = managed_providers::create(core, call, &cluster.name, asked).await?;
    let wanted = CapacityProvider {
        update: Some(ProviderUpdate::CreateComplete),
        managed: Some(Box::new(managed)),
        clusters: [cluster.name.clone()].into(),
        ..fresh(&place, call, &name, tags)
    };
    let key = place.scope().key(CapacityProvider::KIND, &name);
    transact!(core.state.table, &call.permit, |tx| {
        let before = tx.find::<CapacityProvider>(&key).await?;
        check_absent(before.as_ref())?;
        let found = tx.find::<Cluster>(&cluster.key).await?;
        let mut cluster_now = found
            .filter(|it| it.status == ClusterStatus::Active)
            .ok_or_else(fault::cluster_not_found)?;
        cluster_providers::add_managed(&mut cluster_now, &name)?;
        tx.put(&cluster.key, &cluster_now);
        tx.put(&key, &wanted);
    });
    Ok(api::CreateCapacityProviderResponse {
        capacity_provider: Some(describe::provider(&wanted, true)),
    })
}

/// That a request names the cluster of a provider, where it names one.
fn check_cluster(provider: &CapacityProvider, given: Option<&str>) -> Result<(), Fault> {
    let Some(given) = given.filter(|it| !it.is_empty()) else {
        return Ok(());
    };
    let named = names::cluster_name(Some(given))?;
    let own = provider.managed.as_ref().map(|it| &it.cluster);
    match own == Some(&named) {
        true => Ok(()),
        false => Err(unknown()),
    }
}

async fn update_managed(
    core: &Core,
    call: &Call,
    (key, before): (&str, &CapacityProvider),
    (cluster, asked): (
        Option<&str>,
        Option<api::UpdateManagedInstancesProviderConfiguration>,
    ),
) -> Result<CapacityProvider, Fault> {
    check_cluster(before, cluster)?;
    let (Some(managed), Some(asked)) = (&before.managed, asked) else {
        return Err(other_type());
    };
    let wanted = managed_providers::update(core, call, managed, asked).await?;
    let change = |provider: &mut CapacityProvider| {
        if provider.status != ProviderStatus::Active || provider.managed.is_none() {
            return Err(unknown());
        }
        provider.managed = Some(Box::new(wanted.clone()));
        provider.update = Some(ProviderUpdate::UpdateComplete);
        provider.update_reason = None;
        Ok(())
    };
    let changed = core.state.table.change(&call.permit, key, change).await?;
    let (provider, ()) = changed.ok_or_else(unknown)?;
    Ok(provider)
}

/// What it is over stays.
fn other_type() -> Fault {
    fault::client(
        "The type of the specified capacity provider can't be changed. Specify the configuration of its own type and \
         try again.",
    )
}

pub async fn update_capacity_provider(
    core: &Core,
    call: &Call,
    input: api::UpdateCapacityProviderRequest,
) -> Result<api::UpdateCapacityProviderResponse, Fault> {
    let given = input.name.unwrap_or_default();
    let name = changeable(&given)?;
    let key = Place::of(call).scope().key(CapacityProvider::KIND, name);
    let stored = core.state.table.read::<CapacityProvider>(&key).await?;
    let before = stored.filter(|it| it.record.status == ProviderStatus::Active);
    let before = before.ok_or_else(unknown)?.record;
    if before.managed.is_some() {
        if input.auto_scaling_group_provider.is_some() {
            return Err(other_type());
        }
        let asked = (input.cluster.as_deref(), input.managed_instances_provider);
        let provider = update_managed(core, call, (key.as_str(), &before), asked).await?;
        return Ok(api::UpdateCapacityProviderResponse {
            capacity_provider: Some(describe::provider(&provider, true)),
        });
    }
    if input.managed_instances_provider.is_some() {
        return Err(other_type());
    }
    check_cluster(&before, input.cluster.as_deref())?;
    let asked = input.auto_scaling_group_provider.unwrap_or_default();
    let settings = Settings::of_update(asked);
    let mut after = before.clone();
    set(&mut after, settings.clone())?;
    if after.termination_protection && !before.termination_protection {
        let group = group(core, call, &after.group_arn).await?;
        check_protection(&after, &group)?;
    }
    mark(core, call, &after).await?;
    let change = |provider: &mut CapacityProvider| {
        if provider.status != ProviderStatus::Active {
            return Err(unknown());
        }
        set(provider, settings.clone())?;
        provider.update = Some(ProviderUpdate::UpdateComplete);
        provider.update_reason = None;
        Ok(())
    };
    let table = &core.state.table;
    let changed = table.change(&call.permit, &key, change).await?;
    let (provider, ()) = changed.ok_or_else(unknown)?;
    Ok(api::UpdateCapacityProviderResponse {
        capacity_provider: Some(describe::provider(&provider, true)),
    })
}

pub async fn delete_capacity_provider(
    core: &Core,
    call: &Call,
    input: api::DeleteCapacityProviderRequest,
) -> Result<api::DeleteCapacityProviderResponse, Fault> {
    let given = input.capacity_provider.unwrap_or_default();
    let name = changeable(&given)?;
    let scope = Place::of(call).scope();
    let key = scope.key(CapacityProvider::KIND, name);
    let deleted = transact!(core.state.table, &call.permit, |tx| {
        let found = tx.find::<CapacityProvider>(&key).await?;
        let mut provider = found.ok_or_else(unknown)?;
        check_cluster(&provider, input.cluster.as_deref())?;
        let is_managed = provider.managed.is_some();
        if is_managed && provider.status == ProviderStatus::Active {
            cluster_providers::remove_managed(core, call, &mut tx, &mut provider).await?;
            // Its instances go first.
            provider.status = ProviderStatus::Deprovisioning;
            provider.update = Some(ProviderUpdate::DeleteInProgress);
            provider.update_reason = None;
            tx.put(&key, &provider);
        }
        if let Some(cluster) = provider.clusters.first().filter(|_| !is_managed) {
            return Err(fault::client(format!(
                "The capacity provider cannot be deleted because it is associated with cluster: \
                 {cluster}. Remove the capacity provider from the cluster and try again."
            )));
        }
        // Deleting it once more changes nothing.
        if provider.status == ProviderStatus::Active {
            provider.status = ProviderStatus::Inactive;
            // What ECS keeps on the group goes first, where it keeps anything.
            provider.update = Some(match core.scaling.is_working() {
                true => ProviderUpdate::DeleteInProgress,
                false => ProviderUpdate::DeleteComplete,
            });
            provider.update_reason = None;
            provider.deleted_at = Some(call.now);
            tx.delete(scope.key(ProviderGroup::KIND, &provider.group_name));
            tx.put(&key, &provider);
        }
        provider
    });
    Ok(api::DeleteCapacityProviderResponse {
        capacity_provider: Some(describe::provider(&deleted, true)),
    })
}

fn unknown() -> Fault {
    fault::client(
        "The specified capacity provider does not exist. Specify a valid name or ARN and try again.",
    )
}

fn check_name(name: &str) -> Result<(), Fault> {
    let lower = name.to_ascii_lowercase();
    let reserved = ["aws", "ecs", "fargate"];
    if names::is_name(name) && !reserved.iter().any(|prefix| lower.starts_with(prefix)) {
        return Ok(());
    }
    Err(fault::client(
        "The specified capacity provider name is invalid. Up to 255 characters are allowed, including \
         letters (upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed \
         with \"aws\", \"ecs\", or \"fargate\". Specify a valid name and try again.",
    ))
}

/// The name of a provider that is an account's own.
fn changeable(given: &str) -> Result<&str, Fault> {
    let name = names::provider_name(given).ok_or_else(unknown)?;
    match provider::is_fargate(name) {
        true => Err(fault::client(format!(
            "The capacity provider {name} is reserved and can't be changed or deleted."
        ))),
        false => Ok(name),
    }
}

/// What a call says of a provider; what it leaves out stays.
#[derive(Debug, Clone)]
struct Settings {
    scaling: api::ManagedScaling,
    protection: Option<String>,
    draining: Option<String>,
}

impl Settings {
    fn of(given: api::AutoScalingGroupProvider) -> Self {
        Self {
            scaling: given.managed_scaling.unwrap_or_default(),
            protection: given.managed_termination_protection,
            draining: given.managed_draining,
        }
    }

    fn of_update(given: api::AutoScalingGroupProviderUpdate) -> Self {
        Self {
            scaling: given.managed_scaling.unwrap_or_default(),
            protection: given.managed_termination_protection,
            draining: given.managed_draining,
        }
    }
}

/// The model has checked each number and word by itself.
fn set(provider: &mut CapacityProvider, given: Settings) -> Result<(), Fault> {
    let on = |word: Option<String>, before: bool| match word.filter(|word| !word.is_empty()) {
        Some(word) => word == "ENABLED",
        None => before,
    };
    let scaling = &mut provider.scaling;
    let asked = given.scaling;
    scaling.enabled = on(asked.status, scaling.enabled);
    scaling.target_capacity = asked.target_capacity.unwrap_or(scaling.target_capacity);
    scaling.minimum_step = asked
        .minimum_scaling_step_size
        .unwrap_or(scaling.minimum_step);
    scaling.maximum_step = asked
        .maximum_scaling_step_size
        .unwrap_or(scaling.maximum_step);
    scaling.warmup = asked.instance_warmup_period.unwrap_or(scaling.warmup);
    if scaling.minimum_step > scaling.maximum_step {
        return Err(fault::client(
            "The managed scaling configuration is invalid. The minimum scaling step size must be less \
             than or equal to the maximum scaling step size.",
        ));
    }
    provider.termination_protection = on(given.protection, provider.termination_protection);
    provider.draining = on(given.draining, provider.draining);
    if provider.termination_protection && !provider.scaling.enabled {
        return Err(fault::client(
            "The managed termination protection setting for the capacity provider is invalid. To \
             enable managed termination protection for a capacity provider, managed scaling must be \
             enabled.",
        ));
    }
    Ok(())
}

/// Its sizes are numbers of instances.
fn check_weights(group: &AutoScalingGroup) -> Result<(), Fault> {
    let policy = group.mixed_instances_policy.as_ref();
    let template = policy.and_then(|it| it.launch_template.as_ref());
    let mut overrides = template
        .and_then(|it| it.overrides.as_ref())
        .into_iter()
        .flatten();
    match overrides.any(|it| it.weighted_capacity.is_some()) {
        true => Err(fault::client(
            "The Auto Scaling group of the capacity provider has instance weighting settings. Instance weighting isn't \
             supported when used with an Amazon ECS capacity provider.",
        )),
        false => Ok(()),
    }
}

fn check_protection(provider: &CapacityProvider, group: &AutoScalingGroup) -> Result<(), Fault> {
    if !provider.termination_protection || group.new_instances_protected_from_scale_in == Some(true)
    {
        return Ok(());
    }
    Err(fault::client(
        "The managed termination protection setting for the capacity provider is invalid. To enable \
         managed termination protection for a capacity provider, the Auto Scaling group must have \
         instance protection from scale in enabled.",
    ))
}

/// Tags the group of a provider that ECS manages in any way: the service-linked role of ECS may change
/// no other. That a caller lets ECS in is their own right to tag the group.
async fn mark(core: &Core, call: &Call, provider: &CapacityProvider) -> Result<(), Fault> {
    let Some(autoscaling) = &core.autoscaling else {
        return Ok(());
    };
    if !provider.scaling.enabled && !provider.draining {
        return Ok(());
    }
    let tag = Tag {
        resource_id: Some(provider.group_name.clone()),
        resource_type: Some("auto-scaling-group".to_owned()),
        key: Some(MANAGED_TAG.to_owned()),
        value: Some(String::new()),
        propagate_at_launch: Some(true),
    };
    let input = CreateOrUpdateTagsType {
        tags: Some(vec![tag]),
    };
    let onward = call.forwarded_by(PRINCIPAL);
    let tagged = autoscaling.create_or_update_tags(&onward, input).await;
    tagged.map(|_| ()).map_err(|cause| match cause.sender {
        true => fault::client(format!(
            "The Auto Scaling group of the capacity provider could not be tagged with {MANAGED_TAG}: {}",
            cause.message
        )),
        false => fault::server(&cause),
    })
}

/// The group of that ARN, as the caller may see it.
async fn group(core: &Core, call: &Call, arn: &str) -> Result<AutoScalingGroup, Fault> {
    let bad = || fault::client(BAD_GROUP);
    let autoscaling = core.autoscaling.as_ref().ok_or_else(bad)?;
    let parsed: Arn = arn.parse().map_err(|_| bad())?;
    let here = parsed.service == "autoscaling"
        && parsed.account == call.account
        && parsed.region == call.region;
    let name = parsed.resource.split_once(":autoScalingGroupName/");
    let (_, name) = name.filter(|_| here).ok_or_else(bad)?;
    let input = AutoScalingGroupNamesType {
        auto_scaling_group_names: Some(vec![name.to_owned()]),
        include_instances: Some(false),
        ..AutoScalingGroupNamesType::default()
    };
    let onward = call.forwarded_by(PRINCIPAL);
    let found = autoscaling.describe_auto_scaling_groups(&onward, input);
    let found = found.await.map_err(|cause| match cause.sender {
        true => fault::client(format!(
            "The Auto Scaling group of the capacity provider could not be described: {}",
            cause.message
        )),
        false => fault::server(&cause),
    })?;
    let mut groups = found.auto_scaling_groups.into_iter().flatten();
    groups
        .find(|group| group.auto_scaling_group_arn.as_deref() == Some(arn))
        .filter(|group| group.status.is_none())
        .ok_or_else(bad)
}
