//! The node's credentials: read from its identity file, renewed before they end, written back.
//!
//! Whoever signs as the node shares one [`CurrentKeys`]. The agent renews; other programs of the
//! node follow the file. The server's own node gets a new file with every start of the server.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::Deserialize;
use tokio::time::sleep;
use wharf_base::{Clock, Timestamp};
use wharf_durable::{self as durable, Durability};
use wharf_link::Backoff;
use wharf_wire::fault::Chain;

use crate::{
    client::{Api, CallError, CurrentKeys},
    config::{Identity, IdentityError},
};

const RENEW: &str = "/wharf/node/credentials";
const CONFIRM: &str = "/wharf/node/confirm";
/// Credentials live an hour: half of it is time enough for many tries.
const RENEW_BEFORE_END: Duration = Duration::from_secs(30 * 60);
/// How often file and clock are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Follows the identity file of a node.
pub struct IdentityFile {
    path: PathBuf,
    keys: CurrentKeys,
    seen: Option<SystemTime>,
}

impl IdentityFile {
    pub fn new(path: impl Into<PathBuf>, keys: CurrentKeys) -> Self {
        Self {
            path: path.into(),
            keys,
            seen: None,
        }
    }

    /// Signs from now on with what the file says, as it changes. Never returns.
    pub async fn follow(mut self) {
        loop {
            self.look();
            sleep(LOOK_EVERY).await;
        }
    }

    /// Takes the file's keys if it changed.
    fn look(&mut self) {
        let changed = std::fs::metadata(&self.path).and_then(|meta| meta.modified());
        let Ok(changed) = changed else { return };
        if self.seen == Some(changed) {
            return;
        }
        match Identity::load(&self.path) {
            Ok(identity) => {
                self.seen = Some(changed);
                self.keys.replace(identity.signing_keys());
            }
            Err(error) => tracing::warn!(error = %Chain(&error), "the node's identity is not read"),
        }
    }
}

/// Renews the credentials in the identity file.
pub struct Renewal {
    pub path: PathBuf,
    pub api: Api,
    pub clock: Arc<dyn Clock>,
}

/// What the control plane answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Renewed {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expires_at: Timestamp,
}

/// No new credentials.
#[derive(Debug, thiserror::Error)]
enum RenewalError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("the answer holds no credentials")]
    Malformed(#[from] serde_json::Error),
    #[error("cannot write {path}")]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl Renewal {
    /// Keeps the credentials good. Never returns.
    pub async fn run(self) {
        let mut file = IdentityFile::new(&self.path, self.api.current_keys().clone());
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, 2.0);
        loop {
            file.look();
            let pause = match self.renew_if_due().await {
                Ok(()) => {
                    backoff.reset();
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "the node's credentials are not renewed yet");
                    backoff.wait()
                }
            };
            sleep(pause).await;
        }
    }

    async fn renew_if_due(&self) -> Result<(), RenewalError> {
        let identity = Identity::load(&self.path)?;
        if !is_due(&identity, self.clock.now()) {
            return Ok(());
        }
        let answer = self.api.post(RENEW).await?;
        let renewed: Renewed = serde_json::from_slice(&answer)?;
        let identity = Identity {
            access_key_id: renewed.access_key_id,
            secret_access_key: renewed.secret_access_key,
            session_token: Some(renewed.session_token),
            expires_at: Some(renewed.expires_at),
            ..identity
        };
        write(&self.path, &identity)?;
        self.api.current_keys().replace(identity.signing_keys());
        // Those before are worth nothing from here on.
        self.api.post(CONFIRM).await?;
        Ok(())
    }
}

/// Long-lived keys, as nodes once had, are renewed at once.
fn is_due(identity: &Identity, now: Timestamp) -> bool {
    identity
        .expires_at
        .is_none_or(|end| now + RENEW_BEFORE_END >= end)
}

fn write(path: &Path, identity: &Identity) -> Result<(), RenewalError> {
    let text = serde_json::to_vec(identity)?;
    durable::replace(path, &text, Durability::Machine).map_err(|source| RenewalError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(expires_at: Option<Timestamp>) -> Identity {
        let text = r#"{"endpoint":"http://127.0.0.1:4566","accessKeyId":"A","secretAccessKey":"s",
            "region":"us-east-1","cluster":"default"}"#;
        Identity {
            expires_at,
            ..serde_json::from_str(text).unwrap()
        }
    }

    #[test]
    fn renewed_at_half_their_life_and_long_lived_keys_at_once() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let hour = Duration::from_secs(3600);
        assert!(!is_due(&identity(Some(now + hour)), now));
        assert!(is_due(&identity(Some(now + hour / 2)), now));
        assert!(is_due(&identity(Some(now)), now + hour));
        assert!(is_due(&identity(None), now));
    }

    #[test]
    fn a_file_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity.json");
        let first = identity(None);
        write(&path, &first).unwrap();
        let keys = CurrentKeys::new(first.signing_keys());
        let mut file = IdentityFile::new(&path, keys.clone());
        file.look();
        assert_eq!(keys.get().access_key_id, "A");
        std::thread::sleep(Duration::from_millis(20));
        let second = Identity {
            access_key_id: "B".to_owned(),
            session_token: Some("t".to_owned()),
            ..first
        };
        write(&path, &second).unwrap();
        file.look();
        assert_eq!(keys.get().access_key_id, "B");
        assert_eq!(keys.get().session_token.as_deref(), Some("t"));
        // One that cannot be read changes nothing.
        std::fs::write(&path, "{").unwrap();
        file.look();
        assert_eq!(keys.get().access_key_id, "B");
    }
}
