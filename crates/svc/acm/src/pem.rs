//! Certificates and keys as they are imported. Pure.
//!
//! What comes is hostile: its size is bounded by the model (32 KiB for a certificate, 8 KiB for a key)
//! and here (a chain) before anything is decoded, and what is kept is written anew from what was
//! understood, so that nothing else of the caller's text survives.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use pkcs8::{PrivateKeyInfo, pkcs5::pbes2::Parameters};
use rand::Rng as _;
use rustls::{
    Error as TlsError,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{Error as PemError, PemObject},
    },
    sign::CertifiedKey,
};
use wharf_base::Timestamp;
use wharf_seal::Secret;
use wharf_wire::Fault;
use x509_parser::parse_x509_certificate;
use zeroize::Zeroizing;

use crate::{
    facts::{self, PublicKind, Read, Unreadable},
    fault,
    key::Algorithm,
};

/// Certificates of one chain; those of the world have one to three.
const LONGEST_CHAIN: usize = 8;
/// Bytes of a chain in PEM. The record of a certificate has to fit into a transaction of 1 MiB.
const MAX_CHAIN_BYTES: usize = 128 << 10;
/// As in AWS.
const MAX_KEY_BYTES: usize = 5120;
/// Rounds of SHA-256 between a passphrase and its key (OWASP, 2023).
const PBKDF2_ROUNDS: u32 = 600_000;
/// Characters of a line of PEM.
const LINE: usize = 64;

/// A certificate that may be imported.
pub struct Imported {
    /// PEM
    pub body: String,
    /// PEM
    pub chain: Option<String>,
    /// PEM
    pub private_key: Secret,
    pub algorithm: Algorithm,
    pub read: Read,
}

/// Reads a certificate with its key and chain, and makes sure that they belong together and can be
/// served at `now`.
pub fn import(
    body: &[u8],
    key: &[u8],
    chain: Option<&[u8]>,
    now: Timestamp,
) -> Result<Imported, Fault> {
    let not_pem = || fault::invalid("The certificate body provided is not in a valid PEM format.");
    let mut own = certificates(body).ok_or_else(not_pem)?;
    if own.len() > 1 {
        return Err(fault::invalid(
            "The certificate field contains more than one certificate. You can specify only one \
             certificate in this field.",
        ));
    }
    let own = own.pop().ok_or_else(not_pem)?;
    let read = facts::read(&own).map_err(unreadable)?;
    let algorithm = usable(read.key)?;
    if now < read.facts.not_before {
        return Err(fault::invalid("The certificate is not valid yet."));
    }
    if read.facts.not_after <= now {
        return Err(fault::invalid("The certificate has expired."));
    }
    let others = match chain {
        Some(chain) => links(chain)?,
        None => Vec::new(),
    };
    signed_in_order(&own, &others)?;
    let key = private_key(key)?;
    let body = write("CERTIFICATE", &own);
    let chain: String = others.iter().map(|it| write("CERTIFICATE", it)).collect();
    let private_key = written_key(&key);
    match CertifiedKey::from_der(vec![own], key, &ring::default_provider()) {
        Ok(_) => {}
        Err(TlsError::InconsistentKeys(_)) => {
            return Err(fault::invalid(
                "The private key does not match the certificate.",
            ));
        }
        Err(_) => return Err(fault::invalid("The private key is not supported.")),
    }
    Ok(Imported {
        body,
        chain: (!chain.is_empty()).then_some(chain),
        private_key,
        algorithm,
        read,
    })
}

fn unreadable(why: Unreadable) -> Fault {
    fault::invalid(match why {
        Unreadable::Malformed => {
            "Unable to parse certificate. Please ensure the certificate is in PEM format."
        }
        Unreadable::Version => "Only X.509 version 3 certificates can be imported.",
        Unreadable::Issuer => "The Issuer field of the certificate must not be empty.",
    })
}

fn usable(kind: PublicKind) -> Result<Algorithm, Fault> {
    match kind {
        PublicKind::Usable(algorithm) => Ok(algorithm),
        PublicKind::RsaOf(bits) => Err(fault::invalid(format!(
            "The private key length {bits} is not supported for key algorithm RSA."
        ))),
        PublicKind::Other => Err(fault::invalid("The private key is not supported.")),
    }
}

