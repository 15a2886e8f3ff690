//! Where tasks ask for names: 169.254.169.253 in every scope, and in a VPC the address behind the
//! first two of its range, as in AWS. Both are addresses of the scope's loopback: no packet to them
//! is forwarded, so that neither security groups nor routes have a say.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket};

use crate::error::NetworkError;
use crate::model::Scope;
use crate::view::View;
use crate::worker::Worker;

/// The name service of every scope, whatever its range.
pub const RESOLVER: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 253);
/// Where services of Kubernetes lead that are the name service of their cluster: nobody is told this address, and nothing but such a
/// service need reach it. By custom, that of a name service on each node.
pub const CLUSTER_RESOLVER: Ipv4Addr = Ipv4Addr::new(169, 254, 20, 10);
/// Of a VPC's range: the network itself, its router, its name service. No interface has it.
const OF_RANGE: u32 = 2;
const PORT: u16 = 53;

/// Sockets of the name service in one scope; the peer's address is a task's own.
#[derive(Debug)]
pub struct ResolverSockets {
    pub scope: Scope,
    /// Both are non-blocking.
    pub udp: UdpSocket,
    pub tcp: TcpListener,
}

impl Worker {
    /// `None` if they were handed out already.
    pub(crate) fn open_cluster_resolver(
        &mut self,
        scope: Scope,
    ) -> Result<Option<ResolverSockets>, NetworkError> {
        let net = self.scopes.get_mut(&scope);
        let net = net.ok_or_else(|| NetworkError::NoSuchScope(scope.to_string()))?;
        if net.resolvers.contains(&CLUSTER_RESOLVER) {
            return Ok(None);
        }
        let (udp, tcp) = net.listen_for_names(SocketAddrV4::new(CLUSTER_RESOLVER, PORT))?;
        net.resolvers.insert(CLUSTER_RESOLVER);
        Ok(Some(ResolverSockets { scope, udp, tcp }))
    }

    /// Opens what the scope is to have and has not yet.
    pub(crate) fn open_resolvers(&mut self, scope: &Scope) -> Result<(), NetworkError> {
        let (Some(taker), Some(net)) = (&self.config.resolvers, self.scopes.get_mut(scope)) else {
            return Ok(());
        };
        for address in addresses(scope, &self.view) {
            if net.resolvers.contains(&address) {
                continue;
            }
            let (udp, tcp) = net.listen_for_names(SocketAddrV4::new(address, PORT))?;
            let sent = taker.try_send(ResolverSockets {
                scope: scope.clone(),
                udp,
                tcp,
            });
            match sent {
                Ok(()) => drop(net.resolvers.insert(address)),
                // Tried again with the next task or word.
                Err(error) => {
                    tracing::warn!(%scope, %address, %error, "failed to serve DNS for a network; will retry with the next task or update")
                }
            }
        }
        Ok(())
    }
}

/// Once its range is known, that of a VPC too. Pure.
fn addresses(scope: &Scope, view: &View) -> impl Iterator<Item = Ipv4Addr> + use<> {
    let vpc = match scope {
        Scope::Vpc(id) => view.vpc(id),
        Scope::Bridge => None,
    };
    let range = vpc.and_then(|vpc| vpc.ranges.first().copied());
    let of_range = range.map(|range| range.nth(OF_RANGE));
    std::iter::once(RESOLVER).chain(of_range)
}
