//! Transactions: comparisons, and the operations of the branch they choose.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::{
    Entry, LeaseId, LimitError, MAX_KEY_BYTES, MAX_TXN_BYTES, MAX_TXN_OPS, Revision, StoreError,
};

/// What an operation, a comparison or the transaction itself weighs beside its keys and values: more than its part of a frame
/// takes, so that many small ones are no little.
const PART_WEIGHT: usize = 64;
/// What the limits let a transaction weigh.
pub(crate) const MAX_TXN_WEIGHT: usize = MAX_TXN_BYTES + PART_WEIGHT * (1 + 2 * MAX_TXN_OPS);

/// If every comparison holds, `then` is done, otherwise `or_else`; all of it in one revision.
///
/// ```
/// use wharf_store::{Compare, Txn};
/// let txn = Txn::new()
///     .when(Compare::absent("/w1/c/ecs/1/r/cluster/default"))
///     .put("/w1/c/ecs/1/r/cluster/default", "{}")
///     .or_get("/w1/c/ecs/1/r/cluster/default");
/// # let _ = txn;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Txn {
    pub compare: Vec<Compare>,
    pub then: Vec<Op>,
    pub or_else: Vec<Op>,
}

impl Txn {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a condition; all of them must hold.
    pub fn when(mut self, compare: Compare) -> Self {
        self.compare.push(compare);
        self
    }

    pub fn put(self, key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        self.then(Op::put(key, value))
    }

    /// A put whose key goes when the lease ends.
    pub fn put_leased(
        self,
        key: impl Into<String>,
        value: impl Into<Bytes>,
        lease: LeaseId,
    ) -> Self {
        self.then(Op::Put {
            key: key.into(),
            value: value.into(),
            lease: Some(lease),
        })
    }

    pub fn delete(self, key: impl Into<String>) -> Self {
        self.then(Op::delete(key))
    }

    pub fn get(self, key: impl Into<String>) -> Self {
        self.then(Op::get(key))
    }

    /// Moves a durable cursor (see [`Op::Cursor`]).
    pub fn cursor(self, name: impl Into<String>, revision: Revision) -> Self {
        self.then(Op::Cursor {
            name: name.into(),
            revision,
        })
    }

    pub fn then(mut self, op: Op) -> Self {
        self.then.push(op);
        self
    }

    /// Reads a key when a condition failed.
    pub fn or_get(self, key: impl Into<String>) -> Self {
        self.or_else(Op::get(key))
    }

    pub fn or_else(mut self, op: Op) -> Self {
        self.or_else.push(op);
        self
    }

    /// Bytes of keys and values, as counted against [`MAX_TXN_BYTES`]: of what is compared the key
    /// twice, since it is read as well where the comparison failed.
    pub fn bytes(&self) -> usize {
        let compares: usize = self.compare.iter().map(Compare::bytes).sum();
        let ops: usize = self.then.iter().chain(&self.or_else).map(Op::bytes).sum();
        compares + ops
    }

    /// What it counts where transactions take turns at the writer: more than it takes in a frame.
    pub(crate) fn weight(&self) -> usize {
        let parts = 1 + self.compare.len() + self.then.len() + self.or_else.len();
        self.bytes() + PART_WEIGHT * parts
    }

