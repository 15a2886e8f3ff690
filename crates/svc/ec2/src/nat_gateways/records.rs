//! What is stored of a NAT gateway, and how it is shown.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Cidr4, Timestamp};
use wharf_records::{Unknown, ecs::Tags};

use crate::{
    fault,
    records::{entity, tags_to_wire},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NatGateway {
    /// `nat-…`
    pub id: String,
    pub vpc_id: String,
    pub subnet_id: String,
    pub subnet_cidr: Cidr4,
    pub zone: String,
    pub interface: String,
    pub private: Ipv4Addr,
    pub public: Ipv4Addr,
    /// The network around the hosts leads its address there.
    pub routed: bool,
    pub allocation: String,
    pub association: String,
    /// Id of the pointer that the client token of its making left, deleted with it.
    pub token_id: Option<String>,
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(
    NatGateway,
    "natgateway",
    fault::nat_gateway_not_found,
    vpc_id
);

impl NatGateway {
    pub fn state(&self) -> &'static str {
        match self.deleted_at {
            None => "available",
            Some(_) => "deleted",
        }
    }

    pub fn to_wire(&self) -> wire::NatGateway {
        let there = self.deleted_at.is_none();
        let address = wire::NatGatewayAddress {
            allocation_id: Some(self.allocation.clone()),
            association_id: there.then(|| self.association.clone()),
            is_primary: Some(true),
            network_interface_id: Some(self.interface.clone()),
            private_ip: Some(self.private.to_string()),
            public_ip: Some(self.public.to_string()),
            status: Some(if there { "succeeded" } else { "disassociating" }.to_owned()),
            ..wire::NatGatewayAddress::default()
        };
        wire::NatGateway {
            create_time: Some(self.created_at),
            delete_time: self.deleted_at,
            nat_gateway_addresses: Some(vec![address]),
            nat_gateway_id: Some(self.id.clone()),
            state: Some(self.state().to_owned()),
            subnet_id: Some(self.subnet_id.clone()),
            vpc_id: Some(self.vpc_id.clone()),
            tags: Some(tags_to_wire(&self.tags)),
            connectivity_type: Some("public".to_owned()),
            ..wire::NatGateway::default()
        }
    }
}
