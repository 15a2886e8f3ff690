//! What callers may rely on, whatever engine stands behind the store: etcd's semantics and limits.

use std::time::Duration;

use bytes::Bytes;
use wharf_store::{
    Compare, Entry, EventKind, LeaseId, LimitError, MAX_KEY_BYTES, MAX_RANGE_KEYS, MAX_TXN_BYTES,
    MAX_TXN_OPS, Op, OpResult, Range, RangeReply, Relation, Revision, StoreError, StoreOptions,
    Target, Txn,
};

use crate::support::{DEADLINE, Engine, Folder, Memory, PERMIT, next};

/// Runs every test with every engine.
macro_rules! contract {
    ($($name:ident: $engine:ty,)* => $tests:tt) => {
        $(contract!(@engine $name $engine, $tests);)*
    };
    (@engine $name:ident $engine:ty, [$($test:ident,)*]) => {
        mod $name {
            use super::*;

            $(#[tokio::test]
            async fn $test() {
                super::$test::<$engine>().await;
            })*
        }
    };
}

// An engine that is added comes to its line here.
contract! {
    in_a_folder: Folder,
    in_memory: Memory,
    => [
        revisions_and_versions_count_as_in_etcd,
        every_comparison_with_every_relation,
        a_failed_transaction_does_the_other_branch_and_shows_what_is,
        operations_see_those_before_them,
        limits,
        ranges,
        folders_know_how_many_keys_they_have,
        a_long_range_is_of_one_revision,
        everything_in_pages_is_of_one_revision,
        reads_at_a_revision_until_it_is_compacted,
        a_watch_tells_every_change_once_with_what_was_before,
        a_watch_waits_and_may_be_dropped_while_waiting,
        progress_is_told_on_request,
        a_watch_that_comes_too_late_is_told_so,
        many_watches_lose_and_double_nothing,
        compaction_never_passes_the_slowest_cursor,
        the_end_of_a_lease_deletes_its_keys_in_one_revision,
        leases_can_be_revoked_and_must_exist,
        a_lease_with_very_many_keys_ends_in_several_revisions,
        a_closed_store_says_so,
    ]
}

async fn revisions_and_versions_count_as_in_etcd<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    assert_eq!(b.revision().await, 0);
    assert_eq!(b.put("/a", "1").await, 1);
    assert_eq!(b.put("/b", "1").await, 2);
    assert_eq!(b.put("/a", "2").await, 3);
    let a = b.store.get("/a").await.unwrap().unwrap();
    let of = |e: &Entry| {
        (
            e.create_revision - b.base,
            e.mod_revision - b.base,
            e.version,
        )
    };
    assert_eq!(of(&a), (1, 3, 2));
    assert!(b.delete("/a").await);
    assert!(!b.delete("/a").await, "nothing was there");
    assert_eq!(
        b.revision().await,
        4,
        "a deletion of nothing takes no revision"
    );
    b.put("/a", "3").await;
    let a = b.store.get("/a").await.unwrap().unwrap();
    assert_eq!(of(&a), (5, 5, 1));
    // Two writes, one revision.
    let reply = b.txn(Txn::new().put("/x", "").put("/y", "")).await.unwrap();
    assert_eq!((reply.revision - b.base, b.revision().await), (6, 6));
}

async fn every_comparison_with_every_relation<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    b.put("/k", "b").await;
    b.put("/k", "m").await;
    let targets = |n: u64, v: &'static str| {
        [
            Target::Version(n),
            Target::ModRevision(b.base + n),
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
        .when(Compare::create_revision("/k", b.base + 1))
        .when(Compare::version("/k", 2));
    assert!(b.txn(created).await.unwrap().succeeded);
}

async fn a_failed_transaction_does_the_other_branch_and_shows_what_is<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
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

async fn operations_see_those_before_them<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
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

async fn limits<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    let ops = |n: usize| (0..n).fold(Txn::new(), |t, i| t.put(format!("/{i}"), "x"));
    assert!(b.txn(ops(MAX_TXN_OPS)).await.unwrap().succeeded);
    let refused = [
        (ops(MAX_TXN_OPS + 1), LimitError::TooManyOps { count: 129 }),
        (
            (0..MAX_TXN_OPS).fold(Txn::new().or_get("/k"), |t, i| {
                t.when(Compare::absent(format!("/{i}")))
            }),
            LimitError::TooManyOps { count: 129 },
        ),
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
    assert_eq!(b.revision().await, 2);
}

