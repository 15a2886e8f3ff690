//! CreateFleet. An instant fleet launches before it answers; others are filled by the reconciler.

use wharf_api_ec2::types::{
    CreateFleetRequest, CreateFleetResult, FleetLaunchTemplateConfigRequest,
    FleetLaunchTemplateOverridesRequest, FleetLaunchTemplateSpecificationRequest,
    LaunchTemplateSpecification, OnDemandOptionsRequest, RunInstancesRequest, SpotOptionsRequest,
};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown, encode};
use wharf_service::{Stored, transact};
use wharf_store::Compare;
use wharf_wire::{Call, Context, Fault};

use super::{
    allocate::Strategy,
    describe::{errors, launched},
    fault as fleet_fault,
    fill::{finish, launch_of},
    records::{Alike, AnyFleet, Body, Fleet, Meant, Pool, State, Template, Type, Units},
    requirements::Requirements,
    requirements_wire,
    suitable::expand,
};
use crate::{
    Ec2Service, fault,
    images::alias::is_alias,
    launch_templates::{settle, settled},
    records::{Instance, Pointer},
    spot::{Price, check_interruption},
    table::{client_token, digest_of},
    tags,
};

/// Fleets of an account and region, of each of both kinds.
pub const MOST: usize = 500;
/// … with instant ones, and those that are deleted and still shown.
const MOST_SHOWN: usize = 2000;
/// Bytes of one, as it is stored: it is written again with instances that it launches, in one transaction.
const MOST_BYTES: usize = 512 << 10;
/// Pools of one.
pub const MOST_POOLS: usize = 50;
/// Units of one.
pub const MOST_UNITS: u32 = 1000;

pub fn token_id<T: AnyFleet>(token: &str) -> String {
    format!("{}-token:{token}", T::KIND)
}

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateFleetRequest,
) -> Result<CreateFleetResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let token = client_token(input.client_token.as_deref())?.map(str::to_owned);
    let mut body = body(call, &input)?;
    body.client_token.clone_from(&token);
    body.request = digest_of(&CreateFleetRequest {
        client_token: None,
        dry_run: None,
        ..input.clone()
    });
    let mut specified = input.tag_specifications.unwrap_or_default();
    let of_instances = specified.extract_if(.., |it| {
        body.kind == Type::Instant && it.resource_type.as_deref() == Some(Instance::KIND)
    });
    let of_instances: Vec<_> = of_instances.collect();
    body.instance_tags = tags::specified(call, Some(&of_instances), Instance::KIND)?;
    let mut fleet = Fleet {
        id: format!("fleet-{}", ids::uuid()),
        body,
        tags: tags::specified(call, Some(&specified), Fleet::KIND)?,
        unknown: Unknown::new(),
    };
    service.ensure_default_vpc(&call.permit, call).await?;
    keep_templates(service, call, &mut fleet).await?;
    expand(service, call, &mut fleet).await?;
    let mut stored = put(service, call, fleet).await?;
    if stored.record.body.kind != Type::Instant {
        return Ok(CreateFleetResult {
            fleet_id: Some(stored.record.id),
            errors: Some(Vec::new()),
            instances: Some(Vec::new()),
        });
    }
    finish(service, call, &mut stored).await?;
    let all: Vec<Instance> = service.all(call).await?;
    Ok(CreateFleetResult {
        errors: Some(errors(&stored.record.body)),
        instances: Some(launched(&stored.record, &all)),
        fleet_id: Some(stored.record.id),
    })
}

