//! What `wharf top` knows at one moment, pure: the overview, use and limits go in. Drawing, `--once` and
//! `--json` all come from it.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_server::OVERVIEW_TASKS;

use super::usage::{Measured, Subject, Usage, latest};
use crate::status::tables::{
    State, address, cell, cluster_of, list, name, number, summary, why, zone,
};

/// Events that are kept of all services, the newest.
const MOST_EVENTS: usize = 100;
/// From here on what tasks reserved of a cluster's machines is close to all of it, in percent.
const CLOSE_PERCENT: f64 = 90.0;

/// What one look brought.
#[derive(Debug, Clone)]
pub struct Seen {
    /// As `wharf status --json` prints it.
    pub overview: Value,
    pub usage: Usage,
    /// Of the server.
    pub limits: Vec<Limit>,
    /// What could not be read, in words.
    pub missing: Vec<String>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[serde(serialize_with = "as_iso8601")]
    pub at: Timestamp,
    pub endpoint: String,
    pub region: String,
    /// `2 services (1 failing), 5 tasks running, 1 node`
    #[serde(skip)]
    pub summary: String,
    pub clusters: Vec<Cluster>,
    pub services: Vec<Service>,
    pub tasks: Vec<Task>,
    /// Tasks beyond those that an overview has.
    pub tasks_left_out: i64,
    pub nodes: Vec<Node>,
    /// The newest first.
    pub events: Vec<Event>,
    /// What is close to its limit, or past it.
    pub limits: Vec<Limit>,
    pub missing: Vec<String>,
}

/// Use in percent of what is reserved, or of what a node offers, and how it went.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
    #[serde(skip)]
    pub past: Measured,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    pub name: String,
    pub status: String,
    pub nodes: i64,
    pub services: i64,
    pub running: i64,
    pub pending: i64,
    #[serde(flatten)]
    pub used: Use,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    pub cluster: String,
    pub name: String,
    #[serde(serialize_with = "as_word")]
    pub state: State,
    pub desired: i64,
    pub running: i64,
    pub pending: i64,
    pub task_definition: String,
    pub deployments: Vec<Deployment>,
    /// Why it is not as it should be; empty if it is.
    pub why: String,
    #[serde(flatten)]
    pub used: Use,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    pub status: String,
    pub rollout: String,
    pub task_definition: String,
    pub desired: i64,
    pub running: i64,
    pub pending: i64,
    pub failed: i64,
    pub reason: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    pub cluster: String,
    pub id: String,
    /// Its service, or the group it was started in.
    pub group: String,
    pub task_definition: String,
    pub status: String,
    pub desired_status: String,
    pub health: String,
    /// Id of its container instance; empty on Fargate.
    pub node: String,
    pub launch_type: String,
    pub zone: String,
    pub address: Option<String>,
    /// Seconds since 1970.
    pub created_at: Option<f64>,
    pub containers: Vec<Container>,
    #[serde(flatten)]
    pub used: Use,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    pub name: String,
    pub status: String,
    pub image: String,
    pub exit_code: Option<i64>,
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    pub cluster: String,
    pub id: String,
    pub zone: String,
    pub status: String,
    pub connected: bool,
    pub running: i64,
    pub pending: i64,
    pub cpu: Reserved,
    pub memory_mib: Reserved,
    #[serde(flatten)]
    pub used: Use,
}

/// What tasks reserved of what a machine offers.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Reserved {
    pub reserved: i64,
    pub offered: i64,
}

impl Reserved {
    pub fn percent(self) -> Option<f64> {
        (self.offered > 0).then(|| 100.0 * self.reserved as f64 / self.offered as f64)
    }

