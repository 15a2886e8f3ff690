//! What is known in memory of uploads, and who writes to which.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use sha2::Sha256;

use super::names::id_and_scope;
use crate::{BlobError, folder::ONCE, pipeline::Hashes, store::Limits};

/// What is known in memory about uploads; bounded by the limit on open uploads.
#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    /// By id. An upload not in here is cold: its file must be hashed before it goes on.
    known: HashMap<String, Slot>,
    /// Files in the folder of uploads, kept so that a flood of new uploads is refused.
    files: usize,
    scopes: HashMap<String, ScopeUse>,
}

/// What one scope has begun and not finished.
#[derive(Debug, Default)]
struct ScopeUse {
    /// Bytes of each upload, by its id.
    uploads: HashMap<String, u64>,
    bytes: u64,
}

#[derive(Debug)]
enum Slot {
    /// Being written to.
    Claimed,
    Warm(Box<Progress>),
}

/// What was received so far.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    pub hash: Hashes,
    /// Of the records on the disk, where they will name the blob.
    pub records: Option<Sha256>,
    /// Bytes of content.
    pub length: u64,
}

/// The right to write to one upload. Dropped without [`Claim::keep`], the upload turns cold.
pub(super) struct Claim {
    table: Arc<Table>,
    id: String,
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Poison can only come from a panic between two plain assignments; the map stays whole.
        self.slots.lock()
    }

    /// A file that is there from before.
    pub(crate) fn note(&self, name: &str, bytes: u64) {
        let (id, scope) = id_and_scope(name);
        let mut slots = self.lock();
        slots.files += 1;
        let used = slots.scopes.entry(scope.to_owned()).or_default();
        used.bytes += bytes;
        used.uploads.insert(id.to_owned(), bytes);
    }

    pub(super) fn add_file(&self, name: &str, limits: &Limits) -> Result<(), BlobError> {
        let (id, scope) = id_and_scope(name);
        let mut slots = self.lock();
        if slots.files >= limits.open_uploads {
            let limit = limits.open_uploads;
            return Err(BlobError::TooManyUploads { limit });
        }
        let used = slots.scopes.entry(scope.to_owned()).or_default();
        // What belongs to no scope is wharf's own, and short-lived.
        if used.uploads.len() >= limits.scope_uploads && scope != ONCE {
            let limit = limits.scope_uploads;
            return Err(BlobError::TooManyUploads { limit });
        }
        used.uploads.insert(id.to_owned(), 0);
        slots.files += 1;
        Ok(())
    }

    /// The upload is about to have `bytes`.
    pub(super) fn grow(&self, name: &str, bytes: u64, limits: &Limits) -> Result<(), BlobError> {
        let (id, scope) = id_and_scope(name);
        let mut slots = self.lock();
        let used = slots.scopes.entry(scope.to_owned()).or_default();
        let before = used.uploads.get(id).copied().unwrap_or(0);
        let after = used.bytes - before + bytes;
        if after > limits.scope_bytes && scope != ONCE {
            let limit = limits.scope_bytes;
            return Err(BlobError::TooManyUploadBytes { limit });
        }
        used.bytes = after;
        used.uploads.insert(id.to_owned(), bytes);
        Ok(())
    }

    /// Bytes of what the scope has begun and not finished; `None` if there is nothing of the kind.
    pub(super) fn bytes_of(&self, scope: &str) -> Option<u64> {
        self.lock().scopes.get(scope).map(|used| used.bytes)
    }

    pub(super) fn file_gone(&self, name: &str) {
        let (id, scope) = id_and_scope(name);
        let mut slots = self.lock();
        slots.files = slots.files.saturating_sub(1);
        let Some(used) = slots.scopes.get_mut(scope) else {
            return;
        };
        used.bytes -= used.uploads.remove(id).unwrap_or(0);
        if used.uploads.is_empty() {
            slots.scopes.remove(scope);
        }
    }

    /// Claims the upload `id`; with what was known about it.
    pub(super) fn claim(
        self: &Arc<Self>,
        id: &str,
    ) -> Result<(Claim, Option<Progress>), BlobError> {
        let known = match self.lock().known.insert(id.to_owned(), Slot::Claimed) {
            Some(Slot::Claimed) => return Err(BlobError::UploadBusy),
            Some(Slot::Warm(progress)) => Some(*progress),
            None => None,
        };
        Ok((
            Claim {
                table: self.clone(),
                id: id.to_owned(),
            },
            known,
        ))
    }
}

impl Claim {
    pub(super) fn keep(&self, progress: Progress) {
        let slot = Slot::Warm(Box::new(progress));
        self.table.lock().known.insert(self.id.clone(), slot);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut slots = self.table.lock();
        if matches!(slots.known.get(&self.id), Some(Slot::Claimed)) {
            slots.known.remove(&self.id);
        }
    }
}
