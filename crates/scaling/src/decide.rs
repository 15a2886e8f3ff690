//! What all policies of a target come to: one new capacity, or why there is none.
//!
//! - If any policy wants more, the largest wish wins.
//! - Otherwise every tracking policy that scales in must want less, and the largest of those wishes wins;
//!   step policies shrink whenever their alarm says so.
//! - In the cooldown of a scale-out, wishes count from the capacity before it, so what was added is part of
//!   the next scale-out. In that of a scale-in nothing shrinks; growing ends it.

use std::{cmp::Reverse, time::Duration};

use wharf_base::Timestamp;

use crate::{
    Bounds, StepPolicy, Suspended,
    track::{Observed, Say, TrackingPolicy},
};

/// How a policy decides, and what it has seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule<'a> {
    Track(TrackingPolicy, Observed),
    /// The metric minus the threshold of the alarm that is on; `None` while there is none.
    Step(&'a StepPolicy, Option<f64>),
}

/// A policy of a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy<'a> {
    pub rule: Rule<'a>,
    /// How long its own changes are to take effect.
    pub cooldown_out: Duration,
    pub cooldown_in: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Out,
    In,
}

/// A change of capacity by a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    pub at: Timestamp,
    pub cooldown: Duration,
    /// The capacity before it.
    pub from: u32,
}

/// The last changes. A change in one direction ends the cooldown of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cooldowns {
    pub out: Option<Done>,
    pub inward: Option<Done>,
}

/// What is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub current: u32,
    pub bounds: Bounds,
    pub suspended: Suspended,
    pub cooldowns: Cooldowns,
}

/// Why a policy's wish has no effect, as activities show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotScaled {
    AlreadyAtMaxCapacity,
    AlreadyAtMinCapacity,
    AlreadyAtDesiredCapacity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Set this capacity. `by` is the place of the policy whose wish it is.
    Scale {
        to: u32,
        by: usize,
        direction: Direction,
        cooldowns: Cooldowns,
    },
    /// A policy's wish that bounds stand against.
    Not { by: usize, why: NotScaled },
    /// The wish has to wait until then.
    Cooling { by: usize, until: Timestamp },
    /// Nobody wants anything that is allowed now.
    Quiet,
}

impl NotScaled {
    /// The code in an activity.
    pub fn code(self) -> &'static str {
        match self {
            Self::AlreadyAtMaxCapacity => "AlreadyAtMaxCapacity",
            Self::AlreadyAtMinCapacity => "AlreadyAtMinCapacity",
            Self::AlreadyAtDesiredCapacity => "AlreadyAtDesiredCapacity",
        }
    }
}

/// A clock that was set back ends a cooldown rather than prolong it.
fn cooling(done: Option<Done>, now: Timestamp) -> Option<Done> {
    done.filter(|it| it.at <= now && now < it.at + it.cooldown)
}

/// Never outside of the bounds by its own doing, and never against a suspension.
pub fn decide(target: &Target, policies: &[Policy<'_>], now: Timestamp) -> Decision {
    // Somebody may have set the capacity below that by hand.
    let out = cooling(target.cooldowns.out, now);
    let base = out.map_or(target.current, |it| it.from.min(target.current));
    let says: Vec<Say> = policies
        .iter()
        .map(|it| say(&it.rule, base, target.current))
        .collect();
    let more = largest(says.iter().map(|it| match it {
        Say::Out(wanted) => Some(*wanted),
        _ => None,
    }));
    if let Some((wanted, by)) = more {
        return grow(target, base, wanted, (by, policies[by].cooldown_out), now);
    }
    let held = says.contains(&Say::Hold);
    let less = says.iter().zip(policies).map(|(it, policy)| match it {
        Say::In(_) if held && matches!(policy.rule, Rule::Track(..)) => None,
        Say::In(wanted) => Some(*wanted),
        _ => None,
    });
    let less = largest(less);
    if let Some((wanted, by)) = less {
        return shrink(target, wanted, (by, policies[by].cooldown_in), now);
    }
    match says.iter().position(|it| *it == Say::Same) {
        Some(by) => Decision::Not {
            by,
            why: NotScaled::AlreadyAtDesiredCapacity,
        },
        None => Decision::Quiet,
    }
}

fn say(rule: &Rule<'_>, base: u32, current: u32) -> Say {
    match rule {
        Rule::Track(policy, observed) => policy.say(base, current, *observed),
        Rule::Step(policy, difference) => {
            let wanted = |capacity| difference.and_then(|it| policy.wanted(capacity, it));
            match wanted(current) {
                None => Say::Abstain,
                Some(less) if less < current => Say::In(less),
                Some(same) if same == current => Say::Same,
                // What the last scale-out added is part of this one.
                Some(_) => match wanted(base).filter(|it| *it > current) {
                    Some(more) => Say::Out(more),
                    None => Say::Abstain,
                },
            }
        }
    }
}

/// The largest wish and the first policy that has it.
fn largest(wishes: impl Iterator<Item = Option<u32>>) -> Option<(u32, usize)> {
    let wishes = wishes.enumerate();
    let wishes = wishes.filter_map(|(by, wish)| wish.map(|it| (it, by)));
    wishes.max_by_key(|(wish, by)| (*wish, Reverse(*by)))
}

fn grow(
    target: &Target,
    base: u32,
    wanted: u32,
    (by, cooldown): (usize, Duration),
    now: Timestamp,
) -> Decision {
    if target.suspended.scale_out {
        return Decision::Quiet;
    }
    let to = target.bounds.clamp(wanted);
    if to <= target.current {
        let why = NotScaled::AlreadyAtMaxCapacity;
        return Decision::Not { by, why };
    }
    let done = Done {
        at: now,
        cooldown,
        from: base,
    };
    Decision::Scale {
        to,
        by,
        direction: Direction::Out,
        cooldowns: Cooldowns {
            out: Some(done),
            inward: None,
        },
    }
}

fn shrink(
    target: &Target,
    wanted: u32,
    (by, cooldown): (usize, Duration),
    now: Timestamp,
) -> Decision {
    if target.suspended.scale_in {
        return Decision::Quiet;
    }
    let not = |why| Decision::Not { by, why };
    let to = target.bounds.clamp(wanted);
    if wanted >= target.current {
        return not(NotScaled::AlreadyAtDesiredCapacity);
    }
    if to >= target.current {
        return not(NotScaled::AlreadyAtMinCapacity);
    }
    if let Some(done) = cooling(target.cooldowns.inward, now) {
        let until = done.at + done.cooldown;
        return Decision::Cooling { by, until };
    }
    let done = Done {
        at: now,
        cooldown,
        from: target.current,
    };
    Decision::Scale {
        to,
        by,
        direction: Direction::In,
        cooldowns: Cooldowns {
            out: None,
            inward: Some(done),
        },
    }
}

#[cfg(test)]
mod tests;
