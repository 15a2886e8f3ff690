//! The way of a deployment: in progress, completed, failed, rolled back.

use wharf_base::Timestamp;
use wharf_records::ecs::{
    BreakerStatus, Completion, Deployment, Rollback, RolloutState, ServiceDeploymentStatus,
    Throttle,
};

use super::{Plan, View, bounds::threshold};
use crate::services::{events, probation::LONGEST};

/// What is left to do about a deployment that failed, or that a user wants to end.
pub(super) fn judge(plan: &mut Plan, now: Timestamp) {
    let requested = plan.service.rollout.as_ref().map(|rollout| rollout.status);
    match requested {
        Some(ServiceDeploymentStatus::StopRequested) => return abort(plan, now),
        Some(ServiceDeploymentStatus::RollbackRequested) => {
            let why = "Service deployment rolled back because of a user request.";
            if !roll_back(plan, "ECS deployment", why, now) {
                abort(plan, now);
            }
            return;
        }
        _ => {}
    }
    watch_breaker(plan, now);
}

fn watch_breaker(plan: &mut Plan, now: Timestamp) {
    let service = &mut plan.service;
    let limit = threshold(&service.options.breaker, service.desired);
    let Some(primary) = service.deployments.first() else {
        return;
    };
    let failures = primary.failures;
    if !service.options.breaker.enable || primary.state != RolloutState::InProgress {
        return;
    }
    if let Some(rollout) = &mut service.rollout
        && !rollout.status.is_final()
        // What tripped it stays to be seen while it is rolled back.
        && rollout.breaker != BreakerStatus::Triggered
    {
        rollout.breaker = BreakerStatus::Monitoring;
        rollout.breaker_failures = failures;
        rollout.breaker_threshold = limit;
    }
    if failures >= limit {
        trip(plan, now);
    }
}

/// The circuit breaker ends the PRIMARY deployment.
fn trip(plan: &mut Plan, now: Timestamp) {
    let name = plan.service.name.clone();
    let rollback = plan.service.options.breaker.rollback;
    if let Some(rollout) = &mut plan.service.rollout {
        rollout.breaker = BreakerStatus::Triggered;
    }
    if let Some(primary) = plan.service.deployments.first_mut() {
        primary.state = RolloutState::Failed;
        primary.reason = "ECS deployment circuit breaker: tasks failed to start.".to_owned();
        primary.updated_at = now;
        let text = events::failed(&name, primary.id());
        plan.say(text);
    }
    let why = "Service deployment rolled back because the circuit breaker threshold was exceeded.";
    if rollback && roll_back(plan, "ECS deployment circuit breaker", why, now) {
        return;
    }
    let Some(rollout) = &mut plan.service.rollout else {
        return;
    };
    rollout.status = match rollout.rollback {
        Some(_) => ServiceDeploymentStatus::RollbackFailed,
        None => ServiceDeploymentStatus::Stopped,
    };
    rollout.reason = Some("Tasks failed to start.".to_owned());
    rollout.updated_at = now;
    rollout.stopped_at = Some(now);
    rollout.finished_at = Some(now);
}

/// Makes the revision that last completed PRIMARY again, its remaining tasks included. `false` if
/// there is none to go back to.
fn roll_back(plan: &mut Plan, who: &str, why: &str, now: Timestamp) -> bool {
    let service = &mut plan.service;
    let Some(to) = service.completed.clone() else {
        return false;
    };
    if service
        .primary()
        .is_some_and(|primary| primary.id() == to.id)
    {
        return false;
    }
    if let Some(primary) = service.deployments.first_mut()
        && primary.state == RolloutState::InProgress
    {
        primary.state = RolloutState::Failed;
        primary.reason = "ECS deployment rolled back.".to_owned();
        primary.updated_at = now;
    }
    let known = service.deployments.iter().position(|one| one.id() == to.id);
    let mut deployment = match known {
        Some(at) => service.deployments.remove(at),
        None => Deployment::new(to.clone(), now),
    };
    deployment.state = RolloutState::InProgress;
    deployment.failures = 0;
    deployment.updated_at = now;
    deployment.reason = format!("{who}: rolling back to deploymentId ecs-svc/{}.", to.id);
    service.deployments.insert(0, deployment);
    service.throttle = Throttle::default();
    if let Some(rollout) = &mut service.rollout {
        rollout.status = ServiceDeploymentStatus::RollbackInProgress;
        rollout.reason = Some(why.to_owned());
        rollout.updated_at = now;
        rollout.rollback = Some(Rollback {
            reason: why.to_owned(),
            started_at: now,
            revision: to.id.clone(),
        });
    }
    let text = events::rolling_back(&plan.service.name, &to.id);
    plan.say(text);
    true
}

