//! Files of uploads, as they are when a request begins to write.

use std::{fs::File, io, path::Path};

use sha2::{Digest as _, Sha256};
use wharf_seal::Keyring;

use super::{names::purpose_of, table::Progress};
use crate::{
    Lock, folder,
    pipeline::Hashes,
    sealed::{self, ContentKey, DataKey, Sealing},
};

/// An upload's open file and all that is needed to go on with it.
pub(super) struct Begun {
    pub file: File,
    pub sealing: Sealing,
    pub hash: Hashes,
    /// Bytes of content.
    pub length: u64,
}

impl Begun {
    pub(super) fn create(path: &Path, keyring: &Keyring, lock: Option<&Lock>) -> io::Result<Self> {
        let key = DataKey::mint(lock.is_some());
        let content_key = key.content_key(lock).ok_or_else(no_lock)?;
        let file = folder::create_upload(path)?;
        sealed::write_header(&file, keyring, &purpose_of(path), &key)?;
        let records = key.is_locked().then(Sha256::new);
        Ok(Self {
            file,
            sealing: Sealing::new(content_key, 0, records, &[]),
            hash: Hashes::default(),
            length: 0,
        })
    }

    pub(super) fn resume(
        file: File,
        path: &Path,
        keyring: &Keyring,
        lock: Option<&Lock>,
        known: Option<Progress>,
    ) -> io::Result<Self> {
        let key = sealed::open_key(&file, keyring, &purpose_of(path))?;
        let locked = key.is_locked();
        let key = key.content_key(lock).ok_or_else(no_lock)?;
        let records = sealed::whole_records(file.metadata()?.len());
        // What a killed process left of a write, and the end of one that was to be a blob.
        file.set_len(sealed::position(records))?;
        let tail = match folder::load_tail(path)? {
            Some(mut tail) => sealed::read_tail(&key, &mut tail, records)?,
            None => Vec::new(),
        };
        let length = records * sealed::CHUNK as u64 + tail.len() as u64;
        let progress = match known {
            Some(known) if known.length == length && known.records.is_some() == locked => known,
            _ => hash_content(&file, &key, records, locked, &tail)?,
        };
        Ok(Self {
            file,
            sealing: Sealing::new(key, records, progress.records, &tail),
            hash: progress.hash,
            length,
        })
    }
}

fn hash_content(
    file: &File,
    key: &ContentKey,
    records: u64,
    locked: bool,
    tail: &[u8],
) -> io::Result<Progress> {
    let (mut hash, mut raw) = (Hashes::default(), locked.then(Sha256::new));
    let see_raw = |bytes: &[u8]| {
        if let Some(hash) = &mut raw {
            hash.update(bytes);
        }
    };
    sealed::each_whole(file, key, records, see_raw, |chunk| hash.update(chunk))?;
    hash.update(tail);
    Ok(Progress {
        hash,
        records: raw,
        length: records * sealed::CHUNK as u64 + tail.len() as u64,
    })
}

/// An upload under a lock is gone on with by who has none.
fn no_lock() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "the upload is locked")
}
