//! What is kept of a task across restarts of the agent: one small file each.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use crate::{
    engine::{ContainerStatus, TaskState, report::Outbox},
    protocol::payload::{self, Task},
};

/// Raised when an older agent could misread the file.
pub const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    pub format: u32,
    /// Place in the queue for admission: rises with every task this node ever took on.
    pub arrival: u64,
    pub received_at: Timestamp,
    /// When STOPPED became known; cleanup counts from here.
    #[serde(default)]
    pub stopped_at: Option<Timestamp>,
    /// The payload, without credentials.
    pub task: Task,
    pub state: TaskState,
    #[serde(default)]
    pub outbox: Outbox,
    /// The random part of each container's metadata URI, in the order of the containers.
    pub endpoint_ids: Vec<String>,
    /// Ids under which the task's credentials are asked for; the credentials come anew.
    #[serde(default)]
    pub credentials_id: Option<String>,
    #[serde(default)]
    pub execution_credentials_id: Option<String>,
}

impl TaskRecord {
    /// The last part of the task's ARN: file name, cgroup name, log stream.
    pub fn id(&self) -> &str {
        payload::task_id(&self.task.arn).unwrap_or_default()
    }

    pub fn is_stopped(&self) -> bool {
        self.state.known == ContainerStatus::Stopped
    }

    /// Whether the parts fit each other, for records read from disk.
    pub fn is_sound(&self) -> bool {
        let count = self.task.containers.len();
        self.format == FORMAT
            && payload::task_id(&self.task.arn).is_some()
            && self.state.containers.len() == count
            && self.endpoint_ids.len() == count
    }
}

/// What is kept of the node itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeRecord {
    pub container_instance_arn: Option<String>,
    /// The highest sequence number seen; older manifests are dropped (§2).
    pub sequence: i64,
    pub next_arrival: u64,
}
