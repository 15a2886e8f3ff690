//! Whether a live task counts (spec ecs §5).

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_records::ecs::{Health, Service, TargetState};

use super::Why;
use crate::services::{
    observe::{Seen, TargetHealth},
    probation,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not yet.
    Starting,
    /// Not before this moment, if nothing else changes.
    Until(Timestamp),
    Healthy,
    Failing(Why),
}

pub(super) fn judge(task: &Seen, service: &Service, now: Timestamp) -> Verdict {
    let Some(started) = task.started_at.filter(|_| task.is_running()) else {
        return Verdict::Starting;
    };
    if let Some(why) = failed_check(task) {
        let grace = service.options.grace_seconds.unwrap_or(0);
        let until = started + Duration::from_secs(u64::from(grace));
        return match now < until {
            true => Verdict::Until(until),
            false => Verdict::Failing(why),
        };
    }
    let checked = task.check.is_none_or(|health| health == Health::Healthy);
    let reached = task
        .targets
        .iter()
        .all(|t| t.state == TargetState::Registered && t.health == TargetHealth::Healthy);
    let outlived = started + probation(task, service);
    match checked && reached {
        false => Verdict::Starting,
        true if now < outlived => Verdict::Until(outlived),
        true => Verdict::Healthy,
    }
}

/// How long it must run before it counts.
pub(super) fn probation(task: &Seen, service: &Service) -> Duration {
    let checked = task.check.is_some() || !task.targets.is_empty();
    probation::of(service, &task.deployment, task.created_at, checked)
}

fn failed_check(task: &Seen) -> Option<Why> {
    if task.check == Some(Health::Unhealthy) {
        return Some(Why::ContainerHealth);
    }
    let mut registered = task
        .targets
        .iter()
        .filter(|target| target.state == TargetState::Registered);
    registered
        .find(|target| matches!(target.health, TargetHealth::Unhealthy(_)))
        .map(|target| Why::TargetHealth(target.group.clone()))
}
