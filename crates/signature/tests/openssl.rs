//! Signatures that openssl made (`vectors.py`), of all kinds of keys, and what is left of them when anything of
//! them is changed.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_signature::{Key, KeyError, Unverified, notation, simple_signing};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

#[derive(Deserialize)]
struct Made {
    digest: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    kind: String,
    key: String,
    fingerprint: String,
    certificate: String,
    document: String,
    signature: String,
    notation: Option<Value>,
}

impl Vector {
    fn key(&self) -> Result<Key, KeyError> {
        Key::from_pem(&self.key)
    }

    fn certified(&self) -> Result<Key, KeyError> {
        let body = &self.certificate;
        let text = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        Key::from_pem(&text)
    }

    fn envelope(&self) -> Option<Vec<u8>> {
        self.notation.as_ref().map(|it| it.to_string().into_bytes())
    }
}

fn made() -> Made {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

/// Those whose keys are taken.
fn usable() -> (String, Vec<(Vector, Key)>) {
    let Made { digest, vectors } = made();
    let keys = vectors.into_iter().filter_map(|it| {
        let key = it.key().ok()?;
        Some((it, key))
    });
    (digest, keys.collect())
}

#[test]
fn keys_of_all_kinds_are_taken_and_others_refused() {
    let taken = |it: &Vector| it.key().map(|key| key.fingerprint());
    for it in made().vectors {
        let expected = match it.kind.as_str() {
            "rsa1024" | "secp256k1" | "ed448" => Err(KeyError::Kind),
            _ => Ok(it.fingerprint.clone()),
        };
        assert_eq!(taken(&it), expected, "{}", it.kind);
        assert_eq!(
            it.certified().map(|key| key.fingerprint()),
            expected,
            "{}",
            it.kind
        );
    }
    assert_eq!(usable().1.len(), 7);
}

#[test]
fn a_signature_is_that_of_its_key_alone() {
    let (digest, all) = usable();
    for (signer, _) in &all {
        for (owner, key) in &all {
            let expected = match signer.kind == owner.kind {
                true => Ok(()),
                false => Err(Unverified::OtherKey),
            };
            let document = signer.document.as_bytes();
            let found = simple_signing::verify(key, document, &signer.signature, &digest);
            assert_eq!(found, expected, "{} by {}", signer.kind, owner.kind);
            if let Some(envelope) = signer.envelope() {
                let found = notation::verify(key, &envelope, &digest, NOW);
                assert_eq!(found, expected, "{} by {}", signer.kind, owner.kind);
            }
        }
    }
}

#[test]
fn a_signature_is_about_its_image_alone() {
    let (digest, all) = usable();
    let other = digest.replace("ab", "cd");
    for (it, key) in &all {
        let document = it.document.as_bytes();
        let found = simple_signing::verify(key, document, &it.signature, &other);
        assert_eq!(found, Err(Unverified::OtherImage), "{}", it.kind);
        if let Some(envelope) = it.envelope() {
            let found = notation::verify(key, &envelope, &other, NOW);
            assert_eq!(found, Err(Unverified::OtherImage), "{}", it.kind);
        }
    }
}

#[test]
fn the_beginning_of_a_signature_is_none() {
    let (digest, all) = usable();
    for (it, key) in &all {
        for end in 0..it.signature.len() {
            let signature = &it.signature[..end];
            let found = simple_signing::verify(key, it.document.as_bytes(), signature, &digest);
            assert!(found.is_err(), "{} to {end}", it.kind);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// However one byte of what was signed is changed.
    #[test]
    fn a_changed_document_is_not_what_was_signed(which in 0_usize..7, at in any::<prop::sample::Index>(), by in 1_u8..) {
        let (digest, all) = usable();
        let (it, key) = &all[which];
        let mut document = it.document.clone().into_bytes();
        let at = at.index(document.len());
        document[at] ^= by;
        let found = simple_signing::verify(key, &document, &it.signature, &digest);
        prop_assert_eq!(found, Err(Unverified::OtherKey));
    }

    /// The same of an envelope: the unsigned part of its header may say what it likes, but not who signed.
    #[test]
    fn a_changed_envelope_is_not_what_was_signed(which in 0_usize..6, member in 0_usize..3, at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]") {
        let (digest, all) = usable();
        let (it, key) = &all[which];
        let mut envelope = it.notation.clone().unwrap();
        let member = ["protected", "payload", "signature"][member];
        let text = envelope[member].as_str().unwrap().to_owned();
        let at = at.index(text.len());
        prop_assume!(text[at..=at] != to);
        let changed = format!("{}{to}{}", &text[..at], &text[at + 1..]);
        envelope[member] = Value::String(changed);
        let found = notation::verify(key, envelope.to_string().as_bytes(), &digest, NOW);
        prop_assert!(found.is_err());
    }

    #[test]
    fn any_bytes_are_no_signature(which in 0_usize..7, bytes in prop::collection::vec(any::<u8>(), 0..600), text in ".{0,200}") {
        let (digest, all) = usable();
        let (it, key) = &all[which];
        prop_assert!(simple_signing::verify(key, &bytes, &text, &digest).is_err());
        prop_assert!(simple_signing::verify(key, &bytes, &it.signature, &digest).is_err());
        prop_assert!(simple_signing::verify(key, it.document.as_bytes(), &text, &digest).is_err());
        prop_assert!(notation::verify(key, &bytes, &digest, NOW).is_err());
    }
}
