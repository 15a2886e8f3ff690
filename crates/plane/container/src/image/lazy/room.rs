//! What layers that are read on demand may take together: places, memory, the disk, and turns to read what somebody else wrote.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::timeout,
};
use wharf_ztoc::Ztoc;

use super::{
    super::{
        budget::Budget,
        error::{RegistryError, UnpackError},
    },
    filling::OWN_SPANS,
};

/// Layers that are read on demand at a time; each has a program of some megabytes.
const MOST_LAYERS: usize = 64;
/// KiB of memory that all of them may come to take, here and in their programs.
const MOST_MEMORY: usize = 1 << 20;
/// Indexes that are read at a time, before it is known what they take.
const PARALLEL_INDEXES: usize = 2;
/// Layers that are unpacked at a time once they are there: each keeps a thread busy, and nobody waits for it.
const PARALLEL_ENDS: usize = 2;
/// How long a turn to read an index is waited for, and how long an index or a first span. A pull of the whole layer is never far.
pub const INDEX_PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Room {
    places: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    indexes: Semaphore,
    /// To unpack those that are there.
    pub completing: Semaphore,
    /// Bytes of the disk.
    promised: Mutex<u64>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST_LAYERS)),
            memory: Arc::new(Semaphore::new(MOST_MEMORY)),
            indexes: Semaphore::new(PARALLEL_INDEXES),
            completing: Semaphore::new(PARALLEL_ENDS),
            promised: Mutex::new(0),
        }
    }
}

/// Room on the disk for one that is not among the others yet.
pub struct Promise<'a> {
    all: &'a Mutex<u64>,
    bytes: u64,
}

impl Drop for Promise<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        *all = all.saturating_sub(self.bytes);
    }
}

/// Its place among the layers that are read on demand, and the memory that it may take.
#[derive(Debug)]
pub struct Held {
    _place: Option<OwnedSemaphorePermit>,
    _memory: Option<OwnedSemaphorePermit>,
}

/// KiB that a layer may come to take at the most: its index, what is made of that here and in the program, and spans on their
/// way.
fn weight(ztoc: &Ztoc, index: usize) -> u32 {
    /// Of a node and of what it was made of, without names: those are in the index.
    const ENTRY: u64 = 1024;
    let spans = ztoc.spans.iter();
    let spans = spans.map(|span| span.compressed.end - span.compressed.start);
    let coming = spans.max().unwrap_or(0) * (OWN_SPANS as u64 + 1);
    let bytes = 2 * index as u64 + ztoc.entries.len() as u64 * ENTRY + coming;
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

impl Room {
    /// # Errors
    /// There is none: the layer has to be pulled as a whole. So with the others.
    pub fn place(&self) -> Result<OwnedSemaphorePermit, RegistryError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|_| refused("too many layers are read on demand"))
    }

    pub fn hold(
        &self,
        place: OwnedSemaphorePermit,
        ztoc: &Ztoc,
        index: usize,
    ) -> Result<Held, RegistryError> {
        let memory = Arc::clone(&self.memory).try_acquire_many_owned(weight(ztoc, index));
        let memory = memory.map_err(|_| refused("layers that are read on demand take too much"))?;
        Ok(Held {
            _place: Some(place),
            _memory: Some(memory),
        })
    }

    /// Of a layer that an earlier process began.
    pub fn hold_again(&self, ztoc: &Ztoc, index: usize) -> Held {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let memory = Arc::clone(&self.memory).try_acquire_many_owned(weight(ztoc, index));
        Held {
            _place: place.ok(),
            _memory: memory.ok(),
        }
    }

    /// That there will be room on the disk, beside what all layers that are shown will take.
    pub fn promise(
        &self,
        budget: &Budget,
        others: impl FnOnce() -> u64,
        bytes: u64,
    ) -> Result<Promise<'_>, UnpackError> {
        let mut promised = self.promised.lock();
        let all = promised.saturating_add(others());
        budget.look_at_disk(all.saturating_add(bytes))?;
        *promised = promised.saturating_add(bytes);
        Ok(Promise {
            all: &self.promised,
            bytes,
        })
    }

    /// To read an index, here or by a program.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, RegistryError> {
        let turn = timeout(INDEX_PATIENCE, self.indexes.acquire()).await;
        let turn = turn.map_err(|_| late("other indexes to be read"))?;
        turn.map_err(|_| refused("the store is closed"))
    }
}

pub fn refused(why: &str) -> RegistryError {
    RegistryError::Nonsense(why.to_owned())
}

pub fn late(what: &str) -> RegistryError {
    refused(&format!("{what} took too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ztoc(entries: usize, span: u64) -> Ztoc {
        let bytes = include_bytes!("../../../../../../fuzz/corpus/layer-index/first-form");
        let (length, rest) = bytes.split_first_chunk().unwrap();
        let index = &rest[..u32::from_le_bytes(*length) as usize];
        let mut ztoc = Ztoc::decode(index).unwrap();
        let entry = ztoc.entries[0].clone();
        ztoc.entries = vec![entry; entries];
        ztoc.spans[0].compressed = 0..span;
        ztoc
    }

    #[test]
    fn what_a_layer_may_come_to_take_is_known_before() {
        let common = weight(&ztoc(10_000, 4 << 20), 4 << 20);
        let largest = weight(
            &ztoc(wharf_ztoc::MOST_ENTRIES, wharf_ztoc::MOST_OF_SPAN),
            wharf_ztoc::INDEX_LIMIT as usize,
        );
        // Many of those that there are, few of those that somebody makes up, and each of them at all.
        assert!(MOST_MEMORY as u32 / common > 20, "{common}");
        assert!(
            (2..4).contains(&(MOST_MEMORY as u32 / largest)),
            "{largest}"
        );
    }

    #[test]
    fn layers_that_come_share_the_disk() {
        let room = Room::default();
        let dir = tempfile::tempdir().unwrap();
        let seen = nix::sys::statvfs::statvfs(dir.path()).unwrap();
        let most = seen.blocks_available() * seen.fragment_size() / 10 * 6;
        let limits = crate::image::UnpackLimits {
            free_percent: 1,
            ..crate::image::UnpackLimits::default()
        };
        let budget = Budget::new(limits, dir.path().to_owned());
        // Of another image.
        let second = Budget::new(limits, dir.path().to_owned());
        let first = room.promise(&budget, || 0, most).unwrap();
        assert!(room.promise(&second, || 0, most).is_err());
        drop(first);
        assert!(room.promise(&second, || 0, most).is_ok());
    }
}
