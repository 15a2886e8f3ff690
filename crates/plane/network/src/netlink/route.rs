//! Addresses and routes (IPv4; `route6` has those of IPv6), and neighbours of both.

use std::net::{IpAddr, Ipv4Addr};

use nix::errno::Errno;

use super::message::u32_at;
use super::socket::{ACK, CREATE, DUMP, EXCL, REPLACE, REQUEST};
use super::{Attrs, Message, Request, Socket, attributes};
use crate::error::NetworkError;
use crate::model::{MacAddress, Subnet};

const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_GETROUTE: u16 = 26;
pub(super) const RTM_NEWNEIGH: u16 = 28;
pub(super) const RTM_DELNEIGH: u16 = 29;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PREFSRC: u16 = 7;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;

const AF_INET: u8 = 2;
pub(super) const AF_INET6: u8 = 10;
/// The table that every packet's way is looked up in.
pub(crate) const MAIN: u32 = 254;
const SCOPE_UNIVERSE: u8 = 0;
const SCOPE_LINK: u8 = 253;
const SCOPE_HOST: u8 = 254;
const UNICAST: u8 = 1;
const LOCAL: u8 = 2;
const UNREACHABLE: u8 = 7;
const ONLINK: u32 = 4;
const NUD_PERMANENT: u16 = 0x80;
/// Who made a route, as `ip route` shows it; outside the range that routing daemons use.
pub(super) const PROTOCOL: u8 = 213;
/// The same of a route to a public address.
const PUBLIC: u8 = 214;

/// `local` on a link, with `peer` at its other end (the same for a plain /32).
pub(crate) fn address(index: u32, local: Ipv4Addr, peer: Ipv4Addr) -> Request {
    let mut header = vec![AF_INET, 32, 0, SCOPE_UNIVERSE];
    header.extend_from_slice(&index.to_ne_bytes());
    let attrs = Attrs::new()
        .put(IFA_LOCAL, &local.octets())
        .put(IFA_ADDRESS, &peer.octets());
    Request {
        message: Message::new(RTM_NEWADDR, REQUEST | ACK | CREATE | EXCL, &header, attrs),
        step: format!("add the address {local}").into(),
        tolerated: &[Errno::EEXIST],
    }
}

/// Removes an address that the link has with no peer. What its owner removed before is gone already.
pub(crate) fn delete_address(index: u32, local: Ipv4Addr) -> Request {
    let mut header = vec![AF_INET, 32, 0, SCOPE_UNIVERSE];
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

/// Where packets for a destination go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hop {
    /// The destination itself is at the other end of the link.
    Link { index: u32 },
    Via {
        index: u32,
        gateway: Ipv4Addr,
        source: Option<Ipv4Addr>,
    },
    /// Nowhere: the sender is told at once.
    Unreachable,
}

/// A route that replaces the one there may be.
pub(crate) fn route(to: Subnet, hop: Hop) -> Request {
    let message = route_message(REQUEST | ACK | CREATE | REPLACE, MAIN, to, hop);
    Request {
        message,
        step: format!("add the route to {to}").into(),
        tolerated: &[],
    }
}

/// As `route`, in another table.
pub(crate) fn route_in(table: u32, to: Subnet, hop: Hop) -> Request {
    let message = route_message(REQUEST | ACK | CREATE | REPLACE, table, to, hop);
    Request {
        message,
        step: format!("add the route to {to}").into(),
        tolerated: &[],
    }
}

/// By that table every address is this namespace's own; `index` is that of its loopback.
pub(crate) fn all_is_here(table: u32, index: u32) -> Request {
    let header = [AF_INET, 0, 0, 0, 0, PROTOCOL, SCOPE_HOST, LOCAL, 0, 0, 0, 0];
    let attrs = Attrs::new().u32(RTA_TABLE, table).u32(RTA_OIF, index);
    let flags = REQUEST | ACK | CREATE | REPLACE;
    Request {
        message: Message::new(RTM_NEWROUTE, flags, &header, attrs),
        step: "add the route to what is kept".into(),
        tolerated: &[],
    }
}

/// A route that respects the one there may be in its table; EEXIST then.
pub(crate) fn route_if_free(table: u32, to: Subnet, hop: Hop) -> Request {
    let message = route_message(REQUEST | ACK | CREATE | EXCL, table, to, hop);
    Request {
        message,
        step: format!("add the route to {to}").into(),
        tolerated: &[],
    }
}

