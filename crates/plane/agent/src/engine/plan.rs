//! From what is known of a task to what is to be done next.

use std::{collections::BTreeSet, time::Duration};

use wharf_base::Timestamp;

use super::{
    spec::{Condition, Dependency, Spec},
    state::{ContainerStatus, Desired, Health, NetworkState, TaskState},
};

/// Something for the executor to do. Each is idempotent: after a crash it may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    AttachNetwork,
    Pull {
        container: usize,
    },
    Create {
        container: usize,
    },
    Start {
        container: usize,
    },
    /// A container whose restart policy wants it back.
    Restart {
        container: usize,
    },
    /// Stop signal, patience, SIGKILL.
    Stop {
        container: usize,
        timeout: Duration,
    },
    ReleaseNetwork,
}

/// Actions under way: asked for and not yet answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Busy(BTreeSet<(Kind, usize)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Network,
    Pull,
    Run,
    Stop,
}

impl Action {
    fn slot(self) -> (Kind, usize) {
        match self {
            Self::AttachNetwork | Self::ReleaseNetwork => (Kind::Network, 0),
            Self::Pull { container } => (Kind::Pull, container),
            Self::Create { container }
            | Self::Start { container }
            | Self::Restart { container } => (Kind::Run, container),
            Self::Stop { container, .. } => (Kind::Stop, container),
        }
    }
}

impl Busy {
    pub fn begin(&mut self, action: Action) {
        self.0.insert(action.slot());
    }

    pub fn end(&mut self, action: Action) {
        self.0.remove(&action.slot());
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn has(&self, kind: Kind, container: usize) -> bool {
        self.0.contains(&(kind, container))
    }
}

/// What [`plan`] decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The task with everything that follows from it without doing anything.
    pub state: TaskState,
    pub actions: Vec<Action>,
    /// When to plan again although nothing happened: the earliest start timeout.
    pub wake_at: Option<Timestamp>,
}

/// Decides what follows from `state`, given that `busy` is under way.
pub fn plan(spec: &Spec, state: &TaskState, busy: &Busy, now: Timestamp) -> Plan {
    let mut state = state.clone();
    let wake_at = settle(spec, &mut state, busy, now);
    let actions = match state.desired {
        _ if !state.admitted && state.desired == Desired::Running => Vec::new(),
        Desired::Running => advance(spec, &state, busy),
        Desired::Stopped => wind_down(spec, &state, busy, now),
    };
    Plan {
        state,
        actions,
        wake_at,
    }
}

/// Draws the conclusions that need no action, until there are no more.
fn settle(spec: &Spec, state: &mut TaskState, busy: &Busy, now: Timestamp) -> Option<Timestamp> {
    let wake_at = give_up_on_dependencies(spec, state, now);
    stop_with_essential(spec, state, now);
    if state.desired == Desired::Stopped {
        skip_what_never_ran(state, busy, now);
    }
    let least = state
        .containers
        .iter()
        .map(|c| c.status)
        .min()
        .unwrap_or(ContainerStatus::Stopped);
    let gone = state.network != NetworkState::Attached && !busy.has(Kind::Network, 0);
    let whole = state.containers.iter().all(|c| c.started_at.is_some());
    let known = match least {
        // Addresses and host ports are free for others once STOPPED is known, not before.
        ContainerStatus::Stopped if !gone => state.known,
        // A task that is given up before all of it has run never was RUNNING.
        ContainerStatus::Running if state.desired == Desired::Stopped && !whole => state.known,
        other => other,
    };
    state.known = state.known.max(known);
    wake_at.filter(|_| state.desired == Desired::Running)
}

enum Wait {
    Satisfied,
    Until(Option<Timestamp>),
    Hopeless,
}

fn wait(spec: &Spec, state: &TaskState, dependency: Dependency, now: Timestamp) -> Wait {
    let on = &state.containers[dependency.on];
    let stopped = on.status == ContainerStatus::Stopped;
    let has_run = on.started_at.is_some();
    let satisfied = match dependency.condition {
        Condition::Start => has_run,
        Condition::Complete => stopped && has_run,
        Condition::Success => stopped && on.exit_code == Some(0),
        Condition::Healthy => !stopped && on.health == Health::Healthy,
    };
    if satisfied {
        return Wait::Satisfied;
    }
    if stopped {
        return Wait::Hopeless;
    }
    if dependency.condition == Condition::Start {
        return Wait::Until(None);
    }
    let patience = spec.containers[dependency.on].start_timeout;
    let deadline = on
        .started_at
        .zip(patience)
        .map(|(start, patience)| start + patience);
    match deadline {
        Some(deadline) if deadline <= now => Wait::Hopeless,
        deadline => Wait::Until(deadline),
    }
}

