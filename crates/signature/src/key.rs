//! Public keys: ECDSA on the curves of NIST, RSA and Ed25519.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use sha2::{Digest, Sha256};
use x509_parser::{
    certificate::X509Certificate,
    oid_registry,
    pem::{Pem, parse_x509_pem},
    prelude::FromDer,
    x509::SubjectPublicKeyInfo,
};

use crate::Unverified;

/// Longest key as text: RSA with 8192 bits within a certificate.
const MAX_TEXT: usize = 16 << 10;
/// RSA with fewer or more bits is not taken.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error(
        "a public key is one block in PEM form, beginning with -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE-----"
    )]
    NoPem,
    #[error("the key cannot be read")]
    Unreadable,
    #[error("keys are ECDSA on P-256, P-384 or P-521, RSA with 2048 to 8192 bits, or Ed25519")]
    Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    P521,
    Rsa,
    Ed25519,
}

impl Kind {
    /// Those by which it signs documents.
    fn algorithms(self) -> &'static [&'static dyn VerificationAlgorithm] {
        match self {
            Self::P256 => &[&signature::ECDSA_P256_SHA256_ASN1],
            Self::P384 => &[
                &signature::ECDSA_P384_SHA256_ASN1,
                &signature::ECDSA_P384_SHA384_ASN1,
            ],
            Self::P521 => &[
                &signature::ECDSA_P521_SHA256_ASN1,
                &signature::ECDSA_P521_SHA512_ASN1,
            ],
            Self::Rsa => &[&signature::RSA_PKCS1_2048_8192_SHA256],
            Self::Ed25519 => &[&signature::ED25519],
        }
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    kind: Kind,
    /// DER of its SubjectPublicKeyInfo.
    spki: Vec<u8>,
}

impl Key {
    /// A public key in PEM form, or that of a certificate.
    ///
    /// # Errors
    /// The text is no key that signatures are verified with here.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let pem = of_pem(text).ok_or(KeyError::NoPem)?;
        match pem.label.as_str() {
            "PUBLIC KEY" => Self::from_spki(&pem.contents),
            "CERTIFICATE" => Self::of_certificate(&pem.contents),
            _ => Err(KeyError::NoPem),
        }
    }

    /// The key that a certificate is about.
    ///
    /// # Errors
    /// It cannot be read, or has a key of another kind.
    pub fn of_certificate(der: &[u8]) -> Result<Self, KeyError> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| KeyError::Unreadable)?;
        Self::from_spki(certificate.public_key().raw)
    }

    fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, info) = SubjectPublicKeyInfo::from_der(der).map_err(|_| KeyError::Unreadable)?;
        if !rest.is_empty() {
            return Err(KeyError::Unreadable);
        }
        let kind = kind(&info)?;
        // A point that is not on its curve, as an example.
        let parsed = UnparsedPublicKey::new(kind.algorithms()[0], der).parse();
        parsed.map_err(|_| KeyError::Unreadable)?;
        Ok(Self {
            kind,
            spki: der.to_vec(),
        })
    }

    /// By which people tell keys apart: SHA-256 of the key's DER, as `openssl pkey -pubin -outform DER | sha256sum`
    /// prints it.
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(&self.spki))
    }

    /// Whether it made a signature as signing tools write them: ECDSA in ASN.1, RSA by PKCS #1.
    pub(crate) fn made(&self, message: &[u8], signed: &[u8]) -> Result<(), Unverified> {
        let by = |algorithm: &&'static dyn VerificationAlgorithm| {
            self.verify(*algorithm, message, signed).is_ok()
        };
        match self.kind.algorithms().iter().any(by) {
            true => Ok(()),
            false => Err(Unverified::OtherKey),
        }
    }

    /// Whether it made a signature by an algorithm of JSON web signatures.
    pub(crate) fn made_by(
        &self,
        algorithm: &str,
        message: &[u8],
        signed: &[u8],
    ) -> Result<(), Unverified> {
        let (kind, algorithm): (_, &'static dyn VerificationAlgorithm) = match algorithm {
            "ES256" => (Kind::P256, &signature::ECDSA_P256_SHA256_FIXED),
            "ES384" => (Kind::P384, &signature::ECDSA_P384_SHA384_FIXED),
            "ES512" => (Kind::P521, &signature::ECDSA_P521_SHA512_FIXED),
            "PS256" => (Kind::Rsa, &signature::RSA_PSS_2048_8192_SHA256),
            "PS384" => (Kind::Rsa, &signature::RSA_PSS_2048_8192_SHA384),
            "PS512" => (Kind::Rsa, &signature::RSA_PSS_2048_8192_SHA512),
            _ => return Err(Unverified::Algorithm),
        };
        match kind == self.kind {
            true => self.verify(algorithm, message, signed),
            false => Err(Unverified::OtherKey),
        }
    }

    fn verify(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signed: &[u8],
    ) -> Result<(), Unverified> {
        let key = UnparsedPublicKey::new(algorithm, &self.spki);
        let verified = key.verify(message, signed);
        verified.map_err(|_| Unverified::OtherKey)
    }
}

