//! The master keys in use, and sealing and opening with them.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use parking_lot::{Mutex, RwLock};
use rand::RngCore;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use wharf_base::{Opaque, Timestamp};
use zeroize::Zeroizing;

use crate::{
    envelope::{
        DATA_KEY_BYTES, HEADER_BYTES, Malformed, NONCE_BYTES, Sealed, TAG_BYTES, WRAPPED_BYTES,
        key_of,
    },
    file::{self, KeyringError, Mark, StoredKeys},
    passphrase::Lock,
    secret::Secret,
    source::{KeyringPlace, KeyringSource},
};

/// Names a master key: random, so that keyrings merged by hand never disagree about an id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; Self::BYTES]);

impl KeyId {
    pub(crate) const BYTES: usize = 8;

    pub(crate) fn mint() -> Self {
        Self(random())
    }

    pub(crate) fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl From<[u8; KeyId::BYTES]> for KeyId {
    fn from(bytes: [u8; KeyId::BYTES]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeyId({self})")
    }
}

/// Why a sealed secret stays shut. Says nothing about its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Sealed under a key that is not in this keyring: another installation's, or a key removed
    /// too early.
    #[error("sealed under key {0}, which is not in the keyring")]
    UnknownKey(KeyId),
    /// Changed since it was sealed, or sealed for something else.
    #[error("changed since it was sealed, or sealed for another purpose")]
    Refused,
}

/// The master keys. Cheap to clone; clones share a rotation.
#[derive(Clone)]
pub struct Keyring {
    home: Opaque<Home>,
    keys: Opaque<RwLock<Keys>>,
}

/// Where new keys are kept.
enum Home {
    File {
        path: PathBuf,
        protection: Option<Lock>,
        /// The file that was read, as of [`Keyring::follow`].
        seen: Mutex<Option<Mark>>,
    },
    /// It was given and cannot be changed.
    Given,
    Memory,
}

struct Keys {
    active: KeyId,
    /// Few and short-lived lookups: a list beats a map. Never empty, holds `active`.
    all: Vec<(KeyId, LessSafeKey)>,
    created: Vec<(KeyId, Timestamp)>,
}

/// What the keyring says a ciphertext is for: keeps a token from passing as a record's secret.
#[derive(Clone, Copy)]
enum Purpose {
    Record,
    Token,
    File,
}

/// Begins a sealed file.
const FILE_MAGIC: &[u8] = b"wharf-sealed/1\n";

/// Bytes of a sealed file that [`sealed_file_key`] looks at.
pub const SEALED_FILE_HEAD: usize = 64;

/// Whether a file is a sealed one; those of versions before are what they hold.
pub fn is_sealed_file(bytes: &[u8]) -> bool {
    bytes.starts_with(FILE_MAGIC)
}

/// The bytes of a sealed file that holds so many.
pub const fn sealed_file_size(plain: usize) -> usize {
    (FILE_MAGIC.len() + HEADER_BYTES + TAG_BYTES).saturating_add(plain)
}

/// The key that a file is sealed under, by its first [`SEALED_FILE_HEAD`] bytes; `None` if it is not.
pub fn sealed_file_key(bytes: &[u8]) -> Option<KeyId> {
    key_of(bytes.strip_prefix(FILE_MAGIC)?)
}

impl Keyring {
    /// Reads the keyring, or makes a file with a fresh key: mode 0600, complete on disk
    /// before it appears under its name. The folder is made (0700) if it is missing.
    ///
    /// A file that others may read, or that is damaged, is refused: with a key replaced silently
    /// every stored secret would be lost.
    pub fn read_or_create(source: &KeyringSource) -> Result<Self, KeyringError> {
        let (stored, protection) = file::open_or_create(source)?;
        Ok(Self::from_stored(&stored, Home::of(source, protection)))
    }