async fn ranges<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
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
        keys(Range::prefix("/a/").limit(9)).await,
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
        keys(Range::prefix("/a/").limit(2).start_after("/a/2")).await,
        ("/a/3".into(), false, 1)
    );
    assert_eq!(
        keys(Range::prefix("/a/").limit(9).start_after("/a/9")).await,
        ("".into(), false, 0)
    );
    assert_eq!(
        keys(Range::between("/a/2", "/b").limit(9)).await,
        ("/a/2 /a/3 /a0".into(), false, 3)
    );
    assert_eq!(
        keys(Range::between("/z", "/a").limit(9)).await,
        ("".into(), false, 0)
    );
    assert_eq!(
        keys(Range::prefix("").count_only()).await,
        ("".into(), false, 5)
    );
    assert_eq!(keys(Range::prefix("").limit(0)).await, ("".into(), true, 0));
    let reply = b
        .store
        .range(Range::prefix("/b").limit(1).keys_only())
        .await
        .unwrap();
    assert!(reply.entries[0].value.is_empty() && reply.entries[0].mod_revision == b.base + 5);
}

async fn a_long_range_is_of_one_revision<E: Engine>() {
    let b = E::open(StoreOptions {
        keep_revisions: 1,
        ..StoreOptions::default()
    })
    .await;
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
        let range = Range::prefix("/").limit(usize::MAX);
        let reply = store.range(range).await.unwrap();
        assert_eq!((reply.count, reply.more), (MAX_RANGE_KEYS, true));
        assert_whole(&reply);
    }
    writing.await.unwrap();
}

/// Transactions of 128 keys each are whole: a prefix is all old or all new.
fn assert_whole(reply: &RangeReply) {
    let newest = reply.entries.iter().map(|e| e.mod_revision).max().unwrap();
    assert!(newest <= reply.revision);
    for group in reply.entries.chunks(128) {
        assert!(group.iter().all(|e| e.value == group[0].value));
    }
}

async fn everything_in_pages_is_of_one_revision<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    let all = |i: u32, value: &'static str| {
        (0..128).fold(Txn::new(), |t, j| t.put(format!("/{i:03}/{j:03}"), value))
    };
    for i in 0..20 {
        b.txn(all(i, "old")).await.unwrap();
    }
    let before = b.revision().await + b.base;
    let writer = b.store.clone();
    let writing = tokio::spawn(async move {
        for i in (0..20).rev() {
            writer.txn(&PERMIT, all(i, "new")).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    loop {
        let done = writing.is_finished();
        let reply = b.store.all(Range::prefix("/")).await.unwrap();
        assert_eq!((reply.count, reply.entries.len()), (20 * 128, 20 * 128));
        assert_whole(&reply);
        if done {
            break;
        }
    }
    writing.await.unwrap();
    let mut pages = b.store.pages(Range::prefix("/")).at(before).keys_only();
    let (mut keys, mut count) = (Vec::new(), 0);
    while let Some(page) = pages.next().await.unwrap() {
        assert_eq!(page.revision, before);
        keys.extend(page.entries.into_iter().map(|e| (e.key, e.value)));
        count += 1;
    }
    assert!(count > 1, "one page would prove nothing");
    assert!(keys.is_sorted() && keys.len() == 20 * 128);
    assert!(keys.iter().all(|(_, value)| value.is_empty()));
    let none = b.store.all(Range::prefix("/none/")).await.unwrap();
    assert_eq!(
        (none.count, none.revision - b.base),
        (0, b.revision().await)
    );
}

async fn reads_at_a_revision_until_it_is_compacted<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    for value in ["1", "2", "3"] {
        b.put("/k", value).await;
    }
    b.delete("/k").await;
    let compacted = |requested: u64| StoreError::Compacted {
        requested: b.base + requested,
        compacted: b.base + 3,
    };
    let compact = async |to: u64| {
        let compacted = b.store.compact(&PERMIT, b.base + to).await;
        compacted.map(|revision| revision - b.base)
    };
    let at = async |r| {
        b.store
            .get_at("/k", b.base + r)
            .await
            .map(|e| e.map(|e| e.value))
    };
    assert_eq!(at(0).await, Ok(None), "before everything");
    assert_eq!(at(2).await, Ok(Some("2".into())));
    assert_eq!(at(4).await, Ok(None));
    assert_eq!(
        at(5).await,
        Err(StoreError::FutureRevision {
            requested: b.base + 5,
            current: b.base + 4
        })
    );
    assert_eq!(compact(3).await, Ok(3));
    assert_eq!(
        at(3).await,
        Ok(Some("3".into())),
        "the compacted revision itself can be read"
    );
    assert_eq!(at(2).await, Err(compacted(2)));
    let range = b
        .store
        .range(Range::prefix("/").limit(9).at(b.base + 1))
        .await;
    assert_eq!(range, Err(compacted(1)));
    assert_eq!(compact(1).await, Ok(3), "never goes back");
    assert!(matches!(
        compact(9).await,
        Err(StoreError::FutureRevision { .. })
    ));
    assert_eq!(compact(4).await, Ok(4));
    assert_eq!(
        b.store
            .range(Range::prefix("").count_only())
            .await
            .unwrap()
            .count,
        0
    );
}

async fn a_watch_tells_every_change_once_with_what_was_before<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    b.put("/w/a", "1").await;
    let mut all = b.store.watch("/w/", b.base + 1);
    let mut later = b.store.watch("/w/", b.base + 2);
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
            (
                e.revision() - b.base,
                e.kind,
                e.key(),
                text(&e.entry.value),
                before,
            )
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
    assert_eq!(next(&mut later).await.unwrap().events[..], events[1..]);
}

