//! What is stored of the network, and how it looks on the wire.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};

use crate::address::Cidr;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vpc {
    pub id: String,
    pub cidr: Cidr,
    pub is_default: bool,
    pub dhcp_options_id: String,
    pub association_id: String,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Vpc {
    const KIND: &'static str = "vpc";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subnet {
    pub id: String,
    pub vpc_id: String,
    pub cidr: Cidr,
    /// `us-east-1a`
    pub zone: String,
    pub default_for_zone: bool,
    pub map_public_ip: bool,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Subnet {
    const KIND: &'static str = "subnet";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecurityGroup {
    pub id: String,
    pub vpc_id: String,
    pub name: String,
    pub description: String,
    pub ingress: Vec<Rule>,
    pub egress: Vec<Rule>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for SecurityGroup {
    const KIND: &'static str = "security-group";
    const FORMAT: u32 = 1;
}

/// One permission: a protocol, ports and one source or destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub id: String,
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    pub protocol: String,
    pub from_port: Option<i32>,
    pub to_port: Option<i32>,
    pub peer: RulePeer,
    pub description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RulePeer {
    Cidr(Cidr),
    Group(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interface {
    pub id: String,
    pub subnet_id: String,
    pub vpc_id: String,
    pub zone: String,
    pub address: Ipv4Addr,
    pub mac: String,
    pub groups: Vec<String>,
    pub description: String,
    /// The service that asked for it, e.g. `ecs.amazonaws.com`; users may not delete those.
    pub requester: Option<String>,
    /// Id of the pointer that the client token of its making left, deleted with it.
    pub token_id: Option<String>,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Interface {
    const KIND: &'static str = "network-interface";
    const FORMAT: u32 = 1;
}

/// An address in use, under the id `<subnet>:<address>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddressClaim {
    pub interface_id: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for AddressClaim {
    const KIND: &'static str = "address";
    const FORMAT: u32 = 1;
}

/// Points from a client token, or from `default`, to what it made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pointer {
    pub id: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Pointer {
    const KIND: &'static str = "pointer";
    const FORMAT: u32 = 1;
}

impl Vpc {
    pub fn to_wire(&self, account: &str) -> wire::Vpc {
        wire::Vpc {
            owner_id: Some(account.to_owned()),
            instance_tenancy: Some("default".to_owned()),
            cidr_block_association_set: Some(vec![wire::VpcCidrBlockAssociation {
                association_id: Some(self.association_id.clone()),
                cidr_block: Some(self.cidr.to_string()),
                cidr_block_state: Some(wire::VpcCidrBlockState {
                    state: Some("associated".to_owned()),
                    status_message: None,
                }),
            }]),
            is_default: Some(self.is_default),
            tags: Some(tags_to_wire(&self.tags)),
            vpc_id: Some(self.id.clone()),
            state: Some("available".to_owned()),
            cidr_block: Some(self.cidr.to_string()),
            dhcp_options_id: Some(self.dhcp_options_id.clone()),
            ..wire::Vpc::default()
        }
    }
}

impl SecurityGroup {
    pub fn to_wire(&self, account: &str, region: &str) -> wire::SecurityGroup {
        wire::SecurityGroup {
            group_id: Some(self.id.clone()),
            ip_permissions: Some(
                self.ingress
                    .iter()
                    .map(|rule| rule.to_wire(account))
                    .collect(),
            ),
            ip_permissions_egress: Some(
                self.egress
                    .iter()
                    .map(|rule| rule.to_wire(account))
                    .collect(),
            ),
            tags: Some(tags_to_wire(&self.tags)),
            vpc_id: Some(self.vpc_id.clone()),
            security_group_arn: Some(format!(
                "arn:aws:ec2:{region}:{account}:security-group/{}",
                self.id
            )),
            owner_id: Some(account.to_owned()),
            group_name: Some(self.name.clone()),
            description: Some(self.description.clone()),
        }
    }
}

impl Rule {
    fn to_wire(&self, account: &str) -> wire::IpPermission {
        let (ranges, groups) = match &self.peer {
            RulePeer::Cidr(cidr) => (
                vec![wire::IpRange {
                    description: self.description.clone(),
                    cidr_ip: Some(cidr.to_string()),
                }],
                vec![],
            ),
            RulePeer::Group(id) => (
                vec![],
                vec![wire::UserIdGroupPair {
                    description: self.description.clone(),
                    user_id: Some(account.to_owned()),
                    group_id: Some(id.clone()),
                    ..wire::UserIdGroupPair::default()
                }],
            ),
        };
        wire::IpPermission {
            ip_protocol: Some(self.protocol.clone()),
            from_port: self.from_port,
            to_port: self.to_port,
            user_id_group_pairs: Some(groups),
            ip_ranges: Some(ranges),
            ipv6_ranges: Some(vec![]),
            prefix_list_ids: Some(vec![]),
        }
    }
}

impl Interface {
    /// `ip-172-31-3-4.ec2.internal`, as resolvers of the VPC know it.
    pub fn private_dns_name(&self, region: &str) -> String {
        let dashed = self.address.to_string().replace('.', "-");
        match region {
            "us-east-1" => format!("ip-{dashed}.ec2.internal"),
            region => format!("ip-{dashed}.{region}.compute.internal"),
        }
    }

    pub fn to_wire(
        &self,
        account: &str,
        region: &str,
        group_names: &[(String, String)],
    ) -> wire::NetworkInterface {
        let name_of = |id: &String| {
            group_names
                .iter()
                .find(|(known, _)| known == id)
                .map(|(_, name)| name.clone())
        };
        wire::NetworkInterface {
            availability_zone: Some(self.zone.clone()),
            description: Some(self.description.clone()),
            groups: Some(
                self.groups
                    .iter()
                    .map(|id| wire::GroupIdentifier {
                        group_id: Some(id.clone()),
                        group_name: name_of(id),
                    })
                    .collect(),
            ),
            interface_type: Some("interface".to_owned()),
            ipv6_addresses: Some(vec![]),
            mac_address: Some(self.mac.clone()),
            network_interface_id: Some(self.id.clone()),
            owner_id: Some(account.to_owned()),
            private_dns_name: Some(self.private_dns_name(region)),
            private_ip_address: Some(self.address.to_string()),
            private_ip_addresses: Some(vec![wire::NetworkInterfacePrivateIpAddress {
                primary: Some(true),
                private_dns_name: Some(self.private_dns_name(region)),
                private_ip_address: Some(self.address.to_string()),
                ..wire::NetworkInterfacePrivateIpAddress::default()
            }]),
            requester_id: self.requester.clone(),
            requester_managed: Some(self.requester.is_some()),
            source_dest_check: Some(true),
            status: Some(
                if self.requester.is_some() {
                    "in-use"
                } else {
                    "available"
                }
                .to_owned(),
            ),
            subnet_id: Some(self.subnet_id.clone()),
            tag_set: Some(tags_to_wire(&self.tags)),
            vpc_id: Some(self.vpc_id.clone()),
            ..wire::NetworkInterface::default()
        }
    }
}

pub fn tags_to_wire(tags: &Tags) -> Vec<wire::Tag> {
    let tag = |(key, value): (&String, &String)| wire::Tag {
        key: Some(key.clone()),
        value: Some(value.clone()),
    };
    tags.iter().map(tag).collect()
}
