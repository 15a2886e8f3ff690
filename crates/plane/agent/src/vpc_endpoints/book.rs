//! What is told of endpoints and of the routes to them, and what the network is to have for them. Pure.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::Ipv4Addr,
};

use wharf_network::Subnet as Range;
use wharf_planeproto::{
    Change, Key, Kind, Resource,
    endpoint::{Endpoint, EndpointWay},
    network::{Interface, Peer, Permission, RouteTable, SecurityGroup, Subnet, Vpc},
};

/// IANA's number.
const TCP: u8 = 6;
pub const HTTP: u16 = 80;
pub const HTTPS: u16 = 443;
/// Of all interfaces that gateways are reached at: each is alone on its wire.
const MAC: &str = "02:77:67:61:74:65";

/// An interface that is to be listened at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub interface: String,
    pub vpc: String,
    pub address: Ipv4Addr,
    /// Of gateways: they take what is not encrypted, too.
    pub ports: &'static [u16],
}

#[derive(Debug, Default)]
pub struct Book {
    vpcs: HashMap<String, Vpc>,
    subnets: HashMap<String, Subnet>,
    tables: HashMap<String, RouteTable>,
    endpoints: BTreeMap<String, Endpoint>,
}

impl Book {
    pub fn of<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> Self {
        let mut book = Self::default();
        for resource in resources {
            book.put(resource);
        }
        book
    }

    pub fn change(&mut self, change: &Change) {
        match change {
            Change::Put(resource) => self.put(resource),
            Change::Delete(Key { kind, id }) => match kind {
                Kind::Vpc => drop(self.vpcs.remove(id)),
                Kind::Subnet => drop(self.subnets.remove(id)),
                Kind::RouteTable => drop(self.tables.remove(id)),
                Kind::Endpoint => drop(self.endpoints.remove(id)),
                _ => {}
            },
        }
    }

    fn put(&mut self, resource: &Resource) {
        match resource {
            Resource::Vpc(it) => drop(self.vpcs.insert(it.id.clone(), it.clone())),
            Resource::Subnet(it) => drop(self.subnets.insert(it.id.clone(), it.clone())),
            Resource::RouteTable(it) => drop(self.tables.insert(it.id.clone(), it.clone())),
            Resource::Endpoint(it) => drop(self.endpoints.insert(it.id.clone(), it.clone())),
            _ => {}
        }
    }

    /// What the network of `host` is to have beyond what is told.
    pub fn wired(&self, host: &str) -> BTreeMap<Key, Resource> {
        let mut wired = Vec::new();
        for endpoint in self.endpoints.values() {
            let EndpointWay::Interface { interfaces, groups } = &endpoint.way else {
                continue;
            };
            wired.extend(interfaces.iter().map(|it| {
                Resource::Interface(Interface {
                    id: it.id.clone(),
                    vpc: endpoint.vpc.clone(),
                    subnet_cidr: it.subnet_cidr.clone(),
                    address: it.address,
                    mac: it.mac.clone(),
                    groups: groups.clone(),
                    host: Some(host.to_owned()),
                    load_balancer: Some(endpoint.arn.clone()),
                    public: None,
                    secondary: Vec::new(),
                    ipv6: Vec::new(),
                    resource_name: None,
                })
            }));
        }
        for (vpc, (range, address)) in self.gateways() {
            let group = format!("sg-{}", gateway_interface(vpc));
            wired.push(Resource::SecurityGroup(SecurityGroup {
                id: group.clone(),
                vpc: vpc.to_owned(),
                ingress: self.admitted(vpc),
                egress: Vec::new(),
            }));
            wired.push(Resource::Interface(Interface {
                id: gateway_interface(vpc),
                vpc: vpc.to_owned(),
                subnet_cidr: range.to_owned(),
                address,
                mac: MAC.to_owned(),
                groups: vec![group],
                host: Some(host.to_owned()),
                load_balancer: Some(gateway_interface(vpc)),
                public: None,
                secondary: Vec::new(),
                ipv6: Vec::new(),
                resource_name: None,
            }));
        }
        wired.into_iter().map(|it| (it.key(), it)).collect()
    }

    /// Where connections come in.
    pub fn places(&self) -> BTreeSet<Place> {
        let of_interfaces = self.endpoints.values().flat_map(|endpoint| {
            let interfaces = match &endpoint.way {
                EndpointWay::Interface { interfaces, .. } => interfaces.as_slice(),
                EndpointWay::Gateway { .. } => &[],
            };
            interfaces.iter().map(|it| Place {
                interface: it.id.clone(),
                vpc: endpoint.vpc.clone(),
                address: it.address,
                ports: &[HTTPS],
            })
        });
        let of_gateways = self
            .gateways()
            .into_iter()
            .map(|(vpc, (_, address))| Place {
                interface: gateway_interface(vpc),
                vpc: vpc.to_owned(),
                address,
                ports: &[HTTP, HTTPS],
            });
        of_interfaces.chain(of_gateways).collect()
    }

