//! The telemetry channel: metrics and container health go up, acknowledgements come down (§4).
//!
//! Frames from the agent are header lines (the signature again), an empty line, then the JSON
//! frame; frames from the server are bare.

use serde::{Deserialize, Serialize};

/// Tasks in one frame of health.
pub const TASKS_PER_FRAME: usize = 10;
/// Bytes of the tasks in one frame of metrics: the control plane takes 1 MiB.
const FRAME_BYTES: usize = 700 << 10;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishMetrics {
    pub metadata: Metadata,
    pub task_metrics: Vec<TaskMetric>,
    /// Epoch seconds with a fraction.
    pub timestamp: f64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub cluster: String,
    pub container_instance: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<bool>,
    pub message_id: String,
    /// Whether this frame ends its round.
    pub fin: bool,
    /// Seconds of the stretch that begins with the message's time and that its sums are about; without it
    /// they are about the last moments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<u32>,
    /// Which frame of that stretch this is. A stretch's frame counts once however often it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskMetric {
    pub task_arn: String,
    pub cluster_arn: String,
    pub task_definition_family: String,
    pub task_definition_version: String,
    pub container_metrics: Vec<ContainerMetric>,
    /// Of tasks on Fargate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral_storage_metrics: Option<EphemeralStorageMetrics>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volume_metrics: Vec<VolumeMetric>,
}

/// An EBS volume of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMetric {
    pub volume_id: String,
    pub volume_name: String,
    /// Bytes.
    pub utilized: StatsSet,
    pub size: StatsSet,
}

/// The disk of a task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EphemeralStorageMetrics {
    pub bytes_utilized: StatsSet,
}

