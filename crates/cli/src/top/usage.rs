//! CPU and memory of clusters, services, nodes and tasks, pure: which metrics of CloudWatch a look asks for, and what
//! the answer says. One request holds them all; what does not fit in it is left out, tasks first.

use std::collections::BTreeMap;

use serde_json::Value;
use wharf_api_cloudwatch::{
    Dimension, GetMetricDataInput, GetMetricDataOutput, Metric, MetricDataQuery, MetricStat,
};
use wharf_base::Timestamp;

use crate::status::tables::{cell, cluster_of, list, name};

/// Queries that GetMetricData takes.
const MOST_QUERIES: usize = 500;
const MINUTE_S: i64 = 60;
/// How far back a look goes, for the lines in the details.
const SPAN_S: i64 = 15 * MINUTE_S;
/// A value that is older says nothing of now: a minute is measured within two.
const FRESH_S: i64 = 3 * MINUTE_S;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Cluster(String),
    /// Its cluster and its name.
    Service(String, String),
    /// Its id.
    Task(String),
    /// Id of the container instance.
    Node(String),
}

/// Seconds since 1970 and percent of what is reserved, ascending.
pub type Points = Vec<(i64, f64)>;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    pub cpu: Points,
    pub memory: Points,
}

/// What is known of use.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage(BTreeMap<Subject, Measured>);

impl Usage {
    pub fn of(&self, subject: &Subject) -> Option<&Measured> {
        self.0.get(subject)
    }
}

/// The last value, if it is one of now.
pub fn latest(points: &[(i64, f64)], now: Timestamp) -> Option<f64> {
    let (at, value) = points.last()?;
    (now.epoch_seconds() as i64 - at <= FRESH_S).then_some(*value)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Cpu,
    Memory,
}

/// A line that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    subject: Subject,
    measure: Measure,
    namespace: &'static str,
    metric: &'static str,
    dimensions: Vec<(&'static str, String)>,
}

/// What to ask for of what there is: clusters, services, nodes of clusters that measure them, then tasks whose cluster
/// measures each of them.
pub fn wanted(overview: &Value) -> Vec<Wanted> {
    let mut all = Vec::new();
    let of_ecs = [
        (Measure::Cpu, "CPUUtilization"),
        (Measure::Memory, "MemoryUtilization"),
    ];
    for it in list(overview, "clusters") {
        let cluster = cell(it, "clusterName");
        let dimensions = vec![("ClusterName", cluster.clone())];
        push(
            &mut all,
            Subject::Cluster(cluster),
            "AWS/ECS",
            of_ecs,
            dimensions,
        );
    }
    for it in list(overview, "services") {
        let (cluster, service) = (name(it, "clusterArn"), cell(it, "serviceName"));
        let dimensions = vec![
            ("ClusterName", cluster.clone()),
            ("ServiceName", service.clone()),
        ];
        push(
            &mut all,
            Subject::Service(cluster, service),
            "AWS/ECS",
            of_ecs,
            dimensions,
        );
    }
    let measured: Vec<String> = list(overview, "clusters")
        .filter(|it| insights(it).is_some())
        .map(|it| cell(it, "clusterName"))
        .collect();
    let of_nodes = [
        (Measure::Cpu, "instance_cpu_utilization"),
        (Measure::Memory, "instance_memory_utilization"),
    ];
    for it in list(overview, "containerInstances") {
        let arn = cell(it, "containerInstanceArn");
        let (cluster, id) = (cluster_of(&arn), name(it, "containerInstanceArn"));
        let machine = cell(it, "ec2InstanceId");
        // Without one it has no metrics of its own, and CloudWatch would refuse to look for them all.
        let is_known = machine.starts_with("i-") || machine.starts_with("mi-");
        if !measured.contains(&cluster) || !is_known {
            continue;
        }
        let dimensions = vec![
            ("ClusterName", cluster),
            ("ContainerInstanceId", id.clone()),
            ("InstanceId", machine),
        ];
        push(
            &mut all,
            Subject::Node(id),
            "ECS/ContainerInsights",
            of_nodes,
            dimensions,
        );
    }
    let of_tasks = [
        (Measure::Cpu, "TaskCpuUtilization"),
        (Measure::Memory, "TaskMemoryUtilization"),
    ];
    let enhanced: Vec<String> = list(overview, "clusters")
        .filter(|it| insights(it) == Some("enhanced"))
        .map(|it| cell(it, "clusterName"))
        .collect();
    for it in list(overview, "tasks") {
        let (cluster, id) = (name(it, "clusterArn"), name(it, "taskArn"));
        if all.len() >= MOST_QUERIES || !enhanced.contains(&cluster) {
            continue;
        }
        let group = cell(it, "group");
        let owner = match group.strip_prefix("service:") {
            Some(service) => ("ServiceName", service.to_owned()),
            None => {
                let definition = name(it, "taskDefinitionArn");
                let family = definition.rsplit_once(':').map_or("", |it| it.0);
                ("TaskDefinitionFamily", family.to_owned())
            }
        };
        let dimensions = vec![("ClusterName", cluster), owner, ("TaskId", id.clone())];
        push(
            &mut all,
            Subject::Task(id),
            "ECS/ContainerInsights",
            of_tasks,
            dimensions,
        );
    }
    all.truncate(MOST_QUERIES);
    all
}

