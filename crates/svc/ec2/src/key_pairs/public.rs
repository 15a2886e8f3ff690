//! Public keys as users hand them in, and fingerprints.

use aws_lc_rs::{
    digest,
    encoding::{AsDer, PublicKeyX509Der},
    rsa::{PublicEncryptingKey, PublicKeyComponents},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};

use super::{
    KeyType,
    ssh::{Reader, rsa_blob},
};

/// Longer ones are no key.
const MAX_TEXT: usize = 16 * 1024;
/// Bytes of the moduli that EC2 takes.
const MODULI: [usize; 3] = [128, 256, 512];

/// A public key that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub key_type: KeyType,
    /// As SSH sends it.
    pub blob: Vec<u8>,
    pub fingerprint: String,
}

/// A line of OpenSSH's: algorithm, base 64, a comment.
pub fn read(text: &[u8]) -> Option<PublicKey> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?.trim();
    if text.contains('\n') {
        return None;
    }
    let mut parts = text.split_ascii_whitespace();
    let (algorithm, blob) = (parts.next()?, STANDARD.decode(parts.next()?).ok()?);
    let mut reader = Reader(&blob);
    if reader.string()? != algorithm.as_bytes() {
        return None;
    }
    let (key_type, fingerprint) = match algorithm {
        "ssh-ed25519" => {
            let key = reader.string()?;
            (key.len() == 32).then_some((KeyType::Ed25519, of_blob(&blob)))?
        }
        "ssh-rsa" => {
            let (exponent, modulus) = (reader.mpint()?, reader.mpint()?);
            let known = MODULI.contains(&modulus.len()) && exponent.len() <= 8;
            known.then_some(())?;
            // Written anew, a key has one form.
            (rsa_blob(exponent, modulus) == blob).then_some(())?;
            (KeyType::Rsa, of_public_rsa(exponent, modulus)?)
        }
        _ => return None,
    };
    reader.0.is_empty().then_some(PublicKey {
        key_type,
        blob,
        fingerprint,
    })
}

/// Of a key of Ed25519: SHA-256 of what SSH sends, in base 64.
pub fn of_blob(blob: &[u8]) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, blob))
}

/// Of an RSA key that was imported: MD5 of its public half.
fn of_public_rsa(exponent: &[u8], modulus: &[u8]) -> Option<String> {
    let components = PublicKeyComponents {
        n: modulus,
        e: exponent,
    };
    let key: PublicEncryptingKey = components.try_into().ok()?;
    let der: PublicKeyX509Der<'_> = key.as_der().ok()?;
    Some(colons(&Md5::digest(der.as_ref())))
}

/// Of an RSA key that was made here: SHA-1 of its private half, as PKCS #8 writes it.
pub fn of_private_rsa(pkcs8: &[u8]) -> String {
    colons(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, pkcs8).as_ref())
}

fn colons(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|it| format!("{it:02x}")).collect();
    pairs.join(":")
}

/// Any bytes as a public key.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    if let Some(key) = read(bytes) {
        assert!(!key.fingerprint.is_empty());
    }
}

#[cfg(test)]
mod tests;
