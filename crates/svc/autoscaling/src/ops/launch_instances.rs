//! LaunchInstances: instances that a user wants in a group now, and hears of with the answer.
//!
//! The members are written first, with the desired capacity that holds them: a server that ends in between leaves what the
//! group's loop brings forward. What EC2 refuses leaves the group as it was, unless the group is to try on.

use std::collections::BTreeMap;

use wharf_api_autoscaling::{
    InstanceCollection, LaunchInstancesError, LaunchInstancesRequest, LaunchInstancesResult, faults,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    cloud::Cloud,
    core::Core,
    fault::{self, invalid},
    launch, names, notices,
    plan::{self, Observed, Seen, advance, words_at},
    reconcile::NO_CAPACITY,
    records::{Activity, Group, Launch, LaunchRequest, Member, Process, Refusal, Subnet},
};

/// Instances of one request: they are launched one after the other, while the group waits.
const MOST: u32 = 50;
/// Requests of a group that are remembered.
const MOST_KEPT: usize = 100;
const RETRIES: &str = "retry-with-group-configuration";
const CANCELLED: &str = "The instance was not launched: the AutoScalingGroup needed it no longer before EC2 was asked for it.";

pub async fn launch_instances(
    core: &Core,
    call: &Call,
    input: LaunchInstancesRequest,
) -> Result<LaunchInstancesResult, Fault> {
    let place = Place::of(call);
    let asked = Asked::read(input)?;
    let group_key = names::group_key(&place, &asked.group);
    let _turn = core.turns.take(&group_key).await;
    let group = core.group(&place, &asked.group).await?;
    if group.deleting {
        return Err(fault::deleting(&asked.group));
    }
    let key = names::launch_request_key(&place, &group.uuid, &asked.token);
    let mut request = match core.table.read::<LaunchRequest>(&key).await? {
        Some(before) if asked.is(&before.record) => before.record,
        Some(_) => {
            return Err(faults::idempotent_parameter_mismatch_error(format!(
                "The client token {} was used with other parameters.",
                asked.token
            )));
        }
        None => order(core, call, &asked, &key).await?,
    };
    for at in 0..request.launches.len() {
        if request.launches[at].is_open() {
            bring(core, call, &asked.group, (&key, &mut request, at)).await?;
        }
    }
    Ok(answer(asked, &request))
}

/// What is asked for.
struct Asked {
    group: String,
    count: u32,
    token: String,
    subnet: Option<String>,
    zone: Option<String>,
    retries: bool,
}

impl Asked {
    fn read(input: LaunchInstancesRequest) -> Result<Self, Fault> {
        let count = input.requested_capacity.unwrap_or_default();
        let count = u32::try_from(count).ok().filter(|it| *it <= MOST);
        let count = count.ok_or_else(|| {
            invalid(format!(
                "RequestedCapacity must not be more than {MOST} in this version of wharf."
            ))
        })?;
        let first = |it: Option<Vec<String>>| it.unwrap_or_default().into_iter().next();
        Ok(Self {
            group: input.auto_scaling_group_name.unwrap_or_default(),
            count,
            token: input.client_token.unwrap_or_default(),
            subnet: first(input.subnet_ids),
            zone: first(input.availability_zones),
            retries: input.retry_strategy.as_deref() == Some(RETRIES),
        })
    }

    /// Whether an earlier request asked for the same.
    fn is(&self, before: &LaunchRequest) -> bool {
        self.count == before.requested
            && self.subnet == before.subnet
            && self.zone == before.zone
            && self.retries == before.retries
    }

    /// Where the instances are to be: in a zone with several subnets where there are fewest.
    fn subnet_of(&self, group: &Group, members: &[Member]) -> Result<Subnet, Fault> {
        let fits = |it: &&Subnet| {
            self.subnet.as_ref().is_none_or(|id| *id == it.id)
                && self.zone.as_ref().is_none_or(|zone| *zone == it.zone)
        };
        let in_subnet = |it: &&Subnet| members.iter().filter(|of| of.subnet == it.id).count();
        let is_named = self.subnet.is_some() || self.zone.is_some();
        if !is_named
            && group
                .subnets
                .iter()
                .any(|it| it.zone != group.subnets[0].zone)
        {
            return Err(invalid(
                "Either AvailabilityZones or SubnetIds must be specified for an AutoScalingGroup with several Availability Zones.",
            ));
        }
        let found = group.subnets.iter().filter(fits).min_by_key(in_subnet);
        found.cloned().ok_or_else(|| {
            invalid(format!(
                "The AutoScalingGroup {} has no such Availability Zone or subnet.",
                group.name
            ))
        })
    }
}