/// Writes a fleet, unless its token made one before.
pub async fn put<T: AnyFleet>(
    service: &Ec2Service,
    call: &Call,
    fleet: T,
) -> Result<Stored<T>, Fault> {
    if encode(&fleet).len() > MOST_BYTES {
        return Err(fleet_fault::too_long(MOST_BYTES));
    }
    let key = Ec2Service::key::<T>(call, fleet.id());
    let token = fleet.body().client_token.as_deref();
    let token = token.map(|it| Ec2Service::key::<Pointer>(call, &token_id::<T>(it)));
    let _turn = service.counting.take((&call.account, T::KIND)).await;
    transact!(service.table, &call.permit, |tx| {
        if let Some(token) = &token
            && let Some(pointer) = tx.find::<Pointer>(token).await?
            && let Some(made) = service.stored::<T>(call, &pointer.id).await?
        {
            return match made.record.body().request == fleet.body().request {
                true => Ok(made),
                false => Err(fault::token_reused()),
            };
        }
        let all: Vec<T> = service.all(call).await?;
        let counting = all.iter().filter(|it| counts(it.body())).count();
        if counting >= MOST || all.len() >= MOST_SHOWN {
            return Err(fleet_fault::too_many(MOST));
        }
        tx.when(Compare::absent(key.clone()));
        tx.put(&key, &fleet);
        if let Some(token) = &token {
            tx.put(token, &Pointer::to(fleet.id()));
        }
    });
    let stored = service.table.read::<T>(&key).await?;
    stored.ok_or_else(|| T::missing(fleet.id()))
}

/// Instant fleets are as many as their calls make, and none that is deleted is worth a refusal.
fn counts(body: &Body) -> bool {
    body.kind != Type::Instant && body.state != State::Deleted
}

/// Templates must be there, and leave the market to the fleet. What their names mean now is what the fleet launches: who makes it
/// may launch that, and nothing that others make of the names later.
pub async fn keep_templates<T: AnyFleet>(
    service: &Ec2Service,
    call: &Call,
    fleet: &mut T,
) -> Result<(), Fault> {
    let pools = fleet.body_mut().pools.iter_mut();
    for template in pools.filter_map(|it| it.template.as_mut()) {
        keep_template(service, call, template).await?;
    }
    Ok(())
}

pub async fn keep_template(
    service: &Ec2Service,
    call: &Call,
    template: &mut Template,
) -> Result<(), Fault> {
    let resolved = settled(service, call, &template.named()).await?;
    if resolved.data.market.is_some() {
        return Err(fleet_fault::bad_config(
            "The launch template must not specify InstanceMarketOptions.",
        ));
    }
    // What the parameter says may be another image with each launch, and nobody is there then in whose name it is read.
    if resolved.data.image_id.as_deref().is_some_and(is_alias) {
        return Err(fleet_fault::bad_config(
            "The launch template must not name its image by a parameter of Systems Manager.",
        ));
    }
    template.meant = Some(Meant {
        id: resolved.template.id,
        version: resolved.version,
    });
    Ok(())
}

/// Finds what templates mean for who asks whether a fleet of them may be made: once each, however many pools have it. What has
/// no meaning is refused by the operation.
pub async fn settle_templates<T: AnyFleet>(
    service: &Ec2Service,
    cx: &Context,
    fleet: &mut T,
) -> Result<(), Fault> {
    let mut found: Vec<(LaunchTemplateSpecification, Option<Meant>)> = Vec::new();
    let pools = fleet.body_mut().pools.iter_mut();
    let templates = pools.filter_map(|it| it.template.as_mut());
    for template in templates.filter(|it| it.meant.is_none()) {
        let named = template.named();
        template.meant = match found.iter().find(|it| it.0 == named) {
            Some((_, meant)) => meant.clone(),
            None => {
                let meant = match settle(service, cx, &named).await {
                    Ok(it) => Some(Meant {
                        id: it.template.id,
                        version: it.version,
                    }),
                    Err(fault) if fault.sender => None,
                    Err(fault) => return Err(fault),
                };
                found.push((named, meant.clone()));
                meant
            }
        };
    }
    Ok(())
}

impl Template {
    pub fn of(given: FleetLaunchTemplateSpecificationRequest) -> Self {
        Self {
            id: given.launch_template_id.filter(|it| !it.is_empty()),
            name: given.launch_template_name.filter(|it| !it.is_empty()),
            version: given.version.filter(|it| !it.is_empty()),
            meant: None,
        }
    }

    /// What it means, and as long as nothing is known of that, its name.
    pub fn named(&self) -> LaunchTemplateSpecification {
        match &self.meant {
            Some(meant) => LaunchTemplateSpecification {
                launch_template_id: Some(meant.id.clone()),
                launch_template_name: None,
                version: Some(meant.version.to_string()),
            },
            None => LaunchTemplateSpecification {
                launch_template_id: self.id.clone(),
                launch_template_name: self.name.clone(),
                version: self.version.clone(),
            },
        }
    }
}

