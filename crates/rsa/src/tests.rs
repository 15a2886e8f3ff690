use std::thread;

use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RsaParameters, UnparsedPublicKey,
};

use super::*;

/// A key that the `rsa` crate made and wrote, as installations of before have them.
const OLD: &[u8] = include_bytes!("tests/key.der");
/// What OpenSSL, in Python's `cryptography`, signs [`TEXT`] with by that key.
const SIGNED: [(Digest, &[u8]); 2] = [
    (Digest::Sha1, include_bytes!("tests/sha1.signature")),
    (Digest::Sha256, include_bytes!("tests/sha256.signature")),
];
const TEXT: &[u8] = b"a text";

fn of(digest: Digest) -> &'static RsaParameters {
    match digest {
        Digest::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Digest::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
    }
}

#[test]
fn keys_of_before_sign_what_they_signed() {
    let key = SigningKey::from_pkcs8(OLD).unwrap();
    for (digest, signed) in SIGNED {
        assert_eq!(key.sign(digest, TEXT).unwrap(), signed, "{digest:?}");
    }
}

#[test]
fn new_keys_sign_what_their_public_halves_verify() {
    let made = generate().unwrap();
    assert_ne!(made, generate().unwrap());
    let key = SigningKey::from_pkcs8(&made).unwrap();
    for digest in [Digest::Sha1, Digest::Sha256] {
        for message in [&b""[..], TEXT, &[7; 300_000]] {
            let signed = key.sign(digest, message).unwrap();
            let public = UnparsedPublicKey::new(of(digest), key.pair.public_key());
            public.verify(message, &signed).unwrap();
            assert!(public.verify(b"another", &signed).is_err());
        }
    }
}

#[test]
fn many_threads_sign_with_one_key() {
    let key = SigningKey::from_pkcs8(OLD).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for (digest, signed) in SIGNED.iter().cycle().take(50) {
                    assert_eq!(key.sign(*digest, TEXT).unwrap(), *signed);
                }
            });
        }
    });
}

#[test]
fn what_is_no_key_is_refused() {
    let ed25519 = aws_lc_rs::signature::Ed25519KeyPair::generate().unwrap();
    let ed25519 = ed25519.to_pkcs8v1().unwrap();
    let more = [OLD, &[0]].concat();
    let others: [&[u8]; 5] = [b"", b"\x30", &OLD[..OLD.len() - 1], &more, ed25519.as_ref()];
    for der in others {
        assert_eq!(SigningKey::from_pkcs8(der).err(), Some(RsaError::Read));
        assert_eq!(LegacyKey::from_pkcs8(der).err(), Some(RsaError::Read));
    }
    // A number of the key is another: what it signs would tell the key.
    let mut broken = OLD.to_vec();
    let last = broken.len() - 10;
    broken[last] ^= 1;
    assert_eq!(SigningKey::from_pkcs8(&broken).err(), Some(RsaError::Read));
}

#[test]
fn nothing_of_a_key_is_printed() {
    let key = SigningKey::from_pkcs8(OLD).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey { .. }");
}
