//! Random calls against a model that keeps every version of every key for ever.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_store::{Compare, Op, Range, Revision, StoreError, StoreOptions, Txn};

use crate::support::{Bench, Engine, Folder, Memory, PERMIT, next};

const KEYS: u8 = 9;
const ACCOUNT: &str = "000000000000";
/// What a record counts beside its key and value.
const RECORD_BYTES: usize = 128;

#[derive(Debug, Clone)]
enum Call {
    Txn {
        compares: Vec<(u8, bool)>,
        then: Vec<(u8, Option<u8>)>,
        or_else: Vec<(u8, Option<u8>)>,
    },
    Compact {
        back: u64,
    },
    Reopen,
}

fn call() -> impl Strategy<Value = Call> {
    let write = (0..KEYS, proptest::option::weighted(0.7, any::<u8>()));
    let writes = move || {
        proptest::collection::btree_map(write.0.clone(), write.1.clone(), 0..4)
            .prop_map(|m| m.into_iter().collect::<Vec<_>>())
    };
    let compares = proptest::collection::vec((0..KEYS, any::<bool>()), 0..2);
    prop_oneof![
        20 => (compares, writes(), writes())
            .prop_map(|(compares, then, or_else)| Call::Txn { compares, then, or_else }),
        2 => (0..12u64).prop_map(|back| Call::Compact { back }),
        1 => Just(Call::Reopen),
    ]
}

/// Every version of every key: revision and value, `None` for a deletion.
#[derive(Default)]
struct Model {
    revision: Revision,
    compacted: Revision,
    histories: BTreeMap<String, Vec<(Revision, Option<String>)>>,
}

impl Model {
    fn at(&self, key: &str, revision: Revision) -> Option<&str> {
        let history = self.histories.get(key)?;
        history
            .iter()
            .rev()
            .find(|(r, _)| *r <= revision)?
            .1
            .as_deref()
    }

    fn write(&mut self, writes: &[(u8, Option<u8>)]) {
        let next = self.revision + 1;
        for (key, value) in writes {
            let key = name(*key);
            if value.is_some() || self.at(&key, self.revision).is_some() {
                let value = value.map(text);
                self.histories.entry(key).or_default().push((next, value));
                self.revision = next;
            }
        }
    }
}

/// In the order of the numbers. Some lie apart, the others on two shelves of an account.
fn name(key: u8) -> String {
    match key / 3 {
        0 => format!("/k/{key}"),
        1 => format!("/w1/c0/s/{ACCOUNT}/r/one/{key}"),
        _ => format!("/w1/c0/s/{ACCOUNT}/r/two/{key}"),
    }
}

fn text(value: u8) -> String {
    value.to_string().repeat(40)
}

fn ops(writes: &[(u8, Option<u8>)]) -> Vec<Op> {
    let op = |(key, value): &(u8, Option<u8>)| match value {
        Some(value) => Op::put(name(*key), text(*value)),
        None => Op::delete(name(*key)),
    };
    writes.iter().map(op).collect()
}

fn options() -> StoreOptions {
    let keep = u64::MAX;
    StoreOptions {
        segment_bytes: 4096,
        history_memory: 200,
        keep_revisions: keep,
        keep_bytes: keep,
        ..StoreOptions::default()
    }
}

async fn check_reads(b: &Bench, model: &Model) {
    assert_eq!(
        (b.revision().await, b.compacted().await),
        (model.revision, model.compacted)
    );
    for at in model.compacted..=model.revision {
        let range = Range::prefix("/").limit(usize::from(KEYS)).at(at);
        let reply = b.store.range(range).await.unwrap();
        let found: Vec<_> = reply
            .entries
            .iter()
            .map(|e| (e.key.as_str(), std::str::from_utf8(&e.value).unwrap()))
            .collect();
        let expected: Vec<_> = model
            .histories
            .keys()
            .filter_map(|k| Some((k.as_str(), model.at(k, at)?)))
            .collect();
        assert_eq!(found, expected, "at {at}");
    }
    let of_account = model.histories.keys().filter(|k| k.contains(ACCOUNT));
    let sizes: Vec<usize> = of_account
        .filter_map(|k| Some(k.len() + model.at(k, model.revision)?.len() + RECORD_BYTES))
        .collect();
    let held = b.store.held(ACCOUNT);
    assert_eq!(
        (held.keys, held.bytes),
        (sizes.len() as u64, sizes.iter().sum::<usize>() as u64)
    );
    if let Some(before) = model.compacted.checked_sub(1) {
        let error = b.store.get_at("/k/0", before).await.unwrap_err();
        assert_eq!(
            error,
            StoreError::Compacted {
                requested: before,
                compacted: model.compacted
            }
        );
    }
}

async fn check_watch(b: &Bench, model: &Model) {
    let mut expected: Vec<(Revision, String, Option<String>)> = model
        .histories
        .iter()
        .flat_map(|(key, h)| h.iter().map(move |(r, v)| (*r, key.clone(), v.clone())))
        .filter(|(revision, ..)| *revision > model.compacted)
        .collect();
    expected.sort();
    let mut watch = b.store.watch("/", model.compacted + 1);
    watch.progress().request();
    let mut told = Vec::new();
    loop {
        let batch = next(&mut watch).await.unwrap();
        if batch.events.is_empty() {
            assert_eq!(batch.revision, model.revision);
            break;
        }
        for event in batch.events {
            let text = |v: &[u8]| String::from_utf8(v.to_vec()).unwrap();
            let live = (event.entry.version > 0).then(|| text(&event.entry.value));
            let before = model.at(event.key(), event.revision() - 1);
            assert_eq!(
                event.previous.as_ref().map(|p| text(&p.value)).as_deref(),
                before
            );
            told.push((event.revision(), event.key().to_owned(), live));
        }
    }
    assert_eq!(told, expected);
}

async fn check<E: Engine>(calls: Vec<Call>) {
    let mut b = E::open(options()).await;
    let mut model = Model::default();
    for call in calls {
        match call {
            Call::Txn {
                compares,
                then,
                or_else,
            } => {
                let holds = |(key, there): &(u8, bool)| {
                    model.at(&name(*key), model.revision).is_some() == *there
                };
                let expected = compares.iter().all(holds);
                let compare = compares
                    .iter()
                    .map(|(key, there)| {
                        if *there {
                            Compare::present(name(*key))
                        } else {
                            Compare::absent(name(*key))
                        }
                    })
                    .collect();
                let txn = Txn {
                    compare,
                    then: ops(&then),
                    or_else: ops(&or_else),
                };
                let reply = b.txn(txn).await.unwrap();
                assert_eq!(reply.succeeded, expected);
                model.write(if expected { &then } else { &or_else });
                assert_eq!(reply.revision, model.revision);
            }
            Call::Compact { back } => {
                let to = model.revision.saturating_sub(back);
                model.compacted = model.compacted.max(to);
                assert_eq!(b.store.compact(&PERMIT, to).await, Ok(model.compacted));
            }
            Call::Reopen => b = E::reopen(b, options()).await,
        }
    }
    check_reads(&b, &model).await;
    check_watch(&b, &model).await;
    let b = E::reopen(b, options()).await;
    check_reads(&b, &model).await;
    check_watch(&b, &model).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]
    #[test]
    fn a_folder_behaves_like_the_model(calls in proptest::collection::vec(call(), 1..120)) {
        run(check::<Folder>(calls));
    }

    #[test]
    fn memory_behaves_like_the_model(calls in proptest::collection::vec(call(), 1..120)) {
        run(check::<Memory>(calls));
    }
}

fn run(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(test);
}
