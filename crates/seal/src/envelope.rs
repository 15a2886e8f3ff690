//! The sealed form and its encodings: a text inside records, the same text as a token, bytes as a file.
//!
//! Layout, version 1: `1 | key id (8) | nonce (12) | wrapped data key (32 + 16) | body (n + 16)`,
//! written in url-safe base 64 without padding.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::keyring::KeyId;

const VERSION: u8 = 1;
pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const TAG_BYTES: usize = 16;
pub(crate) const DATA_KEY_BYTES: usize = 32;
pub(crate) const WRAPPED_BYTES: usize = DATA_KEY_BYTES + TAG_BYTES;
pub(crate) const HEADER_BYTES: usize = 1 + KeyId::BYTES + NONCE_BYTES + WRAPPED_BYTES;

/// The longest text read back: what a record may hold at most (the store's 1 MiB per transaction).
const MAX_TEXT_BYTES: usize = 1 << 20;

/// An encrypted secret, safe to store, log or send; worthless without the keyring. It opens only
/// under the context it was sealed for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sealed {
    pub(crate) key: KeyId,
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) wrapped: [u8; WRAPPED_BYTES],
    pub(crate) body: Vec<u8>,
}

/// The text is no sealed secret of a version known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sealed secret of a known version")]
pub struct Malformed;

impl Sealed {
    /// The master key this was sealed under.
    pub fn key_id(&self) -> KeyId {
        self.key
    }

    /// Url-safe text without padding.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.to_bytes())
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.body.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(self.key.bytes());
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.wrapped);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Reads [`Sealed::encode`]'s text; says nothing about whether it opens.
    pub fn decode(text: &str) -> Result<Self, Malformed> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(Malformed);
        }
        Self::from_bytes(&URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed)?)
    }

    /// Reads [`Sealed::to_bytes`]; the caller has bounded them.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let (version, rest) = bytes.split_first().ok_or(Malformed)?;
        if *version != VERSION {
            return Err(Malformed);
        }
        let (key, rest) = rest.split_first_chunk().ok_or(Malformed)?;
        let (nonce, rest) = rest.split_first_chunk().ok_or(Malformed)?;
        let (wrapped, body) = rest.split_first_chunk().ok_or(Malformed)?;
        if body.len() < TAG_BYTES {
            return Err(Malformed);
        }
        Ok(Self {
            key: KeyId::from(*key),
            nonce: *nonce,
            wrapped: *wrapped,
            body: body.to_vec(),
        })
    }
}

/// The master key that [`Sealed::to_bytes`] says; their beginning is enough.
pub(crate) fn key_of(bytes: &[u8]) -> Option<KeyId> {
    let rest = bytes.strip_prefix(&[VERSION])?;
    rest.first_chunk().map(|key| KeyId::from(*key))
}

impl From<Sealed> for String {
    fn from(sealed: Sealed) -> Self {
        sealed.encode()
    }
}

impl TryFrom<String> for Sealed {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::decode(&text)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Sealed")
    }
}
