//! Signatures of images, which whoever may push beside an image makes. What lies behind a signature is reached by signing
//! inputs with a key of this process.

use std::sync::LazyLock;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rcgen::{CertificateParams, KeyPair};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm,
    },
};
use wharf_base::Timestamp;
use wharf_signature::{Key, notation, simple_signing};

use crate::input;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const OTHER: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

struct Signer {
    key: Key,
    /// DER.
    certificate: Vec<u8>,
    pkcs8: Vec<u8>,
}

static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let pair = KeyPair::generate().expect("a key can be made");
    let params = CertificateParams::new(vec!["signer".to_owned()]).expect("it is a name");
    let certificate = params.self_signed(&pair).expect("a key signs for itself");
    Signer {
        key: Key::from_pem(&pair.public_key_pem()).expect("it is a key"),
        certificate: certificate.der().to_vec(),
        pkcs8: pair.serialize_der(),
    }
});

fn sign(algorithm: &'static EcdsaSigningAlgorithm, message: &[u8]) -> Vec<u8> {
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, &SIGNER.pkcs8, &random).expect("it is a key");
    let signed = pair.sign(&random, message);
    signed.expect("a key signs").as_ref().to_vec()
}

/// A byte that says which, then a key or certificate; an envelope of notation; the two parts of one that are signed; a
/// line with a signature and a document of cosign; a document that is signed.
pub fn image(bytes: &[u8]) {
    let Some((kind, bytes)) = input::choice(bytes) else {
        return;
    };
    match kind % 5 {
        0 => key(bytes),
        1 => envelope(bytes),
        2 => {
            if let [protected, payload, ..] = input::parts(bytes)[..] {
                envelope(&signed_envelope(protected, payload));
            }
        }
        3 => {
            if let Some((signature, document)) = input::line(bytes) {
                simple(document, signature);
            }
        }
        _ => {
            let signature = sign(&ECDSA_P256_SHA256_ASN1_SIGNING, bytes);
            simple(bytes, &STANDARD.encode(signature));
        }
    }
}

fn key(bytes: &[u8]) {
    let _ = Key::of_certificate(bytes);
    if let Some(Ok(key)) = input::text(bytes).map(Key::from_pem) {
        assert_eq!(key.fingerprint().len(), 64);
        let made = simple_signing::verify(&key, b"{}", "AAAA", DIGEST);
        assert!(made.is_err(), "nobody signed that");
    }
}

fn signed_envelope(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let (protected, payload) = (
        URL_SAFE_NO_PAD.encode(protected),
        URL_SAFE_NO_PAD.encode(payload),
    );
    let message = format!("{protected}.{payload}");
    let signature = sign(&ECDSA_P256_SHA256_FIXED_SIGNING, message.as_bytes());
    let envelope = serde_json::json!({
        "payload": payload,
        "protected": protected,
        "header": {"x5c": [STANDARD.encode(&SIGNER.certificate)]},
        "signature": URL_SAFE_NO_PAD.encode(signature),
    });
    envelope.to_string().into_bytes()
}

/// An envelope is about one image at most.
fn envelope(bytes: &[u8]) {
    let about = |digest| notation::verify(&SIGNER.key, bytes, digest, NOW).is_ok();
    assert!(!(about(DIGEST) && about(OTHER)));
}

fn simple(document: &[u8], signature: &str) {
    let about = |digest| simple_signing::verify(&SIGNER.key, document, signature, digest).is_ok();
    assert!(!(about(DIGEST) && about(OTHER)));
}
