//! The key of a cluster's authority, at the service of those who ask for certificates through the cluster's API. It stays in this
//! process: what comes in is a request that was approved, what goes out a certificate.

use std::sync::Arc;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, SigningKey as _};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use time::OffsetDateTime;
use wharf_base::Clock;
use wharf_kube_auth::issuing::{IssueError, Issuer, Terms};
use wharf_kube_controllers::{CertificateSigner, NotSigned, Order};

/// Clocks of those who check a certificate may be behind.
const BEFORE: time::Duration = time::Duration::minutes(5);
/// A life below this is counted from now on, one above from the beginning of the certificate.
const SHORT: time::Duration = time::Duration::hours(8);

#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    #[error("the authority's key cannot be read")]
    Key(#[from] rcgen::Error),
    #[error("the authority has no key or no certificate in PEM")]
    Pem,
    #[error("the authority's key is no ECDSA key of P-256")]
    Algorithm,
    #[error("no certificate can be made")]
    Issue(#[from] IssueError),
    #[error("the time has no year that certificates can say")]
    Time,
}

/// The authority of a cluster, as long as the cluster is served.
pub struct ClusterSigner {
    key: KeyPair,
    issuer: Issuer,
    clock: Arc<dyn Clock>,
}

impl ClusterSigner {
    /// From PEM of certificate and key.
    ///
    /// # Errors
    /// They are none, or of another kind than clusters have.
    pub fn read(
        certificate: &str,
        key: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SignerError> {
        let key = KeyPair::from_pem(key.ok_or(SignerError::Pem)?)?;
        if !key.is_compatible(&PKCS_ECDSA_P256_SHA256) {
            return Err(SignerError::Algorithm);
        }
        let der = CertificateDer::from_pem_slice(certificate.as_bytes());
        let issuer = Issuer::read(&der.map_err(|_| SignerError::Pem)?)?;
        Ok(Self { key, issuer, clock })
    }

    fn terms(&self, order: &Order) -> Result<Terms, SignerError> {
        let seconds = self.clock.now().millis().div_euclid(1000);
        let now = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| SignerError::Time)?;
        let life = time::Duration::try_from(order.life).map_err(|_| SignerError::Time)?;
        let not_before = now.checked_sub(BEFORE).ok_or(SignerError::Time)?;
        let start = if life < SHORT { now } else { not_before };
        let not_after = start.checked_add(life).ok_or(SignerError::Time)?;
        Ok(Terms {
            purpose: order.purpose,
            digital_signature: order.digital_signature,
            key_encipherment: order.key_encipherment,
            not_before,
            not_after: not_after.min(self.issuer.not_after),
            serial: rand::random(),
        })
    }

    fn issue(&self, order: &Order) -> Result<String, SignerError> {
        let terms = self.terms(order)?;
        let sign = |body: &[u8]| self.key.sign(body).map_err(SignerError::from);
        let der = self.issuer.issue(&order.request, &terms, sign)?;
        Ok(pem(&der))
    }
}

impl CertificateSigner for ClusterSigner {
    fn sign(&self, order: &Order) -> Result<String, NotSigned> {
        self.issue(order).map_err(|error| NotSigned(error.into()))
    }
}

fn pem(der: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|it| char::from(*it)));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::CertificateParams;
    use wharf_base::SystemClock;
    use wharf_kube_auth::{issuing::Purpose, signing_request};

    use super::*;

    fn order(life: Duration) -> Order {
        let key = KeyPair::generate().unwrap();
        let made = CertificateParams::default().serialize_request(&key);
        let pem = made.unwrap().pem().unwrap();
        Order {
            request: signing_request::SigningRequest::parse(pem.as_bytes()).unwrap(),
            purpose: Purpose::Client,
            digital_signature: true,
            key_encipherment: true,
            life,
        }
    }

    fn signer(days: i64) -> ClusterSigner {
        let key = KeyPair::generate().unwrap();
        let mut params = wharf_svc_eks::authority_params();
        params.not_after = OffsetDateTime::now_utc() + time::Duration::days(days);
        let certificate = params.self_signed(&key).unwrap().pem();
        let key = key.serialize_pem();
        ClusterSigner::read(&certificate, Some(&key), Arc::new(SystemClock)).unwrap()
    }

    #[test]
    fn a_certificate_lives_as_long_as_its_order_and_never_beyond_its_authority() {
        let signer = signer(30);
        let hour = signer.terms(&order(Duration::from_secs(3600))).unwrap();
        assert_eq!(
            hour.not_after - hour.not_before,
            time::Duration::minutes(65)
        );
        let day = signer.terms(&order(Duration::from_secs(86_400))).unwrap();
        assert_eq!(day.not_after - day.not_before, time::Duration::days(1));
        let year = signer
            .terms(&order(Duration::from_secs(365 * 86_400)))
            .unwrap();
        assert_eq!(year.not_after, signer.issuer.not_after);
        assert_ne!(day.serial, year.serial);
    }

    #[test]
    fn what_is_signed_is_a_certificate() {
        let made = signer(30).sign(&order(Duration::from_secs(3600))).unwrap();
        signing_request::check_certificates(made.as_bytes()).unwrap();
    }

    #[test]
    fn only_an_authority_signs() {
        let clock = || Arc::new(SystemClock);
        assert!(ClusterSigner::read("", None, clock()).is_err());
        let key = KeyPair::generate().unwrap().serialize_pem();
        assert!(ClusterSigner::read("x", Some(&key), clock()).is_err());
    }
}
