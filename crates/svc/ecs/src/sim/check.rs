//! What must hold after every step, and what must come about once nothing goes wrong any more.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use wharf_records::{
    ecs::{Desired, InstanceStatus, RolloutState, Scheduling, Service, Status, StopCode, Task},
    hosts::{Ledger, Phase as ClaimPhase},
};

use super::{
    chaos,
    nodes::Phase,
    world::{World, node_id},
};
use crate::{
    interface::live_interface,
    services::{
        observe::{Observed, Seen, TargetHealth},
        plan::{Action, Plan},
    },
};

/// How long it may take until all is as wanted: the longest pause of the throttle, and some.
const PATIENCE: Duration = Duration::from_secs(40 * 60);

/// How long after a failure nothing is called steady.
const FORGOTTEN: Duration = Duration::from_secs(40);

/// Healthy in the words of the specification, told apart from the code under test.
fn counts(world: &World, service: &Service, task: &Seen) -> bool {
    let settled = match (task.targets.is_empty(), service.options.breaker.enable) {
        (true, true) => Duration::from_secs(5),
        (true, false) => Duration::from_secs(3),
        (false, _) => Duration::ZERO,
    };
    task.is_running()
        && task.started_at.is_some_and(|at| at + settled <= world.now)
        && task
            .targets
            .iter()
            .all(|target| target.health == TargetHealth::Healthy)
}

/// Stops of ours leave the minimum, launches of ours respect the maximum, a DAEMON gets one task a
/// host.
pub fn within_bounds(world: &World, service: &Service, observed: &Observed, plan: &Plan) {
    if service.status != wharf_records::ecs::ServiceStatus::Active {
        return;
    }
    let stopped = |id: &str| {
        plan.actions
            .iter()
            .any(|action| matches!(action, Action::Stop { task, .. } if task == id))
    };
    let healthy = |task: &&Seen| counts(world, service, task);
    let before = observed.tasks.iter().filter(healthy).count();
    let taken = observed
        .tasks
        .iter()
        .filter(healthy)
        .filter(|task| stopped(&task.id))
        .count();
    let percent = |part: u32| plan.service.desired as usize * part as usize;
    let lower = percent(service.options.minimum_percent).div_ceil(100);
    let upper = percent(service.options.maximum_percent) / 100;
    assert!(
        taken == 0 || before - taken >= lower || drains(service, observed, &stopped),
        "seed {}: {} stops {taken} of {before} healthy tasks, {lower} must stay",
        world.seed,
        service.name
    );
    let live = observed.tasks.iter().filter(|task| task.is_live()).count();
    for action in &plan.actions {
        match action {
            Action::Launch { count } => assert!(
                live + *count as usize <= upper,
                "seed {}: {} starts {count} beside {live} tasks, {upper} at most",
                world.seed,
                service.name
            ),
            Action::LaunchOn { hosts } => {
                let up = |task: &&Seen| task.end.is_none() && hosts.contains(&task.host);
                assert_eq!(
                    observed.tasks.iter().filter(up).count(),
                    0,
                    "a second daemon"
                );
            }
            _ => {}
        }
    }
}

