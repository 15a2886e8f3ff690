//! What the control plane has said: the last good set of resources, with the indexes that wiring
//! asks. Pure.
//!
//! A snapshot is turned into the changes that lead to it, so that one that says nothing new
//! changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use wharf_planeproto::network::Interface;
use wharf_planeproto::{Change, Key, Kind, Resource};

use crate::groups::{Group, Policy, is_name};
use crate::model::Subnet;
use crate::network::NetworkUpdate;

#[derive(Debug, Default)]
pub(crate) struct View {
    resources: BTreeMap<Key, Resource>,
    groups: HashMap<String, Arc<Group>>,
    /// Group → address → how many interfaces that have both.
    members: HashMap<String, BTreeMap<Ipv4Addr, usize>>,
    /// VPC → address → the interfaces that have it, the last that was told of last. It is one,
    /// but for the moments in which an address passes from an interface to the next.
    addresses: HashMap<String, BTreeMap<Ipv4Addr, Vec<String>>>,
    /// Host → interfaces on it.
    on_host: HashMap<String, BTreeSet<String>>,
    /// Interfaces of load balancers.
    balancers: BTreeSet<String>,
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
    pub(crate) hosts: bool,
    pub(crate) vpcs: BTreeSet<String>,
}

/// A VPC as hosts know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VpcView {
    pub(crate) ranges: Vec<Subnet>,
    pub(crate) vni: u32,
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
                touched.hosts = true;
                for id in self.on_host.get(&key.id).into_iter().flatten() {
                    if let Some(interface) = self.interface(id) {
                        touched.place(interface);
                    }
                }
            }
            Kind::Vpc => {
                touched.vpcs.insert(key.id.clone());
            }
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
            let members = self.members.entry(group.clone()).or_default();
            *members.entry(new.address).or_default() += 1;
        }
        let vpc = self.addresses.entry(new.vpc.clone()).or_default();
        vpc.entry(new.address).or_default().push(new.id.clone());
        if let Some(host) = &new.host {
            let there = self.on_host.entry(host.clone()).or_default();
            there.insert(new.id.clone());
        }
        if new.load_balancer.is_some() {
            self.balancers.insert(new.id.clone());
        }
    }

    fn remove_interface(&mut self, old: &Interface, touched: &mut Touched) {
        touched.interface(old);
        for group in groups_of(old) {
            let Some(members) = self.members.get_mut(group) else {
                continue;
            };
            if let Some(count) = members.get_mut(&old.address) {
                *count -= 1;
                if *count == 0 {
                    members.remove(&old.address);
                }
            }
            if members.is_empty() {
                self.members.remove(group);
            }
        }
        if let Some(vpc) = self.addresses.get_mut(&old.vpc) {
            if let Some(claims) = vpc.get_mut(&old.address) {
                claims.retain(|id| *id != old.id);
                if claims.is_empty() {
                    vpc.remove(&old.address);
                }
            }
            if vpc.is_empty() {
                self.addresses.remove(&old.vpc);
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
        let hosts = self.resources.keys().filter(|key| key.kind == Kind::Host);
        hosts
            .filter(|key| key.id != own)
            .filter_map(|key| self.underlay(&key.id))
            .collect()
    }

    /// The interfaces of load balancers that `host` is to wire.
    pub(crate) fn balancers_on(&self, host: &str) -> impl Iterator<Item = &Interface> {
        let all = self.balancers.iter().filter_map(|id| self.interface(id));
        all.filter(move |interface| interface.host.as_deref() == Some(host))
    }
}

/// Its groups that have a name fit for the kernel.
fn groups_of(interface: &Interface) -> impl Iterator<Item = &String> {
    interface.groups.iter().filter(|id| is_name(id))
}

impl Touched {
    fn interface(&mut self, interface: &Interface) {
        self.place(interface);
        for group in groups_of(interface) {
            let members = self.members.entry(group.clone()).or_default();
            members.insert(interface.address);
        }
        let vpc = self.interfaces.entry(interface.vpc.clone()).or_default();
        vpc.insert(interface.id.clone());
    }

    fn place(&mut self, interface: &Interface) {
        let vpc = self.addresses.entry(interface.vpc.clone()).or_default();
        vpc.insert(interface.address);
    }
}
