//! Packets are counted, by the flow that they are of or for an address.

use std::net::Ipv4Addr;

use super::super::{Attrs, IpVersion, value};
use super::{Compare, Expression, L4PROTO, R0, R3, R4};

/// Where the flags are in the header of TCP.
const TCP_FLAGS: u32 = 13;

impl Expression {
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
}
