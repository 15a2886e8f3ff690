//! The way from a cluster's API server to the kubelets of its nodes: TLS, with a certificate of the cluster's authority on this side.
//!
//! A kubelet shows a certificate that it made itself, as upstream's do. What a node says of itself anybody may say who has its role, the
//! programs of its instance among them: its port is the one that the agent of the machine which keeps the instance tells, over its own
//! connection, and the address that of the machine, as its part in the network is written down.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use rustls::{ClientConfig, crypto::CryptoProvider, pki_types::ServerName};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use wharf_hosts::PlaneHosts;
use wharf_kube_api::{Connection, Nodes};
use wharf_kube_model::{node::instance_of, view::text_at};
use wharf_service::Place;
use wharf_store::Store;
use wharf_svc_ec2::Ec2Service;
use wharf_tls::{Anybody, Verifier};

use super::{front::keep_alive, keys::Signed, webhooks};

/// A node that does not answer is told of in time.
const CONNECTING: Duration = Duration::from_secs(10);
/// Nodes have their ports from the system, which gives none of those below.
const FIRST_PORT: u16 = 1024;

/// Where the machines of a cluster's nodes are.
pub struct Fleet {
    pub ec2: Ec2Service,
    pub store: Store,
    pub place: Place,
    pub vpc: String,
    /// Addresses of this machine.
    pub own: Vec<Ipv4Addr>,
}

impl Fleet {
    async fn address(&self, node: &Value) -> io::Result<SocketAddr> {
        let nobody = || io::Error::other("no instance that runs is this node");
        let instance = instance_of(node).ok_or_else(nobody)?;
        let name = text_at(node, &["metadata", "name"]);
        let asked = self
            .ec2
            .kubelet_of_node(&self.place, &self.vpc, (instance, name));
        let found = asked.await.map_err(|it| io::Error::other(it.message))?;
        let (machine, told) = found.ok_or_else(nobody)?;
        let host = PlaneHosts::of_machine(&self.store, &machine).await;
        let host = host.map_err(io::Error::other)?;
        let host = host.ok_or_else(|| io::Error::other("the machine of the node is not known"))?;
        reached(told, host.underlay, &self.own)
            .ok_or_else(|| io::Error::other("the port is none of a node"))
    }
}

/// Where a node on a machine is reached that has this address among the hosts, or is the only one.
fn reached(told: SocketAddr, machine: Option<IpAddr>, own: &[Ipv4Addr]) -> Option<SocketAddr> {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let at = match machine.map(|it| it.to_canonical()) {
        None => here,
        // A node beside this server may listen for it alone.
        Some(IpAddr::V4(ip)) if own.contains(&ip) && told.ip().is_loopback() => here,
        Some(ip) => ip,
    };
    (told.port() >= FIRST_PORT).then(|| SocketAddr::new(at, told.port()))
}

/// To nodes, as the API server of one cluster.
pub struct ToNodes {
    fleet: Fleet,
    tls: Arc<ClientConfig>,
    /// For pods, which are shown no certificate.
    pods: Arc<ClientConfig>,
    /// What aggregated servers see.
    front: Signed,
    provider: Arc<CryptoProvider>,
}

impl ToNodes {
    /// With a certificate for this side and its key, and another pair for aggregated servers.
    ///
    /// # Errors
    /// They do not fit.
    pub fn new(
        fleet: Fleet,
        provider: &Arc<CryptoProvider>,
        shown: Signed,
        front: Signed,
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
            fleet,
            tls: Arc::new(begin()?.with_client_auth_cert(vec![shown.certificate], shown.key)?),
            pods: Arc::new(begin()?.with_no_client_auth()),
            front,
            provider: provider.clone(),
        })
    }
}

/// TLS over a connection to whoever that is of this name.
pub(super) async fn connected(
    config: Arc<ClientConfig>,
    name: &str,
    to: Box<dyn Connection>,
) -> io::Result<Box<dyn Connection>> {
    let name = webhooks::server_name(name)?;
    let stream = TlsConnector::from(config).connect(name, to);
    match timeout(CONNECTING, stream).await {
        Ok(secured) => Ok(Box::new(secured?)),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

#[async_trait]
impl Nodes for ToNodes {
    async fn kubelet(&self, node: &Value) -> io::Result<Box<dyn Connection>> {
        let address = self.fleet.address(node).await?;
        let connecting = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            // A machine that is gone without a word takes its sessions along.
            keep_alive(&stream)?;
            let stream = TlsConnector::from(self.tls.clone())
                .connect(address.ip().into(), stream)
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
        let config = webhooks::connecting(&self.provider, authorities, None)?;
        connected(config, name, to).await
    }

    async fn aggregated(
        &self,
        to: Box<dyn Connection>,
        name: &str,
        authorities: Option<&[u8]>,
    ) -> io::Result<Box<dyn Connection>> {
        let (provider, shown) = (&self.provider, &self.front);
        let config = match authorities {
            Some(authorities) => webhooks::connecting(provider, authorities, Some(shown)),
            None => webhooks::connecting_to_anybody(provider, shown),
        };
        connected(config?, name, to).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_reached_at_its_machine_and_nowhere_else() {
        let own = [Ipv4Addr::new(10, 0, 0, 1)];
        for (told, machine, expected) in [
            ("10.0.0.7:40001", Some("10.0.0.7"), Some("10.0.0.7:40001")),
            // Neither this machine's own ports, nor a cloud's metadata, nor another machine.
            ("127.0.0.1:40001", Some("10.0.0.7"), Some("10.0.0.7:40001")),
            (
                "169.254.169.254:40001",
                Some("10.0.0.7"),
                Some("10.0.0.7:40001"),
            ),
            ("[::1]:40001", Some("10.0.0.7"), Some("10.0.0.7:40001")),
            ("169.254.169.254:40001", None, Some("127.0.0.1:40001")),
            ("127.0.0.1:40001", Some("10.0.0.1"), Some("127.0.0.1:40001")),
            ("10.0.0.9:40001", Some("10.0.0.1"), Some("10.0.0.1:40001")),
            ("10.0.0.7:22", Some("10.0.0.7"), None),
            ("127.0.0.1:443", None, None),
        ] {
            let machine = machine.map(|it: &str| it.parse().unwrap());
            let found = reached(told.parse().unwrap(), machine, &own);
            let found = found.map(|it| it.to_string());
            assert_eq!(found.as_deref(), expected, "{told} on {machine:?}");
        }
    }
}
