//! What the handle, its watches and the writer hold in common.

use std::{io, sync::Arc};

use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{
    Entry, Event, EventKind, Revision, StoreError,
    lease::LeaseTimers,
    state::{Found, FoundEvent, State},
};

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) epoch: u64,
    state: RwLock<State>,
    timers: Mutex<LeaseTimers>,
    /// Why no more writes are taken, once that is so.
    pub(crate) failure: tokio::sync::watch::Sender<Option<String>>,
}

impl Shared {
    pub(crate) fn new(epoch: u64, state: State, timers: LeaseTimers) -> Self {
        Self {
            epoch,
            state: RwLock::new(state),
            timers: Mutex::new(timers),
            failure: tokio::sync::watch::Sender::new(None),
        }
    }

    // No code that can panic runs under these locks.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read()
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write()
    }

    pub(crate) fn timers(&self) -> MutexGuard<'_, LeaseTimers> {
        self.timers.lock()
    }
}

/// Keeps a revision readable, whatever is compacted meanwhile.
#[derive(Debug)]
pub(crate) struct Pin {
    shared: Arc<Shared>,
    pub(crate) revision: Revision,
}

impl Pin {
    /// Pins `at`, or the present.
    pub(crate) fn take(shared: &Arc<Shared>, at: Option<Revision>) -> Result<Self, StoreError> {
        let state = shared.read();
        let revision = check_revision(&state, at)?;
        state.pin(revision);
        Ok(Self {
            shared: Arc::clone(shared),
            revision,
        })
    }

    /// Pins the present. What `look` sees is the state as of that revision, with what has no revisions of its own.
    pub(crate) fn present<T>(shared: &Arc<Shared>, look: impl FnOnce(&State) -> T) -> (Self, T) {
        let state = shared.read();
        let revision = state.revision;
        state.pin(revision);
        let seen = look(&state);
        let pin = Self {
            shared: Arc::clone(shared),
            revision,
        };
        (pin, seen)
    }

    /// Pins the compacted revision: the oldest that can be read.
    pub(crate) fn oldest(shared: &Arc<Shared>) -> Self {
        let state = shared.read();
        let revision = state.compacted;
        state.pin(revision);
        Self {
            shared: Arc::clone(shared),
            revision,
        }
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.shared.read().unpin(self.revision);
    }
}

/// The revision to read at, if it can be read.
pub(crate) fn check_revision(state: &State, at: Option<Revision>) -> Result<Revision, StoreError> {
    let current = state.revision;
    match at {
        None => Ok(current),
        Some(requested) if requested > current => {
            Err(StoreError::FutureRevision { requested, current })
        }
        Some(requested) if requested < state.compacted => Err(StoreError::Compacted {
            requested,
            compacted: state.compacted,
        }),
        Some(requested) => Ok(requested),
    }
}

fn fetch(found: Found) -> io::Result<Entry> {
    let mut entry = found.entry;
    if let Some(place) = found.on_disk {
        entry.value = place.read()?.into();
    }
    Ok(entry)
}

fn fetch_event(found: FoundEvent) -> io::Result<Event> {
    Ok(Event {
        kind: if found.deleted {
            EventKind::Delete
        } else {
            EventKind::Put
        },
        entry: fetch(found.entry)?,
        previous: found.previous.map(fetch).transpose()?,
    })
}

/// Fetches the values that are on disk alone; away from the runtime's threads if there are any.
pub(crate) async fn fetch_entries(found: Vec<Found>) -> Result<Vec<Entry>, StoreError> {
    let on_disk = found.iter().any(|f| f.on_disk.is_some());
    run(on_disk, move || found.into_iter().map(fetch).collect()).await
}

pub(crate) async fn fetch_events(found: Vec<FoundEvent>) -> Result<Vec<Event>, StoreError> {
    let needs = |f: &Found| f.on_disk.is_some();
    let on_disk = found
        .iter()
        .any(|e| needs(&e.entry) || e.previous.as_ref().is_some_and(needs));
    run(on_disk, move || {
        found.into_iter().map(fetch_event).collect()
    })
    .await
}

async fn run<T: Send + 'static>(
    blocking: bool,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let done = if blocking {
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| StoreError::Closed)?
    } else {
        work()
    };
    done.map_err(|e| StoreError::History {
        reason: e.to_string(),
    })
}
