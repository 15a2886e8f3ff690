//! Which endpoints of a port traffic goes to, by the rules of the reference proxy. Pure.

use std::net::SocketAddr;

use crate::{
    book::Entry,
    service::{Policy, Service, ServicePort},
    slice::Endpoint,
};

/// How traffic came to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// By a cluster address.
    Inside,
    /// By a node port or an address outside the cluster's range.
    Outside,
}

/// Where traffic goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    Endpoints(Vec<SocketAddr>),
    /// None can be had anywhere: the client is refused.
    Nothing,
    /// There are some, but not on this node, and the policy wants no others: packets are dropped, so that a client tries again
    /// elsewhere.
    NoneHere,
}

impl Entry {
    /// `node` is the node that asks.
    pub fn choose(&self, port: &ServicePort, from: Origin, node: &str, is_v6: bool) -> Chosen {
        let Some(service) = self.service() else {
            return Chosen::Nothing;
        };
        let all = self.endpoints(port, is_v6);
        let anywhere = usable(&all, service, |_| true);
        let policy = match from {
            Origin::Inside => service.internal,
            Origin::Outside => service.external,
        };
        if policy == Policy::Cluster || anywhere.is_empty() {
            return match anywhere.is_empty() {
                true => Chosen::Nothing,
                false => Chosen::Endpoints(anywhere),
            };
        }
        let here = usable(&all, service, |it| it.node.as_deref() == Some(node));
        match here.is_empty() {
            true => Chosen::NoneHere,
            false => Chosen::Endpoints(here),
        }
    }
}

/// Those that are ready; where none is, those that serve until they end.
fn usable(
    all: &[(SocketAddr, &Endpoint)],
    service: &Service,
    counts: impl Fn(&Endpoint) -> bool,
) -> Vec<SocketAddr> {
    let of = |wanted: &dyn Fn(&Endpoint) -> bool| {
        let all = all.iter().filter(|(_, it)| counts(it) && wanted(it));
        all.map(|(at, _)| *at).collect::<Vec<_>>()
    };
    // Of services that publish them, slices tell all as ready.
    let ready = of(&|it| it.ready || service.publishes_not_ready);
    match ready.is_empty() {
        true => of(&|it| it.serving && it.terminating),
        false => ready,
    }
}

#[cfg(test)]
mod tests;
