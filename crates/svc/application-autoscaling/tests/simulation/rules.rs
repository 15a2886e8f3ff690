//! What must be true of a decision, by the documented rules of policies and by what was measured.

use wharf_base::Timestamp;

use crate::{
    check::{Decision, OfService, Point, Target},
    plan::{GOAL, LOW, Metric, Rule, STEP_IN_BELOW, STEP_OUT_ABOVE, Service},
    world::World,
};

/// Minutes after which data from before a jump of the clock are over.
const CLOCK_FORGOTTEN: f64 = 45.0;
/// A metric is lost after so many minutes: the low alarm looks back for 17, its word holds for one and a quarter, and
/// data come up to three late.
const LOST: f64 = 24.0;
/// Minutes before the present of which a scale-in knows all that arrived.
const KNOWN: f64 = 12.0;
/// Minutes that the word of an alarm may be on its way.
const LATE: f64 = 2.5;
/// Minutes in which a high metric was measured that adds capacity.
const HIGH: f64 = 15.0;

/// Rules that a decision breaks. What is remembered for the next one is noted.
pub fn broken(
    world: &World,
    service: &Service,
    of: &mut OfService,
    target: &Target,
    decision: &Decision,
    clock_set: Option<f64>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    if !(target.min..=target.max).contains(&decision.to) {
        wrong.push(format!("outside of {} to {}", target.min, target.max));
    }
    if decision.to == decision.from {
        wrong.push("no change".to_owned());
    }
    let Some((policy, alarm)) = &decision.by else {
        return wrong;
    };
    let Some(policy) = service.policy(policy) else {
        wrong.push("there is no such policy".to_owned());
        return wrong;
    };
    let knows_data = clock_set.is_none_or(|at| decision.minute - at > CLOCK_FORGOTTEN);
    if !is_said_anew(world, service, of, policy.name, alarm) {
        wrong.push("its alarm said nothing since the last change by it".to_owned());
    }
    match decision.is_out() {
        true => wrong.extend(out(of, &policy.rule, decision, knows_data)),
        false => wrong.extend(inward(service, of, &policy.rule, decision, knows_data)),
    }
    wrong
}

/// Each word of an alarm counts once for each policy.
fn is_said_anew(
    world: &World,
    service: &Service,
    of: &mut OfService,
    policy: &str,
    alarm: &str,
) -> bool {
    let end = format!("/{}:policyName/{policy}", service.name);
    let words = world.words.lock();
    let said = words
        .iter()
        .find(|it| it.0.0.ends_with(&end) && it.0.1 == alarm);
    let Some((key, said)) = said else {
        return false;
    };
    let before = of.words.insert(key.clone(), said.len());
    before.unwrap_or_default() < said.len()
}

/// How long a decision is to take effect.
fn cooldown(rule: &Rule, is_out: bool) -> u32 {
    match rule {
        Rule::Track { cooldown_out, .. } if is_out => *cooldown_out,
        Rule::Track { cooldown_in, .. } => *cooldown_in,
        Rule::Step { cooldown, .. } => *cooldown,
    }
}

fn within(since: Timestamp, seconds: u32, now: Timestamp) -> bool {
    since <= now && now.millis() - since.millis() < i64::from(seconds) * 1000
}

/// What was added lately is part of what is added now.
fn out(of: &mut OfService, rule: &Rule, decision: &Decision, knows_data: bool) -> Option<String> {
    let cooling = of.out.filter(|it| within(it.0, it.1, decision.at));
    let base = cooling.map_or(decision.from, |it| it.2.min(decision.from));
    of.out = Some((decision.at, cooldown(rule, true), base));
    let recent = |it: &&Point| it.of > decision.minute - HIGH && it.arrived <= decision.minute;
    let most = |metric| {
        let values = of.points(metric).filter(recent).map(|it| it.value);
        values.fold(0.0, f64::max)
    };
    let (allowed, is_high) = match rule {
        Rule::Track { metric, .. } => {
            let most = most(*metric);
            // Rounded generously.
            let wanted = (f64::from(base) * most / GOAL + 1e-6).ceil();
            (wanted as u32, most > GOAL)
        }
        Rule::Step { adjustment, .. } => (
            base + u32::try_from(*adjustment).unwrap_or_default(),
            most(Metric::Cpu) > STEP_OUT_ABOVE,
        ),
    };
    if knows_data && !is_high {
        return Some("nothing that was measured is too high".to_owned());
    }
    let may = !matches!(rule, Rule::Track { .. }) || knows_data;
    (may && decision.to > allowed).then(|| format!("{allowed} are enough from {base}"))
}

fn inward(
    service: &Service,
    of: &mut OfService,
    rule: &Rule,
    decision: &Decision,
    knows_data: bool,
) -> Option<String> {
    of.out = None;
    let by_policies = of.decisions.iter().rev().filter(|it| it.by.is_some());
    let last = by_policies.take(1).find(|it| !it.is_out());
    if let Some(last) = last {
        let by = last.by.as_ref().and_then(|it| service.policy(&it.0));
        let cooldown = by.map_or(0, |it| cooldown(&it.rule, false));
        if within(last.at, cooldown, decision.at) {
            return Some(format!("in the cooldown of {last:?}"));
        }
    }
    if !knows_data {
        return None;
    }
    let now = decision.minute;
    match rule {
        Rule::Track { .. } => service.tracked().find_map(|metric| {
            let mut points = of.points(metric);
            if !points.clone().any(|it| it.of > now - LOST) {
                return Some(format!("nothing is known of {}", metric.name()));
            }
            let against = points
                .find(|it| it.of > now - KNOWN && it.arrived <= now - LATE && it.value >= LOW);
            against.map(|it| format!("{} is not low: {it:?}", metric.name()))
        }),
        Rule::Step { .. } => {
            let mut points = of.points(Metric::Cpu);
            let is_low = points.any(|it| it.of > now - HIGH && it.value < STEP_IN_BELOW);
            (!is_low).then(|| "nothing that was measured is too low".to_owned())
        }
    }
}
