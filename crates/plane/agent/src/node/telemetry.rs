//! Metrics and container health for the control plane (§4).
//!
//! A sampler looks at the counters of running containers and keeps what lies within one round; a
//! publisher holds the websocket and sends a round every 20 seconds. Losing either costs numbers
//! and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use rand::Rng;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use wharf_base::{Backoff, Clock, ids};

use super::{
    directory::{Directory, TaskView},
    machine::{Machine, Usage},
    register,
    session::{AGENT_HASH, AGENT_VERSION, TelemetryTarget},
};
use crate::{
    client::{
        Api,
        websocket::{Socket, SocketError, query},
    },
    engine::ContainerStatus,
    protocol::{
        frame,
        tcs::{
            self, ContainerHealth, ContainerMetric, RestartStats, StatsSet, TaskHealth, TaskMetric,
        },
    },
};

/// A round of metrics (§4).
const ROUND: Duration = Duration::from_secs(20);
/// Four looks a round. The stock agent looks every second; on a laptop that is most of what an
/// idle node would do.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// Silence after which the socket is dead (§4: one to two minutes).
const IDLE: Duration = Duration::from_secs(60);
const MAX_AGE: Duration = Duration::from_secs(30 * 60);

type Key = (String, usize);

#[derive(Debug, Default)]
struct Samples {
    last: Option<(Instant, Usage)>,
    /// Percent of the whole machine.
    cpu: Vec<f64>,
    /// MiB
    memory: Vec<f64>,
}

/// Samples of the current round, for every running container.
#[derive(Clone, Default)]
pub struct Sampler {
    by_container: Arc<Mutex<BTreeMap<Key, Samples>>>,
}

impl Sampler {
    pub async fn run(
        self,
        directory: Directory,
        machine: Arc<dyn Machine>,
        shutdown: CancellationToken,
    ) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        let mut ticks = interval(SAMPLE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let mut alive: BTreeSet<Key> = BTreeSet::new();
            for task in directory.all() {
                for at in running(&task) {
                    let key = (task.context.id.clone(), at);
                    if let Some(usage) = machine.usage(&key.0, at).await {
                        self.add(&key, usage, cores);
                    }
                    alive.insert(key);
                }
            }
            let mut all = self.by_container.lock();
            all.retain(|key, _| alive.contains(key));
        }
    }

    fn add(&self, key: &Key, usage: Usage, cores: f64) {
        let now = Instant::now();
        let mut all = self.by_container.lock();
        let samples = all.entry(key.clone()).or_default();
        if let Some((at, before)) = samples.last {
            let passed = now.duration_since(at).as_nanos() as f64;
            let used = usage.cpu_ns.saturating_sub(before.cpu_ns) as f64;
            if passed > 0.0 {
                samples.cpu.push(used / passed / cores * 100.0);
            }
        }
        samples
            .memory
            .push(usage.memory_bytes as f64 / f64::from(1 << 20));
        samples.last = Some((now, usage));
    }

    /// Takes the round's samples of one container.
    fn take(&self, key: &Key) -> (Option<StatsSet>, Option<StatsSet>) {
        let mut all = self.by_container.lock();
        all.get_mut(key).map_or((None, None), |samples| {
            let cpu = StatsSet::of(std::mem::take(&mut samples.cpu));
            let memory = StatsSet::of(std::mem::take(&mut samples.memory));
            (cpu, memory)
        })
    }
}

fn running(task: &TaskView) -> impl Iterator<Item = usize> {
    let containers = task.record.state.containers.iter().enumerate();
    containers
        .filter(|(_, c)| c.status == ContainerStatus::Running)
        .map(|(at, _)| at)
}

/// Publishes for as long as the node lives.
pub struct Publisher {
    pub api: Api,
    pub target: watch::Receiver<Option<TelemetryTarget>>,
    pub directory: Directory,
    pub sampler: Sampler,
    pub clock: Arc<dyn Clock>,
    pub shutdown: CancellationToken,
}

