//! Whose certificates are believed: those of the system, and further ones that may change.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
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

/// How a connection to `https` is made now.
pub(crate) async fn client(roots: &dyn Roots) -> Result<Arc<ClientConfig>, rustls::Error> {
    let pem = roots.pem().await;
    let mut all = SYSTEM.clone();
    let further = CertificateDer::pem_slice_iter(pem.as_bytes()).flatten();
    all.add_parsable_certificates(further);
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(all)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
