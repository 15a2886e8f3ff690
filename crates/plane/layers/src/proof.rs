//! Who a node is to its peers: a certificate that it made itself, whose digest the control plane vouches for.
//!
//! Both ends of a connection show one and prove that they hold its key. Whose it should be, the one that asks knows before
//! (the control plane named it), and the one that is asked finds in the ticket.

use std::{io, net::IpAddr, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error as TlsError, ServerConfig,
    SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring as provider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
    server::{
        NoServerSessionStorage,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    version::TLS13,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use wharf_planeproto::layers::Sum;

/// Nobody looks for a name.
const NAME: &str = "wharf-node";

/// The certificate of this run, with its key.
pub struct Proof {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    sum: Sum,
    provider: Arc<CryptoProvider>,
}

impl Proof {
    pub fn make() -> io::Result<Self> {
        let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned()]);
        let made = made.map_err(io::Error::other)?;
        let certificate = made.cert.der().clone();
        Ok(Self {
            sum: sum(&certificate),
            key: PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()),
            certificate,
            provider: Arc::new(provider::default_provider()),
        })
    }

    pub fn certificate(&self) -> &Sum {
        &self.sum
    }

    fn chain(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = PrivateKeyDer::Pkcs8(self.key.clone_key());
        (vec![self.certificate.clone()], key)
    }

    fn known(&self, peer: Option<Sum>) -> Arc<Known> {
        let provider = self.provider.clone();
        Arc::new(Known { peer, provider })
    }

    /// Takes connections of whoever shows a certificate: whose it is, the caller asks [`shown`].
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let (chain, key) = self.chain();
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(self.known(None))
            .with_single_cert(chain, key)?;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Speaks to the node with that certificate alone.
    pub fn connector(&self, peer: Sum) -> Result<TlsConnector, TlsError> {
        let (chain, key) = self.chain();
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(self.known(Some(peer)))
            .with_client_auth_cert(chain, key)?;
        config.resumption = Resumption::disabled();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

/// The name under which a connection to an address is begun; nobody checks it.
pub fn name_of(address: IpAddr) -> ServerName<'static> {
    ServerName::IpAddress(address.into())
}

/// The digest of the certificate that the other end proved to be its own.
pub fn shown(chain: Option<&[CertificateDer<'_>]>) -> Option<Sum> {
    chain.and_then(<[_]>::first).map(sum)
}

fn sum(certificate: &CertificateDer<'_>) -> Sum {
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
    std::array::from_fn(|at| digest.as_ref().get(at).copied().unwrap_or_default())
}

/// Takes the certificate with that digest, or any; that the other end has its key is checked always.
#[derive(Debug)]
struct Known {
    peer: Option<Sum>,
    provider: Arc<CryptoProvider>,
}

impl Known {
    fn require(&self, certificate: &CertificateDer<'_>) -> Result<(), TlsError> {
        match self.peer {
            Some(peer) if peer != sum(certificate) => Err(TlsError::General(
                "the certificate is not the one that the peer announced".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    fn tls12(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn tls13(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        self.require(end_entity)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.tls12(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.tls13(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}

impl ClientCertVerifier for Known {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, TlsError> {
        self.require(end_entity)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.tls12(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.tls13(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}
