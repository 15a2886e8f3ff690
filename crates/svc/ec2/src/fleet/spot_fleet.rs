//! RequestSpotFleet, DescribeSpotFleetRequests, DescribeSpotFleetInstances, CancelSpotFleetRequests and ModifySpotFleetRequest.

mod describe;

use wharf_api_ec2::types as wire;
use wharf_base::ids;
use wharf_records::{Record as _, Unknown, ecs::Tags};
use wharf_wire::{Call, Context, Fault};

use self::describe::{shown, state};
use super::{
    allocate::Strategy,
    create::{
        check_count, check_times, ends_excess, keep_templates, launches, markets, pools_to_use,
        price, priority, put, settle_templates, units, weight,
    },
    describe::{active, is_uuid, number},
    fault as fleet_fault,
    fill::market,
    records::{
        Body, Pool, Specification, SpotFleet, State, Template, Type, Units, user_data_purpose,
    },
};
use crate::{
    Ec2Service, fault,
    launch_templates::LaunchTemplateData,
    ops::run_instances,
    records::Instance,
    spot::{check_interruption, specification},
    table::{client_token, digest_of},
    tags,
};

/// Fleets of one call.
const MOST: usize = 100;

pub async fn request(
    service: &Ec2Service,
    call: &Call,
    input: wire::RequestSpotFleetRequest,
) -> Result<wire::RequestSpotFleetResponse, Fault> {
    fault::dry_run(input.dry_run)?;
    let config = input.spot_fleet_request_config;
    let config = config.ok_or_else(|| fault::missing_parameter("SpotFleetRequestConfig"))?;
    let token = client_token(config.client_token.as_deref())?.map(str::to_owned);
    let mut body = body(call, &config)?;
    body.client_token = token;
    body.request = digest_of(&wire::SpotFleetRequestConfigData {
        client_token: None,
        ..config.clone()
    });
    service.ensure_default_vpc(&call.permit, call).await?;
    for (number, given) in config.launch_specifications.iter().flatten().enumerate() {
        let asked = asked(given, subnets(given).first());
        let groups = run_instances::check(service, call, &asked).await?;
        let mut launch = LaunchTemplateData::of_request(call, &asked, &groups)?;
        // Pools say where.
        for interface in launch
            .interfaces
            .iter_mut()
            .filter(|_| !subnets(given).is_empty())
        {
            interface.subnet_id = None;
        }
        launch.check_size()?;
        if let Some(it) = body.specifications.get_mut(number) {
            it.launch = launch;
        }
    }
    let id = format!("sfr-{}", ids::uuid());
    let purpose = user_data_purpose(&call.account, &call.region, &id);
    for it in &mut body.specifications {
        let text = it.launch.user_data.take();
        it.user_data = text.map(|text| service.keyring.seal(text.as_bytes(), &purpose));
    }
    let specified = config.tag_specifications.as_deref();
    let mut fleet = SpotFleet {
        tags: tags::specified(call, specified, SpotFleet::KIND)?,
        unknown: Unknown::new(),
        body,
        id,
    };
    keep_templates(service, call, &mut fleet).await?;
    let stored = put(service, call, fleet).await?;
    Ok(wire::RequestSpotFleetResponse {
        spot_fleet_request_id: Some(stored.record.id),
    })
}

/// What its instances are asked for, for who may launch them: of each pool in each market.
pub async fn configured(
    service: &Ec2Service,
    cx: &Context,
    config: &wire::SpotFleetRequestConfigData,
) -> Result<Vec<wire::RunInstancesRequest>, Fault> {
    // What makes no fleet is refused by the operation.
    let Ok(mut body) = body(cx, config) else {
        return Ok(Vec::new());
    };
    let markets = markets(body.target, true);
    let given = config.launch_specifications.as_deref().unwrap_or_default();
    let mut all = Vec::new();
    for pool in &body.pools {
        let number = pool.specification.map(|it| it as usize);
        let Some(given) = number.and_then(|it| given.get(it)) else {
            continue;
        };
        for spot in &markets {
            all.push(wire::RunInstancesRequest {
                instance_market_options: market(&body, pool, *spot),
                ..asked(given, pool.subnet.as_ref())
            });
        }
    }
    body.pools.retain(|it| it.template.is_some());
    let mut fleet = SpotFleet {
        id: "sfr-".to_owned(),
        body,
        tags: Tags::new(),
        unknown: Unknown::new(),
    };
    settle_templates(service, cx, &mut fleet).await?;
    all.extend(launches(service, cx, &fleet, &markets).await?);
    Ok(all)
}

