//! A disk without room: a file system of a few megabytes that only this test's threads see.

use std::{fs, path::Path};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
};
use wharf_store::{Range, Store, StoreError, StoreOptions, Txn};

use crate::support::PERMIT;

/// Runs `test` with a tmpfs of `bytes` at a folder. The mount lives in a namespace of the thread's
/// own and goes with it. Needs root, as wharf itself does.
fn on_a_small_disk<F: Future<Output = ()>>(
    bytes: u64,
    test: impl FnOnce(std::path::PathBuf) -> F + Send + 'static,
) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let run = move || {
        unshare(CloneFlags::CLONE_NEWNS).expect("a mount namespace (root)");
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
        let size = format!("size={bytes}");
        mount(
            Some("tmpfs"),
            &path,
            Some("tmpfs"),
            MsFlags::empty(),
            Some(size.as_str()),
        )
        .unwrap();
        // Its threads are children of this one and so live in the same namespace.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test(path));
    };
    std::thread::spawn(run).join().unwrap();
}

/// Takes all the room there is.
fn fill(dir: &Path) -> std::path::PathBuf {
    let path = dir.join("filler");
    let mut bytes = vec![1; 1 << 20];
    while !bytes.is_empty() {
        let mut file = fs::File::options()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap();
        if std::io::Write::write_all(&mut file, &bytes).is_err() {
            bytes.truncate(bytes.len() / 2);
        }
    }
    path
}

async fn put(store: &Store, key: String, value: Vec<u8>) -> Result<u64, StoreError> {
    store.put(&PERMIT, key, value).await
}

#[test]
fn writes_fail_cleanly_and_succeed_once_there_is_room() {
    on_a_small_disk(8 << 20, async |dir| {
        let folder = dir.join("store");
        let options = || StoreOptions {
            segment_bytes: 256 << 10,
            ..StoreOptions::default()
        };
        let store = Store::open(&folder, options()).unwrap();
        put(&store, "/first".into(), vec![1; 100]).await.unwrap();
        let filler = fill(&dir);
        let mut acknowledged = 1;
        let error = loop {
            // The room made beforehand is used up first.
            match put(&store, format!("/k/{acknowledged:05}"), vec![7; 3000]).await {
                Ok(revision) => acknowledged = revision,
                Err(error) => break error,
            }
        };
        assert_eq!(
            error,
            StoreError::DiskFull {
                dir: folder.clone(),
                cause: wharf_base::NoRoom,
            }
        );
        for round in 0..3 {
            // Many at once: the whole group fails, and each of it is told so.
            let writes = (0..20).map(|i| {
                let store = store.clone();
                let txn = (0..20).fold(Txn::new(), |t, j| {
                    t.put(format!("/no/{i}/{j}"), vec![1; 9000])
                });
                tokio::spawn(async move { store.txn(&PERMIT, txn).await })
            });
            for write in writes.collect::<Vec<_>>() {
                let result = write.await.unwrap();
                assert!(
                    matches!(result, Err(StoreError::DiskFull { .. })),
                    "round {round}"
                );
            }
            assert_eq!(store.revision().await.unwrap(), acknowledged);
            assert_eq!(
                store
                    .range(Range::prefix("/no/").count_only())
                    .await
                    .unwrap()
                    .count,
                0
            );
            assert_eq!(store.get("/first").await.unwrap().unwrap().value.len(), 100);
            let read = store.txn(&PERMIT, Txn::new().get("/first")).await.unwrap();
            assert!(
                read.results[0].entry().is_some(),
                "a transaction that only reads"
            );
        }
        // Opens as it is, too.
        store.close().await;
        let store = Store::open(&folder, options()).unwrap();
        assert_eq!(store.revision().await.unwrap(), acknowledged);
        assert!(put(&store, "/big".into(), vec![0; 500_000]).await.is_err());
        fs::remove_file(filler).unwrap();
        put(&store, "/big".into(), vec![0; 500_000]).await.unwrap();
        store.close().await;
        let store = Store::open(&folder, options()).unwrap();
        assert_eq!(store.revision().await.unwrap(), acknowledged + 1);
        let count = store
            .range(Range::prefix("/").count_only())
            .await
            .unwrap()
            .count;
        assert_eq!(
            count as u64,
            acknowledged + 1,
            "each acknowledged write made one key"
        );
    });
}

