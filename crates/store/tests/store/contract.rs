//! What callers may rely on, whatever engine stands behind the store: etcd's semantics and limits.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use wharf_base::{TestClock, Timestamp};
use wharf_store::{
    Compare, EventKind, LeaseId, LimitError, MAX_KEY_BYTES, MAX_TXN_BYTES, MAX_TXN_OPS, Op,
    OpResult, Range, Relation, StoreError, StoreOptions, Target, Txn,
};

use crate::support::{DEADLINE, PERMIT, next, open, open_with};

#[tokio::test]
async fn revisions_and_versions_count_as_in_etcd() {
    let b = open();
    assert_eq!(b.store.revision(), 0);
    assert_eq!(b.put("/a", "1").await, 1);
    assert_eq!(b.put("/b", "1").await, 2);
    assert_eq!(b.put("/a", "2").await, 3);
    let a = b.store.get("/a").await.unwrap().unwrap();
    assert_eq!((a.create_revision, a.mod_revision, a.version), (1, 3, 2));
    assert!(b.delete("/a").await);
    assert!(!b.delete("/a").await, "nothing was there");
    assert_eq!(
        b.store.revision(),
        4,
        "a deletion of nothing takes no revision"
    );
    b.put("/a", "3").await;
    let a = b.store.get("/a").await.unwrap().unwrap();
    assert_eq!((a.create_revision, a.mod_revision, a.version), (5, 5, 1));
    // Two writes, one revision.
    let reply = b.txn(Txn::new().put("/x", "").put("/y", "")).await.unwrap();
    assert_eq!((reply.revision, b.store.revision()), (6, 6));
}

#[tokio::test]
async fn every_comparison_with_every_relation() {
    let b = open();
    b.put("/k", "b").await;
    b.put("/k", "m").await;
    let targets = |n: u64, v: &'static str| {
        [
            Target::Version(n),
            Target::ModRevision(n),
            Target::Value(Bytes::from_static(v.as_bytes())),
        ]
    };
    let cases = [
        (1, "a", [false, true, false, true]),
        (2, "m", [true, false, false, false]),
        (3, "z", [false, true, true, false]),
    ];
    let relations = [
        Relation::Equal,
        Relation::NotEqual,
        Relation::Less,
        Relation::Greater,
    ];
    for (number, value, expected) in cases {
        for target in targets(number, value) {
            for (relation, holds) in relations.into_iter().zip(expected) {
                let compare = Compare::new("/k", target.clone(), relation);
                let reply = b.txn(Txn::new().when(compare.clone())).await.unwrap();
                assert_eq!(reply.succeeded, holds, "{compare:?}");
            }
        }
    }
    // What is not there has version and revisions 0, and no value of which anything holds.
    for relation in relations {
        let compare = Compare::new("/none", Target::Value(Bytes::new()), relation);
        assert!(
            !b.txn(Txn::new().when(compare)).await.unwrap().succeeded,
            "{relation:?}"
        );
    }
    let both = Txn::new()
        .when(Compare::absent("/none"))
        .when(Compare::present("/k"));
    assert!(b.txn(both).await.unwrap().succeeded);
    let created = Txn::new()
        .when(Compare::create_revision("/k", 1))
        .when(Compare::version("/k", 2));
    assert!(b.txn(created).await.unwrap().succeeded);
}

#[tokio::test]
async fn a_failed_transaction_does_the_other_branch_and_shows_what_is() {
    let b = open();
    b.put("/k", "there").await;
    let txn = Txn::new()
        .when(Compare::absent("/other"))
        .when(Compare::absent("/k"))
        .put("/k", "mine")
        .or_get("/k")
        .or_else(Op::put("/log", "lost"));
    let reply = b.txn(txn).await.unwrap();
    assert!(!reply.succeeded);
    assert_eq!(reply.current[0], None);
    assert_eq!(reply.current[1].as_ref().unwrap().value, "there");
    assert_eq!(reply.results[0].entry().unwrap().value, "there");
    assert_eq!(b.value("/log").await.as_deref(), Some("lost"));
    assert_eq!(
        reply.committed(),
        Err(StoreError::Conflict { key: "/k".into() })
    );
}

