//! The metrics of single containers, for clusters with enhanced observability. Pure.

use wharf_records::ecs::{Container, Health, Task, TaskVolume};
use wharf_vended::Point;

use super::{
    insights::{Belongs, point},
    message::{ContainerRow, KernelRow, TaskRow},
    used::{Offer, Used, share},
};

/// Nothing starts again more often in a minute, whatever a machine says.
const MOST_RESTARTS: f64 = 1000.0;
const SECONDS: f64 = 60.0;

/// A container's minute.
pub struct Measured<'a> {
    pub container: &'a Container,
    /// CPU units.
    pub cpu: Option<f64>,
    pub cpu_reserved: f64,
    pub memory_mib: Option<f64>,
    pub memory_reserved: f64,
    /// Bytes a second.
    pub received: Option<f64>,
    pub sent: Option<f64>,
    /// Bytes.
    pub read: Option<f64>,
    pub written: Option<f64>,
    /// Of one with a restart policy.
    pub restarts: Option<f64>,
    pub kernel: Option<KernelRow>,
}

/// A row with what it says of the task's own containers, once of each: a machine may say anything.
pub fn known(task: &Task, row: &TaskRow) -> TaskRow {
    let of = |container: &Container| {
        let mut rows = row.container_metrics.iter();
        rows.find(|it| it.container_name == container.name).cloned()
    };
    let of_volume = |volume: &TaskVolume| {
        let mut rows = row.volume_metrics.iter();
        rows.find(|it| it.volume_name == volume.spec.name).cloned()
    };
    TaskRow {
        task_arn: row.task_arn.clone(),
        container_metrics: task.containers.iter().filter_map(of).collect(),
        ephemeral_storage_metrics: row.ephemeral_storage_metrics,
        volume_metrics: task.volume.iter().filter_map(of_volume).collect(),
    }
}

impl<'a> Measured<'a> {
    /// What a row says of each container.
    pub fn all(task: &'a Task, row: &TaskRow, offer: Offer) -> Vec<Self> {
        let of = |row: &ContainerRow| {
            let mut containers = task.containers.iter();
            let container = containers.find(|it| it.name == row.container_name)?;
            Some(Self::of(task, container, row, offer))
        };
        row.container_metrics.iter().filter_map(of).collect()
    }

    fn of(task: &Task, container: &'a Container, row: &ContainerRow, offer: Offer) -> Self {
        let alone = TaskRow {
            container_metrics: vec![row.clone()],
            ..TaskRow::default()
        };
        let used = Used::of(&alone, true);
        let number = |it: &Option<String>| it.as_deref().and_then(|it| it.parse::<f64>().ok());
        // What a container reserves nothing of it has of its task.
        let or_task = |own: Option<f64>, task: u32| {
            let own = own.filter(|it| *it > 0.0);
            own.unwrap_or(f64::from(task))
        };
        let memory = number(&container.memory_reservation).or(number(&container.memory));
        Self {
            container,
            cpu: used.cpu.map(|it| it / 100.0 * offer.cpu),
            cpu_reserved: or_task(number(&Some(container.cpu.clone())), task.claim.cpu),
            memory_mib: used.memory_mib,
            memory_reserved: or_task(memory, task.claim.memory),
            received: used.received.map(|it| it / SECONDS),
            sent: used.sent.map(|it| it / SECONDS),
            read: used.read,
            written: used.written,
            restarts: row.restarts().map(|it| it.min(MOST_RESTARTS)),
            kernel: row.kernel_stats,
        }
    }

    /// Percent of what it reserves.
    pub fn cpu_share(&self) -> Option<f64> {
        share(self.cpu, self.cpu_reserved)
    }

    pub fn memory_share(&self) -> Option<f64> {
        share(self.memory_mib, self.memory_reserved)
    }

    /// Whether its health check fails; `None` without one, and before it has an outcome.
    fn is_unhealthy(&self) -> Option<bool> {
        match self.container.health {
            _ if !self.container.checked => None,
            Health::Unknown => None,
            Health::Healthy => Some(false),
            Health::Unhealthy => Some(true),
        }
    }

    /// The points of the container, of all it belongs to.
    pub fn points(&self, of: &Belongs, at: i64) -> Vec<Point> {
        let count = |it: bool| f64::from(u8::from(it));
        let alone = [
            ("ContainerCpuUtilized", "None", self.cpu),
            ("ContainerCpuReserved", "None", Some(self.cpu_reserved)),
            ("ContainerMemoryUtilized", "Megabytes", self.memory_mib),
            (
                "ContainerMemoryReserved",
                "Megabytes",
                Some(self.memory_reserved),
            ),
            ("ContainerMemoryUtilization", "Percent", self.memory_share()),
            ("ContainerStorageReadBytes", "Bytes", self.read),
            ("ContainerStorageWriteBytes", "Bytes", self.written),
            (
                "UnHealthyContainerHealthStatus",
                "Count",
                self.is_unhealthy().map(count),
            ),
        ];
        // These AWS has of tasks, though they are of containers.
        let by_task = [
            ("ContainerCpuUtilization", "Percent", self.cpu_share()),
            ("ContainerNetworkRxBytes", "Bytes/Second", self.received),
            ("ContainerNetworkTxBytes", "Bytes/Second", self.sent),
        ];
        let (own, task) = (of.of_container(&self.container.name), of.with_task());
        let mut points = Vec::new();
        for (dimensions, metrics) in [(&own, &alone[..]), (&task, &by_task[..])] {
            for (name, unit, value) in metrics {
                if let Some(value) = value {
                    let each = dimensions.iter();
                    points.extend(each.map(|it| point(name, unit, it.clone(), *value, at)));
                }
            }
        }
        points
    }

    /// How often it was started again: by container too, where the cluster has `enhanced`.
    pub fn restart_points(&self, of: &Belongs, is_enhanced: bool, at: i64) -> Vec<Point> {
        let Some(restarts) = self.restarts else {
            return Vec::new();
        };
        let dimensions = match is_enhanced {
            true => {
                let mut all = of.with_task();
                // The cluster is there already.
                all.extend(of.of_container(&self.container.name).into_iter().skip(1));
                all
            }
            false => of.whole(),
        };
        let each = dimensions.into_iter();
        each.map(|it| point("RestartCount", "Count", it, restarts, at))
            .collect()
    }
}