    /// ARN of the endpoint that `source` reaches at a place.
    pub fn endpoint_at(&self, place: &Place, source: Ipv4Addr) -> Option<&str> {
        let is_there = |endpoint: &&Endpoint| match &endpoint.way {
            EndpointWay::Interface { interfaces, .. } => {
                interfaces.iter().any(|it| it.id == place.interface)
            }
            EndpointWay::Gateway { .. } => false,
        };
        let mut all = self.endpoints.values();
        if let Some(endpoint) = all.find(is_there) {
            return Some(&endpoint.arn);
        }
        if place.interface != gateway_interface(&place.vpc) {
            return None;
        }
        let in_it = |subnet: &&Subnet| {
            let range: Option<Range> = subnet.cidr.parse().ok();
            subnet.vpc == place.vpc && range.is_some_and(|range| range.contains(source))
        };
        let subnet = self.subnets.values().find(in_it)?;
        self.leads_to(subnet).map(|endpoint| endpoint.arn.as_str())
    }

    /// Of VPCs with a gateway endpoint: where it is reached. What lies within a VPC is reached there and nowhere
    /// else.
    fn gateways(&self) -> BTreeMap<&str, (&str, Ipv4Addr)> {
        let gateways = self.endpoints.values().filter_map(|it| match &it.way {
            EndpointWay::Gateway { range, address } => {
                Some((it.vpc.as_str(), (range.as_str(), *address)))
            }
            EndpointWay::Interface { .. } => None,
        });
        let is_outside = |vpc: &str, range: &str| {
            let (Some(vpc), Ok(range)) = (self.vpcs.get(vpc), range.parse::<Range>()) else {
                return false;
            };
            let own = vpc
                .cidrs
                .iter()
                .filter_map(|cidr| cidr.parse::<Range>().ok());
            !own.into_iter().any(|own| own.overlaps(range))
        };
        gateways
            .filter(|(vpc, (range, _))| is_outside(vpc, range))
            .collect()
    }

    /// The subnets from which a gateway is reached.
    fn admitted(&self, vpc: &str) -> Vec<Permission> {
        let own = self.subnets.values().filter(|subnet| subnet.vpc == vpc);
        let led = own.filter(|subnet| self.leads_to(subnet).is_some());
        let ranges: BTreeSet<&String> = led.map(|subnet| &subnet.cidr).collect();
        let permission = |range: &String, port| Permission {
            protocol: Some(TCP),
            ports: Some((port, port)),
            icmp: None,
            peer: Peer::Cidr(range.clone()),
        };
        let all = ranges.into_iter();
        all.flat_map(|range| [HTTP, HTTPS].map(|port| permission(range, port)))
            .collect()
    }

    /// The gateway endpoint that a subnet has a route to.
    fn leads_to(&self, subnet: &Subnet) -> Option<&Endpoint> {
        let main = || self.vpcs.get(&subnet.vpc)?.main_route_table.as_ref();
        let table = self
            .tables
            .get(subnet.route_table.as_ref().or_else(main)?)?;
        let mut routes = table.routes.iter();
        routes.find_map(|route| {
            let endpoint = self.endpoints.get(&route.gateway)?;
            match &endpoint.way {
                EndpointWay::Gateway { range, .. } => {
                    (endpoint.vpc == subnet.vpc && *range == route.destination).then_some(endpoint)
                }
                EndpointWay::Interface { .. } => None,
            }
        })
    }
}