/// What more instances of a fleet are asked for, for who may launch them: who modifies it need not be who made it.
pub async fn modified(
    service: &Ec2Service,
    cx: &Context,
    input: &wire::ModifySpotFleetRequestRequest,
) -> Result<Vec<wire::RunInstancesRequest>, Fault> {
    let id = input.spot_fleet_request_id.as_deref().unwrap_or_default();
    let (total, on_demand) = (input.target_capacity, input.on_demand_target_capacity);
    if total == Some(0) || total.is_none() && on_demand.is_none() {
        return Ok(Vec::new());
    }
    let Some(fleet) = service.find::<SpotFleet>(cx, id).await? else {
        return Ok(Vec::new());
    };
    // What the request leaves out may be another's in the end, who writes at the same time.
    let mut markets = Vec::new();
    if on_demand.or(number(fleet.body.target.on_demand)) != Some(0) {
        markets.push(false);
    }
    if total.is_none() || total != on_demand {
        markets.push(true);
    }
    launches(service, cx, &fleet, &markets).await
}

fn subnets(given: &wire::SpotFleetLaunchSpecification) -> Vec<String> {
    let list = given.subnet_id.as_deref().unwrap_or_default();
    let list = list.split(',').map(str::trim).filter(|it| !it.is_empty());
    list.map(str::to_owned).collect()
}

/// A launch specification as RunInstances is asked for it.
fn asked(
    given: &wire::SpotFleetLaunchSpecification,
    subnet: Option<&String>,
) -> wire::RunInstancesRequest {
    let given = given.clone();
    let groups = given.security_groups.unwrap_or_default();
    let ids = groups.iter().filter_map(|it| it.group_id.clone()).collect();
    let names = groups.iter().filter(|it| it.group_id.is_none());
    let names = names.filter_map(|it| it.group_name.clone()).collect();
    let tags = given.tag_specifications.unwrap_or_default();
    let tags = tags.into_iter().map(|it| wire::TagSpecification {
        resource_type: it.resource_type,
        tags: it.tags,
    });
    wire::RunInstancesRequest {
        tag_specifications: Some(tags.collect()),
        ..specification(wire::RequestSpotLaunchSpecification {
            security_group_ids: Some(ids),
            security_groups: Some(names),
            block_device_mappings: given.block_device_mappings,
            ebs_optimized: given.ebs_optimized,
            iam_instance_profile: given.iam_instance_profile,
            image_id: given.image_id,
            instance_type: given.instance_type,
            key_name: given.key_name,
            monitoring: given
                .monitoring
                .map(|it| wire::RunInstancesMonitoringEnabled {
                    enabled: it.enabled,
                    ..wire::RunInstancesMonitoringEnabled::default()
                }),
            network_interfaces: given.network_interfaces,
            placement: given.placement,
            subnet_id: subnet.cloned(),
            user_data: given.user_data,
            ..wire::RequestSpotLaunchSpecification::default()
        })
    }
}

fn body(cx: &Context, config: &wire::SpotFleetRequestConfigData) -> Result<Body, Fault> {
    let kind = match config.type_.as_deref() {
        None | Some("" | "maintain") => Type::Maintain,
        Some("request") => Type::Request,
        Some(other) => return Err(fault::bad_value_of("Type", other)),
    };
    let role = config.iam_fleet_role.clone().filter(|it| !it.is_empty());
    let role = role.ok_or_else(|| fault::missing_parameter("IamFleetRole"))?;
    let is_role = role.starts_with("arn:aws:iam::") && role.contains(":role/") && role.len() <= 512;
    if !is_role {
        return Err(fleet_fault::bad_spot_fleet(format!(
            "Parameter: SpotFleetRequestConfig.IamFleetRole is invalid: '{role}'."
        )));
    }
    check_interruption(config.instance_interruption_behavior.as_deref())?;
    let strategy = match config
        .allocation_strategy
        .as_deref()
        .filter(|it| !it.is_empty())
    {
        None => Strategy::LowestPrice,
        Some(text) => Strategy::of_spot(text)
            .ok_or_else(|| fault::bad_value_of("AllocationStrategy", text))?,
    };
    let on_demand = config.on_demand_allocation_strategy.as_deref();
    let on_demand_strategy = match on_demand.filter(|it| !it.is_empty()) {
        None => Strategy::LowestPrice,
        Some(text) => Strategy::of_on_demand(text)
            .ok_or_else(|| fault::bad_value_of("OnDemandAllocationStrategy", text))?,
    };
    let on_demand = config.on_demand_target_capacity.unwrap_or(0);
    let target = units(config.target_capacity, (Some(on_demand), None), true)?;
    let (pools, specifications) = pools(config)?;
    check_times(config.valid_from, config.valid_until, cx)?;
    Ok(Body {
        kind,
        state: State::Active,
        target,
        default_spot: true,
        pools,
        specifications,
        requirements: Vec::new(),
        spot_strategy: strategy,
        pools_to_use: pools_to_use(strategy, config.instance_pools_to_use_count)?,
        on_demand_strategy,
        max_price: price(config.spot_price.as_deref())?,
        ends_excess: ends_excess(config.excess_capacity_termination_policy.as_deref())?,
        ends_with_expiration: config.terminate_instances_with_expiration == Some(true),
        valid_from: config.valid_from,
        valid_until: config.valid_until,
        launched: Units::default(),
        filling: false,
        failures: Vec::new(),
        client_token: None,
        request: String::new(),
        instance_tags: Tags::new(),
        role: Some(role),
        created_at: cx.now,
        since: cx.now,
    })
}

