//! DescribeScalingActivities.

use std::collections::BTreeSet;

use serde_json::json;
use wharf_api_autoscaling::{ActivitiesType, Activity as Shown, DescribeScalingActivitiesType};
use wharf_records::{Record as _, Scope, escape};
use wharf_service::{Place, Stored};
use wharf_wire::{Call, Fault};

use super::MOST;
use crate::{
    core::Core,
    names,
    records::{Activity, Group},
};

/// Those of a group with the latest first.
pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeScalingActivitiesType,
) -> Result<ActivitiesType, Fault> {
    let place = Place::of(call);
    let ids: BTreeSet<String> = input.activity_ids.into_iter().flatten().collect();
    let deleted = input.include_deleted_groups == Some(true);
    let name = input.auto_scaling_group_name;
    let page = core.page(
        call,
        "autoscaling/DescribeScalingActivities",
        &(&ids, &name, deleted),
        input.next_token.as_deref(),
        (input.max_records, MOST, MOST),
    )?;
    let below = match name.as_deref().filter(|_| !deleted) {
        None => String::new(),
        Some(name) => names::below(&core.group(&place, name).await?.uuid, ""),
    };
    let groups = core.table.all::<Group>(&names::scope(&place), "").await?;
    let there: BTreeSet<String> = groups.into_iter().map(|it| it.1.record.uuid).collect();
    let of_group = |key: &str| {
        let id = Scope::parse(key).map(|it| it.2);
        let group = id.and_then(|it| it.split_once('/').map(|it| it.0.to_owned()));
        group.is_some_and(|it| there.contains(&it))
    };
    let prefix = names::scope(&place).prefix(Activity::KIND) + &escape(&below);
    let fits = |it: &Stored<Activity>| {
        (ids.is_empty() || ids.contains(&it.record.id))
            && name.as_ref().is_none_or(|name| *name == it.record.group)
            && (deleted || of_group(&it.key))
    };
    let found = core
        .table
        .page::<Activity>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let shown = found.records.into_iter().map(|it| show(it.record));
    Ok(ActivitiesType {
        activities: Some(shown.collect()),
        next_token,
    })
}

pub fn show(it: Activity) -> Shown {
    let details = json!({ "Subnet ID": it.subnet, "Availability Zone": it.zone });
    Shown {
        activity_id: Some(it.id),
        auto_scaling_group_name: Some(it.group),
        description: Some(it.description),
        cause: Some(it.cause),
        start_time: Some(it.started_at),
        end_time: it.ended_at,
        status_code: Some(it.status.name().to_owned()),
        status_message: it.message,
        progress: Some(it.progress.into()),
        details: Some(details.to_string()),
        ..Shown::default()
    }
}
