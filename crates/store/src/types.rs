//! What is stored and what is told about it.

use std::fmt;

use bytes::Bytes;

/// One counter for the whole store, raised by one for each transaction that writes. The first write
/// of a new store has revision 1; 0 is "before everything".
pub type Revision = u64;

/// Names a lease; never 0, never used twice in one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub u64);

impl fmt::Display for LeaseId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

/// A key as it stood at some revision.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    /// Empty when only keys were asked for.
    pub value: Bytes,
    /// Revision at which the key came into being (again, after a deletion).
    pub create_revision: Revision,
    /// Revision of this very value.
    pub mod_revision: Revision,
    /// Writes since the key came into being, this one included: 1, 2, 3 …
    pub version: u64,
    /// The lease whose end deletes the key.
    pub lease: Option<LeaseId>,
}

/// Values can hold sealed or private things: never printed.
impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Entry")
            .field("key", &self.key)
            .field("value", &format_args!("<{} bytes>", self.value.len()))
            .field("create_revision", &self.create_revision)
            .field("mod_revision", &self.mod_revision)
            .field("version", &self.version)
            .field("lease", &self.lease)
            .finish()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    Put,
    Delete,
}

/// One key changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub kind: EventKind,
    /// After the change. Of a deletion it has the key and, as `mod_revision`, the revision of the
    /// deletion; everything else is empty or zero.
    pub entry: Entry,
    /// Before the change; `None` if the key was not there, or if that revision is compacted away.
    pub previous: Option<Entry>,
}

impl Event {
    /// The revision of the change.
    pub fn revision(&self) -> Revision {
        self.entry.mod_revision
    }

    pub fn key(&self) -> &str {
        &self.entry.key
    }
}
