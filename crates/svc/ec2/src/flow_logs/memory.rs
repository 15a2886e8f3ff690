//! What a process remembers of flow logs: nothing that a new one would miss.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;
use wharf_base::{
    Timestamp,
    bucket::{Bucket, Rate},
};

/// Between two files of a bucket.
const FILES_EVERY: Duration = Duration::from_secs(60);
/// Between two words about what is lost.
const WARNED_EVERY: Duration = Duration::from_secs(60);
/// Reports of a host: so many at once, and so many a second.
const REPORTS: Rate = Rate::new(60.0, 2.0);
/// Hosts and flow logs that are remembered.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub struct Files(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// When each flow log last wrote a file.
    written: BTreeMap<String, Timestamp>,
    /// The window that could not be delivered last; those behind it have their turn.
    turns: BTreeMap<String, String>,
    /// Reports that hosts may yet make.
    hosts: BTreeMap<String, Bucket<Timestamp>>,
    warned: Option<Timestamp>,
}

impl Files {
    /// How long until the next file.
    pub fn wait(&self, key: &str, now: Timestamp) -> Option<Duration> {
        let all = &mut self.0.lock().written;
        all.retain(|_, at| now.since(*at) < FILES_EVERY);
        let at = all.get(key)?;
        Some(FILES_EVERY.saturating_sub(now.since(*at)))
    }

    pub fn wrote(&self, key: &str, now: Timestamp) {
        self.0.lock().written.insert(key.to_owned(), now);
    }

    /// Behind which window it goes on; once, then from the first again.
    pub fn after(&self, key: &str) -> Option<String> {
        self.0.lock().turns.remove(key)
    }

    pub fn turn(&self, key: &str, failed: Option<String>) {
        let all = &mut self.0.lock().turns;
        if let Some(failed) = failed
            && all.len() < MOST
        {
            all.insert(key.to_owned(), failed);
        }
    }

    /// Whether the host may report now.
    pub fn may_report(&self, host: &str, now: Timestamp) -> bool {
        let all = &mut self.0.lock().hosts;
        if all.len() >= MOST {
            all.retain(|_, bucket| !bucket.is_full(now));
        }
        let bucket = all.entry(host.to_owned());
        bucket
            .or_insert_with(|| Bucket::full(REPORTS, now))
            .take(now)
    }

    pub fn warn_of_loss(&self, log: &str, now: Timestamp) {
        let warned = &mut self.0.lock().warned;
        if warned.is_none_or(|at| now.since(at) >= WARNED_EVERY) {
            *warned = Some(now);
            tracing::warn!(
                flow_log = log,
                "dropped records of a flow log: too many wait to be delivered"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_reports_so_much_and_no_more() {
        let files = Files::default();
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let taken = |host: &str, seconds: i64, tries: usize| {
            (0..tries)
                .filter(|_| files.may_report(host, at(seconds)))
                .count()
        };
        assert_eq!(taken("i-1", 1, 100), 60);
        assert_eq!(taken("i-1", 11, 100), 20);
        assert_eq!(taken("i-2", 11, 100), 60);
    }
}
