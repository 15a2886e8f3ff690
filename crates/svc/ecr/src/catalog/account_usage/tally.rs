//! What the registries of one account hold: counted from records once, then kept by what changes of them. Pure.

use std::collections::HashMap;

use wharf_blobs::Digest;
use wharf_records::{Record as _, RecordError, decode};
use wharf_store::{Entry, Event, EventKind, Revision};
use wharf_wanted::digest_of;

use crate::records::{Image, Layer};

/// The blobs that records of the account name. One counts once, however many name it.
#[derive(Debug)]
pub(super) struct Tally {
    /// The records that are counted are those of this revision.
    at: Revision,
    bytes: u64,
    blobs: HashMap<u128, Blob>,
}

#[derive(Debug, Clone, Copy)]
struct Blob {
    size: u64,
    /// How many name it.
    records: u32,
}

impl Tally {
    /// Nothing is counted yet of the records of that revision.
    pub(super) fn new(at: Revision) -> Self {
        Self {
            at,
            bytes: 0,
            blobs: HashMap::new(),
        }
    }

    pub(super) fn at(&self) -> Revision {
        self.at
    }

    /// All changes up to that revision were told.
    pub(super) fn reach(&mut self, revision: Revision) {
        self.at = self.at.max(revision);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many blobs there are.
    pub(super) fn blobs(&self) -> usize {
        self.blobs.len()
    }

    /// The size of the blob, if some record names it.
    pub(super) fn size_of(&self, blob: &Digest) -> Option<u64> {
        self.blobs.get(&short(blob)).map(|it| it.size)
    }

    /// Counts a record of that kind.
    pub(super) fn count(&mut self, kind: &str, entry: &Entry) {
        let Some((blob, size)) = named(kind, entry) else {
            return;
        };
        let blob = self.blobs.entry(short(&blob)).or_insert_with(|| {
            self.bytes = self.bytes.saturating_add(size);
            Blob { size, records: 0 }
        });
        blob.records = blob.records.saturating_add(1);
    }

    fn discount(&mut self, kind: &str, entry: &Entry) {
        let Some((blob, _)) = named(kind, entry) else {
            return;
        };
        let blob = short(&blob);
        let Some(known) = self.blobs.get_mut(&blob) else {
            return;
        };
        known.records = known.records.saturating_sub(1);
        if known.records == 0 {
            self.bytes = self.bytes.saturating_sub(known.size);
            self.blobs.remove(&blob);
        }
    }

    /// A record of that kind changed; `false` if what it was before is not known any more.
    #[must_use]
    pub(super) fn change(&mut self, kind: &str, event: &Event) -> bool {
        if event.revision() <= self.at {
            return true;
        }
        let is_put = event.kind == EventKind::Put;
        match &event.previous {
            Some(before) => self.discount(kind, before),
            None if is_put && event.entry.version == 1 => {}
            None => return false,
        }
        if is_put {
            self.count(kind, &event.entry);
        }
        true
    }
}

/// The blob that a record names, and its size.
fn named(kind: &str, entry: &Entry) -> Option<(Digest, u64)> {
    let read = || -> Result<Option<(Digest, u64)>, RecordError> {
        match kind {
            Layer::KIND => {
                let layer: Layer = decode(&entry.value)?;
                let digest = digest_of(&entry.key);
                Ok(digest.map(|digest| (layer.blob(&digest), layer.size)))
            }
            Image::KIND => {
                let image: Image = decode(&entry.value)?;
                Ok(Some((image.blob(), image.manifest_size)))
            }
            _ => Ok(None),
        }
    };
    read().unwrap_or_else(|error| {
        tracing::error!(
            key = entry.key,
            error = &error as &dyn std::error::Error,
            "failed to read a record; what it holds does not count for its account"
        );
        None
    })
}

/// Half of a blob's sha256 tells it from others.
fn short(blob: &Digest) -> u128 {
    u128::from_str_radix(blob.hex().get(..32).unwrap_or_default(), 16).unwrap_or_default()
}

#[cfg(test)]
mod tests;
