//! What shares a sync while the disk is slow.

use std::sync::{Arc, Mutex, mpsc};

use tokio::task::JoinHandle;
use wharf_store::{MAX_TXN_BYTES, Revision, Store, StoreError, StoreOptions};
use wharf_wal::{Disk, Fault, Faults, Operation};

use super::support::PERMIT;

const LOUD: &str = "/w1/c0/ssm/000000000001/us-east-1/parameter/loud";
const QUIET: &str = "/w1/c0/ssm/000000000002/us-east-1/parameter/quiet";
const OWN: &str = "/w1/c0/hosts/ledger/host";
/// The largest value that a put of [`LOUD`] may have: a group by itself.
const LARGE: usize = MAX_TXN_BYTES - LOUD.len();

/// Holds up the first write of a large frame; notes of each how many of the small keys it begins with.
#[derive(Debug)]
struct Slow {
    reached: mpsc::SyncSender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
    frames: Mutex<Vec<usize>>,
}

impl Faults for Slow {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        if let Operation::Write { bytes, .. } = operation
            && bytes.len() >= LARGE
        {
            let begin = &bytes[..4096];
            let has = |key: &str| begin.windows(key.len()).any(|it| it == key.as_bytes());
            let small = usize::from(has(QUIET)) + usize::from(has(OWN));
            let mut frames = self.frames.lock().unwrap();
            frames.push(small);
            if frames.len() == 1 {
                drop(frames);
                self.reached.send(()).unwrap();
                self.go_on.lock().unwrap().recv().unwrap();
            }
        }
        None
    }
}

/// A store whose first large frame is under way, and does not come to its end before something is sent.
struct Held {
    /// Goes first, so that a test that fails does not wait for the writer.
    go_on: mpsc::Sender<()>,
    dir: tempfile::TempDir,
    store: Store,
    first: JoinHandle<Result<Revision, StoreError>>,
    slow: Arc<Slow>,
}

async fn held() -> Held {
    let dir = tempfile::tempdir().unwrap();
    let (reached, is_reached) = mpsc::sync_channel(1);
    let (go_on, waits) = mpsc::channel();
    let slow = Arc::new(Slow {
        reached,
        go_on: Mutex::new(waits),
        frames: Mutex::default(),
    });
    let options = StoreOptions {
        disk: Disk::failing(slow.clone()),
        ..StoreOptions::default()
    };
    let store = Store::open(dir.path(), options).unwrap();
    let first = put(&store, LOUD, LARGE);
    tokio::task::yield_now().await;
    is_reached.recv().unwrap();
    Held {
        go_on,
        dir,
        store,
        first,
        slow,
    }
}

fn put(store: &Store, key: &'static str, bytes: usize) -> JoinHandle<Result<Revision, StoreError>> {
    let store = store.clone();
    tokio::spawn(async move { store.put(&PERMIT, key, vec![b'x'; bytes]).await })
}

async fn revision(put: JoinHandle<Result<Revision, StoreError>>) -> Revision {
    put.await.unwrap().unwrap()
}

/// More than a lane has room for, so that some wait before the queue.
#[tokio::test]
async fn who_writes_little_goes_with_the_next_frame() {
    let held = held().await;
    let loud: Vec<_> = (0..8).map(|_| put(&held.store, LOUD, LARGE)).collect();
    let (quiet, own) = (put(&held.store, QUIET, 100), put(&held.store, OWN, 100));
    // Each of the tasks, which are of this thread, comes to the answer or the room that it waits for.
    tokio::task::yield_now().await;
    held.go_on.send(()).unwrap();
    assert_eq!(revision(held.first).await, 1);
    assert_eq!((revision(quiet).await, revision(own).await), (2, 3));
    let mut revisions = Vec::new();
    for put in loud {
        revisions.push(revision(put).await);
    }
    assert_eq!(revisions, [4, 5, 6, 7, 8, 9, 10, 11]);
    let frames = held.slow.frames.lock().unwrap().clone();
    assert_eq!(frames, [0, 2, 0, 0, 0, 0, 0, 0, 0]);
    held.store.close().await;
}

#[tokio::test]
async fn what_waits_when_a_store_is_closed_is_done() {
    let held = held().await;
    let mut all: Vec<_> = (0..3).map(|_| put(&held.store, LOUD, LARGE)).collect();
    all.push(put(&held.store, QUIET, 100));
    tokio::task::yield_now().await;
    let closed = tokio::spawn(held.store.clone().close());
    tokio::task::yield_now().await;
    let late = held.store.put(&PERMIT, QUIET, "late").await;
    assert_eq!(late, Err(StoreError::Closed));
    held.go_on.send(()).unwrap();
    assert_eq!(revision(held.first).await, 1);
    let mut revisions = Vec::new();
    for put in all {
        revisions.push(revision(put).await);
    }
    assert_eq!(revisions, [3, 4, 5, 2]);
    closed.await.unwrap();
    let again = Store::open(held.dir.path(), StoreOptions::default()).unwrap();
    assert_eq!(again.revision().await.unwrap(), 5);
    again.close().await;
}