/// Writes down what is wanted.
async fn order(core: &Core, call: &Call, asked: &Asked, key: &str) -> Result<LaunchRequest, Fault> {
    let place = Place::of(call);
    let name = &asked.group;
    let group = core.group(&place, name).await?;
    if group.suspends(Process::Launch) {
        return Err(invalid(format!(
            "The process Launch of AutoScalingGroup {name} is suspended."
        )));
    }
    let refreshes = core.refreshes(&place, &group.uuid).await?;
    let mut refreshes = refreshes.into_iter().map(|it| it.record);
    let refresh = refreshes.find(|it| !it.stage.is_over());
    let wanted = refresh.and_then(|it| it.desired);
    let cloud = Cloud::of(core, &place, &group);
    let source = cloud
        .resolve(wanted.as_ref().unwrap_or(&group.launch))
        .await;
    let seen = Seen {
        source: Some(source.map_err(fault::of_launch)?),
        templates: cloud.templates(&group).await,
        ..Seen::default()
    };
    let group_key = names::group_key(&place, name);
    let request = transact!(core.table, &call.permit, |tx| {
        let group = core.standing(&mut tx, &place, name).await?;
        let members = core.members(&place, &group.uuid).await?;
        let members: Vec<Member> = members.into_iter().map(|it| it.record).collect();
        let subnet = asked.subnet_of(&group, &members)?;
        if asked.count > group.max.saturating_sub(group.desired) {
            return Err(invalid(format!(
                "AutoScalingGroup {name} has max={} and desired={}: {} instances more would be above the maximum. Please update the AutoScalingGroup sizes appropriately.",
                group.max, group.desired, asked.count
            )));
        }
        let observed = Observed {
            group: &group,
            members: &members,
            hooks: &[],
            refresh: None,
            seen: &seen,
        };
        let now = core.now();
        let what = format!(
            "a user request launched {} instances changing the desired capacity from {} to {}.",
            asked.count,
            group.desired,
            group.desired + asked.count
        );
        let cause = words_at(now, &what);
        let mut ids = || core.mint(now);
        let plan = plan::order(&observed, (asked.count, &subnet), &cause, now, &mut ids);
        if let Some(after) = &plan.group {
            tx.put(&group_key, after);
        }
        for (token, member) in &plan.members {
            tx.put(names::member_key(&place, &group.uuid, token), member);
        }
        for (id, activity) in &plan.activities {
            tx.put(names::activity_key(&place, &group.uuid, id), activity);
        }
        let kept = core.launch_requests(&place, &group.uuid).await?;
        if kept.len() >= MOST_KEPT
            && let Some(oldest) = kept.iter().min_by_key(|it| it.record.requested_at)
        {
            tx.delete(&oldest.key);
        }
        let request = LaunchRequest {
            requested_at: now,
            requested: asked.count,
            subnet: asked.subnet.clone(),
            zone: asked.zone.clone(),
            retries: asked.retries,
            launches: plan.members.values().map(ordered).collect(),
            unknown: Default::default(),
        };
        tx.put(key, &request);
        request
    });
    Ok(request)
}

fn ordered(member: &Member) -> Launch {
    Launch {
        token: member.token.clone(),
        subnet: member.subnet.clone(),
        zone: member.zone.clone(),
        spot: member.spot,
        instance_type: member.wanted_type.clone(),
        activity: member.activity.as_ref().map(|it| it.0.clone()),
        instance: None,
        refused: None,
    }
}

/// What came of a launch that the loop carried out, where the member is none any more: what EC2 launched was launched, also
/// where the group has ended it since, as for the balance of its zones. Its activity is kept for longer than the request.
async fn became(
    core: &Core,
    place: &Place,
    group: &Group,
    launch: &mut Launch,
) -> Result<(), Fault> {
    let activity = match &launch.activity {
        Some(id) => {
            let key = names::activity_key(place, &group.uuid, id);
            core.table.read::<Activity>(&key).await?
        }
        None => None,
    };
    let (instance, message) = match activity.map(|it| it.record) {
        Some(it) => (it.instance, it.message),
        None => (None, None),
    };
    if instance.is_none() {
        launch.refused = Some(Refusal {
            code: "LaunchFailed".to_owned(),
            message: message.unwrap_or_else(|| CANCELLED.to_owned()),
        });
    }
    launch.instance = instance;
    Ok(())
}

