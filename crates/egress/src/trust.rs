//! Whose certificates are believed: those of the system, and further ones that may change.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};

/// Authorities beside those of the system.
#[async_trait]
pub trait Roots: Send + Sync + 'static {
    /// In PEM; asked for each new connection, so that a rotated one counts at once.
    async fn pem(&self) -> String;
}

#[async_trait]
impl Roots for () {
    async fn pem(&self) -> String {
        String::new()
    }
}

static SYSTEM: LazyLock<RootCertStore> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "failed to read certificates of the system's authorities");
    }
    let mut roots = RootCertStore::empty();
    let (_, ignored) = roots.add_parsable_certificates(found.certs);
    if ignored > 0 {
        tracing::info!(
            ignored,
            "some certificates of the system's authorities are not understood"
        );
    }
    roots
});

/// Who a server has to be.
#[derive(Clone)]
pub(crate) enum Trust {
    /// One that an authority of the system or of these speaks for.
    Authorities(Arc<dyn Roots>),
    /// Any.
    Anybody,
}

/// How a connection to `https` is made now.
pub(crate) async fn client(trust: &Trust) -> Result<Arc<ClientConfig>, Error> {
    let provider = ring::default_provider();
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?;
    let builder = match trust {
        Trust::Authorities(roots) => {
            let pem = roots.pem().await;
            let mut all = SYSTEM.clone();
            let further = CertificateDer::pem_slice_iter(pem.as_bytes()).flatten();
            all.add_parsable_certificates(further);
            builder.with_root_certificates(all)
        }
        Trust::Anybody => {
            let verifier = Arc::new(AnyCertificate(algorithms));
            builder
                .dangerous()
                .with_custom_certificate_verifier(verifier)
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Takes any certificate; who shows it must still have its key.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
