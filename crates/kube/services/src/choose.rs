//! Which endpoints of a port traffic goes to, by the rules of the reference proxy. Pure.

use std::{net::SocketAddr, sync::Arc};

use crate::{
    book::Entry,
    service::{Policy, ServicePort},
    slice::Endpoint,
};

/// How traffic came to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// By a cluster address.
    Inside,
    /// By a node port or an address outside the cluster's range.
    Outside,
    /// In the same way, but from the node itself or a pod of it. It goes as if it had left for a load balancer and come back elsewhere:
    /// neither policy is about it.
    Around,
}

/// Where traffic is when a node leads it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub node: &'a str,
    pub zone: &'a str,
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
    /// `here` is the node that asks.
    pub fn choose(&self, port: &ServicePort, from: Origin, here: Place<'_>, is_v6: bool) -> Chosen {
        let Some(service) = self.service() else {
            return Chosen::Nothing;
        };
        let all = self.endpoints(port, is_v6);
        let anywhere = usable(&all, |_| true);
        let policy = match from {
            Origin::Inside => service.internal,
            Origin::Outside => service.external,
            Origin::Around => Policy::Cluster,
        };
        if policy == Policy::Cluster || anywhere.is_empty() {
            return match anywhere.is_empty() {
                true => Chosen::Nothing,
                false => Chosen::Endpoints(hinted(&all, here).unwrap_or(anywhere)),
            };
        }
        let here = usable(&all, |it| it.node.as_deref() == Some(here.node));
        match here.is_empty() {
            true => Chosen::NoneHere,
            false => Chosen::Endpoints(here),
        }
    }
}

/// The ready endpoints that are to have the traffic of this node, or else those of its zone (`trafficDistribution`). `None` where hints say
/// nothing: one that is ready has none, or none is for here.
fn hinted(all: &[(SocketAddr, &Endpoint)], here: Place<'_>) -> Option<Vec<SocketAddr>> {
    let ready: Vec<_> = all.iter().filter(|(_, it)| it.ready).collect();
    let by = |hints: fn(&Endpoint) -> &[Arc<str>], own: &str| {
        if ready.iter().any(|(_, it)| hints(it).is_empty()) {
            return None;
        }
        let own = ready
            .iter()
            .filter(|(_, it)| hints(it).iter().any(|name| **name == *own));
        let own: Vec<SocketAddr> = own.map(|(at, _)| *at).collect();
        (!own.is_empty()).then_some(own)
    };
    by(|it| &it.for_nodes, here.node).or_else(|| by(|it| &it.for_zones, here.zone))
}

/// Those that are ready; where none is, those that serve until they end. Slices alone say so: those of services that publish what is not
/// ready have all as ready where the controller writes them.
fn usable(all: &[(SocketAddr, &Endpoint)], counts: impl Fn(&Endpoint) -> bool) -> Vec<SocketAddr> {
    let of = |wanted: &dyn Fn(&Endpoint) -> bool| {
        let all = all.iter().filter(|(_, it)| counts(it) && wanted(it));
        all.map(|(at, _)| *at).collect::<Vec<_>>()
    };
    let ready = of(&|it| it.ready);
    match ready.is_empty() {
        true => of(&|it| it.serving && it.terminating),
        false => ready,
    }
}

#[cfg(test)]
mod tests;
