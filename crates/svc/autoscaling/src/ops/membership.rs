//! AttachInstances, DetachInstances, EnterStandby, ExitStandby and TerminateInstanceInAutoScalingGroup.

use std::collections::BTreeSet;

use wharf_api_autoscaling::{
    Activity as Shown, ActivityType, AttachInstancesQuery, DetachInstancesAnswer,
    DetachInstancesQuery, EnterStandbyAnswer, EnterStandbyQuery, ExitStandbyAnswer,
    ExitStandbyQuery, TerminateInstanceInAutoScalingGroupType,
};
use wharf_api_ec2::DescribeInstancesRequest;
use wharf_service::{Changes, Place, transact};
use wharf_wire::{Call, Fault};

use super::activities::show;
use crate::{
    core::Core,
    fault::{self, AutoscalingFaults, invalid},
    names::{self, PRINCIPAL},
    plan::words_at,
    records::{Activity, Group, Kind, Member, State, Status},
};

/// Instances of one request, as AWS has it.
const MOST: usize = 20;

/// Instances of a group that a change depends on, by their keys.
pub struct Chosen {
    pub group: Group,
    pub members: Vec<(String, Member)>,
}

/// # Errors
/// There is no such group, or one is none of its instances.
pub async fn chosen(
    core: &Core,
    changes: &mut Changes<'_, AutoscalingFaults>,
    place: &Place,
    name: &str,
    ids: &[String],
) -> Result<Chosen, Fault> {
    if ids.len() > MOST {
        return Err(invalid(format!(
            "The number of instance ids must not be more than {MOST}."
        )));
    }
    let group = core.standing(changes, place, name).await?;
    let all = core.members(place, &group.uuid).await?;
    let mut members = Vec::new();
    for id in ids.iter().collect::<BTreeSet<_>>() {
        let absent = || fault::not_of_group(id, name);
        let found = all
            .iter()
            .find(|it| it.record.instance.as_ref() == Some(id));
        let key = &found.ok_or_else(absent)?.key;
        let member = changes.find::<Member>(key).await?.ok_or_else(absent)?;
        members.push((key.clone(), member));
    }
    Ok(Chosen { group, members })
}

fn must_be_in(members: &[(String, Member)], state: State) -> Result<(), Fault> {
    match members.iter().find(|it| it.1.state != state) {
        None => Ok(()),
        Some((_, it)) => Err(invalid(format!(
            "The instance {} is not in {}.",
            it.id(),
            state.name()
        ))),
    }
}

/// What the group wants where as many units less are wanted as go. With weights what goes may be more than was desired.
fn lowered(group: &Group, by: usize) -> Result<u32, Fault> {
    let by = u32::try_from(by).unwrap_or(u32::MAX);
    let by = match group.has_weights() {
        true => by.min(group.desired),
        false => by,
    };
    let less = group.desired.checked_sub(by).filter(|it| *it >= group.min);
    less.ok_or_else(|| {
        invalid(format!(
            "AutoScalingGroup {} has min={} and desired={}: {by} less would be below the minimum. Please update the AutoScalingGroup sizes appropriately.",
            group.name, group.min, group.desired
        ))
    })
}

fn raised(group: &mut Group, by: usize) -> Result<(), Fault> {
    let by = u32::try_from(by).unwrap_or(u32::MAX);
    let more = group.desired.checked_add(by).filter(|it| *it <= group.max);
    group.desired = more.ok_or_else(|| {
        invalid(format!(
            "AutoScalingGroup {} has max={} and desired={}: {by} more would be above the maximum. Please update the AutoScalingGroup sizes appropriately.",
            group.name, group.max, group.desired
        ))
    })?;
    Ok(())
}