async fn a_watch_waits_and_may_be_dropped_while_waiting<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    let mut watch = b.store.watch("/", b.base + 1);
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

async fn progress_is_told_on_request<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    let mut watch = b.store.watch("/mine/", b.base + 1);
    b.put("/other", "x").await;
    let progress = watch.progress();
    progress.request();
    let batch = next(&mut watch).await.unwrap();
    assert_eq!((batch.revision - b.base, batch.events.len()), (1, 0));
    let waiting = tokio::spawn(async move { (next(&mut watch).await.unwrap(), watch) });
    b.put("/other", "y").await;
    progress.request();
    let (batch, _watch) = waiting.await.unwrap();
    assert_eq!((batch.revision - b.base, batch.events.len()), (2, 0));
}

async fn a_watch_that_comes_too_late_is_told_so<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    for i in 0..5 {
        b.put("/k", &i.to_string()).await;
    }
    let mut slow = b.store.watch("/", b.base + 1);
    b.store.compact(&PERMIT, b.base + 3).await.unwrap();
    for _ in 0..2 {
        let error = next(&mut slow).await.unwrap_err();
        assert_eq!(
            error,
            StoreError::Compacted {
                requested: b.base + 1,
                compacted: b.base + 3
            }
        );
    }
    let mut good = b.store.watch("/", b.base + 4);
    assert_eq!(
        next(&mut good).await.unwrap().events[0]
            .previous
            .as_ref()
            .unwrap()
            .value,
        "2"
    );
}

async fn many_watches_lose_and_double_nothing<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let mut watch = b.store.watch("/k/", b.base + 1);
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
        let revisions: Vec<_> = seen.iter().map(|e| e.revision() - b.base).collect();
        assert_eq!(revisions, (1..=400).collect::<Vec<_>>());
    }
}

async fn compaction_never_passes_the_slowest_cursor<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    for i in 0..10 {
        b.put("/k", &i.to_string()).await;
    }
    let cursor = async |name: &str, at: u64| {
        b.txn(Txn::new().cursor(name, b.base + at)).await.unwrap();
    };
    let compact = async || b.store.compact(&PERMIT, b.base + 9).await.unwrap() - b.base;
    let audit = async || b.store.cursors().await.unwrap()["audit"] - b.base;
    let mut watch = b.store.watch("", b.base + 11);
    let both = Txn::new()
        .cursor("audit", b.base + 4)
        .cursor("events", b.base + 7);
    b.txn(both).await.unwrap();
    assert_eq!(compact().await, 4);
    cursor("audit", 8).await;
    cursor("audit", 2).await;
    assert_eq!(audit().await, 8, "a cursor never goes back");
    assert_eq!(compact().await, 7);
    b.txn(Txn::new().then(Op::DropCursor {
        name: "events".into(),
    }))
    .await
    .unwrap();
    assert_eq!(compact().await, 8);
    // Fenced: moved only if the comparison holds.
    let fenced = Txn::new()
        .when(Compare::absent("/k"))
        .cursor("audit", b.base + 9);
    b.txn(fenced).await.unwrap();
    assert_eq!(audit().await, 8);
    watch.progress().request();
    let told = next(&mut watch).await.unwrap();
    assert_eq!(told.events, [], "a cursor is no key");
}