impl EphemeralStorageMetrics {
    /// As it was once looked at.
    pub fn of(bytes: u64) -> Self {
        Self {
            bytes_utilized: StatsSet::of(bytes),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerMetric {
    pub container_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub container_arn: String,
    /// Percent of the whole instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_stats_set: Option<StatsSet>,
    /// MiB without cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_stats_set: Option<StatsSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_stats_set: Option<NetworkStats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_stats_set: Option<StorageStats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_stats_set: Option<RestartStats>,
    /// What the protocol has no member for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel_stats: Option<KernelStats>,
}

/// Of the interface of the container's network namespace.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkStats {
    pub rx_bytes: Grown,
    pub rx_packets: Grown,
    pub rx_errors: Grown,
    pub rx_dropped: Grown,
    pub tx_bytes: Grown,
    pub tx_packets: Grown,
    pub tx_errors: Grown,
    pub tx_dropped: Grown,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageStats {
    pub read_size_bytes: Grown,
    pub write_size_bytes: Grown,
}

/// A counter over time: what it grew by is the difference of its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grown {
    pub min: u64,
    pub max: u64,
    pub sample_count: u64,
    pub sum: u64,
}

impl Grown {
    pub fn by(more: u64) -> Self {
        Self {
            min: 0,
            max: more,
            sample_count: 2,
            sum: more,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KernelStats {
    /// The most there were.
    pub processes: u64,
    pub throttled_periods: u64,
    pub throttled_nanoseconds: u64,
    pub oom_kills: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestartStats {
    pub restart_count: u32,
}

/// A summary of samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatsSet {
    pub min: f64,
    pub max: f64,
    pub sample_count: u64,
    pub sum: f64,
}

impl StatsSet {
    /// What was once looked at.
    pub fn of(bytes: u64) -> Self {
        let bytes = bytes as f64;
        Self {
            min: bytes,
            max: bytes,
            sample_count: 1,
            sum: bytes,
        }
    }

    /// Adds a sample; one that is no number is none.
    pub fn put(set: &mut Option<Self>, sample: f64) {
        if !sample.is_finite() {
            return;
        }
        *set = Some(match *set {
            None => Self {
                min: sample,
                max: sample,
                sample_count: 1,
                sum: sample,
            },
            Some(set) => Self {
                min: set.min.min(sample),
                max: set.max.max(sample),
                sample_count: set.sample_count + 1,
                sum: set.sum + sample,
            },
        });
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishHealth {
    pub metadata: Metadata,
    pub tasks: Vec<TaskHealth>,
    pub timestamp: f64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskHealth {
    pub task_arn: String,
    pub cluster_arn: String,
    pub task_definition_family: String,
    pub task_definition_version: String,
    pub containers: Vec<ContainerHealth>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerHealth {
    pub container_name: String,
    pub health_status: &'static str,
    /// Epoch seconds with a fraction.
    pub status_since: f64,
}

/// A frame that says that nothing runs.
pub fn idle_frame(
    cluster: &str,
    container_instance: &str,
    message_id: &str,
    timestamp: f64,
) -> PublishMetrics {
    PublishMetrics {
        metadata: Metadata {
            idle: Some(true),
            ..metadata(cluster, container_instance, message_id, true)
        },
        task_metrics: Vec::new(),
        timestamp,
    }
}

/// Cuts the sums of a stretch of time into frames below 1 MiB; the last has `fin`.
/// Without tasks it is one frame.
pub fn metric_frames(
    (cluster, container_instance): (&str, &str),
    message_id: &str,
    (start, period): (i64, u32),
    tasks: &[TaskMetric],
) -> Vec<PublishMetrics> {
    let mut parts: Vec<Vec<TaskMetric>> = vec![Vec::new()];
    let mut bytes = 0;
    for task in tasks {
        let more = serde_json::to_string(task).map_or(0, |it| it.len());
        if bytes > 0 && bytes + more > FRAME_BYTES {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(part) = parts.last_mut() {
            part.push(task.clone());
        }
    }
    let last = parts.len() - 1;
    let frame = |(at, task_metrics): (usize, Vec<TaskMetric>)| PublishMetrics {
        metadata: Metadata {
            idle: Some(tasks.is_empty()),
            period: Some(period),
            part: u32::try_from(at).ok(),
            ..metadata(cluster, container_instance, message_id, at == last)
        },
        task_metrics,
        timestamp: start as f64,
    };
    parts.into_iter().enumerate().map(frame).collect()
}

fn metadata(cluster: &str, container_instance: &str, message_id: &str, fin: bool) -> Metadata {
    Metadata {
        cluster: cluster.to_owned(),
        container_instance: container_instance.to_owned(),
        idle: None,
        message_id: message_id.to_owned(),
        fin,
        period: None,
        part: None,
    }
}

/// As [`metric_frames`], for health; no task with a health check means no frame.
pub fn health_frames(
    cluster: &str,
    container_instance: &str,
    message_id: &str,
    timestamp: f64,
    tasks: Vec<TaskHealth>,
) -> Vec<PublishHealth> {
    if tasks.is_empty() {
        return Vec::new();
    }
    chunks(tasks)
        .into_iter()
        .map(|(tasks, fin)| PublishHealth {
            metadata: metadata(cluster, container_instance, message_id, fin),
            tasks,
            timestamp,
        })
        .collect()
}

fn chunks<T>(mut rest: Vec<T>) -> Vec<(Vec<T>, bool)> {
    let mut out = Vec::with_capacity(rest.len() / TASKS_PER_FRAME + 1);
    loop {
        let tail = rest.split_off(rest.len().min(TASKS_PER_FRAME));
        let last = tail.is_empty();
        out.push((rest, last));
        if last {
            return out;
        }
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(n: usize) -> TaskMetric {
        TaskMetric {
            task_arn: n.to_string(),
            cluster_arn: String::new(),
            task_definition_family: String::new(),
            task_definition_version: String::new(),
            container_metrics: Vec::new(),
            ephemeral_storage_metrics: None,
            volume_metrics: Vec::new(),
        }
    }

    #[test]
    fn stretches_end_exactly_once() {
        for (containers, name, tasks, frames) in [
            (1, 0, 0, 1),
            (1, 10, 500, 1),
            (10, 255, 200, 1),
            (10, 255, 300, 2),
            (600, 2000, 2, 2),
        ] {
            let task = |n| {
                let container = ContainerMetric {
                    container_name: "n".repeat(name),
                    container_arn: String::new(),
                    cpu_stats_set: None,
                    memory_stats_set: None,
                    network_stats_set: None,
                    storage_stats_set: None,
                    restart_stats_set: None,
                    kernel_stats: None,
                };
                TaskMetric {
                    container_metrics: vec![container; containers],
                    ..task(n)
                }
            };
            let tasks: Vec<TaskMetric> = (0..tasks).map(task).collect();
            let round = metric_frames(("c", "i"), "m", (60, 60), &tasks);
            assert_eq!(
                round.len(),
                frames,
                "{containers} in each of {}",
                tasks.len()
            );
            let longest = round
                .iter()
                .map(|it| serde_json::to_string(it).unwrap().len());
            assert!(longest.max().unwrap() < (1 << 20) || tasks.len() == 2);
            assert_eq!(round.iter().filter(|f| f.metadata.fin).count(), 1);
            assert!(round.last().unwrap().metadata.fin);
            assert_eq!(round[0].metadata.idle, Some(tasks.is_empty()));
            let told = round.iter().flat_map(|it| &it.task_metrics);
            assert_eq!(told.collect::<Vec<_>>(), tasks.iter().collect::<Vec<_>>());
            let parts: Vec<Option<u32>> = round.iter().map(|it| it.metadata.part).collect();
            assert_eq!(
                parts,
                (0..frames).map(|at| Some(at as u32)).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn rounds_of_health_end_exactly_once() {
        let health = |n: usize| TaskHealth {
            task_arn: n.to_string(),
            cluster_arn: String::new(),
            task_definition_family: String::new(),
            task_definition_version: String::new(),
            containers: Vec::new(),
        };
        for (tasks, frames) in [(0, 0), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3)] {
            let round = health_frames("c", "i", "m", 0.0, (0..tasks).map(health).collect());
            assert_eq!(round.len(), frames, "{tasks}");
            assert!(round.last().is_none_or(|it| it.metadata.fin));
        }
    }

    #[test]
    fn summary_of_samples() {
        let mut set = None;
        StatsSet::put(&mut set, f64::NAN);
        assert_eq!(set, None);
        StatsSet::put(&mut set, 2.0);
        StatsSet::put(&mut set, 1.0);
        let whole = StatsSet {
            min: 1.0,
            max: 2.0,
            sample_count: 2,
            sum: 3.0,
        };
        assert_eq!(set, Some(whole));
    }
}