/// The route to a public address, which replaces none.
pub(crate) fn public_route(to: Ipv4Addr, hop: Hop) -> Request {
    let flags = REQUEST | ACK | CREATE | EXCL;
    Request {
        message: message_of(PUBLIC, flags, MAIN, Subnet::host(to), hop),
        step: format!("add the route to {to}").into(),
        tolerated: &[],
    }
}

/// Takes back what `public_route` made.
pub(crate) fn delete_public_route(to: Ipv4Addr, index: u32) -> Request {
    deletion(PUBLIC, MAIN, Subnet::host(to), index)
}

/// Removes the route to `to` through the link, however it was made.
pub(crate) fn delete_route(to: Subnet, index: u32) -> Request {
    delete_route_of(MAIN, to, index)
}

/// As `delete_route`, from another table.
pub(crate) fn delete_route_of(table: u32, to: Subnet, index: u32) -> Request {
    deletion(PROTOCOL, table, to, index)
}

fn deletion(protocol: u8, table: u32, to: Subnet, index: u32) -> Request {
    const ANY_SCOPE: u8 = 255;
    let header = [
        AF_INET,
        to.prefix(),
        0,
        0,
        0,
        protocol,
        ANY_SCOPE,
        UNICAST,
        0,
        0,
        0,
        0,
    ];
    let attrs = Attrs::new()
        .u32(RTA_TABLE, table)
        .put(RTA_DST, &to.network().octets())
        .u32(RTA_OIF, index);
    Request {
        message: Message::new(RTM_DELROUTE, REQUEST | ACK, &header, attrs),
        step: format!("remove the route to {to}").into(),
        tolerated: &[Errno::ESRCH, Errno::ENODEV],
    }
}

fn route_message(flags: u16, table: u32, to: Subnet, hop: Hop) -> Message {
    message_of(PROTOCOL, flags, table, to, hop)
}

fn message_of(protocol: u8, flags: u16, table: u32, to: Subnet, hop: Hop) -> Message {
    let (scope, route_type, route_flags) = match hop {
        Hop::Link { .. } => (SCOPE_LINK, UNICAST, 0),
        Hop::Via { .. } => (SCOPE_UNIVERSE, UNICAST, ONLINK),
        Hop::Unreachable => (SCOPE_UNIVERSE, UNREACHABLE, 0_u32),
    };
    let mut header = vec![AF_INET, to.prefix(), 0, 0, 0, protocol, scope, route_type];
    header.extend_from_slice(&route_flags.to_ne_bytes());
    let mut attrs = Attrs::new().u32(RTA_TABLE, table);
    if to.prefix() > 0 {
        attrs = attrs.put(RTA_DST, &to.network().octets());
    }
    attrs = match hop {
        Hop::Link { index } => attrs.u32(RTA_OIF, index),
        Hop::Via {
            index,
            gateway,
            source,
        } => {
            let attrs = attrs
                .u32(RTA_OIF, index)
                .put(RTA_GATEWAY, &gateway.octets());
            source
                .into_iter()
                .fold(attrs, |a, source| a.put(RTA_PREFSRC, &source.octets()))
        }
        Hop::Unreachable => attrs,
    };
    Message::new(RTM_NEWROUTE, flags, &header, attrs)
}

/// A fixed entry: nobody is asked for this address, and nobody can answer for it.
pub(crate) fn neighbour(index: u32, address: impl Into<IpAddr>, mac: MacAddress) -> Request {
    let address = address.into();
    let attrs = to_neighbour(address).put(NDA_LLADDR, &mac.octets());
    let header = neighbour_header(index, address);
    Request {
        message: Message::new(
            RTM_NEWNEIGH,
            REQUEST | ACK | CREATE | REPLACE,
            &header,
            attrs,
        ),
        step: format!("add the neighbour {address}").into(),
        tolerated: &[],
    }
}

pub(crate) fn delete_neighbour(index: u32, address: impl Into<IpAddr>) -> Request {
    let address = address.into();
    let (attrs, header) = (to_neighbour(address), neighbour_header(index, address));
    Request {
        message: Message::new(RTM_DELNEIGH, REQUEST | ACK, &header, attrs),
        step: format!("remove the neighbour {address}").into(),
        tolerated: &[Errno::ENOENT, Errno::ENODEV],
    }
}

