//! What everything comes to when nothing goes wrong any more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wharf_records::{Record as _, decode, hosts::Ledger, machine};
use wharf_store::Range;

use crate::{
    agent::Stage,
    hosts::{Fleet, Host},
    plan::{ACCOUNTS, ON_AN_INSTANCE},
    users::instances,
    world::World,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Every service has its tasks, on as many machines as that takes.
    All,
    Nothing,
}

/// How much there is of what.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    instances: usize,
    tasks: usize,
    /// Of instances and of tasks.
    volumes: usize,
    addresses: usize,
}

/// What is on record, or on machines.
#[derive(Debug, Default)]
struct Recorded {
    instances: BTreeSet<String>,
    volumes: BTreeSet<String>,
    /// Account, VPC and address.
    addresses: BTreeSet<String>,
}

/// Whether all is as wanted; what is not.
pub async fn is(world: &World, fleet: &Fleet, wanted: Wanted) -> Result<(), String> {
    world.well(compare(world, fleet, wanted)).await
}

async fn compare(world: &World, fleet: &Fleet, wanted: Wanted) -> Result<(), String> {
    on_sight(world, fleet, wanted)?;
    let due = services(world).await?;
    let groups = groups(world, wanted).await?;
    let recorded = recorded(world).await?;
    let there = Counts {
        instances: recorded.instances.len(),
        volumes: recorded.volumes.len(),
        addresses: addresses(world).await,
        ..due
    };
    let expected = Counts {
        instances: groups.values().sum(),
        volumes: due.volumes + disks(world, &groups),
        addresses: due.addresses + groups.values().sum::<usize>(),
        ..due
    };
    if there != expected {
        return Err(format!("there is {there:?} of {expected:?}"));
    }
    on_machines(fleet, &recorded, &expected)?;
    claims(world, &expected).await
}

/// What the machines show against it already, as [`on_machines`] would in the end: to look there costs nothing, while the server
/// is asked for everything it has.
fn on_sight(world: &World, fleet: &Fleet, wanted: Wanted) -> Result<(), String> {
    let instances = fleet.hosts.iter().flat_map(|it| it.runs.values());
    let running = instances.map(|it| {
        let tasks = it.agent.tasks.lock();
        let runs = tasks.values().filter(|it| it.stage == Stage::Runs);
        runs.count()
    });
    let running: usize = running.sum();
    let tasks: u32 = world.wanted.lock().values().sum();
    if running != tasks as usize {
        return Err(format!("machines run {running} tasks of {tasks}"));
    }
    let is_left = |it: &&Host| !it.runs.is_empty() || !it.holds.is_empty();
    match fleet.hosts.iter().find(is_left) {
        Some(host) if wanted == Wanted::Nothing => {
            let (instances, volumes) = (host.runs.len(), host.holds.len());
            let name = &host.name;
            Err(format!(
                "{name} has {instances} instances and {volumes} volumes"
            ))
        }
        _ => Ok(()),
    }
}

/// Tasks of services, with the volumes and addresses of them alone.
async fn services(world: &World) -> Result<Counts, String> {
    let mut due = Counts::default();
    for some in world.plan.services.chunks(10) {
        let names: Vec<&String> = some.iter().map(|it| &it.name).collect();
        let input = json!({"cluster": some[0].cluster, "services": names});
        let shown = world
            .call(some[0].account, ("ecs", "DescribeServices"), input)
            .await;
        let shown = shown.map_err(|it| it.to_string())?;
        for (service, it) in some.iter().zip(shown["services"].as_array().unwrap()) {
            let wanted = world.wanted.lock()[&service.name];
            let count = |name: &str| it[name].as_u64().unwrap_or_default();
            let deployments = it["deployments"].as_array().map_or(0, Vec::len);
            let counts = ["desiredCount", "runningCount", "pendingCount"].map(count);
            let has = (counts, deployments);
            let wanted_counts = [u64::from(wanted), u64::from(wanted), 0];
            if has != (wanted_counts, 1) {
                let why = it["events"][0]["message"].as_str().unwrap_or_default();
                return Err(format!("{} has {has:?}, not {wanted}: {why}", service.name));
            }
            due.tasks += wanted as usize;
            due.volumes += if service.has_volumes() {
                wanted as usize
            } else {
                0
            };
            due.addresses += if service.has_interfaces() {
                wanted as usize
            } else {
                0
            };
        }
    }
    Ok(due)
}

/// Instances of each group, which are all in service.
async fn groups(world: &World, wanted: Wanted) -> Result<BTreeMap<String, usize>, String> {
    let mut found = BTreeMap::new();
    for cluster in &world.plan.clusters {
        let input = json!({"AutoScalingGroupNames": cluster.groups()});
        let shown = world.call(
            cluster.account,
            ("autoscaling", "DescribeAutoScalingGroups"),
            input,
        );
        let shown = shown.await.map_err(|it| it.to_string())?;
        for it in shown["AutoScalingGroups"].as_array().unwrap() {
            let name = it["AutoScalingGroupName"].as_str().unwrap().to_owned();
            let instances = it["Instances"].as_array().map_or(&[][..], Vec::as_slice);
            let other = |it: &&Value| {
                it["LifecycleState"] != "InService" || it["HealthStatus"] != "Healthy"
            };
            if let Some(it) = instances.iter().find(other) {
                return Err(format!(
                    "{name}: {} is {}",
                    it["InstanceId"], it["LifecycleState"]
                ));
            }
            let desired = it["DesiredCapacity"].as_u64().unwrap_or_default();
            if desired != instances.len() as u64 {
                return Err(format!(
                    "{name} has {} instances of {desired}",
                    instances.len()
                ));
            }
            found.insert(name, instances.len());
        }
        let input = json!({"cluster": cluster.name, "status": "ACTIVE"});
        let pages = world
            .pages(cluster.account, ("ecs", "ListContainerInstances"), input)
            .await;
        let pages = pages.map_err(|it| it.to_string())?;
        let joined = pages
            .iter()
            .map(|it| it["containerInstanceArns"].as_array().map_or(0, Vec::len));
        let (joined, all) = (
            joined.sum::<usize>(),
            cluster.groups().iter().map(|it| found[it]).sum::<usize>(),
        );
        if joined != all {
            return Err(format!(
                "{} has {joined} container instances of {all}",
                cluster.name
            ));
        }
        let own = world
            .plan
            .services
            .iter()
            .filter(|it| it.cluster == cluster.name);
        let tasks: u32 = own.map(|it| world.wanted.lock()[&it.name]).sum();
        // However badly tasks are spread, an instance has one.
        let most = tasks as usize;
        let least = (tasks / ON_AN_INSTANCE) as usize;
        if all > most || all < least || (wanted == Wanted::Nothing && all > 0) {
            return Err(format!(
                "{} has {all} instances for {tasks} tasks",
                cluster.name
            ));
        }
    }
    Ok(found)
}

