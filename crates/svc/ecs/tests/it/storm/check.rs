//! What must always hold, and what must come about.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use wharf_api_ecs::Ecs;
use wharf_records::{
    Record, decode,
    ecs::{Desired, InterfaceState, Status, Task},
    hosts::{Ledger, Phase},
    machine,
};
use wharf_store::{Range, Revision};

use super::{Storm, node::Tasks, users};
use crate::harness::{ACCOUNT, REGION, decode as input};

/// Reads what a storm would refuse.
async fn read<T: Record>(storm: &Storm, prefix: &str, at: Revision) -> Vec<(String, T)> {
    let mut pages = storm.store.pages(Range::prefix(prefix)).at(at);
    let mut found = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        found.extend(page.entries.iter().map(|entry| {
            let id = entry.key.trim_start_matches(prefix).to_owned();
            (id, decode::<T>(&entry.value).unwrap())
        }));
    }
    found
}

/// All tasks and ledgers as of one moment, without chaos.
async fn records(storm: &Storm) -> (BTreeMap<String, Task>, BTreeMap<String, Ledger>) {
    let scope = wharf_records::Scope::new("ecs", ACCOUNT, REGION);
    let at = storm.store.heard_of();
    let quiet = wharf_store::Chaos::none(0);
    storm.store.set_chaos(quiet);
    let tasks = read::<Task>(storm, &scope.prefix(Task::KIND), at).await;
    let ledgers = read::<Ledger>(storm, &machine::folder(Ledger::KIND), at).await;
    if !storm.is_calm() {
        storm.store.set_chaos(super::chaos(storm.seed ^ at));
    }
    let tasks = tasks.into_iter().map(|(_, task)| (task.arn.clone(), task));
    (tasks.collect(), ledgers.into_iter().collect())
}

/// Nothing was seen that must not be. What a task needs is claimed on its host's ledger, once, as long as it needs it; and no ledger
/// promises more than there is.
pub async fn always(storm: &Storm) {
    let (tasks, ledgers) = records(storm).await;
    let seed = storm.seed;
    let wrong = std::mem::take(&mut *storm.wrong.lock().unwrap());
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
    shares_nothing(storm, &tasks);
    for task in tasks.values() {
        let ledger = &ledgers[&task.host];
        let needs = task.last != Status::Stopped || task.unconfirmed;
        let claim = ledger.claims.get(&task.arn);
        assert_eq!(claim.is_some(), needs, "seed {seed}: {}", task.arn);
        if let Some(claim) = claim {
            let held = claim.phase == Phase::Held;
            let runs = task.desired == Desired::Running;
            assert_eq!(held, runs, "seed {seed}: {}", task.arn);
        }
    }
    for (host, ledger) in &ledgers {
        let known = |arn: &String| tasks.get(arn).is_some_and(|task| task.host == *host);
        let mut claimants = ledger.claims.claimants();
        assert!(claimants.all(|it| known(&it)), "seed {seed}: {host}");
        let held = ledger.claims.alike();
        let held = held.filter(|(claim, _)| claim.phase == Phase::Held);
        let (cpu, memory) = held.fold((0, 0), |(cpu, memory), (claim, count)| {
            (cpu + claim.cpu * count, memory + claim.memory * count)
        });
        let capacity = &ledger.capacity;
        let fits = cpu <= capacity.cpu && memory <= capacity.memory;
        assert!(fits, "seed {seed}: {host} is overcommitted");
    }
}

/// What only one task can have is had by one: an address, a port of a host, the place of a DAEMON on a
/// host. Nothing runs whose interface is gone, and no load balancer sends to what another task has.
fn shares_nothing(storm: &Storm, tasks: &BTreeMap<String, Task>) {
    let seed = storm.seed;
    let (mut addresses, mut daemons) = (BTreeMap::new(), BTreeMap::new());
    let mut ports = BTreeMap::new();
    for task in tasks.values() {
        let may_run = task.last < Status::Deprovisioning && !task.ended;
        if !may_run && !task.unconfirmed {
            continue;
        }
        if let Some(interface) = &task.interface {
            let other = addresses.insert(&interface.private_ipv4, &task.arn);
            assert_eq!(other, None, "seed {seed}: {} has its address", task.arn);
        }
        for port in &task.claim.ports {
            let other = ports.insert((&task.host, port), &task.arn);
            assert_eq!(other, None, "seed {seed}: {} has its port", task.arn);
        }
        if may_run && task.group == "service:daemon" {
            let other = daemons.insert(&task.host, &task.arn);
            assert_eq!(other, None, "seed {seed}: {} is beside it", task.arn);
        }
    }
    for (_, address, _) in storm.elbv2.all().into_keys() {
        let holder = addresses.get(&address).map(|arn| &tasks[*arn].group);
        let ours = holder.is_none_or(|group| group == "service:balanced");
        assert!(
            ours,
            "seed {seed}: {address} is a target, and of {holder:?}"
        );
    }
    for (arn, _) in up(storm) {
        let interface = tasks.get(&arn).and_then(|task| task.interface.as_ref());
        let gone = interface.is_some_and(|it| it.state == InterfaceState::Deleted);
        assert!(!gone, "seed {seed}: {arn} runs and its interface is gone");
    }
}