/// A dependency that can no longer be met, or was not met in time, stops the task.
fn give_up_on_dependencies(
    spec: &Spec,
    state: &mut TaskState,
    now: Timestamp,
) -> Option<Timestamp> {
    let mut wake_at: Option<Timestamp> = None;
    let mut hopeless = Vec::new();
    for (at, container) in spec.containers.iter().enumerate() {
        if state.containers[at].status >= ContainerStatus::Created {
            continue;
        }
        for dependency in &container.depends_on {
            match wait(spec, state, *dependency, now) {
                Wait::Hopeless => hopeless.push((at, dependency.on)),
                Wait::Until(Some(deadline)) => {
                    wake_at = Some(wake_at.map_or(deadline, |w| w.min(deadline)));
                }
                Wait::Satisfied | Wait::Until(None) => {}
            }
        }
    }
    if state.desired == Desired::Running {
        for (at, on) in hopeless {
            let text = format!(
                "TaskDependencyError: container {} will not meet what {} waits for",
                spec.containers[on].name, spec.containers[at].name
            );
            // An essential dependency that ended has its own, better story to tell.
            if !spec.containers[on].essential || state.containers[on].reason.is_none() {
                state.containers[at].reason.get_or_insert(text);
            }
            state.desired = Desired::Stopped;
        }
    }
    wake_at
}

/// The end of an essential container is the end of the task; so is the end of all.
fn stop_with_essential(spec: &Spec, state: &mut TaskState, now: Timestamp) {
    let ended = spec
        .containers
        .iter()
        .zip(&state.containers)
        .filter(|(of, c)| of.essential && c.status == ContainerStatus::Stopped)
        .map(|(_, c)| c.finished_at.unwrap_or(now))
        .min();
    let all = state
        .containers
        .iter()
        .all(|c| c.status == ContainerStatus::Stopped);
    if let Some(at) = ended {
        state.execution_stopped_at.get_or_insert(at);
    }
    if ended.is_some() || all {
        state.desired = Desired::Stopped;
    }
}

/// What was not created yet, or waits for a restart, has stopped as soon as that is wanted. A pull
/// under way does not hold it up; its result is of use to later tasks.
fn skip_what_never_ran(state: &mut TaskState, busy: &Busy, now: Timestamp) {
    for (at, container) in state.containers.iter_mut().enumerate() {
        let not_there = container.status < ContainerStatus::Created || container.restarting;
        if not_there && !busy.has(Kind::Run, at) {
            container.stop(now);
        }
    }
}

fn advance(spec: &Spec, state: &TaskState, busy: &Busy) -> Vec<Action> {
    let mut actions = Vec::new();
    if state.network == NetworkState::Pending && !busy.has(Kind::Network, 0) {
        actions.push(Action::AttachNetwork);
    }
    for (at, container) in state.containers.iter().enumerate() {
        let action = match container.status {
            ContainerStatus::None if !busy.has(Kind::Pull, at) => Action::Pull { container: at },
            _ if busy.has(Kind::Run, at) => continue,
            ContainerStatus::Pulled if may_start(spec, state, at) => {
                Action::Create { container: at }
            }
            ContainerStatus::Created => Action::Start { container: at },
            ContainerStatus::Running if container.restarting => Action::Restart { container: at },
            _ => continue,
        };
        actions.push(action);
    }
    actions
}

fn may_start(spec: &Spec, state: &TaskState, at: usize) -> bool {
    // Timeouts were dealt with before; the moment does not matter here.
    let met =
        |d: &Dependency| matches!(wait(spec, state, *d, Timestamp(i64::MIN)), Wait::Satisfied);
    state.network == NetworkState::Attached && spec.containers[at].depends_on.iter().all(met)
}

/// Stops what no running container depends on, then lets go of the network. Those that stop one after the other share what
/// time the task has.
fn wind_down(spec: &Spec, state: &TaskState, busy: &Busy, now: Timestamp) -> Vec<Action> {
    let left = state.stop_by.map(|at| at.since(now));
    let stopped = |at: usize| state.containers[at].status == ContainerStatus::Stopped;
    let mut actions = Vec::new();
    for at in 0..state.containers.len() {
        let free = spec.containers[at].dependents.iter().all(|on| stopped(*on));
        if !stopped(at) && free && !busy.has(Kind::Run, at) && !busy.has(Kind::Stop, at) {
            let timeout = spec.containers[at].stop_timeout;
            let timeout = left.map_or(timeout, |left| left.min(timeout));
            actions.push(Action::Stop {
                container: at,
                timeout,
            });
        }
    }
    let all = (0..state.containers.len()).all(stopped);
    if all && state.network == NetworkState::Attached && !busy.has(Kind::Network, 0) {
        actions.push(Action::ReleaseNetwork);
    }
    actions
}
