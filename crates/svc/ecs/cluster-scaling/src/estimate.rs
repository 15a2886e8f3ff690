//! How many instances a cluster needs of a group: what is in use, and what waiting tasks take beyond that. Pure.
//!
//! Waiting tasks are packed in the order of their age, each into the first instance that takes it: one that has
//! joined, one that is on its way, or a further one of the group's type. What constraints and subnets ask for is not
//! judged here a second time: an instance that joined and was passed over by placement for
//! [`CHANCE`](crate::sightings::CHANCE) does not take the task, and where as many as the group has zones are empty and
//! were passed over, another would not either.

use std::collections::BTreeSet;

use wharf_base::Timestamp;
use wharf_placement::{
    ledger::{Free, fits},
    pack::all_of,
};
use wharf_records::hosts::{Capacity, Claim};

use crate::sightings::Offer;

/// An instance that counts towards the group's capacity.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// `i-…`; empty for one that the group has yet to launch.
    pub id: String,
    pub standing: Standing,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Ordered or launched, and its agent has not connected yet.
    Coming,
    /// It had the group's warm-up time to join, and did not.
    Absent,
    Joined(Joined),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// ACTIVE, and its agent is connected.
    pub ready: bool,
    /// Tasks that no daemon service runs.
    pub tasks: usize,
    pub whole: Capacity,
    pub offer: Offer,
}

impl Machine {
    pub fn is_in_use(&self) -> bool {
        matches!(&self.standing, Standing::Joined(it) if it.tasks > 0)
    }

    pub fn is_coming(&self) -> bool {
        self.standing == Standing::Coming
    }
}

/// A task that waits for room.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    pub id: String,
    pub since: Timestamp,
    pub claim: Claim,
    /// Tasks with the same word are never on one instance.
    pub apart: Option<String>,
}

/// What is known of a group and of who wants something of it.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a> {
    pub machines: &'a [Machine],
    /// In any order.
    pub waiting: &'a [Waiting],
    /// How many zones the group launches in, one after the other.
    pub zones: usize,
    /// What a further instance has; `None` while nobody can say.
    pub size: Option<&'a Capacity>,
    /// The least and the most instances that are added at once.
    pub steps: (u32, u32),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Estimate {
    /// Instances of the group, those on their way with them (N).
    pub there: u32,
    /// Those with tasks.
    pub in_use: u32,
    /// Instances that are needed (M).
    pub needed: u32,
    /// Those to add now, within the steps.
    pub further: u32,
    /// Ids of instances without tasks that waiting ones are expected on.
    pub kept: BTreeSet<String>,
    /// Waiting tasks that no instance of the group would take.
    pub stuck: BTreeSet<String>,
}

/// An instance while it is filled.
struct Bin<'a> {
    machine: Option<&'a Machine>,
    /// What placement could use; `None` before it has joined.
    offer: Option<&'a Offer>,
    free: Option<Free>,
    apart: BTreeSet<&'a str>,
    taken: bool,
}

impl<'a> Bin<'a> {
    fn empty(machine: Option<&'a Machine>, free: Option<Free>) -> Self {
        Self {
            machine,
            offer: None,
            free,
            apart: BTreeSet::new(),
            taken: false,
        }
    }

    fn of(machine: &'a Machine, size: Option<&Capacity>) -> Option<Self> {
        match &machine.standing {
            Standing::Coming => Some(Self::empty(Some(machine), size.map(all_of))),
            Standing::Joined(it) if it.ready => Some(Self {
                offer: Some(&it.offer),
                ..Self::empty(Some(machine), Some(it.offer.free().clone()))
            }),
            Standing::Joined(_) | Standing::Absent => None,
        }
    }

    fn takes(&self, task: &Waiting, now: Timestamp) -> bool {
        let passed_over = |it: &Offer| it.was_passed_over(&task.claim, task.since, now);
        let apart = task.apart.as_deref();
        !self.offer.is_some_and(passed_over)
            && self
                .free
                .as_ref()
                .is_none_or(|it| fits(it, &task.claim).is_ok())
            && !apart.is_some_and(|it| self.apart.contains(it))
    }

