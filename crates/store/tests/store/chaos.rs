//! What goes wrong on purpose is real, and the same for the same seed.

use wharf_store::{Chaos, Compare, Revision, Store, StoreError, StoreOptions, Txn};

use crate::support::PERMIT;

const TASKS: u64 = 4;
const STEPS: u64 = 100;

/// How often what was met.
#[derive(Debug, Default, PartialEq, Eq)]
struct Met {
    conflicts: u64,
    refused: u64,
    unanswered: u64,
}

fn in_chaos(chaos: Chaos) -> Store {
    Store::in_memory(StoreOptions {
        chaos: Some(chaos),
        ..StoreOptions::default()
    })
}

async fn number(store: &Store, key: &str) -> (u64, Revision) {
    loop {
        match store.get(key).await {
            Ok(None) => return (0, 0),
            Ok(Some(entry)) => {
                let text = std::str::from_utf8(&entry.value).unwrap();
                return (text.parse().unwrap(), entry.mod_revision);
            }
            Err(StoreError::Later { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

/// Raises a counter that all tasks share, and one of its own with it.
async fn count(store: Store, task: u64) -> Met {
    let (own, mut met) = (format!("/own/{task}"), Met::default());
    loop {
        let (done, own_at) = number(&store, &own).await;
        if done == STEPS {
            return met;
        }
        let (all, all_at) = number(&store, "/all").await;
        let txn = Txn::new()
            .when(Compare::mod_revision("/all", all_at))
            .when(Compare::mod_revision(&own, own_at))
            .put("/all", (all + 1).to_string())
            .put(&own, (done + 1).to_string());
        match store.txn(&PERMIT, txn).await {
            Ok(reply) => met.conflicts += u64::from(!reply.succeeded),
            Err(StoreError::Later { .. }) => met.refused += 1,
            Err(StoreError::Unanswered { .. }) => met.unanswered += 1,
            Err(other) => panic!("{other}"),
        }
    }
}

async fn run(chaos: Chaos) -> (Revision, Vec<Met>) {
    let store = in_chaos(chaos);
    let tasks = (0..TASKS).map(|task| tokio::spawn(count(store.clone(), task)));
    let mut met = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        met.push(task.await.unwrap());
    }
    assert_eq!(number(&store, "/all").await.0, TASKS * STEPS);
    (store.heard_of(), met)
}

fn storm(seed: u64) -> Chaos {
    Chaos {
        delayed: 0.5,
        refused: 0.1,
        unanswered: 0.1,
        overtaken: 0.1,
        ..Chaos::none(seed)
    }
}

#[tokio::test]
async fn nothing_is_lost_or_done_twice_and_a_seed_says_it_all() {
    for seed in 0..4 {
        let (revision, met) = run(storm(seed)).await;
        for each in &met {
            assert!(each.conflicts > 0 && each.refused > 0 && each.unanswered > 0);
        }
        assert_eq!(run(storm(seed)).await, (revision, met), "seed {seed}");
    }
}

#[tokio::test]
async fn delays_alone_make_races() {
    let chaos = Chaos {
        delayed: 0.5,
        ..Chaos::none(1)
    };
    let (revision, met) = run(chaos).await;
    assert_eq!(revision, TASKS * STEPS);
    assert!(met.iter().all(|it| it.conflicts > 0 && it.refused == 0));
}

#[tokio::test]
async fn whoever_is_overtaken_finds_a_later_revision_and_the_same_value() {
    let chaos = Chaos {
        overtaken: 1.0,
        ..Chaos::none(1)
    };
    let store = in_chaos(chaos);
    store.put(&PERMIT, "/k", "v").await.unwrap();
    let before = store.get("/k").await.unwrap().unwrap();
    let txn = Txn::new()
        .when(Compare::unchanged(&before))
        .put("/k", "mine");
    let reply = store.txn(&PERMIT, txn).await.unwrap();
    let now = reply.current[0].as_ref().unwrap();
    assert!(!reply.succeeded && now.value == "v" && now.mod_revision > before.mod_revision);
}
