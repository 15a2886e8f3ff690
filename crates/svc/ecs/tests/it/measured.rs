//! What agents report of what tasks used.

use serde_json::{Value, json};
use wharf_series::{Metric, Options, Series, Span};
use wharf_svc_ecs::Config;
use wharf_testkit::ecs::{Agent, registration};
use wharf_vended::Vended;

use wharf_api_ecs::Ecs;

use crate::harness::{ACCOUNT, Harness, REGION, call, context, decode};

struct Measured {
    harness: Harness,
    agent: Agent,
    series: Series,
    task: String,
    /// Seconds between samples that the agent was told.
    measured_every: Option<u64>,
    _dir: tempfile::TempDir,
}

const SERVICE: &[(&str, &str)] = &[("ClusterName", "default"), ("ServiceName", "web")];
const CLUSTER: &[(&str, &str)] = &[("ClusterName", "default")];

/// A service with one task on a machine of 2048 CPU units and 4096 MiB, of which it has a quarter.
async fn started() -> Measured {
    started_with(json!({})).await
}

/// With further members of CreateService.
async fn started_with(more: Value) -> Measured {
    started_as(Config::default(), more).await
}

async fn started_as(config: Config, more: Value) -> Measured {
    let dir = tempfile::tempdir().unwrap();
    let series = Series::open(dir.path(), Options::default()).unwrap();
    let metrics = Vended::new(series.clone());
    let harness = Harness::measured(config, metrics).await;
    harness.create_cluster("default").await;
    let mut agent = Agent::join(&harness, "default").await;
    harness
        .define(json!({"family": "web", "containerDefinitions": [
            {"name": "web", "image": "i", "cpu": 512, "memory": 1024}]}))
        .await;
    let mut service = json!({"serviceName": "web", "taskDefinition": "web", "desiredCount": 1});
    let (Value::Object(all), Value::Object(more)) = (&mut service, more) else {
        unreachable!()
    };
    all.extend(more);
    harness.create_service(service).await.unwrap();
    let payload = agent.payload().await;
    let task = payload["arn"].as_str().unwrap().to_owned();
    agent.running(&harness, &task).await;
    Measured {
        harness,
        agent,
        series,
        task,
        measured_every: payload["measuredEvery"].as_u64(),
        _dir: dir,
    }
}

/// The minute that ended last.
fn last_minute() -> i64 {
    let now = context().now.millis() / 1000;
    now - now % 60 - 60
}

fn report(task: &str, at: i64, (cpu, memory): (f64, f64)) -> Value {
    let set = |mean: f64| json!({"min": 0.0, "max": mean, "sampleCount": 60, "sum": mean * 60.0});
    json!({
        "metadata": {"messageId": "m", "fin": true, "period": 60, "part": 0},
        "timestamp": at as f64,
        "taskMetrics": [{"taskArn": task, "containerMetrics": [
            {"containerName": "web", "cpuStatsSet": set(cpu), "memoryStatsSet": set(memory)}]}],
    })
}

impl Measured {
    /// How many samples there are in a minute, and their mean.
    fn seen(&self, name: &str, dimensions: &[(&str, &str)], at: i64) -> Option<(f64, f64)> {
        self.seen_in("AWS/ECS", name, dimensions, at)
    }

    /// How closely the cluster is observed from now on.
    async fn observed(&self, level: &str) {
        let settings = json!([{"name": "containerInsights", "value": level}]);
        let input = json!({"cluster": "default", "settings": settings});
        let input = decode("UpdateClusterSettings", input);
        let of = call();
        let changed = self.harness.update_cluster_settings(&of, input);
        changed.await.unwrap();
    }

    fn seen_in(
        &self,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        at: i64,
    ) -> Option<(f64, f64)> {
        self.seen_over(60, namespace, name, dimensions, at)
    }

    fn seen_over(
        &self,
        seconds: u32,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        at: i64,
    ) -> Option<(f64, f64)> {
        let named = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let metric = Metric {
            account: ACCOUNT.into(),
            region: REGION.into(),
            namespace: namespace.into(),
            name: name.into(),
            dimensions: dimensions.iter().map(named).collect(),
        };
        let (_, number) = self.series.units(&metric).into_iter().next()?;
        let span = Span {
            from: at,
            to: at + i64::from(seconds),
            period: i64::from(seconds),
            spread: false,
        };
        let read = self.series.read_blocking(&[number], span).unwrap();
        let (_, whole) = read[0].first()?;
        Some((whole.count, whole.sum / whole.count))
    }
}