#[tokio::test]
async fn operations_see_those_before_them() {
    let b = open();
    b.put("/k", "old").await;
    let txn = Txn::new()
        .get("/k")
        .put("/k", "new")
        .get("/k")
        .delete("/gone")
        .get("/gone");
    let reply = b.txn(txn).await.unwrap();
    let values: Vec<_> = reply
        .results
        .iter()
        .map(|r| r.entry().map(|e| e.value.clone()))
        .collect();
    let (old, new) = (Some(Bytes::from("old")), Some(Bytes::from("new")));
    assert_eq!(values, [old.clone(), old, new, None, None]);
    assert!(matches!(&reply.results[2], OpResult::Get { entry: Some(e) } if e.version == 2));
}

#[tokio::test]
async fn limits() {
    let b = open();
    let ops = |n: usize| (0..n).fold(Txn::new(), |t, i| t.put(format!("/{i}"), "x"));
    assert!(b.txn(ops(MAX_TXN_OPS)).await.unwrap().succeeded);
    let refused = [
        (ops(MAX_TXN_OPS + 1), LimitError::TooManyOps { count: 129 }),
        (
            Txn::new().put("k", vec![0; MAX_TXN_BYTES]),
            LimitError::TooLarge {
                bytes: MAX_TXN_BYTES + 1,
            },
        ),
        (
            Txn::new().put("/k", "1").delete("/k"),
            LimitError::DuplicateKey { key: "/k".into() },
        ),
        (
            Txn::new()
                .or_else(Op::put("/k", ""))
                .or_else(Op::delete("/k")),
            LimitError::DuplicateKey { key: "/k".into() },
        ),
        (Txn::new().put("", "x"), LimitError::EmptyKey),
        (
            Txn::new().get("k".repeat(MAX_KEY_BYTES + 1)),
            LimitError::KeyTooLong {
                bytes: MAX_KEY_BYTES + 1,
            },
        ),
    ];
    for (txn, expected) in refused {
        assert_eq!(b.txn(txn).await, Err(StoreError::Invalid(expected)));
    }
    assert!(
        b.txn(Txn::new().put("k", vec![0; MAX_TXN_BYTES - 1]))
            .await
            .unwrap()
            .succeeded
    );
    assert_eq!(b.store.revision(), 2);
}

#[tokio::test]
async fn ranges() {
    let b = open();
    for key in ["/a/1", "/a/2", "/a/3", "/a0", "/b/1"] {
        b.put(key, key).await;
    }
    let keys = async |r: Range| {
        let reply = b.store.range(r).await.unwrap();
        (
            reply
                .entries
                .into_iter()
                .map(|e| e.key)
                .collect::<Vec<_>>()
                .join(" "),
            reply.more,
            reply.count,
        )
    };
    assert_eq!(
        keys(Range::prefix("/a/")).await,
        ("/a/1 /a/2 /a/3".into(), false, 3)
    );
    assert_eq!(
        keys(Range::prefix("/a/").limit(2)).await,
        ("/a/1 /a/2".into(), true, 2)
    );
    assert_eq!(
        keys(Range::prefix("/a/").limit(3)).await,
        ("/a/1 /a/2 /a/3".into(), false, 3)
    );
    assert_eq!(
        keys(Range::prefix("/a/").start_after("/a/2").limit(2)).await,
        ("/a/3".into(), false, 1)
    );
    assert_eq!(
        keys(Range::prefix("/a/").start_after("/a/9")).await,
        ("".into(), false, 0)
    );
    assert_eq!(
        keys(Range::between("/a/2", "/b")).await,
        ("/a/2 /a/3 /a0".into(), false, 3)
    );
    assert_eq!(
        keys(Range::between("/z", "/a")).await,
        ("".into(), false, 0)
    );
    assert_eq!(
        keys(Range::prefix("").count_only().limit(1)).await,
        ("".into(), false, 5)
    );
    assert_eq!(keys(Range::prefix("").limit(0)).await, ("".into(), true, 0));
    let reply = b
        .store
        .range(Range::prefix("/b").keys_only())
        .await
        .unwrap();
    assert!(reply.entries[0].value.is_empty() && reply.entries[0].mod_revision == 5);
}

