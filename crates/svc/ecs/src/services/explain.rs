//! Why a service, or a task, is as it is: for `wharf explain`. Reads; changes nothing.

use std::{collections::BTreeMap, ops::Bound};

use serde::Serialize;
use wharf_placement::{Reason, ledger, refusal_of};
use wharf_records::{
    Record,
    ecs::{
        Claim, Definition, Desired, Instance, Launch, Service, ServiceEvents, Status, TargetState,
        Task,
    },
};
use wharf_wire::{Call, Fault};

use super::{
    observe::{self, End, HealthTable, Seen, SeenTarget, TargetHealth},
    targets,
};
use crate::{
    asks,
    core::{Core, Stored},
    fault,
    launch::of_service,
    names::{self, Place},
    view::{Held, Region},
};

/// Events that are repeated.
const EVENTS: usize = 5;

/// A service: its deployments, what each task waits for, and what each host could take.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceExplained {
    pub name: String,
    pub cluster: String,
    pub status: &'static str,
    pub desired: u32,
    pub deployments: Vec<DeploymentExplained>,
    pub tasks: Vec<TaskExplained>,
    pub hosts: Vec<HostExplained>,
    /// Newest first.
    pub events: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentExplained {
    pub name: String,
    pub definition: String,
    pub rollout: &'static str,
    pub running: usize,
    /// The step it is at; `None` if nothing is left to do.
    pub waits_for: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskExplained {
    pub id: String,
    pub deployment: String,
    pub status: &'static str,
    pub desired: &'static str,
    /// The container instance it is on.
    pub instance: String,
    pub waits_for: Option<String>,
    /// Why it stopped, with the reasons of its containers.
    pub ended: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostExplained {
    pub instance: String,
    pub ec2_instance: String,
    pub zone: String,
    /// Why it takes no further task; `None` if it could.
    pub refuses: Option<String>,
}

pub async fn service(
    core: &Core,
    call: &Call,
    cluster: Option<&str>,
    name: &str,
) -> Result<ServiceExplained, Fault> {
    let cluster = core.any_cluster(call, cluster).await?;
    let place = Place::of(call);
    let name = names::member_id("service", &cluster.name, name)?;
    let id = format!("{}:{name}", cluster.name);
    core.up_to_date().await;
    let held: Option<Held<Service>> = core
        .view
        .read(&place, |region| region.services.get(&id).cloned());
    let held = held.ok_or_else(|| fault::client("There is no such service."))?;
    let health = targets::health(core, call, &held.record).await?;
    let definition = match held.primary() {
        Some(primary) => {
            let arn = &primary.revision.definition;
            core.definition_of(&place, arn).await?
        }
        None => None,
    };
    let events_key = place.scope().key(ServiceEvents::KIND, &id);
    let events: Option<Stored<ServiceEvents>> = core.read(&events_key).await?;
    let events = events
        .map(|stored| stored.record.events)
        .unwrap_or_default();
    Ok(core.view.read(&place, |region| {
        let seen = observe::tasks(region, &id, &health);
        let tasks: Vec<TaskExplained> = seen
            .iter()
            .filter_map(|seen| Some(of_task(region, find(region, &seen.arn)?, Some(seen))))
            .collect();
        let hosts = match &definition {
            Some(definition) => hosts_of_service(region, &held, &definition.record),
            None => Vec::new(),
        };
        ServiceExplained {
            name: name.clone(),
            cluster: cluster.name.clone(),
            status: held.status.as_str(),
            desired: held.desired,
            deployments: deployments(&held, &seen, &tasks, &hosts),
            tasks,
            hosts,
            events: events
                .iter()
                .take(EVENTS)
                .map(|it| it.message.clone())
                .collect(),
        }
    }))
}

/// What has this key, or the only one whose key begins so.
fn beginning<'a, T>(all: &'a BTreeMap<String, T>, key: &str) -> Option<&'a T> {
    let mut found = all
        .range::<str, _>((Bound::Included(key), Bound::Unbounded))
        .take_while(|(found, _)| found.starts_with(key));
    let (first, held) = found.next()?;
    (first == key || found.next().is_none()).then_some(held)
}

