//! How many tasks of a service count as running, and how many as pending. Pure.

use std::collections::BTreeMap;

use wharf_base::Timestamp;
use wharf_records::ecs::{Service, Status, Task};

use super::{observe, probation};

/// Tasks of a service that are wanted, by deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    of: BTreeMap<String, Count>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub running: i32,
    pub pending: i32,
}

impl Counts {
    /// A task counts until it is told to stop or has ended, as PENDING before it is RUNNING and its
    /// probation is over: whoever waits for a stable service compares these counts. How long that of
    /// a task is that takes the place of one that ended by itself is not known before that end is
    /// counted.
    pub fn of<'a>(
        service: &Service,
        tasks: impl Iterator<Item = &'a Task>,
        now: Timestamp,
    ) -> Self {
        let mut counts = Self::default();
        let tasks: Vec<&Task> = tasks.collect();
        let primary = service.primary().map(|primary| primary.id());
        let is_current = |task: &Task| {
            let membership = task.service.as_ref();
            membership.map(|membership| membership.deployment.as_str()) == primary
        };
        let dying = tasks.iter().filter(|task| observe::is_dying(task));
        let dying = dying
            .filter(|task| is_current(task))
            .filter_map(|task| task.stopping_at)
            .min();
        for task in tasks.into_iter().filter(|task| task.is_live()) {
            let Some(membership) = &task.service else {
                continue;
            };
            let count = counts.of.entry(membership.deployment.clone()).or_default();
            let (id, created, started) = (&membership.deployment, task.created_at, task.started_at);
            match task.last {
                Status::Running
                    if dying.is_none_or(|at| created < at)
                        && probation::is_over(service, id, created, started, now) =>
                {
                    count.running += 1;
                }
                _ => count.pending += 1,
            }
        }
        counts
    }

    pub fn deployment(&self, id: &str) -> Count {
        self.of.get(id).copied().unwrap_or_default()
    }

    pub fn all(&self) -> Count {
        let add = |sum: Count, one: &Count| Count {
            running: sum.running + one.running,
            pending: sum.pending + one.pending,
        };
        self.of.values().fold(Count::default(), add)
    }
}