#[tokio::test]
async fn a_long_range_is_of_one_revision() {
    let b = open_with(StoreOptions {
        keep_revisions: 1,
        ..StoreOptions::default()
    });
    for i in 0..40 {
        let txn = (0..128).fold(Txn::new(), |t, j| t.put(format!("/{i:03}/{j:03}"), "old"));
        b.txn(txn).await.unwrap();
    }
    let (store, writer) = (b.store.clone(), b.store.clone());
    let writing = tokio::spawn(async move {
        for i in (0..40).rev() {
            let txn = (0..128).fold(Txn::new(), |t, j| t.put(format!("/{i:03}/{j:03}"), "new"));
            writer.txn(&PERMIT, txn).await.unwrap();
        }
    });
    while !writing.is_finished() {
        let reply = store.range(Range::prefix("/")).await.unwrap();
        assert_eq!(reply.count, 40 * 128);
        let newest = reply.entries.iter().map(|e| e.mod_revision).max().unwrap();
        assert!(newest <= reply.revision);
        // Transactions are whole: each prefix is all old or all new.
        for group in reply.entries.chunks(128) {
            assert!(group.iter().all(|e| e.value == group[0].value));
        }
    }
    writing.await.unwrap();
}

#[tokio::test]
async fn reads_at_a_revision_until_it_is_compacted() {
    let b = open();
    for value in ["1", "2", "3"] {
        b.put("/k", value).await;
    }
    b.delete("/k").await;
    let at = async |r| b.store.get_at("/k", r).await.map(|e| e.map(|e| e.value));
    assert_eq!(at(0).await, Ok(None));
    assert_eq!(at(2).await, Ok(Some("2".into())));
    assert_eq!(at(4).await, Ok(None));
    assert_eq!(
        at(5).await,
        Err(StoreError::FutureRevision {
            requested: 5,
            current: 4
        })
    );
    assert_eq!(b.store.compact(&PERMIT, 3).await, Ok(3));
    assert_eq!(
        at(3).await,
        Ok(Some("3".into())),
        "the compacted revision itself can be read"
    );
    assert_eq!(
        at(2).await,
        Err(StoreError::Compacted {
            requested: 2,
            compacted: 3
        })
    );
    let range = b.store.range(Range::prefix("/").at(1)).await;
    assert_eq!(
        range,
        Err(StoreError::Compacted {
            requested: 1,
            compacted: 3
        })
    );
    assert_eq!(b.store.compact(&PERMIT, 1).await, Ok(3), "never goes back");
    assert!(matches!(
        b.store.compact(&PERMIT, 9).await,
        Err(StoreError::FutureRevision { .. })
    ));
    assert_eq!(b.store.compact(&PERMIT, 4).await, Ok(4));
    assert_eq!(
        b.store
            .range(Range::prefix("").count_only())
            .await
            .unwrap()
            .count,
        0
    );
}

#[tokio::test]
async fn a_watch_tells_every_change_once_with_what_was_before() {
    let b = open();
    b.put("/w/a", "1").await;
    let mut all = b.store.watch("/w/", 1);
    let mut from_now = b.store.watch("/w/", 0);
    b.put("/other", "x").await;
    b.txn(Txn::new().put("/w/a", "2").put("/w/b", "1"))
        .await
        .unwrap();
    b.delete("/w/a").await;
    let mut events = Vec::new();
    while events.len() < 4 {
        events.extend(next(&mut all).await.unwrap().events);
    }
    let told: Vec<_> = events
        .iter()
        .map(|e| {
            let text = |v: &Bytes| String::from_utf8(v.to_vec()).unwrap();
            let before = e.previous.as_ref().map(|p| text(&p.value));
            (e.revision(), e.kind, e.key(), text(&e.entry.value), before)
        })
        .collect();
    let some = |s: &str| Some(s.to_owned());
    assert_eq!(
        told,
        [
            (1, EventKind::Put, "/w/a", "1".to_owned(), None),
            (3, EventKind::Put, "/w/a", "2".to_owned(), some("1")),
            (3, EventKind::Put, "/w/b", "1".to_owned(), None),
            (4, EventKind::Delete, "/w/a", String::new(), some("2")),
        ]
    );
    assert_eq!(next(&mut from_now).await.unwrap().events[..], events[1..]);
}