    fn with(self, other: Self) -> Self {
        Self {
            reserved: self.reserved.saturating_add(other.reserved),
            offered: self.offered.saturating_add(other.offered),
        }
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Seconds since 1970.
    pub at: f64,
    pub cluster: String,
    pub service: String,
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    pub what: String,
    pub detail: String,
}

impl Model {
    pub fn new(seen: &Seen, endpoint: &str, region: &str) -> Self {
        let (all, now) = (&seen.overview, seen.at);
        let used = |subject: Subject| used(&seen.usage, &subject, now);
        let clusters: Vec<Cluster> = list(all, "clusters").map(|it| cluster(it, &used)).collect();
        let tasks: Vec<Task> = list(all, "tasks").map(|it| task(it, &used)).collect();
        let nodes: Vec<Node> = list(all, "containerInstances")
            .map(|it| node(it, &used))
            .collect();
        let mut limits = seen.limits.clone();
        limits.extend(nearly_full(&nodes));
        Self {
            at: now,
            endpoint: endpoint.to_owned(),
            region: region.to_owned(),
            summary: summary(all),
            tasks_left_out: left_out(&clusters, &tasks),
            clusters,
            services: list(all, "services").map(|it| service(it, &used)).collect(),
            tasks,
            nodes,
            events: events(all),
            limits,
            missing: seen.missing.clone(),
        }
    }
}

/// Tasks of clusters of which the overview has as many as it takes.
fn left_out(clusters: &[Cluster], tasks: &[Task]) -> i64 {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for task in tasks {
        *known.entry(&task.cluster).or_default() += 1;
    }
    let beyond = |cluster: &Cluster| {
        let known = known.get(cluster.name.as_str()).copied().unwrap_or(0);
        let there = cluster.running + cluster.pending;
        match known >= OVERVIEW_TASKS {
            true => (there - i64::try_from(known).unwrap_or(i64::MAX)).max(0),
            false => 0,
        }
    };
    clusters.iter().map(beyond).sum()
}

fn used(usage: &Usage, subject: &Subject, now: Timestamp) -> Use {
    let Some(past) = usage.of(subject) else {
        return Use::default();
    };
    Use {
        cpu_percent: latest(&past.cpu, now),
        memory_percent: latest(&past.memory, now),
        past: past.clone(),
    }
}

fn cluster(it: &Value, used: &impl Fn(Subject) -> Use) -> Cluster {
    let name = cell(it, "clusterName");
    Cluster {
        used: used(Subject::Cluster(name.clone())),
        name,
        status: cell(it, "status"),
        nodes: number(it, "registeredContainerInstancesCount"),
        services: number(it, "activeServicesCount"),
        running: number(it, "runningTasksCount"),
        pending: number(it, "pendingTasksCount"),
    }
}

fn service(it: &Value, used: &impl Fn(Subject) -> Use) -> Service {
    let (cluster, own, state) = (
        name(it, "clusterArn"),
        cell(it, "serviceName"),
        State::of(it),
    );
    Service {
        used: used(Subject::Service(cluster.clone(), own.clone())),
        cluster,
        name: own,
        state,
        desired: number(it, "desiredCount"),
        running: number(it, "runningCount"),
        pending: number(it, "pendingCount"),
        task_definition: name(it, "taskDefinition"),
        deployments: list(it, "deployments").map(deployment).collect(),
        why: why(it, state),
    }
}

fn deployment(it: &Value) -> Deployment {
    Deployment {
        status: cell(it, "status"),
        rollout: cell(it, "rolloutState"),
        task_definition: name(it, "taskDefinition"),
        desired: number(it, "desiredCount"),
        running: number(it, "runningCount"),
        pending: number(it, "pendingCount"),
        failed: number(it, "failedTasks"),
        reason: cell(it, "rolloutStateReason"),
    }
}

fn task(it: &Value, used: &impl Fn(Subject) -> Use) -> Task {
    let id = name(it, "taskArn");
    let group = cell(it, "group");
    let given = |member: &str| it[member].as_str().unwrap_or_default().to_owned();
    let node = given("containerInstanceArn");
    Task {
        used: used(Subject::Task(id.clone())),
        cluster: name(it, "clusterArn"),
        id,
        group: group.strip_prefix("service:").unwrap_or(&group).to_owned(),
        task_definition: name(it, "taskDefinitionArn"),
        status: cell(it, "lastStatus"),
        desired_status: cell(it, "desiredStatus"),
        health: cell(it, "healthStatus"),
        node: node.rsplit('/').next().unwrap_or_default().to_owned(),
        launch_type: cell(it, "launchType"),
        zone: cell(it, "availabilityZone"),
        address: address(it),
        created_at: it["createdAt"].as_f64(),
        containers: list(it, "containers").map(container).collect(),
    }
}

fn container(it: &Value) -> Container {
    Container {
        name: cell(it, "name"),
        status: cell(it, "lastStatus"),
        image: cell(it, "image"),
        exit_code: it["exitCode"].as_i64(),
        reason: it["reason"].as_str().map(str::to_owned),
    }
}

fn node(it: &Value, used: &impl Fn(Subject) -> Use) -> Node {
    let of = |kind: &str, resource: &str| {
        let found = list(it, kind).find(|it| it["name"] == resource);
        found.map_or(0, |it| number(it, "integerValue"))
    };
    let reserved = |resource: &str| {
        let offered = of("registeredResources", resource);
        Reserved {
            reserved: offered.saturating_sub(of("remainingResources", resource)),
            offered,
        }
    };
    Node {
        cluster: cluster_of(&cell(it, "containerInstanceArn")),
        used: used(Subject::Node(name(it, "containerInstanceArn"))),
        id: name(it, "containerInstanceArn"),
        zone: zone(it),
        status: cell(it, "status"),
        connected: it["agentConnected"] == true,
        running: number(it, "runningTasksCount"),
        pending: number(it, "pendingTasksCount"),
        cpu: reserved("CPU"),
        memory_mib: reserved("MEMORY"),
    }
}

/// The newest of all services.
fn events(overview: &Value) -> Vec<Event> {
    let of = |service: &Value| {
        let (cluster, own) = (name(service, "clusterArn"), cell(service, "serviceName"));
        let subject = format!("(service {own}) ");
        let each = list(service, "events").take(MOST_EVENTS);
        let shown = each.map(move |it| Event {
            at: it["createdAt"].as_f64().unwrap_or_default(),
            cluster: cluster.clone(),
            service: own.clone(),
            message: cell(it, "message").trim_start_matches(&subject).to_owned(),
        });
        shown.collect::<Vec<Event>>()
    };
    let mut events: Vec<Event> = list(overview, "services").flat_map(of).collect();
    events.sort_by(|a, b| b.at.total_cmp(&a.at));
    events.truncate(MOST_EVENTS);
    events
}

/// Clusters whose machines have hardly anything left to reserve.
fn nearly_full(nodes: &[Node]) -> Vec<Limit> {
    let mut clusters: BTreeMap<&str, (Reserved, Reserved)> = BTreeMap::new();
    for node in nodes.iter().filter(|it| it.status == "ACTIVE") {
        let (cpu, memory) = clusters.entry(&node.cluster).or_default();
        (*cpu, *memory) = (cpu.with(node.cpu), memory.with(node.memory_mib));
    }
    let mut full = Vec::new();
    for (cluster, (cpu, memory)) in clusters {
        for (what, unit, of) in [("CPU", "units", cpu), ("memory", "MiB", memory)] {
            if of.percent().is_some_and(|it| it >= CLOSE_PERCENT) {
                full.push(Limit {
                    what: format!("{what} of cluster {cluster}"),
                    detail: format!("{} of {} {unit} reserved", of.reserved, of.offered),
                });
            }
        }
    }
    full
}

fn as_iso8601<S: Serializer>(at: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&at.iso8601())
}

