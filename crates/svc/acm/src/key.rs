//! Key pairs: kinds there are, and making them.

use std::fmt;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde::{Deserialize, Serialize};
use wharf_rsa::RsaError;

/// Kinds of keys, by AWS's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    #[serde(rename = "RSA_2048")]
    Rsa2048,
    #[serde(rename = "RSA_3072")]
    Rsa3072,
    #[serde(rename = "RSA_4096")]
    Rsa4096,
    #[serde(rename = "EC_prime256v1")]
    P256,
    #[serde(rename = "EC_secp384r1")]
    P384,
}

impl Algorithm {
    const ALL: [Self; 5] = [
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::P256,
        Self::P384,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::P256 => "EC_prime256v1",
            Self::P384 => "EC_secp384r1",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Those that certificates can be requested with, as in AWS; the others can be imported.
    pub fn can_be_requested(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::P256 | Self::P384)
    }

    pub fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A key pair cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("a key of kind {0} is not made here")]
    Kind(Algorithm),
    #[error(transparent)]
    Rsa(#[from] RsaError),
    #[error("the key pair cannot be used")]
    Pair(#[from] rcgen::Error),
}

/// A new key pair. Takes up to a second for RSA: not for a thread that others wait for.
pub fn generate(algorithm: Algorithm) -> Result<KeyPair, KeyError> {
    Ok(match algorithm {
        Algorithm::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
        Algorithm::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?,
        // ring signs with RSA keys but makes none.
        Algorithm::Rsa2048 => {
            let der = wharf_rsa::generate()?;
            let der = PrivatePkcs8KeyDer::from(der.as_slice());
            KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256)?
        }
        other => return Err(KeyError::Kind(other)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_can_be_requested_are_made() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::named(algorithm.name()), Some(algorithm));
            match generate(algorithm) {
                Ok(pair) => {
                    assert!(algorithm.can_be_requested());
                    let again = KeyPair::from_pem(&pair.serialize_pem()).unwrap();
                    assert_eq!(again.public_key_raw(), pair.public_key_raw());
                }
                Err(KeyError::Kind(kind)) => assert!(!kind.can_be_requested()),
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(Algorithm::named("RSA_1024"), None);
    }
}
