//! What ECS does with the instances of a provider of Managed Instances. Pure: from their records, from what EC2 says of them, from the
//! container instances on them and from who waits, the steps that are owed now.
//! How waiting tasks are packed is `pack`'s matter.
//!
//! Invariants: an instance ends only when nothing runs on it; it is drained in the step before. Nothing is forgotten of which EC2 does
//! not say that it has ended, or that it never was.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use wharf_base::Timestamp;
use wharf_records::hosts::Capacity;

use super::{kinds::Kind, pack::pack};
use crate::{
    estimate::Waiting,
    plan::Container,
    sightings::{CHANCE, Sightings},
};

/// How long an instance has to join its cluster, from when it was ordered.
pub const JOINS_WITHIN: Duration = Duration::from_secs(600);
/// How long nothing like it is ordered in the same subnet after EC2 had no room for an instance.
pub const REFUSED_FOR: Duration = Duration::from_secs(60);
/// The same for a type of which EC2 has none like that, and of others it may.
pub const UNFIT_FOR: Duration = Duration::from_secs(300);
/// How soon EC2 is asked again while instances come or go: it tells nobody.
const SOON: Duration = Duration::from_secs(2);

/// A task that waits, and where it may run.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanting {
    pub task: Waiting,
    /// Those of its subnets; any where there are none.
    pub zones: BTreeSet<String>,
    /// `x86_64`, where its definition says one.
    pub architecture: Option<String>,
}

/// What EC2 says of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    Unknown,
    /// Pending or running.
    Lives,
    /// It was stopped, which ECS never does.
    Stopped,
    Ends,
    Ended,
}

/// An instance that ECS has ordered.
#[derive(Debug, Clone, PartialEq)]
pub struct Own {
    pub id: String,
    pub kind: String,
    pub subnet: String,
    pub zone: String,
    pub ordered_at: Timestamp,
    /// As its record has it.
    pub ec2_instance: Option<String>,
    /// As EC2 has it.
    pub found: Option<String>,
    pub seen: Seen,
    /// Its Spot capacity is about to be taken back.
    pub noticed: bool,
    pub ending: bool,
    pub container: Option<Container>,
    /// Since when it has been seen without tasks.
    pub idle_since: Option<Timestamp>,
}

/// A subnet that instances are launched in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub zone: String,
}

#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// The provider is there, and is not being deleted.
    pub active: bool,
    /// `None`: idle instances stay.
    pub scale_in_after: Option<Duration>,
    /// Types that the provider may have.
    pub kinds: &'a [Kind],
    /// What instances of a type said that they have when they joined.
    pub learned: &'a BTreeMap<String, Capacity>,
    pub subnets: &'a [Subnet],
    pub instances: &'a [Own],
    pub waiting: &'a [Wanting],
    pub sightings: &'a Sightings,
    /// Types and subnets that EC2 had no room for, and until when they are not asked for.
    pub refused: &'a BTreeMap<(String, String), Timestamp>,
    /// Types of which EC2 has none like the provider's in a subnet, and until when they are not asked for there.
    pub unfit: &'a BTreeMap<(String, String), Timestamp>,
    /// Tasks that no instance would take, by earlier looks.
    pub stuck: &'a BTreeSet<String>,
    /// Until when nothing is launched.
    pub paused: Option<Timestamp>,
}

/// A step; instances are named by the ids of their records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// EC2 says its id.
    Note {
        id: String,
        ec2_instance: String,
    },
    /// It has ended. `in_vain`: without ever having joined.
    Forget {
        id: String,
        in_vain: bool,
    },
    /// It takes no more tasks from here on. `idle`: if there are still none.
    End {
        id: String,
        idle: bool,
    },
    /// Nothing is on it.
    Terminate {
        id: String,
        ec2_instance: String,
    },
    Launch {
        id: String,
    },
    Order {
        kind: String,
        subnet: String,
        zone: String,
    },
    /// Nothing is left of the provider.
    Finish,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    pub actions: Vec<Action>,
    /// Since when instances without tasks have had none.
    pub idle: BTreeMap<String, Timestamp>,
    pub stuck: BTreeSet<String>,
    pub wake_at: Option<Timestamp>,
}