fn as_word<S: Serializer>(state: &State, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(state.word())
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    const NOW_S: f64 = 1_800_000_000.0;

    fn arn(kind: &str, name: &str) -> String {
        format!("arn:aws:ecs:us-east-1:000000000000:{kind}/{name}")
    }

    /// A service that fails and one that is steady, on one machine.
    pub fn overview() -> Value {
        let event = |ago: f64, text: &str| json!({"createdAt": NOW_S - ago, "message": text});
        let resource = |name: &str, value: i64| json!({"name": name, "integerValue": value});
        let deployment = |rollout: &str, reason: &str, failed: i64| {
            json!({"status": "PRIMARY", "rolloutState": rollout, "rolloutStateReason": reason,
                   "taskDefinition": arn("task-definition", "web:1"), "desiredCount": 2,
                   "runningCount": 1, "pendingCount": 0, "failedTasks": failed})
        };
        let task = |id: &str, service: &str, status: &str| {
            json!({"clusterArn": arn("cluster", "default"), "taskArn": arn("task", &format!("default/{id}")),
                   "group": format!("service:{service}"), "taskDefinitionArn": arn("task-definition", "web:1"),
                   "lastStatus": status, "desiredStatus": "RUNNING", "healthStatus": "UNKNOWN",
                   "containerInstanceArn": arn("container-instance", "default/0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                   "launchType": "EC2", "availabilityZone": "local-1a", "createdAt": NOW_S - 90.0,
                   "containers": [{"name": "main", "lastStatus": status, "image": "web:1"}]})
        };
        json!({
            "clusters": [{"clusterName": "default", "status": "ACTIVE", "registeredContainerInstancesCount": 1,
                          "activeServicesCount": 2, "runningTasksCount": 2, "pendingTasksCount": 1}],
            "services": [
                {"clusterArn": arn("cluster", "default"), "serviceName": "web", "status": "ACTIVE", "desiredCount": 2,
                 "runningCount": 2, "pendingCount": 0, "taskDefinition": arn("task-definition", "web:1"),
                 "deployments": [deployment("COMPLETED", "done", 0)],
                 "events": [event(30.0, "(service web) has reached a steady state.")]},
                {"clusterArn": arn("cluster", "default"), "serviceName": "broken", "status": "ACTIVE", "desiredCount": 1,
                 "runningCount": 0, "pendingCount": 1, "taskDefinition": arn("task-definition", "broken:1"),
                 "deployments": [deployment("IN_PROGRESS", "1 task failed: exit code 3", 4)],
                 "events": [event(5.0, "(service broken) has started 1 tasks: \u{1b}[2J(task 1)."), event(60.0, "old")]},
            ],
            "tasks": [
                task("0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "web", "RUNNING"),
                task("1a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "web", "RUNNING"),
                task("2a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "broken", "PENDING"),
            ],
            "containerInstances": [{
                "containerInstanceArn": arn("container-instance", "default/0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
                "status": "ACTIVE", "agentConnected": true, "runningTasksCount": 2, "pendingTasksCount": 1,
                "registeredResources": [resource("CPU", 2048), resource("MEMORY", 1000)],
                "remainingResources": [resource("CPU", 1024), resource("MEMORY", 50)],
                "attributes": [{"name": "ecs.availability-zone", "value": "local-1a"}],
            }],
        })
    }

    pub fn model_of(overview: Value, usage: Usage) -> Model {
        let seen = Seen {
            overview,
            usage,
            limits: vec![Limit {
                what: "connections".to_owned(),
                detail: "9 of 10".to_owned(),
            }],
            missing: Vec::new(),
            at: Timestamp::from_millis(NOW_S as i64 * 1000),
        };
        Model::new(&seen, "http://127.0.0.1:4566", "us-east-1")
    }

    #[test]
    fn everything_is_in_the_model() {
        let model = model_of(overview(), Usage::default());
        let web = &model.services[0];
        assert_eq!((web.state, web.why.as_str()), (State::Steady, ""));
        let broken = &model.services[1];
        assert_eq!((broken.desired, broken.running, broken.pending), (1, 0, 1));
        assert_eq!(
            (broken.state, broken.why.as_str()),
            (State::Failing, "exit code 3; 4 failed")
        );
        let node = &model.nodes[0];
        assert_eq!(
            (node.cpu.percent(), node.memory_mib.percent()),
            (Some(50.0), Some(95.0))
        );
        let ages: Vec<f64> = model.events.iter().map(|it| NOW_S - it.at).collect();
        assert_eq!(ages, [5.0, 30.0, 60.0]);
        assert_eq!(model.events[1].message, "has reached a steady state.");
        let limits: Vec<&str> = model.limits.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(limits, ["connections", "memory of cluster default"]);
        assert_eq!(model.tasks_left_out, 0);
    }

    #[test]
    fn tasks_beyond_the_overview_are_counted() {
        let mut many = overview();
        let task = many["tasks"][0].clone();
        many["tasks"] = vec![task; OVERVIEW_TASKS].into();
        many["clusters"][0]["runningTasksCount"] = 3200.into();
        many["clusters"][0]["pendingTasksCount"] = 5.into();
        assert_eq!(model_of(many, Usage::default()).tasks_left_out, 2205);
    }

    #[test]
    fn machines_read_names_and_numbers() {
        let shown = serde_json::to_value(model_of(overview(), Usage::default())).unwrap();
        assert_eq!(shown["at"], "2027-01-15T08:00:00.000Z");
        assert_eq!(shown["services"][1]["state"], "failing");
        assert_eq!(shown["services"][1]["cpuPercent"], Value::Null);
        assert_eq!(
            shown["nodes"][0]["memoryMib"],
            json!({"reserved": 950, "offered": 1000})
        );
        assert_eq!(shown["tasks"][2]["id"], "2a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a");
        assert!(shown.get("summary").is_none());
    }
}
