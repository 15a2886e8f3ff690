//! What the words of alarms come to for a group. Pure.
//!
//! Instances that are not warm yet do not count: what was added for a step or a target is part of the next addition, and
//! nothing is taken away meanwhile. A target is compared with what was measured a while ago, so those count that were warm
//! then: what somebody has added since is part of the next addition, too. What was measured before somebody wanted less counts
//! for nothing: a group that was emptied would else come back for tasks that waited a minute ago. A policy of simple scaling
//! waits instead, until the group rests and its cooldown is over.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_scaling::{
    Bounds, Called, Cooldowns, Decision, Direction, Done, Foreseen, Heeded, Suspended, Target, Way,
    Weighed, alarms::Side, readings::Reading, weigh,
};

use crate::{
    plan::words_at,
    policy::{self, Rule},
    records::{Group, Member, Policy, Resting, Scaled, State, Way as Given},
};

/// Longer than an alarm says the same word.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// The pause in which a wish counts from before: any that is not over at once.
const NOW: Duration = Duration::from_secs(1);

/// Weighs all policies of a group. `None`: no alarm said anything new.
pub fn decided(
    group: &Group,
    members: &[Member],
    policies: &[(Policy, Rule)],
    readings: &[Reading],
    foreseen: Option<&Foreseen>,
    now: Timestamp,
) -> Option<Weighed> {
    let readings = of_what_is_left(group, policies, readings, now);
    let readings = readings.as_slice();
    let waits = is_busy(group, members, now);
    let heard = |it: &Policy| readings.iter().any(|reading| reading.uuid == it.uuid);
    let acting = policies.iter().filter(|(it, rule)| {
        it.enabled && !it.deleting && !(waits && matches!(rule, Rule::Simple(_)))
    });
    let acting: Vec<&(Policy, Rule)> = acting.collect();
    let counted = acting
        .iter()
        .filter(|(_, rule)| !matches!(rule, Rule::Simple(_) | Rule::Predictive(_)));
    let warmup = counted
        .filter(|(it, _)| heard(it))
        .map(|(it, _)| policy::warmup(group, it))
        .max();
    let measured = acting
        .iter()
        .filter(|(_, rule)| matches!(rule, Rule::Tracking(..)))
        .flat_map(|(it, _)| {
            readings
                .iter()
                .filter(move |reading| reading.uuid == it.uuid)
        })
        .map(Reading::measured_from)
        .min();
    let measured = measured.map_or(now, |it| it.min(now));
    let then = warmup.map_or(group.desired, |it| warm(group, members, it, measured));
    let warm = warmup.map_or(group.desired, |it| warm(group, members, it, now));
    let called: Vec<Called<'_>> = acting
        .iter()
        .filter_map(|(it, rule)| called(group, it, rule))
        .collect();
    let tracks = acting
        .iter()
        .any(|(it, rule)| matches!(rule, Rule::Tracking(..)) && heard(it));
    let scaled = group.scaled.filter(|it| it.at <= now);
    let target = Target {
        current: group.desired,
        bounds: Foreseen::bounds(foreseen, bounds(group)),
        suspended: Suspended {
            scale_in: warm < group.desired,
            ..Suspended::default()
        },
        cooldowns: Cooldowns {
            out: (then < group.desired).then_some(Done {
                at: now,
                cooldown: NOW,
                from: then,
            }),
            // What is measured just after instances went is about those, too.
            inward: scaled.filter(|it| it.inward && tracks).map(|it| Done {
                at: it.at,
                cooldown: warmup.unwrap_or_default(),
                from: group.desired,
            }),
        },
    };
    let before = Heeded {
        words: &group.heeded,
        changed_at: scaled.map(|it| it.at),
    };
    weigh(&target, before, &called, readings, now)
}

