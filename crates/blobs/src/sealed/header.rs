//! The data key of a file, sealed, in one of two slots: a key sealed anew goes to the other slot and
//! is durable before the slot of the former is wiped. A slot is one sector, so a write that a
//! crash cuts short spoils one of them at most.

use std::{fs::File, io, os::unix::fs::FileExt};

use wharf_seal::{KeyId, Keyring, OpenError, Sealed};
use zeroize::Zeroizing;

use super::{ContentKey, Damage, HEADER, Patience, random, reading::read_exactly};
use crate::{Digest, Lock};

const MAGIC: &[u8] = b"wharf-blob-1 ";
/// Of a file that is under a lock besides.
const LOCKED: &[u8] = b"wharf-blob-L ";
const SLOT: usize = 512;
pub(super) const HEADER_BYTES: usize = HEADER as usize;
/// A header that is being replaced meanwhile may be read half.
const TRIES: usize = 3;

/// What a file is, which its key is bound to.
#[derive(Debug, Clone)]
pub(crate) enum Purpose {
    Blob(Digest),
    /// By the name of its file, without what marks it as bound to a request.
    Upload(String),
}

/// A file's data key.
pub(crate) struct DataKey {
    bytes: Zeroizing<[u8; 32]>,
    /// It opens nothing without the lock that the file is under.
    locked: bool,
}

impl Purpose {
    fn context(&self, locked: bool) -> String {
        let locked = if locked { "locked-" } else { "" };
        match self {
            Self::Blob(digest) => format!("{locked}blob/{digest}"),
            Self::Upload(name) => format!("{locked}upload/{name}"),
        }
    }
}

impl DataKey {
    pub(crate) fn mint(locked: bool) -> Self {
        let bytes = Zeroizing::new(random());
        Self { bytes, locked }
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.locked
    }

    /// `None` for a file under a lock if none is given. Others need none.
    pub(crate) fn content_key(&self, lock: Option<&Lock>) -> Option<ContentKey> {
        match (self.locked, lock) {
            (false, _) => Some(ContentKey::new(&self.bytes)),
            (true, Some(lock)) => Some(ContentKey::locked(&self.bytes, lock)),
            (true, None) => None,
        }
    }
}

/// Begins a new file with its key.
pub(crate) fn write_header(
    file: &File,
    keyring: &Keyring,
    purpose: &Purpose,
    key: &DataKey,
) -> io::Result<()> {
    let mut header = [0; HEADER_BYTES];
    header[..SLOT].copy_from_slice(&filled(keyring, purpose, key));
    file.write_all_at(&header, 0)
}

/// Whether a file is one of these at all.
pub(crate) fn check_header(file: &File) -> io::Result<bool> {
    match read(file) {
        Ok(header) => Ok(slots(&header).any(|slot| split_magic(slot).is_some())),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => Ok(false),
        Err(e) => Err(e),
    }
}

/// The key of a file that is for `purpose`.
pub(crate) fn open_key(file: &File, keyring: &Keyring, purpose: &Purpose) -> io::Result<DataKey> {
    open_key_with(file, keyring, purpose, Patience::Waits)
}

pub(crate) fn open_key_with(
    file: &File,
    keyring: &Keyring,
    purpose: &Purpose,
    patience: Patience,
) -> io::Result<DataKey> {
    find_with(file, keyring, purpose, patience).map(|found| found.key)
}

/// The key of a file that is for `purpose`, by its header; `None` where that has to be looked at more closely. The slot that
/// was written last is tried first: in the other one is what a blob was as an upload, which never opens.
pub(super) fn key_in(
    header: &[u8; HEADER_BYTES],
    keyring: &Keyring,
    purpose: &Purpose,
) -> Option<DataKey> {
    slots(header).rev().find_map(|slot| {
        let (sealed, locked) = sealed_in(slot)?;
        open(keyring, &sealed, purpose, locked).ok()
    })
}

/// The key of the keyring that the file's key is sealed under.
pub(crate) fn sealed_under(file: &File, keyring: &Keyring, purpose: &Purpose) -> io::Result<KeyId> {
    find(file, keyring, purpose).map(|found| found.under)
}

/// Gives the file a second purpose, under the active key; the first remains. Not durable yet.
pub(crate) fn bind(
    file: &File,
    keyring: &Keyring,
    purpose: &Purpose,
    further: &Purpose,
) -> io::Result<()> {
    let found = find(file, keyring, purpose)?;
    write_slot(file, 1 - found.slot, &filled(keyring, further, &found.key))
}

/// Puts the key, sealed under the active one, beside the former; `None` if it is already, and
/// nothing else stands there. Once that is durable, [`Resealed::finish`] wipes the former.
pub(crate) fn reseal_begin(
    file: File,
    keyring: &Keyring,
    purpose: &Purpose,
) -> io::Result<Option<Resealed>> {
    let found = find(&file, keyring, purpose)?;
    if found.sealed_under_active && found.others_empty {
        return Ok(None);
    }
    if found.sealed_under_active {
        return Ok(Some(Resealed {
            file,
            former: 1 - found.slot,
        }));
    }
    write_slot(&file, 1 - found.slot, &filled(keyring, purpose, &found.key))?;
    Ok(Some(Resealed {
        file,
        former: found.slot,
    }))
}