#[tokio::test]
async fn a_watch_waits_and_may_be_dropped_while_waiting() {
    let b = open();
    let mut watch = b.store.watch("/", 0);
    // Polled once, to nothing, and dropped.
    tokio::select! {
        biased;
        _ = watch.next() => panic!("nothing has happened"),
        () = std::future::ready(()) => {}
    }
    let store = b.store.clone();
    let writing = tokio::spawn(async move { store.put(&PERMIT, "/k", "v").await });
    assert_eq!(next(&mut watch).await.unwrap().events[0].key(), "/k");
    writing.await.unwrap().unwrap();
}

#[tokio::test]
async fn progress_is_told_on_request() {
    let b = open();
    let mut watch = b.store.watch("/mine/", 0);
    b.put("/other", "x").await;
    let progress = watch.progress();
    progress.request();
    let batch = next(&mut watch).await.unwrap();
    assert_eq!((batch.revision, batch.events.len()), (1, 0));
    let waiting = tokio::spawn(async move { (next(&mut watch).await.unwrap(), watch) });
    b.put("/other", "y").await;
    progress.request();
    let (batch, _watch) = waiting.await.unwrap();
    assert_eq!((batch.revision, batch.events.len()), (2, 0));
}

#[tokio::test]
async fn a_watch_that_comes_too_late_is_told_so() {
    let b = open();
    for i in 0..5 {
        b.put("/k", &i.to_string()).await;
    }
    let mut slow = b.store.watch("/", 1);
    b.store.compact(&PERMIT, 3).await.unwrap();
    for _ in 0..2 {
        let error = next(&mut slow).await.unwrap_err();
        assert_eq!(
            error,
            StoreError::Compacted {
                requested: 1,
                compacted: 3
            }
        );
    }
    let mut good = b.store.watch("/", 4);
    assert_eq!(
        next(&mut good).await.unwrap().events[0]
            .previous
            .as_ref()
            .unwrap()
            .value,
        "2"
    );
}

