//! What packets are translated to, and that some are not tracked.

use std::net::Ipv4Addr;

use super::super::{Attrs, IPV4, value};
use super::{DNAT, Expression, L4PROTO, R0, R1, SNAT, WIDE};

impl Expression {
    /// `snat ip to ip saddr map @<map>`; the rule ends where the map has no entry.
    pub(crate) fn source_from_map(map: &str) -> Vec<Self> {
        vec![
            Self::payload(R0, 1, 12, 4),
            Self::map(map, R0),
            Self::nat(SNAT),
        ]
    }

    /// `dnat ip to ip daddr map @<map>`; the rule ends where the map has no entry.
    pub(crate) fn destination_from_map(map: &str) -> Vec<Self> {
        vec![
            Self::payload(R0, 1, 16, 4),
            Self::map(map, R0),
            Self::nat(DNAT),
        ]
    }

    /// `snat ip to <address>`
    pub(crate) fn source_becomes(address: Ipv4Addr) -> Vec<Self> {
        let address = Attrs::new().be32(1, R0).nest(2, value(&address.octets()));
        vec![Self::new("immediate", address), Self::nat(SNAT)]
    }

    /// The address in the first register.
    fn nat(kind: u32) -> Self {
        let nat = Attrs::new()
            .be32(1, kind)
            .be32(2, u32::from(IPV4))
            .be32(3, R0);
        Self::new("nat", nat)
    }

    /// `dnat ip to meta l4proto . th dport map @<map>`
    pub(crate) fn to_mapped_port(map: &str) -> Vec<Self> {
        let mut rule = vec![Self::meta(L4PROTO, WIDE), Self::payload(R1, 2, 2, 2)];
        rule.extend(Self::to_found_port(map));
        rule
    }

    /// Destination address and port are what the map has for the first registers.
    pub(super) fn to_found_port(map: &str) -> [Self; 2] {
        [
            Self::map_from(map, WIDE, WIDE),
            Self::destination_becomes(WIDE, R1),
        ]
    }

    /// `snat ip to ip saddr . ip daddr map @<map>`; the rule ends where the map has no entry.
    pub(crate) fn source_by_way(map: &str) -> Vec<Self> {
        vec![
            Self::payload(WIDE, 1, 12, 4),
            Self::payload(R1, 1, 16, 4),
            Self::map_from(map, WIDE, R0),
            Self::nat(SNAT),
        ]
    }

    /// `masquerade`: leave with the address of the link taken.
    pub(crate) fn masquerade() -> Vec<Self> {
        vec![Self::new("masq", Attrs::new())]
    }

    /// `notrack`
    pub(crate) fn untracked() -> Vec<Self> {
        vec![Self::new("notrack", Attrs::new())]
    }
}
