//! What must always hold, and what must come about.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use wharf_api_ecs::Ecs;
use wharf_records::{
    Record, decode,
    ecs::{Desired, Status, Task},
    hosts::{Ledger, Phase},
    machine,
};
use wharf_store::{Range, Revision};

use super::Storm;
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

/// What a task needs is claimed on its host's ledger, once, as long as it needs it; and no ledger
/// promises more than there is.
pub async fn always(storm: &Storm) {
    let (tasks, ledgers) = records(storm).await;
    let seed = storm.seed;
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

/// Enough went wrong for the rest to say anything.
pub async fn was_a_storm(storm: &Storm) {
    let (tasks, _) = records(storm).await;
    let stopped = |start: &str| {
        let reasons = tasks.values().filter_map(|it| it.stopped_reason.as_deref());
        reasons.filter(|it| it.starts_with(start)).count()
    };
    let of = [
        tasks.len(),
        stopped("Host EC2"),
        stopped("Essential container"),
        stopped("Scaling activity"),
        storm.repeated.load(Ordering::Relaxed),
    ];
    println!("seed {}: {of:?}", storm.seed);
    assert!(tasks.len() > 100 && of.iter().all(|it| *it > 0), "{of:?}");
}

/// Every service has its tasks, all of them run, and nothing is left of others.
pub async fn settled(storm: &Storm) -> Result<(), String> {
    let names = serde_json::json!({"services": ["plain", "bridge", "daemon"]});
    let described = storm
        .ecs
        .describe_services(&storm.call(), input("DescribeServices", names))
        .await
        .map_err(|fault| fault.message)?;
    for service in described.services.unwrap_or_default() {
        let deployments = service.deployments.as_deref().unwrap_or_default();
        let stable = deployments.len() == 1
            && service.running_count == service.desired_count
            && service.pending_count == Some(0);
        if !stable {
            return Err(format!("{service:#?}"));
        }
    }
    let (tasks, _) = records(storm).await;
    let unfinished = tasks
        .values()
        .find(|task| task.last != Status::Stopped && task.last != Status::Running);
    if let Some(task) = unfinished {
        return Err(format!("{} is {:?}", task.arn, task.last));
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
