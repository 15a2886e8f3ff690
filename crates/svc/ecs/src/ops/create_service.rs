//! CreateService records what is wanted; the service scheduler makes it so.

use sha2::{Digest, Sha256};
use wharf_api_ecs::{CreateServiceRequest, CreateServiceResponse, Service as ApiService};
use wharf_base::ids;
use wharf_records::{
    Record, Unknown,
    ecs::{
        BreakerStatus, Cluster, Definition, Deployment, Launch, Rebalancing, Revision,
        RevisionRecord, Scheduling, Service, ServiceDeployment, ServiceDeploymentStatus,
        ServiceEvents, ServiceNetwork, ServiceStatus, ServiceSubnet, Throttle, VolumeSpec,
    },
    encode,
};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{
    describe_services,
    run_task::{active_definition, check_roles},
    settings, subnets,
};
use crate::{
    core::{Core, Stored},
    definition::network_mode,
    document, fault, images, launch,
    launch::Order,
    monitoring,
    names::{self, Place},
    provider, rebalancing,
    services::{self, targets},
    tags, validate,
    view::Held,
    volume,
};

pub async fn create_service(
    core: &Core,
    call: &Call,
    input: CreateServiceRequest,
) -> Result<CreateServiceResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let name = input.service_name.clone().unwrap_or_default();
    if !names::is_name(&name) {
        return Err(fault::invalid(
            "Service name should be 1 to 255 letters, numbers, hyphens and underscores.",
        ));
    }
    let place = Place::of(call);
    let key = services::key(&place, &cluster.name, &name);
    let request = digest(&input);
    let token = validate::client_token(input.client_token.as_deref())?;
    if let Some(found) = repeated(core, &key, &request, token.as_deref()).await? {
        return shown(core, &place, &found).await;
    }
    let definition = active_definition(core, &place, input.task_definition.as_deref()).await?;
    let mut service = wanted(&place, call, &cluster, &input, &name)?;
    service.request = request;
    service.client_token = token;
    let revision = revision(core, call, &cluster, &definition, &input).await?;
    let asked = input.availability_zone_rebalancing.as_deref();
    rebalancing::settle_new(&mut service, revision.launch, asked)?;
    check(core, call, &service, &revision, &definition.record).await?;
    start_deployment(&place, &mut service, revision, call.now);
    write(core, call, &place, &key, cluster, &definition, service).await
}

/// The request without its token and under its cluster's plain name, as a digest.
fn digest(input: &CreateServiceRequest) -> String {
    let mut input = input.clone();
    input.client_token = None;
    input.cluster = names::cluster_name(input.cluster.as_deref()).ok();
    let request = document::of_request("CreateService", &input).to_string();
    hex::encode(Sha256::digest(request.as_bytes()))
}

/// The service that an earlier call like this one made.
async fn repeated(
    core: &Core,
    key: &str,
    request: &str,
    token: Option<&str>,
) -> Result<Option<Service>, Fault> {
    let Some(found) = core.state.table.read::<Service>(key).await? else {
        return Ok(None);
    };
    let found = found.record;
    match found.status {
        ServiceStatus::Inactive => Ok(None),
        ServiceStatus::Draining => Err(fault::invalid(
            "Unable to Start a service that is still Draining.",
        )),
        ServiceStatus::Active => {
            let foreign = token.is_some() && found.client_token.as_deref() != token;
            match found.request == request && !foreign {
                true => Ok(Some(found)),
                false => Err(fault::invalid("Creation of service was not idempotent.")),
            }
        }
    }
}

fn wanted(
    place: &Place,
    call: &Call,
    cluster: &Cluster,
    input: &CreateServiceRequest,
    name: &str,
) -> Result<Service, Fault> {
    let extras = validate::Extras {
        controller: input.deployment_controller.as_ref(),
        registries: input.service_registries.as_ref(),
        connect: input.service_connect_configuration.as_ref(),
        lattice: input.vpc_lattice_configurations.as_ref(),
        gateways: input.gateway_connectors.as_ref(),
    };
    extras.check()?;
    let scheduling = validate::scheduling(input.scheduling_strategy.as_deref())?;
    let desired = validate::desired(input.desired_count, scheduling)?;
    if scheduling == Scheduling::Replica && desired.is_none() {
        return Err(fault::invalid("Desired count cannot be null."));
    }
    let mut options = validate::default_options(scheduling);
    let configuration = input.deployment_configuration.as_ref();
    validate::deployment_options(&mut options, configuration, scheduling)?;
    options.grace_seconds = validate::grace(input.health_check_grace_period_seconds)?;
    options.constraints =
        validate::constraints(input.placement_constraints.as_deref().unwrap_or(&[]));
    options.strategies = validate::strategies(input.placement_strategy.as_deref().unwrap_or(&[]));
    options.managed_tags = input.enable_ecs_managed_tags == Some(true);
    options.execute_command = input.enable_execute_command == Some(true);
    if let Some(propagate) = validate::propagate(input.propagate_tags.as_deref())? {
        options.propagate_tags = propagate;
    }
    Ok(Service {
        name: name.to_owned(),
        arn: place.service(&cluster.name, name),
        cluster: cluster.name.clone(),
        cluster_arn: cluster.arn.clone(),
        status: ServiceStatus::Active,
        created_at: call.now,
        created_by: call.caller.arn.clone(),
        deleted_at: None,
        scheduling,
        desired: desired.unwrap_or(0),
        options,
        tags: tags::read(input.tags.as_ref())?,
        deployments: Vec::new(),
        completed: None,
        rollout: None,
        throttle: Throttle::default(),
        said: std::collections::BTreeMap::new(),
        about: std::collections::BTreeMap::new(),
        lacking: None,
        steady: false,
        proven_at: None,
        rebalancing: Rebalancing::default(),
        request: String::new(),
        client_token: None,
        unknown: Unknown::new(),
    })
}

