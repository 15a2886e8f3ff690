//! Why a service, or a task, is as it is: for `wharf explain`. Reads; changes nothing.

mod failures;
mod steps;

use std::{collections::BTreeMap, ops::Bound};

use serde::Serialize;
use wharf_base::Timestamp;
use wharf_placement::{Demand, Pool, Reason, ledger, refusal_of};
use wharf_records::{
    Record, decode,
    ecs::{Cluster, Definition, Instance, Launch, Service, ServiceEvents, Status, Task},
};
use wharf_store::Range;
use wharf_wire::{Call, Fault};

use super::{
    cause, failure,
    observe::{self, AheadTable, HealthTable, Seen},
    room, targets,
};
use crate::{
    Scheduler, fault,
    launch::of_service,
    names::{self, Place},
    state::{ChangeError, Stored},
    view::{Held, Region},
};
pub use failures::FailureExplained;

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
    /// Why tasks failed of late, each reason once, the latest first.
    pub failures: Vec<FailureExplained>,
    pub tasks: Vec<TaskExplained>,
    pub hosts: Vec<HostExplained>,
    /// What a user may do, each a sentence.
    pub advice: Vec<String>,
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
    pub failed_tasks: u32,
    /// Why the last of them failed.
    pub last_failure: Option<String>,
    /// It gave up: why nothing more is started for it.
    pub gave_up: Option<String>,
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
    /// What is usually behind that.
    pub cause: Option<&'static str>,
    pub stopped_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HostExplained {
    /// Empty for a machine of another account: nobody is shown it.
    pub instance: String,
    pub ec2_instance: String,
    pub zone: String,
    /// The task that is explained is on it.
    pub here: bool,
    /// Why it takes no further task; `None` if it could.
    pub refuses: Option<String>,
    /// It can never run such a task.
    pub never: bool,
}

pub async fn service(
    scheduler: &Scheduler,
    call: &Call,
    cluster: Option<&str>,
    name: &str,
) -> Result<ServiceExplained, Fault> {
    let of_arn = names::long_arn(name).map(|(_, cluster, _)| cluster);
    let cluster = the_cluster(scheduler, call, cluster.or(of_arn)).await?;
    let place = Place::of(call);
    let name = names::member_id("service", &cluster.name, name)?;
    let id = format!("{}:{name}", cluster.name);
    scheduler.state.up_to_date().await;
    let held: Option<Held<Service>> = scheduler
        .state
        .view
        .read(&place, |region| region.services.get(&id).cloned());
    let held = held.ok_or_else(|| {
        fault::client(format!(
            "There is no service {name} in cluster {} of {}: --cluster and --region name others.",
            cluster.name, place.region
        ))
    })?;
    let health = targets::health(&scheduler.balancers, call, &held.record).await?;
    let definition = match held.primary() {
        Some(primary) => {
            let arn = &primary.revision.definition;
            scheduler.state.definition_of(&place, arn).await?
        }
        None => None,
    };
    let events_key = place.scope().key(ServiceEvents::KIND, &id);
    let events: Option<Stored<ServiceEvents>> = scheduler.state.table.read(&events_key).await?;
    let events = events
        .map(|stored| stored.record.events)
        .unwrap_or_default();
    let failures = failures::of(&scheduler.state, &place, &held).await?;
    let launch = held.primary().map(|primary| primary.revision.launch);
    let pool = match launch {
        Some(Launch::Fargate) => place.fargate(),
        _ => Pool::Cluster(cluster.arn.clone()),
    };
    let elsewhere = scheduler.state.view.elsewhere(&place, &pool);
    let now = scheduler.state.now();
    let bound = scheduler.state.hosts.fargate().bound_of(&place.account);
    let ahead = asked_ahead(scheduler, &held);
    Ok(scheduler.state.view.read(&place, |region| {
        let seen = observe::tasks(region, &id, &health, &ahead, &|_| true);
        let explain = |seen: &Seen| {
            let task = find(region, &seen.arn)?;
            let of = Some((seen, &*held));
            Some(of_task(region, task, of, (bound, now)))
        };
        let tasks: Vec<TaskExplained> = seen.iter().filter_map(explain).collect();
        let hosts = match &definition {
            Some(definition) => hosts_of_service(region, &held, &definition.record),
            None => Vec::new(),
        };
        ServiceExplained {
            name: name.clone(),
            cluster: cluster.name.clone(),
            status: held.status.as_str(),
            desired: held.desired,
            deployments: steps::deployments(&held, &seen, &tasks, &hosts, now),
            advice: steps::advice(&held, &seen, &hosts, &place.region, &elsewhere),
            failures,
            tasks,
            hosts: shown(hosts),
            events: events
                .iter()
                .take(EVENTS)
                .map(|it| it.message.clone())
                .collect(),
        }
    }))
}

