//! Who is at a digest right now, in this process: a collector in it does not come between "is it there"
//! and the record that says it is needed, which would fail then and be tried again.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::{BlobError, Digest, Limits, folder::Folder, store::blocking};

#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Mutex<HashMap<Digest, Arc<RwLock<()>>>>,
    /// How many want nothing to be removed.
    pauses: AtomicUsize,
}

/// Nothing is removed while this lives.
#[must_use = "blobs may be removed as soon as this is dropped"]
#[derive(Debug)]
pub struct RemovalPause(Arc<Leases>);

impl Drop for RemovalPause {
    fn drop(&mut self) {
        self.0.pauses.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Shared: the blob, if it is there, stays there while this lives. Any number at a time.
#[must_use = "the blob may be collected as soon as this is dropped"]
#[derive(Debug)]
pub struct Lease {
    _hold: Hold<OwnedRwLockReadGuard<()>>,
}

/// The right to remove one blob; nobody holds a [`Lease`] on it meanwhile.
#[derive(Debug)]
pub struct Exclusive {
    folder: Arc<Folder>,
    hold: Hold<OwnedRwLockWriteGuard<()>>,
}

/// A guard that takes its entry out of the map when nobody else uses it.
#[derive(Debug)]
struct Hold<G> {
    leases: Arc<Leases>,
    digest: Digest,
    /// `None` only within `drop`.
    guard: Option<G>,
}

impl Leases {
    pub(crate) async fn share(self: &Arc<Self>, digest: &Digest) -> Lease {
        let guard = self.entry(digest).read_owned().await;
        Lease {
            _hold: self.hold(digest, guard),
        }
    }

    /// `None` while anybody holds a lease: a blob somebody needs is not to be removed anyway.
    pub(crate) fn try_exclude(
        self: &Arc<Self>,
        folder: &Arc<Folder>,
        digest: &Digest,
    ) -> Option<Exclusive> {
        if self.pauses.load(Ordering::SeqCst) > 0 {
            return None;
        }
        let guard = self.entry(digest).try_write_owned().ok()?;
        Some(Exclusive {
            folder: folder.clone(),
            hold: self.hold(digest, guard),
        })
    }

    pub(crate) fn pause(self: &Arc<Self>) -> RemovalPause {
        self.pauses.fetch_add(1, Ordering::SeqCst);
        RemovalPause(Arc::clone(self))
    }

    fn entry(&self, digest: &Digest) -> Arc<RwLock<()>> {
        self.lock().entry(*digest).or_default().clone()
    }

    fn hold<G>(self: &Arc<Self>, digest: &Digest, guard: G) -> Hold<G> {
        Hold {
            leases: self.clone(),
            digest: *digest,
            guard: Some(guard),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Arc<RwLock<()>>>> {
        self.held.lock()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }
}

impl<G> Drop for Hold<G> {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut held = self.leases.lock();
        // Whoever waits for the lock or holds it has a clone; clones are made under this mutex.
        if held
            .get(&self.digest)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            held.remove(&self.digest);
        }
    }
}

impl Exclusive {
    /// Removes what a version before stored plain, and nothing else.
    pub(crate) async fn remove_plain(self) -> Result<bool, BlobError> {
        self.with("remove a plain blob", Folder::remove_plain).await
    }

    /// Removes the blob; false if there was none.
    pub async fn remove(self) -> Result<bool, BlobError> {
        self.with("remove a blob", Folder::remove).await
    }

    /// Moves the blob's file aside, if it is the one of that inode and there is room.
    pub(crate) async fn move_aside(self, inode: u64, limits: Limits) -> Result<(), BlobError> {
        let most = (limits.quarantine_files, limits.quarantine_bytes);
        self.with("move a damaged blob aside", move |folder, digest| {
            folder.move_aside(digest, inode, most)
        })
        .await
    }

    /// Moves a file back that lay aside; whether the blob had none.
    pub(crate) async fn put_back(self) -> Result<bool, BlobError> {
        self.with("put a blob back", Folder::put_back).await
    }

    async fn with<T: Send + 'static>(
        self,
        step: &'static str,
        work: impl FnOnce(&Folder, &Digest) -> io::Result<T> + Send + 'static,
    ) -> Result<T, BlobError> {
        let Self { folder, hold } = self;
        blocking(step, move || {
            let done = work(&folder, &hold.digest);
            // All of it moved along: a caller that gives up does not free it too early.
            drop(hold);
            done
        })
        .await
    }
}
