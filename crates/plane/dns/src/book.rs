//! What the plane stream told of names: an index of it. Pure.

use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, Ipv6Addr};

use wharf_base::Cidr6;
use wharf_network::Subnet;
use wharf_planeproto::balancer::{BalancerInterface, LoadBalancer};
use wharf_planeproto::endpoint::{Endpoint, EndpointName};
use wharf_planeproto::network::{Interface, ReverseName};
use wharf_planeproto::{Change, Key, Kind, Resource};

/// How the control plane ends the names of load balancers: those that programs of the host reach on
/// loopback, and those that only networks know.
const BALANCER_DOMAINS: [&str; 2] = [".elb.localhost", ".elb.internal"];

/// A load balancer, as far as its name is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Balancer {
    pub(crate) vpc: String,
    pub(crate) internal: bool,
    pub(crate) interfaces: Vec<BalancerInterface>,
    /// Its name without the domain, in lower case.
    stem: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vpc {
    /// `EnableDnsSupport`
    pub(crate) dns: bool,
    /// Empty: nobody said.
    pub(crate) region: String,
    pub(crate) ranges: Vec<Subnet>,
    pub(crate) ipv6: Option<Cidr6>,
}

/// What the name of an instance leads to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) ipv4: Option<Ipv4Addr>,
    pub(crate) ipv6: Vec<Ipv6Addr>,
}

#[derive(Debug, Default)]
pub(crate) struct Book {
    /// All that there is has been told at least once.
    whole: bool,
    vpcs: HashMap<String, Vpc>,
    /// Id → VPC and addresses.
    interfaces: HashMap<String, (String, Vec<Ipv4Addr>)>,
    /// VPC → address → how many interfaces have it: two while it passes from one to the next.
    addresses: HashMap<String, BTreeMap<Ipv4Addr, usize>>,
    /// By ARN.
    balancers: HashMap<String, Balancer>,
    /// Name without its domain → ARN.
    stems: HashMap<String, String>,
    /// By their ids.
    peerings: HashMap<String, [String; 2]>,
    /// VPC → instance → what its name leads to.
    resource_names: HashMap<String, HashMap<String, Named>>,
    /// Interface → VPC and instance.
    named: HashMap<String, (String, String)>,
    /// VPC → IPv6 address → the instance whose name leads to it.
    behind_names: HashMap<String, HashMap<Ipv6Addr, String>>,
    /// VPC → endpoint → its names.
    endpoints: HashMap<String, BTreeMap<String, Vec<EndpointName>>>,
    /// Endpoint → VPC.
    endpoint_vpcs: HashMap<String, String>,
    /// Public address → the id of who has it, and the name that it leads back to.
    reverse_names: HashMap<Ipv4Addr, (String, String)>,
    /// Id → public address.
    reversed: HashMap<String, Ipv4Addr>,
}

impl Book {
    pub(crate) fn of(resources: impl IntoIterator<Item = Resource>) -> Self {
        let mut book = Self {
            whole: true,
            ..Self::default()
        };
        for resource in resources {
            book.put(resource);
        }
        book
    }

    pub(crate) fn change(&mut self, change: Change) {
        match change {
            Change::Put(resource) => self.put(resource),
            Change::Delete(key) => self.delete(&key),
        }
    }

    fn put(&mut self, resource: Resource) {
        match resource {
            Resource::Vpc(it) => {
                let ranges = it.cidrs.iter().filter_map(|cidr| cidr.parse().ok());
                let vpc = Vpc {
                    dns: it.dns,
                    region: it.region,
                    ranges: ranges.collect(),
                    ipv6: it.ipv6_cidr.and_then(|cidr| cidr.parse().ok()),
                };
                self.vpcs.insert(it.id, vpc);
            }
            Resource::Interface(it) => self.put_interface(it),
            Resource::LoadBalancer(it) => self.put_balancer(it),
            Resource::Endpoint(it) => self.put_endpoint(it),
            Resource::Peering(it) => drop(self.peerings.insert(it.id, it.vpcs)),
            Resource::ReverseName(it) => self.put_reverse_name(it),
            _ => {}
        }
    }

    fn put_interface(&mut self, it: Interface) {
        self.delete_interface(&it.id);
        let of_vpc = self.addresses.entry(it.vpc.clone()).or_default();
        let addresses: Vec<Ipv4Addr> = it.addresses().map(|(address, _)| address).collect();
        for address in &addresses {
            *of_vpc.entry(*address).or_default() += 1;
        }
        if let Some(name) = it.resource_name {
            let named = Named {
                ipv4: name.ipv4.then_some(it.address),
                ipv6: if name.ipv6 { it.ipv6 } else { Vec::new() },
            };
            let behind = self.behind_names.entry(it.vpc.clone()).or_default();
            behind.extend(named.ipv6.iter().map(|it| (*it, name.instance.clone())));
            let of_vpc = self.resource_names.entry(it.vpc.clone()).or_default();
            of_vpc.insert(name.instance.clone(), named);
            let owner = (it.vpc.clone(), name.instance);
            self.named.insert(it.id.clone(), owner);
        }
        self.interfaces.insert(it.id, (it.vpc, addresses));
    }