async fn revision(
    core: &Core,
    call: &Call,
    cluster: &Cluster,
    definition: &Stored<Definition>,
    input: &CreateServiceRequest,
) -> Result<Revision, Fault> {
    let strategy = input.capacity_provider_strategy.as_ref();
    let mut launch = input.launch_type.as_deref();
    if input.scheduling_strategy.as_deref() == Some("DAEMON") {
        if strategy.is_some_and(|items| !items.is_empty()) {
            return Err(fault::invalid(
                "The DAEMON scheduling strategy is not supported with a capacity provider strategy.",
            ));
        }
        // It has a task on every instance: the cluster's default strategy means nothing to it.
        launch = launch.filter(|text| !text.is_empty()).or(Some("EC2"));
    }
    let (launch, strategy) = provider::choose(cluster, launch, strategy)?;
    let parsed =
        document::definition(&definition.record.document).map_err(|error| fault::server(&error))?;
    let given = input.load_balancers.as_deref().unwrap_or_default();
    let mut targets = validate::targets(given, &parsed)?;
    targets::check(
        &core.scheduler.balancers,
        call,
        network_mode(&parsed),
        &mut targets,
    )
    .await?;
    let given = input.network_configuration.as_ref();
    let place = Place::of(call);
    Ok(Revision {
        images: images::of_revision(core.images.as_ref(), &place, &parsed).await,
        monitoring: monitoring::read(input.monitoring.as_ref())?,
        id: ids::digits19(),
        definition: definition.record.arn.clone(),
        launch,
        strategy,
        platform_version: platform(launch, input.platform_version.as_deref()),
        network: network(core, call, given, launch, &definition.record).await?,
        targets,
        volume: only(volume::of_service(input.volume_configurations.as_ref())?)?,
        created_at: call.now,
        unknown: Unknown::new(),
    })
}

/// A definition has one volume that is configured at launch.
pub fn only(mut given: Vec<VolumeSpec>) -> Result<Option<VolumeSpec>, Fault> {
    let spec = given.pop();
    match given.is_empty() {
        true => Ok(spec),
        false => Err(fault::invalid(
            "volumeConfigurations can have at most 1 item.",
        )),
    }
}

/// The platform version as it is shown; on Fargate LATEST where none was asked for.
pub fn platform(launch: Launch, given: Option<&str>) -> Option<String> {
    let given = given.filter(|text| !text.is_empty()).map(str::to_owned);
    match launch {
        Launch::Fargate => given.or_else(|| Some("LATEST".to_owned())),
        _ => given,
    }
}

/// The network configuration with its subnets looked up. Which modes need one is the order's to say.
pub async fn network(
    core: &Core,
    call: &Call,
    given: Option<&wharf_api_ecs::NetworkConfiguration>,
    launch: Launch,
    definition: &Definition,
) -> Result<Option<ServiceNetwork>, Fault> {
    let Some(order) = launch::network_of(given, launch, definition)? else {
        return Ok(None);
    };
    let found = subnets::resolve(core, call, &order).await?;
    let subnets = found.into_iter().map(|subnet| ServiceSubnet {
        id: subnet.id,
        zone: subnet.zone,
    });
    Ok(Some(ServiceNetwork {
        subnets: subnets.collect(),
        security_groups: order.security_groups,
        public_ip: order.public_ip,
        ipv6: settings::has_ipv6(core, call).await?,
    }))
}

/// Whether tasks can be made of it at all, in roles that can be had.
pub async fn check(
    core: &Core,
    call: &Call,
    service: &Service,
    revision: &Revision,
    definition: &Definition,
) -> Result<Order, Fault> {
    let order = order(service, revision, definition)?;
    check_roles(core, call, &order).await?;
    Ok(order)
}

/// What its tasks are made from, unless that is what services are refused for.
pub fn order(
    service: &Service,
    revision: &Revision,
    definition: &Definition,
) -> Result<Order, Fault> {
    if service.scheduling == Scheduling::Daemon && !service.options.strategies.is_empty() {
        return Err(fault::invalid(
            "Placement strategies are not supported with the DAEMON scheduling strategy.",
        ));
    }
    if service.scheduling == Scheduling::Daemon && revision.launch != Launch::Ec2 {
        return Err(fault::invalid(
            "The DAEMON scheduling strategy is only supported with the EC2 launch type.",
        ));
    }
    if service
        .options
        .grace_seconds
        .is_some_and(|seconds| seconds > 0)
        && revision.targets.is_empty()
    {
        let parsed =
            document::definition(&definition.document).map_err(|error| fault::server(&error))?;
        let containers = crate::definition::containers(&parsed);
        if !containers.iter().any(|one| one.health_check.is_some()) {
            return Err(fault::invalid(
                "Health check grace period is only valid for services configured to use load \
                 balancers",
            ));
        }
    }
    launch::of_service(service, revision, definition)
}

