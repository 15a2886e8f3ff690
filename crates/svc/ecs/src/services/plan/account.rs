//! What the ends of tasks, and their success, mean for the circuit breaker and the throttle.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_records::ecs::{RolloutState, TargetState, Throttle};

use super::{Action, Plan, View, health::SETTLED_AFTER};
use crate::services::{
    events,
    observe::{End, Seen},
};

/// Rounds of failures in a row that are retried at once.
const FREE_ROUNDS: u32 = 2;
/// The first pause after them; each further round doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest (spec ecs §5).
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// Ends counted in one look: they are marked in the transaction that writes the counts.
const MAX_ENDS: usize = 30;

/// Counts every end that was not counted, once nothing of the task is registered any more.
pub(super) fn ends(plan: &mut Plan, tasks: &[Seen], now: Timestamp) {
    for task in tasks.iter().filter(|task| !task.accounted) {
        let Some(end) = task.end else { continue };
        // One that may have been registered is deregistered first; see `register`.
        let held = |state: TargetState| match state {
            TargetState::Registered => true,
            TargetState::Waiting => task.started_at.is_some(),
            TargetState::Draining | TargetState::Gone => false,
        };
        if task.targets.iter().any(|target| held(target.state)) {
            continue;
        }
        if plan.actions.len() >= MAX_ENDS {
            // The rest waits for the next look, which this one brings about.
            return;
        }
        plan.actions.push(Action::Account {
            task: task.id.clone(),
        });
        count(plan, task, end, now);
    }
}

fn count(plan: &mut Plan, task: &Seen, end: End, now: Timestamp) {
    let Some(at) = position(plan, &task.deployment) else {
        return;
    };
    let deployment = &mut plan.service.deployments[at];
    if task.started_at.is_some() {
        deployment.ran = true;
    }
    let (failed, counts) = match end {
        End::Told => (false, false),
        // From the first RUNNING task on, only failed checks count.
        End::FailedToStart => (true, !deployment.ran),
        // It never counted as healthy: a crash at the start, seen RUNNING for a moment.
        End::Exited { ran, killed } => {
            let quick = ran < SETTLED_AFTER && !killed;
            (quick, quick)
        }
    };
    if !failed {
        return;
    }
    deployment.failed_tasks += 1;
    deployment.updated_at = now;
    if counts && deployment.state == RolloutState::InProgress {
        deployment.failures += 1;
    }
    if at == 0 {
        slow_down(plan, task.created_at, now);
    }
}

/// A task of ours failed its checks and is told to stop for it.
pub(super) fn failed_check(plan: &mut Plan, task: &Seen, now: Timestamp) {
    let Some(at) = position(plan, &task.deployment) else {
        return;
    };
    let deployment = &mut plan.service.deployments[at];
    deployment.failed_tasks += 1;
    deployment.updated_at = now;
    if deployment.state == RolloutState::InProgress {
        deployment.failures += 1;
    }
}

/// Tasks that were started together fail together: they are one round.
fn slow_down(plan: &mut Plan, created: Timestamp, now: Timestamp) {
    let throttle = &mut plan.service.throttle;
    if throttle.counted_at.is_some_and(|counted| created < counted) {
        return;
    }
    throttle.rounds = throttle.rounds.saturating_add(1);
    throttle.counted_at = Some(now);
    if throttle.rounds <= FREE_ROUNDS {
        return;
    }
    let doublings = (throttle.rounds - FREE_ROUNDS - 1).min(16);
    let pause = FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE);
    throttle.retry_at = Some(now + pause);
    let text = events::cannot_start(&plan.service.name);
    plan.say_rarely("cannot-start", text, now);
}

/// Healthy tasks set the counts back.
pub(super) fn healthy(plan: &mut Plan, view: &View<'_>, now: Timestamp) {
    let ours = || view.live.iter().filter(|one| one.current);
    if ours().any(|one| one.task.started_at.is_some())
        && let Some(primary) = plan.service.deployments.first_mut()
    {
        primary.ran = true;
    }
    let settled = |since: Timestamp| since + SETTLED_AFTER <= now;
    let proven = ours()
        .filter(|one| one.is_healthy())
        .filter_map(|one| one.task.started_at);
    let proven: Vec<Timestamp> = proven.collect();
    let has_settled = proven.iter().any(|since| settled(*since));
    let resets = plan.service.options.breaker.reset_on_healthy;
    if let Some(primary) = plan.service.deployments.first_mut()
        && primary.failures > 0
        && primary.state == RolloutState::InProgress
        && resets
        && has_settled
    {
        primary.failures = 0;
        primary.updated_at = now;
    }
    if plan.service.throttle == Throttle::default() {
        return;
    }
    // One that was healthy before the trouble proves nothing about what is started now.
    let counted = plan.service.throttle.counted_at.unwrap_or_default();
    let after = ours().any(|one| {
        one.is_healthy()
            && one.task.created_at >= counted
            && one.task.started_at.is_some_and(settled)
    });
    if after {
        plan.service.throttle = Throttle::default();
        plan.service.said.remove("cannot-start");
    } else if let Some(first) = proven.iter().filter(|since| !settled(**since)).min() {
        plan.wake(*first + SETTLED_AFTER);
    }
}

fn position(plan: &Plan, deployment: &str) -> Option<usize> {
    let mut deployments = plan.service.deployments.iter();
    deployments.position(|one| one.id() == deployment)
}
