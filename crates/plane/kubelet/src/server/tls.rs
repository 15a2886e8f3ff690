//! Who the node's port is, and whom it lets in.

use std::sync::Arc;

use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio_rustls::TlsAcceptor;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Whose members may do everything; the authority signs it for nobody who asks.
const GROUP: &str = "system:masters";

/// The node's own certificate is of nobody: the caller knows the port from the Node, which only the node writes.
pub fn acceptor(name: &str, authority: &[u8]) -> Result<TlsAcceptor, String> {
    let bad = |e: &dyn std::fmt::Display| format!("the port of the node: {e}");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority) {
        let certificate = certificate.map_err(|e| bad(&e))?;
        roots.add(certificate).map_err(|e| bad(&e))?;
    }
    if roots.is_empty() {
        return Err("the cluster's authority has no certificate".to_owned());
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = verifier.build().map_err(|e| bad(&e))?;
    let own = rcgen::generate_simple_self_signed(vec![name.to_owned()]).map_err(|e| bad(&e))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| bad(&e))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![own.cert.der().clone()], key)
        .map_err(|e| bad(&e))?;
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
