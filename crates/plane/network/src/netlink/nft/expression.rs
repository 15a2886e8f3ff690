//! What rules are made of: comparisons of a packet and of its connection, and verdicts.

use std::net::Ipv4Addr;

use super::{Attrs, LIST_ELEMENT, value};

mod connection;
mod flows;
mod ipv6;
mod kept;
mod service;
mod translation;
mod verdict;

pub(crate) use service::Memory;

/// Registers of four bytes each.
const R0: u32 = 8;
const R1: u32 = 9;
const R2: u32 = 10;
const R3: u32 = 11;
/// … of the second four.
const R4: u32 = 12;
const R5: u32 = 13;
const R7: u32 = 15;
const R8: u32 = 16;
/// The first register of sixteen bytes, which overlays the first four of four.
const WIDE: u32 = 1;
/// A lookup writes a verdict here.
const VERDICT: u32 = 0;

/// A key of `meta`: the protocol above IP.
const L4PROTO: u32 = 16;

/// The mark of a packet, which is nobody else's here.
const MARK: u32 = 3;

/// What `nat` changes.
const SNAT: u32 = 0;
const DNAT: u32 = 1;

/// Of the first packet of a connection, whichever way this one goes.
const ORIGINAL: u8 = 0;
/// Of the answer to it: who answers is who was called, behind any translation.
const REPLY: u8 = 1;

/// One step of a rule; a comparison that fails ends the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression(Attrs);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Compare {
    Equal = 0,
    Different = 1,
    AtMost = 3,
    AtLeast = 5,
}

/// An end of a connection: who began it, and who answers. An address that leads to another, as that of a service does, is nobody's end
/// but where it is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Source,
    Destination,
    /// Who was called, whoever answers.
    Called,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    In = 6,
    Out = 7,
}

impl Expression {
    fn new(name: &str, data: Attrs) -> Self {
        Self(Attrs::new().text(1, name).nest(2, data))
    }

    fn meta(key: u32, register: u32) -> Self {
        Self::new("meta", Attrs::new().be32(1, register).be32(2, key))
    }

    fn compare(register: u32, how: Compare, with: &[u8]) -> Self {
        let data = Attrs::new()
            .be32(1, register)
            .be32(2, how as u32)
            .nest(3, value(with));
        Self::new("cmp", data)
    }

    /// `base` 1 is the network header, 2 the transport header.
    fn payload(register: u32, base: u32, offset: u32, len: u32) -> Self {
        let data = Attrs::new()
            .be32(1, register)
            .be32(2, base)
            .be32(3, offset)
            .be32(4, len);
        Self::new("payload", data)
    }

    fn mask<const LEN: usize>(register: u32, mask: &[u8; LEN]) -> Self {
        let data = Attrs::new()
            .be32(1, register)
            .be32(2, register)
            .be32(3, LEN as u32)
            .nest(4, value(mask))
            .nest(5, value(&[0; LEN]));
        Self::new("bitwise", data)
    }

    /// `oifname <how> "name"`, the whole name.
    pub(crate) fn link(direction: Direction, how: Compare, name: &str) -> Vec<Self> {
        let mut padded = [0; 16];
        padded[..name.len()].copy_from_slice(name.as_bytes());
        vec![
            Self::meta(direction as u32, WIDE),
            Self::compare(WIDE, how, &padded),
        ]
    }

    /// `oifname <how> "prefix*"`.
    pub(crate) fn link_prefix(direction: Direction, how: Compare, prefix: &str) -> Vec<Self> {
        vec![
            Self::meta(direction as u32, WIDE),
            Self::compare(WIDE, how, prefix.as_bytes()),
        ]
    }

    /// `ip saddr <network>/<prefix>`.
    pub(crate) fn source(network: Ipv4Addr, prefix: u8) -> Vec<Self> {
        Self::address(12, network, prefix)
    }

    /// `ip daddr <network>/<prefix>`.
    pub(crate) fn destination(network: Ipv4Addr, prefix: u8) -> Vec<Self> {
        Self::address(16, network, prefix)
    }

    fn address(offset: u32, network: Ipv4Addr, prefix: u8) -> Vec<Self> {
        let mut rule = vec![Self::payload(R0, 1, offset, 4)];
        rule.extend(Self::within(network, prefix));
        rule
    }

