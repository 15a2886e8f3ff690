//! What VPCs are made of: subnets, routes and where they lead, edges and peers.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wharf_planeproto::network::{NatGateway, NetworkAcl, RouteTable, Subnet as WireSubnet, Vpc};
use wharf_planeproto::{Key, Kind, Resource};

use super::{View, VpcView};
use crate::groups::{Acl, Edge, Exit, Target, is_name};
use crate::model::Subnet;

/// Stands for a route table whose name the kernel would not take.
const NO_TABLE: &str = "+none";

impl View {
    /// The peerings of a VPC, each with the VPC at its other end.
    pub(crate) fn peerings(&self, vpc: &str) -> impl Iterator<Item = (&str, &str)> {
        let peers = self.peers.get(vpc).into_iter().flatten();
        peers.map(|(id, peer)| (id.as_str(), peer.as_str()))
    }

    /// The VPCs that have peerings.
    pub(crate) fn peered(&self) -> impl Iterator<Item = &str> {
        self.peers.keys().map(String::as_str)
    }

    /// The peers whose packets cross the hosts in the network of this VPC (see `peering`).
    pub(crate) fn carried(&self, vpc: &str) -> impl Iterator<Item = &str> {
        let peers = self.peerings(vpc).map(|(_, peer)| peer);
        peers.filter(move |peer| vpc < *peer)
    }

    /// The subnets of a VPC: ranges and ids.
    pub(crate) fn subnets(&self, vpc: &str) -> impl Iterator<Item = (Subnet, &str)> {
        let subnets = self.subnets.get(vpc).into_iter().flatten();
        subnets.map(|(range, id)| (*range, id.as_str()))
    }

    /// Where interfaces of a subnet leave the VPC: the id of its route table, and what that says.
    /// `None` if nothing was said of the VPC's routes. A table that is not known leads nowhere.
    pub(crate) fn exit(&self, vpc: &str, subnet: Subnet) -> Option<(String, Arc<Exit>)> {
        let Some(Resource::Vpc(vpc)) = self.get(Kind::Vpc, vpc) else {
            return None;
        };
        let id = self.table_of(vpc, subnet)?;
        let exit = self.exit_by(vpc, id, true);
        let id = if is_name(id) { id } else { NO_TABLE };
        Some((id.to_owned(), Arc::new(exit)))
    }

    /// The route table of a subnet, if it is known; `None` if nothing was said of the VPC's routes.
    pub(crate) fn route_table(
        &self,
        vpc: &str,
        subnet: Subnet,
    ) -> Option<(&str, Option<&RouteTable>)> {
        let Some(Resource::Vpc(vpc)) = self.get(Kind::Vpc, vpc) else {
            return None;
        };
        let id = self.table_of(vpc, subnet)?;
        let table = self.known_table(vpc, id);
        Some((if is_name(id) { id } else { NO_TABLE }, table))
    }

    fn known_table(&self, vpc: &Vpc, id: &str) -> Option<&RouteTable> {
        match self.get(Kind::RouteTable, id) {
            Some(Resource::RouteTable(table)) if table.vpc == vpc.id && is_name(id) => Some(table),
            _ => None,
        }
    }

    fn table_of<'a>(&'a self, vpc: &'a Vpc, subnet: Subnet) -> Option<&'a String> {
        let main = vpc.main_route_table.as_ref()?;
        let own = match self.subnet(&vpc.id, subnet) {
            Some(subnet) => subnet.route_table.as_ref(),
            None => None,
        };
        Some(own.unwrap_or(main))
    }

    /// A subnet, which is known by its range of IPv4.
    pub(crate) fn subnet(&self, vpc: &str, range: Subnet) -> Option<&WireSubnet> {
        let id = self.subnets.get(vpc)?.get(&range)?;
        match self.get(Kind::Subnet, id) {
            Some(Resource::Subnet(subnet)) => Some(subnet),
            _ => None,
        }
    }

    /// `with_nat`: NAT gateways lead somewhere.
    fn exit_by(&self, vpc: &Vpc, table: &str, with_nat: bool) -> Exit {
        let Some(known) = self.known_table(vpc, table) else {
            return Exit::default();
        };
        let routes = known.routes.iter().filter_map(|route| {
            let range = route.destination.parse().ok()?;
            Some((range, self.target(vpc, &route.gateway, with_nat)))
        });
        Exit::new(routes)
    }

