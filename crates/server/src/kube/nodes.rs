//! The way from a cluster's API server to the kubelets of its nodes: TLS, with a certificate of the cluster's authority on this side.
//!
//! A kubelet shows a certificate that it made itself, as upstream's do, so what is checked is that the connection is to the address that
//! the node told of itself over its own credentials.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use wharf_kube_api::{Connection, Nodes};

/// A node that does not answer is told of in time.
const CONNECTING: Duration = Duration::from_secs(10);
/// Where a node says that its port is reached from outside of its VPC, where this server is not.
const SERVED_AT: &str = "node.wharf/kubelet-address";

/// To nodes, as the API server of one cluster.
pub struct ToNodes {
    tls: Arc<ClientConfig>,
}

impl ToNodes {
    /// With a certificate for this side and its key.
    ///
    /// # Errors
    /// They do not fit.
    pub fn new(
        provider: &Arc<CryptoProvider>,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, rustls::Error> {
        let verifier = Arc::new(AnyCertificate(provider.clone()));
        let tls = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(vec![certificate], key)?;
        Ok(Self { tls: Arc::new(tls) })
    }
}

#[async_trait]
impl Nodes for ToNodes {
    async fn kubelet(&self, node: &Value) -> io::Result<Box<dyn Connection>> {
        let told = node["metadata"]["annotations"][SERVED_AT].as_str();
        let told = told.and_then(|it| it.parse::<SocketAddr>().ok());
        let told = told.ok_or_else(|| io::Error::other("the node tells no address"))?;
        let ip = told.ip().to_canonical();
        if ip.is_unspecified() || ip.is_multicast() {
            return Err(io::Error::other("the address is none of a node"));
        }
        let address = SocketAddr::new(ip, told.port());
        let connecting = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let stream = TlsConnector::from(self.tls.clone())
                .connect(ip.into(), stream)
                .await?;
            Ok(Box::new(stream) as Box<dyn Connection>)
        };
        match timeout(CONNECTING, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Addresses of pods and services are those of a VPC, which this server is not in. From here they would be somebody else's.
    async fn dial(&self, _: &str, _: u16, _: bool) -> io::Result<Box<dyn Connection>> {
        let text = "the API server has no way into the network of pods";
        Err(io::Error::new(io::ErrorKind::Unsupported, text))
    }
}

/// Takes any certificate whose key the other side has.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