fn pools(
    config: &wire::SpotFleetRequestConfigData,
) -> Result<(Vec<Pool>, Vec<Specification>), Fault> {
    let given = config.launch_specifications.as_deref().unwrap_or_default();
    let templates = config
        .launch_template_configs
        .as_deref()
        .unwrap_or_default();
    if given.is_empty() == templates.is_empty() {
        return Err(fleet_fault::bad_spot_fleet(
            "Either LaunchSpecifications or LaunchTemplateConfigs must be specified, and not both.",
        ));
    }
    let mut pools = Vec::new();
    let mut specifications = Vec::new();
    for it in given {
        let places = subnets(it);
        let places = match places.is_empty() {
            true => vec![None],
            false => places.into_iter().map(Some).collect(),
        };
        for subnet in places {
            pools.push(Pool {
                template: None,
                specification: u32::try_from(specifications.len()).ok(),
                overrides: false,
                instance_type: it.instance_type.clone(),
                image: None,
                subnet,
                zone: it
                    .placement
                    .as_ref()
                    .and_then(|it| it.availability_zone.clone()),
                max_price: price(it.spot_price.as_deref())?,
                weight: weight(it.weighted_capacity)?,
                priority: None,
                alike: None,
            });
        }
        specifications.push(Specification {
            launch: LaunchTemplateData::default(),
            user_data: None,
        });
        check_count(pools.len())?;
    }
    for config in templates {
        let given = config
            .launch_template_specification
            .clone()
            .unwrap_or_default();
        let template = Template {
            id: given.launch_template_id.filter(|it| !it.is_empty()),
            name: given.launch_template_name.filter(|it| !it.is_empty()),
            version: given.version.filter(|it| !it.is_empty()),
            meant: None,
        };
        if template.version.is_none() {
            return Err(fault::missing_parameter(
                "LaunchTemplateSpecification.Version",
            ));
        }
        let overrides = config.overrides.as_deref().unwrap_or_default();
        if overrides.is_empty() {
            pools.push(Pool::of(template.clone()));
        }
        for it in overrides {
            let text = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
            pools.push(Pool {
                overrides: true,
                instance_type: text(&it.instance_type),
                subnet: text(&it.subnet_id),
                zone: text(&it.availability_zone),
                max_price: price(it.spot_price.as_deref())?,
                weight: weight(it.weighted_capacity)?,
                priority: priority(it.priority)?,
                ..Pool::of(template.clone())
            });
        }
        check_count(pools.len())?;
    }
    Ok((pools, specifications))
}

fn check_id(id: &str) -> Result<(), Fault> {
    match is_uuid(id, "sfr-") {
        true => Ok(()),
        false => Err(fleet_fault::spot_fleet_malformed(id)),
    }
}

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: wire::DescribeSpotFleetRequestsRequest,
) -> Result<wire::DescribeSpotFleetRequestsResponse, Fault> {
    fault::dry_run(input.dry_run)?;
    for id in input.spot_fleet_request_ids.iter().flatten() {
        check_id(id)?;
    }
    let all: Vec<Instance> = service.all(call).await?;
    let asked = crate::filter::Asked {
        ids: input.spot_fleet_request_ids,
        filters: None,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let names = &crate::filter::names::FLEETS;
    let selected = service.select(call, asked, names, |_: &SpotFleet| Vec::new());
    let (page, next_token) = selected.await?;
    Ok(wire::DescribeSpotFleetRequestsResponse {
        spot_fleet_request_configs: Some(page.iter().map(|it| shown(it, &all)).collect()),
        next_token,
    })
}

pub async fn instances(
    service: &Ec2Service,
    call: &Call,
    input: wire::DescribeSpotFleetInstancesRequest,
) -> Result<wire::DescribeSpotFleetInstancesResponse, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.spot_fleet_request_id.filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| fault::missing_parameter("SpotFleetRequestId"))?;
    check_id(&id)?;
    let fleet: SpotFleet = service.get(call, &id).await?;
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "spot-fleet-instances", &id, page)?;
    let all = active(service, call, &fleet).await?;
    let named = all
        .into_iter()
        .map(|it| (it.instance_id.clone().unwrap_or_default(), it));
    let named: Vec<(String, wire::ActiveInstance)> = named.collect();
    let (page, next_token) = page.cut(named, |(id, _)| id);
    Ok(wire::DescribeSpotFleetInstancesResponse {
        active_instances: Some(page.into_iter().map(|(_, it)| it).collect()),
        next_token,
        spot_fleet_request_id: Some(id),
    })
}

