//! Node groups on the wire. Pure.

use wharf_api_eks::{
    AutoScalingGroup, Issue, LaunchTemplateSpecification, NodeRepairConfig, Nodegroup,
    NodegroupHealth, NodegroupResources, NodegroupScalingConfig, NodegroupUpdateConfig, Taint,
};
use wharf_base::arn;
use wharf_service::Place;

use super::records::{NodeGroup, Size, Unavailable};
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
    let (number, percent) = match record.unavailable {
        Unavailable::Number(number) => (Some(number), None),
        Unavailable::Percent(percent) => (None, Some(percent)),
    };
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
        node_repair_config: Some(NodeRepairConfig {
            enabled: Some(false),
            ..NodeRepairConfig::default()
        }),
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
