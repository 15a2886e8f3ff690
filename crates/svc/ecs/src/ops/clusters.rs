//! Clusters: create, describe, list, update, delete.

use wharf_api_ecs as api;
use wharf_records::{
    Record, Unknown,
    ecs::{
        CapacityProvider, Cluster, ClusterStatus, InstanceStatus, ProviderStatus, ServiceStatus,
        Status,
    },
};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe::{self, ClusterParts},
    document, fault,
    names::{self, DEFAULT_CLUSTER, Place},
    ops::{
        cluster_providers::{self, Providers},
        session_logging, settings,
    },
    page, tags,
    view::{Held, Region},
};

const DISABLED: &str = "disabled";

pub async fn create_cluster(
    core: &Core,
    call: &Call,
    input: api::CreateClusterRequest,
) -> Result<api::CreateClusterResponse, Fault> {
    let name = input
        .cluster_name
        .as_deref()
        .filter(|name| !name.is_empty());
    let name = name.unwrap_or(DEFAULT_CLUSTER).to_owned();
    if !names::is_name(&name) {
        return Err(fault::invalid(
            "Cluster name should be 1 to 255 letters, numbers, hyphens and underscores.",
        ));
    }
    let place = Place::of(call);
    let insights = settings::in_effect(core, call, "containerInsights").await?;
    let (given, strategy) = (
        input.capacity_providers.clone(),
        input.default_capacity_provider_strategy.as_ref(),
    );
    let providers = Providers::read(given, strategy)?;
    let wanted = new_cluster(&place, call, &name, &input, insights)?;
    let key = place.scope().key(Cluster::KIND, &name);
    let cluster = transact!(core.state.table, &call.permit, |tx| {
        match tx.find::<Cluster>(&key).await? {
            // Repeating a create changes nothing, whatever it asks for.
            Some(stored) if stored.status == ClusterStatus::Active => stored,
            _ => {
                let mut cluster = wanted.clone();
                cluster_providers::attach(&mut tx, &place, &mut cluster, &providers).await?;
                tx.put(&key, &cluster);
                cluster
            }
        }
    });
    let cluster = shown(core, &place, &cluster, ClusterParts::WRITTEN).await?;
    Ok(api::CreateClusterResponse {
        cluster: Some(cluster),
    })
}

fn new_cluster(
    place: &Place,
    call: &Call,
    name: &str,
    input: &api::CreateClusterRequest,
    insights: String,
) -> Result<Cluster, Fault> {
    check_extras(
        input.configuration.as_ref(),
        input.service_connect_defaults.as_ref(),
    )?;
    Ok(Cluster {
        name: name.to_owned(),
        arn: place.cluster(name),
        status: ClusterStatus::Active,
        created_at: call.now,
        deleted_at: None,
        settings: read_settings(input.settings.as_ref(), insights)?,
        configuration: document::of_configuration(input),
        capacity_providers: Vec::new(),
        managed_providers: Default::default(),
        default_strategy: Vec::new(),
        attachments_status: None,
        service_connect_namespace: None,
        tags: tags::read(input.tags.as_ref())?,
        unknown: Unknown::new(),
    })
}

/// Members that are not there yet are refused by name; their empty forms pass, since they take away what
/// earlier versions recorded.
fn check_extras(
    configuration: Option<&api::ClusterConfiguration>,
    connect: Option<&api::ClusterServiceConnectDefaultsRequest>,
) -> Result<(), Fault> {
    let is_set = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if connect.is_some_and(|defaults| is_set(&defaults.namespace)) {
        return Err(fault::unsupported("serviceConnectDefaults"));
    }
    let storage = configuration.and_then(|it| it.managed_storage_configuration.as_ref());
    if storage.is_some_and(|it| {
        is_set(&it.kms_key_id) || is_set(&it.fargate_ephemeral_storage_kms_key_id)
    }) {
        return Err(fault::unsupported(
            "configuration.managedStorageConfiguration",
        ));
    }
    let sessions = configuration.and_then(|it| it.execute_command_configuration.as_ref());
    sessions.map_or(Ok(()), session_logging::check)
}

