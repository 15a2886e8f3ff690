//! The telemetry channel: metrics and container health go up, acknowledgements come down (§4).
//!
//! Frames from the agent are header lines (the signature again), an empty line, then the JSON
//! frame; frames from the server are bare.

use serde::Serialize;

/// Tasks in one frame, so that a frame stays below 1 MiB.
pub const TASKS_PER_FRAME: usize = 10;

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
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskMetric {
    pub task_arn: String,
    pub cluster_arn: String,
    pub task_definition_family: String,
    pub task_definition_version: String,
    pub container_metrics: Vec<ContainerMetric>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerMetric {
    pub container_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container_arn: String,
    /// Percent of the whole instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_stats_set: Option<StatsSet>,
    /// MiB without cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_stats_set: Option<StatsSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_stats_set: Option<RestartStats>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestartStats {
    pub restart_count: u32,
}

/// A summary of samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatsSet {
    pub min: f64,
    pub max: f64,
    pub sample_count: u64,
    pub sum: f64,
}

impl StatsSet {
    pub fn of(samples: impl IntoIterator<Item = f64>) -> Option<Self> {
        samples
            .into_iter()
            .filter(|s| s.is_finite())
            .fold(None, |set, sample| {
                Some(match set {
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
                })
            })
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

/// Cuts one round into frames of at most [`TASKS_PER_FRAME`] tasks; the last has `fin`.
/// Without tasks the round is one idle frame.
pub fn metric_frames(
    cluster: &str,
    container_instance: &str,
    message_id: &str,
    timestamp: f64,
    tasks: Vec<TaskMetric>,
) -> Vec<PublishMetrics> {
    let idle = tasks.is_empty();
    chunks(tasks)
        .into_iter()
        .map(|(task_metrics, fin)| PublishMetrics {
            metadata: Metadata {
                cluster: cluster.to_owned(),
                container_instance: container_instance.to_owned(),
                idle: Some(idle),
                message_id: message_id.to_owned(),
                fin,
            },
            task_metrics,
            timestamp,
        })
        .collect()
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
            metadata: Metadata {
                cluster: cluster.to_owned(),
                container_instance: container_instance.to_owned(),
                idle: None,
                message_id: message_id.to_owned(),
                fin,
            },
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
        }
    }

    #[test]
    fn rounds_end_exactly_once() {
        for (tasks, frames) in [(0, 1), (1, 1), (10, 1), (11, 2), (20, 2), (21, 3)] {
            let round = metric_frames("c", "i", "m", 0.0, (0..tasks).map(task).collect());
            assert_eq!(round.len(), frames, "{tasks}");
            assert_eq!(round.iter().filter(|f| f.metadata.fin).count(), 1);
            assert!(round.last().unwrap().metadata.fin);
            assert_eq!(round[0].metadata.idle, Some(tasks == 0));
        }
    }

    #[test]
    fn summary_of_samples() {
        assert_eq!(StatsSet::of([f64::NAN]), None);
        assert_eq!(
            StatsSet::of([2.0, 1.0]),
            Some(StatsSet {
                min: 1.0,
                max: 2.0,
                sample_count: 2,
                sum: 3.0
            })
        );
    }
}
