//! The metrics of Container Insights, for clusters that have it turned on. Pure.

use wharf_records::ecs::{
    Cluster, ClusterStatus, Desired, InstanceStatus, ServiceStatus, Status, Task,
};
use wharf_vended::{Measured as Summary, Point};

use super::{
    containers::Measured,
    used::{Disk, Filled, Offer, Used, share},
};
use crate::{names, service, view::Region};

pub(super) const NAMESPACE: &str = "ECS/ContainerInsights";
const SECONDS: f64 = 60.0;
const MIB: f64 = 1_048_576.0;
const FAMILY: &str = "TaskDefinitionFamily";

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

/// The points of a task and of its containers, of all they belong to.
pub fn of_task(
    task: &Task,
    used: Used,
    containers: &[Measured<'_>],
    offer: Offer,
    level: Level,
    at: i64,
) -> Vec<Point> {
    if level == Level::Disabled {
        return Vec::new();
    }
    let cpu = used.cpu.map(|it| it / 100.0 * offer.cpu);
    let reserved = (f64::from(task.claim.cpu), f64::from(task.claim.memory));
    let disk = Disk::of(task.launch, task.ephemeral_gib, used);
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
        (
            "EphemeralStorageReserved",
            "Gigabytes",
            disk.map(|it| it.reserved),
        ),
        (
            "EphemeralStorageUtilized",
            "Gigabytes",
            disk.map(|it| it.utilized),
        ),
    ];
    let of = Belongs::of(task);
    let is_enhanced = level == Level::Enhanced;
    let dimensions = match is_enhanced {
        true => of.with_task(),
        false => of.whole(),
    };
    let shares = [
        ("TaskCpuUtilization", share(cpu, reserved.0)),
        ("TaskMemoryUtilization", share(used.memory_mib, reserved.1)),
        (
            "TaskEphemeralStorageUtilization",
            disk.and_then(|it| share(Some(it.utilized), it.reserved)),
        ),
    ];
    let shares = shares.into_iter().filter(|_| is_enhanced);
    let shares = shares.map(|(name, share)| (name, "Percent", share));
    let mut points = Vec::new();
    if let Some(volume) = used.volume {
        let name = task.volume.as_ref().map(|it| it.spec.name.as_str());
        points.extend(of_volume(name, &of, volume, at));
        if is_enhanced {
            let (name, full) = ("TaskEBSFilesystemUtilization", volume.percent());
            let each = dimensions.iter();
            points.extend(each.map(|of| point(name, "Percent", of.clone(), full, at)));
        }
    }
    for (name, unit, value) in measured.into_iter().chain(shares) {
        if let Some(value) = value {
            let each = dimensions.iter();
            points.extend(each.map(|of| point(name, unit, of.clone(), value, at)));
        }
    }
    for container in containers {
        points.extend(container.restart_points(&of, is_enhanced, at));
        if is_enhanced {
            points.extend(container.points(&of, at));
        }
    }
    points
}

/// The points of a task's EBS volume: by the groups that the task is of, and by its own name beside the family.
fn of_volume(name: Option<&str>, of: &Belongs, volume: Filled, at: i64) -> Vec<Point> {
    let mut dimensions = of.groups.clone();
    let has_family = |of: &&Dimensions| of.iter().any(|it| it.0 == FAMILY);
    let family = dimensions.iter().find(has_family).cloned();
    if let (Some(mut named), Some(name)) = (family, name) {
        named.push(("VolumeName", name.to_owned()));
        dimensions.push(named);
    }
    let both = [
        ("EBSFilesystemSize", volume.size_gib()),
        ("EBSFilesystemUtilized", volume.used_gib()),
    ];
    let of = |(name, value)| {
        let each = dimensions.iter();
        each.map(move |of| point(name, "Gigabytes", of.clone(), value, at))
    };
    both.into_iter().flat_map(of).collect()
}

/// What runs on a machine.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Placed {
    /// Of the tasks that are RUNNING.
    pub tasks: usize,
    /// CPU units and MiB that they reserve.
    pub cpu: f64,
    pub memory: f64,
}

impl Placed {
    pub fn add(&mut self, task: &Task) {
        if task.last == Status::Running {
            self.tasks += 1;
            self.cpu += f64::from(task.claim.cpu);
            self.memory += f64::from(task.claim.memory);
        }
    }
}

