//! Stores to test, and shorthands.

use std::{sync::Arc, time::Duration};

use tempfile::TempDir;
use wharf_base::{Permit, TestClock, Timestamp};
use wharf_store::{Revision, Store, StoreError, StoreOptions, Txn, TxnReply, Watch, WatchBatch};

pub const PERMIT: Permit = Permit::for_controller("test");

/// How long a test waits for what must happen.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// An engine that keeps the contract.
pub trait Engine {
    /// A store without keys. What of the options it has no use for it passes over.
    fn open(options: StoreOptions) -> impl Future<Output = Bench>;

    /// The same store after the process has ended; as it is where it ends with the process.
    fn reopen(bench: Bench, options: StoreOptions) -> impl Future<Output = Bench>;
}

/// The engine that keeps a store in a folder.
pub struct Folder;

impl Engine for Folder {
    async fn open(options: StoreOptions) -> Bench {
        open_with(options)
    }

    async fn reopen(bench: Bench, options: StoreOptions) -> Bench {
        bench.reopen(options).await
    }
}

/// The engine for tests of others.
pub struct Memory;

impl Engine for Memory {
    async fn open(options: StoreOptions) -> Bench {
        let (options, clock) = with_clock(options);
        Bench {
            store: Store::in_memory(options),
            base: 0,
            clock: Some(clock),
            dir: None,
        }
    }

    async fn reopen(bench: Bench, _options: StoreOptions) -> Bench {
        bench
    }
}

pub struct Bench {
    pub store: Store,
    /// The revision before the first of this test: an engine that others use as well has one.
    pub base: Revision,
    /// What leases run by. Without it they run by the time of the day.
    clock: Option<Arc<TestClock>>,
    dir: Option<TempDir>,
}

fn with_clock(options: StoreOptions) -> (StoreOptions, Arc<TestClock>) {
    let clock = Arc::new(TestClock::at(Timestamp(1_000_000)));
    let options = StoreOptions {
        lease_clock: Some(clock.clone()),
        lease_tick: Duration::from_millis(10),
        ..options
    };
    (options, clock)
}

pub fn open() -> Bench {
    open_with(StoreOptions::default())
}

pub fn open_with(options: StoreOptions) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let (options, clock) = with_clock(options);
    let store = Store::open(dir.path(), options).unwrap();
    Bench {
        store,
        base: 0,
        clock: Some(clock),
        dir: Some(dir),
    }
}

impl Bench {
    /// The store's folder.
    pub fn path(&self) -> &std::path::Path {
        self.dir.as_ref().expect("a store in a folder").path()
    }

    pub async fn reopen(self, options: StoreOptions) -> Self {
        self.store.close().await;
        let (options, clock) = with_clock(options);
        let dir = self.dir.expect("a store in a folder");
        let store = Store::open(dir.path(), options).unwrap();
        Self {
            store,
            base: self.base,
            clock: Some(clock),
            dir: Some(dir),
        }
    }

    /// Lets time pass for leases.
    pub async fn pass(&self, time: Duration) {
        match &self.clock {
            Some(clock) => clock.advance(time),
            None => tokio::time::sleep(time).await,
        }
    }

    /// The revision now, counted from the test's start.
    pub async fn revision(&self) -> Revision {
        self.store.revision().await.unwrap() - self.base
    }

    /// The oldest revision that can be read.
    pub async fn compacted(&self) -> Revision {
        self.store.compact(&PERMIT, 0).await.unwrap() - self.base
    }

    /// The revision of the write, counted from the test's start.
    pub async fn put(&self, key: &str, value: &str) -> Revision {
        let put = self.store.put(&PERMIT, key, value.to_owned()).await;
        put.unwrap() - self.base
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
