//! Settings of a journal; the defaults suit a server.

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
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 8 << 20,
            merge_segments: 4,
            merge_runs: 4,
            max_run_bytes: 1 << 30,
        }
    }
}