/// An activity of a request, with its id below the group.
fn begun(
    core: &Core,
    group: &Group,
    member: &Member,
    description: String,
    what: &str,
) -> (String, Activity) {
    let now = core.now();
    let (id, key) = core.mint(now);
    let activity = Activity {
        id,
        group: group.name.clone(),
        kind: Kind::Move,
        instance: member.instance.clone(),
        description,
        cause: words_at(now, what),
        started_at: now,
        ended_at: None,
        status: Status::InProgress,
        message: None,
        progress: 50,
        subnet: member.subnet.clone(),
        zone: member.zone.clone(),
        pooled: member.pooled,
        unknown: Default::default(),
    };
    (key, activity)
}

/// One by its id, or several of a group that is named.
pub async fn terminate(
    core: &Core,
    call: &Call,
    input: TerminateInstanceInAutoScalingGroupType,
) -> Result<ActivityType, Fault> {
    let place = Place::of(call);
    let less = input.should_decrement_desired_capacity == Some(true);
    let several = input.instance_ids.filter(|it| !it.is_empty());
    let is_one = several.is_none();
    let (name, ids) = match (input.instance_id, several) {
        (Some(id), None) => {
            let name = core.member(&place, &id).await?.record.group;
            if let Some(other) = input.auto_scaling_group_name.filter(|it| *it != name) {
                return Err(fault::not_of_group(&id, &other));
            }
            (name, vec![id])
        }
        (None, Some(ids)) => {
            let name = input.auto_scaling_group_name;
            let name = name.ok_or_else(|| invalid("InstanceIds needs AutoScalingGroupName."))?;
            (name, ids)
        }
        _ => return Err(invalid("Either InstanceId or InstanceIds must be given.")),
    };
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    let activities = transact!(core.table, &call.permit, |tx| {
        let Chosen { mut group, members } = chosen(core, &mut tx, &place, &name, &ids).await?;
        let counted = members.iter().map(|it| &it.1).filter(|it| it.counts());
        let counted = group.units_of(counted);
        if less && counted > 0 {
            let left = lowered(&group, counted)?;
            group.desire(left, core.now());
        }
        let mut activities = Vec::with_capacity(members.len());
        for (member_key, member) in members {
            let (ending, ended) = ending(core, &group, member)?;
            if let Some((id, activity)) = ended {
                tx.put(names::activity_key(&place, &group.uuid, &id), &activity);
            }
            if let Some((id, activity)) = &ending.activity {
                tx.put(names::activity_key(&place, &group.uuid, id), activity);
                activities.push(activity.clone());
            }
            tx.put(member_key, &ending);
        }
        tx.put(&key, &group);
        activities
    });
    let mut shown = activities.into_iter().map(show);
    Ok(match is_one {
        true => ActivityType {
            activity: shown.next(),
            ..ActivityType::default()
        },
        false => ActivityType {
            activities: Some(shown.collect()),
            ..ActivityType::default()
        },
    })
}

type Begun = (String, Activity);

/// A member whose end a user wants, and the activity that is over by that.
fn ending(
    core: &Core,
    group: &Group,
    mut member: Member,
) -> Result<(Member, Option<Begun>), Fault> {
    let id = member.id().to_owned();
    if member.state.is_terminating() {
        return Err(invalid(format!(
            "Instance {id} is already being terminated."
        )));
    }
    if member.is_pooled() {
        return Err(invalid(format!(
            "Instance {id} is in the warm pool, whose instances cannot be terminated."
        )));
    }
    let what = "an instance was taken out of service in response to a user request.";
    let description = crate::plan::terminating(&id);
    let mut begun = begun(core, group, &member, description, what);
    begun.1.kind = Kind::Terminate;
    let mut ended = member.activity.take();
    if let Some((_, before)) = &mut ended {
        before.end(Status::Cancelled, None, core.now());
    }
    member.state = State::Terminating;
    member.waits.clear();
    member.activity = Some(begun);
    Ok((member, ended))
}

pub async fn detach(
    core: &Core,
    call: &Call,
    input: DetachInstancesQuery,
) -> Result<DetachInstancesAnswer, Fault> {
    let request = Leaving {
        name: input.auto_scaling_group_name.unwrap_or_default(),
        ids: input.instance_ids.unwrap_or_default(),
        less: input.should_decrement_desired_capacity == Some(true),
        to: State::Detaching,
    };
    let activities = leave(core, call, request).await?;
    Ok(DetachInstancesAnswer {
        activities: Some(activities),
    })
}

