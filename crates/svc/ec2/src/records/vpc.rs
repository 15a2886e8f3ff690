//! VPCs, and the DHCP options that each has.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_records::{Unknown, ecs::Tags};
use wharf_wire::Context;

use super::{Cidr4, Cidr6, entity, tags_to_wire, yes};
use crate::{fault, ipv6};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vpc {
    pub id: String,
    pub cidr: Cidr4,
    pub is_default: bool,
    pub dhcp_options_id: String,
    pub association_id: String,
    pub tags: Tags,
    /// Ranges added after its making.
    #[serde(default)]
    pub more_cidrs: Vec<CidrAssociation>,
    /// Number of its overlay on the hosts, of no other VPC; 24 bits, 0 until mended.
    #[serde(default)]
    pub vni: u32,
    #[serde(default)]
    pub default_group: String,
    #[serde(default)]
    pub main_route_table: String,
    #[serde(default)]
    pub network_acl: String,
    /// The internet gateway that is attached to it.
    #[serde(default)]
    pub gateway: Option<String>,
    /// Its egress-only internet gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress_only: Option<String>,
    #[serde(default = "yes")]
    pub dns_support: bool,
    /// `None` stands for a default VPC's yes and another's no.
    #[serde(default)]
    pub dns_hostnames: Option<bool>,
    #[serde(default)]
    pub usage_metrics: bool,
    /// Its range of IPv6 addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<Ipv6Association>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(Vpc, "vpc", fault::vpc_not_found);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CidrAssociation {
    pub id: String,
    pub cidr: Cidr4,
}

/// A range of IPv6 addresses, of a VPC or a subnet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ipv6Association {
    pub id: String,
    pub cidr: Cidr6,
}

impl Ipv6Association {
    pub fn of_vpc_to_wire(&self, region: &str, state: &str) -> wire::VpcIpv6CidrBlockAssociation {
        wire::VpcIpv6CidrBlockAssociation {
            association_id: Some(self.id.clone()),
            ipv6_cidr_block: Some(self.cidr.to_string()),
            ipv6_cidr_block_state: Some(wire::VpcCidrBlockState {
                state: Some(state.to_owned()),
                status_message: None,
            }),
            network_border_group: Some(region.to_owned()),
            ipv6_pool: Some(ipv6::POOL.to_owned()),
            ipv6_address_attribute: Some("private".to_owned()),
            ip_source: Some("amazon".to_owned()),
        }
    }

    pub fn of_subnet_to_wire(&self, state: &str) -> wire::SubnetIpv6CidrBlockAssociation {
        wire::SubnetIpv6CidrBlockAssociation {
            association_id: Some(self.id.clone()),
            ipv6_cidr_block: Some(self.cidr.to_string()),
            ipv6_cidr_block_state: Some(wire::SubnetCidrBlockState {
                state: Some(state.to_owned()),
                status_message: None,
            }),
            ipv6_address_attribute: Some("private".to_owned()),
            ip_source: Some("amazon".to_owned()),
        }
    }
}

/// DHCP options; they never change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DhcpOptions {
    pub id: String,
    /// `None`: those that VPCs have unless they are given others.
    #[serde(default)]
    pub given: Option<DhcpGiven>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DhcpGiven {
    /// The domains in which short names are sought.
    pub domain_name: Option<String>,
    /// Addresses, or `AmazonProvidedDNS`.
    pub name_servers: Vec<String>,
}

entity!(DhcpOptions, "dhcp-options", fault::dhcp_options_not_found);

impl Vpc {
    /// Its ranges, the first one first.
    pub fn cidrs(&self) -> impl Iterator<Item = Cidr4> {
        let more = self.more_cidrs.iter().map(|more| more.cidr);
        std::iter::once(self.cidr).chain(more)
    }

    pub fn dns_hostnames(&self) -> bool {
        self.dns_hostnames.unwrap_or(self.is_default)
    }

    pub fn to_wire(&self, cx: &Context) -> wire::Vpc {
        let first = (&self.association_id, self.cidr);
        let more = self.more_cidrs.iter().map(|more| (&more.id, more.cidr));
        let associations = std::iter::once(first).chain(more);
        wire::Vpc {
            owner_id: Some(cx.account.clone()),
            instance_tenancy: Some("default".to_owned()),
            ipv6_cidr_block_association_set: Some(
                self.ipv6
                    .iter()
                    .map(|it| it.of_vpc_to_wire(&cx.region, "associated"))
                    .collect(),
            ),
            cidr_block_association_set: Some(
                associations
                    .map(|(id, cidr)| association_to_wire(id, cidr, "associated"))
                    .collect(),
            ),
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

pub fn association_to_wire(id: &str, cidr: Cidr4, state: &str) -> wire::VpcCidrBlockAssociation {
    wire::VpcCidrBlockAssociation {
        association_id: Some(id.to_owned()),
        cidr_block: Some(cidr.to_string()),
        cidr_block_state: Some(wire::VpcCidrBlockState {
            state: Some(state.to_owned()),
            status_message: None,
        }),
    }
}
