//! The performance events of Container Insights: what a task and each of its containers did in a minute, and how
//! much there is in services and clusters, as JSON the way AWS writes it. Pure.
//!
//! `CloudWatchMetrics` says which of the members are metrics. They are in CloudWatch already when the event is
//! written, and Logs does not read them a second time out of it.

use serde_json::{Map, Value, json};
use wharf_base::Timestamp;
use wharf_records::ecs::{Launch, Task};

use super::{
    containers::Measured,
    insights::{Level, NAMESPACE, service_of},
    used::{Disk, Offer, Used},
};
use crate::names::{self, Place};

/// One event, and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub cluster: String,
    pub stream: String,
    /// Seconds since 1970.
    pub at: i64,
    pub text: String,
}

/// Members of an event, of which some are metrics.
struct Members {
    all: Map<String, Value>,
    metrics: Vec<Value>,
}

impl Members {
    fn new(kind: &str, cluster: &str, at: i64) -> Self {
        let mut it = Self {
            all: Map::new(),
            metrics: Vec::new(),
        };
        it.say("Version", "0");
        it.say("Type", kind);
        it.say("ClusterName", cluster);
        it.say("Timestamp", at * 1000);
        it
    }

    fn say(&mut self, name: &str, value: impl Into<Value>) {
        self.all.insert(name.to_owned(), value.into());
    }

    fn number(&mut self, name: &str, value: Option<f64>) {
        if let Some(value) = value.filter(|it| it.is_finite()) {
            self.say(name, value);
        }
    }

    fn metric(&mut self, name: &str, unit: &str, value: Option<f64>) {
        if value.is_some() {
            self.metrics.push(json!({"Name": name, "Unit": unit}));
        }
        self.number(name, value);
    }

    fn text(mut self, dimensions: &[&[&str]]) -> String {
        if !dimensions.is_empty() {
            let directive = json!([{
                "Namespace": NAMESPACE,
                "Metrics": self.metrics,
                "Dimensions": dimensions,
            }]);
            self.say("CloudWatchMetrics", directive);
        }
        Value::Object(self.all).to_string()
    }
}

