//! What a task used of its machine, and the metrics of that. Pure.

use wharf_records::ecs::{Launch, Task};
use wharf_vended::{Measured, Point};

use super::message::{ContainerRow, Range, Set, TaskRow, VolumeRow};
use crate::{names::Place, service};

const NAMESPACE: &str = "AWS/ECS";
/// Nothing uses more, whatever it says.
const MOST_PERCENT: f64 = 100_000.0;
const MOST_MIB: f64 = 1_073_741_824.0;
const MOST_BYTES: f64 = 1e15;
const GIB: f64 = 1_073_741_824.0;
/// What a task on Fargate may write that asks for nothing.
const FARGATE_GIB: i32 = 20;

/// A task's minute, all its containers together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Used {
    /// Percent of what the machine offers.
    pub cpu: Option<f64>,
    pub memory_mib: Option<f64>,
    /// Bytes over the minute.
    pub received: Option<f64>,
    pub sent: Option<f64>,
    pub read: Option<f64>,
    pub written: Option<f64>,
    /// Bytes on its disk.
    pub disk: Option<f64>,
    pub volume: Option<Filled>,
}

/// An EBS volume, in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filled {
    pub used: f64,
    pub size: f64,
}

impl Filled {
    /// `None` for numbers that are none.
    fn of(row: &VolumeRow) -> Option<Self> {
        let size = together(row.size)?.min(MOST_BYTES);
        let used = together(row.utilized)?.min(size);
        (size > 0.0).then_some(Self { used, size })
    }

    pub fn used_gib(self) -> f64 {
        self.used / GIB
    }

    pub fn size_gib(self) -> f64 {
        self.size / GIB
    }

    pub fn percent(self) -> f64 {
        self.used / self.size * 100.0
    }
}

impl Used {
    /// `one_network`: its containers share a network, and each says all of it.
    pub fn of(row: &TaskRow, one_network: bool) -> Self {
        let containers = &row.container_metrics;
        let whole = |it: f64, other: f64| match one_network {
            true => it.max(other),
            false => it + other,
        };
        let cpu = together(containers.iter().filter_map(|it| it.cpu_stats_set));
        let memory = together(containers.iter().filter_map(|it| it.memory_stats_set));
        Self {
            cpu: cpu.map(|it| it.min(MOST_PERCENT)),
            memory_mib: memory.map(|it| it.min(MOST_MIB)),
            received: grown(containers, |it| it.network_stats_set?.rx_bytes).reduce(whole),
            sent: grown(containers, |it| it.network_stats_set?.tx_bytes).reduce(whole),
            read: grown(containers, |it| it.storage_stats_set?.read_size_bytes)
                .reduce(|sum, it| sum + it),
            written: grown(containers, |it| it.storage_stats_set?.write_size_bytes)
                .reduce(|sum, it| sum + it),
            disk: together(
                row.ephemeral_storage_metrics
                    .and_then(|it| it.bytes_utilized),
            )
            .map(|it| it.min(MOST_BYTES)),
            // A task has one.
            volume: row.volume_metrics.iter().find_map(Filled::of),
        }
    }

    /// Adds what another task used of the machine.
    pub fn add(&mut self, more: Self) {
        let plus = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        self.cpu = plus(self.cpu, more.cpu);
        self.memory_mib = plus(self.memory_mib, more.memory_mib);
        self.received = plus(self.received, more.received);
        self.sent = plus(self.sent, more.sent);
    }
}

/// By how much a counter of each container grew.
fn grown(
    containers: &[ContainerRow],
    counter: impl Fn(&ContainerRow) -> Option<Range>,
) -> impl Iterator<Item = f64> {
    containers
        .iter()
        .filter_map(move |it| Some(counter(it)?.grown()?.min(MOST_BYTES)))
}

/// The mean of the sum: a container that was there for half the time counts half.
fn together(sets: impl IntoIterator<Item = Set>) -> Option<f64> {
    let (mut sum, mut most) = (0.0, 0.0_f64);
    for set in sets.into_iter().filter_map(Set::checked) {
        sum += set.sum;
        most = most.max(set.sample_count);
    }
    (most > 0.0).then(|| sum / most)
}

