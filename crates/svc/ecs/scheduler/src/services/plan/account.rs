//! What the ends of tasks, and their success, mean for the circuit breaker and the throttle.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_records::ecs::{About, RolloutState, TargetState, TaskFailure, Throttle};

use super::{Action, Plan, View, health, rollout};
use crate::{
    services::{
        events,
        observe::{End, Seen},
        probation::LONGEST,
    },
    task::stop,
};

/// An end by itself before so long is a failure to start, seen RUNNING for a moment.
const AT_START: Duration = Duration::from_secs(5);

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
    let Some(index) = position(plan, &task.deployment) else {
        return;
    };
    let probation = health::probation(task, &plan.service);
    let deployment = &mut plan.service.deployments[index];
    if task.started_at.is_some() {
        deployment.ran = true;
    }
    let (kind, counts) = match end {
        End::Told | End::Exited { killed: true, .. } => return,
        // From the first RUNNING task on, only failed checks count.
        End::FailedToStart => (Kind::Start, !deployment.ran),
        End::Exited { ran, .. } if ran < AT_START => (Kind::Start, true),
        // It never counted as healthy.
        End::Exited { ran, .. } if ran < probation => (Kind::Run, true),
        // With code 0 as well: a service's task does not end by itself.
        End::Exited { ran, .. } if ran < LONGEST => (Kind::Run, false),
        End::Exited { .. } => return,
    };
    let ran = match end {
        End::Exited { ran, .. } => ran,
        _ => Duration::ZERO,
    };
    let failure = Failure {
        why: &task.why,
        kind,
        counts,
        // Not when it is counted: what takes its place is there by then.
        at: task.ended_at.map_or(now, |ended| ended.min(now)),
        ran,
    };
    fail(plan, index, task, &failure, now);
    if end == End::FailedToStart && stop::is_misconfigured(&task.why) {
        let text = events::misconfigured(&plan.service.name, task.why.trim_end_matches('.'));
        let about = About {
            reason: Some(task.why.clone()),
            ..About::default()
        };
        plan.say_rarely_about("misconfigured", about, text, now);
    }
}

/// A task of ours failed its checks and is told to stop for it.
pub(super) fn failed_check(plan: &mut Plan, task: &Seen, why: &str, now: Timestamp) {
    let Some(index) = position(plan, &task.deployment) else {
        return;
    };
    let at = plan.service.throttle.failing_since.unwrap_or(now);
    let failure = Failure {
        why,
        kind: Kind::Run,
        counts: true,
        at,
        ran: task
            .started_at
            .map_or(Duration::ZERO, |from| at.since(from)),
    };
    fail(plan, index, task, &failure, now);
}

/// Takes note since when tasks fail their checks: they are counted once the tasks in their place are
/// healthy, which are of a later round.
pub(super) fn failing(plan: &mut Plan, view: &View<'_>, now: Timestamp) {
    let since = &mut plan.service.throttle.failing_since;
    *since = match view.live.iter().any(|one| one.current && one.is_failing()) {
        true => since.or(Some(now)),
        false => None,
    };
}

/// One failure of a task.
struct Failure<'a> {
    why: &'a str,
    kind: Kind,
    /// The circuit breaker counts it.
    counts: bool,
    /// When it failed.
    at: Timestamp,
    ran: Duration,
}

/// One more failure of a deployment, for users and perhaps for the circuit breaker. `updatedAt` is
/// left alone: clients take it for the time of the user's last change, and look for complaints since.
fn fail(plan: &mut Plan, index: usize, task: &Seen, failure: &Failure<'_>, now: Timestamp) {
    let is_primary = index == 0;
    let taken_back = is_primary && rollout::take_back(plan, failure.at, now);
    let deployment = &mut plan.service.deployments[index];
    deployment.failed_tasks += 1;
    deployment.last_failure = Some(TaskFailure {
        task: task.id.clone(),
        at: failure.at,
        reason: failure.why.to_owned(),
    });
    if (failure.counts || taken_back) && deployment.state == RolloutState::InProgress {
        deployment.failures += 1;
    }
    if is_primary {
        unsettle(plan, task.created_at, failure, now);
    }
}

