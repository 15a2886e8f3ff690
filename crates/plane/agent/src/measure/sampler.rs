//! Looks at running containers every second, and makes a report at the turn of each minute, and of tasks that
//! are measured more closely every 20 or 10 seconds besides.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use wharf_base::Clock;

use super::{
    Kept, Reports, Stretch,
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
        tcs::{
            ContainerMetric, EphemeralStorageMetrics, RestartStats, StatsSet, TaskMetric,
            VolumeMetric,
        },
    },
};

/// Between looks, which come soon after each second of the clock: alarms look half a second after a period's end, and
/// what was measured of it is to be there. Nodes are apart by some of that, so that they do not report at one moment.
const EVERY_MS: i64 = 1000;
const APART_MS: i64 = 200;
/// Seconds between looks at all that is counted. What a container counts after the last one, and before it
/// ends, is not told.
const COUNT_EVERY: i64 = 10;
const MINUTE: u32 = 60;
/// Whose tasks have disks that are told of, as on AWS.
const FARGATE: &str = "FARGATE";
/// Of those that are measured more closely, as the control plane says of each.
const SHORT: u32 = 20;
const SHORTER: u32 = 10;

/// What the loop works with.
pub struct Sampler {
    pub directory: Directory,
    pub machine: Arc<dyn Machine>,
    pub clock: Arc<dyn Clock>,
    /// CPU units that the machine offers.
    pub units: u64,
    pub reports: Reports,
    pub kept: Kept,
}

/// What the next agent goes on with.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Open {
    /// When the stretches began that have not ended.
    minute: i64,
    short: i64,
    shorter: i64,
    watched: BTreeMap<String, Watched>,
    /// Those that have just ended, and may not be among the reports yet.
    ended: Vec<Stretch>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Watched {
    #[serde(skip)]
    context: Option<Arc<TaskContext>>,
    containers: BTreeMap<usize, Container>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Container {
    window: Window,
    short: Option<Window>,
    restarts: u32,
    /// As many of them as were told.
    told: u32,
    runs: bool,
}

impl Sampler {
    pub async fn run(mut self, shutdown: CancellationToken) {
        let apart = rand::random_range(0..APART_MS);
        let mut rest = Duration::ZERO;
        let (since_boot, began) = (since_boot(), Instant::now());
        let mut open = self.go_on().await;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(rest) => {}
            }
            let second = self.clock.now().millis().div_euclid(1000);
            let at = since_boot + began.elapsed();
            let all = second % COUNT_EVERY == 0;
            self.look(&mut open.watched, at, all).await;
            self.turn(&mut open).await;
            rest = until_next(self.clock.now().millis(), apart);
        }
    }

    /// Takes over what the agent before this one had measured.
    async fn go_on(&mut self) -> Open {
        let Some(mut open) = self.kept.load::<Open>() else {
            return Open {
                minute: self.begin(MINUTE),
                short: self.begin(SHORT),
                shorter: self.begin(SHORTER),
                ..Open::default()
            };
        };
        for stretch in std::mem::take(&mut open.ended) {
            if !self.reports.has(&stretch) {
                self.reports.put(stretch);
            }
        }
        open.watched.retain(|id, of| {
            of.context = self.directory.task(id).map(|it| it.context.clone());
            of.context.is_some()
        });
        // Before this agent looks: what it sees is of now.
        self.turn(&mut open).await;
        open
    }

    /// Reports the stretches that are over.
    async fn turn(&mut self, open: &mut Open) {
        for (seconds, begun) in [(SHORT, &mut open.short), (SHORTER, &mut open.shorter)] {
            let now = self.begin(seconds);
            if now != *begun {
                let stretch = close_short(&mut open.watched, *begun, seconds);
                open.ended
                    .extend((!stretch.tasks.is_empty()).then_some(stretch));
                *begun = now;
            }
        }
        let now = self.begin(MINUTE);
        if now != open.minute {
            let is_there = |task: &str| self.directory.task(task).is_some();
            let disks = self.disks(&open.watched).await;
            let volumes = self.volumes(&open.watched).await;
            let full = (&disks, &volumes);
            let stretch = close(&mut open.watched, open.minute, is_there, full);
            open.ended.push(stretch);
            open.minute = now;
        }
        // The sums without what is over, and what is over, at once: a kill finds both or neither.
        self.kept.save(open);
        for stretch in open.ended.drain(..) {
            self.reports.put(stretch);
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
                let every = task.context.task.measured_every;
                if is_new && every.is_some_and(|it| [SHORT, SHORTER].contains(&it)) {
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

    /// How full the EBS volumes of tasks are, by the tasks' ids.
    async fn volumes(
        &self,
        watched: &BTreeMap<String, Watched>,
    ) -> BTreeMap<String, Vec<VolumeMetric>> {
        let mut all = BTreeMap::new();
        for (id, task) in watched {
            let Some(context) = &task.context else {
                continue;
            };
            let seen = self.machine.volumes_used(context).await.into_iter();
            let told = seen.map(|it| VolumeMetric {
                volume_id: it.id,
                volume_name: it.name,
                utilized: StatsSet::of(it.used),
                size: StatsSet::of(it.size),
            });
            all.insert(id.clone(), told.collect());
        }
        all
    }

    fn ran_out_of_memory(&self, task: &str, container: usize) -> bool {
        let task = self.directory.task(task);
        task.is_some_and(|it| {
            let state = it.record.state.containers.get(container);
            state.and_then(|it| it.reason.as_deref()) == Some(OUT_OF_MEMORY)
        })
    }
}

/// Until the next look; times are in milliseconds.
fn until_next(now: i64, apart: i64) -> Duration {
    Duration::from_millis((EVERY_MS - (now - apart).rem_euclid(EVERY_MS)).unsigned_abs())
}

/// The same for each agent while the machine runs, so that the next one knows how long none was there.
pub fn since_boot() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME)
        .map(Duration::from)
        .unwrap_or_default()
}

