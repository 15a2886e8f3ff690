//! What the control plane has said: the last good set of resources, with the indexes that wiring
//! asks. Pure.
//!
//! A snapshot is turned into the changes that lead to it, so that one that says nothing new
//! changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wharf_base::Cidr6;
use wharf_planeproto::flows::{FlowLog, FlowsOf};
use wharf_planeproto::network::{
    Interface, NatGateway, NetworkAcl, Peering, PublicAddress, RouteTable, SecurityGroup,
    Subnet as WireSubnet, Vpc,
};
use wharf_planeproto::{Change, Key, Kind, Resource};

use crate::flows::Metering;
use crate::groups::{Acl, Edge, Exit, Group, Policy, Target, is_name};
use crate::ipv6;
use crate::model::{Eni, Subnet};
use crate::network::NetworkUpdate;

/// Stands for a route table whose name the kernel would not take.
const NO_TABLE: &str = "+none";
/// In the ARN of a network load balancer.
const NETWORK_BALANCER: &str = ":loadbalancer/net/";

#[derive(Debug, Default)]
pub(crate) struct View {
    resources: BTreeMap<Key, Resource>,
    groups: HashMap<String, Arc<Group>>,
    /// Group → address → how many interfaces that have both.
    members: HashMap<String, BTreeMap<Ipv4Addr, usize>>,
    /// VPC → address → the interfaces that have it, the last that was told of last. It is one,
    /// but for the moments in which an address passes from an interface to the next.
    addresses: HashMap<String, BTreeMap<Ipv4Addr, Vec<String>>>,
    /// The same of members and addresses of IPv6.
    members_ipv6: HashMap<String, BTreeMap<Ipv6Addr, usize>>,
    ipv6: HashMap<String, BTreeMap<Ipv6Addr, Vec<String>>>,
    /// VPC → range → subnet.
    subnets: HashMap<String, BTreeMap<Subnet, String>>,
    /// Host → interfaces on it.
    on_host: HashMap<String, BTreeSet<String>>,
    /// Interfaces of load balancers.
    balancers: BTreeSet<String>,
    /// VPC → peering → the VPC at its other end.
    peers: HashMap<String, BTreeMap<String, String>>,
    /// Interfaces with a public address.
    public: BTreeSet<String>,
    acls: HashMap<String, Arc<Acl>>,
}

/// What an update was about; whoever follows compares for himself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Groups whose rules changed.
    pub(crate) groups: BTreeSet<String>,
    /// Groups that gained or lost addresses.
    pub(crate) members: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    /// VPC → interfaces.
    pub(crate) interfaces: BTreeMap<String, BTreeSet<String>>,
    /// VPC → addresses whose place may have changed.
    pub(crate) addresses: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    pub(crate) vpcs: BTreeSet<String>,
    /// VPCs in which something about routes changed.
    pub(crate) exits: BTreeSet<String>,
    /// VPCs in which something about network ACLs changed.
    pub(crate) edges: BTreeSet<String>,
}

/// A VPC as hosts know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VpcView {
    pub(crate) ranges: Vec<Subnet>,
    pub(crate) vni: u32,
}

impl VpcView {
    fn holds(&self, address: Ipv4Addr) -> bool {
        self.ranges.iter().any(|range| range.contains(address))
    }
}

impl View {
    pub(crate) fn update(&mut self, update: NetworkUpdate) -> Touched {
        let changes = match update {
            NetworkUpdate::Changes(changes) => changes,
            NetworkUpdate::Snapshot(resources) => self.changes_to(resources),
        };
        let mut touched = Touched::default();
        for change in changes {
            let key = change.key();
            let new = match change {
                Change::Put(resource) => Some(resource),
                Change::Delete(_) => None,
            };
            if self.resources.get(&key) != new.as_ref() {
                self.replace(key, new, &mut touched);
            }
        }
        touched
    }

    #[cfg(test)]
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    fn changes_to(&self, resources: Vec<Resource>) -> Vec<Change> {
        let wanted: BTreeSet<Key> = resources.iter().map(Resource::key).collect();
        let gone = self.resources.keys().filter(|key| !wanted.contains(key));
        let gone: Vec<Change> = gone.cloned().map(Change::Delete).collect();
        gone.into_iter()
            .chain(resources.into_iter().map(Change::Put))
            .collect()
    }

