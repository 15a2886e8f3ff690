//! Ranges of subnets that are kept for addresses that somebody names.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::{Cidr4, Cidr6};
use wharf_records::ecs::Tags;
use wharf_wire::Context;

use super::{Subnet, tags_to_wire};

/// Of its range no interface is given an address but by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reservation {
    /// `scr-…`
    pub id: String,
    pub range: Reserved,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default)]
    pub tags: Tags,
}

/// A range of either family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reserved {
    Ipv4(Cidr4),
    Ipv6(Cidr6),
}

impl Reserved {
    /// Whether they have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        match (self, other) {
            (Self::Ipv4(one), Self::Ipv4(other)) => one.overlaps(other),
            (Self::Ipv6(one), Self::Ipv6(other)) => one.overlaps(other),
            (Self::Ipv4(_), Self::Ipv6(_)) | (Self::Ipv6(_), Self::Ipv4(_)) => false,
        }
    }
}

impl fmt::Display for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(cidr) => cidr.fmt(f),
            Self::Ipv6(cidr) => cidr.fmt(f),
        }
    }
}

impl Reservation {
    /// In ARNs and in specifications of tags.
    pub const KIND: &'static str = "subnet-cidr-reservation";
    /// The other one that EC2 has is for prefixes, which interfaces here have none of.
    pub const TYPE: &'static str = "explicit";

    pub fn to_wire(&self, cx: &Context, subnet: &str) -> wire::SubnetCidrReservation {
        wire::SubnetCidrReservation {
            subnet_cidr_reservation_id: Some(self.id.clone()),
            subnet_id: Some(subnet.to_owned()),
            cidr: Some(self.range.to_string()),
            reservation_type: Some(Self::TYPE.to_owned()),
            owner_id: Some(cx.account.clone()),
            description: self.description.clone(),
            tags: Some(tags_to_wire(&self.tags)),
        }
    }
}

impl Subnet {
    /// Whether all of a range is in it.
    pub fn has_range(&self, range: Reserved) -> bool {
        match range {
            Reserved::Ipv4(range) => self.cidr.covers(range),
            Reserved::Ipv6(range) => {
                let own = self.ipv6.as_ref();
                own.is_some_and(|it| it.cidr.covers(range))
            }
        }
    }

    /// Whether an address is for who names it alone.
    pub fn reserves(&self, address: Ipv4Addr) -> bool {
        let mut all = self.reservations.iter().map(|it| it.range);
        all.any(|it| matches!(it, Reserved::Ipv4(range) if range.contains(address)))
    }

    /// The same of an IPv6 address.
    pub fn reserves_ipv6(&self, address: Ipv6Addr) -> bool {
        let mut all = self.reservations.iter().map(|it| it.range);
        all.any(|it| matches!(it, Reserved::Ipv6(range) if range.contains(address)))
    }

    /// Whether a range of IPv6 addresses is kept.
    pub fn reserves_any_ipv6(&self) -> bool {
        let mut all = self.reservations.iter();
        all.any(|it| matches!(it.range, Reserved::Ipv6(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_one_family_overlap() {
        let ipv4 = |text: &str| Reserved::Ipv4(text.parse().unwrap());
        let ipv6 = |text: &str| Reserved::Ipv6(text.parse().unwrap());
        for (one, other, expected) in [
            (ipv4("10.0.0.0/28"), ipv4("10.0.0.8/29"), true),
            (ipv4("10.0.0.8/29"), ipv4("10.0.0.0/28"), true),
            (ipv4("10.0.0.0/28"), ipv4("10.0.0.16/28"), false),
            (ipv6("fd00::/80"), ipv6("fd00::1:0/112"), true),
            (ipv6("fd00::/80"), ipv4("10.0.0.0/28"), false),
        ] {
            assert_eq!(one.overlaps(other), expected, "{one} {other}");
        }
    }
}
