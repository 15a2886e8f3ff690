//! Copies taken while the store goes on, and stores made from them.

use wharf_store::{OpenError, Range, RestoreOptions, Store, StoreError, StoreOptions, Txn};

use crate::support::{PERMIT, next, open, open_with};

#[tokio::test]
async fn a_restored_store_is_the_same_under_a_higher_epoch() {
    let b = open();
    for i in 0..1000 {
        b.put(&format!("/k/{i}"), &i.to_string()).await;
    }
    b.txn(Txn::new().cursor("audit", 5)).await.unwrap();
    let lease = b
        .store
        .lease_grant(&PERMIT, std::time::Duration::from_secs(60))
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
