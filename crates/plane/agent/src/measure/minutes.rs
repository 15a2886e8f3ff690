//! Reports that wait until the control plane keeps them.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::protocol::tcs::TaskMetric;

/// The control plane takes none that are older than two hours.
const MOST_MINUTES: usize = 100;
/// Tasks of all that wait: some 20 MB.
const MOST_TASKS: usize = 20_000;

/// What the tasks of a node did in a minute.
#[derive(Debug, Clone, PartialEq)]
pub struct Minute {
    /// Seconds since 1970, a multiple of 60.
    pub start: i64,
    pub tasks: Vec<TaskMetric>,
}

/// In the order in which they came to be; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Minutes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    waiting: Mutex<VecDeque<(u64, Arc<Minute>)>>,
    numbers: Mutex<u64>,
    more: Notify,
}

impl Minutes {
    /// Adds one; the oldest go if they are too many.
    pub fn put(&self, minute: Minute) {
        let mut numbers = self.0.numbers.lock();
        *numbers += 1;
        let mut waiting = self.0.waiting.lock();
        waiting.push_back((*numbers, Arc::new(minute)));
        let mut tasks: usize = waiting.iter().map(|it| it.1.tasks.len()).sum();
        while waiting.len() > 1 && (waiting.len() > MOST_MINUTES || tasks > MOST_TASKS) {
            let Some((_, gone)) = waiting.pop_front() else {
                break;
            };
            tasks -= gone.tasks.len();
            tracing::warn!(
                minute = gone.start,
                tasks = gone.tasks.len(),
                "dropped what tasks used in a minute: the control plane did not take it in time"
            );
        }
        drop(waiting);
        self.0.more.notify_one();
    }

    /// The first that came after the one of that number.
    pub fn after(&self, number: u64) -> Option<(u64, Arc<Minute>)> {
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

    fn minute(start: i64, tasks: usize) -> Minute {
        let task = TaskMetric {
            task_arn: String::new(),
            cluster_arn: String::new(),
            task_definition_family: String::new(),
            task_definition_version: String::new(),
            container_metrics: Vec::new(),
        };
        Minute {
            start,
            tasks: vec![task; tasks],
        }
    }

    fn all(minutes: &Minutes) -> Vec<i64> {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some((number, minute)) = minutes.after(at) {
            at = number;
            found.push(minute.start);
        }
        found
    }

    #[test]
    fn they_wait_until_they_are_kept() {
        let minutes = Minutes::default();
        (0..3).for_each(|start| minutes.put(minute(start, 1)));
        let (number, _) = minutes.after(1).unwrap();
        minutes.kept(number);
        assert_eq!(all(&minutes), [0, 2]);
    }

    #[test]
    fn the_oldest_go_first() {
        let minutes = Minutes::default();
        (0..200).for_each(|start| minutes.put(minute(start, 1)));
        assert_eq!(all(&minutes), (100..200).collect::<Vec<i64>>());
        minutes.put(minute(200, MOST_TASKS - 2));
        assert_eq!(all(&minutes), [198, 199, 200]);
        minutes.put(minute(201, MOST_TASKS * 2));
        assert_eq!(
            all(&minutes),
            [201],
            "the newest is there whatever its size"
        );
    }
}
