//! The right to reconcile one shard of keys.
//!
//! A shard is a key in the store under a lease. Whoever holds the lease does the work; every
//! transaction of its executors compares the key's lease ([`Shard::fence`]), so a holder that was
//! cut off, or overtaken, cannot write any more even if it does not know yet.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_store::{Compare, LeaseId, Store, StoreError, Txn};

/// How long a holder that went silent keeps a shard.
const LEASE_TTL: Duration = Duration::from_secs(15);
/// How often it is renewed, or tried for.
const RENEWAL: Duration = Duration::from_secs(5);

/// What to do about another holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takeover {
    /// Wait until its lease ends.
    Wait,
    /// Replace it at once: right where the engine admits one process at a time, so that the holder
    /// can only be a dead predecessor. Its fence fails from then on.
    Replace,
}

/// A shard this process holds, or tries to.
#[derive(Debug, Clone)]
pub struct Shard {
    key: String,
    held: Arc<Mutex<Option<LeaseId>>>,
}

impl Shard {
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            held: Arc::default(),
        }
    }

    /// What a transaction of this shard's executors must compare; `None` while it is not ours.
    pub fn fence(&self) -> Option<Compare> {
        self.lease()
            .map(|lease| Compare::leased(self.key.clone(), lease))
    }

    /// Holds the shard until `stop`, then gives it back.
    pub async fn hold(self, store: Store, permit: Permit, how: Takeover, stop: CancellationToken) {
        loop {
            if let Err(error) = self.renew(&store, &permit, how).await {
                tracing::warn!(shard = self.key, %error, "failed to renew the shard's lease; will retry");
            }
            tokio::select! {
                () = tokio::time::sleep(RENEWAL) => {}
                () = stop.cancelled() => break,
            }
        }
        if let Some(lease) = self.lease() {
            self.set(None);
            // Left to end by itself if the store is gone already.
            let _ = store.lease_revoke(&permit, lease).await;
        }
    }

    /// Keeps the lease alive or acquires one; tried once.
    pub async fn renew(
        &self,
        store: &Store,
        permit: &Permit,
        how: Takeover,
    ) -> Result<(), StoreError> {
        if let Some(lease) = self.lease() {
            match store.lease_keep_alive(permit, lease).await {
                Ok(_) => return Ok(()),
                Err(StoreError::LeaseNotFound(_)) => self.set(None),
                Err(other) => return Err(other),
            }
        }
        // On a full disk as well: who gives room back holds a shard.
        let permit = &permit.giving_back();
        let lease = store.lease_grant(permit, LEASE_TTL).await?;
        let mut txn = Txn::new().put_leased(self.key.clone(), permit.holder().to_owned(), lease);
        if how == Takeover::Wait {
            txn = txn.when(Compare::absent(self.key.clone()));
        }
        if store.txn(permit, txn).await?.succeeded {
            self.set(Some(lease));
        } else {
            store.lease_revoke(permit, lease).await?;
        }
        Ok(())
    }

    fn lease(&self) -> Option<LeaseId> {
        *self.held.lock()
    }

    fn set(&self, lease: Option<LeaseId>) {
        *self.held.lock() = lease;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use wharf_store::StoreOptions;
    use wharf_wal::{Disk, Fault, Faults, Operation};

    use super::*;

    /// A disk that is full when it is said to be: no file grows, and what is written where there is room already is.
    #[derive(Debug, Default)]
    struct Full(AtomicBool);

    impl Faults for Full {
        fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
            const ENOSPC: i32 = 28;
            let grows = match operation {
                Operation::Write { bytes, .. } => bytes.iter().all(|it| *it == 0),
                Operation::Allocate { .. } => true,
                _ => false,
            };
            (grows && self.0.load(Ordering::Relaxed)).then_some(Fault::Refuse(ENOSPC))
        }
    }

    #[tokio::test]
    async fn a_shard_is_held_on_a_full_disk_too() {
        let dir = tempfile::tempdir().unwrap();
        let full = Arc::new(Full::default());
        let options = StoreOptions {
            reserve_bytes: 64 << 10,
            disk: Disk::failing(full.clone()),
            ..StoreOptions::default()
        };
        let store = Store::open(dir.path(), options).unwrap();
        let permit = Permit::for_controller("test");
        full.0.store(true, Ordering::Relaxed);
        let refused = store.put(&permit, "/w1/more", "").await;
        assert!(matches!(refused, Err(StoreError::DiskFull { .. })));
        let shard = Shard::new("/w1/shard");
        let renewed = shard.renew(&store, &permit, Takeover::Replace).await;
        renewed.unwrap();
        let fenced = Txn::new().when(shard.fence().unwrap());
        assert!(store.txn(&permit, fenced).await.unwrap().succeeded);
        let refused = store.put(&permit, "/w1/more", "").await;
        assert!(matches!(refused, Err(StoreError::DiskFull { .. })));
        store.close().await;
    }

    #[tokio::test]
    async fn an_overtaken_holder_can_no_longer_write() {
        let store = Store::in_memory(StoreOptions::default());
        let permit = Permit::for_controller("test");
        let (old, new) = (Shard::new("/w1/shard"), Shard::new("/w1/shard"));
        old.renew(&store, &permit, Takeover::Wait).await.unwrap();
        new.renew(&store, &permit, Takeover::Wait).await.unwrap();
        assert!(new.fence().is_none(), "the shard is held");
        let write = async |fence: Compare| {
            store
                .txn(&permit, Txn::new().when(fence).put("/w1/x", "y"))
                .await
                .unwrap()
                .succeeded
        };
        assert!(write(old.fence().unwrap()).await);
        new.renew(&store, &permit, Takeover::Replace).await.unwrap();
        assert!(write(new.fence().unwrap()).await);
        assert!(!write(old.fence().unwrap()).await);
    }
}
