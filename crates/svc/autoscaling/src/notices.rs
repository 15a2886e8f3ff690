//! Messages to topics about launches and terminations: what they say, and their way there.

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_delivery::{Actor, Request};
use wharf_service::{Changes, Place};
use wharf_wire::Fault;

use crate::{
    core::Core,
    fault::AutoscalingFaults,
    names::{self, PRINCIPAL},
    records::{Activity, Group, Happening, Notice},
};

/// Writes down what the group's topics are owed for an activity.
pub fn owe(
    changes: &mut Changes<'_, AutoscalingFaults>,
    place: &Place,
    group: &Group,
    (id, activity): (&str, &Activity),
) {
    let Some(what) = Happening::of(activity) else {
        return;
    };
    for (topic, hears) in &group.notifications {
        if hears.contains(&what) {
            let notice = Notice {
                topic: topic.clone(),
                what,
                activity: activity.clone(),
                unknown: Default::default(),
            };
            changes.put(names::notice_key(place, &group.uuid, id, topic), &notice);
        }
    }
}

/// # Errors
/// The topic's.
pub async fn send(core: &Core, place: &Place, group: &Group, notice: &Notice) -> Result<(), Fault> {
    let said = message(place, group, notice, core.now());
    publish(core, place, group, &notice.topic, (notice.what, said)).await
}

/// Tells a topic that it was named.
///
/// # Errors
/// The topic's.
pub async fn try_out(core: &Core, place: &Place, group: &Group, topic: &str) -> Result<(), Fault> {
    let said = json!({
        "AccountId": place.account,
        "RequestId": core.mint(core.now()).0,
        "AutoScalingGroupARN": names::group_arn(place, &group.uuid, &group.name),
        "AutoScalingGroupName": group.name,
        "Service": "AWS Auto Scaling",
        "Event": Happening::Test.name(),
        "Time": core.now().iso8601(),
    });
    publish(core, place, group, topic, (Happening::Test, said)).await
}

async fn publish(
    core: &Core,
    place: &Place,
    group: &Group,
    topic: &str,
    (what, said): (Happening, Value),
) -> Result<(), Fault> {
    let actor = Actor::Service {
        name: PRINCIPAL.to_owned(),
        account: place.account.clone(),
        source_arn: names::group_arn(place, &group.uuid, &group.name),
    };
    let subject = format!(
        "Auto Scaling: {} for group \"{}\"",
        what.words(),
        group.name
    );
    // The longest that SNS takes.
    let subject: String = subject.chars().take(100).collect();
    let input = json!({ "TopicArn": topic, "Subject": subject, "Message": said.to_string() });
    let region = names::region_of(topic).unwrap_or_else(|| place.region.clone());
    let request = Request::new("sns", "Publish", &region, input);
    core.parts.operations.call(&actor, &request).await.map(drop)
}

fn message(place: &Place, group: &Group, notice: &Notice, now: Timestamp) -> Value {
    let it = &notice.activity;
    let status = match notice.what {
        Happening::Launch | Happening::Terminate => "InProgress",
        _ => it.status.name(),
    };
    json!({
        "Progress": 50,
        "AccountId": place.account,
        "Description": it.description,
        "RequestId": it.id,
        "EndTime": it.ended_at.map(Timestamp::iso8601),
        "AutoScalingGroupARN": names::group_arn(place, &group.uuid, &group.name),
        "ActivityId": it.id,
        "StartTime": it.started_at.iso8601(),
        "Service": "AWS Auto Scaling",
        "Time": now.iso8601(),
        "EC2InstanceId": it.instance.as_deref().unwrap_or_default(),
        "StatusCode": status,
        "StatusMessage": it.message.as_deref().unwrap_or_default(),
        "Details": { "Subnet ID": it.subnet, "Availability Zone": it.zone },
        "AutoScalingGroupName": group.name,
        "Cause": it.cause,
        "Event": notice.what.name(),
    })
}
