//! The end of a lease that has many keys.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};
use wharf_store::{EventKind, LeaseId, MAX_TXN_OPS, Range, Store, StoreError, StoreOptions, Txn};
use wharf_wal::{Disk, Fault, Faults, Operation};

use super::support::{DEADLINE, PERMIT, next, open_with};

const PREFIX: &str = "/l/many/";
const MANY: usize = 3000;
/// Keys that go in one frame.
const AT_ONCE: usize = 1024;
const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// Notes how large frames with such keys are, once it is told to look.
#[derive(Debug, Default)]
struct Frames {
    looks: AtomicBool,
    sizes: Mutex<Vec<usize>>,
    /// After so many all fail.
    most: usize,
    /// The first is told of, and waits.
    held: Option<(mpsc::SyncSender<()>, Mutex<mpsc::Receiver<()>>)>,
}

impl Faults for Frames {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        let Operation::Write { bytes, .. } = operation else {
            return None;
        };
        let mut parts = bytes.windows(PREFIX.len());
        if !self.looks.load(Ordering::Relaxed) || !parts.any(|it| it == PREFIX.as_bytes()) {
            return None;
        }
        let mut sizes = self.sizes.lock().unwrap();
        sizes.push(bytes.len());
        let count = sizes.len();
        drop(sizes);
        if let Some((reached, go_on)) = self.held.as_ref().filter(|_| count == 1) {
            reached.send(()).unwrap();
            go_on.lock().unwrap().recv().unwrap();
        }
        (count > self.most).then_some(Fault::Refuse(EIO))
    }
}

/// A store with a lease that has many keys.
async fn filled(dir: &std::path::Path, frames: &Arc<Frames>) -> (Store, LeaseId) {
    let options = StoreOptions {
        disk: Disk::failing(frames.clone()),
        ..StoreOptions::default()
    };
    let store = Store::open(dir, options).unwrap();
    let granted = store.lease_grant(&PERMIT, Duration::from_secs(3600)).await;
    let lease = granted.unwrap();
    let numbers: Vec<usize> = (0..MANY).collect();
    for some in numbers.chunks(MAX_TXN_OPS) {
        let txn = some.iter().fold(Txn::new(), |txn, it| {
            txn.put_leased(format!("{PREFIX}{it:04}"), "", lease)
        });
        assert!(store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }
    frames.looks.store(true, Ordering::Relaxed);
    (store, lease)
}

async fn keys(store: &Store) -> usize {
    let found = store.all_keys(Range::prefix(PREFIX)).await;
    found.unwrap().entries.len()
}

#[tokio::test]
async fn its_keys_go_in_frames_of_few_and_what_a_kill_leaves_goes_later() {
    let dir = tempfile::tempdir().unwrap();
    let frames = Arc::new(Frames {
        most: 1,
        ..Frames::default()
    });
    let (store, lease) = filled(dir.path(), &frames).await;
    assert!(store.lease_revoke(&PERMIT, lease).await.is_err());
    store.close().await;
    let sizes = frames.sizes.lock().unwrap().clone();
    assert!(
        sizes.len() > 1 && sizes.iter().all(|it| *it < 64 << 10),
        "{sizes:?}"
    );

    let again = Store::open(dir.path(), StoreOptions::default()).unwrap();
    assert_eq!(keys(&again).await, MANY - AT_ONCE);
    again.lease_keep_alive(&PERMIT, lease).await.unwrap();
    again.lease_revoke(&PERMIT, lease).await.unwrap();
    assert_eq!(keys(&again).await, 0);
    let missing = Err(StoreError::LeaseNotFound(lease));
    assert_eq!(again.lease_keep_alive(&PERMIT, lease).await, missing);
    again.close().await;
}

#[tokio::test]
async fn others_write_in_between_and_nothing_is_put_under_it() {
    let dir = tempfile::tempdir().unwrap();
    let (reached, is_reached) = mpsc::sync_channel(1);
    let (go_on, waits) = mpsc::channel();
    let frames = Arc::new(Frames {
        most: usize::MAX,
        held: Some((reached, Mutex::new(waits))),
        ..Frames::default()
    });
    let (store, lease) = filled(dir.path(), &frames).await;
    let before = store.revision().await.unwrap();
    let ending = store.clone();
    let ended = tokio::spawn(async move { ending.lease_revoke(&PERMIT, lease).await });
    tokio::task::yield_now().await;
    is_reached.recv().unwrap();
    // Nor does anybody keep alive what ends.
    let kept = store.lease_keep_alive(&PERMIT, lease).await;
    assert_eq!(kept, Err(StoreError::LeaseNotFound(lease)));
    let between = store.clone();
    let between = tokio::spawn(async move { between.put(&PERMIT, "/o/between", "").await });
    let late = store.clone();
    let late = tokio::spawn(async move {
        let txn = Txn::new().put_leased(format!("{PREFIX}late"), "", lease);
        late.txn(&PERMIT, txn).await
    });
    // Both come to the answer that they wait for.
    tokio::task::yield_now().await;
    go_on.send(()).unwrap();
    assert_eq!(between.await.unwrap(), Ok(before + 2));
    let missing = Err(StoreError::LeaseNotFound(lease));
    assert_eq!(late.await.unwrap(), missing);
    assert_eq!(ended.await.unwrap(), Ok(before + 4));
    assert_eq!(keys(&store).await, 0);
    store.close().await;
}

/// A disk that has no room while it is said to be full.
#[derive(Debug, Default)]
struct NoRoom {
    is_full: AtomicBool,
    refused: Notify,
}

impl Faults for NoRoom {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        let takes_room = matches!(
            operation,
            Operation::Write { .. } | Operation::Allocate { .. }
        );
        if !takes_room || !self.is_full.load(Ordering::Relaxed) {
            return None;
        }
        self.refused.notify_one();
        Some(Fault::Refuse(ENOSPC))
    }
}

