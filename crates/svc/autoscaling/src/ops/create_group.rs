//! CreateAutoScalingGroup.

use wharf_api_autoscaling::CreateAutoScalingGroupType;
use wharf_base::ids;
use wharf_records::Record as _;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::{given, hooks, mixed, target_groups};
use crate::{
    core::Core,
    fault::{self, invalid},
    names,
    plan::words_at,
    records::{Group, Hook, Kept},
    tags,
};

/// Groups of a region, as AWS has it.
pub const MOST_GROUPS: usize = 500;
const COOLDOWN: i32 = 300;
pub const ONE_SOURCE: &str = "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.";

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateAutoScalingGroupType,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.clone().unwrap_or_default();
    if name.contains(':') {
        return Err(invalid(
            "The name of an AutoScalingGroup must not contain a colon.",
        ));
    }
    role(&place, input.service_linked_role_arn.as_deref())?;
    let min = given::size(input.min_size.unwrap_or_default(), "minSize")?;
    let max = given::size(input.max_size.unwrap_or_default(), "maxSize")?;
    let desired = input
        .desired_capacity
        .map(|it| given::size(it, "desiredCapacity"));
    let desired = desired.transpose()?.unwrap_or(min);
    given::sizes(min, max, desired)?;
    let given = input.mixed_instances_policy.map(|it| mixed::read(it, None));
    let (of_mixed, mut mixed) = given.transpose()?.unzip();
    let of_mixed = of_mixed.flatten();
    if let Some(mixed) = &mut mixed {
        mixed::settle(core, call, mixed).await?;
    }
    let (configuration, template) = (
        input.launch_configuration_name.as_deref(),
        input.launch_template.as_ref(),
    );
    if mixed.is_some() && (template.is_some() || configuration.is_some()) {
        return Err(invalid(ONE_SOURCE));
    }
    let template = template.or(of_mixed.as_ref());
    let launch = given::source(core, call, configuration, template).await?;
    let launch = launch.ok_or_else(|| invalid(ONE_SOURCE))?;
    if mixed.is_some() {
        mixed::check_market(core, call, &launch).await?;
    }
    let (identifier, zones) = (
        input.vpc_zone_identifier.as_deref(),
        input.availability_zones.as_deref(),
    );
    let subnets = given::subnets(core, call, identifier, zones).await?;
    let placement_group = input.placement_group.filter(|it| !it.is_empty());
    given::may_launch(
        core,
        call,
        &launch,
        (&subnets, placement_group.as_deref()),
        mixed.as_ref(),
    )
    .await?;
    mixed::may_have_spot(core, call, &launch, (&subnets, mixed.as_ref())).await?;
    let mut target_groups = input.target_group_arns.unwrap_or_default();
    target_groups.extend(target_groups::of_sources(input.traffic_sources)?);
    target_groups.sort();
    target_groups.dedup();
    target_groups::checked(core, &place, &target_groups).await?;
    let (tags, propagated) = tags::given(input.tags.as_deref().unwrap_or_default())?;
    let now = core.now();
    let cause = format!(
        "a user request created an AutoScalingGroup changing the desired capacity from 0 to {desired}."
    );
    let warmup = input.default_instance_warmup.map(given::warmup);
    let group = Group {
        name: name.clone(),
        uuid: ids::uuid(),
        created_at: now,
        launch,
        min,
        max,
        desired,
        cooldown_seconds: given::seconds(
            input.default_cooldown.unwrap_or(COOLDOWN),
            "defaultCooldown",
        )?,
        warmup_seconds: warmup.transpose()?.flatten(),
        subnets,
        rebalances: input.capacity_rebalance == Some(true),
        evenly_only: given::evenly_only(input.availability_zone_distribution.as_ref())
            .unwrap_or_default(),
        elb_health: given::health_check(input.health_check_type.as_deref().unwrap_or("EC2"))?,
        grace_seconds: given::seconds(
            input.health_check_grace_period.unwrap_or_default(),
            "healthCheckGracePeriod",
        )?,
        termination: given::termination(&input.termination_policies.unwrap_or_default())?,
        protects_new: input.new_instances_protected_from_scale_in == Some(true),
        max_lifetime_seconds: given::lifetime(input.max_instance_lifetime.unwrap_or_default())?,
        maintenance: match &input.instance_maintenance_policy {
            Some(it) => given::maintenance(it)?,
            None => None,
        },
        tags,
        propagated,
        suspended: Default::default(),
        target_groups,
        placement_group,
        context: input.context,
        kept: input.deletion_protection.as_deref().and_then(Kept::named),
        deleting: false,
        cause: Some(words_at(now, &cause)),
        failing: Default::default(),
        heeded: Default::default(),
        scaled: None,
        lowered_at: None,
        resting: None,
        mixed,
        pool: None,
        notifications: Default::default(),
        metrics: Default::default(),
        unknown: Default::default(),
    };
    let made = input.lifecycle_hook_specification_list.unwrap_or_default();
    if made.len() > hooks::MOST {
        return Err(hooks::too_many());
    }
    let made = made.into_iter().map(|it| hooks::read(&name, it, None));
    let made: Vec<Hook> = made.collect::<Result<_, _>>()?;
    for hook in &made {
        hooks::try_out(core, &place, &group, hook).await?;
    }
    let key = names::group_key(&place, &name);
    let all = names::scope(&place).prefix(Group::KIND);
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Group>(&key).await?.is_some() {
            return Err(fault::group_exists(&name));
        }
        if core.table.count(&all).await? >= MOST_GROUPS {
            return Err(wharf_api_autoscaling::faults::limit_exceeded_fault(
                format!("You may have at most {MOST_GROUPS} AutoScalingGroups."),
            ));
        }
        given::hold(&mut tx, &place, &group.launch).await?;
        for hook in &made {
            tx.put(names::hook_key(&place, &group.uuid, &hook.name), hook);
        }
        tx.put(&key, &group);
    });
    Ok(())
}

/// There is one role by which groups act.
pub fn role(place: &Place, given: Option<&str>) -> Result<(), Fault> {
    match given {
        Some(arn) if arn != names::role_arn(place) => Err(invalid(format!(
            "The service-linked role {arn} is not supported by this version of wharf: groups act with {}.",
            names::role_arn(place)
        ))),
        _ => Ok(()),
    }
}
