//! Whom the API server takes for an admission webhook or an aggregated server: a server of the name of its service, by the authorities of
//! its configuration and no public ones.

use std::{io, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, Error, RootCertStore,
    client::{WantsClientCert, WebPkiServerVerifier, verify_server_name},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    server::ParsedCertificate,
};
use wharf_tls::{Anybody, Rule, Shown, Verifier, by_authority};
use x509_parser::prelude::{ASN1Time, FromDer as _, X509Certificate};

use super::keys::Signed;

/// Authorities of one webhook.
const MOST_AUTHORITIES: usize = 64;

#[derive(Debug)]
struct Authorities {
    all: Vec<CertificateDer<'static>>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl Rule for Authorities {
    fn judge(&self, shown: &Shown<'_>) -> Result<(), Error> {
        let judged = by_authority(self.verifier.as_ref(), shown);
        // Many webhooks show the very certificate that their configuration has, which is an authority then.
        if judged.is_ok() || !self.all.iter().any(|it| it == shown.certificate) {
            return judged;
        }
        let name = shown.name.ok_or(CertificateError::BadEncoding)?;
        verify_server_name(&ParsedCertificate::try_from(shown.certificate)?, name)?;
        let parsed = X509Certificate::from_der(shown.certificate);
        let (_, parsed) = parsed.map_err(|_| CertificateError::BadEncoding)?;
        let now = i64::try_from(shown.now.as_secs()).ok();
        let now = now.and_then(|it| ASN1Time::from_timestamp(it).ok());
        match now.is_some_and(|it| parsed.validity().is_valid_at(it)) {
            true => Ok(()),
            false => Err(CertificateError::Expired.into()),
        }
    }
}

/// How to connect to a webhook, or to an aggregated server, which is shown a certificate.
///
/// # Errors
/// The authorities are none.
pub fn connecting(
    provider: &Arc<CryptoProvider>,
    authorities: &[u8],
    shown: Option<&Signed>,
) -> io::Result<Arc<ClientConfig>> {
    let mut all = Vec::new();
    for found in CertificateDer::pem_slice_iter(authorities).take(MOST_AUTHORITIES) {
        all.push(found.map_err(io::Error::other)?);
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(all.iter().cloned());
    if roots.is_empty() {
        return Err(io::Error::other(
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        ));
    }
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
    let verifier = verifier.map_err(io::Error::other)?;
    let rule = Authorities { all, verifier };
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Verifier::new(rule, provider.clone()));
    Ok(Arc::new(showing(config, shown)?))
}

/// … to one whose own certificate is not checked.
///
/// # Errors
/// The certificate and its key do not fit.
pub fn connecting_to_anybody(
    provider: &Arc<CryptoProvider>,
    shown: &Signed,
) -> io::Result<Arc<ClientConfig>> {
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Verifier::new(Anybody, provider.clone()));
    Ok(Arc::new(showing(config, Some(shown))?))
}

fn showing(
    config: ConfigBuilder<ClientConfig, WantsClientCert>,
    shown: Option<&Signed>,
) -> io::Result<ClientConfig> {
    let Some(shown) = shown else {
        return Ok(config.with_no_client_auth());
    };
    let chain = vec![shown.certificate.clone()];
    let config = config.with_client_auth_cert(chain, shown.key.clone_key());
    config.map_err(io::Error::other)
}

/// The name that a webhook's certificate is to be for.
pub fn server_name(name: &str) -> io::Result<ServerName<'static>> {
    ServerName::try_from(name.to_owned()).map_err(io::Error::other)
}