fn kind(info: &SubjectPublicKeyInfo<'_>) -> Result<Kind, KeyError> {
    let of = &info.algorithm;
    if of.algorithm == oid_registry::OID_PKCS1_RSAENCRYPTION {
        let parsed = info.parsed().map_err(|_| KeyError::Unreadable)?;
        return match RSA_BITS.contains(&parsed.key_size()) {
            true => Ok(Kind::Rsa),
            false => Err(KeyError::Kind),
        };
    }
    if of.algorithm == oid_registry::OID_SIG_ED25519 {
        return Ok(Kind::Ed25519);
    }
    if of.algorithm != oid_registry::OID_KEY_TYPE_EC_PUBLIC_KEY {
        return Err(KeyError::Kind);
    }
    let curve = of.parameters.as_ref().and_then(|it| it.as_oid().ok());
    let curve = curve.ok_or(KeyError::Kind)?;
    if curve == oid_registry::OID_EC_P256 {
        Ok(Kind::P256)
    } else if curve == oid_registry::OID_NIST_EC_P384 {
        Ok(Kind::P384)
    } else if curve == oid_registry::OID_NIST_EC_P521 {
        Ok(Kind::P521)
    } else {
        Err(KeyError::Kind)
    }
}

/// The one PEM block of a text: what else stood there would be taken for trusted and have no effect.
fn of_pem(text: &str) -> Option<Pem> {
    if text.len() > MAX_TEXT || !text.trim_start().starts_with("-----BEGIN ") {
        return None;
    }
    let (rest, pem) = parse_x509_pem(text.as_bytes()).ok()?;
    rest.trim_ascii().is_empty().then_some(pem)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_and_the_certificate_about_it_are_one_key() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["signer".to_owned()]).unwrap();
        let certificate = certificate.self_signed(&pair).unwrap();
        let key = Key::from_pem(&pair.public_key_pem()).unwrap();
        assert_eq!(key, Key::from_pem(&certificate.pem()).unwrap());
        assert_eq!(key.kind, Kind::P256);
        assert_eq!(key.fingerprint().len(), 64);
    }

    #[test]
    fn a_text_is_one_key() {
        let pem = rcgen::KeyPair::generate().unwrap().public_key_pem();
        assert!(Key::from_pem(&format!("\n{pem}\n\n")).is_ok());
        for text in [
            format!("{pem}{pem}"),
            format!("{pem}x"),
            format!("x\n{pem}"),
        ] {
            assert_eq!(Key::from_pem(&text), Err(KeyError::NoPem));
        }
    }

    #[test]
    fn a_point_that_is_on_no_curve_is_no_key() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let mut der = x509_parser::pem::parse_x509_pem(pair.public_key_pem().as_bytes())
            .unwrap()
            .1
            .contents;
        assert!(Key::from_spki(&der).is_ok());
        *der.last_mut().unwrap() ^= 1;
        assert_eq!(Key::from_spki(&der), Err(KeyError::Unreadable));
        der.push(0);
        assert_eq!(Key::from_spki(&der), Err(KeyError::Unreadable));
    }

    #[test]
    fn a_private_key_is_refused() {
        let pair = rcgen::KeyPair::generate().unwrap();
        assert_eq!(Key::from_pem(&pair.serialize_pem()), Err(KeyError::NoPem));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----",
            &"x".repeat(MAX_TEXT + 1),
        ] {
            assert_eq!(Key::from_pem(text), Err(KeyError::NoPem));
        }
        let empty = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
        assert_eq!(Key::from_pem(empty), Err(KeyError::Unreadable));
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for label in ["PUBLIC KEY", "CERTIFICATE"] {
                let body = STANDARD.encode(&bytes);
                let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
                prop_assert!(Key::from_pem(&text).is_err());
            }
        }
    }
}