/// `containerInsights` is the one setting there is.
fn read_settings(
    given: Option<&Vec<api::ClusterSetting>>,
    unless_given: String,
) -> Result<Vec<(String, String)>, Fault> {
    let mut value = unless_given;
    for setting in given.into_iter().flatten() {
        if setting.name.as_deref() != Some("containerInsights") {
            return Err(fault::invalid(
                "Setting name should be one of [containerInsights].",
            ));
        }
        let wanted = setting.value.clone().unwrap_or_default();
        if !["enabled", "disabled", "enhanced"].contains(&wanted.as_str()) {
            return Err(fault::invalid(
                "Setting value for containerInsights should be one of [enabled, disabled, enhanced].",
            ));
        }
        value = wanted;
    }
    Ok(vec![("containerInsights".to_owned(), value)])
}

pub async fn shown(
    core: &Core,
    place: &Place,
    cluster: &Cluster,
    parts: ClusterParts,
) -> Result<api::Cluster, Fault> {
    core.state.up_to_date().await;
    let shown = core
        .state
        .view
        .read(place, |region| describe::cluster(cluster, region, parts));
    shown.map_err(|e| fault::server(&e))
}

pub async fn describe_clusters(
    core: &Core,
    call: &Call,
    input: api::DescribeClustersRequest,
) -> Result<api::DescribeClustersResponse, Fault> {
    let mut given = input.clusters.unwrap_or_default();
    if given.is_empty() {
        given.push(DEFAULT_CLUSTER.to_owned());
    }
    let parts = ClusterParts::read(input.include.as_ref());
    let place = Place::of(call);
    core.state.up_to_date().await;
    let (mut clusters, mut failures) = (Vec::new(), Vec::new());
    core.state.view.read(&place, |region| {
        for one in given {
            let name = names::cluster_name(Some(&one)).ok();
            match name.as_ref().and_then(|name| region.clusters.get(name)) {
                Some(found) => clusters.push(describe::cluster(found, region, parts)),
                None => {
                    let arn = name.map_or(one, |name| place.cluster(&name));
                    failures.push(fault::failure(arn, "MISSING"));
                }
            }
        }
    });
    let clusters: Result<Vec<_>, _> = clusters.into_iter().collect();
    Ok(api::DescribeClustersResponse {
        clusters: Some(clusters.map_err(|e| fault::server(&e))?),
        failures: Some(failures),
    })
}

pub async fn list_clusters(
    core: &Core,
    call: &Call,
    input: api::ListClustersRequest,
) -> Result<api::ListClustersResponse, Fault> {
    let page = page::asked(
        core,
        call,
        "clusters",
        input.max_results,
        input.next_token.as_deref(),
    )?;
    core.state.up_to_date().await;
    let (arns, next_token) = core.state.view.read(&Place::of(call), |region| {
        let active = region
            .clusters
            .values()
            .filter(|c| c.status == ClusterStatus::Active);
        page::cut(&page, active.map(|c| (c.name.clone(), c.arn.clone())))
    });
    Ok(api::ListClustersResponse {
        cluster_arns: Some(arns),
        next_token,
    })
}

pub async fn delete_cluster(
    core: &Core,
    call: &Call,
    input: api::DeleteClusterRequest,
) -> Result<api::DeleteClusterResponse, Fault> {
    let given = input.cluster.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid("Cluster cannot be empty."));
    }
    let place = Place::of(call);
    let key = core
        .state
        .any_cluster(call, Some(&given))
        .await?
        .key
        .clone();
    let cluster = transact!(core.state.table, &call.permit, |tx| {
        let found = tx.find::<Cluster>(&key).await?;
        let mut cluster = found.ok_or_else(fault::cluster_not_found)?;
        if cluster.status == ClusterStatus::Active {
            // RunTask and RegisterContainerInstance compare the cluster: neither slips in between.
            core.state.up_to_date().await;
            let may_be = |region: &Region| may_be_deleted(region, &cluster.name);
            core.state.view.read(&place, may_be)?;
            cluster_providers::detach(&mut tx, &place, &cluster).await?;
            cluster.status = ClusterStatus::Inactive;
            cluster.deleted_at = Some(call.now);
            tx.put(&key, &cluster);
        }
        cluster
    });
    let cluster = shown(core, &place, &cluster, ClusterParts::WRITTEN).await?;
    Ok(api::DeleteClusterResponse {
        cluster: Some(cluster),
    })
}

