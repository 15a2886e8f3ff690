//! What has happened to a task, and how observations change it.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use super::spec::Spec;

/// Reasons longer than this are cut: `SubmitTaskStateChange` takes no more (§3).
pub const MAX_REASON: usize = 1024;

/// What an out-of-memory kill is called (§5).
pub const OUT_OF_MEMORY: &str = "OutOfMemoryError: Container killed due to memory usage";

/// A container that is gone without having told how it ended (§5).
const VANISHED: &str = "ContainerVanishedError: Container vanished without an exit code";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Desired {
    #[default]
    Running,
    Stopped,
}

/// In the order in which a container passes through them; it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContainerStatus {
    #[default]
    None,
    Pulled,
    Created,
    Running,
    Stopped,
}

impl ContainerStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Pulled => "PULLED",
            Self::Created => "CREATED",
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// A task's status is the least of its containers', and STOPPED only once its network is gone.
pub type TaskStatus = ContainerStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NetworkState {
    #[default]
    Pending,
    Attached,
    Released,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Health {
    #[default]
    Unknown,
    Healthy,
    Unhealthy,
}

impl Health {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

/// Ports of the host that lead to as many of a container's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostBinding {
    pub container_port: u16,
    pub host_port: u16,
    /// How many, beginning with the two above; more than one for a `containerPortRange`.
    pub count: u16,
    pub udp: bool,
}

/// How one container is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Link {
    /// Its own address; absent in the modes host and none.
    pub address: Option<Ipv4Addr>,
    pub bindings: Vec<HostBinding>,
}

/// How a container's first process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// 128 + the signal's number when a signal ended it; `None` if it never ran.
    pub code: Option<i32>,
    pub out_of_memory: bool,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    pub status: ContainerStatus,
    /// The container's id on this machine; public as `DockerId` and `runtimeId`.
    pub runtime_id: String,
    pub image_digest: Option<String>,
    /// It is told: all tasks of a deployment may be pinned to what one of them tells, so that an old copy
    /// that nobody compared with its registry must not be.
    pub digest_confirmed: bool,
    /// The image came over the network for this task, so its digest is news.
    pub pulled_remotely: bool,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
    pub created_at: Option<Timestamp>,
    /// First start.
    pub started_at: Option<Timestamp>,
    /// Most recent start.
    pub last_started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub restarts: u32,
    /// It ended and its restart policy wants it back.
    pub restarting: bool,
    pub health: Health,
    pub health_since: Option<Timestamp>,
    pub link: Link,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskState {
    pub desired: Desired,
    /// It was the control plane that wanted it stopped.
    pub stop_requested: bool,
    /// All of it has to end by then, whatever its containers ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_by: Option<Timestamp>,
    pub known: TaskStatus,
    pub admitted: bool,
    pub network: NetworkState,
    /// In the order of [`Spec::containers`].
    pub containers: Vec<ContainerState>,
    pub reason: Option<String>,
    pub pull_started_at: Option<Timestamp>,
    pub pull_stopped_at: Option<Timestamp>,
    pub execution_stopped_at: Option<Timestamp>,
}

/// Something that happened. Containers are named by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Admitted,
    /// The task cannot run on this machine at all.
    Refused {
        reason: String,
    },
    /// An image that its containers run from is not what it was said to be, or cannot be read any more.
    Broken {
        /// Of the image.
        digest: String,
        reason: String,
    },
    /// The control plane wants it stopped.
    StopRequested,
    /// All of it has to end by then.
    StopBy {
        at: Timestamp,
    },
    /// One link for each container.
    NetworkAttached {
        links: Vec<Link>,
    },
    NetworkFailed {
        reason: String,
    },
    NetworkReleased,
    PullStarted,
    Pulled {
        container: usize,
        digest: String,
        remotely: bool,
        /// It is what the name means now, and not only what it meant when it was pulled.
        confirmed: bool,
    },
    Created {
        container: usize,
    },
    Started {
        container: usize,
        at: Timestamp,
    },
    /// Pull, create or start came to nothing; `reason` is `<Name>: <text>` (§5).
    Failed {
        container: usize,
        reason: String,
    },
    Exited {
        container: usize,
        exit: Exit,
    },
    /// Recovery did not find it. Means nothing for one that was never made.
    Vanished {
        container: usize,
    },
    Health {
        container: usize,
        health: Health,
    },
}

impl TaskState {
    /// The state of a task just received; `runtime_ids` are minted by the caller, one a container.
    pub fn new(spec: &Spec, runtime_ids: Vec<String>) -> Self {
        let mut ids = runtime_ids.into_iter();
        let containers = spec
            .containers
            .iter()
            .map(|_| ContainerState {
                runtime_id: ids.next().unwrap_or_default(),
                ..ContainerState::default()
            })
            .collect();
        Self {
            containers,
            ..Self::default()
        }
    }

