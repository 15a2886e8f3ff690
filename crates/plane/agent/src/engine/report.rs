//! What the control plane is told: snapshots of a task in the order in which they came to be (§3).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use super::{
    spec::{NetworkMode, Spec},
    state::{ContainerStatus, HostBinding, NetworkState, TaskState},
};

/// The three statuses `SubmitTaskStateChange` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Pending,
    Running,
    Stopped,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerReport {
    pub name: String,
    pub status: Status,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
    pub runtime_id: String,
    pub image_digest: Option<String>,
    pub bindings: Vec<HostBinding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// An interface announced for the task is there.
    Attached {
        attachment_arn: String,
    },
    Task(TaskReport),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskReport {
    pub status: Status,
    pub reason: Option<String>,
    pub pull_started_at: Option<Timestamp>,
    pub pull_stopped_at: Option<Timestamp>,
    pub execution_stopped_at: Option<Timestamp>,
    pub containers: Vec<ContainerReport>,
}

/// The snapshot worth reporting, if there is one: steady or stopped, or on the way there with
/// digests that are news.
pub fn snapshot(spec: &Spec, state: &TaskState) -> Option<TaskReport> {
    let ended = state
        .containers
        .iter()
        .all(|c| c.status == ContainerStatus::Stopped);
    let ends = (state.containers.iter()).any(|c| c.status == ContainerStatus::Stopped);
    let is_news = state.known == ContainerStatus::Running && !state.stop_requested;
    if ended && state.known != ContainerStatus::Stopped && !is_news {
        // STOPPED follows as soon as the network is released and says all there is to say. Only that
        // a task which was RUNNING ended by itself is told at once: another may take its place.
        return None;
    }
    let status = match state.known {
        ContainerStatus::Stopped => Status::Stopped,
        ContainerStatus::Running => Status::Running,
        ContainerStatus::Pulled | ContainerStatus::Created
            if state.containers.iter().any(|c| c.pulled_remotely) =>
        {
            Status::Pending
        }
        _ => return None,
    };
    Some(TaskReport {
        status,
        // Of one that was RUNNING its end is told with the first container that has ended.
        reason: (state.reason.clone()).filter(|_| ends || status == Status::Stopped),
        pull_started_at: state.pull_started_at,
        pull_stopped_at: state.pull_stopped_at,
        execution_stopped_at: state.execution_stopped_at,
        containers: containers(spec, state, status),
    })
}

fn containers(spec: &Spec, state: &TaskState, task: Status) -> Vec<ContainerReport> {
    let with_ports = spec.network != NetworkMode::Awsvpc;
    spec.containers
        .iter()
        .zip(&state.containers)
        .map(|(of, c)| ContainerReport {
            name: of.name.clone(),
            // A PENDING report carries digests alone; further progress is told by the next.
            status: match c.status {
                _ if task == Status::Pending => Status::Pending,
                ContainerStatus::Stopped => Status::Stopped,
                ContainerStatus::Running => Status::Running,
                _ => Status::Pending,
            },
            exit_code: c.exit_code,
            reason: c.reason.clone(),
            runtime_id: c.runtime_id.clone(),
            image_digest: c.image_digest.clone().filter(|_| c.digest_confirmed),
            bindings: if with_ports {
                c.link.bindings.clone()
            } else {
                Vec::new()
            },
        })
        .collect()
}

/// Reports of one task that were not acknowledged yet, oldest first.
///
/// It stays short by itself: a snapshot replaces the last one of the same status as long as that
/// is not under way, and a task has three statuses. STOPPED also replaces a RUNNING that waits behind
/// another: that the task ran is being told, and how it ended STOPPED says as well.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Outbox {
    queue: VecDeque<Report>,
    /// The newest snapshot ever put in, so that the same is not told twice.
    last: Option<TaskReport>,
    /// STOPPED was acknowledged: the task may be forgotten.
    pub stop_acknowledged: bool,
    /// The front is being sent.
    #[serde(skip)]
    in_flight: bool,
}

impl Outbox {
    pub fn push(&mut self, report: TaskReport) {
        if self.last.as_ref() == Some(&report) {
            return;
        }
        // Statuses never fall, whatever order observations come in.
        if self
            .last
            .as_ref()
            .is_some_and(|last| last.status > report.status)
        {
            return;
        }
        self.last = Some(report.clone());
        let untouched = self.queue.len() > usize::from(self.in_flight);
        let says_all = report.status == Status::Stopped && self.tells_that_it_runs();
        match self.queue.back_mut() {
            Some(Report::Task(back)) if untouched && (back.status == report.status || says_all) => {
                *back = report;
            }
            _ => self.queue.push_back(Report::Task(report)),
        }
    }

    /// A snapshot of the running task is under way.
    fn tells_that_it_runs(&self) -> bool {
        let front = self.queue.front();
        self.in_flight
            && matches!(front, Some(Report::Task(report)) if report.status == Status::Running)
    }

    /// Tells that an announced interface is there, as soon as it is.
    pub fn announce(&mut self, attachment_arn: &str, network: NetworkState) {
        if network == NetworkState::Attached && !attachment_arn.is_empty() {
            let attachment_arn = attachment_arn.to_owned();
            self.queue.push_back(Report::Attached { attachment_arn });
        }
    }

    /// The next report to send, marked as being under way.
    pub fn begin(&mut self) -> Option<Report> {
        if self.in_flight {
            return None;
        }
        let front = self.queue.front().cloned();
        self.in_flight = front.is_some();
        front
    }

    /// The report under way was taken (or can never be).
    pub fn acknowledged(&mut self) {
        if std::mem::take(&mut self.in_flight)
            && let Some(Report::Task(report)) = self.queue.pop_front()
        {
            self.stop_acknowledged |= report.status == Status::Stopped;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
