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
    if !readings.iter().any(|it| is_new(target, it, now)) {
        return None;
    }
    let heard: Vec<Heard<'_>> = policies
        .iter()
        .map(|(policy, rule)| Heard::of(target, policy, rule, readings, now))
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

/// A step policy acts once for each word of an alarm, even if the server ended before the alarm knew. A word of a time
/// to come was said while the clock was ahead; it holds back no later ones.
fn is_new(target: &Target, reading: &Reading, now: Timestamp) -> bool {
    let heeded = target.heeded.get(&reading.name());
    let heeded = heeded.filter(|it| **it <= now);
    !reading.weighed && heeded.is_none_or(|it| *it < reading.at)
}

fn last_change(target: &Target, now: Timestamp) -> Option<Timestamp> {
    let changes = [&target.scaled_out, &target.scaled_in];
    let times = changes.into_iter().flatten().map(|it| it.at);
    times.filter(|it| *it <= now).max()
}

struct Heard<'a> {
    policy: &'a Policy,
    rule: &'a Rule,
    step: Option<&'a Reading>,
    high: Option<&'a Reading>,
    low: Option<&'a Reading>,
}

impl<'a> Heard<'a> {
    fn of(
        target: &Target,
        policy: &'a Policy,
        rule: &'a Rule,
        readings: &'a [Reading],
        now: Timestamp,
    ) -> Self {
        let of_policy = || readings.iter().filter(|it| it.uuid == policy.uuid);
        let alarm = |side| {
            let name = alarms::name(policy, side);
            of_policy().find(|it| it.alarm == name && it.state == "ALARM")
        };
        let (step, high, low) = match rule {
            Rule::Step { .. } => (of_policy().find(|it| is_new(target, it, now)), None, None),
            Rule::Tracking(_) => {
                let (high, low) = (alarm(Side::High), alarm(Side::Low));
                // They are never both on: what was said before is over.
                let before = |one: Option<&Reading>, other: Option<&Reading>| match (one, other) {
                    (Some(one), Some(other)) => one.at < other.at,
                    _ => false,
                };
                let latest = |it, other| if before(it, other) { None } else { it };
                // What was measured before the last change is about another number of tasks.
                let of_now = |it: &&Reading| last_change(target, now).is_none_or(|at| it.at > at);
                let (high, low) = (latest(high, low), latest(low, high));
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

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use serde_json::json;
    use wharf_records::Unknown;

    use super::*;
    use crate::{
        readings::Alarmed,
        records::{PolicyKind, Scaled},
    };

    fn second(at: i64) -> Timestamp {
        Timestamp::from_millis(at * 1000)
    }

    fn target() -> Target {
        Target {
            resource: "service/c/s".to_owned(),
            min: 1,
            max: 10,
            suspended: Default::default(),
            resumed_at: None,
            created_at: second(0),
            tags: Default::default(),
            deleting: false,
            range_changed: false,
            scaled_out: None,
            scaled_in: None,
            moving: None,
            heeded: BTreeMap::new(),
            unscaled: None,
            unknown: Unknown::new(),
        }
    }

    fn policy(kind: PolicyKind, configuration: serde_json::Value) -> (Policy, Rule) {
        let policy = Policy {
            name: "p".to_owned(),
            resource: "service/c/s".to_owned(),
            uuid: "7".to_owned(),
            created_at: second(0),
            kind,
            configuration,
            high_id: "8".to_owned(),
            low_id: "9".to_owned(),
            deleting: false,
            unknown: Unknown::new(),
        };
        let rule = Rule::of(&policy).unwrap();
        (policy, rule)
    }

    fn said(alarm: &str, at: i64) -> Reading {
        let alarmed = Alarmed {
            policy: String::new(),
            alarm: alarm.to_owned(),
            state: "ALARM".to_owned(),
            threshold: 50.0,
            values: vec![100.0],
            at: second(at),
            every: Duration::from_secs(60),
        };
        Reading::of("7", alarmed)
    }

    fn decides(target: &Target, policy: &(Policy, Rule), reading: Reading, now: i64) -> bool {
        let policies = std::slice::from_ref(policy);
        let weighed = weigh(target, 2, policies, &[reading], second(now));
        weighed.is_some_and(|it| matches!(it.decision, Decision::Scale { .. }))
    }

    #[test]
    fn what_was_done_while_the_clock_was_ahead_holds_nothing_back() {
        let step = policy(
            PolicyKind::StepScaling,
            json!({ "AdjustmentType": "ChangeInCapacity", "StepAdjustments": [
                { "MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1 }] }),
        );
        let mut heard = target();
        heard.heeded.insert("7/hot".to_owned(), second(500));
        assert!(!decides(&heard, &step, said("hot", 500), 510));
        assert!(!decides(&heard, &step, said("hot", 440), 510));
        assert!(decides(&heard, &step, said("hot", 110), 110));

        let tracking = policy(
            PolicyKind::TargetTrackingScaling,
            json!({ "TargetValue": 50.0, "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization" } }),
        );
        let high = alarms::name(&tracking.0, Side::High);
        let mut scaled = target();
        scaled.scaled_in = Some(Scaled {
            at: second(500),
            cooldown_seconds: 60,
            from: 3,
        });
        assert!(!decides(&scaled, &tracking, said(&high, 490), 510));
        assert!(decides(&scaled, &tracking, said(&high, 505), 510));
        assert!(decides(&scaled, &tracking, said(&high, 110), 110));
    }
}