/// The disk of a task on Fargate, in GiB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disk {
    pub reserved: f64,
    pub utilized: f64,
}

impl Disk {
    /// Of a task with so much, if it was said; `None` where its machine says nothing of a disk.
    pub fn of(launch: Launch, asked_gib: Option<i32>, used: Used) -> Option<Self> {
        let utilized = used.disk.filter(|_| launch == Launch::Fargate)?;
        Some(Self {
            reserved: f64::from(asked_gib.unwrap_or(FARGATE_GIB)),
            utilized: utilized / GIB,
        })
    }
}

/// What a machine offers, in CPU units and MiB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offer {
    pub cpu: f64,
    pub memory: f64,
}

/// The points of a task of a service, for the service.
pub fn of_service(task: &Task, used: Used, offer: Offer, at: i64) -> Vec<Point> {
    let name = task.group.strip_prefix("service:");
    let Some(name) = name.filter(|_| service::id_of(task).is_some()) else {
        return Vec::new();
    };
    let dimensions = vec![
        ("ClusterName", task.cluster.clone()),
        ("ServiceName", name.to_owned()),
    ];
    let mut points = shares(task, used, offer, &dimensions, at);
    if let Some(volume) = used.volume {
        points.push(point(VOLUME, dimensions, volume.percent(), at));
    }
    points
}

/// The points of a task for its cluster: on Fargate alone, since tasks on machines of the cluster are counted
/// by the machine.
pub fn of_cluster(task: &Task, used: Used, offer: Offer, at: i64) -> Vec<Point> {
    match task.launch {
        Launch::Fargate => {
            let dimensions = [("ClusterName", task.cluster.clone())];
            shares(task, used, offer, &dimensions, at)
        }
        _ => Vec::new(),
    }
}

