//! Sealing of many things under one key: each under a key of its own, derived from the common one and a random salt.
//!
//! So no nonce is ever used twice under a key, however many there are.

use ring::hkdf;
use zeroize::Zeroizing;

use crate::{
    Secret,
    envelope::DATA_KEY_BYTES,
    keyring::{OpenError, random},
    once::{open_once, seal_once},
};

const SALT_BYTES: usize = 32;

/// A key that many things are sealed under. It prints as nothing and is wiped when it is dropped.
pub struct SharedKey(Zeroizing<[u8; DATA_KEY_BYTES]>);

impl std::fmt::Debug for SharedKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SharedKey")
    }
}

impl SharedKey {
    /// Bytes of a new one.
    pub fn generate() -> Zeroizing<[u8; DATA_KEY_BYTES]> {
        Zeroizing::new(random())
    }

    /// From its bytes; `None` if they are not as many as a key has.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    fn derived(&self, salt: &[u8]) -> Zeroizing<[u8; DATA_KEY_BYTES]> {
        let key = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&*self.0);
        let mut derived = Zeroizing::new([0; DATA_KEY_BYTES]);
        key.expand(&[], hkdf::HKDF_SHA256)
            .and_then(|it| it.fill(derived.as_mut_slice()))
            .expect("a key is no longer than the hash");
        derived
    }

    pub fn seal(&self, plain: &[u8], context: &str) -> Vec<u8> {
        let salt: [u8; SALT_BYTES] = random();
        let sealed = seal_once(&self.derived(&salt), plain, context);
        [&salt[..], &sealed].concat()
    }

    /// # Errors
    /// It was changed, or sealed under another key or for another context.
    pub fn open(&self, sealed: &[u8], context: &str) -> Result<Secret, OpenError> {
        let split = sealed.split_at_checked(SALT_BYTES);
        let (salt, sealed) = split.ok_or(OpenError::Refused)?;
        open_once(&self.derived(salt), sealed, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_where_it_belongs() {
        let key = SharedKey::read(&*SharedKey::generate()).unwrap();
        let (one, two) = (key.seal(b"plain", "a"), key.seal(b"plain", "a"));
        assert_ne!(one[SALT_BYTES..], two[SALT_BYTES..]);
        assert_eq!(key.open(&one, "a").unwrap().expose(), b"plain");
        assert!(key.open(&one, "b").is_err());
        let other = SharedKey::read(&[7; DATA_KEY_BYTES]).unwrap();
        assert!(other.open(&one, "a").is_err());
        for end in [0, 1, SALT_BYTES, one.len() - 1] {
            assert!(key.open(&one[..end], "a").is_err(), "{end}");
        }
        let mut changed = one;
        changed[0] ^= 1;
        assert!(key.open(&changed, "a").is_err());
        assert!(SharedKey::read(b"short").is_none());
    }
}
