//! What ECS does to the group of a capacity provider. Pure: from the group, from the container instances on it and
//! from who waits, the calls that are owed now; none when nothing is to be changed.
//!
//! Invariants: capacity is only ever added here, within steps and maximum (the policy of the group takes it away);
//! an instance with tasks loses no protection, and its end is not let go on before it is empty and takes no more.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_base::Timestamp;
use wharf_placement::ledger::Free;
use wharf_records::hosts::Capacity;

use crate::{
    estimate::{self, Estimate, Group, Joined, Machine, Standing, Waiting},
    seen::{Cycle, Member, Seen},
    sightings::{CHANCE, Offer, Sightings},
};

/// How often ECS says that a held instance is still being drained: well within an hour, the hook's heartbeat.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(20 * 60);

/// What the provider's record asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Managed scaling, and a cluster uses the provider.
    pub scales: bool,
    pub target_percent: u32,
    pub steps: (u32, u32),
    pub warm_up: Duration,
    pub protects: bool,
    pub drains: bool,
}

/// A container instance on an instance of the group.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// The key of its record.
    pub key: String,
    pub active: bool,
    /// It has registered, and its agent is about to connect.
    pub connecting: bool,
    /// ACTIVE, and its agent is connected.
    pub ready: bool,
    /// Tasks that no daemon service runs.
    pub tasks: usize,
    pub whole: Capacity,
    pub free: Free,
}

#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    pub settings: Settings,
    pub group: &'a Seen,
    /// By the instance of EC2.
    pub containers: &'a BTreeMap<String, Container>,
    pub waiting: &'a [Waiting],
    pub size: Option<&'a Capacity>,
    /// With those of this look.
    pub sightings: &'a Sightings,
    /// When each held instance was last said to be draining.
    pub heartbeats: &'a BTreeMap<String, Timestamp>,
    /// Held instances whose end ECS has let go on.
    pub answered: &'a BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The group is to have so many instances, in the units of its sizes.
    Grow(u32),
    Protect(Vec<String>),
    Release(Vec<String>),
    /// The container instance of that key takes no further tasks.
    Drain(String),
    /// Its end waits for its tasks.
    Heartbeat(String),
    /// Its end goes on.
    Complete(String),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    pub actions: Vec<Action>,
    pub estimate: Estimate,
    pub wake_at: Option<Timestamp>,
}

impl Plan {
    fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |it| it.min(at)));
    }
}

pub fn plan(observed: &Observed<'_>, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let machines = machines(observed, &mut plan, now);
    let settings = &observed.settings;
    let group = Group {
        machines: &machines,
        waiting: observed.waiting,
        zones: observed.group.zones.len(),
        size: observed.size,
        steps: settings.steps,
    };
    plan.estimate = estimate::estimate(&group, now);
    for chance in chances(&machines, observed.waiting, now) {
        plan.wake(chance);
    }
    if !observed.group.deleting {
        if settings.scales {
            grow(&mut plan, observed, &machines);
        }
        if settings.protects {
            protect(&mut plan, observed, &machines);
        }
    }
    if settings.drains {
        drain(&mut plan, observed, now);
    }
    plan
}

/// The instances of a group that count, and those that it has yet to launch.
fn machines(observed: &Observed<'_>, plan: &mut Plan, now: Timestamp) -> Vec<Machine> {
    let mut machines = Vec::new();
    for member in observed.group.live() {
        let standing = standing(observed, member, plan, now);
        machines.push(Machine {
            id: member.id.clone(),
            standing,
        });
    }
    let group = observed.group;
    let missing = group.desired.saturating_sub(group.units());
    for _ in 0..missing.div_ceil(group.weight()) {
        machines.push(Machine {
            id: String::new(),
            standing: Standing::Coming,
        });
    }
    machines
}

fn standing(observed: &Observed<'_>, member: &Member, plan: &mut Plan, now: Timestamp) -> Standing {
    let container = observed.containers.get(&member.id);
    if let Some(it) = container.filter(|it| !it.connecting) {
        let offer = observed.sightings.offer(&member.id).cloned();
        return Standing::Joined(Joined {
            ready: it.ready,
            tasks: it.tasks,
            whole: it.whole.clone(),
            offer: offer.unwrap_or_else(|| Offer::new(it.free.clone(), now)),
        });
    }
    // Hooks of launches and the machine itself take as long as they take: what never comes of it the group replaces.
    if member.cycle == Cycle::Pending {
        return Standing::Coming;
    }
    let since = observed.sightings.in_service_since(&member.id);
    let until = since.unwrap_or(now) + observed.settings.warm_up.max(CHANCE);
    if until <= now {
        return Standing::Absent;
    }
    plan.wake(until);
    Standing::Coming
}

