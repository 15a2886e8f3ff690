//! Secrets of a cluster as they lie in the store: sealed under the cluster's own key, for the very place that they lie at.
//!
//! What was written before there was a key lies open until it is opened with one ([`super::Objects::open`]).

use std::sync::Arc;

use bytes::Bytes;
use wharf_seal::SharedKey;
use wharf_store::Entry;

use super::{Keys, Object};

/// Begins what is sealed; objects begin with a version of their shape.
const HEAD: &[u8] = b"sealed1\n";

#[derive(Clone)]
pub struct Sealing {
    key: Option<Arc<SharedKey>>,
    /// Of what is sealed.
    pub folder: String,
}

impl Sealing {
    pub fn new(keys: &Keys, key: Option<Arc<SharedKey>>) -> Self {
        Self {
            key,
            folder: keys.folder("", "secrets"),
        }
    }

    /// The value that is stored for a record.
    pub fn seal(&self, key: &str, record: Bytes) -> Bytes {
        match &self.key {
            Some(own) if key.starts_with(&self.folder) => {
                let sealed = own.seal(&record, key);
                Bytes::from([HEAD, &sealed].concat())
            }
            _ => record,
        }
    }

    /// Whether a value lies open that should not.
    pub fn is_open(&self, entry: &Entry) -> bool {
        self.key.is_some() && entry.key.starts_with(&self.folder) && !entry.value.starts_with(HEAD)
    }

    /// The object of a value; `None` if it is damaged, or sealed under another key.
    pub fn object(&self, entry: &Entry) -> Option<Object> {
        let sealed = entry
            .key
            .starts_with(&self.folder)
            .then(|| entry.value.strip_prefix(HEAD))
            .flatten();
        let Some(sealed) = sealed else {
            return Object::new(entry.value.clone(), entry.mod_revision);
        };
        let opened = self.key.as_ref()?.open(sealed, &entry.key).ok()?;
        let record = Bytes::copy_from_slice(opened.expose());
        Object::new(record, entry.mod_revision)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::storage::record;

    fn entry(key: &str, value: Bytes) -> Entry {
        Entry {
            key: key.to_owned(),
            value,
            create_revision: 1,
            mod_revision: 7,
            version: 1,
            lease: None,
        }
    }

    #[test]
    fn secrets_alone_are_sealed_and_open_where_they_lie() {
        let keys = Keys::new("000000000000", "us-east-1", "AB");
        let key = SharedKey::read(&*SharedKey::generate()).unwrap();
        let sealing = Sealing::new(&keys, Some(Arc::new(key)));
        let plain = record(
            "v1",
            &json!({"metadata": {"name": "s"}, "data": {"a": "aGlkZGVu"}}),
        );
        let at = keys.object("", "secrets", Some("team"), "s");
        let sealed = sealing.seal(&at, plain.clone());
        assert!(!sealed.windows(8).any(|it| it == b"aGlkZGVu"));
        let stored = entry(&at, sealed.clone());
        assert!(!sealing.is_open(&stored));
        let object = sealing.object(&stored).unwrap();
        assert_eq!((object.version(), object.revision), ("v1", 7));
        // From before there was a key.
        let old = entry(&at, plain.clone());
        assert!(sealing.is_open(&old) && sealing.object(&old).is_some());
        let moved = keys.object("", "secrets", Some("other"), "s");
        assert!(sealing.object(&entry(&moved, sealed)).is_none());
        let map = keys.object("", "configmaps", Some("team"), "s");
        assert_eq!(sealing.seal(&map, plain.clone()), plain);
        assert!(Sealing::new(&keys, None).object(&stored).is_none());
    }
}
