//! Reading and changing records: optimistic transactions that remember what they read.

use std::collections::BTreeMap;

use wharf_base::Permit;
use wharf_records::{decode, encode};
use wharf_store::{Compare, Op, Range, Revision, Store, Txn};
use wharf_wire::Fault;

use crate::{fault, records::Stored};

/// How often a change is tried anew when others get in between.
pub(crate) const ATTEMPTS: usize = 16;
/// Records read at a time while looking for a page.
const CHUNK: usize = 256;

/// One attempt at a change: everything read must still stand when it is written.
pub(crate) struct Changes<'a> {
    store: &'a Store,
    account: &'a str,
    seen: BTreeMap<String, Revision>,
    writes: BTreeMap<String, Op>,
}

impl<'a> Changes<'a> {
    pub(crate) fn new(store: &'a Store, account: &'a str) -> Self {
        Self {
            store,
            account,
            seen: BTreeMap::new(),
            writes: BTreeMap::new(),
        }
    }

    pub(crate) fn account(&self) -> &'a str {
        self.account
    }

    /// Reads a record as it stood before this change, and insists that it stays so.
    pub(crate) async fn find<T: Stored>(&mut self, id: &str) -> Result<Option<T>, Fault> {
        let key = T::key(self.account, id);
        let entry = self
            .store
            .get(&key)
            .await
            .map_err(|e| fault::internal(&e))?;
        let revision = entry.as_ref().map_or(0, |entry| entry.mod_revision);
        self.seen.insert(key, revision);
        entry
            .map(|entry| decode(&entry.value).map_err(|e| fault::internal(&e)))
            .transpose()
    }

    pub(crate) fn put<T: Stored>(&mut self, id: &str, record: &T) {
        let key = T::key(self.account, id);
        self.writes
            .insert(key.clone(), Op::put(key, encode(record)));
    }

    pub(crate) fn delete<T: Stored>(&mut self, id: &str) {
        let key = T::key(self.account, id);
        self.writes.insert(key.clone(), Op::delete(key));
    }

    /// Writes everything, or nothing and `false` if something that was read has changed.
    pub(crate) async fn commit(self, permit: &Permit) -> Result<bool, Fault> {
        if self.writes.is_empty() {
            return Ok(true);
        }
        let compare = self
            .seen
            .into_iter()
            .map(|(key, revision)| Compare::mod_revision(key, revision))
            .collect();
        let then = self.writes.into_values().collect();
        let txn = Txn {
            compare,
            then,
            or_else: Vec::new(),
        };
        let reply = self
            .store
            .txn(permit, txn)
            .await
            .map_err(|e| fault::internal(&e))?;
        Ok(reply.succeeded)
    }
}

/// Runs a change until nobody got in between. The body may be run several times; what it returns
/// is the value once it is written, and a fault it returns ends it without writing.
macro_rules! change {
    ($cx:expr, |$tx:ident| $body:block) => {{
        let mut attempt = 0;
        loop {
            let mut $tx = $crate::table::Changes::new($cx.store(), $cx.account());
            let outcome = $body;
            if $tx.commit($cx.permit()).await? {
                break outcome;
            }
            attempt += 1;
            if attempt == $crate::table::ATTEMPTS {
                return Err($crate::fault::contended());
            }
        }
    }};
}
pub(crate) use change;

/// One record, outside any change.
pub(crate) async fn find<T: Stored>(
    store: &Store,
    account: &str,
    id: &str,
) -> Result<Option<T>, Fault> {
    let entry = store
        .get(&T::key(account, id))
        .await
        .map_err(|e| fault::internal(&e))?;
    entry
        .map(|entry| decode(&entry.value).map_err(|e| fault::internal(&e)))
        .transpose()
}

/// The records of one kind that `fits` accepts, in the order of their ids, behind `after`; at most
/// `limit`, and whether there are more.
pub(crate) async fn scan<T: Stored>(
    store: &Store,
    account: &str,
    after: Option<&str>,
    limit: usize,
    fits: impl Fn(&T) -> bool,
) -> Result<(Vec<T>, bool), Fault> {
    let mut found = Vec::new();
    let mut behind = after.map(|id| T::key(account, id));
    loop {
        let mut range = Range::prefix(T::prefix(account)).limit(CHUNK);
        range.start_after = behind;
        let reply = store.range(range).await.map_err(|e| fault::internal(&e))?;
        behind = reply.entries.last().map(|entry| entry.key.clone());
        for entry in &reply.entries {
            let record: T = decode(&entry.value).map_err(|e| fault::internal(&e))?;
            if !fits(&record) {
                continue;
            }
            if found.len() == limit {
                return Ok((found, true));
            }
            found.push(record);
        }
        if !reply.more {
            return Ok((found, false));
        }
    }
}

/// All of them.
pub(crate) async fn all<T: Stored>(store: &Store, account: &str) -> Result<Vec<T>, Fault> {
    Ok(scan(store, account, None, usize::MAX, |_| true).await?.0)
}

pub(crate) async fn count<T: Stored>(store: &Store, account: &str) -> Result<usize, Fault> {
    let range = Range::prefix(T::prefix(account)).count_only();
    Ok(store
        .range(range)
        .await
        .map_err(|e| fault::internal(&e))?
        .count)
}