    /// The address in the first register is of this range.
    fn within(network: Ipv4Addr, prefix: u8) -> [Self; 2] {
        Self::of_range(Compare::Equal, network, prefix)
    }

    fn of_range(how: Compare, network: Ipv4Addr, prefix: u8) -> [Self; 2] {
        let mask = u32::MAX
            .checked_shl(32 - u32::from(prefix))
            .unwrap_or(0)
            .to_be_bytes();
        [
            Self::mask(R0, &mask),
            Self::compare(R0, how, &network.octets()),
        ]
    }

    /// `ip saddr @<set>`, or `ip saddr != @<set>`.
    pub(crate) fn source_in(set: &str, is: bool) -> Vec<Self> {
        vec![Self::payload(R0, 1, 12, 4), Self::lookup(set, !is)]
    }

    /// `ip daddr @<set>`
    pub(crate) fn destination_in(set: &str) -> Vec<Self> {
        vec![Self::payload(R0, 1, 16, 4), Self::lookup(set, false)]
    }

    /// `ip saddr vmap @<map>`
    pub(crate) fn source_verdict(map: &str) -> Vec<Self> {
        vec![Self::payload(R0, 1, 12, 4), Self::verdict_of(map)]
    }

    /// `ip daddr vmap @<map>`
    pub(crate) fn destination_verdict(map: &str) -> Vec<Self> {
        vec![Self::payload(R0, 1, 16, 4), Self::verdict_of(map)]
    }

    /// `meta l4proto <number>`
    pub(crate) fn packet_protocol(number: u8) -> Vec<Self> {
        Self::protocol(number)
    }

    /// `th dport <first>-<last>`
    pub(crate) fn packet_ports(first: u16, last: u16) -> Vec<Self> {
        vec![
            Self::payload(R0, 2, 2, 2),
            Self::compare(R0, Compare::AtLeast, &first.to_be_bytes()),
            Self::compare(R0, Compare::AtMost, &last.to_be_bytes()),
        ]
    }

    /// `icmp type <kind>`, with its code if there is one.
    pub(crate) fn packet_icmp(kind: u8, code: Option<u8>) -> Vec<Self> {
        let wanted: Vec<u8> = [kind].into_iter().chain(code).collect();
        let len = 1 + u32::from(code.is_some());
        vec![
            Self::payload(R0, 2, 0, len),
            Self::compare(R0, Compare::Equal, &wanted),
        ]
    }

    /// `udp dport <port>`
    pub(crate) fn udp_port(port: u16) -> Vec<Self> {
        let mut rule = Self::udp();
        rule.extend([
            Self::payload(R0, 2, 2, 2),
            Self::compare(R0, Compare::Equal, &port.to_be_bytes()),
        ]);
        rule
    }

    /// `meta l4proto udp`
    pub(crate) fn udp() -> Vec<Self> {
        Self::protocol(17)
    }

    /// `tcp flags syn / syn,ack`: the first packet of a connection.
    pub(crate) fn tcp_begins() -> Vec<Self> {
        const FLAGS: u32 = 13;
        const SYN: u8 = 0x02;
        const ACK: u8 = 0x10;
        let mut rule = Self::protocol(6);
        rule.extend([
            Self::payload(R0, 2, FLAGS, 1),
            Self::mask(R0, &[SYN | ACK]),
            Self::compare(R0, Compare::Equal, &[SYN]),
        ]);
        rule
    }

    fn protocol(number: u8) -> Vec<Self> {
        vec![
            Self::meta(L4PROTO, R0),
            Self::compare(R0, Compare::Equal, &[number]),
        ]
    }

    /// `update @<meter> { iif limit rate over <rate>/second burst <burst> packets }`: more packets
    /// that got this far came by one link. The meter is a `Batch::link_meter`.
    pub(crate) fn link_exceeds(meter: &str, rate: u64, burst: u32) -> Vec<Self> {
        const INCOMING_LINK: u32 = 4;
        const UPDATE: u32 = 1;
        const PACKETS: u32 = 0;
        const OVER: u32 = 1;
        let limit = Attrs::new()
            .be64(1, rate)
            .be64(2, 1)
            .be32(3, burst)
            .be32(4, PACKETS)
            .be32(5, OVER);
        let update = Attrs::new()
            .text(1, meter)
            .be32(3, UPDATE)
            .be32(4, R0)
            .nest(7, Self::new("limit", limit).0);
        vec![Self::meta(INCOMING_LINK, R0), Self::new("dynset", update)]
    }