/// The task may be named by the beginning of its id.
pub async fn task(
    core: &Core,
    call: &Call,
    cluster: Option<&str>,
    task: &str,
) -> Result<(TaskExplained, Vec<HostExplained>), Fault> {
    let cluster = core.any_cluster(call, cluster).await?;
    let place = Place::of(call);
    let id = names::member_id("task", &cluster.name, task)?;
    core.up_to_date().await;
    let key = format!("{}:{id}", cluster.name);
    let found = core
        .view
        .read(&place, |region| beginning(&region.tasks, &key).cloned())
        .ok_or_else(|| {
            fault::client("There is no such task, or no longer, or its id is too short.")
        })?;
    let health = match super::id_of(&found) {
        Some(of) => {
            let held: Option<Held<Service>> = core
                .view
                .read(&place, |region| region.services.get(&of).cloned());
            match held {
                Some(held) => targets::health(core, call, &held.record).await?,
                None => HealthTable::new(),
            }
        }
        None => HealthTable::new(),
    };
    Ok(core.view.read(&place, |region| {
        let seen = super::id_of(&found).and_then(|of| {
            observe::tasks(region, &of, &health)
                .into_iter()
                .find(|seen| seen.arn == found.arn)
        });
        let mut hosts = Vec::new();
        for instance in pool(region, found.launch, &found.cluster) {
            let refuses = match instance.arn == found.instance {
                true => Some("it is on this one".to_owned()),
                false => short(region, instance, &found.claim),
            };
            hosts.push(of_host(region, instance, refuses));
        }
        (of_task(region, &found, seen.as_ref()), hosts)
    }))
}

fn find<'a>(region: &'a Region, arn: &str) -> Option<&'a Held<Task>> {
    let (_, cluster, id) = names::long_arn(arn)?;
    region.tasks.get(&format!("{cluster}:{id}"))
}

fn deployments(
    service: &Service,
    seen: &[Seen],
    tasks: &[TaskExplained],
    hosts: &[HostExplained],
) -> Vec<DeploymentExplained> {
    let primary = service.primary().map(|primary| primary.id().to_owned());
    let explain = |deployment: &wharf_records::ecs::Deployment| {
        let own = || {
            seen.iter()
                .filter(|task| task.deployment == deployment.id())
        };
        let running = own().filter(|task| task.is_running()).count();
        let current = primary.as_deref() == Some(deployment.id());
        let waiting = tasks
            .iter()
            .filter(|task| task.deployment == deployment.id() && task.waits_for.is_some())
            .count();
        let live = own().filter(|task| task.is_live()).count();
        let missing = (service.desired as usize).saturating_sub(live);
        let waits_for = if !current {
            (own().any(|task| task.end.is_none()))
                .then(|| "its tasks to be replaced and to end".to_owned())
        } else if let Some(at) = service.throttle.retry_at.filter(|_| missing > 0) {
            Some(format!(
                "{}, since its tasks keep failing",
                at.iso8601_seconds()
            ))
        } else if missing > 0 && !hosts.is_empty() && hosts.iter().all(|it| it.refuses.is_some()) {
            Some(format!("a host that can take {missing} more of its tasks"))
        } else if missing > 0 {
            Some(format!("{missing} tasks to be started"))
        } else if waiting > 0 {
            Some(format!("{waiting} of its tasks, see below"))
        } else if seen
            .iter()
            .any(|task| task.deployment != deployment.id() && task.end.is_none())
        {
            Some("tasks of older deployments to end".to_owned())
        } else {
            None
        };
        DeploymentExplained {
            name: deployment.name(),
            definition: deployment.revision.definition.clone(),
            rollout: deployment.state.as_str(),
            running,
            waits_for,
        }
    };
    service.deployments.iter().map(explain).collect()
}

