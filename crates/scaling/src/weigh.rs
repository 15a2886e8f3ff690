//! What the words of alarms come to for a target: which readings are new, and the decision of its policies by them.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::Timestamp;

use crate::{
    Decision, Direction, Observed, Policy, Rule, StepPolicy, Target, TrackingPolicy, decide,
    readings::{Aggregation, Reading},
    track,
};

/// A policy as alarms call it.
#[derive(Debug, Clone)]
pub struct Called<'a> {
    pub name: &'a str,
    pub uuid: &'a str,
    pub way: Way<'a>,
    pub cooldown_out: Duration,
    pub cooldown_in: Duration,
}

#[derive(Debug, Clone)]
pub enum Way<'a> {
    Step {
        policy: &'a StepPolicy,
        aggregation: Aggregation,
    },
    /// With the names of its alarms.
    Track {
        policy: TrackingPolicy,
        high: String,
        low: String,
    },
}

/// What was done by words of before.
#[derive(Debug, Clone, Copy)]
pub struct Heeded<'a> {
    /// By [`Reading::name`], the last word that a step policy has scaled for.
    pub words: &'a BTreeMap<String, Timestamp>,
    /// When the capacity was changed last.
    pub changed_at: Option<Timestamp>,
}

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
    before: Heeded<'_>,
    policies: &[Called<'_>],
    readings: &[Reading],
    now: Timestamp,
) -> Option<Weighed> {
    if !readings.iter().any(|it| before.is_new(it, now)) {
        return None;
    }
    let heard: Vec<Heard<'_>> = policies
        .iter()
        .map(|it| Heard::of(before, it, readings, now))
        .collect();
    let weighed: Vec<Policy<'_>> = heard.iter().map(Heard::policy).collect();
    let decision = decide(target, &weighed, now);
    let (by, direction) = match &decision {
        Decision::Scale { by, direction, .. } => (Some(*by), Some(*direction)),
        Decision::Not { by, .. } | Decision::Cooling { by, .. } => (Some(*by), None),
        Decision::Quiet => (None, None),
    };
    let by = by.and_then(|it| heard.get(it));
    let speaker = by.and_then(|it| it.speaker(direction));
    let policy = by.map_or_else(String::new, |it| it.policy.name.to_owned());
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

impl Heeded<'_> {
    /// A step policy acts once for each word of an alarm, even if the server ended before the alarm knew. A word of a
    /// time to come was said while the clock was ahead; it holds back no later ones.
    fn is_new(self, reading: &Reading, now: Timestamp) -> bool {
        let heeded = self.words.get(&reading.name());
        let heeded = heeded.filter(|it| **it <= now);
        !reading.weighed && heeded.is_none_or(|it| *it < reading.at)
    }
}

struct Heard<'a> {
    policy: &'a Called<'a>,
    step: Option<&'a Reading>,
    high: Option<&'a Reading>,
    low: Option<&'a Reading>,
}

impl<'a> Heard<'a> {
    fn of(
        before: Heeded<'_>,
        policy: &'a Called<'a>,
        readings: &'a [Reading],
        now: Timestamp,
    ) -> Self {
        let of_policy = || readings.iter().filter(|it| it.uuid == policy.uuid);
        let alarm = |name: &String| of_policy().find(|it| it.alarm == *name && it.state == "ALARM");
        let (step, high, low) = match &policy.way {
            Way::Step { .. } => (of_policy().find(|it| before.is_new(it, now)), None, None),
            Way::Track { high, low, .. } => {
                let (high, low) = (alarm(high), alarm(low));
                // They are never both on: what was said before is over.
                let earlier = |one: Option<&Reading>, other: Option<&Reading>| match (one, other) {
                    (Some(one), Some(other)) => one.at < other.at,
                    _ => false,
                };
                let latest = |it, other| if earlier(it, other) { None } else { it };
                // What was measured before the last change is about another capacity.
                let of_now = |it: &&Reading| before.changed_at.is_none_or(|at| it.at > at);
                let (high, low) = (latest(high, low), latest(low, high));
                (None, high.filter(of_now), low.filter(of_now))
            }
        };
        Self {
            policy,
            step,
            high,
            low,
        }
    }

    fn policy(&self) -> Policy<'a> {
        let rule = match &self.policy.way {
            Way::Step {
                policy,
                aggregation,
            } => {
                // An alarm without datapoints counts as one whose metric is at its threshold.
                let difference = self.step.map(|it| {
                    let value = it.values.map(|values| values.by(*aggregation));
                    value.map_or(0.0, |value| value - it.threshold)
                });
                Rule::Step(policy, difference)
            }
            Way::Track { policy, .. } => {
                let observed = Observed {
                    high: read(self.high),
                    low: read(self.low),
                };
                Rule::Track(*policy, observed)
            }
        };
        Policy {
            rule,
            cooldown_out: self.policy.cooldown_out,
            cooldown_in: self.policy.cooldown_in,
        }
    }

    fn speaker(&self, direction: Option<Direction>) -> Option<&'a Reading> {
        match direction {
            Some(Direction::In) => self.step.or(self.low),
            _ => self.step.or(self.high).or(self.low),
        }
    }
}

fn read(reading: Option<&Reading>) -> track::Reading {
    match reading.and_then(|it| it.values) {
        Some(values) => track::Reading::Alarm(values.latest),
        None => track::Reading::Missing,
    }
}