/// The words that count. A target is compared with what was measured of the capacity that is wanted now, or of less.
fn of_what_is_left(
    group: &Group,
    policies: &[(Policy, Rule)],
    readings: &[Reading],
    now: Timestamp,
) -> Vec<Reading> {
    let tracks = |of: &Reading| {
        let is_it = |(policy, rule): &(Policy, Rule)| {
            policy.uuid == of.uuid && matches!(rule, Rule::Tracking(..))
        };
        policies.iter().any(is_it)
    };
    // One of a time to come was written while the clock was ahead.
    let lowered = group.lowered_at.filter(|it| *it <= now);
    let counts = |it: &&Reading| lowered.is_none_or(|at| it.measured_from() >= at || !tracks(it));
    readings.iter().filter(counts).cloned().collect()
}

/// A record has no other range than what a request was let have: none that is empty.
pub fn bounds(group: &Group) -> Bounds {
    Bounds::new(group.min, group.max.max(group.min)).expect("the maximum is not below")
}

/// `None` for one that no alarm calls.
fn called<'a>(group: &Group, policy: &'a Policy, rule: &'a Rule) -> Option<Called<'a>> {
    let way = match rule {
        Rule::Simple(it) => Way::Step {
            policy: it,
            aggregation: wharf_scaling::readings::Aggregation::Average,
        },
        Rule::Step(it, aggregation) => Way::Step {
            policy: it,
            aggregation: *aggregation,
        },
        Rule::Tracking(it, _) => Way::Track {
            policy: *it,
            high: policy::alarm_name(policy, Side::High),
            low: policy::alarm_name(policy, Side::Low),
        },
        Rule::Predictive(_) => return None,
    };
    let pause = policy::warmup(group, policy);
    Some(Called {
        name: &policy.name,
        uuid: &policy.uuid,
        way,
        cooldown_out: pause,
        cooldown_in: pause,
    })
}

/// How much of the desired capacity has been in service for so long.
fn warm(group: &Group, members: &[Member], warmup: Duration, now: Timestamp) -> u32 {
    let is_warm = |it: &&Member| {
        let since = it.in_service_at.filter(|_| it.state == State::InService);
        since.is_some_and(|at| at + warmup <= now)
    };
    let units = group.units_of(members.iter().filter(is_warm));
    u32::try_from(units).unwrap_or(u32::MAX).min(group.desired)
}

/// Whether simple scaling has to wait: instances come or go, or the cooldown after the last time is not over.
pub fn is_busy(group: &Group, members: &[Member], now: Timestamp) -> bool {
    // What the warm pool does is no change of capacity.
    if members
        .iter()
        .any(|it| !it.is_pooled() && it.activity.is_some())
    {
        return true;
    }
    group.resting.is_some_and(|it| {
        let seconds = Duration::from_secs(it.seconds.into());
        it.since.is_none_or(|at| at <= now && now < at + seconds)
    })
}

/// Writes a decision into the group. Whether there was anything to write.
pub fn heed(group: &mut Group, policies: &[(Policy, Rule)], it: &Weighed, now: Timestamp) -> bool {
    let Decision::Scale { to, direction, .. } = it.decision else {
        return false;
    };
    group.heeded.retain(|_, at| *at + REMEMBERED > now);
    group.heeded.extend(it.heeded.iter().cloned());
    let by = policies.iter().find(|(policy, _)| policy.name == it.policy);
    scale(
        group,
        by.map(|it| &it.0),
        to,
        direction,
        &format!("a {}", it.cause),
        now,
    );
    true
}

/// A policy's change of the desired capacity; `what` triggered it.
pub fn scale(
    group: &mut Group,
    by: Option<&Policy>,
    to: u32,
    direction: Direction,
    what: &str,
    now: Timestamp,
) {
    let from = group.desired;
    let cause = format!("{what} changing the desired capacity from {from} to {to}.");
    group.cause = Some(words_at(now, &cause));
    group.desired = to;
    group.scaled = Some(Scaled {
        at: now,
        inward: direction == Direction::In,
    });
    if let Some(Given::Simple {
        cooldown_seconds, ..
    }) = by.map(|it| &it.way)
    {
        group.resting = Some(Resting {
            seconds: cooldown_seconds.unwrap_or(group.cooldown_seconds),
            since: None,
        });
    }
}

#[cfg(test)]
mod tests;
