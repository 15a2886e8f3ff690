//! What fuzzing reaches of this crate: files that somebody else wrote, or that are damaged.

use std::path::Path;

use crate::{input, shard::Shard};

/// A 64th of the data.
pub fn shard(path: &Path) {
    let Ok(shard) = Shard::open(path) else {
        return;
    };
    for hash in shard.hashes() {
        let _ = shard.find(hash);
    }
    for shelf in shard.all().flatten() {
        let again = serde_json::to_vec(&shelf).expect("what was read can be written");
        assert!(serde_json::from_slice(&again).is_ok_and(|it: crate::shard::Shelf| it == shelf));
    }
}

/// What is published, in any of its forms.
pub fn published(path: &Path) {
    let _ = input::read(path, &mut |_| Ok(()));
}
