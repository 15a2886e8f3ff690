//! Who has which IPv6 address of a VPC, here or on another host, and what may pass. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use wharf_base::Cidr6;

use super::exits::Exit;
use super::may_have;
use super::rule::{Acl, Group};
use crate::groups::{Policy, is_name};
use crate::model::{MacAddress, Subnet};
use crate::view::View;

/// An interface that is wired here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wired<'a> {
    pub(super) key: &'a str,
    pub(super) interface: &'a str,
    pub(super) link: &'a str,
    pub(super) mac: MacAddress,
    pub(super) subnet: Subnet,
    pub(super) addresses: &'a BTreeSet<Ipv6Addr>,
}

/// What the namespace of a VPC is to have.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) here: BTreeMap<Ipv6Addr, Here>,
    /// Addresses on other hosts, with the tunnel's end there.
    pub(super) there: BTreeMap<Ipv6Addr, Ipv4Addr>,
    /// The groups of the interfaces here.
    pub(super) groups: BTreeMap<String, Group>,
    /// The groups that their rules speak of, and who has them.
    pub(super) members: BTreeMap<String, BTreeSet<Ipv6Addr>>,
    /// The subnets that hold something back, of interfaces here.
    pub(super) edges: BTreeMap<String, Edge>,
    /// The route tables that lead out of the VPC, of interfaces here.
    pub(super) exits: BTreeMap<String, Exit>,
    /// Links to peers, with the ranges that are behind them.
    pub(super) peers: BTreeMap<String, Cidr6>,
    /// All addresses of the VPC: what nobody has of them is nowhere else.
    pub(super) range: Option<Cidr6>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Here {
    pub(super) key: String,
    pub(super) link: String,
    pub(super) mac: MacAddress,
    pub(super) policy: Policy,
    pub(super) edge: Option<String>,
    pub(super) exit: Option<String>,
}

/// A subnet and its network ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    /// Nothing is asked within it.
    pub(super) range: Option<Cidr6>,
    pub(super) acl: Acl,
}

impl Wanted {
    /// `own`: the id of this host, if it has an end of the tunnels.
    pub(super) fn of<'a>(
        view: &View,
        vpc: &str,
        own: Option<&str>,
        wired: impl Iterator<Item = Wired<'a>>,
    ) -> Self {
        let mut wanted = Self {
            range: view.range_ipv6(vpc),
            ..Self::default()
        };
        let elsewhere_of = |vpc: &str, address: Ipv6Addr| {
            let host = view.holder_ipv6(vpc, address)?.host.as_deref()?;
            view.underlay(host)
                .filter(|_| own.is_some_and(|own| own != host))
        };
        let elsewhere = |address| elsewhere_of(vpc, address);
        for one in wired {
            let policy = view.policy(vpc, one.interface);
            let edge = edge(view, vpc, one.subnet);
            let exit = Exit::of(view, vpc, one.subnet);
            for address in one.addresses {
                let holder = view.holder_ipv6(vpc, *address);
                let is_others = holder.is_some_and(|it| it.id != one.interface);
                // The control plane is right until it says otherwise.
                if is_others || elsewhere(*address).is_some() {
                    continue;
                }
                let here = Here {
                    key: one.key.to_owned(),
                    link: one.link.to_owned(),
                    mac: one.mac,
                    policy: policy.clone(),
                    edge: edge.as_ref().map(|(id, _)| id.clone()),
                    exit: exit.as_ref().map(|(id, _)| id.clone()),
                };
                wanted.here.insert(*address, here);
                wanted.edges.extend(edge.clone());
                wanted.exits.extend(exit.clone());
            }
        }
        // Addresses of peers that this VPC carries travel in its tunnel; its own come first.
        for vpc in view.carried(vpc).chain([vpc]) {
            for address in view.addresses_ipv6(vpc).filter(|it| may_have(*it)) {
                if let Some(end) = elsewhere_of(vpc, address) {
                    wanted.there.insert(address, end);
                }
            }
        }
        wanted
            .there
            .retain(|address, _| !wanted.here.contains_key(address));
        wanted.take_groups(view);
        wanted
    }

    fn take_groups(&mut self, view: &View) {
        for here in self.here.values() {
            let Policy::Groups(groups) = &here.policy else {
                continue;
            };
            for id in groups {
                let read = || view.security_group(id).map(Group::read).unwrap_or_default();
                self.groups.entry(id.clone()).or_insert_with(read);
            }
        }
        for id in self.groups.values().flat_map(Group::references) {
            if !self.members.contains_key(id) {
                let members = view.members_ipv6(id).filter(|it| may_have(*it));
                self.members.insert(id.clone(), members.collect());
            }
        }
    }

    /// Whether the rules are those of `other`: tasks, hardware addresses and the places of tunnels are in none.
    pub(super) fn has_rules_of(&self, other: &Self) -> bool {
        let places = |it: &Self| -> Vec<Ipv6Addr> { it.there.keys().copied().collect() };
        let alike = |(one, other): ((&Ipv6Addr, &Here), (&Ipv6Addr, &Here))| {
            one.0 == other.0
                && one.1.link == other.1.link
                && one.1.policy == other.1.policy
                && one.1.edge == other.1.edge
                && one.1.exit == other.1.exit
        };
        self.here.len() == other.here.len()
            && self.here.iter().zip(&other.here).all(alike)
            && places(self) == places(other)
            && self.groups == other.groups
            && self.members == other.members
            && self.edges == other.edges
            && self.exits == other.exits
            && self.range == other.range
            && self.peers == other.peers
    }
}