/// What instances of its pools are asked for, for who may launch them. What cannot be told is refused by the operation.
pub async fn configured(
    service: &Ec2Service,
    cx: &Context,
    input: &CreateFleetRequest,
) -> Result<Vec<RunInstancesRequest>, Fault> {
    let Ok(mut body) = body(cx, input) else {
        return Ok(Vec::new());
    };
    let is_instant = body.kind == Type::Instant;
    let of_instances = input.tag_specifications.iter().flatten();
    let of_instances =
        of_instances.filter(|it| is_instant && it.resource_type.as_deref() == Some(Instance::KIND));
    let tags = of_instances.flat_map(|it| it.tags.iter().flatten());
    let tags = tags.filter_map(|it| Some((it.key.clone()?, it.value.clone().unwrap_or_default())));
    body.instance_tags = tags.collect();
    let markets = markets(body.target, body.default_spot);
    let mut fleet = Fleet {
        id: "fleet-".to_owned(),
        body,
        tags: wharf_records::ecs::Tags::new(),
        unknown: Unknown::new(),
    };
    settle_templates(service, cx, &mut fleet).await?;
    match expand(service, cx, &mut fleet).await {
        Err(fault) if fault.sender => return Ok(Vec::new()),
        expanded => expanded?,
    }
    launches(service, cx, &fleet, &markets).await
}

/// Of which markets there are units: whether they are Spot. A fleet of none is asked for what more of it would be.
pub fn markets(target: Units, default_spot: bool) -> Vec<bool> {
    let none = target.total() == 0;
    let on_demand = target.on_demand > 0 || none && !default_spot;
    let spot = target.spot > 0 || none && default_spot;
    let all = [(false, on_demand), (true, spot)].into_iter();
    all.filter_map(|(spot, is_asked)| is_asked.then_some(spot))
        .collect()
}

/// Of each pool in each of the markets.
pub async fn launches<T: AnyFleet>(
    service: &Ec2Service,
    cx: &Context,
    fleet: &T,
    markets: &[bool],
) -> Result<Vec<RunInstancesRequest>, Fault> {
    let mut all = Vec::new();
    for spot in markets {
        for pool in fleet.body().pools.iter().filter(|it| it.is_for(*spot)) {
            match launch_of(service, cx, (fleet, pool), *spot).await {
                Ok(launch) => all.push(launch),
                // Such a pool launches nothing.
                Err(fault) if fault.sender => {}
                Err(fault) => return Err(fault),
            }
        }
    }
    Ok(all)
}

fn body(cx: &Context, input: &CreateFleetRequest) -> Result<Body, Fault> {
    let kind = match input.type_.as_deref() {
        None | Some("" | "maintain") => Type::Maintain,
        Some("request") => Type::Request,
        Some("instant") => Type::Instant,
        Some(other) => return Err(fault::bad_value_of("Type", other)),
    };
    let spot = input.spot_options.clone().unwrap_or_default();
    let on_demand = input.on_demand_options.clone().unwrap_or_default();
    let target = input.target_capacity_specification.clone();
    let target = target.ok_or_else(|| fault::missing_parameter("TargetCapacitySpecification"))?;
    let default_spot = match target.default_target_capacity_type.as_deref() {
        None | Some("" | "spot") => true,
        Some("on-demand") => false,
        Some(other) => return Err(fault::bad_value_of("DefaultTargetCapacityType", other)),
    };
    let units = units(
        target.total_target_capacity,
        (
            target.on_demand_target_capacity,
            target.spot_target_capacity,
        ),
        default_spot,
    )?;
    let configs = input.launch_template_configs.as_deref().unwrap_or_default();
    if configs.is_empty() {
        return Err(fault::missing_parameter("LaunchTemplateConfigs"));
    }
    let (mut pools, mut requirements) = (Vec::new(), Vec::new());
    for config in configs {
        pools.extend(pools_of(config, &mut requirements)?);
        check_count(pools.len())?;
    }
    check_times(input.valid_from, input.valid_until, cx)?;
    let ends_excess = ends_excess(input.excess_capacity_termination_policy.as_deref())?;
    let (spot_strategy, pools_to_use) = spot_options(&spot)?;
    Ok(Body {
        kind,
        state: State::Active,
        target: units,
        default_spot,
        pools,
        specifications: Vec::new(),
        requirements,
        spot_strategy,
        pools_to_use,
        on_demand_strategy: on_demand_strategy(&on_demand)?,
        max_price: None,
        ends_excess,
        ends_with_expiration: input.terminate_instances_with_expiration == Some(true),
        valid_from: input.valid_from,
        valid_until: input.valid_until,
        launched: Units::default(),
        filling: kind == Type::Instant,
        failures: Vec::new(),
        client_token: None,
        request: String::new(),
        instance_tags: wharf_records::ecs::Tags::new(),
        role: None,
        created_at: cx.now,
        since: cx.now,
    })
}