    fn target(&self, vpc: &Vpc, id: &str, with_nat: bool) -> Target {
        if vpc.gateway.as_deref() == Some(id) {
            return Target::Gateway;
        }
        let Some(gateway) = self
            .nat_gateway(id)
            .filter(|it| it.vpc == vpc.id && with_nat)
        else {
            return Target::Nothing;
        };
        let address = gateway.public.address;
        let within = self.vpc(&vpc.id).is_some_and(|vpc| vpc.holds(address));
        let subnet = gateway.subnet_cidr.parse().ok().filter(|_| !within);
        match subnet.and_then(|subnet| self.table_of(vpc, subnet)) {
            Some(table) => Target::Nat(address, self.exit_by(vpc, table, false)),
            None => Target::Nothing,
        }
    }

    fn nat_gateway(&self, id: &str) -> Option<&NatGateway> {
        match self.get(Kind::NatGateway, id) {
            Some(Resource::NatGateway(gateway)) => Some(gateway),
            _ => None,
        }
    }

    /// All NAT gateways.
    pub(crate) fn nat_gateways(&self) -> impl Iterator<Item = &NatGateway> {
        self.of_kind(Kind::NatGateway).filter_map(|it| match it {
            Resource::NatGateway(gateway) => Some(gateway),
            _ => None,
        })
    }

    /// The host that speaks as a NAT gateway in the world: one of those with an interface in its VPC,
    /// the same wherever it is asked. Another takes its place when it is lost.
    pub(crate) fn home_of(&self, gateway: &NatGateway) -> Option<&str> {
        let in_vpc = self.addresses.get(&gateway.vpc)?.values().flatten();
        let hosts = in_vpc.filter_map(|id| self.interface(id)?.host.as_deref());
        let known: BTreeSet<&str> = self.hosts().collect();
        let hosts: BTreeSet<&str> = hosts.filter(|id| known.contains(id)).collect();
        hosts.into_iter().min_by_key(|host| {
            let mut hash = Sha256::new();
            hash.update(&gateway.id);
            hash.update([0]);
            hash.update(host);
            <[u8; 32]>::from(hash.finalize())
        })
    }

    /// What is asked at the edge of a subnet: its id, and its network ACL. `None` if nothing is held
    /// back there. An ACL that is not known lets nothing through.
    pub(crate) fn edge(&self, vpc: &str, range: Subnet) -> Option<(String, Arc<Edge>)> {
        let subnet = self.subnet(vpc, range).filter(|it| is_name(&it.id))?;
        let of_vpc = match self.get(Kind::Vpc, vpc) {
            Some(Resource::Vpc(vpc)) => vpc.network_acl.as_ref(),
            _ => None,
        };
        let acl = self.acls.get(subnet.network_acl.as_ref().or(of_vpc)?);
        let acl = acl.map(|acl| Acl::clone(acl)).unwrap_or_default();
        let edge = Edge { range, acl };
        (!edge.acl.is_open()).then(|| (subnet.id.clone(), Arc::new(edge)))
    }

    /// A subnet whose edge may be guarded, by its IPv4 range, with its network ACL if that is known.
    pub(crate) fn guarded_subnet(
        &self,
        vpc: &str,
        range: Subnet,
    ) -> Option<(&WireSubnet, Option<&NetworkAcl>)> {
        let subnet = self.subnet(vpc, range)?;
        let of_vpc = match self.get(Kind::Vpc, vpc) {
            Some(Resource::Vpc(vpc)) => vpc.network_acl.as_ref(),
            _ => None,
        };
        let id = subnet.network_acl.as_ref().or(of_vpc)?;
        match self.get(Kind::NetworkAcl, id) {
            Some(Resource::NetworkAcl(acl)) => Some((subnet, Some(acl))),
            _ => Some((subnet, None)),
        }
    }

    /// What was said of a VPC itself.
    pub(crate) fn said_of(&self, vpc: &str) -> Option<&Vpc> {
        match self.get(Kind::Vpc, vpc) {
            Some(Resource::Vpc(vpc)) => Some(vpc),
            _ => None,
        }
    }

    pub(crate) fn vpc(&self, id: &str) -> Option<VpcView> {
        let key = Key {
            kind: Kind::Vpc,
            id: id.to_owned(),
        };
        let Some(Resource::Vpc(vpc)) = self.resources.get(&key) else {
            return None;
        };
        Some(VpcView {
            ranges: vpc.cidrs.iter().filter_map(|c| c.parse().ok()).collect(),
            vni: vpc.vni,
        })
    }
}
