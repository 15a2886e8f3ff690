//! What a certificate says of itself. Pure; the caller has bounded the bytes.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{ExtendedKeyUsage, GeneralName, KeyUsage},
    oid_registry as oid, parse_x509_certificate,
    public_key::PublicKey,
    x509::X509Name,
};

use crate::key::Algorithm;

/// Kept beside the certificate, to be shown without parsing it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// `0a:1b:…`
    pub serial: String,
    pub subject: String,
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// `SHA256WITHRSA`
    pub signature_algorithm: String,
    #[serde(default)]
    pub key_usages: Vec<String>,
    /// Name and object identifier.
    #[serde(default)]
    pub extended_key_usages: Vec<(String, String)>,
}

/// A certificate that has been read.
#[derive(Debug, PartialEq)]
pub struct Read {
    pub facts: Facts,
    /// DNS names it is for, in its own order, without duplicates.
    pub names: Vec<String>,
    pub key: PublicKind,
}

/// The kind of its public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicKind {
    Usable(Algorithm),
    /// RSA of a length that cannot be used, in bits.
    RsaOf(usize),
    Other,
}

/// Why bytes are no certificate that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("it is no X.509 certificate")]
    Malformed,
    #[error("it is not of version 3")]
    Version,
    #[error("it names no issuer")]
    Issuer,
}

/// Reads a certificate in DER.
pub fn read(der: &[u8]) -> Result<Read, Unreadable> {
    let (rest, certificate) = parse_x509_certificate(der).map_err(|_| Unreadable::Malformed)?;
    if !rest.is_empty() {
        return Err(Unreadable::Malformed);
    }
    if certificate.version().0 != 2 {
        return Err(Unreadable::Version);
    }
    if certificate.issuer().iter().next().is_none() {
        return Err(Unreadable::Issuer);
    }
    let at = |seconds: i64| seconds.checked_mul(1000).map(Timestamp::from_millis);
    let validity = certificate.validity();
    let not_before = at(validity.not_before.timestamp()).ok_or(Unreadable::Malformed)?;
    let not_after = at(validity.not_after.timestamp()).ok_or(Unreadable::Malformed)?;
    let usage = certificate.key_usage().map_err(|_| Unreadable::Malformed)?;
    let extended = certificate.extended_key_usage();
    let extended = extended.map_err(|_| Unreadable::Malformed)?;
    Ok(Read {
        facts: Facts {
            serial: colons(certificate.raw_serial()),
            subject: certificate.subject().to_string(),
            issuer: short(certificate.issuer()),
            not_before,
            not_after,
            signature_algorithm: signature(&certificate),
            key_usages: usage.map_or_else(Vec::new, |it| usages(it.value)),
            extended_key_usages: extended.map_or_else(Vec::new, |it| extended_usages(it.value)),
        },
        names: names(&certificate)?,
        key: kind(&certificate),
    })
}

fn colons(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

/// Who issued it, in a word: the organisation, else the common name, else all of it.
fn short(name: &X509Name<'_>) -> String {
    let text = |part: Option<&x509_parser::x509::AttributeTypeAndValue<'_>>| {
        part.and_then(|it| it.as_str().ok()).map(str::to_owned)
    };
    text(name.iter_organization().next())
        .or_else(|| text(name.iter_common_name().next()))
        .unwrap_or_else(|| name.to_string())
}

fn names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, Unreadable> {
    let mut found: Vec<String> = Vec::new();
    let alternative = certificate.subject_alternative_name();
    let alternative = alternative.map_err(|_| Unreadable::Malformed)?;
    for name in alternative.iter().flat_map(|it| &it.value.general_names) {
        if let GeneralName::DNSName(name) = name {
            found.push(name.to_ascii_lowercase());
        }
    }
    // Where there are no alternative names, the common one counts.
    if found.is_empty() {
        let common = certificate.subject().iter_common_name();
        let common = common.filter_map(|name| name.as_str().ok());
        found.extend(common.map(str::to_ascii_lowercase));
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|name| seen.insert(name.clone()));
    Ok(found)
}

