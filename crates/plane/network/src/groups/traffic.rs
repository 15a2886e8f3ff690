//! What an entry or a permission is about, read from the control plane's words and written as nftables' expressions; the
//! same for both families but for the protocol that ICMP is.

use crate::netlink::nft::Expression;

pub(crate) const ICMP: u8 = 1;
pub(crate) const ICMPV6: u8 = 58;
const TCP: u8 = 6;
const UDP: u8 = 17;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Traffic {
    All,
    Protocol(u8),
    /// Protocol, first and last destination port.
    Ports(u8, u16, u16),
    /// Type and code of the message that begins the exchange.
    Icmp(u8, Option<u8>),
}

impl Traffic {
    /// `icmp` is the protocol that has types and codes. `None` for what means nothing.
    pub(crate) fn read(
        icmp: u8,
        protocol: Option<u8>,
        ports: Option<(u16, u16)>,
        message: Option<(u8, Option<u8>)>,
    ) -> Option<Self> {
        match (protocol, ports, message) {
            (None, ..) => Some(Self::All),
            (Some(protocol @ (TCP | UDP)), Some((first, last)), _) => {
                (first <= last).then_some(Self::Ports(protocol, first, last))
            }
            (Some(protocol), _, Some((kind, code))) if protocol == icmp => {
                Some(Self::Icmp(kind, code))
            }
            (Some(protocol), ..) => Some(Self::Protocol(protocol)),
        }
    }

    /// By the packet itself.
    pub(crate) fn of_packets(self, icmp: u8) -> Vec<Expression> {
        let protocol = Expression::packet_protocol;
        match self {
            Self::All => Vec::new(),
            Self::Protocol(number) => protocol(number),
            Self::Ports(number, first, last) => {
                [protocol(number), Expression::packet_ports(first, last)].concat()
            }
            Self::Icmp(kind, code) => {
                [protocol(icmp), Expression::packet_icmp(kind, code)].concat()
            }
        }
    }

    /// By the packet that began its connection; `ports` says which of its ports are meant.
    pub(crate) fn of_connections(
        self,
        icmp: u8,
        ports: impl FnOnce(u16, u16) -> Vec<Expression>,
    ) -> Vec<Expression> {
        let protocol = Expression::connection_protocol;
        match self {
            Self::All => Vec::new(),
            Self::Protocol(number) => protocol(number),
            Self::Ports(number, first, last) => [protocol(number), ports(first, last)].concat(),
            Self::Icmp(kind, code) => {
                [protocol(icmp), Expression::connection_icmp(kind, code)].concat()
            }
        }
    }
}

/// What a network ACL's entry does with the packets that fit it.
pub(crate) fn verdict(allow: bool) -> Vec<Expression> {
    match allow {
        true => Expression::accept(),
        false => Expression::discard(),
    }
}