    fn delete_name(&mut self, id: &str) {
        let Some((vpc, instance)) = self.named.remove(id) else {
            return;
        };
        if let Some(of_vpc) = self.resource_names.get_mut(&vpc) {
            of_vpc.remove(&instance);
            if of_vpc.is_empty() {
                self.resource_names.remove(&vpc);
            }
        }
        if let Some(behind) = self.behind_names.get_mut(&vpc) {
            behind.retain(|_, of| *of != instance);
            if behind.is_empty() {
                self.behind_names.remove(&vpc);
            }
        }
    }

    /// What the name of an instance of the VPC leads to, if it has one.
    pub(crate) fn resource_name(&self, vpc: &str, instance: &str) -> Option<&Named> {
        self.resource_names.get(vpc)?.get(instance)
    }

    /// The instance of the VPC whose name leads to the address.
    pub(crate) fn named_by(&self, vpc: &str, address: Ipv6Addr) -> Option<&str> {
        let instance = self.behind_names.get(vpc)?.get(&address)?;
        Some(instance)
    }

    fn put_endpoint(&mut self, it: Endpoint) {
        self.delete_endpoint(&it.id);
        let of_vpc = self.endpoints.entry(it.vpc.clone()).or_default();
        of_vpc.insert(it.id.clone(), it.names);
        self.endpoint_vpcs.insert(it.id, it.vpc);
    }

    fn delete_endpoint(&mut self, id: &str) {
        let Some(vpc) = self.endpoint_vpcs.remove(id) else {
            return;
        };
        if let Some(of_vpc) = self.endpoints.get_mut(&vpc) {
            of_vpc.remove(id);
            if of_vpc.is_empty() {
                self.endpoints.remove(&vpc);
            }
        }
    }

    /// What endpoints of the VPC say of a name, which is in lower case: their addresses; `None` if none has it. A name itself
    /// goes before those that stand for all below, and of these the longest, whoever they are of.
    pub(crate) fn endpoint(&self, vpc: &str, name: &str) -> Option<Vec<Ipv4Addr>> {
        let names = self.endpoints.get(vpc)?.values().flatten();
        let is_it = |it: &&EndpointName| match it.name.strip_prefix('*') {
            Some(domain) => name.len() > domain.len() && name.ends_with(domain),
            None => it.name == name,
        };
        let found: Vec<&EndpointName> = names.filter(is_it).collect();
        let closeness = |it: &EndpointName| (!it.name.starts_with('*'), it.name.len());
        let most = found.iter().map(|it| closeness(it)).max()?;
        let closest = found.into_iter().filter(|it| closeness(it) == most);
        let addresses = closest.flat_map(|it| it.addresses.iter().copied());
        Some(addresses.collect())
    }

    fn put_reverse_name(&mut self, it: ReverseName) {
        self.delete_reverse_name(&it.id);
        self.reversed.insert(it.id.clone(), it.address);
        self.reverse_names.insert(it.address, (it.id, it.name));
    }

    fn delete_reverse_name(&mut self, id: &str) {
        let Some(address) = self.reversed.remove(id) else {
            return;
        };
        // The address may be another's by now.
        if self
            .reverse_names
            .get(&address)
            .is_some_and(|(of, _)| of == id)
        {
            self.reverse_names.remove(&address);
        }
    }

    /// The name that a public address leads back to, if it has one.
    pub(crate) fn reverse_name(&self, address: Ipv4Addr) -> Option<&str> {
        let (_, name) = self.reverse_names.get(&address)?;
        Some(name)
    }

    fn put_balancer(&mut self, it: LoadBalancer) {
        self.delete_balancer(&it.arn);
        let Some(stem) = stem(&it.dns_name.to_ascii_lowercase()).map(str::to_owned) else {
            tracing::warn!(
                arn = it.arn,
                name = it.dns_name,
                "failed to add the name of a load balancer to DNS: it has an unknown form"
            );
            return;
        };
        self.stems.insert(stem.clone(), it.arn.clone());
        let balancer = Balancer {
            vpc: it.vpc,
            internal: it.internal,
            interfaces: it.interfaces,
            stem,
        };
        self.balancers.insert(it.arn, balancer);
    }