/// Complete and steady are what has stayed up: every task counts, and none failed of late.
pub fn steady(world: &World, service: &Service, observed: &Observed, plan: &Plan) {
    let says = |what: &str| plan.events.iter().any(|text| text.contains(what));
    let (complete, steady) = (says("deployment completed"), says("steady state"));
    if !complete && !steady {
        return;
    }
    let live = observed.tasks.iter().filter(|task| task.is_live());
    let counting = live
        .clone()
        .filter(|task| counts(world, &plan.service, task));
    let (live, counting) = (live.count(), counting.count());
    assert!(
        live == counting && live == plan.service.desired as usize,
        "seed {}: {} is called good with {counting} of {live} tasks",
        world.seed,
        service.name
    );
    if !steady {
        return;
    }
    let primary = plan.service.deployments[0].id();
    let rolled_back = world.rolled_back.get(&service.name).copied();
    let failed = |task: &&Arc<Task>| {
        let of = task.service.as_ref();
        let own = of.is_some_and(|of| of.deployment == primary && of.accounted);
        let ran = task.started_at.zip(task.execution_stopped_at);
        // A crash of its node is not its own failure.
        let killed = task.containers.iter().any(|c| c.exit_code == Some(137));
        let exited = task.stop_code == Some(StopCode::EssentialContainerExited)
            && !killed
            && ran.is_some_and(|(from, until)| until.since(from) < FORGOTTEN);
        task.ended && own && (exited || task.stop_code == Some(StopCode::TaskFailedToStart))
    };
    let ends = world
        .tasks
        .values()
        .filter(failed)
        .filter_map(|t| t.stopping_at);
    // A rollback begins anew.
    if let Some(last) = ends
        .filter(|at| rolled_back.is_none_or(|back| *at > back))
        .max()
    {
        assert!(
            last + FORGOTTEN <= world.now,
            "seed {}: {} is called steady so soon after a failure",
            world.seed,
            service.name
        );
    }
}

/// A DAEMON leaves a host that is emptied, whatever its minimum.
fn drains(service: &Service, observed: &Observed, stopped: &impl Fn(&str) -> bool) -> bool {
    let mut gone = observed.tasks.iter().filter(|task| stopped(&task.id));
    service.scheduling == Scheduling::Daemon && gone.all(|task| task.draining)
}

/// No host promises more than it has.
pub fn ledger(seed: u64, host: &str, ledger: &Ledger) {
    let (mut cpu, mut memory, mut interfaces) = (0, 0, 0);
    for (claim, count) in ledger.claims.alike() {
        if claim.phase == ClaimPhase::Held {
            cpu += claim.cpu * count;
            memory += claim.memory * count;
        }
        interfaces += claim.interfaces * count;
    }
    let room = &ledger.capacity;
    assert!(
        cpu <= room.cpu && memory <= room.memory && interfaces <= room.interfaces,
        "seed {seed}: {host} is overcommitted"
    );
}

fn holders<'w>(world: &'w World, ip: &str) -> Vec<&'w String> {
    let runs = world.nodes.iter().flat_map(|node| &node.runs);
    runs.filter(|(_, run)| run.is_up() && run.address.as_deref() == Some(ip))
        .map(|(id, _)| id)
        .collect()
}

/// An address is given only while no container in the world uses it.
pub fn may_give(world: &World, ip: &str) {
    let holders = holders(world, ip);
    assert!(
        holders.is_empty(),
        "seed {}: {ip} is used by {holders:?}",
        world.seed
    );
}

/// An interface goes only once its container is gone.
pub fn may_free(world: &World, task: &Task) {
    let node = &world.nodes[world.node_of_task(task)];
    let run = node.runs.get(&format!("{}:{}", task.cluster, task.id));
    assert!(
        !run.is_some_and(|run| run.is_up()),
        "seed {}: {} still runs",
        world.seed,
        task.id
    );
}

/// No address and no port of a host is used twice.
pub fn may_start(world: &World, node: usize, id: &str) {
    let run = &world.nodes[node].runs[id];
    if let Some(ip) = &run.address {
        may_give(world, ip);
    }
    if run.port {
        let mut others = world.nodes[node].runs.iter();
        let taken = others.find(|(other, run)| *other != id && run.port && run.is_up());
        assert!(
            taken.is_none(),
            "seed {}: {taken:?} has the port of {id}",
            world.seed
        );
    }
}

/// Everything is healed, and all comes to be as wanted.
pub fn converges(world: &mut World) {
    world.calm = true;
    for node in 0..world.nodes.len() {
        world.come_back(node);
        let mut instance = world.instance(node);
        if instance.status != InstanceStatus::Active {
            instance.status = InstanceStatus::Active;
            world.put_instance(instance);
        }
    }
    let end = world.now + PATIENCE;
    let mut left = String::new();
    while world.now < end {
        let until = world.now + Duration::from_secs(10);
        while let Some(event) = world.next(until) {
            chaos::step(world, event);
        }
        world.now = until;
        left = unfinished(world);
        if left.is_empty() {
            return settled(world);
        }
    }
    panic!(
        "seed {}: not as wanted after {PATIENCE:?}: {left}",
        world.seed
    );
}

