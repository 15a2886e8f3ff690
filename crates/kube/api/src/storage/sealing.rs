//! Secrets of a cluster as they lie in the store: sealed under the cluster's own key or, once it has one, under a data key that a key of
//! KMS opens, each for the very place that it lies at.
//!
//! What was written before there was a key lies open until it is opened with one ([`super::Objects::open`]), and what lies under the own
//! key until there is a data key ([`super::Objects::seal_under`]). A data key that KMS does not open shuts all Secrets, those too that
//! do not lie under it yet.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use tokio::sync::{RwLock, RwLockReadGuard};
use wharf_seal::SharedKey;
use wharf_store::{Entry, StoreError};

use super::{Keys, Object};

/// Begins what is sealed under the own key; objects begin with a version of their shape.
const OWN: &[u8] = b"sealed1\n";
/// The same under the data key.
const DATA: &[u8] = b"sealed2\n";

/// The data key of a cluster's Secrets, as far as it is known now.
#[derive(Debug)]
pub enum DataKey {
    Open(SharedKey),
    /// KMS does not open it, and says why.
    Shut(String),
}

#[derive(Clone)]
pub struct Sealing {
    own: Option<Arc<SharedKey>>,
    data: Arc<ArcSwapOption<DataKey>>,
    /// Who seals reads it until that is written; it is written while another key is put in place.
    turn: Arc<RwLock<()>>,
    /// Of what is sealed.
    pub folder: String,
}

impl Sealing {
    pub fn new(keys: &Keys, own: Option<Arc<SharedKey>>, data: Option<DataKey>) -> Self {
        Self {
            own,
            data: Arc::new(ArcSwapOption::from_pointee(data)),
            turn: Arc::default(),
            folder: keys.folder("", "secrets"),
        }
    }

    /// Nothing that was sealed by the key before is written after this.
    pub async fn put_in_place(&self, data: DataKey) {
        let _alone = self.turn.write().await;
        self.data.store(Some(Arc::new(data)));
    }

    /// Held from the sealing of a value until it is written; nobody else's writes wait.
    pub async fn turn(&self, key: &str) -> Option<RwLockReadGuard<'_, ()>> {
        match key.starts_with(&self.folder) {
            true => Some(self.turn.read().await),
            false => None,
        }
    }

    pub fn has_data_key(&self) -> bool {
        self.data.load().is_some()
    }

    /// Why nothing is opened now.
    pub fn shut(&self) -> Option<String> {
        match self.data.load().as_deref() {
            Some(DataKey::Shut(why)) => Some(why.clone()),
            _ => None,
        }
    }

    /// The value that is stored for a record.
    ///
    /// # Errors
    /// The data key is shut.
    pub fn seal(&self, key: &str, record: Bytes) -> Result<Bytes, StoreError> {
        if !key.starts_with(&self.folder) {
            return Ok(record);
        }
        let data = self.data.load();
        let (head, under) = match (data.as_deref(), &self.own) {
            (Some(DataKey::Shut(why)), _) => return Err(later(why)),
            (Some(DataKey::Open(data)), _) => (DATA, data),
            (None, Some(own)) => (OWN, &**own),
            (None, None) => return Ok(record),
        };
        let sealed = under.seal(&record, key);
        Ok(Bytes::from([head, &sealed].concat()))
    }

    /// Whether a value is to be sealed anew: it lies open, or under the key before.
    pub fn is_behind(&self, entry: &Entry) -> bool {
        if !entry.key.starts_with(&self.folder) || entry.value.starts_with(DATA) {
            return false;
        }
        match self.data.load().as_deref() {
            Some(DataKey::Open(_)) => true,
            Some(DataKey::Shut(_)) => false,
            None => self.own.is_some() && !entry.value.starts_with(OWN),
        }
    }

    /// The object of a value; `None` if it is damaged, or sealed under another key.
    ///
    /// # Errors
    /// The data key is shut.
    pub fn object(&self, entry: &Entry) -> Result<Option<Object>, StoreError> {
        let record = self.record(entry)?;
        Ok(record.and_then(|it| Object::new(it, entry.mod_revision)))
    }

    /// What was sealed.
    pub fn record(&self, entry: &Entry) -> Result<Option<Bytes>, StoreError> {
        if !entry.key.starts_with(&self.folder) {
            return Ok(Some(entry.value.clone()));
        }
        let data = self.data.load();
        let data = match data.as_deref() {
            Some(DataKey::Shut(why)) => return Err(later(why)),
            Some(DataKey::Open(data)) => Some(data),
            None => None,
        };
        let (under, sealed) = if let Some(sealed) = entry.value.strip_prefix(DATA) {
            (data, sealed)
        } else if let Some(sealed) = entry.value.strip_prefix(OWN) {
            (self.own.as_deref(), sealed)
        } else {
            return Ok(Some(entry.value.clone()));
        };
        let opened = under.and_then(|it| it.open(sealed, &entry.key).ok());
        Ok(opened.map(|it| Bytes::copy_from_slice(it.expose())))
    }
}

