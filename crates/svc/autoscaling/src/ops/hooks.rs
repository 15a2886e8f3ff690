//! Lifecycle hooks: PutLifecycleHook, DescribeLifecycleHooks, DeleteLifecycleHook, CompleteLifecycleAction and
//! RecordLifecycleActionHeartbeat.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use wharf_api_autoscaling::{
    CompleteLifecycleActionAnswer, CompleteLifecycleActionType, DeleteLifecycleHookAnswer,
    DeleteLifecycleHookType, DescribeLifecycleHooksAnswer, DescribeLifecycleHooksType,
    LifecycleHook, LifecycleHookSpecification, PutLifecycleHookAnswer, PutLifecycleHookType,
    RecordLifecycleActionHeartbeatAnswer, RecordLifecycleActionHeartbeatType, faults,
};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    cloud::{Cloud, notification},
    core::Core,
    fault::{invalid, no_group},
    names,
    records::{Group, Hook, Member, Outcome, Transition, Wait},
};

/// Hooks of one group, as AWS has it.
pub const MOST: usize = 50;
/// Seconds of a heartbeat.
const HEARTBEAT: i32 = 3600;
const SHORTEST: i32 = 30;
const LONGEST: i32 = 7200;

pub fn too_many() -> Fault {
    faults::limit_exceeded_fault(format!("A group can have at most {MOST} lifecycle hooks."))
}

/// A hook as a request gives it, over what there was.
pub fn read(
    group: &str,
    given: LifecycleHookSpecification,
    before: Option<&Hook>,
) -> Result<Hook, Fault> {
    let transition = match (given.lifecycle_transition.as_deref(), before) {
        (None, Some(before)) => before.transition,
        (given, _) => Transition::named(given.unwrap_or_default()).ok_or_else(|| {
            invalid("Valid LifecycleTransition values are: autoscaling:EC2_INSTANCE_LAUNCHING, autoscaling:EC2_INSTANCE_TERMINATING")
        })?,
    };
    let heartbeat = match (given.heartbeat_timeout, before) {
        (None, Some(before)) => before.heartbeat_seconds,
        (given, _) => {
            let seconds = given.unwrap_or(HEARTBEAT);
            let fits = (SHORTEST..=LONGEST).contains(&seconds);
            let read = u32::try_from(seconds).ok().filter(|_| fits);
            read.ok_or_else(|| {
                invalid(format!(
                    "HeartbeatTimeout must be from {SHORTEST} to {LONGEST}: {seconds}"
                ))
            })?
        }
    };
    let otherwise = match (given.default_result.as_deref(), before) {
        (None, before) => before.map_or(Outcome::Abandon, |it| it.otherwise),
        (Some(given), _) => outcome(given)?,
    };
    // An empty target takes it away.
    let target = match (given.notification_target_arn, before) {
        (None, before) => before.and_then(|it| it.target.clone()),
        (Some(given), _) => Some(given).filter(|it| !it.is_empty()),
    };
    let role = given
        .role_arn
        .or_else(|| before.and_then(|it| it.role.clone()));
    let metadata = given
        .notification_metadata
        .or_else(|| before.and_then(|it| it.metadata.clone()));
    Ok(Hook {
        name: given.lifecycle_hook_name.unwrap_or_default(),
        group: group.to_owned(),
        transition,
        heartbeat_seconds: heartbeat,
        otherwise,
        metadata,
        role: role.filter(|_| target.is_some()),
        target,
        unknown: Default::default(),
    })
}

fn outcome(given: &str) -> Result<Outcome, Fault> {
    Outcome::named(given)
        .ok_or_else(|| invalid("Valid values for lifecycle action results are: CONTINUE, ABANDON"))
}

/// A target of a new hook must be reachable: it gets a message of trial.
///
/// # Errors
/// It is no queue and no topic, or nothing arrives there.
pub async fn try_out(core: &Core, place: &Place, group: &Group, hook: &Hook) -> Result<(), Fault> {
    let Some(target) = &hook.target else {
        return Ok(());
    };
    let message = json!({
        "AccountId": place.account,
        "RequestId": core.mint(core.now()).0,
        "AutoScalingGroupARN": names::group_arn(place, &group.uuid, &group.name),
        "AutoScalingGroupName": group.name,
        "Service": "AWS Auto Scaling",
        "Event": "autoscaling:TEST_NOTIFICATION",
        "Time": core.now().iso8601(),
    });
    if hook.role.is_none() || notification(place, target, &message).is_none() {
        return Err(invalid(
            "A lifecycle hook tells a queue of SQS or a topic of SNS, and needs the RoleARN of a role that may.",
        ));
    }
    let cloud = Cloud::of(core, place, group);
    let told = cloud.tell(target, hook.role.as_deref(), &message).await;
    told.map_err(|fault| match fault.status {
        500.. => fault,
        _ => invalid(format!(
            "Unable to publish test message to notification target {target} using IAM role {}. Please check your target and role configuration and try to put lifecycle hook again.",
            hook.role.as_deref().unwrap_or_default()
        )),
    })
}

