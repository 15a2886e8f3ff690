use aws_lc_rs::{
    rand::SystemRandom,
    rsa,
    signature::{self, EcdsaKeyPair, KeyPair as _, RsaKeyPair},
};

use super::*;
use crate::{Key, Unverified};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What KMS does.
enum Holder {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Holder {
    fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    fn p384() -> Self {
        Self::P384(EcdsaKeyPair::generate(&signature::ECDSA_P384_SHA384_ASN1_SIGNING).unwrap())
    }

    fn rsa() -> Self {
        Self::Rsa(Box::new(
            RsaKeyPair::generate(rsa::KeySize::Rsa2048).unwrap(),
        ))
    }

    fn spki(&self) -> Vec<u8> {
        use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
        let of = |der: PublicKeyX509Der<'_>| der.as_ref().to_vec();
        match self {
            Self::P256(it) | Self::P384(it) => of(it.public_key().as_der().unwrap()),
            Self::Rsa(it) => of(it.public_key().as_der().unwrap()),
        }
    }

    fn sign(&self, asked: &ToSign) -> Vec<u8> {
        let random = SystemRandom::new();
        match (self, asked.algorithm) {
            (Self::P256(key), "ECDSA_SHA_256") | (Self::P384(key), "ECDSA_SHA_384") => {
                key.sign(&random, &asked.message).unwrap().as_ref().to_vec()
            }
            (Self::Rsa(key), name) => {
                let algorithm: &dyn signature::RsaEncoding = match name {
                    "RSASSA_PSS_SHA_256" => &signature::RSA_PSS_SHA256,
                    "RSASSA_PKCS1_V1_5_SHA_256" => &signature::RSA_PKCS1_SHA256,
                    other => panic!("{other}"),
                };
                let mut signed = vec![0; key.public_modulus_len()];
                key.sign(algorithm, &random, &asked.message, &mut signed)
                    .unwrap();
                signed
            }
            (_, other) => panic!("{other}"),
        }
    }
}

fn subject() -> Subject<'static> {
    Subject {
        name: "release",
        unit: "000000000000 us-east-1",
        from: NOW,
    }
}

fn certificate(holder: &Holder) -> (Signer, Vec<u8>) {
    let signer = Signer::of_spki(&holder.spki()).unwrap();
    let asked = signer.certificate_to_sign(subject()).unwrap();
    let made = signer.certificate(subject(), &holder.sign(&asked)).unwrap();
    (signer, made)
}

#[test]
fn what_is_signed_is_verified_as_what_notation_signs() {
    for holder in [Holder::p256(), Holder::p384(), Holder::rsa()] {
        let (signer, certificate) = certificate(&holder);
        let target = Target {
            media_type: "application/vnd.oci.image.manifest.v1+json",
            digest: DIGEST,
            size: 10,
        };
        let later = Timestamp(NOW.millis() + 1000);
        for expiry in [None, Some(later)] {
            let draft = signer.draft(target, NOW, expiry);
            let signed = holder.sign(&draft.to_sign());
            let envelope = draft.envelope(&signed, &certificate).unwrap();
            let key = Key::of_certificate(&certificate).unwrap();
            let verify = |digest, at| notation::verify(&key, envelope.as_bytes(), digest, at);
            assert_eq!(verify(DIGEST, NOW), Ok(()));
            assert_eq!(verify("sha256:bb", NOW), Err(Unverified::OtherImage));
            let after = match expiry {
                Some(_) => Err(Unverified::Expired),
                None => Ok(()),
            };
            assert_eq!(verify(DIGEST, later), after);
        }
    }
}

#[test]
fn a_certificate_is_of_its_own_key_and_for_signing_code() {
    let (ours, theirs) = (Holder::p256(), Holder::p256());
    let (signer, certificate) = certificate(&ours);
    let (_, read) = x509_parser::certificate::X509Certificate::from_der(&certificate).unwrap();
    assert!(!read.is_ca());
    let usage = read.extended_key_usage().unwrap().unwrap();
    assert!(usage.value.code_signing);
    assert_eq!(read.validity().not_before.timestamp(), NOW.millis() / 1000);
    let asked = signer.certificate_to_sign(subject()).unwrap();
    for wrong in [theirs.sign(&asked), b"no signature".to_vec(), Vec::new()] {
        assert_eq!(
            signer.certificate(subject(), &wrong),
            Err(SignerError::NoSignature)
        );
    }
}

#[test]
fn keys_of_other_kinds_do_not_sign() {
    let p521 = EcdsaKeyPair::generate(&signature::ECDSA_P521_SHA512_ASN1_SIGNING).unwrap();
    use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
    let der: PublicKeyX509Der<'_> = p521.public_key().as_der().unwrap();
    assert_eq!(Signer::of_spki(der.as_ref()), Err(SignerError::Kind));
    assert_eq!(Signer::of_spki(b"x"), Err(SignerError::Unreadable));
    let mut more = Holder::p256().spki();
    more.push(0);
    assert_eq!(Signer::of_spki(&more), Err(SignerError::Unreadable));
}

#[test]
fn two_numbers_of_a_fixed_length() {
    let one = [0x30, 6, 2, 1, 1, 2, 1, 2];
    assert_eq!(fixed(&one, 2), Some(vec![0, 1, 0, 2]));
    let padded = [0x30, 8, 2, 2, 0, 0x80, 2, 2, 0, 0x81];
    assert_eq!(fixed(&padded, 1), Some(vec![0x80, 0x81]));
    for wrong in [
        &[][..],
        &[0x30, 0],
        &[0x30, 6, 2, 1, 1, 2, 1],
        &[0x30, 7, 2, 1, 1, 2, 1, 2, 0],
        &[0x30, 6, 2, 9, 1, 2, 1, 2],
        &[0x30, 6, 2, 1, 0, 2, 1, 2],
        &[0x30, 0x86, 2, 1, 1, 2, 1, 2],
        &[0x30, 8, 2, 2, 1, 1, 2, 2, 1, 1],
    ] {
        assert_eq!(fixed(wrong, 1), None, "{wrong:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_no_signature_without_a_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..90)) {
        let found = fixed(&bytes, 32);
        proptest::prop_assert!(found.is_none_or(|it| it.len() == 64));
    }
}
