//! Copies taken while the store goes on, and stores made from them.

use std::{
    io::{self, Write},
    sync::mpsc,
    time::Duration,
};

use wharf_store::{OpenError, Range, RestoreOptions, Store, StoreError, StoreOptions, Txn};

use crate::support::{Engine, Folder, Memory, PERMIT, next, open, open_with};

#[tokio::test]
async fn a_restored_store_is_the_same_under_a_higher_epoch() {
    let b = open();
    for i in 0..1000 {
        b.put(&format!("/k/{i}"), &i.to_string()).await;
    }
    b.txn(Txn::new().cursor("audit", 5)).await.unwrap();
    let lease = b
        .store
        .lease_grant(&PERMIT, Duration::from_secs(60))
        .await
        .unwrap();
    b.txn(Txn::new().put_leased("/leased", "", lease))
        .await
        .unwrap();
    let (copy, report) = b.store.snapshot(Vec::new()).await.unwrap();
    assert_eq!((report.revision, report.entries), (1001, 1001));
    assert_eq!(report.bytes, copy.len() as u64);
    b.put("/after", "the copy").await;

    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions::default();
    let how = RestoreOptions::default();
    let restored = Store::restore(dir.path(), &copy[..], &options, how).unwrap();
    assert_eq!((restored.entries, restored.revision), (1001, 1_000_001_001));
    let store = Store::open(dir.path(), StoreOptions::default()).unwrap();
    assert!(store.epoch() > b.store.epoch());
    assert_eq!(
        (store.epoch(), store.revision().await.unwrap()),
        (restored.epoch, restored.revision)
    );
    assert_eq!(store.get("/after").await, Ok(None));
    let (was, is) = (
        b.store.get("/k/7").await.unwrap(),
        store.get("/k/7").await.unwrap(),
    );
    assert_eq!(was, is);
    assert_eq!(store.all(Range::prefix("/")).await.unwrap().count, 1001);
    // What was said of the lost store's revisions cannot be continued.
    let error = next(&mut store.watch("/", 1002)).await.unwrap_err();
    assert!(matches!(error, StoreError::Compacted { .. }));
    assert!(store.cursors().await.unwrap().is_empty());
    assert_eq!(store.put(&PERMIT, "/k", "").await, Ok(1_000_001_002));
    store.lease_revoke(&PERMIT, lease).await.unwrap();
    assert_eq!(store.get("/leased").await, Ok(None));
}

#[tokio::test]
async fn a_copy_is_of_one_revision_while_writes_go_on() {
    let b = open_with(StoreOptions {
        keep_revisions: 1,
        ..StoreOptions::default()
    });
    let all = |value: &'static str| (0..128).fold(Txn::new(), |t, i| t.put(format!("/{i}"), value));
    b.txn(all("0")).await.unwrap();
    let store = b.store.clone();
    let writing = tokio::spawn(async move {
        for value in ["1", "2", "3", "4"].into_iter().cycle().take(200) {
            store.txn(&PERMIT, all(value)).await.unwrap();
        }
    });
    while !writing.is_finished() {
        let (copy, report) = b.store.snapshot(Vec::new()).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let how = RestoreOptions { revision_gap: 0 };
        Store::restore(dir.path(), &copy[..], &StoreOptions::default(), how).unwrap();
        let restored = Store::open(dir.path(), StoreOptions::default()).unwrap();
        let reply = restored.all(Range::prefix("")).await.unwrap();
        assert_eq!((reply.count, reply.revision), (128, report.revision));
        assert!(
            reply
                .entries
                .iter()
                .all(|e| e.mod_revision == report.revision)
        );
    }
    writing.await.unwrap();
}

/// A copy that is being written: its first byte is told of, and waits.
struct Held {
    copy: Vec<u8>,
    at_first: Option<(mpsc::SyncSender<()>, mpsc::Receiver<()>)>,
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some((reached, go_on)) = self.at_first.take() {
            reached.send(()).unwrap();
            go_on.recv().unwrap();
        }
        self.copy.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A key that is in the copy is under a lease that is in it too: else nobody would ever delete it where it is restored.
async fn a_copy_has_the_leases_of_its_revision<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    let granted = b.store.lease_grant(&PERMIT, Duration::from_secs(60)).await;
    let lease = granted.unwrap();
    let put = b.txn(Txn::new().put_leased("/leased", "", lease)).await;
    let (reached, is_reached) = mpsc::sync_channel(1);
    let (go_on, waits) = mpsc::channel();
    let out = Held {
        copy: Vec::new(),
        at_first: Some((reached, waits)),
    };
    let store = b.store.clone();
    let copying = tokio::spawn(async move { store.snapshot(out).await });
    let reached = tokio::task::spawn_blocking(move || is_reached.recv());
    reached.await.unwrap().unwrap();
    b.store.lease_revoke(&PERMIT, lease).await.unwrap();
    go_on.send(()).unwrap();
    let (out, report) = copying.await.unwrap().unwrap();
    assert_eq!(
        (report.revision, report.entries),
        (put.unwrap().revision, 1)
    );

    let dir = tempfile::tempdir().unwrap();
    let how = RestoreOptions::default();
    Store::restore(dir.path(), &out.copy[..], &StoreOptions::default(), how).unwrap();
    let restored = Store::open(dir.path(), StoreOptions::default()).unwrap();
    let entry = restored.get("/leased").await.unwrap();
    assert_eq!(entry.and_then(|it| it.lease), Some(lease));
    restored.lease_revoke(&PERMIT, lease).await.unwrap();
    assert_eq!(restored.get("/leased").await, Ok(None));
}

#[tokio::test]
async fn a_copy_of_a_folder_has_the_leases_of_its_revision() {
    a_copy_has_the_leases_of_its_revision::<Folder>().await;
}

#[tokio::test]
async fn a_copy_of_memory_has_the_leases_of_its_revision() {
    a_copy_has_the_leases_of_its_revision::<Memory>().await;
}

#[tokio::test]
async fn only_a_whole_copy_into_an_empty_folder() {
    let b = open();
    b.put("/k", "v").await;
    let (copy, _) = b.store.snapshot(Vec::new()).await.unwrap();
    let restore = |dir: &std::path::Path, copy: &[u8]| {
        Store::restore(
            dir,
            copy,
            &StoreOptions::default(),
            RestoreOptions::default(),
        )
    };
    let dir = tempfile::tempdir().unwrap();
    for cut in 0..copy.len() {
        assert!(
            matches!(
                restore(dir.path(), &copy[..cut]),
                Err(OpenError::Corrupt { .. })
            ),
            "{cut}"
        );
    }
    restore(dir.path(), &copy).unwrap();
    assert!(matches!(
        restore(dir.path(), &copy),
        Err(OpenError::NotEmpty { .. })
    ));
    assert!(matches!(
        restore(b.path(), &copy),
        Err(OpenError::InUse { .. })
    ));
}