fn shares(
    task: &Task,
    used: Used,
    offer: Offer,
    dimensions: &[(&'static str, String)],
    at: i64,
) -> Vec<Point> {
    let cpu = used.cpu.map(|it| it / 100.0 * offer.cpu);
    [
        (CPU, share(cpu, f64::from(task.claim.cpu))),
        (MEMORY, share(used.memory_mib, f64::from(task.claim.memory))),
    ]
    .into_iter()
    .filter_map(|(name, share)| Some(point(name, dimensions.to_vec(), share?, at)))
    .collect()
}

/// The points of a machine's cluster: what its tasks used of what the machine offers.
pub fn of_machine(cluster: &str, used: Used, offer: Offer, at: i64) -> Vec<Point> {
    let dimensions = || vec![("ClusterName", cluster.to_owned())];
    let cpu = Some(used.cpu.unwrap_or(0.0));
    let memory = share(Some(used.memory_mib.unwrap_or(0.0)), offer.memory);
    [(CPU, cpu), (MEMORY, memory)]
        .into_iter()
        .filter_map(|(name, share)| Some(point(name, dimensions(), share?, at)))
        .collect()
}

const CPU: &str = "CPUUtilization";
const MEMORY: &str = "MemoryUtilization";
const VOLUME: &str = "EBSFilesystemUtilization";

pub(super) fn point(
    name: &'static str,
    dimensions: Vec<(&'static str, String)>,
    percent: f64,
    at: i64,
) -> Point {
    Point {
        namespace: NAMESPACE,
        name,
        dimensions,
        unit: "Percent",
        at,
        summary: Measured::one(percent),
    }
}

/// Percent of what is reserved; there is none of nothing.
pub(super) fn share(used: Option<f64>, reserved: f64) -> Option<f64> {
    (reserved > 0.0).then_some(used? / reserved * 100.0)
}

/// Whether the cluster's machine counts it as its own.
pub fn is_of_machine(task: &Task, place: &Place, cluster: &str) -> bool {
    let here = crate::names::place_of(&task.arn).as_ref() == Some(place);
    here && task.cluster == cluster && task.launch != Launch::Fargate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sets: &[(f64, f64)]) -> TaskRow {
        let container = |(count, sum): &(f64, f64)| {
            let set = Some(Set {
                sample_count: *count,
                sum: *sum,
            });
            ContainerRow {
                container_name: String::new(),
                cpu_stats_set: set,
                memory_stats_set: set,
                ..ContainerRow::default()
            }
        };
        TaskRow {
            container_metrics: sets.iter().map(container).collect(),
            ..TaskRow::default()
        }
    }

    #[test]
    fn the_disk_of_a_task_on_fargate_is_told() {
        let said = serde_json::json!({
            "taskArn": "t",
            "ephemeralStorageMetrics": {
                "bytesUtilized": {"min": 1, "max": 1, "sampleCount": 1, "sum": 1_610_612_736},
            },
        });
        let row: TaskRow = serde_json::from_value(said).unwrap();
        let used = Used::of(&row, true);
        let disk = |reserved| Disk {
            reserved,
            utilized: 1.5,
        };
        assert_eq!(Disk::of(Launch::Fargate, None, used), Some(disk(20.0)));
        assert_eq!(Disk::of(Launch::Fargate, Some(50), used), Some(disk(50.0)));
        assert_eq!(Disk::of(Launch::Ec2, None, used), None);
        assert_eq!(Disk::of(Launch::Fargate, None, Used::default()), None);
    }

    #[test]
    fn a_volume_is_as_full_as_its_size_says() {
        let said = |utilized: f64, size: f64| {
            let set =
                |it: f64| serde_json::json!({"min": it, "max": it, "sampleCount": 1, "sum": it});
            let row = serde_json::json!({"taskArn": "t", "volumeMetrics": [
                {"volumeName": "data", "utilized": set(utilized), "size": set(size)}]});
            let row: TaskRow = serde_json::from_value(row).unwrap();
            Used::of(&row, true).volume
        };
        let seen = said(GIB, 4.0 * GIB).unwrap();
        let told = (seen.used_gib(), seen.size_gib(), seen.percent());
        assert_eq!(told, (1.0, 4.0, 25.0));
        assert_eq!(said(9.0, 4.0).unwrap().percent(), 100.0);
        assert_eq!(said(0.0, 4.0).unwrap().percent(), 0.0);
        assert_eq!((said(0.0, 0.0), said(-1.0, 4.0)), (None, None));
    }

    #[test]
    fn containers_count_for_as_long_as_they_were_there() {
        type Sets = &'static [(f64, f64)];
        let cases: [(Sets, Option<f64>); 6] = [
            (&[], None),
            (&[(60.0, 600.0)], Some(10.0)),
            (&[(60.0, 600.0), (30.0, 300.0)], Some(15.0)),
            (&[(0.0, 5.0), (-1.0, 5.0), (1.0, -5.0)], None),
            (&[(f64::NAN, 5.0), (1.0, f64::INFINITY)], None),
            (&[(1.0, 1e300)], Some(MOST_PERCENT)),
        ];
        for (sets, cpu) in cases {
            assert_eq!(Used::of(&row(sets), true).cpu, cpu, "{sets:?}");
        }
    }

    #[test]
    fn a_machine_without_tasks_uses_nothing() {
        let offer = Offer {
            cpu: 2048.0,
            memory: 4096.0,
        };
        let points = of_machine("c", Used::default(), offer, 60);
        let shown: Vec<_> = points.iter().map(|it| (it.name, it.summary.sum)).collect();
        assert_eq!(shown, [(CPU, 0.0), (MEMORY, 0.0)]);
        let mut used = Used::of(&row(&[(1.0, 25.0)]), true);
        used.add(Used::of(&row(&[(1.0, 50.0)]), true));
        let points = of_machine("c", used, offer, 60);
        assert_eq!(points[0].summary.sum, 75.0);
        assert_eq!(points[1].summary.sum, 75.0 / 4096.0 * 100.0);
    }
}
