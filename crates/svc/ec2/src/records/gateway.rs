//! Internet gateways.

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

impl InternetGateway {
    pub fn to_wire(&self, account: &str) -> wire::InternetGateway {
        let attachment = |vpc: &String| wire::InternetGatewayAttachment {
            state: Some("available".to_owned()),
            vpc_id: Some(vpc.clone()),
        };
        wire::InternetGateway {
            attachments: Some(self.vpc_id.iter().map(attachment).collect()),
            internet_gateway_id: Some(self.id.clone()),
            owner_id: Some(account.to_owned()),
            tags: Some(tags_to_wire(&self.tags)),
        }
    }
}
