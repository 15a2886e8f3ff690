//! Where interfaces may begin connections to the outside of their VPC, and as whom: what the route
//! table of their subnet says. Pure.

use std::net::Ipv4Addr;

use super::bound;
use crate::model::Subnet;

/// Which interfaces leave by which route table.
pub(crate) type Exits = bound::Bound<Exit>;
pub(crate) type Step = bound::Step<Exit>;

/// How a range is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the internet gateway.
    Out,
    /// By a NAT gateway, with its address.
    Nat(Ipv4Addr),
    Nowhere,
}

/// Where a route table leads outside its VPC: the first range that holds an address counts. What is
/// in none of them leads nowhere.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Exit {
    routes: Vec<(Subnet, Way)>,
}

/// The target of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The internet gateway of the VPC.
    Gateway,
    /// A NAT gateway with that address, and where its own subnet leads.
    Nat(Ipv4Addr, Exit),
    /// Nothing that is there.
    Nothing,
}

impl Exit {
    pub(crate) fn new(routes: impl IntoIterator<Item = (Subnet, Target)>) -> Self {
        let mut routes: Vec<(Subnet, Target)> = routes.into_iter().collect();
        routes.sort_by_key(|(range, _)| (u8::MAX - range.prefix(), *range));
        let ways = routes.into_iter().flat_map(|(range, target)| match target {
            Target::Gateway => vec![(range, Way::Out)],
            Target::Nat(address, exit) => exit.through(range, address),
            Target::Nothing => vec![(range, Way::Nowhere)],
        });
        Self {
            routes: ways.collect(),
        }
    }

    /// How a NAT gateway behind which this is leads to `range`.
    fn through(&self, range: Subnet, address: Ipv4Addr) -> Vec<(Subnet, Way)> {
        let mut ways = Vec::new();
        for (to, way) in &self.routes {
            let part = match (range.covers(*to), to.covers(range)) {
                (true, _) => *to,
                (_, true) => range,
                (false, false) => continue,
            };
            let way = match way {
                Way::Out => Way::Nat(address),
                // One NAT gateway behind the other is none that AWS passes, either.
                Way::Nat(_) | Way::Nowhere => Way::Nowhere,
            };
            ways.push((part, way));
            if part == range {
                return ways;
            }
        }
        ways.push((range, Way::Nowhere));
        ways
    }

    pub(crate) fn routes(&self) -> &[(Subnet, Way)] {
        &self.routes
    }

