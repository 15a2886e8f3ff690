//! Connections of load balancers that speak with the address of their client: a label of the connection says whose it is.

use std::net::Ipv4Addr;

use super::super::{Attrs, value};
use super::{Compare, Expression, MARK, R0, R1, VERDICT, WIDE};

const CT_LABELS: u32 = 13;
/// Behind the address of the load balancer in a label, which nobody else sets.
const KEPT: [u8; 12] = *b"client kept\0";
/// What a hardware address begins with that names a load balancer; its address follows.
const OF_BALANCER: [u8; 2] = [0x02, b'y'];
/// Where the sender's hardware address is in a frame.
const SENDER: u32 = 6;
const LINK_HEADER: u32 = 0;

impl Expression {
    /// The connection is a load balancer's; the address of that is in the first register then.
    fn balancer() -> [Self; 2] {
        let label = Attrs::new().be32(1, WIDE).be32(2, CT_LABELS);
        [
            Self::new("ct", label),
            Self::compare(R1, Compare::Equal, &KEPT),
        ]
    }

    /// The connection is one of a load balancer that keeps the client's address.
    pub(crate) fn kept() -> Vec<Self> {
        Self::balancer().to_vec()
    }

    /// What a map has for the load balancer whose connection it is.
    pub(crate) fn balancer_verdict(map: &str) -> Vec<Self> {
        let mut rule = Self::kept();
        rule.push(Self::map(map, VERDICT));
        rule
    }

    /// The load balancer whose connection it is has an address of the set.
    pub(crate) fn balancer_in(set: &str) -> Vec<Self> {
        let mut rule = Self::kept();
        rule.push(Self::lookup(set, false));
        rule
    }

    /// `meta mark set <the load balancer's in @<map>>`; the rule ends where the map has none.
    pub(crate) fn mark_by_balancer(map: &str) -> Vec<Self> {
        let mut rule = Self::kept();
        let set = Attrs::new().be32(2, MARK).be32(3, R0);
        rule.extend([Self::map(map, R0), Self::new("meta", set)]);
        rule
    }

    /// The connection is this load balancer's from now on.
    pub(crate) fn belongs_to_balancer(address: Ipv4Addr) -> Vec<Self> {
        let mut label = address.octets().to_vec();
        label.extend(KEPT);
        vec![Self::immediate(WIDE, &label), Self::set_label()]
    }

    /// The packet came by a tunnel from a load balancer of the set: the connection is that one's.
    pub(crate) fn belongs_to_sending_balancer(set: &str) -> Vec<Self> {
        vec![
            Self::payload(R0, LINK_HEADER, SENDER, 2),
            Self::compare(R0, Compare::Equal, &OF_BALANCER),
            Self::payload(R0, LINK_HEADER, SENDER + 2, 4),
            Self::lookup(set, false),
            Self::immediate(R1, &KEPT),
            Self::set_label(),
        ]
    }

    /// The frame is told to be of this load balancer.
    pub(crate) fn send_as_balancer(address: Ipv4Addr) -> Vec<Self> {
        let mut hardware = OF_BALANCER.to_vec();
        hardware.extend(address.octets());
        let write = Attrs::new()
            .be32(2, LINK_HEADER)
            .be32(3, SENDER)
            .be32(4, 6)
            .be32(5, R0);
        vec![Self::immediate(R0, &hardware), Self::new("payload", write)]
    }

    /// `fib saddr . iif oif missing`: answers would leave by another link than that by which the packet came.
    pub(crate) fn source_is_elsewhere() -> Vec<Self> {
        let mut rule = Self::source_is_behind_link();
        rule.pop();
        rule.push(Self::compare(R0, Compare::Equal, &[0; 4]));
        rule
    }

    fn immediate(register: u32, bytes: &[u8]) -> Self {
        let data = Attrs::new().be32(1, register).nest(2, value(bytes));
        Self::new("immediate", data)
    }

    fn set_label() -> Self {
        Self::new("ct", Attrs::new().be32(2, CT_LABELS).be32(4, WIDE))
    }
}
