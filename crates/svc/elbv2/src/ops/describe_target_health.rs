//! DescribeTargetHealth puts together what the hosts reported.

use std::collections::BTreeMap;

use wharf_api_elbv2::{DescribeTargetHealthInput, DescribeTargetHealthOutput};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe,
    health::{self, Shown},
    names::{Names as _, Place, split_target, target_id},
    records::{Health, Target},
};

pub async fn describe_target_health(
    core: &Core,
    call: &Call,
    input: DescribeTargetHealthInput,
) -> Result<DescribeTargetHealthOutput, Fault> {
    let place = Place::of(call);
    let (group_id, group) = core
        .group(&place, input.target_group_arn.as_deref())
        .await?;
    let group = group.record;
    let (scope, start) = (place.scope(), format!("{group_id}/"));
    let targets: BTreeMap<String, Target> = core
        .table
        .all::<Target>(&scope, &start)
        .await?
        .into_iter()
        .map(|(id, it)| (id, it.record))
        .collect();
    let reports: BTreeMap<String, Health> = core
        .table
        .all::<Health>(&scope, &start)
        .await?
        .into_iter()
        .map(|(id, it)| (id, it.record))
        .collect();
    let serving = core.serving().await?;
    let wanted: Vec<String> = match input.targets.filter(|targets| !targets.is_empty()) {
        None => targets.keys().cloned().collect(),
        Some(given) => given
            .into_iter()
            .map(|target| {
                let port = target.port.and_then(|port| u16::try_from(port).ok());
                let id = target.id.unwrap_or_default();
                target_id(&group_id, &id, port.unwrap_or(group.port))
            })
            .collect(),
    };
    let in_use = !group.used_by.is_empty();
    let shown = wanted.iter().filter_map(|id| {
        let (_, own, port) = split_target(id)?;
        let (zone, state) = match targets.get(id) {
            Some(target) => (
                target.zone.clone(),
                health::shown(in_use, target, reports.get(id), &serving),
            ),
            None => (None, Shown::not_registered()),
        };
        let check_port = group.health_check.port;
        Some(describe::target(own, port, zone, check_port, state))
    });
    Ok(DescribeTargetHealthOutput {
        target_health_descriptions: Some(shown.collect()),
    })
}
