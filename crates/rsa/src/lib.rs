//! RSA keys that wharf makes for itself, and their signatures (RSASSA-PKCS1-v1_5).
//!
//! Everything done with a private key is AWS-LC's, whose arithmetic takes the same time for all keys and messages.
//! It is here, apart, for what ring cannot do (make a key) and `aws-lc-rs` does not offer (sign a SHA-1 digest, which
//! `SignatureVersion` 1 of SNS asks for): the second needs a few calls into the C library, all of them in [`legacy`].

mod legacy;

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use zeroize::Zeroizing;

use legacy::LegacyKey;

/// What did not work. Says nothing of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RsaError {
    #[error("an RSA key cannot be made")]
    Generate,
    #[error("an RSA key cannot be read")]
    Read,
    #[error("an RSA key cannot sign")]
    Sign,
}

/// The digest that is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// For those whose protocol has nothing else: collisions can be made.
    Sha1,
    Sha256,
}

/// A new key of 2048 bits in PKCS #8. Takes up to a second: not for a thread that others wait for.
///
/// # Errors
/// The system has no randomness.
pub fn generate() -> Result<Zeroizing<Vec<u8>>, RsaError> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| RsaError::Generate)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| RsaError::Generate)?;
    Ok(Zeroizing::new(der.as_ref().to_vec()))
}

/// A key that signs.
pub struct SigningKey {
    pair: RsaKeyPair,
    legacy: LegacyKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

impl SigningKey {
    /// # Errors
    /// The bytes are no RSA key in PKCS #8, or one of less than 2048 bits.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, RsaError> {
        Ok(Self {
            pair: RsaKeyPair::from_pkcs8(der).map_err(|_| RsaError::Read)?,
            legacy: LegacyKey::from_pkcs8(der)?,
        })
    }

    /// Signs the digest of a message. Takes about a millisecond.
    ///
    /// # Errors
    /// There is no memory, or the key is broken.
    pub fn sign(&self, digest: Digest, message: &[u8]) -> Result<Vec<u8>, RsaError> {
        match digest {
            Digest::Sha1 => self.legacy.sign_sha1(message),
            Digest::Sha256 => {
                let mut signature = vec![0; self.pair.public_modulus_len()];
                let random = SystemRandom::new();
                self.pair
                    .sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| RsaError::Sign)?;
                Ok(signature)
            }
        }
    }
}

#[cfg(test)]
mod tests;
