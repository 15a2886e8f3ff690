//! A store in a folder of its own, and shorthands.

use std::time::Duration;

use tempfile::TempDir;
use wharf_base::Permit;
use wharf_store::{Revision, Store, StoreError, StoreOptions, Txn, TxnReply, Watch, WatchBatch};

pub const PERMIT: Permit = Permit::for_controller("test");

/// How long a test waits for what must happen.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub struct Bench {
    pub store: Store,
    pub dir: TempDir,
}

pub fn open() -> Bench {
    open_with(StoreOptions::default())
}

pub fn open_with(options: StoreOptions) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), options).unwrap();
    Bench { store, dir }
}

impl Bench {
    pub async fn reopen(self, options: StoreOptions) -> Self {
        self.store.close().await;
        let store = Store::open(self.dir.path(), options).unwrap();
        Self {
            store,
            dir: self.dir,
        }
    }

    pub async fn put(&self, key: &str, value: &str) -> Revision {
        self.store
            .put(&PERMIT, key, value.to_owned())
            .await
            .unwrap()
    }

    pub async fn delete(&self, key: &str) -> bool {
        self.store.delete(&PERMIT, key).await.unwrap()
    }

    pub async fn txn(&self, txn: Txn) -> Result<TxnReply, StoreError> {
        self.store.txn(&PERMIT, txn).await
    }

    pub async fn value(&self, key: &str) -> Option<String> {
        let entry = self.store.get(key).await.unwrap()?;
        Some(String::from_utf8(entry.value.to_vec()).unwrap())
    }
}

pub async fn next(watch: &mut Watch) -> Result<WatchBatch, StoreError> {
    tokio::time::timeout(DEADLINE, watch.next())
        .await
        .expect("a batch in time")
}