impl Plan {
    pub(super) fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |it| it.min(at)));
    }
}

pub fn plan(observed: &Observed<'_>, now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    let mut serving = Vec::new();
    for own in observed.instances {
        if follow(&mut plan, own, observed, now) {
            serving.push(own);
        }
    }
    if !observed.active {
        if observed.instances.is_empty() {
            plan.actions.push(Action::Finish);
        }
        return plan;
    }
    let kept = pack(&mut plan, observed, &serving, now);
    for own in serving {
        if !kept.contains(&own.id) {
            rest(&mut plan, own, observed, now);
        }
    }
    plan
}

/// Brings one instance forward; whether it serves tasks, now or once it has joined.
fn follow(plan: &mut Plan, own: &Own, observed: &Observed<'_>, now: Timestamp) -> bool {
    let id = || own.id.clone();
    let known = own.ec2_instance.as_ref();
    match (own.seen, known, &own.found) {
        // EC2 forgets what ended long ago. What it never heard of was never launched, or will be.
        (Seen::Ended, ..) | (Seen::Unknown, Some(_), _) => {
            let in_vain = own.container.is_none() && !own.ending;
            plan.actions.push(Action::Forget { id: id(), in_vain });
            return false;
        }
        (Seen::Unknown, None, _) if own.ending || !observed.active => {
            let in_vain = false;
            plan.actions.push(Action::Forget { id: id(), in_vain });
            return false;
        }
        (Seen::Unknown, None, _) => {
            match observed.paused.filter(|it| now < *it) {
                Some(until) => plan.wake(until),
                None => plan.actions.push(Action::Launch { id: id() }),
            }
            return true;
        }
        (_, None, Some(ec2_instance)) => {
            let ec2_instance = ec2_instance.clone();
            plan.actions.push(Action::Note {
                id: id(),
                ec2_instance,
            });
        }
        _ => {}
    }
    if own.seen == Seen::Ends {
        plan.wake(now + SOON);
        return false;
    }
    let container = own.container.as_ref();
    if own.ending {
        end(plan, own, now);
        return false;
    }
    if !observed.active || own.seen == Seen::Stopped || own.noticed {
        let idle = false;
        plan.actions.push(Action::End { id: id(), idle });
        return false;
    }
    // Nobody has it join a second time.
    if container.is_none() {
        let until = own.ordered_at + JOINS_WITHIN;
        if until <= now {
            plan.actions.push(Action::End {
                id: id(),
                idle: true,
            });
            return false;
        }
        plan.wake(until.min(now + SOON));
    }
    true
}

/// One that takes no more tasks ends when it has none.
fn end(plan: &mut Plan, own: &Own, now: Timestamp) {
    let container = own.container.as_ref();
    if container.is_some_and(|it| it.active) {
        // It has joined meanwhile.
        let (id, idle) = (own.id.clone(), false);
        plan.actions.push(Action::End { id, idle });
        return;
    }
    let Some(ec2_instance) = own.found.as_ref().or(own.ec2_instance.as_ref()) else {
        return;
    };
    match container.is_none_or(|it| it.tasks == 0) {
        true => plan.actions.push(Action::Terminate {
            id: own.id.clone(),
            ec2_instance: ec2_instance.clone(),
        }),
        // Their ends wake who looks; this is for what is missed.
        false => plan.wake(now + CHANCE),
    }
}

/// One that nobody waits for ends when it has been idle for as long as the provider says.
fn rest(plan: &mut Plan, own: &Own, observed: &Observed<'_>, now: Timestamp) {
    let idle = |it: &&Container| it.tasks == 0 && !it.connecting;
    let Some(container) = own.container.as_ref().filter(idle) else {
        return;
    };
    let since = own.idle_since.unwrap_or(now);
    plan.idle.insert(own.id.clone(), since);
    // Who drained it wants it gone.
    let after = match container.active {
        true => observed.scale_in_after,
        false => Some(Duration::ZERO),
    };
    let Some(due) = after.map(|it| since + it) else {
        return;
    };
    match due <= now {
        true => plan.actions.push(Action::End {
            id: own.id.clone(),
            idle: true,
        }),
        false => plan.wake(due),
    }
}

#[cfg(test)]
mod tests;
