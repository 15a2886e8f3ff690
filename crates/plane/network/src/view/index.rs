//! The indexes of the view: what each resource is found by, entered and taken out again with it.

use std::collections::{BTreeMap, HashMap};

use wharf_planeproto::network::{Interface, Peering, Subnet as WireSubnet};

use super::{Touched, View};
use crate::groups::is_name;

impl View {
    pub(super) fn add_interface(&mut self, new: &Interface, touched: &mut Touched) {
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

    pub(super) fn remove_interface(&mut self, old: &Interface, touched: &mut Touched) {
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

    pub(super) fn add_subnet(&mut self, new: &WireSubnet) {
        if let Ok(range) = new.cidr.parse() {
            let ranges = self.subnets.entry(new.vpc.clone()).or_default();
            ranges.insert(range, new.id.clone());
        }
    }

    pub(super) fn remove_subnet(&mut self, old: &WireSubnet) {
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

    pub(super) fn add_peering(&mut self, new: &Peering) {
        let [a, b] = &new.vpcs;
        if a == b {
            return;
        }
        for (one, other) in [(a, b), (b, a)] {
            let peers = self.peers.entry(one.clone()).or_default();
            peers.insert(new.id.clone(), other.clone());
        }
    }

    pub(super) fn remove_peering(&mut self, old: &Peering) {
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
}

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

/// Its groups that have a name fit for the kernel.
pub(super) fn groups_of(interface: &Interface) -> impl Iterator<Item = &String> {
    interface.groups.iter().filter(|id| is_name(id))
}