    /// `@th,96,24 @<set>`: the number of the network in a VXLAN packet (RFC 7348).
    pub(crate) fn network_number_in(set: &str) -> Vec<Self> {
        vec![Self::payload(R0, 2, 12, 3), Self::lookup(set, false)]
    }

    fn lookup(set: &str, inverted: bool) -> Self {
        Self::lookup_of(set, R0, inverted)
    }

    fn lookup_of(set: &str, key: u32, inverted: bool) -> Self {
        let data = Attrs::new()
            .text(1, set)
            .be32(2, key)
            .be32(4, 1)
            .be32(5, u32::from(inverted));
        Self::new("lookup", data)
    }

    /// `fib saddr . iif oif exists`: answers would leave by the link that the packet came by, so its source is not made up.
    pub(crate) fn source_is_behind_link() -> Vec<Self> {
        const LINK: u32 = 1;
        const OF_SOURCE_AND_LINK: u32 = 1 | 8;
        let fib = Attrs::new()
            .be32(1, R0)
            .be32(2, LINK)
            .be32(3, OF_SOURCE_AND_LINK);
        vec![
            Self::new("fib", fib),
            Self::compare(R0, Compare::Different, &[0; 4]),
        ]
    }

    /// `fib daddr type local`: the packet is for this host itself.
    pub(crate) fn for_this_host() -> Vec<Self> {
        const ADDRESS_TYPE: u32 = 3;
        const OF_DESTINATION: u32 = 2;
        const LOCAL: u32 = 2;
        let fib = Attrs::new()
            .be32(1, R0)
            .be32(2, ADDRESS_TYPE)
            .be32(3, OF_DESTINATION);
        vec![
            Self::new("fib", fib),
            Self::compare(R0, Compare::Equal, &LOCAL.to_ne_bytes()),
        ]
    }

    /// The verdict that a map has for the first register.
    fn verdict_of(map: &str) -> Self {
        Self::map(map, VERDICT)
    }

    fn map(map: &str, into: u32) -> Self {
        Self::map_from(map, R0, into)
    }

    fn map_from(map: &str, key: u32, into: u32) -> Self {
        let data = Attrs::new()
            .text(1, map)
            .be32(2, key)
            .be32(3, into)
            .be32(4, 1);
        Self::new("lookup", data)
    }

    /// `meta mark <mark>`
    pub(crate) fn packet_marked(mark: u32) -> Vec<Self> {
        vec![
            Self::meta(MARK, R0),
            Self::compare(R0, Compare::Equal, &mark.to_ne_bytes()),
        ]
    }

    /// `meta mark != <mark>`
    pub(crate) fn packet_marked_otherwise(mark: u32) -> Vec<Self> {
        vec![
            Self::meta(MARK, R0),
            Self::compare(R0, Compare::Different, &mark.to_ne_bytes()),
        ]
    }

    /// `meta mark set <mark>`
    pub(crate) fn mark_packet(mark: u32) -> Vec<Self> {
        let mark = Attrs::new().be32(1, R0).nest(2, value(&mark.to_ne_bytes()));
        let set = Attrs::new().be32(2, MARK).be32(3, R0);
        vec![Self::new("immediate", mark), Self::new("meta", set)]
    }

    /// `ip saddr != <address>`
    pub(crate) fn source_beside(address: Ipv4Addr) -> Vec<Self> {
        vec![
            Self::payload(R0, 1, 12, 4),
            Self::compare(R0, Compare::Different, &address.octets()),
        ]
    }

    /// `ip daddr != <address>`
    pub(crate) fn destination_beside(address: Ipv4Addr) -> Vec<Self> {
        vec![
            Self::payload(R0, 1, 16, 4),
            Self::compare(R0, Compare::Different, &address.octets()),
        ]
    }

    /// All of a rule's expressions, as the kernel wants them.
    pub(super) fn list(expressions: Vec<Self>) -> Attrs {
        let each = expressions.into_iter();
        each.fold(Attrs::new(), |list, e| list.nest(LIST_ELEMENT, e.0))
    }
}
