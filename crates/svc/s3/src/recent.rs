//! Records of buckets that requests read. A bucket's configurations may be hundreds of kilobytes, which each request for it would
//! decode, twice if it writes: so what was decoded is kept, by the revision that it is of.

use std::collections::HashMap;

use parking_lot::Mutex;
use wharf_records::decode;
use wharf_store::Store;

use crate::{
    core::{ChangeError, Open},
    records::Bucket,
};

/// Smaller records are decoded as fast as they are copied.
const LEAST_BYTES: usize = 4 << 10;
/// Bytes of all that are kept, as they are stored. Beyond it all go.
const MOST_BYTES: usize = 32 << 20;

#[derive(Debug, Default)]
pub struct Recent(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    buckets: HashMap<String, Open>,
    bytes: usize,
}

impl Recent {
    /// The record under a key, as it is now.
    ///
    /// # Errors
    /// The store's; it is no record of a bucket.
    pub async fn read(&self, store: &Store, key: &str) -> Result<Option<Open>, ChangeError> {
        let Some(entry) = store.get(key).await? else {
            return Ok(None);
        };
        if let Some(known) = self.known(key, entry.mod_revision) {
            return Ok(Some(known));
        }
        let record: Bucket = decode(&entry.value)?;
        let open = Open {
            record,
            revision: entry.mod_revision,
            created: entry.create_revision,
            key: entry.key,
        };
        self.keep(&open, entry.value.len());
        Ok(Some(open))
    }

    fn known(&self, key: &str, revision: u64) -> Option<Open> {
        let known = self.0.lock();
        let found = known.buckets.get(key);
        found.filter(|it| it.revision == revision).cloned()
    }

    fn keep(&self, open: &Open, bytes: usize) {
        if bytes < LEAST_BYTES {
            return;
        }
        let mut known = self.0.lock();
        if known.bytes + bytes > MOST_BYTES {
            *known = Known::default();
        }
        // One that was replaced counts until all go.
        known.bytes += bytes;
        known.buckets.insert(open.key.clone(), open.clone());
    }
}
