//! A record in memory, with what it takes to change it in the store.

use std::sync::Arc;

use wharf_records::{Record, decode};
use wharf_store::{Compare, Entry, Revision};
use wharf_wire::fault::Chain;

/// A record together with the revision it was last written at.
#[derive(Debug)]
pub struct Held<T> {
    pub record: Arc<T>,
    pub key: String,
    pub revision: Revision,
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self {
            record: self.record.clone(),
            key: self.key.clone(),
            revision: self.revision,
        }
    }
}

impl<T> Held<T> {
    /// Holds while nobody has written the record since.
    pub fn unchanged(&self) -> Compare {
        Compare::mod_revision(self.key.clone(), self.revision)
    }
}

impl<T> std::ops::Deref for Held<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.record
    }
}

/// The record of an entry; `None` without one. A value that cannot be read is logged and left out: one
/// damaged record must not take the others with it.
pub fn hold<T: Record>(key: &str, entry: Option<&Entry>) -> Option<Held<T>> {
    let entry = entry?;
    match decode(&entry.value) {
        Ok(record) => Some(Held {
            record: Arc::new(record),
            key: key.to_owned(),
            revision: entry.mod_revision,
        }),
        Err(error) => {
            let error = Chain(&error).to_string();
            tracing::error!(key, error, "failed to decode a stored record, skipping it");
            None
        }
    }
}