/// Where a task failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It did not start, or ended at once.
    Start,
    /// Later: the next is started at once, and must prove itself for longer.
    Run,
}

/// Tasks that were started together fail together: they are one round.
fn unsettle(plan: &mut Plan, created: Timestamp, failure: &Failure<'_>, now: Timestamp) {
    plan.service.steady = false;
    let throttle = &mut plan.service.throttle;
    let first = throttle.since.map_or(failure.at, |at| at.min(failure.at));
    throttle.since = Some(first);
    throttle.failed_at = throttle.failed_at.max(Some(failure.at));
    if failure.ran < LONGEST {
        let ran = u64::try_from(failure.ran.as_millis()).unwrap_or(u64::MAX);
        throttle.longest_run_ms = throttle.longest_run_ms.max(ran);
    }
    if throttle.counted_at.is_some_and(|counted| created < counted) {
        return;
    }
    throttle.unsteady = throttle.unsteady.saturating_add(1);
    throttle.counted_at = Some(failure.at);
    if failure.kind == Kind::Start {
        throttle.rounds = throttle.rounds.saturating_add(1);
        if throttle.rounds > FREE_ROUNDS {
            throttle.retry_at = Some(now + pause_after(throttle.rounds));
        }
    }
    if throttle.unsteady > FREE_ROUNDS {
        complain(plan, now);
    }
}

/// After so many rounds of failures at the start.
fn pause_after(rounds: u32) -> Duration {
    let doublings = rounds.saturating_sub(FREE_ROUNDS + 1).min(16);
    FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE)
}

fn complain(plan: &mut Plan, now: Timestamp) {
    let primary = plan.service.deployments.first();
    let last = primary.and_then(|primary| primary.last_failure.as_ref());
    let why = last.map_or("", |failure| failure.reason.as_str());
    let text = events::cannot_start(&plan.service.name, why);
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
    let well = || ours().filter(|one| one.is_healthy());
    let started: Vec<Timestamp> = well().filter_map(|one| one.task.started_at).collect();
    let resets = plan.service.options.breaker.reset_on_healthy;
    if let Some(primary) = plan.service.deployments.first_mut()
        && primary.failures > 0
        && primary.state == RolloutState::InProgress
        && resets
    {
        let first = started.iter().min().map(|started| *started + AT_START);
        match first {
            Some(settled) if settled <= now => primary.failures = 0,
            Some(settled) => plan.wake(settled),
            None => {}
        }
    }
    let nothing = Throttle {
        failing_since: plan.service.throttle.failing_since,
        ..Throttle::default()
    };
    if plan.service.throttle == nothing {
        return;
    }
    let desired = view.bounds.desired;
    if desired == 0 && view.live.is_empty() {
        // Nothing is left that could fail.
        return forget(plan);
    }
    let failed = plan.service.throttle.failed_at;
    let failed = failed.or(plan.service.throttle.counted_at);
    // Where the failed ones are not replaced, for fewer are wanted, those that are left are proof.
    let is_whole = view.healthy() == desired && view.count(|_| true) == desired;
    if is_whole && let Some(last) = started.iter().copied().chain(failed).max() {
        if last + LONGEST <= now {
            return forget(plan);
        }
        plan.wake(last + LONGEST);
    }
    // One that was healthy before the trouble proves nothing about what is started now.
    let proof = well()
        .filter(|one| failed.is_none_or(|failed| one.task.created_at >= failed))
        .filter_map(|one| one.task.started_at)
        .min();
    let Some(started) = proof else { return };
    if started + LONGEST <= now {
        return forget(plan);
    }
    plan.wake(started + LONGEST);
    if started + AT_START > now {
        return plan.wake(started + AT_START);
    }
    plan.service.throttle.rounds = 0;
    plan.service.throttle.retry_at = None;
    plan.service.said.remove("cannot-start");
}

fn forget(plan: &mut Plan) {
    plan.service.throttle = Throttle {
        failing_since: plan.service.throttle.failing_since,
        ..Throttle::default()
    };
    plan.service.said.remove("cannot-start");
}

fn position(plan: &Plan, deployment: &str) -> Option<usize> {
    let mut deployments = plan.service.deployments.iter();
    deployments.position(|one| one.id() == deployment)
}