#[tokio::test]
async fn many_watches_lose_and_double_nothing() {
    let b = open();
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let mut watch = b.store.watch("/k/", 1);
            tokio::spawn(async move {
                let mut seen = Vec::new();
                while seen.len() < 400 {
                    seen.extend(next(&mut watch).await.unwrap().events);
                }
                seen
            })
        })
        .collect();
    let writers = (0..4).map(|w| {
        let store = b.store.clone();
        tokio::spawn(async move {
            for i in 0..100 {
                store
                    .put(&PERMIT, format!("/k/{w}"), i.to_string())
                    .await
                    .unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    for reader in readers {
        let seen = reader.await.unwrap();
        let revisions: Vec<_> = seen.iter().map(|e| e.revision()).collect();
        assert_eq!(revisions, (1..=400).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn compaction_never_passes_the_slowest_cursor() {
    let b = open();
    for i in 0..10 {
        b.put("/k", &i.to_string()).await;
    }
    let reply = b
        .txn(Txn::new().cursor("audit", 4).cursor("events", 7))
        .await
        .unwrap();
    assert_eq!(
        (reply.revision, b.store.revision()),
        (10, 10),
        "a cursor takes no revision"
    );
    assert_eq!(b.store.compact(&PERMIT, 9).await, Ok(4));
    b.txn(Txn::new().cursor("audit", 8)).await.unwrap();
    b.txn(Txn::new().cursor("audit", 2)).await.unwrap();
    assert_eq!(b.store.cursors()["audit"], 8, "a cursor never goes back");
    assert_eq!(b.store.compact(&PERMIT, 9).await, Ok(7));
    b.txn(Txn::new().then(Op::DropCursor {
        name: "events".into(),
    }))
    .await
    .unwrap();
    assert_eq!(b.store.compact(&PERMIT, 9).await, Ok(8));
    // Fenced: moved only if the comparison holds.
    b.txn(Txn::new().when(Compare::absent("/k")).cursor("audit", 9))
        .await
        .unwrap();
    assert_eq!(b.store.cursors()["audit"], 8);
}

#[tokio::test]
async fn the_end_of_a_lease_deletes_its_keys_in_one_revision() {
    let clock = Arc::new(TestClock::at(Timestamp(1_000_000)));
    let options = StoreOptions {
        lease_clock: Some(clock.clone()),
        lease_tick: Duration::from_millis(10),
        ..StoreOptions::default()
    };
    let b = open_with(options);
    let lease = b
        .store
        .lease_grant(&PERMIT, Duration::from_secs(10))
        .await
        .unwrap();
    b.txn(
        Txn::new()
            .put_leased("/l/a", "", lease)
            .put_leased("/l/b", "", lease),
    )
    .await
    .unwrap();
    b.txn(Txn::new().put_leased("/l/kept", "", lease))
        .await
        .unwrap();
    assert_eq!(b.put("/l/kept", "no lease any more").await, 3);
    let mut watch = b.store.watch("/l/", 4);
    clock.advance(Duration::from_secs(8));
    assert_eq!(
        b.store.lease_keep_alive(&PERMIT, lease).await,
        Ok(Duration::from_secs(10))
    );
    clock.advance(Duration::from_secs(8));
    assert!(
        b.txn(Txn::new().when(Compare::leased("/l/a", lease)))
            .await
            .unwrap()
            .succeeded
    );
    clock.advance(Duration::from_secs(3));
    let batch = next(&mut watch).await.unwrap();
    let gone: Vec<_> = batch
        .events
        .iter()
        .map(|e| (e.kind, e.key(), e.revision()))
        .collect();
    assert_eq!(
        gone,
        [
            (EventKind::Delete, "/l/a", 4),
            (EventKind::Delete, "/l/b", 4)
        ]
    );
    assert_eq!(
        b.store.lease_keep_alive(&PERMIT, lease).await,
        Err(StoreError::LeaseNotFound(lease))
    );
    assert_eq!(
        b.store
            .range(Range::prefix("/l/").count_only())
            .await
            .unwrap()
            .count,
        1
    );
}

#[tokio::test]
async fn leases_can_be_revoked_and_must_exist() {
    let b = open();
    let lease = b
        .store
        .lease_grant(&PERMIT, Duration::from_millis(1500))
        .await
        .unwrap();
    assert_eq!(
        b.store.lease_keep_alive(&PERMIT, lease).await,
        Ok(Duration::from_secs(2))
    );
    b.txn(Txn::new().put_leased("/k", "", lease)).await.unwrap();
    assert_eq!(b.store.lease_revoke(&PERMIT, lease).await, Ok(2));
    assert_eq!(b.value("/k").await, None);
    let missing = Err(StoreError::LeaseNotFound(lease));
    assert_eq!(b.store.lease_revoke(&PERMIT, lease).await, missing);
    let txn = Txn::new().put("/x", "").put_leased("/k", "", lease);
    assert_eq!(b.txn(txn).await, Err(StoreError::LeaseNotFound(lease)));
    assert_eq!(b.value("/x").await, None, "nothing is half done");
    let again = b
        .store
        .lease_grant(&PERMIT, Duration::from_secs(1))
        .await
        .unwrap();
    assert_ne!(again, lease);
    assert!(b.store.lease_grant(&PERMIT, Duration::ZERO).await.is_err());
    assert!(again > LeaseId(0));
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let b = open();
    b.put("/k", "v").await;
    let (other, mut watch) = (b.store.clone(), b.store.watch("/", 0));
    b.store.close().await;
    assert_eq!(other.put(&PERMIT, "/k", "w").await, Err(StoreError::Closed));
    assert_eq!(
        tokio::time::timeout(DEADLINE, watch.next()).await.unwrap(),
        Err(StoreError::Closed)
    );
}
