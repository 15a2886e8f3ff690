//! Seals the contents of messages. A data key is shared by many messages, so each is sealed under a key that
//! is derived for it alone.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wharf_seal::{OpenError, Secret, open_once, seal_once};

/// Bytes of a data key.
pub const KEY_BYTES: usize = 32;
const PURPOSE: &str = "sqs/message";

/// A data key, open.
pub struct DataKey(Secret);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("DataKey")
    }
}

impl From<Secret> for DataKey {
    fn from(secret: Secret) -> Self {
        Self(secret)
    }
}

impl DataKey {
    fn of_message(&self, id: u128) -> [u8; KEY_BYTES] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.expose()).expect("HMAC takes keys of any length");
        mac.update(PURPOSE.as_bytes());
        mac.update(&id.to_be_bytes());
        mac.finalize().into_bytes().into()
    }

    pub fn seal(&self, id: u128, plain: &[u8]) -> Vec<u8> {
        seal_once(&self.of_message(id), plain, PURPOSE)
    }

    pub fn open(&self, id: u128, sealed: &[u8]) -> Result<Secret, OpenError> {
        open_once(&self.of_message(id), sealed, PURPOSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_for_its_message_alone() {
        let key = DataKey::from(Secret::from(vec![7; KEY_BYTES]));
        let sealed = key.seal(1, b"plain");
        assert_eq!(key.open(1, &sealed).unwrap().expose(), b"plain");
        assert!(key.open(2, &sealed).is_err());
        assert!(
            DataKey::from(Secret::from(vec![8; KEY_BYTES]))
                .open(1, &sealed)
                .is_err()
        );
    }
}
