//! Texts that browsers keep for a load balancer, and can neither read nor make up: nonce and ciphertext in url-safe base 64.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};

/// `None` for more than the cipher takes.
pub fn seal(key: &LessSafeKey, bound_to: &[u8], mut plain: Vec<u8>) -> Option<String> {
    // Random of a cryptographic generator, and of nobody else's choice: none is used twice.
    let nonce: [u8; NONCE_LEN] = rand::random();
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(bound_to),
        &mut plain,
    )
    .ok()?;
    Some(URL_SAFE_NO_PAD.encode([&nonce[..], &plain[..]].concat()))
}

/// What of a text is sealed, for [`open`].
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Opened in its place; what does not open is spoiled.
pub fn open<'a>(key: &LessSafeKey, bound_to: &[u8], sealed: &'a mut [u8]) -> Option<&'a mut [u8]> {
    let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    key.open_in_place(nonce, Aad::from(bound_to), text).ok()
}
