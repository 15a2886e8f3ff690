//! The way from a cluster's API server to the kubelets of its nodes: TLS, with a certificate of the cluster's authority on this side.
//!
//! A kubelet shows a certificate that it made itself, as upstream's do, so what is checked is that the connection is to the address that
//! the node told of itself over its own credentials.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use rustls::{
    ClientConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use wharf_kube_api::{Connection, Nodes};
use wharf_tls::{Anybody, Verifier};

use super::webhooks;

/// A node that does not answer is told of in time.
const CONNECTING: Duration = Duration::from_secs(10);
/// Where a node says that its port is reached from outside of its VPC, where this server is not.
const SERVED_AT: &str = "node.wharf/kubelet-address";

/// To nodes, as the API server of one cluster.
pub struct ToNodes {
    tls: Arc<ClientConfig>,
    /// For pods, which are shown no certificate.
    pods: Arc<ClientConfig>,
    provider: Arc<CryptoProvider>,
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
        let verifier = Verifier::new(Anybody, provider.clone());
        let begin = || {
            let builder = ClientConfig::builder_with_provider(provider.clone())
                .with_safe_default_protocol_versions()?
                .dangerous()
                .with_custom_certificate_verifier(verifier.clone());
            Ok::<_, rustls::Error>(builder)
        };
        Ok(Self {
            tls: Arc::new(begin()?.with_client_auth_cert(vec![certificate], key)?),
            pods: Arc::new(begin()?.with_no_client_auth()),
            provider: provider.clone(),
        })
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

    async fn secure(&self, to: Box<dyn Connection>) -> io::Result<Box<dyn Connection>> {
        // Whoever is asked by an address gets no name.
        let nobody = ServerName::from(IpAddr::from(Ipv4Addr::UNSPECIFIED));
        let stream = TlsConnector::from(self.pods.clone()).connect(nobody, to);
        match timeout(CONNECTING, stream).await {
            Ok(secured) => Ok(Box::new(secured?)),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn verified(
        &self,
        to: Box<dyn Connection>,
        name: &str,
        authorities: &[u8],
    ) -> io::Result<Box<dyn Connection>> {
        let config = webhooks::connecting(&self.provider, authorities)?;
        let name = webhooks::server_name(name)?;
        let stream = TlsConnector::from(config).connect(name, to);
        match timeout(CONNECTING, stream).await {
            Ok(secured) => Ok(Box::new(secured?)),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}
