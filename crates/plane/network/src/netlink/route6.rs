//! Addresses and routes (IPv6): single addresses and ranges, each at the other end of a link or behind one router.

use std::net::Ipv6Addr;

use nix::errno::Errno;
use wharf_base::Cidr6;

use super::message::u32_at;
use super::route::{AF_INET6, PROTOCOL};
use super::socket::{ACK, CREATE, DUMP, EXCL, REPLACE, REQUEST};
use super::{Attrs, Message, Request, Socket, attributes};
use crate::error::NetworkError;

const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_GETROUTE: u16 = 26;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_FLAGS: u16 = 8;
/// Nobody else can have it, so nobody is asked.
const IFA_F_NODAD: u32 = 0x02;
const IFA_F_NOPREFIXROUTE: u32 = 0x200;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;

/// Bits of the range that is one address.
pub(crate) const SINGLE: u8 = 128;
const MAIN: u8 = 254;
const UNICAST: u8 = 1;

/// Where packets for an address go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) index: u32,
    /// The router on that link; without one the address itself is at its other end.
    pub(crate) gateway: Option<Ipv6Addr>,
}

/// The address on a link, at once and for good.
pub(crate) fn address(index: u32, local: Ipv6Addr) -> Request {
    let mut header = vec![AF_INET6, SINGLE, 0, 0];
    header.extend_from_slice(&index.to_ne_bytes());
    let attrs = Attrs::new()
        .put(IFA_LOCAL, &local.octets())
        .put(IFA_ADDRESS, &local.octets())
        .u32(IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
    Request {
        message: Message::new(RTM_NEWADDR, REQUEST | ACK | CREATE | EXCL, &header, attrs),
        step: format!("add the address {local}").into(),
        tolerated: &[Errno::EEXIST],
    }
}

/// Removes an address. What its owner removed before is gone already.
pub(crate) fn delete_address(index: u32, local: Ipv6Addr) -> Request {
    let mut header = vec![AF_INET6, SINGLE, 0, 0];
    header.extend_from_slice(&index.to_ne_bytes());
    let attrs = Attrs::new()
        .put(IFA_LOCAL, &local.octets())
        .put(IFA_ADDRESS, &local.octets());
    Request {
        message: Message::new(RTM_DELADDR, REQUEST | ACK, &header, attrs),
        step: format!("remove the address {local}").into(),
        tolerated: &[Errno::EADDRNOTAVAIL, Errno::ENODEV],
    }
}

/// `struct rtmsg`: family, bits of the destination, table, who made it, kind.
fn route_header(bits: u8) -> [u8; 12] {
    let mut header = [0; 12];
    header[0] = AF_INET6;
    header[1] = bits;
    header[4] = MAIN;
    header[5] = PROTOCOL;
    header[7] = UNICAST;
    header
}

fn with_hop(attrs: Attrs, hop: Hop) -> Attrs {
    let attrs = attrs.u32(RTA_OIF, hop.index);
    hop.gateway
        .into_iter()
        .fold(attrs, |attrs, it| attrs.put(RTA_GATEWAY, &it.octets()))
}

/// A route of this crate's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) to: Ipv6Addr,
    pub(crate) prefix: u8,
    pub(crate) hop: Hop,
}

/// The route to one address, which replaces the one there may be.
pub(crate) fn route(to: Ipv6Addr, hop: Hop) -> Request {
    replace_route(to, SINGLE, hop)
}

/// The same of all addresses of a range.
pub(crate) fn route_within(range: Cidr6, hop: Hop) -> Request {
    replace_route(range.network(), range.prefix(), hop)
}

fn replace_route(to: Ipv6Addr, prefix: u8, hop: Hop) -> Request {
    let attrs = with_hop(Attrs::new().put(RTA_DST, &to.octets()), hop);
    let flags = REQUEST | ACK | CREATE | REPLACE;
    Request {
        message: Message::new(RTM_NEWROUTE, flags, &route_header(prefix), attrs),
        step: format!("add the route to {to}/{prefix}").into(),
        tolerated: &[],
    }
}

/// The route to everything.
pub(crate) fn default_route(hop: Hop) -> Request {
    let flags = REQUEST | ACK | CREATE | REPLACE;
    let attrs = with_hop(Attrs::new(), hop);
    Request {
        message: Message::new(RTM_NEWROUTE, flags, &route_header(0), attrs),
        step: "add the route to ::/0".into(),
        tolerated: &[],
    }
}

/// Removes the route to an address through a link, if it is there.
pub(crate) fn delete_route(to: Ipv6Addr, index: u32) -> Request {
    let attrs = Attrs::new().put(RTA_DST, &to.octets()).u32(RTA_OIF, index);
    Request {
        message: Message::new(RTM_DELROUTE, REQUEST | ACK, &route_header(SINGLE), attrs),
        step: format!("remove the route to {to}").into(),
        tolerated: &[Errno::ESRCH, Errno::ENODEV],
    }
}

/// The routes that this crate made, but those to everything.
pub(crate) fn list(socket: &mut Socket) -> Result<Vec<Route>, NetworkError> {
    let mut header = [0; 12];
    header[0] = AF_INET6;
    let request = Message::new(RTM_GETROUTE, REQUEST | DUMP, &header, Attrs::new());
    let bodies = socket.dump("list IPv6 routes", &request)?;
    Ok(bodies.iter().filter_map(|body| parse(body)).collect())
}

fn parse(body: &[u8]) -> Option<Route> {
    let (family, prefix, maker) = (*body.first()?, *body.get(1)?, *body.get(5)?);
    if (family, maker) != (AF_INET6, PROTOCOL) {
        return None;
    }
    let address = |value: &[u8]| Some(Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?));
    let (mut to, mut index, mut gateway) = (None, None, None);
    for (kind, value) in attributes(body.get(12..)?) {
        match kind {
            RTA_DST => to = address(value),
            RTA_OIF => index = u32_at(value, 0),
            RTA_GATEWAY => gateway = address(value),
            _ => {}
        }
    }
    let index = index?;
    let hop = Hop { index, gateway };
    Some(Route {
        to: to?,
        prefix,
        hop,
    })
}