    fn replace(&mut self, key: Key, new: Option<Resource>, touched: &mut Touched) {
        match key.kind {
            Kind::Interface => {
                if let Some(Resource::Interface(old)) = self.resources.remove(&key) {
                    self.remove_interface(&old, touched);
                }
                if let Some(Resource::Interface(new)) = &new {
                    self.add_interface(new, touched);
                }
            }
            Kind::SecurityGroup => {
                touched.groups.insert(key.id.clone());
                match &new {
                    Some(Resource::SecurityGroup(group)) => {
                        let read = Arc::new(Group::read(group));
                        self.groups.insert(key.id.clone(), read);
                    }
                    _ => drop(self.groups.remove(&key.id)),
                }
            }
            Kind::Host => {
                for id in self.on_host.get(&key.id).into_iter().flatten() {
                    if let Some(interface) = self.interface(id) {
                        touched.place(interface);
                    }
                }
            }
            Kind::Vpc => {
                touched.vpcs.insert(key.id.clone());
                touched.exits.insert(key.id.clone());
                touched.edges.insert(key.id.clone());
            }
            Kind::Subnet => {
                if let Some(Resource::Subnet(old)) = self.resources.remove(&key) {
                    self.remove_subnet(&old);
                    touched.edges.insert(old.vpc.clone());
                    touched.exits.insert(old.vpc);
                }
                if let Some(Resource::Subnet(new)) = &new {
                    self.add_subnet(new);
                    touched.edges.insert(new.vpc.clone());
                    touched.exits.insert(new.vpc.clone());
                }
            }
            Kind::NatGateway => {
                for gateway in [self.resources.get(&key), new.as_ref()] {
                    if let Some(Resource::NatGateway(gateway)) = gateway {
                        touched.exits.insert(gateway.vpc.clone());
                    }
                }
            }
            Kind::NetworkAcl => {
                for acl in [self.resources.get(&key), new.as_ref()] {
                    if let Some(Resource::NetworkAcl(acl)) = acl {
                        touched.edges.insert(acl.vpc.clone());
                    }
                }
                match &new {
                    Some(Resource::NetworkAcl(acl)) => {
                        let read = Arc::new(Acl::read(acl));
                        self.acls.insert(key.id.clone(), read);
                    }
                    _ => drop(self.acls.remove(&key.id)),
                }
            }
            Kind::RouteTable => {
                for table in [self.resources.get(&key), new.as_ref()]
                    .into_iter()
                    .flatten()
                {
                    if let Resource::RouteTable(table) = table {
                        touched.exits.insert(table.vpc.clone());
                    }
                }
            }
            Kind::Peering => {
                if let Some(Resource::Peering(old)) = self.resources.remove(&key) {
                    self.remove_peering(&old);
                    touched.peering(&old);
                }
                if let Some(Resource::Peering(new)) = &new {
                    self.add_peering(new);
                    touched.peering(new);
                }
            }
            Kind::FlowLog => {}
            // Of another plane: nothing to us, and nothing to keep.
            _ => return,
        }
        match new {
            Some(new) => drop(self.resources.insert(key, new)),
            None => drop(self.resources.remove(&key)),
        }
    }

    fn add_interface(&mut self, new: &Interface, touched: &mut Touched) {
        touched.interface(new);
        for group in groups_of(new) {
            join(&mut self.members, group, new.addresses().map(|it| it.0));
            join(&mut self.members_ipv6, group, new.ipv6.iter().copied());
        }
        let vpc = self.addresses.entry(new.vpc.clone()).or_default();
        for (address, _) in new.addresses() {
            vpc.entry(address).or_default().push(new.id.clone());
        }
        for address in &new.ipv6 {
            let vpc = self.ipv6.entry(new.vpc.clone()).or_default();
            vpc.entry(*address).or_default().push(new.id.clone());
        }
        if let Some(host) = &new.host {
            let there = self.on_host.entry(host.clone()).or_default();
            there.insert(new.id.clone());
        }
        if new.load_balancer.is_some() {
            self.balancers.insert(new.id.clone());
        }
        if new.addresses().any(|(_, public)| public.is_some()) {
            self.public.insert(new.id.clone());
        }
    }

