//! What is said of a task when it is made, and written down of it.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use wharf_shim_protocol::ShimSetup;
use wharf_userns::IdRange;

/// What the containers of a task have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSandbox {
    /// 1 to 64 of a-z, 0-9 and `-`.
    pub task_id: String,
    pub network: TaskNetwork,
    /// Those that it shares limits with ([`limit_group`](super::Runtime::limit_group)), by a name that a task could have.
    #[serde(default)]
    pub group: Option<String>,
    /// Thousandths of a core for all containers together, over periods of 100 ms.
    pub cpu_quota_millis: Option<u64>,
    /// Of all containers together, beside other tasks; 1024 is one core's worth. `None`: the
    /// kernel's own, which is the same.
    #[serde(default)]
    pub cpu_shares: Option<u64>,
    /// Tasks that ask for processor time get it at once, this one what they leave.
    #[serde(default)]
    pub cpu_gives_way: bool,
    /// For all containers together.
    pub memory_limit_bytes: Option<u64>,
    /// Processes and threads of all containers together.
    #[serde(default)]
    pub pids_limit: Option<u64>,
    /// It was given a disk of its own; set by [`create_task_on`](super::Runtime::create_task_on).
    #[serde(default)]
    pub has_disk: bool,
    /// That disk outlives the task; set likewise.
    #[serde(default)]
    pub keeps_disk: bool,
    /// The caller's own; given back by [`recover`](super::Runtime::recover).
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// The containers are in the user namespace that the task's network namespace belongs to, which
    /// has this range. The network has to be a [`TaskNetwork::Namespace`].
    #[serde(default)]
    pub user_range: Option<IdRange>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskNetwork {
    Host,
    /// A namespace made by the caller, by its path; held open by the shim from then on.
    Namespace(PathBuf),
    /// Each container brings its own ([`crate::spec::ContainerSpec::network`]), made before the task:
    /// the shim sees the mounts of its start.
    PerContainer,
}

/// `task.json`: what the shim reads of it, and what only we do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TaskRecord {
    #[serde(flatten)]
    pub(super) setup: ShimSetup,
    pub(super) sandbox: TaskSandbox,
    /// The task's own; tasks begun by a version that did not write it have theirs one level higher.
    #[serde(default)]
    pub(super) task_cgroup: Option<String>,
}
