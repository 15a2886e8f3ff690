//! Reports that wait until the control plane keeps them.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::protocol::tcs::TaskMetric;

/// 100 minutes, each with its parts: the control plane takes none that are older than two hours.
const MOST_WAITING: usize = 400;
/// Tasks of all that wait: some 20 MB.
const MOST_TASKS: usize = 20_000;

/// What the tasks of a node did in a minute, or some of them in a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// Seconds since 1970, a multiple of `seconds`.
    pub start: i64,
    /// How long it was.
    pub seconds: u32,
    pub tasks: Vec<TaskMetric>,
}

/// In the order in which they came to be; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Reports(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    waiting: Mutex<VecDeque<(u64, Arc<Stretch>)>>,
    numbers: Mutex<u64>,
    more: Notify,
}

impl Reports {
    /// Adds one; the oldest go if they are too many.
    pub fn put(&self, stretch: Stretch) {
        let mut numbers = self.0.numbers.lock();
        *numbers += 1;
        let mut waiting = self.0.waiting.lock();
        waiting.push_back((*numbers, Arc::new(stretch)));
        let mut tasks: usize = waiting.iter().map(|it| it.1.tasks.len()).sum();
        while waiting.len() > 1 && (waiting.len() > MOST_WAITING || tasks > MOST_TASKS) {
            let Some((_, gone)) = waiting.pop_front() else {
                break;
            };
            tasks -= gone.tasks.len();
            tracing::warn!(
                start = gone.start,
                seconds = gone.seconds,
                tasks = gone.tasks.len(),
                "sending what tasks used timed out; it is dropped"
            );
        }
        drop(waiting);
        self.0.more.notify_one();
    }

    /// The first that came after the one of that number.
    pub fn after(&self, number: u64) -> Option<(u64, Arc<Stretch>)> {
        let waiting = self.0.waiting.lock();
        waiting.iter().find(|it| it.0 > number).cloned()
    }

    /// The control plane keeps it.
    pub fn kept(&self, number: u64) {
        let mut waiting = self.0.waiting.lock();
        waiting.retain(|it| it.0 != number);
    }

    /// Until another came; sometimes too early.
    pub async fn more(&self) {
        self.0.more.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(start: i64, tasks: usize) -> Stretch {
        let task = TaskMetric {
            task_arn: String::new(),
            cluster_arn: String::new(),
            task_definition_family: String::new(),
            task_definition_version: String::new(),
            container_metrics: Vec::new(),
            ephemeral_storage_metrics: None,
        };
        Stretch {
            start,
            seconds: 60,
            tasks: vec![task; tasks],
        }
    }

    fn all(reports: &Reports) -> Vec<i64> {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some((number, stretch)) = reports.after(at) {
            at = number;
            found.push(stretch.start);
        }
        found
    }

    #[test]
    fn they_wait_until_they_are_kept() {
        let reports = Reports::default();
        (0..3).for_each(|start| reports.put(stretch(start, 1)));
        let (number, _) = reports.after(1).unwrap();
        reports.kept(number);
        assert_eq!(all(&reports), [0, 2]);
    }

    #[test]
    fn the_oldest_go_first() {
        let reports = Reports::default();
        (0..500).for_each(|start| reports.put(stretch(start, 1)));
        assert_eq!(all(&reports), (100..500).collect::<Vec<i64>>());
        reports.put(stretch(500, MOST_TASKS - 2));
        assert_eq!(all(&reports), [498, 499, 500]);
        reports.put(stretch(501, MOST_TASKS * 2));
        assert_eq!(
            all(&reports),
            [501],
            "the newest is there whatever its size"
        );
    }
}
