//! What changes come to, against what a count of all records finds.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_records::encode;

use super::*;
use crate::records::{
    Keys,
    samples::{self, entry},
};

/// A layer of a repository, as a blob of its own name or of another.
fn layer(repository: u8, layer: u8, other: Option<u8>) -> (String, bytes::Bytes) {
    let digest = Digest::of(&[layer]);
    let blob = other.unwrap_or(layer);
    let record = Layer {
        stored: other.map(|it| Digest::of(&[it])),
        ..samples::layer(1 << blob)
    };
    let key = Keys::new("1", "r").layer(&format!("r{repository}"), &digest);
    (key, encode(&record))
}

/// Every blob once.
fn naive(records: &BTreeMap<String, Entry>) -> u64 {
    let blobs: BTreeMap<String, u64> = records
        .values()
        .map(|it| {
            let record: Layer = decode(&it.value).unwrap();
            let blob = record.blob(&digest_of(&it.key).unwrap());
            (blob.to_string(), record.size)
        })
        .collect();
    blobs.values().sum()
}

proptest! {
    /// `counted`: so many changes happen before the account is counted.
    #[test]
    fn changes_come_to_what_a_count_finds(
        changes in prop::collection::vec((0..3_u8, 0..6_u8, prop::option::of(0..6_u8), any::<bool>()), 0..60),
        counted in 0..30_usize,
    ) {
        let (mut records, mut tally) = (BTreeMap::<String, Entry>::new(), Tally::new(0));
        for (number, (repository, of, other, put)) in changes.into_iter().enumerate() {
            let revision = number as u64 + 1;
            let (key, value) = layer(repository, of, other);
            let previous = records.get(&key).cloned();
            let version = previous.as_ref().map_or(1, |it| it.version + 1);
            let event = match put {
                true => Event { kind: EventKind::Put, entry: entry(&key, value, revision, version), previous },
                false if previous.is_none() => continue,
                false => Event { kind: EventKind::Delete, entry: entry(&key, Default::default(), revision, 0), previous },
            };
            match put {
                true => records.insert(key, event.entry.clone()),
                false => records.remove(&key),
            };
            if number < counted {
                tally = Tally::new(revision);
                records.values().for_each(|it| tally.count(Layer::KIND, it));
            }
            // What is told again, or was told before it was counted, changes nothing.
            for _ in 0..2 {
                prop_assert!(tally.change(Layer::KIND, &event));
                tally.reach(revision);
            }
            prop_assert_eq!(tally.bytes(), naive(&records));
        }
        prop_assert!(tally.blobs() <= 6);
    }
}

#[test]
fn what_was_there_before_must_be_known() {
    let (key, value) = layer(0, 1, None);
    let changed = |kind, version| Event {
        kind,
        entry: entry(&key, value.clone(), 2, version),
        previous: None,
    };
    assert!(Tally::new(1).change(Layer::KIND, &changed(EventKind::Put, 1)));
    assert!(!Tally::new(1).change(Layer::KIND, &changed(EventKind::Put, 2)));
    assert!(!Tally::new(1).change(Layer::KIND, &changed(EventKind::Delete, 0)));
}