    fn delete(&mut self, key: &Key) {
        match key.kind {
            Kind::Vpc => drop(self.vpcs.remove(&key.id)),
            Kind::Interface => self.delete_interface(&key.id),
            Kind::LoadBalancer => self.delete_balancer(&key.id),
            Kind::Endpoint => self.delete_endpoint(&key.id),
            Kind::Peering => drop(self.peerings.remove(&key.id)),
            Kind::ReverseName => self.delete_reverse_name(&key.id),
            _ => {}
        }
    }

    fn delete_interface(&mut self, id: &str) {
        self.delete_name(id);
        let Some((vpc, addresses)) = self.interfaces.remove(id) else {
            return;
        };
        let Some(of_vpc) = self.addresses.get_mut(&vpc) else {
            return;
        };
        for address in addresses {
            if let Some(count) = of_vpc.get_mut(&address) {
                *count -= 1;
                if *count == 0 {
                    of_vpc.remove(&address);
                }
            }
        }
        if of_vpc.is_empty() {
            self.addresses.remove(&vpc);
        }
    }

    fn delete_balancer(&mut self, arn: &str) {
        let Some(old) = self.balancers.remove(arn) else {
            return;
        };
        // The name may be another's by now.
        if self.stems.get(&old.stem).is_some_and(|of| of == arn) {
            self.stems.remove(&old.stem);
        }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(crate) fn vpc(&self, id: &str) -> Option<&Vpc> {
        self.vpcs.get(id)
    }

    /// Whether two VPCs are peers.
    pub(crate) fn are_peers(&self, one: &str, other: &str) -> bool {
        let joins = |ends: &[String; 2]| {
            ends.iter().any(|it| it == one) && ends.iter().any(|it| it == other)
        };
        self.peerings.values().any(joins)
    }

    /// Whether an interface of the VPC has the address.
    pub(crate) fn has(&self, vpc: &str, address: Ipv4Addr) -> bool {
        let of_vpc = self.addresses.get(vpc);
        of_vpc.is_some_and(|addresses| addresses.contains_key(&address))
    }

    /// The load balancer of that name, which is in lower case.
    pub(crate) fn balancer(&self, name: &str) -> Option<&Balancer> {
        self.balancers.get(self.stems.get(stem(name)?)?)
    }
}

/// What comes before a domain of load balancers; `None` for a name in none of them.
pub(crate) fn stem(name: &str) -> Option<&str> {
    BALANCER_DOMAINS
        .iter()
        .find_map(|domain| name.strip_suffix(domain))
        .or_else(|| {
            let apex = |domain: &&&str| name == &domain[1..];
            BALANCER_DOMAINS.iter().find(apex).map(|_| "")
        })
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::endpoint::EndpointWay;
    use wharf_planeproto::network::ResourceName;

    use super::*;

    fn interface(id: u8, last: u8) -> Resource {
        Resource::Interface(Interface {
            id: format!("eni-{id}"),
            vpc: "vpc-1".to_owned(),
            subnet_cidr: String::new(),
            address: Ipv4Addr::new(10, 0, 0, last),
            mac: String::new(),
            groups: Vec::new(),
            host: None,
            load_balancer: None,
            public: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
        })
    }

    #[test]
    fn an_address_is_there_as_long_as_somebody_has_it() {
        let has = |book: &Book, last| book.has("vpc-1", Ipv4Addr::new(10, 0, 0, last));
        let mut book = Book::of([interface(1, 5), interface(2, 5)]);
        book.change(Change::Delete(interface(1, 5).key()));
        assert!(has(&book, 5));
        book.change(Change::Put(interface(2, 6)));
        assert!(!has(&book, 5) && has(&book, 6));
        book.change(Change::Delete(interface(2, 6).key()));
        book.change(Change::Delete(interface(2, 6).key()));
        assert!(book.addresses.is_empty() && book.interfaces.is_empty());
    }

    #[test]
    fn names_go_with_their_interface() {
        let six: Ipv6Addr = "fd00::5".parse().unwrap();
        let named = |id, name: Option<(bool, bool)>| {
            let Resource::Interface(it) = interface(id, id) else {
                unreachable!()
            };
            Resource::Interface(Interface {
                ipv6: vec![six],
                resource_name: name.map(|(ipv4, ipv6)| ResourceName {
                    instance: "i-1".to_owned(),
                    ipv4,
                    ipv6,
                }),
                ..it
            })
        };
        let mut book = Book::of([named(5, Some((true, true)))]);
        let wanted = Named {
            ipv4: Some(Ipv4Addr::new(10, 0, 0, 5)),
            ipv6: vec![six],
        };
        assert_eq!(book.resource_name("vpc-1", "i-1"), Some(&wanted));
        assert_eq!(book.named_by("vpc-1", six), Some("i-1"));
        assert_eq!(book.named_by("vpc-2", six), None);
        book.change(Change::Put(named(5, Some((true, false)))));
        assert_eq!(book.named_by("vpc-1", six), None);
        book.change(Change::Put(named(5, None)));
        assert!(book.resource_names.is_empty() && book.named.is_empty());
        assert!(book.behind_names.is_empty());
    }

    #[test]
    fn names_of_endpoints_are_those_of_their_vpc() {
        let address = |last| Ipv4Addr::new(10, 0, 0, last);
        let endpoint = |id: &str, name: &str, all: &[u8]| {
            Resource::Endpoint(Endpoint {
                id: id.to_owned(),
                arn: String::new(),
                vpc: "vpc-1".to_owned(),
                way: EndpointWay::Interface {
                    interfaces: Vec::new(),
                    groups: Vec::new(),
                },
                names: vec![EndpointName {
                    name: name.to_owned(),
                    addresses: all.iter().copied().map(address).collect(),
                }],
                fronts: Vec::new(),
            })
        };
        let sts = "sts.us-east-1.amazonaws.com";
        let mut book = Book::of([
            endpoint("vpce-1", sts, &[1, 2]),
            endpoint("vpce-2", "*.dkr.ecr.us-east-1.amazonaws.com", &[3]),
        ]);
        assert_eq!(
            book.endpoint("vpc-1", sts),
            Some(vec![address(1), address(2)])
        );
        assert_eq!(book.endpoint("vpc-2", sts), None, "another VPC");
        let registry = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
        assert_eq!(book.endpoint("vpc-1", registry), Some(vec![address(3)]));
        for other in [
            "dkr.ecr.us-east-1.amazonaws.com",
            ".dkr.ecr.us-east-1.amazonaws.com",
            "x.sts.us-east-1.amazonaws.com",
        ] {
            assert_eq!(book.endpoint("vpc-1", other), None, "{other}");
        }
        // A name is its endpoint's, also below a name of another that stands for all there.
        for (id, name, last) in [
            ("vpce-3", "*.example.com", 4),
            ("vpce-4", "a.example.com", 5),
            ("vpce-5", "*.b.example.com", 6),
        ] {
            book.change(Change::Put(endpoint(id, name, &[last])));
        }
        for (name, last) in [
            ("x.example.com", 4),
            ("a.example.com", 5),
            ("x.a.example.com", 4),
            ("x.b.example.com", 6),
            ("b.example.com", 4),
        ] {
            assert_eq!(
                book.endpoint("vpc-1", name),
                Some(vec![address(last)]),
                "{name}"
            );
        }
        book.change(Change::Put(endpoint("vpce-1", "another.example", &[])));
        assert_eq!(book.endpoint("vpc-1", sts), None);
        assert_eq!(book.endpoint("vpc-1", "another.example"), Some(vec![]));
        for id in ["vpce-1", "vpce-2", "vpce-3", "vpce-4", "vpce-5"] {
            book.change(Change::Delete(endpoint(id, "", &[]).key()));
        }
        assert!(book.endpoints.is_empty() && book.endpoint_vpcs.is_empty());
    }

    #[test]
    fn a_public_address_leads_back_to_the_name_that_its_last_holder_gave_it() {
        let named = |id: &str, last, name: &str| {
            Resource::ReverseName(ReverseName {
                id: id.to_owned(),
                address: Ipv4Addr::new(198, 19, 0, last),
                name: name.to_owned(),
            })
        };
        let told = |book: &Book, last| {
            let found = book.reverse_name(Ipv4Addr::new(198, 19, 0, last));
            found.map(str::to_owned)
        };
        let mut book = Book::of([named("eipalloc-1", 7, "a.example.com")]);
        assert_eq!(told(&book, 7).as_deref(), Some("a.example.com"));
        assert_eq!(told(&book, 8), None);
        book.change(Change::Put(named("eipalloc-1", 7, "b.example.com")));
        assert_eq!(told(&book, 7).as_deref(), Some("b.example.com"));
        // It was given to another before the end of the former is told.
        book.change(Change::Put(named("eipalloc-2", 7, "c.example.com")));
        book.change(Change::Delete(named("eipalloc-1", 7, "").key()));
        assert_eq!(told(&book, 7).as_deref(), Some("c.example.com"));
        book.change(Change::Delete(named("eipalloc-2", 7, "").key()));
        assert!(book.reverse_names.is_empty() && book.reversed.is_empty());
    }

    #[test]
    fn stems() {
        assert_eq!(
            stem("web-1.us-east-1.elb.localhost"),
            Some("web-1.us-east-1")
        );
        assert_eq!(
            stem("web-1.us-east-1.elb.internal"),
            Some("web-1.us-east-1")
        );
        assert_eq!(stem("elb.localhost"), Some(""));
        assert_eq!(stem("xelb.localhost"), None);
        assert_eq!(stem("elb.localhost.example.org"), None);
    }
}
