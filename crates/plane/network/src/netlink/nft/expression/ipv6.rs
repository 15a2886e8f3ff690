//! Comparisons of IPv6 addresses; all others are alike in both families.

use std::net::Ipv6Addr;

use super::{Compare, Direction, Expression, ORIGINAL, REPLY, Side, WIDE};
use crate::netlink::Attrs;

/// The second register of sixteen bytes.
const SECOND: u32 = 2;
/// Where the addresses are in the header.
const SOURCE: u32 = 8;
const DESTINATION: u32 = 24;
const LENGTH: u32 = 16;
/// Keys of `ct`.
const CT_SOURCE: u32 = 21;
const CT_DESTINATION: u32 = 22;

impl Expression {
    /// `iifname . ip6 saddr @<set>`
    pub(crate) fn sender_in_ipv6(set: &str) -> Vec<Self> {
        vec![
            Self::meta(Direction::In as u32, WIDE),
            Self::payload(SECOND, 1, SOURCE, LENGTH),
            Self::lookup(set, false),
        ]
    }

    /// `ip6 saddr vmap @<map>`
    pub(crate) fn source_verdict_ipv6(map: &str) -> Vec<Self> {
        vec![
            Self::payload(WIDE, 1, SOURCE, LENGTH),
            Self::verdict_of(map),
        ]
    }

    /// `ip6 daddr vmap @<map>`
    pub(crate) fn destination_verdict_ipv6(map: &str) -> Vec<Self> {
        vec![
            Self::payload(WIDE, 1, DESTINATION, LENGTH),
            Self::verdict_of(map),
        ]
    }

    /// `ip6 saddr <network>/<prefix>`
    pub(crate) fn source_ipv6(network: Ipv6Addr, prefix: u8) -> Vec<Self> {
        let address = Self::payload(WIDE, 1, SOURCE, LENGTH);
        Self::within_ipv6(address, network, prefix)
    }

    /// `ip6 daddr <network>/<prefix>`
    pub(crate) fn destination_ipv6(network: Ipv6Addr, prefix: u8) -> Vec<Self> {
        let address = Self::payload(WIDE, 1, DESTINATION, LENGTH);
        Self::within_ipv6(address, network, prefix)
    }

    /// `ct original ip6 saddr vmap @<map>`, or `ct reply ip6 saddr`.
    pub(crate) fn connection_verdict_ipv6(side: Side, map: &str) -> Vec<Self> {
        vec![Self::end_ipv6(side), Self::verdict_of(map)]
    }

    /// `ct original ip6 saddr @<set>`, or `ct reply ip6 saddr`.
    pub(crate) fn connection_address_in_ipv6(side: Side, set: &str) -> Vec<Self> {
        vec![Self::end_ipv6(side), Self::lookup(set, false)]
    }

    /// `ct original ip6 saddr <network>/<prefix>`, or `ct reply ip6 saddr`.
    pub(crate) fn connection_address_ipv6(side: Side, network: Ipv6Addr, prefix: u8) -> Vec<Self> {
        Self::within_ipv6(Self::end_ipv6(side), network, prefix)
    }

    fn end_ipv6(side: Side) -> Self {
        let (key, direction) = match side {
            Side::Source => (CT_SOURCE, ORIGINAL),
            Side::Destination => (CT_SOURCE, REPLY),
            Side::Called => (CT_DESTINATION, ORIGINAL),
        };
        let data = Attrs::new().be32(1, WIDE).be32(2, key).u8(3, direction);
        Self::new("ct", data)
    }

    fn within_ipv6(address: Self, network: Ipv6Addr, prefix: u8) -> Vec<Self> {
        let mask = u128::MAX
            .checked_shl(128 - u32::from(prefix))
            .unwrap_or(0)
            .to_be_bytes();
        vec![
            address,
            Self::mask(WIDE, &mask),
            Self::compare(WIDE, Compare::Equal, &network.octets()),
        ]
    }
}
