//! The keys that providers sign with, from their discovery documents.
//!
//! Kept for an hour, and asked for again when a token names one that is not among them; a provider is
//! asked at most every half minute, so that nobody can make this installation a flood. While a provider
//! cannot be reached its last keys hold for a day. Only providers that an account trusts are asked, each account's by itself: what one
//! finds, or does not find since its other providers never answer, is nobody else's.

use std::{
    collections::HashMap,
    error::Error,
    fmt::{self, Debug},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use wharf_base::{Chain, Timestamp};

use super::signature::Key;

/// Keys are taken for the provider's for this long.
const FRESH: Duration = Duration::from_secs(3_600);
/// And while it cannot be asked, for this long.
const STALE: Duration = Duration::from_secs(24 * 3_600);
/// A provider is asked at most this often.
const PAUSE: Duration = Duration::from_secs(30);
/// Issuers of accounts whose keys are kept. When there are more, all are forgotten.
const MAX_ISSUERS: usize = 4_096;
/// Keys of one issuer; those behind are not looked at.
pub(crate) const MAX_KEYS: usize = 64;
/// The longest document.
pub const MAX_DOCUMENT: usize = 256 << 10;

/// How documents of providers are got.
#[async_trait]
pub trait Documents: Send + Sync {
    /// The document at an address of `https`, which is at most `most` bytes long. An account has it asked for.
    async fn get(&self, account: &str, url: &str, most: usize) -> Result<Vec<u8>, NoDocument>;
}

/// Why there is no document, for the log.
pub type NoDocument = Box<dyn Error + Send + Sync>;

/// Why the keys of an issuer are not known, for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error("failed to get {url}")]
    Document { url: String, source: NoDocument },
    #[error("its discovery document cannot be read")]
    Discovery(#[source] serde_json::Error),
    #[error("its discovery document is another issuer's")]
    OtherIssuer,
    #[error("its keys are not at an address of https")]
    NotHttps,
    #[error("its keys cannot be read")]
    Keys(#[source] serde_json::Error),
}

/// There is no key to check a token with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    #[error(
        "Couldn't retrieve verification key from your identity provider,  please reference \
         AssumeRoleWithWebIdentity documentation for requirements"
    )]
    NotThere,
    #[error(
        "The request could not be fulfilled because the identity provider (IDP) that was asked to \
         verify the incoming identity token could not be reached."
    )]
    Unreachable,
}

/// The keys of issuers.
pub struct IssuerKeys {
    documents: Arc<dyn Documents>,
    /// By the account that trusts it, and its address.
    issuers: Mutex<HashMap<(String, String), Arc<Issuer>>>,
}

impl Debug for IssuerKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("IssuerKeys")
    }
}

#[derive(Default)]
struct Issuer {
    known: Mutex<Known>,
    /// Held by whoever asks.
    asking: tokio::sync::Mutex<()>,
}

/// What is known of an issuer.
#[derive(Clone, Default)]
struct Known {
    keys: Arc<Vec<Key>>,
    /// When they were read.
    read: Option<Timestamp>,
    /// When it was last tried to read them.
    tried: Option<Timestamp>,
}

/// What to do for a token.
enum Step {
    Use(Vec<Key>),
    Ask,
    Refuse(NoKey),
}

impl Known {
    /// Pure: which keys a token that names `key_id` may be signed with.
    fn step(&self, key_id: Option<&str>, now: Timestamp) -> Step {
        let within = |at: Option<Timestamp>, span| at.is_some_and(|at| now.since(at) < span);
        let may_ask = !within(self.tried, PAUSE);
        let found: Vec<Key> = match within(self.read, STALE) {
            true => self.matching(key_id),
            false => Vec::new(),
        };
        let is_fresh = within(self.read, FRESH);
        match found.is_empty() {
            false if is_fresh || !may_ask => Step::Use(found),
            _ if may_ask => Step::Ask,
            _ if is_fresh => Step::Refuse(NoKey::NotThere),
            _ => Step::Refuse(NoKey::Unreachable),
        }
    }

    fn matching(&self, key_id: Option<&str>) -> Vec<Key> {
        let is_meant = |key: &&Key| key_id.is_none() || key.id.as_deref() == key_id;
        self.keys.iter().filter(is_meant).cloned().collect()
    }
}

impl IssuerKeys {
    pub fn new(documents: Arc<dyn Documents>) -> Self {
        Self {
            documents,
            issuers: Mutex::default(),
        }
    }

    /// The keys of an issuer, which an account trusts, that a token may be signed with; never none.
    pub(crate) async fn of(
        &self,
        (account, issuer): (&str, &str),
        key_id: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Key>, NoKey> {
        let entry = self.entry(account, issuer);
        let decide = || entry.known.lock().step(key_id, now);
        match decide() {
            Step::Use(keys) => return Ok(keys),
            Step::Refuse(why) => return Err(why),
            Step::Ask => {}
        }
        let _asking = entry.asking.lock().await;
        // Somebody else may have asked meanwhile.
        match decide() {
            Step::Use(keys) => return Ok(keys),
            Step::Refuse(why) => return Err(why),
            Step::Ask => {}
        }
        let answer = self.ask(account, issuer).await;
        {
            let mut known = entry.known.lock();
            known.tried = Some(now);
            match answer {
                Ok(keys) => {
                    known.keys = Arc::new(keys);
                    known.read = Some(now);
                }
                Err(error) => {
                    tracing::warn!(
                        issuer,
                        error = %Chain(&error),
                        "failed to fetch the keys of an identity provider"
                    );
                }
            }
        }
        match decide() {
            Step::Use(keys) => Ok(keys),
            Step::Refuse(why) => Err(why),
            // Asked a moment ago: only a clock that was set back gets here.
            Step::Ask => Err(NoKey::Unreachable),
        }
    }

    fn entry(&self, account: &str, issuer: &str) -> Arc<Issuer> {
        let key = (account.to_owned(), issuer.to_owned());
        let mut issuers = self.issuers.lock();
        if issuers.len() >= MAX_ISSUERS && !issuers.contains_key(&key) {
            issuers.clear();
        }
        issuers.entry(key).or_default().clone()
    }

    async fn ask(&self, account: &str, issuer: &str) -> Result<Vec<Key>, KeysError> {
        let base = issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let found = self.document(account, url).await?;
        let url = jwks_uri(&found, issuer)?;
        let found = self.document(account, url).await?;
        keys_in(&found)
    }

    async fn document(&self, account: &str, url: String) -> Result<Vec<u8>, KeysError> {
        let found = self.documents.get(account, &url, MAX_DOCUMENT).await;
        found.map_err(|source| KeysError::Document { url, source })
    }
}

/// Where a discovery document says that the keys are.
pub(crate) fn jwks_uri(document: &[u8], issuer: &str) -> Result<String, KeysError> {
    #[derive(Deserialize)]
    struct Discovery {
        issuer: String,
        jwks_uri: String,
    }
    let read: Discovery = serde_json::from_slice(document).map_err(KeysError::Discovery)?;
    if read.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(KeysError::OtherIssuer);
    }
    if !read.jwks_uri.starts_with("https://") {
        return Err(KeysError::NotHttps);
    }
    Ok(read.jwks_uri)
}

/// The keys for signatures of a set; those of kinds that are not known are left out.
pub(crate) fn keys_in(document: &[u8]) -> Result<Vec<Key>, KeysError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(document).map_err(KeysError::Keys)?;
    let keys = set.keys.iter().take(MAX_KEYS);
    Ok(keys.filter_map(Key::read).collect())
}

#[cfg(test)]
mod tests;
