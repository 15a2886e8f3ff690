//! What an update was about.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use wharf_planeproto::network::{Interface, Peering};

use super::groups_of;

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

impl Touched {
    /// Whether something of what a VPC's own interfaces have and may changed. Rules of groups may be anybody's.
    pub(crate) fn concerns(&self, vpc: &str) -> bool {
        let said = [&self.vpcs, &self.exits, &self.edges];
        !self.groups.is_empty()
            || self.interfaces.contains_key(vpc)
            || self.addresses.contains_key(vpc)
            || said.into_iter().any(|it| it.contains(vpc))
    }

    pub(super) fn interface(&mut self, interface: &Interface) {
        self.place(interface);
        for group in groups_of(interface) {
            let members = self.members.entry(group.clone()).or_default();
            members.extend(interface.addresses().map(|(it, _)| it));
        }
        let vpc = self.interfaces.entry(interface.vpc.clone()).or_default();
        vpc.insert(interface.id.clone());
    }

    pub(super) fn peering(&mut self, peering: &Peering) {
        self.vpcs.extend(peering.vpcs.iter().cloned());
    }

    pub(super) fn place(&mut self, interface: &Interface) {
        let vpc = self.addresses.entry(interface.vpc.clone()).or_default();
        vpc.extend(interface.addresses().map(|(it, _)| it));
    }
}
