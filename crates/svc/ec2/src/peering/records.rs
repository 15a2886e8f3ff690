//! What is kept of a peering connection, and what it comes to at a time.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Cidr4, Cidr6, Timestamp};
use wharf_records::{Record, Unknown};
use wharf_service::tags::Tags;
use wharf_wire::Context;

use super::fault;
use crate::records::{Vpc, entity, tags_to_wire};

/// How long somebody may take to accept a request.
const PENDING_MS: i64 = 7 * 24 * 3_600_000;
/// How long a connection that is over is shown.
const SHOWN_MS: i64 = 2 * 3_600_000;

/// One side's view: its tags.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VpcPeeringConnection {
    pub id: String,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(
    VpcPeeringConnection,
    "vpc-peering-connection",
    fault::not_found
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Peering {
    pub id: String,
    pub requester: End,
    pub accepter: End,
    pub status: Status,
    pub requested_at: Timestamp,
    /// When it was rejected or deleted, or failed.
    pub over_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Peering {
    const KIND: &'static str = "peering";
    const FORMAT: u32 = 1;
}

/// A VPC that takes part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    pub account: String,
    pub region: String,
    pub vpc_id: String,
    /// Its ranges when they were last looked at; of the accepter none before it accepts.
    pub cidrs: Vec<Cidr4>,
    /// The same of IPv6, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<Cidr6>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    PendingAcceptance,
    Active,
    Failed,
    Expired,
    /// By the account.
    Rejected(String),
    Deleted(String),
}

impl Status {
    pub fn code(&self) -> &'static str {
        match self {
            Self::PendingAcceptance => "pending-acceptance",
            Self::Active => "active",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Rejected(_) => "rejected",
            Self::Deleted(_) => "deleted",
        }
    }

    fn message(&self, accepter: &str) -> String {
        match self {
            Self::PendingAcceptance => format!("Pending Acceptance by {accepter}"),
            Self::Active => "Active".to_owned(),
            Self::Failed => {
                "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range".to_owned()
            }
            Self::Expired => "Expired".to_owned(),
            Self::Rejected(by) => format!("Rejected by {by}"),
            Self::Deleted(by) => format!("Deleted by {by}"),
        }
    }
}

impl End {
    /// As its VPC is now.
    pub fn look_at(&mut self, vpc: Option<&Vpc>) {
        self.cidrs = vpc.into_iter().flat_map(Vpc::cidrs).collect();
        self.ipv6 = vpc.and_then(|it| it.ipv6.as_ref()).map(|it| it.cidr);
    }

    pub fn is_of(&self, cx: &Context) -> bool {
        self.account == cx.account && self.region == cx.region
    }

    pub fn is_same(&self, other: &Self) -> bool {
        (&self.account, &self.region, &self.vpc_id)
            == (&other.account, &other.region, &other.vpc_id)
    }

    fn to_wire(&self) -> wire::VpcPeeringConnectionVpcInfo {
        let range = |cidr: &Cidr4| wire::CidrBlock {
            cidr_block: Some(cidr.to_string()),
        };
        wire::VpcPeeringConnectionVpcInfo {
            ipv6_cidr_block_set: self.ipv6.map(|range| {
                vec![wire::Ipv6CidrBlock {
                    ipv6_cidr_block: Some(range.to_string()),
                }]
            }),
            cidr_block: self.cidrs.first().map(Cidr4::to_string),
            cidr_block_set: (!self.cidrs.is_empty())
                .then(|| self.cidrs.iter().map(range).collect()),
            owner_id: Some(self.account.clone()),
            peering_options: (!self.cidrs.is_empty()).then(|| {
                wire::VpcPeeringConnectionOptionsDescription {
                    allow_dns_resolution_from_remote_vpc: Some(false),
                    allow_egress_from_local_classic_link_to_remote_vpc: Some(false),
                    allow_egress_from_local_vpc_to_remote_classic_link: Some(false),
                    ..Default::default()
                }
            }),
            vpc_id: Some(self.vpc_id.clone()),
            region: Some(self.region.clone()),
        }
    }
}

