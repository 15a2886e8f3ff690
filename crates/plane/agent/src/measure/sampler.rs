//! Looks at running containers every second, and makes a report at the turn of each minute, and of tasks that
//! are measured more closely every 20 seconds besides.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wharf_base::Clock;

use super::{
    Reports, Stretch,
    window::{Counters, Window},
};
use crate::{
    engine::{ContainerStatus, OUT_OF_MEMORY},
    node::{
        core::TaskContext,
        directory::{Directory, TaskView},
        machine::{Machine, NetworkUsage, Usage},
    },
    protocol::{
        payload::Task,
        tcs::{ContainerMetric, EphemeralStorageMetrics, RestartStats, TaskMetric},
    },
};

const EVERY: Duration = Duration::from_secs(1);
/// Seconds between looks at all that is counted. What a container counts after the last one, and before it
/// ends, is not told.
const COUNT_EVERY: i64 = 10;
const MINUTE: u32 = 60;
/// Whose tasks have disks that are told of, as on AWS.
const FARGATE: &str = "FARGATE";
/// Of those that are measured more closely.
const SHORT: u32 = 20;

/// What the loop works with.
pub struct Sampler {
    pub directory: Directory,
    pub machine: Arc<dyn Machine>,
    pub clock: Arc<dyn Clock>,
    /// CPU units that the machine offers.
    pub units: u64,
    pub reports: Reports,
}

#[derive(Default)]
struct Watched {
    context: Option<Arc<TaskContext>>,
    containers: BTreeMap<usize, Container>,
}

#[derive(Default)]
struct Container {
    window: Window,
    short: Option<Window>,
    restarts: u32,
    /// As many of them as were told.
    told: u32,
    runs: bool,
}

impl Sampler {
    pub async fn run(self, shutdown: CancellationToken) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let began = Instant::now();
        let mut watched: BTreeMap<String, Watched> = BTreeMap::new();
        let (mut minute, mut short) = (self.begin(MINUTE), self.begin(SHORT));
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => {}
            }
            let second = self.clock.now().millis().div_euclid(1000);
            self.look(&mut watched, began.elapsed(), second % COUNT_EVERY == 0)
                .await;
            let now = self.begin(SHORT);
            if now != short {
                let stretch = close_short(&mut watched, short);
                if !stretch.tasks.is_empty() {
                    self.reports.put(stretch);
                }
                short = now;
            }
            let now = self.begin(MINUTE);
            if now != minute {
                let is_there = |task: &str| self.directory.task(task).is_some();
                let disks = self.disks(&watched).await;
                let stretch = close(&mut watched, minute, is_there, &disks);
                self.reports.put(stretch);
                minute = now;
            }
        }
    }

    /// When the stretch of so many seconds began that it is now.
    fn begin(&self, seconds: u32) -> i64 {
        let second = self.clock.now().millis().div_euclid(1000);
        second - second.rem_euclid(i64::from(seconds))
    }

    async fn look(&self, watched: &mut BTreeMap<String, Watched>, at: Duration, all: bool) {
        let mut seen: BTreeSet<(String, usize)> = BTreeSet::new();
        for task in self.directory.all() {
            for container in running(&task) {
                let id = &task.context.id;
                let Some(glance) = self.machine.glance(id, container).await else {
                    continue;
                };
                let of = watched.entry(id.clone()).or_default();
                of.context.get_or_insert_with(|| task.context.clone());
                let is_new = !of.containers.contains_key(&container);
                let it = of.containers.entry(container).or_default();
                let restarts = task.record.state.containers[container].restarts;
                if is_new {
                    it.told = restarts;
                }
                if is_new && task.context.task.measured_every == Some(SHORT) {
                    it.short = Some(Window::default());
                }
                if !is_new && restarts != it.restarts {
                    it.window.restart();
                    it.short.iter_mut().for_each(Window::restart);
                }
                (it.restarts, it.runs) = (restarts, true);
                for window in [&mut it.window].into_iter().chain(&mut it.short) {
                    window.glance(at, glance, self.units);
                }
                if (all || is_new)
                    && let Some(usage) = self.machine.usage(id, container).await
                {
                    it.window.count(counters(&usage), usage.pids);
                }
                seen.insert((id.clone(), container));
            }
        }
        for (id, task) in watched {
            for (at, it) in &mut task.containers {
                if it.runs && !seen.contains(&(id.clone(), *at)) {
                    it.runs = false;
                    if self.ran_out_of_memory(id, *at) {
                        it.window.ran_out_of_memory();
                    }
                }
            }
        }
    }

    /// Bytes that tasks on Fargate have on their disks, by the tasks' ids.
    async fn disks(&self, watched: &BTreeMap<String, Watched>) -> BTreeMap<String, u64> {
        let mut used = BTreeMap::new();
        for (id, task) in watched {
            let context = task.context.as_ref();
            if context.is_some_and(|it| it.task.launch_type == FARGATE)
                && let Some(bytes) = self.machine.disk_used(id).await
            {
                used.insert(id.clone(), bytes);
            }
        }
        used
    }

    fn ran_out_of_memory(&self, task: &str, container: usize) -> bool {
        let task = self.directory.task(task);
        task.is_some_and(|it| {
            let state = it.record.state.containers.get(container);
            state.and_then(|it| it.reason.as_deref()) == Some(OUT_OF_MEMORY)
        })
    }
}

