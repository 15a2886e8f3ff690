//! The node's credentials: read from its identity file, renewed before they end, written back sealed.
//!
//! With each renewal the control plane says which authorities the node shall trust it by. When that
//! changes, a connected node hears of it and renews at once.
//!
//! Whoever signs as the node shares one [`CurrentKeys`]. The agent renews; other programs of the
//! node follow the file. The server's own node gets a new file with every start of the server.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde::Deserialize;
use tokio::time::sleep;
use wharf_base::{Backoff, Clock, Timestamp};
use wharf_durable::{self as durable, Durability};
use wharf_seal::Keyring;
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
const LOOK_EVERY: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Follows the identity file of a node.
pub struct IdentityFile {
    path: PathBuf,
    keyring: Keyring,
    keys: CurrentKeys,
    seen: Option<SystemTime>,
    /// That the keyring cannot be read.
    said: bool,
}

impl IdentityFile {
    pub fn new(path: impl Into<PathBuf>, keyring: Keyring, keys: CurrentKeys) -> Self {
        Self {
            path: path.into(),
            keyring,
            keys,
            seen: None,
            said: false,
        }
    }

    /// Signs from now on with what the file says, as it changes. Never returns.
    pub async fn follow(mut self) {
        loop {
            self.look();
            sleep(LOOK_EVERY).await;
        }
    }

    /// Takes the file's keys if it changed, and the keyring's if that was rotated.
    fn look(&mut self) {
        match self.keyring.follow() {
            Ok(_) => self.said = false,
            Err(error) if !self.said => {
                self.said = true;
                tracing::warn!(error = %Chain(&error), "failed to reload the node's keyring");
            }
            Err(_) => {}
        }
        let changed = std::fs::metadata(&self.path).and_then(|meta| meta.modified());
        let Ok(changed) = changed else { return };
        if self.seen == Some(changed) {
            return;
        }
        match Identity::load(&self.path, &self.keyring) {
            Ok(identity) => {
                self.seen = Some(changed);
                self.keys.replace(identity.signing_keys());
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "failed to read the node's identity")
            }
        }
    }
}

/// Renews the credentials in the identity file.
pub struct Renewal {
    pub path: PathBuf,
    pub keyring: Keyring,
    /// Where the authorities are written that the control plane names; `None` where it does that itself.
    pub ca: Option<PathBuf>,
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
    /// PEM; a server of an earlier version has one for ever.
    #[serde(default)]
    authorities: Option<String>,
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
    #[error("the answer's authorities are no certificates")]
    NoAuthorities,
    #[error("cannot write {path}")]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl Renewal {
    /// Keeps the credentials good. Never returns.
    pub async fn run(self) {
        let keys = self.api.current_keys().clone();
        let mut file = IdentityFile::new(&self.path, self.keyring.clone(), keys);
        let mut said = None;
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, 2.0);
        loop {
            file.look();
            let pause = match self.renew_if_due(&mut said).await {
                Ok(()) => {
                    backoff.reset();
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "failed to renew the node's credentials; will retry");
                    backoff.wait()
                }
            };
            sleep(pause).await;
        }
    }

    /// `said` is what the control plane was told that this node trusts.
    async fn renew_if_due(&self, said: &mut Option<Vec<String>>) -> Result<(), RenewalError> {
        let identity = Identity::load(&self.path, &self.keyring)?;
        let outdated = self.ca.is_some() && self.api.dialer().is_outdated();
        if !outdated && !is_due(&identity, self.clock.now()) {
            if Identity::is_outdated(&self.path, &self.keyring) {
                self.write(&self.path, |path| identity.save(path, &self.keyring))?;
            }
            // A process before this one may have ended between writing and telling.
            if self.ca.is_some() && said.as_ref() != Some(&self.api.dialer().authorities()) {
                self.confirm(said).await?;
            }
            return Ok(());
        }
        let answer = self.api.post(RENEW, "").await?;
        let renewed: Renewed = serde_json::from_slice(&answer)?;
        // First: the confirmation below says what is trusted.
        if let (Some(ca), Some(pem)) = (&self.ca, &renewed.authorities) {
            self.trust(ca, pem)?;
        }
        let identity = Identity {
            access_key_id: renewed.access_key_id,
            secret_access_key: renewed.secret_access_key,
            session_token: Some(renewed.session_token),
            expires_at: Some(renewed.expires_at),
            ..identity
        };
        self.write(&self.path, |path| identity.save(path, &self.keyring))?;
        self.api.current_keys().replace(identity.signing_keys());
        // Those before are worth nothing from here on.
        self.confirm(said).await
    }

    /// Tells the control plane that what it gave is written down.
    async fn confirm(&self, said: &mut Option<Vec<String>>) -> Result<(), RenewalError> {
        let trusted = self.api.dialer().authorities();
        let query: Vec<String> = trusted.iter().map(|it| format!("trusts={it}")).collect();
        self.api.post(CONFIRM, &query.join("&")).await?;
        *said = Some(trusted);
        Ok(())
    }

    /// Takes over what the control plane says to trust, over a connection that is trusted already.
    fn trust(&self, ca: &Path, pem: &str) -> Result<(), RenewalError> {
        // What cannot be used must not replace what can.
        let readable = CertificateDer::pem_slice_iter(pem.as_bytes()).all(|it| it.is_ok());
        if !readable || !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(RenewalError::NoAuthorities);
        }
        if std::fs::read(ca).is_ok_and(|known| known == pem.as_bytes()) {
            return Ok(());
        }
        let before = self.api.dialer().authorities();
        self.write(ca, |path| {
            durable::replace(path, pem.as_bytes(), Durability::Machine)
        })?;
        let after = self.api.dialer().authorities();
        if before != after {
            tracing::info!(
                ?after,
                "the control plane's certificate authorities have changed"
            );
        }
        Ok(())
    }

    fn write(
        &self,
        path: &Path,
        write: impl FnOnce(&Path) -> std::io::Result<()>,
    ) -> Result<(), RenewalError> {
        write(path).map_err(|source| RenewalError::Write {
            path: path.to_owned(),
            source,
        })
    }
}

/// Long-lived keys, as nodes once had, are renewed at once.
fn is_due(identity: &Identity, now: Timestamp) -> bool {
    identity
        .expires_at
        .is_none_or(|end| now + RENEW_BEFORE_END >= end)
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
        let keyring = Keyring::in_memory();
        first.save(&path, &keyring).unwrap();
        let keys = CurrentKeys::new(first.signing_keys());
        let mut file = IdentityFile::new(&path, keyring.clone(), keys.clone());
        file.look();
        assert_eq!(keys.get().access_key_id, "A");
        std::thread::sleep(Duration::from_millis(20));
        let second = Identity {
            access_key_id: "B".to_owned(),
            session_token: Some("t".to_owned()),
            ..first
        };
        second.save(&path, &keyring).unwrap();
        file.look();
        assert_eq!(keys.get().access_key_id, "B");
        assert_eq!(keys.get().session_token.as_deref(), Some("t"));
        // One that cannot be read changes nothing.
        std::fs::write(&path, "{").unwrap();
        file.look();
        assert_eq!(keys.get().access_key_id, "B");
    }
}
