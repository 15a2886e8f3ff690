//! The root key of the account, kept sealed beside the store so that `wharf env` can print it
//! without a running server.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use wharf_durable::{self as durable, Durability};
use wharf_seal::{KeyId, Keyring, KeyringError, KeyringSource, OpenError, Sealed};

const CONTEXT: &str = "server/root-credentials";
const FILE: &str = "root.sealed";

/// The account's root key.
#[derive(Clone, Serialize, Deserialize)]
pub struct RootCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// The root key cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    #[error("the keyring cannot be opened")]
    Keyring(#[from] KeyringError),
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} was sealed by another keyring", path.display())]
    Sealed { path: PathBuf, source: OpenError },
    #[error("{} is damaged", path.display())]
    Damaged { path: PathBuf },
}

/// Reads the root key of the installation whose server keeps its data in `server_dir`.
pub fn root_credentials(
    server_dir: &Path,
    keyring: &KeyringSource,
) -> Result<RootCredentials, RootError> {
    let path = server_dir.join(FILE);
    let token = fs::read_to_string(&path).map_err(|source| RootError::Read {
        path: path.clone(),
        source,
    })?;
    let keyring = Keyring::read(keyring)?;
    let secret = keyring
        .open_token(&token, CONTEXT)
        .map_err(|source| RootError::Sealed {
            path: path.clone(),
            source,
        })?;
    serde_json::from_slice(secret.expose()).map_err(|_| RootError::Damaged { path })
}

pub fn save(server_dir: &Path, keyring: &Keyring, root: &RootCredentials) -> Result<(), RootError> {
    let path = server_dir.join(FILE);
    let plain = serde_json::to_vec(root).expect("two strings");
    let token = keyring.seal_token(&plain, CONTEXT);
    durable::replace(&path, token.as_bytes(), Durability::Machine)
        .map_err(|source| RootError::Write { path, source })
}

/// The key that the file is sealed under; `None` if root has no key.
pub fn sealed_under(server_dir: &Path) -> Result<Option<KeyId>, RootError> {
    let path = server_dir.join(FILE);
    match fs::read_to_string(&path) {
        Ok(token) => Ok(Sealed::decode(&token).ok().map(|sealed| sealed.key_id())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(RootError::Read { path, source }),
    }
}

/// Seals the file under the keyring's active key; whether it was not.
pub fn reseal(server_dir: &Path, keyring: &Keyring) -> Result<bool, RootError> {
    let path = server_dir.join(FILE);
    let token = match fs::read_to_string(&path) {
        Ok(token) => token,
        // Root has no key.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(RootError::Read { path, source }),
    };
    let secret = match keyring.open_token(&token, CONTEXT) {
        Ok(secret) => secret,
        Err(source) => return Err(RootError::Sealed { path, source }),
    };
    if keyring.is_sealed_under_active(&token) {
        return Ok(false);
    }
    let token = keyring.seal_token(secret.expose(), CONTEXT);
    durable::replace(&path, token.as_bytes(), Durability::Machine)
        .map_err(|source| RootError::Write { path, source })?;
    Ok(true)
}

/// Removes the file of a root key that no longer counts.
pub fn forget(server_dir: &Path) -> Result<(), RootError> {
    let path = server_dir.join(FILE);
    durable::remove(&path).map_err(|source| RootError::Write { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_read_as_it_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let keyring_path = folder.path().join("keyring");
        let keyring = Keyring::open_or_create(&keyring_path).unwrap();
        let root = RootCredentials {
            access_key_id: "AKIA".into(),
            secret_access_key: "hush".into(),
        };
        save(folder.path(), &keyring, &root).unwrap();
        let read = root_credentials(folder.path(), &keyring_path.clone().into()).unwrap();
        assert_eq!(read.secret_access_key, "hush");
        let bytes = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!bytes.contains("hush"));
        forget(folder.path()).unwrap();
        forget(folder.path()).unwrap();
        assert!(matches!(
            root_credentials(folder.path(), &keyring_path.clone().into()),
            Err(RootError::Read { .. })
        ));
        save(folder.path(), &keyring, &root).unwrap();
        fs::remove_file(&keyring_path).unwrap();
        assert!(matches!(
            root_credentials(folder.path(), &keyring_path.clone().into()),
            Err(RootError::Keyring(KeyringError::Missing { .. }))
        ));
        let another = Keyring::open_or_create(&keyring_path).unwrap();
        assert_ne!(another.active_key(), keyring.active_key());
        assert!(matches!(
            root_credentials(folder.path(), &keyring_path.clone().into()),
            Err(RootError::Sealed { .. })
        ));
    }
}