/// The interface of a VPC that its gateway endpoints are reached at.
fn gateway_interface(vpc: &str) -> String {
    format!("vpce-{vpc}")
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::{endpoint::EndpointInterface, network::Route};

    use super::*;

    fn vpc(cidr: &str) -> Resource {
        Resource::Vpc(Vpc {
            id: "vpc-1".to_owned(),
            region: "us-east-1".to_owned(),
            cidrs: vec![cidr.to_owned()],
            vni: 1,
            main_route_table: Some("rtb-main".to_owned()),
            gateway: None,
            egress_only: None,
            ipv6_cidr: None,
            dns: true,
            network_acl: None,
        })
    }

    fn subnet(n: u8, table: Option<&str>) -> Resource {
        Resource::Subnet(Subnet {
            id: format!("subnet-{n}"),
            vpc: "vpc-1".to_owned(),
            cidr: format!("10.0.{n}.0/24"),
            ipv6_cidr: None,
            route_table: table.map(str::to_owned),
            network_acl: None,
        })
    }

    fn table(id: &str, to: &str) -> Resource {
        Resource::RouteTable(RouteTable {
            id: id.to_owned(),
            vpc: "vpc-1".to_owned(),
            routes: vec![Route {
                destination: "198.18.0.0/28".to_owned(),
                gateway: to.to_owned(),
            }],
        })
    }

    fn endpoint(id: &str, way: EndpointWay) -> Resource {
        Resource::Endpoint(Endpoint {
            id: id.to_owned(),
            arn: format!("arn:{id}"),
            vpc: "vpc-1".to_owned(),
            way,
            names: Vec::new(),
            fronts: Vec::new(),
        })
    }

    fn gateway(id: &str) -> Resource {
        endpoint(
            id,
            EndpointWay::Gateway {
                range: "198.18.0.0/28".to_owned(),
                address: Ipv4Addr::new(198, 18, 0, 2),
            },
        )
    }

    fn admitted(book: &Book) -> Vec<String> {
        let wired = book.wired("i-1");
        let groups = wired.values().filter_map(|it| match it {
            Resource::SecurityGroup(it) => Some(it),
            _ => None,
        });
        let all = groups.flat_map(|it| &it.ingress);
        all.filter(|it| it.ports == Some((HTTPS, HTTPS)))
            .map(|it| format!("{:?}", it.peer))
            .collect()
    }

    #[test]
    fn the_route_of_a_subnet_says_which_gateway_endpoint_it_reaches() {
        let mut book = Book::of(&[
            vpc("10.0.0.0/16"),
            subnet(1, None),
            subnet(2, Some("rtb-2")),
            subnet(3, Some("rtb-3")),
            table("rtb-2", "vpce-b"),
            table("rtb-3", "igw-1"),
            gateway("vpce-a"),
            gateway("vpce-b"),
        ]);
        let places = book.places();
        let place = places.first().unwrap().clone();
        assert_eq!((places.len(), place.ports), (1, [HTTP, HTTPS].as_slice()));
        let reached = |book: &Book, n| {
            let source = Ipv4Addr::new(10, 0, n, 7);
            book.endpoint_at(&place, source).map(str::to_owned)
        };
        assert_eq!(reached(&book, 1), None, "its table has no route");
        assert_eq!(reached(&book, 2).as_deref(), Some("arn:vpce-b"));
        assert_eq!(reached(&book, 3), None, "its route leads elsewhere");
        assert_eq!(reached(&book, 9), None, "no subnet");
        assert_eq!(admitted(&book), ["Cidr(\"10.0.2.0/24\")"]);
        book.change(&Change::Put(table("rtb-main", "vpce-a")));
        assert_eq!(reached(&book, 1).as_deref(), Some("arn:vpce-a"));
        assert_eq!(admitted(&book).len(), 2);
        book.change(&Change::Delete(gateway("vpce-b").key()));
        assert_eq!(reached(&book, 2), None);
        book.change(&Change::Delete(gateway("vpce-a").key()));
        assert!(book.wired("i-1").is_empty() && book.places().is_empty());
    }

    #[test]
    fn what_lies_within_a_vpc_is_reached_there() {
        let book = Book::of(&[
            vpc("198.18.0.0/16"),
            table("rtb-main", "vpce-a"),
            gateway("vpce-a"),
        ]);
        assert!(book.wired("i-1").is_empty() && book.places().is_empty());
    }

    #[test]
    fn interfaces_are_on_every_host() {
        let way = EndpointWay::Interface {
            interfaces: vec![EndpointInterface {
                id: "eni-1".to_owned(),
                address: Ipv4Addr::new(10, 0, 1, 9),
                mac: "0a:00:00:00:00:01".to_owned(),
                subnet_cidr: "10.0.1.0/24".to_owned(),
            }],
            groups: vec!["sg-1".to_owned()],
        };
        let book = Book::of(&[vpc("10.0.0.0/16"), endpoint("vpce-a", way)]);
        let wired = book.wired("i-7");
        let Some(Resource::Interface(interface)) = wired.values().next() else {
            panic!("{wired:?}");
        };
        assert_eq!(interface.host.as_deref(), Some("i-7"));
        assert_eq!(interface.groups, ["sg-1"]);
        let place = book.places().pop_first().unwrap();
        assert_eq!(place.ports, [HTTPS]);
        let source = Ipv4Addr::new(10, 0, 3, 3);
        assert_eq!(book.endpoint_at(&place, source), Some("arn:vpce-a"));
    }
}
