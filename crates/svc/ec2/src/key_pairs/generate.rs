//! New keys, and the files of their private halves.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::{Ed25519KeyPair, KeyPair as _, RsaKeyPair},
};
use pkcs1::{RsaPrivateKey, der::Decode};
use pkcs8::PrivateKeyInfo;
use rand::Rng;
use zeroize::Zeroizing;

use super::{
    KeyType,
    public::{PublicKey, of_blob, of_private_rsa},
    putty,
    ssh::{ed25519_blob, ed25519_file, mpint, pem, rsa_blob, string},
};

/// Of private keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenSSH's: PKCS #1 for RSA, its own for Ed25519.
    Pem,
    /// PuTTY's.
    Ppk,
}

/// A key could not be made, which is no fault of anybody's input.
#[derive(Debug, thiserror::Error)]
#[error("no key could be made")]
pub struct Failed;

impl From<aws_lc_rs::error::Unspecified> for Failed {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

/// The public half, and the file of the private one.
pub type Made = (PublicKey, Zeroizing<String>);

/// Takes long for RSA: tens of milliseconds to seconds.
pub fn generate(key_type: KeyType, format: Format, name: &str) -> Result<Made, Failed> {
    match key_type {
        KeyType::Rsa => rsa(format, name),
        KeyType::Ed25519 => ed25519(format, name),
    }
}

fn rsa(format: Format, name: &str) -> Result<Made, Failed> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der()?;
    let info = PrivateKeyInfo::try_from(pkcs8.as_ref()).map_err(|_| Failed)?;
    let key = RsaPrivateKey::from_der(info.private_key).map_err(|_| Failed)?;
    let blob = rsa_blob(key.public_exponent.as_bytes(), key.modulus.as_bytes());
    let file = match format {
        Format::Pem => pem("RSA PRIVATE KEY", info.private_key, 64),
        Format::Ppk => {
            let mut private = Zeroizing::new(Vec::with_capacity(1024));
            mpint(&mut private, key.private_exponent.as_bytes());
            mpint(&mut private, key.prime1.as_bytes());
            mpint(&mut private, key.prime2.as_bytes());
            mpint(&mut private, key.coefficient.as_bytes());
            putty::file(KeyType::Rsa.algorithm(), name, &blob, &private)
        }
    };
    let public = PublicKey {
        key_type: KeyType::Rsa,
        fingerprint: of_private_rsa(pkcs8.as_ref()),
        blob,
    };
    Ok((public, file))
}

fn ed25519(format: Format, name: &str) -> Result<Made, Failed> {
    let mut rng = rand::rng();
    let seed = Zeroizing::new(rng.random::<[u8; 32]>());
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).map_err(|_| Failed)?;
    let public = pair.public_key().as_ref();
    let blob = ed25519_blob(public);
    let file = match format {
        Format::Pem => ed25519_file(seed.as_ref(), public, name, rng.random()),
        Format::Ppk => {
            let mut private = Zeroizing::new(Vec::with_capacity(64));
            string(&mut private, seed.as_ref());
            putty::file(KeyType::Ed25519.algorithm(), name, &blob, &private)
        }
    };
    let public = PublicKey {
        key_type: KeyType::Ed25519,
        fingerprint: of_blob(&blob),
        blob,
    };
    Ok((public, file))
}

#[cfg(test)]
mod tests {
    use super::{super::public::read, *};
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    #[test]
    fn public_halves_can_be_read_again() {
        for (key_type, length) in [(KeyType::Rsa, 59), (KeyType::Ed25519, 44)] {
            for (format, head) in [
                (Format::Pem, "-----BEGIN "),
                (Format::Ppk, "PuTTY-User-Key-File-2: "),
            ] {
                let (public, file) = generate(key_type, format, "name").unwrap();
                assert!(file.starts_with(head) && file.ends_with('\n'));
                assert_eq!(public.fingerprint.len(), length);
                let line = format!("{} {}", key_type.algorithm(), STANDARD.encode(&public.blob));
                let again = read(line.as_bytes()).unwrap();
                assert_eq!((again.key_type, again.blob), (key_type, public.blob));
            }
        }
    }

    #[test]
    fn no_two_keys_are_the_same() {
        let one = || generate(KeyType::Ed25519, Format::Pem, "name").unwrap().0;
        assert_ne!(one(), one());
    }
}
