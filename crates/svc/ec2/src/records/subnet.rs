//! Subnets.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_records::{Unknown, ecs::Tags};
use wharf_wire::Context;

use super::{Cidr4, Ipv6Association, Reservation, ResourceName, arn, entity, tags_to_wire};
use crate::{address::Addresses as _, fault, zone};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subnet {
    pub id: String,
    pub vpc_id: String,
    pub cidr: Cidr4,
    /// `us-east-1a`
    pub zone: String,
    pub default_for_zone: bool,
    pub map_public_ip: bool,
    pub tags: Tags,
    /// Its route table where that is not the VPC's main one.
    #[serde(default)]
    pub route_table: Option<TableAssociation>,
    /// Id of its association with a network ACL.
    #[serde(default)]
    pub acl_association: String,
    /// Its network ACL where that is not the VPC's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_acl: Option<String>,
    /// Its range of IPv6 addresses, a /64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<Ipv6Association>,
    /// A new interface gets one of them, unless it asks for others or none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assign_ipv6: bool,
    /// What the names of its new instances lead to, unless they ask for something else.
    #[serde(default, skip_serializing_if = "ResourceName::is_none")]
    pub resource_names: ResourceName,
    /// Ranges of which no address is handed out but by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reservations: Vec<Reservation>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(Subnet, "subnet", fault::subnet_not_found, vpc_id);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableAssociation {
    pub id: String,
    pub table: String,
}

impl Subnet {
    /// `use1-az1`
    pub fn zone_id(&self, region: &str) -> String {
        zone::id(region, self.zone.chars().last().unwrap_or('a'))
    }

    pub fn free(&self, used: u64) -> u64 {
        self.cidr.usable().saturating_sub(used)
    }

    /// `used`: how many of its addresses interfaces hold.
    pub fn to_wire(&self, cx: &Context, used: u64) -> wire::Subnet {
        wire::Subnet {
            availability_zone_id: Some(self.zone_id(&cx.region)),
            map_customer_owned_ip_on_launch: Some(false),
            owner_id: Some(cx.account.clone()),
            assign_ipv6_address_on_creation: Some(self.assign_ipv6),
            ipv6_cidr_block_association_set: Some(
                self.ipv6
                    .iter()
                    .map(|it| it.of_subnet_to_wire("associated"))
                    .collect(),
            ),
            tags: Some(tags_to_wire(&self.tags)),
            subnet_arn: Some(arn(cx, "subnet", &self.id)),
            enable_dns64: Some(false),
            ipv6_native: Some(false),
            private_dns_name_options_on_launch: Some(wire::PrivateDnsNameOptionsOnLaunch {
                hostname_type: Some("ip-name".to_owned()),
                enable_resource_name_dns_a_record: Some(self.resource_names.ipv4),
                enable_resource_name_dns_aaaa_record: Some(self.resource_names.ipv6),
            }),
            subnet_id: Some(self.id.clone()),
            state: Some("available".to_owned()),
            vpc_id: Some(self.vpc_id.clone()),
            cidr_block: Some(self.cidr.to_string()),
            available_ip_address_count: Some(i32::try_from(self.free(used)).unwrap_or(i32::MAX)),
            availability_zone: Some(self.zone.clone()),
            default_for_az: Some(self.default_for_zone),
            map_public_ip_on_launch: Some(self.map_public_ip),
            ..wire::Subnet::default()
        }
    }
}
