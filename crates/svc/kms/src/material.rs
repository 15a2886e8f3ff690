//! Key material: made, and used through aws-lc-rs. No algorithm is written here.
//!
//! Symmetric and HMAC keys are their bytes, private keys are PKCS #8, public ones SubjectPublicKeyInfo.

pub mod asymmetric;
mod edwards;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Salt},
    hmac,
};
use wharf_seal::Secret;
use zeroize::Zeroizing;

use crate::{
    ciphertext::{Blob, Context, NONCE, SALT},
    names::KeyId,
    spec::Spec,
};

/// Bytes of a symmetric key.
const KEY: usize = 32;

/// The library refused, which it does for no input that got here, or was given no randomness.
#[derive(Debug, thiserror::Error)]
#[error("a cryptographic operation failed")]
pub struct Failed;

impl From<aws_lc_rs::error::Unspecified> for Failed {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

impl From<aws_lc_rs::error::KeyRejected> for Failed {
    fn from(_: aws_lc_rs::error::KeyRejected) -> Self {
        Self
    }
}

/// New material.
pub struct Made {
    pub secret: Secret,
    /// Of an asymmetric key.
    pub public: Option<Vec<u8>>,
}

/// Bytes of keys that are nothing else.
fn length(spec: Spec) -> Option<usize> {
    match spec {
        Spec::Symmetric | Spec::Hmac256 => Some(32),
        Spec::Hmac224 => Some(28),
        Spec::Hmac384 => Some(48),
        Spec::Hmac512 => Some(64),
        _ => None,
    }
}

/// Makes material of a type. RSA keys take up to seconds.
///
/// # Errors
/// The library's.
pub fn generate(spec: Spec) -> Result<Made, Failed> {
    let Some(length) = length(spec) else {
        return asymmetric::generate(spec);
    };
    Ok(Made {
        secret: random(length)?,
        public: None,
    })
}

/// Material that somebody else made, for a key of a type. That of one private key is always the same, however it
/// was written.
///
/// # Errors
/// It is of another type or length, or none at all.
pub fn imported(spec: Spec, given: &[u8]) -> Result<Made, Failed> {
    match length(spec) {
        None => asymmetric::from_pkcs8(spec, given),
        Some(length) if length == given.len() => Ok(Made {
            secret: given.into(),
            public: None,
        }),
        Some(_) => Err(Failed),
    }
}

/// Random bytes.
///
/// # Errors
/// The system has none.
pub fn random(length: usize) -> Result<Secret, Failed> {
    let mut bytes = vec![0; length];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(bytes.into())
}

/// Where a ciphertext comes from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub account: &'a str,
    pub key: KeyId,
    pub material: u32,
}

/// Encrypts under a key that is used for this one message: it is derived from the material and a salt,
/// so the number of messages of a key is not limited by its nonces.
///
/// # Errors
/// The library's.
pub fn encrypt(
    secret: &Secret,
    source: Source<'_>,
    context: &Context,
    plain: &[u8],
) -> Result<Vec<u8>, Failed> {
    let mut blob = Blob {
        account: source.account.to_owned(),
        key: source.key,
        material: source.material,
        salt: [0; SALT],
        nonce: [0; NONCE],
        body: Vec::new(),
    };
    aws_lc_rs::rand::fill(&mut blob.salt)?;
    aws_lc_rs::rand::fill(&mut blob.nonce)?;
    let key = message_key(secret, &blob.salt)?;
    let mut body = plain.to_vec();
    let nonce = Nonce::assume_unique_for_key(blob.nonce);
    let aad = Aad::from(blob.associated(context));
    key.seal_in_place_append_tag(nonce, aad, &mut body)?;
    blob.body = body;
    Ok(blob.to_bytes())
}

/// Opens what [`encrypt`] made.
///
/// # Errors
/// It was changed, or made by another key or for another context.
pub fn decrypt(secret: &Secret, blob: &Blob, context: &Context) -> Result<Secret, Failed> {
    let key = message_key(secret, &blob.salt)?;
    let nonce = Nonce::assume_unique_for_key(blob.nonce);
    let aad = Aad::from(blob.associated(context));
    let mut body = Zeroizing::new(blob.body.clone());
    let plain = key.open_in_place(nonce, aad, body.as_mut_slice())?;
    Ok(Secret::from(&*plain))
}

fn message_key(secret: &Secret, salt: &[u8]) -> Result<LessSafeKey, Failed> {
    struct Length;
    impl KeyType for Length {
        fn len(&self) -> usize {
            KEY
        }
    }
    let mut key = Zeroizing::new([0; KEY]);
    let derived = Salt::new(HKDF_SHA256, salt).extract(secret.expose());
    let derived = derived.expand(&[b"wharf kms SYMMETRIC_DEFAULT"], Length)?;
    derived.fill(key.as_mut_slice())?;
    let key = UnboundKey::new(&AES_256_GCM, key.as_slice())?;
    Ok(LessSafeKey::new(key))
}

/// The code of a message.
pub fn mac(spec: Spec, secret: &Secret, message: &[u8]) -> Vec<u8> {
    let tag = hmac::sign(&mac_key(spec, secret), message);
    tag.as_ref().to_vec()
}

/// Whether a code is that of a message, in constant time.
pub fn is_mac(spec: Spec, secret: &Secret, message: &[u8], code: &[u8]) -> bool {
    hmac::verify(&mac_key(spec, secret), message, code).is_ok()
}

fn mac_key(spec: Spec, secret: &Secret) -> hmac::Key {
    let algorithm = match spec {
        Spec::Hmac224 => hmac::HMAC_SHA224,
        Spec::Hmac384 => hmac::HMAC_SHA384,
        Spec::Hmac512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    hmac::Key::new(algorithm, secret.expose())
}

#[cfg(test)]
mod tests;
