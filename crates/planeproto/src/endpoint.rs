//! VPC endpoints: ways from a VPC to services of wharf, and to network load balancers of other VPCs, that need no way
//! out of it.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// The version of the protocol in which a plane is told of them.
pub const SINCE: u32 = 10;
/// The same of load balancers, which serve those that lead to them.
pub const BALANCERS_SINCE: u32 = 14;

/// An endpoint in a VPC. Every host of the VPC is each of its interfaces to its own tasks, so none of them is on
/// any host that could be lost. Those that lead to load balancers are on hosts of these instead, each on one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `vpce-…`
    pub id: String,
    /// `arn:aws:ec2:us-east-1:000000000000:vpc-endpoint/vpce-…`
    pub arn: String,
    pub vpc: String,
    /// How it is reached.
    pub way: EndpointWay,
    /// Names that its VPC knows. One that begins with `*.` stands for all below it.
    pub names: Vec<EndpointName>,
    /// Its interfaces, if it leads to load balancers: they are attached to hosts as other interfaces are, and `way`
    /// has none. Told to load balancers alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fronts: Vec<Front>,
}

/// One more address at which a load balancer listens, in a VPC that need not be its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    /// `eni-…`
    pub interface: String,
    pub address: Ipv4Addr,
    /// Instance id of the host that the interface is attached to.
    pub host: String,
    /// ARN of the load balancer.
    pub load_balancer: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointWay {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resource;

    #[test]
    fn an_endpoint_survives_the_wire() {
        let interface = EndpointInterface {
            id: "eni-1".to_owned(),
            address: Ipv4Addr::new(10, 0, 0, 9),
            mac: "0a:00:00:00:00:01".to_owned(),
            subnet_cidr: "10.0.0.0/24".to_owned(),
        };
        for way in [
            EndpointWay::Gateway {
                range: "198.18.0.0/28".to_owned(),
                address: Ipv4Addr::new(198, 18, 0, 2),
            },
            EndpointWay::Interface {
                interfaces: vec![interface],
                groups: vec!["sg-1".to_owned()],
            },
        ] {
            let resource = Resource::Endpoint(Endpoint {
                id: "vpce-1".to_owned(),
                arn: "arn:vpce-1".to_owned(),
                vpc: "vpc-1".to_owned(),
                way,
                names: vec![EndpointName {
                    name: "*.s3.amazonaws.com".to_owned(),
                    addresses: vec![Ipv4Addr::new(198, 18, 0, 2)],
                }],
                fronts: vec![Front {
                    interface: "eni-2".to_owned(),
                    address: Ipv4Addr::new(10, 0, 0, 10),
                    host: "i-1".to_owned(),
                    load_balancer: "arn:lb".to_owned(),
                }],
            });
            let json = serde_json::to_string(&resource).unwrap();
            assert_eq!(serde_json::from_str::<Resource>(&json).unwrap(), resource);
        }
    }
}