fn may_be_deleted(region: &Region, cluster: &str) -> Result<(), Fault> {
    if region
        .instances_of(cluster)
        .any(|i| i.status != InstanceStatus::Inactive)
    {
        return Err(api::faults::cluster_contains_container_instances_exception(
            "The Cluster cannot be deleted while Container Instances are active or draining.",
        ));
    }
    if region
        .services_of(cluster)
        .any(|service| service.status != ServiceStatus::Inactive)
    {
        return Err(api::faults::cluster_contains_services_exception(
            "The Cluster cannot be deleted while Services are active.",
        ));
    }
    if region
        .tasks_of(cluster)
        .any(|task| task.last != Status::Stopped)
    {
        return Err(api::faults::cluster_contains_tasks_exception(
            "The Cluster cannot be deleted while Tasks are active.",
        ));
    }
    let of_cluster = |provider: &Held<CapacityProvider>| {
        let managed = provider.managed.as_ref();
        managed.is_some_and(|it| it.cluster == cluster)
            && provider.status != ProviderStatus::Inactive
    };
    if region.providers.values().any(of_cluster) {
        return Err(api::faults::cluster_contains_capacity_provider_exception(
            "The Cluster cannot be deleted while Capacity Providers are active.",
        ));
    }
    Ok(())
}

/// Changes an ACTIVE cluster and shows it.
async fn update(
    core: &Core,
    call: &Call,
    given: Option<&str>,
    mut change: impl FnMut(&mut Cluster),
) -> Result<api::Cluster, Fault> {
    let found = core.state.cluster(call, given).await?;
    let changed = core
        .state
        .table
        .change(&call.permit, &found.key, |cluster: &mut Cluster| {
            if cluster.status == ClusterStatus::Inactive {
                return Err(fault::cluster_not_found());
            }
            change(cluster);
            Ok(())
        })
        .await?;
    let (cluster, ()) = changed.ok_or_else(fault::cluster_not_found)?;
    shown(core, &Place::of(call), &cluster, ClusterParts::WRITTEN).await
}

pub async fn update_cluster(
    core: &Core,
    call: &Call,
    input: api::UpdateClusterRequest,
) -> Result<api::UpdateClusterResponse, Fault> {
    let settings = match &input.settings {
        Some(given) => Some(read_settings(Some(given), DISABLED.to_owned())?),
        None => None,
    };
    check_extras(
        input.configuration.as_ref(),
        input.service_connect_defaults.as_ref(),
    )?;
    let configuration = document::of_configuration(&api::CreateClusterRequest {
        configuration: input.configuration,
        ..api::CreateClusterRequest::default()
    });
    let no_namespace = input.service_connect_defaults.is_some();
    let cluster = update(core, call, input.cluster.as_deref(), |cluster| {
        if let Some(settings) = &settings {
            cluster.settings.clone_from(settings);
        }
        if configuration.is_some() {
            cluster.configuration.clone_from(&configuration);
        }
        // An empty namespace takes the default away.
        if no_namespace {
            cluster.service_connect_namespace = None;
        }
    })
    .await?;
    Ok(api::UpdateClusterResponse {
        cluster: Some(cluster),
    })
}

pub async fn update_cluster_settings(
    core: &Core,
    call: &Call,
    input: api::UpdateClusterSettingsRequest,
) -> Result<api::UpdateClusterSettingsResponse, Fault> {
    let settings = read_settings(input.settings.as_ref(), DISABLED.to_owned())?;
    let change = |cluster: &mut Cluster| cluster.settings.clone_from(&settings);
    let cluster = update(core, call, input.cluster.as_deref(), change).await?;
    Ok(api::UpdateClusterSettingsResponse {
        cluster: Some(cluster),
    })
}
