//! How many blobs snapshots that are being taken own: a host that sends without end fills the disks of all.
//!
//! What a snapshot owns is counted once, when its host first sends; what it comes to own is added. Requests that come
//! at once are counted one after another, so a few may pass the bound together.

use std::collections::HashMap;

use parking_lot::Mutex;
use wharf_blobs::Digest;

use super::{NotTaken, Snapshot, bytes::failed};
use crate::Ec2Service;

/// By the key of the snapshot.
#[derive(Debug, Default)]
pub struct Owned {
    counts: Mutex<HashMap<String, usize>>,
    /// Of who counts what snapshots hold, or lets it go.
    turn: tokio::sync::Mutex<()>,
}

impl Owned {
    /// Waits until nobody else counts what snapshots hold, or lets it go.
    pub async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    fn find(&self, key: &str) -> Option<usize> {
        self.counts.lock().get(key).copied()
    }

    fn counted(&self, key: &str, count: usize) -> usize {
        *self.counts.lock().entry(key.to_owned()).or_insert(count)
    }

    pub fn add(&self, key: &str, more: usize) {
        if let Some(count) = self.counts.lock().get_mut(key) {
            *count += more;
        }
    }

    pub fn take_one(&self, key: &str) {
        if let Some(count) = self.counts.lock().get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }

    /// Nothing is sent of it any more.
    pub fn forget(&self, key: &str) {
        self.counts.lock().remove(key);
    }
}

impl Ec2Service {
    /// Those of the blobs that the snapshot does not own yet, if it can come to own them all.
    pub(super) async fn not_owned(
        &self,
        (key, snapshot): (&str, &Snapshot),
        digests: &[Digest],
    ) -> Result<Vec<Digest>, NotTaken> {
        let who = snapshot.owner_name();
        let mut new = Vec::new();
        for digest in digests {
            let owner = wharf_wanted::owner(digest, &who);
            if self
                .table
                .store()
                .get(&owner)
                .await
                .map_err(failed)?
                .is_none()
            {
                new.push(*digest);
            }
        }
        // What one of an earlier version owns is not known by its name.
        if !snapshot.indexed {
            return Ok(new);
        }
        let count = match self.owned.find(key) {
            Some(known) => known,
            None => {
                let count = self.table.count(&wharf_wanted::owned_by(&who)).await?;
                self.owned.counted(key, count)
            }
        };
        match count + new.len() <= snapshot.most_blobs() {
            true => Ok(new),
            false => Err(NotTaken::Malformed(
                "a snapshot has no more chunks than its volume",
            )),
        }
    }
}
