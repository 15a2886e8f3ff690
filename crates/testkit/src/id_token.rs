//! Tokens as identity providers sign them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

/// A token that says this, signed as ES256 does.
///
/// # Panics
/// If there is no randomness.
pub fn signed_with(pair: &EcdsaKeyPair, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!(
        "{}.{}",
        part(&json!({"alg": "ES256", "kid": "one"})),
        part(claims)
    );
    let signature = pair
        .sign(&SystemRandom::new(), message.as_bytes())
        .expect("randomness");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A key that signs, and as providers publish it (JWK).
///
/// # Panics
/// If there is no randomness.
pub fn pair() -> (EcdsaKeyPair, Value) {
    let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(how, &random).expect("randomness");
    let pair = EcdsaKeyPair::from_pkcs8(how, document.as_ref(), &random).expect("randomness");
    let point = &pair.public_key().as_ref()[1..];
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let public = json!({
        "kty": "EC", "crv": "P-256", "kid": "one", "x": number(&point[..32]), "y": number(&point[32..]),
    });
    (pair, public)
}
