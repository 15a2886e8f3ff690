//! Notifications: PutNotificationConfiguration, DeleteNotificationConfiguration, DescribeNotificationConfigurations and
//! DescribeAutoScalingNotificationTypes.

use std::collections::BTreeSet;

use wharf_api_autoscaling::{
    DeleteNotificationConfigurationType, DescribeAutoScalingNotificationTypesAnswer,
    DescribeNotificationConfigurationsAnswer, DescribeNotificationConfigurationsType,
    NotificationConfiguration, PutNotificationConfigurationType, faults,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use super::{MOST, USUAL};
use crate::{
    core::Core,
    fault::invalid,
    names, notices,
    records::{Group, Happening},
};

/// Topics of a group, as AWS has it.
const MOST_TOPICS: usize = 10;

/// What the topic hears is what is given, and no more what was.
pub async fn put(
    core: &Core,
    call: &Call,
    input: PutNotificationConfigurationType,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let topic = input.topic_arn.unwrap_or_default();
    let given = input.notification_types.unwrap_or_default();
    let read = given.iter().map(|it| {
        Happening::named(it)
            .ok_or_else(|| invalid(format!("\"{it}\" is not a valid Notification Type.")))
    });
    let hears: BTreeSet<Happening> = read.collect::<Result<_, _>>()?;
    if hears.is_empty() {
        return Err(invalid("At least one notification type must be given."));
    }
    if names::region_of(&topic).is_none() {
        return Err(invalid(format!("Invalid topic ARN: {topic}")));
    }
    let group = core.group(&place, &name).await?;
    let tried = notices::try_out(core, &place, &group, &topic).await;
    tried.map_err(|fault| match fault.status {
        500.. => fault,
        _ => invalid(format!(
            "Unable to publish to notification topic {topic}: {}",
            fault.message
        )),
    })?;
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &name).await?;
        group.notifications.insert(topic.clone(), hears.clone());
        if group.notifications.len() > MOST_TOPICS {
            return Err(faults::limit_exceeded_fault(format!(
                "A group can notify at most {MOST_TOPICS} topics."
            )));
        }
        tx.put(&key, &group);
    });
    Ok(())
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteNotificationConfigurationType,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let topic = input.topic_arn.unwrap_or_default();
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &name).await?;
        if group.notifications.remove(&topic).is_none() {
            return Err(invalid(format!(
                "No notification configuration found for topic {topic} of group {name}."
            )));
        }
        tx.put(&key, &group);
    });
    Ok(())
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeNotificationConfigurationsType,
) -> Result<DescribeNotificationConfigurationsAnswer, Fault> {
    let place = Place::of(call);
    let wanted: BTreeSet<String> = input
        .auto_scaling_group_names
        .into_iter()
        .flatten()
        .collect();
    let page = core.page(
        call,
        "autoscaling/DescribeNotificationConfigurations",
        &wanted,
        input.next_token.as_deref(),
        (input.max_records, USUAL, MOST),
    )?;
    let groups = core.table.all::<Group>(&names::scope(&place), "").await?;
    let groups = groups.into_iter().map(|it| it.1.record);
    let groups = groups.filter(|it| wanted.is_empty() || wanted.contains(&it.name));
    let all = groups.flat_map(|it| shown(&it));
    let after = page.after.as_deref();
    let mut rest = all.filter(|it| after.is_none_or(|after| it.0.as_str() > after));
    let found: Vec<(String, NotificationConfiguration)> = rest.by_ref().take(page.size).collect();
    let more = rest.next().is_some();
    let last = found.last().map(|it| it.0.as_str());
    let next_token = page.next(more, last);
    Ok(DescribeNotificationConfigurationsAnswer {
        notification_configurations: Some(found.into_iter().map(|it| it.1).collect()),
        next_token,
    })
}

/// Each with its place among all: groups come by their names, and these in the order of topics and types.
fn shown(group: &Group) -> Vec<(String, NotificationConfiguration)> {
    let topics = group.notifications.iter();
    let each = topics.flat_map(|(topic, hears)| hears.iter().map(move |it| (topic, it)));
    each.map(|(topic, it)| {
        let shown = NotificationConfiguration {
            auto_scaling_group_name: Some(group.name.clone()),
            topic_arn: Some(topic.clone()),
            notification_type: Some(it.name().to_owned()),
        };
        (format!("{}\n{topic}\n{}", group.name, it.name()), shown)
    })
    .collect()
}

pub async fn types(
    _: &Core,
    _: &Call,
    (): (),
) -> Result<DescribeAutoScalingNotificationTypesAnswer, Fault> {
    let types = Happening::ALL.map(|it| it.name().to_owned());
    Ok(DescribeAutoScalingNotificationTypesAnswer {
        auto_scaling_notification_types: Some(types.into()),
    })
}