pub async fn put(
    core: &Core,
    call: &Call,
    input: PutLifecycleHookType,
) -> Result<PutLifecycleHookAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let group = core.group(&place, &name).await?;
    let given = LifecycleHookSpecification {
        lifecycle_hook_name: input.lifecycle_hook_name,
        lifecycle_transition: input.lifecycle_transition,
        notification_metadata: input.notification_metadata,
        heartbeat_timeout: input.heartbeat_timeout,
        default_result: input.default_result,
        notification_target_arn: input.notification_target_arn,
        role_arn: input.role_arn,
    };
    let id = given.lifecycle_hook_name.clone().unwrap_or_default();
    let key = names::hook_key(&place, &group.uuid, &id);
    let before = core.table.read::<Hook>(&key).await?.map(|it| it.record);
    let passes_role = given.role_arn.is_some();
    let hook = read(&name, given, before.as_ref())?;
    // The role of before was passed for the target of before.
    let is_elsewhere = before.as_ref().is_some_and(|it| it.target != hook.target);
    if is_elsewhere && hook.target.is_some() && !passes_role {
        return Err(invalid(
            "Another NotificationTargetARN needs the RoleARN of a role that may send there.",
        ));
    }
    if before.is_none_or(|it| (it.target, it.role) != (hook.target.clone(), hook.role.clone())) {
        try_out(core, &place, &group, &hook).await?;
    }
    let _turn = core.turns.take(names::group_key(&place, &name)).await;
    transact!(core.table, &call.permit, |tx| {
        let standing = core.standing(&mut tx, &place, &name).await?;
        if standing.uuid != group.uuid {
            return Err(no_group(&name));
        }
        let there = tx.find::<Hook>(&key).await?;
        if there.is_none() && core.hooks(&place, &group.uuid).await?.len() >= MOST {
            return Err(too_many());
        }
        tx.put(&key, &hook);
    });
    Ok(PutLifecycleHookAnswer {})
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeLifecycleHooksType,
) -> Result<DescribeLifecycleHooksAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let group = core.group(&place, &name).await?;
    let wanted: BTreeSet<String> = input.lifecycle_hook_names.into_iter().flatten().collect();
    let hooks = core.hooks(&place, &group.uuid).await?.into_iter();
    let hooks = hooks.map(|it| it.record);
    let hooks = hooks.filter(|it| wanted.is_empty() || wanted.contains(&it.name));
    Ok(DescribeLifecycleHooksAnswer {
        lifecycle_hooks: Some(hooks.map(show).collect()),
    })
}

fn show(hook: Hook) -> LifecycleHook {
    let seconds = |it: u32| i32::try_from(it).ok();
    LifecycleHook {
        global_timeout: seconds(hook.most_seconds()),
        heartbeat_timeout: seconds(hook.heartbeat_seconds),
        lifecycle_transition: Some(hook.transition.name().to_owned()),
        default_result: Some(hook.otherwise.name().to_owned()),
        notification_target_arn: hook.target,
        role_arn: hook.role,
        notification_metadata: hook.metadata,
        lifecycle_hook_name: Some(hook.name),
        auto_scaling_group_name: Some(hook.group),
    }
}

/// Instances that wait for it wait no longer: it comes to its default result. The plan says the same of those that this does not
/// come to; said here, a hook that is made anew at once holds none of them.
pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteLifecycleHookType,
) -> Result<DeleteLifecycleHookAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let id = input.lifecycle_hook_name.unwrap_or_default();
    let group_key = names::group_key(&place, &name);
    let _turn = core.turns.take(&group_key).await;
    transact!(core.table, &call.permit, |tx| {
        let group = core.standing(&mut tx, &place, &name).await?;
        let key = names::hook_key(&place, &group.uuid, &id);
        let found = tx.find::<Hook>(&key).await?;
        found.ok_or_else(|| invalid(format!("No Lifecycle Hook found: {id}")))?;
        tx.delete(&key);
    });
    let group = core.group(&place, &name).await?;
    for stored in core.members(&place, &group.uuid).await? {
        if stored.record.waits.iter().any(|it| it.hook == id) {
            answer(core, call, &stored.key, |wait| {
                if wait.hook == id && wait.outcome.is_none() {
                    wait.outcome = Some(wait.otherwise);
                }
            })
            .await?;
        }
    }
    core.queue.wake(group_key);
    Ok(DeleteLifecycleHookAnswer {})
}

