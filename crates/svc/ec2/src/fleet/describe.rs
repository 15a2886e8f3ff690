//! DescribeFleets and DescribeFleetInstances.

use std::collections::BTreeMap;

use wharf_api_ec2::types as wire;
use wharf_wire::{Call, Fault};

use super::{
    fault as fleet_fault,
    plan::{Seen, capacity},
    records::{AnyFleet, Body, Failure, Fleet, Pool, State, Type, Units},
    requirements_wire,
};
use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
    records::{Instance, tags_to_wire},
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: wire::DescribeFleetsRequest,
) -> Result<wire::DescribeFleetsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    for id in input.fleet_ids.iter().flatten() {
        check_id(id)?;
    }
    let all: Vec<Instance> = service.all(call).await?;
    // Instant fleets are shown to who names them.
    let named = input.fleet_ids.as_ref().is_some_and(|it| !it.is_empty());
    let asked = Asked {
        ids: input.fleet_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let shown = |it: &Fleet| named || it.body.kind != Type::Instant;
    let fields = |it: &Fleet| fields(it, &all);
    let selected = service.select_some(call, asked, &names::FLEETS, shown, fields);
    let (page, next_token) = selected.await?;
    Ok(wire::DescribeFleetsResult {
        fleets: Some(page.iter().map(|it| data(it, &all)).collect()),
        next_token,
    })
}

pub fn check_id(id: &str) -> Result<(), Fault> {
    match is_uuid(id, "fleet-") {
        true => Ok(()),
        false => Err(fleet_fault::malformed(id)),
    }
}

pub fn is_uuid(id: &str, prefix: &str) -> bool {
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    rest.len() == 36 && rest.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-')
}

pub async fn instances(
    service: &Ec2Service,
    call: &Call,
    input: wire::DescribeFleetInstancesRequest,
) -> Result<wire::DescribeFleetInstancesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.fleet_id.filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| fault::missing_parameter("FleetId"))?;
    check_id(&id)?;
    let fleet: Fleet = service.get(call, &id).await?;
    if fleet.body.kind == Type::Instant {
        return Err(fault::bad_combination(
            "DescribeFleetInstances is not supported for fleets of type instant. Use DescribeFleets.",
        ));
    }
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "fleet-instances", &(&id, &input.filters), page)?;
    let filters = crate::filter::checked(input.filters.clone(), &names::FLEET_INSTANCES)?;
    let mut all = active(service, call, &fleet).await?;
    all.retain(|it| {
        let kind = it.instance_type.clone().unwrap_or_default();
        let fields: Fields = vec![("instance-type", vec![kind])];
        crate::filter::matches(&filters, &fields, &wharf_records::ecs::Tags::new())
    });
    let id_of = |it: &wire::ActiveInstance| it.instance_id.clone().unwrap_or_default();
    let named: Vec<(String, wire::ActiveInstance)> =
        all.into_iter().map(|it| (id_of(&it), it)).collect();
    let (page, next_token) = page.cut(named, |(id, _)| id);
    Ok(wire::DescribeFleetInstancesResult {
        active_instances: Some(page.into_iter().map(|(_, it)| it).collect()),
        next_token,
        fleet_id: Some(id),
    })
}

/// Instances of a fleet that run, or come to.
pub async fn active<T: AnyFleet>(
    service: &Ec2Service,
    call: &Call,
    fleet: &T,
) -> Result<Vec<wire::ActiveInstance>, Fault> {
    let all: Vec<Instance> = service.all(call).await?;
    let of = all.iter().filter(|it| {
        let is_of = it.fleet.as_ref().is_some_and(|it| it.id == fleet.id());
        is_of && it.life.state.lives()
    });
    let shown = of.map(|it| wire::ActiveInstance {
        instance_id: Some(it.id.clone()),
        instance_type: Some(it.instance_type.clone()),
        spot_instance_request_id: it.spot.as_ref().map(|it| it.request.clone()),
        instance_health: Some("healthy".to_owned()),
    });
    Ok(shown.collect())
}

pub fn seen(id: &str, body: &Body, all: &[Instance]) -> Vec<Seen> {
    all.iter().filter_map(|it| Seen::of(body, id, it)).collect()
}

fn state(body: &Body) -> &'static str {
    match body.state {
        State::Active => "active",
        State::DeletedRunning => "deleted_running",
        State::DeletedTerminating => "deleted_terminating",
        State::Deleted => "deleted",
    }
}

