//! Settings of a store; the defaults suit a server. In memory those about files mean nothing.

use std::{sync::Arc, time::Duration};

use wharf_base::{Clock, SystemClock};
use wharf_wal::Disk;

use crate::Chaos;

#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Names the epoch of a new store and drives nothing else.
    pub clock: Arc<dyn Clock>,
    /// What leases run by; `None` is a clock that no change of the host's time disturbs.
    pub lease_clock: Option<Arc<dyn Clock>>,
    /// How often ended leases are looked for: the coarseness of all leases.
    pub lease_tick: Duration,
    /// Revisions kept readable and watchable before they are compacted by themselves.
    pub keep_revisions: u64,
    /// Bytes of log kept for the same purpose; whichever of the two is reached first counts.
    pub keep_bytes: u64,
    /// Bytes of replaced values that stay in memory for watchers; older ones are read from the log.
    pub history_memory: usize,
    /// Size of one file of the log.
    pub segment_bytes: u64,
    /// Room kept for deletions and changes on a full disk; of a small file system a 32nd at most.
    pub reserve_bytes: u64,
    /// What the live records of one account may take, as [`crate::Held`] counts it; `None`: anything. Who has that much
    /// is refused what API calls would add ([`crate::StoreError::ShareFull`]); calls that give room back and parts of
    /// wharf itself go on. Everything live is in memory, which accounts share.
    pub account_bytes: Option<u64>,
    /// An account that may have anything all the same: that of who runs the store, where others are guests.
    pub boundless_account: Option<String>,
    /// Opens a damaged store up to the damage; see `Store::lost`.
    pub salvage: bool,
    /// The way to the files.
    pub disk: Disk,
    /// What goes wrong on purpose: for tests of callers.
    pub chaos: Option<Chaos>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            lease_clock: None,
            lease_tick: Duration::from_millis(500),
            keep_revisions: 10_000,
            keep_bytes: 16 << 20,
            history_memory: 2 << 20,
            segment_bytes: 4 << 20,
            // Enough for tens of thousands of deletions.
            reserve_bytes: 16 << 20,
            account_bytes: None,
            boundless_account: None,
            salvage: false,
            disk: Disk::default(),
            chaos: None,
        }
    }
}
