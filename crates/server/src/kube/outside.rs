//! The way from a cluster's API server to webhooks at addresses. Users of the cluster name them, and the connection leaves from this
//! machine: addresses of the cluster's VPC lead through a node of it, any other is a public one of another machine or one that the
//! operator allowed.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use rustls::crypto::CryptoProvider;
use wharf_base::net::Cidr4;
use wharf_egress::{Egress, Failure};
use wharf_kube_api::{Connection, Outside, Reached};
use wharf_service::Place;
use wharf_svc_ec2::Ec2Service;

use super::{nodes, webhooks};

/// Names of all clusters that are looked up at once, and of those of an account.
pub const MOST_LOOKUPS: usize = 16;
pub const LOOKUPS_OF_ACCOUNT: usize = 4;

/// For one cluster.
pub struct ToAddresses {
    pub egress: Arc<Egress>,
    pub ec2: Ec2Service,
    pub place: Place,
    pub vpc: String,
    pub provider: Arc<CryptoProvider>,
}

/// The first of these addresses that is one of the VPC.
fn in_network(found: &[SocketAddr], ranges: &[Cidr4]) -> Option<Ipv4Addr> {
    found.iter().find_map(|it| match it.ip().to_canonical() {
        IpAddr::V4(ip) => ranges.iter().any(|it| it.contains(ip)).then_some(ip),
        IpAddr::V6(_) => None,
    })
}

fn told(failure: &Failure, host: &str, port: u16) -> io::Error {
    io::Error::other(match failure {
        Failure::Unresolved { .. } => format!("dial tcp: lookup {host}: no such host"),
        Failure::NotAllowed { address, .. } => {
            let at = SocketAddr::new(*address, port);
            format!("dial tcp {at}: connect: the address is not reached from a control plane")
        }
        Failure::Unreachable { why, .. } => {
            let at = match host.parse::<IpAddr>() {
                Ok(address) => SocketAddr::new(address, port).to_string(),
                Err(_) => format!("{host}:{port}"),
            };
            format!("dial tcp {at}: connect: {why}")
        }
        other => other.to_string(),
    })
}

#[async_trait]
impl Outside for ToAddresses {
    async fn reach(&self, host: &str, port: u16) -> io::Result<Reached> {
        let failed = |failure: Failure| told(&failure, host, port);
        let found = self.egress.addresses(host, port).await.map_err(failed)?;
        let ranges = self.ec2.ranges_of_vpc(&self.place, &self.vpc).await;
        let ranges = ranges.map_err(|it| io::Error::other(it.message))?;
        if let Some(address) = in_network(&found, &ranges) {
            return Ok(Reached::InNetwork(address));
        }
        let stream = self.egress.connect(host, &found).await.map_err(failed)?;
        Ok(Reached::Open(Box::new(stream)))
    }

    async fn secured(
        &self,
        to: Box<dyn Connection>,
        host: &str,
        authorities: &[u8],
    ) -> io::Result<Box<dyn Connection>> {
        let config = match authorities {
            [] => self.egress.tls().await.map_err(io::Error::other)?,
            own => webhooks::connecting(&self.provider, own, None)?,
        };
        nodes::connected(config, host, to).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_vpc_are_reached_in_it() {
        let ranges: Vec<Cidr4> = vec![
            "10.0.0.0/16".parse().unwrap(),
            "100.64.0.0/20".parse().unwrap(),
        ];
        for (found, expected) in [
            (vec!["10.0.3.4:443"], Some("10.0.3.4")),
            (vec!["[::ffff:10.0.3.4]:443"], Some("10.0.3.4")),
            (vec!["52.94.0.1:443", "100.64.1.1:443"], Some("100.64.1.1")),
            (vec!["10.1.0.1:443", "127.0.0.1:443", "[fd00::1]:443"], None),
        ] {
            let found: Vec<SocketAddr> = found.iter().map(|it| it.parse().unwrap()).collect();
            let expected = expected.map(|it: &str| it.parse().unwrap());
            assert_eq!(in_network(&found, &ranges), expected, "{found:?}");
        }
    }

    #[tokio::test]
    async fn what_this_machine_alone_reaches_is_told_as_a_dial_that_failed() {
        let egress = Egress::to(Vec::new());
        for (host, port, expected) in [
            (
                "127.0.0.1",
                23443,
                "dial tcp 127.0.0.1:23443: connect: the address is not reached from a control plane",
            ),
            (
                "169.254.169.254",
                443,
                "dial tcp 169.254.169.254:443: connect: the address is not reached from a control plane",
            ),
            (
                "::1",
                443,
                "dial tcp [::1]:443: connect: the address is not reached from a control plane",
            ),
        ] {
            let found = egress.addresses(host, port).await.unwrap();
            let failure = egress.connect(host, &found).await.unwrap_err();
            assert_eq!(told(&failure, host, port).to_string(), expected);
        }
        let nobody = Failure::Unresolved {
            host: "h.invalid".to_owned(),
        };
        let why = told(&nobody, "h.invalid", 1).to_string();
        assert_eq!(why, "dial tcp: lookup h.invalid: no such host");
    }
}
