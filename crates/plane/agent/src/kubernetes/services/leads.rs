//! Which addresses and ports of a service lead where, for the members of one node. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use wharf_kube_services::{
    Chosen, Entry, Kind, Name, Origin, Part, Parts, Place, Policy, Protocol, Service, ServicePort,
};
use wharf_kubelet::host_ports::{HostAddress, HostPort};
use wharf_network::{CLUSTER_RESOLVER, Caller, FrontEnd, Lead, Subnet};

use super::Node;

/// Front ends of one service.
const MOST: usize = 1000;
/// Endpoints of one front end, in their order; the network leads to no more of them.
const MOST_ENDPOINTS: usize = 1000;
const NAMES: u16 = 53;
const TCP: u8 = 6;

/// Where SDKs ask for credentials by EKS Pod Identity.
const POD_IDENTITY: FrontEnd = FrontEnd {
    caller: Caller::Member,
    address: Ipv4Addr::new(169, 254, 170, 23),
    protocol: TCP,
    port: 80,
};

/// What no service of the cluster says and the node itself offers its pods. No service claims it: its name comes before all others.
/// Where the cluster goes without, it is refused.
pub fn own(node: &Node, without: &Parts) -> (Name, BTreeMap<FrontEnd, Lead>) {
    let lead = match without.contains(&Part::PodIdentityAgent) {
        true => Lead::Refused,
        false => Lead::To {
            endpoints: vec![node.pod_identity],
            sticky: None,
            by_node: false,
        },
    };
    (Name::new("", ""), BTreeMap::from([(POD_IDENTITY, lead)]))
}

/// What a service is to a node: nothing where the cluster goes without. Only IPv4 is led: networks here have no other.
pub fn leads(entry: &Entry, node: &Node, without: &Parts) -> BTreeMap<FrontEnd, Lead> {
    let mut found = BTreeMap::new();
    let is_led = !without.contains(&Part::KubeProxy);
    let Some(service) = entry.service().filter(|_| is_led) else {
        return found;
    };
    // As with the reference proxy, what has no address of its own is led by no other either: it is found by its name.
    let has_none = service.is_headless || matches!(service.kind, Kind::ExternalName(_));
    if has_none || service.is_left_alone {
        return found;
    }
    let answers_names = !without.contains(&Part::CoreDns);
    let sticky = service.affinity;
    let sources = service.balancer_sources.as_deref().map(subnets);
    let here = Place {
        node: &node.name,
        zone: &node.zone,
    };
    for port in &service.ports {
        // Connection tracking here translates no ports of SCTP.
        if port.protocol == Protocol::Sctp {
            continue;
        }
        let lead = |from| match is_api_server(service, port) {
            true => to(vec![node.api_server.into()], None, |_| true),
            false if answers_names && is_name_service(entry, service, port) => Lead::To {
                endpoints: vec![SocketAddrV4::new(CLUSTER_RESOLVER, NAMES)],
                sticky: None,
                by_node: false,
            },
            false => match entry.choose(port, from, here, false) {
                Chosen::Endpoints(all) => to(all, sticky, is_led_to),
                Chosen::Nothing => Lead::Refused,
                Chosen::NoneHere => Lead::Dropped,
            },
        };
        let at = |address, port: &ServicePort, number| FrontEnd {
            caller: Caller::Member,
            address,
            protocol: port.protocol.number(),
            port: number,
        };
        let allowed = |lead| match &sources {
            None => lead,
            Some(sources) => Lead::Only {
                sources: sources.clone(),
                lead: Box::new(lead),
            },
        };
        // Once for all addresses: a service may have thousands of endpoints.
        let is_around = port.node_port.is_some()
            || !(service.external_addresses.is_empty() && service.balancer_addresses.is_empty());
        let around = match is_around {
            true => lead(Origin::Around),
            false => Lead::Refused,
        };
        // The cluster's own addresses are of ranges that somebody chose, who may have taken any. Of addresses that are there twice the
        // cluster's counts: it comes last.
        let external = v4(&service.external_addresses).map(|it| (it, around.clone()));
        let balancer = v4(&service.balancer_addresses);
        let balancer = balancer.map(|it| (it, allowed(around.clone())));
        let inside = v4(&service.cluster_addresses).map(|it| (it, lead(Origin::Inside)));
        let all = external.chain(balancer).chain(inside);
        let all = all.filter(|(it, _)| may_be_claimed(*it, node));
        found.extend(all.map(|(it, lead)| (at(it, port, port.port), lead)));
        if let Some(number) = port.node_port {
            let own = at(node.address, port, number);
            let others = FrontEnd {
                caller: Caller::Other,
                ..own
            };
            // As the reference proxy has it: by policy `Local` endpoints see who calls, by `Cluster` the node is in between.
            let is_between = service.external == Policy::Cluster;
            let itself = FrontEnd {
                caller: Caller::Own,
                ..own
            };
            found.insert(itself, around.clone());
            found.insert(own, by_node(around, is_between));
            found.insert(others, by_node(lead(Origin::Outside), is_between));
        }
        if found.len() > MOST {
            break;
        }
    }
    if let Some(port) = service.health_port {
        for caller in [Caller::Member, Caller::Other] {
            let at = FrontEnd {
                caller,
                address: node.address,
                protocol: TCP,
                port,
            };
            let lead = Lead::To {
                endpoints: vec![node.health],
                sticky: None,
                by_node: false,
            };
            found.insert(at, lead);
        }
    }
    found
}

