//! Reports that wait until the control plane keeps them, each also in a file for the agent after this one, if there is a
//! folder for them.

use std::{
    collections::VecDeque,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use wharf_durable::{self as durable, Durability};

use crate::protocol::tcs::TaskMetric;

/// 100 minutes, each with its parts of 20 and of 10 seconds: the control plane takes none that are older than two hours.
const MOST_WAITING: usize = 1000;
/// Tasks of all that wait: some 20 MB.
const MOST_TASKS: usize = 20_000;
/// Of a report's file.
const MOST_BYTES: u64 = 256 << 20;
const FILE: &str = "waiting-";

/// What the tasks of a node did in a minute, or some of them in a part of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    folder: Option<PathBuf>,
}

impl Reports {
    /// With what the agent before this one had in a folder. What cannot be read of it is lost, which is logged.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn kept_in(folder: &Path) -> io::Result<Self> {
        let (mut waiting, mut last) = (Vec::new(), 0);
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|it| it.to_str());
            let Some(number) = name.and_then(|it| it.strip_prefix(FILE)) else {
                continue;
            };
            let read = number.parse().map_err(io::Error::other);
            let read = read.and_then(|number: u64| {
                Ok((number, durable::read_json::<Stretch>(&path, MOST_BYTES)?))
            });
            match read {
                Ok((number, stretch)) => {
                    last = number.max(last);
                    waiting.extend(stretch.map(|it| (number, Arc::new(it))));
                }
                Err(error) => {
                    tracing::warn!(%error, path = %path.display(), "failed to read a report of what tasks used; it is lost");
                    let _ = fs::remove_file(path);
                }
            }
        }
        waiting.sort_by_key(|it| it.0);
        Ok(Self(Arc::new(Inner {
            waiting: Mutex::new(waiting.into()),
            numbers: Mutex::new(last),
            more: Notify::new(),
            folder: Some(folder.to_owned()),
        })))
    }

    /// Whether one of that stretch waits.
    pub fn has(&self, stretch: &Stretch) -> bool {
        let waiting = self.0.waiting.lock();
        let is_it = |it: &Stretch| (it.start, it.seconds) == (stretch.start, stretch.seconds);
        waiting.iter().any(|it| is_it(&it.1))
    }

    /// Adds one; the oldest go if they are too many.
    pub fn put(&self, stretch: Stretch) {
        let mut numbers = self.0.numbers.lock();
        *numbers = numbers.saturating_add(1);
        if let Some(path) = self.0.file(*numbers)
            && let Err(error) = durable::replace_json(&path, &stretch, Durability::Process)
        {
            tracing::warn!(%error, start = stretch.start, "failed to write down a report of what tasks used; it is lost if the agent is killed before it is taken");
        }
        let mut waiting = self.0.waiting.lock();
        waiting.push_back((*numbers, Arc::new(stretch)));
        let mut tasks: usize = waiting.iter().map(|it| it.1.tasks.len()).sum();
        while waiting.len() > 1 && (waiting.len() > MOST_WAITING || tasks > MOST_TASKS) {
            let Some((number, gone)) = waiting.pop_front() else {
                break;
            };
            self.0.remove(number);
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
        drop(waiting);
        self.0.remove(number);
    }

    /// Until another came; sometimes too early.
    pub async fn more(&self) {
        self.0.more.notified().await;
    }
}

impl Inner {
    fn file(&self, number: u64) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        Some(folder.join(format!("{FILE}{number}")))
    }

    fn remove(&self, number: u64) {
        // One that stays is sent once more by the next agent, and known by the control plane.
        let _ = self.file(number).map(fs::remove_file);
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
            volume_metrics: Vec::new(),
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
    fn the_next_agent_has_those_that_were_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let opened = || Reports::kept_in(dir.path()).unwrap();
        let reports = opened();
        (0..12).for_each(|start| reports.put(stretch(start, 1)));
        (1..=9).for_each(|number| reports.kept(number));
        fs::write(dir.path().join("waiting-11"), "[").unwrap();
        fs::write(dir.path().join("waiting-12.new"), "[").unwrap();
        fs::write(dir.path().join("another"), "[").unwrap();
        let reports = opened();
        assert_eq!(all(&reports), [9, 11]);
        assert!(reports.has(&stretch(9, 0)) && !reports.has(&stretch(8, 0)));
        reports.put(stretch(12, 0));
        assert_eq!(reports.after(12).unwrap().0, 13);
        (10..=13).for_each(|number| reports.kept(number));
        assert_eq!(all(&opened()), [0; 0]);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_oldest_go_first() {
        let reports = Reports::default();
        (0..1100).for_each(|start| reports.put(stretch(start, 1)));
        assert_eq!(all(&reports), (100..1100).collect::<Vec<i64>>());
        reports.put(stretch(1100, MOST_TASKS - 2));
        assert_eq!(all(&reports), [1098, 1099, 1100]);
        reports.put(stretch(1101, MOST_TASKS * 2));
        assert_eq!(
            all(&reports),
            [1101],
            "the newest is there whatever its size"
        );
    }
}
