//! Following changes: a position in the history, and nothing else.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{Notify, watch};

use crate::{
    Event, Revision, StoreError,
    shared::{Shared, fetch_events},
};

/// Changes looked at before a batch is handed out; a revision is never split.
const BATCH_CHANGES: usize = 512;
/// Bytes of keys and values after which a batch is handed out.
const BATCH_BYTES: u64 = 1 << 20;

/// All changes to keys of some prefixes, in order, each once.
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    revisions: watch::Receiver<Revision>,
    prefixes: Vec<String>,
    next: Revision,
    progress: Arc<ProgressState>,
    answered: u64,
}

/// One or more revisions' worth of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchBatch {
    /// The watch has now told everything up to this revision.
    pub revision: Revision,
    /// Empty in an answer to [`WatchProgress::request`].
    pub events: Vec<Event>,
}

#[derive(Debug, Default)]
struct ProgressState {
    asked: AtomicU64,
    wake: Notify,
}

/// Asks a watch how far it is, from another task.
#[derive(Debug, Clone)]
pub struct WatchProgress {
    state: Arc<ProgressState>,
}

impl WatchProgress {
    /// Makes the watch hand out a batch, an empty one if need be, once it has told everything up to
    /// the store's revision of that moment. Several requests may share an answer.
    pub fn request(&self) {
        self.state.asked.fetch_add(1, Ordering::AcqRel);
        self.state.wake.notify_one();
    }
}

impl Watch {
    pub(crate) fn new(
        shared: Arc<Shared>,
        revisions: watch::Receiver<Revision>,
        prefixes: Vec<String>,
        from: Revision,
    ) -> Self {
        Self {
            shared,
            revisions,
            prefixes,
            next: from.max(1),
            progress: Arc::default(),
            answered: 0,
        }
    }

    /// A handle for asking how far this watch is.
    pub fn progress(&self) -> WatchProgress {
        WatchProgress {
            state: Arc::clone(&self.progress),
        }
    }

    /// The next changes; waits for some. May be dropped while waiting: nothing is lost.
    ///
    /// # Errors
    /// `Compacted` if the changes to come have been forgotten: the reader was too slow or started
    /// too early. It stays so; read anew and watch from there. `Closed` when the store is closed.
    pub async fn next(&mut self) -> Result<WatchBatch, StoreError> {
        loop {
            let asked = self.progress.asked.load(Ordering::Acquire);
            // Seen before the state is: a change after that wakes us.
            self.revisions.borrow_and_update();
            let (found, revision) = self.look()?;
            if !found.is_empty() {
                let events = fetch_events(found).await?;
                self.next = revision + 1;
                return Ok(WatchBatch { revision, events });
            }
            let caught_up = {
                self.next = self.next.max(revision + 1);
                self.next > self.shared.read().revision
            };
            if !caught_up {
                // Long stretches of others' changes: let other tasks have their turn.
                tokio::task::yield_now().await;
                continue;
            }
            if asked > self.answered {
                self.answered = asked;
                return Ok(WatchBatch {
                    revision,
                    events: Vec::new(),
                });
            }
            self.wait().await?;
        }
    }

    fn look(&self) -> Result<(Vec<crate::state::FoundEvent>, Revision), StoreError> {
        let state = self.shared.read();
        if self.next <= state.compacted {
            let (requested, compacted) = (self.next, state.compacted);
            return Err(StoreError::Compacted {
                requested,
                compacted,
            });
        }
        Ok(state.changes_from(&self.prefixes, self.next, BATCH_CHANGES, BATCH_BYTES))
    }

    async fn wait(&mut self) -> Result<(), StoreError> {
        tokio::select! {
            changed = self.revisions.changed() => changed.map_err(|_| StoreError::Closed),
            () = self.progress.wake.notified() => Ok(()),
        }
    }
}
