//! Where a keyring comes from: a file, or a document that somebody handed over; with a passphrase or
//! without.

use std::path::{Path, PathBuf};

use crate::{
    file::{self, KeyringError, StoredKeys},
    passphrase::Unlock,
    secret::Secret,
};

/// Longest document of a keyring, in bytes: it fits into a pipe.
pub const MAX_KEYRING: usize = file::MAX_FILE_BYTES as usize;

/// Where the keys are, and what opens them.
#[derive(Debug, Clone)]
pub struct KeyringSource {
    pub place: KeyringPlace,
    pub passphrase: Option<Secret>,
}

#[derive(Debug, Clone)]
pub enum KeyringPlace {
    File(PathBuf),
    /// What a file would hold, read from a descriptor: it can be used and not changed.
    Given(Secret),
}

impl From<PathBuf> for KeyringSource {
    fn from(path: PathBuf) -> Self {
        Self {
            place: KeyringPlace::File(path),
            passphrase: None,
        }
    }
}

impl KeyringSource {
    pub fn given(document: Secret) -> Self {
        Self {
            place: KeyringPlace::Given(document),
            passphrase: None,
        }
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            KeyringPlace::File(path) => Some(path),
            KeyringPlace::Given(_) => None,
        }
    }

    /// What errors call it.
    pub fn name(&self) -> PathBuf {
        let given = || PathBuf::from("given by a descriptor");
        self.path().map_or_else(given, Path::to_owned)
    }

    pub(crate) fn unlock(&self) -> Unlock<'_> {
        self.passphrase
            .as_ref()
            .map_or(Unlock::Nothing, Unlock::Passphrase)
    }

    /// The document without a passphrase: for a process that gets it over a pipe.
    ///
    /// # Errors
    /// There is none, or it does not open.
    pub fn document(&self) -> Result<Secret, KeyringError> {
        let (stored, _) = file::open(self)?;
        Ok(stored.to_json().to_vec().into())
    }
}

/// The document of a new keyring with one key.
pub fn new_document() -> Secret {
    StoredKeys::with_one_key().to_json().to_vec().into()
}

/// Sets, changes (`new`) or removes (`None`) the passphrase of the file in `path`. Nobody may have it
/// open: they would not write it any more.
///
/// # Errors
/// The file does not open with `current`, or cannot be written.
pub fn set_passphrase(
    path: &Path,
    current: Option<&Secret>,
    new: Option<&Secret>,
) -> Result<(), KeyringError> {
    file::set_passphrase(path, current, new)
}
