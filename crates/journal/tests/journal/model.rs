//! Random calls against a model: what is read back, also after opening again, is what was written.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_journal::{Journal, Moved, Records};

use crate::{all, packed, small};

#[derive(Debug, Clone)]
enum Call {
    Append { stream: u8, count: u8, size: u16 },
    Packed { stream: u8, count: u16 },
    Move { stream: u8, from: u8, before: u64 },
    Trim { stream: u8, before: u64 },
    Delete { stream: u8 },
    Cursor { stream: u8, offset: u64 },
    Reopen,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        12 => (0..4u8, 1..9u8, 0..900u16)
            .prop_map(|(stream, count, size)| Call::Append { stream, count, size }),
        2 => (0..4u8, 1800..4000u16).prop_map(|(stream, count)| Call::Packed { stream, count }),
        2 => (0..4u8, 0..4u8, 0..200u64)
            .prop_map(|(stream, from, before)| Call::Move { stream, from, before }),
        2 => (0..4u8, 0..200u64).prop_map(|(stream, before)| Call::Trim { stream, before }),
        1 => (0..4u8).prop_map(|stream| Call::Delete { stream }),
        1 => (0..4u8, 0..99u64).prop_map(|(stream, offset)| Call::Cursor { stream, offset }),
        1 => Just(Call::Reopen),
    ]
}

#[derive(Default)]
struct Model {
    first: u64,
    records: Vec<String>,
    cursor: Option<u64>,
}

async fn check(calls: Vec<Call>) {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), small()).unwrap();
    let mut model: BTreeMap<String, Model> = BTreeMap::new();
    for (index, call) in calls.into_iter().enumerate() {
        match call {
            Call::Append {
                stream,
                count,
                size,
            } => {
                let name = format!("s{stream}");
                let line = |i| format!("{index}.{i}{}", ".".repeat(size.into()));
                let lines: Vec<_> = (0..count).map(line).collect();
                let m = model.entry(name.clone()).or_default();
                let first = journal.append(&name, &lines).await.unwrap();
                assert_eq!(first, m.records.len() as u64);
                m.records.extend(lines);
            }
            // Some of these are too few to be packed.
            Call::Packed { stream, count } => {
                let name = format!("s{stream}");
                let lines = (0..count).map(|i| format!("{index}.{i} a line as long as many"));
                let lines: Vec<_> = lines.map(|it| it + &"-".repeat(40)).collect();
                let packed = packed(&lines);
                let m = model.entry(name.clone()).or_default();
                let first = match packed {
                    Some(packed) => journal.append_packed(&name, packed).await.unwrap(),
                    None => journal.append(&name, &lines).await.unwrap(),
                };
                assert_eq!(first, m.records.len() as u64);
                m.records.extend(lines);
            }
            Call::Move {
                stream,
                from,
                before,
            } => {
                let (name, from) = (format!("s{stream}"), format!("s{from}"));
                let line = format!("{index}.moved");
                let mut records = Records::default();
                records.push(line.as_bytes()).unwrap();
                let moved = Moved {
                    from: from.clone(),
                    before,
                };
                let first = journal
                    .move_gathered(&name, &mut records, Some(moved))
                    .await;
                let m = model.entry(name).or_default();
                assert_eq!(first, Ok(m.records.len() as u64));
                m.records.push(line);
                if let Some(m) = model.get_mut(&from) {
                    m.first = m.first.max(before.min(m.records.len() as u64));
                }
            }
            Call::Trim { stream, before } => {
                let name = format!("s{stream}");
                let first = journal.trim(&name, before).await.unwrap();
                if let Some(m) = model.get_mut(&name) {
                    m.first = m.first.max(before.min(m.records.len() as u64));
                    assert_eq!(first, m.first);
                }
            }
            Call::Delete { stream } => {
                let name = format!("s{stream}");
                assert_eq!(
                    journal.delete(&name).await,
                    Ok(model.remove(&name).is_some())
                );
            }
            Call::Cursor { stream, offset } => {
                let name = format!("s{stream}");
                journal.set_cursor(&name, "c", offset).await.unwrap();
                model.entry(name).or_default().cursor = Some(offset);
            }
            Call::Reopen => {
                journal.close().await;
                journal = Journal::open(dir.path(), small()).unwrap();
            }
        }
    }
    for again in [false, true] {
        if again {
            journal.close().await;
            journal = Journal::open(dir.path(), small()).unwrap();
        }
        let names: Vec<_> = journal
            .streams("", None, 100)
            .into_iter()
            .map(|s| s.name)
            .collect();
        assert_eq!(names, model.keys().cloned().collect::<Vec<_>>());
        for (name, m) in &model {
            let expected = m.records.iter().cloned().enumerate().skip(m.first as usize);
            let expected: Vec<_> = expected.map(|(i, r)| (i as u64, r)).collect();
            assert_eq!(all(&journal, name).await, expected);
            assert_eq!(journal.cursor(name, "c"), m.cursor);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]
    #[test]
    fn behaves_like_the_model(calls in proptest::collection::vec(call(), 1..150)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(check(calls));
    }
}
