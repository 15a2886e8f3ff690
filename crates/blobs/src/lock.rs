//! A second key, which files may be under beside the keyring's: the folder and the keyring alone open
//! nothing of such a file, and neither does this key without them.

use std::fmt;

use ring::hkdf;
use zeroize::Zeroizing;

/// What opens locked files, beside the keyring.
#[derive(Clone)]
pub struct Lock {
    secret: Zeroizing<[u8; 32]>,
    layers: Layers,
}

/// How often bytes under a lock are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layers {
    /// Under one key, which both the lock and the keyring are needed for.
    One,
    /// Under a key of the lock's, and what comes of it under one of the keyring's.
    Two,
}

struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

impl Lock {
    pub fn new(secret: [u8; 32], layers: Layers) -> Self {
        Self {
            secret: Zeroizing::new(secret),
            layers,
        }
    }

    pub(crate) fn layers(&self) -> Layers {
        self.layers
    }

    /// The key of one file, whose data key is the salt.
    pub(crate) fn derive(&self, salt: &[u8; 32]) -> Zeroizing<[u8; 32]> {
        let about: &[u8] = match self.layers {
            Layers::One => b"wharf blob, locked once",
            Layers::Two => b"wharf blob, locked below",
        };
        let mut key = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
            .extract(&*self.secret)
            .expand(&[about], Length)
            .and_then(|okm| okm.fill(&mut *key))
            .expect("HKDF gives 32 bytes");
        key
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Lock({:?})", self.layers)
    }
}
