//! What may cross between a VPC and its peers: what the route tables of its subnets say. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::family::Range;
use crate::names::check_key;
use crate::view::View;

/// A destination of a route table, and the parts of it that a peer is behind: none for any other route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crossing<R> {
    pub(super) destination: R,
    pub(super) peer: Vec<R>,
}

/// A peer as its neighbour's table knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer<R> {
    /// The link to it, where this host has one.
    pub(super) link: Option<String>,
    /// Its packets to and from other hosts travel in this VPC's tunnel.
    pub(super) is_carried: bool,
    pub(super) ranges: Vec<R>,
}

/// The table of one VPC for one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules<R> {
    pub(super) peers: Vec<Peer<R>>,
    /// The narrowest first.
    pub(super) tables: BTreeMap<String, Vec<Crossing<R>>>,
    /// The subnets' ranges with their tables.
    pub(super) subnets: Vec<(R, String)>,
}

impl<R> Default for Rules<R> {
    fn default() -> Self {
        Self {
            peers: Vec::new(),
            tables: BTreeMap::new(),
            subnets: Vec::new(),
        }
    }
}

impl<R: Range> Rules<R> {
    /// `links`: peer → name of the link to it. There are none between VPCs that do not both have ranges of the family.
    pub(super) fn of(view: &View, vpc: &str, links: &BTreeMap<&str, String>) -> Self {
        let mut rules = Self::default();
        if R::of_vpc(view, vpc).is_empty() {
            return rules;
        }
        let peers: BTreeSet<&str> = view.peerings(vpc).map(|(_, peer)| peer).collect();
        for id in peers {
            let ranges = R::of_vpc(view, id);
            if ranges.is_empty() {
                continue;
            }
            rules.peers.push(Peer {
                link: links.get(id).cloned(),
                is_carried: vpc < id,
                ranges,
            });
        }
        if rules.peers.is_empty() {
            return rules;
        }
        for (range, _) in view.subnets(vpc) {
            // A table that is not known leads nowhere; nor does one whose name the kernel would not take.
            let Some((id, Some(table))) = view.route_table(vpc, range) else {
                continue;
            };
            if check_key(id).is_err() {
                continue;
            }
            let Some(own) = R::of_subnet(view, vpc, range) else {
                continue;
            };
            rules.subnets.push((own, id.to_owned()));
            if rules.tables.contains_key(id) {
                continue;
            }
            let crossings = table.routes.iter().filter_map(|route| {
                let destination: R = route.destination.parse().ok()?;
                let peering = view.peerings(vpc).find(|(id, _)| *id == route.gateway);
                let ranges = peering.map(|(_, peer)| R::of_vpc(view, peer));
                let ranges = ranges.into_iter().flatten();
                let peer = ranges.filter_map(|range| common(range, destination));
                Some(Crossing {
                    destination,
                    peer: peer.collect(),
                })
            });
            let mut crossings: Vec<Crossing<R>> = crossings.collect();
            crossings.sort_by_key(|it| (u8::MAX - it.destination.bits(), it.destination.first()));
            rules.tables.insert(id.to_owned(), crossings);
        }
        rules
    }

    pub(super) fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }
}

