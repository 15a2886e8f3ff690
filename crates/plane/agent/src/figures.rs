//! What a node counts, for those who look after it.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};
use wharf_container::image::{ImageStore, OnDemand};
use wharf_durable::Durability;
use wharf_layers::{Counted, Sharing};

use crate::{
    engine::ContainerStatus,
    node::{
        disk::{Files, RealFiles},
        roster::Roster,
    },
};

/// The figures of a process since it began: of all its nodes together, but for the connection, which is
/// that of the machine's own node. Cheap to clone.
#[derive(Clone, Default)]
pub struct Figures(Arc<Inner>);

impl fmt::Debug for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Figures").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Inner {
    roster: OnceLock<Roster>,
    connected: AtomicBool,
    failed_saves: AtomicU64,
    pulls: AtomicU64,
    failed_pulls: AtomicU64,
    pull_millis: AtomicU64,
    images: OnceLock<ImageStore>,
    dropped_log_bytes: AtomicU64,
    reports: Mutex<Reports>,
}

/// Since when each report waits that was not taken yet.
#[derive(Debug, Default)]
struct Reports {
    next: u64,
    waiting: BTreeMap<u64, Instant>,
}

/// A report waits until this is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    figures: Figures,
    number: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.figures.lock().waiting.remove(&self.number);
    }
}

impl Figures {
    /// Tasks by status; all statuses are there.
    pub fn tasks(&self) -> BTreeMap<&'static str, usize> {
        use ContainerStatus as Status;
        let all = [
            Status::None,
            Status::Pulled,
            Status::Created,
            Status::Running,
            Status::Stopped,
        ];
        let mut counts: BTreeMap<_, _> = all.iter().map(|it| (it.as_str(), 0)).collect();
        let tasks = self.0.roster.get().map(Roster::all);
        for task in tasks.unwrap_or_default() {
            *counts.entry(task.record.state.known.as_str()).or_default() += 1;
        }
        counts
    }

    /// Whether the control plane has this node's session.
    pub fn is_connected(&self) -> bool {
        self.0.connected.load(Ordering::Relaxed)
    }

    /// Tries to write a record of the node's state that the disk refused; each is tried again.
    pub fn failed_saves(&self) -> u64 {
        read(&self.0.failed_saves)
    }

    /// Images that were pulled, and that could not be.
    pub fn pulls(&self) -> (u64, u64) {
        (read(&self.0.pulls), read(&self.0.failed_pulls))
    }

    /// How long all pulls took together.
    pub fn pull_time(&self) -> Duration {
        Duration::from_millis(read(&self.0.pull_millis))
    }

    /// Bytes of layers that came from registries.
    pub fn downloaded_bytes(&self) -> u64 {
        self.0.images.get().map_or(0, ImageStore::downloaded_bytes)
    }

    /// What became of layers that were read on demand.
    pub fn on_demand(&self) -> OnDemand {
        let images = self.0.images.get();
        images.map(ImageStore::on_demand).unwrap_or_default()
    }

    /// Layers that came from registries.
    pub fn downloaded_layers(&self) -> u64 {
        self.0.images.get().map_or(0, ImageStore::downloaded_layers)
    }

    /// Layers from peers, and for them; nothing where layers are not shared.
    pub fn shared_layers(&self) -> Counted {
        let sharing = self.0.images.get().and_then(ImageStore::sharing);
        sharing.map(Sharing::counted).unwrap_or_default()
    }

    /// Whether the control plane knows which layers this node shares.
    pub fn is_sharing(&self) -> bool {
        let sharing = self.0.images.get().and_then(ImageStore::sharing);
        sharing.is_some_and(|it| it.session().is_some())
    }

    /// Bytes of containers' output that were dropped because the control plane did not take them in
    /// time.
    pub fn dropped_log_bytes(&self) -> u64 {
        read(&self.0.dropped_log_bytes)
    }

    /// How many reports the control plane has not taken yet, and how long the first of them waits.
    pub fn reports(&self) -> (usize, Duration) {
        let reports = self.lock();
        let first = reports.waiting.values().next();
        let lag = first.map_or(Duration::ZERO, Instant::elapsed);
        (reports.waiting.len(), lag)
    }

    pub(crate) fn watch(&self, roster: &Roster) {
        let _ = self.0.roster.set(roster.clone());
    }

    pub(crate) fn connected(&self, connected: bool) {
        self.0.connected.store(connected, Ordering::Relaxed);
    }

    pub(crate) fn watch_images(&self, images: &ImageStore) {
        let _ = self.0.images.set(images.clone());
    }

    pub(crate) fn pulled(&self, well: bool, took: Duration) {
        let counter = match well {
            true => &self.0.pulls,
            false => &self.0.failed_pulls,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.0.pull_millis.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self, log_bytes: u64) {
        let dropped = &self.0.dropped_log_bytes;
        dropped.fetch_add(log_bytes, Ordering::Relaxed);
    }

    /// A report waits from now on.
    pub(crate) fn reporting(&self) -> Waiting {
        let mut reports = self.lock();
        let number = reports.next;
        reports.next += 1;
        reports.waiting.insert(number, Instant::now());
        Waiting {
            figures: self.clone(),
            number,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Reports> {
        self.0.reports.lock()
    }
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// The disk, with what it refuses counted.
pub(crate) struct CountedFiles {
    figures: Figures,
    files: RealFiles,
}

impl CountedFiles {
    pub fn new(figures: Figures) -> Self {
        let files = RealFiles::default();
        Self { figures, files }
    }

    fn count(&self, done: io::Result<()>) -> io::Result<()> {
        if done.is_err() {
            let failed = &self.figures.0.failed_saves;
            failed.fetch_add(1, Ordering::Relaxed);
        }
        done
    }
}

impl Files for CountedFiles {
    fn replace(&self, path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
        self.count(self.files.replace(path, bytes, durability))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.count(self.files.remove(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_waits_until_it_was_taken() {
        let figures = Figures::default();
        assert_eq!(figures.reports(), (0, Duration::ZERO));
        let first = figures.reporting();
        let second = figures.reporting();
        assert_eq!(figures.reports().0, 2);
        drop(first);
        drop(second);
        assert_eq!(figures.reports(), (0, Duration::ZERO));
    }

    #[test]
    fn what_the_disk_refuses_is_counted() {
        let (figures, dir) = (Figures::default(), tempfile::tempdir().unwrap());
        let files = CountedFiles::new(figures.clone());
        files
            .replace(&dir.path().join("a"), b"x", Durability::Process)
            .unwrap();
        assert_eq!(figures.failed_saves(), 0);
        assert!(
            files
                .replace(&dir.path().join("none/a"), b"x", Durability::Process)
                .is_err()
        );
        assert_eq!(figures.failed_saves(), 1);
    }

    #[test]
    fn every_status_is_there_before_the_first_task() {
        let tasks = Figures::default().tasks();
        assert_eq!(tasks.len(), 5);
        assert!(tasks.values().all(|count| *count == 0));
    }
}
