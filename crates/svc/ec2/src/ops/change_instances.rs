//! TerminateInstances, StopInstances, StartInstances, RebootInstances, MonitorInstances and
//! UnmonitorInstances: what is wanted of instances is written down.
//!
//! All instances of a call are checked before the first is changed, as the call counts for all or none;
//! what changes in between is refused for the instance it happened to.

use wharf_api_ec2::types::*;
use wharf_wire::{Call, CallerKind, Fault};

use crate::{
    Ec2Service, fault,
    instances::{describe, life::State, providers::Ability},
    records::Instance,
    spot,
};

/// Instances of one call.
const MOST: usize = 1000;
const AUTO_SCALING: &str = "autoscaling.amazonaws.com";

/// Its groups end and stop what is theirs, also what users may not: a group's own protection is what keeps it from that.
fn is_auto_scaling(call: &Call) -> bool {
    call.caller.kind == CallerKind::Service && call.caller.arn == AUTO_SCALING
}

/// Changes each instance; those before and after.
async fn each(
    service: &Ec2Service,
    call: &Call,
    (ids, operation): (Option<Vec<String>>, &str),
    change: impl Fn(&mut Instance) -> Result<(), Fault>,
) -> Result<Vec<(State, Instance)>, Fault> {
    let mut ids = ids.unwrap_or_default();
    if ids.is_empty() {
        return Err(fault::missing_parameter("InstanceId"));
    }
    if ids.len() > MOST {
        return Err(fault::bad_value(format!(
            "At most {MOST} instances can be named at once."
        )));
    }
    ids.sort();
    ids.dedup();
    for id in &ids {
        let mut instance = find(service, call, id).await?;
        instance.lets(call, operation)?;
        change(&mut instance)?;
    }
    let mut changed = Vec::with_capacity(ids.len());
    for id in &ids {
        let decide = |instance: &mut Instance| {
            let before = instance.life.shown();
            change(instance)?;
            Ok((before, instance.clone()))
        };
        changed.push(service.change(call, id, decide).await?);
    }
    Ok(changed)
}

/// An instance that is named in a request.
pub async fn find(service: &Ec2Service, call: &Call, id: &str) -> Result<Instance, Fault> {
    check_id(id)?;
    service.get(call, id).await
}

/// Whether that can be the id of an instance.
pub fn check_id(id: &str) -> Result<(), Fault> {
    let rest = id.strip_prefix("i-").unwrap_or_default();
    let is_hex =
        !rest.is_empty() && rest.len() <= 17 && rest.bytes().all(|it| it.is_ascii_hexdigit());
    match is_hex {
        true => Ok(()),
        false => Err(fault::instance_malformed(id)),
    }
}

fn changes(all: Vec<(State, Instance)>) -> Vec<InstanceStateChange> {
    let change = |(before, instance): (State, Instance)| InstanceStateChange {
        instance_id: Some(instance.id),
        current_state: Some(describe::state(instance.life.shown())),
        previous_state: Some(describe::state(before)),
    };
    all.into_iter().map(change).collect()
}

pub async fn terminate(
    service: &Ec2Service,
    call: &Call,
    input: TerminateInstancesRequest,
) -> Result<TerminateInstancesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let is_free = is_auto_scaling(call);
    let end = |it: &mut Instance| {
        let ends = matches!(it.life.state, State::ShuttingDown | State::Terminated);
        if it.disable_api_termination && !ends && !is_free {
            return Err(fault::protected(
                &it.id,
                "terminated",
                "disableApiTermination",
            ));
        }
        it.life.terminate(call.now);
        Ok(())
    };
    let of = (input.instance_ids, "TerminateInstances");
    let changed = each(service, call, of, end).await?;
    Ok(TerminateInstancesResult {
        terminating_instances: Some(changes(changed)),
    })
}

pub async fn stop(
    service: &Ec2Service,
    call: &Call,
    input: StopInstancesRequest,
) -> Result<StopInstancesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let is_free = is_auto_scaling(call);
    let stop = |it: &mut Instance| {
        it.needs(Ability::Stop)?;
        if it.spot.as_ref().is_some_and(|it| !it.persistent) {
            return Err(spot::cannot_stop(&it.id));
        }
        if it.disable_api_stop && it.life.state == State::Running && !is_free {
            return Err(fault::protected(&it.id, "stopped", "disableApiStop"));
        }
        let stopped = it.life.stop(call.now);
        stopped.map_err(|state| fault::wrong_state(&it.id, state, "stopped"))
    };
    let of = (input.instance_ids, "StopInstances");
    let changed = each(service, call, of, stop).await?;
    Ok(StopInstancesResult {
        stopping_instances: Some(changes(changed)),
    })
}

pub async fn start(
    service: &Ec2Service,
    call: &Call,
    input: StartInstancesRequest,
) -> Result<StartInstancesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let start = |it: &mut Instance| {
        it.needs(Ability::Start)?;
        // Whoever stopped it gave up what the notice was for.
        if let Some(held) = it.spot.as_mut().filter(|_| it.life.state == State::Stopped) {
            held.notice = None;
        }
        let started = it.life.start(call.now);
        started.map_err(|state| fault::wrong_state(&it.id, state, "started"))
    };
    let of = (input.instance_ids, "StartInstances");
    let changed = each(service, call, of, start).await?;
    Ok(StartInstancesResult {
        starting_instances: Some(changes(changed)),
    })
}

pub async fn reboot(
    service: &Ec2Service,
    call: &Call,
    input: RebootInstancesRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let reboot = |it: &mut Instance| {
        it.needs(Ability::Reboot)?;
        let rebooted = it.life.reboot();
        rebooted.map_err(|state| fault::wrong_state(&it.id, state, "rebooted"))
    };
    each(
        service,
        call,
        (input.instance_ids, "RebootInstances"),
        reboot,
    )
    .await?;
    Ok(())
}

pub async fn monitor(
    service: &Ec2Service,
    call: &Call,
    input: MonitorInstancesRequest,
) -> Result<MonitorInstancesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let instance_monitorings = Some(monitored(service, call, input.instance_ids, true).await?);
    Ok(MonitorInstancesResult {
        instance_monitorings,
    })
}

pub async fn unmonitor(
    service: &Ec2Service,
    call: &Call,
    input: UnmonitorInstancesRequest,
) -> Result<UnmonitorInstancesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let instance_monitorings = Some(monitored(service, call, input.instance_ids, false).await?);
    Ok(UnmonitorInstancesResult {
        instance_monitorings,
    })
}

async fn monitored(
    service: &Ec2Service,
    call: &Call,
    ids: Option<Vec<String>>,
    on: bool,
) -> Result<Vec<InstanceMonitoring>, Fault> {
    let set = |it: &mut Instance| {
        if it.life.state == State::Terminated {
            return Err(fault::wrong_state(&it.id, it.life.state, "monitored"));
        }
        it.needs(Ability::Monitoring)?;
        it.monitoring = on;
        Ok(())
    };
    let operation = match on {
        true => "MonitorInstances",
        false => "UnmonitorInstances",
    };
    let changed = each(service, call, (ids, operation), set).await?;
    let shown = changed.into_iter().map(|(_, it)| InstanceMonitoring {
        monitoring: Some(describe::monitoring(&it)),
        instance_id: Some(it.id),
    });
    Ok(shown.collect())
}