/// Without outside help: overwriting the same keys for ever on a disk of a few megabytes works,
/// since compaction and checkpoints give room back.
#[test]
fn a_small_disk_is_enough_for_a_small_store() {
    on_a_small_disk(4 << 20, async |dir| {
        let options = || StoreOptions {
            segment_bytes: 64 << 10,
            keep_bytes: 256 << 10,
            ..StoreOptions::default()
        };
        let store = Store::open(&dir, options()).unwrap();
        for i in 0..8000u32 {
            put(&store, format!("/k/{}", i % 50), vec![i as u8; 2000])
                .await
                .unwrap();
        }
        store.close().await;
        let store = Store::open(&dir, options()).unwrap();
        assert_eq!(store.revision().await.unwrap(), 8000);
    });
}

/// Growth is refused while the reserve is not whole; deletions and changes of what is there go on,
/// whoever takes the room they give back.
#[test]
fn deletions_work_on_a_full_disk() {
    on_a_small_disk(16 << 20, async |dir| {
        let folder = dir.join("store");
        let options = || StoreOptions {
            segment_bytes: 256 << 10,
            ..StoreOptions::default()
        };
        let store = Store::open(&folder, options()).unwrap();
        for i in 0..200 {
            put(&store, format!("/k/{i:05}"), vec![7; 1000])
                .await
                .unwrap();
        }
        let mut fillers = vec![fill(&dir)];
        let mut made = 0;
        while put(&store, format!("/more/{made:05}"), vec![7; 3000])
            .await
            .is_ok()
        {
            made += 1;
        }
        // As a container that writes for as long as there is room.
        for i in 0..100 {
            assert_eq!(
                store.delete(&PERMIT, format!("/k/{i:05}")).await,
                Ok(true),
                "{i}"
            );
            let next = dir.join(format!("filler{i}"));
            fs::rename(fill(&dir), &next).unwrap();
            fillers.push(next);
        }
        for i in 100..200 {
            // A task that stops has a little more to say.
            put(&store, format!("/k/{i:05}"), vec![8; 1100])
                .await
                .unwrap();
        }
        let refused = put(&store, "/grows".into(), vec![1; 10]).await;
        assert!(
            matches!(refused, Err(StoreError::DiskFull { .. })),
            "{refused:?}"
        );
        assert!(store.probe().await.is_err());
        store.close().await;
        let store = Store::open(&folder, options()).unwrap();
        assert_eq!(
            store.get("/k/00150").await.unwrap().unwrap().value.len(),
            1100
        );
        assert_eq!(store.delete(&PERMIT, "/k/00150").await, Ok(true));
        for filler in fillers {
            let _ = fs::remove_file(filler);
        }
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        put(&store, "/grows".into(), vec![1; 10]).await.unwrap();
        store.probe().await.unwrap();
        assert!(folder.join("reserve").exists());
    });
}

/// Who gives room back must be able to begin with that: a controller needs a lease, and a key under it.
#[test]
fn a_controller_that_gives_room_back_has_the_reserve() {
    on_a_small_disk(16 << 20, async |dir| {
        let folder = dir.join("store");
        let options = || StoreOptions {
            segment_bytes: 256 << 10,
            ..StoreOptions::default()
        };
        let ttl = std::time::Duration::from_secs(3600);
        let store = Store::open(&folder, options()).unwrap();
        fill(&dir);
        let mut made = 0;
        while put(&store, format!("/more/{made:05}"), vec![7; 3000])
            .await
            .is_ok()
        {
            made += 1;
        }
        // What is small fits for longer.
        let refused = loop {
            match store.lease_grant(&PERMIT, ttl).await {
                Ok(_) => {}
                Err(refused) => break refused,
            }
        };
        assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused}");
        store.close().await;

        let store = Store::open(&folder, options()).unwrap();
        let permit = PERMIT.giving_back();
        let lease = store.lease_grant(&permit, ttl).await.unwrap();
        let shard = Txn::new().put_leased("/shard", "", lease);
        store.txn(&permit, shard).await.unwrap();
        let refused = put(&store, "/grows".into(), vec![1; 10]).await;
        assert!(matches!(refused, Err(StoreError::DiskFull { .. })));
        store.close().await;
        let store = Store::open(&folder, options()).unwrap();
        let shard = store.get("/shard").await.unwrap().unwrap();
        assert_eq!(shard.lease, Some(lease));
    });
}
