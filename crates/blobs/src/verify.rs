//! Files of blobs outside of their folder: in backups. Everything here blocks.

use std::{fs::File, io, path::Path};

use wharf_seal::Keyring;

use crate::{
    BlobError, Damage, Digest, folder,
    reader::{Cipher, Source},
    sealed,
    store::open_sealed,
};

/// The digest that a blob's file is named by, encrypted or not; `None` if the name is no blob's.
pub fn digest_of_file(name: &str) -> Option<Digest> {
    folder::digest_of(name).map(|(digest, _)| digest)
}

/// The name of an encrypted blob's file.
pub fn file_of(digest: &Digest) -> String {
    folder::file_name(digest)
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

pub(crate) fn verified(path: &Path, keyring: &Keyring) -> io::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str());
    let (digest, encrypted) = name.and_then(folder::digest_of).ok_or(Damage::Renamed)?;
    let file = File::open(path)?;
    let source = if encrypted {
        let size = sealed::content_bytes(file.metadata()?.len()).ok_or(Damage::Short)?;
        open_sealed(file, size, keyring, None, digest)?
    } else {
        let (cipher, size) = (Cipher::Plain, file.metadata()?.len());
        Source { file, cipher, size }
    };
    if !source.is_named(&digest)? {
        return Err(Damage::Renamed.into());
    }
    Ok(())
}