fn to_neighbour(address: IpAddr) -> Attrs {
    match address {
        IpAddr::V4(it) => Attrs::new().put(NDA_DST, &it.octets()),
        IpAddr::V6(it) => Attrs::new().put(NDA_DST, &it.octets()),
    }
}

fn neighbour_header(index: u32, address: IpAddr) -> Vec<u8> {
    let family = match address {
        IpAddr::V4(_) => AF_INET,
        IpAddr::V6(_) => AF_INET6,
    };
    let mut header = vec![family, 0, 0, 0];
    header.extend_from_slice(&index.to_ne_bytes());
    header.extend_from_slice(&NUD_PERMANENT.to_ne_bytes());
    header.extend_from_slice(&[0, 0]);
    header
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) to: Subnet,
    pub(crate) link: Option<u32>,
    /// Behind a router, rather than on the link itself.
    pub(crate) via_gateway: bool,
    /// The router, if it speaks IPv4.
    pub(crate) gateway: Option<Ipv4Addr>,
    /// An address of the socket's own namespace.
    pub(crate) local: bool,
    /// Made by this crate, in this or another installation.
    pub(crate) ours: bool,
    /// The same of a route to a public address.
    pub(crate) public: bool,
    pub(crate) table: u32,
}

/// The IPv4 routes of the socket's namespace in all tables, so also its own addresses.
pub(crate) fn list(socket: &mut Socket) -> Result<Vec<Route>, NetworkError> {
    let request = Message::new(RTM_GETROUTE, REQUEST | DUMP, &query(0, 0), Attrs::new());
    let bodies = socket.dump("list routes", &request)?;
    Ok(bodies.iter().filter_map(|body| parse(body)).collect())
}

/// The route that packets to `address` take now; `None` if there is none.
pub(crate) fn lookup(
    socket: &mut Socket,
    address: Ipv4Addr,
) -> Result<Option<Route>, NetworkError> {
    /// The table's entry is wanted, not the answer for this one destination.
    const FIB_MATCH: u32 = 0x2000;
    /// With the table that it was found in, not just `main`.
    const LOOKUP_TABLE: u32 = 0x1000;
    let attrs = Attrs::new().put(RTA_DST, &address.octets());
    let request = Message::new(
        RTM_GETROUTE,
        REQUEST,
        &query(32, FIB_MATCH | LOOKUP_TABLE),
        attrs,
    );
    match socket.ask(&format!("find the route to {address}"), request) {
        Ok(body) => Ok(body.and_then(|body| parse(&body))),
        Err(error) if NO_ROUTE.contains(&error.errno()) => Ok(None),
        Err(error) => Err(error),
    }
}

const NO_ROUTE: [Option<i32>; 3] = [
    Some(libc::ENETUNREACH),
    Some(libc::EHOSTUNREACH),
    Some(libc::EACCES),
];

/// `struct rtmsg` of a question.
fn query(prefix: u8, flags: u32) -> Vec<u8> {
    let mut header = vec![AF_INET, prefix, 0, 0, 0, 0, 0, 0];
    header.extend_from_slice(&flags.to_ne_bytes());
    header
}

fn parse(body: &[u8]) -> Option<Route> {
    let (family, prefix, protocol) = (*body.first()?, *body.get(1)?, *body.get(5)?);
    if family != AF_INET {
        return None;
    }
    let local = *body.get(7)? == LOCAL;
    let (mut to, mut link, mut via_gateway) = (Ipv4Addr::UNSPECIFIED, None, false);
    let (mut gateway, mut table) = (None, u32::from(*body.get(4)?));
    for (kind, value) in attributes(body.get(12..)?) {
        match kind {
            RTA_DST => to = Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?),
            RTA_OIF => link = u32_at(value, 0),
            RTA_GATEWAY => {
                via_gateway = true;
                gateway = Some(Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?));
            }
            RTA_VIA => via_gateway = true,
            RTA_TABLE => table = u32_at(value, 0)?,
            _ => {}
        }
    }
    let to = Subnet::new(to, prefix).ok()?;
    Some(Route {
        to,
        link,
        via_gateway,
        gateway,
        local,
        ours: protocol == PROTOCOL,
        public: protocol == PUBLIC,
        table,
    })
}