pub fn check_count(pools: usize) -> Result<(), Fault> {
    match pools <= MOST_POOLS {
        true => Ok(()),
        false => Err(fleet_fault::bad_config(format!(
            "A fleet can have {MOST_POOLS} pools at most."
        ))),
    }
}

pub fn check_times(
    from: Option<wharf_base::Timestamp>,
    until: Option<wharf_base::Timestamp>,
    cx: &Context,
) -> Result<(), Fault> {
    let is_turned = matches!((from, until), (Some(from), Some(until)) if until <= from);
    match until.filter(|until| is_turned || *until <= cx.now) {
        Some(until) => Err(fault::bad_value_of("ValidUntil", &until.iso8601())),
        None => Ok(()),
    }
}

pub fn ends_excess(given: Option<&str>) -> Result<bool, Fault> {
    match given {
        None | Some("" | "termination" | "default") => Ok(true),
        Some("no-termination" | "noTermination") => Ok(false),
        Some(other) => Err(fault::bad_value_of(
            "ExcessCapacityTerminationPolicy",
            other,
        )),
    }
}

/// Units of each market.
pub fn units(
    total: Option<i32>,
    (on_demand, spot): (Option<i32>, Option<i32>),
    default_spot: bool,
) -> Result<Units, Fault> {
    let read = |given: Option<i32>, name: &str| match given {
        None => Ok(None),
        Some(given) => match u32::try_from(given).ok().filter(|it| *it <= MOST_UNITS) {
            Some(units) => Ok(Some(units)),
            None => Err(fault::bad_value_of(name, &given.to_string())),
        },
    };
    let total = read(total, "TotalTargetCapacity")?;
    let total = total.ok_or_else(|| fault::missing_parameter("TotalTargetCapacity"))?;
    let on_demand = read(on_demand, "OnDemandTargetCapacity")?;
    let spot = read(spot, "SpotTargetCapacity")?;
    let units = match (on_demand, spot) {
        (Some(on_demand), Some(spot)) => Units { on_demand, spot },
        (Some(on_demand), None) => Units {
            on_demand,
            spot: total.saturating_sub(on_demand),
        },
        (None, Some(spot)) => Units {
            on_demand: total.saturating_sub(spot),
            spot,
        },
        (None, None) if default_spot => Units {
            on_demand: 0,
            spot: total,
        },
        (None, None) => Units {
            on_demand: total,
            spot: 0,
        },
    };
    match units.total() == total {
        true => Ok(units),
        false => Err(fleet_fault::bad_config(
            "The sum of OnDemandTargetCapacity and SpotTargetCapacity must be TotalTargetCapacity.",
        )),
    }
}

fn spot_options(given: &SpotOptionsRequest) -> Result<(Strategy, u32), Fault> {
    check_interruption(given.instance_interruption_behavior.as_deref())?;
    let strategy = match given
        .allocation_strategy
        .as_deref()
        .filter(|it| !it.is_empty())
    {
        None => Strategy::LowestPrice,
        Some(text) => Strategy::of_spot(text)
            .ok_or_else(|| fault::bad_value_of("SpotOptions.AllocationStrategy", text))?,
    };
    Ok((
        strategy,
        pools_to_use(strategy, given.instance_pools_to_use_count)?,
    ))
}

