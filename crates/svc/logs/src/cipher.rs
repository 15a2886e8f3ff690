//! How texts of events lie under a data key.
//!
//! The events of one put share a *batch*: a random salt, from which and the data key the batch's own key is
//! derived, and in which each event has a number of its own. So no key ever meets a nonce twice, whatever is
//! appended again, restored, or put after a start, and reading neighbours derives one key. An event is bound to its
//! stream and its times.

use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;
use zeroize::Zeroizing;

const PURPOSE: &[u8] = b"logs/batch";
const SALT_BYTES: usize = 16;
/// Id of the data key, salt, number in the batch.
const HEAD_BYTES: usize = 8 + SALT_BYTES + 4;
/// Bytes that a sealed text has beyond the plain one.
pub const SEALED_BYTES: usize = HEAD_BYTES + 16;

/// A data key that is open, with its id among those of the group.
pub struct DataKey {
    pub id: u64,
    key: wharf_datakeys::Open,
}

/// What seals the events of one put, or opens them.
pub struct Batch {
    key: LessSafeKey,
    data_key: u64,
    salt: [u8; SALT_BYTES],
}

/// A sealed text as it is stored.
pub struct Sealed<'a> {
    pub data_key: u64,
    salt: [u8; SALT_BYTES],
    number: u32,
    body: &'a [u8],
}

/// What was stored does not open.
#[derive(Debug, thiserror::Error)]
#[error("a log event is damaged, or not of the stream where it lies")]
pub struct Damaged;

impl DataKey {
    pub fn new(id: u64, key: wharf_datakeys::Open) -> Self {
        Self { id, key }
    }

    /// A batch that nothing was sealed in yet.
    pub fn new_batch(&self) -> Batch {
        self.batch(rand::random())
    }

    fn batch(&self, salt: [u8; SALT_BYTES]) -> Batch {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.bytes())
            .expect("HMAC takes keys of any length");
        mac.update(PURPOSE);
        mac.update(&salt);
        let bytes = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        let key = UnboundKey::new(&AES_256_GCM, &*bytes).expect("it has the algorithm's length");
        Batch {
            key: LessSafeKey::new(key),
            data_key: self.id,
            salt,
        }
    }

    /// The batch that a text was sealed in.
    pub fn batch_of(&self, sealed: &Sealed<'_>) -> Batch {
        self.batch(sealed.salt)
    }
}

impl Batch {
    /// Appends a text to the record of its event, whose times are there already. Numbers come once in a batch.
    pub fn seal(&self, stream: &str, number: u32, text: &str, record: &mut Vec<u8>) {
        let aad = aad(stream, record);
        record.extend_from_slice(&self.data_key.to_le_bytes());
        record.extend_from_slice(&self.salt);
        record.extend_from_slice(&number.to_le_bytes());
        let start = record.len();
        record.extend_from_slice(text.as_bytes());
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(number), Aad::from(aad), &mut record[start..])
            .expect("no event nears AES-GCM's limit of 64 GiB");
        record.extend_from_slice(tag.as_ref());
    }

    pub fn holds(&self, sealed: &Sealed<'_>) -> bool {
        self.data_key == sealed.data_key && self.salt == sealed.salt
    }

    /// The text; `times` are those before it in its record.
    pub fn open(&self, stream: &str, times: &[u8], sealed: &Sealed<'_>) -> Result<String, Damaged> {
        let mut body = sealed.body.to_vec();
        let aad = Aad::from(aad(stream, times));
        let opened = self.key.open_in_place(nonce(sealed.number), aad, &mut body);
        let length = opened.map_err(|_| Damaged)?.len();
        body.truncate(length);
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

impl<'a> Sealed<'a> {
    /// Reads what follows the times of a record.
    pub fn read(stored: &'a [u8]) -> Result<Self, Damaged> {
        let (head, body) = stored.split_at_checked(HEAD_BYTES).ok_or(Damaged)?;
        let (id, rest) = head.split_at(8);
        let (salt, number) = rest.split_at(SALT_BYTES);
        Ok(Self {
            data_key: u64::from_le_bytes(id.try_into().map_err(|_| Damaged)?),
            salt: salt.try_into().map_err(|_| Damaged)?,
            number: u32::from_le_bytes(number.try_into().map_err(|_| Damaged)?),
            body,
        })
    }
}

fn aad(stream: &str, times: &[u8]) -> Vec<u8> {
    let mut aad = Vec::with_capacity(stream.len() + times.len());
    aad.extend_from_slice(times);
    aad.extend_from_slice(stream.as_bytes());
    aad
}

fn nonce(number: u32) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[..4].copy_from_slice(&number.to_le_bytes());
    Nonce::assume_unique_for_key(nonce)
}
