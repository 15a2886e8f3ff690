//! How long a task must have been RUNNING before it counts: as healthy, towards a deployment's
//! completion, and in a service's `runningCount`, which is what `services-stable` waits for.
//!
//! The published service waits 40 s each time. Here it is short as long as nothing fails, and grows
//! to that with every round of failures and with how long the failed ones ran: what fails after ten
//! seconds is not believed after six. What was called complete by a short one is taken back if it
//! fails before the longest is over. All of it follows from records: it goes on over a restart.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_records::ecs::Service;

/// Where there is nothing that a bad release would take the place of.
pub const FIRST: Duration = Duration::from_secs(3);
/// Of a release that replaces one that worked, and wherever a circuit breaker watches.
pub const UPDATE: Duration = Duration::from_secs(5);
/// The longest, and how long a task must run before failures are forgotten.
pub const LONGEST: Duration = Duration::from_secs(40);

/// The probation of a task of the service. `checked`: its containers or targets have health checks,
/// which are proof enough until something failed.
pub fn of(service: &Service, deployment: &str, created: Timestamp, checked: bool) -> Duration {
    let primary = service.primary().map(|primary| primary.id());
    let throttle = &service.throttle;
    let after_failure = primary == Some(deployment)
        && throttle.unsteady > 0
        // Those of before keep theirs: what counts as healthy does not cease to for another's failure.
        && throttle
            .since
            .or(throttle.failed_at)
            .is_none_or(|since| created >= since);
    if !after_failure {
        return match checked {
            true => Duration::ZERO,
            false => first(service),
        };
    }
    first(service)
        .saturating_mul(1 << throttle.unsteady.min(8))
        .max(Duration::from_millis(throttle.longest_run_ms).saturating_mul(2))
        .min(LONGEST)
}

fn first(service: &Service) -> Duration {
    let replaces = match (service.primary(), &service.completed) {
        (Some(primary), Some(completed)) => primary.id() != completed.id,
        _ => false,
    };
    match replaces || service.options.breaker.enable {
        true => UPDATE,
        false => FIRST,
    }
}

/// Whether a RUNNING task counts in what is shown of its service. Tasks of older deployments have
/// counted, and so have those that were there when all was as wanted.
pub fn is_over(
    service: &Service,
    deployment: &str,
    created: Timestamp,
    started: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    let primary = service.primary().map(|primary| primary.id());
    let proven = service.proven_at.is_some_and(|at| created <= at);
    proven
        || primary != Some(deployment)
        || started.is_some_and(|at| at + of(service, deployment, created, false) <= now)
}
