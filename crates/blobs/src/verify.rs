//! Files of blobs outside of their folder: in backups. Everything here blocks.

use std::{fs::File, io, path::Path};

use sha2::{Digest as _, Sha256};
use wharf_seal::Keyring;

use crate::{
    BlobError, Damage, Digest, folder,
    reader::Source,
    sealed::{self, GROUP_BYTES, Purpose},
};

/// The digest that a blob's file is named by, encrypted or not; `None` if the name is no blob's.
pub fn digest_of_file(name: &str) -> Option<Digest> {
    folder::digest_of(name).map(|(digest, _)| digest)
}

/// Whether the file at `path` holds what its name says. [`BlobError::Damaged`] if not, and if its key
/// is not in the keyring.
pub fn verify(path: &Path, keyring: &Keyring) -> Result<(), BlobError> {
    verified(path, keyring).map_err(BlobError::at("read a blob's file"))
}

/// Brings the key of `to`, a copy of the blob's file `from`, up to date: the one thing in such a file
/// that ever changes. True if it was not. Durable.
pub fn copy_key(from: &Path, to: &Path) -> io::Result<bool> {
    let sealed = from.file_name().and_then(|name| name.to_str());
    if !sealed
        .and_then(folder::digest_of)
        .is_some_and(|(_, sealed)| sealed)
    {
        return Ok(false);
    }
    let to = File::options().read(true).write(true).open(to)?;
    sealed::copy_header(&File::open(from)?, &to)
}

fn verified(path: &Path, keyring: &Keyring) -> io::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str());
    let (digest, encrypted) = name.and_then(folder::digest_of).ok_or(Damage::Renamed)?;
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let source = if encrypted {
        let key = sealed::open_key(&file, keyring, &Purpose::Blob(digest))?.content_key();
        let size = sealed::content_bytes(length).ok_or(Damage::Short)?;
        sealed::verify_last(&file, &key, size)?;
        let key = Some(key);
        Source { file, key, size }
    } else {
        let (key, size) = (None, length);
        Source { file, key, size }
    };
    let (mut hash, mut at) = (Sha256::new(), 0);
    let mut buffer = vec![0; GROUP_BYTES];
    while at < source.size {
        let content = source.read(at, source.size - at, &mut buffer)?;
        at += content.len() as u64;
        hash.update(&buffer[content]);
    }
    if Digest::from_hash(hash) != digest {
        return Err(Damage::Renamed.into());
    }
    Ok(())
}