/// What is not as wanted yet.
fn unfinished(world: &World) -> String {
    for service in world.services() {
        let primary = &service.deployments[0];
        // Its breaker found nothing to go back to: it stays as it is.
        if primary.state == RolloutState::Failed {
            continue;
        }
        let id = format!("default:{}", service.name);
        let region = world.region();
        let tasks: Vec<_> = region.tasks_of_service(&id).collect();
        let live = tasks
            .iter()
            .filter(|t| t.desired == Desired::Running && !t.ended);
        let running = live.clone().filter(|t| t.last == Status::Running).count();
        if service.deployments.len() != 1
            || running != service.desired as usize
            || live.count() != running
            || primary.state != RolloutState::Completed
        {
            return format!(
                "{}: {running} of {} running, {} deployments, {:?}, throttle {:?}",
                service.name,
                service.desired,
                service.deployments.len(),
                primary.state,
                service.throttle
            );
        }
        if service.scheduling == Scheduling::Daemon && running != world.nodes.len() {
            return format!("{}: {running} tasks", service.name);
        }
    }
    // What has just ended still counts as running until its host was heard.
    if world.reports_under_way() {
        return "a report is under way".to_owned();
    }
    let region = world.region();
    let mut tasks = region.tasks.values();
    match tasks.find(|task| task.desired == Desired::Stopped || task.unconfirmed) {
        Some(task) => format!(
            "{} is {:?}, unconfirmed {}",
            task.id, task.last, task.unconfirmed
        ),
        None => String::new(),
    }
}

/// Records and world agree, and nothing is left over.
fn settled(world: &World) {
    let live = world.live();
    let seed = world.seed;
    let mut up = 0;
    for (number, node) in world.nodes.iter().enumerate() {
        for (id, _) in node
            .runs
            .iter()
            .filter(|(_, run)| !matches!(run.phase, Phase::Over(_)))
        {
            assert!(
                live.contains(&world.tasks[id].arn),
                "seed {seed}: {id} is a stray on {number}"
            );
            up += 1;
        }
    }
    assert_eq!(up, live.len(), "seed {seed}: every task runs exactly once");
    for host in (0..world.nodes.len()).map(node_id) {
        for claimant in world.region().ledgers[&host].claims.claimants() {
            assert!(
                live.contains(&claimant),
                "seed {seed}: {claimant} holds room on {host}"
            );
        }
    }
    let held: BTreeMap<_, _> = world
        .tasks
        .values()
        .filter_map(|task| Some((live_interface(task)?.private_ipv4.clone(), task.id.clone())))
        .collect();
    for ip in world.addresses.keys() {
        assert!(held.contains_key(ip), "seed {seed}: {ip} belongs to nobody");
    }
    let region = world.region();
    let balanced = region.tasks_of_service("default:balanced");
    let addresses: Vec<_> = balanced
        .filter_map(|task| Some(task.interface.as_ref()?.private_ipv4.clone()))
        .collect();
    // What is still draining goes by itself.
    let listed = world
        .targets
        .iter()
        .filter(|(_, health)| **health != TargetHealth::Draining);
    let listed: Vec<_> = listed.map(|((_, ip, _), _)| ip).collect();
    for ip in &listed {
        assert!(
            addresses.contains(ip),
            "seed {seed}: {ip} is an orphan target"
        );
    }
    assert_eq!(
        addresses.len(),
        listed.len(),
        "seed {seed}: every task is a target"
    );
    for task in world.tasks.values().filter(|task| task.ended) {
        assert!(
            world.accounted.contains(&task.id),
            "seed {seed}: {} was not counted",
            task.id
        );
    }
}
