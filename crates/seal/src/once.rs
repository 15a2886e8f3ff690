//! Sealing under a key that comes from elsewhere and seals one thing alone: a data key of KMS.

use ring::aead::Aad;
use zeroize::Zeroizing;

use crate::{
    Secret,
    envelope::DATA_KEY_BYTES,
    keyring::{OpenError, aead_key, single_use_nonce},
};

/// Seals for a context under a key that seals nothing else.
pub fn seal_once(key: &[u8; DATA_KEY_BYTES], plain: &[u8], context: &str) -> Vec<u8> {
    let mut body = plain.to_vec();
    aead_key(key)
        .seal_in_place_append_tag(single_use_nonce(), Aad::from(context), &mut body)
        .expect("no secret nears AES-GCM's limit of 64 GiB");
    body
}

/// Opens what [`seal_once`] made.
///
/// # Errors
/// It was changed, or sealed under another key or for another context.
pub fn open_once(
    key: &[u8; DATA_KEY_BYTES],
    sealed: &[u8],
    context: &str,
) -> Result<Secret, OpenError> {
    let mut body = Zeroizing::new(sealed.to_vec());
    let plain = aead_key(key)
        .open_in_place(single_use_nonce(), Aad::from(context), body.as_mut_slice())
        .map_err(|_| OpenError::Refused)?;
    Ok(Secret::from(&*plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_under_its_key_for_its_context() {
        let sealed = seal_once(&[1; 32], b"plain", "a");
        assert_eq!(
            open_once(&[1; 32], &sealed, "a").unwrap().expose(),
            b"plain"
        );
        assert!(open_once(&[2; 32], &sealed, "a").is_err());
        assert!(open_once(&[1; 32], &sealed, "b").is_err());
        assert!(open_once(&[1; 32], &sealed[1..], "a").is_err());
        assert!(open_once(&[1; 32], b"", "a").is_err());
    }
}
