//! What activities say, as AWS words them.

use wharf_base::Timestamp;

/// `At 2026-…Z an instance was started …`
pub fn at(now: Timestamp, what: &str) -> String {
    format!("At {} {what}", now.iso8601_seconds())
}

/// Why an instance is started or taken out of service; `before` is what the group's users did.
pub fn cause(before: Option<&str>, now: Timestamp, what: &str) -> String {
    match before {
        Some(before) => format!("{before}  {}", at(now, what)),
        None => at(now, what),
    }
}

pub fn started(from: usize, to: u32) -> String {
    format!(
        "an instance was started in response to a difference between desired and actual capacity, increasing the capacity from {from} to {to}."
    )
}

pub fn shrinking(from: usize, to: u32) -> String {
    format!(
        "an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from {from} to {to}."
    )
}

pub const REBALANCING: &str = "an instance was launched in response to an unbalanced number of instances across availability zones.";
pub const UNBALANCED: &str = "an instance was taken out of service in response to an unbalanced number of instances across availability zones.";
pub const MAINTAINING: &str = "an instance was launched in response to the replacement of another, before which the instance maintenance policy wants it.";
pub const RECALLED: &str =
    "an instance was taken out of service in response to an EC2 instance rebalance recommendation.";
pub const RECALLING: &str =
    "an instance was launched in response to an EC2 instance rebalance recommendation.";
pub const NOT_RUNNING: &str = "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.";
pub const IMPAIRED: &str =
    "an instance was taken out of service in response to an EC2 instance status checks failure.";
pub const ELB: &str =
    "an instance was taken out of service in response to an ELB system health check failure.";
pub const BY_USER: &str =
    "an instance was taken out of service in response to a user health-check.";
pub const TOO_OLD: &str = "an instance was taken out of service in response to an instance having reached its maximum lifetime.";
pub const REFRESHED: &str =
    "an instance was taken out of service in response to an instance refresh.";
pub const REFRESHING: &str = "an instance was launched in response to an instance refresh.";
pub const DELETED: &str =
    "an instance was taken out of service in response to the deletion of the AutoScalingGroup.";

pub fn warming(from: usize, to: usize) -> String {
    format!(
        "an instance was started in response to a difference between desired and actual warm capacity, increasing the warm capacity from {from} to {to}."
    )
}

pub fn cooling(from: usize, to: usize) -> String {
    format!(
        "an instance was taken out of the warm pool in response to a difference between desired and actual warm capacity, shrinking the warm capacity from {from} to {to}."
    )
}

pub fn refused_by_ec2(why: &str) -> String {
    format!("an instance was taken out of the warm pool since EC2 did not change its state: {why}")
}

pub const POOL_DELETED: &str =
    "an instance was taken out of the warm pool in response to the deletion of the warm pool.";
pub const NOT_AS_POOLED: &str = "an instance was taken out of the warm pool in response to an EC2 health check indicating it is not in the state of the warm pool.";

pub fn launching_into_pool(instance: Option<&str>) -> String {
    match instance {
        Some(id) => format!("Launching a new EC2 instance into warm pool: {id}"),
        None => "Launching a new EC2 instance into warm pool".to_owned(),
    }
}

pub fn launching_from_pool(instance: &str) -> String {
    format!("Launching a new EC2 instance from warm pool: {instance}")
}

pub fn returning(instance: &str) -> String {
    format!("Returning EC2 instance to warm pool: {instance}")
}

pub fn launching(instance: Option<&str>) -> String {
    match instance {
        Some(id) => format!("Launching a new EC2 instance: {id}"),
        None => "Launching a new EC2 instance".to_owned(),
    }
}

pub fn launch_failed(reason: &str) -> String {
    format!("{reason} Launching EC2 instance failed.")
}

pub fn terminating(instance: &str) -> String {
    format!("Terminating EC2 instance: {instance}")
}

pub fn abandoned(token: &str, timed_out: bool) -> String {
    let why = match timed_out {
        true => "Heartbeat Timeout",
        false => "Lifecycle Action Completed with ABANDON Result",
    };
    format!(
        "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token {token} was abandoned: {why}"
    )
}
