//! What the node asks of the machine beneath it: images, networks, containers, logs.

use std::{collections::BTreeMap, error::Error, sync::Arc};

use async_trait::async_trait;
use wharf_container::runtime::{ContainerError, ExecSession, ExecSpec};

use super::core::TaskContext;
use crate::{
    engine::{Action, Event},
    measure::window::Glance,
};

/// Something that happened by itself, such as the end of a container.
#[derive(Debug)]
pub struct Observation {
    pub task_id: String,
    pub event: Event,
}

/// Why a further program does not run in a container, as its user is told.
#[derive(Debug, thiserror::Error)]
pub enum NoExec {
    #[error("the task does not run on this instance")]
    NoTask,
    #[error("no such container")]
    NoContainer,
    #[error("{0}")]
    Container(#[from] ContainerError),
}

/// Why the image of a task that is to come is not here, as ECS shows it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct NotFetched(pub Box<dyn Error + Send + Sync>);

/// One look at the counters of a running container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Nanoseconds of processor time since the start.
    pub cpu_ns: u64,
    /// With page cache.
    pub memory_bytes: u64,
    pub memory_cache_bytes: u64,
    /// Page cache that would be reclaimed first.
    pub memory_inactive_bytes: u64,
    /// 0 without a limit.
    pub memory_limit_bytes: u64,
    pub pids: u64,
    pub read_bytes: u64,
    pub write_bytes: u64,
    pub throttled_periods: u64,
    pub throttled_ns: u64,
    /// Processes that the kernel killed for want of memory.
    pub oom_kills: u64,
    /// The interface of its network namespace; `None` where that is the host's, or has none.
    pub network: Option<NetworkUsage>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NetworkUsage {
    pub rx_bytes: u64,
    pub rx_packets: u64,
    pub rx_errors: u64,
    pub rx_dropped: u64,
    pub tx_bytes: u64,
    pub tx_packets: u64,
    pub tx_errors: u64,
    pub tx_dropped: u64,
}

/// How full a volume of a task is, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeUsage {
    /// `vol-…`
    pub id: String,
    /// As the task definition names it.
    pub name: String,
    pub used: u64,
    pub size: u64,
}

/// The real one is [`Machine`]; tests put a recording one in its place.
#[async_trait]
pub trait Machine: Send + Sync + 'static {
    /// Finds again what an earlier agent left and ends what no task owns. For each task, in order,
    /// what has happened to it; called once, before anything else.
    async fn recover(&self, tasks: &[Arc<TaskContext>]) -> BTreeMap<String, Vec<Event>>;

    /// Carries out one action and says what came of it. Idempotent.
    async fn perform(&self, task: &Arc<TaskContext>, action: Action) -> Vec<Event>;

    /// The task has stopped and its record is durable: waits until its logs are delivered, then
    /// removes what is left of it.
    async fn dispose(&self, task: &Arc<TaskContext>);

    /// `None` while the container does not run.
    async fn usage(&self, task_id: &str, container: usize) -> Option<Usage>;

    /// What is cheap enough to be read every second; `None` while the container does not run.
    async fn glance(&self, task_id: &str, container: usize) -> Option<Glance>;

    /// Bytes on the disk of a task; `None` without one, and while it does not run.
    async fn disk_used(&self, task_id: &str) -> Option<u64>;

    /// How full the EBS volumes of a task are; those that cannot be looked at are left out.
    async fn volumes_used(&self, task: &TaskContext) -> Vec<VolumeUsage>;

    /// Runs a further program in a running container.
    async fn exec(
        &self,
        task_id: &str,
        container: usize,
        spec: ExecSpec,
    ) -> Result<ExecSession, NoExec>;

    /// Has the image of container `at` here, as if the task were to run; it never does.
    ///
    /// # Errors
    /// It cannot be had now.
    async fn fetch_ahead(&self, task: &TaskContext, at: usize) -> Result<(), NotFetched>;

    /// Removes images that no task uses and nobody used for long.
    async fn collect_images(&self, tasks: &[Arc<TaskContext>]);
}