/// What hosts were asked to fetch for the service's PRIMARY deployment.
fn asked_ahead(scheduler: &Scheduler, held: &Held<Service>) -> AheadTable {
    let primary = held.primary().map_or("", |primary| primary.id());
    let now = scheduler.state.now();
    scheduler.state.ahead.of(&held.key, primary, now)
}

/// What has this key, or all whose keys begin so.
fn beginning<'a, T>(all: &'a BTreeMap<String, T>, key: &str) -> Vec<&'a T> {
    if let Some(whole) = all.get(key) {
        return vec![whole];
    }
    all.range::<str, _>((Bound::Included(key), Bound::Unbounded))
        .take_while(|(found, _)| found.starts_with(key))
        .map(|(_, held)| held)
        .collect()
}

async fn the_cluster(
    scheduler: &Scheduler,
    call: &Call,
    given: Option<&str>,
) -> Result<Held<Cluster>, Fault> {
    scheduler.state.any_cluster(call, given).await.map_err(|_| {
        let given = given.unwrap_or(names::DEFAULT_CLUSTER);
        let region = &call.context().region;
        fault::client(format!(
            "There is no cluster {given} in {region}: --cluster and --region name others."
        ))
    })
}

/// The keys that the id, or the beginning of it, may have: one in each cluster that is meant. An ARN
/// says which that is; without a word all are.
async fn keys_of_task(
    scheduler: &Scheduler,
    call: &Call,
    cluster: Option<&str>,
    task: &str,
) -> Result<Vec<String>, Fault> {
    let of_arn = names::long_arn(task).map(|(_, cluster, _)| cluster);
    if let Some(cluster) = cluster.or(of_arn) {
        let cluster = the_cluster(scheduler, call, Some(cluster)).await?;
        let id = names::member_id("task", &cluster.name, task)?;
        return Ok(vec![format!("{}:{id}", cluster.name)]);
    }
    if task.contains('/') {
        let cluster = the_cluster(scheduler, call, None).await?;
        let id = names::member_id("task", &cluster.name, task)?;
        return Ok(vec![format!("{}:{id}", cluster.name)]);
    }
    scheduler.state.up_to_date().await;
    let keys = scheduler.state.view.read(&Place::of(call), |region| {
        let clusters = region.clusters.keys();
        clusters
            .map(|cluster| format!("{cluster}:{task}"))
            .collect()
    });
    Ok(keys)
}