impl Publisher {
    pub async fn run(mut self) {
        let shutdown = self.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.publish() => {}
        }
    }

    async fn publish(&mut self) {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60), 2.0);
        loop {
            let target = match self.target.wait_for(Option::is_some).await {
                Ok(target) => target.clone(),
                Err(_) => return,
            };
            let Some(target) = target else { continue };
            let began = Instant::now();
            if let Err(error) = self.hold(&target).await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "telemetry is not connected"
                );
            }
            if began.elapsed() > ROUND {
                backoff.reset();
            }
            sleep(backoff.wait()).await;
        }
    }

    /// One connection, until it ends.
    async fn hold(&self, target: &TelemetryTarget) -> Result<(), SocketError> {
        let endpoint = register::endpoint(&target.endpoint)?;
        let query = query(&[
            ("agentHash", AGENT_HASH),
            ("agentVersion", AGENT_VERSION),
            ("cluster", &target.cluster),
            ("containerInstance", &target.container_instance),
            ("dockerVersion", "25.0.6"),
        ]);
        let mut socket = Socket::open(&self.api, &endpoint, &query).await?;
        let chance = rand::rng().random_range(0.0..=1.0);
        let expires = Instant::now() + MAX_AGE + Duration::from_secs(300).mul_f64(chance);
        let idle = IDLE.mul_f64(1.0 + chance);
        let mut heard = Instant::now();
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                received = socket.receive() => {
                    // Heartbeats and acknowledgements: only that they come matters.
                    received?;
                    heard = Instant::now();
                }
                _ = rounds.tick() => {
                    let signed = self.api.sign_upgrade(&endpoint, &format!("{}/ws", endpoint.path), &query);
                    for body in self.round(target) {
                        socket.send(framed(&signed, &body)).await?;
                    }
                }
                () = sleep_until(heard + idle) => return Err(SocketError::Timeout(idle)),
                () = sleep_until(expires) => {
                    socket.close("ConnectionExpired: Reconnect to continue").await;
                    return Ok(());
                }
            }
        }
    }

    fn round(&self, target: &TelemetryTarget) -> Vec<String> {
        let now = self.clock.now().epoch_seconds();
        let tasks = self.directory.all();
        let metrics: Vec<TaskMetric> = tasks
            .iter()
            .filter(|task| running(task).next().is_some())
            .map(|task| self.task_metric(task))
            .collect();
        let health: Vec<TaskHealth> = tasks.iter().filter_map(|task| task_health(task)).collect();
        let (cluster, instance) = (&target.cluster, &target.container_instance);
        let mut frames: Vec<String> =
            tcs::metric_frames(cluster, instance, &ids::uuid(), now, metrics)
                .iter()
                .map(|message| frame("PublishMetricsRequest", message))
                .collect();
        frames.extend(
            tcs::health_frames(cluster, instance, &ids::uuid(), now, health)
                .iter()
                .map(|message| frame("PublishHealthRequest", message)),
        );
        frames
    }

    fn task_metric(&self, task: &TaskView) -> TaskMetric {
        let of = &task.context.task;
        let container_metrics = running(task)
            .map(|at| {
                let (cpu, memory) = self.sampler.take(&(task.context.id.clone(), at));
                ContainerMetric {
                    container_name: of.containers[at].name.clone(),
                    container_arn: of.containers[at].container_arn.clone(),
                    cpu_stats_set: cpu,
                    memory_stats_set: memory,
                    restart_stats_set: of.containers[at].restart_policy.as_ref().map(|_| {
                        RestartStats {
                            restart_count: task.record.state.containers[at].restarts,
                        }
                    }),
                }
            })
            .collect();
        TaskMetric {
            task_arn: of.arn.clone(),
            cluster_arn: of.task_cluster_arn.clone(),
            task_definition_family: of.family.clone(),
            task_definition_version: of.version.clone(),
            container_metrics,
        }
    }
}

/// `None` unless a running container has a health check.
fn task_health(task: &TaskView) -> Option<TaskHealth> {
    let of = &task.context.task;
    let containers: Vec<ContainerHealth> = running(task)
        .filter(|at| task.context.spec.containers[*at].has_health_check)
        .map(|at| {
            let state = &task.record.state.containers[at];
            let since = state.health_since.or(state.started_at).unwrap_or_default();
            ContainerHealth {
                container_name: of.containers[at].name.clone(),
                health_status: state.health.as_str(),
                status_since: since.epoch_seconds(),
            }
        })
        .collect();
    (!containers.is_empty()).then(|| TaskHealth {
        task_arn: of.arn.clone(),
        cluster_arn: of.task_cluster_arn.clone(),
        task_definition_family: of.family.clone(),
        task_definition_version: of.version.clone(),
        containers,
    })
}

/// Header lines, an empty line, the JSON frame.
fn framed(headers: &[(String, String)], body: &str) -> String {
    let mut text = String::with_capacity(body.len() + 512);
    for (name, value) in headers {
        let name = match name.as_str() {
            "authorization" => "Authorization",
            "host" => "Host",
            "x-amz-date" => "X-Amz-Date",
            "x-amz-security-token" => "X-Amz-Security-Token",
            other => other,
        };
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_of_the_whole_machine() {
        let sampler = Sampler::default();
        let key = ("t".to_owned(), 0);
        let usage = |cpu_ns| Usage {
            cpu_ns,
            memory_bytes: 3 << 20,
            ..Usage::default()
        };
        sampler.add(&key, usage(0), 2.0);
        assert_eq!(
            sampler.take(&key).0,
            None,
            "one look tells nothing about time"
        );
        sampler.add(&key, usage(0), 2.0);
        let (cpu, memory) = sampler.take(&key);
        assert_eq!(cpu.unwrap().max, 0.0);
        assert_eq!(memory.unwrap().sum, 3.0);
        assert_eq!(sampler.take(&key), (None, None), "a round is taken once");
    }

    #[test]
    fn frames_begin_with_headers() {
        let text = framed(&[("x-amz-date".into(), "d".into())], "{}");
        assert_eq!(text, "X-Amz-Date: d\r\n\r\n{}");
    }
}
