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
//! An upload is the same file without its last record; what goes beyond its whole chunks lies in a
//! file of its own while it rests ([`Sealing::tail`]).

mod header;
mod reading;
mod writing;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

pub(crate) use header::{
    DataKey, Purpose, Resealed, bind, check_header, copy_header, open_key, reseal_begin,
    sealed_under, write_header,
};
pub(crate) use reading::{
    GROUP_BYTES, each_whole, read_group, read_tail, tail_bytes, verify_last, whole_records,
};
pub(crate) use writing::Sealing;

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
pub(crate) struct ContentKey(Box<LessSafeKey>);

impl ContentKey {
    fn new(bytes: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("AES-256 takes 32 bytes");
        Self(Box::new(LessSafeKey::new(key)))
    }

    /// Encrypts `content` in place; returns the tag.
    fn seal(&self, at: u64, role: Role, nonce: [u8; NONCE_LEN], content: &mut [u8]) -> [u8; TAG] {
        let tag = self.0.seal_in_place_separate_tag(
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
        let nonce = buffer.get(from..).and_then(|rest| rest.first_chunk());
        let nonce = Nonce::assume_unique_for_key(*nonce.ok_or(Damage::Short)?);
        let sealed = from + NONCE_LEN..;
        let opened = self
            .0
            .open_within(nonce, Aad::from(place(at, role)), buffer, sealed);
        opened
            .map(|content| content.len())
            .map_err(|_| Damage::Changed)
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
