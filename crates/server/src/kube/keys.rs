//! What the authority of a cluster signs for its API server: the certificate that clients see, and the one that nodes see.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ED25519,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use wharf_base::Timestamp;
use wharf_svc_eks::authority_params;

/// Longer than any server runs without a restart.
const LIFE: time::Duration = time::Duration::days(825);
const AUTHORITY_LIFE: time::Duration = time::Duration::days(3650);
/// Clocks of clients may be behind.
const BEFORE: time::Duration = time::Duration::DAY;

pub struct Signed {
    pub certificate: CertificateDer<'static>,
    pub key: PrivateKeyDer<'static>,
}

#[derive(Debug, thiserror::Error)]
pub enum SignError {
    #[error("the authority of the cluster cannot sign")]
    Certificate(#[from] rcgen::Error),
    #[error("the authority's key is no text")]
    Key,
    #[error("the time has no year that certificates can say")]
    Time,
}

/// The authority of a cluster, while its API server starts.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    now: Timestamp,
}

impl Authority {
    /// From PEM of its key.
    ///
    /// # Errors
    /// It is none.
    pub fn read(key: Option<&str>, now: Timestamp) -> Result<Self, SignError> {
        let key = KeyPair::from_pem(key.ok_or(SignError::Key)?)?;
        Ok(Self {
            issuer: Issuer::new(authority_params(), key),
            now,
        })
    }

    /// For the API server, under these names and addresses.
    ///
    /// # Errors
    /// One of them is neither.
    pub fn for_server(&self, names: Vec<String>) -> Result<Signed, SignError> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = named("kube-apiserver", None);
        self.sign(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// For the API server as a client of nodes.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn for_client(&self, name: &str, group: &str) -> Result<Signed, SignError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name, Some(group));
        self.sign(params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn sign(
        &self,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Signed, SignError> {
        let now = OffsetDateTime::from_unix_timestamp(self.now.millis().div_euclid(1000));
        let now = now.map_err(|_| SignError::Time)?;
        params.not_before = now.checked_sub(BEFORE).ok_or(SignError::Time)?;
        params.not_after = now.checked_add(LIFE).ok_or(SignError::Time)?;
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok(Signed {
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::from(key),
        })
    }
}

/// Another authority of the cluster: of the certificate by which aggregated servers know its API server, and of nothing else. Its key
/// follows from a secret of the cluster, so it is the same after each start.
pub struct FrontProxy {
    authority: Authority,
    /// In PEM.
    pub certificate: String,
}

impl FrontProxy {
    /// # Errors
    /// The time is none that certificates can say.
    pub fn new(secret: &[u8], now: Timestamp) -> Result<Self, SignError> {
        // A private key of Ed25519 is any 32 bytes; before them stands what PKCS #8 says of the kind.
        const KIND: [u8; 16] = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
            0x04, 0x20,
        ];
        let mut hash = Sha256::new();
        hash.update(b"the key of a cluster's front proxy authority\0");
        hash.update(secret);
        let key = [&KIND[..], &hash.finalize()[..]].concat();
        let key = PrivatePkcs8KeyDer::from(key);
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ED25519)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named("front-proxy-ca", None);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let at = OffsetDateTime::from_unix_timestamp(now.millis().div_euclid(1000));
        let at = at.map_err(|_| SignError::Time)?;
        params.not_before = at.checked_sub(BEFORE).ok_or(SignError::Time)?;
        params.not_after = at.checked_add(AUTHORITY_LIFE).ok_or(SignError::Time)?;
        let certificate = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);
        Ok(Self {
            authority: Authority { issuer, now },
            certificate,
        })
    }

    /// For the API server, as aggregated servers see it.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn for_server(&self, name: &str) -> Result<Signed, SignError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name, None);
        self.authority
            .sign(params, ExtendedKeyUsagePurpose::ClientAuth)
    }
}

fn named(name: &str, group: Option<&str>) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    if let Some(group) = group {
        names.push(DnType::OrganizationName, group);
    }
    names
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject as _;
    use x509_parser::prelude::{FromDer as _, X509Certificate};

    use super::*;

    #[test]
    fn the_authority_of_the_front_proxy_is_the_same_after_each_start() {
        let now = Timestamp(1_800_000_000_000);
        let first = FrontProxy::new(&[1; 32], now).unwrap();
        let signed = first.for_server("front-proxy-client").unwrap();
        let (_, leaf) = X509Certificate::from_der(&signed.certificate).unwrap();
        for (secret, fits) in [([1; 32], true), ([2; 32], false)] {
            let again = FrontProxy::new(&secret, Timestamp(1_800_000_900_000)).unwrap();
            let der = CertificateDer::from_pem_slice(again.certificate.as_bytes()).unwrap();
            let (_, authority) = X509Certificate::from_der(&der).unwrap();
            assert!(authority.is_ca());
            assert_eq!(leaf.issuer(), authority.subject());
            let verified = leaf.verify_signature(Some(authority.public_key()));
            assert_eq!(verified.is_ok(), fits);
        }
    }
}