impl Peering {
    pub fn concerns(&self, cx: &Context) -> bool {
        self.requester.is_of(cx) || self.accepter.is_of(cx)
    }

    /// The status at a time: a request that nobody accepted expires by itself.
    pub fn status_at(&self, now: Timestamp) -> Status {
        match self.status {
            Status::PendingAcceptance if now >= self.expires_at() => Status::Expired,
            ref status => status.clone(),
        }
    }

    pub fn expires_at(&self) -> Timestamp {
        Timestamp(self.requested_at.0.saturating_add(PENDING_MS))
    }

    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// Whether it is active, or may become so.
    pub fn is_open(&self, now: Timestamp) -> bool {
        matches!(
            self.status_at(now),
            Status::Active | Status::PendingAcceptance
        )
    }

    pub fn is_shown(&self, now: Timestamp) -> bool {
        let over = match self.status_at(now) {
            Status::Active | Status::PendingAcceptance => return true,
            Status::Expired => self.expires_at(),
            _ => self.over_at.unwrap_or(self.requested_at),
        };
        now.0 < over.0.saturating_add(SHOWN_MS)
    }

    /// The end that is not this VPC, if one is.
    pub fn other_end(&self, vpc: &str) -> Option<&End> {
        match vpc {
            _ if vpc == self.requester.vpc_id => Some(&self.accepter),
            _ if vpc == self.accepter.vpc_id => Some(&self.requester),
            _ => None,
        }
    }

    pub fn to_wire(&self, tags: &Tags, now: Timestamp) -> wire::VpcPeeringConnection {
        let status = self.status_at(now);
        let pending = status == Status::PendingAcceptance;
        wire::VpcPeeringConnection {
            accepter_vpc_info: Some(self.accepter.to_wire()),
            expiration_time: pending.then(|| self.expires_at()),
            requester_vpc_info: Some(self.requester.to_wire()),
            status: Some(wire::VpcPeeringConnectionStateReason {
                code: Some(status.code().to_owned()),
                message: Some(status.message(&self.accepter.account)),
            }),
            tags: Some(tags_to_wire(tags)),
            vpc_peering_connection_id: Some(self.id.clone()),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(vpc: &str) -> End {
        End {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            vpc_id: vpc.to_owned(),
            cidrs: Vec::new(),
            ipv6: None,
        }
    }

    #[test]
    fn a_request_expires_and_is_forgotten() {
        let mut peering = Peering {
            id: "pcx-1".to_owned(),
            requester: end("vpc-1"),
            accepter: end("vpc-2"),
            status: Status::PendingAcceptance,
            requested_at: Timestamp(1000),
            over_at: None,
            unknown: Unknown::new(),
        };
        let expiry = Timestamp(1000 + PENDING_MS);
        let before = Timestamp(expiry.0 - 1);
        assert_eq!(peering.status_at(before), Status::PendingAcceptance);
        assert!(peering.is_open(before) && !peering.is_open(expiry));
        assert_eq!(peering.status_at(expiry), Status::Expired);
        assert!(peering.is_shown(expiry) && !peering.is_shown(Timestamp(expiry.0 + SHOWN_MS)));
        peering.status = Status::Active;
        assert!(peering.is_open(expiry) && peering.is_shown(Timestamp(expiry.0 + SHOWN_MS)));
        peering.status = Status::Deleted("000000000000".to_owned());
        peering.over_at = Some(Timestamp(5000));
        assert!(peering.is_shown(Timestamp(4999 + SHOWN_MS)));
        assert!(!peering.is_shown(Timestamp(5000 + SHOWN_MS)));
        assert_eq!(peering.other_end("vpc-2"), Some(&end("vpc-1")));
        assert_eq!(peering.other_end("vpc-3"), None);
    }
}
