//! What services come to: they rest while their loads stand still, where their loads want them.

use crate::{
    check::{Decision, OfService},
    plan::{
        GOAL, LOW, MINUTES, Metric, PHASE, Rule, STEP_IN_BELOW, STEP_OUT_ABOVE, Service, Trouble,
    },
    set_up::{DOWN, UP},
    world::World,
};

/// Minutes before the end of a phase in which nothing changes any more.
const AT_REST: f64 = 30.0;
/// Minutes after which data of the phase before are over.
const FORGOTTEN: f64 = 25.0;

pub fn check(world: &World) {
    let seen = world.seen.lock();
    let jumps = seen.clock_set.is_some();
    let mut wrong = seen.wrong.clone();
    for service in &world.services {
        let of = &seen.services[&service.name];
        let mut say = |text: String| wrong.push(format!("{}: {text}", service.name));
        if service.steady {
            for phase in 0..MINUTES / PHASE {
                in_phase(service, of, phase, jumps, &mut say);
            }
        }
        let last = of.decisions.last().map_or(service.min, |it| it.to);
        if matches!(service.trouble, Trouble::Outage | Trouble::HalfOutage) && last != service.min {
            say(format!("{last} are left of what nobody needs"));
        }
        if service.trouble == Trouble::Schedules {
            let hours = MINUTES.div_ceil(60);
            for (name, minute) in [("up", UP), ("down", DOWN)] {
                let done = of.scheduled.get(name).copied().unwrap_or_default();
                let due = hours + usize::from(minute < 15);
                // A clock that jumps skips some and finds others early; none is carried out twice.
                let is_right = if jumps {
                    done <= due && done > 1
                } else {
                    done == due
                };
                if !is_right {
                    say(format!("{name} was carried out {done} times of {due}"));
                }
            }
        }
        for (id, status) in &of.activities {
            if status == "Pending" || status == "InProgress" {
                say(format!("the activity {id} is {status} for ever"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "WHARF_SIM_SEED={}\n{}",
        world.seed,
        wrong.join("\n")
    );
}

fn in_phase(
    service: &Service,
    of: &OfService,
    phase: usize,
    jumps: bool,
    say: &mut impl FnMut(String),
) {
    let (begin, end) = ((phase * PHASE) as f64, ((phase + 1) * PHASE) as f64);
    let by_policies = of.decisions.iter().filter(|it| it.by.is_some());
    let changes: Vec<&Decision> = by_policies
        .filter(|it| (begin..end).contains(&it.minute))
        .collect();
    let mut turns: Vec<bool> = changes.iter().map(|it| it.is_out()).collect();
    turns.dedup();
    if turns.len() > if jumps { 3 } else { 2 } {
        say(format!(
            "it swings while its load stands still: {changes:?}"
        ));
    }
    for pair in changes.windows(2) {
        let (one, other) = (pair[0], pair[1]);
        let policy = one
            .by
            .as_ref()
            .filter(|it| other.by.as_ref().is_some_and(|by| by.0 == it.0));
        let rule = policy
            .and_then(|it| service.policy(&it.0))
            .map(|it| &it.rule);
        let is_undone = !one.is_out() && other.is_out();
        if let Some(Rule::Track { cooldown_in, .. }) = rule
            && is_undone
            && one.minute > begin + FORGOTTEN
            && other.minute - one.minute < f64::from(*cooldown_in) / 60.0
        {
            say(format!("{one:?} is undone by {other:?}"));
        }
    }
    if let Some(late) = changes.iter().find(|it| it.minute > end - AT_REST) {
        say(format!("it does not come to rest: {late:?}"));
    }
    let before = of.decisions.iter().rev().find(|it| it.minute < end);
    let count = before.map_or(service.min, |it| it.to);
    if let Err(why) = suits(service, count, phase * PHASE) {
        say(format!("after phase {phase} it has {count}: {why}"));
    }
}

/// Whether a load is carried, and no more is there than alarms let be.
fn suits(service: &Service, count: u32, minute: usize) -> Result<(), String> {
    let (min, max) = (service.min, service.max);
    let share = |metric| service.load(metric, minute) / f64::from(count);
    for policy in &service.policies {
        match policy.rule {
            Rule::Track { metric, .. } if share(metric) > GOAL && count < max => {
                return Err(format!("{} is too high", metric.name()));
            }
            Rule::Step {
                adjustment: 1.., ..
            } if share(Metric::Cpu) > STEP_OUT_ABOVE && count < max => {
                return Err("the step's metric is too high".to_owned());
            }
            Rule::Step {
                adjustment: ..=0, ..
            } if share(Metric::Cpu) < STEP_IN_BELOW && count > min => {
                return Err("the step's metric is too low".to_owned());
            }
            _ => {}
        }
    }
    let mut tracked = service.tracked().peekable();
    // One less would be enough, and every alarm says so.
    let is_idle = tracked.peek().is_some()
        && count > min
        && tracked.all(|it| {
            share(it) < LOW && share(it) * f64::from(count) <= GOAL * f64::from(count - 1)
        });
    match is_idle {
        true => Err("it is too much".to_owned()),
        false => Ok(()),
    }
}
