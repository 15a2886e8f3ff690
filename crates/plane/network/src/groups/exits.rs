//! Which interfaces may begin connections to the outside of their VPC, and where to: what the route
//! table of their subnet says. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::model::Subnet;
use crate::view::View;

/// Where a route table leads outside its VPC: ranges, the narrowest first, each with whether a
/// gateway is behind it. What is in none of them leads nowhere.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Exit {
    routes: Vec<(Subnet, bool)>,
}

impl Exit {
    pub(crate) fn new(routes: impl IntoIterator<Item = (Subnet, bool)>) -> Self {
        let mut routes: Vec<(Subnet, bool)> = routes.into_iter().collect();
        routes.sort_by_key(|(range, _)| (u8::MAX - range.prefix(), *range));
        Self { routes }
    }

    pub(crate) fn routes(&self) -> &[(Subnet, bool)] {
        &self.routes
    }
}

/// One step towards what is wanted; they are in an order in which nothing is named before it is
/// there, nor removed while it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The chain of a route table.
    AddTable(String, Arc<Exit>),
    RewriteTable(String, Arc<Exit>),
    RemoveTable(String),
    /// The interface with that address leaves by that table.
    AddInterface(Ipv4Addr, String),
    RemoveInterface(Ipv4Addr),
}

/// What the kernel has.
#[derive(Debug, Default)]
pub(crate) struct Exits {
    /// The interfaces wired here, with their subnets.
    interfaces: BTreeMap<Ipv4Addr, Subnet>,
    /// Address → route table; those that are held back by none are absent.
    bound: BTreeMap<Ipv4Addr, String>,
    tables: BTreeMap<String, Arc<Exit>>,
}

impl Exits {
    /// An interface is wired here, or no longer is.
    pub(crate) fn wire(&mut self, address: Ipv4Addr, subnet: Option<Subnet>) {
        match subnet {
            Some(subnet) => drop(self.interfaces.insert(address, subnet)),
            None => drop(self.interfaces.remove(&address)),
        }
    }

    /// The steps to what `view` says of all interfaces, if it said something of routes, else of
    /// those at `addresses`.
    pub(crate) fn follow(
        &mut self,
        vpc: &str,
        view: &View,
        addresses: &BTreeSet<Ipv4Addr>,
        routes_changed: bool,
    ) -> Vec<Step> {
        let (mut tables, mut interfaces, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        let all: BTreeSet<Ipv4Addr>;
        let mut addresses = addresses;
        if routes_changed {
            all = self
                .interfaces
                .keys()
                .chain(self.bound.keys())
                .copied()
                .collect();
            addresses = &all;
        }
        for address in addresses {
            let subnet = self.interfaces.get(address);
            let wanted = subnet.and_then(|subnet| view.exit(vpc, *subnet));
            if let Some((id, exit)) = &wanted {
                let former = self.tables.insert(id.clone(), exit.clone());
                match former {
                    None => tables.push(Step::AddTable(id.clone(), exit.clone())),
                    Some(former) if former != *exit => {
                        tables.push(Step::RewriteTable(id.clone(), exit.clone()));
                    }
                    Some(_) => {}
                }
            }
            let wanted = wanted.map(|(id, _)| id);
            if self.bound.get(address) == wanted.as_ref() {
                continue;
            }
            if self.bound.remove(address).is_some() {
                interfaces.push(Step::RemoveInterface(*address));
            }
            if let Some(id) = wanted {
                interfaces.push(Step::AddInterface(*address, id.clone()));
                self.bound.insert(*address, id);
            }
        }
        if !interfaces.is_empty() {
            let used: BTreeSet<&String> = self.bound.values().collect();
            let unused = self.tables.keys().filter(|id| !used.contains(id));
            gone.extend(unused.cloned().map(Step::RemoveTable));
        }
        for step in &gone {
            if let Step::RemoveTable(id) = step {
                self.tables.remove(id);
            }
        }
        tables.into_iter().chain(interfaces).chain(gone).collect()
    }

    /// The steps from nothing.
    pub(crate) fn rebuild(&mut self, vpc: &str, view: &View) -> Vec<Step> {
        self.bound.clear();
        self.tables.clear();
        self.follow(vpc, view, &BTreeSet::new(), true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_planeproto::network::{Route, RouteTable, Subnet as WireSubnet, Vpc};
    use wharf_planeproto::{Change, Key, Kind, Resource};

    use super::*;
    use crate::network::NetworkUpdate;

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
            dns: true,
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
            route_table: table.map(|table| format!("rtb-{table}")),
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
        let wanted = [(range("192.0.2.0/24"), false), (range("0.0.0.0/0"), true)];
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
                .all(|(_, leads)| !leads)
        );
        assert_eq!(known.exit("vpc-b", subnet(0)), None, "nobody spoke of it");
        let unknown_table = view(vec![vpc(Some("igw-1")), in_table(1, Some(7))]);
        assert_eq!(exit(&unknown_table, 1).1, Arc::default(), "leads nowhere");
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
                for step in exits.follow("vpc-a", &view, &changed, touched.exits.contains("vpc-a")) {
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
        let steps = exits.follow("vpc-a", &view, &BTreeSet::from([address(0)]), false);
        assert_eq!(steps.len(), 2, "{steps:?}");
        let key = Key {
            kind: Kind::Vpc,
            id: "vpc-a".to_owned(),
        };
        view.update(NetworkUpdate::Changes(vec![Change::Delete(key)]));
        let steps = exits.follow("vpc-a", &view, &BTreeSet::new(), true);
        let wanted = [
            Step::RemoveInterface(address(0)),
            Step::RemoveTable("rtb-0".to_owned()),
        ];
        assert_eq!(steps, wanted);
    }
}
