//! Reads and writes of one cluster's objects. Each write is one transaction that compares what it was decided by.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use parking_lot::Mutex;
use wharf_base::Permit;
use wharf_seal::SharedKey;
use wharf_store::{
    Compare, Entry, LeaseId, LimitError, Range, Revision, Store, StoreError, Txn, TxnReply,
};

use crate::admission::Effects;

use super::{
    DataKey, Feed, Keys, MAX_CLUSTER_BYTES, MAX_OBJECT_BYTES, MAX_OBJECTS, Object, Sealing,
};

/// Deletions in one transaction.
const REMOVED_AT_ONCE: usize = 100;

/// Only the API server writes, after its authorizer let a request in.
const PERMIT: Permit = Permit::for_controller("kube-api");

/// Why a write was not done.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The object, or something else that was compared, is no longer what it was: read it and decide anew.
    #[error("something that was compared has changed")]
    Changed,
    #[error("an object of {bytes} bytes, at most {MAX_OBJECT_BYTES} are possible")]
    TooLarge { bytes: usize },
    #[error("the cluster holds as much as it may")]
    Full,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Some objects of a folder, all as of one revision.
#[derive(Debug)]
pub struct Page {
    pub objects: Vec<(String, Object)>,
    /// Whether there are more behind the last one.
    pub more: bool,
    pub revision: Revision,
}

/// What a cluster holds.
#[derive(Debug, Default)]
pub(super) struct Usage {
    pub objects: AtomicU64,
    pub bytes: AtomicU64,
    /// Objects by the folder of their resource.
    by_folder: Mutex<BTreeMap<String, u64>>,
}

impl Usage {
    /// `folder` is that of its resource, below the cluster's.
    pub fn add(&self, folder: Option<&str>, bytes: usize) {
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if let Some(folder) = folder {
            let mut by_folder = self.by_folder.lock();
            match by_folder.get_mut(folder) {
                Some(count) => *count += 1,
                None => _ = by_folder.insert(folder.to_owned(), 1),
            }
        }
    }

    pub fn remove(&self, folder: Option<&str>, bytes: usize) {
        if let Some(folder) = folder {
            let mut by_folder = self.by_folder.lock();
            if let Some(count) = by_folder.get_mut(folder) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    by_folder.remove(folder);
                }
            }
        }
        // Changes that were missed were never added.
        let less = |counter: &AtomicU64, by: u64| {
            let next = |now: u64| Some(now.saturating_sub(by));
            let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        };
        less(&self.objects, 1);
        less(&self.bytes, bytes as u64);
    }
}

/// The objects of one cluster.
pub struct Objects {
    store: Store,
    pub keys: Keys,
    pub feed: Feed,
    usage: Arc<Usage>,
    sealing: Sealing,
    /// Whether all Secrets lie under the data key.
    is_under: AtomicBool,
}

impl Objects {
    /// Reads what there is and begins to follow it. Ends with the last handle. Secrets are sealed under `own`, or under the data key if
    /// there is one, from now on, and those that are there as well.
    pub async fn open(
        store: Store,
        keys: Keys,
        own: Option<Arc<SharedKey>>,
        data: Option<DataKey>,
    ) -> Result<Self, StoreError> {
        let alive = keys.alive();
        let begins = Txn::new()
            .when(Compare::absent(&alive))
            .put(&alive, Bytes::new());
        store.txn(&PERMIT, begins).await?;
        let is_under = matches!(data, Some(DataKey::Open(_)));
        let sealing = Sealing::new(&keys, own, data);
        seal_all(&store, &sealing).await?;
        let usage = Arc::new(Usage::default());
        let (of, under) = (store.clone(), keys.clone());
        let feed = Feed::open(of, under, Arc::clone(&usage), sealing.clone()).await?;
        Ok(Self {
            store,
            keys,
            feed,
            usage,
            sealing,
            is_under: AtomicBool::new(is_under),
        })
    }

