//! How bytes lie on disk: encrypted, in chunks that can be read one by one.
//!
//! ```text
//! header, 1024 bytes: two slots of 512, each empty (zeros) or the sealed data key
//! records: nonce (12) | 65,536 bytes of content, of the last one less | tag (16)
//! ```
//! Each file has a random data key of 256 bits, sealed under the keyring and bound to what the file
//! is: a blob of this digest, or an upload of this name. So a file under another's name does not
//! open. Each record is AES-256-GCM under the data key with a random nonce, bound to its place and
//! to whether it is the last one, so records moved, repeated, changed or cut off do not open either.
//! The last record always has less than a whole chunk, possibly nothing: that makes the content's
//! length a matter of the file's length.
//!
//! Nonces are random and not counters because the end of an upload may be written a second time with
//! other content, when a process died before it was acknowledged.
//!
//! A file may be under a [`Lock`](crate::Lock) besides. Its content key is then made of the data key and the lock;
//! where the lock says two layers, each chunk is encrypted with AES-256-CTR under a key of the lock's before it is
//! sealed under the data key, by the same nonce. Such a blob is named by the sha256 of its records.
//!
//! An upload is the same file without its last record; what goes beyond its whole chunks lies in a
//! file of its own while it rests ([`Sealing::tail`]).

mod header;
mod reading;
mod writing;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

pub(crate) use header::{
    DataKey, Purpose, Resealed, bind, check_header, copy_header, open_key, open_key_with,
    reseal_begin, sealed_under, write_header,
};
pub(crate) use reading::{
    GROUP_BYTES, GROUP_CONTENT, Patience, each_whole, read_exactly, read_group, read_small,
    read_tail, tail_bytes, verify_last, whole_records,
};
pub(crate) use writing::Sealing;

use crate::{Layers, Lock};

/// Bytes of content in a record: the least that a range read decrypts.
pub(crate) const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// What a record has beyond its content.
const OVERHEAD: usize = NONCE_LEN + TAG;
pub(crate) const RECORD: usize = CHUNK + OVERHEAD;
/// Bytes before the first record.
pub(crate) const HEADER: u64 = 1024;

/// Why stored bytes are not what was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("the file is cut off")]
    Short,
    #[error("its bytes were changed")]
    Changed,
    #[error("its content is not what its name says")]
    Renamed,
    /// The header's key does not open: it was changed, is another file's, or was sealed under a key
    /// that is not in the keyring.
    #[error(transparent)]
    Key(#[from] wharf_seal::OpenError),
}

impl From<Damage> for std::io::Error {
    fn from(damage: Damage) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, damage)
    }
}

/// Whether the error says that the bytes are not what was stored, and not that they could not be read.
pub(crate) fn is_damage(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Damage>())
}

/// What a record is. Part of what it is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A whole chunk with others behind it.
    Whole = 0,
    /// The end of the content.
    Last = 1,
    /// The end of an upload at rest, in a file of its own.
    Tail = 2,
}

/// Bytes of content in a finished file; `None` if no file has that length.
pub(crate) fn content_bytes(file_bytes: u64) -> Option<u64> {
    let (whole, rest) = split(file_bytes)?;
    let last = rest.checked_sub(OVERHEAD as u64)?;
    Some(whole * CHUNK as u64 + last)
}

/// Whether content of so many bytes is all in one record.
pub(crate) fn is_one_record(size: u64) -> bool {
    size < CHUNK as u64
}

/// Whole records of a file, and the bytes behind them.
pub(crate) fn split(file_bytes: u64) -> Option<(u64, u64)> {
    let body = file_bytes.checked_sub(HEADER)?;
    Some((body / RECORD as u64, body % RECORD as u64))
}

/// Where a record begins in its file.
pub(crate) fn position(record: u64) -> u64 {
    HEADER + record * RECORD as u64
}

/// The key of one file's content.
pub(crate) struct ContentKey {
    key: Box<LessSafeKey>,
    /// Of the layer below.
    below: Option<Box<LessSafeKey>>,
}

impl ContentKey {
    fn new(bytes: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("AES-256 takes 32 bytes");
        Self {
            key: Box::new(LessSafeKey::new(key)),
            below: None,
        }
    }

    fn locked(bytes: &[u8; 32], lock: &Lock) -> Self {
        let derived = lock.derive(bytes);
        match lock.layers() {
            Layers::One => Self::new(&derived),
            Layers::Two => {
                let Self { key, .. } = Self::new(&derived);
                Self {
                    below: Some(key),
                    ..Self::new(bytes)
                }
            }
        }
    }

    /// Puts the layer below on the content, or takes it off: both are the same in this mode, whose key stream is
    /// what AES-GCM makes of zeros. That nobody changed it the upper layer says.
    fn turn(&self, nonce: &[u8; NONCE_LEN], content: &mut [u8]) {
        let Some(key) = &self.below else { return };
        let mut stream = vec![0; content.len()];
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut stream);
        let _ = tag.expect("a chunk is within AES-GCM's limit");
        for (byte, other) in content.iter_mut().zip(stream) {
            *byte ^= other;
        }
    }

    /// Encrypts `content` in place; returns the tag.
    fn seal(&self, at: u64, role: Role, nonce: [u8; NONCE_LEN], content: &mut [u8]) -> [u8; TAG] {
        self.turn(&nonce, content);
        let tag = self.key.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(place(at, role)),
            content,
        );
        let tag = tag.expect("a chunk is within AES-GCM's limit");
        let mut bytes = [0; TAG];
        bytes.copy_from_slice(tag.as_ref());
        bytes
    }

    /// Opens the record that begins at `from` of `buffer` and fills it to its end; its content then
    /// stands at the buffer's beginning. Returns the content's length.
    fn open(&self, at: u64, role: Role, buffer: &mut [u8], from: usize) -> Result<usize, Damage> {
        let bytes = buffer.get(from..).and_then(|rest| rest.first_chunk());
        let bytes: [u8; NONCE_LEN] = *bytes.ok_or(Damage::Short)?;
        let nonce = Nonce::assume_unique_for_key(bytes);
        let (aad, sealed) = (Aad::from(place(at, role)), from + NONCE_LEN..);
        let opened = self.key.open_within(nonce, aad, buffer, sealed);
        let content = opened.map_err(|_| Damage::Changed)?;
        self.turn(&bytes, content);
        Ok(content.len())
    }
}

fn place(at: u64, role: Role) -> [u8; 21] {
    let mut text = *b"wharf/blob/1\0\0\0\0\0\0\0\0\0";
    text[12..20].copy_from_slice(&at.to_be_bytes());
    text[20] = role as u8;
    text
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