/// Launches one of them, and writes down what came of it. An answer that says nothing of the launch is the caller's: with the
/// same token the rest is done.
async fn bring(
    core: &Core,
    call: &Call,
    name: &str,
    (key, request, at): (&str, &mut LaunchRequest, usize),
) -> Result<(), Fault> {
    let place = Place::of(call);
    let group = core.group(&place, name).await?;
    let member_key = names::member_key(&place, &group.uuid, &request.launches[at].token);
    let stored = core.table.read::<Member>(&member_key).await?;
    let waits = |it: &Member| it.instance.is_some() || !it.state.is_terminating();
    let Some(member) = stored.map(|it| it.record).filter(waits) else {
        // The loop came first.
        became(core, &place, &group, &mut request.launches[at]).await?;
        transact!(core.table, &call.permit, |tx| { tx.put(key, &*request) });
        return Ok(());
    };
    if member.instance.is_some() {
        // So it is here.
        let launch = &mut request.launches[at];
        launch.instance.clone_from(&member.instance);
        launch.instance_type = member.instance_type.or_else(|| launch.instance_type.take());
        transact!(core.table, &call.permit, |tx| { tx.put(key, &*request) });
        return Ok(());
    }
    let made = launch::of_member(core, &place, &group, &member).await;
    let made = match made {
        Ok(made) => Cloud::of(core, &place, &group).run(made).await,
        Err(fault) => Err(fault),
    };
    match made {
        Ok(None) => {
            let nothing = std::io::Error::other("EC2 answered a launch without an instance");
            Err(fault::unreadable(&nothing))
        }
        Ok(Some(made)) => {
            let id = made.instance_id.unwrap_or_default();
            let launch = &mut request.launches[at];
            launch.instance = Some(id.clone());
            launch.instance_type = made.instance_type.or_else(|| launch.instance_type.take());
            transact!(core.table, &call.permit, |tx| {
                if let Some(mut member) = tx.find::<Member>(&member_key).await? {
                    advance::launched(&mut member, id.clone());
                    if let Some((id, activity)) = &member.activity {
                        tx.put(names::activity_key(&place, &group.uuid, id), activity);
                    }
                    tx.put(&member_key, &member);
                }
                tx.put(key, &*request);
            });
            Ok(())
        }
        Err(fault) if fault.status >= 500 && fault.code != NO_CAPACITY => Err(fault),
        Err(fault) => {
            tracing::warn!(group = name, subnet = member.subnet, error = %fault, "launching an instance that a user asked for failed");
            request.launches[at].refused = Some(Refusal {
                code: fault.code.to_string(),
                message: fault.message.clone(),
            });
            let now = core.now();
            transact!(core.table, &call.permit, |tx| {
                let mut group = core.standing(&mut tx, &place, name).await?;
                if request.retries {
                    // Elsewhere first.
                    advance::failed(&mut group, &member.place(), now);
                } else {
                    let units = u32::try_from(group.units(&member)).unwrap_or(u32::MAX);
                    group.desired = group.desired.saturating_sub(units).max(group.min);
                }
                if let Some((id, activity)) = advance::refused(&member, &fault.message, now) {
                    tx.put(names::activity_key(&place, &group.uuid, &id), &activity);
                    notices::owe(&mut tx, &place, &group, (&id, &activity));
                }
                tx.delete(&member_key);
                tx.put(names::group_key(&place, name), &group);
                tx.put(key, &*request);
            });
            Ok(())
        }
    }
}

fn answer(asked: Asked, request: &LaunchRequest) -> LaunchInstancesResult {
    let market = |spot: bool| match spot {
        true => "spot".to_owned(),
        false => "on-demand".to_owned(),
    };
    let mut launched: BTreeMap<(Option<&String>, bool), Vec<String>> = BTreeMap::new();
    let mut errors: Vec<LaunchInstancesError> = Vec::new();
    for it in &request.launches {
        if let Some(refusal) = &it.refused {
            let error = LaunchInstancesError {
                instance_type: it.instance_type.clone(),
                market_type: Some(market(it.spot)),
                subnet_id: Some(it.subnet.clone()),
                availability_zone: Some(it.zone.clone()),
                error_code: Some(refusal.code.clone()),
                error_message: Some(refusal.message.clone()),
                ..LaunchInstancesError::default()
            };
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        if let Some(id) = &it.instance {
            let alike = launched.entry((it.instance_type.as_ref(), it.spot));
            alike.or_default().push(id.clone());
        }
    }
    let first = request.launches.first();
    let instances = launched
        .into_iter()
        .map(|((of, spot), ids)| InstanceCollection {
            instance_type: of.cloned(),
            market_type: Some(market(spot)),
            subnet_id: first.map(|it| it.subnet.clone()),
            availability_zone: first.map(|it| it.zone.clone()),
            instance_ids: Some(ids),
            ..InstanceCollection::default()
        });
    LaunchInstancesResult {
        auto_scaling_group_name: Some(asked.group),
        client_token: Some(asked.token),
        instances: Some(instances.collect()),
        errors: Some(errors),
    }
}