/// The points of a container instance, by its id and that in EC2: what all tasks used of what it offers, and reserved of it.
pub fn of_machine(
    cluster: &str,
    (id, ec2): &(String, String),
    (used, placed): (Used, Placed),
    offer: Offer,
    at: i64,
) -> Vec<Point> {
    let whole = vec![("ClusterName", cluster.to_owned())];
    let mut alone = whole.clone();
    alone.push(("ContainerInstanceId", id.clone()));
    alone.push(("InstanceId", ec2.clone()));
    let memory = share(Some(used.memory_mib.unwrap_or(0.0)), offer.memory);
    let shares = [
        ("instance_cpu_utilization", used.cpu.or(Some(0.0))),
        ("instance_memory_utilization", memory),
        (
            "instance_cpu_reserved_capacity",
            share(Some(placed.cpu), offer.cpu),
        ),
        (
            "instance_memory_reserved_capacity",
            share(Some(placed.memory), offer.memory),
        ),
    ];
    let mut points = Vec::new();
    for (name, share) in shares {
        if let Some(share) = share {
            let each = [&whole, &alone].into_iter();
            points.extend(each.map(|of| point(name, "Percent", of.clone(), share, at)));
        }
    }
    let network = used.received.unwrap_or(0.0) + used.sent.unwrap_or(0.0);
    // AWS has these of all instances of the cluster together alone.
    let of_cluster = [
        ("instance_cpu_limit", "None", offer.cpu),
        (
            "instance_cpu_usage_total",
            "None",
            used.cpu.unwrap_or(0.0) / 100.0 * offer.cpu,
        ),
        ("instance_memory_limit", "Bytes", offer.memory * MIB),
        (
            "instance_memory_working_set",
            "Bytes",
            used.memory_mib.unwrap_or(0.0) * MIB,
        ),
        (
            "instance_network_total_bytes",
            "Bytes/Second",
            network / SECONDS,
        ),
        (
            "instance_number_of_running_tasks",
            "Count",
            placed.tasks as f64,
        ),
    ];
    let each = of_cluster.into_iter();
    points.extend(each.map(|(name, unit, value)| point(name, unit, whole.clone(), value, at)));
    points
}

/// What a task belongs to: its cluster, the family of its definition, and its service if it is of one.
pub struct Belongs {
    task: String,
    cluster: Dimensions,
    /// Each with the cluster.
    groups: Vec<Dimensions>,
}

impl Belongs {
    pub fn of(task: &Task) -> Self {
        let cluster = vec![("ClusterName", task.cluster.clone())];
        let within = |name, value| {
            let mut of = cluster.clone();
            of.push((name, value));
            of
        };
        let mut groups = Vec::new();
        if let Ok(Some(definition)) = names::definition_ref(&task.definition) {
            groups.push(within(FAMILY, definition.family));
        }
        if let Some(name) = service_of(task) {
            groups.push(within("ServiceName", name.to_owned()));
        }
        Self {
            task: task.id.clone(),
            cluster,
            groups,
        }
    }

    /// Of all tasks of those.
    pub fn whole(&self) -> Vec<Dimensions> {
        let cluster = [self.cluster.clone()];
        cluster.into_iter().chain(self.groups.clone()).collect()
    }

    /// The same, and of the task itself.
    pub fn with_task(&self) -> Vec<Dimensions> {
        let mut all = self.whole();
        all.extend(self.alone());
        all
    }

    /// Tasks come and go, and what has their names stays for over a year: each has one group, its service, or its
    /// family where it is of none.
    fn alone(&self) -> impl Iterator<Item = Dimensions> {
        self.groups.last().into_iter().map(|group| {
            let mut of = group.clone();
            of.push(("TaskId", self.task.clone()));
            of
        })
    }

    /// Of containers: the cluster, those of a name within each group, and that of the task alone.
    pub fn of_container(&self, name: &str) -> Vec<Dimensions> {
        let groups = self.groups.iter().cloned().chain(self.alone());
        let named = groups.map(|mut of| {
            of.push(("ContainerName", name.to_owned()));
            of
        });
        let cluster = [self.cluster.clone()];
        cluster.into_iter().chain(named).collect()
    }
}

/// The name of the service that a task is of.
pub fn service_of(task: &Task) -> Option<&str> {
    service::id_of(task)?;
    task.group.strip_prefix("service:")
}