/// Makes `revision` the PRIMARY deployment, in place of whatever was under way. Returns the service
/// deployment that is superseded by it, to be recorded.
pub fn start_deployment(
    place: &Place,
    service: &mut Service,
    revision: Revision,
    now: wharf_base::Timestamp,
) -> Option<ServiceDeployment> {
    let sources = service.deployments.iter().map(|one| one.id().to_owned());
    let id = ids::hex32()[..21].to_owned();
    let rollout = ServiceDeployment {
        arn: place.service_deployment(&service.cluster, &service.name, &id),
        id,
        service_arn: service.arn.clone(),
        cluster_arn: service.cluster_arn.clone(),
        status: ServiceDeploymentStatus::Pending,
        reason: None,
        created_at: now,
        updated_at: now,
        started_at: None,
        finished_at: None,
        stopped_at: None,
        target: revision.id.clone(),
        sources: sources.collect(),
        options: service.options.clone(),
        breaker: match service.options.breaker.enable {
            true => BreakerStatus::Monitoring,
            false => BreakerStatus::Disabled,
        },
        breaker_failures: 0,
        breaker_threshold: services::plan::threshold(&service.options.breaker, service.desired),
        rollback: None,
        unknown: Unknown::new(),
    };
    service
        .deployments
        .insert(0, Deployment::new(revision, now));
    service.throttle = Throttle::default();
    service.steady = false;
    for cause in [
        "cannot-start",
        "blocked",
        "unplaced",
        "protected",
        "not-admitted",
        "misconfigured",
    ] {
        service.said.remove(cause);
    }
    let superseded = service.rollout.replace(rollout);
    let mut superseded = superseded.filter(|rollout| !rollout.status.is_final())?;
    superseded.status = ServiceDeploymentStatus::Stopped;
    superseded.reason = Some("A newer service deployment was started.".to_owned());
    superseded.updated_at = now;
    superseded.stopped_at = Some(now);
    superseded.finished_at = Some(now);
    Some(superseded)
}

/// Adds the records that stand beside a service whose deployment was started.
pub fn with_deployment(
    txn: Txn,
    place: &Place,
    service: &Service,
    superseded: Option<&ServiceDeployment>,
) -> Txn {
    let scope = place.scope();
    let key = |kind: &str, id: &str| {
        scope.key(kind, &format!("{}:{}:{id}", service.cluster, service.name))
    };
    let mut txn = txn;
    for rollout in service.rollout.iter().chain(superseded) {
        txn = txn.put(key(ServiceDeployment::KIND, &rollout.id), encode(rollout));
    }
    if let Some(primary) = service.primary() {
        let record = RevisionRecord {
            arn: place.service_revision(&service.cluster, &service.name, primary.id()),
            service_arn: service.arn.clone(),
            cluster_arn: service.cluster_arn.clone(),
            revision: primary.revision.clone(),
            unknown: Unknown::new(),
        };
        txn = txn.put(key(RevisionRecord::KIND, primary.id()), encode(&record));
    }
    txn
}

async fn write(
    core: &Core,
    call: &Call,
    place: &Place,
    key: &str,
    cluster: Held<Cluster>,
    definition: &Stored<Definition>,
    service: Service,
) -> Result<CreateServiceResponse, Fault> {
    let mut checked = Some(cluster);
    transact!(core.state.table, &call.permit, |tx| {
        let cluster = match checked.take() {
            Some(cluster) => cluster,
            None => {
                let cluster = core.state.cluster(call, Some(&service.cluster)).await?;
                active_definition(core, place, Some(&definition.record.arn)).await?;
                cluster
            }
        };
        let found = tx.find::<Service>(key).await?;
        if found.is_some_and(|it| it.status != ServiceStatus::Inactive) {
            // A call like this one was faster.
            let token = service.client_token.as_deref();
            let repeated = repeated(core, key, &service.request, token).await?;
            return shown(core, place, &repeated.unwrap_or(service)).await;
        }
        let events = format!("{}:{}", service.cluster, service.name);
        let events = place.scope().key(ServiceEvents::KIND, &events);
        tx.when(cluster.unchanged());
        tx.when(definition.unchanged());
        tx.put(key, &service);
        tx.put(events, &ServiceEvents::default());
        tx.join(with_deployment(Txn::new(), place, &service, None));
    });
    shown(core, place, &service).await
}

async fn shown(
    core: &Core,
    place: &Place,
    service: &Service,
) -> Result<CreateServiceResponse, Fault> {
    let service: ApiService = describe_services::shown(core, place, service, true).await?;
    Ok(CreateServiceResponse {
        service: Some(service),
    })
}