/// Volumes that came with instances.
fn disks(world: &World, groups: &BTreeMap<String, usize>) -> usize {
    let with = world.plan.clusters.iter().filter(|it| it.has_disks);
    with.flat_map(|it| it.groups()).map(|it| groups[&it]).sum()
}

async fn addresses(world: &World) -> usize {
    let keys = world
        .store
        .all_keys(Range::prefix(wharf_svc_ec2::plane::prefix()));
    let keys = keys.await.unwrap().entries;
    keys.iter()
        .filter(|it| it.key.contains("/address/"))
        .count()
}

async fn recorded(world: &World) -> Result<Recorded, String> {
    let mut all = Recorded::default();
    for account in ACCOUNTS {
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let found = instances(world, account).await;
        for (id, state) in found.map_err(|it| it.to_string())? {
            if state != "running" {
                return Err(format!("{id} is {state}"));
            }
            all.instances.insert(id);
        }
        for it in listed(world, account, "DescribeVolumes", "Volumes").await? {
            let attachments = it["Attachments"].as_array().map_or(0, Vec::len);
            if it["State"] != "in-use" || attachments != 1 {
                return Err(format!("a volume is not in use once: {it}"));
            }
            all.volumes.insert(text(&it["VolumeId"]));
        }
        let (operation, name) = ("DescribeNetworkInterfaces", "NetworkInterfaces");
        for it in listed(world, account, operation, name).await? {
            let (vpc, address) = (text(&it["VpcId"]), text(&it["PrivateIpAddress"]));
            if it["Status"] != "in-use"
                || !all.addresses.insert(format!("{account} {vpc} {address}"))
            {
                return Err(format!(
                    "an interface is not in use, or its address is another's: {it}"
                ));
            }
        }
    }
    Ok(all)
}

async fn listed(
    world: &World,
    account: &str,
    operation: &str,
    name: &str,
) -> Result<Vec<Value>, String> {
    let input = json!({"MaxResults": 500});
    let pages = world.pages(account, ("ec2", operation), input).await;
    let pages = pages.map_err(|it| it.to_string())?.into_iter();
    let all = pages.filter_map(|mut it| match it[name].take() {
        Value::Array(all) => Some(all),
        _ => None,
    });
    Ok(all.flatten().collect())
}

/// The machines have what is on record, and nothing else.
fn on_machines(fleet: &Fleet, recorded: &Recorded, expected: &Counts) -> Result<(), String> {
    let (mut there, mut running) = (Recorded::default(), 0);
    for host in &fleet.hosts {
        there.volumes.extend(host.holds.iter().cloned());
        for (id, it) in &host.runs {
            there.instances.insert(id.clone());
            there.addresses.insert(it.address.clone());
            let network = it.address.rsplit_once(' ').map_or("", |it| it.0);
            for run in it.agent.tasks.lock().values().filter(|it| it.is_up()) {
                running += usize::from(run.stage == Stage::Runs);
                let address = run.address.as_ref();
                there
                    .addresses
                    .extend(address.map(|it| format!("{network} {it}")));
            }
        }
    }
    for (what, there, recorded) in [
        ("instance", &there.instances, &recorded.instances),
        ("volume", &there.volumes, &recorded.volumes),
        ("address", &there.addresses, &recorded.addresses),
    ] {
        if let Some(it) = there.symmetric_difference(recorded).next() {
            let only = if there.contains(it) {
                "on a machine"
            } else {
                "on record"
            };
            return Err(format!("the {what} {it} is {only} alone"));
        }
    }
    match running == expected.tasks {
        true => Ok(()),
        false => Err(format!("machines run {running} tasks of {expected:?}")),
    }
}

/// Room is claimed for what is there alone.
async fn claims(world: &World, expected: &Counts) -> Result<(), String> {
    let ledgers = world
        .store
        .all(Range::prefix(machine::folder(Ledger::KIND)))
        .await;
    let (mut instances, mut tasks) = (0, 0);
    for entry in ledgers.unwrap().entries {
        let ledger: Ledger = decode(&entry.value).unwrap();
        for claimant in ledger.claims.claimants() {
            match claimant.starts_with("instance/") {
                true => instances += 1,
                false => tasks += 1,
            }
        }
    }
    match (instances, tasks) == (expected.instances, expected.tasks) {
        true => Ok(()),
        false => Err(format!(
            "{instances} instances and {tasks} tasks claim room of {expected:?}"
        )),
    }
}