    /// The addresses of NAT gateways.
    #[cfg(test)]
    fn nat_addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.routes.iter().filter_map(|(_, way)| match way {
            Way::Nat(address) => Some(*address),
            Way::Out | Way::Nowhere => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use proptest::prelude::*;
    use wharf_planeproto::network::{
        NatGateway, PublicAddress, Route, RouteTable, Subnet as WireSubnet, Vpc,
    };
    use wharf_planeproto::{Change, Key, Kind, Resource};

    use super::*;
    use crate::network::NetworkUpdate;
    use crate::view::View;

    fn range(text: &str) -> Subnet {
        text.parse().unwrap()
    }

    fn subnet(n: u8) -> Subnet {
        Subnet::new(Ipv4Addr::new(10, 0, n, 0), 24).unwrap()
    }

    fn address(n: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, n % 3, n)
    }

    fn vpc(gateway: Option<&str>) -> Resource {
        Resource::Vpc(Vpc {
            id: "vpc-a".to_owned(),
            region: "us-east-1".to_owned(),
            cidrs: vec!["10.0.0.0/16".to_owned()],
            vni: 1,
            main_route_table: Some("rtb-0".to_owned()),
            gateway: gateway.map(str::to_owned),
            egress_only: None,
            ipv6_cidr: None,
            dns: true,
            network_acl: None,
        })
    }

    fn table(n: u8, routes: &[(&str, &str)]) -> Resource {
        let route = |(destination, gateway): &(&str, &str)| Route {
            destination: (*destination).to_owned(),
            gateway: (*gateway).to_owned(),
        };
        Resource::RouteTable(RouteTable {
            id: format!("rtb-{n}"),
            vpc: "vpc-a".to_owned(),
            routes: routes.iter().map(route).collect(),
        })
    }

    fn in_table(n: u8, table: Option<u8>) -> Resource {
        Resource::Subnet(WireSubnet {
            id: format!("subnet-{n}"),
            vpc: "vpc-a".to_owned(),
            cidr: subnet(n).to_string(),
            ipv6_cidr: None,
            route_table: table.map(|table| format!("rtb-{table}")),
            network_acl: None,
        })
    }

    fn view(resources: Vec<Resource>) -> View {
        let mut view = View::default();
        view.update(NetworkUpdate::Snapshot(resources));
        view
    }

    #[test]
    fn routes_lead_out_by_the_gateway_that_is_attached() {
        let out = [("0.0.0.0/0", "igw-1"), ("192.0.2.0/24", "igw-2")];
        let resources = |gateway| {
            vec![
                vpc(gateway),
                table(0, &out),
                table(1, &[]),
                in_table(1, Some(1)),
            ]
        };
        let exit = |view: &View, n| view.exit("vpc-a", subnet(n)).unwrap();
        let known = view(resources(Some("igw-1")));
        let wanted = [
            (range("192.0.2.0/24"), Way::Nowhere),
            (range("0.0.0.0/0"), Way::Out),
        ];
        assert_eq!(
            exit(&known, 0).1.routes(),
            wanted,
            "a subnet without an association"
        );
        assert_eq!(exit(&known, 1), ("rtb-1".to_owned(), Arc::default()));
        let detached = view(resources(None));
        assert!(
            exit(&detached, 0)
                .1
                .routes()
                .iter()
                .all(|(_, way)| *way == Way::Nowhere)
        );
        assert_eq!(known.exit("vpc-b", subnet(0)), None, "nobody spoke of it");
        let unknown_table = view(vec![vpc(Some("igw-1")), in_table(1, Some(7))]);
        assert_eq!(exit(&unknown_table, 1).1, Arc::default(), "leads nowhere");
    }

    fn nat(n: u8, in_subnet: u8) -> Resource {
        Resource::NatGateway(NatGateway {
            id: format!("nat-{n}"),
            vpc: "vpc-a".to_owned(),
            subnet_cidr: subnet(in_subnet).to_string(),
            public: PublicAddress {
                address: Ipv4Addr::new(198, 19, 0, n),
                routed: false,
            },
        })
    }

    #[test]
    fn a_nat_gateway_leads_where_its_own_subnet_leads() {
        let by_nat = [("0.0.0.0/0", "nat-1"), ("203.0.113.0/24", "igw-1")];
        let its_own = [("0.0.0.0/0", "igw-1"), ("192.0.2.0/24", "igw-gone")];
        let known = view(vec![
            vpc(Some("igw-1")),
            table(0, &by_nat),
            table(1, &its_own),
            in_table(1, Some(1)),
            nat(1, 1),
        ]);
        let (_, exit) = known.exit("vpc-a", subnet(0)).unwrap();
        let address = Ipv4Addr::new(198, 19, 0, 1);
        let wanted = [
            (range("203.0.113.0/24"), Way::Out),
            (range("192.0.2.0/24"), Way::Nowhere),
            (range("0.0.0.0/0"), Way::Nat(address)),
        ];
        assert_eq!(exit.routes(), wanted);
        assert!(exit.nat_addresses().eq([address]));
        let behind_itself = view(vec![vpc(Some("igw-1")), table(0, &by_nat), nat(1, 0)]);
        let (_, exit) = behind_itself.exit("vpc-a", subnet(0)).unwrap();
        let rest = (range("0.0.0.0/0"), Way::Nowhere);
        assert_eq!(exit.routes().last(), Some(&rest), "it leads to itself");
        let gone = view(vec![vpc(Some("igw-1")), table(0, &by_nat)]);
        let (_, exit) = gone.exit("vpc-a", subnet(0)).unwrap();
        assert_eq!(exit.nat_addresses().count(), 0, "a gateway that is no more");
    }

    proptest! {
        /// Applying the steps to what was there gives what is wanted, and each step can be done.
        #[test]
        fn steps_lead_where_they_should(
            worlds in prop::collection::vec(
                (
                    prop::option::of(0..2_u8),
                    prop::collection::vec(prop::option::of(0..3_u8), 3),
                    prop::collection::vec(0..3_u8, 3),
                    prop::collection::vec(any::<bool>(), 8),
                ),
                1..10,
            ),
        ) {
            let mut exits = Exits::default();
            let mut view = View::default();
            let (mut tables, mut bound) = (BTreeMap::new(), BTreeMap::new());
            for (gateway, associations, routes, wired) in worlds {
                let gateway = gateway.map(|n| format!("igw-{n}"));
                let mut resources = vec![vpc(gateway.as_deref())];
                for (n, association) in (0..).zip(&associations) {
                    resources.push(in_table(n, *association));
                }
                for (n, routes) in (0..).zip(&routes) {
                    let some = [("0.0.0.0/0", "igw-0"), ("192.0.2.0/24", "igw-1")];
                    resources.push(table(n, &some[..usize::from(*routes)]));
                }
                let touched = view.update(NetworkUpdate::Snapshot(resources));
                let mut changed = BTreeSet::new();
                for (n, wired) in (0..).zip(&wired) {
                    let address = address(n);
                    exits.wire(address, wired.then(|| subnet(n % 3)));
                    changed.insert(address);
                }
                for step in exits.follow(|it| view.exit("vpc-a", it), &changed, touched.exits.contains("vpc-a")) {
                    match step {
                        Step::AddTable(id, exit) => prop_assert!(tables.insert(id, exit).is_none()),
                        Step::RewriteTable(id, exit) => prop_assert!(tables.insert(id, exit).is_some()),
                        Step::RemoveTable(id) => {
                            prop_assert!(!bound.values().any(|table| *table == id));
                            prop_assert!(tables.remove(&id).is_some());
                        }
                        Step::AddInterface(address, id) => {
                            prop_assert!(tables.contains_key(&id));
                            prop_assert!(bound.insert(address, id).is_none());
                        }
                        Step::RemoveInterface(address) => prop_assert!(bound.remove(&address).is_some()),
                    }
                }
                let mut wanted = BTreeMap::new();
                for (n, wired) in (0..).zip(&wired) {
                    if *wired {
                        wanted.insert(address(n), view.exit("vpc-a", subnet(n % 3)).unwrap());
                    }
                }
                let ids: BTreeMap<_, _> = wanted.iter().map(|(a, (id, _))| (*a, id.clone())).collect();
                prop_assert_eq!(&bound, &ids);
                prop_assert_eq!(&tables, &wanted.into_values().collect());
            }
        }
    }

    #[test]
    fn a_vpc_that_is_forgotten_holds_nobody_back() {
        let mut view = view(vec![vpc(None), table(0, &[])]);
        let mut exits = Exits::default();
        exits.wire(address(0), Some(subnet(0)));
        let steps = exits.follow(
            |it| view.exit("vpc-a", it),
            &BTreeSet::from([address(0)]),
            false,
        );
        assert_eq!(steps.len(), 2, "{steps:?}");
        let key = Key {
            kind: Kind::Vpc,
            id: "vpc-a".to_owned(),
        };
        view.update(NetworkUpdate::Changes(vec![Change::Delete(key)]));
        let steps = exits.follow(|it| view.exit("vpc-a", it), &BTreeSet::new(), true);
        let wanted = [
            Step::RemoveInterface(address(0)),
            Step::RemoveTable("rtb-0".to_owned()),
        ];
        assert_eq!(steps, wanted);
    }
}
