//! What the authority of a cluster signs for its API server: the certificate that clients see, and the one that nodes see.

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;
use wharf_base::Timestamp;
use wharf_svc_eks::authority_params;

/// Longer than any server runs without a restart.
const LIFE: time::Duration = time::Duration::days(825);
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

fn named(name: &str, group: Option<&str>) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    if let Some(group) = group {
        names.push(DnType::OrganizationName, group);
    }
    names
}
