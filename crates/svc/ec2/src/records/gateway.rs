//! Internet gateways, and those by which nobody gets in.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_records::{Unknown, ecs::Tags};

use super::{entity, tags_to_wire};
use crate::fault;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InternetGateway {
    pub id: String,
    /// The VPC it is attached to; that VPC names it as its gateway.
    pub vpc_id: Option<String>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(
    InternetGateway,
    "internet-gateway",
    fault::gateway_not_found
);

/// The way out for IPv6 alone. Its VPC, which never changes, names it as its `egress_only`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EgressOnlyGateway {
    pub id: String,
    pub vpc_id: String,
    /// Id of the pointer that the client token of its making left, deleted with it.
    pub token_id: Option<String>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(
    EgressOnlyGateway,
    "egress-only-internet-gateway",
    fault::route_gateway_not_found,
    vpc_id
);

impl EgressOnlyGateway {
    /// AWS shows `attached` where it shows `available` of the other kind.
    pub fn to_wire(&self) -> wire::EgressOnlyInternetGateway {
        wire::EgressOnlyInternetGateway {
            attachments: Some(vec![attachment(&self.vpc_id, "attached")]),
            egress_only_internet_gateway_id: Some(self.id.clone()),
            tags: Some(tags_to_wire(&self.tags)),
        }
    }
}

fn attachment(vpc: &str, state: &str) -> wire::InternetGatewayAttachment {
    wire::InternetGatewayAttachment {
        state: Some(state.to_owned()),
        vpc_id: Some(vpc.to_owned()),
    }
}

impl InternetGateway {
    pub fn to_wire(&self, account: &str) -> wire::InternetGateway {
        let attachments = self.vpc_id.iter().map(|it| attachment(it, "available"));
        wire::InternetGateway {
            attachments: Some(attachments.collect()),
            internet_gateway_id: Some(self.id.clone()),
            owner_id: Some(account.to_owned()),
            tags: Some(tags_to_wire(&self.tags)),
        }
    }
}
