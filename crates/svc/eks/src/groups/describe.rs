//! Node groups on the wire. Pure.

use serde_json::{Value, json};
use wharf_api_eks::{
    AutoScalingGroup, Issue, LaunchTemplateSpecification, NodeRepairConfig,
    NodeRepairConfigOverrides, Nodegroup, NodegroupHealth, NodegroupResources,
    NodegroupScalingConfig, NodegroupUpdateConfig, Taint,
};
use wharf_base::arn;
use wharf_service::Place;

use super::{
    records::{NodeGroup, Size, Unavailable},
    repair::Rules,
};
use crate::names;

/// `size` is that of the Auto Scaling group, where it is there.
pub fn group(place: &Place, record: &NodeGroup, size: Option<Size>) -> Nodegroup {
    let text = |it: &str| Some(it.to_owned());
    let size = size.unwrap_or(record.size);
    let groups = record.launched.then(|| {
        vec![AutoScalingGroup {
            name: Some(record.scaling_group()),
        }]
    });
    let issues = record.issues.iter().map(|it| Issue {
        code: text(&it.code),
        message: text(&it.message),
        resource_ids: Some(it.resources.clone()),
    });
    let taints = record.taints.iter().map(|it| Taint {
        key: text(&it.key),
        value: Some(it.value.clone()).filter(|it| !it.is_empty()),
        effect: text(&it.effect),
    });
    let (number, percent) = parted(Some(record.unavailable));
    let own_type = record
        .source
        .as_ref()
        .is_some_and(|it| it.instance_type.is_some());
    Nodegroup {
        nodegroup_name: text(&record.name),
        nodegroup_arn: Some(names::group_arn(place, record)),
        cluster_name: text(&record.cluster),
        version: text(&record.version),
        release_version: Some(record.release.clone()).filter(|it| !it.is_empty()),
        created_at: Some(record.created_at),
        modified_at: Some(record.modified_at),
        status: text(record.status.name()),
        capacity_type: text(record.capacity_type()),
        scaling_config: Some(NodegroupScalingConfig {
            min_size: Some(size.min),
            max_size: Some(size.max),
            desired_size: Some(size.desired),
        }),
        instance_types: (!own_type).then(|| record.types.clone()),
        subnets: Some(record.subnets.clone()),
        ami_type: text(&record.ami_type),
        node_role: Some(arn::as_seen_from(&place.region, &record.role).into_owned()),
        labels: Some(record.labels.clone()),
        taints: Some(taints.collect::<Vec<_>>()).filter(|it| !it.is_empty()),
        resources: Some(NodegroupResources {
            auto_scaling_groups: groups,
            ..NodegroupResources::default()
        }),
        health: Some(NodegroupHealth {
            issues: Some(issues.collect()),
        }),
        update_config: Some(NodegroupUpdateConfig {
            max_unavailable: number,
            max_unavailable_percentage: percent,
            update_strategy: text(&record.strategy),
        }),
        node_repair_config: Some(repair(&record.repair)),
        // A launch template says it, if there is one.
        disk_size: record.source.is_none().then_some(record.disk_gib),
        launch_template: record
            .source
            .as_ref()
            .map(|it| LaunchTemplateSpecification {
                name: text(&it.name),
                version: text(&it.version),
                id: text(&it.id),
            }),
        tags: Some(record.tags.clone()),
        ..Nodegroup::default()
    }
}

fn parted(of: Option<Unavailable>) -> (Option<i32>, Option<i32>) {
    match of {
        Some(Unavailable::Number(number)) => (Some(number), None),
        Some(Unavailable::Percent(percent)) => (None, Some(percent)),
        None => (None, None),
    }
}

/// How nodes are repaired.
pub fn repair(rules: &Rules) -> NodeRepairConfig {
    let (bearable, parallel) = (parted(rules.bearable), parted(rules.parallel));
    let overrides = rules.overrides.iter().map(|it| NodeRepairConfigOverrides {
        node_monitoring_condition: Some(it.condition.clone()),
        node_unhealthy_reason: Some(it.reason.clone()),
        min_repair_wait_time_mins: i32::try_from(it.wait_mins).ok(),
        repair_action: Some(it.action.name().to_owned()),
    });
    NodeRepairConfig {
        enabled: Some(rules.enabled),
        max_unhealthy_node_threshold_count: bearable.0,
        max_unhealthy_node_threshold_percentage: bearable.1,
        max_parallel_nodes_repaired_count: parallel.0,
        max_parallel_nodes_repaired_percentage: parallel.1,
        node_repair_config_overrides: Some(overrides.collect::<Vec<_>>())
            .filter(|it| !it.is_empty()),
    }
}

/// The same as an update tells it.
pub fn repair_text(rules: &Rules) -> String {
    let (bearable, parallel) = (parted(rules.bearable), parted(rules.parallel));
    let overrides = rules.overrides.iter().map(|it| {
        json!({
            "nodeMonitoringCondition": it.condition,
            "nodeUnhealthyReason": it.reason,
            "minRepairWaitTimeMins": it.wait_mins,
            "repairAction": it.action.name(),
        })
    });
    let all = [
        ("enabled", json!(rules.enabled)),
        ("maxUnhealthyNodeThresholdCount", json!(bearable.0)),
        ("maxUnhealthyNodeThresholdPercentage", json!(bearable.1)),
        ("maxParallelNodesRepairedCount", json!(parallel.0)),
        ("maxParallelNodesRepairedPercentage", json!(parallel.1)),
        ("nodeRepairConfigOverrides", overrides.collect::<Value>()),
    ];
    let said = all
        .into_iter()
        .filter(|it| !it.1.is_null() && it.1 != json!([]));
    let said = said.map(|(name, value)| (name.to_owned(), value));
    said.collect::<Value>().to_string()
}