    fn remove_interface(&mut self, old: &Interface, touched: &mut Touched) {
        touched.interface(old);
        for group in groups_of(old) {
            leave(&mut self.members, group, old.addresses().map(|it| it.0));
            leave(&mut self.members_ipv6, group, old.ipv6.iter().copied());
        }
        if let Some(vpc) = self.addresses.get_mut(&old.vpc) {
            for (address, _) in old.addresses() {
                if let Some(claims) = vpc.get_mut(&address) {
                    claims.retain(|id| *id != old.id);
                    if claims.is_empty() {
                        vpc.remove(&address);
                    }
                }
            }
            if vpc.is_empty() {
                self.addresses.remove(&old.vpc);
            }
        }
        if let Some(vpc) = self.ipv6.get_mut(&old.vpc) {
            for address in &old.ipv6 {
                if let Some(claims) = vpc.get_mut(address) {
                    claims.retain(|id| *id != old.id);
                    if claims.is_empty() {
                        vpc.remove(address);
                    }
                }
            }
            if vpc.is_empty() {
                self.ipv6.remove(&old.vpc);
            }
        }
        if let Some(host) = &old.host
            && let Some(there) = self.on_host.get_mut(host)
        {
            there.remove(&old.id);
            if there.is_empty() {
                self.on_host.remove(host);
            }
        }
        self.balancers.remove(&old.id);
        self.public.remove(&old.id);
    }

    fn add_subnet(&mut self, new: &WireSubnet) {
        if let Ok(range) = new.cidr.parse() {
            let ranges = self.subnets.entry(new.vpc.clone()).or_default();
            ranges.insert(range, new.id.clone());
        }
    }

    fn remove_subnet(&mut self, old: &WireSubnet) {
        let (Ok(range), Some(ranges)) = (old.cidr.parse(), self.subnets.get_mut(&old.vpc)) else {
            return;
        };
        // Its range may be another's already.
        if ranges.get(&range) == Some(&old.id) {
            ranges.remove(&range);
        }
        if ranges.is_empty() {
            self.subnets.remove(&old.vpc);
        }
    }

    fn add_peering(&mut self, new: &Peering) {
        let [a, b] = &new.vpcs;
        if a == b {
            return;
        }
        for (one, other) in [(a, b), (b, a)] {
            let peers = self.peers.entry(one.clone()).or_default();
            peers.insert(new.id.clone(), other.clone());
        }
    }

    fn remove_peering(&mut self, old: &Peering) {
        for vpc in &old.vpcs {
            let Some(peers) = self.peers.get_mut(vpc) else {
                continue;
            };
            peers.remove(&old.id);
            if peers.is_empty() {
                self.peers.remove(vpc);
            }
        }
    }

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

    pub(crate) fn has_flow_logs(&self) -> bool {
        self.of_kind(Kind::FlowLog).next().is_some()
    }

