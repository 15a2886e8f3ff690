//! Records in the store: how services read, list and change them.
//!
//! A change is a compare-and-swap on what was read, tried again when somebody else came between.
//! Faults are the services' own: each turns [`StoredError`] into the words of its API.

use wharf_base::Permit;
use wharf_records::{Record, RecordError, Scope, decode, encode, escape};
use wharf_store::{Compare, Range, Revision, Store, StoreError, Txn};

/// Tries of a compare-and-swap before the caller is told to come back. Each lost try means that
/// another writer got through.
pub const MAX_TRIES: usize = 64;

/// A record as it stands in the store, for compare-and-swap.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    pub key: String,
    pub record: T,
    pub revision: Revision,
}

impl<T> Stored<T> {
    /// Nobody wrote it since it was read.
    pub fn unchanged(&self) -> Compare {
        Compare::mod_revision(self.key.clone(), self.revision)
    }
}

/// A record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    #[error("the store")]
    Store(#[from] StoreError),
    #[error("a record")]
    Record(#[from] RecordError),
}

/// Every try was lost to another writer.
pub fn conflict(key: &str) -> StoredError {
    StoreError::Conflict {
        key: key.to_owned(),
    }
    .into()
}

/// The record under a key.
///
/// # Errors
/// The store's; a record of a newer format, or none of this kind.
pub async fn read<T: Record>(store: &Store, key: &str) -> Result<Option<Stored<T>>, StoredError> {
    let Some(entry) = store.get(key).await? else {
        return Ok(None);
    };
    Ok(Some(Stored {
        key: key.to_owned(),
        record: decode(&entry.value)?,
        revision: entry.mod_revision,
    }))
}

/// All records of a kind whose ids start with `start`, with their ids and in their order.
///
/// # Errors
/// As [`read`].
pub async fn all<T: Record>(
    store: &Store,
    scope: &Scope,
    start: &str,
) -> Result<Vec<(String, Stored<T>)>, StoredError> {
    let prefix = scope.prefix(T::KIND) + &escape(start);
    let reply = store.range(Range::prefix(prefix)).await?;
    let mut found = Vec::with_capacity(reply.entries.len());
    for entry in reply.entries {
        let Some((_, _, id)) = Scope::parse(&entry.key) else {
            continue;
        };
        let stored = Stored {
            record: decode(&entry.value)?,
            revision: entry.mod_revision,
            key: entry.key,
        };
        found.push((id, stored));
    }
    Ok(found)
}

/// Reads, changes and writes one record until nobody came between. `change` returns `Err` to leave
/// it as it is; what it makes no other is not written. A record that is not there gives `Ok(None)`.
///
/// # Errors
/// Those of `change`. As [`read`], and [`conflict`] after [`MAX_TRIES`], by way of the service's own
/// error `S`.
pub async fn change<T, R, E, S>(
    store: &Store,
    permit: &Permit,
    key: &str,
    mut change: impl FnMut(&mut T) -> Result<R, E>,
) -> Result<Option<(T, R)>, E>
where
    T: Record + Clone + PartialEq,
    E: From<S>,
    S: From<StoredError>,
{
    let of_store = |error: StoredError| E::from(S::from(error));
    for _ in 0..MAX_TRIES {
        let Some(stored) = read::<T>(store, key).await.map_err(of_store)? else {
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
        let reply = store.txn(permit, txn).await;
        if reply.map_err(|error| of_store(error.into()))?.succeeded {
            return Ok(Some((record, result)));
        }
    }
    Err(of_store(conflict(key)))
}