/// The task may be named by the beginning of its id; a STOPPED one too, for as long as it is
/// described. Without a cluster it is looked for in all of them.
pub async fn task(
    scheduler: &Scheduler,
    call: &Call,
    cluster: Option<&str>,
    task: &str,
) -> Result<(TaskExplained, Vec<HostExplained>), Fault> {
    let place = Place::of(call);
    let keys = keys_of_task(scheduler, call, cluster, task).await?;
    scheduler.state.up_to_date().await;
    let now = scheduler.state.now();
    let bound = scheduler.state.hosts.fargate().bound_of(&place.account);
    let mut live: Vec<Held<Task>> = scheduler.state.view.read(&place, |region| {
        let of = |key: &String| beginning(&region.tasks, key).into_iter().cloned();
        keys.iter().flat_map(of).collect()
    });
    let (Some(found), true) = (live.pop(), live.is_empty()) else {
        if !live.is_empty() {
            return Err(several());
        }
        let stopped = stopped(scheduler, &place, &keys).await?;
        let explained = scheduler.state.view.read(&place, |region| {
            of_task(region, &stopped, None, (bound, now))
        });
        return Ok((explained, Vec::new()));
    };
    let service: Option<Held<Service>> = super::id_of(&found).and_then(|of| {
        scheduler
            .state
            .view
            .read(&place, |region| region.services.get(&of).cloned())
    });
    let health = match &service {
        Some(held) => targets::health(&scheduler.balancers, call, &held.record).await?,
        None => HealthTable::new(),
    };
    let ahead = service.as_ref().map(|held| asked_ahead(scheduler, held));
    let ahead = ahead.unwrap_or_default();
    Ok(scheduler.state.view.read(&place, |region| {
        let seen = super::id_of(&found).and_then(|of| {
            observe::tasks(region, &of, &health, &ahead, &|_| true)
                .into_iter()
                .find(|seen| seen.arn == found.arn)
        });
        let hosts = match found.last {
            Status::Stopped => Vec::new(),
            _ => hosts_of_task(region, &found),
        };
        let of = seen.as_ref().zip(service.as_deref());
        (of_task(region, &found, of, (bound, now)), shown(hosts))
    }))
}

/// A task that the view has forgotten: the only one that has one of the keys, or whose key begins so.
async fn stopped(scheduler: &Scheduler, place: &Place, ids: &[String]) -> Result<Task, Fault> {
    let mut found = Vec::new();
    for id in ids {
        let key = place.scope().key(Task::KIND, id);
        let range = Range::prefix(&key).limit(2);
        let reply = scheduler.state.store.range(range).await;
        let mut entries = reply.map_err(ChangeError::from)?.entries;
        if entries.first().is_some_and(|first| first.key == key) {
            entries.truncate(1);
        }
        found.extend(entries);
    }
    match found.as_slice() {
        [one] => Ok(decode(&one.value).map_err(ChangeError::from)?),
        [] => Err(none_matches(place, ids)),
        _ => Err(several()),
    }
}

fn several() -> Fault {
    fault::client("Several tasks match: give more of the id.")
}

/// `ids`: the keys that were looked for.
fn none_matches(place: &Place, ids: &[String]) -> Fault {
    let (where_to, others) = match ids {
        [id] => {
            let cluster = id.split(':').next().unwrap_or_default();
            (
                format!("in cluster {cluster} of"),
                "--cluster and --region name others",
            )
        }
        _ => ("in any cluster of".to_owned(), "--region names another"),
    };
    fault::client(format!(
        "No task matches {where_to} {}: it never was, or it stopped more than an hour ago and is \
         forgotten; {others}.",
        place.region
    ))
}

fn find<'a>(region: &'a Region, arn: &str) -> Option<&'a Held<Task>> {
    let (_, cluster, id) = names::long_arn(arn)?;
    region.tasks.get(&format!("{cluster}:{id}"))
}

/// `bound`: how many machines of Fargate may be made for the account, if it has as many.
fn of_task(
    region: &Region,
    task: &Task,
    of: Option<(&Seen, &Service)>,
    (bound, now): (Option<usize>, Timestamp),
) -> TaskExplained {
    let instance = region.instance_by_arn(&task.instance);
    let ended = match task.last {
        Status::Stopped => failure::reasons(task),
        _ => Vec::new(),
    };
    let deployment = task.service.as_ref().map(|of| of.deployment.clone());
    TaskExplained {
        id: task.id.clone(),
        deployment: deployment.unwrap_or_default(),
        status: task.last.as_str(),
        desired: task.desired.as_str(),
        instance: instance
            .filter(|it| room::is_own(region, it))
            .map(|it| it.id.clone())
            .unwrap_or_default(),
        waits_for: steps::waits_for(task, of, instance.map(|it| &**it), (bound, now)),
        cause: match ended.is_empty() {
            true => None,
            false => cause::of(&failure::line(task)),
        },
        stopped_at: task.stopped_at,
        ended,
    }
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
    let demand = order.demand(region.place, &service.cluster_arn);
    pool(region, order.launch, &service.cluster)
        .map(|instance| {
            let refused = region
                .fleet
                .row(&instance.host)
                .map(|row| refusal_of(region.fleet, &demand, row));
            of_host(region, instance, &demand, refused, false)
        })
        .collect()
}