    /// Takes note of `event`. What comes late or twice changes nothing; nothing ever goes back.
    pub fn apply(&mut self, spec: &Spec, event: Event, now: Timestamp) {
        match event {
            Event::Admitted => self.admitted = true,
            Event::Refused { reason } | Event::NetworkFailed { reason } => self.fail(reason),
            Event::Broken { digest, reason } => {
                let have = |c: &&mut ContainerState| c.image_digest.as_ref() == Some(&digest);
                for container in self.containers.iter_mut().filter(have) {
                    container.reason.get_or_insert_with(|| cut(reason.clone()));
                }
                self.fail(reason);
            }
            Event::StopRequested => {
                self.stop_requested |= self.desired == Desired::Running;
                self.desired = Desired::Stopped;
            }
            Event::StopBy { at } => {
                self.stop_by = Some(self.stop_by.map_or(at, |it| it.min(at)));
            }
            Event::NetworkAttached { links } => self.attached(links),
            Event::NetworkReleased => self.network = NetworkState::Released,
            Event::PullStarted => {
                self.pull_started_at.get_or_insert(now);
            }
            other => self.apply_to_container(spec, other, now),
        }
    }

    fn apply_to_container(&mut self, spec: &Spec, event: Event, now: Timestamp) {
        match event {
            Event::Pulled {
                container,
                digest,
                remotely,
                confirmed,
            } => {
                if let Some(c) = self.open(container) {
                    c.image_digest.get_or_insert(digest);
                    c.digest_confirmed |= confirmed;
                    c.pulled_remotely |= remotely;
                    c.status = c.status.max(ContainerStatus::Pulled);
                }
                if self
                    .containers
                    .iter()
                    .all(|c| c.status >= ContainerStatus::Pulled)
                {
                    self.pull_stopped_at.get_or_insert(now);
                }
            }
            Event::Created { container } => {
                if let Some(c) = self.open(container) {
                    c.created_at.get_or_insert(now);
                    c.status = c.status.max(ContainerStatus::Created);
                }
            }
            Event::Started { container, at } => {
                // A start may be heard of twice, and late: the one before the restart is old news.
                let fresh = |c: &&mut ContainerState| c.last_started_at.is_none_or(|l| l < at);
                if let Some(c) = self.open(container).filter(fresh) {
                    c.restarts += u32::from(std::mem::take(&mut c.restarting));
                    c.created_at.get_or_insert(at);
                    c.started_at.get_or_insert(at);
                    c.last_started_at = Some(at);
                    c.status = ContainerStatus::Running;
                }
            }
            Event::Failed { container, reason } => {
                if let Some(c) = self.open(container) {
                    c.stop(now);
                    c.reason.get_or_insert(cut(reason));
                }
            }
            Event::Exited { container, exit } => self.exited(spec, container, exit),
            Event::Vanished { container } => {
                let made = |c: &&mut ContainerState| c.status >= ContainerStatus::Created;
                if let Some(c) = self.open(container).filter(made) {
                    c.stop(now);
                    c.reason.get_or_insert_with(|| VANISHED.to_owned());
                }
            }
            Event::Health { container, health } => {
                if let Some(c) = self.open(container).filter(|c| c.health != health) {
                    c.health = health;
                    c.health_since = Some(now);
                }
            }
            _ => {}
        }
    }

    /// The task stops, for `reason` unless it already had one.
    pub(super) fn fail(&mut self, reason: String) {
        self.desired = Desired::Stopped;
        self.reason.get_or_insert(cut(reason));
    }

    fn attached(&mut self, links: Vec<Link>) {
        if self.network == NetworkState::Pending {
            self.network = NetworkState::Attached;
            for (container, link) in self.containers.iter_mut().zip(links) {
                container.link = link;
            }
        }
    }

    fn exited(&mut self, spec: &Spec, at: usize, exit: Exit) {
        let wanted = self.desired == Desired::Running;
        let (Some(c), Some(of)) = (self.containers.get_mut(at), spec.containers.get(at)) else {
            return;
        };
        if c.status == ContainerStatus::Stopped || c.restarting {
            return;
        }
        let ran = exit.at.since(c.last_started_at.unwrap_or(exit.at));
        c.exit_code = exit.code.filter(|_| c.started_at.is_some());
        if exit.out_of_memory {
            c.reason = Some(OUT_OF_MEMORY.to_owned());
        }
        let again = of.restart.as_ref().is_some_and(|policy| {
            let ignored = exit
                .code
                .is_some_and(|code| policy.ignored_exit_codes.contains(&code));
            wanted && !ignored && ran >= policy.period
        });
        if again {
            c.restarting = true;
        } else {
            c.stop(exit.at);
        }
    }

    /// The container, unless it has stopped for good.
    fn open(&mut self, at: usize) -> Option<&mut ContainerState> {
        self.containers
            .get_mut(at)
            .filter(|c| c.status != ContainerStatus::Stopped)
    }
}

impl ContainerState {
    pub(super) fn stop(&mut self, at: Timestamp) {
        self.status = ContainerStatus::Stopped;
        self.restarting = false;
        if self.started_at.is_some() {
            self.finished_at.get_or_insert(at);
        }
    }
}

fn cut(mut reason: String) -> String {
    if reason.len() > MAX_REASON {
        let mut end = MAX_REASON;
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
    }
    reason
}
