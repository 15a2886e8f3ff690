//! History beyond what memory holds, compaction by itself, and the checkpoints that follow it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use wharf_store::{Range, StoreError, StoreOptions, Txn};
use wharf_wal::{Disk, Fault, Faults, Operation};

use crate::support::{Bench, DEADLINE, PERMIT, next, open_with};

/// Files and memory so small that all of it happens within a test.
fn small() -> StoreOptions {
    StoreOptions {
        segment_bytes: 16 << 10,
        history_memory: 1 << 10,
        keep_bytes: 64 << 10,
        // Bytes of the folder are counted.
        reserve_bytes: 0,
        ..StoreOptions::default()
    }
}

fn value(i: u64) -> String {
    format!("{i}-{}", "x".repeat(200))
}

#[tokio::test]
async fn a_slow_watch_reads_from_the_log() {
    let b = open_with(StoreOptions {
        keep_bytes: u64::MAX,
        ..small()
    });
    let mut slow = b.store.watch("/k", 1);
    for i in 1..=1000 {
        b.put("/k", &value(i)).await;
    }
    for round in 0..2 {
        let mut seen = 0;
        while seen < 1000 {
            for event in next(&mut slow).await.unwrap().events {
                seen += 1;
                assert_eq!(event.entry.value, value(seen));
                let before = event.previous.map(|p| p.value);
                assert_eq!(before, (seen > 1).then(|| value(seen - 1).into()));
            }
        }
        if round == 0 {
            slow = b.store.watch("/k", 1);
        }
    }
    assert_eq!(
        b.store.get_at("/k", 500).await.unwrap().unwrap().value,
        value(500)
    );
    let b = b.reopen(small()).await;
    assert_eq!(
        b.store.get_at("/k", 500).await.unwrap().unwrap().value,
        value(500)
    );
}

/// Checkpoints reach the disk wrong, and nobody is told.
#[derive(Debug, Default)]
struct WrongCheckpoints {
    on: AtomicBool,
    written: AtomicUsize,
}

impl Faults for WrongCheckpoints {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        let Operation::Write { path, .. } = operation else {
            return None;
        };
        let wrong = self.on.load(Ordering::Relaxed) && path.ends_with("checkpoint.new");
        self.written
            .fetch_add(usize::from(wrong), Ordering::Relaxed);
        wrong.then_some(Fault::Wrong)
    }
}

#[tokio::test]
async fn a_checkpoint_that_cannot_be_read_takes_nothings_place() {
    let faults = Arc::new(WrongCheckpoints::default());
    let b = open_with(StoreOptions {
        disk: Disk::failing(faults.clone()),
        ..small()
    });
    faults.on.store(true, Ordering::Relaxed);
    let mut put = 0;
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while faults.written.load(Ordering::Relaxed) == 0 {
        assert!(tokio::time::Instant::now() < deadline);
        put += 1;
        b.put(&format!("/k/{}", put % 20), &value(put)).await;
    }
    let b = b.reopen(small()).await;
    for i in put - 19..=put {
        assert_eq!(b.value(&format!("/k/{}", i % 20)).await.unwrap(), value(i));
    }
}

fn folder_bytes(b: &Bench) -> u64 {
    let files = std::fs::read_dir(b.path()).unwrap();
    files
        .map(|f| f.unwrap().metadata().map_or(0, |m| m.len()))
        .sum()
}

#[tokio::test]
async fn history_compacts_itself_and_the_folder_stays_small() {
    let mut b = open_with(small());
    for i in 0..50 {
        b.put(&format!("/still/{i}"), &value(i)).await;
    }
    for round in 0..4 {
        for i in 0..1500 {
            b.put(&format!("/k/{}", i % 20), &value(round * 10_000 + i))
                .await;
        }
        b = b.reopen(small()).await;
        assert_eq!(b.store.all(Range::prefix("/")).await.unwrap().count, 70);
        for i in 0..50 {
            // From a checkpoint by now.
            let entry = b.store.get(&format!("/still/{i}")).await.unwrap().unwrap();
            assert_eq!((entry.mod_revision, entry.version), (i + 1, 1));
            assert_eq!(entry.value, value(i));
        }
        let entry = b.store.get("/k/7").await.unwrap().unwrap();
        assert_eq!(entry.value, value(round * 10_000 + 1487));
        assert_eq!(entry.version, (round + 1) * 75);
    }
    assert!(b.compacted().await > 5000);
    assert!(folder_bytes(&b) < 512 << 10, "{} bytes", folder_bytes(&b));
    let too_old = b.store.get_at("/k/7", 1000).await;
    assert!(matches!(too_old, Err(StoreError::Compacted { .. })));
}

#[tokio::test]
async fn a_cursor_keeps_all_history_behind_it() {
    let b = open_with(small());
    b.put("/k", &value(1)).await;
    b.store
        .txn(&PERMIT, Txn::new().cursor("audit", 1))
        .await
        .unwrap();
    for i in 2..=2000 {
        b.put("/k", &value(i)).await;
    }
    let b = b.reopen(small()).await;
    assert_eq!(b.compacted().await, 1);
    let mut watch = b.store.watch("/", 2);
    let mut seen = 1;
    while seen < 2000 {
        for event in next(&mut watch).await.unwrap().events {
            seen += 1;
            assert_eq!(
                (event.revision(), &event.entry.value[..]),
                (seen, value(seen).as_bytes())
            );
        }
    }
    // Once the cursor moves, the history goes.
    b.store
        .txn(&PERMIT, Txn::new().cursor("audit", 2000))
        .await
        .unwrap();
    let deadline = std::time::Instant::now() + DEADLINE;
    while folder_bytes(&b) > 256 << 10 {
        assert!(
            std::time::Instant::now() < deadline,
            "{} bytes",
            folder_bytes(&b)
        );
        b.put("/other", "").await;
    }
}

/// One that nobody moves must not fill the disk.
#[tokio::test]
async fn a_cursor_that_lags_too_far_is_passed() {
    let b = open_with(small());
    b.put("/k", &value(1)).await;
    let cursor = Txn::new().cursor("audit", 1);
    b.store.txn(&PERMIT, cursor).await.unwrap();
    for i in 2..=12_000 {
        b.put("/k", &value(i)).await;
    }
    let bound = 16 * (64 << 10) + (512 << 10);
    assert!(folder_bytes(&b) < bound, "{} bytes", folder_bytes(&b));
    let lost = next(&mut b.store.watch("/", 2)).await;
    assert!(
        matches!(lost, Err(StoreError::Compacted { .. })),
        "{lost:?}"
    );
    assert_eq!(b.store.cursors().await.unwrap()["audit"], 1);
}

#[tokio::test]
async fn leases_survive_and_begin_anew() {
    let b = open_with(small());
    let lease = b
        .store
        .lease_grant(&PERMIT, std::time::Duration::from_secs(3600))
        .await
        .unwrap();
    b.txn(Txn::new().put_leased("/leased", "", lease))
        .await
        .unwrap();
    for i in 0..2000 {
        b.put("/k", &value(i)).await;
    }
    let b = b.reopen(small()).await;
    assert!(
        b.compacted().await > 1,
        "the lease comes out of a checkpoint"
    );
    b.store.lease_keep_alive(&PERMIT, lease).await.unwrap();
    let again = b
        .store
        .lease_grant(&PERMIT, std::time::Duration::from_secs(1))
        .await
        .unwrap();
    assert!(again > lease);
    b.store.lease_revoke(&PERMIT, lease).await.unwrap();
    assert_eq!(b.value("/leased").await, None);
}
