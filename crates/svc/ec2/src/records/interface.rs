//! Network interfaces.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Timestamp, ids};
use wharf_records::{Unknown, ecs::Tags};
use wharf_wire::{CallerKind, Context};

use super::{Cidr4, Subnet, entity, tags_to_wire, yes};
use crate::{
    address::random_mac,
    elastic::Public,
    fault,
    interface_permissions::{Permission, of_account},
    zone,
};

/// The principal whose interfaces belong to load balancers.
pub const BALANCER_REQUESTER: &str = "elasticloadbalancing.amazonaws.com";

/// The principal whose interfaces belong to mount targets of EFS.
pub const FILES_REQUESTER: &str = "elasticfilesystem.amazonaws.com";

/// The principal whose interfaces belong to VPC endpoints.
pub const ENDPOINT_REQUESTER: &str = "vpce.amazonaws.com";

const ENDPOINT: &str = "vpc_endpoint";
const NAT_GATEWAY: &str = "nat_gateway";
/// The principal whose interfaces belong to NAT gateways.
pub const NAT_REQUESTER: &str = "natgateway.amazonaws.com";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interface {
    pub id: String,
    pub subnet_id: String,
    /// The subnet's range, which never changes; `None` until mended.
    #[serde(default)]
    pub subnet_cidr: Option<Cidr4>,
    pub vpc_id: String,
    pub zone: String,
    pub address: Ipv4Addr,
    pub mac: String,
    pub groups: Vec<String>,
    pub description: String,
    #[serde(default = "yes")]
    pub source_dest_check: bool,
    /// The service that asked for it, e.g. `ecs.amazonaws.com`; users may not change those.
    pub requester: Option<String>,
    /// On whose behalf it is on machines that are none of the account's: `fargate.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// ARN of the load balancer, the file system or the VPC endpoint that it serves: its host wires it without a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancer: Option<String>,
    #[serde(default)]
    pub attachment: Option<Attachment>,
    /// The address by which it is reached from outside its VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<Public>,
    /// Its further addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secondary: Vec<Secondary>,
    /// Its IPv6 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6: Vec<Ipv6Addr>,
    /// Which of its addresses the name of its instance leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<ResourceName>,
    /// What other accounts may do with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// Id of the pointer that the client token of its making left, deleted with it.
    pub token_id: Option<String>,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Whether names that are made of an instance's id lead to its addresses of both families.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceName {
    pub ipv4: bool,
    pub ipv6: bool,
}

impl ResourceName {
    pub fn is_none(&self) -> bool {
        !(self.ipv4 || self.ipv6)
    }
}

/// A private address beside the primary one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Secondary {
    pub address: Ipv4Addr,
    /// As [`Interface::public`], always an elastic one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<Public>,
}

impl Secondary {
    pub fn new(address: Ipv4Addr) -> Self {
        Self {
            address,
            public: None,
        }
    }
}

impl Interface {
    /// One of a subnet that nobody has yet.
    pub fn new(subnet: &Subnet, address: Ipv4Addr, now: Timestamp) -> Self {
        Self {
            id: ids::ec2_id("eni"),
            subnet_id: subnet.id.clone(),
            subnet_cidr: Some(subnet.cidr),
            vpc_id: subnet.vpc_id.clone(),
            zone: subnet.zone.clone(),
            address,
            mac: random_mac(),
            groups: Vec::new(),
            description: String::new(),
            source_dest_check: true,
            requester: None,
            operator: None,
            load_balancer: None,
            attachment: None,
            public: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
            permissions: Vec::new(),
            token_id: None,
            created_at: now,
            tags: Tags::default(),
            unknown: Unknown::new(),
        }
    }
}

entity!(
    Interface,
    "network-interface",
    fault::interface_not_found,
    vpc_id
);

/// To which host an interface is attached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// `eni-attach-…`
    pub id: String,
    /// The host's instance id, `i-…`.
    pub instance_id: String,
    /// Whose the instance is, where it is another account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_owner: Option<String>,
    pub device_index: i32,
    pub attached_at: Timestamp,
    #[serde(default)]
    pub delete_on_termination: bool,
    /// Where that instance is.
    #[serde(default)]
    pub machine: Machine,
}

