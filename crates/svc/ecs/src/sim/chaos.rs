//! What goes wrong, and what users do meanwhile.

use std::time::Duration;

use rand::Rng;
use wharf_records::ecs::{Deployment, InstanceStatus, RolloutState, Scheduling};

use super::world::{Event, World};
use crate::services::observe::TargetHealth;

/// How long things go wrong.
const CHAOS: Duration = Duration::from_secs(60);
/// Before anything does.
const SETTLING: Duration = Duration::from_secs(10);
const PARTITIONS: usize = 8;
const CRASHES: usize = 5;
const WISHES: usize = 7;
const SICK_TARGETS: usize = 4;

#[derive(Debug)]
pub enum Fault {
    Partition(usize),
    Crash(usize),
    Return(usize),
    /// A user changes a service or drains an instance.
    Wish,
    /// A healthy target turns unhealthy.
    Sicken,
}

pub fn unleash(world: &mut World) {
    for service in world.services() {
        let id = format!("default:{}", service.name);
        world.look(
            format!("s{id}"),
            Duration::ZERO,
            Event::LookService(id.clone()),
        );
    }
    schedule(world);
    let until = world.now + SETTLING + CHAOS;
    while let Some(event) = world.next(until) {
        step(world, event);
    }
}

fn schedule(world: &mut World) {
    let span = CHAOS.as_millis() as u64;
    let at = |world: &mut World| SETTLING + world.chance_ms(0..span);
    for number in 0..PARTITIONS + CRASHES {
        let node = world.rng.random_range(0..world.nodes.len());
        let start = at(world);
        let fault = match number < PARTITIONS {
            true => Fault::Partition(node),
            false => Fault::Crash(node),
        };
        world.after(start, Event::Fault(fault));
        let end = start + world.chance_ms(500..50_000);
        world.after(end, Event::Fault(Fault::Return(node)));
    }
    for _ in 0..WISHES {
        let delay = at(world);
        world.after(delay, Event::Fault(Fault::Wish));
    }
    for _ in 0..SICK_TARGETS {
        let delay = at(world);
        world.after(delay, Event::Fault(Fault::Sicken));
    }
}

pub fn step(world: &mut World, event: Event) {
    match event {
        Event::LookService(id) => world.look_at_service(&id),
        Event::LookTask(id) => world.look_at_task(&id),
        Event::LookInstance(node) => world.look_at_instance(node),
        Event::InterfaceMade(id) => world.interface_made(&id),
        Event::Told(node) => world.told(node),
        Event::Manifest { node, connection } => world.manifest(node, connection),
        Event::Container {
            node,
            boot,
            task,
            what,
        } => world.container(node, boot, &task, what),
        Event::Reported {
            node,
            connection,
            task,
            what,
        } => {
            world.reported(node, connection, &task, what);
        }
        Event::Absent(id) => world.absent(&id),
        Event::Judged(target) => {
            if let Some(health @ TargetHealth::Initial) = world.targets.get_mut(&target) {
                *health = TargetHealth::Healthy;
                world.targets_changed();
            }
        }
        Event::Drained(target) => {
            if world.targets.get(&target) == Some(&TargetHealth::Draining) {
                world.targets.remove(&target);
                world.targets_changed();
            }
        }
        Event::Fault(fault) => strike(world, fault),
    }
}

fn strike(world: &mut World, fault: Fault) {
    match fault {
        Fault::Partition(node) => world.lose(node, false),
        Fault::Crash(node) => world.lose(node, true),
        Fault::Return(node) => world.come_back(node),
        Fault::Wish => wish(world),
        Fault::Sicken => {
            let healthy = world
                .targets
                .values_mut()
                .find(|h| **h == TargetHealth::Healthy);
            if let Some(health) = healthy {
                *health = TargetHealth::Unhealthy("Health checks failed".to_owned());
                world.targets_changed();
            }
        }
    }
}

fn wish(world: &mut World) {
    if world.rng.random_bool(0.25) {
        let node = world.rng.random_range(0..world.nodes.len());
        let mut instance = world.instance(node);
        instance.status = match instance.status {
            InstanceStatus::Active => InstanceStatus::Draining,
            _ => InstanceStatus::Active,
        };
        return world.put_instance(instance);
    }
    let services = world.services();
    let mut service = services[world.rng.random_range(0..services.len())].clone();
    let kind = world.rng.random_range(0..4);
    match kind {
        0 if service.scheduling == Scheduling::Replica => {
            // One task between 50 and 100 percent could never move.
            service.desired = world.rng.random_range(2..30);
        }
        // A definition that never starts, where there is a way back.
        1 if service.completed.is_some()
            && service.scheduling == Scheduling::Replica
            && service.deployments[0].state == RolloutState::Completed =>
        {
            deploy(world, &mut service, true);
        }
        _ => deploy(world, &mut service, false),
    }
    world.put_service(service);
}

fn deploy(world: &mut World, service: &mut wharf_records::ecs::Service, bad: bool) {
    let mode = match service.scheduling {
        Scheduling::Daemon => "bridge",
        Scheduling::Replica => "awsvpc",
    };
    // What has health checks may pass them before it crashes; a breaker bears that. Some crash after
    // they were called complete.
    let crashes = bad && service.name != "balanced" && world.rng.random_bool(0.5);
    let definition = world.define(&service.name, mode, bad && !crashes);
    if crashes {
        let life = world.chance_ms(100..12_000);
        world.crashing.insert(definition.clone(), life);
    }
    let revision = world.revision_of(&service.name, &definition);
    service
        .deployments
        .insert(0, Deployment::new(revision, world.now));
    service.throttle = wharf_records::ecs::Throttle::default();
    service.steady = false;
}