/// The report of the minute that is over. Who ended in it is forgotten.
fn close(
    watched: &mut BTreeMap<String, Watched>,
    start: i64,
    is_there: impl Fn(&str) -> bool,
    disks: &BTreeMap<String, u64>,
) -> Stretch {
    let mut tasks = Vec::new();
    for task in watched.values_mut() {
        let Some(context) = &task.context else {
            continue;
        };
        let of = &context.task;
        let mut container_metrics = Vec::new();
        for (at, it) in &mut task.containers {
            let sums = it.window.close();
            let Some(named) = of.containers.get(*at).filter(|_| !sums.is_empty()) else {
                continue;
            };
            let mut shown = sums.shown(&named.name, &named.container_arn);
            shown.restart_stats_set = named.restart_policy.as_ref().map(|_| RestartStats {
                restart_count: it.restarts.saturating_sub(it.told),
            });
            it.told = it.restarts;
            container_metrics.push(shown);
        }
        // One between two runs goes on being known, and how often it was started again.
        let restarts = |at: usize| {
            let named = of.containers.get(at);
            named.is_some_and(|it| it.restart_policy.is_some()) && is_there(&context.id)
        };
        task.containers.retain(|at, it| it.runs || restarts(*at));
        let disk = disks.get(&context.id).copied();
        tasks.extend(metric(of, container_metrics, disk));
    }
    watched.retain(|_, task| !task.containers.is_empty());
    Stretch {
        start,
        seconds: MINUTE,
        tasks,
    }
}

/// What tasks that are measured more closely used in the seconds that are over.
fn close_short(watched: &mut BTreeMap<String, Watched>, start: i64) -> Stretch {
    let mut tasks = Vec::new();
    for task in watched.values_mut() {
        let Some(of) = task.context.as_ref().map(|it| &it.task) else {
            continue;
        };
        let mut container_metrics = Vec::new();
        for (at, it) in &mut task.containers {
            let sums = it.short.as_mut().map(Window::close);
            if let Some(sums) = sums.filter(|it| !it.is_empty())
                && let Some(named) = of.containers.get(*at)
            {
                container_metrics.push(sums.shares(&named.name, &named.container_arn));
            }
        }
        tasks.extend(metric(of, container_metrics, None));
    }
    Stretch {
        start,
        seconds: SHORT,
        tasks,
    }
}

/// `None` of a task of which no container was looked at.
fn metric(
    of: &Task,
    container_metrics: Vec<ContainerMetric>,
    disk: Option<u64>,
) -> Option<TaskMetric> {
    (!container_metrics.is_empty()).then(|| TaskMetric {
        task_arn: of.arn.clone(),
        cluster_arn: of.task_cluster_arn.clone(),
        task_definition_family: of.family.clone(),
        task_definition_version: of.version.clone(),
        container_metrics,
        ephemeral_storage_metrics: disk.map(EphemeralStorageMetrics::of),
    })
}

/// Indexes of the containers that run.
pub fn running(task: &TaskView) -> impl Iterator<Item = usize> {
    let containers = task.record.state.containers.iter().enumerate();
    containers
        .filter(|(_, c)| c.status == ContainerStatus::Running)
        .map(|(at, _)| at)
}

fn counters(usage: &Usage) -> Counters {
    let received = |n: NetworkUsage| [n.rx_bytes, n.rx_packets, n.rx_errors, n.rx_dropped];
    let sent = |n: NetworkUsage| [n.tx_bytes, n.tx_packets, n.tx_errors, n.tx_dropped];
    Counters {
        received: usage.network.map(received),
        sent: usage.network.map(sent),
        read_bytes: usage.read_bytes,
        write_bytes: usage.write_bytes,
        throttled_periods: usage.throttled_periods,
        throttled_ns: usage.throttled_ns,
        oom_kills: usage.oom_kills,
    }
}
