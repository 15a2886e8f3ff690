//! Texts under data keys, each with its key beside it: what is kept says all that is needed to open it but the key of KMS.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use wharf_api_kms::Kms;
use wharf_seal::{Secret, SharedKey};
use wharf_wire::{Call, Fault};

use crate::{Context, Made, NoKey, Open, internal};

/// Something sealed, and its data key as KMS sealed that.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// In base 64.
    pub key: String,
    /// In base 64.
    pub content: String,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Envelope")
    }
}

/// Seals any number of texts under one data key.
#[derive(Debug)]
pub struct Sealer {
    key: SharedKey,
    sealed: String,
}

impl Sealer {
    pub fn new(made: &Made) -> Self {
        let key = SharedKey::read(made.open.bytes());
        Self {
            key: key.expect("a data key is as long as a shared one"),
            sealed: BASE64.encode(&made.sealed),
        }
    }

    /// `purpose` is what it opens for alone.
    pub fn seal(&self, plain: &[u8], purpose: &str) -> Envelope {
        Envelope {
            key: self.sealed.clone(),
            content: BASE64.encode(self.key.seal(plain, purpose)),
        }
    }
}

impl Envelope {
    /// The data key as KMS sealed it.
    ///
    /// # Errors
    /// There is none in it.
    pub fn sealed_key(&self) -> Result<Vec<u8>, Fault> {
        BASE64.decode(&self.key).map_err(|_| internal(&NoKey))
    }

    /// Opens it by its data key, which KMS opened.
    ///
    /// # Errors
    /// It was changed, or sealed by another key or for another purpose.
    pub fn open_by(&self, key: &Open, purpose: &str) -> Result<Secret, Fault> {
        let content = BASE64.decode(&self.content);
        let content = content.map_err(|_| internal(&Changed))?;
        let key = SharedKey::read(key.bytes()).ok_or_else(|| internal(&NoKey))?;
        key.open(&content, purpose)
            .map_err(|error| internal(&error))
    }

    /// Asks KMS for its data key and opens it.
    ///
    /// # Errors
    /// Those of KMS, and of [`Envelope::open_by`].
    pub async fn open(
        &self,
        kms: &dyn Kms,
        call: &Call,
        context: Context,
        purpose: &str,
    ) -> Result<Secret, Fault> {
        let key = crate::open(kms, call, self.sealed_key()?, context).await?;
        self.open_by(&key, purpose)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("what is kept under a data key was changed")]
struct Changed;

#[cfg(test)]
mod tests {
    use super::*;

    fn made(byte: u8) -> Made {
        Made {
            open: Open::of(Some(vec![byte; crate::BYTES])).unwrap(),
            sealed: b"sealed key".to_vec(),
            key: String::new(),
        }
    }

    #[test]
    fn what_was_sealed_opens_by_its_key_and_for_its_purpose() {
        let made_key = made(7);
        let sealer = Sealer::new(&made_key);
        let (one, two) = (sealer.seal(b"plain", "a"), sealer.seal(b"plain", "a"));
        assert_ne!(one.content, two.content);
        assert_eq!(one.sealed_key().unwrap(), b"sealed key");
        assert_eq!(one.open_by(&made_key.open, "a").unwrap().expose(), b"plain");
        assert!(one.open_by(&made_key.open, "b").is_err());
        assert!(one.open_by(&made(8).open, "a").is_err());
        let broken = Envelope {
            content: "?".to_owned(),
            ..one
        };
        assert!(broken.open_by(&made_key.open, "a").is_err());
        assert_eq!(format!("{broken:?}"), "Envelope");
    }
}