/// The certificates in a text, if it is nothing else.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem)
        .take(LONGEST_CHAIN + 1)
        .collect::<Result<Vec<_>, _>>()
        .ok()
}

fn links(chain: &[u8]) -> Result<Vec<CertificateDer<'static>>, Fault> {
    if chain.len() > MAX_CHAIN_BYTES {
        return Err(fault::invalid(format!(
            "The certificate chain is longer than {MAX_CHAIN_BYTES} bytes."
        )));
    }
    let found = certificates(chain).filter(|found| !found.is_empty());
    let found = found.ok_or_else(|| {
        fault::invalid("The certificate chain provided is not in a valid PEM format.")
    })?;
    if found.len() > LONGEST_CHAIN {
        return Err(fault::invalid(format!(
            "The certificate chain has more than {LONGEST_CHAIN} certificates."
        )));
    }
    Ok(found)
}

/// Each certificate of the chain issued the one before it.
fn signed_in_order(own: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Result<(), Fault> {
    let mut before = own;
    for next in others {
        let issued = match (parse_x509_certificate(before), parse_x509_certificate(next)) {
            (Ok((_, before)), Ok((_, next))) => {
                before.issuer().as_raw() == next.subject().as_raw()
                    && before.verify_signature(Some(next.public_key())).is_ok()
            }
            _ => false,
        };
        if !issued {
            return Err(fault::invalid(
                "Could not validate the certificate with the certificate chain.",
            ));
        }
        before = next;
    }
    Ok(())
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, Fault> {
    if pem.len() > MAX_KEY_BYTES {
        return Err(fault::invalid(format!(
            "The private key is longer than {MAX_KEY_BYTES} bytes."
        )));
    }
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        PemError::NoItemsFound => fault::invalid(
            "Passed PEM was not a private key. It must be in PEM format and not encrypted.",
        ),
        _ => fault::invalid("The private key provided is not in a valid PEM format."),
    })
}

fn written_key(key: &PrivateKeyDer<'_>) -> Secret {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    Secret::from(write(label, key.secret_der()))
}

/// Bytes that AWS takes in a passphrase.
pub fn passphrase(given: Vec<u8>) -> Result<Secret, Fault> {
    let plain = |byte: &u8| byte.is_ascii() && !b"#$%".contains(byte);
    match given.iter().all(plain) {
        true => Ok(Secret::from(given)),
        false => Err(fault::invalid(
            "A passphrase consists of ASCII characters other than #, $ and %.",
        )),
    }
}

/// A private key cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum EncryptError {
    #[error("the private key cannot be read")]
    Unreadable,
    #[error("the parameters of encryption are wrong")]
    Parameters,
    #[error("the private key cannot be encrypted")]
    Encrypt(#[from] pkcs8::Error),
}

/// A private key in PEM of PKCS #8, encrypted (RFC 8018). Takes long, so that guessing the passphrase
/// does; by PBKDF2, because OpenSSL refuses to read scrypt's usual parameters.
pub fn encrypted(key: &Secret, passphrase: &Secret) -> Result<String, EncryptError> {
    let key = PrivateKeyDer::from_pem_slice(key.expose()).map_err(|_| EncryptError::Unreadable)?;
    let key = PrivateKeyInfo::try_from(key.secret_der())?;
    let (salt, iv) = rand::rng().random::<([u8; 16], [u8; 16])>();
    let by = Parameters::pbkdf2_sha256_aes256cbc(PBKDF2_ROUNDS, &salt, &iv);
    let by = by.map_err(|_| EncryptError::Parameters)?;
    let document = key.encrypt_with_params(by, passphrase.expose())?;
    Ok(write("ENCRYPTED PRIVATE KEY", document.as_bytes()))
}

/// PEM as RFC 7468 has it.
fn write(label: &str, der: &[u8]) -> String {
    let encoded = Zeroizing::new(BASE64.encode(der));
    let mut out = String::with_capacity(encoded.len() + encoded.len() / LINE + 64);
    out.push_str(&format!("-----BEGIN {label}-----\n"));
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

#[cfg(test)]
mod tests;