/// The events of a task's minute: its own, and one of each container.
pub fn of_task(
    task: &Task,
    used: Used,
    containers: &[Measured<'_>],
    offer: Offer,
    level: Level,
    at: i64,
) -> Vec<Event> {
    if level == Level::Disabled {
        return Vec::new();
    }
    let stream = stream(task);
    let event = |text| Event {
        cluster: task.cluster.clone(),
        stream: stream.clone(),
        at,
        text,
    };
    let each = containers.iter();
    let containers = each.map(|it| event(container(task, it, level, at)));
    let whole = event(whole(task, used, offer, at));
    containers.chain([whole]).collect()
}

/// Those of a machine of the cluster's own lie together, and those on Fargate.
fn stream(task: &Task) -> String {
    let instance = names::long_arn(&task.instance).map(|it| it.2);
    match (task.launch, instance) {
        (Launch::Fargate, _) | (_, None) => "FargateTelemetry".to_owned(),
        (_, Some(id)) => format!("AgentTelemetry-{id}"),
    }
}

fn about(kind: &str, task: &Task, at: i64) -> Members {
    let mut it = Members::new(kind, &task.cluster, at);
    it.say("TaskId", task.id.as_str());
    if let Ok(Some(definition)) = names::definition_ref(&task.definition) {
        it.say("TaskDefinitionFamily", definition.family);
        if let Some(revision) = definition.revision {
            it.say("TaskDefinitionRevision", revision.to_string());
        }
    }
    if let Some(service) = service_of(task) {
        it.say("ServiceName", service);
    }
    if task.launch != Launch::Fargate
        && let Some((_, _, id)) = names::long_arn(&task.instance)
    {
        it.say("ContainerInstanceId", id);
        it.say("EC2InstanceId", task.ec2_instance.as_str());
    }
    it
}

fn container(task: &Task, measured: &Measured<'_>, level: Level, at: i64) -> String {
    let mut it = about("Container", task, at);
    let of = measured.container;
    it.say("ContainerName", of.name.as_str());
    it.say("Image", of.image.as_str());
    it.say("ContainerKnownStatus", of.last.as_str());
    let numbers = [
        ("CpuUtilized", measured.cpu),
        ("CpuReserved", Some(measured.cpu_reserved)),
        ("MemoryUtilized", measured.memory_mib),
        ("MemoryReserved", Some(measured.memory_reserved)),
        ("StorageReadBytes", measured.read),
        ("StorageWriteBytes", measured.written),
        ("NetworkRxBytes", measured.received),
        ("NetworkTxBytes", measured.sent),
    ];
    for (name, value) in numbers {
        it.number(name, value);
        if level == Level::Enhanced {
            it.number(&format!("Container{name}"), value);
        }
    }
    it.number("RestartCount", measured.restarts);
    if let Some(kernel) = measured.kernel {
        let seconds = kernel.throttled_nanoseconds / 1e9;
        for (name, value) in [
            ("Processes", kernel.processes),
            ("ThrottledPeriods", kernel.throttled_periods),
            ("ThrottledSeconds", seconds),
            ("OomKills", kernel.oom_kills),
        ] {
            it.number(name, Some(value).filter(|it| *it >= 0.0));
        }
    }
    if level == Level::Enhanced {
        it.number("ContainerCpuUtilization", measured.cpu_share());
        it.number("ContainerMemoryUtilization", measured.memory_share());
    }
    if of.checked {
        it.say("ContainerHealthStatus", of.health.as_str());
    }
    it.text(&[])
}

fn whole(task: &Task, used: Used, offer: Offer, at: i64) -> String {
    let mut it = about("Task", task, at);
    if let Some(Place { account, region }) = names::place_of(&task.arn) {
        it.say("AccountID", account);
        it.say("Region", region);
    }
    it.say("AvailabilityZone", task.availability_zone.as_str());
    it.say("KnownStatus", task.last.as_str());
    it.say("LaunchType", task.launch.as_str());
    let moments = [
        ("PullStartedAt", task.pull_started_at),
        ("PullStoppedAt", task.pull_stopped_at),
        ("CreatedAt", Some(task.created_at)),
        ("StartedAt", task.started_at),
    ];
    for (name, moment) in moments {
        if let Some(millis) = moment.map(Timestamp::millis) {
            it.say(name, millis);
        }
    }
    let a_second = |bytes: Option<f64>| bytes.map(|it| it / 60.0);
    let cpu = used.cpu.map(|it| it / 100.0 * offer.cpu);
    let (cpu_reserved, reserved) = (f64::from(task.claim.cpu), f64::from(task.claim.memory));
    it.metric("CpuUtilized", "None", cpu);
    it.metric("CpuReserved", "None", Some(cpu_reserved));
    it.metric("MemoryUtilized", "Megabytes", used.memory_mib);
    it.metric("MemoryReserved", "Megabytes", Some(reserved));
    it.metric("StorageReadBytes", "Bytes", used.read);
    it.metric("StorageWriteBytes", "Bytes", used.written);
    it.metric("NetworkRxBytes", "Bytes/Second", a_second(used.received));
    it.metric("NetworkTxBytes", "Bytes/Second", a_second(used.sent));
    if let Some(disk) = Disk::of(task.launch, task.ephemeral_gib, used) {
        it.metric("EphemeralStorageReserved", "Gigabytes", Some(disk.reserved));
        it.metric("EphemeralStorageUtilized", "Gigabytes", Some(disk.utilized));
    }
    if let Some(volume) = used.volume {
        it.metric("EBSFilesystemSize", "Gigabytes", Some(volume.size_gib()));
        it.metric(
            "EBSFilesystemUtilized",
            "Gigabytes",
            Some(volume.used_gib()),
        );
    }
    let family: &[&str] = &["ClusterName", "TaskDefinitionFamily"];
    let service: &[&str] = &["ClusterName", "ServiceName"];
    match service_of(task) {
        Some(_) => it.text(&[&["ClusterName"], family, service]),
        None => it.text(&[&["ClusterName"], family]),
    }
}

/// How many there are of what, of a cluster or, with its name, of a service.
pub fn counts(cluster: &str, service: Option<&str>, counts: &[(&str, usize)], at: i64) -> Event {
    let mut it = Members::new(service.map_or("Cluster", |_| "Service"), cluster, at);
    if let Some(service) = service {
        it.say("ServiceName", service);
    }
    for (name, count) in counts {
        it.metrics.push(json!({"Name": name, "Unit": "Count"}));
        it.say(name, *count);
    }
    let (stream, text) = match service {
        Some(_) => (
            "ServiceTelemetry",
            it.text(&[&["ServiceName", "ClusterName"]]),
        ),
        None => ("ClusterTelemetry", it.text(&[&["ClusterName"]])),
    };
    Event {
        cluster: cluster.to_owned(),
        stream: stream.to_owned(),
        at,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_clusters_are_told_as_aws_tells_them() {
        let event = counts("c", Some("web"), &[("DesiredTaskCount", 2)], 60);
        assert_eq!((event.cluster.as_str(), event.at), ("c", 60));
        let said: Value = serde_json::from_str(&event.text).unwrap();
        let expected = json!({
            "Version": "0",
            "Type": "Service",
            "ClusterName": "c",
            "ServiceName": "web",
            "Timestamp": 60_000,
            "DesiredTaskCount": 2,
            "CloudWatchMetrics": [{
                "Namespace": "ECS/ContainerInsights",
                "Metrics": [{"Name": "DesiredTaskCount", "Unit": "Count"}],
                "Dimensions": [["ServiceName", "ClusterName"]],
            }],
        });
        assert_eq!(said, expected);
        let event = counts("c", None, &[("TaskCount", 5)], 60);
        let said: Value = serde_json::from_str(&event.text).unwrap();
        assert_eq!(
            (&said["Type"], &said["TaskCount"]),
            (&json!("Cluster"), &json!(5))
        );
        assert_eq!(
            said["CloudWatchMetrics"][0]["Dimensions"],
            json!([["ClusterName"]])
        );
    }
}