/// Tasks of which something runs, with the container instance.
fn up(storm: &Storm) -> Vec<(String, String)> {
    let machines = storm.machines.lock().unwrap();
    let on = |(instance, tasks): (&String, &Tasks)| {
        let tasks = tasks.lock().unwrap();
        let up = tasks.iter().filter(|(_, run)| run.is_up());
        up.map(|(arn, _)| (arn.clone(), instance.clone()))
            .collect::<Vec<_>>()
    };
    machines.iter().flat_map(on).collect()
}

/// How much went wrong, in numbers of tasks and of what became of them.
pub async fn what_went_wrong(storm: &Storm) -> [usize; 7] {
    let (tasks, _) = records(storm).await;
    let stopped = |start: &str| {
        let reasons = tasks.values().filter_map(|it| it.stopped_reason.as_deref());
        reasons.filter(|it| it.starts_with(start)).count()
    };
    [
        tasks.len(),
        stopped("Host EC2"),
        stopped("Essential container"),
        stopped("Scaling activity"),
        stopped("Task failed ELB"),
        storm.repeated.load(Ordering::Relaxed),
        storm.rolled_back.load(Ordering::Relaxed),
    ]
}

/// What each machine runs, or has not given back, by group and status.
async fn by_machine(storm: &Storm) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut found = BTreeMap::<_, BTreeMap<_, _>>::new();
    for task in records(storm).await.0.into_values() {
        if task.last != Status::Stopped || task.unconfirmed {
            let what = format!("{} {:?}, wanted {:?}", task.group, task.last, task.desired);
            let of_machine = found.entry(task.host).or_default();
            *of_machine.entry(what).or_default() += 1;
        }
    }
    found
}

/// Every service has its tasks, all of them run, and nothing is left of others.
pub async fn settled(storm: &Storm) -> Result<(), String> {
    let names = serde_json::json!({"services": users::SERVICES});
    let described = storm
        .ecs
        .describe_services(&storm.call(), input("DescribeServices", names))
        .await
        .map_err(|fault| fault.message)?;
    for service in described.services.unwrap_or_default() {
        let stable = users::is_complete(&service)
            && !users::is_bad(&service)
            && service.running_count == service.desired_count
            && service.pending_count == Some(0);
        if !stable {
            let primary = service.deployments.unwrap_or_default().into_iter().next();
            let said = service.events.unwrap_or_default().into_iter();
            let said: Vec<_> = said.take(5).filter_map(|it| it.message).collect();
            return Err(format!(
                "{:?} has {:?} running and {:?} pending of {:?}; {primary:#?} {said:#?} {:#?}",
                service.service_name,
                service.running_count,
                service.pending_count,
                service.desired_count,
                by_machine(storm).await,
            ));
        }
    }
    let (tasks, _) = records(storm).await;
    let unfinished = tasks
        .values()
        .find(|task| task.last != Status::Stopped && task.last != Status::Running);
    if let Some(task) = unfinished {
        return Err(format!("{} is {:?}", task.arn, task.last));
    }
    let wanted = tasks
        .values()
        .filter(|task| task.last == Status::Running)
        .map(|task| (task.arn.clone(), task.instance.clone()));
    let (wanted, up): (BTreeSet<_>, BTreeSet<_>) =
        (wanted.collect(), up(storm).into_iter().collect());
    if wanted != up {
        let odd: Vec<_> = wanted.symmetric_difference(&up).collect();
        return Err(format!("records and machines do not agree about {odd:?}"));
    }
    let balanced = tasks
        .values()
        .filter(|task| task.last == Status::Running && task.group == "service:balanced");
    let address = |task: &Task| Some(task.interface.as_ref()?.private_ipv4.clone());
    let wanted: BTreeSet<_> = balanced.filter_map(address).collect();
    let listed = storm.elbv2.all().into_keys().map(|(_, id, _)| id);
    let listed: BTreeSet<_> = listed.collect();
    if wanted != listed {
        let odd: Vec<_> = wanted.symmetric_difference(&listed).collect();
        return Err(format!("tasks and targets do not agree about {odd:?}"));
    }
    for name in users::REBALANCED {
        let group = format!("service:{name}");
        let mut zones = BTreeMap::from(["a", "b", "c"].map(|zone| (format!("{REGION}{zone}"), 0)));
        let running = tasks.values().filter(|it| it.last == Status::Running);
        for task in running.filter(|task| task.group == group) {
            *zones.entry(task.availability_zone.clone()).or_insert(0) += 1;
        }
        let (least, most) = (zones.values().min(), zones.values().max());
        if most > least.map(|least| least + 1).as_ref() {
            return Err(format!("{name} is uneven: {zones:?}"));
        }
    }
    let uncounted = tasks.values().find(|task| {
        let of = task.service.as_ref();
        task.last == Status::Stopped && of.is_some_and(|of| !of.accounted)
    });
    if let Some(task) = uncounted {
        return Err(format!("the end of {} is not counted", task.arn));
    }
    let with_interface = tasks
        .values()
        .filter(|task| task.last == Status::Running && task.network.is_some());
    let (wanted, live) = (with_interface.count(), storm.world.interfaces().await.len());
    if wanted != live {
        return Err(format!("{live} interfaces for {wanted} tasks"));
    }
    Ok(())
}