impl Attachment {
    /// The first interface of an instance, from its launch on.
    pub fn at_launch(instance: &str, now: Timestamp, delete_on_termination: bool) -> Self {
        Self {
            id: ids::ec2_id("eni-attach"),
            instance_id: instance.to_owned(),
            instance_owner: None,
            device_index: 0,
            attached_at: now,
            delete_on_termination,
            machine: Machine::None,
        }
    }
}

/// The machine that wires an interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Machine {
    /// The instance id is a machine's own.
    #[default]
    Itself,
    /// The instance is one of EC2's and has no host yet.
    None,
    /// The instance is on the machine with this id.
    On(String),
}

impl Attachment {
    /// Instance id of the host that wires the interface, if there is one.
    pub fn host(&self) -> Option<&str> {
        match &self.machine {
            Machine::Itself => Some(&self.instance_id),
            Machine::None => None,
            Machine::On(host) => Some(host),
        }
    }

    /// Where the instance is found. `cx`: a request about the interface.
    pub fn there<'a>(&self, cx: &'a Context) -> Cow<'a, Context> {
        of_account(cx, self.instance_owner.as_deref())
    }
}

/// Id of the claim on an address of a subnet.
pub fn claim_id(subnet: &str, address: Ipv4Addr) -> String {
    format!("{subnet}:{address}")
}

/// The same of an IPv6 address, which is none of those that the subnet's IPv4 range has room for.
pub fn ipv6_claim_id(subnet: &str, address: Ipv6Addr) -> String {
    format!("ipv6:{subnet}:{address}")
}

/// `ip-172-31-3-4.ec2.internal`, as resolvers of the VPC know it.
pub fn private_dns_name(address: Ipv4Addr, region: &str) -> String {
    let dashed = address.to_string().replace('.', "-");
    match region {
        "us-east-1" => format!("ip-{dashed}.ec2.internal"),
        region => format!("ip-{dashed}.{region}.compute.internal"),
    }
}

impl Interface {
    pub fn private_dns_name(&self, region: &str) -> String {
        private_dns_name(self.address, region)
    }

    /// Its private IPv4 addresses, the primary one first, each with its public one.
    pub fn addresses(&self) -> impl Iterator<Item = (Ipv4Addr, Option<&Public>)> {
        let secondary = self.secondary.iter();
        let secondary = secondary.map(|it| (it.address, it.public.as_ref()));
        std::iter::once((self.address, self.public.as_ref())).chain(secondary)
    }

    /// Its public addresses.
    pub fn publics(&self) -> impl Iterator<Item = &Public> {
        self.addresses().filter_map(|(_, public)| public)
    }

    /// Where the public address of one of its private addresses stands.
    pub fn public_of(&mut self, private: Ipv4Addr) -> Option<&mut Option<Public>> {
        if self.address == private {
            return Some(&mut self.public);
        }
        let mut secondary = self.secondary.iter_mut();
        let found = secondary.find(|it| it.address == private);
        found.map(|it| &mut it.public)
    }

    /// It has the elastic address no more.
    pub fn without_public(&mut self, allocation: &str) {
        let all = self.secondary.iter_mut().map(|it| &mut it.public);
        for public in std::iter::once(&mut self.public).chain(all) {
            let of = public.as_ref().and_then(|it| it.allocation.as_deref());
            if of == Some(allocation) {
                *public = None;
            }
        }
    }

    /// Ids of the claims on its addresses.
    pub fn claim_ids(&self) -> impl Iterator<Item = String> {
        let further = self.ipv6.iter();
        let further = further.map(|address| ipv6_claim_id(&self.subnet_id, *address));
        let own = self.addresses();
        own.map(|(address, _)| claim_id(&self.subnet_id, address))
            .chain(further)
    }