    /// What is to be recorded of an interface, if anything.
    pub(crate) fn metering(&self, eni: &Eni) -> Option<Metering> {
        let logs = self.of_kind(Kind::FlowLog).filter_map(|it| match it {
            Resource::FlowLog(log) if log.vpc == eni.vpc_id => Some(log),
            _ => None,
        });
        let mut metering: Option<Metering> = None;
        for log in logs.filter(|log| is_about(log, eni)) {
            let metering = metering.get_or_insert_with(|| Metering {
                account: log.account.clone(),
                region: log.region.clone(),
                address: eni.address,
                ipv6: self.own_ipv6(&eni.vpc_id, &eni.eni_id).unwrap_or_default(),
                logs: BTreeSet::new(),
                accepted: false,
                rejected: false,
                tcp_flags: false,
            });
            metering.logs.insert(log.id.clone());
            metering.accepted |= log.accepted;
            metering.rejected |= log.rejected;
            metering.tcp_flags |= log.tcp_flags;
        }
        metering
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

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Resource> {
        let first = Key {
            kind,
            id: String::new(),
        };
        let all = self.resources.range(first..);
        all.take_while(move |(key, _)| key.kind == kind)
            .map(|(_, resource)| resource)
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

    /// All IPv6 addresses that a VPC may have.
    pub(crate) fn range_ipv6(&self, vpc: &str) -> Option<Cidr6> {
        self.said_of(vpc)?.ipv6_cidr.as_ref()?.parse().ok()
    }

    pub(crate) fn has_ipv6(&self, vpc: &str) -> bool {
        self.ipv6.contains_key(vpc)
    }

    /// All IPv6 addresses of a VPC.
    pub(crate) fn addresses_ipv6(&self, vpc: &str) -> impl Iterator<Item = Ipv6Addr> {
        let all = self.ipv6.get(vpc).into_iter();
        all.flat_map(|it| it.keys().copied())
    }

    /// The interface that has the IPv6 address now.
    pub(crate) fn holder_ipv6(&self, vpc: &str, address: Ipv6Addr) -> Option<&Interface> {
        let claims = self.ipv6.get(vpc)?.get(&address)?;
        claims.last().and_then(|id| self.interface(id))
    }

    /// The IPv6 addresses of the interfaces that have the group.
    pub(crate) fn members_ipv6(&self, group: &str) -> impl Iterator<Item = Ipv6Addr> {
        let members = self.members_ipv6.get(group).into_iter();
        members.flat_map(|it| it.keys().copied())
    }

    /// The IPv6 addresses of an interface that is wired in `vpc`; `None` for one that nothing is said of.
    fn ipv6(&self, vpc: &str, id: &str) -> Option<BTreeSet<Ipv6Addr>> {
        let interface = self.interface(id).filter(|it| it.vpc == vpc)?;
        Some(interface.ipv6.iter().copied().collect())
    }

    /// Those of them that it may have, and that did not pass to another interface, whoever was told of first.
    pub(crate) fn own_ipv6(&self, vpc: &str, id: &str) -> Option<BTreeSet<Ipv6Addr>> {
        let mut told = self.ipv6(vpc, id)?;
        told.retain(|address| {
            let holder = self.holder_ipv6(vpc, *address);
            ipv6::may_have(*address) && holder.is_some_and(|it| it.id == id)
        });
        Some(told.into_iter().take(ipv6::MOST).collect())
    }

    pub(crate) fn security_group(&self, id: &str) -> Option<&SecurityGroup> {
        match self.get(Kind::SecurityGroup, id) {
            Some(Resource::SecurityGroup(group)) => Some(group),
            _ => None,
        }
    }

    /// The public address of a private one, of an interface that is wired in `vpc`. One that means something inside
    /// of the VPC is none.
    pub(crate) fn public_address(
        &self,
        vpc: &str,
        id: &str,
        private: Ipv4Addr,
    ) -> Option<PublicAddress> {
        let interface = self.interface(id).filter(|it| it.vpc == vpc)?;
        let (_, public) = interface.addresses().find(|(it, _)| *it == private)?;
        let (public, vpc) = (public?, self.vpc(vpc)?);
        (!vpc.holds(public.address)).then_some(public)
    }

    /// The further private addresses of an interface that is wired in `vpc`; `None` for one that nothing is said of.
    pub(crate) fn secondary(&self, vpc: &str, id: &str) -> Option<BTreeSet<Ipv4Addr>> {
        let interface = self.interface(id).filter(|it| it.vpc == vpc)?;
        Some(interface.secondary.iter().map(|it| it.address).collect())
    }

    /// The interfaces that have one.
    pub(crate) fn with_public_address(&self) -> impl Iterator<Item = &Interface> {
        self.public.iter().filter_map(|id| self.interface(id))
    }

    fn get(&self, kind: Kind, id: &str) -> Option<&Resource> {
        let id = id.to_owned();
        self.resources.get(&Key { kind, id })
    }

    pub(crate) fn interface(&self, id: &str) -> Option<&Interface> {
        let key = Key {
            kind: Kind::Interface,
            id: id.to_owned(),
        };
        match self.resources.get(&key) {
            Some(Resource::Interface(interface)) => Some(interface),
            _ => None,
        }
    }

    /// What an interface may that is wired in `vpc`.
    pub(crate) fn policy(&self, vpc: &str, id: &str) -> Policy {
        match self.interface(id) {
            Some(interface) if interface.vpc == vpc => Policy::of(groups_of(interface).cloned()),
            _ => Policy::Unknown,
        }
    }

    /// The rules of a group; none for one that is not known.
    pub(crate) fn group(&self, id: &str) -> Arc<Group> {
        self.groups.get(id).cloned().unwrap_or_default()
    }

    pub(crate) fn members(&self, group: &str) -> impl Iterator<Item = Ipv4Addr> {
        self.members
            .get(group)
            .into_iter()
            .flat_map(|m| m.keys().copied())
    }

    pub(crate) fn is_member(&self, group: &str, address: Ipv4Addr) -> bool {
        self.members
            .get(group)
            .is_some_and(|m| m.contains_key(&address))
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

    /// All addresses that are reached in the network of a VPC: its own, and those of the peers that
    /// it carries.
    pub(crate) fn reached(&self, vpc: &str) -> impl Iterator<Item = Ipv4Addr> {
        let peers = self.carried(vpc).flat_map(|peer| self.addresses(peer));
        self.addresses(vpc).chain(peers)
    }

    /// As [`View::holder`], of any address that is reached in the network of the VPC.
    pub(crate) fn holder_reached(&self, vpc: &str, address: Ipv4Addr) -> Option<&Interface> {
        let own = self.holder(vpc, address);
        own.or_else(|| {
            self.carried(vpc)
                .find_map(|peer| self.holder(peer, address))
        })
    }

    /// All addresses of a VPC.
    pub(crate) fn addresses(&self, vpc: &str) -> impl Iterator<Item = Ipv4Addr> {
        self.addresses
            .get(vpc)
            .into_iter()
            .flat_map(|a| a.keys().copied())
    }

    /// The interface that has the address now.
    pub(crate) fn holder(&self, vpc: &str, address: Ipv4Addr) -> Option<&Interface> {
        let claims = self.addresses.get(vpc)?.get(&address)?;
        claims.last().and_then(|id| self.interface(id))
    }

    /// The tunnel's end at a host. Tunnels run over IPv4.
    pub(crate) fn underlay(&self, host: &str) -> Option<Ipv4Addr> {
        let key = Key {
            kind: Kind::Host,
            id: host.to_owned(),
        };
        match self.resources.get(&key) {
            Some(Resource::Host(host)) => match host.underlay {
                Some(IpAddr::V4(address)) => Some(address),
                _ => None,
            },
            _ => None,
        }
    }

    /// The tunnels' ends at all hosts but `own`.
    pub(crate) fn peers(&self, own: &str) -> BTreeSet<Ipv4Addr> {
        let others = self.hosts().filter(|id| *id != own);
        others.filter_map(|id| self.underlay(id)).collect()
    }

    /// The ids of all hosts that take part.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.of_kind(Kind::Host).filter_map(|it| match it {
            Resource::Host(host) => Some(host.id.as_str()),
            _ => None,
        })
    }