/// What two ranges have in common: one of them, or nothing.
fn common<R: Range>(a: R, b: R) -> Option<R> {
    let narrower = if a.bits() >= b.bits() { a } else { b };
    a.meets(b).then_some(narrower)
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::network::{
        Peering, Route, RouteTable, Subnet as WireSubnet, Vpc as WireVpc,
    };
    use wharf_planeproto::{Change, Key, Kind, Resource};

    use wharf_base::Cidr6;

    use super::*;
    use crate::model::Subnet;
    use crate::network::NetworkUpdate;

    fn vpc(id: &str, range: &str, ipv6: &str) -> Resource {
        Resource::Vpc(WireVpc {
            id: id.to_owned(),
            region: "us-east-1".to_owned(),
            cidrs: vec![range.to_owned()],
            vni: 1,
            main_route_table: Some(format!("rtb-{id}")),
            gateway: Some("igw-1".to_owned()),
            egress_only: None,
            ipv6_cidr: Some(ipv6.to_owned()),
            dns: true,
            network_acl: None,
        })
    }

    fn view(routes: &[(&str, &str)]) -> View {
        let route = |(destination, gateway): &(&str, &str)| Route {
            destination: (*destination).to_owned(),
            gateway: (*gateway).to_owned(),
        };
        let mut view = View::default();
        view.update(NetworkUpdate::Snapshot(vec![
            vpc("a", "10.0.0.0/16", "fd00:a::/56"),
            vpc("b", "10.1.0.0/16", "fd00:b::/56"),
            Resource::Subnet(WireSubnet {
                id: "subnet-1".to_owned(),
                vpc: "a".to_owned(),
                cidr: "10.0.1.0/24".to_owned(),
                ipv6_cidr: Some("fd00:a::/64".to_owned()),
                route_table: None,
                network_acl: None,
            }),
            Resource::RouteTable(RouteTable {
                id: "rtb-a".to_owned(),
                vpc: "a".to_owned(),
                routes: routes.iter().map(route).collect(),
            }),
            Resource::Peering(Peering {
                id: "pcx-1".to_owned(),
                vpcs: ["b".to_owned(), "a".to_owned()],
            }),
        ]));
        view
    }

    fn crossings<R: Range + ToString>(view: &View) -> Vec<(String, Vec<String>)> {
        let rules = Rules::<R>::of(view, "a", &BTreeMap::new());
        let table = rules.tables.get("rtb-a").cloned().unwrap_or_default();
        let shown = |it: Crossing<R>| {
            let peer = it.peer.iter().map(ToString::to_string).collect();
            (it.destination.to_string(), peer)
        };
        table.into_iter().map(shown).collect()
    }

    #[test]
    fn routes_to_a_peer_lead_into_its_ranges_alone() {
        let row = |destination: &str, peer: &[&str]| {
            let peer = peer.iter().map(|it| (*it).to_owned()).collect();
            (destination.to_owned(), peer)
        };
        let known = view(&[
            ("0.0.0.0/0", "igw-1"),
            ("10.0.0.0/8", "pcx-1"),
            ("10.1.2.0/24", "pcx-1"),
            ("10.1.3.0/24", "pcx-gone"),
            ("192.168.0.0/16", "pcx-1"),
        ]);
        let wanted = [
            row("10.1.2.0/24", &["10.1.2.0/24"]),
            row("10.1.3.0/24", &[]),
            row("192.168.0.0/16", &[]),
            row("10.0.0.0/8", &["10.1.0.0/16"]),
            row("0.0.0.0/0", &[]),
        ];
        assert_eq!(crossings::<Subnet>(&known), wanted);
    }

    #[test]
    fn each_family_has_routes_of_its_own() {
        let known = view(&[
            ("10.1.0.0/16", "pcx-1"),
            ("fd00::/8", "pcx-1"),
            ("fd00:b:0:1::/64", "pcx-gone"),
            ("::/0", "igw-1"),
        ]);
        let row = |destination: &str, peer: &[&str]| {
            let peer = peer.iter().map(|it| (*it).to_owned()).collect();
            (destination.to_owned(), peer)
        };
        let ipv4 = [row("10.1.0.0/16", &["10.1.0.0/16"])];
        assert_eq!(crossings::<Subnet>(&known), ipv4);
        let ipv6 = [
            row("fd00:b:0:1::/64", &[]),
            row("fd00::/8", &["fd00:b::/56"]),
            row("::/0", &[]),
        ];
        assert_eq!(crossings::<Cidr6>(&known), ipv6);
    }

    #[test]
    fn without_a_peering_there_is_no_table() {
        let mut known = view(&[("10.1.0.0/16", "pcx-1")]);
        assert!(!Rules::<Subnet>::of(&known, "a", &BTreeMap::new()).is_empty());
        assert!(!Rules::<Subnet>::of(&known, "b", &BTreeMap::new()).is_empty());
        let key = Key {
            kind: Kind::Peering,
            id: "pcx-1".to_owned(),
        };
        let touched = known.update(NetworkUpdate::Changes(vec![Change::Delete(key)]));
        assert!(touched.vpcs.contains("a") && touched.vpcs.contains("b"));
        assert_eq!(
            Rules::<Subnet>::of(&known, "a", &BTreeMap::new()),
            Rules::<Subnet>::default()
        );
        assert_eq!(known.carried("a").count(), 0);
    }

    #[test]
    fn the_first_of_two_carries() {
        let known = view(&[]);
        assert_eq!(known.carried("a").collect::<Vec<_>>(), ["b"]);
        assert_eq!(known.carried("b").count(), 0);
    }
}