pub async fn enter_standby(
    core: &Core,
    call: &Call,
    input: EnterStandbyQuery,
) -> Result<EnterStandbyAnswer, Fault> {
    let request = Leaving {
        name: input.auto_scaling_group_name.unwrap_or_default(),
        ids: input.instance_ids.unwrap_or_default(),
        less: input.should_decrement_desired_capacity == Some(true),
        to: State::EnteringStandby,
    };
    let activities = leave(core, call, request).await?;
    Ok(EnterStandbyAnswer {
        activities: Some(activities),
    })
}

/// Instances that leave service.
struct Leaving {
    name: String,
    ids: Vec<String>,
    less: bool,
    to: State,
}

async fn leave(core: &Core, call: &Call, request: Leaving) -> Result<Vec<Shown>, Fault> {
    let Leaving {
        name,
        ids,
        less,
        to,
    } = request;
    let place = Place::of(call);
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    let begun = transact!(core.table, &call.permit, |tx| {
        let Chosen { mut group, members } = chosen(core, &mut tx, &place, &name, &ids).await?;
        // One on standby can be detached, too.
        let in_service = members.iter().filter(|it| it.1.state != State::Standby);
        let in_service = in_service.count();
        match to {
            State::Detaching => {
                let standing = members.iter().filter(|it| it.1.state == State::InService);
                let standing: Vec<_> = standing.cloned().collect();
                if standing.len() != in_service {
                    must_be_in(&members, State::InService)?;
                }
            }
            _ => must_be_in(&members, State::InService)?,
        }
        if less {
            // One that was launched before another goes counts for nothing yet.
            let counted = members.iter().map(|it| &it.1).filter(|it| it.counts());
            let counted = group.units_of(counted);
            let left = lowered(&group, counted)?;
            match to {
                State::Detaching => group.desire(left, core.now()),
                // They come back: nobody wanted the group smaller for good.
                _ => group.desired = left,
            }
        }
        let mut all = Vec::with_capacity(members.len());
        for (member_key, mut member) in members {
            let id = member.id().to_owned();
            let (description, what) = match to {
                State::Detaching => (
                    format!("Detaching EC2 instance: {id}"),
                    format!("instance {id} was detached in response to a user request."),
                ),
                _ => (
                    format!("Moving EC2 instance to Standby: {id}"),
                    format!("instance {id} was moved to standby in response to a user request."),
                ),
            };
            let begun = begun(core, &group, &member, description, &what);
            tx.put(names::activity_key(&place, &group.uuid, &begun.0), &begun.1);
            all.push(begun.1.clone());
            member.state = to;
            member.extra = false;
            member.activity = Some(begun);
            tx.put(member_key, &member);
        }
        tx.put(&key, &group);
        all
    });
    Ok(begun.into_iter().map(show).collect())
}

pub async fn exit_standby(
    core: &Core,
    call: &Call,
    input: ExitStandbyQuery,
) -> Result<ExitStandbyAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let ids = input.instance_ids.unwrap_or_default();
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    let begun = transact!(core.table, &call.permit, |tx| {
        let Chosen { mut group, members } = chosen(core, &mut tx, &place, &name, &ids).await?;
        must_be_in(&members, State::Standby)?;
        let units = group.units_of(members.iter().map(|it| &it.1));
        raised(&mut group, units)?;
        let mut all = Vec::with_capacity(members.len());
        for (member_key, mut member) in members {
            let id = member.id().to_owned();
            let description = format!("Moving EC2 instance out of Standby: {id}");
            let what =
                format!("instance {id} was moved out of standby in response to a user request.");
            let begun = begun(core, &group, &member, description, &what);
            tx.put(names::activity_key(&place, &group.uuid, &begun.0), &begun.1);
            all.push(begun.1.clone());
            member.state = State::Pending;
            member.activity = Some(begun);
            tx.put(member_key, &member);
        }
        tx.put(&key, &group);
        all
    });
    let shown = begun.into_iter().map(show);
    Ok(ExitStandbyAnswer {
        activities: Some(shown.collect()),
    })
}

