//! What the control plane has said: the last good set of resources, with the indexes that wiring
//! asks. Pure.
//!
//! A snapshot is turned into the changes that lead to it, so that one that says nothing new
//! changes nothing.

mod addresses;
mod flow_logs;
mod index;
mod touched;
mod vpcs;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use wharf_planeproto::network::{Interface, SecurityGroup};
use wharf_planeproto::{Change, Key, Kind, Resource};

use crate::groups::{Acl, Group, Policy};
use crate::model::Subnet;
use crate::network::NetworkUpdate;

use self::index::groups_of;
pub(crate) use self::touched::Touched;

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

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Resource> {
        let first = Key {
            kind,
            id: String::new(),
        };
        let all = self.resources.range(first..);
        all.take_while(move |(key, _)| key.kind == kind)
            .map(|(_, resource)| resource)
    }

    pub(crate) fn security_group(&self, id: &str) -> Option<&SecurityGroup> {
        match self.get(Kind::SecurityGroup, id) {
            Some(Resource::SecurityGroup(group)) => Some(group),
            _ => None,
        }
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

#[cfg(test)]
mod tests;
