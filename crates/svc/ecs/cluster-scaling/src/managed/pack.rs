//! Where waiting tasks are expected to run, and what is ordered for those who lack a place. Pure.
//!
//! They are packed ([`wharf_placement::pack`]) in the order of their age, each into the first instance that takes it: one that has
//! joined, one that is on its way, or a further one. As with groups, an instance that joined and was passed over by placement for
//! [`CHANCE`] does not take a task; where one was empty and passed over, another in its zone would not either.

use std::collections::{BTreeMap, BTreeSet};

use wharf_base::Timestamp;
use wharf_placement::pack::{self, Ask, Filling, all_of, fill};
use wharf_records::hosts::Capacity;

use super::{
    kinds::Kind,
    plan::{Action, Observed, Own, Plan, Subnet, Wanting},
};
use crate::{
    plan::Container,
    sightings::{CHANCE, Offer},
};

/// Instances of a provider.
pub const MOST: usize = 500;
/// Instances ordered in one look.
const AT_ONCE: usize = 10;
/// Waiting tasks that are looked at; further ones have their turn when these have found room.
const MOST_TASKS: usize = 500;

/// An instance while it is filled.
struct Bin<'a> {
    own: &'a Own,
    offer: Option<&'a Offer>,
    zone: &'a str,
    room: pack::Bin<'a>,
}

impl<'a> Bin<'a> {
    fn of(own: &'a Own, observed: &Observed<'a>) -> Option<Self> {
        let kind = observed.kinds.iter().find(|it| it.name == own.kind);
        let (offer, free) = match &own.container {
            Some(it) if it.ready => {
                let id = own.ec2_instance.as_deref().unwrap_or_default();
                (observed.sightings.offer(id), it.free.clone())
            }
            Some(it) if it.connecting => (None, it.free.clone()),
            Some(_) => return None,
            None => (None, all_of(&size(observed, kind?))),
        };
        Some(Self {
            own,
            offer,
            zone: &own.zone,
            room: pack::Bin::new(free, kind.map(|it| it.architectures.as_slice())),
        })
    }

    fn takes(&self, wanting: &Wanting, now: Timestamp) -> bool {
        let (task, zones) = (&wanting.task, &wanting.zones);
        let passed_over = |it: &Offer| it.was_passed_over(&task.claim, task.since, now);
        !self.offer.is_some_and(passed_over)
            && (zones.is_empty() || zones.contains(self.zone))
            && self.room.takes(&ask(wanting))
    }
}

/// What a task asks of an instance.
fn ask(wanting: &Wanting) -> Ask<'_> {
    Ask {
        claim: &wanting.task.claim,
        apart: wanting.task.apart.as_deref(),
        architecture: wanting.architecture.as_deref(),
    }
}

/// What an instance of a type has, as far as anybody knows.
fn size(observed: &Observed<'_>, kind: &Kind) -> Capacity {
    let said = observed.learned.get(&kind.name).cloned();
    said.unwrap_or_else(|| kind.capacity())
}

/// Gives waiting tasks their places, and orders what they lack; the instances that are kept for them.
pub(super) fn pack(
    plan: &mut Plan,
    observed: &Observed<'_>,
    serving: &[&Own],
    now: Timestamp,
) -> BTreeSet<String> {
    let mut bins: Vec<Bin<'_>> = serving
        .iter()
        .filter_map(|own| Bin::of(own, observed))
        .collect();
    let mut waiting: Vec<&Wanting> = observed.waiting.iter().collect();
    waiting.sort_by(|a, b| (a.task.since, &a.task.id).cmp(&(b.task.since, &b.task.id)));
    let mut lacking = Vec::new();
    for wanting in waiting.into_iter().take(MOST_TASKS) {
        if let Some(bin) = bins.iter_mut().find(|it| it.takes(wanting, now)) {
            bin.room.take(&ask(wanting));
            // Placement has yet to use it, or to pass it over.
            plan.wake(now + CHANCE);
            continue;
        }
        let zones = open_zones(observed, serving, wanting, now);
        if zones.is_empty() || observed.stuck.contains(&wanting.task.id) {
            plan.stuck.insert(wanting.task.id.clone());
        } else {
            lacking.push(Lacking { wanting, zones });
        }
    }
    order(plan, observed, lacking, now);
    let taken = bins.iter().filter(|it| it.room.is_taken());
    taken.map(|it| it.own.id.clone()).collect()
}

/// A task that lacks an instance, and the zones in which one may do.
struct Lacking<'a> {
    wanting: &'a Wanting,
    zones: BTreeSet<&'a str>,
}

