//! What a control plane says: resources for tests.

use std::net::IpAddr;

use super::support::*;
use wharf_network::*;
use wharf_planeproto::network::{
    self, Host as HostResource, Interface, Peer, Permission, Route, RouteTable, SecurityGroup, Vpc,
};
use wharf_planeproto::{Change, Key, Kind, Resource};

pub const ANYBODY: &str = "0.0.0.0/0";

/// The interface that `eni` makes.
pub fn interface(vpc: &str, last: u8, groups: &[&str]) -> Interface {
    Interface {
        id: eni_id(vpc, last),
        vpc: vpc.to_owned(),
        subnet_cidr: "172.31.16.0/20".to_owned(),
        address: eni_address(last),
        mac: MacAddress::new([0x0a, 0, 0, 0, 0, last]).to_string(),
        groups: groups.iter().map(|g| (*g).to_owned()).collect(),
        host: None,
        load_balancer: None,
        public: None,
        secondary: Vec::new(),
        ipv6: Vec::new(),
        resource_name: None,
    }
}

pub fn on_host(host: &str, interface: Interface) -> Resource {
    Resource::Interface(Interface {
        host: Some(host.to_owned()),
        ..interface
    })
}

pub fn host(id: &str, underlay: Option<IpAddr>) -> Resource {
    Resource::Host(HostResource {
        id: id.to_owned(),
        underlay,
    })
}

pub fn vpc(id: &str, vni: u32) -> Resource {
    Resource::Vpc(Vpc {
        id: id.to_owned(),
        region: "us-east-1".to_owned(),
        cidrs: vec!["172.31.0.0/16".to_owned()],
        vni,
        main_route_table: None,
        gateway: None,
        egress_only: None,
        ipv6_cidr: None,
        dns: true,
        network_acl: None,
    })
}

/// `vpc-a`, of whose routes something is told: its main table is `rtb-main`.
pub fn routed_vpc(gateway: Option<&str>) -> Resource {
    let Resource::Vpc(vpc) = vpc("vpc-a", 11) else {
        unreachable!()
    };
    Resource::Vpc(Vpc {
        main_route_table: Some("rtb-main".to_owned()),
        gateway: gateway.map(str::to_owned),
        ..vpc
    })
}

/// Destinations and gateways.
pub fn route_table(id: &str, routes: &[(&str, &str)]) -> Resource {
    let route = |(destination, gateway): &(&str, &str)| Route {
        destination: (*destination).to_owned(),
        gateway: (*gateway).to_owned(),
    };
    Resource::RouteTable(RouteTable {
        id: id.to_owned(),
        vpc: "vpc-a".to_owned(),
        routes: routes.iter().map(route).collect(),
    })
}

/// The subnet of all interfaces that the tests wire.
pub fn subnet(route_table: Option<&str>) -> Resource {
    Resource::Subnet(network::Subnet {
        id: "subnet-1".to_owned(),
        vpc: "vpc-a".to_owned(),
        cidr: "172.31.16.0/20".to_owned(),
        ipv6_cidr: None,
        route_table: route_table.map(str::to_owned),
        network_acl: None,
    })
}

/// A group that may call everybody, and is called as the rules say.
pub fn group(id: &str, ingress: Vec<Permission>) -> Resource {
    group_with(id, ingress, vec![all(ANYBODY)])
}

pub fn group_with(id: &str, ingress: Vec<Permission>, egress: Vec<Permission>) -> Resource {
    Resource::SecurityGroup(SecurityGroup {
        id: id.to_owned(),
        vpc: "vpc-a".to_owned(),
        ingress,
        egress,
    })
}

/// `peer` is a range, or `@` and a group's id.
pub fn tcp(port: u16, peer: &str) -> Permission {
    Permission {
        protocol: Some(6),
        ports: Some((port, port)),
        ..all(peer)
    }
}

pub fn udp(port: u16, peer: &str) -> Permission {
    Permission {
        protocol: Some(17),
        ports: Some((port, port)),
        ..all(peer)
    }
}

pub fn ping(peer: &str) -> Permission {
    Permission {
        protocol: Some(1),
        icmp: Some((8, None)),
        ..all(peer)
    }
}

pub fn all(peer: &str) -> Permission {
    let peer = match peer.strip_prefix('@') {
        Some(group) => Peer::Group(group.to_owned()),
        None => Peer::Cidr(peer.to_owned()),
    };
    Permission {
        protocol: None,
        ports: None,
        icmp: None,
        peer,
    }
}

pub async fn say(network: &Network, resources: impl IntoIterator<Item = Resource>) {
    let resources: Vec<Resource> = resources.into_iter().collect();
    let changes = resources.iter().cloned().map(Change::Put).collect();
    match network.apply(NetworkUpdate::Changes(changes)).await {
        // The first word of all.
        Err(NetworkError::NoSnapshot) => {
            network
                .apply(NetworkUpdate::Snapshot(resources))
                .await
                .unwrap();
        }
        said => said.unwrap(),
    }
}

pub async fn unsay(network: &Network, kind: Kind, id: &str) {
    let key = Key {
        kind,
        id: id.to_owned(),
    };
    let changes = vec![Change::Delete(key)];
    network
        .apply(NetworkUpdate::Changes(changes))
        .await
        .unwrap();
}

/// All interfaces of the VPC that the tests wire may do everything.
pub async fn open_up(network: &Network, vpc: &str, interfaces: &[u8]) {
    say(network, open_resources(vpc, interfaces)).await;
}

pub fn open_resources(vpc: &str, interfaces: &[u8]) -> Vec<Resource> {
    let open = interfaces
        .iter()
        .map(|last| interface(vpc, *last, &["sg-open"]));
    let open = open.map(Resource::Interface);
    let group = group("sg-open", vec![all(ANYBODY)]);
    open.chain([group]).collect()
}
