//! How schedules are kept, for metrics.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use crate::core::Core;

/// A moment that is carried out later than this was late.
const LATE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub struct Counts {
    carried_out: AtomicU64,
    late: AtomicU64,
}

/// Counted since the server started, and how it is now.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Moments of schedules.
    pub carried_out: u64,
    /// Those of them that were more than a second late.
    pub late: u64,
    /// How long the first schedule whose time has come has been waiting.
    pub lag: Duration,
}

impl Counts {
    pub fn carried_out(&self, late: Duration) {
        self.carried_out.fetch_add(1, Relaxed);
        if late > LATE {
            self.late.fetch_add(1, Relaxed);
        }
    }
}

pub(crate) fn figures(core: &Core) -> Figures {
    Figures {
        carried_out: core.counts.carried_out.load(Relaxed),
        late: core.counts.late.load(Relaxed),
        lag: core.queue.depth().lag,
    }
}
