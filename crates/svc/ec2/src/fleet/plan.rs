//! What a fleet lacks, and what of it is too much. Pure.

use std::time::Duration;

use wharf_base::Timestamp;

use super::records::{Body, State, Type, Units};
use crate::{instances::life::State as InstanceState, records::Instance};

/// An instance of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub id: String,
    pub state: InstanceState,
    pub spot: bool,
    pub pool: u32,
    pub units: u32,
    pub launched_at: Timestamp,
}

impl Seen {
    /// `None` for one that is not of this fleet.
    pub fn of(body: &Body, id: &str, instance: &Instance) -> Option<Self> {
        let member = instance.fleet.as_ref().filter(|it| it.id == id)?;
        let pool = body.pools.get(member.pool as usize);
        Some(Self {
            id: instance.id.clone(),
            state: instance.life.state,
            spot: instance.spot.is_some(),
            pool: member.pool,
            units: pool.map_or(1, super::records::Pool::units),
            launched_at: instance.life.launched_at,
        })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Units to launch.
    pub missing: Units,
    /// Instances to end.
    pub excess: Vec<String>,
    /// What it becomes.
    pub state: Option<State>,
    /// It is an instant fleet that whoever made it did not finish.
    pub finish: bool,
}

/// How long whoever made an instant fleet has for its launches, before others finish them.
pub const UNFINISHED: Duration = Duration::from_secs(60);

/// Units that run, or come to.
pub fn capacity(instances: &[Seen]) -> Units {
    let mut units = Units::default();
    for it in instances.iter().filter(|it| it.state.lives()) {
        match it.spot {
            true => units.spot += it.units,
            false => units.on_demand += it.units,
        }
    }
    units
}

fn is_over(it: &Seen) -> bool {
    matches!(
        it.state,
        InstanceState::ShuttingDown | InstanceState::Terminated
    )
}

pub fn plan(body: &Body, instances: &[Seen], now: Timestamp) -> Plan {
    let all = || {
        let there = instances.iter().filter(|it| !is_over(it));
        there.map(|it| it.id.clone()).collect::<Vec<_>>()
    };
    let state = |state: State| (body.state != state).then_some(state);
    match body.state {
        State::Deleted => Plan::default(),
        State::DeletedRunning => Plan {
            state: all().is_empty().then_some(State::Deleted),
            ..Plan::default()
        },
        State::DeletedTerminating => Plan {
            excess: all(),
            state: instances
                .iter()
                .all(|it| it.state == InstanceState::Terminated)
                .then_some(State::Deleted),
            ..Plan::default()
        },
        State::Active if body.valid_until.is_some_and(|until| until <= now) => Plan {
            state: state(match body.ends_with_expiration {
                true => State::DeletedTerminating,
                false => State::DeletedRunning,
            }),
            ..Plan::default()
        },
        State::Active if body.valid_from.is_some_and(|from| from > now) => Plan::default(),
        State::Active => active(body, instances, now),
    }
}

/// An instant fleet is there as long as instances of it are.
fn instant(body: &Body, instances: &[Seen], now: Timestamp) -> Plan {
    if body.filling {
        return Plan {
            finish: body.created_at + UNFINISHED <= now,
            ..Plan::default()
        };
    }
    let mut all = instances.iter();
    let is_over = all.all(|it| it.state == InstanceState::Terminated);
    Plan {
        state: is_over.then_some(State::Deleted),
        ..Plan::default()
    }
}

fn active(body: &Body, instances: &[Seen], now: Timestamp) -> Plan {
    let has = match body.kind {
        Type::Instant => return instant(body, instances, now),
        // What it launched once it does not launch again.
        Type::Request => body.launched,
        Type::Maintain => capacity(instances),
    };
    let missing = body.target.without(has);
    let ends = body.kind == Type::Maintain && body.ends_excess;
    let mut excess = Vec::new();
    for spot in [false, true] {
        let (has, target) = match spot {
            true => (has.spot, body.target.spot),
            false => (has.on_demand, body.target.on_demand),
        };
        let mut over = has.saturating_sub(target);
        let mut alive: Vec<&Seen> = instances
            .iter()
            .filter(|it| it.spot == spot && it.state.lives())
            .collect();
        // The youngest first.
        alive.sort_by(|one, other| (other.launched_at, &other.id).cmp(&(one.launched_at, &one.id)));
        // None whose end would leave too little.
        for it in alive.into_iter().filter(|_| ends) {
            if it.units <= over {
                over -= it.units;
                excess.push(it.id.clone());
            }
        }
    }
    Plan {
        missing,
        excess,
        ..Plan::default()
    }
}

#[cfg(test)]
pub mod tests;
