//! VPC endpoints: ways from a VPC to services of wharf that need no way out of it.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// The version of the protocol in which a plane is told of them.
pub const SINCE: u32 = 10;

/// An endpoint in a VPC. Every host of the VPC is each of its interfaces to its own tasks, so none of them is on
/// any host that could be lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `vpce-…`
    pub id: String,
    /// `arn:aws:ec2:us-east-1:000000000000:vpc-endpoint/vpce-…`
    pub arn: String,
    pub vpc: String,
    pub kind: EndpointKind,
    /// Names that its VPC knows. One that begins with `*.` stands for all below it.
    pub names: Vec<EndpointName>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// Reached at an address outside of the VPC, by those whose route table leads there by it.
    Gateway {
        /// The range that routes lead to.
        range: String,
        /// In that range.
        address: Ipv4Addr,
    },
    Interface {
        interfaces: Vec<EndpointInterface>,
        /// Ids of its security groups.
        groups: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointInterface {
    /// `eni-…`
    pub id: String,
    pub address: Ipv4Addr,
    pub mac: String,
    /// The range of its subnet.
    pub subnet_cidr: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointName {
    /// In lower case, without a dot at its end.
    pub name: String,
    pub addresses: Vec<Ipv4Addr>,
}
