//! The network: who has which address on which host, and who may speak to whom.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// The version of the protocol in which planes are told of [`ReverseName`]s.
pub const REVERSE_NAMES_SINCE: u32 = 15;

/// A host that takes part in the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its instance id, `i-…`.
    pub id: String,
    /// Where its end of the tunnels is. `None`: it has no peers (a single machine).
    pub underlay: Option<IpAddr>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    pub id: String,
    /// Interfaces are named after it. Empty in the words of a control plane of before: the host's own.
    #[serde(default)]
    pub region: String,
    /// `172.31.0.0/16`
    pub cidrs: Vec<String>,
    /// Number of its overlay, 24 bits, of no other VPC.
    pub vni: u32,
    /// Of the subnets that name none. `None` in the words of a control plane that tells nothing of
    /// routes: then nothing is held back.
    #[serde(default)]
    pub main_route_table: Option<String>,
    /// The internet gateway that is attached to it.
    #[serde(default)]
    pub gateway: Option<String>,
    /// Its egress-only internet gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress_only: Option<String>,
    /// Its range of IPv6 addresses, `fd12:3456:789a:bc00::/56`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_cidr: Option<String>,
    /// Whether its tasks are answered about names (`EnableDnsSupport`).
    #[serde(default = "yes")]
    pub dns: bool,
    /// The network ACL of the subnets that name none. `None` in the words of a control plane that tells
    /// nothing of network ACLs: then nothing is held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_acl: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    pub id: String,
    pub vpc: String,
    /// `172.31.16.0/20`
    pub cidr: String,
    /// `fd12:3456:789a:bc00::/64`, where it has such addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_cidr: Option<String>,
    /// Its route table, where that is not the VPC's main one.
    pub route_table: Option<String>,
    /// Its network ACL, where that is not the VPC's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_acl: Option<String>,
}

/// What leads out of a VPC, in both families; the ways within it are not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    pub id: String,
    pub vpc: String,
    pub routes: Vec<Route>,
}

/// The narrowest route to an address counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// `0.0.0.0/0`
    pub destination: String,
    /// An internet gateway of either kind, a NAT gateway or a [`Peering`]; one that is not the VPC's leads nowhere.
    pub gateway: String,
}

/// Two VPCs whose packets pass between them, as far as the route tables and the groups of both allow.
/// Their ranges do not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peering {
    pub id: String,
    pub vpcs: [String; 2],
}

/// An elastic network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    pub id: String,
    pub vpc: String,
    /// The subnet's range, `172.31.16.0/20`.
    pub subnet_cidr: String,
    pub address: Ipv4Addr,
    /// `0a:…`
    pub mac: String,
    /// Ids of its security groups, 1–5.
    pub groups: Vec<String>,
    /// Instance id of the host it is attached to.
    pub host: Option<String>,
    /// The load balancer or the file system it serves: then the host wires it without a task (key
    /// [`balancer_attachment`]).
    pub load_balancer: Option<String>,
    /// The address by which it is reached from outside its VPC, and as which it speaks there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<PublicAddress>,
    /// Further addresses in the subnet that it answers on and speaks from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secondary: Vec<SecondaryAddress>,
    /// Its IPv6 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6: Vec<Ipv6Addr>,
    /// The name of its instance, if it is known by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<ResourceName>,
}

/// `i-….ec2.internal`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceName {
    /// `i-…`
    pub instance: String,
    /// Which addresses it leads to: the primary one of IPv4, all of IPv6.
    pub ipv4: bool,
    pub ipv6: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondaryAddress {
    pub address: Ipv4Addr,
    /// As [`Interface::public`], of this address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<PublicAddress>,
}

impl Interface {
    /// All its private IPv4 addresses, the primary one first, each with the one outside if it has one.
    pub fn addresses(&self) -> impl Iterator<Item = (Ipv4Addr, Option<PublicAddress>)> {
        let secondary = self.secondary.iter().map(|it| (it.address, it.public));
        std::iter::once((self.address, self.public)).chain(secondary)
    }
}

/// An address outside all VPCs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAddress {
    pub address: Ipv4Addr,
    /// The network around the hosts leads it to the one that has it. Otherwise it means something
    /// on that host alone, and what leaves the host has the host's own address.
    pub routed: bool,
}

/// The name that a public address leads back to, for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReverseName {
    /// `eipalloc-…`
    pub id: String,
    pub address: Ipv4Addr,
    /// `mail.example.com`, in lower case.
    pub name: String,
}

/// Takes what routes lead to it out of the VPC, under one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGateway {
    pub id: String,
    pub vpc: String,
    /// The range of its subnet, whose route table says where it leads itself.
    pub subnet_cidr: String,
    pub public: PublicAddress,
}

/// What may enter and leave subnets, packet by packet: of each direction the first entry that a packet
/// fits decides, and what fits none is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAcl {
    pub id: String,
    pub vpc: String,
    /// In the order of their numbers.
    pub ingress: Vec<AclEntry>,
    pub egress: Vec<AclEntry>,
    /// Those about IPv6, which earlier versions could not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingress_ipv6: Vec<AclEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress_ipv6: Vec<AclEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclEntry {
    pub allow: bool,
    /// IP protocol number; `None` for all protocols.
    pub protocol: Option<u8>,
    /// TCP, UDP: the first and last destination port; `None` for all.
    pub ports: Option<(u16, u16)>,
    /// ICMP, and ICMPv6 about IPv6: type and code, `None` for all of them.
    pub icmp: Option<(u8, Option<u8>)>,
    /// Source of ingress, destination of egress: `10.0.0.0/8`.
    pub cidr: String,
}

/// Key of the network attachment of a load balancer's interface.
pub fn balancer_attachment(interface: &str) -> String {
    format!("lb-{interface}")
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    pub id: String,
    pub vpc: String,
    pub ingress: Vec<Permission>,
    pub egress: Vec<Permission>,
}

/// Allows what matches all of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Permission {
    /// IP protocol number; `None` for all protocols.
    pub protocol: Option<u8>,
    /// TCP, UDP: the first and last destination port; `None` for all.
    pub ports: Option<(u16, u16)>,
    /// ICMP and ICMPv6: type and code, `None` for all of them.
    pub icmp: Option<(u8, Option<u8>)>,
    pub peer: Peer,
}

/// The other side: source of ingress, destination of egress.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// `10.0.0.0/8`, or `fd00::/8`
    Cidr(String),
    /// Every interface that has the group.
    Group(String),
}