pub fn pools_to_use(strategy: Strategy, given: Option<i32>) -> Result<u32, Fault> {
    match given {
        None => Ok(1),
        Some(_) if strategy != Strategy::LowestPrice => Err(fault::bad_combination(
            "InstancePoolsToUseCount can be used with the allocation strategy lowest-price only.",
        )),
        Some(count) => match u32::try_from(count).ok().filter(|it| *it > 0) {
            Some(count) => Ok(count),
            None => {
                let text = count.to_string();
                Err(fault::bad_value_of("InstancePoolsToUseCount", &text))
            }
        },
    }
}

fn on_demand_strategy(given: &OnDemandOptionsRequest) -> Result<Strategy, Fault> {
    match given
        .allocation_strategy
        .as_deref()
        .filter(|it| !it.is_empty())
    {
        None => Ok(Strategy::LowestPrice),
        Some(text) => Strategy::of_on_demand(text)
            .ok_or_else(|| fault::bad_value_of("OnDemandOptions.AllocationStrategy", text)),
    }
}

/// What types that are not named must be like is added to `requirements`.
fn pools_of(
    config: &FleetLaunchTemplateConfigRequest,
    requirements: &mut Vec<Requirements>,
) -> Result<Vec<Pool>, Fault> {
    let given = config.launch_template_specification.clone();
    let given = given.ok_or_else(|| fault::missing_parameter("LaunchTemplateSpecification"))?;
    let template = Template::of(given);
    if template.version.is_none() {
        return Err(fault::missing_parameter(
            "LaunchTemplateSpecification.Version",
        ));
    }
    let overrides = config.overrides.as_deref().unwrap_or_default();
    if overrides.is_empty() {
        return Ok(vec![Pool::of(template)]);
    }
    let mut pools = Vec::with_capacity(overrides.len().min(MOST_POOLS));
    for given in overrides {
        let mut pool = pool(template.clone(), given)?;
        if let Some(like) = &given.instance_requirements {
            if pool.instance_type.is_some() {
                return Err(fleet_fault::bad_config(
                    "An override can have either an InstanceType or InstanceRequirements.",
                ));
            }
            pool.alike = Some(Alike {
                number: u32::try_from(requirements.len()).unwrap_or(u32::MAX),
                not_in: None,
            });
            requirements.push(requirements_wire::read(like)?);
        }
        pools.push(pool);
    }
    Ok(pools)
}

impl Pool {
    pub fn of(template: Template) -> Self {
        Self {
            template: Some(template),
            specification: None,
            overrides: false,
            instance_type: None,
            image: None,
            subnet: None,
            zone: None,
            max_price: None,
            weight: None,
            priority: None,
            alike: None,
        }
    }
}

fn pool(template: Template, given: &FleetLaunchTemplateOverridesRequest) -> Result<Pool, Fault> {
    let text = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
    Ok(Pool {
        overrides: true,
        instance_type: text(&given.instance_type),
        image: text(&given.image_id),
        subnet: text(&given.subnet_id),
        zone: text(&given.availability_zone),
        max_price: price(given.max_price.as_deref())?,
        weight: weight(given.weighted_capacity)?,
        priority: priority(given.priority)?,
        ..Pool::of(template)
    })
}

pub fn price(given: Option<&str>) -> Result<Option<Price>, Fault> {
    match given.filter(|it| !it.is_empty()) {
        None => Ok(None),
        Some(text) => match Price::parse(text) {
            Some(price) => Ok(Some(price)),
            None => Err(fault::bad_value_of("MaxPrice", text)),
        },
    }
}

/// Whole units.
pub fn weight(given: Option<f64>) -> Result<Option<u32>, Fault> {
    match given {
        None => Ok(None),
        Some(weight) if (1.0..=999.0).contains(&weight) && weight.fract() == 0.0 => {
            // Between one and 999.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Ok(Some(weight as u32))
        }
        Some(weight) => Err(fault::bad_value_of("WeightedCapacity", &weight.to_string())),
    }
}

pub fn priority(given: Option<f64>) -> Result<Option<u64>, Fault> {
    match given {
        None => Ok(None),
        Some(priority) if (0.0..=1e9).contains(&priority) =>
        {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Ok(Some((priority * 1000.0) as u64))
        }
        Some(priority) => Err(fault::bad_value_of("Priority", &priority.to_string())),
    }
}
