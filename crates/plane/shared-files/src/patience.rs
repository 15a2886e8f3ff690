//! How long somebody waits for the server: as long as it takes, unless a signal came meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

/// A server that is away for no longer is waited for also by who was interrupted: signals of timers and children must not
/// make reads and writes of files fail.
const AT_LEAST: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub struct Patience {
    since: Instant,
    at_least: Duration,
    interrupted: Arc<AtomicBool>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            at_least: AT_LEAST,
            interrupted: Arc::default(),
        }
    }
}

impl Patience {
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// No longer than that.
    pub fn until(at_least: Duration) -> Self {
        Self {
            at_least,
            interrupted: Arc::new(AtomicBool::new(true)),
            ..Self::default()
        }
    }

    /// Of nobody who could be interrupted.
    pub fn endless() -> Self {
        Self::default()
    }

    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub fn goes_on(&self) -> bool {
        !self.is_interrupted() || self.since.elapsed() < self.at_least
    }

    /// Waits before another try, longer each time.
    pub fn pause(&self, tries: u32) {
        const FIRST: Duration = Duration::from_millis(20);
        const LONGEST: Duration = Duration::from_secs(1);
        sleep((FIRST * 2_u32.saturating_pow(tries.min(8))).min(LONGEST));
    }
}
