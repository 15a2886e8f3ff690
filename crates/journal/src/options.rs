//! Settings of a journal; the defaults suit a server.

use wharf_wal::Disk;

#[derive(Debug, Clone)]
pub struct JournalOptions {
    /// Size of one file of the log. Until it is merged, every append in it has its own place in
    /// memory.
    pub segment_bytes: u64,
    /// Closed segments that are merged into one run.
    pub merge_segments: usize,
    /// Runs of like size that are merged into one.
    pub merge_runs: usize,
    /// Runs of this size and above are merged no further.
    pub max_run_bytes: u64,
    /// With more on disk than this, runs are rid of what was trimmed sooner.
    pub bytes_wanted: u64,
    /// Room kept for trims and deletions on a full disk; of a small file system a 32nd at most.
    pub reserve_bytes: u64,
    /// Opens a damaged log up to the damage; see `Journal::lost`.
    pub salvage: bool,
    /// The way to the files.
    pub disk: Disk,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 8 << 20,
            merge_segments: 4,
            merge_runs: 4,
            max_run_bytes: 1 << 30,
            bytes_wanted: u64::MAX,
            reserve_bytes: 4 << 20,
            salvage: false,
            disk: Disk::default(),
        }
    }
}