/// The report of the minute that is over. Who ended in it is forgotten.
fn close(
    watched: &mut BTreeMap<String, Watched>,
    start: i64,
    is_there: impl Fn(&str) -> bool,
    (disks, volumes): (&BTreeMap<String, u64>, &BTreeMap<String, Vec<VolumeMetric>>),
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
        let volumes = volumes.get(&context.id).cloned().unwrap_or_default();
        tasks.extend(metric(of, container_metrics, (disk, volumes)));
    }
    watched.retain(|_, task| !task.containers.is_empty());
    Stretch {
        start,
        seconds: MINUTE,
        tasks,
    }
}

/// What tasks that are measured every so many seconds used in those that are over.
fn close_short(watched: &mut BTreeMap<String, Watched>, start: i64, seconds: u32) -> Stretch {
    let mut tasks = Vec::new();
    for task in watched.values_mut() {
        let Some(of) = task.context.as_ref().map(|it| &it.task) else {
            continue;
        };
        if of.measured_every != Some(seconds) {
            continue;
        }
        let mut container_metrics = Vec::new();
        for (at, it) in &mut task.containers {
            let sums = it.short.as_mut().map(Window::close);
            if let Some(sums) = sums.filter(|it| !it.is_empty())
                && let Some(named) = of.containers.get(*at)
            {
                container_metrics.push(sums.shares(&named.name, &named.container_arn));
            }
        }
        tasks.extend(metric(of, container_metrics, (None, Vec::new())));
    }
    Stretch {
        start,
        seconds,
        tasks,
    }
}

/// `None` of a task of which no container was looked at.
fn metric(
    of: &Task,
    container_metrics: Vec<ContainerMetric>,
    (disk, volume_metrics): (Option<u64>, Vec<VolumeMetric>),
) -> Option<TaskMetric> {
    (!container_metrics.is_empty()).then(|| TaskMetric {
        task_arn: of.arn.clone(),
        cluster_arn: of.task_cluster_arn.clone(),
        task_definition_family: of.family.clone(),
        task_definition_version: of.version.clone(),
        container_metrics,
        ephemeral_storage_metrics: disk.map(EphemeralStorageMetrics::of),
        volume_metrics,
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

#[cfg(test)]
mod tests {
    use super::{super::window::Glance, *};

    #[test]
    fn looks_come_soon_after_each_second() {
        for (now, apart, rest) in [
            (5_000, 0, 1000),
            (5_001, 0, 999),
            (5_001, 150, 149),
            (5_150, 150, 1000),
        ] {
            assert_eq!(
                until_next(now, apart),
                Duration::from_millis(rest),
                "{now} {apart}"
            );
        }
    }

    #[test]
    fn the_next_agent_reads_what_this_one_wrote() {
        let mut container = Container {
            short: Some(Window::default()),
            restarts: 3,
            told: 1,
            runs: true,
            ..Container::default()
        };
        for second in 1..4 {
            let seen = Glance {
                cpu_ns: second * 125_000_000,
                memory_bytes: second << 20,
            };
            container
                .window
                .glance(Duration::from_secs(second), seen, 1024);
            let counted = Counters {
                received: Some([second; 4]),
                oom_kills: second,
                ..Counters::default()
            };
            container.window.count(counted, second);
        }
        let shown = container.window.clone().close().shown("web", "arn");
        let told = TaskMetric {
            task_arn: "arn:t".to_owned(),
            cluster_arn: "arn:c".to_owned(),
            task_definition_family: "f".to_owned(),
            task_definition_version: "1".to_owned(),
            container_metrics: vec![shown],
            ephemeral_storage_metrics: Some(EphemeralStorageMetrics::of(1 << 20)),
            volume_metrics: vec![VolumeMetric {
                volume_id: "vol-1".to_owned(),
                volume_name: "data".to_owned(),
                utilized: StatsSet::of(1 << 20),
                size: StatsSet::of(1 << 30),
            }],
        };
        let task = Watched {
            context: None,
            containers: [(2, container)].into(),
        };
        let open = Open {
            minute: 120,
            short: 140,
            shorter: 150,
            watched: [("t".to_owned(), task)].into(),
            ended: vec![Stretch {
                start: 60,
                seconds: MINUTE,
                tasks: vec![told],
            }],
        };
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::in_folder(folder.path());
        kept.save(&open);
        let found: Open = kept.load().unwrap();
        assert_eq!(found.ended, open.ended);
        let value = |open: &Open| serde_json::to_value(open).unwrap();
        assert_eq!(value(&found), value(&open));
    }
}