    /// The keys that it names, and the names of cursors.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let ops = self.then.iter().chain(&self.or_else).map(Op::key);
        ops.chain(self.compare.iter().map(|it| it.key.as_str()))
    }

    /// Checks the contract's limits; [`crate::Store::txn`] does so too.
    pub fn check(&self) -> Result<(), LimitError> {
        // etcd counts each list on its own. There, a failed transaction reads what it compared in
        // its other branch, so that what it compared is in the reply.
        let or_else = self.or_else.len() + self.compare.len();
        for count in [self.then.len(), or_else] {
            if count > MAX_TXN_OPS {
                return Err(LimitError::TooManyOps { count });
            }
        }
        let bytes = self.bytes();
        if bytes > MAX_TXN_BYTES {
            return Err(LimitError::TooLarge { bytes });
        }
        self.compare.iter().try_for_each(|c| check_key(&c.key))?;
        for branch in [&self.then, &self.or_else] {
            let mut written = BTreeSet::new();
            for op in branch {
                check_key(op.key())?;
                if op.writes_key() && !written.insert(op.key()) {
                    return Err(LimitError::DuplicateKey {
                        key: op.key().to_owned(),
                    });
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn check_key(key: &str) -> Result<(), LimitError> {
    match key.len() {
        0 => Err(LimitError::EmptyKey),
        bytes if bytes > MAX_KEY_BYTES => Err(LimitError::KeyTooLong { bytes }),
        _ => Ok(()),
    }
}

/// One condition on one key as it stands before the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compare {
    pub key: String,
    pub target: Target,
    pub relation: Relation,
}

/// What of the key is compared, and with what. A key that is not there has version, revisions and
/// lease 0; a comparison of its value never holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Version(u64),
    CreateRevision(Revision),
    ModRevision(Revision),
    Value(Bytes),
    Lease(Option<LeaseId>),
}

/// How the stored thing stands to the given one: `Less` means stored < given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Equal,
    NotEqual,
    Less,
    Greater,
}

impl Relation {
    pub(crate) fn holds<T: Ord + ?Sized>(self, stored: &T, given: &T) -> bool {
        match self {
            Self::Equal => stored == given,
            Self::NotEqual => stored != given,
            Self::Less => stored < given,
            Self::Greater => stored > given,
        }
    }
}

impl Compare {
    pub fn new(key: impl Into<String>, target: Target, relation: Relation) -> Self {
        Self {
            key: key.into(),
            target,
            relation,
        }
    }

    /// The key is not there.
    pub fn absent(key: impl Into<String>) -> Self {
        Self::new(key, Target::Version(0), Relation::Equal)
    }

    /// The key is there.
    pub fn present(key: impl Into<String>) -> Self {
        Self::new(key, Target::Version(0), Relation::Greater)
    }

    /// The key still is what was read: compare-and-swap.
    pub fn unchanged(entry: &Entry) -> Self {
        Self::mod_revision(&entry.key, entry.mod_revision)
    }

    /// The key was last written at `revision`; 0: is not there.
    pub fn mod_revision(key: impl Into<String>, revision: Revision) -> Self {
        Self::new(key, Target::ModRevision(revision), Relation::Equal)
    }

    /// The key came into being at `revision`; 0: is not there.
    pub fn create_revision(key: impl Into<String>, revision: Revision) -> Self {
        Self::new(key, Target::CreateRevision(revision), Relation::Equal)
    }

    pub fn version(key: impl Into<String>, version: u64) -> Self {
        Self::new(key, Target::Version(version), Relation::Equal)
    }

    pub fn value(key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self::new(key, Target::Value(value.into()), Relation::Equal)
    }

    /// The key belongs to the lease: the fence of whoever holds it.
    pub fn leased(key: impl Into<String>, lease: LeaseId) -> Self {
        Self::new(key, Target::Lease(Some(lease)), Relation::Equal)
    }

    fn bytes(&self) -> usize {
        2 * self.key.len()
            + if let Target::Value(v) = &self.target {
                v.len()
            } else {
                0
            }
    }
}

/// One operation of a branch. Reads see what the operations before them wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    Put {
        key: String,
        value: Bytes,
        lease: Option<LeaseId>,
    },
    /// Nothing happens if the key is not there.
    Delete {
        key: String,
    },
    Get {
        key: String,
    },
    /// Moves the durable cursor `name` forward to `revision`, or makes it. Compaction waits
    /// for the slowest cursor, unless it lags by sixteen times what is kept anyway. A cursor is no key: it takes no revision and no watch sees it, so that
    /// whoever follows all changes does not follow its own steps. It never goes back.
    Cursor {
        name: String,
        revision: Revision,
    },
    DropCursor {
        name: String,
    },
}

impl Op {
    pub fn put(key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self::Put {
            key: key.into(),
            value: value.into(),
            lease: None,
        }
    }

    pub fn delete(key: impl Into<String>) -> Self {
        Self::Delete { key: key.into() }
    }

    pub fn get(key: impl Into<String>) -> Self {
        Self::Get { key: key.into() }
    }

    /// The key that it writes or reads, or the name of its cursor.
    pub fn key(&self) -> &str {
        match self {
            Self::Put { key, .. } | Self::Delete { key } | Self::Get { key } => key,
            Self::Cursor { name, .. } | Self::DropCursor { name } => name,
        }
    }

    fn writes_key(&self) -> bool {
        matches!(self, Self::Put { .. } | Self::Delete { .. })
    }

    /// As counted against [`MAX_TXN_BYTES`].
    pub fn bytes(&self) -> usize {
        self.key().len()
            + if let Self::Put { value, .. } = self {
                value.len()
            } else {
                0
            }
    }
}

/// What a transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TxnReply {
    /// Whether every comparison held and `then` was done.
    pub succeeded: bool,
    /// Of the transaction if it wrote anything, else of the store at that moment.
    pub revision: Revision,
    /// One for each operation of the branch that was done, in order.
    pub results: Vec<OpResult>,
    /// When not `succeeded`: the compared keys as they stand, in the order of the comparisons.
    pub current: Vec<Option<Entry>>,
    /// When not `succeeded`: the key of the first comparison that did not hold.
    pub conflict: Option<String>,
}

impl TxnReply {
    /// The reply if the transaction succeeded, else [`StoreError::Conflict`].
    pub fn committed(self) -> Result<Self, StoreError> {
        if self.succeeded {
            return Ok(self);
        }
        Err(StoreError::Conflict {
            key: self.conflict.unwrap_or_default(),
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpResult {
    Put { previous: Option<Entry> },
    Delete { previous: Option<Entry> },
    Get { entry: Option<Entry> },
    Cursor,
}

impl OpResult {
    /// The entry that was read, written over or deleted.
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Put { previous: e } | Self::Delete { previous: e } | Self::Get { entry: e } => {
                e.as_ref()
            }
            Self::Cursor => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_wal::Encoder;

    use super::*;
    use crate::record::{Change, encode_record};

    #[test]
    fn a_part_weighs_more_than_it_takes_of_a_frame() {
        let (text, most) = ("k".repeat(MAX_TXN_BYTES), u64::MAX);
        let changes = [
            Change::Put {
                key: &text,
                value: &[],
                lease: Some(LeaseId(most)),
            },
            Change::Put {
                key: "",
                value: text.as_bytes(),
                lease: Some(LeaseId(most)),
            },
            Change::Cursor {
                name: &text,
                revision: most,
            },
        ];
        for change in changes {
            let mut out = Encoder::new();
            change.encode(&mut out);
            assert!(out.len() < text.len() + PART_WEIGHT);
        }
        let mut out = Encoder::new();
        encode_record(&mut out, most, MAX_TXN_OPS);
        assert!(out.len() < PART_WEIGHT);
    }
}