fn of_task(region: &Region, task: &Task, seen: Option<&Seen>) -> TaskExplained {
    let instance = region.instance_by_arn(&task.instance);
    let ended = match task.last {
        Status::Stopped => reasons(task),
        _ => Vec::new(),
    };
    TaskExplained {
        id: task.id.clone(),
        deployment: seen.map(|seen| seen.deployment.clone()).unwrap_or_default(),
        status: task.last.as_str(),
        desired: task.desired.as_str(),
        instance: instance.map(|it| it.id.clone()).unwrap_or_default(),
        waits_for: waits_for(task, seen, instance.map(|it| &**it)),
        ended,
    }
}

fn reasons(task: &Task) -> Vec<String> {
    let of_container = task.containers.iter().filter_map(|container| {
        let code = container.exit_code.map(|code| format!("exit code {code}"));
        let said = [code, container.reason.clone()];
        let said: Vec<String> = said.into_iter().flatten().collect();
        (!said.is_empty()).then(|| format!("container {}: {}", container.name, said.join(", ")))
    });
    task.stopped_reason
        .clone()
        .into_iter()
        .chain(of_container)
        .collect()
}

/// The next thing that has to happen, or `None` if the task is where it should be.
fn waits_for(task: &Task, seen: Option<&Seen>, instance: Option<&Instance>) -> Option<String> {
    if task.last == Status::Stopped {
        return None;
    }
    if instance.is_some_and(|instance| !instance.agent_connected) {
        return Some("the agent of its host to come back".to_owned());
    }
    if task.desired == Desired::Stopped {
        return Some(match (task.last, seen.and_then(|seen| draining(seen))) {
            (_, Some(group)) => format!("its requests to end ({group})"),
            (Status::Deprovisioning, _) => "its network interface to be deleted".to_owned(),
            _ => "its containers to end".to_owned(),
        });
    }
    match task.last {
        Status::Provisioning => Some("its network interface".to_owned()),
        Status::Pending => Some("its images and containers on its host".to_owned()),
        _ => seen.and_then(check),
    }
}

fn draining(seen: &Seen) -> Option<&str> {
    let mut targets = seen.targets.iter();
    targets
        .find(|target| target.state != TargetState::Gone && target.health == TargetHealth::Draining)
        .map(short_group)
}

/// What a running task lacks to count as healthy.
fn check(seen: &Seen) -> Option<String> {
    use wharf_records::ecs::Health;
    if matches!(seen.end, Some(End::Told | End::FailedToStart)) {
        return None;
    }
    match seen.check {
        Some(Health::Unknown) => {
            return Some("the first health check of its containers".to_owned());
        }
        Some(Health::Unhealthy) => return Some("its containers to be healthy again".to_owned()),
        _ => {}
    }
    seen.targets.iter().find_map(|target| {
        let group = short_group(target);
        match (target.state, &target.health) {
            (TargetState::Registered, TargetHealth::Healthy) => None,
            (TargetState::Registered, TargetHealth::Unhealthy(why)) => {
                Some(format!("{group} to find it healthy: {why}"))
            }
            (TargetState::Registered, _) => Some(format!("the first health checks of {group}")),
            _ => Some(format!("its registration in {group}")),
        }
    })
}

/// `targetgroup/web`
fn short_group(target: &SeenTarget) -> &str {
    let name = target.group.rsplit(':').next().unwrap_or(&target.group);
    name.rsplit_once('/').map_or(name, |(name, _)| name)
}

fn hosts_of_service(
    region: &Region,
    service: &Service,
    definition: &Definition,
) -> Vec<HostExplained> {
    let Some(primary) = service.primary() else {
        return Vec::new();
    };
    let Ok(order) = of_service(service, &primary.revision, definition) else {
        return Vec::new();
    };
    let demand = order.demand(&service.cluster_arn);
    pool(region, order.launch, &service.cluster)
        .map(|instance| {
            let row = region.fleet.row(&instance.host);
            let reason = row.map(|row| refusal_of(&region.fleet, &demand, row));
            let refuses = match reason {
                None => Some("it is not to be placed on".to_owned()),
                Some(reason) => reason.map(|reason| match asks::flag(&demand.asks, reason) {
                    Some(flag) => format!("it is not started with {flag}"),
                    None => said(region, instance, &demand.claim, reason),
                }),
            };
            of_host(region, instance, refuses)
        })
        .collect()
}

