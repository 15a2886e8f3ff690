//! Signatures in the form of notation, made with a key that is elsewhere: what is to be signed is written here, who
//! holds the key signs it, and the envelope is put together here. The same for the certificate that says which key
//! it was.

use std::cell::RefCell;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, PublicKeyData,
    SerialNumber, SigningKey,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use wharf_base::Timestamp;
use x509_parser::{
    certificate::X509Certificate, oid_registry, prelude::FromDer, x509::SubjectPublicKeyInfo,
};

use crate::{Key, notation};

/// For how long the certificate of a signer counts; signatures may say that they end before.
const CERTIFICATE_DAYS: i64 = 20 * 365;

/// Why a key does not sign images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    #[error("the public key cannot be read")]
    Unreadable,
    #[error(
        "keys that sign images are ECDSA on P-256 or P-384, or RSA with 2048, 3072 or 4096 bits"
    )]
    Kind,
    #[error("the key's holder returned no signature")]
    NoSignature,
}

/// The public half of a key that signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    kind: Kind,
    /// The key's bits, without what says of which kind it is.
    bits: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

/// Bytes that wait for their signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSign {
    pub message: Vec<u8>,
    /// As KMS names it.
    pub algorithm: &'static str,
}

/// What a signature is about.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    pub media_type: &'a str,
    pub digest: &'a str,
    pub size: u64,
}

/// An envelope without its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    kind: Kind,
    protected: String,
    payload: String,
}

/// What a certificate says besides the key.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub name: &'a str,
    /// What tells it from others of that name: account and region.
    pub unit: &'a str,
    pub from: Timestamp,
}

impl Signer {
    /// # Errors
    /// It cannot be read, or is of a kind that does not sign images.
    pub fn of_spki(der: &[u8]) -> Result<Self, SignerError> {
        let read = SubjectPublicKeyInfo::from_der(der);
        let (rest, info) = read.map_err(|_| SignerError::Unreadable)?;
        if !rest.is_empty() {
            return Err(SignerError::Unreadable);
        }
        let of = &info.algorithm;
        let kind = if of.algorithm == oid_registry::OID_PKCS1_RSAENCRYPTION {
            let parsed = info.parsed().map_err(|_| SignerError::Unreadable)?;
            match parsed.key_size() {
                2048 => Kind::Rsa2048,
                3072 => Kind::Rsa3072,
                4096 => Kind::Rsa4096,
                _ => return Err(SignerError::Kind),
            }
        } else if of.algorithm == oid_registry::OID_KEY_TYPE_EC_PUBLIC_KEY {
            let curve = of.parameters.as_ref().and_then(|it| it.as_oid().ok());
            match curve.ok_or(SignerError::Kind)? {
                it if it == oid_registry::OID_EC_P256 => Kind::P256,
                it if it == oid_registry::OID_NIST_EC_P384 => Kind::P384,
                _ => return Err(SignerError::Kind),
            }
        } else {
            return Err(SignerError::Kind);
        };
        let bits = info.subject_public_key.data.to_vec();
        Ok(Self { kind, bits })
    }

    /// That of a certificate.
    ///
    /// # Errors
    /// As for a key.
    pub fn of_certificate(der: &[u8]) -> Result<Self, SignerError> {
        let read = X509Certificate::from_der(der);
        let (_, certificate) = read.map_err(|_| SignerError::Unreadable)?;
        Self::of_spki(certificate.public_key().raw)
    }

    /// What the signer's own certificate is signed over.
    ///
    /// # Errors
    /// Its names cannot be written.
    pub fn certificate_to_sign(&self, subject: Subject<'_>) -> Result<ToSign, SignerError> {
        let message = RefCell::new(Vec::new());
        let remember = |asked: &[u8]| {
            message.borrow_mut().extend_from_slice(asked);
            Vec::new()
        };
        self.certify(subject, &remember)?;
        Ok(ToSign {
            message: message.into_inner(),
            algorithm: self.kind.certificate_algorithm(),
        })
    }

    /// The certificate with its signature, as DER.
    ///
    /// # Errors
    /// The signature is none of this key over [`Signer::certificate_to_sign`].
    pub fn certificate(
        &self,
        subject: Subject<'_>,
        signature: &[u8],
    ) -> Result<Vec<u8>, SignerError> {
        let der = self.certify(subject, &|_| signature.to_vec())?;
        let key = Key::of_certificate(&der).map_err(|_| SignerError::Unreadable)?;
        let asked = self.certificate_to_sign(subject)?;
        let own = key.made(&asked.message, signature);
        own.map_err(|_| SignerError::NoSignature)?;
        Ok(der)
    }

    fn certify(
        &self,
        subject: Subject<'_>,
        sign: &dyn Fn(&[u8]) -> Vec<u8>,
    ) -> Result<Vec<u8>, SignerError> {
        let mut params = CertificateParams::default();
        let at = |it: Timestamp| {
            OffsetDateTime::from_unix_timestamp(it.millis().div_euclid(1000))
                .map_err(|_| SignerError::Unreadable)
        };
        params.not_before = at(subject.from)?;
        params.not_after = at(subject.from)? + time::Duration::days(CERTIFICATE_DAYS);
        let name = &mut params.distinguished_name;
        *name = rcgen::DistinguishedName::new();
        name.push(DnType::CountryName, "US");
        name.push(DnType::StateOrProvinceName, "WA");
        name.push(DnType::OrganizationName, "wharf");
        name.push(DnType::OrganizationalUnitName, subject.unit);
        name.push(DnType::CommonName, subject.name);
        params.serial_number = Some(self.serial(subject));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        let key = Elsewhere { signer: self, sign };
        let made = params
            .self_signed(&key)
            .map_err(|_| SignerError::Unreadable)?;
        Ok(made.der().to_vec())
    }

