//! Clocks of a runtime whose time passes as soon as there is nothing to do.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use tokio::time::Instant;
use wharf_base::{Clock, Timestamp};

/// The runtime's time as a clock shows it, but for the seconds that this one is ahead.
#[derive(Debug)]
pub struct VirtualClock {
    start: Timestamp,
    origin: Instant,
    ahead_seconds: AtomicI64,
}

impl VirtualClock {
    /// One that shows this now.
    pub fn at(start: Timestamp) -> Self {
        Self {
            start,
            origin: Instant::now(),
            ahead_seconds: AtomicI64::new(0),
        }
    }

    /// What a right clock shows.
    pub fn truth(&self) -> Timestamp {
        self.start + self.elapsed()
    }

    /// Since it was made.
    pub fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    pub fn set_ahead(&self, seconds: i64) {
        self.ahead_seconds.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead_seconds.load(Ordering::Relaxed);
        Timestamp::from_millis(self.truth().millis() + ahead * 1000)
    }

    fn passed(&self) -> Duration {
        self.elapsed()
    }
}

/// The same for a store of samples, which asks a function: of the one world that a process has at a time.
#[derive(Debug)]
pub struct VirtualSeconds;

static SECONDS: AtomicI64 = AtomicI64::new(0);

impl VirtualSeconds {
    pub fn set(now: Timestamp) {
        SECONDS.store(now.millis() / 1000, Ordering::Relaxed);
    }

    pub fn get() -> i64 {
        SECONDS.load(Ordering::Relaxed)
    }
}
