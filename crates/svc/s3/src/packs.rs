//! Small bodies, many to a pack: a file each, with its two syncs, would cost more than the bytes.
//!
//! A pack is a stream of the journal, whose appends share one sync, and a key that seals each body in it.
//! An object names a slot, a record that says where its bytes are. So bytes move without anybody's noticing:
//! [`crate::compact`] copies what is left of a pack that is mostly garbage into another.
//!
//! This process fills one pack at a time and begins one when it starts. Nothing in memory counts: a pack's
//! garbage is what no slot names.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use parking_lot::Mutex;
use wharf_base::{Permit, Timestamp, ids};
use wharf_journal::{Journal, JournalError};
use wharf_records::Unknown;
use wharf_seal::{Keyring, OpenError, Secret};
use wharf_service::Table;
use wharf_wire::Fault;

use crate::{
    crypt::{self, Key},
    fault::{self, S3Faults},
    records::{self, Pack, Slot},
};

const PERMIT: Permit = Permit::for_controller("s3-packs");
/// Bytes of a body that goes into a pack, sealed for a customer or not.
pub const MOST: usize = 64 << 10;
/// Bytes after which a pack takes no more.
pub const PACK_BYTES: u64 = 64 << 20;

/// Why bytes cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("the journal")]
    Journal(#[from] JournalError),
    #[error("a pack's key does not open")]
    Key(#[from] OpenError),
    #[error(transparent)]
    Sealed(#[from] crypt::Broken),
    #[error("a small object's bytes are missing")]
    Missing,
}

/// A pack that bodies are put into, or read from.
pub struct Open {
    pub id: String,
    key: Secret,
    bytes: AtomicU64,
}

impl Open {
    fn key(&self) -> Result<&Key, crypt::Broken> {
        self.key.expose().try_into().map_err(|_| crypt::Broken)
    }
}

/// The packs of an installation.
pub struct Packs {
    journal: Journal,
    table: Table<S3Faults>,
    keyring: Keyring,
    /// The one that is filled.
    filled: tokio::sync::Mutex<Option<Arc<Open>>>,
    /// Those that somebody holds, and those that were read: a key each.
    known: Mutex<HashMap<String, Weak<Open>>>,
    read: Mutex<HashMap<String, Arc<Open>>>,
}

/// Whose turn bodies have that are moved from pack to pack: no account's.
pub const MOVED: &str = "moved";
/// Packs whose keys are kept for further reads.
const MOST_KEYS: usize = 4096;

impl Packs {
    pub fn new(journal: Journal, table: Table<S3Faults>, keyring: Keyring) -> Self {
        Self {
            journal,
            table,
            keyring,
            filled: tokio::sync::Mutex::default(),
            known: Mutex::default(),
            read: Mutex::default(),
        }
    }

    /// Keeps a body durably. What comes back with its place is held until a slot names it: nobody removes
    /// the pack before. `whose`: the account that it is of, so that none waits behind all that another puts into the same pack.
    ///
    /// # Errors
    /// The store's and the journal's.
    pub async fn put(
        &self,
        whose: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(Slot, Arc<Open>), Fault> {
        let pack = self.filled(now).await?;
        let sealed = seal(&pack, body).map_err(fault::pack)?;
        let size = sealed.len() as u64;
        pack.bytes.fetch_add(size, Ordering::Relaxed);
        let (stream, lane) = (stream(&pack.id), stream(whose));
        let at = self.journal.append_as(&lane, &stream, &[sealed]).await;
        let slot = Slot {
            pack: pack.id.clone(),
            at: at.map_err(|error| fault::pack(error.into()))?,
            size,
        };
        Ok((slot, pack))
    }

    async fn filled(&self, now: Timestamp) -> Result<Arc<Open>, Fault> {
        let mut filled = self.filled.lock().await;
        let found = filled.as_ref();
        if let Some(pack) = found.filter(|it| it.bytes.load(Ordering::Relaxed) < PACK_BYTES) {
            return Ok(pack.clone());
        }
        let key: Key = rand::random();
        let pack = Arc::new(Open {
            id: ids::hex16(),
            key: Secret::from(key.to_vec()),
            bytes: AtomicU64::new(0),
        });
        // Known before it is there: whoever looks for packs to remove finds it taken.
        let known = (pack.id.clone(), Arc::downgrade(&pack));
        self.known.lock().extend([known]);
        let record = Pack {
            sealed: self.keyring.seal(&key, &records::purpose_of_pack(&pack.id)),
            begun_at: now,
            emptied_at: None,
            unknown: Unknown::new(),
        };
        let mut changes = self.table.begin();
        changes.put(records::pack(&pack.id), &record);
        changes.write(&PERMIT).await?;
        *filled = Some(pack.clone());
        Ok(pack)
    }

    /// Whether bodies are still put into a pack, or their slots are not written yet.
    pub fn is_held(&self, id: &str) -> bool {
        let mut known = self.known.lock();
        known.retain(|_, pack| pack.strong_count() > 0);
        known.contains_key(id)
    }

    /// The body of a slot, which may be moved meanwhile; `None` if there is no such slot any more.
    ///
    /// # Errors
    /// The store's and the journal's; the slot is there, but not its bytes.
    pub async fn get(&self, id: &str) -> Result<Option<Bytes>, Fault> {
        let mut before = None;
        loop {
            let Some(slot) = self.table.read::<Slot>(&records::slot(id)).await? else {
                return Ok(None);
            };
            let slot = slot.record;
            if let Some(body) = self.read(&slot).await? {
                return Ok(Some(body));
            }
            if before.as_ref() == Some(&slot) {
                tracing::error!(
                    pack = slot.pack,
                    at = slot.at,
                    "failed to read an object from a pack: its bytes are missing"
                );
                return Err(fault::pack(PackError::Missing));
            }
            before = Some(slot);
        }
    }

    /// The body at a place; `None` if it is there no more.
    ///
    /// # Errors
    /// The store's and the journal's.
    pub async fn read(&self, slot: &Slot) -> Result<Option<Bytes>, Fault> {
        let Some(pack) = self.opened(&slot.pack).await? else {
            return Ok(None);
        };
        let read = self.journal.read(&stream(&slot.pack), slot.at, 1, 0).await;
        let read = read.map_err(|error| fault::pack(error.into()))?;
        let record = read.records.into_iter().next();
        let Some(record) = record.filter(|it| it.offset == slot.at) else {
            return Ok(None);
        };
        let body = unseal(&pack, &record.data).map_err(fault::pack)?;
        Ok(Some(body))
    }

    /// A pack with its key; `None` if it is gone.
    async fn opened(&self, id: &str) -> Result<Option<Arc<Open>>, Fault> {
        let known = self.known.lock().get(id).and_then(Weak::upgrade);
        if let Some(pack) = known.or_else(|| self.read.lock().get(id).cloned()) {
            return Ok(Some(pack));
        }
        let Some(stored) = self.table.read::<Pack>(&records::pack(id)).await? else {
            return Ok(None);
        };
        let sealed = &stored.record.sealed;
        let key = self.keyring.open(sealed, &records::purpose_of_pack(id));
        let pack = Arc::new(Open {
            id: id.to_owned(),
            key: key.map_err(|error| fault::pack(error.into()))?,
            bytes: AtomicU64::new(PACK_BYTES),
        });
        let mut read = self.read.lock();
        if read.len() >= MOST_KEYS {
            read.clear();
        }
        read.insert(id.to_owned(), pack.clone());
        Ok(Some(pack))
    }

    /// Removes the bytes of a pack that no slot names.
    ///
    /// # Errors
    /// The journal's.
    pub async fn remove(&self, id: &str) -> Result<(), Fault> {
        self.read.lock().remove(id);
        let removed = self.journal.delete(&stream(id)).await;
        removed.map_err(|error| fault::pack(error.into()))?;
        Ok(())
    }
}

fn stream(pack: &str) -> String {
    format!("s3/{pack}")
}

fn seal(pack: &Open, body: &[u8]) -> Result<Vec<u8>, PackError> {
    let mut sealer = crypt::Sealer::new(pack.key()?)?;
    let mut pieces = sealer.push(body)?;
    pieces.extend(sealer.finish()?);
    Ok(pieces.concat())
}

fn unseal(pack: &Open, stored: &[u8]) -> Result<Bytes, PackError> {
    Ok(crypt::open_whole(pack.key()?, stored)?)
}
