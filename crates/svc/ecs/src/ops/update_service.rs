//! UpdateService: some changes start a new deployment, the others take effect in place (spec ecs §5).

use wharf_api_ecs::{UpdateServiceRequest, UpdateServiceResponse, faults};
use wharf_base::ids;
use wharf_records::{
    Unknown,
    ecs::{Cluster, Definition, DefinitionStatus, Revision, Service, ServiceStatus},
};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{create_service, describe_services};
use crate::{
    core::{Core, Stored},
    definition::network_mode,
    document, fault, images, launch, monitoring,
    names::{self, Place},
    provider, rebalancing,
    services::{self, targets},
    validate, volume,
};

pub async fn update_service(
    core: &Core,
    call: &Call,
    input: UpdateServiceRequest,
) -> Result<UpdateServiceResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let cluster_name = cluster.name.clone();
    let given = input.service.clone().unwrap_or_default();
    let name = names::member_id("service", &cluster.name, &given)?;
    let place = Place::of(call);
    let key = services::key(&place, &cluster.name, &name);
    let mut first = Some(cluster);
    let service = transact!(core.state.table, &call.permit, |tx| {
        let cluster = match first.take() {
            Some(cluster) => cluster,
            None => core.state.cluster(call, Some(&cluster_name)).await?,
        };
        let before: Service = tx.find(&key).await?.ok_or_else(not_found)?;
        if before.status != ServiceStatus::Active {
            return Err(faults::service_not_active_exception(
                "Service was not ACTIVE.",
            ));
        }
        let mut service = before.clone();
        options(&mut service, &input)?;
        let revision = revision(core, call, &cluster, &service, &input).await?;
        let superseded = match revision {
            Some(revision) => {
                create_service::start_deployment(&place, &mut service, revision, call.now)
            }
            None => None,
        };
        // Clients take it for the time of the user's last change, and judge only what came after.
        if let Some(primary) = service.deployments.first_mut() {
            primary.updated_at = call.now;
        }
        if service != before {
            // Its providers are among what was checked.
            tx.when(cluster.unchanged());
            tx.put(&key, &service);
            let txn = Txn::new();
            let of = superseded.as_ref();
            tx.join(create_service::with_deployment(txn, &place, &service, of));
        }
        service
    });
    Ok(UpdateServiceResponse {
        service: Some(describe_services::shown(core, &place, &service, true).await?),
    })
}

pub fn not_found() -> Fault {
    faults::service_not_found_exception("Service not found.")
}

/// What changes without a new deployment.
fn options(service: &mut Service, input: &UpdateServiceRequest) -> Result<(), Fault> {
    let extras = validate::Extras {
        controller: input.deployment_controller.as_ref(),
        registries: input.service_registries.as_ref(),
        connect: input.service_connect_configuration.as_ref(),
        lattice: input.vpc_lattice_configurations.as_ref(),
        gateways: input.gateway_connectors.as_ref(),
    };
    extras.check()?;
    if let Some(desired) = validate::desired(input.desired_count, service.scheduling)?
        && desired != service.desired
    {
        service.desired = desired;
        service.steady = false;
    }
    let before = service.options.clone();
    let options = &mut service.options;
    let configuration = input.deployment_configuration.as_ref();
    validate::deployment_options(options, configuration, service.scheduling)?;
    if let Some(seconds) = validate::grace(input.health_check_grace_period_seconds)? {
        options.grace_seconds = Some(seconds);
    }
    if let Some(given) = &input.placement_constraints {
        options.constraints = validate::constraints(given);
    }
    if let Some(given) = &input.placement_strategy {
        options.strategies = validate::strategies(given);
    }
    if let Some(on) = input.enable_ecs_managed_tags {
        options.managed_tags = on;
    }
    if let Some(on) = input.enable_execute_command {
        options.execute_command = on;
    }
    if let Some(propagate) = validate::propagate(input.propagate_tags.as_deref())? {
        options.propagate_tags = propagate;
    }
    let asked = input.availability_zone_rebalancing.as_deref();
    rebalancing::settle_update(service, &before, asked)
}

