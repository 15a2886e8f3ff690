//! Which group of a weighted forward, and which target of a group, gets a request.

use std::sync::{Arc, atomic::Ordering};

use rand::{Rng, rngs::SmallRng};

use crate::{
    config::{
        Algorithm,
        table::{Forward, Group},
    },
    target::{Lease, Rotation, TargetState},
};

/// Lowest share of its requests that a target in slow start gets, in thousandths.
const SLOW_START_FLOOR: u64 = 50;

/// A group by its weight. Groups without any weight get nothing, nor do those without targets as
/// long as another one has some.
pub fn pick_group<'a>(forward: &'a Forward, random: &mut SmallRng) -> Option<&'a Arc<Group>> {
    if let [(only, _)] = &forward.groups[..] {
        return Some(only);
    }
    let total: u64 = forward.groups.iter().map(|it| u64::from(it.1)).sum();
    if total == 0 {
        return None;
    }
    let mut at = random.random_range(0..total);
    let chosen = forward.groups.iter().find(|(_, weight)| {
        let weight = u64::from(*weight);
        let here = at < weight;
        at = at.wrapping_sub(weight);
        here
    });
    chosen.map(|(group, _)| group)
}

/// A target of the group that is none of `tried`, with a claim on it.
pub fn pick_target(group: &Group, tried: &[u64], random: &mut SmallRng) -> Option<Lease> {
    let rotation = group.state.rotation.load();
    let count = rotation.targets.len();
    let start = match group.config.settings.algorithm {
        _ if count < 2 => 0,
        Algorithm::RoundRobin => group.state.turn.fetch_add(1, Ordering::Relaxed) % count,
        Algorithm::WeightedRandom => random.random_range(0..count),
        Algorithm::LeastOutstanding => least_outstanding(&rotation, tried, random),
    };
    let slow_start_ms = group.config.settings.slow_start_ms;
    let ordered = || (0..count).map(|step| &rotation.targets[(start + step) % count]);
    let untried = || ordered().filter(|target| !tried.contains(&target.number));
    if slow_start_ms > 0 {
        let warm = untried().filter(|target| admitted(target, slow_start_ms, random));
        if let Some(lease) = warm.filter_map(Lease::take).next() {
            return Some(lease);
        }
    }
    untried().filter_map(Lease::take).next()
}

/// The target of this address in the group, if it is in rotation.
pub fn find_target(group: &Group, name: &str) -> Option<Lease> {
    let rotation = group.state.rotation.load();
    let mut targets = rotation.targets.iter();
    let target = targets.find(|target| target_name(target) == name)?;
    Lease::take(target)
}

/// How cookies name a target.
pub fn target_name(target: &TargetState) -> String {
    format!("{}:{}", target.reference.id, target.reference.port)
}

/// The one with the fewest requests under way; of equals, any.
fn least_outstanding(rotation: &Rotation, tried: &[u64], random: &mut SmallRng) -> usize {
    let count = rotation.targets.len();
    let first = random.random_range(0..count);
    let order = (0..count).map(|step| (first + step) % count);
    let untried = order.filter(|at| !tried.contains(&rotation.targets[*at].number));
    untried
        .min_by_key(|at| rotation.targets[*at].in_flight())
        .unwrap_or(first)
}

/// During slow start a target takes a share that grows from [`SLOW_START_FLOOR`] to all of it.
fn admitted(target: &TargetState, slow_start_ms: u64, random: &mut SmallRng) -> bool {
    let healthy_ms = target.healthy_for_ms();
    if healthy_ms >= slow_start_ms {
        return true;
    }
    let share = (healthy_ms * 1000 / slow_start_ms).max(SLOW_START_FLOOR);
    random.random_range(0..1000) < share
}
