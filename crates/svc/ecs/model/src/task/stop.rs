//! Why a task is told to stop, or given up; stop codes and literal texts of spec ecs §4.

use wharf_base::Timestamp;
use wharf_records::ecs::{Desired, Launch, Status, StopCode, Task};

use super::plan;

/// A reason to stop. Some of the platform's reasons have no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    pub code: Option<StopCode>,
    pub reason: String,
}

/// StopTask.
pub fn by_user(reason: Option<&str>) -> Stop {
    let reason = reason
        .filter(|r| !r.is_empty())
        .unwrap_or("Task stopped by user");
    Stop {
        code: Some(StopCode::UserInitiated),
        reason: reason.to_owned(),
    }
}

pub const ESSENTIAL_EXITED: &str = "Essential container in task exited";

/// Somebody else needs the room of a task of FARGATE_SPOT.
pub fn spot_interrupted() -> Stop {
    Stop {
        code: Some(StopCode::SpotInterruption),
        reason: "Your Spot Task was interrupted.".to_owned(),
    }
}

/// Its host is retired, and its account's time of waiting is over.
pub fn retired() -> Stop {
    Stop {
        code: Some(StopCode::TerminationNotice),
        reason: "ECS is performing maintenance on the underlying infrastructure hosting the task."
            .to_owned(),
    }
}

/// By itself, and everything of it follows.
pub fn essential_exited() -> Stop {
    Stop {
        code: Some(StopCode::EssentialContainerExited),
        reason: ESSENTIAL_EXITED.to_owned(),
    }
}

pub fn interface_timeout() -> Stop {
    failed_to_start("Timeout waiting for network interface provisioning to complete.")
}

/// It waited for capacity for as long as it may.
pub fn no_capacity() -> Stop {
    failed_to_start(
        "Unable to run task. The capacity provider had no room for it within 15 minutes.",
    )
}

/// The same of one for whose account as many machines of Fargate are made as may be.
pub fn no_further_machine(most: usize) -> Stop {
    failed_to_start(format!(
        "Unable to run task. As many machines of Fargate as may be at a time, {most}, are made for the account, and none of them had \
         room for it within 15 minutes."
    ))
}

/// The interface cannot be made at all, e.g. its subnet is gone.
pub fn interface_refused(text: &str) -> Stop {
    failed_to_start(format!(
        "Unexpected EC2 error while attempting to Create Network Interface: {text}"
    ))
}

pub fn volume_timeout() -> Stop {
    failed_to_start("Timeout waiting for EBS volume provisioning to complete.")
}

/// The volume cannot be made at all, e.g. its type has no such size.
pub fn volume_refused(text: &str) -> Stop {
    failed_to_start(format!(
        "Unexpected EC2 error while attempting to Create Volume: {text}"
    ))
}

/// A role of the task cannot be assumed.
pub fn role_refused(role: &str) -> Stop {
    failed_to_start(role_text(role))
}

/// How [`role_text`] begins.
const NO_ROLE: &str = "ECS was unable to assume the role ";

/// Whether a task did not start for what its definition says, wherever it might be placed: roles are part of it.
pub fn is_misconfigured(reason: &str) -> bool {
    reason.starts_with(NO_ROLE)
}

/// What a caller reads when a task's role cannot be assumed.
pub fn role_text(role: &str) -> String {
    format!(
        "{NO_ROLE}'{role}' that was provided for this task. Please verify \
         that the role being passed has the proper trust relationship and permissions and that your \
         IAM user has permissions to pass this role."
    )
}

fn failed_to_start(reason: impl Into<String>) -> Stop {
    Stop {
        code: Some(StopCode::TaskFailedToStart),
        reason: reason.into(),
    }
}

/// The host went silent for longer than the node-lost timeout.
pub fn host_lost(ec2_instance: &str) -> Stop {
    Stop {
        code: None,
        reason: format!("Host EC2 (instance {ec2_instance}) stopped/terminated."),
    }
}

/// The same of a task of another account than the machine's, which hears nothing of it.
pub fn foreign_host_lost() -> Stop {
    Stop {
        code: None,
        reason: "Host EC2 stopped/terminated.".to_owned(),
    }
}

/// DeregisterContainerInstance with force.
pub fn deregistered() -> Stop {
    Stop {
        code: None,
        reason: "Container instance deregistration forced by user".to_owned(),
    }
}

/// Tells a task to stop. The first reason stands; returns whether this was it.
pub fn stop(task: &mut Task, why: &Stop, now: Timestamp) -> bool {
    if task.desired == Desired::Stopped {
        return false;
    }
    task.desired = Desired::Stopped;
    task.stopping_at.get_or_insert(now);
    task.stop_code = why.code;
    task.stopped_reason = Some(why.reason.clone());
    // Fargate shows the way down; an EC2 task stays RUNNING until its agent says STOPPED. A target
    // is taken out of service before the agent hears of the stop.
    if plan::has_registered_target(task)
        && (Status::Activating..=Status::Running).contains(&task.last)
    {
        task.last = Status::Deactivating;
    } else if task.launch == Launch::Fargate
        && task.last == Status::Running
        // Its warning shows it RUNNING still.
        && why.code != Some(StopCode::SpotInterruption)
    {
        task.last = Status::Stopping;
    }
    task.version += 1;
    true
}

/// Gives a task up together with its host. `confirmed`: it certainly runs no more, so what it
/// holds alone may be given to others.
pub fn give_up(task: &mut Task, why: &Stop, confirmed: bool, now: Timestamp) {
    if task.last >= Status::Deprovisioning || task.ended {
        return;
    }
    stop(task, why, now);
    task.ended = true;
    // Before PENDING no agent ever heard of it.
    task.unconfirmed = !confirmed && task.last > Status::Provisioning;
    task.version += 1;
}

/// The host confirmed that nothing of the task runs.
pub fn confirm(task: &mut Task) -> bool {
    std::mem::take(&mut task.unconfirmed)
}