    /// The interfaces of network load balancers, which may speak as their clients.
    pub(crate) fn network_balancers(&self) -> impl Iterator<Item = &Interface> {
        let all = self.balancers.iter().filter_map(|id| self.interface(id));
        all.filter(|it| {
            let served = it.load_balancer.as_deref();
            served.is_some_and(|arn| arn.contains(NETWORK_BALANCER))
        })
    }

    /// The interfaces of load balancers that `host` is to wire.
    pub(crate) fn balancers_on(&self, host: &str) -> impl Iterator<Item = &Interface> {
        let all = self.balancers.iter().filter_map(|id| self.interface(id));
        all.filter(move |interface| interface.host.as_deref() == Some(host))
    }
}

/// Whether the interface's traffic is to be recorded.
fn is_about(log: &FlowLog, eni: &Eni) -> bool {
    match &log.of {
        FlowsOf::Vpc => true,
        FlowsOf::Subnet(range) => range.parse() == Ok(eni.subnet),
        FlowsOf::Interface(id) => *id == eni.eni_id,
    }
}

/// Its groups that have a name fit for the kernel.
/// An interface with the group has these addresses.
fn join<A: Ord>(
    members: &mut HashMap<String, BTreeMap<A, usize>>,
    group: &str,
    addresses: impl Iterator<Item = A>,
) {
    for address in addresses {
        let members = members.entry(group.to_owned()).or_default();
        *members.entry(address).or_default() += 1;
    }
}