    /// The same of a file without a passphrase.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyringError> {
        Self::read_or_create(&path.to_owned().into())
    }

    /// Reads the keyring; a missing one is an error.
    pub fn read(source: &KeyringSource) -> Result<Self, KeyringError> {
        let (stored, protection) = file::open(source)?;
        Ok(Self::from_stored(&stored, Home::of(source, protection)))
    }

    /// A keyring that lives as long as the process: for tests and throw-away installations.
    pub fn in_memory() -> Self {
        Self::from_stored(&StoredKeys::with_one_key(), Home::Memory)
    }

    /// Adds a key and seals with it from now on; older keys keep opening what they sealed. The
    /// new key is durable before this returns.
    pub fn rotate(&self) -> Result<KeyId, KeyringError> {
        let (path, protection) = self.home.file()?;
        let stored = file::add_key(path, protection)?;
        let fresh = Keys::from_stored(&stored);
        let active = fresh.active;
        self.replace(fresh);
        Ok(active)
    }

    /// Takes over what another process wrote into the keyring's file since this one read it; true if
    /// the active key is another now. Cheap where nothing changed, and nothing for one that is no file.
    pub fn follow(&self) -> Result<bool, KeyringError> {
        let Home::File {
            path,
            protection,
            seen,
        } = &*self.home
        else {
            return Ok(false);
        };
        let mut seen = seen.lock();
        // Before the content: what is written in between is read once more.
        let mark = file::mark(path)?;
        if *seen == Some(mark) {
            return Ok(false);
        }
        let fresh = Keys::from_stored(&file::reload(path, protection.as_ref())?);
        *seen = Some(mark);
        let changed = fresh.active != self.active_key();
        self.replace(fresh);
        Ok(changed)
    }

    fn replace(&self, fresh: Keys) {
        *self.keys.write() = fresh;
    }

    /// Drops every key but the active one: what they sealed does not open any more. Durable before
    /// this returns.
    pub fn retire(&self) -> Result<Vec<KeyId>, KeyringError> {
        let (path, protection) = self.home.file()?;
        let before = self.keys();
        let fresh = Keys::from_stored(&file::keep_active(path, protection)?);
        let active = fresh.active;
        self.replace(fresh);
        let gone = before.into_iter().map(|(id, _)| id);
        Ok(gone.filter(|id| *id != active).collect())
    }

    /// All keys and when they were made, the oldest first.
    pub fn keys(&self) -> Vec<(KeyId, Timestamp)> {
        self.held().created.clone()
    }

    /// Seals for `context`, the text that [`Keyring::open`] must name again: say what it is and
    /// whose, e.g. `iam/access-key/AKIA…`.
    pub fn seal(&self, plain: &[u8], context: &str) -> Sealed {
        self.seal_for(Purpose::Record, plain, context)
    }

    pub fn open(&self, sealed: &Sealed, context: &str) -> Result<Secret, OpenError> {
        self.open_for(Purpose::Record, sealed, context)
    }

    /// A sealed token in url-safe text: session tokens, registry passwords, page tokens. Put an
    /// expiry inside; nothing here limits how long it opens.
    pub fn seal_token(&self, plain: &[u8], context: &str) -> String {
        self.seal_for(Purpose::Token, plain, context).encode()
    }

    /// Opens a token that came from outside. Limit its length before, as the protocol says.
    pub fn open_token(&self, token: &str, context: &str) -> Result<Secret, OpenError> {
        self.open_for(Purpose::Token, &Sealed::decode(token)?, context)
    }

    /// The bytes of a file that holds a secret; [`is_sealed_file`] knows them.
    pub fn seal_file(&self, plain: &[u8], context: &str) -> Vec<u8> {
        let sealed = self.seal_for(Purpose::File, plain, context);
        [FILE_MAGIC, &sealed.to_bytes()].concat()
    }

    /// Opens [`Keyring::seal_file`]. Limit the length before.
    pub fn open_file(&self, bytes: &[u8], context: &str) -> Result<Secret, OpenError> {
        let sealed = bytes.strip_prefix(FILE_MAGIC).ok_or(Malformed)?;
        self.open_for(Purpose::File, &Sealed::from_bytes(sealed)?, context)
    }

    /// A sealed file's bytes under the active key; `None` if they are already, or no sealed file's.
    pub fn reseal_file(&self, bytes: &[u8], context: &str) -> Result<Option<Vec<u8>>, OpenError> {
        if sealed_file_key(bytes).is_none_or(|key| key == self.active_key()) {
            return Ok(None);
        }
        let plain = self.open_file(bytes, context)?;
        Ok(Some(self.seal_file(plain.expose(), context)))
    }

    /// The same secret sealed under the active key; `None` if it already is. After a rotation a
    /// sweep over the records calls this, and then the old key can go.
    pub fn reseal(&self, sealed: &Sealed, context: &str) -> Result<Option<Sealed>, OpenError> {
        if self.held().active == sealed.key {
            return Ok(None);
        }
        let plain = self.open(sealed, context)?;
        Ok(Some(self.seal(plain.expose(), context)))
    }

    /// The same for a token that is stored.
    pub fn reseal_token(
        &self,
        sealed: &Sealed,
        context: &str,
    ) -> Result<Option<Sealed>, OpenError> {
        if sealed.key == self.held().active {
            return Ok(None);
        }
        let plain = self.open_for(Purpose::Token, sealed, context)?;
        Ok(Some(self.seal_for(Purpose::Token, plain.expose(), context)))
    }

    /// Whether a token that opens needs no sealing anew.
    pub fn is_sealed_under_active(&self, token: &str) -> bool {
        let active = self.held().active;
        Sealed::decode(token).is_ok_and(|sealed| sealed.key == active)
    }

    pub fn active_key(&self) -> KeyId {
        self.held().active
    }

    fn seal_for(&self, purpose: Purpose, plain: &[u8], context: &str) -> Sealed {
        let data_key = Zeroizing::new(random::<DATA_KEY_BYTES>());
        let nonce = random::<NONCE_BYTES>();
        let keys = self.held();
        let bound = associated(purpose, keys.active, context);

        let mut wrapped = [0; WRAPPED_BYTES];
        wrapped[..DATA_KEY_BYTES].copy_from_slice(&*data_key);
        let tag = keys
            .get(keys.active)
            .expect("the active key is in the ring")
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(&bound),
                &mut wrapped[..DATA_KEY_BYTES],
            )
            .expect("32 bytes are within AES-GCM's limit");
        wrapped[DATA_KEY_BYTES..].copy_from_slice(tag.as_ref());

        let mut body = plain.to_vec();
        aead_key(&data_key)
            .seal_in_place_append_tag(single_use_nonce(), Aad::from(&bound), &mut body)
            .expect("no secret nears AES-GCM's limit of 64 GiB");
        Sealed {
            key: keys.active,
            nonce,
            wrapped,
            body,
        }
    }

    fn open_for(
        &self,
        purpose: Purpose,
        sealed: &Sealed,
        context: &str,
    ) -> Result<Secret, OpenError> {
        let keys = self.held();
        let master = keys
            .get(sealed.key)
            .ok_or(OpenError::UnknownKey(sealed.key))?;
        let bound = associated(purpose, sealed.key, context);

        let mut data_key = Zeroizing::new(sealed.wrapped);
        let nonce = Nonce::assume_unique_for_key(sealed.nonce);
        master
            .open_in_place(nonce, Aad::from(&bound), data_key.as_mut_slice())
            .map_err(|_| OpenError::Refused)?;
        let (data_key, _tag) = data_key
            .split_first_chunk::<DATA_KEY_BYTES>()
            .ok_or(OpenError::Refused)?;

        let mut body = Zeroizing::new(sealed.body.clone());
        let plain = aead_key(data_key)
            .open_in_place(single_use_nonce(), Aad::from(&bound), body.as_mut_slice())
            .map_err(|_| OpenError::Refused)?;
        Ok(Secret::from(&*plain))
    }

    fn from_stored(stored: &StoredKeys, home: Home) -> Self {
        Self {
            home: Opaque::new(home),
            keys: Opaque::new(RwLock::new(Keys::from_stored(stored))),
        }
    }

    fn held(&self) -> parking_lot::RwLockReadGuard<'_, Keys> {
        // A poisoned lock still guards whole values: the only writer replaces them in one step.
        self.keys.read()
    }
}

