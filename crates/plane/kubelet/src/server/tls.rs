//! Who the node's port is, and whom it lets in.

use std::sync::Arc;

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer,
        pem::{self, PemObject},
    },
    server::{VerifierBuilderError, WebPkiClientVerifier},
};
use tokio_rustls::TlsAcceptor;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Whose members may do everything; the authority signs it for nobody who asks.
const GROUP: &str = "system:masters";

/// Why nobody can be let in.
#[derive(Debug, thiserror::Error)]
pub enum NoTls {
    #[error("the cluster's authority has no certificate")]
    NoAuthority,
    #[error("the port of the node")]
    Authority(#[from] pem::Error),
    #[error("the port of the node")]
    Verifier(#[from] VerifierBuilderError),
    #[error("the port of the node")]
    Own(#[from] rcgen::Error),
    #[error("the port of the node")]
    Settings(#[from] rustls::Error),
}

/// The node's own certificate is of nobody: the caller knows the port from the Node, which only the node writes.
pub fn acceptor(name: &str, authority: &[u8]) -> Result<TlsAcceptor, NoTls> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority) {
        roots.add(certificate?)?;
    }
    if roots.is_empty() {
        return Err(NoTls::NoAuthority);
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = verifier.build()?;
    let own = rcgen::generate_simple_self_signed(vec![name.to_owned()])?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.cert.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Whether a caller, whose certificate is known to be of the authority, is in the group.
pub fn is_api_server(chain: Option<&[CertificateDer<'_>]>) -> bool {
    let Some(own) = chain.and_then(<[_]>::first) else {
        return false;
    };
    let Ok((_, certificate)) = X509Certificate::from_der(own) else {
        return false;
    };
    let mut groups = certificate.subject().iter_organization();
    groups.any(|it| it.as_str() == Ok(GROUP))
}