/// When placement has had its chance with what is there: who still waits then needs something else.
fn chances(
    machines: &[Machine],
    waiting: &[Waiting],
    now: Timestamp,
) -> impl Iterator<Item = Timestamp> {
    let offers = machines.iter().filter_map(|it| match &it.standing {
        Standing::Joined(it) if !waiting.is_empty() => Some(it.offer.moments()),
        _ => None,
    });
    let moments = offers.flatten().chain(waiting.iter().map(|it| it.since));
    moments.map(|it| it + CHANCE).filter(move |it| now < *it)
}

/// At most the greatest step is on its way at once.
fn grow(plan: &mut Plan, observed: &Observed<'_>, machines: &[Machine]) {
    let group = observed.group;
    let coming = machines.iter().filter(|it| it.is_coming()).count();
    let coming = u32::try_from(coming).unwrap_or(u32::MAX);
    let most = observed.settings.steps.1.max(1).saturating_sub(coming);
    let further = plan.estimate.further.min(most);
    let there = group.units().max(group.desired);
    let more = further.saturating_mul(group.weight());
    let wanted = there.saturating_add(more).min(group.max);
    if further > 0 && wanted > group.desired {
        plan.actions.push(Action::Grow(wanted));
    }
}

/// Instances that are used or needed are protected; of the others as many are not as the group has too many.
fn protect(plan: &mut Plan, observed: &Observed<'_>, machines: &[Machine]) {
    let group = observed.group;
    let surplus = match observed.settings.scales {
        true => plan.estimate.surplus(observed.settings.target_percent),
        false => plan.estimate.there,
    };
    let live = group.units();
    let beyond = |size: u32| live.saturating_sub(size) / group.weight();
    // Somebody may have asked for fewer than the target does.
    let surplus = surplus.max(beyond(group.desired));
    let surplus = surplus.min(beyond(group.min));
    let idle =
        |it: &&Machine| !it.is_in_use() && !it.is_coming() && !plan.estimate.kept.contains(&it.id);
    let protected: BTreeSet<&str> = group
        .live()
        .filter(|it| it.protected)
        .map(|it| it.id.as_str())
        .collect();
    let mut idle: Vec<&Machine> = machines.iter().filter(idle).collect();
    // Those that are not protected stay so; then what is of the least use.
    idle.sort_by_key(|it| {
        let ready = matches!(&it.standing, Standing::Joined(it) if it.ready);
        (protected.contains(it.id.as_str()), ready, it.id.as_str())
    });
    let released: BTreeSet<&str> = idle
        .iter()
        .take(usize::try_from(surplus).unwrap_or(usize::MAX))
        .map(|it| it.id.as_str())
        .collect();
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for member in group.live() {
        let keep = !released.contains(member.id.as_str());
        if keep && !member.protected {
            on.push(member.id.clone());
        } else if !keep && member.protected {
            off.push(member.id.clone());
        }
    }
    if !on.is_empty() {
        plan.actions.push(Action::Protect(on));
    }
    if !off.is_empty() {
        plan.actions.push(Action::Release(off));
    }
}

fn drain(plan: &mut Plan, observed: &Observed<'_>, now: Timestamp) {
    let ending = |it: &&Member| matches!(it.cycle, Cycle::Ending | Cycle::Held);
    for member in observed.group.members.iter().filter(ending) {
        let container = observed.containers.get(&member.id);
        if let Some(it) = container.filter(|it| it.active) {
            // Only one that takes no more tasks can be seen to be empty.
            plan.actions.push(Action::Drain(it.key.clone()));
            continue;
        }
        if member.cycle != Cycle::Held || observed.answered.contains(&member.id) {
            continue;
        }
        if container.is_none_or(|it| it.tasks == 0) {
            plan.actions.push(Action::Complete(member.id.clone()));
            continue;
        }
        let last = observed.heartbeats.get(&member.id);
        let due = last.map_or(now, |it| *it + HEARTBEAT_EVERY);
        if due <= now {
            plan.actions.push(Action::Heartbeat(member.id.clone()));
        } else {
            plan.wake(due);
        }
    }
}

#[cfg(test)]
mod tests;