/// `fulfilled`, in EC2 Fleet's spelling.
pub fn activity(body: &Body, has: Units) -> &'static str {
    let missing = match body.kind {
        Type::Request | Type::Instant => body.launched,
        Type::Maintain => has,
    };
    let is_full = missing.spot >= body.target.spot && missing.on_demand >= body.target.on_demand;
    match body.state {
        State::DeletedRunning | State::DeletedTerminating if has.total() > 0 => {
            "pending_termination"
        }
        _ if !is_full && !body.failures.is_empty() => "error",
        _ if !is_full => "pending_fulfillment",
        _ => "fulfilled",
    }
}

fn fields(fleet: &Fleet, all: &[Instance]) -> Fields {
    let body = &fleet.body;
    let has = capacity(&seen(&fleet.id, body, all));
    let one = |text: &str| vec![text.to_owned()];
    vec![
        ("activity-status", one(activity(body, has))),
        (
            "excess-capacity-termination-policy",
            one(if body.ends_excess {
                "termination"
            } else {
                "no-termination"
            }),
        ),
        ("fleet-state", one(state(body))),
        ("replace-unhealthy-instances", one("false")),
        ("type", one(body.kind.name())),
    ]
}

fn data(fleet: &Fleet, all: &[Instance]) -> wire::FleetData {
    let body = &fleet.body;
    let has = capacity(&seen(&fleet.id, body, all));
    let text = |text: &str| Some(text.to_owned());
    let is_instant = body.kind == Type::Instant;
    wire::FleetData {
        activity_status: text(activity(body, has)),
        create_time: Some(body.created_at),
        fleet_id: Some(fleet.id.clone()),
        fleet_state: text(state(body)),
        client_token: body.client_token.clone(),
        excess_capacity_termination_policy: text(match body.ends_excess {
            true => "termination",
            false => "no-termination",
        }),
        fulfilled_capacity: Some(has.total().into()),
        fulfilled_on_demand_capacity: Some(has.on_demand.into()),
        launch_template_configs: Some(configs(body)),
        target_capacity_specification: Some(wire::TargetCapacitySpecification {
            total_target_capacity: number(body.target.total()),
            on_demand_target_capacity: number(body.target.on_demand),
            spot_target_capacity: number(body.target.spot),
            default_target_capacity_type: text(match body.default_spot {
                true => "spot",
                false => "on-demand",
            }),
            ..wire::TargetCapacitySpecification::default()
        }),
        terminate_instances_with_expiration: Some(body.ends_with_expiration),
        type_: text(body.kind.name()),
        valid_from: body.valid_from,
        valid_until: body.valid_until,
        replace_unhealthy_instances: Some(false),
        spot_options: Some(wire::SpotOptions {
            allocation_strategy: text(body.spot_strategy.name()),
            instance_interruption_behavior: text("terminate"),
            instance_pools_to_use_count: number(body.pools_to_use),
            ..wire::SpotOptions::default()
        }),
        on_demand_options: Some(wire::OnDemandOptions {
            allocation_strategy: text(body.on_demand_strategy.name()),
            ..wire::OnDemandOptions::default()
        }),
        tags: Some(tags_to_wire(&fleet.tags)),
        errors: is_instant.then(|| {
            let all = errors(body).into_iter();
            let shown = all.map(|it| wire::DescribeFleetError {
                launch_template_and_overrides: it.launch_template_and_overrides,
                lifecycle: it.lifecycle,
                error_code: it.error_code,
                error_message: it.error_message,
            });
            shown.collect()
        }),
        instances: is_instant.then(|| {
            let all = launched(fleet, all).into_iter();
            let shown = all.map(|it| wire::DescribeFleetsInstances {
                launch_template_and_overrides: it.launch_template_and_overrides,
                lifecycle: it.lifecycle,
                instance_ids: it.instance_ids,
                instance_type: it.instance_type,
                platform: it.platform,
            });
            shown.collect()
        }),
        ..wire::FleetData::default()
    }
}

pub fn number(of: u32) -> Option<i32> {
    i32::try_from(of).ok()
}

fn specification(pool: &Pool) -> Option<wire::FleetLaunchTemplateSpecification> {
    let template = pool.template.as_ref()?;
    Some(wire::FleetLaunchTemplateSpecification {
        launch_template_id: template.id.clone(),
        launch_template_name: template.name.clone(),
        version: template.version.clone(),
    })
}