#[tokio::test]
async fn one_whose_time_is_over_is_kept_alive_by_nobody_until_the_disk_has_room() {
    let disk = Arc::new(NoRoom::default());
    let b = open_with(StoreOptions {
        disk: Disk::failing(disk.clone()),
        ..StoreOptions::default()
    });
    let granted = b.store.lease_grant(&PERMIT, Duration::from_secs(10)).await;
    let lease = granted.unwrap();
    let put = b.txn(Txn::new().put_leased("/l/a", "", lease)).await;
    let mut watch = b.store.watch("/l/", put.unwrap().revision + 1);
    disk.is_full.store(true, Ordering::Relaxed);
    b.pass(Duration::from_secs(12)).await;
    timeout(DEADLINE, disk.refused.notified()).await.unwrap();
    // Once it answers, the writer is done with what was refused.
    b.txn(Txn::new().get("/l/a")).await.unwrap();
    let kept = b.store.lease_keep_alive(&PERMIT, lease).await;
    assert_eq!(kept, Err(StoreError::LeaseNotFound(lease)));
    let late = b.txn(Txn::new().put_leased("/l/b", "", lease)).await;
    assert_eq!(late, Err(StoreError::LeaseNotFound(lease)));
    // Nor does who asks in vain for what goes on anyway bring it back.
    let revoked = b.store.lease_revoke(&PERMIT, lease).await;
    assert!(revoked.is_err(), "{revoked:?}");
    let kept = b.store.lease_keep_alive(&PERMIT, lease).await;
    assert_eq!(kept, Err(StoreError::LeaseNotFound(lease)));
    assert!(b.value("/l/a").await.is_some());
    disk.is_full.store(false, Ordering::Relaxed);
    b.pass(Duration::from_secs(2)).await;
    let batch = next(&mut watch).await.unwrap();
    let gone = batch.events.iter().map(|it| (it.kind, it.key()));
    assert_eq!(gone.collect::<Vec<_>>(), [(EventKind::Delete, "/l/a")]);
}
