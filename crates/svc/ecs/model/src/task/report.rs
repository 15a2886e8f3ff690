//! What an agent's state change means for a task (spec ecs-agent §3).
//!
//! Statuses never go back, repeats change nothing, containers the task does not have (the agent's
//! own pause container) are ignored.

use wharf_base::Timestamp;
use wharf_records::ecs::{
    Container, ContainerStatus, Desired, InterfaceState, Launch, NetworkBinding, Status, StopCode,
    Task,
};

use super::{
    plan::{raise_interface, raise_volume},
    stop,
};

/// One SubmitTaskStateChange, or the older SubmitContainerStateChange.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    pub status: Option<Reported>,
    pub reason: Option<String>,
    pub pull_started_at: Option<Timestamp>,
    pub pull_stopped_at: Option<Timestamp>,
    pub execution_stopped_at: Option<Timestamp>,
    pub containers: Vec<ContainerReport>,
    /// What became of the agents by which commands are executed.
    pub exec_agents: Vec<ExecAgentReport>,
    /// The task's interface is attached.
    pub attached: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reported {
    Pending,
    Running,
    Stopped,
}

impl Reported {
    /// Statuses that say nothing new to us (CREATED, PULLED …) are `None`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "PENDING" => Some(Self::Pending),
            "RUNNING" => Some(Self::Running),
            "STOPPED" => Some(Self::Stopped),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContainerReport {
    pub name: String,
    pub status: Option<Reported>,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
    pub runtime_id: Option<String>,
    pub image_digest: Option<String>,
    pub bindings: Option<Vec<NetworkBinding>>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExecAgentReport {
    pub container: String,
    pub status: Option<Reported>,
    pub reason: Option<String>,
}

/// How the names of failures to get an image begin.
const CANNOT_PULL: &str = "CannotPull";

/// Names an agent gives to failures before a container ran; such a text ends a task as
/// TaskFailedToStart even if the runtime also gave an exit code.
const START_ERRORS: &[&str] = &[
    CANNOT_PULL,
    "CannotCreate",
    "CannotStart",
    "CannotInspect",
    "ContainerRuntimeTimeoutError",
    "DockerTimeoutError",
    "ResourceInitializationError",
    "ResourceNotFoundException",
    "TaskDependencyError",
    "ContainerNetworkingError",
    "UnrecogniedTaskError",
];

impl Report {
    /// As it counts of somebody who may report, but does not run the task.
    #[must_use]
    pub fn without_times(&self) -> Self {
        Self {
            pull_started_at: None,
            pull_stopped_at: None,
            execution_stopped_at: None,
            ..self.clone()
        }
    }
}

/// Takes `report` over. Returns whether anything changed.
pub fn take(task: &mut Task, report: &Report, now: Timestamp) -> bool {
    if task.ended {
        return take_late(task, report);
    }
    let before = task.clone();
    for told in &report.containers {
        if let Some(container) = task.containers.iter_mut().find(|c| c.name == told.name) {
            take_container(container, told);
        }
    }
    for told in &report.exec_agents {
        let mut containers = task.containers.iter_mut();
        if let Some(container) = containers.find(|c| c.name == told.container) {
            take_exec_agent(container, told, now);
        }
    }
    // The agent's clock is not ours, and what a task costs goes by these times.
    let created_at = task.created_at;
    let bound = |told: Option<Timestamp>| told.map(|at| at.max(created_at).min(now));
    task.pull_started_at = task.pull_started_at.or(bound(report.pull_started_at));
    task.pull_stopped_at = task.pull_stopped_at.or(bound(report.pull_stopped_at));
    let stopped_at = bound(report.execution_stopped_at);
    task.execution_stopped_at = task.execution_stopped_at.or(stopped_at);
    if report.attached {
        attach(task);
    }
    match report.status {
        Some(Reported::Running) => {
            running(task, now);
            essential_ended(task, report, now);
        }
        Some(Reported::Stopped) => stopped(task, report, now),
        Some(Reported::Pending) | None => {}
    }
    if *task == before {
        return false;
    }
    task.version = before.version + 1;
    true
}

/// After the end nothing an agent says changes what was told of the task; that it certainly runs no
/// more sets free what a lost host still held.
fn take_late(task: &mut Task, report: &Report) -> bool {
    report.status == Some(Reported::Stopped) && super::stop::confirm(task)
}

fn take_container(container: &mut Container, told: &ContainerReport) {
    let status = match told.status {
        Some(Reported::Stopped) => ContainerStatus::Stopped,
        Some(Reported::Running) => ContainerStatus::Running,
        Some(Reported::Pending) | None => ContainerStatus::Pending,
    };
    // How it ended is said once.
    let over = container.last == ContainerStatus::Stopped;
    container.last = container.last.max(status);
    if over && container.exit_code.is_some() {
        return;
    }
    take_over(&mut container.exit_code, &told.exit_code);
    take_over(&mut container.reason, &told.reason);
    take_over(&mut container.runtime_id, &told.runtime_id);
    // Later tasks are told to pull it: what is none is as good as nothing said.
    let digest = told.image_digest.as_ref().filter(|it| is_digest(it));
    take_over(&mut container.image_digest, &digest.cloned());
    if let Some(bindings) = &told.bindings {
        container.bindings.clone_from(bindings);
    }
}

/// One nobody asked for is none of ours.
fn take_exec_agent(container: &mut Container, told: &ExecAgentReport, now: Timestamp) {
    let (Some(agent), Some(status)) = (&mut container.exec_agent, told.status) else {
        return;
    };
    agent.status = match status {
        Reported::Pending => ContainerStatus::Pending,
        Reported::Running => ContainerStatus::Running,
        Reported::Stopped => ContainerStatus::Stopped,
    };
    if status == Reported::Running {
        agent.started_at.get_or_insert(now);
    }
    take_over(&mut agent.reason, &told.reason);
}

/// `sha256:` and 64 lower-case hexadecimal digits, or `sha512:` and 128: the algorithms of OCI's specification.
fn is_digest(text: &str) -> bool {
    let digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    let (hex, digits) = match text.split_once(':') {
        Some(("sha256", hex)) => (hex, 64),
        Some(("sha512", hex)) => (hex, 128),
        _ => return false,
    };
    hex.len() == digits && hex.bytes().all(digit)
}

fn take_over<T: Clone>(place: &mut Option<T>, told: &Option<T>) {
    if told.is_some() {
        place.clone_from(told);
    }
}

fn attach(task: &mut Task) {
    raise_volume(task, InterfaceState::Attached);
    if let Some(interface) = &mut task.interface {
        raise_interface(interface, InterfaceState::Attached);
    }
}

fn running(task: &mut Task, now: Timestamp) {
    // A task that was told to stop meanwhile did run all the same; only its status stays ahead.
    task.started_at.get_or_insert(now);
    task.connected_at.get_or_insert(now);
    attach(task);
    if task.last < Status::Running {
        task.last = match task.desired {
            Desired::Stopped if task.launch == Launch::Fargate => Status::Stopping,
            // Several target groups are registered before the task counts as RUNNING.
            Desired::Running if has_many_targets(task) => Status::Activating,
            _ => Status::Running,
        };
    }
}

fn has_many_targets(task: &Task) -> bool {
    let targets = task.service.as_ref().map(|service| service.targets.len());
    targets.is_some_and(|count| count > 1)
}

/// The end of an essential container is the end of the task, also while the rest of it is still
/// being stopped: a service need not wait for that.
fn essential_ended(task: &mut Task, report: &Report, now: Timestamp) {
    let mut essential = task.containers.iter().filter(|c| c.essential);
    if essential.any(|c| c.last == ContainerStatus::Stopped) {
        stop::stop(task, &by_itself(report), now);
    }
}

/// Why a task that ran ended by itself: an essential container of it exited, or the agent ended all of it since its image
/// turned out to be wrong.
fn by_itself(report: &Report) -> stop::Stop {
    let said = report.reason.as_ref();
    stop::Stop {
        reason: match said.filter(|text| text.starts_with(CANNOT_PULL)) {
            Some(said) => said.clone(),
            None => stop::ESSENTIAL_EXITED.to_owned(),
        },
        ..stop::essential_exited()
    }
}

fn stopped(task: &mut Task, report: &Report, now: Timestamp) {
    task.ended = true;
    let ran = task.started_at.is_some() || task.containers.iter().any(|c| c.exit_code.is_some());
    for container in &mut task.containers {
        container.last = ContainerStatus::Stopped;
        if let Some(agent) = &mut container.exec_agent {
            agent.status = ContainerStatus::Stopped;
        }
    }
    if ran {
        let ended_at = *task.execution_stopped_at.get_or_insert(now);
        // It may have been too quick for anybody to see it run.
        if !failed_to_start(task, report) {
            let began = task.pull_stopped_at.unwrap_or(ended_at).min(ended_at);
            task.started_at.get_or_insert(began);
        }
    }
    // A task does not end before it began.
    task.execution_stopped_at = task.execution_stopped_at.max(task.started_at);
    task.stopping_at.get_or_insert(now);
    if task.desired == Desired::Running {
        task.desired = Desired::Stopped;
        let (code, reason) = conclude(task, report, ran);
        task.stop_code = Some(code);
        task.stopped_reason = Some(reason);
    }
}

/// Stop code and reason of a task that ended by itself.
fn conclude(task: &Task, report: &Report, ran: bool) -> (StopCode, String) {
    if ran && task.started_at.is_some() {
        return (StopCode::EssentialContainerExited, by_itself(report).reason);
    }
    let never_ran = task
        .containers
        .iter()
        .filter(|c| c.essential && c.exit_code.is_none());
    let said = start_failure(task, report)
        .or_else(|| never_ran.filter_map(|c| c.reason.as_deref()).next())
        .or_else(|| reasons(task, report).next());
    (
        StopCode::TaskFailedToStart,
        said.unwrap_or("Task failed to start").to_owned(),
    )
}

/// What was said about the end: of the task first, then of its containers.
fn reasons<'a>(task: &'a Task, report: &'a Report) -> impl Iterator<Item = &'a str> {
    let told = report.reason.as_deref().filter(|reason| !reason.is_empty());
    told.into_iter()
        .chain(task.containers.iter().filter_map(|c| c.reason.as_deref()))
}

fn start_failure<'a>(task: &'a Task, report: &'a Report) -> Option<&'a str> {
    reasons(task, report).find(|text| is_start_error(text))
}

/// Nobody saw it run, and somebody said why it did not: by one of the known names, or of an essential
/// container that never had a process to exit, while others did.
fn failed_to_start(task: &Task, report: &Report) -> bool {
    let never_ran = |c: &Container| c.essential && c.exit_code.is_none() && c.reason.is_some();
    task.started_at.is_none()
        && (start_failure(task, report).is_some() || task.containers.iter().any(never_ran))
}

fn is_start_error(text: &str) -> bool {
    START_ERRORS.iter().any(|name| text.starts_with(name))
}
