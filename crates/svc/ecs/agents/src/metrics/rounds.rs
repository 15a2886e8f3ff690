//! Agents of another make report every 20 seconds and send nothing again. Their rounds are gathered while a
//! minute lasts, so that a task is one sample a minute whoever runs it; what was gathered is lost with the
//! connection.

use std::collections::BTreeMap;

use super::message::{
    ContainerRow, NetworkRow, Range, Report, RestartRow, Set, StorageRow, TaskRow,
};

/// Tasks of a minute.
const MOST_TASKS: usize = 1000;
/// Containers of a task.
const MOST_CONTAINERS: usize = 100;
const MINUTE: i64 = 60;

#[derive(Debug, Default)]
pub struct Rounds {
    minute: i64,
    tasks: BTreeMap<String, Vec<ContainerRow>>,
}

impl Rounds {
    /// Adds a round of a second, by this machine's clock; the minute before, once another has begun. Only what
    /// `is_here` says of a task and a container is remembered: names can be as long as frames.
    pub fn add(
        &mut self,
        now: i64,
        report: Report,
        is_here: impl Fn(&TaskRow, &str) -> bool,
    ) -> Option<(i64, Vec<TaskRow>)> {
        let minute = now - now.rem_euclid(MINUTE);
        let over = (minute != self.minute && self.minute != 0).then(|| {
            let tasks = std::mem::take(&mut self.tasks).into_iter();
            let row = |(task_arn, container_metrics)| TaskRow {
                task_arn,
                container_metrics,
                // Only wharf's own agents have tasks on Fargate, and volumes.
                ephemeral_storage_metrics: None,
                volume_metrics: Vec::new(),
            };
            (self.minute, tasks.map(row).collect())
        });
        self.minute = minute;
        for mut row in report.task_metrics {
            let mut containers = std::mem::take(&mut row.container_metrics);
            containers.retain(|it| is_here(&row, &it.container_name));
            row.container_metrics = containers;
            if row.container_metrics.is_empty() {
                continue;
            }
            if self.tasks.len() < MOST_TASKS || self.tasks.contains_key(&row.task_arn) {
                let containers = self.tasks.entry(row.task_arn).or_default();
                merge(containers, row.container_metrics);
            }
        }
        over
    }
}

fn merge(containers: &mut Vec<ContainerRow>, more: Vec<ContainerRow>) {
    for row in more {
        let name = &row.container_name;
        match containers.iter().position(|it| it.container_name == *name) {
            Some(at) => {
                let known = &mut containers[at];
                known.cpu_stats_set = sum(known.cpu_stats_set, row.cpu_stats_set);
                known.memory_stats_set = sum(known.memory_stats_set, row.memory_stats_set);
                known.network_stats_set =
                    both(known.network_stats_set, row.network_stats_set, network);
                known.storage_stats_set =
                    both(known.storage_stats_set, row.storage_stats_set, storage);
                known.restart_stats_set =
                    both(known.restart_stats_set, row.restart_stats_set, restarts);
                // Agents that say it send whole minutes.
                known.kernel_stats = row.kernel_stats.or(known.kernel_stats);
            }
            None if containers.len() < MOST_CONTAINERS => containers.push(row),
            None => {}
        }
    }
}

fn sum(one: Option<Set>, other: Option<Set>) -> Option<Set> {
    both(one, other, |one, other| Set {
        sample_count: one.sample_count + other.sample_count,
        sum: one.sum + other.sum,
    })
}

fn network(one: NetworkRow, other: NetworkRow) -> NetworkRow {
    NetworkRow {
        rx_bytes: both(one.rx_bytes, other.rx_bytes, Range::with),
        tx_bytes: both(one.tx_bytes, other.tx_bytes, Range::with),
    }
}

fn storage(one: StorageRow, other: StorageRow) -> StorageRow {
    StorageRow {
        read_size_bytes: both(one.read_size_bytes, other.read_size_bytes, Range::with),
        write_size_bytes: both(one.write_size_bytes, other.write_size_bytes, Range::with),
    }
}

fn restarts(one: RestartRow, other: RestartRow) -> RestartRow {
    RestartRow {
        restart_count: one.restart_count + other.restart_count,
    }
}

/// Of both where both are there.
fn both<T>(one: Option<T>, other: Option<T>, joined: impl FnOnce(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(joined(one, other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(_: &TaskRow, _: &str) -> bool {
        true
    }

    #[test]
    fn what_does_not_run_here_takes_no_memory() {
        let mut rounds = Rounds::default();
        let here = |row: &TaskRow, container: &str| row.task_arn == "t" && container == "web";
        for (task, container) in [("other", "web"), ("t", "other"), ("t", "web")] {
            let mut one = report(1.0);
            one.task_metrics[0].task_arn = task.into();
            one.task_metrics[0].container_metrics[0].container_name = container.into();
            rounds.add(60, one, here);
        }
        let (_, rows) = rounds.add(120, Report::default(), here).unwrap();
        assert_eq!((rows.len(), rows[0].container_metrics.len()), (1, 1));
    }

    fn report(cpu: f64) -> Report {
        let set = Set {
            sample_count: 20.0,
            sum: cpu,
        };
        let container = ContainerRow {
            container_name: "web".into(),
            cpu_stats_set: Some(set),
            memory_stats_set: None,
            network_stats_set: Some(NetworkRow {
                rx_bytes: Some(Range {
                    min: cpu,
                    max: cpu * 10.0,
                }),
                tx_bytes: None,
            }),
            storage_stats_set: None,
            restart_stats_set: Some(RestartRow { restart_count: cpu }),
            kernel_stats: None,
        };
        Report {
            task_metrics: vec![TaskRow {
                task_arn: "t".into(),
                container_metrics: vec![container],
                ..TaskRow::default()
            }],
            ..Report::default()
        }
    }

    #[test]
    fn three_rounds_are_one_minute() {
        let mut rounds = Rounds::default();
        for (now, cpu) in [(60, 1.0), (80, 2.0), (119, 3.0)] {
            assert!(rounds.add(now, report(cpu), all).is_none());
        }
        let (minute, rows) = rounds.add(120, report(9.0), all).unwrap();
        let set = rows[0].container_metrics[0].cpu_stats_set.unwrap();
        assert_eq!((minute, set.sample_count, set.sum), (60, 60.0, 6.0));
        let network = rows[0].container_metrics[0].network_stats_set.unwrap();
        assert_eq!(network.rx_bytes.unwrap().grown(), Some(29.0));
        assert_eq!(rows[0].container_metrics[0].restarts(), Some(6.0));
        let (minute, rows) = rounds.add(300, Report::default(), all).unwrap();
        assert_eq!((minute, rows.len()), (120, 1));
    }

    #[test]
    fn what_is_gathered_is_bounded() {
        let mut rounds = Rounds::default();
        for n in 0..2 * MOST_TASKS {
            let mut one = report(1.0);
            one.task_metrics[0].task_arn = n.to_string();
            rounds.add(60, one, all);
        }
        let many = (0..2 * MOST_CONTAINERS).map(|n| ContainerRow {
            container_name: n.to_string(),
            ..ContainerRow::default()
        });
        let mut one = report(1.0);
        one.task_metrics[0].task_arn = "0".into();
        one.task_metrics[0].container_metrics = many.collect();
        rounds.add(60, one, all);
        let (_, rows) = rounds.add(120, Report::default(), all).unwrap();
        assert_eq!(rows.len(), MOST_TASKS);
        assert_eq!(rows[0].container_metrics.len(), MOST_CONTAINERS);
    }
}