/// Ends a deployment where it stands: nothing more is started for it, nothing stopped.
fn abort(plan: &mut Plan, now: Timestamp) {
    if let Some(primary) = plan.service.deployments.first_mut() {
        primary.state = RolloutState::Failed;
        primary.reason = "ECS deployment stopped by a user.".to_owned();
        primary.updated_at = now;
    }
    if let Some(rollout) = &mut plan.service.rollout {
        rollout.status = ServiceDeploymentStatus::Stopped;
        rollout.updated_at = now;
        rollout.stopped_at = Some(now);
        rollout.finished_at = Some(now);
    }
}

/// Old deployments without tasks go; the PRIMARY is complete when it is the only one left and all
/// is as wanted.
pub(super) fn conclude(plan: &mut Plan, view: &View<'_>, now: Timestamp) {
    let mut first = true;
    plan.service
        .deployments
        .retain(|deployment| std::mem::take(&mut first) || view.is_present(deployment.id()));
    if let Some(rollout) = &mut plan.service.rollout
        && rollout.status == ServiceDeploymentStatus::Pending
    {
        rollout.status = ServiceDeploymentStatus::InProgress;
        rollout.started_at = Some(now);
        rollout.updated_at = now;
    }
    if !is_as_wanted(plan, view) {
        // While a task is moved there is one more than wanted.
        plan.service.steady &= plan.service.rebalancing.since.is_some();
        return;
    }
    prove(plan, view, now);
    complete(plan, now);
    if plan.service.throttle.unsteady > 0 {
        // A task may have failed again by the time it would have been noticed; see `account`.
        plan.service.steady = false;
        return;
    }
    let name = plan.service.name.clone();
    if !std::mem::replace(&mut plan.service.steady, true) {
        plan.service.said.remove("steady");
    }
    plan.say_rarely("steady", events::steady(&name), now);
    if let Some(said) = plan.service.said.get("steady").copied() {
        plan.wake(said + events::REPEAT_AFTER);
    }
}

/// A task of the PRIMARY deployment failed at `failed`: what was called COMPLETED after a probation
/// shorter than the longest is IN_PROGRESS again, as if it had been waited for. `true` if it was so.
pub(super) fn take_back(plan: &mut Plan, failed: Timestamp, now: Timestamp) -> bool {
    let service = &mut plan.service;
    let Some(primary) = service.deployments.first_mut() else {
        return false;
    };
    let fresh = |completion: &mut Completion| failed < completion.at + LONGEST;
    if primary.state != RolloutState::Completed {
        return false;
    }
    let Some(completion) = primary.completion.take_if(fresh) else {
        return false;
    };
    primary.state = RolloutState::InProgress;
    primary.reason = format!("ECS deployment {} in progress.", primary.name());
    service.completed = completion.before;
    if let Some(rollout) = &mut service.rollout {
        rollout.status = match rollout.status {
            ServiceDeploymentStatus::Successful => ServiceDeploymentStatus::InProgress,
            ServiceDeploymentStatus::RollbackSuccessful => {
                ServiceDeploymentStatus::RollbackInProgress
            }
            other => other,
        };
        if rollout.breaker == BreakerStatus::MonitoringComplete {
            rollout.breaker = BreakerStatus::Monitoring;
        }
        rollout.updated_at = now;
        rollout.finished_at = None;
    }
    true
}

pub(super) fn is_as_wanted(plan: &Plan, view: &View<'_>) -> bool {
    let desired = view.bounds.desired;
    plan.service.deployments.len() == 1
        && !view.uncounted
        && view.count(|one| one.current && one.is_healthy()) == desired
        && view.count(|_| true) == desired
}

/// All tasks count now: no later failure makes one of them look as if it had never.
fn prove(plan: &mut Plan, view: &View<'_>, now: Timestamp) {
    let newest = view.live.iter().map(|one| one.task.created_at).max();
    if newest > plan.service.proven_at {
        plan.service.proven_at = Some(now);
    }
}

fn complete(plan: &mut Plan, now: Timestamp) {
    let name = plan.service.name.clone();
    let Some(primary) = plan.service.deployments.first_mut() else {
        return;
    };
    if primary.state != RolloutState::InProgress {
        return;
    }
    primary.state = RolloutState::Completed;
    primary.reason = format!("ECS deployment {} completed.", primary.name());
    primary.updated_at = now;
    let revision = primary.revision.clone();
    primary.completion = Some(Completion {
        at: now,
        before: plan.service.completed.take(),
    });
    if let Some(rollout) = &mut plan.service.rollout {
        rollout.status = match rollout.rollback {
            Some(_) => ServiceDeploymentStatus::RollbackSuccessful,
            None => ServiceDeploymentStatus::Successful,
        };
        if rollout.breaker == BreakerStatus::Monitoring {
            rollout.breaker = BreakerStatus::MonitoringComplete;
        }
        rollout.updated_at = now;
        rollout.finished_at = Some(now);
    }
    let text = events::completed(&name, &revision.id);
    plan.service.completed = Some(revision);
    plan.say(text);
}