    /// The same for the same certificate: it is written twice, before and after it is signed.
    fn serial(&self, subject: Subject<'_>) -> SerialNumber {
        let mut hash = Sha256::new();
        hash.update(&self.bits);
        for text in [subject.unit, subject.name, &subject.from.iso8601()] {
            hash.update([0]);
            hash.update(text);
        }
        let mut serial = hash.finalize()[..16].to_vec();
        // A positive number of that length.
        serial[0] = serial[0] & 0x7f | 0x40;
        SerialNumber::from(serial)
    }

    /// What is to be signed about an image.
    pub fn draft(&self, target: Target<'_>, at: Timestamp, expiry: Option<Timestamp>) -> Draft {
        let mut protected = json!({
            "alg": self.kind.json_algorithm(),
            "cty": notation::PAYLOAD,
            "crit": ["io.cncf.notary.signingScheme"],
            "io.cncf.notary.signingScheme": notation::SCHEMES[0],
            "io.cncf.notary.signingTime": at.iso8601_seconds(),
        });
        if let Some(expiry) = expiry {
            protected["crit"] = json!(["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"]);
            protected["io.cncf.notary.expiry"] = json!(expiry.iso8601_seconds());
        }
        let payload = json!({"targetArtifact": {
            "mediaType": target.media_type, "digest": target.digest, "size": target.size,
        }});
        Draft {
            kind: self.kind,
            protected: URL_SAFE_NO_PAD.encode(protected.to_string()),
            payload: URL_SAFE_NO_PAD.encode(payload.to_string()),
        }
    }
}

impl Draft {
    pub fn to_sign(&self) -> ToSign {
        ToSign {
            message: format!("{}.{}", self.protected, self.payload).into_bytes(),
            algorithm: self.kind.algorithm(),
        }
    }

    /// The envelope, with the signature as KMS gives it.
    ///
    /// # Errors
    /// It is no signature of that kind.
    pub fn envelope(&self, signature: &[u8], certificate: &[u8]) -> Result<String, SignerError> {
        let signature = match self.kind {
            Kind::P256 => fixed(signature, 32).ok_or(SignerError::NoSignature)?,
            Kind::P384 => fixed(signature, 48).ok_or(SignerError::NoSignature)?,
            _ => signature.to_vec(),
        };
        let envelope = json!({
            "payload": self.payload,
            "protected": self.protected,
            "header": {
                "x5c": [STANDARD.encode(certificate)],
                "io.cncf.notary.signingAgent": "wharf",
            },
            "signature": URL_SAFE_NO_PAD.encode(signature),
        });
        Ok(envelope.to_string())
    }
}

/// By which artifacts say whose certificate they were signed with: SHA-256 of its DER.
pub fn thumbprint(certificate: &[u8]) -> String {
    hex::encode(Sha256::digest(certificate))
}

impl Kind {
    fn json_algorithm(self) -> &'static str {
        match self {
            Self::P256 => "ES256",
            Self::P384 => "ES384",
            Self::Rsa2048 => "PS256",
            Self::Rsa3072 => "PS384",
            Self::Rsa4096 => "PS512",
        }
    }

    fn algorithm(self) -> &'static str {
        match self {
            Self::P256 => "ECDSA_SHA_256",
            Self::P384 => "ECDSA_SHA_384",
            Self::Rsa2048 => "RSASSA_PSS_SHA_256",
            Self::Rsa3072 => "RSASSA_PSS_SHA_384",
            Self::Rsa4096 => "RSASSA_PSS_SHA_512",
        }
    }

    fn certificate_algorithm(self) -> &'static str {
        match self {
            Self::P256 | Self::P384 => self.algorithm(),
            _ => "RSASSA_PKCS1_V1_5_SHA_256",
        }
    }
}

/// A key as the maker of certificates wants one.
struct Elsewhere<'a> {
    signer: &'a Signer,
    sign: &'a dyn Fn(&[u8]) -> Vec<u8>,
}

impl PublicKeyData for Elsewhere<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.signer.bits
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.signer.kind {
            Kind::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Kind::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            _ => &rcgen::PKCS_RSA_SHA256,
        }
    }
}

impl SigningKey for Elsewhere<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok((self.sign)(message))
    }
}

/// Of a signature in ASN.1, its two numbers with so many bytes each, as JSON web signatures have them.
fn fixed(der: &[u8], bytes: usize) -> Option<Vec<u8>> {
    let [0x30, length, rest @ ..] = der else {
        return None;
    };
    if usize::from(*length) != rest.len() || *length > 127 {
        return None;
    }
    let mut out = Vec::with_capacity(2 * bytes);
    let mut left = rest;
    for _ in 0..2 {
        let [0x02, length, rest @ ..] = left else {
            return None;
        };
        let (number, more) = rest.split_at_checked(usize::from(*length))?;
        let significant = number.iter().position(|it| *it != 0)?;
        let number = &number[significant..];
        out.resize(out.len() + bytes.checked_sub(number.len())?, 0);
        out.extend_from_slice(number);
        left = more;
    }
    left.is_empty().then_some(out)
}

#[cfg(test)]
mod tests;
