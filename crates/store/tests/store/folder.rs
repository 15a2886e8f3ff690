//! One process per folder, and what is left of one that was damaged.

use std::{fs, path::Path};

use wharf_store::{OpenError, Range, Store, StoreOptions, Txn};

use crate::support::{PERMIT, open, open_with};

fn small() -> StoreOptions {
    StoreOptions {
        segment_bytes: 16 << 10,
        ..StoreOptions::default()
    }
}

#[tokio::test]
async fn everything_is_there_after_opening_again() {
    let b = open();
    for i in 0..300 {
        b.put(&format!("/k/{}", i % 50), &i.to_string()).await;
    }
    b.delete("/k/0").await;
    let epoch = b.store.epoch();
    let b = b.reopen(StoreOptions::default()).await;
    assert_eq!((b.revision().await, b.store.epoch()), (301, epoch));
    assert_eq!(b.value("/k/0").await, None);
    let entry = b.store.get("/k/49").await.unwrap().unwrap();
    assert_eq!(
        (entry.version, entry.create_revision, entry.mod_revision),
        (6, 50, 300)
    );
    assert_eq!(
        b.store.get_at("/k/49", 50).await.unwrap().unwrap().value,
        "49"
    );
    assert_eq!(b.put("/new", "").await, 302);
}

/// Another thread packs them while a log of several files is gone through.
#[tokio::test]
async fn values_that_are_alike_are_there_after_opening_again() {
    let many = |i: u32| format!("/w1/c0/s/000000000000/r/many/{i:04}");
    let few = |i: u32| format!("/w1/c0/s/000000000000/r/few/{}", i % 2);
    let text = |i: u32| {
        format!("{{\"some\": \"words that come again and again in each\", \"number\": {i}}}")
    };
    let mut b = open_with(small());
    // Of both, more than the fewest that are told by another one.
    for i in 0..200 {
        b.put(&many(i), &text(i)).await;
        b.put(&few(i), &text(i)).await;
    }
    let before = b.store.get(&many(7)).await.unwrap().unwrap();
    b.put(&many(7), &text(7007)).await;
    b.delete(&many(8)).await;
    for round in 0..2 {
        b = b.reopen(small()).await;
        for i in (0..200).filter(|it| ![7, 8].contains(it)) {
            assert_eq!(b.value(&many(i)).await, Some(text(i)));
        }
        assert_eq!(b.value(&many(7)).await, Some(text(7007)));
        assert_eq!(b.value(&many(8)).await, None);
        for i in [198, 199] {
            assert_eq!(b.value(&few(i)).await, Some(text(i)));
        }
        let after = b.store.get_at(&many(7), before.mod_revision).await;
        assert_eq!(after.unwrap().as_ref(), Some(&before));
        let again = b.store.get(&many(7)).await.unwrap().unwrap();
        assert_eq!(
            (again.version, again.create_revision),
            (2, before.create_revision)
        );
        let next = 1000 + round;
        b.put(&many(next), &text(next)).await;
        assert_eq!(b.value(&many(next)).await, Some(text(next)));
    }
    assert_eq!(b.value(&many(1000)).await, Some(text(1000)));
}

/// Most keys of a log come behind all others of their kind, which is made use of while it is gone through.
#[tokio::test]
async fn keys_in_order_and_out_of_it_are_there_after_opening_again() {
    let folder = "/w1/c0/s/000000000000/r/kind/";
    let key = |i: u32| format!("{folder}{i:04}");
    let b = open_with(small());
    let mut first = 0;
    for i in (10..400).step_by(2) {
        let revision = b.put(&key(i), &"v".repeat(90)).await;
        first = if i == 10 { revision } else { first };
        // There again, gone, gone and there again, between others.
        match i % 12 {
            0 => {
                b.put(&key(i), "again").await;
            }
            2 => {
                b.delete(&key(i - 4)).await;
            }
            4 => {
                b.delete(&key(i)).await;
                b.put(&key(i), "anew").await;
            }
            6 => {
                b.put(&key(i - 3), "between").await;
            }
            _ => {}
        }
    }
    let all = || Range::prefix(folder);
    let (before, held) = (
        b.store.all(all()).await.unwrap(),
        b.store.held("000000000000"),
    );
    assert_eq!(held.keys, before.count as u64);
    let b = b.reopen(small()).await;
    let after = b.store.all(all()).await.unwrap();
    assert_eq!(after, before);
    assert_eq!(b.store.held("000000000000"), held);
    let (mut shown, mut behind): (Vec<(String, Vec<u8>)>, Option<String>) = (Vec::new(), None);
    loop {
        let take = |key: &str, value: &[u8]| shown.push((key.to_owned(), value.to_vec()));
        behind = b.store.show(&all(), behind.as_deref(), take).await.unwrap();
        if behind.is_none() {
            break;
        }
    }
    let stored = after.entries.iter();
    let stored: Vec<_> = stored
        .map(|it| (it.key.clone(), it.value.to_vec()))
        .collect();
    assert_eq!(shown, stored);
    let gone = b.store.get_at(&key(10), first).await.unwrap();
    assert_eq!(gone.unwrap().value, "v".repeat(90));
    let at = b.put(&key(10), "once more").await;
    assert_eq!(at, before.revision + 1);
}