/// What a cluster has of Container Insights, if it has it turned on: of each task where it is `enhanced`.
fn insights(cluster: &Value) -> Option<&str> {
    let mut settings = list(cluster, "settings");
    let setting = settings.find(|it| it["name"] == "containerInsights")?;
    setting["value"].as_str().filter(|it| *it != "disabled")
}

fn push(
    all: &mut Vec<Wanted>,
    subject: Subject,
    namespace: &'static str,
    metrics: [(Measure, &'static str); 2],
    dimensions: Vec<(&'static str, String)>,
) {
    for (measure, metric) in metrics {
        all.push(Wanted {
            subject: subject.clone(),
            measure,
            namespace,
            metric,
            dimensions: dimensions.clone(),
        });
    }
}

/// All of it in one request.
pub fn request(wanted: &[Wanted], now: Timestamp) -> GetMetricDataInput {
    let minute = (now.epoch_seconds() as i64).div_euclid(MINUTE_S) * MINUTE_S;
    let at = |seconds: i64| Some(Timestamp::from_millis(seconds * 1000));
    let query = |(number, it): (usize, &Wanted)| MetricDataQuery {
        id: Some(format!("q{number}")),
        metric_stat: Some(MetricStat {
            metric: Some(Metric {
                namespace: Some(it.namespace.to_owned()),
                metric_name: Some(it.metric.to_owned()),
                dimensions: Some(it.dimensions.iter().map(dimension).collect()),
            }),
            period: i32::try_from(MINUTE_S).ok(),
            stat: Some("Average".to_owned()),
            unit: None,
        }),
        ..Default::default()
    };
    GetMetricDataInput {
        metric_data_queries: Some(wanted.iter().enumerate().map(query).collect()),
        start_time: at(minute - SPAN_S),
        end_time: at(minute + MINUTE_S),
        scan_by: Some("TimestampAscending".to_owned()),
        ..Default::default()
    }
}

fn dimension((name, value): &(&'static str, String)) -> Dimension {
    Dimension {
        name: Some((*name).to_owned()),
        value: Some(value.clone()),
    }
}

/// What the answer to that request says.
pub fn read(wanted: &[Wanted], answer: GetMetricDataOutput) -> Usage {
    let mut usage = Usage::default();
    for result in answer.metric_data_results.unwrap_or_default() {
        let number = result.id.as_deref().and_then(|it| it.strip_prefix('q'));
        let number = number.and_then(|it| it.parse::<usize>().ok());
        let Some(it) = number.and_then(|it| wanted.get(it)) else {
            continue;
        };
        let times = result.timestamps.unwrap_or_default().into_iter();
        let values = result.values.unwrap_or_default();
        let points: Points = times
            .map(|it| it.millis().div_euclid(1000))
            .zip(values)
            .collect();
        if points.is_empty() {
            continue;
        }
        let measured = usage.0.entry(it.subject.clone()).or_default();
        match it.measure {
            Measure::Cpu => measured.cpu = points,
            Measure::Memory => measured.memory = points,
        }
    }
    usage
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_api_cloudwatch::MetricDataResult;

    use super::*;

    fn overview() -> Value {
        let arn = |kind: &str, name: &str| format!("arn:aws:ecs:r:a:{kind}/{name}");
        json!({
            "clusters": [
                {"clusterName": "a", "settings": [{"name": "containerInsights", "value": "enhanced"}]},
                {"clusterName": "b"},
            ],
            "services": [{"clusterArn": arn("cluster", "a"), "serviceName": "web"}],
            "tasks": [
                {"clusterArn": arn("cluster", "a"), "taskArn": arn("task", "a/1"), "group": "service:web"},
                {"clusterArn": arn("cluster", "a"), "taskArn": arn("task", "a/2"), "group": "family:x",
                 "taskDefinitionArn": arn("task-definition", "x:3")},
                {"clusterArn": arn("cluster", "b"), "taskArn": arn("task", "b/3"), "group": "family:x"},
            ],
            "containerInstances": [
                {"containerInstanceArn": arn("container-instance", "a/n"), "ec2InstanceId": "i-1"},
                {"containerInstanceArn": arn("container-instance", "a/without")},
                {"containerInstanceArn": arn("container-instance", "b/m"), "ec2InstanceId": "i-2"},
            ],
        })
    }

    #[test]
    fn tasks_are_asked_for_where_they_are_measured() {
        let wanted = wanted(&overview());
        let shown: Vec<String> = wanted
            .iter()
            .filter(|it| it.measure == Measure::Cpu)
            .map(|it| {
                let dimensions: Vec<String> = it
                    .dimensions
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                format!("{} {}", it.metric, dimensions.join(","))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "CPUUtilization ClusterName=a",
                "CPUUtilization ClusterName=b",
                "CPUUtilization ClusterName=a,ServiceName=web",
                "instance_cpu_utilization ClusterName=a,ContainerInstanceId=n,InstanceId=i-1",
                "TaskCpuUtilization ClusterName=a,ServiceName=web,TaskId=1",
                "TaskCpuUtilization ClusterName=a,TaskDefinitionFamily=x,TaskId=2",
            ]
        );
        assert_eq!(wanted.len(), 12);
    }

    #[test]
    fn one_request_is_enough_for_thousands() {
        let mut many = overview();
        let task = many["tasks"][0].clone();
        many["tasks"] = vec![task; 5000].into();
        assert_eq!(wanted(&many).len(), MOST_QUERIES);
        let service = many["services"][0].clone();
        many["services"] = vec![service; 5000].into();
        let wanted = wanted(&many);
        assert_eq!(wanted.len(), MOST_QUERIES);
        let input = request(&wanted, Timestamp::from_millis(90_000));
        assert_eq!(input.metric_data_queries.unwrap().len(), MOST_QUERIES);
        assert_eq!(input.end_time, Some(Timestamp::from_millis(120_000)));
    }

    #[test]
    fn the_answer_is_read_by_its_ids() {
        let wanted = wanted(&overview());
        let result = |id: &str, values: &[f64]| MetricDataResult {
            id: Some(id.to_owned()),
            timestamps: Some(vec![
                Timestamp::from_millis(60_000),
                Timestamp::from_millis(120_000),
            ]),
            values: Some(values.to_vec()),
            ..Default::default()
        };
        let answer = GetMetricDataOutput {
            metric_data_results: Some(vec![
                result("q5", &[3.0, 4.0]),
                result("q0", &[1.0, 2.0]),
                result("q99", &[1.0]),
                result("x", &[1.0]),
                result("q1", &[]),
            ]),
            ..Default::default()
        };
        let usage = read(&wanted, answer);
        let cluster = usage.of(&Subject::Cluster("a".to_owned())).unwrap();
        assert_eq!(cluster.cpu, [(60, 1.0), (120, 2.0)]);
        assert_eq!(cluster.memory, []);
        let web = Subject::Service("a".to_owned(), "web".to_owned());
        assert_eq!(usage.of(&web).unwrap().memory, [(60, 3.0), (120, 4.0)]);
        assert_eq!(usage.0.len(), 2);
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        assert_eq!(latest(&cluster.cpu, at(120 + FRESH_S)), Some(2.0));
        assert_eq!(latest(&cluster.cpu, at(121 + FRESH_S)), None);
        assert_eq!(latest(&[], at(0)), None);
    }
}