/// Which wait of which member a request means, by the token or the instance.
async fn waiting(
    core: &Core,
    place: &Place,
    (group, hook): (&str, &str),
    (token, instance): (Option<&str>, Option<&str>),
) -> Result<(String, String), Fault> {
    let uuid = core.group(place, group).await?.uuid;
    let absent = || {
        let what = instance.or(token).unwrap_or_default();
        invalid(format!(
            "No active Lifecycle Action found with instance ID {what}"
        ))
    };
    if token.is_none() && instance.is_none() {
        return Err(invalid(
            "Either LifecycleActionToken or InstanceId must be given.",
        ));
    }
    let members = core.members(place, &uuid).await?;
    let of = |member: &Member| {
        let is = instance.is_none_or(|it| member.instance.as_deref() == Some(it));
        let mut waits = member
            .waits
            .iter()
            .filter(|it| it.hook == hook && it.outcome.is_none());
        let found = waits.find(|it| token.is_none_or(|token| it.token == token));
        found.filter(|_| is).map(|it| it.token.clone())
    };
    let found = members
        .iter()
        .find_map(|it| Some((it.key.clone(), of(&it.record)?)));
    found.ok_or_else(absent)
}

async fn answer(
    core: &Core,
    call: &Call,
    key: &str,
    change: impl Fn(&mut Wait),
) -> Result<(), Fault> {
    transact!(core.table, &call.permit, |tx| {
        if let Some(mut member) = tx.find::<Member>(key).await? {
            member.waits.iter_mut().for_each(&change);
            tx.put(key, &member);
        }
    });
    Ok(())
}

pub async fn complete(
    core: &Core,
    call: &Call,
    input: CompleteLifecycleActionType,
) -> Result<CompleteLifecycleActionAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let hook = input.lifecycle_hook_name.unwrap_or_default();
    let outcome = outcome(input.lifecycle_action_result.as_deref().unwrap_or_default())?;
    let by = (
        input.lifecycle_action_token.as_deref(),
        input.instance_id.as_deref(),
    );
    let group_key = names::group_key(&place, &name);
    let _turn = core.turns.take(&group_key).await;
    let (key, token) = waiting(core, &place, (&name, &hook), by).await?;
    answer(core, call, &key, |wait| {
        if wait.token == token && wait.outcome.is_none() {
            wait.outcome = Some(outcome);
        }
    })
    .await?;
    core.queue.wake(group_key);
    Ok(CompleteLifecycleActionAnswer {})
}

pub async fn heartbeat(
    core: &Core,
    call: &Call,
    input: RecordLifecycleActionHeartbeatType,
) -> Result<RecordLifecycleActionHeartbeatAnswer, Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let hook = input.lifecycle_hook_name.unwrap_or_default();
    let by = (
        input.lifecycle_action_token.as_deref(),
        input.instance_id.as_deref(),
    );
    let _turn = core.turns.take(names::group_key(&place, &name)).await;
    let (key, token) = waiting(core, &place, (&name, &hook), by).await?;
    let now = core.now();
    answer(core, call, &key, |wait| {
        if wait.token == token {
            let longer = now + Duration::from_secs(wait.heartbeat_seconds.into());
            wait.until = longer.min(wait.at_most);
        }
    })
    .await?;
    Ok(RecordLifecycleActionHeartbeatAnswer {})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> LifecycleHookSpecification {
        LifecycleHookSpecification {
            lifecycle_hook_name: Some("h".to_owned()),
            lifecycle_transition: Some("autoscaling:EC2_INSTANCE_LAUNCHING".to_owned()),
            ..LifecycleHookSpecification::default()
        }
    }

    #[test]
    fn what_is_not_given_has_a_default_or_stays() {
        let first = read("g", given(), None).unwrap();
        assert_eq!(first.heartbeat_seconds, 3600);
        assert_eq!(first.otherwise, Outcome::Abandon);
        assert_eq!(first.most_seconds(), 48 * 3600);
        let other = LifecycleHookSpecification {
            heartbeat_timeout: Some(60),
            default_result: Some("CONTINUE".to_owned()),
            ..given()
        };
        let other = read("g", other, Some(&first)).unwrap();
        assert_eq!((other.heartbeat_seconds, other.most_seconds()), (60, 6000));
        let again = LifecycleHookSpecification {
            lifecycle_transition: None,
            ..given()
        };
        assert_eq!(read("g", again, Some(&other)).unwrap(), other);
    }

    #[test]
    fn what_is_no_hook_is_refused() {
        for bad in [
            LifecycleHookSpecification {
                lifecycle_transition: Some("autoscaling:X".to_owned()),
                ..given()
            },
            LifecycleHookSpecification {
                lifecycle_transition: None,
                ..given()
            },
            LifecycleHookSpecification {
                heartbeat_timeout: Some(29),
                ..given()
            },
            LifecycleHookSpecification {
                heartbeat_timeout: Some(7201),
                ..given()
            },
            LifecycleHookSpecification {
                default_result: Some("MAYBE".to_owned()),
                ..given()
            },
        ] {
            assert_eq!(read("g", bad, None).unwrap_err().code, "ValidationError");
        }
    }
}
