//! Ed25519: whole messages by aws-lc-rs, digests by `wharf-edwards`.
//!
//! What is signed as a digest is digested once more, as Ed25519ph does with every message: so does AWS.

use aws_lc_rs::{
    digest::SHA512_OUTPUT_LEN,
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
    signature::{self, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use wharf_edwards::SEED;
use wharf_seal::Secret;

use super::{Failed, Made, asymmetric::Message};
use crate::spec::{ED25519, ED25519_PH};

pub fn generate() -> Result<Made, Failed> {
    made(&Ed25519KeyPair::generate()?)
}

/// A private key that somebody else made, in PKCS #8.
///
/// # Errors
/// It is of another type; its public half is another's.
pub fn from_pkcs8(given: &[u8]) -> Result<Made, Failed> {
    made(&Ed25519KeyPair::from_pkcs8(given)?)
}

fn made(pair: &Ed25519KeyPair) -> Result<Made, Failed> {
    let private: Pkcs8V1Der<'_> = pair.as_der()?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der()?;
    Ok(Made {
        secret: private.as_ref().into(),
        public: Some(public.as_ref().to_vec()),
    })
}

/// Signs with one of the two algorithms, each of which has its kind of message.
///
/// # Errors
/// The other kind; the library's.
pub fn sign(secret: &Secret, algorithm: &str, message: Message<'_>) -> Result<Vec<u8>, Failed> {
    match (algorithm, message) {
        (ED25519, Message::Raw(bytes)) => {
            let pair = Ed25519KeyPair::from_pkcs8(secret.expose())?;
            Ok(pair.try_sign(bytes)?.as_ref().to_vec())
        }
        (ED25519_PH, Message::Digest(bytes)) if bytes.len() == SHA512_OUTPUT_LEN => {
            // The seed is the end of what [`made`] wrote.
            let seed = secret.expose().last_chunk::<SEED>().ok_or(Failed)?;
            let made = wharf_edwards::sign_prehashed(seed, bytes);
            Ok(made.map_err(|_| Failed)?.to_vec())
        }
        _ => Err(Failed),
    }
}

/// Whether a signature is one of the message by the key.
pub fn verify(public: &[u8], algorithm: &str, message: Message<'_>, made: &[u8]) -> bool {
    match (algorithm, message) {
        (ED25519, Message::Raw(bytes)) => {
            let key = UnparsedPublicKey::new(&signature::ED25519, public);
            key.verify(bytes, made).is_ok()
        }
        (ED25519_PH, Message::Digest(bytes)) if bytes.len() == SHA512_OUTPUT_LEN => {
            // The key itself is the end of its SubjectPublicKeyInfo.
            let (Some(public), Ok(made)) = (public.last_chunk(), made.try_into()) else {
                return false;
            };
            wharf_edwards::is_prehashed_signature(public, bytes, made)
        }
        _ => false,
    }
}