async fn the_end_of_a_lease_deletes_its_keys_in_one_revision<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
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
    let mut watch = b.store.watch("/l/", b.base + 4);
    b.pass(Duration::from_secs(8)).await;
    assert_eq!(
        b.store.lease_keep_alive(&PERMIT, lease).await,
        Ok(Duration::from_secs(10))
    );
    b.pass(Duration::from_secs(8)).await;
    assert!(
        b.txn(Txn::new().when(Compare::leased("/l/a", lease)))
            .await
            .unwrap()
            .succeeded
    );
    b.pass(Duration::from_secs(3)).await;
    let batch = next(&mut watch).await.unwrap();
    let gone: Vec<_> = batch
        .events
        .iter()
        .map(|e| (e.kind, e.key(), e.revision() - b.base))
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

async fn leases_can_be_revoked_and_must_exist<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
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
    assert_eq!(b.store.lease_revoke(&PERMIT, lease).await, Ok(b.base + 2));
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

async fn a_lease_with_very_many_keys_ends_in_several_revisions<E: Engine>() {
    const MANY: u64 = 1500;
    const AT_ONCE: u64 = 1024;
    let b = E::open(StoreOptions::default()).await;
    let granted = b.store.lease_grant(&PERMIT, Duration::from_secs(10)).await;
    let lease = granted.unwrap();
    let name = |number: u64| format!("/l/{number:04}");
    let numbers: Vec<u64> = (0..MANY).collect();
    for some in numbers.chunks(MAX_TXN_OPS) {
        let txn = some
            .iter()
            .fold(Txn::new(), |txn, it| txn.put_leased(name(*it), "", lease));
        b.txn(txn).await.unwrap();
    }
    let before = b.store.revision().await.unwrap();
    let mut watch = b.store.watch("/l/", before + 1);
    let ended = b.store.lease_revoke(&PERMIT, lease).await;
    assert_eq!(ended, Ok(before + 2));
    let mut gone: Vec<(Revision, String)> = Vec::new();
    while gone.len() < numbers.len() {
        let batch = next(&mut watch).await.unwrap();
        for event in &batch.events {
            assert_eq!(event.kind, EventKind::Delete);
            gone.push((event.revision(), event.key().to_owned()));
        }
    }
    let expected = numbers.iter();
    let expected: Vec<_> = expected
        .map(|it| (before + 1 + it / AT_ONCE, name(*it)))
        .collect();
    assert_eq!(gone, expected);
    drop(watch);
    let b = E::reopen(b, StoreOptions::default()).await;
    let left = b.store.range(Range::prefix("/l/").count_only()).await;
    assert_eq!(left.unwrap().count, 0);
    let missing = Err(StoreError::LeaseNotFound(lease));
    assert_eq!(b.store.lease_keep_alive(&PERMIT, lease).await, missing);
}

async fn folders_know_how_many_keys_they_have<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    // More than are looked at at once.
    let accounts = 600;
    for account in 0..accounts {
        let txn = Txn::new()
            .put(format!("/f/c/s/{account:012}/r/topic/a"), "1")
            .put(format!("/f/c/s/{account:012}/r/topic/b/c"), "1")
            .put(format!("/f/c/s/{account:012}/r/other/a"), "1")
            .put(format!("/f/c/t/{account:012}/r/topic/a"), "1");
        b.txn(txn).await.unwrap();
    }
    b.put("/f/c/s/short", "1").await;
    b.delete("/f/c/s/000000000001/r/topic/a").await;
    for key in ["a", "b/c"] {
        b.delete(&format!("/f/c/s/000000000002/r/topic/{key}"))
            .await;
    }
    let is_wanted = |folder: &str| folder.ends_with("/topic/");
    let found = b.store.folders("/f/c/s/", is_wanted).await.unwrap();
    let expected = (0..accounts)
        .filter(|account| *account != 2)
        .map(|account| {
            let keys = if account == 1 { 1 } else { 2 };
            (format!("/f/c/s/{account:012}/r/topic/"), keys)
        });
    assert_eq!(found, expected.collect::<Vec<_>>());
    let none = b.store.folders("/f/c/u/", |_| true).await.unwrap();
    assert!(none.is_empty());
}

async fn a_closed_store_says_so<E: Engine>() {
    let b = E::open(StoreOptions::default()).await;
    b.put("/k", "v").await;
    let (other, mut watch) = (b.store.clone(), b.store.watch("/", b.base + 2));
    b.store.close().await;
    assert_eq!(other.put(&PERMIT, "/k", "w").await, Err(StoreError::Closed));
    assert_eq!(
        tokio::time::timeout(DEADLINE, watch.next()).await.unwrap(),
        Err(StoreError::Closed)
    );
}
