//! Keys that all hosts of a listener have: they seal what browsers keep, and sign what targets are told of users.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    aead::{CHACHA20_POLY1305, LessSafeKey, UnboundKey},
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use wharf_planeproto::oidc as plane;

use crate::sealing;

/// What a sealed text is for; one of another purpose does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Session,
    State,
    Nonce,
}

impl Purpose {
    fn bound_to(self, to: &[u8]) -> Vec<u8> {
        let name: &[u8] = match self {
            Self::Session => b"session",
            Self::State => b"state",
            Self::Nonce => b"nonce",
        };
        [name, b"\0", to].concat()
    }
}

struct Key {
    id: String,
    sealing: LessSafeKey,
    signing: EcdsaKeyPair,
}

/// The first one seals and signs, and all open: of the others one is to be the first, when all hosts have it, and one was.
pub struct SessionKeys(Vec<Key>);

impl std::fmt::Debug for SessionKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SessionKeys")
    }
}

impl SessionKeys {
    /// Those that can be used; `None` without any.
    pub fn read(keys: &[plane::SessionKey]) -> Option<Self> {
        let key = |it: &plane::SessionKey| {
            let secret = STANDARD.decode(&it.secret).ok()?;
            let pkcs8 = STANDARD.decode(&it.signing_key).ok()?;
            let random = SystemRandom::new();
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            Some(Key {
                id: it.id.clone(),
                sealing: LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &secret).ok()?),
                signing: EcdsaKeyPair::from_pkcs8(algorithm, &pkcs8, &random).ok()?,
            })
        };
        let keys: Vec<Key> = keys.iter().filter_map(key).collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// `None` for more than can be sealed.
    pub fn seal(&self, purpose: Purpose, to: &[u8], plain: &[u8]) -> Option<String> {
        let key = &self.0.first()?.sealing;
        sealing::seal(key, &purpose.bound_to(to), plain.to_vec())
    }

    /// What one of the keys sealed for this purpose.
    pub fn open(&self, purpose: Purpose, to: &[u8], text: &str) -> Option<Vec<u8>> {
        let (bytes, bound_to) = (sealing::decode(text)?, purpose.bound_to(to));
        self.0.iter().find_map(|key| {
            let mut sealed = bytes.clone();
            let plain = sealing::open(&key.sealing, &bound_to, &mut sealed)?;
            Some(plain.to_vec())
        })
    }

    /// The id of the key that signs.
    pub fn signing_id(&self) -> &str {
        self.0.first().map_or("", |key| &key.id)
    }

    /// A signature of ES256.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signing = &self.0.first()?.signing;
        let made = signing.sign(&SystemRandom::new(), message).ok()?;
        Some(made.as_ref().to_vec())
    }
}

/// Bytes that nobody foretells.
pub fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}
