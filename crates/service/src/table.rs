//! Records in the store: read, listed and counted in bounded chunks, changed by compare-and-swap.

use std::marker::PhantomData;

use wharf_base::Permit;
use wharf_records::{Record, Scope, decode, encode, escape};
use wharf_store::{Compare, Entry, Range, Revision, Store, Txn};

use crate::{ChangeError, Changes, Faults, MAX_TRIES};

/// Entries read at a time.
const CHUNK: usize = 500;

/// A record as it stands in the store, for compare-and-swap.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    pub key: String,
    pub record: T,
    pub revision: Revision,
    /// When the key came into being.
    pub created: Revision,
}

impl<T> Stored<T> {
    /// Nobody wrote it since it was read.
    pub fn unchanged(&self) -> Compare {
        Compare::mod_revision(self.key.clone(), self.revision)
    }

    /// Nobody deleted it since it was read, whatever was changed in it.
    pub fn still_there(&self) -> Compare {
        Compare::create_revision(self.key.clone(), self.created)
    }
}

impl<T: Record> Stored<T> {
    fn of<F>(entry: Entry) -> Result<Self, ChangeError<F>> {
        Ok(Self {
            record: decode(&entry.value)?,
            revision: entry.mod_revision,
            created: entry.create_revision,
            key: entry.key,
        })
    }
}

/// Some records of a range.
#[derive(Debug)]
pub struct Found<T> {
    pub records: Vec<Stored<T>>,
    /// Whether others follow.
    pub more: bool,
}

/// The records of one service.
pub struct Table<F> {
    store: Store,
    faults: PhantomData<fn() -> F>,
}

impl<F> Clone for Table<F> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            faults: PhantomData,
        }
    }
}

impl<F> std::fmt::Debug for Table<F> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Table").finish_non_exhaustive()
    }
}

impl<F: Faults> Table<F> {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            faults: PhantomData,
        }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The record under a key.
    ///
    /// # Errors
    /// The store's; a record of a newer format, or none of this kind.
    pub async fn read<T: Record>(&self, key: &str) -> Result<Option<Stored<T>>, ChangeError<F>> {
        let entry = self.store.get(key).await?;
        entry.map(Stored::of).transpose()
    }

    /// All records of a kind whose ids start with `start`, with their ids and in their order, as of
    /// one moment.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub async fn all<T: Record>(
        &self,
        scope: &Scope,
        start: &str,
    ) -> Result<Vec<(String, Stored<T>)>, ChangeError<F>> {
        let prefix = scope.prefix(T::KIND) + &escape(start);
        let entries = self.entries(&prefix).await?;
        let mut found = Vec::with_capacity(entries.len());
        for entry in entries {
            if let Some((_, _, id)) = Scope::parse(&entry.key) {
                found.push((id, Stored::of(entry)?));
            }
        }
        Ok(found)
    }

    /// All records of a kind over all accounts and regions of a service, as of one
    /// moment.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub async fn everywhere<T: Record>(
        &self,
        service: &str,
    ) -> Result<Vec<(Scope, String, Stored<T>)>, ChangeError<F>> {
        let mut found = Vec::new();
        for entry in self.entries(&Scope::service_prefix(service)).await? {
            let parsed = Scope::parse(&entry.key);
            let ours = parsed.filter(|(_, kind, _)| *kind == T::KIND);
            if let Some((scope, id)) = ours.map(|(scope, _, id)| (scope, id)) {
                found.push((scope, id, Stored::of(entry)?));
            }
        }
        Ok(found)
    }

    /// Everything under a prefix, as of one moment.
    ///
    /// # Errors
    /// The store's.
    pub async fn entries(&self, prefix: &str) -> Result<Vec<Entry>, ChangeError<F>> {
        Ok(self.store.all(Range::prefix(prefix)).await?.entries)
    }

    /// The keys under a prefix, as of one moment.
    ///
    /// # Errors
    /// The store's.
    pub async fn keys(&self, prefix: &str) -> Result<Vec<String>, ChangeError<F>> {
        let all = self.store.all_keys(Range::prefix(prefix)).await?;
        Ok(all.entries.into_iter().map(|entry| entry.key).collect())
    }

    /// Up to `limit` records under a prefix that `fits` accepts, behind the key `after`. Reads no
    /// further than needed.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub async fn page<T: Record>(
        &self,
        prefix: &str,
        after: Option<String>,
        limit: usize,
        fits: impl Fn(&Stored<T>) -> bool,
    ) -> Result<Found<T>, ChangeError<F>> {
        let (mut records, mut behind) = (Vec::new(), after);
        loop {
            // One more than wanted says whether others follow.
            let chunk = limit.saturating_add(1).min(CHUNK);
            let mut range = Range::prefix(prefix).limit(chunk);
            range.start_after = behind;
            let reply = self.store.range(range).await?;
            behind = reply.entries.last().map(|entry| entry.key.clone());
            for entry in reply.entries {
                let stored = Stored::of(entry)?;
                if !fits(&stored) {
                    continue;
                }
                if records.len() == limit {
                    return Ok(Found {
                        records,
                        more: true,
                    });
                }
                records.push(stored);
            }
            if !reply.more {
                return Ok(Found {
                    records,
                    more: false,
                });
            }
        }
    }

    /// How many keys are under a prefix.
    ///
    /// # Errors
    /// The store's.
    pub async fn count(&self, prefix: &str) -> Result<usize, ChangeError<F>> {
        let range = Range::prefix(prefix).count_only();
        Ok(self.store.range(range).await?.count)
    }

    /// Every try was lost to another writer of `key`.
    pub fn conflict(&self, key: impl Into<String>) -> ChangeError<F> {
        ChangeError::conflict(key)
    }

    /// Runs a transaction; `false` if a comparison failed.
    ///
    /// # Errors
    /// The store's.
    pub async fn commit(&self, permit: &Permit, txn: Txn) -> Result<bool, ChangeError<F>> {
        Ok(self.store.txn(permit, txn).await?.succeeded)
    }

    /// One try of a change of several records; see [`crate::transact!`].
    pub fn begin(&self) -> Changes<'_, F> {
        Changes::new(self)
    }

    /// Reads, changes and writes one record until nobody came between. `change` returns `Err` to
    /// leave it as it is; what it makes no other is not written. A record that is not there gives
    /// `Ok(None)`.
    ///
    /// # Errors
    /// Those of `change`. As [`Table::read`], and a conflict after [`MAX_TRIES`].
    pub async fn change<T, R, E>(
        &self,
        permit: &Permit,
        key: &str,
        mut change: impl FnMut(&mut T) -> Result<R, E>,
    ) -> Result<Option<(T, R)>, E>
    where
        T: Record + Clone + PartialEq,
        E: From<ChangeError<F>>,
    {
        for _ in 0..MAX_TRIES {
            let Some(stored) = self.read::<T>(key).await? else {
                return Ok(None);
            };
            let mut record = stored.record.clone();
            let result = change(&mut record)?;
            if record == stored.record {
                return Ok(Some((record, result)));
            }
            let txn = Txn::new()
                .when(stored.unchanged())
                .put(key, encode(&record));
            if self.commit(permit, txn).await? {
                return Ok(Some((record, result)));
            }
        }
        Err(ChangeError::conflict(key).into())
    }
}

#[cfg(test)]
#[path = "table/tests.rs"]
pub(crate) mod tests;
