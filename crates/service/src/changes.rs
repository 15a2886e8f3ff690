//! Changes of several records: everything read must still stand when it is written.

use std::collections::BTreeMap;

use wharf_base::Permit;
use wharf_records::{Record, decode, encode};
use wharf_store::{Compare, Op, Revision, Txn};

use crate::{ChangeError, Faults, Table};

/// One try of a change; see [`crate::transact!`].
pub struct Changes<'a, F> {
    table: &'a Table<F>,
    seen: BTreeMap<String, Revision>,
    conditions: Vec<Compare>,
    fence: Option<Compare>,
    writes: BTreeMap<String, Op>,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// At this revision; nothing to write is written at none, 0.
    Written(Revision),
    /// Another writer of this key was faster; nothing is written.
    Lost(String),
}

impl<'a, F: Faults> Changes<'a, F> {
    pub(crate) fn new(table: &'a Table<F>) -> Self {
        Self {
            table,
            seen: BTreeMap::new(),
            conditions: Vec::new(),
            fence: None,
            writes: BTreeMap::new(),
        }
    }

    /// Reads a record as it stands before this change, and insists that it stays so, or that there
    /// stays none.
    ///
    /// # Errors
    /// The store's; a record of a newer format, or none of this kind.
    pub async fn find<T: Record>(&mut self, key: &str) -> Result<Option<T>, ChangeError<F>> {
        let entry = self.table.store().get(key).await?;
        let revision = entry.as_ref().map_or(0, |entry| entry.mod_revision);
        // What was read first is what was decided by.
        self.seen.entry(key.to_owned()).or_insert(revision);
        Ok(entry.map(|entry| decode(&entry.value)).transpose()?)
    }

    pub fn put<T: Record>(&mut self, key: impl Into<String>, record: &T) {
        let key = key.into();
        self.writes
            .insert(key.clone(), Op::put(key, encode(record)));
    }

    pub fn delete(&mut self, key: impl Into<String>) {
        let key = key.into();
        self.writes.insert(key.clone(), Op::delete(key));
    }

    /// How many records are written or deleted so far, and the bytes of them and of their keys: a transaction has bounds.
    pub fn size(&self) -> (usize, usize) {
        let bytes = self.writes.values().map(Op::bytes).sum();
        (self.writes.len(), bytes)
    }

    /// A condition beyond what was read, as a neighbour's record.
    pub fn when(&mut self, condition: Compare) {
        self.conditions.push(condition);
    }

    /// Conditions and writes that were put together elsewhere.
    pub fn join(&mut self, txn: Txn) {
        self.conditions.extend(txn.compare);
        for op in txn.then {
            self.writes.insert(op.key().to_owned(), op);
        }
    }

    /// The lease under which a reconciler writes: if it fell, no further try is made.
    pub fn fence(&mut self, fence: Compare) {
        self.fence = Some(fence);
    }

    /// As [`Changes::commit`], for who makes no further try.
    ///
    /// # Errors
    /// Those of [`Changes::commit`]; a conflict if another writer was faster.
    pub async fn write(self, permit: &Permit) -> Result<(), ChangeError<F>> {
        match self.commit(permit).await? {
            Outcome::Written(_) => Ok(()),
            Outcome::Lost(key) => Err(ChangeError::conflict(key)),
        }
    }

    /// Writes everything, or nothing if something has changed. Nothing to write is written.
    ///
    /// # Errors
    /// The store's; that the fence fell.
    pub async fn commit(self, permit: &Permit) -> Result<Outcome, ChangeError<F>> {
        if self.writes.is_empty() {
            return Ok(Outcome::Written(0));
        }
        let seen = self.seen.into_iter();
        let seen = seen.map(|(key, revision)| Compare::mod_revision(key, revision));
        let fence = self.fence.clone();
        let txn = Txn {
            compare: (self.fence.into_iter())
                .chain(self.conditions)
                .chain(seen)
                .collect(),
            then: self.writes.into_values().collect(),
            or_else: Vec::new(),
        };
        let reply = self.table.store().txn(permit, txn).await?;
        if reply.succeeded {
            return Ok(Outcome::Written(reply.revision));
        }
        let lost = reply.conflict.unwrap_or_default();
        if fence.is_some_and(|fence| fence.key == lost) {
            return Err(ChangeError::fenced());
        }
        Ok(Outcome::Lost(lost))
    }
}

/// Runs a change until nobody got in between, at most [`crate::MAX_TRIES`] times. The body may run
/// several times; its value is returned once everything is written. A `?` or `return` in it leaves
/// the function without writing.
///
/// ```ignore
/// let id = transact!(core.table, &call.permit, |tx| {
///     let mut group: Group = tx.find(&key).await?.ok_or_else(fault::no_group)?;
///     group.members.push(member);
///     tx.put(&key, &group);
///     group.id
/// });
/// ```
#[macro_export]
macro_rules! transact {
    ($table:expr, $permit:expr, |$tx:ident| $body:block) => {
        $crate::transact_at!($table, $permit, |$tx| $body).0
    };
}

/// As [`crate::transact!`], with the revision that everything was written at.
#[macro_export]
macro_rules! transact_at {
    ($table:expr, $permit:expr, |$tx:ident| $body:block) => {{
        let mut tries = 0;
        loop {
            let mut $tx = $table.begin();
            let outcome = $body;
            match $tx.commit($permit).await? {
                $crate::Outcome::Written(revision) => break (outcome, revision),
                $crate::Outcome::Lost(key) => {
                    tries += 1;
                    if tries == $crate::MAX_TRIES {
                        return Err($table.conflict(key).into());
                    }
                }
            }
        }
    }};
}