/// Hosts of the pool of a task, with whether another like it fits; attributes and constraints aside.
fn hosts_of_task(region: &Region, task: &Task) -> Vec<HostExplained> {
    let demand = Demand::new(region.place.fargate(), task.claim.clone());
    let explain = |instance| {
        let refused = short(region, instance, &demand);
        of_host(
            region,
            instance,
            &demand,
            Some(refused),
            instance.arn == task.instance,
        )
    };
    pool(region, task.launch, &task.cluster)
        .map(|held| explain(&**held))
        .collect()
}

/// The machines that the account may know.
fn shown(hosts: Vec<HostExplained>) -> Vec<HostExplained> {
    let known = |host: &HostExplained| !host.instance.is_empty();
    hosts.into_iter().filter(known).collect()
}

/// Instances that such a task may be placed on, by ARN.
fn pool<'a>(
    region: &'a Region<'a>,
    launch: Launch,
    cluster: &'a str,
) -> impl Iterator<Item = &'a Held<Instance>> {
    let named = |instance: &'a Held<Instance>| (instance.arn.as_str(), instance);
    let sorted: BTreeMap<&str, &Held<Instance>> = match launch {
        Launch::Fargate => region.fargate_instances().map(named).collect(),
        _ => region.instances_of(cluster).map(named).collect(),
    };
    sorted.into_values()
}

/// `refused`: by which reason, if by any; `None` outside if nothing is placed on it at all.
fn of_host(
    region: &Region,
    instance: &Instance,
    demand: &Demand,
    refused: Option<Option<Reason>>,
    here: bool,
) -> HostExplained {
    let host = region.hosts.get(&instance.host);
    let lack = refused.map(|reason| reason.map(|why| room::lack(region, instance, demand, why)));
    let never = matches!(&lack, Some(Some(lack)) if lack.never);
    let own = room::is_own(region, instance);
    HostExplained {
        instance: if own {
            instance.id.clone()
        } else {
            String::new()
        },
        ec2_instance: instance.ec2_instance.clone(),
        zone: host.map(|host| region.zone_of(host)).unwrap_or_default(),
        here,
        refuses: match lack {
            None => Some("nothing is placed on it".to_owned()),
            Some(lack) => lack.map(|lack| format!("it {}", lack.text)),
        },
        never,
    }
}

/// Why the claim does not fit on a host.
fn short(region: &Region, instance: &Instance, demand: &Demand) -> Option<Reason> {
    if !instance.agent_connected {
        return Some(Reason::Agent);
    }
    let ledger = region.ledgers.get(&instance.host)?;
    let shortage = ledger::fits(&ledger::free(ledger), &demand.claim).err()?;
    Some(match shortage {
        ledger::Shortage::Cpu => Reason::Cpu,
        ledger::Shortage::Memory => Reason::Memory,
        ledger::Shortage::Ports => Reason::Ports,
        ledger::Shortage::Interfaces => Reason::Interfaces,
        ledger::Shortage::Closed => Reason::Agent,
        // Tasks claim none.
        ledger::Shortage::Disk => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_means_all_that_have_it() {
        let all = ["a:1", "a:12", "a:23", "b:2"].map(|key| (key.to_owned(), key));
        let all = BTreeMap::from(all);
        assert_eq!(beginning(&all, "a:12"), [&"a:12"]);
        assert_eq!(beginning(&all, "a:1"), [&"a:1"], "the whole id");
        assert_eq!(beginning(&all, "a:2"), [&"a:23"]);
        assert_eq!(beginning(&all, "a:"), [&"a:1", &"a:12", &"a:23"]);
        assert!(beginning(&all, "a:3").is_empty());
    }
}
