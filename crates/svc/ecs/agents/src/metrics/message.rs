//! PublishMetricsRequest, as far as it is looked at. Everything may be absent, and nothing is believed.

use serde::Deserialize;

use crate::acs::message::nullable;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    #[serde(default, deserialize_with = "nullable")]
    pub metadata: Metadata,
    #[serde(default, deserialize_with = "nullable")]
    pub task_metrics: Vec<TaskRow>,
    #[serde(default, deserialize_with = "nullable")]
    pub timestamp: f64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    #[serde(default, deserialize_with = "nullable")]
    pub fin: bool,
    /// Of wharf's own agents: seconds that the sums are about, from the report's time on.
    #[serde(default)]
    pub period: Option<u32>,
    /// Which of the frames about that time it is.
    #[serde(default, deserialize_with = "nullable")]
    pub part: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskRow {
    #[serde(default, deserialize_with = "nullable")]
    pub task_arn: String,
    #[serde(default, deserialize_with = "nullable")]
    pub container_metrics: Vec<ContainerRow>,
    #[serde(default)]
    pub ephemeral_storage_metrics: Option<DiskRow>,
    #[serde(default, deserialize_with = "nullable")]
    pub volume_metrics: Vec<VolumeRow>,
}

/// An EBS volume of a task, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeRow {
    #[serde(default, deserialize_with = "nullable")]
    pub volume_name: String,
    #[serde(default)]
    pub utilized: Option<Set>,
    #[serde(default)]
    pub size: Option<Set>,
}

/// The disk of a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiskRow {
    #[serde(default)]
    pub bytes_utilized: Option<Set>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerRow {
    #[serde(default, deserialize_with = "nullable")]
    pub container_name: String,
    /// Percent of the machine.
    #[serde(default)]
    pub cpu_stats_set: Option<Set>,
    /// MiB.
    #[serde(default)]
    pub memory_stats_set: Option<Set>,
    #[serde(default)]
    pub network_stats_set: Option<NetworkRow>,
    #[serde(default)]
    pub storage_stats_set: Option<StorageRow>,
    #[serde(default)]
    pub restart_stats_set: Option<RestartRow>,
    #[serde(default)]
    pub kernel_stats: Option<KernelRow>,
}

impl ContainerRow {
    /// How often it was started again; `None` without a restart policy, and for numbers that are none.
    pub fn restarts(&self) -> Option<f64> {
        let count = self.restart_stats_set?.restart_count;
        (count.is_finite() && count >= 0.0).then_some(count)
    }
}

/// What the kernel told of a container in the stretch of time that the report is about; wharf's own agents say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KernelRow {
    /// The most there were.
    #[serde(default, deserialize_with = "nullable")]
    pub processes: f64,
    #[serde(default, deserialize_with = "nullable")]
    pub throttled_periods: f64,
    #[serde(default, deserialize_with = "nullable")]
    pub throttled_nanoseconds: f64,
    #[serde(default, deserialize_with = "nullable")]
    pub oom_kills: f64,
}

/// In the stretch of time that the report is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestartRow {
    #[serde(default, deserialize_with = "nullable")]
    pub restart_count: f64,
}

/// Of the network namespace that containers of a task may share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkRow {
    #[serde(default)]
    pub rx_bytes: Option<Range>,
    #[serde(default)]
    pub tx_bytes: Option<Range>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageRow {
    #[serde(default)]
    pub read_size_bytes: Option<Range>,
    #[serde(default)]
    pub write_size_bytes: Option<Range>,
}

/// Where a counter was in a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
pub struct Range {
    #[serde(default, deserialize_with = "nullable")]
    pub min: f64,
    #[serde(default, deserialize_with = "nullable")]
    pub max: f64,
}

impl Range {
    /// By how much it grew; `None` for numbers that are none.
    pub fn grown(self) -> Option<f64> {
        let grown = self.max - self.min;
        (self.min.is_finite() && grown.is_finite() && grown >= 0.0).then_some(grown)
    }

    pub fn with(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Set {
    #[serde(default, deserialize_with = "nullable")]
    pub sample_count: f64,
    #[serde(default, deserialize_with = "nullable")]
    pub sum: f64,
}

impl Set {
    /// What may be counted with; `None` for numbers that are none.
    pub fn checked(self) -> Option<Self> {
        let usable = |it: f64| it.is_finite() && it >= 0.0;
        (usable(self.sum) && usable(self.sample_count) && self.sample_count > 0.0).then_some(self)
    }
}