/// How many there are of what, in a cluster or, with its name, in a service.
pub struct Counts {
    pub cluster: String,
    pub service: Option<String>,
    pub counts: Vec<(&'static str, usize)>,
}

impl Counts {
    pub fn points(&self, at: i64) -> Vec<Point> {
        let mut of = vec![("ClusterName", self.cluster.clone())];
        let service = self.service.iter();
        of.extend(service.map(|it| ("ServiceName", it.clone())));
        let each = self.counts.iter();
        each.map(|(name, count)| point(name, "Count", of.clone(), *count as f64, at))
            .collect()
    }
}

/// Of all clusters of a region that have it turned on.
pub fn counts(region: &Region<'_>) -> Vec<Counts> {
    let mut counts = Vec::new();
    for cluster in region.clusters.values() {
        let active = cluster.status == ClusterStatus::Active;
        if active && Level::of(cluster) != Level::Disabled {
            counts.extend(of_cluster(region, &cluster.name));
        }
    }
    counts
}

fn of_cluster(region: &Region<'_>, cluster: &str) -> Vec<Counts> {
    let runs = |task: &Task| task.last == Status::Running;
    let services = region.services_of(cluster);
    let services: Vec<_> = services
        .filter(|it| it.status != ServiceStatus::Inactive)
        .collect();
    let instances = region.instances_of(cluster);
    let instances = instances.filter(|it| it.status != InstanceStatus::Inactive);
    let tasks = region.tasks_of(cluster).filter(|it| runs(it));
    let of = |service, counts| Counts {
        cluster: cluster.to_owned(),
        service,
        counts,
    };
    let whole = vec![
        ("TaskCount", tasks.count()),
        ("ContainerInstanceCount", instances.count()),
        ("ServiceCount", services.len()),
    ];
    let mut all = vec![of(None, whole)];
    for service in services {
        let id = format!("{cluster}:{}", service.name);
        let (mut running, mut pending) = (0, 0);
        for task in region.tasks_of_service(&id) {
            running += usize::from(runs(task));
            let begins = task.last < Status::Running && task.desired == Desired::Running;
            pending += usize::from(begins);
        }
        let desired = usize::try_from(service.desired).unwrap_or(usize::MAX);
        let counts = vec![
            ("DesiredTaskCount", desired),
            ("RunningTaskCount", running),
            ("PendingTaskCount", pending),
            ("DeploymentCount", service.deployments.len()),
            // There are none.
            ("TaskSetCount", 0),
        ];
        all.push(of(Some(service.name.clone()), counts));
    }
    all
}

pub(super) fn point(
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
        summary: Summary::one(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names with their dimensions' values, and the value.
    fn told(points: &[Point]) -> Vec<(&'static str, String, f64)> {
        let of = |point: &Point| {
            let values = point.dimensions.iter().map(|it| it.1.as_str());
            (
                point.name,
                values.collect::<Vec<_>>().join(" "),
                point.summary.sum,
            )
        };
        points.iter().map(of).collect()
    }

    #[test]
    fn a_volume_is_told_by_the_groups_of_its_task_and_its_name() {
        let cluster = vec![("ClusterName", "c".to_owned())];
        let within = |name, value: &str| vec![cluster[0].clone(), (name, value.to_owned())];
        let of = Belongs {
            task: "t".to_owned(),
            groups: vec![within(FAMILY, "f"), within("ServiceName", "s")],
            cluster: cluster.clone(),
        };
        let gib = 1_073_741_824.0;
        let volume = Filled {
            used: gib,
            size: 4.0 * gib,
        };
        let points = of_volume(Some("data"), &of, volume, 60);
        let told = told(&points);
        let each =
            |name, value| ["c f", "c s", "c f data"].map(|of: &str| (name, of.to_owned(), value));
        assert_eq!(told[..3], each("EBSFilesystemSize", 4.0));
        assert_eq!(told[3..], each("EBSFilesystemUtilized", 1.0));
        assert!(points.iter().all(|it| it.unit == "Gigabytes"));
    }

    #[test]
    fn an_instance_is_told_with_what_it_offers() {
        let used = Used {
            cpu: Some(25.0),
            memory_mib: Some(512.0),
            received: Some(600.0),
            sent: Some(60.0),
            ..Used::default()
        };
        let placed = Placed {
            tasks: 3,
            cpu: 1024.0,
            memory: 1024.0,
        };
        let offer = Offer {
            cpu: 2048.0,
            memory: 4096.0,
        };
        let named = ("ci".to_owned(), "i-1".to_owned());
        let points = of_machine("c", &named, (used, placed), offer, 60);
        let told = told(&points);
        for (name, value) in [
            ("instance_cpu_utilization", 25.0),
            ("instance_memory_utilization", 12.5),
            ("instance_cpu_reserved_capacity", 50.0),
            ("instance_memory_reserved_capacity", 25.0),
        ] {
            for of in ["c", "c ci i-1"] {
                assert!(told.contains(&(name, of.to_owned(), value)), "{name} {of}");
            }
        }
        for (name, value) in [
            ("instance_cpu_limit", 2048.0),
            ("instance_cpu_usage_total", 512.0),
            ("instance_memory_limit", 4096.0 * MIB),
            ("instance_memory_working_set", 512.0 * MIB),
            ("instance_network_total_bytes", 11.0),
            ("instance_number_of_running_tasks", 3.0),
        ] {
            assert!(told.contains(&(name, "c".to_owned(), value)), "{name}");
        }
        assert_eq!(told.len(), 4 * 2 + 6);
    }
}
