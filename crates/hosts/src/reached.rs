//! How far a view of the store has come, for readers that must see what was written before.

use parking_lot::Mutex;
use tokio::sync::watch;
use wharf_store::{Revision, WatchProgress};

#[derive(Debug)]
pub struct Reached {
    revision: watch::Sender<Revision>,
    /// Makes the watch say how far it is.
    progress: Mutex<Option<WatchProgress>>,
}

impl Default for Reached {
    fn default() -> Self {
        Self {
            revision: watch::channel(0).0,
            progress: Mutex::default(),
        }
    }
}

impl Reached {
    /// Waits until everything up to `revision` is in the view.
    pub async fn wait(&self, revision: Revision) {
        if *self.revision.borrow() >= revision {
            return;
        }
        let mut reached = self.revision.subscribe();
        if let Some(progress) = &*self.progress.lock() {
            progress.request();
        }
        // The sender lives as long as `self`.
        let _ = reached.wait_for(|now| *now >= revision).await;
    }

    /// The view shows everything up to `revision`.
    pub fn reach(&self, revision: Revision) {
        self.revision
            .send_modify(|reached| *reached = revision.max(*reached));
    }

    /// Whom to ask when a reader waits for a revision that held no change of ours.
    pub fn follow(&self, progress: WatchProgress) {
        progress.request();
        *self.progress.lock() = Some(progress);
    }
}