/// It comes back with the key. Requests about Secrets are answered before, in upstream's words; this is for what reads them besides.
fn later(why: &str) -> StoreError {
    StoreError::Later {
        reason: format!("the Secrets of the cluster are shut: {why}"),
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
        let sealing = Sealing::new(&keys, Some(Arc::new(key)), None);
        let plain = record(
            "v1",
            &json!({"metadata": {"name": "s"}, "data": {"a": "aGlkZGVu"}}),
        );
        let at = keys.object("", "secrets", Some("team"), "s");
        let sealed = sealing.seal(&at, plain.clone()).unwrap();
        assert!(!sealed.windows(8).any(|it| it == b"aGlkZGVu"));
        let stored = entry(&at, sealed.clone());
        assert!(!sealing.is_behind(&stored));
        let object = sealing.object(&stored).unwrap().unwrap();
        assert_eq!((object.version(), object.revision), ("v1", 7));
        // From before there was a key.
        let old = entry(&at, plain.clone());
        assert!(sealing.is_behind(&old) && sealing.object(&old).unwrap().is_some());
        let moved = keys.object("", "secrets", Some("other"), "s");
        assert!(sealing.object(&entry(&moved, sealed)).unwrap().is_none());
        let map = keys.object("", "configmaps", Some("team"), "s");
        assert_eq!(sealing.seal(&map, plain.clone()).unwrap(), plain);
        assert!(
            Sealing::new(&keys, None, None)
                .object(&stored)
                .unwrap()
                .is_none()
        );
    }
    fn data_key() -> DataKey {
        DataKey::Open(SharedKey::read(&[9; 32]).unwrap())
    }

    #[tokio::test]
    async fn a_data_key_takes_over_and_shuts_all() {
        let keys = Keys::new("000000000000", "us-east-1", "AB");
        let own = Arc::new(SharedKey::read(&[1; 32]).unwrap());
        let sealing = Sealing::new(&keys, Some(own.clone()), None);
        let plain = record("v1", &json!({"metadata": {"name": "s"}}));
        let at = keys.object("", "secrets", Some("team"), "s");
        let before = entry(&at, sealing.seal(&at, plain.clone()).unwrap());
        assert!(!sealing.has_data_key() && !sealing.is_behind(&before));

        sealing.put_in_place(data_key()).await;
        assert!(sealing.has_data_key() && sealing.shut().is_none());
        assert!(sealing.is_behind(&before));
        assert!(sealing.object(&before).unwrap().is_some());
        let after = entry(&at, sealing.seal(&at, plain.clone()).unwrap());
        assert!(!sealing.is_behind(&after));
        assert!(sealing.object(&after).unwrap().is_some());
        // The own key is no way around it.
        let without = Sealing::new(&keys, Some(own), None);
        assert!(without.object(&after).unwrap().is_none());
        assert!(!without.is_behind(&after));

        sealing
            .put_in_place(DataKey::Shut("it is disabled".to_owned()))
            .await;
        assert_eq!(sealing.shut().as_deref(), Some("it is disabled"));
        for stored in [&before, &after] {
            assert!(matches!(
                sealing.object(stored),
                Err(StoreError::Later { .. })
            ));
            assert!(!sealing.is_behind(stored));
        }
        assert!(sealing.seal(&at, plain.clone()).is_err());
        let map = keys.object("", "configmaps", Some("team"), "s");
        assert_eq!(sealing.seal(&map, plain.clone()).unwrap(), plain);
        assert!(sealing.object(&entry(&map, plain)).unwrap().is_some());

        sealing.put_in_place(data_key()).await;
        assert!(sealing.object(&after).unwrap().is_some());
    }
}
