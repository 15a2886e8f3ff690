//! What is stored of an endpoint, and how it is shown.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Cidr4, Timestamp};
use wharf_planeproto::endpoint as plane;
use wharf_records::{Scope, Unknown, ecs::Tags};

use super::{GATEWAY_ADDRESS, GATEWAY_RANGE, Service, fault};
use crate::{
    endpoint_services::{self, Link, LinkState, endpoint_arn},
    records::{entity, tags_to_wire},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VpcEndpoint {
    /// `vpce-…`
    pub id: String,
    pub vpc_id: String,
    /// By its short name, `ecr.api`; an endpoint service by its id.
    pub service: String,
    /// Of one that leads to an endpoint service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    pub kind: Kind,
    pub policy: String,
    /// One in each subnet.
    pub interfaces: Vec<EndpointInterface>,
    pub groups: Vec<String>,
    pub private_dns: bool,
    /// Ends the first part of its names, so that nobody guesses them.
    pub label: String,
    /// Id of the pointer that the client token of its making left, deleted with it.
    pub token_id: Option<String>,
    /// Digest of the request that made it.
    pub asked: String,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(VpcEndpoint, "vpc-endpoint", fault::not_found, vpc_id);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Gateway,
    Interface,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "Gateway",
            Self::Interface => "Interface",
        }
    }
}