/// As messages of queues are: those of each come in about their order, between those of others, whose names are chance.
#[tokio::test]
async fn keys_of_sequences_that_lie_between_each_other_are_there_after_opening_again() {
    const AT_ONCE: u32 = 60;
    let folder = "/w1/c0/s/000000000000/r/kind/";
    let key = |queue: &str, i: u32| format!("{folder}{queue}.{i:05}");
    let b = open_with(small());
    for round in 0..25 {
        for queue in ["c", "a", "d", "b"] {
            // What was to come first comes second.
            for begun in [round * AT_ONCE + AT_ONCE / 2, round * AT_ONCE] {
                let batch = begun..begun + AT_ONCE / 2;
                let txn = batch.fold(Txn::new(), |txn, i| txn.put(key(queue, i), "a message"));
                b.store.txn(&PERMIT, txn).await.unwrap();
            }
        }
        match round {
            15 => {
                b.put(&key("a", 3), "received").await;
                b.put(&key("d", round * AT_ONCE), "received").await;
            }
            20 => {
                b.delete(&key("b", round * AT_ONCE - 1)).await;
                b.delete(&key("c", 0)).await;
            }
            _ => {}
        }
    }
    let before = b.store.all(Range::prefix(folder)).await.unwrap();
    let held = b.store.held("000000000000");
    assert_eq!(before.count as u32, 4 * 25 * AT_ONCE - 2);
    let b = b.reopen(small()).await;
    let after = b.store.all(Range::prefix(folder)).await.unwrap();
    assert_eq!(after, before);
    assert_eq!(b.store.held("000000000000"), held);
}

#[tokio::test]
async fn a_second_opener_is_told_the_folder_and_the_pid() {
    let b = open();
    let error = Store::open(b.path(), StoreOptions::default()).unwrap_err();
    let OpenError::InUse { dir, pid } = &error else {
        panic!("{error}")
    };
    assert_eq!((dir.as_path(), *pid), (b.path(), Some(std::process::id())));
    let text = error.to_string();
    assert!(text.contains(&dir.display().to_string()) && text.contains(&pid.unwrap().to_string()));
    b.put("/k", "the first goes on").await;
    let path = b.path().to_owned();
    drop(b.store);
    Store::open(&path, StoreOptions::default()).unwrap();
}

/// The folder's only segment before and after the last of three transactions.
async fn three_transactions(dir: &Path) -> (Vec<u8>, std::ops::Range<usize>) {
    let store = Store::open(dir, small()).unwrap();
    let path = dir.join(format!("{:016x}.log", 1));
    store.put(&PERMIT, "/k", "one").await.unwrap();
    store.put(&PERMIT, "/k", "two").await.unwrap();
    let before = fs::read(&path).unwrap();
    store.put(&PERMIT, "/k", "three").await.unwrap();
    store.close().await;
    let after = fs::read(&path).unwrap();
    let differs = |at: &usize| before[*at] != after[*at];
    let start = (0..after.len()).find(differs).unwrap();
    let end = (0..after.len()).rfind(differs).unwrap() + 1;
    (after, start..end)
}

#[tokio::test]
async fn a_torn_tail_costs_what_was_not_acknowledged_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let (bytes, last) = three_transactions(dir.path()).await;
    let path = dir.path().join(format!("{:016x}.log", 1));
    for at in last.clone() {
        let mut garbled = bytes.clone();
        garbled[at] ^= 0x55;
        for damaged in [&bytes[..at], &garbled] {
            fs::write(&path, damaged).unwrap();
            // It had been acknowledged, so this is damage.
            assert!(matches!(
                Store::open(dir.path(), small()),
                Err(OpenError::Corrupt { .. })
            ));
            // After a power failure nothing says so.
            let acknowledged = fs::read(dir.path().join("LAST")).unwrap();
            fs::remove_file(dir.path().join("LAST")).unwrap();
            let store = Store::open(dir.path(), small()).unwrap();
            assert_eq!(store.revision().await.unwrap(), 2, "at {at}");
            assert_eq!(store.get("/k").await.unwrap().unwrap().value, "two");
            assert_eq!(store.put(&PERMIT, "/k", "three again").await, Ok(3));
            store.close().await;
            fs::write(dir.path().join("LAST"), acknowledged).unwrap();
        }
    }
    for at in (36..last.start).step_by(3) {
        let mut garbled = bytes.clone();
        garbled[at] ^= 0x55;
        fs::write(&path, garbled).unwrap();
        assert!(
            matches!(
                Store::open(dir.path(), small()),
                Err(OpenError::Corrupt { .. })
            ),
            "{at}"
        );
    }
}

#[tokio::test]
async fn a_damaged_or_missing_checkpoint_is_reported() {
    let b = open_with(small());
    b.put("/k", "v").await;
    let checkpoint = b.path().join("checkpoint");
    b.store.clone().close().await;
    let bytes = fs::read(&checkpoint).unwrap();
    for at in 0..bytes.len() {
        let mut garbled = bytes.clone();
        garbled[at] ^= 1;
        for damaged in [&bytes[..at], &garbled] {
            fs::write(&checkpoint, damaged).unwrap();
            let opened = Store::open(b.path(), small());
            assert!(matches!(opened, Err(OpenError::Corrupt { .. })), "at {at}");
        }
    }
    fs::remove_file(&checkpoint).unwrap();
    assert!(matches!(
        Store::open(b.path(), small()),
        Err(OpenError::Corrupt { .. })
    ));
    fs::write(&checkpoint, bytes).unwrap();
    fs::write(b.path().join("checkpoint.new"), "half").unwrap();
    let store = Store::open(b.path(), small()).unwrap();
    assert_eq!(store.revision().await.unwrap(), 1);
    assert!(!b.path().join("checkpoint.new").exists());
}