    fn take(&mut self, task: &'a Waiting) {
        if let Some(free) = &mut self.free {
            free.take(&task.claim);
        }
        self.apart.extend(task.apart.as_deref());
        self.taken = true;
    }
}

/// Counts what is there and what is needed.
pub fn estimate(group: &Group<'_>, now: Timestamp) -> Estimate {
    let machines = group.machines;
    let in_use = machines.iter().filter(|it| it.is_in_use());
    let mut bins: Vec<Bin<'_>> = machines
        .iter()
        .filter_map(|it| Bin::of(it, group.size))
        .collect();
    let mut waiting: Vec<&Waiting> = group.waiting.iter().collect();
    waiting.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
    let mut stuck = BTreeSet::new();
    let refused = Refusals::new(group);
    for task in waiting {
        if let Some(bin) = bins.iter_mut().find(|it| it.takes(task, now)) {
            bin.take(task);
        } else if refused.by_all(task, now) {
            stuck.insert(task.id.clone());
        } else {
            let mut bin = Bin::empty(None, group.size.map(all_of));
            bin.take(task);
            bins.push(bin);
        }
    }
    let taken: Vec<&Bin<'_>> = bins.iter().filter(|it| it.taken).collect();
    let kept = taken
        .iter()
        .filter_map(|it| it.machine)
        .filter(|it| !it.is_in_use());
    let (mut kept_count, mut kept_ids) = (0, BTreeSet::new());
    for machine in kept {
        kept_count += 1;
        if !machine.id.is_empty() {
            kept_ids.insert(machine.id.clone());
        }
    }
    let new = count(taken.iter().filter(|it| it.machine.is_none()).count());
    let (least, most) = group.steps;
    let there = count(machines.len());
    let in_use = count(in_use.count());
    let further = match new {
        0 => 0,
        new => new.max(least).min(most.max(1)),
    };
    Estimate {
        there,
        in_use,
        // One that is added comes on top of all there are: those that are idle were of no use to who waits.
        needed: match further {
            0 => in_use.saturating_add(kept_count),
            _ => there.saturating_add(further),
        },
        further,
        kept: kept_ids,
        stuck,
    }
}

/// What the empty instances of a group say of tasks that they were not given.
struct Refusals<'a> {
    group: &'a Group<'a>,
    /// The room of each instance of the group's size on which nothing runs.
    empty: Vec<&'a Offer>,
}

impl<'a> Refusals<'a> {
    fn new(group: &'a Group<'a>) -> Self {
        let covers = |it: &Joined, size: &Capacity| {
            size.cpu <= it.whole.cpu && size.memory <= it.whole.memory
        };
        let empty = group.machines.iter().filter_map(|it| match &it.standing {
            Standing::Joined(it) if it.ready && it.tasks == 0 => {
                let alike = group.size.is_none_or(|size| covers(it, size));
                alike.then_some(&it.offer)
            }
            _ => None,
        });
        Self {
            group,
            empty: empty.collect(),
        }
    }

    /// Whether a further instance would not take it either.
    fn by_all(&self, task: &Waiting, now: Timestamp) -> bool {
        let too_large = |size: &Capacity| fits(&all_of(size), &task.claim).is_err();
        if self.group.size.is_some_and(too_large) {
            return true;
        }
        let refused = |it: &&&Offer| it.was_passed_over(&task.claim, task.since, now);
        self.empty.iter().filter(refused).count() >= self.group.zones.max(1)
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Estimate {
    /// What the metric `CapacityProviderReservation` says.
    pub fn reservation(&self) -> f64 {
        match (self.there, self.needed) {
            (0, 0) => 100.0,
            (0, _) => 200.0,
            (there, needed) => f64::from(needed) * 100.0 / f64::from(there),
        }
    }

    /// Instances that are more than the target wants.
    pub fn surplus(&self, target_percent: u32) -> u32 {
        let wanted = u64::from(self.needed) * 100;
        let wanted = wanted.div_ceil(u64::from(target_percent.clamp(1, 100)));
        self.there
            .saturating_sub(u32::try_from(wanted).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests;
