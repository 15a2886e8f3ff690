//! Volumes whose files are being read, which takes as long as they are large: each is kept from being mounted and
//! removed by itself, and nobody waits for the files of others.

use std::collections::BTreeSet;

use tokio::sync::{MutexGuard, OwnedMutexGuard, watch};

use crate::volumes::Volumes;

/// One of them, until this is dropped.
pub struct Read {
    all: watch::Sender<BTreeSet<String>>,
    id: String,
}

impl Drop for Read {
    fn drop(&mut self) {
        self.all.send_modify(|all| {
            all.remove(&self.id);
        });
    }
}

impl Volumes {
    /// Marks a volume as one that is read from now on. `busy` says that it is not mounted or removed just now.
    pub(super) fn read(&self, id: &str, busy: OwnedMutexGuard<()>) -> Read {
        self.read.send_modify(|all| {
            all.insert(id.to_owned());
        });
        drop(busy);
        Read {
            all: self.read.clone(),
            id: id.to_owned(),
        }
    }

    pub(super) fn is_read(&self, id: &str) -> bool {
        self.read.borrow().contains(id)
    }

    /// Its turn to change what there is of the volume: once nobody reads it.
    pub(in crate::volumes) async fn busy_unread(&self, id: &str) -> MutexGuard<'_, ()> {
        let mut read = self.read.subscribe();
        loop {
            let busy = self.busy.lock().await;
            if !self.is_read(id) {
                return busy;
            }
            drop(busy);
            let unread = read.wait_for(|all| !all.contains(id)).await;
            drop(unread);
        }
    }
}