/// No longer.
fn leave<A: Ord>(
    members: &mut HashMap<String, BTreeMap<A, usize>>,
    group: &str,
    addresses: impl Iterator<Item = A>,
) {
    let Some(of_group) = members.get_mut(group) else {
        return;
    };
    for address in addresses {
        if let Some(count) = of_group.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                of_group.remove(&address);
            }
        }
    }
    if of_group.is_empty() {
        members.remove(group);
    }
}

fn groups_of(interface: &Interface) -> impl Iterator<Item = &String> {
    interface.groups.iter().filter(|id| is_name(id))
}

impl Touched {
    /// Whether something of what a VPC's own interfaces have and may changed. Rules of groups may be anybody's.
    pub(crate) fn concerns(&self, vpc: &str) -> bool {
        let said = [&self.vpcs, &self.exits, &self.edges];
        !self.groups.is_empty()
            || self.interfaces.contains_key(vpc)
            || self.addresses.contains_key(vpc)
            || said.into_iter().any(|it| it.contains(vpc))
    }

    fn interface(&mut self, interface: &Interface) {
        self.place(interface);
        for group in groups_of(interface) {
            let members = self.members.entry(group.clone()).or_default();
            members.extend(interface.addresses().map(|(it, _)| it));
        }
        let vpc = self.interfaces.entry(interface.vpc.clone()).or_default();
        vpc.insert(interface.id.clone());
    }

    fn peering(&mut self, peering: &Peering) {
        self.vpcs.extend(peering.vpcs.iter().cloned());
    }