/// Instances that such a task may be placed on, by ARN.
fn pool<'a>(
    region: &'a Region,
    launch: Launch,
    cluster: &'a str,
) -> impl Iterator<Item = &'a Held<Instance>> {
    let sorted: BTreeMap<&str, &Held<Instance>> = region
        .instances
        .values()
        .filter(|instance| match launch {
            Launch::Fargate => region
                .hosts
                .get(&instance.host)
                .is_some_and(|host| host.fargate),
            _ => instance.cluster == cluster,
        })
        .map(|instance| (instance.arn.as_str(), instance))
        .collect();
    sorted.into_values()
}

fn of_host(region: &Region, instance: &Instance, refuses: Option<String>) -> HostExplained {
    let host = region.hosts.get(&instance.host);
    HostExplained {
        instance: instance.id.clone(),
        ec2_instance: instance.ec2_instance.clone(),
        zone: host
            .map(|host| host.availability_zone.clone())
            .unwrap_or_default(),
        refuses,
    }
}

/// Why the claim does not fit on a host, its attributes and constraints aside.
fn short(region: &Region, instance: &Instance, claim: &Claim) -> Option<String> {
    if !instance.agent_connected {
        return Some(said(region, instance, claim, Reason::Agent));
    }
    let ledger = region.ledgers.get(&instance.host)?;
    let shortage = ledger::fits(&ledger::free(ledger), claim).err()?;
    let reason = match shortage {
        ledger::Shortage::Cpu => Reason::Cpu,
        ledger::Shortage::Memory => Reason::Memory,
        ledger::Shortage::Ports => Reason::Ports,
        ledger::Shortage::Interfaces => Reason::Interfaces,
    };
    Some(said(region, instance, claim, reason))
}

/// A refusal with its numbers.
fn said(region: &Region, instance: &Instance, claim: &Claim, reason: Reason) -> String {
    let free = region
        .ledgers
        .get(&instance.host)
        .map(|ledger| ledger::free(ledger))
        .unwrap_or_default();
    match reason {
        Reason::Agent if !instance.agent_connected => "its agent is not connected".to_owned(),
        Reason::Agent => format!("it is {}", instance.status.as_str()),
        Reason::Location => "it is in none of the wanted zones".to_owned(),
        Reason::Attribute => "it lacks an attribute that the task definition asks for".to_owned(),
        Reason::NotAllowed(feature) => {
            format!("it is not started with --allow {}", feature.flag())
        }
        Reason::Cpu => format!("{} CPU units are wanted, {} are free", claim.cpu, free.cpu),
        Reason::Memory => format!("{} MiB are wanted, {} are free", claim.memory, free.memory),
        Reason::Ports => "a port that the task wants is taken".to_owned(),
        Reason::Interfaces => "it has no network interface left".to_owned(),
        Reason::MemberOf => "a memberOf constraint excludes it".to_owned(),
        Reason::Distinct => {
            "it has a task of the group, and distinctInstance asks for another".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_means_the_only_one_that_has_it() {
        let all = ["a:1", "a:12", "a:23", "b:2"].map(|key| (key.to_owned(), key));
        let all = BTreeMap::from(all);
        assert_eq!(beginning(&all, "a:12"), Some(&"a:12"));
        assert_eq!(beginning(&all, "a:1"), Some(&"a:1"));
        assert_eq!(beginning(&all, "a:2"), Some(&"a:23"));
        assert_eq!(beginning(&all, "a:"), None);
        assert_eq!(beginning(&all, "a:3"), None);
    }

    #[test]
    fn groups_are_named_shortly() {
        let target = SeenTarget {
            group: "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/0123456789abcdef".to_owned(),
            port: 80,
            state: TargetState::Waiting,
            health: TargetHealth::Absent,
        };
        assert_eq!(short_group(&target), "targetgroup/web");
    }
}