    pub fn status(&self) -> &'static str {
        if self.attachment.is_some() || matches!(self.kind(), NAT_GATEWAY | ENDPOINT) {
            "in-use"
        } else {
            "available"
        }
    }

    /// What it is for.
    pub fn kind(&self) -> &'static str {
        match self.requester.as_deref() {
            Some(NAT_REQUESTER) => NAT_GATEWAY,
            Some(ENDPOINT_REQUESTER) => ENDPOINT,
            _ => "interface",
        }
    }

    /// `use1-az1`
    pub fn zone_id(&self, region: &str) -> String {
        zone::id(region, self.zone.chars().last().unwrap_or('a'))
    }

    /// Who owns what it is attached to, where that is no machine of the account: a load balancer, or a
    /// host of Fargate. Clients that wait for the end of a load balancer's interfaces look for them by this.
    fn foreign_owner(&self) -> Option<&'static str> {
        match (self.requester.as_deref(), &self.operator) {
            (Some(BALANCER_REQUESTER), _) => Some("amazon-elb"),
            (Some(FILES_REQUESTER), _) => Some("amazon-efs"),
            (Some(ENDPOINT_REQUESTER), _) => Some("amazon-aws"),
            (_, Some(_)) => Some("amazon-ecs"),
            _ => None,
        }
    }

    /// Who owns what it is attached to.
    pub fn attached_by(&self, account: &str) -> String {
        let attachment = self.attachment.as_ref();
        let grantee = attachment.and_then(|it| it.instance_owner.as_deref());
        let other = self.foreign_owner().or(grantee);
        other.unwrap_or(account).to_owned()
    }

    /// The machine it is attached to, as the caller may see: machines of others have no id there, but for the
    /// services that attach interfaces to them.
    pub fn shown_instance(&self, cx: &Context) -> Option<String> {
        let is_service = cx.caller.kind == CallerKind::Service;
        let attachment = self.attachment.as_ref();
        let attachment = attachment.filter(|_| is_service || self.foreign_owner().is_none());
        attachment.map(|it| it.instance_id.clone())
    }

    /// `group_names`: names by group id.
    pub fn to_wire(
        &self,
        cx: &Context,
        group_names: &BTreeMap<String, String>,
    ) -> wire::NetworkInterface {
        let group = |id: &String| wire::GroupIdentifier {
            group_id: Some(id.clone()),
            group_name: group_names.get(id).cloned(),
        };
        let public = self.public.as_ref();
        let association = public.map(|it| it.to_wire(&cx.account));
        let address = |(address, public): (Ipv4Addr, Option<&Public>)| {
            wire::NetworkInterfacePrivateIpAddress {
                association: public.map(|it| it.to_wire(&cx.account)),
                primary: Some(address == self.address),
                private_dns_name: Some(private_dns_name(address, &cx.region)),
                private_ip_address: Some(address.to_string()),
            }
        };
        wire::NetworkInterface {
            association,
            attachment: self
                .attachment
                .as_ref()
                .map(|it| it.to_wire(self.attached_by(&cx.account), self.shown_instance(cx))),
            availability_zone: Some(self.zone.clone()),
            availability_zone_id: Some(self.zone_id(&cx.region)),
            description: Some(self.description.clone()),
            groups: Some(self.groups.iter().map(group).collect()),
            interface_type: Some(self.kind().to_owned()),
            ipv6_addresses: Some(
                self.ipv6
                    .iter()
                    .map(|address| wire::NetworkInterfaceIpv6Address {
                        ipv6_address: Some(address.to_string()),
                        is_primary_ipv6: Some(false),
                        public_ipv6_dns_name: None,
                    })
                    .collect(),
            ),
            ipv6_address: self.ipv6.first().map(ToString::to_string),
            mac_address: Some(self.mac.clone()),
            network_interface_id: Some(self.id.clone()),
            owner_id: Some(cx.account.clone()),
            private_dns_name: Some(self.private_dns_name(&cx.region)),
            private_ip_address: Some(self.address.to_string()),
            private_ip_addresses: Some(self.addresses().map(address).collect()),
            requester_id: self.requester.clone(),
            requester_managed: Some(self.requester.is_some()),
            source_dest_check: Some(self.source_dest_check),
            status: Some(self.status().to_owned()),
            subnet_id: Some(self.subnet_id.clone()),
            tag_set: Some(tags_to_wire(&self.tags)),
            vpc_id: Some(self.vpc_id.clone()),
            ..wire::NetworkInterface::default()
        }
    }
}

impl Attachment {
    /// `owner`: whose the instance is.
    fn to_wire(&self, owner: String, instance: Option<String>) -> wire::NetworkInterfaceAttachment {
        wire::NetworkInterfaceAttachment {
            attach_time: Some(self.attached_at),
            attachment_id: Some(self.id.clone()),
            delete_on_termination: Some(self.delete_on_termination),
            device_index: Some(self.device_index),
            network_card_index: Some(0),
            instance_id: instance,
            instance_owner_id: Some(owner),
            status: Some("attached".to_owned()),
            ..wire::NetworkInterfaceAttachment::default()
        }
    }
}
