//! Comparisons of a packet's connection: its state, its marks, its ends and ports.

use std::net::Ipv4Addr;

use super::super::{Attrs, value};
use super::{Compare, Expression, ORIGINAL, R0, R1, R2, REPLY, Side};

/// Keys of `ct` (`enum nft_ct_keys`).
const CT_STATE: u32 = 0;
const CT_DIRECTION: u32 = 1;
const CT_STATUS: u32 = 2;
const CT_MARK: u32 = 3;
const CT_PROTOCOL: u32 = 10;
const CT_PORT_DESTINATION: u32 = 12;
const CT_SOURCE: u32 = 19;
const CT_DESTINATION: u32 = 20;
const CT_PORT_SOURCE: u32 = 11;

impl Expression {
    /// `ct state new`
    pub(crate) fn new_connection() -> Vec<Self> {
        const NEW: u32 = 8;
        Self::connection_bits(CT_STATE, NEW, Compare::Different)
    }

    /// `ct state invalid`: no packet of any connection, nor the first of one.
    pub(crate) fn invalid() -> Vec<Self> {
        const INVALID: u32 = 1;
        Self::connection_bits(CT_STATE, INVALID, Compare::Different)
    }

    /// `ct status dnat`, or its absence.
    pub(crate) fn translated(is: bool) -> Vec<Self> {
        const DESTINATION_TRANSLATED: u32 = 0x20;
        let how = if is {
            Compare::Different
        } else {
            Compare::Equal
        };
        Self::connection_bits(CT_STATUS, DESTINATION_TRANSLATED, how)
    }

    /// Not `ct status snat`: the connection goes on from where it came.
    pub(crate) fn source_as_it_came() -> Vec<Self> {
        const SOURCE_TRANSLATED: u32 = 0x10;
        Self::connection_bits(CT_STATUS, SOURCE_TRANSLATED, Compare::Equal)
    }

    fn connection_bits(key: u32, bits: u32, how: Compare) -> Vec<Self> {
        vec![
            Self::connection(key),
            Self::mask(R0, &bits.to_ne_bytes()),
            Self::compare(R0, how, &[0; 4]),
        ]
    }

    fn connection(key: u32) -> Self {
        Self::new("ct", Attrs::new().be32(1, R0).be32(2, key))
    }

    fn original(key: u32) -> Self {
        let data = Attrs::new().be32(1, R0).be32(2, key).u8(3, ORIGINAL);
        Self::new("ct", data)
    }

    fn answer(key: u32) -> Self {
        let data = Attrs::new().be32(1, R0).be32(2, key).u8(3, REPLY);
        Self::new("ct", data)
    }

    fn end(side: Side) -> Self {
        match side {
            Side::Source => Self::original(CT_SOURCE),
            Side::Destination => Self::answer(CT_SOURCE),
            Side::Called => Self::original(CT_DESTINATION),
        }
    }

    /// `ct direction original`, or `reply`.
    pub(crate) fn first_direction(is: bool) -> Vec<Self> {
        let direction = if is { ORIGINAL } else { 1 };
        vec![
            Self::connection(CT_DIRECTION),
            Self::compare(R0, Compare::Equal, &[direction]),
        ]
    }

    /// `ct mark <mark>`
    pub(crate) fn marked(mark: u32) -> Vec<Self> {
        vec![
            Self::connection(CT_MARK),
            Self::compare(R0, Compare::Equal, &mark.to_ne_bytes()),
        ]
    }

    /// `ct mark set <mark>`
    pub(crate) fn set_mark(mark: u32) -> Vec<Self> {
        let mark = Attrs::new().be32(1, R0).nest(2, value(&mark.to_ne_bytes()));
        let set = Attrs::new().be32(2, CT_MARK).be32(4, R0);
        vec![Self::new("immediate", mark), Self::new("ct", set)]
    }

    /// `ct protocol <number>`
    pub(crate) fn connection_protocol(number: u8) -> Vec<Self> {
        vec![
            Self::connection(CT_PROTOCOL),
            Self::compare(R0, Compare::Equal, &[number]),
        ]
    }

    /// `ct reply proto-src <first>-<last>`
    pub(crate) fn connection_ports(first: u16, last: u16) -> Vec<Self> {
        vec![
            Self::answer(CT_PORT_SOURCE),
            Self::compare(R0, Compare::AtLeast, &first.to_be_bytes()),
            Self::compare(R0, Compare::AtMost, &last.to_be_bytes()),
        ]
    }

    /// `ct original proto-dst <first>-<last>`: the port that was called, wherever it led.
    pub(crate) fn called_ports(first: u16, last: u16) -> Vec<Self> {
        vec![
            Self::original(CT_PORT_DESTINATION),
            Self::compare(R0, Compare::AtLeast, &first.to_be_bytes()),
            Self::compare(R0, Compare::AtMost, &last.to_be_bytes()),
        ]
    }

    /// Type and code of the ICMP message that began the exchange: connection tracking keeps them
    /// where others have the destination port.
    pub(crate) fn connection_icmp(kind: u8, code: Option<u8>) -> Vec<Self> {
        let wanted: Vec<u8> = [kind].into_iter().chain(code).collect();
        vec![
            Self::original(CT_PORT_DESTINATION),
            Self::compare(R0, Compare::Equal, &wanted),
        ]
    }

    /// `ct original ip saddr <network>/<prefix>`, or `ct reply ip saddr`.
    pub(crate) fn connection_address(side: Side, network: Ipv4Addr, prefix: u8) -> Vec<Self> {
        let mut rule = vec![Self::end(side)];
        rule.extend(Self::within(network, prefix));
        rule
    }

    /// `ct original ip saddr != <network>/<prefix>`, or `ct reply ip saddr`.
    pub(crate) fn connection_address_beside(
        side: Side,
        network: Ipv4Addr,
        prefix: u8,
    ) -> Vec<Self> {
        let mut rule = vec![Self::end(side)];
        rule.extend(Self::of_range(Compare::Different, network, prefix));
        rule
    }

    /// `ct reply ip saddr . ct protocol . ct reply proto-src @<set>`: who answers, and at which port.
    pub(crate) fn connection_endpoint_in(set: &str) -> Vec<Self> {
        let part = |register: u32, key: u32| Attrs::new().be32(1, register).be32(2, key);
        vec![
            Self::new("ct", part(R0, CT_SOURCE).u8(3, REPLY)),
            Self::new("ct", part(R1, CT_PROTOCOL)),
            Self::new("ct", part(R2, CT_PORT_SOURCE).u8(3, REPLY)),
            Self::lookup(set, false),
        ]
    }

    /// `ct original ip saddr @<set>`, or `ct reply ip saddr`.
    pub(crate) fn connection_address_in(side: Side, set: &str) -> Vec<Self> {
        vec![Self::end(side), Self::lookup(set, false)]
    }

    /// `ct status dnat` and `ct original ip daddr @<set>`: whoever was called there is led elsewhere.
    pub(crate) fn led_from(set: &str) -> Vec<Self> {
        let mut rule = Self::translated(true);
        rule.extend(Self::connection_address_in(Side::Called, set));
        rule
    }

    /// `ct original ip saddr vmap @<map>`, or `ct reply ip saddr`.
    pub(crate) fn connection_verdict(side: Side, map: &str) -> Vec<Self> {
        vec![Self::end(side), Self::verdict_of(map)]
    }
}