impl Home {
    fn of(source: &KeyringSource, protection: Option<Lock>) -> Self {
        match &source.place {
            KeyringPlace::File(path) => Self::File {
                path: path.clone(),
                protection,
                seen: Mutex::default(),
            },
            KeyringPlace::Given(_) => Self::Given,
        }
    }

    fn file(&self) -> Result<(&Path, Option<&Lock>), KeyringError> {
        match self {
            Self::File {
                path, protection, ..
            } => Ok((path, protection.as_ref())),
            Self::Given => Err(KeyringError::Given),
            Self::Memory => Err(KeyringError::InMemory),
        }
    }
}

impl Keys {
    fn from_stored(stored: &StoredKeys) -> Self {
        let all = stored
            .keys
            .iter()
            .map(|(id, key)| (*id, aead_key(key)))
            .collect();
        let ids = stored.keys.iter().map(|(id, _)| *id);
        Self {
            active: stored.active,
            all,
            created: ids.zip(stored.created.iter().copied()).collect(),
        }
    }

    fn get(&self, id: KeyId) -> Option<&LessSafeKey> {
        self.all
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, key)| key)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Keyring(active {})", self.held().active)
    }
}

/// What both layers authenticate beside the ciphertext. The context comes last and the rest has a
/// fixed length, so no two triples share a text.
fn associated(purpose: Purpose, key: KeyId, context: &str) -> Vec<u8> {
    let purpose: &[u8; 6] = match purpose {
        Purpose::Record => b"record",
        Purpose::Token => b"token ",
        Purpose::File => b"file  ",
    };
    [
        b"wharf/seal/1 ".as_slice(),
        purpose,
        key.bytes(),
        context.as_bytes(),
    ]
    .concat()
}

pub(crate) fn aead_key(bytes: &[u8; DATA_KEY_BYTES]) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM, bytes).expect("AES-256 takes 32 bytes");
    LessSafeKey::new(key)
}

/// A data key encrypts exactly one body, so its nonce may be constant.
pub(crate) fn single_use_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_BYTES])
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

pub(crate) fn mint_key() -> Zeroizing<[u8; DATA_KEY_BYTES]> {
    Zeroizing::new(random())
}

#[cfg(test)]
mod tests;