fn overrides(pool: &Pool) -> wire::FleetLaunchTemplateOverrides {
    wire::FleetLaunchTemplateOverrides {
        instance_type: pool.instance_type.clone(),
        max_price: pool.max_price.map(|it| it.to_string()),
        subnet_id: pool.subnet.clone(),
        availability_zone: pool.zone.clone(),
        weighted_capacity: pool.weight.map(f64::from),
        priority: priority(pool),
        image_id: pool.image.clone(),
        ..wire::FleetLaunchTemplateOverrides::default()
    }
}

/// As it was given.
pub fn priority(pool: &Pool) -> Option<f64> {
    let thousandths = pool.priority.and_then(|it| u32::try_from(it).ok());
    thousandths.map(|it| f64::from(it) / 1000.0)
}

/// Pools by their template, in the order they came in.
fn configs(body: &Body) -> Vec<wire::FleetLaunchTemplateConfig> {
    let mut all: Vec<wire::FleetLaunchTemplateConfig> = Vec::new();
    let mut before = None;
    for pool in &body.pools {
        let number = pool.alike.map(|it| it.number);
        // Pools of one override are shown as that.
        if number.is_some() && number == before {
            continue;
        }
        before = number;
        let template = specification(pool);
        match all.last_mut() {
            Some(last) if last.launch_template_specification == template && pool.overrides => {
                let shown = last.overrides.get_or_insert_default();
                shown.push(as_given(body, pool));
            }
            _ => all.push(wire::FleetLaunchTemplateConfig {
                launch_template_specification: template,
                overrides: pool.overrides.then(|| vec![as_given(body, pool)]),
            }),
        }
    }
    all
}

/// The override that a pool is of.
fn as_given(body: &Body, pool: &Pool) -> wire::FleetLaunchTemplateOverrides {
    let like = pool.alike.map(|it| it.number as usize);
    let like = like.and_then(|it| body.requirements.get(it));
    match like {
        None => overrides(pool),
        Some(like) => wire::FleetLaunchTemplateOverrides {
            instance_type: None,
            instance_requirements: Some(requirements_wire::shown(like)),
            ..overrides(pool)
        },
    }
}

fn of_pool(pool: &Pool) -> wire::LaunchTemplateAndOverridesResponse {
    wire::LaunchTemplateAndOverridesResponse {
        launch_template_specification: specification(pool),
        overrides: pool.overrides.then(|| overrides(pool)),
    }
}

fn lifecycle(spot: bool) -> Option<String> {
    Some(if spot { "spot" } else { "on-demand" }.to_owned())
}

/// What went wrong with the launches of a fleet.
pub fn errors(body: &Body) -> Vec<wire::CreateFleetError> {
    let shown = |it: &Failure| wire::CreateFleetError {
        launch_template_and_overrides: body.pools.get(it.pool as usize).map(of_pool),
        lifecycle: lifecycle(it.spot),
        error_code: Some(it.code.clone()),
        error_message: Some(it.message.clone()),
    };
    body.failures.iter().map(shown).collect()
}

/// Instances of a fleet by pool, market and zone.
pub fn launched(fleet: &Fleet, all: &[Instance]) -> Vec<wire::CreateFleetInstance> {
    let mut by_pool: BTreeMap<(u32, bool, &str), Vec<&Instance>> = BTreeMap::new();
    for it in all {
        if let Some(member) = it.fleet.as_ref().filter(|it| it.id == fleet.id) {
            let key = (member.pool, it.spot.is_some(), it.subnet_id.as_str());
            by_pool.entry(key).or_default().push(it);
        }
    }
    let shown = by_pool.into_iter().map(|((pool, spot, subnet), all)| {
        let first = all.first();
        wire::CreateFleetInstance {
            launch_template_and_overrides: fleet.body.pools.get(pool as usize).map(of_pool),
            lifecycle: lifecycle(spot),
            instance_ids: Some(all.iter().map(|it| it.id.clone()).collect()),
            instance_type: first.map(|it| it.instance_type.clone()),
            availability_zone: first.map(|it| it.zone.clone()),
            subnet_id: Some(subnet.to_owned()),
            ..wire::CreateFleetInstance::default()
        }
    });
    shown.collect()
}
