//! The secret by which requests to a maker are signed. It is in a file, which is read again before each request: whoever replaces
//! the file need not start the server again. A file that says nothing of use leaves the secret as it was.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use wharf_seal::Secret;

/// Longest secret that is read, and the shortest that is one.
const MAX_SECRET: u64 = 4096;
const MIN_SECRET: usize = 16;

/// Why there is no secret in a file.
#[derive(Debug, thiserror::Error)]
pub enum MakerSecretError {
    #[error("the secret of the machine maker in {path} cannot be read")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "the secret of the machine maker in {path} has less than 16 characters: make one with `openssl rand -hex 32`"
    )]
    Short { path: PathBuf },
}

#[derive(Debug)]
pub struct MakerSecret {
    /// `None`: it stays as it is.
    path: Option<PathBuf>,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    secret: Arc<Secret>,
    /// The file could not be read last.
    is_stale: bool,
}

impl From<Secret> for MakerSecret {
    fn from(secret: Secret) -> Self {
        Self {
            path: None,
            kept: Mutex::new(Kept {
                secret: Arc::new(secret),
                is_stale: false,
            }),
        }
    }
}

impl MakerSecret {
    /// That of a file. Blocks.
    ///
    /// # Errors
    /// There is none in it.
    pub fn open(path: &Path) -> Result<Self, MakerSecretError> {
        Ok(Self {
            path: Some(path.to_owned()),
            ..read(path)?.into()
        })
    }

    /// As it was when it was read last.
    pub fn last(&self) -> Arc<Secret> {
        self.kept.lock().secret.clone()
    }

    /// As it is in its file.
    pub(super) async fn now(&self) -> Arc<Secret> {
        let Some(path) = self.path.clone() else {
            return self.last();
        };
        let found = tokio::task::spawn_blocking(move || read(&path)).await;
        let mut kept = self.kept.lock();
        match found {
            Ok(Ok(found)) => {
                if *kept.secret != found {
                    kept.secret = Arc::new(found);
                    tracing::info!("the secret of the machine maker is another one now");
                }
                kept.is_stale = false;
            }
            Ok(Err(error)) if !kept.is_stale => {
                kept.is_stale = true;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to read the secret of the machine maker: requests are signed by the one before"
                );
            }
            // It was told, or the runtime ends.
            Ok(Err(_)) | Err(_) => {}
        }
        kept.secret.clone()
    }
}

/// Without what editors put at its end.
fn read(path: &Path) -> Result<Secret, MakerSecretError> {
    let failed = |source| MakerSecretError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    let read = file.take(MAX_SECRET).read_to_end(&mut bytes);
    read.map_err(failed)?;
    let read = Secret::from(bytes);
    let secret = read.expose().trim_ascii();
    match secret.len() < MIN_SECRET {
        true => Err(MakerSecretError::Short {
            path: path.to_owned(),
        }),
        false => Ok(Secret::from(secret)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const FIRST: &str = "0123456789abcdef";
    const SECOND: &str = "fedcba9876543210";

    #[tokio::test]
    async fn a_file_that_is_replaced_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        assert!(matches!(
            MakerSecret::open(&path),
            Err(MakerSecretError::Read { .. })
        ));
        fs::write(&path, format!("{FIRST}\n")).unwrap();
        let secret = MakerSecret::open(&path).unwrap();
        assert_eq!(secret.now().await.expose(), FIRST.as_bytes());
        fs::write(&path, SECOND).unwrap();
        assert_eq!(secret.last().expose(), FIRST.as_bytes());
        assert_eq!(secret.now().await.expose(), SECOND.as_bytes());
        // Half of one, and none.
        fs::write(&path, &FIRST[..MIN_SECRET - 1]).unwrap();
        assert_eq!(secret.now().await.expose(), SECOND.as_bytes());
        assert!(matches!(
            MakerSecret::open(&path),
            Err(MakerSecretError::Short { .. })
        ));
        fs::remove_file(&path).unwrap();
        assert_eq!(secret.now().await.expose(), SECOND.as_bytes());
        fs::write(&path, FIRST).unwrap();
        assert_eq!(secret.now().await.expose(), FIRST.as_bytes());
        assert!(!format!("{secret:?}").contains(FIRST));
    }
}
