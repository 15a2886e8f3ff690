//! What is stored of the network, and how it looks on the wire: one file a kind.
//!
//! Members that came after a kind's first version have defaults; `mend` fills them in once.

mod gateway;
mod group;
mod instance;
mod interface;
mod reservation;
mod route_table;
mod subnet;
mod vpc;

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Arn, Cidr4, Cidr6};
use wharf_records::{Record, Unknown};
use wharf_service::tags::{self, Tags};
use wharf_wire::Fault;

pub use gateway::{EgressOnlyGateway, InternetGateway};
pub use group::{Direction, PeerGroup, Rule, RulePeer, SecurityGroup};
pub use instance::{
    Group, Image, Instance, Key, Launch, LaunchDevice, Metadata, OfRoot, Primary, Profile,
    user_data_purpose,
};
pub use interface::{
    Attachment, BALANCER_REQUESTER, ENDPOINT_REQUESTER, FILES_REQUESTER, Interface, Machine,
    NAT_REQUESTER, ResourceName, Secondary, claim_id, ipv6_claim_id, private_dns_name,
};
pub use reservation::{Reservation, Reserved};
pub use route_table::{Ipv6Route, ListRoute, Route, RouteTable, RouteTarget, association_state};
pub use subnet::{Subnet, TableAssociation};
pub use vpc::{CidrAssociation, DhcpGiven, DhcpOptions, Ipv6Association, Vpc, association_to_wire};

pub use crate::network_acls::NetworkAcl;

/// A record that users see under an id of its own; its kind is also its type in ARNs and tag
/// specifications.
pub trait Entity: Record + Clone + Send + Sync {
    fn id(&self) -> &str;
    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;
    /// The VPC it belongs to, other than by attachment.
    fn vpc(&self) -> Option<&str> {
        None
    }
    /// Services alone see it.
    fn is_hidden(&self) -> bool {
        false
    }
    fn missing(id: &str) -> Fault;
}

/// Whether a caller sees an entity.
pub fn is_seen<T: Entity>(entity: &T, cx: &wharf_wire::Context) -> bool {
    !entity.is_hidden() || cx.caller.kind == wharf_wire::CallerKind::Service
}

/// Kind and not-found fault of an entity that keeps `id` and `tags` under these names;
/// the member that names its VPC, if it has one; which of them services alone see, if any.
macro_rules! entity {
    ($record:ty, $kind:literal, $missing:path $(, $vpc:ident $(, $hidden:expr)?)?) => {
        impl wharf_records::Record for $record {
            const KIND: &'static str = $kind;
            const FORMAT: u32 = 1;
        }

        impl $crate::records::Entity for $record {
            fn id(&self) -> &str {
                &self.id
            }
            fn tags(&self) -> &wharf_records::ecs::Tags {
                &self.tags
            }
            fn tags_mut(&mut self) -> &mut wharf_records::ecs::Tags {
                &mut self.tags
            }
            $(fn vpc(&self) -> Option<&str> {
                Some(&self.$vpc)
            }
            $(fn is_hidden(&self) -> bool {
                ($hidden)(self)
            })?)?
            fn missing(id: &str) -> wharf_wire::Fault {
                $missing(id)
            }
        }
    };
}
pub(crate) use entity;

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

/// Points from a client token, a name that must be unique, or `default-vpc` to what it stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pointer {
    pub id: String,
    /// Of `default-vpc`: how far the region's records are mended (see `mend`).
    #[serde(default)]
    pub mended: u32,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Pointer {
    pub fn to(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            mended: 0,
            unknown: Unknown::new(),
        }
    }
}

impl Record for Pointer {
    const KIND: &'static str = "pointer";
    const FORMAT: u32 = 1;
}

/// Rewritten by whatever comes to depend on a resource, so that its deletion, which first looks for
/// dependents, notices one that came while it looked. Under the resource's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fence {}

impl Record for Fence {
    const KIND: &'static str = "fence";
    const FORMAT: u32 = 1;
}

/// The overlay number of a VPC, claimed over all accounts and regions; the number is the id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VniClaim {
    pub vpc_id: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for VniClaim {
    const KIND: &'static str = "vni";
    const FORMAT: u32 = 1;
}

pub fn tags_to_wire(tags: &Tags) -> Vec<wire::Tag> {
    tags::to_wire(tags, |key, value| wire::Tag { key, value })
}

/// `arn:aws:ec2:us-east-1:000000000000:subnet/subnet-…`; those of images and snapshots name no account.
pub fn arn(cx: &wharf_wire::Context, kind: &str, id: &str) -> String {
    let account = match kind {
        crate::images::Image::KIND | crate::snapshots::Snapshot::KIND => "",
        _ => cx.account.as_str(),
    };
    Arn::new("ec2", &cx.region, account, format!("{kind}/{id}")).to_string()
}

fn yes() -> bool {
    true
}
