//! What the words of alarms come to for a target. Pure.

use wharf_base::Timestamp;
use wharf_scaling::{self as scaling, Decision, Direction, Observed, alarms::Side};

use crate::{
    alarms,
    policy::Rule,
    readings::Reading,
    records::{Policy, Target},
};

/// A decision, and what it was made by.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    pub decision: Decision,
    /// The name of the policy whose wish it is, and its cause in words.
    pub policy: String,
    pub cause: String,
    /// Words that step policies have heard, and when they were said.
    pub heeded: Vec<(String, Timestamp)>,
}

/// Weighs all policies of a target. `None`: no alarm said anything new.
pub fn weigh(
    target: &Target,
    current: u32,
    policies: &[(Policy, Rule)],
    readings: &[Reading],
    now: Timestamp,
) -> Option<Weighed> {
    if !readings.iter().any(|it| is_new(target, it)) {
        return None;
    }
    let heard: Vec<Heard<'_>> = policies
        .iter()
        .map(|(policy, rule)| Heard::of(target, policy, rule, readings))
        .collect();
    let weighed: Vec<scaling::Policy<'_>> = heard.iter().map(Heard::policy).collect();
    let of_target = scaling::Target {
        current,
        bounds: target.bounds(),
        suspended: target.suspended(),
        cooldowns: target.cooldowns(),
    };
    let decision = scaling::decide(&of_target, &weighed, now);
    let (by, direction) = match &decision {
        Decision::Scale { by, direction, .. } => (Some(*by), Some(*direction)),
        Decision::Not { by, .. } | Decision::Cooling { by, .. } => (Some(*by), None),
        Decision::Quiet => (None, None),
    };
    let by = by.and_then(|it| heard.get(it));
    let speaker = by.and_then(|it| it.speaker(direction));
    let policy = by.map_or_else(String::new, |it| it.policy.name.clone());
    let cause = speaker.map_or_else(String::new, |it| {
        format!(
            "monitor alarm {} in state {} triggered policy {policy}",
            it.alarm, it.state
        )
    });
    let heeded = heard.iter().filter_map(|it| it.step);
    Some(Weighed {
        decision,
        policy,
        cause,
        heeded: heeded.map(|it| (it.name(), it.at)).collect(),
    })
}

/// A step policy acts once for each word of an alarm, even if the server ended before the alarm knew.
fn is_new(target: &Target, reading: &Reading) -> bool {
    let heeded = target.heeded.get(&reading.name());
    !reading.weighed && heeded.is_none_or(|it| *it < reading.at)
}

fn last_change(target: &Target) -> Option<Timestamp> {
    let changes = [&target.scaled_out, &target.scaled_in];
    changes.into_iter().flatten().map(|it| it.at).max()
}

struct Heard<'a> {
    policy: &'a Policy,
    rule: &'a Rule,
    step: Option<&'a Reading>,
    high: Option<&'a Reading>,
    low: Option<&'a Reading>,
}

impl<'a> Heard<'a> {
    fn of(target: &Target, policy: &'a Policy, rule: &'a Rule, readings: &'a [Reading]) -> Self {
        let of_policy = || readings.iter().filter(|it| it.uuid == policy.uuid);
        let alarm = |side| {
            let name = alarms::name(policy, side);
            of_policy().find(|it| it.alarm == name && it.state == "ALARM")
        };
        let (step, high, low) = match rule {
            Rule::Step { .. } => (of_policy().find(|it| is_new(target, it)), None, None),
            Rule::Tracking(_) => {
                let (high, low) = (alarm(Side::High), alarm(Side::Low));
                // They are never both on: what was said before is over.
                let before = |one: Option<&Reading>, other: Option<&Reading>| match (one, other) {
                    (Some(one), Some(other)) => one.at < other.at,
                    _ => false,
                };
                let now = |it, other| if before(it, other) { None } else { it };
                // What was measured before the last change is about another number of tasks.
                let of_now = |it: &&Reading| last_change(target).is_none_or(|at| it.at > at);
                let (high, low) = (now(high, low), now(low, high));
                (None, high.filter(of_now), low.filter(of_now))
            }
        };
        Self {
            policy,
            rule,
            step,
            high,
            low,
        }
    }

    fn policy(&self) -> scaling::Policy<'a> {
        match self.rule {
            Rule::Step {
                policy,
                cooldown,
                aggregation,
            } => {
                // An alarm without datapoints counts as one whose metric is at its threshold.
                let difference = self.step.map(|it| {
                    let value = it.values.map(|values| values.by(*aggregation));
                    value.map_or(0.0, |value| value - it.threshold)
                });
                scaling::Policy {
                    rule: scaling::Rule::Step(policy, difference),
                    cooldown_out: *cooldown,
                    cooldown_in: *cooldown,
                }
            }
            Rule::Tracking(tracking) => {
                let observed = Observed {
                    high: read(self.high),
                    low: read(self.low),
                };
                scaling::Policy {
                    rule: scaling::Rule::Track(tracking.policy, observed),
                    cooldown_out: tracking.cooldown_out,
                    cooldown_in: tracking.cooldown_in,
                }
            }
        }
    }

    fn speaker(&self, direction: Option<Direction>) -> Option<&'a Reading> {
        match direction {
            Some(Direction::In) => self.step.or(self.low),
            _ => self.step.or(self.high).or(self.low),
        }
    }
}

fn read(reading: Option<&Reading>) -> scaling::Reading {
    match reading.and_then(|it| it.values) {
        Some(values) => scaling::Reading::Alarm(values.latest),
        None => scaling::Reading::Missing,
    }
}
