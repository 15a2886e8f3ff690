//! A cluster's authority.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use time::OffsetDateTime;
use wharf_base::Timestamp;
use wharf_kube_auth::account_token;
use wharf_seal::{Keyring, Sealed, SharedKey};
use wharf_service::Place;
use zeroize::Zeroizing;

use crate::{names, records::Authority};

/// As with EKS.
const LIFE: time::Duration = time::Duration::days(3650);
/// Clocks of clients may be behind.
const BEFORE: time::Duration = time::Duration::minutes(5);

#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("a certificate cannot be made")]
    Certificate(#[from] rcgen::Error),
    #[error("a key cannot be made")]
    Key(#[from] account_token::KeyError),
    #[error("the time has no year that certificates can say")]
    Time,
}

/// What is the same of every authority. Who signs with one needs no more of its certificate.
pub fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "kubernetes");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
        KeyUsagePurpose::KeyCertSign,
    ];
    params
}

/// New keys for a cluster; it takes a processor for some time.
///
/// # Errors
/// There is no randomness.
pub fn make(
    keyring: &Keyring,
    place: &Place,
    name: &str,
    now: Timestamp,
) -> Result<Authority, AuthorityError> {
    let key = KeyPair::generate()?;
    let mut params = params();
    let now = OffsetDateTime::from_unix_timestamp(now.millis().div_euclid(1000));
    let now = now.map_err(|_| AuthorityError::Time)?;
    params.not_before = now.checked_sub(BEFORE).ok_or(AuthorityError::Time)?;
    params.not_after = now.checked_add(LIFE).ok_or(AuthorityError::Time)?;
    let certificate = params.self_signed(&key)?.pem();
    let pem = Zeroizing::new(key.serialize_pem());
    let tokens = account_token::new_key()?;
    Ok(Authority {
        certificate,
        key: keyring.seal(pem.as_bytes(), &names::authority_purpose(place, name)),
        tokens: keyring.seal(&tokens, &names::tokens_purpose(place, name)),
        secrets: Some(secrets_key(keyring, place, name)),
    })
}

/// A new key for the Secrets of a cluster.
pub fn secrets_key(keyring: &Keyring, place: &Place, name: &str) -> Sealed {
    let key = SharedKey::generate();
    keyring.seal(key.as_slice(), &names::secrets_purpose(place, name))
}
