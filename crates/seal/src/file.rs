//! The keyring's file: JSON, mode 0600, replaced as a whole; sealed as a whole under a passphrase, if it
//! has one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use nix::{
    fcntl::{Flock, FlockArg, OFlag},
    unistd::geteuid,
};
use serde::{Deserialize, Serialize};
use wharf_base::{Clock, SystemClock, Timestamp};
use wharf_durable::{self as durable, Durability};
use zeroize::Zeroizing;

use crate::{
    envelope::DATA_KEY_BYTES,
    keyring::{KeyId, mint_key},
    passphrase::{self, Lock, Locked, Unlock},
    secret::Secret,
    source::{KeyringPlace, KeyringSource},
};

const FORMAT: u32 = 1;
/// A keyring holds a few keys of about 150 bytes each; anything longer is no keyring.
pub(crate) const MAX_FILE_BYTES: u64 = 64 * 1024;
/// Far more rotations than records are kept for.
const MAX_KEYS: usize = 256;

/// Why the keyring cannot be used. No text quotes what the file holds.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("cannot {step} {path}")]
    Io {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "keyring {path} can be read or changed by others (mode {mode:03o}, owner {owner}): run `chown` and `chmod 600` on it, and rotate its keys if somebody may have read it"
    )]
    Exposed {
        path: PathBuf,
        mode: u32,
        owner: u32,
    },
    #[error(
        "keyring {path} is damaged ({what}): restore it from its backup; the secrets sealed under its keys cannot be read without it"
    )]
    Damaged { path: PathBuf, what: &'static str },
    #[error(
        "keyring {path} is missing: put it back from its backup, or say where it is; the secrets sealed under its keys cannot be read without it"
    )]
    Missing { path: PathBuf },
    #[error("keyring {path} is protected by a passphrase: give it with --keyring-passphrase-file")]
    PassphraseNeeded { path: PathBuf },
    #[error("the passphrase is not that of keyring {path}")]
    WrongPassphrase { path: PathBuf },
    #[error(
        "a passphrase was given and keyring {path} has none: set one with `wharf keys passphrase`, or give none"
    )]
    NotProtected { path: PathBuf },
    #[error(
        "the passphrase of keyring {path} was changed since this process read it: start wharf again"
    )]
    PassphraseChanged { path: PathBuf },
    #[error(
        "the keyring was given by a descriptor, which cannot be written: start once with --keyring-file and the same keys, rotate them, and put the new file where the keyring comes from"
    )]
    Given,
    #[error("keyring {path} already holds {MAX_KEYS} keys")]
    Full { path: PathBuf },
    #[error("a keyring in memory has no file to keep a new key in")]
    InMemory,
}

/// The keys as read: `active` is among `keys`.
pub(crate) struct StoredKeys {
    pub active: KeyId,
    pub keys: Vec<(KeyId, Zeroizing<[u8; DATA_KEY_BYTES]>)>,
    /// One a key.
    pub created: Vec<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    active: String,
    keys: Vec<DocumentKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentKey {
    id: String,
    created: Timestamp,
    key: Zeroizing<String>,
}

impl StoredKeys {
    pub(crate) fn with_one_key() -> Self {
        let id = KeyId::mint();
        Self {
            active: id,
            keys: vec![(id, mint_key())],
            created: vec![SystemClock.now()],
        }
    }

    fn with_new_key(mut self) -> Self {
        let id = KeyId::mint();
        self.keys.push((id, mint_key()));
        self.created.push(SystemClock.now());
        self.active = id;
        self
    }

    fn with_active_key_alone(self) -> Self {
        let active = self.active;
        let pairs = self.keys.into_iter().zip(self.created);
        let (keys, created) = pairs.filter(|((id, _), _)| *id == active).unzip();
        Self {
            active,
            keys,
            created,
        }
    }