#[tokio::test]
async fn a_report_is_percent_of_what_is_reserved() {
    let it = started().await;
    let mut telemetry = it.agent.telemetry(&it.harness).await;
    let at = last_minute();
    for _ in 0..2 {
        let message = report(&it.task, at, (12.5, 256.0));
        telemetry.send("PublishMetricsRequest", message).await;
        telemetry.expect("AckPublishMetric").await;
    }
    let cases = [
        ("CPUUtilization", SERVICE, 50.0),
        ("MemoryUtilization", SERVICE, 25.0),
        ("CPUUtilization", CLUSTER, 12.5),
        ("MemoryUtilization", CLUSTER, 6.25),
    ];
    for (name, dimensions, percent) in cases {
        let seen = it.seen(name, dimensions, at);
        assert_eq!(seen, Some((1.0, percent)), "{name} {dimensions:?}");
    }
}

#[tokio::test]
async fn metrics_of_high_resolution_come_every_twenty_seconds_and_count_once() {
    let monitoring = json!({"metricConfigurations": [
        {"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]});
    let it = started_with(json!({"monitoring": monitoring})).await;
    assert_eq!(it.measured_every, Some(20));
    let mut telemetry = it.agent.telemetry(&it.harness).await;
    let at = last_minute();
    for (second, cpu) in [(0, 2.5), (20, 5.0), (20, 90.0), (40, 7.5)] {
        let mut message = report(&it.task, at + second, (cpu, 256.0));
        message["metadata"]["period"] = json!(20);
        telemetry.send("PublishMetricsRequest", message).await;
        telemetry.expect("AckPublishMetric").await;
    }
    let message = report(&it.task, at, (50.0, 256.0));
    telemetry.send("PublishMetricsRequest", message).await;
    telemetry.expect("AckPublishMetric").await;
    let cpu = |second| it.seen_over(20, "AWS/ECS", "CPUUtilization", SERVICE, at + second);
    let percent = [0, 20, 40].map(cpu);
    assert_eq!(
        percent,
        [Some((1.0, 10.0)), Some((1.0, 20.0)), Some((1.0, 30.0))]
    );
    let whole = it.seen("CPUUtilization", SERVICE, at);
    assert_eq!(whole, Some((3.0, 20.0)), "the minute is made of its parts");
    let memory = it.seen("MemoryUtilization", SERVICE, at);
    assert_eq!(memory, Some((1.0, 25.0)), "it is measured each minute");
    assert_eq!(it.seen("CPUUtilization", CLUSTER, at), Some((1.0, 50.0)));
}

#[tokio::test]
async fn an_installation_may_have_them_every_ten_seconds() {
    let mut config = Config::default();
    config.agents.high_resolution = 10;
    let monitoring = json!({"metricConfigurations": [
        {"metricNames": ["CPUUtilization"], "resolutionSeconds": 20}]});
    let it = started_as(config, json!({"monitoring": monitoring})).await;
    assert_eq!(it.measured_every, Some(10));
    let mut telemetry = it.agent.telemetry(&it.harness).await;
    let at = last_minute();
    // Tasks that began before are measured every 20 seconds until they end.
    for (second, period, cpu) in [(0, 10, 2.5), (10, 10, 5.0), (10, 10, 90.0), (20, 20, 7.5)] {
        let mut message = report(&it.task, at + second, (cpu, 256.0));
        message["metadata"]["period"] = json!(period);
        telemetry.send("PublishMetricsRequest", message).await;
        telemetry.expect("AckPublishMetric").await;
    }
    let cpu = |second| it.seen_over(10, "AWS/ECS", "CPUUtilization", SERVICE, at + second);
    let percent = [0, 10, 20, 30].map(cpu);
    assert_eq!(
        percent,
        [
            Some((1.0, 10.0)),
            Some((1.0, 20.0)),
            Some((1.0, 30.0)),
            None
        ]
    );
}

#[tokio::test]
async fn a_node_reports_of_its_own_tasks_alone() {
    let it = started().await;
    let other = Agent::join_as(&it.harness, registration("default"), context()).await;
    assert_ne!(other.instance, it.agent.instance);
    let mut telemetry = other.telemetry(&it.harness).await;
    let at = last_minute();
    let absent = it.task.replace("task/default/", "task/default/0");
    for task in [it.task.as_str(), absent.as_str(), "no ARN"] {
        let message = report(task, at, (90.0, 90.0));
        telemetry.send("PublishMetricsRequest", message).await;
        telemetry.expect("AckPublishMetric").await;
    }
    assert_eq!(it.seen("CPUUtilization", SERVICE, at), None);
    assert_eq!(it.seen("CPUUtilization", CLUSTER, at), None);
}

#[tokio::test]
async fn what_makes_no_sense_is_acknowledged_and_dropped() {
    let it = started().await;
    let mut telemetry = it.agent.telemetry(&it.harness).await;
    let at = last_minute();
    let with = |change: fn(&mut Value)| {
        let mut message = report(&it.task, at, (1.0, 1.0));
        change(&mut message);
        message
    };
    for message in [
        with(|it| it["timestamp"] = json!(-1e300)),
        with(|it| it["timestamp"] = json!(1e300)),
        with(|it| it["metadata"]["part"] = json!(60)),
        with(|it| it["metadata"]["period"] = json!(1)),
        with(|it| it["taskMetrics"] = Value::Null),
        with(|it| it["taskMetrics"] = json!("many")),
        Value::Null,
    ] {
        telemetry.send("PublishMetricsRequest", message).await;
        telemetry.expect("AckPublishMetric").await;
    }
    assert_eq!(it.seen("CPUUtilization", SERVICE, at), None);
}

#[tokio::test]
async fn the_last_minute_of_a_task_counts_after_its_end() {
    let it = started().await;
    it.agent.ended(&it.harness, &it.task, 0).await;
    it.harness.until(&it.task, "STOPPED").await;
    let mut telemetry = it.agent.telemetry(&it.harness).await;
    let at = last_minute();
    let message = report(&it.task, at, (12.5, 256.0));
    telemetry.send("PublishMetricsRequest", message).await;
    telemetry.expect("AckPublishMetric").await;
    assert_eq!(it.seen("CPUUtilization", SERVICE, at), Some((1.0, 50.0)));
}

const INSIGHTS: &str = "ECS/ContainerInsights";

#[tokio::test]
async fn clusters_with_container_insights_have_its_metrics() {
    let it = started().await;
    let mut telemetry = it.agent.telemetry(&it.harness).await;
    let at = last_minute();
    for (minutes_ago, level) in [(2, "disabled"), (1, "enabled"), (0, "enhanced")] {
        it.observed(level).await;
        let mut message = report(&it.task, at - minutes_ago * 60, (12.5, 256.0));
        let range = |min: f64| json!({"min": min, "max": min + 6000.0});
        let container = &mut message["taskMetrics"][0]["containerMetrics"][0];
        container["networkStatsSet"] = json!({"rxBytes": range(7.0), "txBytes": range(-1e300)});
        container["storageStatsSet"] = json!({"readSizeBytes": range(0.0)});
        telemetry.send("PublishMetricsRequest", message).await;
        telemetry.expect("AckPublishMetric").await;
    }
    let family = [("ClusterName", "default"), ("TaskDefinitionFamily", "web")];
    for dimensions in [CLUSTER, SERVICE, &family] {
        let seen = |name, minutes_ago: i64| {
            it.seen_in(INSIGHTS, name, dimensions, at - minutes_ago * 60)
                .map(|it| it.1)
        };
        assert_eq!(seen("CpuUtilized", 2), None);
        for (name, value) in [
            ("CpuUtilized", Some(256.0)),
            ("CpuReserved", Some(512.0)),
            ("MemoryUtilized", Some(256.0)),
            ("MemoryReserved", Some(1024.0)),
            ("NetworkRxBytes", Some(100.0)),
            ("StorageReadBytes", Some(6000.0)),
            ("StorageWriteBytes", None),
            ("TaskCpuUtilization", None),
        ] {
            assert_eq!(seen(name, 1), value, "{name} {dimensions:?}");
        }
        assert_eq!(seen("TaskCpuUtilization", 0), Some(50.0));
        assert_eq!(seen("TaskMemoryUtilization", 0), Some(25.0));
    }
    let id = it.task.rsplit('/').next().unwrap();
    let alone = [
        ("ClusterName", "default"),
        ("ServiceName", "web"),
        ("TaskId", id),
    ];
    let seen = it.seen_in(INSIGHTS, "TaskCpuUtilization", &alone, at);
    assert_eq!(seen, Some((1.0, 50.0)));
}

#[tokio::test]
async fn a_new_cluster_has_what_the_account_turned_on() {
    let it = started().await;
    let input = json!({"name": "containerInsights", "value": "enabled"});
    let input = decode("PutAccountSettingDefault", input);
    let of = call();
    let put = it.harness.put_account_setting_default(&of, input);
    put.await.unwrap();
    for (name, settings, value) in [
        ("one", Value::Null, "enabled"),
        (
            "two",
            json!([{"name": "containerInsights", "value": "disabled"}]),
            "disabled",
        ),
    ] {
        let input = json!({"clusterName": name, "settings": settings});
        let input = decode("CreateCluster", input);
        let made = it.harness.ecs.create_cluster(&call(), input).await.unwrap();
        let made = made.cluster.unwrap();
        let settings = made.settings.unwrap();
        assert_eq!(settings[0].value.as_deref(), Some(value));
    }
}

#[tokio::test]
async fn enhanced_observability_has_metrics_of_single_containers() {
    let it = started().await;
    let mut telemetry = it.agent.telemetry(&it.harness).await;
    it.observed("enhanced").await;
    let at = last_minute();
    let mut message = report(&it.task, at, (12.5, 256.0));
    let container = &mut message["taskMetrics"][0]["containerMetrics"][0];
    let range = json!({"min": 0.0, "max": 6000.0});
    container["networkStatsSet"] = json!({"rxBytes": range, "txBytes": range});
    container["storageStatsSet"] = json!({"readSizeBytes": range});
    container["restartStatsSet"] = json!({"restartCount": 3});
    telemetry.send("PublishMetricsRequest", message).await;
    telemetry.expect("AckPublishMetric").await;
    let id = it.task.rsplit('/').next().unwrap();
    let group = [("ServiceName", "web"), ("TaskDefinitionFamily", "web")];
    for group in group {
        // A task that is of a service is not there a second time with its family.
        let with_task = group.0 == "ServiceName";
        let cluster = ("ClusterName", "default");
        let (name, task) = (("ContainerName", "web"), ("TaskId", id));
        let seen = |metric: &str, of: &[(&str, &str)]| {
            let mut of = of.to_vec();
            of.sort_unstable();
            it.seen_in(INSIGHTS, metric, &of, at)
        };
        for (metric, value) in [
            ("ContainerCpuUtilized", 256.0),
            ("ContainerCpuReserved", 512.0),
            ("ContainerMemoryUtilized", 256.0),
            ("ContainerMemoryReserved", 1024.0),
            ("ContainerMemoryUtilization", 25.0),
            ("ContainerStorageReadBytes", 6000.0),
            ("RestartCount", 3.0),
        ] {
            for of in [
                &[cluster][..],
                &[cluster, group, name],
                &[cluster, group, task, name],
            ] {
                let there = with_task || !of.contains(&task);
                let expected = there.then_some((1.0, value));
                assert_eq!(seen(metric, of), expected, "{metric} {of:?}");
            }
        }
        for (metric, value) in [
            ("ContainerCpuUtilization", 50.0),
            ("ContainerNetworkRxBytes", 100.0),
            ("CpuUtilized", 256.0),
            ("RestartCount", 3.0),
        ] {
            for of in [&[cluster][..], &[cluster, group], &[cluster, group, task]] {
                let there = with_task || !of.contains(&task);
                let expected = there.then_some((1.0, value));
                assert_eq!(seen(metric, of), expected, "{metric} {of:?}");
            }
        }
        // It has no health check.
        assert_eq!(seen("UnHealthyContainerHealthStatus", &[cluster]), None);
    }
}

#[tokio::test]
async fn who_tells_of_a_task_in_each_part_of_a_minute_tells_of_it_once() {
    let it = started().await;
    let mut telemetry = it.agent.telemetry(&it.harness).await;
    let at = last_minute();
    let mut message = report(&it.task, at, (12.5, 256.0));
    for part in 0..5 {
        message["metadata"]["part"] = json!(part);
        message["metadata"]["fin"] = json!(part == 4);
        telemetry
            .send("PublishMetricsRequest", message.clone())
            .await;
        telemetry.expect("AckPublishMetric").await;
    }
    assert_eq!(it.seen("CPUUtilization", SERVICE, at), Some((1.0, 50.0)));
}

#[tokio::test]
async fn a_node_invents_no_containers() {
    let it = started().await;
    let mut telemetry = it.agent.telemetry(&it.harness).await;
    it.observed("enhanced").await;
    let at = last_minute();
    let (mut before, mut message) = (0, report(&it.task, at, (12.5, 256.0)));
    let own = message["taskMetrics"][0]["containerMetrics"][0].clone();
    for minutes_ago in [1, 0] {
        let containers = (0..500).map(|n| {
            let mut other = own.clone();
            other["containerName"] = json!(format!("{minutes_ago} {n}"));
            other["restartStatsSet"] = json!({"restartCount": 1e300});
            other
        });
        let mut all = vec![own.clone(), own.clone()];
        all[0]["restartStatsSet"] = json!({"restartCount": 1e300});
        all.extend(containers);
        message["taskMetrics"][0]["containerMetrics"] = json!(all);
        message["timestamp"] = json!((at - minutes_ago * 60) as f64);
        telemetry
            .send("PublishMetricsRequest", message.clone())
            .await;
        telemetry.expect("AckPublishMetric").await;
        let series = it.series.usage().series;
        // Clusters are measured meanwhile.
        assert!(before == 0 || series < before + 100, "{before} {series}");
        before = series;
    }
    let name = [("ClusterName", "default")];
    let seen = |metric| it.seen_in(INSIGHTS, metric, &name, at);
    assert_eq!(seen("ContainerCpuUtilized"), Some((1.0, 256.0)));
    assert_eq!(seen("CpuUtilized"), Some((1.0, 256.0)));
    assert_eq!(seen("RestartCount"), Some((1.0, 1000.0)));
}
