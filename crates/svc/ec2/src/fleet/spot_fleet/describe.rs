//! A Spot Fleet as the API shows it.

use wharf_api_ec2::types as wire;

use super::super::{
    describe::{activity, number, priority as shown_priority, seen},
    plan::capacity,
    records::{Body, Pool, SpotFleet, State},
};
use crate::{
    launch_templates::merge,
    records::{Instance, tags_to_wire},
};

pub(super) fn state(body: &Body) -> &'static str {
    match body.state {
        State::Active => "active",
        State::DeletedRunning => "cancelled_running",
        State::DeletedTerminating => "cancelled_terminating",
        State::Deleted => "cancelled",
    }
}

pub(super) fn shown(fleet: &SpotFleet, all: &[Instance]) -> wire::SpotFleetRequestConfig {
    let body = &fleet.body;
    let has = capacity(&seen(&fleet.id, body, all));
    let text = |text: &str| Some(text.to_owned());
    let from_templates = body.specifications.is_empty();
    wire::SpotFleetRequestConfig {
        activity_status: text(activity(body, has)),
        create_time: Some(body.created_at),
        spot_fleet_request_config: Some(wire::SpotFleetRequestConfigData {
            allocation_strategy: Some(body.spot_strategy.camel()),
            on_demand_allocation_strategy: Some(body.on_demand_strategy.camel()),
            client_token: body.client_token.clone(),
            excess_capacity_termination_policy: text(match body.ends_excess {
                true => "default",
                false => "noTermination",
            }),
            fulfilled_capacity: Some(has.total().into()),
            on_demand_fulfilled_capacity: Some(has.on_demand.into()),
            iam_fleet_role: body.role.clone(),
            launch_specifications: (!from_templates).then(|| {
                body.pools
                    .iter()
                    .map(|it| shown_specification(body, it))
                    .collect()
            }),
            launch_template_configs: from_templates.then(|| configs(body)),
            spot_price: body.max_price.map(|it| it.to_string()),
            target_capacity: number(body.target.total()),
            on_demand_target_capacity: number(body.target.on_demand),
            terminate_instances_with_expiration: Some(body.ends_with_expiration),
            type_: text(body.kind.name()),
            valid_from: body.valid_from,
            valid_until: body.valid_until,
            replace_unhealthy_instances: Some(false),
            instance_interruption_behavior: text("terminate"),
            instance_pools_to_use_count: number(body.pools_to_use),
            ..wire::SpotFleetRequestConfigData::default()
        }),
        spot_fleet_request_id: Some(fleet.id.clone()),
        spot_fleet_request_state: text(state(body)),
        tags: Some(tags_to_wire(&fleet.tags)),
    }
}

fn shown_specification(body: &Body, pool: &Pool) -> wire::SpotFleetLaunchSpecification {
    let number = pool.specification.unwrap_or_default() as usize;
    let launch = body.specifications.get(number).map(|it| it.launch.clone());
    let asked = merge(
        &launch.unwrap_or_default(),
        wire::RunInstancesRequest::default(),
    );
    let placement = asked.placement.unwrap_or_default();
    let groups = asked.security_group_ids.unwrap_or_default().into_iter();
    let groups = groups.map(|id| wire::GroupIdentifier {
        group_id: Some(id),
        group_name: None,
    });
    let tags = asked.tag_specifications.unwrap_or_default().into_iter();
    let tags = tags.map(|it| wire::SpotFleetTagSpecification {
        resource_type: it.resource_type,
        tags: it.tags,
    });
    wire::SpotFleetLaunchSpecification {
        block_device_mappings: asked.block_device_mappings,
        iam_instance_profile: asked.iam_instance_profile,
        image_id: asked.image_id,
        instance_type: asked.instance_type,
        key_name: asked.key_name,
        network_interfaces: asked.network_interfaces,
        placement: placement.availability_zone.map(|zone| wire::SpotPlacement {
            availability_zone: Some(zone),
            ..wire::SpotPlacement::default()
        }),
        spot_price: pool.max_price.map(|it| it.to_string()),
        subnet_id: pool.subnet.clone(),
        weighted_capacity: pool.weight.map(f64::from),
        tag_specifications: Some(tags.collect()),
        security_groups: Some(groups.collect()),
        ..wire::SpotFleetLaunchSpecification::default()
    }
}

fn configs(body: &Body) -> Vec<wire::LaunchTemplateConfig> {
    let mut all: Vec<wire::LaunchTemplateConfig> = Vec::new();
    for pool in &body.pools {
        let template = pool
            .template
            .as_ref()
            .map(|it| wire::FleetLaunchTemplateSpecification {
                launch_template_id: it.id.clone(),
                launch_template_name: it.name.clone(),
                version: it.version.clone(),
            });
        let overrides = wire::LaunchTemplateOverrides {
            instance_type: pool.instance_type.clone(),
            spot_price: pool.max_price.map(|it| it.to_string()),
            subnet_id: pool.subnet.clone(),
            availability_zone: pool.zone.clone(),
            weighted_capacity: pool.weight.map(f64::from),
            priority: shown_priority(pool),
            ..wire::LaunchTemplateOverrides::default()
        };
        match all.last_mut() {
            Some(last) if last.launch_template_specification == template && pool.overrides => {
                last.overrides.get_or_insert_default().push(overrides);
            }
            _ => all.push(wire::LaunchTemplateConfig {
                launch_template_specification: template,
                overrides: pool.overrides.then(|| vec![overrides]),
            }),
        }
    }
    all
}