    pub(crate) fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let keys = self
            .keys
            .iter()
            .zip(&self.created)
            .map(|((id, key), created)| DocumentKey {
                id: id.to_string(),
                created: *created,
                key: Zeroizing::new(STANDARD.encode(key.as_slice())),
            });
        let document = Document {
            format: FORMAT,
            active: self.active.to_string(),
            keys: keys.collect(),
        };
        Zeroizing::new(serde_json::to_vec_pretty(&document).expect("strings and numbers only"))
    }

    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, &'static str> {
        // The parser's own message could quote a key, so it is dropped.
        let document: Document =
            serde_json::from_slice(bytes).map_err(|_| "not the expected JSON")?;
        if document.format != FORMAT {
            return Err("written by another version");
        }
        if document.keys.len() > MAX_KEYS {
            return Err("too many keys");
        }
        let active = parse_id(&document.active).ok_or("bad key id")?;
        let mut stored = Self {
            active,
            keys: Vec::new(),
            created: Vec::new(),
        };
        for entry in document.keys {
            let id = parse_id(&entry.id).ok_or("bad key id")?;
            if stored.keys.iter().any(|(known, _)| *known == id) {
                return Err("a key id twice");
            }
            let raw = Zeroizing::new(
                STANDARD
                    .decode(entry.key.as_bytes())
                    .map_err(|_| "bad key")?,
            );
            let mut key = Zeroizing::new([0; DATA_KEY_BYTES]);
            if raw.len() != key.len() {
                return Err("a key of the wrong length");
            }
            key.copy_from_slice(&raw);
            stored.keys.push((id, key));
            stored.created.push(entry.created);
        }
        if !stored.keys.iter().any(|(id, _)| *id == active) {
            return Err("the active key is missing");
        }
        Ok(stored)
    }
}

/// What is read, and what the file is protected by.
type Opened = (StoredKeys, Option<Lock>);

/// Reads what is there.
pub(crate) fn open(source: &KeyringSource) -> Result<Opened, KeyringError> {
    let missing = || KeyringError::Missing {
        path: source.name(),
    };
    match &source.place {
        KeyringPlace::File(path) => load(path, source.unlock())?.ok_or_else(missing),
        KeyringPlace::Given(document) => parse(document.expose(), &source.name(), source.unlock()),
    }
}

/// The same; a file that is missing is made.
pub(crate) fn open_or_create(source: &KeyringSource) -> Result<Opened, KeyringError> {
    let KeyringPlace::File(path) = &source.place else {
        return open(source);
    };
    create_folder(path)?;
    let _lock = lock(path)?;
    if let Some(opened) = load(path, source.unlock())? {
        return Ok(opened);
    }
    let stored = StoredKeys::with_one_key();
    let protection = source.passphrase.as_ref().map(Lock::new);
    replace(path, &stored, protection.as_ref())?;
    Ok((stored, protection))
}

pub(crate) fn add_key(path: &Path, protection: Option<&Lock>) -> Result<StoredKeys, KeyringError> {
    let _lock = lock(path)?;
    let stored = reload(path, protection)?;
    if stored.keys.len() >= MAX_KEYS {
        return Err(KeyringError::Full {
            path: path.to_owned(),
        });
    }
    let stored = stored.with_new_key();
    replace(path, &stored, protection)?;
    Ok(stored)
}

pub(crate) fn keep_active(
    path: &Path,
    protection: Option<&Lock>,
) -> Result<StoredKeys, KeyringError> {
    let _lock = lock(path)?;
    let stored = reload(path, protection)?.with_active_key_alone();
    replace(path, &stored, protection)?;
    Ok(stored)
}

pub(crate) fn set_passphrase(
    path: &Path,
    current: Option<&Secret>,
    new: Option<&Secret>,
) -> Result<(), KeyringError> {
    let _lock = lock(path)?;
    let unlock = current.map_or(Unlock::Nothing, Unlock::Passphrase);
    let opened = load(path, unlock)?;
    let (stored, _) = opened.ok_or_else(|| KeyringError::Missing {
        path: path.to_owned(),
    })?;
    replace(path, &stored, new.map(Lock::new).as_ref())
}

/// Tells a file from the one that is put in its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    inode: u64,
    changed: (i64, i64),
}

pub(crate) fn mark(path: &Path) -> Result<Mark, KeyringError> {
    let meta = fs::symlink_metadata(path).map_err(failed("read", path))?;
    Ok(Mark {
        inode: meta.ino(),
        changed: (meta.ctime(), meta.ctime_nsec()),
    })
}

