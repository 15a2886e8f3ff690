//! What rules are made of: comparisons of a packet and of its connection, and verdicts.

use std::net::Ipv4Addr;

use super::{Attrs, IPV4, IpVersion, LIST_ELEMENT, value};

mod ipv6;
mod kept;
mod service;

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

/// Where the flags are in the header of TCP.
const TCP_FLAGS: u32 = 13;

/// A key of `meta`: the protocol above IP.
const L4PROTO: u32 = 16;

/// The mark of a packet, which is nobody else's here.
const MARK: u32 = 3;

/// What `nat` changes.
const SNAT: u32 = 0;
const DNAT: u32 = 1;

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

    /// `update @<set> { ip saddr . ip daddr . meta l4proto . <both ports> . <flags of TCP> counter }`, for packets of a protocol with
    /// ports; `flags` says which flags, if any. The rule ends where the set is full.
    pub(crate) fn count_flow(
        set: &str,
        version: IpVersion,
        protocol: u8,
        flags: Option<u8>,
    ) -> Vec<Self> {
        let [protocol_in, ports_in, flags_in] = Self::behind_ends(version);
        let mut rule = Self::protocol(protocol);
        rule.extend([
            Self::ends(version),
            Self::meta(L4PROTO, protocol_in),
            Self::payload(ports_in, 2, 0, 4),
        ]);
        match flags {
            Some(flags) => rule.extend([
                Self::payload(flags_in, 2, TCP_FLAGS, 1),
                Self::mask(flags_in, &[flags, 0, 0, 0]),
            ]),
            None => rule.push(Self::nothing_in(flags_in)),
        }
        rule.push(Self::count(set));
        rule
    }

    /// Both addresses of a packet, from the first register on.
    fn ends(version: IpVersion) -> Self {
        let begin = match version {
            IpVersion::V4 => 12,
            IpVersion::V6 => 8,
        };
        Self::payload(R0, 1, begin, 2 * version.bytes())
    }

    /// The registers that come after them.
    fn behind_ends(version: IpVersion) -> [u32; 3] {
        let first = R0 + 2 * version.bytes() / 4;
        [first, first + 1, first + 2]
    }

    /// What `count_flow` reads of a packet is there: it is counted unless the set is full.
    pub(crate) fn has_ports(protocol: u8, flags: bool) -> Vec<Self> {
        let mut rule = Self::protocol(protocol);
        rule.push(Self::payload(R3, 2, 0, 4));
        if flags {
            rule.push(Self::payload(R4, 2, TCP_FLAGS, 1));
        }
        rule
    }

    /// Of a protocol that is none of these.
    pub(crate) fn protocol_beside(version: IpVersion, others: &[u8]) -> Vec<Self> {
        let [protocol_in, ..] = Self::behind_ends(version);
        let differs = |it: &u8| Self::compare(protocol_in, Compare::Different, &[*it]);
        let mut rule = vec![Self::meta(L4PROTO, protocol_in)];
        rule.extend(others.iter().map(differs));
        rule
    }

    /// The same for packets of a protocol without ports: all but `others`.
    pub(crate) fn count_flow_beside(set: &str, version: IpVersion, others: &[u8]) -> Vec<Self> {
        let [_, ports_in, flags_in] = Self::behind_ends(version);
        let mut rule = Self::protocol_beside(version, others);
        rule.extend([
            Self::ends(version),
            Self::nothing_in(ports_in),
            Self::nothing_in(flags_in),
            Self::count(set),
        ]);
        rule
    }

    /// `update @<set> { <address> counter }`
    pub(crate) fn count_for(set: &str, address: Ipv4Addr) -> Vec<Self> {
        let address = Attrs::new().be32(1, R0).nest(2, value(&address.octets()));
        vec![Self::new("immediate", address), Self::count(set)]
    }

    fn nothing_in(register: u32) -> Self {
        let nothing = Attrs::new().be32(1, register).nest(2, value(&[0; 4]));
        Self::new("immediate", nothing)
    }

    /// Counts under the key that begins in the first register.
    fn count(set: &str) -> Self {
        const UPDATE: u32 = 1;
        let counter = Self::new("counter", Attrs::new()).0;
        let update = Attrs::new()
            .text(1, set)
            .be32(3, UPDATE)
            .be32(4, R0)
            .nest(7, counter);
        Self::new("dynset", update)
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
    fn to_found_port(map: &str) -> [Self; 2] {
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

    /// `reject`: the sender hears that nobody listens there.
    pub(crate) fn refuse() -> Vec<Self> {
        const ICMP: u32 = 0;
        const PORT_UNREACHABLE: u8 = 3;
        let reject = Attrs::new().be32(1, ICMP).u8(2, PORT_UNREACHABLE);
        vec![Self::new("reject", reject)]
    }

    /// `masquerade`: leave with the address of the link taken.
    pub(crate) fn masquerade() -> Vec<Self> {
        vec![Self::new("masq", Attrs::new())]
    }

    /// `notrack`
    pub(crate) fn untracked() -> Vec<Self> {
        vec![Self::new("notrack", Attrs::new())]
    }

    pub(crate) fn discard() -> Vec<Self> {
        const DROP: i32 = 0;
        Self::verdict(DROP, None)
    }

    /// Ends this hook's chain; chains of the same hook that come later still see the packet.
    pub(crate) fn accept() -> Vec<Self> {
        const ACCEPT: i32 = 1;
        Self::verdict(ACCEPT, None)
    }

    /// Comes back if the chain decides nothing.
    pub(crate) fn jump(chain: &str) -> Vec<Self> {
        Self::verdict(super::JUMP, Some(chain))
    }

    /// Goes on where a jump led here from.
    pub(crate) fn back() -> Vec<Self> {
        const RETURN: i32 = -5;
        Self::verdict(RETURN, None)
    }

    /// Does not come back.
    pub(crate) fn goto(chain: &str) -> Vec<Self> {
        Self::verdict(super::GOTO, Some(chain))
    }

    fn verdict(code: i32, chain: Option<&str>) -> Vec<Self> {
        let verdict = Attrs::new().be32(1, code.cast_unsigned());
        let verdict = chain.into_iter().fold(verdict, |v, name| v.text(2, name));
        let data = Attrs::new().nest(2, verdict);
        vec![Self::new(
            "immediate",
            Attrs::new().be32(1, VERDICT).nest(2, data),
        )]
    }

    /// All of a rule's expressions, as the kernel wants them.
    pub(super) fn list(expressions: Vec<Self>) -> Attrs {
        let each = expressions.into_iter();
        each.fold(Attrs::new(), |list, e| list.nest(LIST_ELEMENT, e.0))
    }
}