fn kind(certificate: &X509Certificate<'_>) -> PublicKind {
    let key = certificate.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => match rsa.key_size() {
            2048 => PublicKind::Usable(Algorithm::Rsa2048),
            3072 => PublicKind::Usable(Algorithm::Rsa3072),
            4096 => PublicKind::Usable(Algorithm::Rsa4096),
            other => PublicKind::RsaOf(other),
        },
        Ok(PublicKey::EC(_)) => {
            let curve = key.algorithm.parameters.as_ref();
            let curve = curve.and_then(|it| it.as_oid().ok());
            match curve {
                Some(curve) if curve == oid::OID_EC_P256 => PublicKind::Usable(Algorithm::P256),
                Some(curve) if curve == oid::OID_NIST_EC_P384 => {
                    PublicKind::Usable(Algorithm::P384)
                }
                _ => PublicKind::Other,
            }
        }
        _ => PublicKind::Other,
    }
}

fn signature(certificate: &X509Certificate<'_>) -> String {
    let algorithm = &certificate.signature_algorithm.algorithm;
    let known = [
        (oid::OID_PKCS1_SHA1WITHRSA, "SHA1WITHRSA"),
        (oid::OID_PKCS1_SHA256WITHRSA, "SHA256WITHRSA"),
        (oid::OID_PKCS1_SHA384WITHRSA, "SHA384WITHRSA"),
        (oid::OID_PKCS1_SHA512WITHRSA, "SHA512WITHRSA"),
        (oid::OID_SIG_ECDSA_WITH_SHA256, "SHA256WITHECDSA"),
        (oid::OID_SIG_ECDSA_WITH_SHA384, "SHA384WITHECDSA"),
        (oid::OID_SIG_ECDSA_WITH_SHA512, "SHA512WITHECDSA"),
    ];
    let found = known.iter().find(|(id, _)| id == algorithm);
    found.map_or_else(|| algorithm.to_id_string(), |(_, name)| (*name).to_owned())
}

fn usages(usage: &KeyUsage) -> Vec<String> {
    let all = [
        (usage.digital_signature(), "DIGITAL_SIGNATURE"),
        (usage.non_repudiation(), "NON_REPUDIATION"),
        (usage.key_encipherment(), "KEY_ENCIPHERMENT"),
        (usage.data_encipherment(), "DATA_ENCIPHERMENT"),
        (usage.key_agreement(), "KEY_AGREEMENT"),
        (usage.key_cert_sign(), "CERTIFICATE_SIGNING"),
        (usage.crl_sign(), "CRL_SIGNING"),
        (usage.encipher_only(), "ENCIPHER_ONLY"),
        (usage.decipher_only(), "DECIPHER_ONLY"),
    ];
    let set = all.into_iter().filter(|(set, _)| *set);
    set.map(|(_, name)| name.to_owned()).collect()
}

/// Identifiers that a certificate may list beyond the known ones; more are not shown.
const MAX_OTHER_USAGES: usize = 20;

fn extended_usages(usage: &ExtendedKeyUsage<'_>) -> Vec<(String, String)> {
    let all = [
        (usage.server_auth, "TLS_WEB_SERVER_AUTHENTICATION", 1),
        (usage.client_auth, "TLS_WEB_CLIENT_AUTHENTICATION", 2),
        (usage.code_signing, "CODE_SIGNING", 3),
        (usage.email_protection, "EMAIL_PROTECTION", 4),
        (usage.time_stamping, "TIME_STAMPING", 8),
        (usage.ocsp_signing, "OCSP_SIGNING", 9),
    ];
    let set = all.into_iter().filter(|(set, ..)| *set);
    let mut found: Vec<(String, String)> = set
        .map(|(_, name, last)| (name.to_owned(), format!("1.3.6.1.5.5.7.3.{last}")))
        .collect();
    if usage.any {
        found.push(("ANY".to_owned(), "2.5.29.37.0".to_owned()));
    }
    let others = usage.other.iter().take(MAX_OTHER_USAGES);
    found.extend(others.map(|id| ("CUSTOM".to_owned(), id.to_id_string())));
    found
}