    fn place(&mut self, interface: &Interface) {
        let vpc = self.addresses.entry(interface.vpc.clone()).or_default();
        vpc.extend(interface.addresses().map(|(it, _)| it));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_planeproto::network::{Host, SecondaryAddress, SecurityGroup};

    use super::*;

    fn interface() -> impl Strategy<Value = Resource> {
        let groups = prop::collection::vec(0..3_u8, 0..3);
        let host = prop::option::of(0..3_u8);
        let further = prop::collection::vec(4..7_u8, 0..2);
        let named = (0..5_u8, 0..2_u8, 0..4_u8, further);
        (named, groups, host, any::<bool>()).prop_map(
            |((id, vpc, at, further), groups, host, balancer)| {
                Resource::Interface(Interface {
                    id: format!("eni-{id}"),
                    vpc: format!("vpc-{vpc}"),
                    subnet_cidr: String::new(),
                    address: Ipv4Addr::new(10, 0, 0, at),
                    mac: String::new(),
                    groups: groups.iter().map(|g| format!("sg-{g}")).collect(),
                    host: host.map(|h| format!("i-{h}")),
                    load_balancer: balancer.then(|| "arn".to_owned()),
                    public: None,
                    secondary: further
                        .into_iter()
                        .map(|at| SecondaryAddress {
                            address: Ipv4Addr::new(10, 0, 0, at),
                            public: None,
                        })
                        .collect(),
                    ipv6: vec![Ipv6Addr::from([0, 0, 0, 0, 0, 0, 0, at.into()])],
                    resource_name: None,
                })
            },
        )
    }

    fn host(id: u8, last: Option<u8>) -> Resource {
        Resource::Host(Host {
            id: format!("i-{id}"),
            underlay: last.map(|last| Ipv4Addr::new(192, 0, 2, last).into()),
        })
    }

    fn resource() -> impl Strategy<Value = Resource> {
        let group = (0..3_u8).prop_map(|n| {
            Resource::SecurityGroup(SecurityGroup {
                id: format!("sg-{n}"),
                vpc: String::new(),
                ingress: Vec::new(),
                egress: Vec::new(),
            })
        });
        let host = (0..3_u8, prop::option::of(1..4_u8)).prop_map(|(id, at)| host(id, at));
        prop_oneof![4 => interface(), 1 => group, 1 => host]
    }

    fn update() -> impl Strategy<Value = NetworkUpdate> {
        let change = (resource(), prop::bool::weighted(0.7)).prop_map(|(resource, put)| {
            if put {
                Change::Put(resource)
            } else {
                Change::Delete(resource.key())
            }
        });
        prop_oneof![
            4 => prop::collection::vec(change, 0..5).prop_map(NetworkUpdate::Changes),
            1 => prop::collection::vec(resource(), 0..8).prop_map(NetworkUpdate::Snapshot),
        ]
    }

    /// The indexes, but for the order in which interfaces came to share an address.
    fn indexes(view: &mut View) -> String {
        let claims = view.addresses.values_mut().flat_map(|a| a.values_mut());
        claims.for_each(|ids| ids.sort());
        let claims = view.ipv6.values_mut().flat_map(|a| a.values_mut());
        claims.for_each(|ids| ids.sort());
        let sorted = |map: &HashMap<String, BTreeMap<Ipv4Addr, usize>>| {
            format!("{:?}", { map.iter().collect::<BTreeMap<_, _>>() })
        };
        let addresses: BTreeMap<_, _> = view.addresses.iter().collect();
        let ipv6: BTreeMap<_, _> = view.ipv6.iter().collect();
        let on_host: BTreeMap<_, _> = view.on_host.iter().collect();
        let groups: BTreeSet<_> = view.groups.keys().collect();
        let members = sorted(&view.members);
        format!(
            "{members} {addresses:?} {ipv6:?} {on_host:?} {groups:?} {:?}",
            view.balancers
        )
    }

    proptest! {
        #[test]
        fn indexes_follow(updates in prop::collection::vec(update(), 1..12)) {
            let mut view = View::default();
            for update in updates {
                view.update(update);
            }
            let mut anew = View::default();
            anew.update(NetworkUpdate::Snapshot(view.resources().cloned().collect()));
            prop_assert_eq!(indexes(&mut view), indexes(&mut anew));
        }
    }

    #[test]
    fn hosts_move_what_is_on_them() {
        let mut view = View::default();
        let on = |id: u8| {
            Resource::Interface(Interface {
                id: "eni-1".to_owned(),
                vpc: "vpc-1".to_owned(),
                subnet_cidr: String::new(),
                address: Ipv4Addr::new(10, 0, 0, 1),
                mac: String::new(),
                groups: Vec::new(),
                host: Some(format!("i-{id}")),
                load_balancer: None,
                public: None,
                secondary: Vec::new(),
                ipv6: Vec::new(),
                resource_name: None,
            })
        };
        let address = Ipv4Addr::new(10, 0, 0, 1);
        view.update(NetworkUpdate::Snapshot(vec![on(1), host(0, Some(9))]));
        let touched = view.update(NetworkUpdate::Changes(vec![Change::Put(host(1, Some(1)))]));
        assert!(touched.addresses["vpc-1"].contains(&address));
        assert!(touched.interfaces.is_empty(), "its groups are the same");
        assert_eq!(view.underlay("i-1"), Some(Ipv4Addr::new(192, 0, 2, 1)));
        assert_eq!(
            view.peers("i-0"),
            BTreeSet::from([Ipv4Addr::new(192, 0, 2, 1)])
        );
        let other = host(2, Some(2));
        let touched = view.update(NetworkUpdate::Changes(vec![Change::Put(other)]));
        assert_eq!(touched, Touched::default(), "nothing is there");
        assert_eq!(view.holder("vpc-1", address).map(|i| &*i.id), Some("eni-1"));
        assert_eq!(view.holder("vpc-2", address), None);
    }
}