/// As it was opened before, by the same process.
pub(crate) fn reload(path: &Path, protection: Option<&Lock>) -> Result<StoredKeys, KeyringError> {
    let unlock = protection.map_or(Unlock::Nothing, Unlock::Lock);
    let changed = || KeyringError::PassphraseChanged {
        path: path.to_owned(),
    };
    match load(path, unlock) {
        Ok(Some((stored, _))) => Ok(stored),
        Ok(None) => Err(KeyringError::Damaged {
            path: path.to_owned(),
            what: "the file is gone",
        }),
        Err(KeyringError::PassphraseNeeded { .. } | KeyringError::NotProtected { .. }) => {
            Err(changed())
        }
        Err(other) => Err(other),
    }
}

/// `None` if there is no such file.
fn load(path: &Path, unlock: Unlock<'_>) -> Result<Option<Opened>, KeyringError> {
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).bits();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed("open", path)(e)),
    };
    let meta = file.metadata().map_err(failed("read", path))?;
    if !meta.is_file() || meta.len() > MAX_FILE_BYTES {
        return Err(KeyringError::Damaged {
            path: path.to_owned(),
            what: "no small plain file",
        });
    }
    let mode = meta.mode() & 0o777;
    if mode & 0o077 != 0 || meta.uid() != geteuid().as_raw() {
        return Err(KeyringError::Exposed {
            path: path.to_owned(),
            mode,
            owner: meta.uid(),
        });
    }
    // Reserved whole, so that reading leaves no outgrown copy of the keys behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE_BYTES as usize + 1));
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed("read", path))?;
    parse(&bytes, path, unlock).map(Some)
}

/// A document of either form; `path` is for errors.
pub(crate) fn parse(bytes: &[u8], path: &Path, unlock: Unlock<'_>) -> Result<Opened, KeyringError> {
    #[derive(Deserialize)]
    struct Form {
        format: u32,
    }
    let path = || path.to_owned();
    let damaged = |what| KeyringError::Damaged { path: path(), what };
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(damaged("longer than any keyring"));
    }
    let form: Form = serde_json::from_slice(bytes).map_err(|_| damaged("not the expected JSON"))?;
    if form.format != passphrase::FORMAT {
        let stored = StoredKeys::from_json(bytes).map_err(damaged)?;
        return match unlock {
            Unlock::Nothing => Ok((stored, None)),
            // Whoever gives a passphrase believes that one is needed.
            _ => Err(KeyringError::NotProtected { path: path() }),
        };
    }
    let (plain, lock) = passphrase::open(bytes, unlock).map_err(|locked| match locked {
        Locked::Needed => KeyringError::PassphraseNeeded { path: path() },
        Locked::Wrong => KeyringError::WrongPassphrase { path: path() },
        Locked::Changed => KeyringError::PassphraseChanged { path: path() },
        Locked::Damaged(what) => damaged(what),
    })?;
    let stored = StoredKeys::from_json(&plain).map_err(damaged)?;
    Ok((stored, Some(lock)))
}

fn replace(
    path: &Path,
    stored: &StoredKeys,
    protection: Option<&Lock>,
) -> Result<(), KeyringError> {
    let plain = stored.to_json();
    let sealed = protection.map(|lock| lock.seal(&plain));
    let bytes = sealed.as_deref().unwrap_or(&plain);
    durable::replace(path, bytes, Durability::Machine).map_err(failed("replace", path))
}

/// One writer at a time, also across processes. The lock's file stays: removing it would let two
/// processes lock two files of one name.
fn lock(path: &Path) -> Result<Flock<File>, KeyringError> {
    let name = beside(path, ".lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(&name)
        .map_err(failed("open", &name))?;
    Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, e)| failed("lock", &name)(e.into()))
}

fn create_folder(path: &Path) -> Result<(), KeyringError> {
    let folder = folder_of(path);
    wharf_durable::private_folder(folder).map_err(failed("create", folder))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn parse_id(text: &str) -> Option<KeyId> {
    let plain = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let number = u64::from_str_radix(text, 16).ok().filter(|_| plain)?;
    Some(KeyId::from(number.to_be_bytes()))
}

fn failed(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyringError {
    let path = path.to_owned();
    move |source| KeyringError::Io { step, path, source }
}

#[cfg(test)]
mod tests;