/// Instances that run already become a group's.
pub async fn attach(core: &Core, call: &Call, input: AttachInstancesQuery) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let ids: BTreeSet<String> = input.instance_ids.into_iter().flatten().collect();
    if ids.is_empty() || ids.len() > MOST {
        return Err(invalid(format!(
            "From 1 to {MOST} instances are attached at once."
        )));
    }
    let request = DescribeInstancesRequest {
        instance_ids: Some(ids.iter().cloned().collect()),
        ..DescribeInstancesRequest::default()
    };
    let asked = call.passed_on_by(PRINCIPAL);
    let found = core.parts.ec2.describe_instances(&asked, request).await;
    let found = found
        .map_err(fault::of_ec2)?
        .reservations
        .unwrap_or_default();
    let found: Vec<_> = found
        .into_iter()
        .flat_map(|it| it.instances.unwrap_or_default())
        .collect();
    let key = names::group_key(&place, &name);
    // Nobody else attaches the same at the same time.
    let _turns = core.turns.take_both(("attach", &place), &key).await;
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &name).await?;
        let others = core.table.all::<Member>(&names::scope(&place), "").await?;
        let mut units = 0;
        for it in &found {
            let id = it.instance_id.clone().unwrap_or_default();
            let state = it.state.as_ref().and_then(|it| it.name.as_deref());
            if state != Some("running") {
                return Err(invalid(format!(
                    "Invalid Instance ID(s): [{id}]. Instance is not in running state."
                )));
            }
            if it.vpc_id.as_deref().unwrap_or_default().is_empty() {
                return Err(invalid(format!(
                    "Invalid Instance ID(s): [{id}]. It is a machine of this installation, which no group launches or ends."
                )));
            }
            if it.operator.as_ref().and_then(|it| it.managed) == Some(true) {
                return Err(invalid(format!(
                    "Invalid Instance ID(s): [{id}]. It is managed by a service, which alone ends it."
                )));
            }
            let of = others
                .iter()
                .find(|it| it.1.record.instance.as_ref() == Some(&id));
            if let Some((_, of)) = of {
                return Err(invalid(format!(
                    "Instance {id} is already part of AutoScalingGroup:{}",
                    of.record.group
                )));
            }
            let zone = it
                .placement
                .as_ref()
                .and_then(|it| it.availability_zone.clone());
            let zone = zone.unwrap_or_default();
            if !group.subnets.iter().any(|it| it.zone == zone) {
                return Err(invalid(format!(
                    "Instance {id} is not in an Availability Zone of the AutoScalingGroup: {zone}"
                )));
            }
            let mut member = Member {
                group: name.clone(),
                token: core.mint(core.now()).0,
                instance: Some(id.clone()),
                subnet: it.subnet_id.clone().unwrap_or_default(),
                zone,
                source: None,
                wanted_type: None,
                weight: None,
                spot: false,
                instance_type: it.instance_type.clone(),
                image: it.image_id.clone(),
                state: State::Pending,
                unhealthy: None,
                protected: group.protects_new,
                created_at: core.now(),
                in_service_at: None,
                activity: None,
                waits: Vec::new(),
                registered: Default::default(),
                extra: false,
                pooled: Default::default(),
                unknown: Default::default(),
            };
            let description = format!("Attaching an existing EC2 instance: {id}");
            let what = format!("an instance was attached in response to a user request: {id}.");
            let begun = begun(core, &group, &member, description, &what);
            tx.put(names::activity_key(&place, &group.uuid, &begun.0), &begun.1);
            member.activity = Some(begun);
            units += group.units(&member);
            tx.put(
                names::member_key(&place, &group.uuid, &member.token),
                &member,
            );
        }
        raised(&mut group, units)?;
        tx.put(&key, &group);
    });
    Ok(())
}
