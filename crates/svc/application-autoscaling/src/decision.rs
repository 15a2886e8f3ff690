//! What the words of alarms come to for a target. Pure.

use wharf_base::Timestamp;
use wharf_scaling::{
    self as scaling, Called, Foreseen, Heeded, Way, Weighed, alarms::Side, readings::Reading,
};

use crate::{
    alarms,
    policy::Rule,
    records::{Policy, Target},
};

/// Weighs all policies of a target. `None`: no alarm said anything new.
pub fn weigh(
    target: &Target,
    current: u32,
    foreseen: Option<&Foreseen>,
    policies: &[(Policy, Rule)],
    readings: &[Reading],
    now: Timestamp,
) -> Option<Weighed> {
    let called: Vec<Called<'_>> = policies
        .iter()
        .filter_map(|(it, rule)| called(it, rule))
        .collect();
    let of_target = scaling::Target {
        current,
        bounds: Foreseen::bounds(foreseen, target.bounds()),
        suspended: target.suspended(),
        cooldowns: target.cooldowns(),
    };
    let before = Heeded {
        words: &target.heeded,
        changed_at: last_change(target, now),
    };
    scaling::weigh(&of_target, before, &called, readings, now)
}

fn last_change(target: &Target, now: Timestamp) -> Option<Timestamp> {
    let changes = [&target.scaled_out, &target.scaled_in];
    let times = changes.into_iter().flatten().map(|it| it.at);
    times.filter(|it| *it <= now).max()
}

/// `None` for one that no alarm calls.
fn called<'a>(policy: &'a Policy, rule: &'a Rule) -> Option<Called<'a>> {
    let (way, cooldown_out, cooldown_in) = match rule {
        Rule::Step {
            policy,
            cooldown,
            aggregation,
        } => {
            let way = Way::Step {
                policy,
                aggregation: *aggregation,
            };
            (way, *cooldown, *cooldown)
        }
        Rule::Tracking(tracking) => {
            let way = Way::Track {
                policy: tracking.policy,
                high: alarms::name(policy, Side::High),
                low: alarms::name(policy, Side::Low),
            };
            (way, tracking.cooldown_out, tracking.cooldown_in)
        }
        Rule::Predictive(_) => return None,
    };
    Some(Called {
        name: &policy.name,
        uuid: &policy.uuid,
        way,
        cooldown_out,
        cooldown_in,
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use serde_json::json;
    use wharf_records::Unknown;
    use wharf_scaling::{Decision, readings::Alarmed};

    use super::*;
    use crate::records::{PolicyKind, Scaled};

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
            refused: None,
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
            measured_from: None,
            at: second(at),
            every: Duration::from_secs(60),
        };
        Reading::of("7", alarmed)
    }

    fn decides(target: &Target, policy: &(Policy, Rule), reading: Reading, now: i64) -> bool {
        let policies = std::slice::from_ref(policy);
        let weighed = weigh(target, 2, None, policies, &[reading], second(now));
        weighed.is_some_and(|it| matches!(it.decision, Decision::Scale { .. }))
    }

    #[test]
    fn what_was_done_while_the_clock_was_ahead_holds_nothing_back() {
        let step = policy(
            PolicyKind::Step,
            json!({ "AdjustmentType": "ChangeInCapacity", "StepAdjustments": [
                { "MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1 }] }),
        );
        let mut heard = target();
        heard.heeded.insert("7/hot".to_owned(), second(500));
        assert!(!decides(&heard, &step, said("hot", 500), 510));
        assert!(!decides(&heard, &step, said("hot", 440), 510));
        assert!(decides(&heard, &step, said("hot", 110), 110));

        let tracking = policy(
            PolicyKind::TargetTracking,
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