/// What is asked at the edge of a subnet; `None` if nothing is held back there. An ACL that is not known lets
/// nothing through.
fn edge(view: &View, vpc: &str, subnet: Subnet) -> Option<(String, Edge)> {
    let (subnet, acl) = view.guarded_subnet(vpc, subnet)?;
    let acl = acl.map(Acl::read).unwrap_or_default();
    let range = subnet.ipv6_cidr.as_ref().and_then(|it| it.parse().ok());
    let edge = Edge { range, acl };
    (is_name(&subnet.id) && !edge.acl.is_open()).then(|| (subnet.id.clone(), edge))
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::Resource;
    use wharf_planeproto::network::{Host, Interface, Peer, Permission, SecurityGroup};

    use super::*;
    use crate::network::NetworkUpdate;

    fn at(last: u16) -> Ipv6Addr {
        Ipv6Addr::new(0xfd00, 1, 2, 3, 0, 0, 0, last)
    }

    fn interface(last: u8, host: &str, groups: &[&str]) -> Resource {
        Resource::Interface(Interface {
            id: format!("eni-{last}"),
            vpc: "vpc-1".to_owned(),
            subnet_cidr: "10.0.0.0/24".to_owned(),
            address: Ipv4Addr::new(10, 0, 0, last),
            mac: String::new(),
            groups: groups.iter().map(|it| (*it).to_owned()).collect(),
            host: Some(host.to_owned()),
            load_balancer: None,
            public: None,
            secondary: Vec::new(),
            ipv6: vec![at(last.into())],
            resource_name: None,
        })
    }

    fn host(id: &str, last: u8) -> Resource {
        Resource::Host(Host {
            id: id.to_owned(),
            underlay: Some(Ipv4Addr::new(192, 0, 2, last).into()),
        })
    }

    fn wanted(view: &View, own: Option<&str>, wired: &[(&str, BTreeSet<Ipv6Addr>)]) -> Wanted {
        let wired = wired.iter().map(|(interface, addresses)| Wired {
            key: "task",
            interface,
            link: "link",
            mac: MacAddress::new([2, 0, 0, 0, 0, 1]),
            subnet: "10.0.0.0/24".parse().unwrap(),
            addresses,
        });
        Wanted::of(view, "vpc-1", own, wired)
    }

    #[test]
    fn addresses_are_here_or_there_and_never_both() {
        let mut view = View::default();
        let open = SecurityGroup {
            id: "sg-1".to_owned(),
            vpc: "vpc-1".to_owned(),
            ingress: vec![Permission {
                protocol: None,
                ports: None,
                icmp: None,
                peer: Peer::Group("sg-2".to_owned()),
            }],
            egress: Vec::new(),
        };
        view.update(NetworkUpdate::Snapshot(vec![
            host("i-here", 1),
            host("i-there", 2),
            interface(5, "i-here", &["sg-1"]),
            interface(6, "i-there", &["sg-2"]),
            interface(7, "i-there", &[]),
            Resource::SecurityGroup(open),
        ]));
        let wired = [
            ("eni-5", BTreeSet::from([at(5)])),
            ("eni-7", BTreeSet::from([at(7)])),
        ];
        let plan = wanted(&view, Some("i-here"), &wired);
        assert_eq!(plan.here.keys().copied().collect::<Vec<_>>(), [at(5)]);
        let there = Ipv4Addr::new(192, 0, 2, 2);
        assert_eq!(plan.there, BTreeMap::from([(at(6), there), (at(7), there)]));
        assert_eq!(plan.members["sg-2"], BTreeSet::from([at(6)]));
        // A single machine has all of it.
        let plan = wanted(&view, None, &wired);
        assert_eq!(plan.here.len(), 2);
        assert!(plan.there.is_empty());
        // One that is another interface's is not this one's.
        let stolen = [("eni-5", BTreeSet::from([at(6), at(9)]))];
        let plan = wanted(&view, None, &stolen);
        assert_eq!(plan.here.keys().copied().collect::<Vec<_>>(), [at(9)]);
    }
}
