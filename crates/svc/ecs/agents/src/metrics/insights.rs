//! The metrics of Container Insights, for clusters that have it turned on. Pure.

use wharf_records::ecs::{
    Cluster, ClusterStatus, Desired, InstanceStatus, ServiceStatus, Status, Task,
};
use wharf_vended::{Measured, Point};

use super::used::{Offer, Used, share};
use crate::{names, service, view::Region};

const NAMESPACE: &str = "ECS/ContainerInsights";
const SECONDS: f64 = 60.0;

type Dimensions = Vec<(&'static str, String)>;

/// How much of it a cluster has turned on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Disabled,
    Enabled,
    /// Of each task besides.
    Enhanced,
}

impl Level {
    pub fn of(cluster: &Cluster) -> Self {
        let mut settings = cluster.settings.iter();
        let setting = settings.find(|(name, _)| name == "containerInsights");
        match setting.map(|it| it.1.as_str()) {
            Some("enabled") => Self::Enabled,
            Some("enhanced") => Self::Enhanced,
            _ => Self::Disabled,
        }
    }
}

/// The points of a task, of all it belongs to.
pub fn of_task(task: &Task, used: Used, offer: Offer, level: Level, at: i64) -> Vec<Point> {
    if level == Level::Disabled {
        return Vec::new();
    }
    let cpu = used.cpu.map(|it| it / 100.0 * offer.cpu);
    let reserved = (f64::from(task.claim.cpu), f64::from(task.claim.memory));
    let measured = [
        ("CpuUtilized", "None", cpu),
        ("CpuReserved", "None", Some(reserved.0)),
        ("MemoryUtilized", "Megabytes", used.memory_mib),
        ("MemoryReserved", "Megabytes", Some(reserved.1)),
        (
            "NetworkRxBytes",
            "Bytes/Second",
            used.received.map(|it| it / SECONDS),
        ),
        (
            "NetworkTxBytes",
            "Bytes/Second",
            used.sent.map(|it| it / SECONDS),
        ),
        ("StorageReadBytes", "Bytes", used.read),
        ("StorageWriteBytes", "Bytes", used.written),
    ];
    let whole = of_which(task);
    let mut points = Vec::new();
    for (name, unit, value) in measured {
        let value = value.into_iter();
        points.extend(value.flat_map(|value| {
            let each = whole.iter();
            each.map(move |of| point(name, unit, of.clone(), value, at))
        }));
    }
    if level == Level::Enhanced {
        let mut of = whole;
        let mut alone = of.last().cloned().unwrap_or_default();
        alone.push(("TaskId", task.id.clone()));
        of.push(alone);
        let shares = [
            ("TaskCpuUtilization", share(cpu, reserved.0)),
            ("TaskMemoryUtilization", share(used.memory_mib, reserved.1)),
        ];
        for (name, share) in shares {
            if let Some(share) = share {
                let each = of.iter();
                points.extend(each.map(|of| point(name, "Percent", of.clone(), share, at)));
            }
        }
    }
    points
}

/// Its cluster, the family of its definition, and its service if it is of one.
fn of_which(task: &Task) -> Vec<Dimensions> {
    let cluster = ("ClusterName", task.cluster.clone());
    let mut of = vec![vec![cluster.clone()]];
    if let Ok(Some(definition)) = names::definition_ref(&task.definition) {
        of.push(vec![
            cluster.clone(),
            ("TaskDefinitionFamily", definition.family),
        ]);
    }
    if service::id_of(task).is_some()
        && let Some(name) = task.group.strip_prefix("service:")
    {
        of.push(vec![cluster, ("ServiceName", name.to_owned())]);
    }
    of
}

/// How many there are of what, in the clusters of a region.
pub fn counts(region: &Region<'_>, at: i64) -> Vec<Point> {
    let mut points = Vec::new();
    for cluster in region.clusters.values() {
        let active = cluster.status == ClusterStatus::Active;
        if active && Level::of(cluster) != Level::Disabled {
            points.extend(of_cluster(region, &cluster.name, at));
        }
    }
    points
}

fn of_cluster(region: &Region<'_>, cluster: &str, at: i64) -> Vec<Point> {
    let named = || vec![("ClusterName", cluster.to_owned())];
    let runs = |task: &Task| task.last == Status::Running;
    let services = region.services_of(cluster);
    let services: Vec<_> = services
        .filter(|it| it.status != ServiceStatus::Inactive)
        .collect();
    let instances = region.instances_of(cluster);
    let instances = instances.filter(|it| it.status != InstanceStatus::Inactive);
    let tasks = region.tasks_of(cluster).filter(|it| runs(it));
    let counts = [
        ("ContainerInstanceCount", instances.count()),
        ("ServiceCount", services.len()),
        ("TaskCount", tasks.count()),
    ];
    let counted = |(name, count): (&'static str, usize), of: Dimensions| {
        point(name, "Count", of, count as f64, at)
    };
    let mut points: Vec<Point> = counts.map(|it| counted(it, named())).into();
    for service in services {
        let id = format!("{cluster}:{}", service.name);
        let (mut running, mut pending) = (0, 0);
        for task in region.tasks_of_service(&id) {
            running += usize::from(runs(task));
            let begins = task.last < Status::Running && task.desired == Desired::Running;
            pending += usize::from(begins);
        }
        let desired = usize::try_from(service.desired).unwrap_or(usize::MAX);
        let counts = [
            ("DesiredTaskCount", desired),
            ("RunningTaskCount", running),
            ("PendingTaskCount", pending),
            ("DeploymentCount", service.deployments.len()),
        ];
        for count in counts {
            let mut of = named();
            of.push(("ServiceName", service.name.clone()));
            points.push(counted(count, of));
        }
    }
    points
}

fn point(
    name: &'static str,
    unit: &'static str,
    dimensions: Dimensions,
    value: f64,
    at: i64,
) -> Point {
    Point {
        namespace: NAMESPACE,
        name,
        dimensions,
        unit,
        at,
        summary: Measured::one(value),
    }
}