    /// Secrets are sealed under this data key from now on, and those that are there too when this returns; or nobody reads or writes them,
    /// since it is shut. It is always the same key that is given. What is so already costs nothing.
    pub async fn seal_under(&self, data: DataKey) -> Result<(), StoreError> {
        let opens = matches!(data, DataKey::Open(_));
        self.sealing.put_in_place(data).await;
        if opens && !self.is_under.load(Ordering::Relaxed) {
            seal_all(&self.store, &self.sealing).await?;
            self.is_under.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether Secrets are under a data key.
    pub fn has_data_key(&self) -> bool {
        self.sealing.has_data_key()
    }

    /// Why Secrets are neither read nor written now.
    pub fn shut(&self) -> Option<String> {
        self.sealing.shut()
    }

    /// How many objects there are, and their bytes.
    pub fn usage(&self) -> (u64, u64) {
        let Usage { objects, bytes, .. } = &*self.usage;
        (
            objects.load(Ordering::Relaxed),
            bytes.load(Ordering::Relaxed),
        )
    }

    /// How many objects there are, by group and plural.
    pub fn by_resource(&self) -> BTreeMap<(String, String), u64> {
        let by_folder = self.usage.by_folder.lock();
        let counts = by_folder.iter();
        counts
            .filter_map(|(folder, count)| Some((Keys::resource_of(folder)?, *count)))
            .collect()
    }

    pub async fn revision(&self) -> Result<Revision, StoreError> {
        self.store.revision().await
    }

    pub async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        let found = self.store.get(key).await?;
        match found {
            Some(entry) => self.sealing.object(&entry),
            None => Ok(None),
        }
    }

    /// As of an earlier revision.
    pub async fn get_at(&self, key: &str, at: Revision) -> Result<Option<Object>, StoreError> {
        let found = self.store.get_at(key, at).await?;
        match found {
            Some(entry) => self.sealing.object(&entry),
            None => Ok(None),
        }
    }

    /// Up to `most` objects of a folder behind `after`, by their paths in it.
    pub async fn page(
        &self,
        folder: &str,
        after: Option<&str>,
        at: Option<Revision>,
        most: usize,
    ) -> Result<Page, StoreError> {
        let mut range = Range::prefix(folder).limit(most);
        range.at = at;
        range.start_after = after.map(|it| format!("{folder}{it}"));
        let reply = self.store.range(range).await?;
        let mut objects = Vec::with_capacity(reply.entries.len());
        for entry in &reply.entries {
            let Some(path) = entry.key.get(folder.len()..) else {
                continue;
            };
            match self.sealing.object(entry)? {
                Some(object) => objects.push((path.to_owned(), object)),
                None => tracing::error!(
                    key = entry.key,
                    "failed to read a stored object: it is damaged and left out"
                ),
            }
        }
        Ok(Page {
            objects,
            more: reply.more,
            revision: reply.revision,
        })
    }

    pub async fn is_without(&self, folder: &str) -> Result<bool, StoreError> {
        let first = self
            .store
            .range(Range::prefix(folder).limit(1).keys_only())
            .await?;
        Ok(first.entries.is_empty())
    }

    /// The paths of all keys in a folder.
    pub async fn names(&self, folder: &str) -> Result<HashSet<String>, StoreError> {
        let all = self.store.all_keys(Range::prefix(folder)).await?;
        let names = all.entries.into_iter().map(|it| it.key);
        Ok(names
            .filter_map(|it| it.strip_prefix(folder).map(str::to_owned))
            .collect())
    }

    /// How many objects a folder has behind `after`.
    pub async fn count_after(
        &self,
        folder: &str,
        after: &str,
        at: Revision,
    ) -> Result<usize, StoreError> {
        let mut range = Range::prefix(folder).count_only().at(at);
        range.start_after = Some(format!("{folder}{after}"));
        Ok(self.store.range(range).await?.count)
    }

    /// Writes an object where none may be; `with` is done too, or neither is.
    pub async fn create(
        &self,
        key: &str,
        record: Bytes,
        with: &Effects,
        lease: Option<LeaseId>,
    ) -> Result<Object, WriteError> {
        if self.usage.objects.load(Ordering::Relaxed) >= MAX_OBJECTS {
            // Who makes sure of an object hears that it is there, however full the cluster is.
            return match self.store.get(key).await? {
                Some(_) => Err(WriteError::Changed),
                None => Err(WriteError::Full),
            };
        }
        self.put(Compare::absent(key), record, with, lease).await
    }

    /// Writes an object over the one that was read. Its lease goes on.
    pub async fn replace(
        &self,
        key: &str,
        old: Revision,
        record: Bytes,
        with: &Effects,
        lease: Option<LeaseId>,
    ) -> Result<Object, WriteError> {
        let unchanged = Compare::mod_revision(key, old);
        self.put(unchanged, record, with, lease).await
    }

    async fn put(
        &self,
        compare: Compare,
        record: Bytes,
        with: &Effects,
        lease: Option<LeaseId>,
    ) -> Result<Object, WriteError> {
        let _turn = self.sealing.turn(&compare.key).await;
        let stored = self.sealing.seal(&compare.key, record.clone())?;
        let bytes = stored.len();
        if bytes > MAX_OBJECT_BYTES {
            return Err(WriteError::TooLarge { bytes });
        }
        let used = self.usage.bytes.load(Ordering::Relaxed);
        if used.saturating_add(bytes as u64) > MAX_CLUSTER_BYTES {
            let is_new = compare == Compare::absent(&compare.key);
            match self.store.get(&compare.key).await? {
                Some(_) if is_new => return Err(WriteError::Changed),
                // What takes no more than before may always be written.
                Some(own) if own.value.len() >= bytes => {}
                _ => return Err(WriteError::Full),
            }
        }
        let key = compare.key.clone();
        let txn = effected(Txn::new().when(compare), with);
        let txn = match lease {
            Some(lease) => txn.put_leased(key, stored, lease),
            None => txn.put(key, stored),
        };
        let reply = self.write(txn).await?;
        Object::new(record, reply.revision).ok_or(WriteError::Changed)
    }

    /// Removes the object that was read; the revision of its end.
    pub async fn remove(
        &self,
        key: &str,
        old: Revision,
        with: &Effects,
    ) -> Result<Revision, WriteError> {
        let txn = Txn::new().when(Compare::mod_revision(key, old));
        let txn = effected(txn, with).delete(key);
        Ok(self.write(txn).await?.revision)
    }

    async fn write(&self, txn: Txn) -> Result<TxnReply, WriteError> {
        let txn = txn.when(Compare::present(self.keys.alive()));
        // Objects are what users want, whoever writes them.
        match self.store.txn_within_shares(&PERMIT, txn).await {
            Ok(reply) if reply.succeeded => Ok(reply),
            Ok(_) => Err(WriteError::Changed),
            Err(StoreError::Invalid(LimitError::TooLarge { bytes })) => {
                Err(WriteError::TooLarge { bytes })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A lease for objects that end by themselves.
    pub async fn lease(&self, life: std::time::Duration) -> Result<LeaseId, StoreError> {
        self.store.lease_grant(&PERMIT, life).await
    }

    /// The lease that an object goes with.
    pub async fn lease_of(&self, key: &str) -> Result<Option<LeaseId>, StoreError> {
        Ok(self.store.get(key).await?.and_then(|entry| entry.lease))
    }

    pub async fn entry(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.store.get(key).await
    }
}

/// Seals anew what lies open or under the key before.
async fn seal_all(store: &Store, sealing: &Sealing) -> Result<(), StoreError> {
    let mut pages = store.pages(Range::prefix(&sealing.folder));
    while let Some(page) = pages.next().await? {
        for entry in page.entries.iter().filter(|it| sealing.is_behind(it)) {
            // What is damaged stays as it is.
            let Some(record) = sealing.record(entry)? else {
                continue;
            };
            let sealed = sealing.seal(&entry.key, record)?;
            // What changes meanwhile is sealed by who changes it.
            let txn = Txn::new()
                .when(Compare::mod_revision(&entry.key, entry.mod_revision))
                .put(&entry.key, sealed);
            store.txn(&PERMIT, txn).await?;
        }
    }
    Ok(())
}

fn effected(mut txn: Txn, with: &Effects) -> Txn {
    for compare in &with.compares {
        txn = txn.when(compare.clone());
    }
    for key in &with.claims {
        txn = txn.when(Compare::absent(key)).put(key, Bytes::new());
    }
    for (key, record) in &with.written {
        txn = txn.put(key, record.clone());
    }
    for key in &with.released {
        txn = txn.delete(key);
    }
    txn
}

/// Removes all objects of a cluster that is gone. Who still has a handle on it writes nothing from now on.
pub(crate) async fn remove_all(store: &Store, keys: &Keys) -> Result<(), StoreError> {
    store.delete(&PERMIT, keys.alive()).await?;
    loop {
        let span = Range::prefix(keys.root()).limit(REMOVED_AT_ONCE);
        let reply = store.range(span.keys_only()).await?;
        if reply.entries.is_empty() {
            return Ok(());
        }
        let mut txn = Txn::new();
        for entry in &reply.entries {
            txn = txn.delete(&entry.key);
        }
        store.txn(&PERMIT, txn).await?;
    }
}
