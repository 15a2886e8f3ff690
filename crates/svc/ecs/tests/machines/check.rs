//! What must always hold of the machines: nothing is on two of them, and once nothing goes wrong any more services keep what they
//! have.

use std::{collections::HashMap, sync::atomic::Ordering};

use crate::{hosts::Fleet, plan::Service, world::World};

/// # Panics
/// If it does not, or somebody saw what must not be.
pub fn always(world: &World, fleet: &Fleet) {
    let mut running = HashMap::new();
    let mut addresses = HashMap::new();
    let mut volumes = HashMap::new();
    let (mut tasks, mut mounted) = (HashMap::new(), HashMap::new());
    let mut wrong = Vec::new();
    for host in &fleet.hosts {
        for id in &host.holds {
            if let Some(other) = volumes.insert(id.as_str(), &host.name) {
                wrong.push(format!("{id} lies on {other} and on {}", host.name));
            }
        }
        for (id, it) in &host.runs {
            if let Some(other) = running.insert(id.as_str(), &host.name) {
                wrong.push(format!("{id} runs on {other} and on {}", host.name));
            }
            if let Some(other) = addresses.insert(it.address.clone(), id.clone()) {
                wrong.push(format!("{} is of {other} and of {id}", it.address));
            }
            let network = it.address.rsplit_once(' ').map_or("", |it| it.0);
            for (arn, run) in it.agent.tasks.lock().iter().filter(|(_, it)| it.is_up()) {
                if let Some(other) = tasks.insert(arn.clone(), id.clone()) {
                    wrong.push(format!("{arn} is on {other} and on {id}"));
                }
                let address = run.address.as_ref().map(|it| format!("{network} {it}"));
                if let Some(other) = address.and_then(|it| addresses.insert(it, arn.clone())) {
                    wrong.push(format!("{other} has the address of {arn}"));
                }
                let Some(volume) = &run.volume else { continue };
                if run.mounted && !host.holds.contains(volume) {
                    wrong.push(format!("{arn} runs on {} without {volume}", host.name));
                }
                if let Some(other) = mounted.insert(volume.clone(), arn.clone()) {
                    wrong.push(format!("{other} has {volume} of {arn}"));
                }
            }
        }
    }
    if world.recovered.load(Ordering::Relaxed) {
        let below = below_minimum(world).into_iter();
        let below = below.filter(|(service, _)| service.is_steady());
        wrong.extend(below.map(|(_, text)| text));
    }
    wrong.into_iter().for_each(|it| world.wrong(it));
    world.nothing_is_wrong();
}

/// Services that have fewer tasks than they must have.
pub fn below_minimum(world: &World) -> Vec<(&Service, String)> {
    let (running, wanted) = (world.running(), world.wanted.lock());
    let below = world.plan.services.iter().filter_map(|it| {
        let runs = running.get(&it.name).copied().unwrap_or_default();
        let least = it.least(wanted[&it.name]);
        let text = || format!("{} has {runs} tasks of at least {least}", it.name);
        (runs < least).then(|| (it, text()))
    });
    below.collect()
}
