//! The key that messages are signed with, one for the whole installation, and its certificate. The key is made at
//! first need and kept sealed; the certificate is served to whoever asks for it by its name.

use std::{collections::VecDeque, fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::Mutex;
use rcgen::{CertificateParams, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256};
use rsa::{
    Pkcs1v15Sign, RsaPrivateKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _},
    rand_core::OsRng,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tokio::sync::OnceCell;
use wharf_base::{Clock, Permit};
use wharf_records::{Record, Unknown};
use wharf_seal::{Keyring, Sealed};
use wharf_service::{Table, platform, transact};
use wharf_store::Store;
use zeroize::Zeroizing;

use crate::{core::ChangeError, fault::SnsFaults, names::SERVICE};

const PERMIT: Permit = Permit::for_controller("sns-signing");
pub const PURPOSE: &str = "sns/signing-key";
const BITS: usize = 2048;
const LIFE: time::Duration = time::Duration::days(3650);
/// Signatures that are remembered: all subscriptions of a topic get the same one.
const REMEMBERED: usize = 256;
/// How the certificate's name begins and ends, as on AWS.
const BEFORE: &str = "SimpleNotificationService-";
const AFTER: &str = ".pem";

/// What digests are called in a signature (RFC 8017, section 9.2).
const SHA1_INFO: [u8; 15] = [
    0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
];
const SHA256_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// The key, as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SigningKey {
    /// PKCS #8
    private_key: Sealed,
    /// PEM
    certificate: String,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Record for SigningKey {
    const KIND: &'static str = "signing-key";
    const FORMAT: u32 = 1;
}

/// Nothing can be signed now.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error("the key of signatures does not open")]
    Sealed(#[from] wharf_seal::OpenError),
    #[error("an RSA key cannot be made or used")]
    Rsa(#[from] rsa::Error),
    #[error("an RSA key cannot be written or read")]
    Encoding(#[from] rsa::pkcs8::Error),
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    #[error("the time is out of range")]
    Time,
    #[error("the work ended early")]
    Ended(#[from] tokio::task::JoinError),
}

/// `SignatureVersion` of a topic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// SHA-1
    #[default]
    One,
    /// SHA-256
    Two,
}

impl Version {
    pub fn named(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self::One),
            "2" => Some(Self::Two),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Two => "2",
        }
    }

    fn digest(self, text: &str) -> Vec<u8> {
        match self {
            Self::One => Sha1::digest(text).to_vec(),
            Self::Two => Sha256::digest(text).to_vec(),
        }
    }

    fn padding(self) -> Pkcs1v15Sign {
        let (hash_len, prefix): (_, &[u8]) = match self {
            Self::One => (20, &SHA1_INFO),
            Self::Two => (32, &SHA256_INFO),
        };
        Pkcs1v15Sign {
            hash_len: Some(hash_len),
            prefix: prefix.into(),
        }
    }
}

/// The key, opened.
struct Opened {
    key: Arc<RsaPrivateKey>,
    /// PEM
    certificate: String,
    /// Its file name.
    name: String,
}

/// Signs messages.
pub struct Signer {
    table: Table<SnsFaults>,
    keyring: Keyring,
    clock: Arc<dyn Clock>,
    opened: OnceCell<Opened>,
    /// By digests, the latest last.
    made: Mutex<VecDeque<(Vec<u8>, String)>>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl Signer {
    pub fn new(store: Store, keyring: Keyring, clock: Arc<dyn Clock>) -> Self {
        Self {
            table: Table::new(store),
            keyring,
            clock,
            opened: OnceCell::new(),
            made: Mutex::default(),
        }
    }

    /// The signature of a text, in base 64.
    pub(crate) async fn sign(&self, version: Version, text: &str) -> Result<String, SigningError> {
        let digest = version.digest(text);
        let known = |it: &&(Vec<u8>, String)| it.0 == digest;
        if let Some((_, made)) = self.made.lock().iter().find(known) {
            return Ok(made.clone());
        }
        let key = self.opened().await?.key.clone();
        let signed = digest.clone();
        let work = move || key.sign_with_rng(&mut OsRng, version.padding(), &signed);
        let signature = STANDARD.encode(tokio::task::spawn_blocking(work).await??);
        let mut made = self.made.lock();
        if made.len() == REMEMBERED {
            made.pop_front();
        }
        made.push_back((digest, signature.clone()));
        Ok(signature)
    }

    /// The path that the certificate is served at.
    pub(crate) async fn certificate_path(&self) -> Result<String, SigningError> {
        Ok(format!("/{}", self.opened().await?.name))
    }

    /// The certificate of a file name, in PEM; `None` if there is none called so.
    ///
    /// # Errors
    /// The key cannot be read or made.
    pub async fn certificate(&self, name: &str) -> Result<Option<String>, SigningError> {
        if !is_certificate(name) {
            return Ok(None);
        }
        let opened = self.opened().await?;
        Ok((opened.name == name).then(|| opened.certificate.clone()))
    }

    async fn opened(&self) -> Result<&Opened, SigningError> {
        self.opened.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Opened, SigningError> {
        let at = platform::scope(SERVICE).key(SigningKey::KIND, "1");
        let record = match self.table.read::<SigningKey>(&at).await? {
            Some(stored) => stored.record,
            None => self.make(&at).await?,
        };
        let opened = self.keyring.open(&record.private_key, PURPOSE)?;
        Ok(Opened {
            key: Arc::new(RsaPrivateKey::from_pkcs8_der(opened.expose())?),
            name: name_of(&record.certificate),
            certificate: record.certificate,
        })
    }

    /// Makes the key, or finds the one that somebody else made meanwhile.
    async fn make(&self, at: &str) -> Result<SigningKey, SigningError> {
        let now = self.clock.now().millis().div_euclid(1000);
        let now = OffsetDateTime::from_unix_timestamp(now).map_err(|_| SigningError::Time)?;
        let (der, certificate) = tokio::task::spawn_blocking(move || generated(now)).await??;
        let made = SigningKey {
            private_key: self.keyring.seal(&der, PURPOSE),
            certificate,
            unknown: Unknown::new(),
        };
        let kept = transact!(self.table, &PERMIT, |tx| {
            match tx.find::<SigningKey>(at).await? {
                Some(there) => there,
                None => {
                    tx.put(at, &made);
                    made.clone()
                }
            }
        });
        Ok(kept)
    }
}

/// Whether a file name is one that a certificate could have.
pub fn is_certificate(name: &str) -> bool {
    let id = name.strip_prefix(BEFORE);
    id.and_then(|it| it.strip_suffix(AFTER)).is_some_and(|it| {
        it.len() == 32
            && it
                .bytes()
                .all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
    })
}

fn name_of(certificate: &str) -> String {
    let digest = Sha256::digest(certificate);
    format!("{BEFORE}{}{AFTER}", hex::encode(&digest[..16]))
}

/// A new key, and the certificate that it signed for itself.
fn generated(now: OffsetDateTime) -> Result<(Zeroizing<Vec<u8>>, String), SigningError> {
    let key = RsaPrivateKey::new(&mut OsRng, BITS)?;
    let der = Zeroizing::new(key.to_pkcs8_der()?.as_bytes().to_vec());
    let pair = PrivatePkcs8KeyDer::from(der.as_slice());
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&pair, &PKCS_RSA_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let name = &mut params.distinguished_name;
    name.push(DnType::OrganizationName, "wharf");
    name.push(DnType::CommonName, "sns.amazonaws.com");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // Clocks of clients may be behind.
    let before = now.checked_sub(time::Duration::DAY);
    params.not_before = before.ok_or(SigningError::Time)?;
    params.not_after = now.checked_add(LIFE).ok_or(SigningError::Time)?;
    Ok((der, params.self_signed(&pair)?.pem()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_certificates() {
        let name = name_of("a certificate");
        assert!(is_certificate(&name), "{name}");
        for other in [
            "",
            "SimpleNotificationService-.pem",
            "SimpleNotificationService-../../etc/passwd.pem",
            "x.pem",
        ] {
            assert!(!is_certificate(other), "{other}");
        }
    }

    #[test]
    fn signatures_are_verified_by_the_certificate() {
        let (der, certificate) = generated(OffsetDateTime::now_utc()).unwrap();
        let key = RsaPrivateKey::from_pkcs8_der(&der).unwrap();
        assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        for version in [Version::One, Version::Two] {
            let digest = version.digest("a text");
            let signed = key.sign(version.padding(), &digest).unwrap();
            let public = key.to_public_key();
            public.verify(version.padding(), &digest, &signed).unwrap();
            let other = version.digest("another");
            assert!(public.verify(version.padding(), &other, &signed).is_err());
        }
    }
}