/// The revision to deploy, if the request asks for another than the present one, or for the same
/// anew.
async fn revision(
    core: &Core,
    call: &Call,
    cluster: &Cluster,
    service: &Service,
    input: &UpdateServiceRequest,
) -> Result<Option<Revision>, Fault> {
    let Some(present) = service.primary().map(|primary| primary.revision.clone()) else {
        return Ok(None);
    };
    let force = input.force_new_deployment == Some(true);
    let definition = definition(core, call, &present, input, force).await?;
    let parsed =
        document::definition(&definition.record.document).map_err(|error| fault::server(&error))?;
    let mut wanted = Revision {
        id: ids::digits19(),
        definition: definition.record.arn.clone(),
        created_at: call.now,
        unknown: Unknown::new(),
        ..present.clone()
    };
    if let Some(strategy) = &input.capacity_provider_strategy {
        let chosen = match strategy.is_empty() {
            true => provider::choose(cluster, Some("EC2"), None)?,
            false => provider::choose(cluster, None, Some(strategy))?,
        };
        (wanted.launch, wanted.strategy) = chosen;
    }
    if let Some(version) = &input.platform_version {
        wanted.platform_version = create_service::platform(wanted.launch, Some(version));
    }
    if input.network_configuration.is_some() {
        let given = input.network_configuration.as_ref();
        let (launch, of) = (wanted.launch, &definition.record);
        wanted.network = create_service::network(core, call, given, launch, of).await?;
    } else if network_mode(&parsed) != "awsvpc" {
        wanted.network = None;
    }
    if let Some(given) = &input.load_balancers {
        wanted.targets = validate::targets(given, &parsed)?;
        targets::check(
            &core.scheduler.balancers,
            call,
            network_mode(&parsed),
            &mut wanted.targets,
        )
        .await?;
    } else {
        // The container and port must be in the new definition too.
        let given = launch::shown_targets(&wanted.targets);
        let checked = validate::targets(&given, &parsed)?;
        debug_assert_eq!(checked.len(), wanted.targets.len());
    }
    if input.volume_configurations.is_some() {
        let given = volume::of_service(input.volume_configurations.as_ref())?;
        wanted.volume = create_service::only(given)?;
    }
    if input.monitoring.is_some() {
        wanted.monitoring = monitoring::read(input.monitoring.as_ref())?;
    }
    if !force && !validate::differs(&present, &wanted) {
        // Else what was taken before there was a check could not even be scaled.
        if changes_checked(input) {
            create_service::order(service, &present, &definition.record)?;
        }
        return Ok(None);
    }
    let place = Place::of(call);
    wanted.images = images::of_revision(core.images.as_ref(), &place, &parsed).await;
    create_service::check(core, call, service, &wanted, &definition.record).await?;
    Ok(Some(wanted))
}

/// Whether it changes what is checked against the revision, also where that stays.
fn changes_checked(input: &UpdateServiceRequest) -> bool {
    input.health_check_grace_period_seconds.is_some()
        || input.placement_constraints.is_some()
        || input.placement_strategy.is_some()
}

/// The definition to deploy: the one named, which must be ACTIVE, or the present one whatever became
/// of it.
async fn definition(
    core: &Core,
    call: &Call,
    present: &Revision,
    input: &UpdateServiceRequest,
    force: bool,
) -> Result<Stored<Definition>, Fault> {
    let named = input
        .task_definition
        .as_deref()
        .filter(|name| !name.is_empty());
    let place = Place::of(call);
    let wanted = named.unwrap_or(&present.definition);
    let found = core.state.definition(&place, wanted).await?;
    let found = found.ok_or_else(|| fault::client("TaskDefinition not found."))?;
    let same = found.record.arn == present.definition;
    match found.record.status {
        DefinitionStatus::Active => Ok(found),
        _ if same && (named.is_none() || !force) => Ok(found),
        _ => Err(fault::client("TaskDefinition is inactive")),
    }
}