/// What ports of the node lead to a pod, which sees who calls. It is there only where they are free among pods; those of services come first.
pub fn leads_of_ports(node: &Node, all: &[HostPort]) -> BTreeMap<FrontEnd, Lead> {
    let mut found = BTreeMap::new();
    for it in all {
        // Those who come from elsewhere cannot mean a loopback address.
        let anybody = [Caller::Member, Caller::Other, Caller::Own].map(|who| (who, node.address));
        let itself = |at| (Caller::Own, at);
        let places = match it.at {
            HostAddress::Any => [&anybody[..], &[itself(Ipv4Addr::LOCALHOST)]].concat(),
            HostAddress::Node => anybody.to_vec(),
            HostAddress::Loopback(at) => vec![itself(at)],
        };
        for (caller, address) in places {
            let at = FrontEnd {
                caller,
                address,
                protocol: it.protocol,
                port: it.port,
            };
            let lead = Lead::To {
                endpoints: vec![it.to],
                sticky: None,
                by_node: false,
            };
            found.insert(at, lead);
        }
    }
    found
}

/// The cluster's own API, whatever anybody writes into its endpoints: they name the server's machine, where a VPC may have no way to.
fn is_api_server(service: &Service, port: &ServicePort) -> bool {
    &*service.name.namespace == "default"
        && &*service.name.name == "kubernetes"
        && port.protocol == Protocol::Tcp
        && &*port.name == "https"
}

/// The cluster's name service as every cluster has it: this node's own, unless somebody's endpoints take its place.
fn is_name_service(entry: &Entry, service: &Service, port: &ServicePort) -> bool {
    &*service.name.namespace == "kube-system"
        && &*service.name.name == "kube-dns"
        && port.port == NAMES
        && entry.slices().all(|it| it.endpoints.is_empty())
}

fn subnets(all: &[(Ipv4Addr, u8)]) -> Arc<[Subnet]> {
    let all = all.iter();
    all.filter_map(|(address, bits)| Subnet::new(*address, *bits).ok())
        .collect()
}

fn v4(all: &[IpAddr]) -> impl Iterator<Item = Ipv4Addr> {
    all.iter().filter_map(|it| match it {
        IpAddr::V4(it) => Some(*it),
        IpAddr::V6(_) => None,
    })
}