/// What is known of an interface without its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointInterface {
    pub id: String,
    pub subnet_id: String,
    pub subnet_cidr: Cidr4,
    pub zone: String,
    pub address: Ipv4Addr,
    pub mac: String,
    /// Since when it is there; as long as the endpoint where that is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl VpcEndpoint {
    /// The full name of its service, if that is known.
    pub fn service_name(&self, region: &str) -> Option<String> {
        match self.link {
            Some(_) => Some(endpoint_services::name_of(&self.service, region)),
            None => Service::short(&self.service).map(|it| it.full_name(region)),
        }
    }

    /// What its own names end with.
    fn base_name(&self, region: &str) -> Option<String> {
        match self.link {
            Some(_) => Some(endpoint_services::base_name(&self.service, region)),
            None => Service::short(&self.service).map(|it| it.base_name(region)),
        }
    }

    /// The name of its service that its VPC knows it by.
    pub fn private_name(&self, region: &str) -> Option<String> {
        if self.kind != Kind::Interface || !self.private_dns {
            return None;
        }
        match &self.link {
            Some(link) => link.private_name.clone(),
            None => Service::short(&self.service).map(|it| it.private_dns_name(region)),
        }
    }

    /// Whether it has a name that `other` is to have in the same VPC.
    pub fn has_name(&self, other: &Self, name: &str, region: &str) -> bool {
        self.id != other.id
            && self.vpc_id == other.vpc_id
            && self.private_name(region).as_deref() == Some(name)
    }

    /// Whether it is to have the private name of a service that has accepted it, and has none.
    pub fn is_unnamed(&self) -> bool {
        let link = self.link.as_ref();
        let lacks = |it: &Link| it.state == LinkState::Available && it.private_name.is_none();
        self.private_dns && link.is_some_and(lacks)
    }

    /// As lists have it. One that was accepted is there once somebody answers at its interfaces.
    pub fn state(&self) -> &'static str {
        match &self.link {
            None => "available",
            Some(link) if link.state != LinkState::Available => link.state.name(),
            Some(link) if link.fronts.is_empty() && !self.interfaces.is_empty() => "pending",
            Some(link) => link.state.name(),
        }
    }

    /// `tables`: those with a route to it.
    pub fn to_wire(
        &self,
        (account, region): (&str, &str),
        tables: Vec<String>,
        group_name: impl Fn(&str) -> Option<String>,
    ) -> wire::VpcEndpoint {
        let is_interface = self.kind == Kind::Interface;
        let groups = self.groups.iter().map(|id| wire::SecurityGroupIdentifier {
            group_id: Some(id.clone()),
            group_name: group_name(id),
        });
        let subnets = self.interfaces.iter().map(|it| it.subnet_id.clone());
        let interfaces = self.interfaces.iter().map(|it| it.id.clone());
        let names = self.names(region).into_iter().filter(|_| is_interface);
        let entry = |it: plane::EndpointName| wire::DnsEntry {
            dns_name: Some(it.name),
            hosted_zone_id: None,
        };
        wire::VpcEndpoint {
            vpc_endpoint_id: Some(self.id.clone()),
            vpc_endpoint_type: Some(self.kind.name().to_owned()),
            vpc_id: Some(self.vpc_id.clone()),
            service_name: self.service_name(region),
            state: Some(self.state().to_owned()),
            policy_document: Some(self.policy.clone()),
            route_table_ids: Some(tables),
            subnet_ids: Some(subnets.collect()),
            groups: Some(groups.collect()),
            ip_address_type: Some("ipv4".to_owned()),
            dns_options: is_interface.then(|| wire::DnsOptions {
                dns_record_ip_type: Some("ipv4".to_owned()),
                ..wire::DnsOptions::default()
            }),
            private_dns_enabled: Some(self.private_dns),
            requester_managed: Some(false),
            network_interface_ids: Some(interfaces.collect()),
            dns_entries: Some(names.map(entry).collect()),
            creation_timestamp: Some(self.created_at),
            tags: Some(tags_to_wire(&self.tags)),
            owner_id: Some(account.to_owned()),
            service_region: Some(region.to_owned()),
            ..wire::VpcEndpoint::default()
        }
    }

    /// The names that its VPC knows, and their addresses: its own first, those of its zones, the service's.
    pub fn names(&self, region: &str) -> Vec<plane::EndpointName> {
        let name = |name: String, addresses: Vec<Ipv4Addr>| plane::EndpointName { name, addresses };
        if self.kind == Kind::Gateway {
            let Some(private) = Service::short(&self.service) else {
                return Vec::new();
            };
            let private = private.private_dns_name(region);
            let mut names = vec![private.clone(), format!("*.{private}")];
            if region == "us-east-1" && self.service == "s3" {
                names.extend([
                    "s3.amazonaws.com".to_owned(),
                    "*.s3.amazonaws.com".to_owned(),
                ]);
            }
            let names = names.into_iter();
            return names.map(|it| name(it, vec![GATEWAY_ADDRESS])).collect();
        }
        let Some(base) = self.base_name(region) else {
            return Vec::new();
        };
        let all: Vec<Ipv4Addr> = self.interfaces.iter().map(|it| it.address).collect();
        let label = format!("{}-{}", self.id, self.label);
        let mut names = vec![name(format!("{label}.{base}"), all.clone())];
        for interface in &self.interfaces {
            let zonal = format!("{label}-{}.{base}", interface.zone);
            names.push(name(zonal, vec![interface.address]));
        }
        names.extend(self.private_name(region).map(|it| name(it, all)));
        names
    }

    /// As hosts are told.
    pub fn to_plane(self, scope: &Scope) -> plane::Endpoint {
        plane::Endpoint {
            arn: endpoint_arn(scope, &self.id),
            names: self.names(&scope.region),
            fronts: self.fronts(),
            way: match self.kind {
                // They are where load balancers are.
                Kind::Interface if self.link.is_some() => plane::EndpointWay::Interface {
                    interfaces: Vec::new(),
                    groups: Vec::new(),
                },
                Kind::Gateway => plane::EndpointWay::Gateway {
                    range: GATEWAY_RANGE.to_string(),
                    address: GATEWAY_ADDRESS,
                },
                Kind::Interface => plane::EndpointWay::Interface {
                    interfaces: self.interfaces.into_iter().map(to_plane).collect(),
                    groups: self.groups,
                },
            },
            id: self.id,
            vpc: self.vpc_id,
        }
    }
}

impl VpcEndpoint {
    /// Its interfaces at load balancers.
    fn fronts(&self) -> Vec<plane::Front> {
        let Some(link) = &self.link else {
            return Vec::new();
        };
        let front = |it: &EndpointInterface| {
            let front = link.fronts.get(&it.id)?;
            Some(plane::Front {
                interface: it.id.clone(),
                address: it.address,
                host: front.host.clone(),
                load_balancer: front.balancer.clone(),
            })
        };
        self.interfaces.iter().filter_map(front).collect()
    }
}

fn to_plane(it: EndpointInterface) -> plane::EndpointInterface {
    plane::EndpointInterface {
        id: it.id,
        address: it.address,
        mac: it.mac,
        subnet_cidr: it.subnet_cidr.to_string(),
    }
}
