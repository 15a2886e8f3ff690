//! The key that messages are signed with, one for the whole installation, and its certificate. The key is made at
//! first need and kept sealed; the certificate is served to whoever asks for it by its name.

use std::{collections::VecDeque, fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::Mutex;
use rcgen::{CertificateParams, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tokio::sync::OnceCell;
use wharf_base::{Clock, Permit};
use wharf_records::{Record, Unknown};
use wharf_rsa::{Digest, RsaError};
use wharf_seal::{Keyring, Sealed};
use wharf_service::{Table, platform, transact};
use wharf_store::Store;
use zeroize::Zeroizing;

use crate::{core::ChangeError, fault::SnsFaults, names::SERVICE};

const PERMIT: Permit = Permit::for_controller("sns-signing");
pub const PURPOSE: &str = "sns/signing-key";
const LIFE: time::Duration = time::Duration::days(3650);
/// Signatures that are remembered: all subscriptions of a topic get the same one.
const REMEMBERED: usize = 256;
/// How the certificate's name begins and ends, as on AWS.
const BEFORE: &str = "SimpleNotificationService-";
const AFTER: &str = ".pem";

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
    #[error(transparent)]
    Rsa(#[from] RsaError),
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

    fn digest(self) -> Digest {
        match self {
            Self::One => Digest::Sha1,
            Self::Two => Digest::Sha256,
        }
    }
}

/// The key, opened.
struct Opened {
    key: Arc<wharf_rsa::SigningKey>,
    /// PEM
    certificate: String,
    /// Its file name.
    name: String,
}

/// What was signed: how, and the SHA-256 of the text.
type Signed = (Version, [u8; 32]);

/// Signs messages.
pub struct Signer {
    table: Table<SnsFaults>,
    keyring: Keyring,
    clock: Arc<dyn Clock>,
    opened: OnceCell<Opened>,
    /// By versions and texts' digests, the latest last.
    made: Mutex<VecDeque<(Signed, String)>>,
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
        let signed: Signed = (version, Sha256::digest(text).into());
        let known = |it: &&(Signed, String)| it.0 == signed;
        if let Some((_, made)) = self.made.lock().iter().find(known) {
            return Ok(made.clone());
        }
        let key = self.opened().await?.key.clone();
        let text = text.to_owned();
        let work = move || key.sign(version.digest(), text.as_bytes());
        let signature = STANDARD.encode(tokio::task::spawn_blocking(work).await??);
        let mut made = self.made.lock();
        if made.len() == REMEMBERED {
            made.pop_front();
        }
        made.push_back((signed, signature.clone()));
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
            key: Arc::new(wharf_rsa::SigningKey::from_pkcs8(opened.expose())?),
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
    let der = wharf_rsa::generate()?;
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
    use ring::signature;

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
        let key = wharf_rsa::SigningKey::from_pkcs8(&der).unwrap();
        assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        let (_, pem) = x509_parser::pem::parse_x509_pem(certificate.as_bytes()).unwrap();
        let public = pem
            .parse_x509()
            .unwrap()
            .public_key()
            .subject_public_key
            .data
            .to_vec();
        for (version, verifying) in [
            (
                Version::One,
                &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            ),
            (Version::Two, &signature::RSA_PKCS1_2048_8192_SHA256),
        ] {
            let signed = key.sign(version.digest(), b"a text").unwrap();
            let public = signature::UnparsedPublicKey::new(verifying, &public);
            public.verify(b"a text", &signed).unwrap();
            assert!(public.verify(b"another", &signed).is_err());
        }
    }
}