fn to(all: Vec<SocketAddr>, sticky: Option<Duration>, counts: impl Fn(Ipv4Addr) -> bool) -> Lead {
    let all = all.into_iter().filter_map(|it| match it {
        SocketAddr::V4(it) if counts(*it.ip()) => Some(it),
        _ => None,
    });
    let endpoints: Vec<SocketAddrV4> = all.take(MOST_ENDPOINTS).collect();
    match endpoints.is_empty() {
        true => Lead::Refused,
        false => Lead::To {
            endpoints,
            sticky,
            by_node: false,
        },
    }
}

fn by_node(mut lead: Lead, is: bool) -> Lead {
    if let Lead::To { by_node, .. } = &mut lead {
        *by_node = is;
    }
    lead
}

/// Not what is the namespace's own, nor what everybody has to themselves.
fn is_led_to(address: Ipv4Addr) -> bool {
    !(address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_broadcast())
}

/// Nobody's credentials or names, nor the node itself, are answered by a service that says it has their address.
fn may_be_claimed(address: Ipv4Addr, node: &Node) -> bool {
    is_led_to(address) && address != node.address
}

/// Addresses that a service says it has besides those that the cluster gave it. Whoever may write a service may name any, those of other
/// services among them.
pub fn claimed(entry: &Entry) -> BTreeSet<Ipv4Addr> {
    let Some(service) = entry.service() else {
        return BTreeSet::new();
    };
    let all = v4(&service.external_addresses).chain(v4(&service.balancer_addresses));
    let given: BTreeSet<Ipv4Addr> = v4(&service.cluster_addresses).collect();
    all.filter(|it| !given.contains(it)).collect()
}

/// Whose front end it is, the first if several say so: a service that the cluster gave the address comes before those that claim it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Given,
    Claimed,
}

/// What each service leads to, and who has a front end that several have: the first in the order of ranks and names.
#[derive(Debug, Default)]
pub struct Book {
    services: BTreeMap<Name, BTreeMap<FrontEnd, Lead>>,
    claims: BTreeMap<FrontEnd, BTreeSet<(Rank, Name)>>,
}

impl Book {
    /// The service as it became, with the addresses that it merely claims; empty for one that is gone. The answer is what is led elsewhere
    /// now.
    pub fn put(
        &mut self,
        name: &Name,
        leads: BTreeMap<FrontEnd, Lead>,
        claimed: &BTreeSet<Ipv4Addr>,
    ) -> BTreeMap<FrontEnd, Option<Lead>> {
        let former = self.services.get(name).cloned().unwrap_or_default();
        let touched: BTreeSet<FrontEnd> = former.keys().chain(leads.keys()).copied().collect();
        let before: Vec<Option<Lead>> = touched.iter().map(|it| self.lead(it).cloned()).collect();
        for at in &touched {
            let claims = self.claims.entry(*at).or_default();
            claims.retain(|(_, it)| it != name);
            if leads.contains_key(at) {
                let rank = match claimed.contains(&at.address) {
                    true => Rank::Claimed,
                    false => Rank::Given,
                };
                claims.insert((rank, name.clone()));
            }
            if claims.is_empty() {
                self.claims.remove(at);
            }
        }
        match leads.is_empty() {
            true => self.services.remove(name),
            false => self.services.insert(name.clone(), leads),
        };
        let now = touched.into_iter().zip(before);
        now.filter_map(|(at, before)| {
            let lead = self.lead(&at).cloned();
            (lead != before).then_some((at, lead))
        })
        .collect()
    }

    fn lead(&self, at: &FrontEnd) -> Option<&Lead> {
        let (_, owner) = self.claims.get(at)?.first()?;
        self.services.get(owner)?.get(at)
    }

    pub fn all(&self) -> BTreeMap<FrontEnd, Lead> {
        let all = self.claims.keys();
        all.filter_map(|at| Some((*at, self.lead(at)?.clone())))
            .collect()
    }
}

#[cfg(test)]
mod tests;
