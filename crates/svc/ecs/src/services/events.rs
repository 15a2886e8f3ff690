//! Service events: the literal texts of spec ecs §5, and the rule that a cause is not told again
//! before six hours have passed.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_records::ecs::Service;

/// Events kept of one service.
pub const KEPT: usize = 100;
/// How long a cause is not repeated, and how often a steady state is told again.
pub const REPEAT_AFTER: Duration = Duration::from_secs(6 * 3600);
/// Most tasks named in one event.
const NAMED: usize = 10;

const MORE: &str =
    " For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

/// Takes note that `cause` is told now; `false` if it was told too lately.
pub fn may_say(service: &mut Service, cause: &str, now: Timestamp) -> bool {
    service.said.retain(|_, at| now < *at + REPEAT_AFTER);
    if service.said.contains_key(cause) {
        return false;
    }
    service.said.insert(cause.to_owned(), now);
    true
}

fn named(ids: &[String]) -> String {
    let shown: Vec<String> = ids
        .iter()
        .take(NAMED)
        .map(|id| format!("(task {id})"))
        .collect();
    shown.join(" ")
}

pub fn started(service: &str, tasks: &[String]) -> String {
    let count = tasks.len();
    format!(
        "(service {service}) has started {count} tasks: {}.",
        named(tasks)
    )
}

pub fn stopped(service: &str, tasks: &[String]) -> String {
    let count = tasks.len();
    format!(
        "(service {service}) has stopped {count} running tasks: {}.",
        named(tasks)
    )
}

pub fn registered(service: &str, count: usize, group: &str) -> String {
    format!("(service {service}) registered {count} targets in (target-group {group})")
}

pub fn deregistered(service: &str, count: usize, group: &str) -> String {
    format!("(service {service}) deregistered {count} targets in (target-group {group})")
}

pub fn draining(service: &str, deployment: &str, count: usize) -> String {
    format!(
        "(service {service}, taskSet ecs-svc/{deployment}) has begun draining connections on \
         {count} tasks."
    )
}

pub fn completed(service: &str, deployment: &str) -> String {
    format!("(service {service}) (deployment ecs-svc/{deployment}) deployment completed.")
}

pub fn failed(service: &str, deployment: &str) -> String {
    format!(
        "(service {service}) (deployment ecs-svc/{deployment}) deployment failed: tasks failed to \
         start."
    )
}

pub fn rolling_back(service: &str, deployment: &str) -> String {
    format!("(service {service}) rolling back to deployment ecs-svc/{deployment}.")
}

pub fn steady(service: &str) -> String {
    format!("(service {service}) has reached a steady state.")
}

pub fn unhealthy_containers(service: &str, task: &str) -> String {
    format!("(service {service}) (task {task}) failed container health checks.")
}

pub fn unhealthy_target(service: &str, port: u16, group: &str, reason: &str) -> String {
    format!(
        "(service {service}) (port {port}) is unhealthy in (target-group {group}) due to (reason \
         {reason})."
    )
}

/// `why`: the last failure, perhaps empty.
pub fn cannot_start(service: &str, why: &str) -> String {
    let start = format!("(service {service}) is unable to consistently start tasks successfully.");
    match why.trim_end_matches('.') {
        "" => format!("{start}{MORE}"),
        why => format!("{start} The last one: {why}.{MORE}"),
    }
}

pub fn blocked(service: &str) -> String {
    format!(
        "(service {service}) was unable to stop or start tasks during a deployment because of the \
         service deployment configuration. Update the minimumHealthyPercent or maximumPercent value \
         and try again."
    )
}

pub fn protected(service: &str, deployment: &str) -> String {
    format!(
        "service {service} was unable to reach steady state because task set (ecs-svc/{deployment}) \
         was unable to scale in. Reason: The number of protected tasks are more than the desired \
         count of tasks."
    )
}

/// Fargate has no room.
pub fn no_capacity(service: &str) -> String {
    format!(
        "(service {service}) was unable to place a task. Reason: Capacity is unavailable at this \
         time. Please try again later or in a different availability zone."
    )
}

/// Why no instance took a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unplaced {
    NoInstances,
    /// The closest instance.
    Closest {
        /// Its id.
        instance: String,
        /// The failure's reason.
        reason: &'static str,
        /// What its node would have to be started with.
        flag: Option<String>,
    },
}

pub fn unplaced(service: &str, why: &Unplaced) -> String {
    let start = format!(
        "(service {service}) was unable to place a task because no container instance met all of \
         its requirements."
    );
    let closest = |id: &str, lacks: &str| {
        format!("{start} The closest matching (container-instance {id}) {lacks}.{MORE}")
    };
    match why {
        Unplaced::NoInstances => {
            format!("{start} Reason: No Container Instances were found in your cluster.{MORE}")
        }
        Unplaced::Closest {
            instance: id,
            flag: Some(flag),
            ..
        } => closest(
            id,
            &format!(
                "is missing an attribute required by your task: it is not started with {flag}"
            ),
        ),
        Unplaced::Closest {
            instance: id,
            reason,
            ..
        } => match *reason {
            "RESOURCE:CPU" => closest(id, "has insufficient CPU units available"),
            "RESOURCE:MEMORY" => closest(id, "has insufficient memory available"),
            "RESOURCE:PORTS" => closest(id, "is already using a port required by your task"),
            "ATTRIBUTE" => closest(id, "is missing an attribute required by your task"),
            "AGENT" => closest(id, "doesn't have the agent connected"),
            other => closest(id, &format!("encountered error \"{other}\"")),
        },
    }
}