pub async fn cancel(
    service: &Ec2Service,
    call: &Call,
    input: wire::CancelSpotFleetRequestsRequest,
) -> Result<wire::CancelSpotFleetRequestsResponse, Fault> {
    fault::dry_run(input.dry_run)?;
    let ids = input.spot_fleet_request_ids.unwrap_or_default();
    if ids.is_empty() {
        return Err(fault::missing_parameter("SpotFleetRequestId"));
    }
    if ids.len() > MOST {
        return Err(fault::bad_value(format!(
            "At most {MOST} Spot Fleet requests can be cancelled at once."
        )));
    }
    let ends = input.terminate_instances;
    let ends = ends.ok_or_else(|| fault::missing_parameter("TerminateInstances"))?;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for id in ids {
        let refusal = |code: &str, text: String| wire::CancelSpotFleetRequestsErrorItem {
            error: Some(wire::CancelSpotFleetRequestsError {
                code: Some(code.to_owned()),
                message: Some(text),
            }),
            spot_fleet_request_id: Some(id.clone()),
        };
        if !is_uuid(&id, "sfr-") {
            let text = format!("The spot fleet request ID '{id}' is malformed");
            failed.push(refusal("fleetRequestIdMalformed", text));
            continue;
        }
        if service.find::<SpotFleet>(call, &id).await?.is_none() {
            let text = format!("The spot fleet request ID '{id}' does not exist");
            failed.push(refusal("fleetRequestIdDoesNotExist", text));
            continue;
        }
        let decide = |it: &mut SpotFleet| {
            let before = state(&it.body);
            if !matches!(it.body.state, State::Active | State::DeletedRunning) {
                return Ok(None);
            }
            it.body.state = match ends {
                true => State::DeletedTerminating,
                false => State::DeletedRunning,
            };
            it.body.since = call.now;
            Ok(Some((before, state(&it.body))))
        };
        match service.change(call, &id, decide).await? {
            Some((before, after)) => done.push(wire::CancelSpotFleetRequestsSuccessItem {
                current_spot_fleet_request_state: Some(after.to_owned()),
                previous_spot_fleet_request_state: Some(before.to_owned()),
                spot_fleet_request_id: Some(id.clone()),
            }),
            None => {
                let text = format!("The spot fleet request '{id}' is not in a cancellable state");
                failed.push(refusal("fleetRequestNotInCancellableState", text));
            }
        }
    }
    Ok(wire::CancelSpotFleetRequestsResponse {
        successful_fleet_requests: Some(done),
        unsuccessful_fleet_requests: Some(failed),
    })
}

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: wire::ModifySpotFleetRequestRequest,
) -> Result<wire::ModifySpotFleetRequestResponse, Fault> {
    let id = input.spot_fleet_request_id.filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| fault::missing_parameter("SpotFleetRequestId"))?;
    check_id(&id)?;
    let policy = input.excess_capacity_termination_policy.as_deref();
    let ends = policy.map(|it| ends_excess(Some(it))).transpose()?;
    let decide = |it: &mut SpotFleet| {
        let body = &mut it.body;
        if body.state != State::Active || body.kind != Type::Maintain {
            return Err(fleet_fault::not_modifiable(&id));
        }
        let on_demand = number(body.target.on_demand);
        let on_demand = input.on_demand_target_capacity.or(on_demand);
        let total = input.target_capacity.or(number(body.target.total()));
        body.target = units(total, (on_demand, None), true)?;
        body.ends_excess = ends.unwrap_or(body.ends_excess);
        Ok(())
    };
    service.change(call, &id, decide).await?;
    Ok(wire::ModifySpotFleetRequestResponse {
        return_: Some(true),
    })
}