/// A file with its key under the active one and a slot that is to be wiped.
pub(crate) struct Resealed {
    file: File,
    former: usize,
}

impl Resealed {
    pub(crate) fn finish(self) -> io::Result<()> {
        write_slot(&self.file, self.former, &[0; SLOT])
    }
}

/// Brings a copy's header up to date with that of the file it was made from; false if it is. At
/// every moment one of the copy's slots holds what it held before or holds now. Durable.
pub(crate) fn copy_header(from: &File, to: &File) -> io::Result<bool> {
    let (new, old) = (read(from)?, read(to)?);
    if new == old {
        return Ok(false);
    }
    let empty = |slot: &[u8]| slot.iter().all(|byte| *byte == 0);
    let all: Vec<(usize, &[u8])> = slots(&new).enumerate().collect();
    let (wiped, written): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, slot)| empty(slot));
    for (slot, bytes) in written.into_iter().chain(wiped) {
        to.write_all_at(bytes, (slot * SLOT) as u64)?;
        to.sync_data()?;
    }
    Ok(true)
}

struct Found {
    slot: usize,
    key: DataKey,
    under: KeyId,
    sealed_under_active: bool,
    others_empty: bool,
}

fn find(file: &File, keyring: &Keyring, purpose: &Purpose) -> io::Result<Found> {
    find_with(file, keyring, purpose, Patience::Waits)
}

fn find_with(
    file: &File,
    keyring: &Keyring,
    purpose: &Purpose,
    patience: Patience,
) -> io::Result<Found> {
    let mut tries = 1;
    loop {
        match find_once(&read_with(file, patience)?, keyring, purpose) {
            Err(_) if tries < TRIES => tries += 1,
            other => return other.map_err(Into::into),
        }
    }
}

/// The slot under the active key, if both are for this purpose.
fn find_once(
    header: &[u8; HEADER_BYTES],
    keyring: &Keyring,
    purpose: &Purpose,
) -> Result<Found, Damage> {
    let active = keyring.active_key();
    let (mut best, mut why): (Option<Found>, _) = (None, Damage::Changed);
    for (slot, bytes) in slots(header).enumerate() {
        let Some((sealed, locked)) = sealed_in(bytes) else {
            continue;
        };
        match open(keyring, &sealed, purpose, locked) {
            Ok(key) => {
                let found = Found {
                    slot,
                    key,
                    under: sealed.key_id(),
                    sealed_under_active: sealed.key_id() == active,
                    others_empty: slots(header)
                        .enumerate()
                        .all(|(other, bytes)| other == slot || bytes.iter().all(|b| *b == 0)),
                };
                if best.is_none() || found.sealed_under_active {
                    best = Some(found);
                }
            }
            // A missing key says more than the slot of a former purpose.
            Err(damage @ Damage::Key(OpenError::UnknownKey(_))) => why = damage,
            Err(damage) if why == Damage::Changed => why = damage,
            Err(_) => {}
        }
    }
    best.ok_or(why)
}

fn open(
    keyring: &Keyring,
    sealed: &Sealed,
    purpose: &Purpose,
    locked: bool,
) -> Result<DataKey, Damage> {
    let secret = keyring.open(sealed, &purpose.context(locked))?;
    let bytes: [u8; 32] = secret.expose().try_into().map_err(|_| Damage::Changed)?;
    let bytes = Zeroizing::new(bytes);
    Ok(DataKey { bytes, locked })
}

/// What stands behind the magic, and whether it says that the file is locked.
fn split_magic(slot: &[u8]) -> Option<(&[u8], bool)> {
    let plain = slot.strip_prefix(MAGIC).map(|text| (text, false));
    plain.or_else(|| Some((slot.strip_prefix(LOCKED)?, true)))
}

fn sealed_in(slot: &[u8]) -> Option<(Sealed, bool)> {
    let (text, locked) = split_magic(slot)?;
    let end = text.iter().position(|byte| *byte == 0)?;
    let sealed = Sealed::decode(std::str::from_utf8(&text[..end]).ok()?).ok()?;
    Some((sealed, locked))
}

fn filled(keyring: &Keyring, purpose: &Purpose, key: &DataKey) -> [u8; SLOT] {
    let sealed = keyring.seal(&*key.bytes, &purpose.context(key.locked));
    let (text, mut slot) = (sealed.encode(), [0; SLOT]);
    slot[..MAGIC.len()].copy_from_slice(if key.locked { LOCKED } else { MAGIC });
    slot[MAGIC.len()..][..text.len()].copy_from_slice(text.as_bytes());
    slot
}

fn slots(header: &[u8; HEADER_BYTES]) -> impl DoubleEndedIterator<Item = &[u8]> {
    header.chunks_exact(SLOT)
}

fn read(file: &File) -> io::Result<[u8; HEADER_BYTES]> {
    read_with(file, Patience::Waits)
}

fn read_with(file: &File, patience: Patience) -> io::Result<[u8; HEADER_BYTES]> {
    let mut header = [0; HEADER_BYTES];
    read_exactly(file, &mut header, 0, patience)?;
    Ok(header)
}

fn write_slot(file: &File, slot: usize, bytes: &[u8; SLOT]) -> io::Result<()> {
    file.write_all_at(bytes, (slot * SLOT) as u64)
}