/// Zones of the provider and of a task, without those in which an empty instance was passed over for it.
fn open_zones<'a>(
    observed: &Observed<'a>,
    serving: &[&Own],
    wanting: &Wanting,
    now: Timestamp,
) -> BTreeSet<&'a str> {
    let passed_over = |own: &Own| {
        let is_empty = |it: &Container| it.ready && it.tasks == 0;
        let id = own.ec2_instance.as_deref().unwrap_or_default();
        own.container.as_ref().is_some_and(is_empty)
            && observed
                .sightings
                .offer(id)
                .is_some_and(|it| it.was_passed_over(&wanting.task.claim, wanting.task.since, now))
    };
    let is_open = |zone: &&str| {
        let mut there = serving.iter().filter(|it| it.zone == **zone);
        (wanting.zones.is_empty() || wanting.zones.contains(*zone))
            && !there.any(|it| passed_over(it))
    };
    let zones = observed.subnets.iter().map(|it| it.zone.as_str());
    zones.filter(is_open).collect()
}

/// A further instance for the first of those who lack one, and for whoever else fits on it.
struct Offered<'a> {
    kind: &'a Kind,
    subnet: &'a Subnet,
    filling: Filling,
}

impl Offered<'_> {
    /// The name decides between those that are filled alike.
    fn is_better_than(&self, other: &Self) -> bool {
        let names = || (&self.kind.name, &self.subnet.id) < (&other.kind.name, &other.subnet.id);
        let filled = self.filling.is_better_than(&other.filling);
        filled.unwrap_or_else(names)
    }
}

fn order<'a>(
    plan: &mut Plan,
    observed: &Observed<'a>,
    mut lacking: Vec<Lacking<'a>>,
    now: Timestamp,
) {
    let mut in_zone: BTreeMap<&str, usize> = BTreeMap::new();
    for own in observed.instances {
        *in_zone.entry(own.zone.as_str()).or_default() += 1;
    }
    let mut room = MOST.saturating_sub(observed.instances.len()).min(AT_ONCE);
    let closed = observed.refused.values().chain(observed.unfit.values());
    for until in closed.filter(|it| now < **it) {
        if !lacking.is_empty() {
            plan.wake(*until);
        }
    }
    if let Some(until) = observed.paused.filter(|it| now < *it) {
        if !lacking.is_empty() {
            plan.wake(until);
        }
        return;
    }
    while !lacking.is_empty() && room > 0 {
        let Some(offered) = best(observed, &lacking, &in_zone, now) else {
            // No type takes it. Others may be easier to serve.
            lacking.remove(0);
            continue;
        };
        *in_zone.entry(offered.subnet.zone.as_str()).or_default() += 1;
        plan.actions.push(Action::Order {
            kind: offered.kind.name.clone(),
            subnet: offered.subnet.id.clone(),
            zone: offered.subnet.zone.clone(),
        });
        offered.filling.take_from(&mut lacking);
        room -= 1;
    }
}

fn best<'a>(
    observed: &Observed<'a>,
    lacking: &[Lacking<'_>],
    in_zone: &BTreeMap<&str, usize>,
    now: Timestamp,
) -> Option<Offered<'a>> {
    let first = lacking.first()?;
    let mut best: Option<Offered<'a>> = None;
    for kind in observed.kinds {
        let Some(subnet) = subnet(observed, kind, first, in_zone, now) else {
            continue;
        };
        let free = all_of(&size(observed, kind));
        let room = pack::Bin::new(free, Some(&kind.architectures));
        let there = lacking.iter().enumerate();
        let there = there.filter(|(_, it)| it.zones.contains(subnet.zone.as_str()));
        let asks = there.map(|(number, it)| (number, ask(it.wanting)));
        let Some(filling) = fill(room, kind.cost(), asks) else {
            continue;
        };
        let offered = Offered {
            kind,
            subnet,
            filling,
        };
        if best.as_ref().is_none_or(|it| offered.is_better_than(it)) {
            best = Some(offered);
        }
    }
    best
}

/// Where the first task may have an instance of that type: in the zone that has fewest of the provider's.
fn subnet<'a>(
    observed: &Observed<'a>,
    kind: &Kind,
    first: &Lacking<'_>,
    in_zone: &BTreeMap<&str, usize>,
    now: Timestamp,
) -> Option<&'a Subnet> {
    let is_refused = |subnet: &Subnet| {
        let mut refused = observed.refused.iter().filter(|it| now < *it.1);
        // What there is no room for has none for more either.
        refused.any(|((name, at), _)| {
            let other = observed.kinds.iter().find(|it| it.name == *name);
            *at == subnet.id && (*name == kind.name || other.is_some_and(|it| kind.covers(it)))
        })
    };
    let is_unfit = |subnet: &Subnet| {
        let mut unfit = observed.unfit.iter().filter(|it| now < *it.1);
        unfit.any(|((name, at), _)| *at == subnet.id && *name == kind.name)
    };
    let suits = |subnet: &&Subnet| {
        first.zones.contains(subnet.zone.as_str()) && !is_refused(subnet) && !is_unfit(subnet)
    };
    let count = |subnet: &&Subnet| in_zone.get(subnet.zone.as_str()).copied().unwrap_or(0);
    observed
        .subnets
        .iter()
        .filter(suits)
        .min_by_key(|it| (count(it), it.id.as_str()))
}
